"""Find UTF-8 that was read in a single-byte encoding: sequences of characters, each of which was one byte of it."""

import re
import unicodedata
from bisect import bisect_right
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cnpolicy import language
from cnpolicy.repair import joints, relatives
from cnpolicy.repair.chains import ARROW, rename
from cnpolicy.repair.code_pages import (
    GOOD_MARKS,
    SOFT_HYPHEN,
    SPACE,
    CodePage,
    Places,
    Starts,
    character_class,
    membership,
    page,
    spelled_in,
)
from cnpolicy.repair.pairs import find_pairs
from cnpolicy.repair.proof import ENOUGH_BITS, Read, amend, select

_STRUCTURE = 4  # so many sequences of three bytes in a row are never met in good text
_STRUCTURE_BITS = 5.0  # one in 32 of three characters drawn from a code page is a sequence of UTF-8
_BESIDE_BITS = 4.0  # what a letter or a sign is worth beside Chinese text
# Marks of good Chinese text begin sequences in some code page: alone they are no reason to look.
LEADS = "".join(one for one in spelled_in(joints.PAGES, 0xC2, 0xF4) if one not in GOOD_MARKS)

_PROSE = "\u3001-\u301b\u3041-\u30fe\u3105-\u3129\u4e00-\u9fa5\uac00-\ud7a3\uff01-\uff5e"


@cache
def _prose() -> re.Pattern[str]:
    return re.compile(f"[{_PROSE}]")


@cache
def _usual() -> re.Pattern[str]:
    return re.compile(f"[{_PROSE}\u2010-\u2027\u2100-\u27bf\u0400-\u045f\U0001f300-\U0001faff]+")


@cache
def _unfit() -> re.Pattern[str]:
    """Match what no text was written with: controls, private use, U+FFFD, and planes that have no characters."""
    return re.compile("[\x80-\x9f\ue000-\uf8ff\ufffd\U00040000-\U0010ffff]")


@cache
def _private() -> re.Pattern[str]:
    return re.compile("[\ue000-\uf8ff]+")


def _is_fit(once: str) -> bool:
    """Tell whether what a run says may be what stood there, whatever stands beside it.

    No text was written with controls and U+FFFD, but what was misread before is full of them. So many sequences of
    UTF-8 that say something else are proof enough that they stood there.
    """
    said = _unfit().sub("", once)
    return said == once or sum(one > "\u07ff" for one in said) >= _STRUCTURE


@cache
def _lead() -> re.Pattern[str]:
    return re.compile(character_class(LEADS))


@cache
def _starts() -> Starts:
    return Starts(joints.PAGES)


@cache
def _leads() -> npt.NDArray[np.bool_]:
    return membership(LEADS)


def _places(text: str) -> dict[str, Places]:
    """Return for each code page where sequences of UTF-8 may begin; none where only marks of good text do."""
    found = _starts().find(text)
    if not found:
        return found
    points = language.codes(text)
    return {name: places for name, places in found.items() if _leads()[points[places]].any()}


def _runs_of_utf_8(text: str, wrong: CodePage, places: Places) -> Iterator[re.Match[str]]:
    """Yield the runs of UTF-8 sequences that begin at some of the places."""
    done = 0
    run = wrong.utf_8_run
    for place in places.tolist():
        if place < done:
            continue
        match = run.match(text, place)
        if match:
            yield match
            done = match.end()


def _without_spaces(run: str, wrong: CodePage) -> Iterator[tuple[int, int]]:
    """Yield the stretches of a run of UTF-8 sequences between those with a space in them."""
    start = 0
    for unit in wrong.utf_8_unit.finditer(run):
        if SPACE in unit.group():
            if start < unit.start():
                yield start, unit.start()
            start = unit.end()
    if start < len(run):
        yield start, len(run)


def _spans(text: str, wrong: CodePage, places: Places) -> Iterator[tuple[int, int]]:
    """Yield where UTF-8 sequences stand in a row, spelled in the code page.

    A space inside a sequence is read as a no-break space only in a line that is proven without it.
    """
    line_end = -1
    strict = 0  # sequences of three bytes without a space in the line
    for match in _runs_of_utf_8(text, wrong, places):
        start, end = match.span()
        if SPACE not in match.group():
            yield start, end
            continue
        if start > line_end:
            line_start = text.rfind("\n", max(line_end, 0), start) + 1
            line_end = text.find("\n", start)
            line_end = len(text) if line_end < 0 else line_end
            units = wrong.utf_8_unit.findall(text, line_start, line_end)
            strict = sum(len(unit) > 2 and SPACE not in unit for unit in units)
        if strict >= 2:
            yield start, end
        else:
            for first, last in _without_spaces(match.group(), wrong):
                yield start + first, start + last


