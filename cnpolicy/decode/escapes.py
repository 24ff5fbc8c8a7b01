"""Byte order marks, and the encodings that are written in ASCII: HZ, ISO 2022, UTF-7."""

import re

from cnpolicy import encodings, language
from cnpolicy.decode import hz
from cnpolicy.decode.reading import Line
from cnpolicy.document import Lost

MARKS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
    (b"\x84\x31\x95\x33", "gb18030"),
)

_ESCAPES = (
    (b"~{", "hz"),
    (b"\x1b$", "iso2022_cn"),
    (b"\x1b$", "iso2022_jp_2"),
    (b"\x1b$", "iso2022_kr"),
    (b"+", "utf-7"),
)
_BY_LINE = tuple(item for item in _ESCAPES if item[1] in ("hz", "iso2022_cn"))
_SAMPLE = 4096
# More NUL than a hundredth, beyond some, makes it UTF-16 or UTF-32.
_MOST_NUL = 8
# So many damaged lines of HZ are mended, each in some milliseconds: more are hostile bytes.
_MOST_DAMAGED = 1000


def marked(data: bytes) -> tuple[str, int] | None:
    """Return the encoding that a byte order mark announces, and the length of the mark (a doubled one included)."""
    for mark, encoding in MARKS:
        if data.startswith(mark):
            length = len(mark)
            while data.startswith(mark, length):
                length += len(mark)
            return encoding, length
    return None


def read_escaped(data: bytes) -> tuple[str, str] | None:
    """Return the text of ASCII bytes that spell another encoding, and its name; None if they mean only themselves."""
    if not data.isascii():
        return None
    for mark, encoding in _ESCAPES:
        if mark not in data:
            continue
        text = _read(data, encoding)
        if text is None or text.isascii() or "\0" in text:
            continue
        if encoding == "utf-7" and take_lines(data)[1]:
            return None  # a plus sign among pairs of HZ
        if language.total_bits(text[:_SAMPLE]) < language.total_bits(data[: 4 * _SAMPLE].decode("ascii")):
            return text, encoding
    return None


def _read(data: bytes, encoding: str) -> str | None:
    if encoding == "hz" and not hz.is_sound(data):
        return None
    return encodings.read(data, encoding)


def take_lines(data: bytes) -> tuple[bytes, list[Line]]:
    """Return the data without the lines that are HZ or ISO-2022-CN, of which the line ends stay, and these lines.

    Files that were put together from mail and news hold such lines among others; escapes never reach beyond a line.
    """
    if not any(mark in data for mark, _ in _BY_LINE) or data.count(b"\0") > _MOST_NUL + len(data) // 100:
        return data, []
    lines = data.split(b"\n")
    taken: list[Line] = []
    damaged: list[int] = []
    for number, line in enumerate(lines):
        found = _read_line(line) if line.isascii() and b"\0" not in line else None
        if found:
            taken.append(Line(number, *found))
        elif b"~{" in line or b"~}" in line:
            damaged.append(number)
    is_hz = any(line.encoding == "hz" for line in taken)
    for number in damaged[:_MOST_DAMAGED]:
        mended = hz.read_damaged(lines[number], among_others=is_hz)
        if mended:
            text, places = mended
            taken.append(Line(number, text, "hz", tuple(Lost(start, what, "hz") for start, what in places)))
    taken.sort()
    for line_taken in taken:
        lines[line_taken.number] = b""
    return b"\n".join(lines), taken


def _read_line(line: bytes) -> tuple[str, str] | None:
    """Return the text of a line that spells another encoding, and the encoding, if it is sound."""
    for mark, encoding in _BY_LINE:
        text = _read(line, encoding) if mark in line else None
        if text and not text.isascii() and language.total_bits(text) < language.total_bits(line.decode("ascii")):
            return text, encoding
    return None


def unreadable(data: bytes) -> str | None:
    """Return why ASCII bytes cannot be read although they tell what they are: ISO-2022-CN-EXT, or None."""
    if data.isascii() and b"\x1b$" in data:
        for mark, what in encodings.EXTENSIONS.items():
            place = data.find(mark)
            if place >= 0:
                remedy = "convert it first, e.g. with `iconv -f ISO-2022-CN-EXT`"
                return f"byte {place}: this is ISO-2022-CN-EXT with {what}, which is not supported; {remedy}"
    return None


_EUC_TW = re.compile(rb"(?:[\x00-\x7f]|[\xa1-\xfe]{2}|\x8e[\xa1-\xb0][\xa1-\xfe]{2})+")
_HIGH_PLANE = re.compile(rb"\x8e[\xa3-\xb0][\xa1-\xfe]{2}")
# Text in EUC-TW costs 7 to 10 bits a character; what is read so by mistake 15 and more.
_MOST_BITS = 12.0


def high_planes(data: bytes) -> str | None:
    """Return why bytes that are EUC-TW cannot be read: they use planes of CNS 11643 beyond the second. Or None."""
    found = _HIGH_PLANE.search(data)
    if not found or not _EUC_TW.fullmatch(data):
        return None
    text = encodings.read(_HIGH_PLANE.sub(b"", data), "euc_tw")
    if not text or language.bits_per_character(text) > _MOST_BITS:
        return None
    what = f"EUC-TW with CNS 11643 plane {found.group()[1] - 0xA0}"
    return (
        f"byte {found.start()}: this is {what}, which is not supported; convert it first, e.g. with `iconv -f EUC-TW`"
    )
