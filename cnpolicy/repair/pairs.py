"""Find text that was written two bytes a character and read in a single-byte encoding.

Every character became two that stand for its bytes. Any two letters are also some Chinese character, so that decoding
proves nothing: what decides is what is likelier, by the character model, to stand there. Each stretch of letters and
signs is walked once, and at each of them either one character stays or two are read as a pair; the cheapest way
through wins. That settles also where a run begins and ends, when good quotation marks or letters stand beside it.
"""

import re
from bisect import bisect_left
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cnpolicy import encodings, language
from cnpolicy.repair import joints
from cnpolicy.repair.chains import ARROW
from cnpolicy.repair.code_pages import GOOD_MARKS, CodePage, character_class, membership, occurrences, page, spelled_in
from cnpolicy.repair.proof import ENOUGH_BITS, Read

# Where double-byte text is looked for. With more code pages real words of more languages would have to be told from
# mojibake; these are what Chinese files are opened with.
PAGES = ("cp1252", "mac-roman", "cp437", "cp1251", "cp850")
# Words in capitals are common characters of EUC-TW too often, and nobody in Taiwan reads in Cyrillic.
_UNLIKELY = frozenset([("euc_tw", "cp1251")])
_OPEN_BITS = 2.0  # to begin a run costs so much, so that no single pair is read that gains next to nothing
_CLOSE_BITS = 8.0  # and to end one where a letter or a sign of the code page follows: what is garbled goes on
_BESIDE_BITS = 6.0  # what a letter or a sign costs more beside a Chinese character
_ORNAMENT = 8  # characters
# What a character costs more that stays in a line that is garbled, and where most of the text is: there next to none
# does. With 6 bits for both, 1.4 % of odd lines of Big5 read as Latin-1 kept a pair, with 12 0.1 %, with 18 none.
_GARBLED_BITS, _THROUGHOUT_BITS = 6.0, 18.0
_POOLED_BITS = 12.0  # prove the runs of a line together: more than a single run needs, as each was chosen for its gain
_FIRST_SAMPLE = 1200  # characters by which the way is found that most of a garbled text is read in
_SAMPLE = 6000  # characters by which the ways to read a text are ranked; a shorter text is read in every way
_BEGINNING = 200  # of a stretch in the sample
_COVERED = 0.9  # of what is foreign in a stretch must be of a code page for it to be looked at
_PROVED_BITS = 6.0  # what a way is worth more that has read most of the text
_PRIVATE_BITS = 20.0  # a character of GBK without a place in Unicode yet: as rare as any


class Encoding:
    """An encoding of two bytes a character, as a table of all pairs of bytes."""

    def __init__(self, name: str, codecs: Sequence[str], first: tuple[int, int], prior: float) -> None:
        self.name = name
        self.prior = prior  # bits: how much rarer than GBK
        self.first, self.last = first
        self._codecs = codecs

    @cached_property
    def pairs(self) -> npt.NDArray[np.uint32]:
        """The code point of each pair of bytes, the first one the high; 0 for none (shape: 65,536)."""
        table = np.zeros(0x10000, dtype=np.uint32)
        for first in range(self.first, self.last + 1):
            for second in (*range(0x40, 0x7F), *range(0x80, 0xFF)):
                for codec in self._codecs:
                    character = encodings.read(bytes([first, second]), codec)
                    if character and len(character) == 1 and character > "\x7f":
                        table[first << 8 | second] = ord(character)
                        break
        return table


@cache
def _encodings() -> tuple[Encoding, ...]:
    return (
        Encoding("gbk", ("gb18030",), (0x81, 0xFE), 0.0),
        Encoding("big5", ("cp950", "big5hkscs"), (0x87, 0xFE), 2.0),
        Encoding("euc_tw", ("euc_tw",), (0xA1, 0xFD), 6.0),
    )


class Way(NamedTuple):
    """A way to read: the encoding that is right and the code page that was taken for it."""

    right: Encoding
    wrong: CodePage


class _Walk(NamedTuple):
    """A run that the cheapest way through has read: its offsets, what it says, and what that gains in bits."""

    start: int
    end: int
    after: str
    gain: float


