"""Undo reading UTF-8 as Windows-1252 where the five bytes that it leaves open were lost on the way."""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cnpolicy import language
from cnpolicy.findings import Finding
from cnpolicy.repair import joints
from cnpolicy.repair.cells import Cell, divide, undo
from cnpolicy.repair.chains import Step, describe
from cnpolicy.repair.code_pages import character_class, membership, occurrences, page
from cnpolicy.repair.proof import ENOUGH_BITS, HAN, HANS, is_mention, mentioned
from cnpolicy.rules import Context, rule

_CHAIN = (Step("utf-8", "cp1252"),)
_LOST = "\ufffd"
_SIGNS = re.compile("[\u2010-\u2bff]")
_LEADS = page("cp1252").spelled(0xE2, 0xEF)


class _Region(NamedTuple):
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
    """Match a stretch of what UTF-8 is read as, up to its last character beyond ASCII or mark of a lost byte."""
    high = character_class(page("cp1252").spelled(0x80, 0xFF), _LOST)
    return re.compile(f"{character_class(_LEADS)}(?:[ -~]{{0,20}}{high})*+(?:\\?(?!\\w))?")


@cache
def _leads() -> npt.NDArray[np.bool_]:
    return membership(_LEADS)


def _regions(text: str) -> Iterator[_Region]:
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
            if _looks_so(text, start, end):
                yield _Region(start, end)


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


def _read(text: str, regions: Sequence[_Region]) -> list[list[Cell]]:
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
    reading = reread("\n".join(pieces), _CHAIN)
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


def _findings(name: str, text: str, region: _Region, cells: list[Cell], context: Context) -> Iterator[Finding]:
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
        yield mentioned(name, text, start, end, describe(_CHAIN), after)
        return
    yield from undo(name, text, cells, _CHAIN, context)


@rule(
    "utf8-read-as-strict-cp1252",
    "inferred",
    needs=_LEADS,
    example=("å…¨å¸‚å…šå‘˜å¹²éƒ¨è¦?æŠŠæ€?æƒ³ç»Ÿä¸€èµ·æ?¥", "全市党员干部要把思想统一起来"),
)
def undo_utf_8_read_as_strict_cp1252(text: str, context: Context) -> Iterable[Finding]:
    """Read text again as UTF-8 that was read as Windows-1252, also where bytes were lost.

    Windows-1252 leaves the bytes 81, 8D, 8F, 90 and 9D open, and where one of them stood a strict reader leaves
    U+FFFD, a question mark or nothing. Each such place has five candidates, and the characters around choose.
    """
    regions = list(_regions(text))
    if regions:
        for region, cells in zip(regions, _read(text, regions), strict=True):
            yield from _findings("utf8-read-as-strict-cp1252", text, region, cells, context)