def _prove_utf_8(text: str, run: "_Run", wrong: CodePage) -> float:
    """Return how strongly the characters of a run speak for UTF-8.

    A run in good text would have to be a letter and two or three signs of just these classes, again and again. Four
    such sequences in a row are never met; fewer have to be likelier as Chinese than as what they are.
    """
    start, end, after, among = run
    if sum(one > "\u07ff" for one in after[:_SURE]) >= 6:
        return 1
    units = wrong.utf_8_unit.findall(text[start:end])
    long = sum(len(unit) > 2 for unit in units)
    if long >= 6:
        return 1
    left, right = text[start - 1] if start else "\n", text[end] if end < len(text) else "\n"
    points = language.codes(left + text[start:end] + right)
    chinese = joints.is_chinese(points[[0, -1]])
    if long < 4 and among:
        return 0  # part of a longer run that is not UTF-8 as a whole: more likely another encoding
    odd = int(joints.odd_joints(points).sum())
    beside = int(chinese[0]) + int(chinese[1] and text[end - 1] not in GOOD_MARKS)
    stays = float(joints.stay_bits(points)[:-1].sum())
    if not long:
        shorter = stays - float(joints.stay_bits(language.codes(left + after)).sum()) >= ENOUGH_BITS
        return 1 if len(units) >= 3 and odd >= 2 and (shorter or after.isalpha()) and _is_one_script(after) else 0.5
    gain = stays + _STRUCTURE_BITS * min(odd, long) + _BESIDE_BITS * beside
    gain -= float(language.bits((left if chinese[0] else "\n") + after)[1:].sum())
    proof = max(gain / ENOUGH_BITS, 0.1)
    in_word = (left.isalpha() and not chinese[0]) or (right.isalpha() and not chinese[1])
    if long >= 2:
        # Bytes of GBK are now and then UTF-8 by chance; what they say then is as rare as any.
        usual = sum(map(len, _usual().findall(after)))
        if usual * 2 < len(after):
            return min(proof, 0.9)
        return max(proof, 1) if odd >= 2 or beside or long >= 4 else proof
    character = next(one for unit, one in zip(units, after, strict=True) if len(unit) > 2)
    if not _prose().match(character):
        symbol = "\u2010" <= character <= "\u2027" or "\u2100" <= character <= "\u27bf" or character > "\uffff"
        return 1 if symbol and odd and not in_word else 0.5
    return proof if (odd and not in_word) or beside else min(proof, 0.9)


class _Run(NamedTuple):
    """Characters that are UTF-8 in a code page, what they say when read so once, and whether others stand beside."""

    start: int
    end: int
    once: str
    among: bool


class _Beside:
    """Whether a letter or a sign that is not Chinese stands before and behind each place of a text.

    Marks that good text has as well are what stands beyond them.
    """

    def __init__(self, text: str) -> None:
        points = language.codes(f"\n{text}\n")
        chinese = joints.is_chinese(points)
        foreign = joints.is_foreign(points) & ~chinese
        mark = (points >= 0x80) & ~chinese & ~foreign
        self._sums = np.concatenate([[0], np.cumsum(foreign)])
        places = np.arange(len(points))
        self._before = foreign[np.maximum.accumulate(np.where(mark, 0, places))]
        self._behind = foreign[::-1][np.maximum.accumulate(np.where(mark[::-1], 0, places))][::-1]

    def __call__(self, start: int, end: int) -> bool:
        return bool(self._before[start] or self._behind[end + 1])

    def foreign(self, start: int, end: int) -> int:
        """Return how many letters and signs that are not Chinese stand between two places."""
        return int(self._sums[end + 1] - self._sums[start + 1])


# Characters: a run of one or two sequences. Between other letters and signs it is part of another encoding.
_SHORT = 4


def _runs(
    text: str, wrong: CodePage, places: Places, sure: Sequence[tuple[int, int]], beside: _Beside
) -> Iterator[_Run]:
    """Yield the runs of UTF-8 that begin at some of the places and are not in a run that is sure."""
    for start, end in _spans(text, wrong, places):
        among = beside(start, end)
        if among and end - start <= _SHORT:
            continue
        index = bisect_right(sure, (start, len(text))) - 1
        if index >= 0 and sure[index][1] >= end:
            continue
        run = text[start:end]
        try:
            once = wrong.to_bytes(run.replace(SPACE, "\xa0")).decode("utf-8")
        except UnicodeDecodeError:
            continue
        yield _Run(start, end, once, among)


def _by_line(text: str, runs: Sequence[_Run]) -> Iterator[tuple[int, int, list[_Run]]]:
    """Yield the lines that have runs, by their offsets, each with its runs."""
    left = deque(runs)
    end = 0
    while left:
        start, end = text.rfind("\n", end, left[0].start) + 1, text.find("\n", left[0].start)
        end = len(text) if end < 0 else end
        own: list[_Run] = []
        while left and left[0].start < end:
            own.append(left.popleft())
        yield start, end, own