Best = dict[int, tuple[float, Way, list[_Walk]]]  # of each stretch: what it gains, the way, and the runs

# -- Stretches ---------------------------------------------------------------------------------------------------------

HIGH = spelled_in(PAGES, 0x80, 0xFF)
MARKS = "".join(character for character in HIGH if character not in GOOD_MARKS)


@cache
def _stretch() -> re.Pattern[str]:
    """Match letters and signs of the code pages, each with the one ASCII character that can be its second byte.

    The four-byte characters of GB18030 have digits between.
    """
    high = character_class(HIGH)
    return re.compile(f"(?:{high}++(?:[@-~](?={high})|[0-9]{high}[0-9])?)++[@-~]?")


@cache
def _marks() -> npt.NDArray[np.bool_]:
    return membership(MARKS)


@cache
def _high() -> re.Pattern[str]:
    return re.compile(character_class(HIGH))


def _stretches(text: str) -> Iterator[tuple[int, int]]:
    """Yield the stretches of the lines that have more than good marks."""
    line_end = 0
    high, stretch = _high(), _stretch()
    for found in occurrences(text, _marks()).tolist():
        if found < line_end:
            continue
        place = text.rfind("\n", line_end, found) + 1 or line_end
        line_end = text.find("\n", found)
        line_end = len(text) if line_end < 0 else line_end
        while first := high.search(text, place, line_end):
            run = stretch.match(text, first.start(), line_end)
            if run is None:  # never, as the class is the same
                break
            start, place = run.span()
            # One or two characters again and again are an ornament.
            if place - start > 1 and (place - start <= _ORNAMENT or len(set(run.group())) > 2):
                yield start, place


class _Field:
    """All stretches of a text side by side, each between the characters that stand before and behind it."""

    def __init__(self, text: str, stretches: Sequence[tuple[int, int]]) -> None:
        parts: list[str] = []
        offsets: list[npt.NDArray[np.intp]] = []
        open_: list[npt.NDArray[np.bool_]] = []
        for start, end in stretches:
            parts += [text[start - 1] if start else "\n", text[start:end], text[end] if end < len(text) else "\n"]
            offsets.append(np.arange(start - 1, end + 1))
            inside = np.ones(end - start + 2, dtype=np.bool_)
            inside[[0, -1]] = False
            open_.append(inside)
        self.points = language.codes("".join(parts))
        self.offsets = np.concatenate(offsets)
        self.open = np.concatenate(open_)
        self.lengths = np.array([end - start + 2 for start, end in stretches])
        self.starts = np.concatenate([[0], np.cumsum(self.lengths)[:-1]])
        self.chinese = joints.is_chinese(self.points)
        foreign = joints.is_foreign(self.points)
        self.foreign = foreign
        # What each character costs if it stays: after one that stays, and after one that was read.
        stay = np.zeros(len(self.points), dtype=np.float32)
        stay[1:] = joints.stay_bits(self.points)
        beside = np.zeros(len(self.points), dtype=np.bool_)
        beside[1:] = (foreign[1:] & self.chinese[:-1]) | (self.chinese[1:] & foreign[:-1])
        stay += _BESIDE_BITS * beside
        # The characters around are given: they cost nothing but their joints.
        own = joints.own_bits(self.points)
        fixed = ~self.open
        stay[fixed] = np.maximum(stay[fixed] - own[fixed], 0)
        stay[self.starts] = 0
        self.stay = stay
        close = _CLOSE_BITS * (self.points >= 0x80)
        self.after_read = np.where(self.open, own + close + _BESIDE_BITS * foreign, 0).astype(np.float32)

    def share(self, wrong: CodePage) -> npt.NDArray[np.float64]:
        """Return for each stretch how much of what is foreign in it the code page has."""
        units = np.minimum(self.points, 0xFFFF)
        mine = self.open & self.foreign
        has = mine & (wrong.bytes_of[units] > 0)
        return np.add.reduceat(has, self.starts) / np.maximum(np.add.reduceat(mine, self.starts), 1)

    def fits(self, wrong: CodePage) -> npt.NDArray[np.bool_]:
        """Tell of each stretch whether the code page has nearly all that is foreign in it, or all of its marks."""
        units = np.minimum(self.points, 0xFFFF)
        lacks = self.open & (self.points >= 0x80) & (wrong.bytes_of[units] == 0)
        return (self.share(wrong) >= _COVERED) | ~np.logical_or.reduceat(lacks, self.starts)


