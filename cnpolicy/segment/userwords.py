"""Words that the user adds to the dictionary, in jieba's format."""

import re
from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

# word, frequency, tag: the last two may be left out. A word may hold spaces.
_LINE = re.compile("(.+?)(?: ([0-9]+))?(?: ([a-z]+))?")

# What follows a Chinese word in lines that are not in jieba's format: a tag before the frequency, a frequency that is
# no whole number, commas. Taken for a part of the word it would hide the mistake: no text has such a word.
_MISPLACED = re.compile(r"[\u4e00-\u9fff](?:[ ,，;；|:：]+(?:[a-z]{1,2}|[-+]?[0-9][0-9.e]*))+")
# The engines count in 64 bits, and jieba adds all frequencies up.
_MOST = 10**15


class UserWord(NamedTuple):
    """A word, how often it occurs beside the dictionary's 60 million, and its part of speech.

    Without a frequency it is the least at which the word is kept together on its own, as in jieba; 0 takes the word
    out of the dictionary.
    """

    word: str
    frequency: int | None = None
    tag: str = ""


def read_user_words(text: str) -> list[UserWord]:
    r"""Return the words of a dictionary file's text; ValueError, with the line's number, for one that is no entry.

    Each line is `word`, `word frequency`, `word tag` or `word frequency tag`, divided by single spaces as jieba has
    it. A Latin word that could be taken for a tag needs a frequency before it, or tabs between the parts.

    >>> for entry in read_user_words("放管服 5 n\nNew York 3\nopen source\t\tn\n"):
    ...     print(*entry, sep="|")
    放管服|5|n
    New York|3|
    open source|None|n
    """
    words = []
    for number, line in enumerate(text.split("\n"), 1):
        entry = line.lstrip("\ufeff").strip(" \r\n")
        if entry.strip():
            try:
                words.append(_entry(entry))
            except ValueError as problem:
                raise ValueError(f"line {number}: {problem}") from None
    return words


def _entry(entry: str) -> UserWord:
    if "\t" in entry:
        word, frequency, tag = (part.strip() for part in (entry + "\t\t").split("\t")[:3])
        if frequency and not (frequency.isascii() and frequency.isdigit()):
            raise ValueError(f"the frequency is {frequency!r}, not a whole number")
    else:
        match = _LINE.fullmatch(entry)
        word, frequency, tag = match.groups(default="") if match else (entry, "", "")
        for misplaced in _MISPLACED.finditer(word):
            if misplaced.end() == len(word):
                raise ValueError(
                    f"{entry!r} is not `word`, `word frequency`, `word tag` or `word frequency tag`, with single "
                    "spaces and a whole number; if all of it is the word, put a tab after it"
                )
    return checked(UserWord(word, int(frequency) if frequency else None, tag))


def checked(entry: UserWord) -> UserWord:
    """Return the entry; ValueError if no text can hold such a word."""
    if not entry.word.strip():
        raise ValueError("there is no word")
    if entry.word != entry.word.strip():
        raise ValueError(f"{entry.word!r} begins or ends with white space")
    for character, name in (("\n", "a line end"), ("\r", "a line end"), ("。", "the full stop 。"), ("\0", "a NUL")):
        if character in entry.word:
            raise ValueError(f"a word cannot hold {name}: {entry.word!r}")
    if entry.frequency is not None and entry.frequency < 0:
        raise ValueError(f"the frequency of {entry.word!r} is below 0")
    if entry.frequency is not None and entry.frequency > _MOST:
        raise ValueError(f"the frequency of {entry.word!r} is above {_MOST:,}; the whole dictionary has 60 million")
    return entry


class Literals:
    """Finds words in a text wherever they stand, at each place the longest.

    For user words that no engine's dictionary can hold, because jieba divides a text at their spaces, brackets or
    dots before it looks for words. A word that begins or ends with a Latin letter or a digit is not found within a
    longer run of them. `spaced` tells whether one of them holds white space.
    """

    def __init__(self, words: Iterable[str]) -> None:
        self._by_beginning: dict[str, list[str]] = {}
        for word in sorted({word for word in words if len(word) > 1}, key=lambda word: (-len(word), word)):
            self._by_beginning.setdefault(word[:2], []).append(word)
        self.spaced = any(len(word.split()) > 1 for word in words)
        self._firsts = {beginning[0] for beginning in self._by_beginning}
        self._seconds = {beginning[1] for beginning in self._by_beginning}

    @cached_property
    def _tables(self) -> "tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]":
        from cnpolicy.segment.flags import table

        return table({1: self._firsts}), table({1: self._seconds})

    def _places(self, text: str) -> list[int]:
        """Return where a word can begin, by the character there and the next: most are no beginning of any."""
        from cnpolicy.segment.flags import SHORT, codes

        if len(text) <= SHORT:
            return [place for place, character in enumerate(text[:-1]) if character in self._firsts]
        points = codes(text)
        firsts, seconds = self._tables
        places: list[int] = (firsts[points[:-1]] & seconds[points[1:]]).nonzero()[0].tolist()
        return places

    def find(self, text: str) -> list[tuple[int, int]]:
        """Return start and end of every word that is found, in order and without overlaps."""
        found: list[tuple[int, int]] = []
        done = 0
        for start in self._places(text):
            if text[start : start + 2] in self._by_beginning and start >= done and (end := self._end(text, start)):
                found.append((start, end))
                done = end
        return found

    def _end(self, text: str, start: int) -> int:
        """Return where the longest word that begins at a place ends; 0 if there is none."""
        for word in self._by_beginning.get(text[start : start + 2], ()):
            end = start + len(word)
            if text.startswith(word, start) and not (_joins(text, start) or _joins(text, end)):
                return end
        return 0


def _joins(text: str, place: int) -> bool:
    """Tell whether Latin letters or digits stand on both sides of a place."""
    around = text[max(place - 1, 0) : place + 1]
    return len(around) == 2 and place > 0 and around.isascii() and around.isalnum()
