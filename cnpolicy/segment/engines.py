"""The engines: jieba, and rjieba made to give exactly jieba's words."""

import re
import string
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy.typing as npt

_HAN_RUN = re.compile("([\u4e00-\u9fd5]+)")
# How jieba's HMM mode divides what is not Han: letters and digits with at most one decimal part and a per cent sign.
_ASCII_WORD = re.compile(r"([A-Za-z0-9]+(?:\.[0-9]+)?%?)")

# What jieba takes together before it looks for words; all else it leaves character by character.
_OTHER, _SYMBOL, _ALPHANUMERIC, _HAN = range(4)
_LAST_HAN = 0x9FD5
_NO_WORD = "\0\0"  # stands in no text that reaches an engine


class Engine(Protocol):
    """What cuts a text into words."""

    def cut(self, text: str, hmm: bool) -> list[str]:
        """Return the words of a text, and between them white space and punctuation."""

    def add(self, word: str, frequency: int | None) -> None:
        """Add a word to the dictionary; without a frequency, with the least that keeps it together."""

    def add_new(self, words: Iterable[tuple[str, int]]) -> None:
        """Add words that the dictionary does not have, each with its frequency."""

    def has(self, word: str) -> bool:
        """Tell whether the dictionary has the word."""


class Rjieba:
    """rjieba for the words of the dictionary, and what jieba makes of the characters between them."""

    def __init__(self) -> None:
        import rjieba

        self._engine: Any = rjieba.Jieba()
        self._dictionary: Dictionary | None = None
        self._added: set[str] = set()
        self._removed: set[str] = set()
        self._new: list[tuple[str, int]] = []
        self._is_stale = False
        self._beside = 0  # what jieba counts in its total beside the words that it has
        self._unknown_words: UnknownWords | None = None
        self._remembered = lru_cache(1 << 16)(self._divide)

    def cut(self, text: str, hmm: bool) -> list[str]:
        """Return the words of a text, and between them white space and punctuation."""
        if self._is_stale and self._dictionary is not None:
            self._fill_anew(self._dictionary)
        words: list[str] = self._engine.cut(text, False)
        return self._join(text, words) if hmm else words

    def add(self, word: str, frequency: int | None) -> None:
        """Add a word to the dictionary; without a frequency, with the least that keeps it together."""
        if self._dictionary is None:
            self._dictionary = Dictionary()
            for new, its in self._new:
                self._dictionary.add(new, its)
        if frequency is None:
            frequency = self._dictionary.least_frequency(word, self.cut(word, False))
        earlier = self._dictionary.frequency(word, 0)
        self._dictionary.add(word, frequency)
        self._added.add(word)
        self._remembered.cache_clear()
        if frequency:
            self._removed.discard(word)
            self._engine.add_word(word, frequency, None)
            if earlier:
                # jieba goes on counting the frequency that the word had before; rjieba does not.
                self._beside += earlier
                self._engine.add_word(_NO_WORD, self._beside, None)
        else:
            self._removed.add(word)
            self._is_stale = True

    def add_new(self, words: Iterable[tuple[str, int]]) -> None:
        """Add words that the dictionary does not have: at once, for it need not be read."""
        for word, frequency in words:
            self._engine.add_word(word, frequency, None)
            self._added.add(word)
            self._new.append((word, frequency))

    def has(self, word: str) -> bool:
        """Tell whether the dictionary has the word."""
        return word not in self._removed and bool(self._engine.has_word(word))

    def _fill_anew(self, dictionary: "Dictionary") -> None:
        """Fill an empty engine: rjieba cannot take a word out, and takes one of frequency 0 for a rare one."""
        self._is_stale = False
        self._engine = self._engine.empty()
        rest = dictionary.total
        for word, frequency in dictionary.items():
            if frequency:
                self._engine.add_word(word, frequency, None)
                rest -= frequency
        # What jieba counts beside: words that were taken out, and the earlier frequencies of others.
        self._beside = rest
        self._engine.add_word(_NO_WORD, self._beside, None)

    def _join(self, text: str, words: list[str]) -> list[str]:
        """Put each run of characters that are in no longer word together again, and divide it as jieba does."""
        import numpy as np

        lengths = _lengths(words)
        ends = np.cumsum(lengths)
        codes = np.frombuffer(text.encode("utf-32-le"), np.uint32)
        kinds = _kinds()[np.minimum(codes[ends - lengths], _LAST_HAN + 1)]
        loose = (lengths == 1) & (kinds != _OTHER)
        for index in np.flatnonzero((lengths > 1) & (kinds == _ALPHANUMERIC)).tolist():
            # Letters and digits that are no word come from rjieba put together already.
            word = words[index]
            loose[index] = word.isascii() and word.isalnum() and not (word in self._added and self.has(word))
        edges = np.flatnonzero(np.diff(loose.astype(np.int8), prepend=0, append=0))
        firsts, lasts = edges[::2], edges[1::2]
        several = lasts - firsts > 1
        firsts, lasts = firsts[several], lasts[several]
        starts, stops = ends[firsts] - lengths[firsts], ends[lasts - 1]
        # From the last run to the first, so that a run which gets longer does not move those still to be done.
        runs = np.stack((firsts, lasts, starts, stops), axis=1)[::-1]
        for first, last, start, stop in runs.tolist():
            # Short runs come again and again; long ones hardly ever, and would fill the memory.
            parts = self._remembered(text[start:stop]) if stop - start < 16 else self._divide(text[start:stop])
            if parts != words[first:last]:
                words[first:last] = parts + [""] * (last - first - len(parts))
        return list(filter(None, words))

    def _divide(self, run: str) -> list[str]:
        """Return the words of a run of single characters."""
        if self.has(run):
            return list(run)
        if self._unknown_words is None:
            self._unknown_words = UnknownWords()
        words: list[str] = []
        for place, part in enumerate(_HAN_RUN.split(run)):
            if place % 2:
                for word in self._unknown_words.cut(part):
                    words += word if word in self._removed else [word]
            else:
                # jieba leaves whole what was taken out of the dictionary but is not Han (PM2.5).
                words += filter(None, _ASCII_WORD.split(part))
        return words