def _walk(field: _Field, chosen: npt.NDArray[np.intp], way: Way, *, staying: float = 0.0) -> list[list[_Walk]]:
    """Return for each of the chosen stretches the runs that the cheapest way through it reads.

    Where the text around is garbled, `staying` costs so many bits more, and to begin nothing.
    """
    lengths = field.lengths[chosen]
    ends = np.cumsum(lengths)
    places = np.arange(ends[-1]) + np.repeat(field.starts[chosen] - (ends - lengths), lengths)
    points, open_ = field.points[places], field.open[places]
    size = len(points)
    data = np.where(open_, way.wrong.bytes_of[np.minimum(points, 0xFFFF)], 0)
    # Only what begins with a character beyond ASCII is a pair; both of its characters must be free.
    read = np.zeros(size, dtype=np.uint32)
    pairs = way.right.pairs[(data[:-1].astype(np.intp) << 8) | data[1:]]
    read[:-1] = np.where((data[:-1] >= 0x80) & (data[1:] > 0), pairs, 0)
    wide = np.full(size, 2, dtype=np.intp)
    for place, character in _four_bytes(data, way.right):
        read[place], wide[place] = character, 4
    last = np.zeros(size + 4, dtype=np.uint32)  # the pair that ends before a place
    can = np.flatnonzero(read)
    last[can + wide[can]] = read[can]
    # What a pair costs after a character that stays (a foreign one counts as the end of a line) and after a pair.
    before = np.full(size, 0x0A, dtype=np.uint32)
    before[1:] = np.where(field.chinese[places][:-1], points[:-1], 0x0A)
    opened = np.full(size, np.inf, dtype=np.float32)
    went_on = np.full(size, np.inf, dtype=np.float32)
    opened[can] = language.pair_bits(before[can], read[can]) + _OPEN_BITS
    followed = can[last[can] > 0]
    went_on[followed] = language.pair_bits(last[followed], read[followed])
    private = (read >= 0xE000) & (read < 0xF900)
    opened[private], went_on[private] = _PRIVATE_BITS, _PRIVATE_BITS
    stay = field.stay[places]
    left = field.after_read[places]
    if staying:
        more = staying * (open_ & (points >= 0x80))
        stay, left, opened = stay + more, left + more, opened - _OPEN_BITS
    closes = np.flatnonzero(~open_ & field.chinese[places] & (last[:size] > 0))
    if len(closes):  # good Chinese text behind a run: how well it goes on
        usual = language.pair_bits(np.full(len(closes), 0x0A, dtype=np.uint32), points[closes])
        left[closes] = np.maximum(language.pair_bits(last[closes], points[closes]) - usual, -_BESIDE_BITS)
    runs = _cheapest(stay.tolist(), left.tolist(), opened.tolist(), went_on.tolist(), read.tolist(), wide.tolist())
    return _by_stretch(runs, ends, field.offsets[places])


def _four_bytes(data: npt.NDArray[np.uint8], right: Encoding) -> Iterator[tuple[int, int]]:
    """Yield where a character of four bytes begins, and its code point."""
    if right.name == "gbk":
        digit = (data >= 0x30) & (data <= 0x39)
        if not digit.any():
            return
        starts = np.flatnonzero((data[:-3] >= 0x81) & digit[1:-2] & (data[2:-1] >= 0x81) & digit[3:])
        codec = "gb18030"
    elif right.name == "euc_tw":
        starts = np.flatnonzero((data[:-3] == 0x8E) & (data[2:-1] >= 0xA1) & (data[3:] >= 0xA1))
        codec = "euc_tw"
    else:
        return
    for start in starts.tolist():
        character = encodings.read(data[start : start + 4].tobytes(), codec)
        if character and len(character) == 1:
            yield start, ord(character)


