"""Punctuation in a width that Chinese text does not have."""

import re
from collections import deque
from collections.abc import Iterable, Iterator
from functools import cached_property

from cnpolicy.findings import Finding
from cnpolicy.patterns import pattern
from cnpolicy.rules import Context, rule
from cnpolicy.tidy.alphabet import HAN, is_chinese, is_han
from cnpolicy.tidy.breaks import HEADING
from cnpolicy.tidy.spacing import ASKING, is_gap_in_name

_HALF = ",:;?!()"
_TO_FULL = {ord(half): ord(half) + 0xFEE0 for half in _HALF}
_WIDE = {half: chr(ord(half) + 0xFEE0) for half in _HALF}
# These begin with the mark, and look back: what begins with one of some characters is found several times as fast.
_MARK = pattern(r"[,:;()?!](?:(?<=[?!])[?!]++)?")
_LOST = "\ufffd"  # in a Chinese line it was a Chinese character
_QUOTES = "\"'“”‘’"
_PLAIN_CASE = pattern(f"[,:;(!](?<=[{HAN}].)(?!(?<=!)[!?])")
_LETTER_RUNS = pattern(r"[^\W\d_]++")
_ADDRESS = pattern("(?:https?://|www\\.)[!-~]++|(?<![0-9A-Za-z_.-])[0-9A-Za-z_.-]++@[0-9A-Za-z_.-]++")
_HAN_RUNS = pattern(f"[{HAN}]++")
_HANS = pattern(f"[{HAN}]")
_CHINESE_MARKS = pattern("[，。、；：？！]")
_ENTITY = pattern(r"&(?:amp;)?#?\w{1,12}$", re.ASCII)
_ACCENTED = pattern("[\x80-\u024f]")
_BRACKETS = pattern("[()（）]")
_PLAIN = frozenset(chr(code) for code in range(0x21, 0x7F)) - frozenset(_QUOTES + "()[]{}")  # cannot be Chinese text
# A line of a program: an assignment of a text or a list, a call with a text, a keyword, a string of documentation.
CODE = pattern(
    r"[ \t]*(?:[A-Za-z_][A-Za-z0-9_.]{0,40}(?:[ \t]{0,4}[-+]?=[ \t]{0,4}[\"'{\[(]|\([\"'])|"
    r"(?:if|elif|while|return|var|let|const) [A-Za-z_(\"']|(?:for|def|class|import|from) [A-Za-z_]|\"\"\"|"
    r"[\[{ \t]{0,8}(?:\"[^\"\n]{1,40}\"|'[^'\n]{1,40}') ?: ?(?:[\"'\[{0-9-]|true|false|null|True|False|None))"
)
_QUOTATION = 200  # characters: quotations in other languages are shorter
_CLAUSE = 40  # characters before a question mark in which a word asks
_STOPS = pattern("[。！？?!；;]")
_LONE = pattern(f"(?<=[{HAN}])\\?(?=[{HAN}])")
_SEVERAL = 3  # question marks between two characters where nothing asks: not a slip of the author any more
_PIPES = 2  # so many in a line make it a row of a table


def _asks(text: str, place: int) -> bool:
    """Tell whether there is a word that asks in the sentence before a place."""
    clause = text[max(0, place - _CLAUSE) : place].rsplit("\n", 1)[-1]
    return ASKING.search(_STOPS.split(clause)[-1]) is not None


