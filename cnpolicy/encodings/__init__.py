"""The encodings that Chinese text comes in: their names, what contains what, and how to read them.

Encodings go by Python's codec names. Where files carry a label that means less than it holds (`gb2312` on a GBK page)
the superset is read, as browsers do.
"""

import codecs
import re
import threading
from collections.abc import Iterator
from typing import NamedTuple

from cnpolicy.encodings.cns11643 import EXTENSIONS

__all__ = ["ENCODINGS", "EXTENSIONS", "Encoding", "Escape", "gaps", "is_euro", "look_up", "read", "read_hz"]


class Encoding(NamedTuple):
    """An encoding: Python's name of it, what it is for, and the labels under which files name it."""

    name: str
    summary: str
    labels: tuple[str, ...] = ()


ENCODINGS = (
    Encoding("utf-8", "Unicode, 1 to 4 bytes", ("utf8", "unicode-1-1-utf-8", "cp65001", "utf-8-sig", "u8", "utf8mb4")),
    Encoding("utf-16-le", "Unicode, 2 or 4 bytes, low byte first", ("utf-16le", "unicode", "ucs-2", "ucs2", "utf-16")),
    Encoding("utf-16-be", "Unicode, 2 or 4 bytes, high byte first", ("utf-16be", "unicodefffe")),
    Encoding("utf-32-le", "Unicode, 4 bytes, low byte first", ("utf-32le", "ucs-4", "utf-32")),
    Encoding("utf-32-be", "Unicode, 4 bytes, high byte first", ("utf-32be",)),
    Encoding("utf-7", "Unicode in mail, ASCII only", ("unicode-1-1-utf-7", "cp65000")),
    Encoding(
        "gb18030",
        "mainland China, all of Unicode; reads GB2312 and GBK too",
        (
            *("gb2312", "gbk", "cp936", "ms936", "936", "windows-936", "x-gbk", "euc-cn", "euccn", "eucgb2312-cn"),
            *("gb18030-2000", "gb18030-2005", "gb18030-2022", "gb-2312", "gb2312-1980", "gb2312-80", "gb-2312-80"),
            *("csgb2312", "chinese", "iso-ir-58", "csiso58gb231280", "gb", "x-mac-chinesesimp", "x-euc-cn"),
        ),
    ),
    Encoding("hz", "GB2312 in mail and news, ASCII only", ("hz-gb-2312", "hz-gb", "hzgb", "x-chinese-hz")),
    Encoding(
        "cp950",
        "Taiwan, as Windows has it",
        ("big5", "big-5", "ms950", "950", "windows-950", "csbig5", "big5-tw", "x-x-big5"),
    ),
    Encoding("big5hkscs", "Hong Kong", ("big5-hkscs", "hkscs", "big5-hkscs-2004", "x-big5-hkscs")),
    Encoding("euc_tw", "Taiwan, Unix: CNS 11643 planes 1 and 2", ("x-euc-tw", "cns11643", "euctw")),
    Encoding("iso2022_cn", "mail, ASCII only: GB2312 and CNS 11643 planes 1 and 2", ("csiso2022cn",)),
    Encoding("shift_jis", "Japan", ("sjis", "x-sjis", "csshiftjis")),
    Encoding("cp932", "Japan, as Windows has it", ("ms932", "windows-31j", "mskanji", "ms-kanji", "932")),
    Encoding("euc_jp", "Japan, Unix", ("eucjp", "x-euc-jp", "ujis")),
    Encoding("iso2022_jp", "Japan, mail, ASCII only", ("iso-2022-jp", "csiso2022jp", "jis")),
    Encoding("cp949", "Korea", ("euc-kr", "euckr", "ks-c-5601-1987", "uhc", "ms949", "windows-949", "korean", "949")),
    Encoding("ascii", "English", ("us-ascii", "ansi-x3.4-1968")),
    Encoding("latin-1", "Western Europe", ("iso-8859-1", "latin1", "l1", "iso8859-1")),
    Encoding("cp1252", "Western Europe, as Windows has it", ("windows-1252", "ansi", "x-ansi")),
    Encoding("cp1251", "Cyrillic, as Windows has it", ("windows-1251",)),
    Encoding("koi8-r", "Russia, Unix", ("koi8r", "koi8")),
    Encoding("koi8-u", "Ukraine, Unix", ("koi8u",)),
    Encoding("cp866", "Cyrillic, DOS", ("ibm866", "866")),
    Encoding("cp855", "Cyrillic, DOS, older", ("ibm855", "855")),
    Encoding("iso8859_5", "Cyrillic", ("iso-8859-5", "cyrillic")),
    Encoding("mac_cyrillic", "Cyrillic, Macintosh", ("x-mac-cyrillic",)),
    Encoding("cp1250", "Central Europe, as Windows has it", ("windows-1250",)),
    Encoding("iso8859_2", "Central Europe", ("iso-8859-2", "latin2", "l2")),
    Encoding("cp852", "Central Europe, DOS", ("ibm852", "852")),
    Encoding("cp1253", "Greek, as Windows has it", ("windows-1253",)),
    Encoding("iso8859_7", "Greek", ("iso-8859-7", "greek")),
    Encoding("cp1254", "Turkish, as Windows has it", ("windows-1254",)),
    Encoding("iso8859_9", "Turkish", ("iso-8859-9", "latin5", "l5")),
    Encoding("cp857", "Turkish, DOS", ("ibm857", "857")),
    Encoding("cp1255", "Hebrew, as Windows has it", ("windows-1255",)),
    Encoding("iso8859_8", "Hebrew", ("iso-8859-8", "hebrew")),
    Encoding("cp1256", "Arabic, as Windows has it", ("windows-1256",)),
    Encoding("iso8859_6", "Arabic", ("iso-8859-6", "arabic")),
    Encoding("cp1257", "Baltic, as Windows has it", ("windows-1257",)),
    Encoding("iso8859_13", "Baltic", ("iso-8859-13", "latin7", "l7")),
    Encoding("iso8859_15", "Western Europe, with the euro sign", ("iso-8859-15", "latin9", "l9")),
    Encoding("cp850", "Western Europe, DOS", ("ibm850", "850")),
    Encoding("cp437", "United States, DOS", ("ibm437", "437")),
    Encoding("mac_roman", "Western Europe, Macintosh", ("macintosh", "x-mac-roman")),
    Encoding("cp874", "Thai, as Windows has it", ("windows-874", "tis-620", "tis620", "iso-8859-11")),
)


