"""EUC-TW and ISO-2022-CN as Python codecs: the two encodings that write Taiwan's standard CNS 11643.

Planes 1 and 2 (all that Big5 has) are read; ISO-2022-CN also holds GB2312. The codecs are registered under the names
`euc_tw` and `iso2022_cn`, which Python leaves free.
"""

import codecs
from functools import cache
from typing import Any

from cnpolicy import tables

_SINGLE_SHIFT = 0x8E
_PLANE_2 = 0xA2
_ESCAPE, _SHIFT_OUT, _SHIFT_IN = 0x1B, 0x0E, 0x0F

# Designations: what two-byte codes mean until the line ends. `E` and the planes from 3 on belong to ISO-2022-CN-EXT.
_GB2312, _PLANE_1 = b"\x1b$)A", b"\x1b$)G"
_SECOND = b"\x1b$*H"
_SINGLE_SHIFT_2 = b"\x1bN"
EXTENSIONS = {
    b"\x1b$)E": "ISO-IR-165",
    **{b"\x1b$+" + bytes((ord("I") + plane,)): f"CNS 11643 plane {plane + 3}" for plane in range(5)},
}


@cache
def _read_tables() -> tuple[dict[bytes, str], dict[bytes, str]]:
    """Return the characters of planes 1 and 2 by their two bytes (0xA1 to 0xFE)."""
    found = tables.load("cns11643")
    planes: list[dict[bytes, str]] = []
    for name in ("plane1", "plane2"):
        rows = found[name].tolist()
        planes.append(
            {
                bytes((0xA1 + row, 0xA1 + cell)): chr(code)
                for row, codes in enumerate(rows)
                for cell, code in enumerate(codes)
                if code
            }
        )
    return planes[0], planes[1]


@cache
def _write_tables() -> tuple[dict[str, bytes], dict[str, bytes]]:
    first, second = _read_tables()
    return {text: code for code, text in first.items()}, {text: code for code, text in second.items()}


def _fail(name: str, data: bytes, start: int, end: int, errors: str) -> tuple[str, int]:
    error = UnicodeDecodeError(name, data, start, min(end, len(data)), "illegal multibyte sequence")
    replaced, place = codecs.lookup_error(errors)(error)
    return str(replaced), place


def _decode_euc_tw(data: bytes, errors: str, final: bool) -> tuple[str, int]:
    first, second = _read_tables()
    parts: list[str] = []
    place, size = 0, len(data)
    while place < size:
        byte = data[place]
        if byte < 0x80:
            parts.append(chr(byte))
            place += 1
            continue
        length = 4 if byte == _SINGLE_SHIFT else 2
        if (
            place + length > size
            and not final
            and (length == 2 or data[place + 1 : place + 2] in (b"", b"\xa2", b"\xa1"))
        ):
            break
        character: str | None
        if length == 4:
            plane = {0xA1: first, _PLANE_2: second}.get(data[place + 1] if place + 1 < size else 0, {})
            character = plane.get(data[place + 2 : place + 4])
        else:
            character = first.get(data[place : place + 2])
        if character is not None:
            parts.append(character)
            place += length
        else:
            character, place = _fail("euc_tw", data, place, place + 1, errors)
            parts.append(character)
    return "".join(parts), place


def _decode_iso2022_cn(data: bytes, errors: str, final: bool) -> tuple[str, int]:
    """Decode; `final` does not matter, because a line is decoded whole or not at all."""
    if not final:
        data = data[: data.rfind(b"\n") + 1]
    first, second = _read_tables()
    parts: list[str] = []
    place, size = 0, len(data)
    designated: bytes = b""
    has_second = shifted = False
    while place < size:
        byte = data[place]
        character: str | None = None
        if byte == _ESCAPE:
            mark = data[place : place + 4]
            if mark in (_GB2312, _PLANE_1):
                designated, place = mark, place + 4
                continue
            if mark == _SECOND:
                has_second, place = True, place + 4
                continue
            if mark[:2] == _SINGLE_SHIFT_2 and has_second:
                character = second.get(bytes(low | 0x80 for low in mark[2:]))
                length = 4
        elif byte == _SHIFT_OUT and designated:
            shifted, place = True, place + 1
            continue
        elif byte == _SHIFT_IN:
            shifted, place = False, place + 1
            continue
        elif byte == 0x0A:
            shifted = has_second = False
            designated = b""
            character, length = "\n", 1
        elif shifted and byte > 0x20:
            pair = bytes(low | 0x80 for low in data[place : place + 2])
            length = 2
            if designated == _PLANE_1:
                character = first.get(pair)
            elif len(pair) == 2:
                character = _gb2312(pair)
        elif byte < 0x80:
            character, length = chr(byte), 1
        if character is None:
            character, place = _fail("iso2022_cn", data, place, place + 1, errors)
        else:
            place += length
        parts.append(character)
    return "".join(parts), place


