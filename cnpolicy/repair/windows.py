"""Latin-1 and Windows-1252 as one table, as browsers have it."""

import re


def _windows_1252() -> dict[str, int]:
    """Return the byte that each character of Latin-1 and Windows-1252 stands for, from 0x80 on.

    Both at once, as browsers have it: the five bytes that Windows-1252 leaves open are the C1 controls of Latin-1,
    and no character stands for two bytes.
    """
    table = {chr(byte): byte for byte in range(0x80, 0x100)}
    for byte in range(0x80, 0xA0):
        try:
            table[bytes([byte]).decode("cp1252")] = byte
        except UnicodeDecodeError:
            continue
    return table


BYTE = _windows_1252()
_TO_BYTES = str.maketrans({character: chr(byte) for character, byte in BYTE.items()})
SPECIALS = "".join(character for character in BYTE if ord(character) > 0xFF)  # those of Windows-1252 alone


def spelled(first: int, last: int) -> str:
    """Return the characters that stand for the bytes from `first` to `last`."""
    return "".join(character for character, byte in BYTE.items() if first <= byte <= last)


def character_class(*parts: str) -> str:
    """Return the regular expression that matches one of these characters."""
    return "[" + "".join(map(re.escape, "".join(parts))) + "]"


def to_bytes(run: str) -> bytes:
    """Return the bytes that a run was read from."""
    return run.translate(_TO_BYTES).encode("latin-1")


def codec(run: str) -> str:
    """Name the encoding that a run was wrongly read in."""
    return "cp1252" if any(character in SPECIALS for character in run) else "latin-1"
