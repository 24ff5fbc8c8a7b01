"""Byte order marks, and the encodings that are written in ASCII: HZ, ISO 2022, UTF-7."""

from cnpolicy import encodings, language

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
_SAMPLE = 4096


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
        text = encodings.read(data, encoding)
        if text is None or text.isascii() or "\0" in text:
            continue
        if language.total_bits(text[:_SAMPLE]) < language.total_bits(data[: 4 * _SAMPLE].decode("ascii")):
            return text, encoding
    return None


def unreadable(data: bytes) -> str | None:
    """Return why ASCII bytes cannot be read although they tell what they are: ISO-2022-CN-EXT, or None."""
    if b"\x1b$" in data and data.isascii():
        for mark, what in encodings.EXTENSIONS.items():
            place = data.find(mark)
            if place >= 0:
                remedy = "convert it first, e.g. with `iconv -f ISO-2022-CN-EXT`"
                return f"byte {place}: this is ISO-2022-CN-EXT with {what}, which is not supported; {remedy}"
    return None
