"""The cells of a reading, and their findings: what is sure in one, and one for each place where bytes were lost."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from cnpolicy.findings import Certainty, Finding
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


def undo(
    name: str, text: str, cells: Iterable[Cell], chain: Chain, context: Context, *, is_exact: bool = True
) -> Iterator[Finding]:
    """Yield a finding for each cell with restored characters, and one for the cells between them.

    The cells are without a gap, with offsets in the text. What is restored with less certainty than the options ask
    for stays visible as one U+FFFD. `is_exact` tells whether what is between is an exact inverse.
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
        if cell.losses:
            yield from between_losses()
            made = _fill(name, text, cell, told, restore)
            if not is_exact:
                made = made._replace(certainty="inferred")
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
    posterior = min((loss.posterior for loss in put_in), default=None)
    before = text[cell.start : cell.end]
    certainty: Certainty = "inferred" if put_in else "certain"
    return Finding(name, cell.start, cell.end, before, "".join(after), certainty, posterior, "; ".join(notes))


def _told(loss: Loss) -> str:
    other = f", else {loss.runner_up}" if loss.runner_up else ""
    return f"{loss.character} ({loss.posterior:.2f}{other})"
