"""The single-byte encodings that Chinese bytes are wrongly read in, each as one table."""

import codecs
import re
from collections.abc import Iterable, Sequence
from functools import cache, cached_property

import numpy as np
import numpy.typing as npt

from cnpolicy.rules import units as code_units

Places = npt.NDArray[np.intp]
Units = npt.NDArray[np.uint16]

# What else is written for a byte: look-alikes that editors and normalisation put in, and what a font had there.
_ALIASES = {
    "cp437": {"β": 0xE1, "μ": 0xE6, "Ω": 0xEA, "∑": 0xE4, "δ": 0xEB, "∅": 0xED, "∈": 0xEE},
    "cp850": {"μ": 0xE6, "€": 0xD5},
    "mac-roman": {"¤": 0xDB, "μ": 0xB5, "Ω": 0xBD, "Δ": 0xC6},
}
_CODECS = {"mac-roman": "mac_roman", "koi8-r": "koi8_r"}
# A no-break space that an editor turned into a space.
SPACE = " "


def as_windows(byte: int) -> str:
    """Return what browsers read a byte as in Windows-1252: the control of Latin-1 where that leaves it open."""
    return bytes([byte]).decode("cp1252", "ignore") or chr(byte)


def _windows_1252() -> dict[str, int]:
    """Return the byte that each character of Latin-1 and Windows-1252 stands for, from 0x80 on.

    Both at once, as browsers have it: the five bytes that Windows-1252 leaves open are the C1 controls of Latin-1,
    and no character stands for two bytes.
    """
    table = {chr(byte): byte for byte in range(0x80, 0x100)}
    for byte in range(0x80, 0xA0):
        table[as_windows(byte)] = byte
    return table


BYTE = _windows_1252()
SPECIALS = "".join(character for character in BYTE if ord(character) > 0xFF)  # those of Windows-1252 alone


def character_class(*parts: str) -> str:
    """Return the regular expression that matches one of these characters."""
    return "[" + "".join(map(re.escape, "".join(parts))) + "]"


class CodePage:
    """A single-byte encoding: which byte each of its characters beyond ASCII was read from.

    Bytes that the encoding leaves open are the C1 controls, as browsers have it.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.byte: dict[str, int] = dict(BYTE) if name == "cp1252" else _table(name)

    def spelled(self, first: int, last: int) -> str:
        """Return the characters that stand for the bytes from `first` to `last`."""
        return "".join(character for character, byte in self.byte.items() if first <= byte <= last)

    def has(self, run: str) -> bool:
        """Tell whether a run has nothing but ASCII and characters of this encoding."""
        return all(character < "\x80" or character in self.byte for character in run)

    def to_bytes(self, run: str) -> bytes:
        """Return the bytes of a run that has nothing but ASCII and characters of this encoding."""
        return run.translate(self._to_bytes).encode("latin-1")

    def is_exact(self, run: str) -> bool:
        """Tell whether one encoding reads bytes as just these characters.

        It does not where a look-alike was written for one of them. Latin-1 and Windows-1252 are two: a run that has
        what either alone has is a misreading in neither.
        """
        return not all(strange.search(run) for strange in self._strange)

    @cached_property
    def _strange(self) -> tuple[re.Pattern[str], ...]:
        """For each encoding that this may be, what matches the characters that are none of it."""
        # Look-alikes come last in the table, and so do those that Windows has where Latin-1 has controls.
        ways = [{byte: character for character, byte in reversed(self.byte.items())}]
        if self.name == "cp1252":
            ways.append({byte: character for character, byte in self.byte.items()})
        return tuple(re.compile("[^\x00-\x7f" + re.escape("".join(way.values())) + "]") for way in ways)

    def codec(self, run: str) -> str:
        """Name the encoding that a run was wrongly read in: Windows-1252 without what is its own is Latin-1."""
        if self.name == "cp1252" and not any(character in SPECIALS for character in run):
            return "latin-1"
        return self.name

    @cached_property
    def _to_bytes(self) -> dict[int, str]:
        return {ord(character): chr(byte) for character, byte in self.byte.items()}

    @cached_property
    def bytes_of(self) -> npt.NDArray[np.uint8]:
        """The byte of each UTF-16 code unit; 0 where the encoding does not have it (shape: 65,536).

        So at U+FFFF, where characters beyond the BMP are looked up.
        """
        table = np.zeros(0x10000, dtype=np.uint8)
        table[:0x80] = np.arange(0x80)
        for character, byte in self.byte.items():
            table[ord(character)] = byte
        return table

    @cached_property
    def _units(self) -> tuple[str, str, str]:
        tail = self.spelled(0x80, 0xBF)
        tails = character_class(tail)
        # A space inside a sequence is a no-break space; one that ends a sequence of two bytes is asked for C2 or C3
        # before it, where Latin letters and signs are.
        or_space = character_class(tail, SPACE if self.byte.get("\xa0", 0xFF) < 0xC0 else "")
        latin, other = character_class(self.spelled(0xC2, 0xC3)), character_class(self.spelled(0xC4, 0xDF))
        two = f"(?:{latin}{or_space}|{other}{tails})"
        three = character_class(self.spelled(0xE0, 0xEF)) + or_space + or_space
        four = character_class(self.spelled(0xF0, 0xF4)) + or_space * 3
        return two, three, four

    @cached_property
    def utf_8_unit(self) -> re.Pattern[str]:
        """Match what a character of UTF-8 looks like in this encoding; a no-break space may have become a space."""
        two, three, four = self._units
        return re.compile(f"{four}|{three}|{two}")

    @cached_property
    def utf_8_run(self) -> re.Pattern[str]:
        """Match a run of such units."""
        two, three, four = self._units
        return re.compile(f"(?:{four}|{three}|{two})++")


def _table(name: str) -> dict[str, int]:
    codec = _CODECS.get(name, name)
    table: dict[str, int] = {}
    for byte in range(0x80, 0x100):
        try:
            character = bytes([byte]).decode(codec)
        except UnicodeDecodeError:
            character = chr(byte)
        table.setdefault(character, byte)
    for character, byte in _ALIASES.get(name, {}).items():
        table.setdefault(character, byte)
    return table


@cache
def page(name: str) -> CodePage:
    """Return the code page of this name."""
    return CodePage(name)


def spelled_in(names: Iterable[str], first: int, last: int) -> str:
    """Return the characters that stand for the bytes from `first` to `last` in any of the code pages."""
    return "".join(dict.fromkeys("".join(page(name).spelled(first, last) for name in names)))


def offsets(text: str, places: Places, units: Units) -> Places:
    """Return the offsets in a text of places in its UTF-16 code units: characters beyond the BMP have two."""
    if len(units) == len(text) or not len(places):
        return places
    found: Places = places - np.cumsum((units >= 0xDC00) & (units < 0xE000))[places]
    return found


def occurrences(text: str, characters: npt.NDArray[np.bool_]) -> Places:
    """Return the offsets in a text of the characters of the BMP that a table tells (shape: 65,536)."""
    units = code_units(text)
    return offsets(text, np.flatnonzero(characters.take(units)), units)


def membership(characters: Iterable[str]) -> npt.NDArray[np.bool_]:
    """Return a table that tells these characters (shape: 65,536)."""
    table = np.zeros(0x10000, dtype=np.bool_)
    table[[ord(character) for character in characters]] = True
    return table


class Starts:
    """Where in a text two characters stand side by side that begin a sequence of UTF-8 in one of the code pages.

    All code pages are looked for at once, each by a bit of its own: ten times as fast as a search for one of them.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._bits = {name: 1 << number for number, name in enumerate(names)}
        self._leads = np.zeros(0x10000, dtype=np.uint8)
        self._tails = np.zeros(0x10000, dtype=np.uint8)
        for name, bit in self._bits.items():
            for table, first, last in ((self._leads, 0xC2, 0xF4), (self._tails, 0x80, 0xBF)):
                table[[ord(character) for character in page(name).spelled(first, last)]] |= bit

    def find(self, text: str) -> dict[str, Places]:
        """Return the offsets for each code page that has any."""
        units = code_units(text)
        both = self._leads.take(units[:-1])
        both &= self._tails.take(units[1:])
        places = np.flatnonzero(both)
        if not len(places):
            return {}
        masks = both[places]
        places = offsets(text, places, units)
        found = {name: places[(masks & bit) > 0] for name, bit in self._bits.items()}
        return {name: mine for name, mine in found.items() if len(mine)}


