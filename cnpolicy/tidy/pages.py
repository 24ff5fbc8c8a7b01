"""What the pages of a book or a PDF file left in the text: their numbers, and lines that end where the page ended."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

from cnpolicy.findings import Finding
from cnpolicy.language import total_bits
from cnpolicy.patterns import pattern
from cnpolicy.rules import Context, rule
from cnpolicy.tidy.alphabet import HAN
from cnpolicy.tidy.lines import LinePattern

_BLANKS = " \t\xa0\u3000"
_DIGITS = "0-9０-９"
# A number alone in its line; behind text at a line's end; between two characters in the middle of a line.
_ALONE = LinePattern(
    f"[{_BLANKS}]*+(?:[-—–－·]{{0,2}}[{_BLANKS}]*+(?P<bare>[{_DIGITS}]{{1,3}})[{_BLANKS}]*+[-—–－·]{{0,2}}|"
    f"第[{_BLANKS}]*+(?P<named>[{_DIGITS}]{{1,3}})[{_BLANKS}]*+页[^\n。，,]{{0,12}}?|"
    f"(?P<of>[{_DIGITS}]{{1,3}})/[{_DIGITS}]{{1,3}})[{_BLANKS}]*+$"
)
_INSIDE = pattern(f"[{_BLANKS}]([{_DIGITS}]{{1,3}})(?:[{_BLANKS}](?=[{HAN}“‘《（(])|[{_BLANKS}]{{0,4}}(?=\n))")
_BEHIND = pattern(f"[{HAN}，。、；：！？”’）》,;:!?)+]")
_COUNTED = pattern("(?:附件|附表|附图|[表图第共约近达之号年月期届班组])$")
_NEAR, _FAR = 150, 6_000  # characters on a page: less are items of a list, more are chance
_UNEVEN = 3.0  # pages of one text differ by a heading or a table; the two real files measured go up to 1.6
_ENOUGH = 3  # numbers that follow each other
_TRIED = 8  # candidates before, for each, so that the search takes linear time


class _Number(NamedTuple):
    """A number that may be a page's, what goes with it if it is, and whether a word before it may be counting."""

    start: int
    end: int
    value: int
    alone: bool
    counted: bool


def _candidates(text: str) -> Iterator[_Number]:
    for match in _ALONE.finditer(text):
        value = match["bare"] or match["named"] or match["of"]
        yield _Number(match.start("line"), match.end(), int(value), True, False)
    if not any(blank in text for blank in _BLANKS):
        return
    for match in _INSIDE.finditer(text):
        if not match.start() or not _BEHIND.match(text[match.start() - 1]):
            continue
        counted = _COUNTED.search(text, max(0, match.start() - 2), match.start()) is not None
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
            even = not last or 1 / _UNEVEN <= size / last <= _UNEVEN
            if _NEAR <= size <= _FAR and even and best[earlier][0] + 1 > length:
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
            before = len(text[done:start].rstrip(_BLANKS + "\n")) + done
            behind = _skip(text, end)
            if before > done and _is_cut(text, before, behind) and _crosses(text, before, behind):
                start, end = before, behind
            else:
                end = min(end + 1, len(text))
        else:
            behind = _skip(text, end)
            if behind > end and _is_cut(text, start, behind):
                end = behind
        if start < done:
            continue
        yield Finding("page-number", start, end, text[start:end], "", "inferred", note=f"page {number.value}")
        done = end


def _skip(text: str, place: int) -> int:
    """Return where the next character is that is no blank and no line end."""
    while place < len(text) and text[place] in _BLANKS + "\n":
        place += 1
    return place


_HEADING = pattern(
    "[一二三四五六七八九十百]{1,4}[、.．]|[（(][一二三四五六七八九十0-9]{1,3}[)）]|第[一二三四五六七八九十百0-9]{1,4}[章节条篇部、，,]|"
    "[0-9]{1,3}[、.．)）]|[①-⑳㈠-㈩●■◆★▲※*·]|附件|主题词|抄送|[-—]{2}"
)
_ENDS = frozenset("。！？；：!?;:….﹖﹗﹒﹔﹕")
_CLOSERS = "”’」』）)】》\"'"


def _is_cut(text: str, end: int, start: int) -> bool:
    """Tell whether a sentence that stops at `end` goes on at `start`."""
    if end == 0 or start >= len(text):
        return False
    last = text[max(0, end - 3) : end].rstrip(_CLOSERS)[-1:] or text[end - 1]
    return last not in "。！？!?…：:." and not _HEADING.match(text, start)


