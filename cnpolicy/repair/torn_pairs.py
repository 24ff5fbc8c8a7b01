"""Undo reading GBK, Big5 or EUC-TW as Windows-1252 or Latin-1 where soft hyphens fell out of it: all behind is torn."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from functools import cache

import numpy as np

from cnpolicy import language
from cnpolicy.findings import Finding
from cnpolicy.repair.cells import undo
from cnpolicy.repair.chains import ARROW, Chain, Step
from cnpolicy.repair.code_pages import NO_HYPHENS, SOFT_HYPHEN, character_class, page
from cnpolicy.repair.holes import CONTROLS, Region, read_regions
from cnpolicy.repair.pairs import MARKS
from cnpolicy.repair.proof import ENOUGH_BITS, Read, amend, is_mention
from cnpolicy.repair.relatives import WINDOWS
from cnpolicy.rules import Context

# Where so many characters in a row cost more than this each, something is read out of step, or it is a name.
_TORN, _TORN_BITS = 3, 13.0
_BYTE_BITS = 1.0  # what a byte costs that must have been lost


@cache
def _to_last_high() -> re.Pattern[str]:
    """Match from a character beyond ASCII to the last one that is not far from the one before."""
    high = character_class(page("cp1252").spelled(0x80, 0xFF))
    return re.compile(f"{high}(?:[ -~]{{0,20}}{high})*+")


@cache
def _left_over() -> re.Pattern[str]:
    return re.compile(character_class(MARKS))


def _is_torn(said: str) -> bool:
    """Tell whether a line that was read in pairs of bytes has something left, or makes no sense somewhere."""
    if _left_over().search(said):
        return True
    bits = language.bits(said)
    return len(bits) >= _TORN and bool(np.convolve(bits, np.ones(_TORN), "valid").max() > _TORN * _TORN_BITS)


def _torn(text: str, reads: Sequence[Read]) -> Iterator[tuple[Chain, Region, float]]:
    """Yield the stretches of lines of pairs of bytes in which some may be lost, the chain, and what they cost so."""
    starts = [read.start for read in reads]
    done = 0
    for number, read in enumerate(reads):
        right, _, wrong = read.chain.partition(ARROW)
        if read.start < done or wrong not in WINDOWS:
            continue
        # From the first character beyond ASCII on, for the run can begin behind what a byte was lost of.
        start = max(done, text.rfind("\n", done, read.start) + 1)
        stretch = next((one for one in _to_last_high().finditer(text, start) if one.end() > read.start), None)
        if stretch is None:
            continue
        start, done = stretch.span()
        if is_mention(text, start, done):
            continue
        inside = reads[number : bisect_left(starts, done)]
        done = max(done, inside[-1].end)  # the second byte of a character can be a letter
        said = amend(text[start:done], [one._replace(start=one.start - start, end=one.end - start) for one in inside])
        if _is_torn(said):
            encoding = "latin-1" if CONTROLS.search(stretch.group()) else "windows-1252"
            chain = (Step(right, f"{encoding}{NO_HYPHENS}"),)
            yield chain, Region(start, done), language.total_bits(said)


def undo_torn_pairs(
    name: str, text: str, reads: Sequence[Read], context: Context
) -> tuple[list[Finding], Sequence[Read]]:
    """Return the findings for lines of double-byte text out of which soft hyphens fell, and the runs of other lines.

    `reads` are the runs as they are read without that: behind a lost byte they make no sense.
    """
    if SOFT_HYPHEN in text:
        return [], reads
    torn: dict[Chain, list[tuple[Region, float]]] = {}
    for chain, region, bits in _torn(text, reads):
        torn.setdefault(chain, []).append((region, bits))
    found: list[Finding] = []
    undone: list[Region] = []
    for chain, lines in torn.items():
        reading = read_regions(text, [region for region, _ in lines], chain)
        for (region, before), cells in zip(lines, reading, strict=True):
            after = "".join(cell.after for cell in cells)
            lost = sum(len(cell.losses) for cell in cells)
            if not lost or cells[0].start != region.start or cells[-1].end != region.end:
                continue
            if before - language.total_bits(after) - _BYTE_BITS * lost >= ENOUGH_BITS:
                # Nothing shows where a byte was lost: that it was there is a guess in all of the line.
                found += undo(name, text, cells, chain, context, is_exact=False)
                undone.append(region)
    undone.sort()
    kept: list[Read] = []
    for read in reads:
        number = bisect_right(undone, (read.start, len(text)))
        if not number or undone[number - 1].end <= read.start:
            kept.append(read)
    return sorted(found, key=lambda finding: finding.start), kept
