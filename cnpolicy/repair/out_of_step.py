"""Read GBK again that was read one byte out of step: from the second byte of a character on."""

import re
from collections.abc import Iterator
from functools import cache, lru_cache

import numpy as np
import numpy.typing as npt

from cnpolicy import language
from cnpolicy.repair.cells import Cell, Loss
from cnpolicy.repair.chains import table
from cnpolicy.repair.lattice import Reading

# What it costs that a stretch begins and ends out of step, in bits.
_SLIP_BITS = 16.0
_SHORTEST = 2  # characters: fewer say nothing
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
        for cell in _stretches(text, run.start(), run.end()):
            if done < cell.start:
                cells.append(Cell(done, cell.start, text[done : cell.start]))
            cells.append(cell)
            done = cell.end
    if not cells:
        return None
    if done < len(text):
        cells.append(Cell(done, len(text), text[done:]))
    return Reading(tuple(cells), language.total_bits("".join(cell.after for cell in cells)))


def _stretches(text: str, start: int, end: int) -> Iterator[Cell]:
    """Yield the cells of the stretches of a run that say more when they are shifted by a byte."""
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
        return
    # The characters from `first` to `last` give those between them; the ends of both are left over.
    first, last = best[0], best[1] + 1
    codes = codes[first:last]
    yield from _cells(text, start + first, start + last + 1, "".join(map(chr, codes.tolist())), data[first : last + 1])


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


def _cells(text: str, start: int, end: int, after: str, data: npt.NDArray[np.int64]) -> Iterator[Cell]:
    """Yield the cell of a stretch, with the character of which the first byte is left, and that of the last."""
    losses: list[Loss] = []
    left = text[start - 1] if start else "\n"
    lead = _candidates(int(data[0]) >> 8, first=False)
    loss = _restore(left, lead, after[0])
    if loss:
        losses.append(loss)
        after = loss.character + after
    # The byte after the last one was lost as well, and a mark stands for it.
    if text[end : end + 1] in (_LOST, "?") and text[end : end + 1]:
        end += 1
        right = text[end] if end < len(text) else "\n"
        loss = _restore(after[-1], _candidates(int(data[-1]) & 0xFF, first=True), right)
        if loss:
            losses.append(loss._replace(offset=len(after)))
            after += loss.character
    yield Cell(start, end, after, tuple(losses))


@lru_cache(maxsize=512)
def _candidates(byte: int, *, first: bool) -> npt.NDArray[np.uint32]:
    """Return the characters that have this byte as their first or second one."""
    pairs = table("gbk").pairs.reshape(256, 256)
    found = pairs[byte] if first else pairs[:, byte]
    found = found[(found > 0x3000) & (found < 0xE000)]
    return found.astype(np.uint32)


def _restore(left: str, candidates: npt.NDArray[np.uint32], right: str) -> Loss | None:
    """Return the likeliest of the candidates between two characters."""
    if not len(candidates):
        return None
    before = np.full(len(candidates), ord(left), dtype=np.uint32)
    behind = np.full(len(candidates), ord(right), dtype=np.uint32)
    bits = (language.pair_bits(before, candidates) + language.pair_bits(candidates, behind)).astype(np.float64)
    order = np.argsort(bits, kind="stable")
    shares = np.exp2(bits.min() - bits)
    character = chr(int(candidates[order[0]]))
    runner_up = chr(int(candidates[order[1]])) if len(order) > 1 else ""
    return Loss(0, character, float(shares[order[0]] / shares.sum()), runner_up)
