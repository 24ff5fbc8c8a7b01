"""The relatives of Windows-1252: single-byte encodings with other letters and signs in some places.

Text that was read in one of them is looked for as Windows-1252 would have it: both are of the same length.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from functools import cache
from itertools import accumulate

import numpy as np

from cnpolicy import language
from cnpolicy.repair import joints
from cnpolicy.repair.chains import rename, wrong_of
from cnpolicy.repair.code_pages import as_windows, character_class, good_marks, page
from cnpolicy.repair.pairs import find_pairs
from cnpolicy.repair.proof import ENOUGH_BITS, HAN, Read

# Those that UTF-8 is looked for in; cp1250 and cp1254 are looked for on their own.
OF_SEQUENCES = ("iso8859-15", "iso8859-2", "cp1257", "cp1258")
# Those that pairs of bytes are looked for in.
OF_PAIRS = ("iso8859-15", "cp1254", "cp1250", "iso8859-2", "cp1257", "cp1258")
WINDOWS = ("cp1252", "latin-1")


@cache
def _respelled(name: str) -> dict[int, str]:
    """Return for each character that an encoding has where Windows-1252 has another what Windows-1252 has there."""
    is_windows = name.startswith("cp")
    table: dict[int, str] = {}
    for character, byte in page(name).byte.items():
        other = chr(byte)
        # Those of ISO have the controls of Latin-1 for these bytes.
        if byte < 0xA0 and (is_windows or character != other):
            other = as_windows(byte)
        if character != other:
            table[ord(character)] = other
    return table


@cache
def own_characters(name: str) -> str:
    """Return the characters that an encoding has where Windows-1252 and Latin-1 have others."""
    return "".join(chr(point) for point in _respelled(name) if point >= 0xA0)


def respell(text: str, name: str) -> str:
    """Return what reading the same bytes in Windows-1252 would have made of a text that was read in a relative of it.

    Both are of the same length, and what the relative does not have stays as it is.
    """
    return text.translate(_respelled(name))


def is_windows(run: str) -> bool:
    """Tell whether Windows-1252 or Latin-1 reads bytes as just these characters."""
    return page("cp1252").is_exact(run)


# Of what is foreign in the lines where a relative of Windows-1252 is looked for it must have so much, and at least as
# much as Windows-1252 has.
_COVERED = 0.95
FIRST_SIGN = 0x2000  # below are the letters of most alphabets


def may_be(text: str, name: str) -> bool:
    """Tell whether a relative of Windows-1252 has nearly all that is foreign in the lines where its characters are."""
    own = _own_among(name)
    found = own.search(text)
    lines: list[str] = []
    while found:
        start, end = text.rfind("\n", 0, found.start()) + 1, text.find("\n", found.end())
        end = len(text) if end < 0 else end
        lines.append(text[start:end])
        found = own.search(text, end)
    points = np.minimum(language.codes("".join(lines)), 0xFFFF)
    points = points[(points >= 0x80) & ~joints.is_chinese(points) & ~good_marks()[points]]
    mine, windows = (page(one).bytes_of[points] > 0 for one in (name, "cp1252"))
    # Signs that neither has, such as ℃, are good text; letters are not.
    foreign = mine | windows | (points < FIRST_SIGN)
    if not foreign.any():
        return False
    covered, plain = mine[foreign].mean(), windows[foreign].mean()
    return bool(covered >= max(_COVERED, plain))


@cache
def _own_among(name: str) -> re.Pattern[str]:
    """Match a character of a relative beside another character that a byte beyond ASCII can have become."""
    own, high = character_class(own_characters(name)), character_class(page(name).spelled(0x80, 0xFF))
    return re.compile(f"{own}{high}|{high}{own}")


def are_left(text: str, name: str, reads: Sequence[Read]) -> bool:
    """Tell whether there are characters of a relative of Windows-1252 outside of what is certain without it."""
    done = 0
    own = _own(name)
    for start, end, is_exact in sorted((read.start, read.end, read.exact) for read in reads if read.proof >= 1):
        if not is_exact and own.search(text, start, end):
            return True
        if start > done and own.search(text, done, start):
            return True
        done = max(done, end)
    return own.search(text, done) is not None


def add(reads: Sequence[Read], found: Sequence[Read], text: str, spelled: str) -> list[Read]:
    """Return all reads with those in a relative of Windows-1252; `spelled` is the text as that would have it.

    Where both read a run, it is Windows-1252, unless the relative explains more of what nothing else does.
    """
    sure = [(read.start, read.end) for read in reads if read.proof >= 1 and read.exact]
    different = {
        (read.start, read.end): read for read in found if text[read.start : read.end] != spelled[read.start : read.end]
    }
    changed = sum(end - start for start, end in sure if (start, end) in different)
    new = _outside([(read.start, read.end) for read in found if read.proof >= 1 and read.exact], sure)
    if new <= changed:
        return [*reads, *different.values()]
    proofs = {(read.start, read.end): read.proof for read in reads}
    kept = [read for read in reads if (read.start, read.end) not in different]
    return kept + [read._replace(proof=max(read.proof, proofs.get((read.start, read.end), 0.0))) for read in found]


def _outside(spans: Sequence[tuple[int, int]], others: Sequence[tuple[int, int]]) -> int:
    """Return how many characters are in the spans that lie in none of the others."""
    starts = sorted(others)
    ends = list(accumulate((end for _, end in starts), max))  # the furthest so far
    total = 0
    for start, end in spans:
        before = bisect_right(starts, start, key=lambda other: other[0])
        total += end - start if not before or ends[before - 1] < end else 0
    return total


@cache
def _own(name: str) -> re.Pattern[str]:
    return re.compile(character_class(own_characters(name)))


def find_pairs_in_all(text: str) -> list[Read]:
    """Return the runs that are double-byte text, read in Windows-1252 and the like or in one of its relatives."""
    reads = find_pairs(text)
    for name in OF_PAIRS:
        if may_be(text, name):
            spelled = respell(text, name)
            found = [read for read in find_pairs(spelled) if wrong_of(read.chain) in WINDOWS]
            reads = _better(text, reads, [_in_relative(text, spelled, name, read) for read in found])
    return reads


def _in_relative(text: str, spelled: str, name: str, read: Read) -> Read:
    """Return a run that was found in a text as Windows-1252 would have it as one of the text itself."""
    start, end, after, chain, proof, _ = read
    run = text[start:end]
    if run == spelled[start:end] and not page(name).is_exact(run):
        return read
    found = Read(start, end, after, rename(chain, name), proof)
    if run != spelled[start:end]:
        # What is a letter here can be a sign there, which stands in no word.
        found = found._replace(proof=min(proof, max(_gain(text, found) / ENOUGH_BITS, 0.1)))
    return found


def _gain(text: str, read: Read) -> float:
    """Return by how many bits what a run says is likelier than the run as it is."""
    left = text[read.start - 1] if read.start else "\n"
    stays = joints.stay_bits(language.codes(left + text[read.start : read.end])).sum()
    before = left if HAN.match(left) else "\n"
    return float(stays - language.bits(before + read.after)[1:].sum())


def _better(text: str, reads: list[Read], others: Sequence[Read]) -> list[Read]:
    """Return for each line the runs of the better one of two readings; the second has to be so beyond doubt in one.

    What is little better than the other reading of the same run is no exact inverse: one of the two is assumed.
    """
    ends = [match.start() for match in re.finditer("\n", text)]
    line = {read: bisect_left(ends, read.start) for read in (*reads, *others)}
    gain = {read: _gain(text, read) for read in line}
    gains: dict[int, float] = {}
    for sign, found in ((-1, reads), (1, others)):
        for read in found:
            gains[line[read]] = gains.get(line[read], 0.0) + sign * gain[read]
    by_span = {(read.start, read.end): read for read in others}
    # Rows of signs gain nothing: they stand for themselves.
    for number in {line[read] for read in others} - {line[read] for read in reads}:
        gains[number] = max(gains[number], 0.0)
    chosen = max(gains.values(), default=0.0) >= ENOUGH_BITS
    kept: list[Read] = [read for read in others if chosen and gains[line[read]] >= 0]
    for read in reads:
        if not chosen or gains[line[read]] < 0:
            other = by_span.get((read.start, read.end), read)
            if other.after != read.after and gain[read] - gain[other] < 2 * ENOUGH_BITS:
                read = read._replace(exact=False)
            kept.append(read)
    return sorted(kept, key=lambda read: read.start)
