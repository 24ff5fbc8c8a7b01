"""Undo seven-bit encodings of Chinese that were left as they were."""

import re
from binascii import a2b_base64
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache

from cnpolicy.findings import Finding
from cnpolicy.language import bits
from cnpolicy.repair.octets import prove_together
from cnpolicy.repair.proof import CHANCE_BITS, ENOUGH_BITS, Read, settle
from cnpolicy.repair.surroundings import (
    Line,
    belongs_in_text,
    by_line,
    findings,
    is_code,
    says_chinese,
    stands_in_chinese,
    touches_chinese,
)
from cnpolicy.rules import Context, rule

# -- HZ ---------------------------------------------------------------------------------------------------------------


@cache
def _hz_run() -> re.Pattern[str]:
    # Between the escapes there are pairs, so that `~}` is the end only where a pair could begin. A line that was
    # broken for the mail can end before it: what follows in the next line is pairs as well.
    return re.compile(r"~\{(?P<pairs>(?:[!-w][!-~])++)(?:(?P<end>~\})|(?=\r?$))|~~|~\r?\n", re.MULTILINE)


@cache
def _hz_rest() -> re.Pattern[str]:
    return re.compile(r"\r?\n(?P<pairs>(?:[!-w][!-~])++)(?:(?P<end>~\})|(?=\r?$))", re.MULTILINE)


def _pairs(pairs: str) -> str | None:
    try:
        return bytes(byte | 0x80 for byte in pairs.encode("ascii")).decode("gb2312")
    except UnicodeDecodeError:
        return None


@lru_cache(maxsize=1 << 14)
def _score(said: str, before: str = "") -> float:
    """Return by how many bits characters are likelier than chance, behind the character before them."""
    return CHANCE_BITS * len(said) - float(bits(before + said)[len(before) :].sum())


def _read_hz(text: str, line: Line) -> list[Read]:
    """Return the runs of a line that are HZ between its escapes, with the lines that such a run goes on in."""
    chain = "hz ← ascii"
    chinese = stands_in_chinese(text, line)
    reads: list[Read] = []
    others: list[Read] = []
    for match in line.matches:
        start, end = match.span()
        if reads and start < reads[-1].end:
            continue
        if match["pairs"] is None:
            others.append(Read(start, end, "~" if match.group() == "~~" else "", chain, 0.1))
            continue
        after = _pairs(match["pairs"])
        if after is None:
            continue
        closed = match["end"] is not None
        score = _score(after, text[start - 1 : start])
        proven = len(after) >= 2 and score >= (0 if len(after) > 3 else ENOUGH_BITS / 2)
        # Two tildes with braces and a pair between them beside Chinese: no drawing looks so.
        proven = proven or (closed and (touches_chinese(text, start, end) or (chinese and score >= -ENOUGH_BITS)))
        if not closed and not proven:
            continue
        reads.append(Read(start, end, after, chain, 1 if proven else 0.1))
        while not closed:
            more = _hz_rest().match(text, end)
            said = _pairs(more["pairs"]) if more else None
            if more is None or said is None or (_score(said) < ENOUGH_BITS / 2 and not (more["end"] and len(said) < 3)):
                break
            reads.append(Read(more.start("pairs"), more.end(), said, chain, 1))
            end = more.end()
            closed = more["end"] is not None
    reads = prove_together(reads)
    if any(read.proof >= 1 for read in reads):
        # `~~` is one tilde, and `~` at the end of a line joins it to the next; in good text they mean themselves.
        ends = {read.end for read in reads}
        bare = text[line.start : line.end].isascii()
        reads += [one for one in others if bare or (one.after == "" and one.start in ends)]
        reads.sort()
    return reads


def _lines_with_hz(text: str) -> Iterator[tuple[Line, list[Read]]]:
    done = 0
    for line in by_line(text, _hz_run().finditer(text)):
        kept = line._replace(matches=[match for match in line.matches if match.start() >= done])
        read = _read_hz(text, kept)
        if not read:
            continue
        done = read[-1].end
        yield line, read


def _find_hz(text: str) -> Iterable[Finding]:
    return findings("hz-left-raw", text, _lines_with_hz(text))


@rule("hz-left-raw", "certain", needs="~", example=("~{53N/;aRi~}(1998)", "党委会议(1998)"))
def undo_hz_left_raw(text: str, _: Context) -> Iterable[Finding]:
    """Read the seven-bit HZ encoding that was left as it was, `~{` … `~}`.

    Mail and news carried Chinese in this way, and such files are valid ASCII, so that no decoder objects. The escapes
    and pairs within the range of GB2312 are asked for, and characters that are common in prose: drawings and program
    text have the escapes too.
    """
    return settle(text, _find_hz) if "~{" in text else []


