"""Spaces that stand between the characters of titles, of paragraphs, and of whole documents."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cnpolicy.findings import Finding
from cnpolicy.language import bits_per_character, codes, own_bits, pair_bits
from cnpolicy.patterns import pattern
from cnpolicy.rules import Context, rule
from cnpolicy.tidy import alphabet
from cnpolicy.tidy.alphabet import is_chinese, is_han

_NAME = "letter-spacing"
_HAN = alphabet.HAN + "\u2e80-\u2fdf"  # with the radicals that fonts have for characters: they are unified later
_GAPS = " \xa0\u3000"
_RUN = f"[{_GAPS}]{{1,3}}"
_SPACED = pattern(f"[{_HAN}](?:{_RUN}[{_HAN}](?![{_HAN}]))++")
_SPACE = pattern(f"{_RUN}[{_HAN}](?![{_HAN}])")
# What titles and mastheads are made of. Names of people and lists (甲 乙 丙) have none of these in them.
_TITLE = pattern(
    "报告|讲话|同志|通知|通报|简报|简讯|快报|公报|公告|决定|决议|意见|办法|方案|会议|纪要|总结|文件|目录|规定|条例|计划|规划|纲要|要点|"
    "名单|委员会|办公室|人民|政府|书记|主席|主任|省长|市长|县长|区长|局长|部长|代表|工作|党委|党组|常委|中共|中央|任命|信息|专报|"
    "報告|講話|簡報|快報|公報|決定|決議|意見|辦法|會議|紀要|總結|目錄|規定|條例|計劃|規劃|綱要|要點|名單|委員會|辦公室|書記|"
    "主任|省長|市長|縣長|區長|局長|部長|黨委|黨組|信息|專報|通報"
)
_SHORT_TITLES = frozenset(
    re.findall(
        "..",
        "通知通报简报公报公告目录决定决议报告讲话前言附件命令摘要序言后记名单纪要批复请示意见议程正文文件"
        "通報簡報公報目錄決定決議報告講話後記名單紀要議程",
    )
)
_PROSE = 8  # characters; so many in a row are letter-spaced prose where they cost no more than
_PLAUSIBLE = 8.0  # bits each: prose costs 5 to 7.5, the surnames, stems and branches, and other lists 9 to 12


# -- Documents and paragraphs -----------------------------------------------------------------------------------------

_AROUND = pattern(f"[{_GAPS}](?<=([{_HAN}]).)[{_GAPS}]{{0,2}}(?=([{_HAN}]))")
# The gap is looked for first: it is rarer than what stands before it.
_BETWEEN = pattern(f"[{_GAPS}](?<=[{_HAN}].)[{_GAPS}]{{0,2}}(?=[{_HAN}])")
_HAN_RUNS = pattern(f"[{_HAN}]++")
_GAP = pattern(f"[{_GAPS}](?<=[^{_GAPS}\n].)[{_GAPS}]*+(?=[^{_GAPS}\n])")
_HANS = pattern(f"[{_HAN}]")
_SENTENCE = pattern("[，。；：！？,;:!?]")
_ENUMERATED = frozenset("甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥一二三四五六七八九十")
_EVERYWHERE = 9  # gaps between characters for each place without one; texts whose words are set apart have 1 to 2
_LEAST = 6  # gaps in a line: the names of three persons have fewer
_LONG = 12  # characters of a line without a mark of a sentence
# Bits a character, and how many fewer than the characters cost one by one: prose of 15 characters and more costs at
# most 11 and saves 0.8 in 95 of 100 lines of news; names cost 12 and more, lists of characters save less than 0.8 or
# cost more.
_DEAREST, _SAVED = 10.5, 0.8
_HALF = 2  # such lines hold one in so many of the characters of a document that was set in this way throughout


class _Line(NamedTuple):
    """A line: where it lies, its Han characters, the gaps between two of them, and the pairs without a gap."""

    start: int
    text: str
    han: int
    gaps: int
    tight: int


def _line(text: str, start: int, end: int) -> _Line:
    line = text[start:end]
    runs = _HAN_RUNS.findall(line)
    han = sum(map(len, runs))
    return _Line(start, line, han, len(_BETWEEN.findall(line)), han - len(runs))


def _lines_with_gaps(text: str, places: list[int]) -> list[_Line]:
    """Return the lines in which gaps between Han characters begin; none where they are too few in the whole text."""
    if len(places) < _LEAST:
        return []
    lines: list[_Line] = []
    end = -1
    for place in places:
        if place > end:
            start = text.rfind("\n", max(end, 0), place) + 1
            end = text.find("\n", place)
            end = len(text) if end < 0 else end
            lines.append(_line(text, start, end))
    return lines


def _all_lines(text: str) -> Iterator[_Line]:
    """Yield the lines that have Han characters in them."""
    start = 0
    for line in text.split("\n"):
        end = start + len(line)
        if _HANS.search(line):
            yield _line(text, start, end)
        start = end + 1


def _is_spaced_prose(line: _Line) -> bool:
    """Tell whether a line is a paragraph or a sentence with a space between any two characters."""
    if line.gaps < _LEAST or line.gaps < _EVERYWHERE * line.tight:
        return False
    han = "".join(_HANS.findall(line.text))
    if _ENUMERATED.issuperset(han):
        return False
    if _SENTENCE.search(line.text) and line.han > _LEAST + 1:
        return True
    if line.han < _LONG:
        return False
    bits = bits_per_character(han)
    return bits <= _DEAREST and float(own_bits(codes(han)).mean()) - bits >= _SAVED


def _belongs_to_spaced(line: _Line) -> bool:
    """Tell whether a line of a document that was set in this way throughout was set so as well."""
    if _EVERYWHERE * line.tight > len(line.text):
        return False
    gaps = len(_GAP.findall(line.text))
    return gaps > 0 and gaps >= _EVERYWHERE * line.tight and not _ENUMERATED.issuperset(_HANS.findall(line.text))


_BLANKS = pattern(f"[{_GAPS}]+")


def _are_names(run: str) -> bool:
    """Tell whether characters stand in twos, with wider gaps between these than in them: 张 伟  刘 洋  赵 敏."""
    widths = [len(gap) + gap.count("\u3000") for gap in _BLANKS.findall(run)]
    return bool(min(widths[1::2], default=0) > max(widths[::2]))


_MUCH = 3  # times as wide: typists fill lines of titles with gaps of one and two spaces
_SIGNS = frozenset("0123456789０１２３４５６７８９.．%％,/:-－")


def _is_between(line: str, start: int, end: int) -> bool:
    """Tell whether a gap stands between the characters of one word, or beside Chinese text, in a line set in this way.

    Numbers and Latin words that were left whole keep their distance.
    """
    before, behind = line[start - 1], line[end]
    if any(is_chinese(one) or not (one.isascii() or one.isalnum()) for one in (before, behind)):
        return True
    alone = (start < 2 or line[start - 2] in _GAPS or not line[start - 2].isalnum()) and (
        end + 1 >= len(line) or line[end + 1] in _GAPS or not line[end + 1].isalnum()
    )
    if before in _SIGNS and behind in _SIGNS:
        return alone or not (before.isdigit() and behind.isdigit())
    return alone and before.isalpha() and behind.isalpha()


def _close(line: _Line) -> Iterator[tuple[int, int, str]]:
    """Yield the gaps of a line to close, with what stays of them: nothing, or a space where one is wider than usual."""
    gaps = [match.span() for match in _GAP.finditer(line.text)]
    sizes = Counter(end - start for start, end in gaps)
    usual = min(sizes, key=lambda size: (-sizes[size], size))
    title = _TITLE.search(_BLANKS.sub("", line.text))
    wide = len(line.text) if _SENTENCE.search(line.text) else usual * _MUCH if title else usual + 1
    for start, end in gaps:
        if end - start >= wide:
            if line.text[start:end] != " ":
                yield start, end, " "
        elif _is_between(line.text, start, end):
            yield start, end, ""


_SCATTERED = 8  # gaps in the prose of a document: so many tell whether they respect its words
_PROSE_LINE = 15  # characters
# Of the gaps that programs put at random into news 43 to 50 % stand inside a word, which saves a bit and more without
# them; of the gaps between the words of segmented news 8 to 9 %, in single lines up to 46 %: few gaps must show more.
_INSIDE_WORDS, _BY_CHANCE, _BIT = 0.2, 1.6, 1.0


_MARK = pattern("[，。；：、？！]")
_MARK_APART = pattern(f"[{_GAPS}][，。；：、？！]")
_MARKS, _MOST = 3, 0.8  # programs that segment text set all marks apart; spaces at random stand before one in two


def _is_segmented(lines: Iterable[str]) -> bool:
    """Tell whether the words of these lines were set apart on purpose: then the marks are set apart as well."""
    marks = apart = 0
    for line in lines:
        marks += len(_MARK.findall(line))
        apart += len(_MARK_APART.findall(line))
    return apart >= _MARKS and apart >= _MOST * marks


def _saves(pairs: list[str]) -> npt.NDArray[np.bool_]:
    """Tell for each pair of characters whether it is so likely to be inside a word that it saves a bit."""
    first, second = codes("".join(pair[0] for pair in pairs)), codes("".join(pair[1] for pair in pairs))
    return np.asarray(own_bits(second) - pair_bits(first, second) >= _BIT)


def _is_prose(line: _Line) -> bool:
    return line.han >= _PROSE_LINE and _SENTENCE.search(line.text) is not None


# Names of two characters are set with a gap, to be as wide as those of three: 出席：李 刚、欧阳静、赵 敏
_PADDED_NAME = pattern(f"(?<![^、：:{_GAPS}])[{_HAN}][{_GAPS}]{{1,3}}[{_HAN}](?![^、{_GAPS}])")
_NAMES = 3


def _lists_names(line: _Line) -> bool:
    """Tell whether half of the gaps of a line or more are those inside names that stand apart."""
    names = len(_PADDED_NAME.findall(line.text))
    return names >= _NAMES and names * 2 >= line.gaps


def _scattered(text: str, lines: list[_Line]) -> Iterator[tuple[_Line, list[tuple[int, int, str]]]]:
    """Yield the lines whose words are cut by spaces at random, as by programs that read scanned pages.

    All gaps between Chinese characters go in prose; in other lines, only those inside a word.
    """
    lines = [line for line in lines if not _lists_names(line)]
    prose = {line.start for line in lines if _is_prose(line)}
    if sum(line.gaps for line in lines if line.start in prose) < _SCATTERED:
        return
    pairs = [match[1] + match[2] for line in lines for match in _AROUND.finditer(line.text)]
    saves = _saves(pairs).tolist()
    places = iter(saves)
    inner = {line.start: [next(places) for _ in _AROUND.finditer(line.text)] for line in lines}
    evidence = [saved for line in lines if line.start in prose for saved in inner[line.start]]
    if sum(evidence) < _INSIDE_WORDS * len(evidence) + _BY_CHANCE:
        return
    # gaps before a mark alone are the same damage
    others = [
        line
        for line in _all_lines(text)
        if line.start not in inner and _is_prose(line) and _GAP.search(line.text) and not _lists_names(line)
    ]
    prose.update(line.start for line in others)
    for line in sorted([*lines, *others]):
        if line.start in prose:
            spans = [match.span() for match in _GAP.finditer(line.text)]
            spans = [(a, b) for a, b in spans if is_chinese(line.text[a - 1]) and is_chinese(line.text[b])]
        elif not line.tight:
            continue  # set with a gap between any two characters: perhaps a title
        else:
            found = zip(_AROUND.finditer(line.text), inner[line.start], strict=True)
            spans = [match.span() for match, saved in found if saved]
        yield line, [(start, end, "") for start, end in spans]


def _in_documents(text: str, places: list[int]) -> Iterator[tuple[_Line, list[tuple[int, int, str]]]]:
    """Yield the lines of paragraphs and documents that were set in this way, with the gaps to close in each."""
    lines = _lines_with_gaps(text, places)
    spaced = [line for line in lines if _is_spaced_prose(line)]
    if not (spaced or sum(line.gaps for line in lines) >= _SCATTERED):
        return
    if _is_segmented(line.text for line in lines if not _belongs_to_spaced(line)):
        return
    if not spaced:
        yield from _scattered(text, lines)
        return
    whole = sum(line.han for line in spaced) * _HALF >= len(_HANS.findall(text))
    for line in filter(_belongs_to_spaced, _all_lines(text)) if whole else spaced:
        yield line, list(_close(line))


_NEAR = 4  # characters; gaps so near to each other are one place


def _findings(line: _Line, gaps: list[tuple[int, int, str]]) -> Iterator[Finding]:
    """Yield a finding for each stretch of a line whose gaps are closed."""
    first = 0
    for place, (_, end, _) in enumerate(gaps, 1):
        if place < len(gaps) and gaps[place][0] - end <= _NEAR:
            continue
        start, parts = gaps[first][0], []
        done = start
        for gap_start, gap_end, after in gaps[first:place]:
            parts += [line.text[done:gap_start], after]
            done = gap_end
        before = line.text[start:done]
        yield Finding(_NAME, line.start + start, line.start + done, before, "".join(parts), "inferred")
        first = place


# -- Titles and names -------------------------------------------------------------------------------------------------


def _titles(text: str, places: list[int]) -> Iterator[Finding]:
    """Yield the runs of single characters that are titles, by the words in them or by being the whole line."""
    done = 0
    for place in places:
        first = place - 1
        if place < done or not _SPACE.match(text, place) or (first and is_han(text[first - 1])):
            continue
        match = _SPACED.match(text, first)
        if not match:
            continue
        done = match.end()
        closed = _BLANKS.sub("", match.group())
        start, end = match.span()
        if len(closed) == 2:
            whole = text[start - 1 : start] in ("", "\n") and text[end : end + 1] in ("", "\n")
            title = whole and closed in _SHORT_TITLES
        else:
            title = len(closed) > 2 and _TITLE.search(closed) is not None
        if title or (
            len(closed) >= _PROSE and bits_per_character(closed) <= _PLAUSIBLE and not _are_names(match.group())
        ):
            yield Finding(_NAME, start, end, match.group(), closed, "inferred")


@rule(
    _NAME,
    "inferred",
    needs=_GAPS,
    example=("政 府 工 作 报 告\n张 三 李 四", "政府工作报告\n张 三 李 四"),
)
def close_letter_spacing(text: str, _: Context) -> Iterable[Finding]:
    """Close up titles, names and texts that were set with a space between any two characters.

    Typists fill a line in this way, and no word of it is found again; programs that read scanned pages do it to whole
    documents, or put spaces inside words at random. A title is known by the words in it or by being the whole line, a
    text by its prose: lists of single characters and names are set in the same way. What is wider than the usual gap
    in a line without a sentence stays one space.
    """
    found: list[Finding] = []
    done: list[tuple[int, int]] = []
    places = [match.start() for match in _BETWEEN.finditer(text)]
    for line, gaps in _in_documents(text, places):
        found += _findings(line, gaps)
        done.append((line.start, line.start + len(line.text)))
    lines = iter([*done, (len(text) + 1, len(text) + 1)])
    start, end = next(lines)
    for title in _titles(text, places):
        while end < title.end:
            start, end = next(lines)
        if title.start < start:
            found.append(title)
    yield from sorted(found)
