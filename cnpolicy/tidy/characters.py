"""Characters that nobody sees, and characters in a width or a form that they were not typed in."""

import re
from collections.abc import Iterable

from cnpolicy.findings import Finding
from cnpolicy.patterns import pattern
from cnpolicy.rules import Context, between, rule
from cnpolicy.tidy.alphabet import HAN, places

_SPACES = "\xa0\u1680" + between("\u2000", "\u200a") + "\u202f\u205f\u3000"
_BIDI = "\u061c\u200e\u200f" + between("\u202a", "\u202e") + between("\u2066", "\u2069")
_JOINERS = "\u180e\u200c\u200d"
_NOTHING = (
    between("\x00", "\x08")
    + between("\x0e", "\x1f")
    + between("\x7f", "\x84")
    + between("\x86", "\x9f")
    + "\xad\u200b"
    + between("\u2060", "\u2064")
    + between("\u206a", "\u206f")
    + "\ufeff"
    + between("\ufff9", "\ufffb")
)
_UNSEEN = _SPACES + _BIDI + _JOINERS + _NOTHING
_RUN = pattern("[{0}][ {0}]*+".format(re.escape(_UNSEEN)))
# Scripts whose letters are joined or kept apart by the joiners: Hebrew to Myanmar, Khmer, Mongolian, Arabic forms.
_JOINING = pattern("[\u0590-\u109f\u1780-\u18af\ufb1d-\ufdff\ufe70-\ufefc]")
_EMOJI = pattern("[\u2190-\u2bff\ufe0f\U0001f000-\U0001faff]")
_RIGHT_TO_LEFT = pattern("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]")


def _belongs(text: str, start: int, end: int) -> bool:
    """Tell whether a joiner here is part of what is written."""
    before, behind = text[max(start - 1, 0) : start], text[end : end + 1]
    return bool(_JOINING.match(before) or _JOINING.match(behind) or (_EMOJI.match(before) and _EMOJI.match(behind)))


# The bytes of text that was read in a wrong encoding: Latin-1, Windows-1252, and the controls between them.
_BYTES = "\x80-\x84\x86-\xff\u0152-\u0178\u02c6\u02dc\u2013-\u203a\u20ac\u2122"
_STRETCH = pattern(f"[{_BYTES}]+")
_BYTE_LIKE = pattern("[\x80-\x84\x86-\xa0\xad]")
_CONTROL = pattern("[\x80-\x84\x86-\x9f]")
# Without the signs and quotation marks that good Chinese text has beside a soft hyphen.
_FOREIGN = pattern("[\xa1-\xa6\xa8-\xac\xae\xaf\xb1-\xb6\xb8-\xff\u0152-\u0178\u02c6\u02dc\u20ac\u2122]")
_FOREIGN_LETTER = pattern("[\xc0-\xff\u0152-\u0178]")
_HAN = pattern(f"[{HAN}]")
_NOT_SPACE = pattern(r"\S+")
# So many of the characters are foreign in garbled text. Measured: 53 to 93 % in five Chinese documents whose UTF-8,
# GB18030 or Big5 was read as Latin-1; 15 % in a French sentence with an accent in nearly every word.
_GARBLED = 0.25


def _evidence(text: str) -> list[tuple[int, int]] | None:
    """Return the stretches in which controls and soft hyphens are bytes of garbled text; None if the whole text is."""
    if not _BYTE_LIKE.search(text) or not _FOREIGN.search(text):
        return []
    foreign = len(_FOREIGN.findall(text))
    if foreign > _GARBLED * sum(map(len, _NOT_SPACE.findall(text))):
        return None
    if not _HAN.search(text):
        return []
    return [
        match.span()
        for match in _STRETCH.finditer(text)
        if _BYTE_LIKE.search(match.group()) and _is_garbled(match.group())
    ]


def _is_garbled(stretch: str) -> bool:
    """Tell whether a stretch cannot be inside a European word, as one accented letter and a soft hyphen can."""
    foreign = _FOREIGN.findall(stretch)
    if _CONTROL.search(stretch):
        return bool(foreign)
    letters = len(_FOREIGN_LETTER.findall(stretch))
    return letters >= 3 or len(foreign) >= max(2, letters + 1)


