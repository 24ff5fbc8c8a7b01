"""Private-use code points that older tables gave for codes which have characters in Unicode since."""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache

from cnpolicy import tables
from cnpolicy.findings import Finding
from cnpolicy.repair.proof import HANS, OPENING
from cnpolicy.rules import Context, rule

_PRIVATE = re.compile("[\ue000-\uf8ff][\ue000-\uf8ff]*+")
_HAN = re.compile("[\u2e80-\u2fdf\u3007\u3400-\u9fff\U00020000-\U000323af]")
_MARKS = frozenset("，。、；：？！“”‘’（）《》〈〉「」『』【】〔〕—…·")
_LEAST_HAN = 8  # characters: fewer are no text, but a list of buttons with their icons
# Private characters in Chinese text are names and dialect words: one in fifty characters in the densest. A script of
# one's own, or a page of icons, has more of them than one in five.
_MOST = 5
_SAMPLE = 4000  # characters of a text that tell its script


@cache
def _of_gbk() -> dict[str, tuple[str, str]]:
    """The characters of GBK's private code points, each with its code in GBK."""
    return {chr(int(point, 16)): (character, code) for _, (point, code, character) in tables.rows("leftovers")}


@cache
def _of_hkscs(private: str) -> tuple[str, str] | None:
    """Return what Windows and the HKSCS of 1999 gave a private code point for, and its code in Big5, if anything.

    The user-defined rows of Big5 run through the private area, 157 codes each: FA to FE from U+E000, 8E to A0 from
    U+E311, 81 to 8D from U+EEB8, and C6A1 to C8FE from U+F6B1.
    """
    point = ord(private)
    for start, end, lead, skip in (
        (0xE000, 0xE311, 0xFA, 0),
        (0xE311, 0xEEB8, 0x8E, 0),
        (0xEEB8, 0xF6B1, 0x81, 0),
        (0xF6B1, 0xF849, 0xC6, 63),
    ):
        if start <= point < end:
            row, place = divmod(point - start + skip, 157)
            code = bytes((lead + row, place + 0x40 if place < 63 else place + 0x62))
            try:
                character = code.decode("big5hkscs")
            except UnicodeDecodeError:
                return None
            known = len(character) == 1 and not _PRIVATE.match(character)
            return (character, code.hex().upper()) if known else None
    return None


def _of_hkscs_alone(private: str) -> tuple[str, str] | None:
    return None if private in _of_gbk() else _of_hkscs(private)


def _leaning(text: str) -> int:
    """Return by how many characters of a sample a text is rather in Big5 (above 0) than in GB2312 (below 0)."""
    sample = "".join(HANS.findall(text[: 4 * _SAMPLE]))[:_SAMPLE]
    return len(sample.encode("big5hkscs", "ignore")) - len(sample.encode("gb2312", "ignore"))


def _fits_gbk(before: str, character: str, behind: str) -> bool:
    """Tell whether a character can stand between its neighbours: a letter of pinyin, a part of one, a vertical mark."""
    if character in "ḿǹ":
        bracketed = before in OPENING + "（([/〔" or (before.isascii() and before.isalpha())
        return bracketed or (_HAN.match(before) is not None and behind in _MARKS)
    if "\u2ff0" <= character <= "\u2fff" or character == "〾":  # they describe a character, in front of its parts
        return before in OPENING + "（(：:，、 " and _HAN.match(behind) is not None
    return _is_text(before) and (_is_text(behind) or behind == "\n")


def _fits_hkscs(before: str, _: str, behind: str) -> bool:
    return (_is_text(before) and (_is_text(behind) or behind == "\n")) or (before == "\n" and _is_text(behind))


def _is_text(character: str) -> bool:
    return _HAN.match(character) is not None or character in _MARKS or bool(_PRIVATE.match(character))


def _find(
    name: str,
    encoding: str,
    text: str,
    known: Callable[[str], tuple[str, str] | None],
    fits: Callable[[str, str, str], bool],
) -> Iterator[Finding]:
    private = sum(map(len, _PRIVATE.findall(text)))
    han = sum(map(len, HANS.findall(text)))
    if han < _LEAST_HAN or private * _MOST > han:
        return
    found: list[Finding] = []
    for match in _PRIVATE.finditer(text):
        for place in range(match.start(), match.end()):
            one = known(text[place])
            before = text[place - 1] if place else "\n"
            behind = text[place + 1] if place + 1 < len(text) else "\n"
            if one and fits(before, one[0], behind):
                found.append(
                    Finding(name, place, place + 1, text[place], one[0], "certain", note=f"{encoding} {one[1]}")
                )
    # Where most of them are something else, these are as well: the signs of a font.
    if len(found) * 2 > private:
        yield from found


@rule(
    "gbk-private-use",
    "certain",
    needs="".join(
        map(chr, (0xE76C, *range(0xE78D, 0xE797), 0xE7C7, 0xE7C8, *range(0xE7E7, 0xE7F4), *range(0xE815, 0xE865)))
    ),
    example=("叹词“嗯”又读（\ue7c8），见字典。", "叹词“嗯”又读（ǹ），见字典。"),
)
def read_gbk_private_use(text: str, _: Context) -> Iterable[Finding]:
    """Write the character for the private code point that an older table of GBK has in its place.

    When GBK was made, Unicode had no character for some of its codes, and the tables gave private code points. It has
    them since, but old files and old programs keep the private ones, which no font shows and no dictionary has. Icons
    have code points of the same area: they stand apart, or beside others that no table knows.
    """
    if _leaning(text) > 0:
        return ()
    return _find("gbk-private-use", "gbk", text, _of_gbk().get, _fits_gbk)


@rule(
    "hkscs-private-use",
    "certain",
    needs="".join(map(chr, range(0xE000, 0xF849))),
    example=("市民話，我\ue5a2唔知道呢件事，佢\ue5a2知道。", "市民話，我哋唔知道呢件事，佢哋知道。"),
)
def read_hkscs_private_use(text: str, _: Context) -> Iterable[Finding]:
    """Write the character for the private code point that stood for one of Hong Kong's supplementary set.

    Windows and the first editions of the set had private code points for characters that are in Unicode since, among
    them many of Cantonese words and of names. Texts in simplified
    characters are not read so.
    """
    leaning = _leaning(text)
    if leaning < 0:
        return ()
    known = _of_hkscs if leaning else _of_hkscs_alone
    return _find("hkscs-private-use", "big5-hkscs", text, known, _fits_hkscs)