def _key(label: str) -> str:
    """Return a label without case, blanks and the difference between `-` and `_`."""
    return label.strip().strip("\"'").lower().replace("_", "-").replace(" ", "-")


_BY_LABEL = {_key(label): encoding.name for encoding in ENCODINGS for label in (encoding.name, *encoding.labels)}

# `iso-2022-cn`, `iso2022-cn` and `iso2022cn` are one label: hyphens tell no two of them apart.
_BY_CLOSED_LABEL = {key.replace("-", ""): name for key, name in _BY_LABEL.items()}


def look_up(label: str) -> str:
    """Return Python's name of the encoding that a label means; ValueError, with the known names, if none does.

    >>> look_up("GB2312"), look_up("x-gbk"), look_up("Big5"), look_up("UTF8"), look_up("ISO-2022-CN")
    ('gb18030', 'gb18030', 'cp950', 'utf-8', 'iso2022_cn')
    """
    key = _key(label)
    name = _BY_LABEL.get(key) or _BY_CLOSED_LABEL.get(key.replace("-", ""))
    if name is None:
        known = ", ".join(encoding.name for encoding in ENCODINGS)
        raise ValueError(f"unknown encoding {label!r}; the known ones are {known} (and their usual aliases)")
    return name


class Escape(NamedTuple):
    """An HZ escape that stands in a text: its offsets in code points, and the text that it means."""

    start: int
    end: int
    text: str


