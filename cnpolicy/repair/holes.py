"""Undo reading UTF-8 as Windows-1252 or Latin-1 where some bytes were lost on the way, always the same ones."""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from math import inf, log2
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cnpolicy import language
from cnpolicy.findings import Finding
from cnpolicy.repair import joints
from cnpolicy.repair.cells import Cell, divide, undo
from cnpolicy.repair.chains import Chain, Step, describe
from cnpolicy.repair.code_pages import (
    NO_HYPHENS,
    SOFT_HYPHEN,
    SPACE,
    SPECIALS,
    character_class,
    membership,
    occurrences,
    page,
)
from cnpolicy.repair.proof import ENOUGH_BITS, HAN, HANS, is_mention, mentioned
from cnpolicy.rules import Context, rule

_LOST = "\ufffd"
_SIGNS = re.compile("[\u2010-\u2bff]")
_LEADS = page("cp1252").spelled(0xE2, 0xEF)
# What tells which bytes were not lost: the five that Windows-1252 leaves open, and that the encoding is Latin-1 or not.
_OPEN = re.compile("[\x81\x8d\x8f\x90\x9d]")
CONTROLS = re.compile("[\x80\x82-\x8c\x8e\x91-\x9c\x9e\x9f]")
_WINDOWS = re.compile(character_class(SPECIALS))
_STRICT = (Step("utf-8", "cp1252"),)
# Of the characters of odd lines of news so many have one of the bytes; and by how many bits a misreading is rarer than
# that of Windows-1252, which many programs make.
_LOSE_A_BYTE = {
    "cp1252": (0.16, 0.0),
    f"windows-1252{NO_HYPHENS}": (0.03, 4.0),
    f"latin-1{NO_HYPHENS}": (0.03, 4.0),
    f"cp1252{NO_HYPHENS}": (0.18, 8.0),
}
_SAMPLE = 1500  # characters
_RARE_BITS = 17.0  # characters that cost more are hardly ever met
_LOSS_BITS = 1.0  # what a byte costs that was lost


class Region(NamedTuple):
    """A stretch of a text, by its offsets."""

    start: int
    end: int


@cache
def _unit() -> re.Pattern[str]:
    tail = character_class(page("cp1252").spelled(0x80, 0xBF))
    return re.compile(f"{character_class(_LEADS)}{tail}{tail}")


@cache
def _fragment() -> re.Pattern[str]:
    """Match a sequence of three bytes in which one or two were lost, and left a mark or nothing."""
    tail = page("cp1252").spelled(0x80, 0xBF)
    lead, tails, mark = character_class(_LEADS), character_class(tail), "[?\ufffd]"
    spaced = character_class(tail, " ")  # a no-break space may have become a space: that is not lost
    return re.compile(f"{lead}(?:{mark}{tails}|{tails}{mark}|{mark}{mark}|{tails}(?!{spaced})|(?={lead}))")


@cache
def _stretch() -> re.Pattern[str]:
    """Match a stretch of what UTF-8 is read as, up to its last character beyond ASCII or mark of a lost byte.

    A question mark is such a mark where a sequence is not complete without it.
    """
    high = character_class(page("cp1252").spelled(0x80, 0xFF), _LOST)
    lead, tail = character_class(_LEADS), character_class(page("cp1252").spelled(0x80, 0xBF))
    marks = f"(?<={lead})\\?{{1,2}}|(?<={lead}{tail})\\?|\\?(?!\\w)"
    return re.compile(f"{lead}(?:[ -~]{{0,20}}{high})*+(?:{marks})?")


@cache
def _leads() -> npt.NDArray[np.bool_]:
    return membership(_LEADS)


def _regions(text: str) -> Iterator[Region]:
    """Yield the stretches with whole sequences of UTF-8 and with fragments of them."""
    line_end = -1
    unit, fragment = _unit(), _fragment()
    for place in occurrences(text, _leads()).tolist():
        if place < line_end:
            continue
        line_end = text.find("\n", place)
        line_end = len(text) if line_end < 0 else line_end
        if not unit.search(text, place, line_end) or not fragment.search(text, place, line_end):
            continue
        for stretch in _stretch().finditer(text, place, line_end):
            start, end = stretch.span()
            if _is_other_page(text[start - 1 : start] + text[end : end + 1]):
                continue
            if _looks_so(text, start, end) or (_ends_in_mark(text, end) and _looks_so(text, start, end - 1)):
                yield Region(start, end)


# Marks of good text that are also in the code page, as the second or the third byte of a character.
_MARKS = frozenset("“”‘’—…·")


def _ends_in_mark(text: str, end: int) -> bool:
    """Tell whether a stretch ends in a mark before Chinese text, which may be that text's."""
    return text[end - 1] in _MARKS and HAN.match(text, end) is not None