def _crosses(text: str, end: int, start: int) -> bool:
    """Tell whether a paragraph, and not a title or a heading, stops at `end` and goes on at `start`."""
    if text[start] in _NO_LINE_BEGINS:
        return True
    line = text[text.rfind("\n", 0, end) + 1 : end]
    if text[start - 1] in _BLANKS or len(line) < _SHORT:
        return False
    if _HEADING.match(line.lstrip(_BLANKS)) and not re.search("[。；]", line):
        return False
    return len(line) >= _TITLE or _PROSE.search(line) is not None


# -- Lines ------------------------------------------------------------------------------------------------------------

_FULL = 3  # columns: a line is full that lacks no more than a character and a half of the widest
_NARROW = 40  # columns; narrower lines are verses, lists, cells
_LINES = 4  # full lines, at least, before a width is believed
_APART = 3  # indented or blank lines
_PROSE = pattern("[，。；,;]")
_WORD = pattern(f"[{HAN}0-9A-Za-z%”》」]")


class _Line(NamedTuple):
    start: int
    end: int
    width: int


def _lines(text: str, columns: bool) -> list[_Line]:
    """Return the lines without the blanks at their ends, their widths in columns or in characters (of two columns)."""
    lines: list[_Line] = []
    start = 0
    for line in text.split("\n"):
        body = line.rstrip(_BLANKS)
        # in GBK what is not ASCII has two bytes, and is two columns wide
        width = len(body.encode("gbk", "replace")) if columns else len(body) * 2
        lines.append(_Line(start, start + len(body), width))
        start += len(line) + 1
    return lines


def _wrap(text: str) -> tuple[list[_Line], int]:
    """Return the lines, and the width at which the text was wrapped; 0 if it was not.

    Terminals and page makers count columns, some programs count characters; what makes more lines full is believed.
    """
    found = [(_lines(text, columns), columns) for columns in (True, False)]
    full, width, lines = max(((*_wrap_width(lines, text), lines) for lines, _ in found), key=lambda wrapped: wrapped[0])
    return lines, width if full else 0