def _gb2312(pair: bytes) -> str | None:
    try:
        pair.decode("gb2312")
        return pair.decode("gb18030")
    except UnicodeDecodeError:
        return None


def _refuse(name: str, text: str, place: int, errors: str) -> tuple[str | bytes, int]:
    return codecs.lookup_error(errors)(UnicodeEncodeError(name, text, place, place + 1, "not in CNS 11643 planes 1, 2"))


def _encode_euc_tw(text: str, errors: str = "strict") -> tuple[bytes, int]:
    first, second = _write_tables()
    parts: list[bytes] = []
    place = 0
    while place < len(text):
        character = text[place]
        place += 1
        if character < "\x80":
            parts.append(character.encode("ascii"))
        elif character in first:
            parts.append(first[character])
        elif character in second:
            parts.append(bytes((_SINGLE_SHIFT, _PLANE_2)) + second[character])
        else:
            other, place = _refuse("euc_tw", text, place - 1, errors)
            parts.append(other if isinstance(other, bytes) else other.encode("ascii"))
    return b"".join(parts), len(text)


def _encode_iso2022_cn(text: str, errors: str = "strict") -> tuple[bytes, int]:
    first, second = _write_tables()
    parts: list[bytes] = []
    designated = b""
    has_second = shifted = False
    place = 0
    while place < len(text):
        character = text[place]
        place += 1
        if character < "\x80":
            parts.append((b"\x0f" if shifted else b"") + character.encode("ascii"))
            shifted = False
            if character == "\n":
                designated, has_second = b"", False
            continue
        mark, code = b"", b""
        try:
            code = character.encode("gb18030")
            code.decode("gb2312")
            mark = _GB2312
        except UnicodeDecodeError:
            if character in first:
                mark, code = _PLANE_1, first[character]
            elif character in second:
                mark, code = _SECOND, second[character]
        code = bytes(byte & 0x7F for byte in code)
        if not mark:
            other, place = _refuse("iso2022_cn", text, place - 1, errors)
            parts.append(other if isinstance(other, bytes) else other.encode("ascii"))
        elif mark == _SECOND:
            parts += [b"" if has_second else mark, _SINGLE_SHIFT_2, code]
            has_second = True
        else:
            parts += [b"" if mark == designated else mark, b"" if shifted else b"\x0e", code]
            designated, shifted = mark, True
    return b"".join(parts) + (b"\x0f" if shifted else b""), len(text)


class _EucTwDecoder(codecs.BufferedIncrementalDecoder):
    def _buffer_decode(self, data: Any, errors: str, final: bool) -> tuple[str, int]:
        return _decode_euc_tw(bytes(data), errors, final)


class _Iso2022CnDecoder(codecs.BufferedIncrementalDecoder):
    def _buffer_decode(self, data: Any, errors: str, final: bool) -> tuple[str, int]:
        return _decode_iso2022_cn(bytes(data), errors, final)


def _find(name: str) -> codecs.CodecInfo | None:
    if name == "euc_tw":
        return codecs.CodecInfo(
            encode=_encode_euc_tw,
            decode=lambda data, errors="strict": _decode_euc_tw(bytes(data), errors, True),
            incrementaldecoder=_EucTwDecoder,
            name=name,
        )
    if name == "iso2022_cn":
        return codecs.CodecInfo(
            encode=_encode_iso2022_cn,
            decode=lambda data, errors="strict": _decode_iso2022_cn(bytes(data), errors, True),
            incrementaldecoder=_Iso2022CnDecoder,
            name=name,
        )
    return None


codecs.register(_find)