def _looks_so(text: str, start: int, end: int) -> bool:
    """Tell whether a stretch is made of whole sequences and of fragments, and the whole ones say something.

    Of the characters of a text one in six loses a byte. What another encoding was read as has sequences by chance: far
    fewer of them than of what looks like a fragment of one, and most of it is neither.
    """
    broken = _fragment().findall(text, start, end)
    whole = _unit().findall(text, start, end)
    if not broken or len(broken) > len(whole):
        return False
    size = len(_high().findall(text, start, end))
    if (sum(map(len, broken)) + 3 * len(whole)) * 4 < size * 3:
        return False
    said = page("cp1252").to_bytes("".join(whole)).decode("utf-8", "replace")
    han = sum(HAN.match(one) is not None for one in said)
    signs = len(_SIGNS.findall(said))  # of any language
    return han > 0 and han * 4 >= (len(said) - signs) * 3


@cache
def _high() -> re.Pattern[str]:
    return re.compile(character_class(page("cp1252").spelled(0x80, 0xFF)))


def _is_other_page(beside: str) -> bool:
    """Tell whether a letter or a sign that Windows-1252 lacks is among the characters beside a stretch."""
    points = language.codes("".join(one for one in beside if one not in page("cp1252").byte and one != _LOST))
    return bool((joints.is_foreign(points) & ~joints.is_chinese(points)).any())


def _chains(stretch: str) -> tuple[Chain, ...]:
    """Return the misreadings that may have made a stretch, by what of it is not lost; the likeliest first."""
    if _LOST in stretch:
        return (_STRICT,)  # what drops soft hyphens leaves no mark
    windows, controls = _WINDOWS.search(stretch) is not None, CONTROLS.search(stretch) is not None
    names: list[str] = []
    if SOFT_HYPHEN not in stretch and not (windows and controls):
        names.append(f"{'latin-1' if controls else 'windows-1252'}{NO_HYPHENS}")
    if not controls and not _OPEN.search(stretch):
        names.append("cp1252")
        if SOFT_HYPHEN not in stretch:
            names.append(f"cp1252{NO_HYPHENS}")
    return tuple((Step("utf-8", name),) for name in names)


def _read_likeliest(text: str, regions: Sequence[Region]) -> Iterator[tuple[Region, Chain, list[Cell]]]:
    """Yield the regions with their cells by the likeliest misreading: of all of them, or of those that are alike."""
    groups: dict[tuple[Chain, ...], list[Region]] = {}
    common = _chains("".join(text[region.start : region.end] for region in regions))
    for region in regions:
        groups.setdefault(common or _chains(text[region.start : region.end]), []).append(region)
    for chains, mine in groups.items():
        if not chains:
            continue
        chain = chains[0]
        if len(chains) > 1:
            sample = list(_sample(mine))
            costs = [_cost(text, sample, one, read_regions(text, sample, one)) for one in chains]
            chain = chains[costs.index(min(costs))]
        found = dict(zip(mine, read_regions(text, mine, chain), strict=True))
        shorter = [Region(start, end - 1) for start, end in mine if _ends_in_mark(text, end)]
        for region, cells in zip(shorter, read_regions(text, shorter, chain) if shorter else (), strict=True):
            whole = Region(region.start, region.end + 1)
            costs = [_cost_inside(text, *one, whole.end) for one in ((region, cells), (whole, found[whole]))]
            if costs[0] < costs[1]:
                del found[whole]
                found[region] = cells
        for region, cells in found.items():
            yield region, chain, cells


def _sample(regions: Iterable[Region]) -> Iterator[Region]:
    """Yield regions of so many characters as tell which bytes were lost."""
    size = 0
    for region in regions:
        yield region
        size += region.end - region.start
        if size >= _SAMPLE:
            return


def _cost(text: str, regions: Sequence[Region], chain: Chain, found: Sequence[Sequence[Cell]]) -> float:
    """Return what regions cost in bits when they are read by a chain: what they say, and that so much was lost."""
    after = ["".join(cell.after for cell in cells) for cells in found]
    lost = sum(len(cell.losses) for cells in found for cell in cells)
    said = "\n".join(one or text[region.start : region.end] for region, one in zip(regions, after, strict=True))
    share, rarer = _LOSE_A_BYTE[chain[0].wrong]
    return language.total_bits(said) + rarer - lost * log2(share) - max(len(said) - lost, 0) * log2(1 - share)


def _cost_inside(text: str, region: Region, cells: Sequence[Cell], end: int) -> float:
    """Return what a region costs with the characters beside it, up to the one behind `end`."""
    if not cells or cells[0].start != region.start or cells[-1].end != region.end:
        return inf
    after = "".join(cell.after for cell in cells)
    losses = sum(len(cell.losses) for cell in cells)
    beside = text[region.start - 1 : region.start], text[region.end : end + 1]
    return language.total_bits(beside[0] + after + beside[1]) + _LOSS_BITS * losses