def _wrap_width(lines: list[_Line], text: str) -> tuple[int, int]:
    """Return the number of full lines and their width, or 0 and 0 if the lines were not wrapped.

    In wrapped text most long lines are full, and few full lines end a sentence; paragraphs all differ in width.
    """
    widths = Counter(line.width for line in lines if line.width >= _NARROW // 2)
    written = sum(widths.values())
    wider = 0
    for width in sorted(widths, reverse=True):
        if width < _NARROW or wider * 20 > written:
            break
        full = sum(widths[width - less] for less in range(_FULL + 1))
        if full >= _LINES and full * 2 >= written:
            ends = (text[line.end - 1] for line in lines if width - _FULL <= line.width <= width)
            return (full, width) if sum(end not in "。！？!?”" for end in ends) * 3 >= full * 2 else (0, 0)
        wider += widths[width]
    return 0, 0


# Bits that the two sides may cost more together than apart. Nearly all cuts at random places in news do not reach it
# (99 % not even 1). Paragraphs of prose without a full stop do not reach it either, but in 470,000 characters of news,
# classics and speeches there are two of them.
_GAIN = -3.0
_LAST = 400  # characters of a line that was put together so far; what a sentence needs to be judged


def _goes_on(line: str, length: int, below: str) -> bool:
    """Tell whether a sentence was cut between two lines that are not full; `line` is the end of one of `length`."""
    if below[0] in _NO_LINE_BEGINS:
        return True
    if length < _SENTENCE or len(below) < 2:
        return False
    last = line[-1]
    if line.rstrip(_CLOSERS)[-1:] in _ENDS:
        return False
    quote = below.find("”")
    if line.rfind("“") > line.rfind("”") and quote >= 0 and "“" not in below[:quote]:
        return True
    if _HEADING.match(below) or below[0] in _BLANKS:
        return False
    if last in "，,、（(《" and _PROSE.search(line, 0, len(line) - 1):
        return True
    prose = length >= 40 and (length >= 60 or _PROSE.search(line)) and _PROSE.search(below)
    if not prose or not _WORD.match(last) or not _WORD.match(below[0]) or below[-1] not in "。！？；”）」":
        return False
    return _inner_bits(line, below) >= _GAIN


_TITLE = 60  # characters; a line without a comma that is longer is no title
_SHORT = 20  # characters; shorter lines are titles and cells, and are not joined to the next
_SENTENCE = 25  # characters; a line that is not one of many of the same width must have so many
_ENDINGS = frozenset("。！？；：…）】!?;:)")
_NO_LINE_BEGINS = frozenset("，。、；：！？）》」』”,;")


# What sets a line off from prose: cells, or one of the separators that records have at the same places.
_COLUMNS = pattern(f"[\t|\u3000]|[{_BLANKS}]{{2}}|[{HAN}] [{HAN}]++ [{HAN}]")
_SEPARATOR = pattern("[，,：:、；| ]")
_LABEL = pattern(f"[{HAN}（）() ]{{1,10}}[：:]|[0-9０-９]{{1,4}}[年月日./:：-]")
_HAN_LINE = pattern(f"[{HAN}A-Za-z]")
_COUNT = pattern("[一二三四五六七八九十]是")
_AMOUNT = pattern("[0-9０-９%％‰元万亿人户个件名次号室日月年吨亩]")
_SHIFT = 2  # characters by which the separators of two records may differ in place
_INNER = 3  # line ends inside a clause, at least, before a width is believed


def _like(one: str, other: str) -> bool:
    """Tell whether two lines look like two records of a list: the same begin, separators, or end."""
    marks = [[(match.start(), match[0]) for match in _SEPARATOR.finditer(line)] for line in (one, other)]
    if marks[0] and len(marks[0]) == len(marks[1]):
        same = all(a[1] == b[1] and abs(a[0] - b[0]) <= _SHIFT for a, b in zip(*marks, strict=True))
        if same:
            return True
    if one[:2] == other[:2]:
        return True
    if one[-1:] == other[-1:] and _WORD.match(one[-1:]):
        return True
    return bool(_AMOUNT.match(one[-1:]) and _AMOUNT.match(other[-1:])) and not re.search("[。；]", one + other)


def _may_join(one: str, other: str) -> bool:
    """Tell whether two neighbouring lines may be one: neither holds cells, and the second begins no entry."""
    if _COLUMNS.search(one.lstrip(_BLANKS)) or _COLUMNS.search(other.lstrip(_BLANKS)):
        return False
    if not _HAN_LINE.search(one) or _LABEL.match(other) or (one[-1].isdigit() and other[0].isdigit()):
        return False
    return not (other[0].isdigit() and other.strip("0123456789０１２３４５６７８９.-—–· ") == "")


def _inner_bits(one: str, other: str) -> float:
    """Return the bits that the ends of two lines save together."""
    tail, head = one[-6:], other[:6]
    return total_bits(tail) + total_bits(head) - total_bits(tail + head)


def _wrapped_breaks(text: str, lines: list[_Line], width: int, apart: bool) -> set[int]:
    """Return the places of the lines that were wrapped at the width, each to be joined with the next.

    Lists and tables of records can be as even as wrapped prose. Prose has line ends inside its words and clauses, and
    its paragraphs end in a mark; a run of lines that does not is left as it is.
    """
    texts = [text[line.start : line.end] for line in lines]
    full = [width - _FULL <= line.width <= width for line in lines]
    joined: set[int] = set()
    run: list[int] = []
    good = bad = records = 0
    for place in range(len(lines)):
        below = texts[place + 1] if place + 1 < len(lines) else ""
        open_ = full[place] and bool(below) and below[0] not in _BLANKS and bool(texts[place])
        if open_:
            one = texts[place]
            if (full[place + 1] and _like(one, below)) or not _may_join(one, below):
                records += 1
                open_ = False
            elif (
                _HEADING.match(below)
                or (not apart and one[-1] in "。！？!?：:”")
                or (_COUNT.match(below) and not (apart and one[-1] in _PROSE_ENDS))
            ):
                open_ = False
            elif _WORD.match(one[-1]) and _WORD.match(below[0]):
                open_ = _inner_bits(one, below) >= _GAIN
        if open_:
            run.append(place)
            continue
        if run:
            # a paragraph's last line may be full as well, but has a mark; what lacks it is a title, a record, a name
            if texts[place][-1:] in _PARAGRAPH_ENDS:
                good += 1
                joined.update(run)
            else:
                bad += 1
                joined.update(step for step in run if texts[step + 1][0] in _NO_LINE_BEGINS)
            run = []
    inner = sum(bool(_WORD.match(texts[place][-1])) or texts[place + 1][0] in _NO_LINE_BEGINS for place in joined)
    if inner < _INNER or bad > good or records > len(joined):
        return set()
    return joined


_PROSE_ENDS = frozenset("，。；！？,;!?")
_PARAGRAPH_ENDS = frozenset("。！？；：…”）』」!?;:)")

_OPEN = pattern(
    # the line end alone is looked for; what stands before and behind it is looked at only then
    f"\n(?:(?<=[^{re.escape(''.join(_ENDINGS))}\n]\n)(?=[^\n])|(?<=[^\n]\n)(?=[{re.escape(''.join(_NO_LINE_BEGINS))}]))"
)


def _open_breaks(text: str) -> Iterator[int]:
    """Yield the line ends where a line may go on: both lines have text, and the first does not end a sentence."""
    last = -1
    for match in _OPEN.finditer(text):
        place = match.start()
        start = text.rfind("\n", max(last, 0), place)
        # a line that goes on from the one before can be short
        if place - start > _SHORT or start == last or text[place + 1] in _NO_LINE_BEGINS:
            yield place
            last = place


def _lines_around(text: str, breaks: list[int]) -> list[_Line]:
    """Return the lines on either side of the breaks, and between those that are apart an empty one."""
    lines: list[_Line] = []
    end = -1
    for place in breaks:
        if place != end:
            start = text.rfind("\n", max(end, 0), place) + 1
            if lines:
                lines.append(_Line(start, start, 0))
            lines.append(_Line(start, start + len(text[start:place].rstrip(_BLANKS)), 0))
        end = text.find("\n", place + 1)
        end = len(text) if end < 0 else end
        lines.append(_Line(place + 1, place + 1 + len(text[place + 1 : end].rstrip(_BLANKS)), 0))
    return lines


@rule(
    "broken-line",
    "inferred",
    needs="\n",
    example=(
        "会议强调，要认真学习贯彻全会精神，切实加强组织领导，\n狠抓工作落实。\n",
        "会议强调，要认真学习贯彻全会精神，切实加强组织领导，狠抓工作落实。\n",
    ),
)
def join_broken_line(text: str, _: Context) -> Iterable[Finding]:
    """Join lines that end where a page or a column ended, in the middle of a sentence.

    Either the whole text is wrapped at one width, or a line of prose ends in a comma, inside a quotation or inside a
    word, and the next goes on. Nothing is put between them but a space between Latin words. Headings, lists, verses
    and signatures stay.
    """
    breaks = list(_open_breaks(text))
    if not breaks:
        return
    if len(breaks) * 4 < text.count("\n") - text.count("\n\n"):  # too few for a text that was wrapped
        lines, width = _lines_around(text, breaks), 0
    else:
        lines, width = _wrap(text)
    # Where indentation or blank lines set paragraphs apart, a full line that ends a sentence does not end a paragraph.
    apart = width and (
        sum(text[line.start : line.start + 1] in ("\u3000", "\xa0", " ") for line in lines) >= _APART
        or sum(line.start == line.end for line in lines) >= _APART
    )
    wrapped = _wrapped_breaks(text, lines, width, bool(apart)) if width else set()
    so_far, length = "", 0  # the line that has been put together, its end and its length
    for place, (one, other) in enumerate(pairwise(lines)):
        if one.start == one.end or other.start == other.end:
            so_far, length = "", 0
            continue
        so_far = (so_far + text[one.start : one.end])[-_LAST:]
        length += one.end - one.start
        last, first = text[one.end - 1], text[other.start]
        if width and width - _FULL <= one.width <= width:
            joined = place in wrapped
        else:
            here, below = text[one.start : one.end], text[other.start : other.end]
            joined = _goes_on(so_far, length, below) and _may_join(here, below)
            joined = joined and (first in _NO_LINE_BEGINS or not _like(here, below))
        if not joined:
            so_far, length = "", 0
            continue
        latin = last.isascii() and last.isalnum() and first.isascii() and first.isalpha()
        before = text[one.end : other.start]
        yield Finding("broken-line", one.end, other.start, before, " " if latin else "", "inferred")


_GLUED = LinePattern(
    "(?:[一二三四五六七八九十]{1,3}、|[（(][一二三四五六七八九十]{1,3}[)）])"
    f"[^。；;！!？?\n ]{{4,50}}(?<=[{HAN}”’）)》]) (?=[{HAN}“《「『●0-9A-Z])"
)
_PARAGRAPH = 30  # characters; what follows a heading in its line is a paragraph from that length on


@rule(
    "glued-heading",
    "inferred",
    needs=" ",
    example=(
        "三、加强领导，狠抓落实 各乡镇、各部门要切实加强组织领导，明确责任分工，确保各项任务落到实处。\n",
        "三、加强领导，狠抓落实\n各乡镇、各部门要切实加强组织领导，明确责任分工，确保各项任务落到实处。\n",
    ),
)
def split_glued_heading(text: str, _: Context) -> Iterable[Finding]:
    """Put a heading on a line of its own where one space stands between it and its paragraph.

    A line end was turned into a space there. The heading must be numbered and have no full stop, and what follows must
    be a paragraph.
    """
    for match in _GLUED.finditer(text):
        end = text.find("\n", match.end())
        rest = text[match.end() : end if end >= 0 else len(text)]
        if len(rest) >= _PARAGRAPH and "。" in rest:
            yield Finding("glued-heading", match.end() - 1, match.end(), " ", "\n", "inferred")
