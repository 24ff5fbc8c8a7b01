"""The numbers of pages, which stand in the text where the pages ended."""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

from cnpolicy.findings import Finding
from cnpolicy.patterns import pattern
from cnpolicy.rules import Context, rule
from cnpolicy.tidy.alphabet import HAN
from cnpolicy.tidy.breaks import BLANKS, crosses, is_cut
from cnpolicy.tidy.lines import LinePattern

_DIGITS = "0-9０-９"
# A number alone in its line; behind text at a line's end; between two characters in the middle of a line.
_ALONE = LinePattern(
    f"[{BLANKS}]*+(?:(?P<dash>[-—–－·]{{0,2}})[{BLANKS}]*+(?P<bare>[{_DIGITS}]{{1,3}})[{BLANKS}]*+(?P<close>[-—–－·]{{0,2}})|"
    f"第[{BLANKS}]*+(?P<named>[{_DIGITS}]{{1,3}})[{BLANKS}]*+页[^\n。，,]{{0,12}}?|"
    f"(?P<of>[{_DIGITS}]{{1,3}})/[{_DIGITS}]{{1,3}})[{BLANKS}]*+$"
)
_INSIDE = pattern(f"[{BLANKS}]([{_DIGITS}]{{1,3}})(?:[{BLANKS}](?=[{HAN}“‘《（(])|[{BLANKS}]{{0,4}}(?=\n))")
_BEHIND = pattern(f"[{HAN}，。、；：！？”’）》,;:!?)+]")
# A number that is counted by the word before it, or of a date that was written with spaces.
_COUNTED = pattern(
    f"(?:附件|附表|附图|[表图第共约近达之号期届班组])[{BLANKS}]*+[{_DIGITS}]|年[{BLANKS}]*+[{_DIGITS}]++[{BLANKS}]*+月|"
    f"月[{BLANKS}]*+[{_DIGITS}]++[{BLANKS}]*+[日号]"
)
# Characters on a page: less are items of a list, more are chance. Once there are enough numbers, half is enough.
_NEAR, _FAR = 150, 6_000
# Nothing but pages is numbered `— 3 —`: such numbers may stand nearer, and at any distance from each other.
_NEAR_IN_DASHES = 40
# Pages of one text differ by a heading or a table; the two real files measured go up to 1.6. (1.5: 3 % of the page
# numbers put into other text stay; 6: none more go.)
_UNEVEN = 3.0
_ENOUGH = 3  # numbers that follow each other
_TRIED = 8  # candidates before, for each, so that the search takes linear time


class _Number(NamedTuple):
    """A number that may be a page's, and what goes with it if it is.

    Whether it stands alone in its line, whether a word before it may be counting, whether it stands between dashes.
    """

    start: int
    end: int
    value: int
    alone: bool
    counted: bool
    dashes: bool = False


def _candidates(text: str) -> Iterator[_Number]:
    for match in _ALONE.finditer(text):
        value = match["bare"] or match["named"] or match["of"]
        dashes = bool(match["dash"] and match["close"])
        yield _Number(match.start("line"), match.end(), int(value), True, False, dashes)
    if not any(blank in text for blank in BLANKS):
        return
    for match in _INSIDE.finditer(text):
        if not match.start() or not _BEHIND.match(text[match.start() - 1]):
            continue
        before = match.start()
        counted = any(_COUNTED.match(text, place) for place in (before - 2, before - 1) if place >= 0)
        yield _Number(match.start(), match.end(), int(match[1]), False, counted)


def _sequences(numbers: list[_Number]) -> list[_Number]:
    """Return the numbers that run 1, 2, 3 … through the text, about evenly spaced; one may be missing in between."""
    best: list[tuple[int, int, float]] = []  # for each: length of the run up to it, the one before, characters a page
    for place, number in enumerate(numbers):
        length, before, page = (1, -1, 0.0) if number.value <= _ENOUGH else (0, -1, 0.0)
        for earlier in range(place - 1, max(-1, place - 1 - _TRIED), -1):
            other = numbers[earlier]
            step = number.value - other.value
            if step not in (1, 2) or not best[earlier][0]:
                continue
            size = (number.start - other.end) / step
            last = best[earlier][2]
            dashes = number.dashes and other.dashes
            even = dashes or not last or 1 / _UNEVEN <= size / last <= _UNEVEN
            near = _NEAR_IN_DASHES if dashes else _NEAR if best[earlier][0] < _ENOUGH else _NEAR / 2
            if near <= size <= _FAR and even and best[earlier][0] + 1 > length:
                length, before, page = best[earlier][0] + 1, earlier, size
        best.append((length, before, page))
    used: set[int] = set()
    for place in sorted(range(len(numbers)), key=lambda place: -best[place][0]):
        run: list[int] = []
        step = place
        while step >= 0 and step not in used:
            run.append(step)
            step = best[step][1]
        gaps = sum(numbers[one].value - numbers[other].value - 1 for one, other in pairwise(run))
        sure = sum(not numbers[step].counted for step in run)
        if sure >= _ENOUGH and sure * 2 >= len(run) and gaps <= 1:
            used.update(run)
    return [numbers[place] for place in sorted(used)]


@rule(
    "page-number",
    "inferred",
    needs="0123456789０１２３４５６７８９",
    example=(
        # no shorter: two pages of _NEAR characters are the least that is believed
        ("各级党组织要认真学习，" * 14).join(f"深入贯 {page}\n彻落实会议精神。\n" for page in (1, 2, 3)),
        ("各级党组织要认真学习，" * 14).join(["深入贯彻落实会议精神。\n"] * 3),
    ),
)
def remove_page_number(text: str, _: Context) -> Iterable[Finding]:
    """Remove page numbers that stand in the text, with the line end where they cut a sentence.

    A number alone in its line, at a line's end, or between two characters is one of many things. Numbers that run 1,
    2, 3 through a text at even distances are those of its pages.
    """
    alone: list[_Number] = []
    inside: list[_Number] = []
    for number in _candidates(text):
        (alone if number.alone else inside).append(number)
    pages = sorted([*_sequences(alone), *_sequences(inside)])
    done = 0
    for number in pages:
        start, end = number.start, number.end
        if number.alone:
            before = len(text[done:start].rstrip(BLANKS + "\n")) + done
            behind = _skip(text, end)
            if before > done and is_cut(text, before, behind) and crosses(text, before, behind):
                start, end = before, behind
            else:
                end = min(end + 1, len(text))
        else:
            behind = _skip(text, end)
            if behind > end and is_cut(text, start, behind):
                end = behind
        if start < done:
            continue
        yield Finding("page-number", start, end, text[start:end], "", "inferred", note=f"page {number.value}")
        done = end


def _skip(text: str, place: int) -> int:
    """Return where the next character is that is no blank and no line end."""
    while place < len(text) and text[place] in BLANKS + "\n":
        place += 1
    return place