class UnknownWords:
    """jieba's hidden Markov model for words that the dictionary lacks, with jieba's own numbers.

    Each character begins a word (B), ends one (E), is inside one (M) or is one by itself (S); the Viterbi algorithm
    finds the likeliest sequence. Sums are formed in jieba's order and of two equal ones the same is chosen, so that
    the result is that of `jieba.finalseg`. rjieba has a model of its own that is rounded to six decimals: it decides
    otherwise where two sequences are nearly or exactly as likely, as in 王王王王强.
    """

    def __init__(self) -> None:
        import_jieba()
        from jieba import finalseg

        impossible: float = finalseg.MIN_FLOAT
        self._impossible = (impossible,) * 4
        self._initial = tuple(finalseg.start_P[state] for state in "BEMS")
        emissions = [finalseg.emit_P[state] for state in "BEMS"]
        characters = set().union(*emissions)
        self._emissions = {
            character: tuple(emission.get(character, impossible) for emission in emissions) for character in characters
        }
        steps = ("EB", "SB", "BE", "ME", "BM", "MM", "ES", "SS")
        self._transitions = tuple(finalseg.trans_P[step[0]][step[1]] for step in steps)

    def cut(self, run: str) -> list[str]:
        """Return the words of a run of Han characters."""
        e_b, s_b, b_e, m_e, b_m, m_m, e_s, s_s = self._transitions
        known, impossible = self._emissions.get, self._impossible
        b, e, m, s = (start + here for start, here in zip(self._initial, known(run[0], impossible), strict=True))
        # For each later character, the state before it if its own is B, E, M or S.
        before: list[tuple[str, str, str, str]] = []
        for character in run[1:]:
            in_b, in_e, in_m, in_s = known(character, impossible)
            from_e, from_s = e + e_b + in_b, s + s_b + in_b
            from_b, from_m = b + b_e + in_e, m + m_e + in_e
            inside_b, inside_m = b + b_m + in_m, m + m_m + in_m
            single_e, single_s = e + e_s + in_s, s + s_s + in_s
            before.append(
                (
                    "S" if from_s >= from_e else "E",
                    "M" if from_m >= from_b else "B",
                    "M" if inside_m >= inside_b else "B",
                    "S" if single_s >= single_e else "E",
                )
            )
            b = from_s if from_s >= from_e else from_e
            e = from_m if from_m >= from_b else from_b
            m = inside_m if inside_m >= inside_b else inside_b
            s = single_s if single_s >= single_e else single_e
        state = "S" if s >= e else "E"
        words: list[str] = []
        end = len(run)
        for start in range(len(run) - 1, 0, -1):
            state = before[start - 1]["BEMS".index(state)]
            if state in "ES":
                words.append(run[start:end])
                end = start
        words.append(run[:end])
        words.reverse()
        return words