def _cheapest(
    stay: list[float], left: list[float], opened: list[float], went_on: list[float], read: list[int], wide: list[int]
) -> list[_Walk]:
    """Return the runs of the cheapest way through, in offsets into the lists; their gain is against staying."""
    size = len(stay)
    never = float("inf")
    stays = [never] * (size + 5)  # the least cost of what lies before a place, if the last character stayed
    reads = [never] * (size + 5)  # … if the last one was read
    from_read = [False] * (size + 5)
    went = [False] * (size + 5)
    width = [0] * (size + 5)
    stays[0] = 0.0
    for place in range(size):
        one, two = stays[place], reads[place]
        by_stay, by_read = one + stay[place], two + left[place]
        if by_stay <= by_read:
            stays[place + 1] = by_stay
        else:
            stays[place + 1] = by_read
            from_read[place + 1] = True
        if read[place]:
            by_stay, by_read = one + opened[place], two + went_on[place]
            target = place + wide[place]
            if by_read < by_stay:
                if by_read < reads[target]:
                    reads[target], went[target], width[target] = by_read, True, wide[place]
            elif by_stay < reads[target]:
                reads[target], went[target], width[target] = by_stay, False, wide[place]
    runs: list[_Walk] = []
    place = size
    while place > 0:
        if not from_read[place]:
            place -= 1
            continue
        end = place = place - 1
        characters: list[str] = []
        cost = left[end]
        further = True
        while further:
            start, further = place - width[place], went[place]
            characters.append(chr(read[start]))
            cost += went_on[start] if further else opened[start]
            place = start
        gain = sum(stay[place : end + 1]) - cost
        runs.append(_Walk(place, end, "".join(reversed(characters)), gain))
    runs.reverse()
    return runs


def _by_stretch(runs: Sequence[_Walk], ends: npt.NDArray[np.intp], offsets: npt.NDArray[np.intp]) -> list[list[_Walk]]:
    found: list[list[_Walk]] = [[] for _ in range(len(ends))]
    numbers = np.searchsorted(ends, [run.start for run in runs], side="right").tolist()
    for number, run in zip(numbers, runs, strict=True):
        start = int(offsets[run.start])
        found[number].append(_Walk(start, start + run.end - run.start, run.after, run.gain))
    return found


# -- Ways --------------------------------------------------------------------------------------------------------------


_LETTERS = 32


def _is_list(run: str) -> bool:
    """Tell whether a run lists letters, by code or as pairs of capital and small letter, or repeats one or two.

    A longer run is judged by its beginning: an alphabet has some thirty letters.
    """
    run = run[:_LETTERS]
    steps = sum(ord(after) - ord(before) == 1 for before, after in pairwise(run))
    cases = sum(before != after and before.lower() == after.lower() for before, after in pairwise(run))
    return max(steps, cases) * 2 >= len(run) - 1 or len(set(run)) <= 2


def _proof(text: str, walk: _Walk) -> float:
    run = text[walk.start : walk.end]
    gain = walk.gain
    if _is_word(run):  # a foreign word may well stand beside Chinese text
        gain -= 2 * _BESIDE_BITS
    proof = gain / ENOUGH_BITS
    return min(proof, 0.9) if len(walk.after) == 1 or _is_list(run) else proof


def _is_word(run: str) -> bool:
    """Tell whether a run is letters of another alphabet put together as in words.

    Latin is not asked for: its words have few letters beyond ASCII, and hardly ever four in a row.
    """
    return bool(_alphabet().fullmatch(run)) and not joints.odd_joints(language.codes(run)).any()


@cache
def _alphabet() -> re.Pattern[str]:
    return re.compile("[\u0370-\u052f]+")


def _is_sure(walks: Sequence[_Walk], length: int) -> bool:
    """Tell whether so much of a stretch was read, and with so much gain, that no other way needs to be tried."""
    said = sum(len(walk.after) for walk in walks)
    covered = sum(walk.end - walk.start for walk in walks)
    return said >= 6 and covered * 10 >= length * 9 and sum(walk.gain for walk in walks) >= said * 4