def _worth_a_look(text: str, runs: Iterable[_Run], beside: _Beside) -> Iterator[_Run]:
    """Yield the runs of the lines in which one begins with more than a mark of good text.

    In a line that is mostly something else, bytes of GBK are one or two sequences of UTF-8 now and then.
    """
    for start, end, own in _by_line(text, list(runs)):
        if sum(beside.foreign(run.start, run.end) for run in own) * 2 < beside.foreign(start, end):
            own = [run for run in own if run.end - run.start > _SHORT]
        if any(_lead().search(text, run.start, run.end) for run in own):
            yield from own


def find_utf_8(text: str, depth: int = 4) -> list[Read]:
    """Return the runs of the text that read as UTF-8, with all the times over that they were misread."""
    begins = _places(text) if depth else {}
    if not begins:
        return []
    reads = _find_in_pages(text, begins, depth)
    for name in relatives.OF_SEQUENCES:
        if relatives.are_left(text, name, reads) and relatives.may_be(text, name):
            spelled = relatives.respell(text, name)
            found = _find_in_relative(text, spelled, name, depth)
            reads = relatives.add(reads, found, text, spelled)
    return reads


def _find_in_relative(text: str, spelled: str, name: str, depth: int) -> list[Read]:
    """Return the runs that read as UTF-8 in a relative of Windows-1252; `spelled` is the text as that would have it."""
    places = _places(spelled).get("cp1252")
    if places is None:
        return []
    found: list[Read] = []
    for read in _find_in_pages(spelled, {"cp1252": places}, depth):
        run = text[read.start : read.end]
        chain = rename(read.chain, name)
        # A few sequences are no proof if they are also what they are in Windows-1252, and a single one never is.
        is_exact = page(name).is_exact(run)
        is_proof = is_exact and len(run) > _SHORT and (len(run) >= 3 * _STRUCTURE or not relatives.is_windows(run))
        proof = read.proof if is_proof else min(read.proof, 0.9)
        found.append(read._replace(chain=chain, proof=proof, exact=is_exact and read.exact))
    return found


def _find_in_pages(text: str, begins: dict[str, Places], depth: int) -> list[Read]:
    """Return the runs that read as UTF-8 in one of the code pages, beginning at these places."""
    reads: list[Read] = []
    beside = _Beside(text)
    foreign = len(text) - len(text.encode("ascii", "ignore"))
    sure: list[tuple[int, int]] = []  # runs that need not be tried in another code page
    # The code page that most of the text fits is mostly the one: then hardly anything is left for the others.
    for name, places in sorted(begins.items(), key=lambda begin: -len(begin[1])):
        wrong = page(name)
        found: list[tuple[int, int]] = []
        runs = list(_worth_a_look(text, _runs(text, wrong, places, sure, beside), beside))
        for read, in_pairs in _readings(text, runs, wrong, depth):
            reads.append(read)
            if read.proof >= 1 and read.exact and (in_pairs or _is_prose(read.after)):
                found.append((read.start, read.end))
        if found:
            sure = sorted({*sure, *found})
            # When next to nothing is left, what is will be found in the result, where it is next to nothing to search.
            if sum(end - start for start, end in sure) * 50 >= foreign * 49:
                break
    return reads


def _is_one_script(after: str) -> bool:
    """Tell whether the letters are of one alphabet: those that bytes of GBK give by chance are of several (λͬ־)."""
    if any(unicodedata.category(one)[0] == "M" for one in after):
        return False
    return len({unicodedata.name(one, "?").split()[0] for one in after if one.isalpha()}) < 2


_UNFIT_PROOF = 0.5  # what no text was written with counts beside what is proven only
_SURE = 60  # characters by which a reading is judged
_SURE_BITS = 11.0  # a character of Chinese costs 7 to 9, of one that was read in a similar code page 13 and more


def _is_prose(after: str) -> bool:
    """Tell whether a reading is Chinese beyond doubt."""
    return len(after) >= 4 and language.bits_per_character(after[:_SURE]) < _SURE_BITS


# Of what is not Chinese in a line so much must be in runs for the line to be looked at as a whole. Where all of it was
# misread before it is all; sequences that stand in pairs of bytes by chance are 1 to 10 %.
_DENSE = 0.8


