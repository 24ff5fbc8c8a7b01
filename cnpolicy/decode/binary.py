"""Is this a file of text at all? What the bytes are if not, and what to do about it."""

from collections.abc import Iterator
from typing import NamedTuple


class Kind(NamedTuple):
    """A kind of file that is not text: how it begins (at which offset), what to call it, what the user can do."""

    start: bytes
    offset: int
    what: str
    remedy: str


_TEXT_OUT = "save it as plain text first, e.g. with `soffice --convert-to txt:Text`"
_UNPACK = "unpack it first"
_NO_TEXT = "leave it out"
_OCR = "run it through an OCR program first"

KINDS = (
    Kind(b"%PDF-", 0, "a PDF", "extract its text first, e.g. with `pdftotext`"),
    Kind(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0, "an old Office document (.doc, .xls, .ppt, .wps)", _TEXT_OUT),
    Kind(b"{\\rtf", 0, "a Rich Text document", _TEXT_OUT),
    Kind(b"PK\x03\x04", 0, "a ZIP archive or an Office document (.docx, .xlsx, .odt)", f"{_UNPACK}, or {_TEXT_OUT}"),
    Kind(b"PK\x05\x06", 0, "an empty ZIP archive", _NO_TEXT),
    Kind(b"\x1f\x8b\x08", 0, "gzip data", "unpack it first, e.g. with `gunzip`"),
    Kind(b"BZh", 0, "bzip2 data", "unpack it first, e.g. with `bunzip2`"),
    Kind(b"\xfd7zXZ\x00", 0, "xz data", "unpack it first, e.g. with `unxz`"),
    Kind(b"\x28\xb5\x2f\xfd", 0, "Zstandard data", "unpack it first, e.g. with `unzstd`"),
    Kind(b"Rar!\x1a\x07", 0, "a RAR archive", _UNPACK),
    Kind(b"7z\xbc\xaf\x27\x1c", 0, "a 7z archive", _UNPACK),
    Kind(b"ustar", 257, "a tar archive", _UNPACK),
    Kind(b"\x89PNG\r\n\x1a\n", 0, "a PNG picture", _OCR),
    # The mark is made to show a copy in which line ends were changed, or that broke off.
    Kind(b"\x89PNG", 0, "a damaged PNG picture", f"copy it again, and {_OCR}"),
    Kind(b"\xff\xd8\xff\xe0\x00\x10JFIF\x00", 0, "a JPEG picture", _OCR),
    Kind(b"\xff\xd8\xff", 0, "a JPEG picture", _OCR),
    Kind(b"GIF87a", 0, "a GIF picture", _OCR),
    Kind(b"GIF89a", 0, "a GIF picture", _OCR),
    Kind(b"II*\x00", 0, "a TIFF picture", _OCR),
    Kind(b"MM\x00*", 0, "a TIFF picture", _OCR),
    Kind(b"WEBPVP8", 8, "a WebP picture", _OCR),
    Kind(b"ftypheic", 4, "a HEIF picture", _OCR),
    Kind(b"ftypmif1", 4, "a HEIF picture", _OCR),
    Kind(b"ftypavif", 4, "an AVIF picture", _OCR),
    Kind(b"AT&TFORM", 0, "a DjVu document", "extract its text first, e.g. with `djvutxt`"),
    Kind(b"ITSF", 0, "a compiled help file (.chm)", "unpack it first, e.g. with `7z x`"),
    Kind(b"\x7fELF", 0, "a program", _NO_TEXT),
    Kind(b"MZ\x90\x00", 0, "a program", _NO_TEXT),
    Kind(b"\xca\xfe\xba\xbe\x00", 0, "a program", _NO_TEXT),
    Kind(b"DUCK", 8, "a DuckDB database", "name it to `cnpolicy stats` as a database"),
    Kind(b"SQLite format 3\x00", 0, "an SQLite database", "export its text first"),
    Kind(b"PAR1", 0, "a Parquet file", "export its text first"),
    Kind(b"ID3\x03\x00", 0, "a sound file", _NO_TEXT),
    Kind(b"ID3\x04\x00", 0, "a sound file", _NO_TEXT),
    Kind(b"OggS\x00", 0, "a sound file", _NO_TEXT),
    Kind(b"ftyp", 4, "a video file", _NO_TEXT),
    Kind(b"\x93NUMPY", 0, "a NumPy array", _NO_TEXT),
)


def _saved_as_text() -> Iterator[tuple[bytes, Kind]]:
    """Yield how files of the kinds begin that a program has read as text and saved in UTF-8, and what they were."""
    for kind in KINDS:
        what = f"what is left of {kind.what} that was saved as text"
        for codec in ("utf-8", "latin-1", "cp1252", "gb18030"):
            text = kind.start.decode(codec, "replace")
            # A mark could begin a text then, unless it holds a control character and something else that is not lost.
            ascii_part = [one for one in text if one <= "\x7f"]
            has_control = any(one < " " and one not in "\t\r\n" for one in ascii_part)
            if kind.offset == 0 and not text.isascii() and has_control and len(ascii_part) > 1:
                yield text.encode("utf-8"), kind._replace(what=what, remedy="get the original file")


_DESTROYED = tuple(_saved_as_text())


def find_kind(data: bytes) -> Kind | None:
    """Return the kind of binary file whose mark the data bears, or None."""
    for kind in KINDS:
        if data.startswith(kind.start, kind.offset) and (kind.offset == 0 or _binary_bytes(data[:4096])):
            return kind
    return next((kind for start, kind in _DESTROYED if data.startswith(start)), None)


# Bytes that no text in any encoding of this package holds outside UTF-16 and UTF-32: control characters but the
# line ends, tab, form feed, backspace, substitute (an old end mark), escape and the shifts of ISO 2022.
_CONTROL = bytes(set(range(0x20)) - set(b"\t\n\r\f\b\x0b\x1a\x1b\x0e\x0f\x00")) + b"\x7f"


def _binary_bytes(data: bytes) -> int:
    """Return how many bytes of the data are control bytes or NUL."""
    return len(data) - len(data.translate(None, _CONTROL + b"\x00"))
