"""Judge between the characters that lost bytes leave open, by the words that they make.

The trellis knows pairs of characters. Where that leaves a doubt, the words around the place decide, and the rest of
the document, for documents repeat themselves; brackets and quotation marks are where their partners want them.
"""

from collections.abc import Sequence
from itertools import product
from math import log2, prod
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cnpolicy import language, vocabulary
from cnpolicy.repair import writing
from cnpolicy.repair.chains import Bytes
from cnpolicy.repair.punctuation import balance_bits, is_paired, place_bits
from cnpolicy.repair.trellis import Read

# A place is judged again if the pairs of characters are less sure than this: 99.95 % of the surer ones are right.
_SURE = 0.99
# Candidates less probable than this by the pairs of characters are not judged: from 0.00005 to 0.01 the same are right.
_LEAST = 3e-3
_LEAST_TOGETHER = 1e-2  # nor combinations that are so much less probable than the best one
_REACH = 5  # so many characters on both sides are looked at; with 7 the same are right
_LINE = 120  # so many characters of the line on both sides are searched for the partner of a bracket
_OPTIONS = (48, 14, 6, 4)  # so many candidates of a place, of two neighbours each, of three, …
_TOGETHER = len(_OPTIONS)  # so many neighbours are judged together
_ROUNDS = 2  # after the first round only the places are judged again beside which something changed
_BATCH = 1 << 14  # so many candidates are weighed in one go
_TOLD = 8  # so many candidates of a place are told
# How much of the verdict is that of the pairs of characters, which know what stands at the edge of a word. With 0, 0.4
# and 0.6 come 99.43, 99.50 and 99.44 % of the characters of odd lines back, and with 0.4 their posteriors are right as
# they are.
_PAIRS = 0.4
_NEVER = 1e-12
_UNKNOWN = "\ufffd"

Candidates = list[tuple[int, float]]
Floats = npt.NDArray[np.float64]


class _Place(NamedTuple):
    """Neighbouring characters in doubt: their rows, and what may stand there."""

    rows: tuple[int, ...]
    candidates: tuple[Candidates, ...]
    chosen: list[tuple[tuple[int, float], ...]]
    options: list[str]