class _Layer:
    """Lines of a text as they are when all runs in them are read once; what is found in them speaks for the runs.

    What a run says is often part of a line that was misread before, and the pairs of bytes of Big5 go over the ends of
    runs. Runs among what is none are looked at one by one, with the Chinese characters beside them.
    """

    def __init__(self, text: str, runs: Sequence[_Run]) -> None:
        points = language.codes(text)
        foreign = np.concatenate([[0], np.cumsum((points >= 0x80) & ~joints.is_chinese(points))])
        parts: list[str] = []
        self._starts: list[int] = []
        size = 0
        for start, end, own in _by_line(text, runs):
            if sum(foreign[run.end] - foreign[run.start] for run in own) < _DENSE * (foreign[end] - foreign[start]):
                spans = [(*_with_chinese(text, run.start, run.end), [run]) for run in own]
            else:
                spans = [(start, end, own)]
            for begin, stop, inside in spans:
                done = begin
                for run in inside:
                    parts += [text[done : run.start], run.once]
                    self._starts.append(size + run.start - done)
                    size = self._starts[-1] + len(run.once)
                    done = run.end
                parts += [text[done:stop], "\n"]
                size += stop - done + 1
        self.text = "".join(parts)

    def inside(self, reads: Iterable[Read], runs: Sequence[_Run]) -> list[list[Read]]:
        """Return for each run what lies in it of what was found, with offsets in what the run says."""
        found: list[list[Read]] = [[] for _ in runs]
        for read in reads:
            number = bisect_right(self._starts, read.start) - 1
            if number >= 0 and read.end <= (start := self._starts[number]) + len(runs[number].once):
                found[number].append(read._replace(start=read.start - start, end=read.end - start))
        return found

    def covered(self, reads: Iterable[Read], runs: Sequence[_Run]) -> list[bool]:
        """Tell of each run whether all of it beyond ASCII lies in what was found, which may go over its ends."""
        left = language.codes(self.text) >= 0x80
        for read in reads:
            left[read.start : read.end] = False
        uncovered = np.concatenate([[0], np.cumsum(left)])
        starts = np.array(self._starts)
        ends = starts + [len(run.once) for run in runs]
        covered: list[bool] = (uncovered[ends] == uncovered[starts]).tolist()
        return covered


def _with_chinese(text: str, start: int, end: int) -> tuple[int, int]:
    """Return a run with the characters of prose beside it: they are evidence, too."""
    before, behind = (_prose().match(side) is not None for side in (text[start - 1 : start], text[end : end + 1]))
    return start - before, end + behind


def _readings(text: str, runs: Sequence[_Run], wrong: CodePage, depth: int) -> Iterator[tuple[Read, bool]]:
    """Yield what the runs may say that read as UTF-8 once: that, or what it says when that is read once more.

    With each whether it is pairs of bytes in its line that prove it.
    """
    if not runs:
        return
    layer = _Layer(text, runs)
    deeper = layer.inside(find_utf_8(layer.text, depth - 1), runs)
    spaces = SOFT_HYPHEN in text and "\xa0" not in text
    proven: set[str] = set()  # chains of more than one misreading
    left: list[tuple[int, Read, list[Read]]] = []  # the number of a run, what it says once, and twice
    for number, (run, inner) in enumerate(zip(runs, deeper, strict=True)):
        start, end, once, among = run
        seen = text[start:end]
        chain = f"utf-8{ARROW}{wrong.codec(seen)}"
        is_exact = wrong.is_exact(seen)
        # That spaces are no-break spaces that were replaced is no guess where all were, and soft hyphens were not lost.
        exact = not among and is_exact and (spaces or SPACE not in seen)
        # What is no misreading in this code page is hardly one of a misreading.
        inner = inner if is_exact else []
        selected = select(once, inner)
        if selected and _is_fit(after := amend(once, selected)):
            both = f"{selected[0].chain}{ARROW}{chain}"
            proven.add(both)
            yield Read(start, end, after, both, 1, exact and all(read.exact for read in selected)), False
            continue
        proof = _prove_utf_8(text, run, wrong)
        twice = [
            Read(start, end, read.after, f"{read.chain}{ARROW}{chain}", read.proof, exact and read.exact)
            for read in inner
            if read.start == 0 and read.end == len(once)
        ]
        left.append((number, Read(start, end, once, chain, proof, exact), twice))
    if not left:
        return
    in_pairs = layer.covered(select(layer.text, find_pairs(layer.text)), runs)
    for number, once_only, twice in left:
        if in_pairs[number] and not any(read.chain in proven for read in twice):
            yield once_only._replace(proof=max(once_only.proof, 1)), True
        else:
            yield from ((read, False) for read in _once_or_twice(once_only, twice))


def _once_or_twice(once: Read, twice: Sequence[Read]) -> Iterator[Read]:
    """Yield what a run may say that was misread once, or also before: if that is likelier, and beside such runs."""
    if _private().fullmatch(once.after):
        return
    for read in twice:
        is_likelier = read.proof > 0.1
        most = _UNFIT_PROOF if not _is_fit(read.after) else once.proof if is_likelier else 0.9
        yield read._replace(proof=min(once.proof, most))
        if is_likelier:
            return
    yield once if _is_fit(once.after) else once._replace(proof=min(once.proof, _UNFIT_PROOF))