# --- Good marks ------------------------------------------------------------------------------------------------------

# Marks of good Chinese text that some of these encodings have as well.
GOOD_MARKS = frozenset("“”‘’–—…·±≤≥÷×√§°•‰")


@cache
def good_marks() -> npt.NDArray[np.bool_]:
    """Tell of each UTF-16 code unit whether it is a mark of good Chinese text (shape: 65,536)."""
    return membership(GOOD_MARKS)


# --- Encodings that lose bytes ---------------------------------------------------------------------------------------

SOFT_HYPHEN = "\xad"
NO_HYPHENS = " without soft hyphens"
# Browsers and filters of web pages drop soft hyphens, which nobody sees. What is left of Chinese bytes is what an
# encoding leaves that lacks those: for each the encoding, and the bytes that it has no characters for. What browsers
# call windows-1252 has the C1 controls where Windows leaves bytes open.
_LOSING = {
    f"latin-1{NO_HYPHENS}": ("latin-1", b"\xad"),
    f"windows-1252{NO_HYPHENS}": ("cp1252", b"\xad"),
    f"cp1252{NO_HYPHENS}": ("cp1252", b"\x81\x8d\x8f\x90\x9d\xad"),
}


@cache
def _codec(name: str) -> codecs.CodecInfo:
    base, lost = _LOSING[name]
    characters = [chr(byte) for byte in range(0x100)]
    if base == "cp1252":
        for byte in range(0x80, 0xA0):
            characters[byte] = as_windows(byte)
    for byte in lost:
        characters[byte] = "\ufffe"  # none, to Python's codecs
    table = "".join(characters)
    written = codecs.charmap_build(table)
    return codecs.CodecInfo(
        encode=lambda text, errors="strict": codecs.charmap_encode(text, errors, written),
        decode=lambda data, errors="strict": codecs.charmap_decode(data, errors, table),
        name=name,
    )


def _find(name: str) -> codecs.CodecInfo | None:
    """Return the codec of a name, which comes with its spaces and hyphens replaced."""
    plain = re.sub("[^a-z0-9]+", "_", name)
    return next((_codec(known) for known in _LOSING if re.sub("[^a-z0-9]+", "_", known) == plain), None)


codecs.register(_find)