def judge(read: Read, left: str, right: str) -> Read:
    """Return the reading with the candidates of its doubtful places weighed anew; `left` and `right` are around it."""
    doubtful = [row for row in sorted(read.doubts) if read.doubts[row] and read.doubts[row][0][1] < _SURE]
    if not doubtful:
        return read
    # The character of row n is the one of place n + 1.
    characters = [left, *map(chr, read.code.tolist()), right]
    known = characters.copy()
    for row in doubtful:
        known[row + 1] = _UNKNOWN
    context = "".join(known)
    script_bits = _script_bits(known)
    doubts = dict(read.doubts)
    places = _places(_neighbours(doubtful), read.doubts)
    todo = places
    for _ in range(_ROUNDS):
        changed = _judge(todo, doubts, characters, context, script_bits)
        todo = [
            place
            for place in places
            if any(
                row in changed
                for row in range(place.rows[0] - _REACH // 2, place.rows[-1] + _REACH // 2 + 1)
                if row not in place.rows
            )
        ]
        if not todo:
            break
    codes = read.code.copy()
    codes[doubtful] = [ord(characters[row + 1]) for row in doubtful]
    return read._replace(code=codes, doubts=doubts)


def _neighbours(rows: Sequence[int]) -> list[list[int]]:
    found: list[list[int]] = []
    for row in rows:
        if found and found[-1][-1] == row - 1 and len(found[-1]) < _TOGETHER:
            found[-1].append(row)
        else:
            found.append([row])
    return found


def _places(groups: Sequence[Sequence[int]], doubts: dict[int, Candidates]) -> list[_Place]:
    """Return the places of neighbouring rows; where the candidates are the same ones, so are the options."""
    known: dict[tuple[int, ...], _Place] = {}
    found: list[_Place] = []
    for rows in groups:
        key = tuple(id(doubts[row]) for row in rows)
        if key not in known:
            most = _OPTIONS[len(rows) - 1]
            candidates = tuple(
                [one for one in doubts[row][:most] if one[1] >= _LEAST] or doubts[row][:1] for row in rows
            )
            chosen = _likely(candidates)
            known[key] = _Place((), candidates, chosen, ["".join(chr(code) for code, _ in one) for one in chosen])
        found.append(known[key]._replace(rows=tuple(rows)))
    return found


def _likely(candidates: Sequence[Candidates]) -> list[tuple[tuple[int, float], ...]]:
    """Return the combinations of candidates, one of each, but for those that are much less probable than the best."""
    found = list(product(*candidates))
    if len(candidates) == 1:
        return found
    chances = [prod(chance for _, chance in one) for one in found]
    least = max(chances) * _LEAST_TOGETHER
    return [one for one, chance in zip(found, chances, strict=True) if chance >= least]


def _judge(
    places: Sequence[_Place],
    doubts: dict[int, Candidates],
    characters: list[str],
    context: str,
    script_bits: Floats,
) -> set[int]:
    """Weigh the candidates of all places, take the best of each, and return the rows where that is another one."""
    # What stands in the same surroundings more than once is weighed once.
    numbers: dict[tuple[str | int, ...], int] = {}
    different: list[tuple[_Place, str, str]] = []
    number_of: list[int] = []
    extra: list[float] = []
    for place in places:
        first, last = place.rows[0] + 1, place.rows[-1] + 2
        before, after = characters[max(first - _REACH, 0) : first], characters[last : last + _REACH]
        if "\n" in before:
            before = before[len(before) - before[::-1].index("\n") - 1 :]
        if "\n" in after:
            after = after[: after.index("\n") + 1]
        left, right = "".join(before), "".join(after)
        paired = any(is_paired(chr(code)) for known in place.candidates for code, _ in known)
        line = _line(characters, first, last) if paired else ("", "")
        number = numbers.setdefault((id(place.options), left, right, *line), len(different))
        number_of.append(number)
        if number < len(different):
            continue
        different.append((place, left, right))
        if paired:
            extra += [balance_bits(line[0], option, line[1]) for option in place.options]
        else:
            extra += [0.0] * len(place.options)
    windows = [left.lstrip("\n") + option + right for place, left, right in different for option in place.options]
    bits: npt.NDArray[np.float64] = np.concatenate(
        [vocabulary.weigh("", windows[start : start + _BATCH], "", context) for start in range(0, len(windows), _BATCH)]
    )
    options = [option for place, _, _ in different for option in place.options]
    owner = np.repeat(np.arange(len(options)), [len(option) for option in options])
    bits += np.array(extra) + np.bincount(owner, script_bits[writing.writings(_points("".join(options)))], len(options))
    bits += _beside([left[-1] + one + (right[:1] or "\n") for place, left, right in different for one in place.options])
    pairs = [prod(chance for _, chance in one) for place, _, _ in different for one in place.chosen]
    bits = (1 - _PAIRS) * bits - _PAIRS * np.log2(np.maximum(pairs, _NEVER))
    counts = np.array([len(place.options) for place, _, _ in different])
    starts = np.cumsum(counts) - counts
    least = np.repeat(np.minimum.reduceat(bits, starts), counts)
    chances = np.exp2(least - bits)
    chances /= np.repeat(np.add.reduceat(chances, starts), counts)
    judged: list[tuple[str, list[Candidates]]] = []
    shares = chances.tolist()
    for (place, _, _), start in zip(different, starts.tolist(), strict=True):
        own = shares[start : start + len(place.options)]
        judged.append((place.options[own.index(max(own))], _weighed(place, own)))
    changed: set[int] = set()
    for place, number in zip(places, number_of, strict=True):
        best, weighed = judged[number]
        for row, character, candidates in zip(place.rows, best, weighed, strict=True):
            doubts[row] = candidates
            if characters[row + 1] != character:
                characters[row + 1] = character
                changed.add(row)
    return changed


def _weighed(place: _Place, chances: Sequence[float]) -> list[Candidates]:
    """Return for each row of a place its candidates and how probable they are, the best first."""
    found: list[Candidates] = []
    for index, candidates in enumerate(place.candidates):
        # What the candidates have together, they keep.
        mass = min(sum(chance for _, chance in candidates), 1.0)
        if len(place.candidates) == 1:
            summed = {code: chance for (code, _), chance in zip(candidates, chances, strict=True)}
        else:
            summed = {}
            for combination, chance in zip(place.chosen, chances, strict=True):
                code = combination[index][0]
                summed[code] = summed.get(code, 0.0) + chance
        best = sorted(summed.items(), key=_by_chance)[:_TOLD]
        found.append([(code, chance * mass) for code, chance in best])
    return found


def _by_chance(candidate: tuple[int, float]) -> float:
    return -candidate[1]


def _beside(edges: Sequence[str]) -> npt.NDArray[np.float64]:
    """Return what numbers and line ends beside them say of the options."""
    points = _points("".join(edges))
    owner = np.repeat(np.arange(len(edges)), [len(edge) for edge in edges])
    cost = place_bits(points[:-1], points[1:])
    inside = owner[:-1] == owner[1:]
    found = np.zeros(len(edges), dtype=np.float64)
    np.add.at(found, owner[:-1][inside], cost[inside])
    return found


def _line(characters: list[str], first: int, last: int) -> tuple[str, str]:
    """Return what stands before and after a place in its line."""
    left, right = "".join(characters[max(first - _LINE, 0) : first]), "".join(characters[last : last + _LINE])
    return left[left.rfind("\n") + 1 :], right.partition("\n")[0]


def _script_bits(characters: Sequence[str]) -> Floats:
    """Return what a character of both writings, of the simplified and of the traditional costs in this text more."""
    simplified, traditional = writing.shares(_points("".join(characters)))
    return np.array([0.0, -log2(simplified), -log2(traditional)])


def _points(text: str) -> Bytes:
    return language.codes(text).astype(np.int64)