class _Line:
    """A line and its marks of half width: which of them become full width."""

    def __init__(self, text: str, spaces: bool = False) -> None:
        self.text = text
        self.spaces = spaces  # whether the document has question marks in the place of spaces
        self.marks = [match.span() for match in _MARK.finditer(text)]
        # Most marks stand behind a Chinese character, and need no closer look.
        self.widened = {match.start() for match in _PLAIN_CASE.finditer(text)}  # offsets of the marks to widen

    @cached_property
    def place(self) -> dict[int, int]:
        """The number of the mark at each offset."""
        return {start: number for number, (start, _) in enumerate(self.marks)}

    @cached_property
    def chinese(self) -> bool:
        """Whether the line has half as many Chinese characters as other letters, or more; addresses do not count."""
        text = _ADDRESS.sub(" ", self.text) if ":" in self.text or "@" in self.text or "." in self.text else self.text
        han = sum(map(len, _HAN_RUNS.findall(text)))
        return han * 3 >= sum(map(len, _LETTER_RUNS.findall(text)))

    @cached_property
    def pairs(self) -> dict[int, int]:
        """Return the offset of the other bracket for each, of either width."""
        pairs: dict[int, int] = {}
        open_: list[int] = []
        for match in _BRACKETS.finditer(self.text):
            if match.group() in "(（":
                open_.append(match.start())
            elif open_:
                pairs[match.start()] = open_.pop()
                pairs[pairs[match.start()]] = match.start()
        return pairs

    def kind(self, offset: int, step: int) -> str:
        """Return what stands at an offset or, where that is a quotation mark, behind it in the direction `step`.

        `H` is Chinese text, `D` a digit, `%` a sign that ends a number, `A` a letter, ` ` a space or the line's edge.
        """
        for _ in range(3):
            if not 0 <= offset < len(self.text):
                return " "
            if self.text[offset] not in _QUOTES:
                break
            offset += step
        else:
            return "?"
        character = self.text[offset]
        if offset in self.widened or is_chinese(character) or (character == _LOST and self.chinese):
            return "H"
        if character.isdigit():
            return "D"
        if character in "%‰℃°㎡":
            return "%"
        if character.isalpha():
            return "A"
        return " " if character.isspace() else "?"

    def behind(self, offset: int) -> str:
        """Return the kind of what follows from an offset on after spaces."""
        while offset < len(self.text) and self.text[offset] == " ":
            offset += 1
        return self.kind(offset, 1)

    def widens(self, number: int) -> bool:
        """Tell whether a mark becomes full width, with what is known so far of the others."""
        start, end = self.marks[number]
        mark = self.text[start]
        if mark in "()":
            return self._widens_bracket(start)
        if mark == "?" and (self._is_space(start, end) or _ACCENTED.match(self.text[max(start - 1, 0) : start])):
            return False  # a lost space, or a lost byte of text that was read in a wrong encoding
        left, right = self.kind(start - 1, -1), self.kind(end, 1)
        if mark in "?!,;:" and left == "A" and self._ends_foreign_quotation(end):
            return False
        if mark == ";" and _ENTITY.search(self.text, max(0, start - 18), start):
            return False
        if left == "H":
            return True
        if left not in "DA%":
            return False
        if right == "H":
            return True
        if not self.chinese:
            return False
        if right == " ":
            return left != "A" and mark in ",;" and self.behind(end) in "H "
        return left == "%" and right in "DA" and mark in ",;"

    def _is_space(self, start: int, end: int) -> bool:
        """Tell whether question marks may stand for spaces or a character that were lost: nothing before them asks."""
        if end - start == 1 and is_gap_in_name(self.text, start):
            return True
        if set(self.text[start:end]) != {"?"} or (end - start == 1 and not self.spaces):
            return False
        if end - start == 1 and not (is_han(self.text[start - 1 : start]) and is_han(self.text[end : end + 1])):
            return False
        return not _asks(self.text, start)

    def _ends_foreign_quotation(self, end: int) -> bool:
        """Tell whether a mark is the last of a quotation without a Chinese character, “Yes, we can!”."""
        closing = self.text[end : end + 1]
        if not closing or closing not in "”’":
            return False
        opened = self.text.rfind("“" if closing == "”" else "‘", max(0, end - _QUOTATION), end)
        return opened >= 0 and not _HANS.search(self.text, opened, end)

    def _widens_bracket(self, offset: int) -> bool:
        other = self.pairs.get(offset)
        if other is None:
            if self.text[offset] == "(":
                return self.kind(offset - 1, -1) == "H" or (
                    self.chinese and (offset == 0 or self.kind(offset + 1, 1) == "H")
                )
            # `1)` and `a)` count the items of a list
            return self.kind(offset - 1, -1) == "H"
        if other in self.widened or self.text[other] in "（）":
            return True
        first, last = sorted((offset, other))
        left, right = self.kind(first - 1, -1), self.kind(last + 1, 1)
        if left == "H":
            return True
        if _HANS.search(self.text, first, last):
            return self.chinese
        # C(2), f(x), 18%(2010): an index, an argument, a remark in figures
        return left == " " and right == "H" and self.chinese

    def settle(self) -> None:
        """Decide for every mark; each mark that is widened is Chinese text to its neighbours."""
        waiting = deque(number for number, (start, _) in enumerate(self.marks) if start not in self.widened)
        queued = set(waiting)
        while waiting:
            number = waiting.popleft()
            queued.discard(number)
            start, end = self.marks[number]
            if start in self.widened or not self.widens(number):
                continue
            self.widened.update(range(start, end))
            near = [number - 1, number + 1]
            if self.text[start] in "()" and start in self.pairs:
                partner = self.place.get(self.pairs[start])
                if partner is not None:
                    near.append(partner)
            for other in near:
                if 0 <= other < len(self.marks) and other not in queued and self.marks[other][0] not in self.widened:
                    waiting.append(other)
                    queued.add(other)

    def findings(self, offset: int) -> Iterator[Finding]:
        """Yield a finding per mark that is widened; the line begins at `offset` in the text."""
        text, widened = self.text, self.widened
        for start, end in self.marks:
            if start not in widened:
                continue
            before = text[start:end]
            after = _WIDE.get(before) or before.translate(_TO_FULL)
            if (
                before == "("
                and text[start - 1 : start] == " "
                and text[start - 2 : start - 1] not in ("", " ")
                and not HEADING.match(text, start)
            ):
                before = " ("  # as behind the others; but a heading's space is where it was glued on
                start -= 1
            if text[end : end + 1] == " " and before[0] in ",:;?!" and text[end + 1 : end + 2].isalnum():
                before += " "  # the space that half-width punctuation asks for; full width has it built in
                end += 1
            yield Finding("halfwidth-punctuation", offset + start, offset + end, before, after, "inferred")


