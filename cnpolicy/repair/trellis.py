"""Search for the likeliest text behind garbled characters: Viterbi over bytes, for many stretches of text in step.

A hypothesis is what a reading of the characters so far ends in: the last character, the beginning of the next one in
each of the encodings, and a lost byte that waits for the byte after it, which must be one before which it is lost. A
character of the garbled text continues it by the bytes that it was read from; a place where bytes were lost continues
it by all the bytes that may have been there. Every character that becomes complete is charged by the language model.
Hypotheses that end in the same are one from there on. What is kept of them is enough for the forward and backward
sums, and these give how probable each restored character is.

All stretches take their step at the same time, so that the work is in arrays, whatever the number of hypotheses.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from cnpolicy import language
from cnpolicy.repair.chains import END, SPELLINGS, UNKNOWN, Bytes, Chain, Truth, misreading, spellings
from cnpolicy.repair.filling import sum_by
from cnpolicy.repair.punctuation import pair_bits
from cnpolicy.repair.readers import INVALID, NOTHING, reader

Floats = npt.NDArray[np.float64]
Style = Literal["marked", "swallowed", "dropped"]
"""What stands for a byte that was lost: a mark, a mark for it and the byte after it, or nothing."""

LOST = 0xFFFD
QUESTION = 0x3F
SWITCH_BITS = 9.0  # what it costs to begin or end a stretch that is read otherwise
STAY_FIRST_BITS = 0.5  # what it costs to begin a line with what stays: where both are the same, it is read
_DROPPED_BITS = 1.0  # what a byte costs that left no mark
STRAY_BITS = 25.0  # what a beginning of a character costs that goes on in no way
MARK_STAYS_BITS = 18.0  # what a U+FFFD costs that stays one
_SLIP_BITS = 8.0  # what it costs that a stretch begins or ends out of step
# Hypotheses that cost so much more than the best of their stretch, and more than so many, are dropped.
_BEAM_BITS = 20.0
_BEAM = 200
_BEAM_DROPPED = 80
_SLICE = 1 << 13  # so many hypotheses at once are continued by every byte
# More marks in a row than this cannot be restored: nothing is left to tell what stood there.
_MARKS = 24
_INSERTED = (24, 6)  # so many hypotheses of a stretch are tried with one lost byte that left no mark, and with two
_HALFWAY = 48  # so many hypotheses of a stretch remain between two lost bytes
_FILLED = 64  # so many hypotheses of a stretch are continued by every byte that may have stood at a mark
# The thousand commonest characters and punctuation cost less, and characters that are a word with the next one. With
# 11 and 12.5 the same whole lines of news come back, with 14 fewer; of runs of 4 and 8 characters most with 12.5.
_NATURAL_BITS = 12.5
_NEWLINE = 0x0A
_PRINTED = (np.arange(256) > 0x20) & (np.arange(256) < 0x7F)


# The columns of the hypotheses: the stretch, the last character, whether it stays, the hypothesis before the step, the
# last entry of the pool; then for each encoding the beginning of a character, the lost byte that waits (and 1), whether
# lost bytes are in the beginning, bytes that are still to be read, and where the hypothesis comes from.
_SEG, _LAST, _STAY, _ORIGIN, _HIST, _LEVELS = range(6)
_PART, _PEND, _FLAG, _REST, _SOURCE, _WIDTH = range(6)


class _Rows:
    """Hypotheses: a column of numbers for each, and what they cost."""

    __slots__ = ("cost", "data")

    def __init__(self, data: Bytes, cost: Floats) -> None:
        self.data, self.cost = data, cost

    def __len__(self) -> int:
        return len(self.cost)

    def __getitem__(self, column: int) -> Bytes:
        found: Bytes = self.data[column]
        return found

    def take(self, index: Bytes) -> "_Rows":
        return _Rows(self.data[:, index], self.cost[index])

    def clean(self) -> Truth:
        """Tell which hypotheses are between characters in every encoding."""
        found: Truth = np.logical_not(np.any(self.data[_LEVELS + _PART :: _WIDTH], axis=0))
        return found


def _join(rows: Sequence[_Rows]) -> _Rows:
    some = [one for one in rows if len(one)] or list(rows[:1])
    if len(some) == 1:
        return some[0]
    return _Rows(np.concatenate([one.data for one in some], axis=1), np.concatenate([one.cost for one in some]))


class Stretch(NamedTuple):
    """Characters of the garbled text that are read on their own, and the characters before and after their reading.

    With one encoding, the character before the one that the first byte belongs to, and the one that the byte after
    the last belongs to: these may stand across the border, and then `opening` and `closing` are what is begun there.
    """

    begin: int
    end: int
    left: int
    right: int
    opening: int = 0
    closing: int = 0


class Read(NamedTuple):
    """The best readings of stretches, in columns, a row for each character.

    `stretch` is the number of its stretch, `token` the offset of the garbled character that completed it; `whole` tells
    whether there all characters end together, `restored` whether lost bytes are in it and `stays` whether it was not
    read at all. `doubts` has for each row with lost bytes the candidates and how probable they are, the best first;
    `bits` is what each stretch costs, `torn` tells whether something in it went on in no way.
    """

    stretch: Bytes
    code: Bytes
    token: Bytes
    whole: Truth
    restored: Truth
    stays: Truth
    doubts: dict[int, list[tuple[int, float]]]
    bits: Floats
    torn: Truth


class _Link(NamedTuple):
    """How the hypotheses after a step came from those before it, and the stretch of each one after it."""

    origin: Bytes
    dest: Bytes
    delta: Floats
    hist: Bytes
    seg: Bytes


class _Pool(NamedTuple):
    """All characters that hypotheses completed.

    The entry of the one before, the character, whether lost bytes are in it, and whether it stays.
    """

    previous: Bytes
    code: Bytes
    flag: Bytes
    stays: Bytes


class Trellis:
    """The garbled characters of a text, made ready for a chain of misreadings and one style of loss."""

    def __init__(self, points: Bytes, chain: Chain, style: Style) -> None:
        self.points = points
        self.chain = chain
        self.style = style
        steps = chain[::-1]
        self.levels = len(steps)
        self.wrong = [misreading(step.wrong) for step in steps]
        self.readers = [reader(step.right) for step in steps]
        self.slipped = self.levels == 1 and steps[0].right == steps[0].wrong
        size = len(points)
        self.length, self.bytes = spellings(points, steps[0].wrong)
        self.hole = (points == LOST) | (points == QUESTION)
        self.foreign = (self.length[0] == 0) & ~self.hole
        if self.hole.any():
            edges = np.flatnonzero(np.diff(np.concatenate([[False], self.hole, [False]]).astype(np.int8)))
            for begin, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
                if end - begin > _MARKS:
                    self.foreign[begin:end] = True
                    self.hole[begin:end] = False
        self.first = np.full(size + 1, END, dtype=np.int64)
        self.first[:size] = self.bytes[0] >> 8 * np.maximum(self.length[0] - 1, 0)
        self.first[:size][self.hole | self.foreign | (self.length[1] > 0)] = UNKNOWN
        # What looks like good text may be just that: then nothing follows what is garbled before it.
        self.natural = np.append(self.length[0] > 0, True)
        units = np.minimum(points, 0xFFFF).astype(np.uint32)
        together = np.append(language.pair_bits(units[:-1], units[1:]), np.inf)
        self.natural[:size] &= np.minimum(language.own_bits(units), together) < _NATURAL_BITS
        self.ascii = (points < 0x80) & ~self.hole & ~self.foreign
        self._ragged = np.ones(size, dtype=np.bool_)
        self.effort = 0  # so many hypotheses were continued by a byte so far
        self.narrowing = 1  # of the hypotheses that would be kept, one in so many is
        self._pool: list[tuple[Bytes, Bytes, Bytes, Bytes]] = []
        self._pooled = 0
        self._count = 0
        self._revived: Truth = np.zeros(0, dtype=np.bool_)
        self._begin: Bytes = np.zeros(0, dtype=np.int64)
        self._last: Bytes = self._begin

    def leave_marks(self, begin: int) -> None:
        """Let all marks of lost bytes from an offset on stay."""
        self.foreign[begin:] |= self.hole[begin:]
        self.hole[begin:] = False

    # --- what a hypothesis goes on with ---------------------------------------------------------------------------

    def _emit(self, rows: _Rows, code: Bytes, flag: Bytes, stays: int) -> None:
        """Complete a character of the text, for all the hypotheses."""
        rows.cost += pair_bits(rows[_LAST], code)
        size = len(rows)
        self._pool.append((rows[_HIST].copy(), code, flag.copy(), np.full(size, stays)))
        rows.data[_LAST] = code
        rows.data[_HIST] = np.arange(self._pooled, self._pooled + size)
        self._pooled += size

    def _feed(self, rows: _Rows, byte: Bytes, level: int) -> _Rows:
        """Continue hypotheses by a byte of one of the encodings, and return those that can go on.

        The columns of the hypotheses given are changed.
        """
        self.effort += len(rows)
        column = _LEVELS + level * _WIDTH
        pend = rows[column + _PEND]
        partial, code = self.readers[level].feed(rows[column + _PART], byte)
        good = code != INVALID
        if pend.any():
            good &= (pend == 0) | self.wrong[level].lost[byte, pend - 1]
        if not good.all():
            kept = np.flatnonzero(good)
            rows, partial, code = rows.take(kept), partial[kept], code[kept]
        rows.data[column + _PART] = partial
        rows.data[column + _PEND] = 0
        complete = code != NOTHING
        if not complete.any():
            return rows
        if complete.all():
            quiet, done = None, rows
        else:
            kept = np.flatnonzero(complete)
            quiet, done, code = rows.take(np.flatnonzero(~complete)), rows.take(kept), code[kept]
        flag = done[column + _FLAG].copy()
        done.data[column + _FLAG] = 0
        if level == self.levels - 1:
            self._emit(done, code, flag, 0)
        else:
            done = self._spell(done, code, flag, level + 1)
        return done if quiet is None else _join([done, quiet])

    def _feed_known(self, rows: _Rows, number: Bytes, length: Bytes, level: int) -> _Rows:
        """Continue hypotheses by the bytes of a character, which are given as one number."""
        column = _LEVELS + level * _WIDTH + _REST
        found: list[_Rows] = []
        for size in np.flatnonzero(np.bincount(length)).tolist():
            mine = np.flatnonzero(length == size)
            some = rows.take(mine)
            some.data[column] = number[mine]
            for place in range(size - 1, -1, -1):
                some = self._feed(some, some[column] >> 8 * place & 0xFF, level)
            found.append(some)
        return _join(found) if found else rows.take(np.zeros(0, dtype=np.int64))

    def _spell(self, rows: _Rows, code: Bytes, flag: Bytes, level: int) -> _Rows:
        """Continue hypotheses by a garbled character that they have completed: by its bytes, or by what was lost."""
        column = _LEVELS + level * _WIDTH
        rows.data[column + _FLAG] |= flag
        rows.data[column + _SOURCE] = np.arange(len(rows))
        inside = np.where(code < 0x10000, code, 0)
        length, spelled = self.wrong[level].length[:, inside], self.wrong[level].spelled[:, inside]
        length[0, inside == 0] = 0
        question = code == QUESTION
        marked = (code == LOST) | question
        if self.style == "dropped":
            first = spelled[0] >> 8 * np.maximum(length[0] - 1, 0)
            first[length[1] > 0] = UNKNOWN
            first[length[0] == 0] = END
            rows = _join([rows, *self._insert(rows, level, first)])
        source = rows[column + _SOURCE]
        found: list[_Rows] = []
        for way in range(SPELLINGS):
            kept = np.flatnonzero((length[way][source] > 0) & ~marked[source])
            if len(kept):
                taken = source[kept]
                found.append(self._feed_known(rows.take(kept), spelled[way][taken], length[way][taken], level))
        kept = np.flatnonzero(marked[source])
        if len(kept):
            unknown = np.full(len(kept), UNKNOWN)
            found.extend(self._fill(rows.take(kept), level, unknown, question[source[kept]], unknown == END))
        return _join(found) if found else rows.take(np.zeros(0, dtype=np.int64))

    def _fill(self, rows: _Rows, level: int, following: Bytes, question: Truth, last: Truth) -> list[_Rows]:
        """Continue hypotheses by what a mark may stand for; `last` tells where that may be the last byte of all."""
        kept = self._limit(rows, _FILLED)
        if len(kept) < len(rows):
            rows, following, question, last = rows.take(kept), following[kept], question[kept], last[kept]
        lost = self.wrong[level].lost
        column = _LEVELS + level * _WIDTH
        found: list[_Rows] = []
        if self.style == "swallowed" or self.wrong[level].units:
            unknown = np.full(len(rows), UNKNOWN)
            some = self._guess(rows, level, lost[UNKNOWN][None, :], unknown)
            some = some.take(self._limit(some, _HALFWAY))
            waiting = some[column + _PEND] - 1
            some.data[column + _PEND] = 0
            found.append(self._guess(some, level, lost.T[waiting, :256], np.full(len(some), END), swallowed=True))
            # At the end of a text or line there is nothing to swallow.
            at_end = np.flatnonzero((following == END) | (following == _NEWLINE))
            if len(at_end):
                found.append(self._guess(rows.take(at_end), level, lost[END][None, :], following[at_end]))
        else:
            found.append(self._guess(rows, level, lost[following] | (last[:, None] & lost[END]), following))
        kept = np.flatnonzero(question)
        if len(kept):
            found.append(self._feed(rows.take(kept), np.full(len(kept), QUESTION), level))
        return found

    def _guess(self, rows: _Rows, level: int, allowed: Truth, following: Bytes, *, swallowed: bool = False) -> _Rows:
        """Continue hypotheses by every byte that may have stood there.

        `allowed` tells for each hypothesis, or in one row for all of them, which bytes those are, as far as the wrong
        encoding knows; `following` is the byte after it. A byte that was swallowed may be one of ASCII.
        """
        column = _LEVELS + level * _WIDTH
        read = self.readers[level]
        first = read.first | _PRINTED if swallowed else read.first
        found: list[_Rows] = []
        for start in range(0, len(rows), _SLICE):
            stop = min(start + _SLICE, len(rows))
            begun = rows[column + _PART][start:stop] > 0
            fit = np.where(begun[:, None], read.further[None, :], first[None, :])
            fit &= allowed[start:stop] if len(allowed) > 1 else allowed
            index, byte = np.nonzero(fit)
            index += start
            some = rows.take(index)
            some.data[column + _FLAG] = 1
            some.data[column + _REST] = np.where(following[index] == UNKNOWN, byte + 1, 0)
            some = self._feed(some, byte, level)
            some.data[column + _PEND] = some[column + _REST]
            found.append(self._trim(some))
        return _join(found) if found else rows

    def _insert(self, rows: _Rows, level: int, first: Bytes) -> list[_Rows]:
        """Continue hypotheses by one or two bytes that were lost without a mark before a known one.

        `first` has the byte that follows, by the source of the hypothesis.
        """
        lost = self.wrong[level].lost
        column = _LEVELS + level * _WIDTH
        found: list[_Rows] = []
        for most in _INSERTED:
            rows = rows.take(self._limit(rows, most))
            following = first[rows[column + _SOURCE]]
            one = self._guess(rows, level, lost[following], following)
            one.cost += _DROPPED_BITS
            found.append(one)
            rows = self._guess(rows, level, lost[UNKNOWN][None, :], np.full(len(rows), UNKNOWN))
            rows.cost += _DROPPED_BITS
            if not len(rows):
                break
        return found

    # --- a step ---------------------------------------------------------------------------------------------------

    def _weight(self, rows: _Rows) -> Floats:
        """Return what hypotheses cost with the least that the character they have begun will cost."""
        column = _LEVELS + (self.levels - 1) * _WIDTH
        return rows.cost + self.readers[-1].bits[rows[column + _PART]]

    def _trim(self, rows: _Rows) -> _Rows:
        """Drop the hypotheses that cost much more than the best of their stretch."""
        if len(rows) < 2:
            return rows
        weight = self._weight(rows)
        best = np.full(self._count, np.inf)
        np.minimum.at(best, rows[_SEG], weight)
        good = weight <= best[rows[_SEG]] + _BEAM_BITS
        return rows if good.all() else rows.take(np.flatnonzero(good))

    def _advance(self, rows: _Rows, step: int) -> _Rows:
        """Continue all hypotheses by the next garbled character of their stretch."""
        token = self._begin[rows[_SEG]] + step
        clean = rows.clean()
        found: list[_Rows] = []
        # What stays as it is. In ASCII both ways are one.
        staying = np.flatnonzero(clean & ~(self.ascii[token] & (rows[_STAY] == 0)))
        if len(staying):
            some = rows.take(staying)
            some.cost += np.where(some[_STAY] == 0, SWITCH_BITS, 0.0)
            code = self.points[token[staying]]
            some.cost += np.where(code == LOST, MARK_STAYS_BITS, 0.0)
            some.data[_STAY] = ~self.ascii[token[staying]] | some[_STAY]
            some.data[_LEVELS + _PEND] = 0
            self._emit(some, code, np.zeros(len(some), dtype=np.int64), 1)
            found.append(some)
        reading = np.flatnonzero(~self.foreign[token] & ~(self.ascii[token] & (rows[_STAY] == 1)))
        rows = rows.take(reading)
        if not len(rows):
            return _join([*found, rows])
        rows.cost += np.where(rows[_STAY] == 1, SWITCH_BITS, 0.0)
        rows.data[_STAY] = 0
        token = token[reading]
        column = _LEVELS
        rows.data[column + _SOURCE] = np.arange(len(rows))
        if self.slipped:
            rows = self._slip(rows, token)
        if self.style == "dropped" and len(rows):
            inserting = np.flatnonzero(self._ragged[token[rows[column + _SOURCE]]])
            if len(inserting):
                rows = _join([rows, *self._insert(rows.take(inserting), 0, self.first[token])])
        token = token[rows[column + _SOURCE]]
        for way in range(SPELLINGS):
            length = self.length[way][token]
            kept = np.flatnonzero((length > 0) & ~self.hole[token])
            if len(kept):
                found.append(self._feed_known(rows.take(kept), self.bytes[way][token[kept]], length[kept], 0))
        kept = np.flatnonzero(self.hole[token])
        if len(kept):
            question = self.points[token[kept]] == QUESTION
            behind = token[kept] + 1
            found.extend(self._fill(rows.take(kept), 0, self.first[behind], question, self.natural[behind]))
        rows = _join([*found, rows.take(np.zeros(0, dtype=np.int64))])
        if self.style == "dropped":
            # Bytes may be lost after the last character of a stretch too.
            ending = np.flatnonzero(self._last[rows[_SEG]] == self._begin[rows[_SEG]] + step)
            if len(ending):
                some = rows.take(ending)
                some.data[column + _SOURCE] = np.arange(len(some))
                rows = _join([rows, *self._insert(some, 0, self.first[self._last[some[_SEG]] + 1])])
        return rows

    def _slip(self, rows: _Rows, token: Bytes) -> _Rows:
        """Let hypotheses begin out of step, by a lost first byte, and end so, by one that nothing follows."""
        column = _LEVELS
        clean = rows[column + _PART] == 0
        ascii_ = self.ascii[token]
        going = np.flatnonzero(~clean | ascii_)
        found = [rows.take(going)]
        ending = np.flatnonzero(~clean & ascii_)
        if len(ending):
            some = rows.take(ending)
            some.data[column + _PART] = 0
            some.cost += _SLIP_BITS
            found.append(some)
        beginning = np.flatnonzero(clean & ~ascii_)
        if len(beginning):
            some = rows.take(beginning)
            some.cost += _SLIP_BITS
            every = np.ones((1, 256), dtype=np.bool_)
            found.append(self._guess(some, 0, every, np.full(len(some), END)))
        rows = _join(found)
        return rows.take(self._limit(rows))

    def _merge(self, rows: _Rows) -> tuple[_Rows, Bytes]:
        """Return the hypotheses that differ, by stretch, the cheapest of each; and to which of them each belongs."""
        seg = rows[_SEG]
        if len(seg) < 2 or bool((np.diff(seg) > 0).all()):
            return rows, np.arange(len(rows))
        mixed = rows[_LAST].astype(np.uint64) << np.uint64(1) | rows[_STAY].astype(np.uint64)
        for level in range(self.levels):
            column = _LEVELS + level * _WIDTH
            both = rows[column + _PART] << 9 | rows[column + _PEND]
            mixed = (mixed ^ both.astype(np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
            mixed ^= mixed >> np.uint64(29)
        key = seg.astype(np.uint64) << np.uint64(40) | mixed >> np.uint64(24)
        order = np.lexsort((rows.cost, key))
        key = key[order]
        fresh = np.concatenate([[True], key[1:] != key[:-1]])
        dest = np.empty(len(rows), dtype=np.int64)
        dest[order] = np.cumsum(fresh) - 1
        return rows.take(order[fresh]), dest

    def _limit(self, rows: _Rows, most: int = _BEAM) -> Bytes:
        """Return which hypotheses to keep: so many of each stretch at most."""
        if not len(rows):
            return np.zeros(0, dtype=np.int64)
        seg = rows[_SEG]
        weight = self._weight(rows)
        order = np.lexsort((weight, seg))
        seg, weight = seg[order], weight[order]
        starts = np.flatnonzero(np.concatenate([[True], seg[1:] != seg[:-1]]))
        counts = np.diff(np.concatenate([starts, [len(seg)]]))
        good = weight <= np.repeat(weight[starts], counts) + _BEAM_BITS
        good &= np.arange(len(seg)) - np.repeat(starts, counts) < max(most // self.narrowing, 2)
        return np.sort(order[good])

    # --- all steps ------------------------------------------------------------------------------------------------

    def run(self, stretches: Sequence[Stretch]) -> Read:
        """Return the best reading of each stretch, one after the other; stretches that are alike are read once."""
        numbers: dict[tuple[bytes | int, ...], int] = {}
        same = np.empty(len(stretches), dtype=np.int64)
        different: list[Stretch] = []
        for number, stretch in enumerate(stretches):
            here = slice(stretch.begin, stretch.end)
            # Marks of which there are too many are no holes: the text alone does not tell.
            behind = int(self.first[stretch.end]), bool(self.natural[stretch.end])
            key = (self.points[here].tobytes(), self.hole[here].tobytes(), *behind, *stretch[2:])
            same[number] = numbers.setdefault(key, len(different))
            if same[number] == len(different):
                different.append(stretch)
        read = self._run(different)
        return read if len(different) == len(stretches) else _repeat(read, different, stretches, same)

    def _run(self, stretches: Sequence[Stretch]) -> Read:
        count = self._count = len(stretches)
        begin, end, left, right, opening, closing = np.array(stretches, dtype=np.int64).reshape(-1, 6).T
        self._begin, self._last, length = begin, end - 1, end - begin
        self._pool, self._pooled = [], 0
        self._revived = np.zeros(count, dtype=np.bool_)
        data = np.zeros((_LEVELS + self.levels * _WIDTH, count), dtype=np.int64)
        data[_SEG], data[_LAST], data[_HIST] = np.arange(count), left, -1
        data[_LEVELS + _PART] = opening
        rows = _Rows(data, np.zeros(count))
        # A line may well begin with what stays.
        if not self.slipped:
            staying = rows.take(np.flatnonzero((left == _NEWLINE) & (opening == 0)))
            staying.data[_STAY] = 1
            staying.cost += STAY_FIRST_BITS
            rows = _join([rows, staying])
        begun = len(rows)
        links: list[_Link] = []
        pools: list[int] = [0]
        wholes: list[Bytes] = []
        ends: list[tuple[int, Bytes, Floats]] = []  # the step, the hypotheses after it that are the last, their end
        cost, hist, clean = np.full(count, np.inf), np.full(count, -1), np.ones(count, dtype=np.bool_)
        total = int(length.max(initial=0))
        alive = rows
        for step in range(total):
            rows.data[_ORIGIN] = np.arange(len(rows))
            alive = rows.take(np.flatnonzero(step < length[rows[_SEG]]))
            before = rows
            new = self._advance(alive, step)
            lively = np.zeros(count, dtype=np.bool_)
            lively[new[_SEG]] = True
            dead = np.flatnonzero((step < length) & ~lively)
            if len(dead):
                self._revived[dead] = True
                new = _join([new, self._revive(alive, dead, step)])
            kept, dest = self._merge(new)
            good = self._limit(kept, _BEAM_DROPPED if self.style == "dropped" else _BEAM)
            where = np.full(len(kept), -1)
            where[good] = np.arange(len(good))
            dest = where[dest]
            rows = kept.take(good)
            mine = np.flatnonzero(dest >= 0)
            links.append(
                _Link(
                    new[_ORIGIN][mine],
                    dest[mine],
                    new.cost[mine] - before.cost[new[_ORIGIN][mine]],
                    new[_HIST][mine],
                    rows[_SEG],
                )
            )
            whole = rows[_HIST][rows.clean()]
            wholes.append(whole[whole >= pools[-1]])
            pools.append(self._pooled)
            ending = np.flatnonzero(length[rows[_SEG]] == step + 1)
            if len(ending):
                last = rows.take(ending)
                seg = last[_SEG]
                tidy = np.where(closing[seg] > 0, last[_LEVELS + _PART] == closing[seg], last.clean())
                leave = np.where(tidy, 0.0, _SLIP_BITS if self.slipped else STRAY_BITS)
                leave += pair_bits(last[_LAST], right[seg])
                ends.append((step, ending, leave))
                order = np.lexsort((last.cost + leave, seg))
                order = order[np.concatenate([[True], seg[order][1:] != seg[order][:-1]])]
                cost[seg[order]] = (last.cost + leave)[order]
                hist[seg[order]], clean[seg[order]] = last[_HIST][order], tidy[order] | self.slipped
        revived = self._revived
        pool = self._close()
        whole_entries = np.zeros(len(pool.code), dtype=np.bool_)
        whole_entries[np.concatenate([*wholes, np.zeros(0, dtype=np.int64)])] = True
        step_of = np.repeat(np.arange(total), np.diff(pools))
        seg, entry = _trace(hist, pool)
        code, token = pool.code[entry], begin[seg] + step_of[entry]
        restored, stays = pool.flag[entry] > 0, pool.stays[entry] > 0
        # How many characters the same garbled character has completed after this one.
        later = np.zeros(len(entry), dtype=np.int64)
        for _ in range(7):
            same = np.flatnonzero(token[:-1] == token[1:])
            later[same] = later[same + 1] + 1
        place = (seg * total + step_of[entry]) * 8 + np.minimum(later, 7)
        wanted = np.flatnonzero(restored)
        sums = _sum(links, ends, pools, pool, (count, begun), place[wanted])
        doubts = {row: sums[where] for row, where in zip(wanted.tolist(), place[wanted].tolist(), strict=True)}
        ends_whole: Truth = whole_entries[entry]
        torn = np.flatnonzero(~clean)
        if len(torn):
            # What is left over at the end of a stretch stays visible.
            after = np.searchsorted(seg, torn, side="right")
            moved = np.arange(len(code)) + np.searchsorted(after, np.arange(len(code)), side="right")
            doubts = {int(moved[row]): known for row, known in doubts.items()}
            seg = np.insert(seg, after, torn)
            code, token = np.insert(code, after, LOST), np.insert(token, after, end[torn] - 1)
            ends_whole, restored = np.insert(ends_whole, after, True), np.insert(restored, after, False)
            stays = np.insert(stays, after, False)
        self._pool, self._pooled = [], 0
        return Read(seg, code, token, ends_whole, restored, stays, doubts, cost, ~clean | revived)

    def _revive(self, rows: _Rows, dead: Bytes, step: int) -> _Rows:
        """Return for the stretches that nothing goes on with the best hypothesis, and let the next character stay."""
        seg = rows[_SEG]
        mine = np.flatnonzero(np.isin(seg, dead))
        order = mine[np.lexsort((rows.cost[mine], seg[mine]))]
        order = order[np.concatenate([[True], seg[order][1:] != seg[order][:-1]])]
        some = rows.take(order)
        some.cost += STRAY_BITS
        dirty = ~some.clean()
        some.data[_LEVELS:] = 0
        broken, other = some.take(np.flatnonzero(dirty)), some.take(np.flatnonzero(~dirty))
        if len(broken):
            size = len(broken)
            self._emit(broken, np.full(size, LOST), np.zeros(size, dtype=np.int64), 0)
        some = _join([broken, other])
        some.data[_STAY] = 1
        self._emit(some, self.points[self._begin[some[_SEG]] + step], np.zeros(len(some), dtype=np.int64), 1)
        return some

    def _close(self) -> _Pool:
        empty = np.zeros(0, dtype=np.int64)
        return _Pool(*(np.concatenate([empty, *(part[column] for part in self._pool)]) for column in range(4)))


def _repeat(read: Read, different: Sequence[Stretch], stretches: Sequence[Stretch], same: Bytes) -> Read:
    """Return the readings of all stretches from those of the different ones; `same` tells which of them each is."""
    bounds = np.searchsorted(read.stretch, np.arange(len(different) + 1))
    sizes = np.diff(bounds)[same]
    begins = np.cumsum(sizes) - sizes
    number = np.repeat(np.arange(len(stretches)), sizes)
    row = bounds[same][number] + np.arange(len(number)) - begins[number]
    moved = np.array([one.begin for one in stretches], dtype=np.int64)
    moved -= np.array([one.begin for one in different], dtype=np.int64)[same]
    restored = read.restored[row]
    where = np.flatnonzero(restored)
    doubts = {to: read.doubts[of] for to, of in zip(where.tolist(), row[where].tolist(), strict=True)}
    return Read(
        number,
        read.code[row],
        read.token[row] + moved[number],
        read.whole[row],
        restored,
        read.stays[row],
        doubts,
        read.bits[same],
        read.torn[same],
    )


_CHOICES = 48  # so many candidates of a restored character are told


def _sum(
    links: Sequence[_Link],
    ends: Sequence[tuple[int, Bytes, Floats]],
    pools: Sequence[int],
    pool: _Pool,
    counts: tuple[int, int],
    wanted: Bytes,
) -> dict[int, list[tuple[int, float]]]:
    """Return the candidates of the wanted places and how probable they are.

    `counts` are those of the stretches and of the hypotheses at their beginning. A place is a number made of
    the stretch, the step, and how many characters are completed after this one in it.
    """
    if not len(wanted):
        return {}
    count, begun = counts
    forward: list[Floats] = [np.zeros(begun)]
    for link in links:
        forward.append(sum_by(link.dest, forward[-1][link.origin] - link.delta, len(link.seg)))
    ending = {step: (rows, cost) for step, rows, cost in ends}
    whole = np.full(count, -np.inf)
    for step, rows, cost in ends:
        whole = np.maximum(whole, sum_by(links[step].seg[rows], forward[step + 1][rows] - cost, count))
    keys: list[Bytes] = []
    weights: list[Floats] = []
    backward = np.zeros(0)
    for step in range(len(links) - 1, -1, -1):
        link = links[step]
        after = np.full(len(link.seg), -np.inf)
        if step + 1 < len(links):
            following = links[step + 1]
            after = sum_by(following.origin, backward[following.dest] - following.delta, len(link.seg))
        if step in ending:
            rows, cost = ending[step]
            after[rows] = -cost
        backward = after
        entry = link.hist
        mine = np.flatnonzero(entry >= pools[step])
        if not len(mine):
            continue
        seg = link.seg[link.dest]
        gamma = forward[step][link.origin] - link.delta + backward[link.dest] - whole[seg]
        later = 0
        while len(mine):
            flagged = mine[pool.flag[entry[mine]] > 0]
            if len(flagged):
                place = (seg[flagged] * len(links) + step) * 8 + min(later, 7)
                keys.append(place << 21 | pool.code[entry[flagged]])
                weights.append(gamma[flagged])
            entry = np.where(entry >= 0, pool.previous[entry], -1)
            mine = mine[entry[mine] >= pools[step]]
            later += 1
    key, weight = np.concatenate(keys), np.concatenate(weights)
    mine = np.flatnonzero(np.isin(key >> 21, wanted))
    different, index = np.unique(key[mine], return_inverse=True)
    summed = np.minimum(np.bincount(index, np.exp2(np.minimum(weight[mine], 0.0))), 1.0)
    place = different >> 21
    order = np.lexsort((-summed, place))
    starts = np.flatnonzero(np.concatenate([[True], place[1:] != place[:-1]]))
    rank = np.arange(len(place)) - np.repeat(starts, np.diff(np.concatenate([starts, [len(place)]])))
    order = order[rank < _CHOICES]
    found: dict[int, list[tuple[int, float]]] = {where: [] for where in wanted.tolist()}
    for where, code, chance in zip(
        place[order].tolist(), (different[order] & 0x1FFFFF).tolist(), summed[order].tolist(), strict=True
    ):
        found[where].append((code, chance))
    return found


def _trace(hist: Bytes, pool: _Pool) -> tuple[Bytes, Bytes]:
    """Return the stretches and the entries of their best readings, in order."""
    segs: list[Bytes] = []
    entries: list[Bytes] = []
    seg, here = np.arange(len(hist)), hist
    while True:
        going = np.flatnonzero(here >= 0)
        if not len(going):
            break
        seg, here = seg[going], here[going]
        segs.append(seg)
        entries.append(here)
        here = pool.previous[here]
    if not segs:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    depth = np.repeat(np.arange(len(segs)), [len(one) for one in segs])
    seg, entry = np.concatenate(segs), np.concatenate(entries)
    order = np.lexsort((-depth, seg))
    return seg[order], entry[order]
