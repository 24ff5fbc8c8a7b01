"""The data that the package computes with: readable TSV files, and binaries built from them by `build`.

A binary is a magic number, a version, the CRC-32 of all that follows, and the length of a JSON header (little-endian
unsigned 32-bit numbers), then the header (for each array its type, shape and place) and the arrays themselves.
"""

import json
import struct
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

FOLDER = Path(__file__).parent
MAGIC = b"cnpolicy"
VERSION = 1
# Sparse tables of cells (row, column) are laid out as hash tables in which each cell may lie in one of three places:
# found in three look-ups, 90 % full, exact (the place, its way and the row together give the column).
ROW_BITS = 14
PLACE_BITS = 19
WAYS = 3
# Odd: different columns of a row never meet.
_COLUMN_FACTORS = np.array([[0x9E3779B1], [0x85EBCA77], [0xC2B2AE3D]], dtype=np.uint32)
_ROW_FACTORS = np.array([[0x27D4EB2F], [0x165667B1], [0xD3A2646D]], dtype=np.uint32)
_PLACE_MASK = np.uint32((1 << PLACE_BITS) - 1)
_START = struct.Struct("<8sIII")
# The probabilities that tables give in a byte: minus their binary logarithm, in eighths of a bit.
EIGHTHS = np.exp2(-np.arange(256) / 8)

# Words lie in a hash table of their own, each in one of three places, with a mark of 14 bits to know it by: of the
# look-ups of what is no word, one in 6,000 finds one.
MARK_BITS = 14
LONGEST_WORD = 8  # in characters; the dictionary has 314 longer ones
_KEY_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_MIX_FACTORS = (np.uint64(0xFF51AFD7ED558CCD), np.uint64(0xC4CEB9FE1A85EC53), np.uint64(0xD6E8FEB86659FD93))
_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)


def places(row: Array, column: Array) -> npt.NDArray[np.uint32]:
    """Return the places of each cell: in three rows its first, second and third choice."""
    mixed: npt.NDArray[np.uint32] = column.astype(np.uint32) * _COLUMN_FACTORS + row.astype(np.uint32) * _ROW_FACTORS
    mixed &= _PLACE_MASK
    return mixed


def extend_keys(keys: Array, points: Array) -> npt.NDArray[np.uint64]:
    """Return the keys of words that go on with one more code point each; the key of no word is 0."""
    extended: npt.NDArray[np.uint64] = keys * _KEY_FACTOR + points.astype(np.uint64)
    return extended


def word_places(keys: Array, size: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.uint16]]:
    """Return the places of the words with these keys in a table of `size` (a row each choice), and marks."""
    mixed = keys ^ (keys >> np.uint64(33))
    mixed = mixed * _MIX_FACTORS[0]
    mixed ^= mixed >> np.uint64(29)
    mixed *= _MIX_FACTORS[1]
    mixed ^= mixed >> _HALF
    other = mixed * _MIX_FACTORS[2]
    parts = np.stack((mixed & _LOW, mixed >> _HALF, other >> _HALF))
    return ((parts * np.uint64(size)) >> _HALF).astype(np.intp), (other & np.uint64((1 << MARK_BITS) - 1)).astype(
        np.uint16
    )


def long_marks(keys: Array) -> npt.NDArray[np.uint32]:
    """Return marks of 31 bits for these keys, for tables in which hundreds of options are looked up for a place."""
    mixed = (keys ^ (keys >> _HALF)) * _MIX_FACTORS[1]
    marks: npt.NDArray[np.uint32] = (mixed >> np.uint64(33)).astype(np.uint32)
    return marks


def rows(name: str) -> Iterator[tuple[int, list[str]]]:
    """Yield line number and columns of the TSV file of this name; lines that begin with `#` are remarks."""
    with open(FOLDER / f"{name}.tsv", encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if line.strip() and not line.startswith("#"):
                yield number, line.rstrip("\n").split("\t")


def pack(arrays: Mapping[str, Array]) -> bytes:
    """Return the bytes of a binary that holds the arrays under their names."""
    header: dict[str, Any] = {}
    parts: list[bytes] = []
    place = 0
    for name, array in arrays.items():
        little = array.astype(array.dtype.newbyteorder("<"), copy=False)
        data = little.tobytes()
        header[name] = {"type": little.dtype.str, "shape": list(array.shape), "start": place}
        parts.append(data + bytes(-len(data) % 8))
        place += len(parts[-1])
    described = json.dumps(header, sort_keys=True).encode()
    described += b" " * (-(len(described) + _START.size) % 8)
    body = described + b"".join(parts)
    return _START.pack(MAGIC, VERSION, zlib.crc32(body), len(described)) + body


def unpack(data: bytes, name: str = "-") -> dict[str, Array]:
    """Return the arrays of a binary, which stay views of its bytes; ValueError if it is not whole."""
    remedy = "build it again with `python -m cnpolicy.tables.build`"
    if len(data) < _START.size:
        raise ValueError(f"table {name} is cut off at byte {len(data)}; {remedy}")
    magic, version, checksum, length = _START.unpack_from(data)
    if magic != MAGIC or version != VERSION:
        raise ValueError(f"{name} is no table of version {VERSION}; {remedy}")
    body = memoryview(data)[_START.size :]
    if zlib.crc32(body) != checksum:
        raise ValueError(f"the checksum of table {name} is wrong; {remedy}")
    arrays: dict[str, Array] = {}
    for key, entry in json.loads(bytes(body[:length])).items():
        dtype = np.dtype(entry["type"])
        count = int(np.prod(entry["shape"]))
        array = np.frombuffer(body, dtype=dtype, count=count, offset=length + entry["start"])
        arrays[key] = array.reshape(entry["shape"])
    return arrays


def load(name: str) -> dict[str, Array]:
    """Return the arrays of the binary of this name."""
    return unpack((FOLDER / f"{name}.bin").read_bytes(), f"{name}.bin")
