"""Is this a file of text at all? What the bytes are if not, and what to do about it."""

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
    Kind(b"\x89PNG\r\n\x1a\n", 0, "a PNG picture", "run it through an OCR program first"),
    Kind(b"\xff\xd8\xff", 0, "a JPEG picture", "run it through an OCR program first"),
    Kind(b"GIF87a", 0, "a GIF picture", "run it through an OCR program first"),
    Kind(b"GIF89a", 0, "a GIF picture", "run it through an OCR program first"),
    Kind(b"II*\x00", 0, "a TIFF picture", "run it through an OCR program first"),
    Kind(b"MM\x00*", 0, "a TIFF picture", "run it through an OCR program first"),
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


def find_kind(data: bytes) -> Kind | None:
    """Return the kind of binary file whose mark the data bears, or None."""
    for kind in KINDS:
        if data.startswith(kind.start, kind.offset) and (kind.offset == 0 or _binary_bytes(data[:4096])):
            return kind
    return None


# Bytes that no text in any encoding of this package holds outside UTF-16 and UTF-32: control characters but the
# line ends, tab, form feed, backspace, substitute (an old end mark), escape and the shifts of ISO 2022.
_CONTROL = bytes(set(range(0x20)) - set(b"\t\n\r\f\b\x0b\x1a\x1b\x0e\x0f\x00")) + b"\x7f"


def _binary_bytes(data: bytes) -> int:
    """Return how many bytes of the data are control bytes or NUL."""
    return len(data) - len(data.translate(None, _CONTROL + b"\x00"))
