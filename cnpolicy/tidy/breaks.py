"""Line ends that are none of the text's: where a page or a column ended, and where one is missing behind a heading."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

from cnpolicy.findings import Finding, Offsets, apply
from cnpolicy.language import total_bits
from cnpolicy.patterns import pattern
from cnpolicy.rules import Context, rule
from cnpolicy.tidy.alphabet import HAN
from cnpolicy.tidy.lines import LinePattern

BLANKS = " \t\xa0\u3000"
HEADING = pattern(
    "[一二三四五六七八九十百]{1,4}[、.．]|[（(][一二三四五六七八九十0-9]{1,3}[)）]|第[一二三四五六七八九十百0-9]{1,4}[章节条篇部、，,]|"
    "[0-9]{1,3}(?:[、．)）]|\\.(?![0-9]))|[①-⑳㈠-㈩●■◆★▲※*·]|附件|主题词|抄送|(?:抄?报|报送|主?送|發|发)[：:]|[-—]{2}"
)
_ENDS = frozenset("。！？；：!?;:….﹖﹗﹒﹔﹕")
_CLOSERS = "”’」』）)】》\"'"
_NO_LINE_BEGINS = frozenset("，。、；：！？）》」』”,;")
_PARAGRAPH_ENDS = frozenset("。！？；：…”）』」!?;:)")
_PROSE = pattern("[，。；,;]")
_CLAUSE_END = pattern("[。；]")
_WORD = pattern(f"[{HAN}0-9A-Za-z%”》」]")
_HAN_LINE = pattern(f"[{HAN}A-Za-z]")

# -- Sentences that were cut ------------------------------------------------------------------------------------------

# The thresholds were varied one by one while 17,000 line ends were put at random into news, a classic and reports
# (tests/benchmarks/injuring.py), and while good text of 344,000 characters and 150 bulletins with lists in them were
# read. As they stand, 98.1 % of the line ends go, 4 wrong joins are made beside them, and 3 in the good text.
_TITLE = 60  # characters; a line without a comma that is longer is no title (45: two wrong joins more; 80: the same)
_SHORT = (
    20  # characters; shorter lines are titles and cells, not joined to the next (30 leaves a third of wrapped lines)
)
# Characters that a line must have that is not one of many of the same width (15: the same; 35: 0.4 % fewer go).
_SENTENCE = 25
# Characters; headings of several clauses are shorter, and have no full stop (25: 41 headings in news and 45 in the
# bulletins are joined to what follows; 60: 0.3 % fewer go).
_HEADING_LENGTH = 40
# Bits that the two sides may cost more together than apart. Nearly all cuts at random places in news do not reach it
# (99 % not even 1); neither do paragraphs of prose without a full stop, of which there are two in the good text.
# (-1: 0.2 % fewer line ends go; -6: the same.)
_GAIN = -3.0
# Bits that the two sides of a page end must save together where the first is short and has no comma: 73 % of cuts at
# random places do, and a fifth of the titles that stand before a paragraph.
_WITHIN = 1.0
_LAST = 400  # characters of a line that was put together so far: more than a sentence needs to be judged


def is_cut(text: str, end: int, start: int) -> bool:
    """Tell whether a sentence that stops at `end` goes on at `start`."""
    if end == 0 or start >= len(text):
        return False
    last = text[max(0, end - 3) : end].rstrip(_CLOSERS)[-1:] or text[end - 1]
    return last not in "。！？!?…：:." and not HEADING.match(text, start)


def crosses(text: str, end: int, start: int) -> bool:
    """Tell whether a paragraph, and not a title or a heading, stops at `end` and goes on at `start`."""
    if text[start] in _NO_LINE_BEGINS:
        return True
    line = text[text.rfind("\n", 0, end) + 1 : end]
    if text[start - 1] in BLANKS or (HEADING.match(line.lstrip(BLANKS)) and not _CLAUSE_END.search(line)):
        return False
    if len(line) >= _SHORT and (len(line) >= _TITLE or _PROSE.search(line)):
        return True
    below = text[start : text.find("\n", start) % (len(text) + 1)].rstrip(BLANKS)
    return below[-1] in _PARAGRAPH_ENDS and bool(_PROSE.search(below)) and _inner_bits(line, below) >= _WITHIN


def _inner_bits(one: str, other: str) -> float:
    """Return the bits that the ends of two lines save together."""
    return total_bits(one[-1:]) + total_bits(other[:1]) - total_bits(one[-1:] + other[:1])


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
    if HEADING.match(below) or below[0] in BLANKS:
        return False
    if last in "，,、（(《" and _PROSE.search(line, 0, len(line) - 1):
        return True
    prose = _PROSE.search(below) and (
        length >= _TITLE or (length >= _HEADING_LENGTH and _PROSE.search(line)) or _CLAUSE_END.search(line)
    )
    if not prose or not _WORD.match(last) or not _WORD.match(below[0]) or below[-1] not in "。！？；”）」":
        return False
    return _inner_bits(line, below) >= _GAIN


# -- Lists and tables -------------------------------------------------------------------------------------------------

# What sets a line off from prose: cells, or one of the separators that records have at the same places.
_COLUMNS = pattern(f"[\t|\u3000]|[{BLANKS}]{{2}}|[{HAN}] [{HAN}]++ [{HAN}]")
_SEPARATOR = pattern("[，,：:、；| ]")
_LABEL = pattern(f"[{HAN}（）() ]{{1,10}}[：:]|[0-9０-９]{{1,4}}[年月日./:：-]")
_COUNT = pattern("[一二三四五六七八九十](?:是|要)|其[一二三四]|首先|其次")
_AMOUNT = pattern("[0-9０-９%％‰元万亿人户个件名次号室日月年吨亩]")
# Characters by which the separators of two records may differ in place, and two records with fewer than three of them
# in length. Measured: 0 to 5, and 2 to 20, make no difference to the line ends nor to the bulletins, whose lists are
# also known by their labels and ends; the lists of the test cases differ by one or two.
_SHIFT, _LONGER = 2, 6


def _like(one: str, other: str) -> bool:
    """Tell whether two lines look like two records of a list: the same begin, separators, or end."""
    marks = [[(match.start(), match[0]) for match in _SEPARATOR.finditer(line)] for line in (one, other)]
    if marks[0] and len(marks[0]) == len(marks[1]) and (len(marks[0]) > 2 or abs(len(one) - len(other)) <= _LONGER):
        same = all(a[1] == b[1] and abs(a[0] - b[0]) <= _SHIFT for a, b in zip(*marks, strict=True))
        if same:
            return True
    if one[:2] == other[:2]:
        return True
    if one[-1:] == other[-1:] and _WORD.match(one[-1:]):
        return True
    return bool(_AMOUNT.match(one[-1:]) and _AMOUNT.match(other[-1:])) and not re.search("[。；]", one + other)


def _may_join(one: str, other: str, written: bool = False) -> bool:
    """Tell whether two neighbouring lines may be one: neither holds cells, and the second begins no entry.

    `written` says that the first goes on from lines with text.
    """
    if _COLUMNS.search(one.lstrip(BLANKS)) or _COLUMNS.search(other.lstrip(BLANKS)):
        return False
    if not (written or _HAN_LINE.search(one)) or (one[-1].isdigit() and other[0].isdigit()):
        return False
    return not (other[0].isdigit() and other.strip("0123456789０１２３４５６７８９.-—–· ") == "")


# -- Text that was wrapped at one width -------------------------------------------------------------------------------

# Columns that a full line may lack: a character and a half, for a mark that may not begin the next line takes the
# character before it along. (1: 0.2 % more go where lines are cut in one way throughout; 5: three wrong joins more.)
_FULL = 3
_HANGING = 6  # columns by which marks that cannot begin a line may stand out
_NARROW = 40  # columns; narrower lines are verses, lists, cells
_WIDEST = 100  # characters; no page and no terminal is wider
_CELL = 20  # columns; narrower lines say nothing about the width
# Cuts inside a clause at one width that make it believed. With two of them, every paragraph that would be joined must
# end as one, and with six most of what would be joined. (2 or 3: the same; 4: 0.1 % fewer go. 3 to 10: 98.0 to 98.1 %.)
_LEAST, _SURE = 2, 6
_WIDER = 8  # one line in so many may be wider: two that were joined already where a page ended (4 to 20: the same)
_APART = 3  # paragraphs, at least, of which four in five are indented or have a blank line behind them


class _Line(NamedTuple):
    """A line without the blanks at its end: where it lies in the text, and its width in columns."""

    start: int
    end: int
    width: int


class _Wrapped(NamedTuple):
    """The lines of a text that was wrapped: which are full, and which of these are cut inside a clause."""

    lines: list[_Line]
    full: list[bool]
    cut: list[bool]


def _lines(text: str, columns: bool) -> list[_Line]:
    """Return the lines without the blanks at their ends, their widths in columns or in characters (of two columns)."""
    lines: list[_Line] = []
    start = 0
    for line in text.split("\n"):
        body = line.rstrip(BLANKS)
        seen = _UNSEEN.sub("", body)
        # in GBK what is not ASCII has two bytes, and is two columns wide
        width = len(seen.encode("gbk", "replace")) if columns else len(seen) * 2
        lines.append(_Line(start, start + len(body), width))
        start += len(line) + 1
    return lines


_BRACKETED = pattern("[（(][^（）()]{1,40}[)）]")
_SOURCE = pattern("[。！？”][（(][^（）()。]{1,24}[)）]$")  # who wrote what the paragraph before says
_SOURCE_LENGTH = 30
_SECTION = pattern("[一二三四五六七八九十]{1,3}、")  # what counts headings; （一） and 1. count paragraphs as well
_UNSEEN = pattern("[\x00-\x08\x0e-\x1f\x7f-\x9f\xad\u200b-\u200f\u2060-\u2064\ufeff]")
_UNIT = pattern(r"[!-~]++")


def _is_cut_inside(one: str, other: str) -> bool:
    """Tell whether neither line has what ends or begins a paragraph where they meet."""
    if not one or not other or other[0] in BLANKS:
        return False
    if other[0] in _NO_LINE_BEGINS:
        return True
    if _BRACKETED.fullmatch(other):
        return False  # a date below a title, a number of copies
    if one[-1] in "）)" and _SOURCE.search(one, max(0, len(one) - _SOURCE_LENGTH)):
        return False
    if one[-1] in "）)" and other[-1] in "）)" and not _PROSE.search(one + other):
        return False  # titles, each with its author
    return one.rstrip(_CLOSERS)[-1:] not in _ENDS and not HEADING.match(other) and _may_join(one, other)


def _wrap(text: str) -> _Wrapped | None:
    """Return the lines of a text that was wrapped at a width; None if it was not.

    Terminals and page makers count columns, some programs count characters; what cuts more clauses is believed. In
    wrapped text the clauses are cut at one width and no line is wider, while the lines of lists, verses and titles
    all differ.
    """
    texts = [line.rstrip(BLANKS) for line in text.split("\n")]
    if sum(len(line) > _WIDEST for line in texts) * _WIDER > len(texts):
        return None
    cut = [_is_cut_inside(one, other) for one, other in pairwise(texts)] + [False]
    measured: list[tuple[int, int, bool, list[_Line]]] = []
    for columns in (True, False):
        lines = _lines(text, columns)
        widths = Counter(line.width for line, is_cut_ in zip(lines, cut, strict=True) if is_cut_)
        counts = {width: sum(widths[width - less] for less in range(_FULL + 1)) for width in widths if width >= _NARROW}
        if counts:
            width = max(counts, key=lambda width: (counts[width], width))
            measured.append((counts[width], width, not columns, lines))
    if not measured or max(measured)[0] < _LEAST:
        return None
    _, width, _, lines = max(measured)
    full, wider = _full(lines, texts, width)
    inner = sum(is_full and is_cut_ for is_full, is_cut_ in zip(full, cut, strict=True))
    others = sum(
        is_cut_ and not is_full and line.width >= _CELL and not HEADING.match(one)
        for is_full, is_cut_, line, one in zip(full, cut, lines, texts, strict=True)
    )
    if wider * _WIDER > len(lines) or others >= inner * (1 if inner < _SURE else 3):
        return None
    return _Wrapped(lines, full, cut)


def _full(lines: list[_Line], texts: list[str], width: int) -> tuple[list[bool], int]:
    """Tell for each line whether it is full at a width, and how many are wider."""
    full: list[bool] = []
    wider = 0
    for line, one, other in zip(lines, texts, [*texts[1:], ""], strict=True):
        hangs = width < line.width <= width + _HANGING and one[-1:] in _NO_LINE_BEGINS
        unit = _UNIT.match(other)
        # as many characters as columns cannot be told apart where few lines hold Latin letters or figures
        room = max(_FULL, unit.end() * 2 - 1 if unit else 0)
        full.append(hangs or width - room <= line.width <= width)
        wider += line.width > width and not hangs
    return full, wider


def _sets_apart(lines: list[_Line], full: list[bool], text: str) -> bool:
    """Tell whether indentation or blank lines set all paragraphs apart; then a full line never ends one."""
    blank = indented = ends = 0
    for (one, other), is_full in zip(pairwise(lines), full[:-1], strict=True):
        if one.start < one.end and not is_full:
            ends += 1
            blank += other.start == other.end
            indented += text[other.start] in BLANKS if other.start < other.end else 0
    return ends >= _APART and max(blank, indented) * 5 >= ends * 4


def _wrapped_breaks(text: str, wrapped: _Wrapped) -> set[int]:
    """Return the places of the lines that were wrapped, each to be joined with the next.

    Lists and tables of records can be as even as wrapped prose. Prose has line ends inside its words and clauses, and
    its paragraphs end in a mark; a run of lines that does not is left as it is, unless nearly all others do.
    """
    lines, full, cut = wrapped
    texts = [text[line.start : line.end] for line in lines]
    apart = _sets_apart(lines, full, text)
    pairs = [place for place in range(len(lines) - 1) if full[place] and cut[place]]
    alike = {place for place in pairs if full[place + 1] and _like(texts[place], texts[place + 1])}
    labels = {place for place in pairs if _LABEL.match(texts[place + 1]) and _LABEL.match(texts[place])}
    listed = alike | labels if len(alike | labels) * 3 > len(pairs) else labels
    listed |= {place + 1 for place in listed}  # what follows the last record is none
    sure = len(pairs) >= _SURE
    runs: list[list[int]] = [[]]
    for place in range(len(lines) - 1):
        one, below = texts[place], texts[place + 1]
        joins = full[place] and place not in listed and bool(one and below) and below[0] not in BLANKS
        if joins and not cut[place]:
            # behind a full stop a paragraph may begin as well; behind a semicolon an item of a list
            goes_on = (
                apart
                or _is_quoting(texts, runs[-1][0] if runs[-1] else place, place)
                or (one[-1] in "；;" and not HEADING.match(below) and not _COUNT.match(below))
                or (one[-1] in "：:" and below[0] in "“‘「")
            )
            joins = goes_on and _may_join(one, below)
        if joins and not sure and _WORD.match(one[-1]) and _WORD.match(below[0]):
            joins = _inner_bits(one, below) >= _GAIN
        if joins and not runs[-1] and _SECTION.match(one) and not _CLAUSE_END.search(one):
            # a heading as long as the line is rare: it goes on in a short line, or inside a word
            short = not full[place + 1] and below[-1] not in _PARAGRAPH_ENDS
            joins = short or _inner_bits(one, below) >= _WITHIN
        if joins:
            runs[-1].append(place)
        elif runs[-1]:
            runs.append([])
    good: list[list[int]] = []
    bad: list[list[int]] = []
    for run in filter(None, runs):
        (good if _is_prose(texts[run[0] : run[-1] + 2]) or _is_item(texts, run) else bad).append(run)
    joined = {place for run in good for place in run}
    if len(bad) >= len(good) if not sure else sum(map(len, bad)) > len(joined):
        return set()
    if len(listed) > len(joined) or not any(place in joined for place in pairs):
        return set()
    for run in bad:
        joined.update(place for place in run if sure or texts[place + 1][0] in _NO_LINE_BEGINS)
    return joined


_QUOTES = pattern("[“”「」]")
_QUOTED = 12  # lines: quotations of more are paragraphs of their own


def _is_quoting(texts: list[str], first: int, place: int) -> bool:
    """Tell whether a quotation that was opened in the lines from `first` to `place` is closed in a following one."""
    opened = [mark for line in texts[max(first, place - _QUOTED) : place + 1] for mark in _QUOTES.findall(line)]
    if not opened or opened[-1] not in "“「":
        return False
    for line in texts[place + 1 : place + 1 + _QUOTED]:
        mark = _QUOTES.search(line)
        if mark or not line:
            return mark is not None and mark.group() in "”」"
    return False


def _is_prose(lines: list[str]) -> bool:
    """Tell whether lines make a paragraph: it has clauses, and a mark at its end."""
    return lines[-1][-1] in _PARAGRAPH_ENDS and any(_PROSE.search(line) for line in lines[:-1])


def _is_item(texts: list[str], run: list[int]) -> bool:
    """Tell whether lines make an item of a numbered list that has no mark at its end: other items stand around it."""
    first, last = run[0], run[-1] + 1
    if not (_NUMBER.match(texts[first]) and _PROSE.search(texts[first])):
        return False
    neighbours = (texts[first - 1 : first] or [""])[0], (texts[last + 1 : last + 2] or [""])[0]
    return len(texts[last]) * 2 < len(texts[first]) and any(map(_NUMBER.match, neighbours))


_NUMBER = pattern("[0-9]{1,3}(?:[、．)）]|\\.(?![0-9]))|[（(][一二三四五六七八九十0-9]{1,3}[)）]|[①-⑳]")


# -- The rules --------------------------------------------------------------------------------------------------------

_ENDINGS = frozenset("。！？；：…）】!?;:)")
_OPEN = pattern(
    # the line end alone is looked for; what stands before and behind it is looked at only then
    f"\n(?:(?<=[^{re.escape(''.join(_ENDINGS))}\n]\n)(?=[^\n])|(?<=[^\n]\n)(?=[{re.escape(''.join(_NO_LINE_BEGINS))}]))"
)
# One line end in so many, at least, may be inside a sentence in a text that was wrapped (3: 0.1 % fewer go; 10: the
# same, and more texts are looked at).
_TOO_FEW = 6


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
            lines.append(_Line(start, start + len(text[start:place].rstrip(BLANKS)), 0))
        end = text.find("\n", place + 1)
        end = len(text) if end < 0 else end
        lines.append(_Line(place + 1, place + 1 + len(text[place + 1 : end].rstrip(BLANKS)), 0))
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
    found: list[Finding] = []
    now = text
    for _round in range(_ROUNDS):
        more = list(_joins(now))
        if not more:
            break
        back = Offsets(found)
        for finding in more:
            start = back.origin(finding.start)
            found.append(finding._replace(start=start, end=start + len(finding.before)))
        found.sort(key=lambda finding: finding.start)
        now = apply(text, found)
    yield from found


# Longer lines let more be seen, so that a line may be joined after its neighbour was. Texts of the test corpora need
# one round and another that finds nothing.
_ROUNDS = 8


def _joins(text: str) -> Iterator[Finding]:
    """Yield the line ends to take out, as far as they can be told from the lines as they are."""
    breaks = list(_open_breaks(text))
    if not breaks:
        return
    wrapped = None
    if len(breaks) * _TOO_FEW >= text.count("\n") - text.count("\n\n"):
        wrapped = _wrap(text)
    lines = wrapped.lines if wrapped else _lines_around(text, breaks)
    joins = _wrapped_breaks(text, wrapped) if wrapped else set()
    so_far, length = "", 0  # the line that has been put together, its end and its length
    written = False  # whether it has text in it
    for place, (one, other) in enumerate(pairwise(lines)):
        if one.start == one.end or other.start == other.end:
            so_far, length = "", 0
            continue
        so_far = (so_far + text[one.start : one.end])[-_LAST:]
        length += one.end - one.start
        written = (written and length > one.end - one.start) or _HAN_LINE.search(text, one.start, one.end) is not None
        last, first = text[one.end - 1], text[other.start]
        joined = place in joins
        if not joined and not (wrapped and wrapped.full[place]):
            here, below = text[one.start : one.end], text[other.start : other.end]
            joined = _goes_on(so_far, length, below) and _may_join(here, below, written)
            joined = joined and (first in _NO_LINE_BEGINS or not (_like(here, below) or _LABEL.match(below)))
        if not joined:
            so_far, length = "", 0
            continue
        latin = last.isascii() and last.isalnum() and first.isascii() and first.isalpha()
        before = text[one.end : other.start]
        yield Finding("broken-line", one.end, other.start, before, " " if latin else "", "inferred")


_NUMBERED = "(?:[一二三四五六七八九十]{1,3}、|[（(][一二三四五六七八九十]{1,3}[)）])"
_HEADED = f"{_NUMBERED}[^。；;！!？?\n ]{{2,50}}(?<=[{HAN}”’）)》]) (?=[{HAN}“‘《「『【〔●0-9A-Z（(])"
_GLUED = LinePattern(_HEADED)
_NEXT_GLUED = pattern(_HEADED)
_PARAGRAPH = 30  # characters; what follows a heading in its line is a paragraph from that length on
_STOP = pattern("[。！？]")


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
    be a paragraph, or the heading of its first part and the paragraph.
    """
    for match in _GLUED.finditer(text):
        end = text.find("\n", match.end())
        end = len(text) if end < 0 else end
        place: int | None = match.end()
        while place is not None and end - place >= _PARAGRAPH and _STOP.search(text, place, end):
            yield Finding("glued-heading", place - 1, place, " ", "\n", "inferred")
            following = _NEXT_GLUED.match(text, place)
            place = following.end() if following else None