def find_pairs(text: str) -> list[Read]:
    """Return the runs of the text that are double-byte text read in a single-byte encoding, in order.

    Their proofs are those of `proof.Read`.
    """
    stretches = list(_stretches(text))
    if not _may_prove(text, stretches):
        return []
    field = _Field(text, stretches)
    best: Best = {}
    sure = np.zeros(len(stretches), dtype=np.bool_)

    def read(ways: Iterable[tuple[Way, float]]) -> None:
        for way, bonus in ways:
            chosen = np.flatnonzero(~sure & (field.share(way.wrong) >= _COVERED))
            if not len(chosen):
                continue
            for number, walks in zip(chosen.tolist(), _walk(field, chosen, way), strict=True):
                gain = sum(walk.gain for walk in walks) + bonus
                if walks and (number not in best or gain > best[number][0]):
                    best[number] = (gain, way, walks)
                sure[number] |= _is_sure(walks, int(field.lengths[number]) - 2)

    if int((field.lengths - 2).sum()) > _SAMPLE:
        read(_rank(stretches, text, _FIRST_SAMPLE)[:1])
    left = [stretch for stretch, done in zip(stretches, sure.tolist(), strict=True) if not done]
    if left:
        read(_rank(left, text, _SAMPLE))
    ways = _read_rest(text, stretches, field, best)
    reads: list[Read] = []
    for number in sorted(best):
        _, way, walks = best[number]
        for walk in walks:
            chain = f"{way.right.name}{ARROW}{way.wrong.codec(text[walk.start : walk.end])}"
            reads.append(Read(walk.start, walk.end, walk.after, chain, max(_proof(text, walk), 0.1)))
    return sorted([*reads, *_read_rows(text, reads, ways)], key=lambda read: read.start) if ways else reads


def _may_prove(text: str, stretches: Sequence[tuple[int, int]]) -> bool:
    """Tell whether any line has two pairs: a single one proves nothing, alone or beside others like it."""
    line_end = -1
    pairs = 0
    for start, end in stretches:
        if start > line_end:
            pairs = 0
            line_end = text.find("\n", start)
            line_end = len(text) if line_end < 0 else line_end
        pairs += (end - start) // 2
        if pairs > 1:
            return True
    return False


def _pool(lines: Sequence[int], stretches: Sequence[tuple[int, int]], best: Best) -> set[tuple[int, Way]]:
    """Return the lines, each with a way, in which short runs prove together what none proves alone.

    Nearly all that is foreign in the line must be read in the one way.
    """
    gains: dict[tuple[int, Way], float] = {}
    left = dict.fromkeys(lines, 0)  # characters that are not read
    for number, (start, end) in enumerate(stretches):
        left[lines[number]] += end - start
        if number in best:
            _, way, walks = best[number]
            left[lines[number]] -= sum(walk.end - walk.start for walk in walks)
            key = (lines[number], way)
            gains[key] = gains.get(key, 0) + sum(walk.gain for walk in walks)
    ways: dict[int, int] = {}
    for line, _ in gains:
        ways[line] = ways.get(line, 0) + 1
    return {key for key, gain in gains.items() if gain >= _POOLED_BITS and ways[key[0]] == 1 and left[key[0]] <= 1}


