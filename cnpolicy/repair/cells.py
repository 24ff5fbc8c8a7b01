"""The cells of a reading, and their findings: what is sure in one, and one for each place where bytes were lost."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

from cnpolicy.findings import Finding
from cnpolicy.repair.chains import Chain, describe
from cnpolicy.rules import Context

_LOST = "\ufffd"


class Loss(NamedTuple):
    """A character that was put in for lost bytes.

    Its offset in the cell's `after`, the best choice, how probable that is, and the second best (or nothing).
    """

    offset: int
    character: str
    posterior: float
    runner_up: str


class Cell(NamedTuple):
    """A piece of the text, its offsets there, and what it says; both sides' characters begin and end together here."""

    start: int
    end: int
    after: str
    losses: tuple[Loss, ...] = ()


def divide(cells: Iterable[Cell], texts: Sequence[str]) -> list[list[Cell]]:
    """Return for each text its cells, with offsets in it; they come from a reading of all, a line end between two.

    Texts that are read in one go take hardly more time than the longest of them, and line ends keep them apart.
    """
    found: list[list[Cell]] = [[] for _ in texts]
    starts = list(accumulate((len(text) + 1 for text in texts), initial=0))
    number = 0
    for start, end, after, losses in cells:
        while start >= starts[number + 1]:
            number += 1
        begin = starts[number]
        if end == starts[number + 1] and after.endswith("\n"):
            # A byte that left no mark before the line end: what it was part of ends with the line end.
            end, after = end - 1, after[:-1]
        if start < end < starts[number + 1]:
            found[number].append(Cell(start - begin, end - begin, after, losses))
    return found


def undo(
    name: str, text: str, cells: Iterable[Cell], chain: Chain, context: Context, *, is_exact: bool = True
) -> Iterator[Finding]:
    """Yield a finding for each cell in which characters were lost, and one for the cells between them.

    The cells are without a gap, with offsets in the text. What is restored with less certainty than the options ask
    for becomes visible as one U+FFFD: that a single character was lost there, and which bytes were its, is inferred
    like a restored one. `is_exact` tells whether what is between is an exact inverse.
    """
    told = describe(chain)
    restore = None if context.options.certainty == "certain" else context.options.restore
    start = end = -1
    sure: list[str] = []

    def between_losses() -> Iterator[Finding]:
        before, after = text[start:end], "".join(sure)
        if sure and before != after:
            yield Finding(name, start, end, before, after, "certain" if is_exact else "inferred", note=told)
        sure.clear()

    for cell in cells:
        if cell.losses or _LOST in cell.after:
            yield from between_losses()
            made = _fill(name, text, cell, told, restore)
            if made.before != made.after:
                yield made
            continue
        if not sure:
            start = cell.start
        sure.append(cell.after)
        end = cell.end
    yield from between_losses()


def _fill(name: str, text: str, cell: Cell, chain: str, restore: float | None) -> Finding:
    """Return the finding of a cell in which characters were lost."""
    after = list(cell.after)
    put_in: list[Loss] = []
    left_out: list[Loss] = []
    for loss in cell.losses:
        if restore is not None and loss.posterior >= restore:
            put_in.append(loss)
        else:
            after[loss.offset] = _LOST
            left_out.append(loss)
    notes = [chain]
    if put_in:
        notes.append("restored " + ", ".join(map(_told, put_in)))
    if left_out:
        notes.append("lost, likeliest " + ", ".join(map(_told, left_out)))
    if not cell.losses:
        notes.append("lost, nothing tells what stood there")
    posterior = min((loss.posterior for loss in put_in), default=None)
    before = text[cell.start : cell.end]
    return Finding(name, cell.start, cell.end, before, "".join(after), "inferred", posterior, "; ".join(notes))


def _told(loss: Loss) -> str:
    other = f", else {loss.runner_up}" if loss.runner_up else ""
    return f"{loss.character} ({loss.posterior:.2f}{other})"
