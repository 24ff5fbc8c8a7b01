r"""Read damaged lines of HZ: GB2312 in ASCII, `~{VP9z~}`.

The two escapes never stand for anything else: rows 91, 93 and 94 of GB2312 are empty, so that no character ends in a
tilde where the next begins with a brace. So the escapes part a line whatever happened to it; what stands between two of
them is a run of pairs, in which one damaged place is found as in any encoding (cnpolicy.decode.mend). Where an escape
is missing, half of it is left.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from cnpolicy import encodings, language
from cnpolicy.decode import blocks, mend
from cnpolicy.decode.reading import LOST

_ESCAPE = re.compile(rb"~[{}]")
_CODES = bytes(range(0x21, 0x7F))
_PRINTABLE = bytes((*b"\t\r", *range(0x20, 0x7F)))
# What is read as GB2312: the pairs with their high bits set; what is no byte of a pair is no byte of GBK either.
_HIGH = bytes(byte | 0x80 if byte in _CODES else 0xFF for byte in range(256))

# What a lost place costs (bits, as in the lattice), and by how much the text must be likelier than the ASCII that the
# line is otherwise: less where other lines are HZ.
_LOST_BITS = 20.0
# A byte is dropped more often than overwritten, and what stands in the place of half an escape may be text.
_OVERWRITTEN_BITS = 10.0
_LEAST_GAIN_BITS = 20.0
_LEAST_GAIN_AMONG_OTHERS_BITS = 4.0
# Chinese costs 7 to 9 bits a character, ASCII read as pairs 15 and more.
_MOST_BITS = 12.0
# One damage is no longer than this, with the half of a pair before it and after it.
_LONGEST_LOSS = 4
# More bytes that are not printable make it a line of something else.
_ODD_BYTES = 2
_ODD_SHARE = 40
# So many of the places where half an escape may be left are tried; a brace or a tilde in pairs is rare.
_MOST_HALVES = 8
# Hostile bytes are all damage, each of which takes some milliseconds: beyond so many parts of a line nothing is mended.
_MOST_MENDED = 500


class Part(NamedTuple):
    """A part of a line: ASCII or pairs (`is_gb`), or bytes that are lost (`is_lost`)."""

    start: int
    end: int
    is_gb: bool = False
    is_lost: bool = False


def is_sound(data: bytes) -> bool:
    """Tell whether each opening escape in the bytes is followed by a closing one: Python reads more than that."""
    opened = False
    for escape in _ESCAPE.finditer(data):
        if opened == (escape[0] == b"~{"):
            return False
        opened = not opened
    return not opened


def read_damaged(line: bytes, *, among_others: bool) -> tuple[str, list[tuple[int, bytes]]] | None:
    r"""Return the text of a line that is HZ but for some damage, and its lost places (offset, bytes); None: it is none.

    `among_others` says that the file has sound lines of HZ.

    >>> read_damaged(b"~{VP9z\x80Ig;a~}, 2008", among_others=True)
    ('中国�社会, 2008', [(2, b'\x80')])
    """
    if not _ESCAPE.search(line):
        return None
    if len(line.translate(None, _PRINTABLE)) > _ODD_BYTES + len(line) // _ODD_SHARE:
        return None
    text, lost = _read(line, _parts(line))
    chinese = "".join(character for character in text if character > "\x7f" and character != LOST)
    if not chinese or any(len(data) > _LONGEST_LOSS for _, data in lost):
        return None
    gain = language.total_bits(line.decode("ascii", "ignore")) - _bits(text)
    if among_others:
        return (text, lost) if gain > _LEAST_GAIN_AMONG_OTHERS_BITS else None
    is_chinese = language.bits_per_character(chinese) < _MOST_BITS
    return (text, lost) if is_chinese and gain > _LEAST_GAIN_BITS else None


def _bits(text: str) -> float:
    return language.total_bits(text.replace(LOST, "")) + _LOST_BITS * text.count(LOST)


def _read(line: bytes, parts: Sequence[Part]) -> tuple[str, list[tuple[int, bytes]]]:
    """Return the text of the parts of a line, and what is lost in it; lost bytes side by side are one place."""
    texts: list[str] = []
    lost: list[tuple[int, bytes]] = []
    size = 0

    def lose(data: bytes) -> None:
        nonlocal size
        if texts and texts[-1] == LOST:
            lost[-1] = lost[-1][0], lost[-1][1] + data
            return
        lost.append((size, data))
        texts.append(LOST)
        size += 1

    for number, part in enumerate(parts):
        data = line[part.start : part.end]
        if part.is_lost:
            lose(data)
            continue
        for start, end in _sound(data, part.is_gb, is_mended=number < _MOST_MENDED):
            if start < 0:
                lose(data[~start:end])
                continue
            piece = data[start:end]
            text = piece.translate(_HIGH).decode("gb18030") if part.is_gb else piece.decode().replace("~~", "~")
            texts.append(text)
            size += len(text)
    return "".join(texts), lost


def _sound(data: bytes, is_gb: bool, *, is_mended: bool) -> Iterator[tuple[int, int]]:
    """Yield the stretches of a part, start and end; the start of one that is lost is negative (-1 means 0)."""
    if not is_gb:
        for run in re.finditer(rb"[^\x20-\x7e\t\r]+|[\x20-\x7e\t\r]+", data):
            yield (run.start() if run[0][0] in _PRINTABLE else ~run.start()), run.end()
        return
    high = data.translate(_HIGH)
    if encodings.read(high, "gb18030") is not None:
        yield 0, len(data)
        return
    if not is_mended:
        yield ~0, len(data)
        return
    ways = mend.weigh(high, "gb18030")
    pieces = ways[0].pieces(len(high), "gb18030") if ways else blocks.read(high, [("gb18030", 0.0)])[0]
    for piece in pieces:
        yield (piece.start if piece.encoding else ~piece.start), piece.end


def _parts(line: bytes) -> list[Part]:
    """Return the parts of a line, without its escapes; half an escape is a lost part."""
    parts: list[Part] = []
    escapes = [(one.start(), one[0] == b"~{") for one in _ESCAPE.finditer(line)]
    is_gb = False
    place = 0
    for at, opens in (*escapes, (len(line), None)):
        end = at
        if opens is None and is_gb:
            end = len(line.rstrip(b"\r"))
        if is_gb and opens is not False:
            # Pairs up to the next opening, or to the end: the closing escape is missing.
            parts += _part_at_half(line, place, end, b"}", opens is None)
        elif not is_gb and opens is False:
            parts += _part_at_half(line, place, end, b"{", False)
        else:
            parts.append(Part(place, end, is_gb))
        if end < at:
            parts.append(Part(end, at))
        place = at + 2
        is_gb = bool(opens)
    return [part for part in parts if part.start < part.end]


def _part_at_half(line: bytes, start: int, end: int, brace: bytes, may_be_cut: bool) -> list[Part]:
    """Return the parts of a stretch in which one escape is missing: pairs and ASCII, or ASCII and pairs.

    `brace` is that of the escape. If the line may be cut short there, it may be pairs throughout.
    """
    pairs_first = brace == b"}"
    options = [(0.0, [Part(start, end, True)])] if may_be_cut else []
    halves = [at for at in range(start, end) if line[at : at + 1] in (b"~", brace)]
    for at in halves[:_MOST_HALVES] + halves[_MOST_HALVES:][-_MOST_HALVES:]:
        # The other half was dropped, or overwritten.
        first = at - 1 if line[at : at + 1] == brace else at
        places = [(0.0, at, at + 1), (_OVERWRITTEN_BITS, max(first, start), min(first + 2, end))]
        if line[at : at + 1] == b"~" and line[at + 2 : at + 3] == brace and line[at + 1] not in _PRINTABLE:
            places = [(0.0, at, at + 3)]  # a byte was put in
        for bits, one, other in places:
            lost = Part(one, other, is_lost=True)
            options.append((bits, [Part(start, one, pairs_first), lost, Part(other, end, not pairs_first)]))
    if not options:
        # Both halves are gone: all of it is one or the other.
        options = [(0.0, [Part(start, end, True)]), (0.0, [Part(start, end, False)])]
    return min(options, key=lambda option: option[0] + _bits_of(line, option[1]))[1]


def _bits_of(line: bytes, parts: Sequence[Part]) -> float:
    """Return what the parts of a line cost, read without a look for damage inside them."""
    texts: list[str] = []
    for part in parts:
        data = line[part.start : part.end]
        if part.is_lost:
            texts.append(LOST)
        elif part.is_gb:
            texts.append(data.translate(_HIGH).decode("gb18030", "replace"))
        else:
            texts.append(data.decode("ascii", "replace"))
    return _bits("".join(texts))
