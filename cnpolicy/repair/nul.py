"""Undo reading UTF-16 one byte a character, which leaves a NUL beside every ASCII character."""

import re
from collections.abc import Iterable, Iterator
from functools import cache

from cnpolicy.findings import Finding
from cnpolicy.language import total_bits
from cnpolicy.repair.code_pages import BYTE, character_class, page
from cnpolicy.repair.proof import Read, report
from cnpolicy.rules import Context, rule

_NUL = "\0"
_MOST_BITS = 13.0  # a character of the reading costs at most; out of step it is 18 and more
_LEAST = 3  # characters of a run; of shorter ones chance makes too many
_EDGE = 1  # a run begins or ends so many characters later where the text around is of single bytes, too


@cache
def _stretch() -> re.Pattern[str]:
    return re.compile(f"(?:[\0-\x7f]|{character_class(''.join(BYTE))})++")


@cache
def _unfit() -> re.Pattern[str]:
    return re.compile("[\0-\x08\x0e-\x1f\x7f-\x9f\ufffe\uffff\ue000-\uf8ff]")


def _pairs(text: str, start: int, end: int) -> Iterator[Read]:
    """Yield what the characters from `start` to `end` say as UTF-16, for either order of bytes."""
    for name in ("utf-16-le", "utf-16-be"):
        for first in range(start, min(start + _EDGE, end) + 1):
            data = page("cp1252").to_bytes(text[first : end - (end - first) % 2])
            try:
                after = data.decode(name)
            except UnicodeDecodeError:
                continue
            if len(after) >= _LEAST and not _unfit().search(after):
                yield Read(first, first + len(data), after, f"{name} ← {page('cp1252').codec(text[first:end])}", 1)


def _find_nul(text: str) -> Iterator[Read]:
    """Yield the runs with NULs between that are UTF-16."""
    done = 0
    while (place := text.find(_NUL, done)) >= 0:
        # The stretch around the NUL of what single bytes give; Chinese text around it ends it.
        start = place
        while start > done and (text[start - 1] < "\x80" or text[start - 1] in BYTE):
            start -= 1
        found = _stretch().match(text, start)
        done = found.end() if found else place + 1
        reads = list(_pairs(text, start, done))
        if reads:
            costs = [total_bits(read.after) + _MOST_BITS * (done - start - read.end + read.start) for read in reads]
            cost, index = min((cost, index) for index, cost in enumerate(costs))
            if cost <= _MOST_BITS * (len(reads[index].after) + _EDGE):
                yield reads[index]


@rule(
    "utf16-read-as-single-byte",
    "certain",
    needs=_NUL,
    example=("ZQ\xd4YO\x00A\x00 \x00\x1aO\xae\x8b\n\x00", "党委OA 会议\n"),
)
def undo_utf_16_read_as_single_byte(text: str, _: Context) -> Iterable[Finding]:
    """Read text again as UTF-16 that was read one byte a character.

    Every ASCII character has a NUL before or behind it, every Chinese one became any two characters. No other text has
    NULs in it, and in one order of the bytes, in step, it makes sense and has no control characters.
    """
    return report("utf16-read-as-single-byte", text, list(_find_nul(text)))