# -- UTF-7 ------------------------------------------------------------------------------------------------------------


@cache
def _utf_7_run() -> re.Pattern[str]:
    return re.compile(r"\+(?:(?P<units>[A-Za-z0-9+/]{3,}+)(?P<end>-?)|(?P<plus>-))")


@cache
def _carries_utf_7() -> re.Pattern[str]:
    return re.compile(r"\+[A-Za-z0-9/][A-Za-z0-9+/]{2}")


_LONG = 24  # characters of base64 before a plus sign: it is one of theirs, as in a picture inside a page
_BASE_64 = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=")


@lru_cache(maxsize=1 << 14)
def _units(units: str) -> str | None:
    """Return what the base64 of a UTF-7 run says, or None if no encoder wrote it or no text has it.

    Three bytes of base64 are 18 bits, a unit 16: what is left over are at most four bits, and zeros.
    """
    if len(units) % 8 not in (0, 3, 6):
        return None
    data = a2b_base64(units + "=" * (-len(units) % 4))
    left = len(data) % 2
    if left and data[-1]:
        return None
    try:
        said = data[: len(data) - left].decode("utf-16-be")
    except UnicodeDecodeError:
        return None
    # The bits beyond the last whole byte are not in the data.
    spare = len(units) * 6 % 8
    digit = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".index(units[-1])
    return said if digit % (1 << spare) == 0 and all(map(_fits, said)) else None


def _read_utf_7(text: str, line: Line) -> list[Read]:
    reads: list[Read] = []
    pluses: list[Read] = []
    among = stands_in_chinese(text, line)
    for match in line.matches:
        start, end = match.span()
        if match["plus"]:
            pluses.append(Read(start, end, "+", "utf-7 ← ascii", 0.1))
            continue
        said = _units(match["units"])
        if said is None:
            continue
        before = text[max(start - _LONG, line.start) : start]
        if len(before) == _LONG and _BASE_64.issuperset(before):
            continue
        proof = _prove_utf_7(text, (start, end), said, match["end"] != "", among)
        reads.append(Read(start, end, said, "utf-7 ← ascii", proof))
    if len(reads) + len(pluses) == len(line.matches):  # nothing in the line looks so and is not UTF-7
        reads = prove_together(reads)
    if any(read.proof >= 1 for read in reads):
        reads = sorted([*reads, *pluses])
    return reads


def _fits(character: str) -> bool:
    return belongs_in_text(character) or " " <= character <= "~" or character in "\t\r\n"


def _prove_utf_7(text: str, place: tuple[int, int], said: str, closed: bool, among: bool) -> float:
    """Return how strongly a run speaks for UTF-7. A word behind a plus sign can be one or two characters by chance."""
    start, end = place
    chinese = says_chinese(said)
    score = _score(said, text[start - 1 : start])
    if chinese > 1 and score >= (0 if chinese > 3 else ENOUGH_BITS / 2):
        return 1
    word = text[start + 1 : end - 1]
    if closed and among and not said.isascii():
        spelled = word.isalpha() and (word[1:].islower() or word.isupper())
        if score >= 0 or said in "°℃‰㎡" or not (spelled or word.isdigit()):
            return 1
    return 0.5 if chinese and closed and score >= 0 else 0.1


def _lines_with_utf_7(text: str) -> Iterator[tuple[Line, list[Read]]]:
    if not _carries_utf_7().search(text):
        return
    for line in by_line(text, _utf_7_run().finditer(text)):
        read = _read_utf_7(text, line)
        if not any(one.proof >= 0.5 for one in read) or is_code(text, line, assignments=False):
            continue
        yield line, read


def _find_utf_7(text: str) -> Iterable[Finding]:
    return findings("utf7-left-raw", text, _lines_with_utf_7(text))


@rule("utf7-left-raw", "certain", needs="+", example=("+UVpZ1E8ai64-(1998)", "党委会议(1998)"))
def undo_utf_7_left_raw(text: str, _: Context) -> Iterable[Finding]:
    """Read the seven-bit UTF-7 that was left as it was, `+` … `-`.

    The length must be that of whole characters with nothing left over but zeros, and the characters common in prose:
    sums, telephone numbers and base64 have plus signs too.
    """
    return settle(text, _find_utf_7)
