"""Where does a run of misread pairs begin and end? The words on both sides of each border tell.

The lattice knows pairs of characters only. Any character of a good text is some pair of bytes, and so reads as some
other character: in 大操 before 大办 read as Big5 the second can as well be a 巨 that was misread, and 巨大 is a word.
UTF-8 needs no words: a good character hardly ever is a part of one of its sequences, and where it was taken for one,
something that no text ends in came out.
"""

import re
import unicodedata
from collections.abc import Callable
from itertools import accumulate

import numpy as np

from cnpolicy import language, vocabulary
from cnpolicy.repair.cells import Cell
from cnpolicy.repair.chains import Step, python_codec
from cnpolicy.repair.proof import HAN

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


# Letters and signs of two bytes in UTF-8 that Chinese text has, such as ² in m².
_USUAL = re.compile("[·×÷°±§¨²³¹¼½¾©®¥£¢µ«»¶āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜüêɑńňǹɡ\u0391-\u03c9\u0401-\u0451]")
_RARE_BITS = 17.0  # characters that cost more are hardly ever met
_NEAR = 8  # so far from an end a character begins or ends surely


def spare_good_ends(text: str, cells: tuple[Cell, ...], step: Step) -> tuple[Cell, ...]:
    """Return the cells of a run of UTF-8 without good characters at its ends that were taken for a part of it.

    Beside a byte that left no mark, bytes of a good character make a letter of some far alphabet with it, or a rare
    character and an ASCII letter: Chinese text has neither.
    """
    first = cells[0]
    if not first.losses and _is_strange(first.after[:1]):
        places = range(first.start + 1, min(first.start + _NEAR, first.end))
        ways = ((place, _turn_back(text[place : first.end], step)) for place in places)
        best = next(((place, said) for place, said in ways if said and not _is_strange(said[0])), None)
        cells = ((Cell(best[0], first.end, best[1]),) if best else ()) + cells[1:]
    if not cells:
        return cells
    last = cells[-1]
    if not last.losses and _ends_strangely(text, last.end, last.after):
        places = range(last.end - 1, max(last.end - _NEAR, last.start), -1)
        ways = ((place, _turn_back(text[last.start : place], step)) for place in places)
        best = next(((place, said) for place, said in ways if said and not _ends_strangely(text, place, said)), None)
        cells = cells[:-1] + ((Cell(last.start, *best),) if best else ())
    return cells


def _is_strange(character: str) -> bool:
    """Tell whether no Chinese text has a character."""
    if "\x80" <= character < "\u0800":
        return _USUAL.match(character) is None
    return character > "\x7f" and unicodedata.category(character) in ("Cn", "Co", "Cc")


def _ends_strangely(text: str, end: int, after: str) -> bool:
    """Tell whether what a run says ends in what no text has there; the run itself ends at `end`."""
    if _is_strange(after[-1]):
        return True
    if after[-1] >= "\x80" or text[end - 1] < "\x80":
        return False
    behind = text[end : end + 1]
    is_rare = len(after) > 1 and float(language.bits(after[-2])[0]) > _RARE_BITS
    return is_rare or (behind != "" and HAN.match(behind) is not None)


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