def is_row(line: str) -> bool:
    """Tell whether a line looks like comma-separated values: short fields and no Chinese punctuation.

    >>> is_row("张三,男,局长"), is_row("会议指出,要抓落实。")
    (True, False)
    """
    return line.count(",") >= 2 and not _CHINESE_MARKS.search(line) and max(map(len, line.split(","))) <= 16


_CELL = pattern('(?:"[^"\n，。；：]*+"|[^",，。；：\n]*+)(?:,|$)')


def _cells(line: str) -> int:
    """Return how many comma-separated values a line has, some in quotation marks; 0 if it is something else."""
    cells = place = 0
    while place < len(line):
        cell = _CELL.match(line, place)
        if not cell or cell.end() - place > _LONGEST_CELL:
            return 0
        cells += 1
        place = cell.end()
    return cells + line.endswith(",")


_LONGEST_CELL = 40  # characters


def is_quoted_row(text: str, start: int, end: int) -> bool:
    """Tell whether the line from `start` to `end` and one next to it are rows with as many values, one of them quoted.

    >>> text = '"桥,涵",座,12\\n备注,"共3项",\\n'
    >>> is_quoted_row(text, 0, text.index("\\n"))
    True
    """
    line = text[start:end]
    if line.count(",") < 2:
        return False
    cells = _cells(line)
    if cells < 3:
        return False
    above = text[text.rfind("\n", 0, start - 1) + 1 : start - 1] if start else ""
    below = text[end + 1 : text.find("\n", end + 1) % (len(text) + 1)]
    return any('"' in line + other and _cells(other) == cells for other in (above, below))


@rule(
    "halfwidth-punctuation",
    "inferred",
    needs=_HALF,
    example=("会议指出,今年增长7.5%,比去年(4,007亿元)高.", "会议指出，今年增长7.5%，比去年（4,007亿元）高."),
)
def widen_punctuation(text: str, _: Context) -> Iterable[Finding]:
    """Write , : ; ? ! ( ) in full width next to Chinese text.

    Files that went through a search engine's or an archive's normalisation lost the width of their punctuation, and
    sentence splitters do not see it. Numbers, times, addresses, formulas, English sentences, tables and rows of
    comma-separated values stay as they are.
    """
    spaces = "?" in text and sum(not _asks(text, lone.start()) for lone in _LONE.finditer(text)) >= _SEVERAL
    reached = place = 0  # the end of the line before, and how far the next one was looked at
    while mark := _MARK.search(text, place):
        start, place = mark.span()
        if text[start - 1 : start] in _PLAIN and text[place : place + 1] in _PLAIN:
            continue
        begin = text.rfind("\n", reached, start) + 1 or reached
        reached = text.find("\n", place)
        reached = place = len(text) if reached < 0 else reached
        line = _Line(text[begin:reached], spaces)
        if (
            line.text.count("|") >= _PIPES
            or CODE.match(line.text)
            or _is_row_among_rows(text, begin, reached)
            or is_quoted_row(text, begin, reached)
        ):
            continue
        line.settle()
        yield from line.findings(begin)


def _is_row_among_rows(text: str, start: int, end: int) -> bool:
    """Tell whether the line from `start` to `end` and one next to it are rows with as many values."""
    line = text[start:end]
    if not is_row(line):
        return False
    above = text[text.rfind("\n", 0, start - 1) + 1 : start - 1] if start else ""
    below = text[end + 1 : text.find("\n", end + 1) % (len(text) + 1)]
    return any(is_row(other) and other.count(",") == line.count(",") for other in (above, below))