def read_regions(text: str, regions: Sequence[Region], chain: Chain) -> list[list[Cell]]:
    """Return for each region its cells, with offsets in the text; all are read in one go, each in its own line.

    The characters beside a region are read with it, for what they say about it, and not given back.
    """
    from cnpolicy.repair.lattice import reread

    # With the characters beside it, unless a line ends there.
    wider = [
        (start - (text[start - 1 : start] not in ("", "\n")), end + (text[end : end + 1] not in ("", "\n")))
        for start, end in regions
    ]
    pieces = [text[start:end] for start, end in wider]
    joined = "\n".join(pieces)
    reading = reread(joined if "\xa0" in text else _with_no_break_spaces(joined), chain)
    found: list[list[Cell]] = []
    for region, (shift, _), cells in zip(regions, wider, divide(reading.cells if reading else (), pieces), strict=True):
        own: list[Cell] = []
        for first, last, after, losses in cells:
            start, end = first + shift, last + shift
            if start < region.start and after[:1] == text[start]:
                start, after = start + 1, after[1:]
            if end > region.end and after[-1:] == text[end - 1]:
                end, after = end - 1, after[:-1]
            if region.start <= start < end <= region.end:
                own.append(Cell(start, end, after, losses))
        found.append(own)
    return found


def _with_no_break_spaces(text: str) -> str:
    """Return a text with no-break spaces where a space makes a sequence of UTF-8 a character that is not rare.

    An editor turned them into spaces. A sequence with a space behind it that lost a byte would be a rare one.
    """
    parts: list[str] = []
    done = 0
    for unit in page("cp1252").utf_8_unit.finditer(text):
        if SPACE in unit.group():
            spelled = unit.group().replace(SPACE, "\xa0")
            said = page("cp1252").to_bytes(spelled).decode("utf-8", "replace")
            if language.own_bits(language.codes(said)).max() < _RARE_BITS:
                parts += [text[done : unit.start()], spelled]
                done = unit.end()
    return "".join([*parts, text[done:]])


def _findings(
    name: str, text: str, region: Region, chain: Chain, cells: list[Cell], context: Context
) -> Iterator[Finding]:
    start, end = region
    if not cells or cells[0].start != start or cells[-1].end != end:
        return
    # Good marks behind what is read, such as a closing quotation mark, are in the code page as well.
    while cells and cells[-1].after[-1:] == text[cells[-1].end - 1 : cells[-1].end] and not cells[-1].losses:
        last = cells[-1]
        cells[-1] = last._replace(end=last.end - 1, after=last.after[:-1])
        if cells[-1].start == cells[-1].end:
            cells.pop()
    if not cells:
        return
    end = cells[-1].end
    after = "".join(cell.after for cell in cells)
    if not HANS.search(after):
        return
    left, right = text[start - 1] if start else "\n", text[end] if end < len(text) else "\n"
    points = language.codes(left + text[start:end] + right)
    stays = float(joints.stay_bits(points)[:-1].sum())
    if stays - float(language.bits(left + after + right)[1:].sum()) < 2 * ENOUGH_BITS:
        return
    if is_mention(text, start, end):
        yield mentioned(name, text, start, end, describe(chain), after)
        return
    # That a space was a no-break space is assumed.
    is_exact = "\xa0" in text or _with_no_break_spaces(text[start:end]) == text[start:end]
    yield from undo(name, text, cells, chain, context, is_exact=is_exact)


@rule(
    "utf8-read-as-strict-cp1252",
    "inferred",
    needs=_LEADS,
    example=("å…¨å¸‚å…šå‘˜å¹²éƒ¨è¦?æŠŠæ€?æƒ³ç»Ÿä¸€èµ·æ?¥", "全市党员干部要把思想统一起来"),
)
def undo_utf_8_read_as_strict_cp1252(text: str, context: Context) -> Iterable[Finding]:
    """Read text again as UTF-8 that was read as Windows-1252 or Latin-1, also where bytes were lost.

    Windows-1252 leaves the bytes 81, 8D, 8F, 90 and 9D open, and where one of them stood a strict reader leaves
    U+FFFD, a question mark or nothing. Browsers and filters drop soft hyphens (AD), which nobody sees. Which of these
    bytes were lost shows in what is left; they are the candidates for each such place, and the characters around
    choose.
    """
    regions = list(_regions(text))
    if regions:
        found = sorted(_read_likeliest(text, regions), key=lambda one: one[0])
        for region, chain, cells in found:
            yield from _findings("utf8-read-as-strict-cp1252", text, region, chain, cells, context)