@rule("invisible", "certain", needs=_UNSEEN, example=("全\u200b市\xad党员\xa0\xa05万名", "全市党员 5万名"))
def remove_invisible(text: str, _: Context) -> Iterable[Finding]:
    """Remove characters that are not seen, and make one space of no-break and ideographic ones.

    A byte order mark inside a file, soft hyphens, zero-width spaces and control characters come from web pages and
    word processors. They cut words in two for every program that looks for words. Joiners stay in emoji and in the
    scripts that write with them; marks of direction stay in a text that has a word written from right to left.
    Controls and soft hyphens among accented letters are bytes of text that was read in a wrong encoding. Without them
    it could never be read again: they stay, and the first is reported.
    """
    evidence = _evidence(text)
    stretch = 0
    told = False
    right_to_left: bool | None = None
    done = 0
    for match in _RUN.finditer(text):
        start, end = match.span()
        while start and text[start - 1] == " ":
            start -= 1
        start = max(start, done)
        done = end
        run = text[start:end]
        if evidence:
            while stretch < len(evidence) and evidence[stretch][1] <= start:
                stretch += 1
        garbled = evidence is None or (stretch < len(evidence) and evidence[stretch][0] < end)
        if garbled and _BYTE_LIKE.search(run):
            if not told:
                note = "a byte of text that was read in a wrong encoding; stays, as do those like it"
                yield Finding("invisible", start, end, run, run, "reported", note=note)
                told = True
            continue
        rest = run.strip(" ")
        joiners = [one for one in rest if one in _JOINERS]
        if (
            len(joiners) == 1
            and " " not in run
            and not any(one in _SPACES for one in run)
            and _belongs(text, start, end)
        ):
            after = joiners[0]
        else:
            if any(one in _BIDI for one in rest) and right_to_left is None:
                right_to_left = bool(_RIGHT_TO_LEFT.search(text))
            kept = _BIDI if right_to_left else ""
            if any(one in _SPACES for one in rest):
                outer = start == 0 or end == len(text) or text[start - 1] in "\r\n" or text[end] in "\r\n"
                after = "" if outer else " "
                after += "".join(one for one in run if one in kept)
            else:
                after = "".join(one for one in run if one == " " or one in kept)
        if after != run:
            yield Finding("invisible", start, end, run, after, "certain")


_WIDE = between("０", "９") + between("Ａ", "Ｚ") + between("ａ", "ｚ")
_BETWEEN = "＋－．／＝＆＃＠＄＿＊"
_TO_ASCII = {ord(wide): ord(wide) - 0xFEE0 for wide in _WIDE + _BETWEEN + "％"}
_NARROW = pattern("[0-9A-Za-z%]")
_WORD = f"[0-9A-Za-z%{_WIDE}％]++"
_WIDE_RUN = pattern(f"{_WORD}(?:[{_BETWEEN}]{_WORD})*+．?+")


@rule(
    "fullwidth-alphanumeric",
    "certain",
    needs=_WIDE + _BETWEEN + "％",
    example=("１９９８年ＧＤＰ增长７．８％", "1998年GDP增长7.8%"),
)
def narrow_alphanumeric(text: str, context: Context) -> Iterable[Finding]:
    """Write Latin letters, digits and the percent sign in ASCII.

    Old editorial systems set them as wide as a Chinese character, so that １９９８ and 1998 are two words to a
    program. Signs such as ． or ／ are narrowed with the numbers and words that they stand between; elsewhere they
    are Chinese punctuation.
    """
    done = 0
    for place in places(context, _WIDE + _BETWEEN + "％"):
        if place < done:
            continue
        start = place
        while start > done and _NARROW.match(text[start - 1]):
            start -= 1
        match = _WIDE_RUN.match(text, start)
        done = match.end() if match else place + 1
        if not match:
            continue
        run = match.group()
        after = run.translate(_TO_ASCII)
        if after == run:
            continue
        first = next(place for place, (one, other) in enumerate(zip(run, after, strict=True)) if one != other)
        last = len(run) - next(
            place for place, (one, other) in enumerate(zip(run[::-1], after[::-1], strict=True)) if one != other
        )
        yield Finding(
            "fullwidth-alphanumeric", start + first, start + last, run[first:last], after[first:last], "certain"
        )
