"""Line ends that a program put inside a character, because it wrapped lines by bytes.

Half a character before a line end and the other half after it are one character again, and the line end follows it.
"""

import codecs
import re
import threading

from cnpolicy import encodings, language

_LINE_END = re.compile(rb"\r?\n")
_ENCODINGS = ("utf-8", "gb18030", "cp950")
_LONGEST = 4
# What is weighed of the line after a place.
_NEAR = 96
# What half a character that is lost costs (bits, as in the lattice), and each byte that cannot be read after it.
_LOST_BITS = 27.0
_BROKEN_BITS = 20.0
# That a line end stands inside a character: a byte that is dropped, or overwritten by a line end, is as rare.
_WRAP_BITS = 12.0
# So many places are weighed, each in a tenth of a millisecond; what most of them are, the others are too.
_MOST_WEIGHED = 1000
# An encoding that cannot read more than this besides is not the file's.
_MOST_OTHERS = 8
# Chinese costs 7 to 9 bits a character, Chinese misread 15 and more.
_SAMPLE = 8192
_MOST_BITS = 11.0


class _Found(threading.local):
    joined: list[tuple[int, int, int]]  # where the line end begins, where it ends, where the character ends
    others: int
    weighed: int


_found = _Found()


def _join(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    data = error.object
    end = _LINE_END.match(data, error.end)
    character = _rest_of_character(data, error.encoding, error.start, error.end, end.end()) if end else 0
    if end and character:
        _found.joined.append((error.end, end.end(), character))
        return "\n", character
    _found.others += 1
    if _found.others > len(_found.joined) + _MOST_OTHERS:
        raise error
    return "\ufffd", error.end


codecs.register_error("cnpolicy-wrap", _join)


def _rest_of_character(data: bytes, encoding: str, start: int, end: int, place: int) -> int:
    """Return where the character ends whose first bytes are those from `start` to `end`; 0 if it is none.

    Its other bytes are at `place`, after a line end.
    """
    head = data[start:end]
    for stop in range(place + 1, min(place + _LONGEST, len(data)) + 1):
        text = encodings.read(head + data[place:stop], encoding)
        if text is None:
            continue
        if len(text) != 1 or data[place] < 0x30:
            return 0
        if encoding == "utf-8":
            return stop
        # Or the half is alone, and the next line begins with a character of its own.
        _found.weighed += 1
        if _found.weighed > _MOST_WEIGHED:
            return stop if 2 * len(_found.joined) > _found.weighed else 0
        joined = _WRAP_BITS + language.total_bits(text) + _bits(data, stop, encoding)
        return stop if joined < _LOST_BITS + _bits(data, place, encoding) else 0
    return 0


def _bits(data: bytes, start: int, encoding: str) -> float:
    """Return what the bytes from `start` to the end of the line cost."""
    text = data[start : start + _NEAR].partition(b"\n")[0].decode(encoding, "replace")
    broken = text.count("\ufffd")
    return language.total_bits(text.replace("\ufffd", "")) + _BROKEN_BITS * broken


def join(data: bytes) -> bytes | None:
    r"""Return the bytes with each line end moved behind the character that it stood in; None if there is none.

    >>> join(b"\xd6\xd0\xb9\n\xfa\xa3\xac").decode("gb18030")
    '中国\n，'
    """
    if b"\n" not in data:
        return None
    best: tuple[int, list[tuple[int, int, int]]] | None = None
    for encoding in _ENCODINGS:
        _found.joined, _found.others, _found.weighed = [], 0, 0
        try:
            text = data.decode(encoding, "cnpolicy-wrap")
        except UnicodeDecodeError:
            continue
        worth = len(_found.joined) - _found.others
        if _found.joined and worth >= 0 and (best is None or worth > best[0]):
            joined = _found.joined
            if language.bits_per_character(text[:_SAMPLE].replace("\ufffd", "")) < _MOST_BITS:
                best = worth, joined
    if best is None:
        return None
    parts: list[bytes] = []
    place = 0
    for start, end, stop in best[1]:
        parts += [data[place:start], data[end:stop], data[start:end]]
        place = stop
    return b"".join([*parts, data[place:]])
