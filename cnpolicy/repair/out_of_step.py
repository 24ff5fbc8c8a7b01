"""Read GBK again that was read one byte out of step: from the second byte of a character on."""

import re
from functools import cache, lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cnpolicy import language, vocabulary
from cnpolicy.repair.cells import Cell, Loss
from cnpolicy.repair.chains import table
from cnpolicy.repair.lattice import Reading

# What it costs that a stretch begins and ends out of step, in bits.
_SLIP_BITS = 16.0
_SHORTEST = 2  # characters: fewer say nothing
_MOVED = 2  # so many characters before and behind the place that pairs of characters tell it may begin
_RARE_BITS = 17.0  # the 9,000 commonest characters cost less
_LOST = "\ufffd"
_RUN = re.compile("[\xa4-\uffef]{3,}")


@cache
def _bytes() -> npt.NDArray[np.int64]:
    """Return the two bytes of each code unit in GBK, as one number; 0 where there are none."""
    pairs = table("gb18030").pairs
    found = np.zeros(0x10000, dtype=np.int64)
    codes = np.flatnonzero((pairs > 0) & (pairs < 0x10000))
    found[pairs[codes]] = codes
    return found


def reread_out_of_step(text: str) -> Reading | None:
    """Return the best reading of a text of which stretches were read out of step, or None if there are none."""
    cells: list[Cell] = []
    done = 0
    for run in _RUN.finditer(text):
        cell = _reread_run(text, run.start(), run.end())
        if cell is None:
            continue
        if done < cell.start:
            cells.append(Cell(done, cell.start, text[done : cell.start]))
        cells.append(cell)
        done = cell.end
    if not cells:
        return None
    if done < len(text):
        cells.append(Cell(done, len(text), text[done:]))
    return Reading(tuple(cells), language.total_bits("".join(cell.after for cell in cells)))


def _reread_run(text: str, start: int, end: int) -> Cell | None:
    """Return the cell of the stretch of a run that says more when it is shifted by a byte, or None if none does."""
    points = language.codes(text[start:end])
    data = np.where(points < 0x10000, _bytes()[np.minimum(points, 0xFFFF)], 0)
    both = (data[:-1] > 0) & (data[1:] > 0)
    shifted = np.where(both, table("gbk").pairs[(data[:-1] & 0xFF) << 8 | data[1:] >> 8], 0)
    good = (shifted > 0) & (shifted < 0x10000)
    # What a character costs as it is, against the one that the end of it and the beginning of the next make.
    before = language.pair_bits(points[:-2], points[1:-1]).astype(np.float64)
    codes = np.where(good, shifted, ord(_LOST)).astype(np.uint32)
    after = language.pair_bits(codes[:-1], codes[1:]).astype(np.float64)
    gains = np.where(good[1:] & good[:-1], before - after, -1e6)
    best = _greatest(gains)
    if best is None or best[2] < _SLIP_BITS:
        return None
    # The characters from `first` to `last` give those between them; the ends of both are left over.
    first, last = best[0], best[1] + 1
    return _Run(text, start, data, "".join(map(chr, codes.tolist()))).cell(first, last)


def _greatest(gains: npt.NDArray[np.float64]) -> tuple[int, int, float] | None:
    """Return the stretch with the greatest sum, and the sum."""
    if len(gains) < _SHORTEST:
        return None
    sums = np.concatenate([[0.0], np.cumsum(gains)])
    rises = sums - np.minimum.accumulate(sums)
    end = int(rises.argmax())
    if not end:
        return None
    start = int(sums[: end + 1].argmin())
    return start, end, float(rises[end])


class _Run(NamedTuple):
    """A run of the text from an offset on, the bytes of its characters, and what each two of them make shifted."""

    text: str
    start: int
    data: npt.NDArray[np.int64]
    shifted: str

    def cell(self, first: int, last: int) -> Cell:
        """Return the cell of a stretch, with the character of which the first byte is left, and that of the last.

        `first` and `last` are the characters at its ends as pairs of characters have it; words tell where it begins.
        """
        first, begun = self._begin(first, last)
        losses = [begun] if begun else []
        after = (begun.character if begun else "") + self.shifted[first:last]
        end = self.start + last + 1
        # The byte after the last one was lost as well, and a mark stands for it.
        if self.text[end : end + 1] in (_LOST, "?"):
            end += 1
            options = _candidates(int(self.data[last]) & 0xFF, first=True)
            loss = _likeliest(after[-vocabulary.REACH :], options, self.text[end : end + vocabulary.REACH])
            if loss:
                losses.append(loss._replace(offset=len(after)))
                after += loss.character
        return Cell(self.start + first, end, after, tuple(losses))

    def _begin(self, first: int, last: int) -> tuple[int, Loss | None]:
        """Return where a stretch begins, and the character of which only the second byte is left there, if any fits."""
        low = max(first - _MOVED, 0)
        high = min(first + _MOVED, last - 1)
        ways: list[tuple[int, str]] = []
        written: list[str] = []
        for place in range(low, high + 1):
            if _LOST in self.shifted[place:last]:
                continue
            for character in _candidates(int(self.data[place]) >> 8, first=False):
                ways.append((place, character))
                kept = self.text[self.start + low : self.start + place]
                written.append(kept + character + self.shifted[place:high])
        if not ways:
            return first, None
        left = self.text[max(self.start + low - vocabulary.REACH, 0) : self.start + low]
        shares = _shares(left[left.rfind("\n") + 1 :], tuple(written), self.shifted[high:last][: vocabulary.REACH])
        order = np.argsort(-shares, kind="stable")
        place, character = ways[int(order[0])]
        runner_up = next((ways[number][1] for number in order[1:].tolist() if ways[number][0] == place), "")
        return place, Loss(0, character, float(shares[order[0]]), runner_up)


@lru_cache(maxsize=512)
def _candidates(byte: int, *, first: bool) -> tuple[str, ...]:
    """Return the characters that have this byte as their first or second one, but for the rare ones."""
    pairs = table("gbk").pairs.reshape(256, 256)
    found = pairs[byte] if first else pairs[:, byte]
    codes: language.Codes = found[(found > 0x3000) & (found < 0xE000)].astype(np.uint32)
    return tuple(map(chr, codes[language.own_bits(codes) < _RARE_BITS].tolist()))


def _likeliest(left: str, candidates: tuple[str, ...], right: str) -> Loss | None:
    """Return the likeliest of the candidates between two texts."""
    if not candidates:
        return None
    left, right = left[left.rfind("\n") + 1 :], right.partition("\n")[0] or "\n"
    shares = _shares(left, candidates, right)
    order = np.argsort(-shares, kind="stable")
    runner_up = candidates[int(order[1])] if len(order) > 1 else ""
    return Loss(0, candidates[int(order[0])], float(shares[order[0]]), runner_up)


@lru_cache(maxsize=512)  # what is damaged is often the same line again
def _shares(left: str, options: tuple[str, ...], right: str) -> npt.NDArray[np.float64]:
    """Return how probable each of the options between two texts is."""
    return vocabulary.posteriors(vocabulary.weigh(left, options, right))