def read_hz(text: str) -> Iterator[Escape]:
    r"""Yield the HZ escapes of a text in order: each `~{…~}` with the GB2312 characters that it means.

    HZ writes GB2312 in printable ASCII, so it survives being read as any other encoding. Only what reads completely
    is yielded; where at least one escape does, a doubled tilde means one tilde (`~~`, RFC 1843) and is yielded too.

    >>> list(read_hz("see ~{VP9z~}, ~~5%"))
    [Escape(start=4, end=12, text='中国'), Escape(start=14, end=16, text='~')]
    >>> list(read_hz("about ~{5~} or ~~"))
    []
    """
    escapes: list[Escape] = []
    place = text.find("~{")
    while place >= 0:
        end = text.find("~}", place + 2)
        if end < 0:
            break
        # A pair may end in a tilde and the closing brace never begins one, so the end is where the pairs end.
        opening = text.rfind("~{", place, end)
        read = _read_gb2312_pairs(text[opening + 2 : end])
        if read:
            escapes.append(Escape(opening, end + 2, read))
        place = text.find("~{", end + 2)
    if not escapes:
        return
    done = 0
    for escape in (*escapes, Escape(len(text), len(text), "")):
        tilde = text.find("~~", done, escape.start)
        while tilde >= 0:
            yield Escape(tilde, tilde + 2, "~")
            tilde = text.find("~~", tilde + 2, escape.start)
        if escape.text:
            yield escape
        done = escape.end


def _read_gb2312_pairs(pairs: str) -> str:
    """Return what the 7-bit GB2312 pairs mean, or nothing if they are no such pairs."""
    if not pairs or len(pairs) % 2 or not pairs.isascii():
        return ""
    try:
        # gb18030 differs from Python's gb2312 in the middle dot and the dash, where it has what files mean.
        data = bytes(ord(character) | 0x80 for character in pairs)
        data.decode("gb2312")
        return data.decode("gb18030")
    except UnicodeDecodeError:
        return ""


# --- reading ----------------------------------------------------------------------------------------------------------


def read(data: bytes | memoryview, encoding: str) -> str | None:
    """Return the text of bytes that are whole in an encoding, or None if they are not.

    More than Python's codecs read: surrogates written one by one in UTF-8 (CESU-8), and the euro sign that Windows
    added to GBK as the byte 0x80 (only beside a digit or a blank; elsewhere such a byte is a stray one).

    >>> read(b"\\x80 25", "gb18030"), read(b"\\xed\\xa0\\xbd\\xed\\xb8\\x80", "utf-8"), read(b"\\xff", "utf-8")
    ('€ 25', '😀', None)
    """
    try:
        text = str(data, encoding)
    except UnicodeDecodeError as error:
        return _read_extended(bytes(data), encoding, error.start)
    except ValueError:
        return None
    return None if encoding == "utf-7" and _SURROGATES.search(text) else text


_SURROGATES = re.compile("[\ud800-\udfff]")
_EURO_NEIGHBOURS = frozenset(b"0123456789 ")


def _read_extended(data: bytes, encoding: str, failed: int) -> str | None:
    try:
        if encoding == "utf-8" and data[failed] == 0xED:
            joined = data.decode("utf-8", "surrogatepass").encode("utf-16-le", "surrogatepass")
            return joined.decode("utf-16-le")
        if encoding == "gb18030" and data[failed] == 0x80:
            return data.decode("gb18030", "cnpolicy-euro")
    except UnicodeDecodeError:
        pass
    return None


def is_euro(data: bytes, place: int) -> bool:
    """Tell whether a byte 0x80 that begins a character in GBK is a euro sign: it stands beside a digit or a blank."""
    beside = data[max(place - 1, 0) : place] + data[place + 1 : place + 2]
    return any(byte in _EURO_NEIGHBOURS for byte in beside)


def _euro(error: UnicodeError) -> tuple[str, int]:
    if isinstance(error, UnicodeDecodeError):
        data, place = error.object, error.start
        if data[place] == 0x80 and is_euro(data, place):
            return "€", place + 1
    raise error


codecs.register_error("cnpolicy-euro", _euro)


class _Noted(threading.local):
    places: list[tuple[int, int]]


_noted = _Noted()


def _note(error: UnicodeError) -> tuple[str, int]:
    if isinstance(error, UnicodeDecodeError):
        _noted.places.append((error.start, error.end))
        return "\ufffd", error.end
    raise error


codecs.register_error("cnpolicy-note", _note)


def gaps(data: bytes, encoding: str) -> list[tuple[int, int]]:
    r"""Return the stretches of bytes (start, end) that the encoding cannot read, in order.

    >>> gaps(b"a\xffb\xe4\xb8", "utf-8")
    [(1, 2), (3, 5)]
    """
    _noted.places = []
    data.decode(encoding, "cnpolicy-note")
    return _noted.places
