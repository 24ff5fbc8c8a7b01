"""The engines: jieba, and rjieba made to give exactly jieba's words."""

import importlib
import importlib.util
import re
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any, Protocol

# Stands between words in what the engines give. No text that reaches an engine holds this one, which is no character.
BORDER = "\uffff"

_HAN_RUN = re.compile("([\u4e00-\u9fd5]+)")
# How jieba's HMM mode divides what is not Han: letters and digits with at most one decimal part and a per cent sign.
_ASCII_WORD = re.compile(r"([A-Za-z0-9]+(?:\.[0-9]+)?%?)")

# What jieba puts together again before it looks for unknown words: single characters, and runs of letters and digits,
# which come from rjieba put together already. All else it leaves as it is.
_LOOSE = "[\u4e00-\u9fd5A-Za-z0-9+#&._%-](?:(?<=[A-Za-z0-9])[A-Za-z0-9]++)?+"
_LOOSE_RUN = re.compile(f"({BORDER}{_LOOSE}{BORDER}(?:{_LOOSE}{BORDER})++)")
_NO_WORD = "\0\0"  # stands in no text that reaches an engine
# Runs up to this length (with their borders) come again and again; longer ones hardly ever, and would fill the memory.
_REMEMBERED_LENGTH = 32
_REMEMBERED_RUNS = 1 << 16


class Engine(Protocol):
    """What cuts a text into words."""

    def divide(self, text: str, hmm: bool) -> str:
        """Return a text with BORDER between its words; white space and punctuation marks are words, too."""

    def add(self, word: str, frequency: int | None) -> None:
        """Add a word to the dictionary; without a frequency, with the least that keeps it together."""

    def add_new(self, words: Iterable[tuple[str, int]]) -> None:
        """Add words that the dictionary does not have, each with its frequency."""

    def has(self, word: str) -> bool:
        """Tell whether the dictionary has the word."""


class Rjieba:
    """rjieba for the words of the dictionary, and what jieba makes of the characters between them."""

    def __init__(self) -> None:
        self._engine: Any = _rjieba().Jieba()
        self._dictionary: Dictionary | None = None
        self._added: set[str] = set()
        self._removed: set[str] = set()
        self._new: list[tuple[str, int]] = []
        self._is_stale = False
        self._beside = 0  # what jieba counts in its total beside the words that it has
        self._unknown_words: UnknownWords | None = None
        self._runs = _Runs(self._divide)

    def divide(self, text: str, hmm: bool) -> str:
        """Return a text with BORDER between its words; white space and punctuation marks are words, too."""
        divided = BORDER.join(self.known(text))
        if not hmm:
            return divided
        parts = _LOOSE_RUN.split(f"{BORDER}{divided}{BORDER}")
        parts[1::2] = map(self._runs.__getitem__, parts[1::2])
        return "".join(parts)[1:-1]

    def known(self, text: str) -> list[str]:
        """Return the words of a text, as the dictionary has them, and what is between them."""
        if self._is_stale and self._dictionary is not None:
            self._fill_anew(self._dictionary)
        words: list[str] = self._engine.cut(text, False)
        return words

    def add(self, word: str, frequency: int | None) -> None:
        """Add a word to the dictionary; without a frequency, with the least that keeps it together."""
        if self._dictionary is None:
            self._dictionary = Dictionary()
            for new, its in self._new:
                self._dictionary.add(new, its)
        if frequency is None:
            frequency = self._dictionary.least_frequency(word, self.known(word))
        earlier = self._dictionary.frequency(word, 0)
        self._dictionary.add(word, frequency)
        self._added.add(word)
        self._runs.clear()
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

    def _divide(self, run: str) -> str:
        """Put a run of single characters, each between borders, together again, and divide it as jieba does."""
        borders = run.count(BORDER)
        if len(run) == 2 * borders - 1:
            # Single characters all through, as nearly always.
            return f"{BORDER}{BORDER.join(self._words(run[1::2]))}{BORDER}"
        words: list[str] = []
        loose: list[str] = []
        for token in (*run[1:-1].split(BORDER), ""):
            if token and not (len(token) > 1 and token in self._added and self.has(token)):
                loose.append(token)
                continue
            words += self._words("".join(loose)) if len(loose) > 1 else loose
            loose.clear()
            words.append(token)
        return f"{BORDER}{BORDER.join(words)}"

    def _words(self, run: str) -> list[str]:
        """Return the words of a run of single characters."""
        if self.has(run):
            return list(run)
        if self._unknown_words is None:
            self._unknown_words = UnknownWords()
        if not self._removed and _HAN_RUN.fullmatch(run):
            return self._unknown_words.cut(run)
        words: list[str] = []
        for place, part in enumerate(_HAN_RUN.split(run)):
            if place % 2:
                found = self._unknown_words.cut(part)
                if self._removed:
                    found = [piece for word in found for piece in (word if word in self._removed else (word,))]
                words += found
            elif part:
                # jieba leaves whole what was taken out of the dictionary but is not Han (PM2.5).
                words += filter(None, _ASCII_WORD.split(part))
        return words


class _Runs(dict[str, str]):
    """What runs of single characters are divided into, as far as that is worth remembering."""

    def __init__(self, divide: Callable[[str], str]) -> None:
        self._divide = divide

    def __missing__(self, run: str) -> str:
        divided = self._divide(run)
        if len(run) <= _REMEMBERED_LENGTH:
            if len(self) >= _REMEMBERED_RUNS:
                self.clear()
            self[run] = divided
        return divided


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
        known, impossible = self._emissions.get, self._impossible
        e_b, s_b, b_e, m_e, b_m, m_m, e_s, s_s = self._transitions
        (to_b, to_e, to_m, to_s), (in_b, in_e, in_m, in_s) = self._initial, known(run[0], impossible)
        b, e, m, s = to_b + in_b, to_e + in_e, to_m + in_m, to_s + in_s
        if len(run) == 2:
            # More than half of all runs: the loops below, for one step.
            _, in_e, _, in_s = known(run[1], impossible)
            one = max(b + b_e + in_e, m + m_e + in_e)
            return list(run) if max(e + e_s + in_s, s + s_s + in_s) >= one else [run]
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

    def divide(self, text: str, hmm: bool) -> str:
        """Return a text with BORDER between its words; white space and punctuation marks are words, too."""
        # jieba keeps the words that were taken out in one place for all its tokenizers.
        self._finalseg.Force_Split_Words = self._removed
        return BORDER.join(self._tokenizer.cut(text, HMM=hmm))

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


@cache
def _rjieba() -> Any:
    """Return rjieba's compiled module alone: the package around it fills an engine, for 0.15 s, that nobody uses."""
    package = importlib.util.find_spec("rjieba")
    spec = package and PathFinder.find_spec("rjieba.rjieba", package.submodule_search_locations)
    if not spec or not spec.loader:
        return importlib.import_module("rjieba")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


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