class Jieba:
    """jieba itself, without its cache file, log lines and warnings.

    The cache would lie in the shared temporary directory under a name that anybody can guess, in a format
    (marshal) that must not be read from strangers. Reading the dictionary anew takes about a second.
    """

    def __init__(self) -> None:
        jieba = import_jieba()
        from jieba import finalseg

        self._finalseg = finalseg
        self._removed: set[str] = set()
        self._tokenizer = jieba.Tokenizer()
        with Path(jieba.__file__).with_name("dict.txt").open("rb") as dictionary:
            self._tokenizer.FREQ, self._tokenizer.total = self._tokenizer.gen_pfdict(dictionary)
        self._tokenizer.initialized = True

    def cut(self, text: str, hmm: bool) -> list[str]:
        """Return the words of a text, and between them white space and punctuation."""
        # jieba keeps the words that were taken out in one place for all its tokenizers.
        self._finalseg.Force_Split_Words = self._removed
        words: list[str] = self._tokenizer.lcut(text, HMM=hmm)
        return words

    def add(self, word: str, frequency: int | None) -> None:
        """Add a word to the dictionary; without a frequency, with the least that keeps it together."""
        self._finalseg.Force_Split_Words = self._removed
        self._tokenizer.add_word(word, frequency)

    def add_new(self, words: Iterable[tuple[str, int]]) -> None:
        """Add words that the dictionary does not have."""
        for word, frequency in words:
            self.add(word, frequency)

    def has(self, word: str) -> bool:
        """Tell whether the dictionary has the word."""
        return bool(self._tokenizer.FREQ.get(word))


@contextmanager
def silent() -> Iterator[None]:
    """Keep from the user what an import of jieba's warns of (escapes, pkg_resources)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def import_jieba() -> Any:
    """Return the module jieba, made silent."""
    with silent():
        import jieba
    jieba.setLogLevel("ERROR")
    return jieba


@cache
def _kinds() -> "npt.NDArray[Any]":
    """Return, for each code point up to the last Han character of jieba's, which of the kinds it is, then `_OTHER`."""
    import numpy as np

    kinds = np.full(_LAST_HAN + 2, _OTHER, np.uint8)
    kinds[0x4E00 : _LAST_HAN + 1] = _HAN
    kinds[[ord(character) for character in "+#&._%-"]] = _SYMBOL
    kinds[[ord(character) for character in string.ascii_letters + string.digits]] = _ALPHANUMERIC
    return kinds


def _lengths(words: list[str]) -> "npt.NDArray[Any]":
    """Return the number of code points in each word."""
    import numpy as np

    try:
        return np.frombuffer(bytes(map(len, words)), np.uint8).astype(np.int64)
    except ValueError:  # one has more than 255
        return np.fromiter(map(len, words), np.int64, len(words))


class Dictionary:
    """The frequencies of jieba's dictionary and of the words added to it, for what rjieba does not tell."""

    def __init__(self) -> None:
        self._read, self.total = _read_dictionary()
        self._added: dict[str, int] = {}

    def items(self) -> Iterator[tuple[str, int]]:
        """Yield every word, and every beginning of one, with its frequency."""
        yield from self._added.items()
        for word, frequency in self._read.items():
            if word not in self._added:
                yield word, frequency

    def add(self, word: str, frequency: int) -> None:
        """Add a word, or change its frequency."""
        self._added[word] = frequency
        self.total += frequency
        for beginning in _beginnings(word):
            if beginning not in self._read:
                self._added.setdefault(beginning, 0)

    def least_frequency(self, word: str, parts: list[str]) -> int:
        """Return the least frequency at which a word is likelier than its parts, computed as jieba does."""
        share = 1.0
        for part in parts:
            share *= self.frequency(part, 1) / self.total
        return max(int(share * self.total) + 1, self.frequency(word, 0))

    def frequency(self, word: str, otherwise: int) -> int:
        """Return the frequency of a word, or another number if it is not known."""
        return self._added.get(word, self._read.get(word, otherwise))


@cache
def _read_dictionary() -> tuple[dict[str, int], int]:
    """Return the frequencies of jieba's dictionary, and their sum (a few words are there twice)."""
    frequencies: dict[str, int] = {}
    total = 0
    for line in Path(import_jieba().__file__).with_name("dict.txt").read_text("utf-8").splitlines():
        word, frequency, _ = line.split(" ")
        frequencies[word] = int(frequency)
        total += frequencies[word]
    beginnings = {beginning for word in frequencies for beginning in _beginnings(word)}
    for beginning in beginnings:
        frequencies.setdefault(beginning, 0)
    return frequencies, total


def _beginnings(word: str) -> list[str]:
    """Return the beginnings of a word that can turn up as parts of another; jieba gives them the frequency 0.

    These are single characters and runs of ASCII: every longer part is a word.
    """
    ends = range(2, len(word)) if word[:2].isascii() else ()
    return [word[:1], *(word[:end] for end in ends if word[:end].isascii())]
