"""Undo reading UTF-8 as Windows-1252 where the five bytes that it leaves open were lost on the way."""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import NamedTuple

from cnpolicy import language
from cnpolicy.findings import Certainty, Finding
from cnpolicy.repair import joints
from cnpolicy.repair.chains import Step, describe
from cnpolicy.repair.code_pages import page
from cnpolicy.repair.lattice import Cell, Loss, reread
from cnpolicy.repair.proof import ENOUGH_BITS, HANS, is_mention
from cnpolicy.repair.windows import character_class
from cnpolicy.rules import Context, rule

_CHAIN = (Step("utf-8", "cp1252"),)
_LOST = "\ufffd"
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


def _regions(text: str) -> Iterator[_Region]:
    """Yield the stretches with whole sequences of UTF-8 and with fragments of them."""
    done = 0
    fragment = _fragment()
    while found := fragment.search(text, done):
        line = text.rfind("\n", 0, found.start()) + 1
        done = text.find("\n", found.start())
        done = len(text) if done < 0 else done
        if not _unit().search(text, line, done):
            continue
        for stretch in _stretch().finditer(text, line, done):
            if fragment.search(text, *stretch.span()):
                yield _Region(*stretch.span())


def _findings(name: str, text: str, region: _Region, context: Context) -> Iterator[Finding]:
    start, end = region
    left, right = text[start - 1] if start else "\n", text[end] if end < len(text) else "\n"
    reading = reread(text[start:end], _CHAIN, left=left, right=right)
    if reading is None:
        return
    after = reading.after
    points = language.codes(left + text[start:end] + right)
    stays = float(joints.stay_bits(points)[:-1].sum())
    units = sum(map(len, HANS.findall(after)))
    if not units or stays - reading.bits < 2 * ENOUGH_BITS:
        return
    if is_mention(text, start, end):
        before = text[start:end]
        note = f"{describe(_CHAIN)}: {after!r}; stays, as the text only mentions it"
        yield Finding(name, start, end, before, before, "reported", note=note)
        return
    for cell in reading.cells:
        if cell.after != text[start + cell.start : start + cell.end]:
            yield _finding(name, text, start, cell, context)


def _finding(name: str, text: str, start: int, cell: Cell, context: Context) -> Finding:
    restore = None if context.options.certainty == "certain" else context.options.restore
    after = list(cell.after)
    restored: list[Loss] = []
    lost: list[Loss] = []
    for loss in cell.losses:
        if restore is not None and loss.posterior >= restore:
            restored.append(loss)
        else:
            after[loss.offset] = _LOST
            lost.append(loss)
    notes = [describe(_CHAIN)]
    for told, losses in (("restored", restored), ("lost, likeliest", lost)):
        if losses:
            notes.append(f"{told} " + ", ".join(f"{loss.character} ({loss.posterior:.2f})" for loss in losses))
    posterior = min((loss.posterior for loss in restored), default=None)
    certainty: Certainty = "inferred" if restored else "certain"
    first, last = start + cell.start, start + cell.end
    return Finding(name, first, last, text[first:last], "".join(after), certainty, posterior, "; ".join(notes))


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
    for region in _regions(text):
        for finding in _findings("utf8-read-as-strict-cp1252", text, region, context):
            if finding.before != finding.after or finding.certainty == "reported":
                yield finding