def _read_rest(text: str, stretches: Sequence[tuple[int, int]], field: _Field, best: Best) -> dict[int, Way]:
    """Read what is left in lines that are garbled in the way of the line, or of the text if most of it is garbled.

    Return the way of each line that is garbled; at -1 that of all others if most of the text is.
    """
    ends = [match.start() for match in re.finditer("\n", text)]
    lines = [bisect_left(ends, start) for start, _ in stretches]
    gains: dict[tuple[int, Way], float] = {}
    covered = 0
    pooled = _pool(lines, stretches, best)
    for number, (_, way, walks) in best.items():
        proven = [walk for walk in walks if _proof(text, walk) >= 1 or (lines[number], way) in pooled]
        gain = sum(walk.gain for walk in proven)
        covered += sum(walk.end - walk.start for walk in proven)
        for key in ((lines[number], way), (-1, way)) if gain else ():
            gains[key] = gains.get(key, 0) + gain
        if (lines[number], way) in pooled:
            best[number] = (0.0, way, [walk._replace(gain=max(walk.gain, _POOLED_BITS)) for walk in walks])
    if not gains:
        return {}
    ways: dict[int, Way] = {}
    for (line, way), _ in sorted(gains.items(), key=lambda one: one[1]):
        ways[line] = way
    if covered * 2 <= len(text) - len(text.encode("ascii", "ignore")):
        del ways[-1]
    staying = _THROUGHOUT_BITS if -1 in ways else _GARBLED_BITS
    tasks: dict[Way, list[int]] = {}
    for number, (start, end) in enumerate(stretches):
        found = ways.get(lines[number]) or ways.get(-1)
        if not found:
            continue
        _, way, walks = best.get(number, (0.0, found, []))
        read = sum(walk.end - walk.start for walk in walks if way == found or _proof(text, walk) >= 1)
        if read < end - start:
            tasks.setdefault(found, []).append(number)
    for way, numbers in tasks.items():
        chosen = np.array(numbers)[field.fits(way.wrong)[numbers]]
        if not len(chosen):
            continue
        for number, walks in zip(chosen.tolist(), _walk(field, chosen, way, staying=staying), strict=True):
            if walks:
                best[number] = (0.0, way, walks)
    return ways


# What rows are made of in documents: wide spaces before a date, and lines.
_ROWS = frozenset("\u3000─━═—―－＿…．·＊＝～■□◇◆☆★")


@cache
def _row() -> re.Pattern[str]:
    """Match a pair again and again; in good text such a row is an ornament, too."""
    high = character_class(HIGH)
    return re.compile(f"({high}(?:[@-~]|{high}))\\1{{{_ORNAMENT // 2},}}")


def _read_rows(text: str, reads: Sequence[Read], ways: Mapping[int, Way]) -> Iterator[Read]:
    """Yield the rows of one character in lines that are garbled, or anywhere in a text of which most is.

    Alone they prove nothing, so that they were not read with the others.
    """
    line = place = 0
    done = deque(reads)
    for row in _row().finditer(text):
        start, end = row.span()
        line += text.count("\n", place, start)
        place = start
        while done and done[0].end <= start:
            done.popleft()
        way = ways.get(line) or ways.get(-1)
        if way is None or (done and done[0].start < end) or not way.wrong.has(row[1]):
            continue
        first, second = way.wrong.to_bytes(row[1])
        character = chr(way.right.pairs[first << 8 | second])
        if character in _ROWS:
            chain = f"{way.right.name}{ARROW}{way.wrong.codec(row[1])}"
            yield Read(start, end, character * ((end - start) // 2), chain, 0.1)


def _rank(stretches: Sequence[tuple[int, int]], text: str, sample: int) -> list[tuple[Way, float]]:
    """Return the ways to read these stretches, the likeliest first, with what each is worth from the outset in bits.

    They are ranked by what they gain on a sample: the beginnings of some stretches from all over the text.
    """
    length = sum(end - start for start, end in stretches)
    step = 1 + length // sample
    field = _Field(text, [(start, min(end, start + _BEGINNING)) for start, end in stretches[::step]])
    ranked: list[tuple[float, Way]] = []
    for name in PAGES:
        wrong = page(name)
        covered = np.flatnonzero(field.share(wrong) >= _COVERED)
        for right in _encodings():
            if (right.name, name) in _UNLIKELY:
                continue
            way = Way(right, wrong)
            walks = _walk(field, covered, way) if len(covered) else []
            gain = sum(walk.gain for found in walks for walk in found if walk.gain >= ENOUGH_BITS)
            if gain > 0 or length <= sample:
                ranked.append((gain, way))
    ranked.sort(key=lambda one: (one[0], -one[1].right.prior), reverse=True)
    # A way that has proved itself elsewhere in the text is likelier than one that has not.
    most = max([4 * ENOUGH_BITS, *(gain for gain, _ in ranked)])
    return [(way, _PROVED_BITS * gain / most - way.right.prior) for gain, way in ranked]
