"""Where does a run of misread pairs begin and end? The words on both sides of each border tell.

The lattice knows pairs of characters only. Any character of a good text is some pair of bytes, and so reads as some
other character: in 大操 before 大办 read as Big5 the second can as well be a 巨 that was misread, and 巨大 is a word.
UTF-8 needs no such judgement: a good character hardly ever is a part of one of its sequences.
"""

from collections.abc import Callable
from itertools import accumulate

import numpy as np

from cnpolicy import language, vocabulary
from cnpolicy.repair.cells import Cell
from cnpolicy.repair.chains import Step, python_codec

# So many characters on both sides of a border may change sides. Of 540 runs of 4 to 20 characters in odd lines of news
# 85.6 % come out right without this, with 2 87.0 %, with 4 and 6 88.1 %.
_REACH = 4
_MOST_BITS = 12.0  # what is so much less likely by the pairs of characters no words can save: the same come out right
_LEAST_BITS = 4.0  # by which another border must be likelier: with 0, 2, 4 and 8 88.0, 88.1, 88.1 and 87.0 % are right


def move_borders(text: str, cells: tuple[Cell, ...], step: Step, free: tuple[int, int]) -> tuple[Cell, ...]:
    """Return the cells of a run with its borders where the words around want them.

    `free` is the stretch of the text that the run may take up. A border at a line end stays.
    """
    first = cells[0]
    if not first.losses and text[max(first.start - 1, 0) : first.start] not in ("", "\n"):
        place, after = _begin(text, first, step, free[0])
        cells = (Cell(place, first.end, after), *cells[1:])
    last = cells[-1]
    if not last.losses and text[last.end : last.end + 1] not in ("", "\n"):
        place, after = _end(text, last, step, free[1])
        cells = (*cells[:-1], Cell(last.start, place, after))
    return cells


def _begin(text: str, cell: Cell, step: Step, least: int) -> tuple[int, str]:
    """Return where a cell rather begins, and what it says then."""
    low = max(cell.start - _REACH, text.rfind("\n", least, cell.start) + 1, least)
    ways: list[tuple[int, str]] = []
    for place in range(low, min(cell.start + _REACH, cell.end - 1) + 1):
        said = _turn_back(text[min(place, cell.start) : max(place, cell.start)], step)
        if said is None:
            continue
        if place <= cell.start:
            ways.append((place, said + cell.after))
        elif cell.after.startswith(said) and len(said) < len(cell.after):
            ways.append((place, cell.after[len(said) :]))
    same = min(len(after) for _, after in ways)  # all of them end alike
    return _likeliest(
        ways,
        cell.start,
        lambda place, after: text[low:place] + after[: len(after) - same],
        (text[max(low - vocabulary.REACH, 0) : low], cell.after[len(cell.after) - same :]),
    )


def _end(text: str, cell: Cell, step: Step, most: int) -> tuple[int, str]:
    """Return where a cell rather ends, and what it says then."""
    high = text.find("\n", cell.end, most)
    high = min(cell.end + _REACH, most if high < 0 else high)
    ways: list[tuple[int, str]] = []
    for place in range(max(cell.end - _REACH, cell.start + 1), high + 1):
        said = _turn_back(text[min(place, cell.end) : max(place, cell.end)], step)
        if said is None:
            continue
        if place >= cell.end:
            ways.append((place, cell.after + said))
        elif cell.after.endswith(said) and len(said) < len(cell.after):
            ways.append((place, cell.after[: len(cell.after) - len(said)]))
    same = min(len(after) for _, after in ways)  # all of them begin alike
    return _likeliest(
        ways,
        cell.end,
        lambda place, after: after[same:] + text[place:high],
        (cell.after[:same], text[high : high + vocabulary.REACH]),
    )


def _likeliest(
    ways: list[tuple[int, str]], place: int, write: Callable[[int, str], str], around: tuple[str, str]
) -> tuple[int, str]:
    """Return the way that is clearly the likeliest, else the one with the border at this place."""
    own = next(number for number, way in enumerate(ways) if way[0] == place)
    written = [write(*way) for way in ways]
    lines = [f"{around[0][-1:]}{one}{around[1][:1]}\n" for one in written]
    starts = list(accumulate(map(len, lines[:-1]), initial=0))
    rough = np.add.reduceat(language.bits("".join(lines)), starts).tolist()
    kept = [number for number in range(len(ways)) if rough[number] < rough[own] + _MOST_BITS]
    if len(kept) == 1:
        return ways[own]
    bits = vocabulary.weigh(around[0], [written[number] for number in kept], around[1])
    best = int(bits.argmin())
    return ways[kept[best] if bits[best] + _LEAST_BITS < bits[kept.index(own)] else own]


def _turn_back(text: str, step: Step) -> str | None:
    """Return what characters say by a misreading of which nothing was lost, or None if they do not go through it."""
    try:
        return text.encode(python_codec(step.wrong)).decode(python_codec(step.right))
    except UnicodeError:
        return None
