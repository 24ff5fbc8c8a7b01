"""The engines: jieba, and rjieba made to give exactly jieba's words."""

import importlib
import importlib.util
import re
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache, lru_cache
from importlib.machinery import PathFinder
from itertools import accumulate
from pathlib import Path
from string import ascii_letters, digits
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from cnpolicy.segment.flags import SHORT, Codes, Flags, Places, codes, table

# rjieba works on about so many code points at a time. Measured on news text: 2,000 to 16,000 take the same time,
# 40,000 a tenth more (a third more beside other work), for their words then no longer fit into the processor's cache.
CHUNK = 8192
# The engines treat these as blocks of their own, and no span or user word holds them, so a text may be divided after
# them without changing a word.
DIVIDE = re.compile("[\n。]")

_FIRST_HAN, _LAST_HAN = 0x4E00, 0x9FD5  # jieba's range
_HAN_RUN = re.compile("([\u4e00-\u9fd5]+)")
# How jieba's HMM mode divides what is not Han: letters and digits with at most one decimal part and a per cent sign.
_ASCII_WORD = re.compile(r"([A-Za-z0-9]+(?:\.[0-9]+)?%?)")

# What jieba puts together again before it looks for unknown words: single characters, and runs of letters and digits,
# which come from rjieba put together already. All else it leaves as it is.
_HAN, _LOOSE, _ALPHANUMERIC = 1, 2, 4
_KINDS = table({_LOOSE: "+#&._%-", _LOOSE | _ALPHANUMERIC: ascii_letters + digits})
_KINDS[_FIRST_HAN : _LAST_HAN + 1] = _HAN | _LOOSE
_STATES = "BEMS"
_B, _E, _M, _S = np.arange(4, dtype=np.uint8)
# Measured on runs of 2 to 5 characters: 50 take as long together as one by one, 150 as long as if they are remembered.
# Of runs longer than this there are hardly ever so many.
_LEAST_TOGETHER = 100
_LONGEST_TOGETHER = 12
_REMEMBERED = 1 << 15
_BORDER = "\uffff"  # no character; it stands in no text that reaches an engine
_NO_WORD = "\0\0"  # stands in no text that reaches an engine


class Engine(Protocol):
    """What cuts a text into words."""

    def begins(self, text: str, hmm: bool) -> Flags:
        """Tell of each character whether a word begins with it; white space and punctuation marks are words, too."""

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

    def begins(self, text: str, hmm: bool) -> Flags:
        """Tell of each character whether a word begins with it; white space and punctuation marks are words, too."""
        begins = np.zeros(len(text), dtype=np.bool_)
        if len(text) <= SHORT:
            words = self._joined(self.known(text)) if hmm else self.known(text)
            begins[[0, *accumulate(map(len, words))][:-1]] = True
            return begins
        if self._is_stale and self._dictionary is not None:
            self._fill_anew(self._dictionary)
        # Joined, the words are found in a third of the time that it takes to ask each for its length.
        joined = codes(_BORDER.join(_BORDER.join(self._engine.cut(chunk, False)) for chunk in _chunks(text)))
        borders = (joined == ord(_BORDER)).nonzero()[0]
        starts = np.concatenate(([0], borders - np.arange(len(borders))))
        begins[starts] = True
        if hmm:
            self._join(text, starts, begins)
        return begins

    def known(self, text: str) -> list[str]:
        """Return the words of a text, as the dictionary has them, and what is between them."""
        if self._is_stale and self._dictionary is not None:
            self._fill_anew(self._dictionary)
        words: list[str] = self._engine.cut(text, False)
        return words

    def _joined(self, words: list[str]) -> Iterator[str]:
        """Yield the words of a text, with single characters in a row put together again, divided as jieba does it."""
        row: list[str] = []
        for word in (*words, ""):
            if (len(word) == 1 and _KINDS[ord(word)]) or (word.isalnum() and word.isascii()):
                row.append(word)
                continue
            yield from self._divide(row) if len(row) > 1 else row
            row.clear()
            if word:
                yield word

    def _join(self, text: str, starts: Places, begins: Flags) -> None:
        """Do the same for a long text, of which it is given where the words start.

        Where there are but single Han characters in a row to be looked at, that is done for all of them at once.
        """
        units = codes(text)
        kinds = _KINDS[units[starts]]
        ends = np.concatenate((starts[1:], [len(text)]))
        single = ends - starts == 1
        loose = kinds & _LOOSE > 0
        han = loose & (kinds & _HAN > 0)
        loose &= single
        han &= single
        peculiar = np.zeros(len(starts), dtype=np.bool_)
        longer = (~single & (kinds & _ALPHANUMERIC > 0)).nonzero()[0]
        for place, start, end in zip(longer.tolist(), starts[longer].tolist(), ends[longer].tolist(), strict=True):
            word = text[start:end]
            if word.isascii() and word.isalnum():
                loose[place] = True
                peculiar[place] = word in self._added
        firsts, lasts = _rows(loose)
        if not len(firsts):
            return
        other = loose & ~han
        peculiar[1:] |= other[1:] & other[:-1]
        row_starts, row_ends = starts[firsts], ends[lasts - 1]
        singly = _any(peculiar, firsts, lasts)
        mixed = (~singly & _any(loose & ~single, firsts, lasts)).nonzero()[0]
        singly[mixed] = [
            self.has(text[start:end])
            for start, end in zip(row_starts[mixed].tolist(), row_ends[mixed].tolist(), strict=True)
        ]
        begin, end = _rows(han)
        if self._unknown_words is None:
            self._unknown_words = UnknownWords()
        inside, owners = self._unknown_words.inside(text, units, starts[begin], end - begin)
        changed = np.zeros(len(begin), dtype=np.bool_)
        changed[owners] = True
        rows = np.searchsorted(firsts, begin, "right") - 1
        changed &= ~singly[rows]
        asked = changed.nonzero()[0]
        theirs = rows[asked]
        # jieba leaves a row as it is if it is a word, of those that are less likely than their characters.
        has = self._engine.has_word
        changed[asked] = [
            not has(text[start:end])
            for start, end in zip(row_starts[theirs].tolist(), row_ends[theirs].tolist(), strict=True)
        ]
        if self._removed:
            singly[theirs] = True
        begins[inside[changed[owners]]] = False
        for row in singly.nonzero()[0].tolist():
            tokens = [text[starts[place] : ends[place]] for place in range(firsts[row], lasts[row])]
            _put(begins, int(row_starts[row]), self._divide(tokens))

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

    def _divide(self, run: list[str]) -> Iterator[str]:
        """Yield the words of a run of single characters and of runs of letters and digits, as jieba divides it."""
        loose: list[str] = []
        for token in (*run, ""):
            if token and not (len(token) > 1 and token in self._added and self.has(token)):
                loose.append(token)
                continue
            yield from self._words("".join(loose)) if len(loose) > 1 else loose
            loose.clear()
            if token:
                yield token

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


def _chunks(text: str) -> Iterator[str]:
    """Yield one part of a text after the other, as rjieba gets them."""
    start = 0
    while start < len(text):
        divide = DIVIDE.search(text, start + CHUNK)
        end = divide.end() if divide else len(text)
        yield text[start:end]
        start = end


def _rows(flags: Flags) -> tuple[Places, Places]:
    """Return where two and more flags in a row begin, and end."""
    edges = (np.concatenate(([False], flags)) != np.concatenate((flags, [False]))).nonzero()[0]
    firsts, lasts = edges[::2], edges[1::2]
    several = lasts - firsts > 1
    return firsts[several], lasts[several]


def _any(flags: Flags, firsts: Places, lasts: Places) -> Flags:
    """Tell of each row whether one of its flags is set."""
    sums = np.concatenate(([0], np.cumsum(flags)))
    found: Flags = sums[firsts] != sums[lasts]
    return found


def _put(begins: Flags, start: int, words: Iterable[str]) -> None:
    """Mark where these words begin, the first of them at a place."""
    for word in words:
        begins[start : start + len(word)] = False
        begins[start] = True
        start += len(word)


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
        self._initial = tuple(finalseg.start_P[state] for state in _STATES)
        emissions = [finalseg.emit_P[state] for state in _STATES]
        # Of each character of jieba's range, how likely it is in each state.
        self._table = np.full((_LAST_HAN - _FIRST_HAN + 1, len(_STATES)), impossible)
        for column, emission in enumerate(emissions):
            places = np.fromiter(map(ord, emission), np.intp, len(emission)) - _FIRST_HAN
            is_han = (places >= 0) & (places < len(self._table))
            self._table[places[is_han], column] = np.fromiter(emission.values(), np.float64, len(emission))[is_han]
        # Short runs come again and again.
        self._short: Callable[[str], list[str]] = lru_cache(_REMEMBERED)(self._cut)
        steps = ("EB", "SB", "BE", "ME", "BM", "MM", "ES", "SS")
        self._transitions = tuple(finalseg.trans_P[step[0]][step[1]] for step in steps)

    def cut(self, run: str) -> list[str]:
        """Return the words of a run of Han characters."""
        return self._short(run) if len(run) <= _LONGEST_TOGETHER else self._cut(run)

    def inside(self, text: str, units: Codes, starts: Places, lengths: Places) -> tuple[Places, Places]:
        """Return which characters of runs of Han are in a word that began before them, and to which run each belongs.

        All runs of about the same length are computed at once; what that is not worth for is left to `cut`.
        """
        order = np.argsort(-lengths, kind="stable")
        starts, lengths = starts[order], lengths[order]
        # Runs longer than this, or where there are fewer, are divided one by one.
        short = int(np.searchsorted(-lengths, -_LONGEST_TOGETHER))
        if len(starts) - short < _LEAST_TOGETHER:
            short = len(starts)
        places, owners = self._inside_together(units, starts[short:], lengths[short:])
        owners += short
        singly: list[tuple[int, int]] = []
        for number, (start, length) in enumerate(zip(starts[:short].tolist(), lengths[:short].tolist(), strict=True)):
            for word in self.cut(text[start : start + length]):
                singly += [(place, number) for place in range(start + 1, start + len(word))]
                start += len(word)
        more = np.array(singly, dtype=np.intp).reshape(-1, 2).T
        return np.concatenate((more[0], places)), order[np.concatenate((more[1], owners))]

    def _inside_together(self, units: Codes, starts: Places, lengths: Places) -> tuple[Places, Places]:
        """Do the same for runs of which the longest come first, as `cut` does it, and in the same order of sums."""
        none = np.zeros(0, dtype=np.intp)
        if not len(starts):
            return none, none.copy()
        e_b, s_b, b_e, m_e, b_m, m_m, e_s, s_s = self._transitions
        emissions = self._table[units[starts].astype(np.intp) - _FIRST_HAN].T
        b, e, m, s = (initial + emission for initial, emission in zip(self._initial, emissions, strict=True))
        # For each later character of so many runs, the state before it if its own is B, E, M or S.
        before: list[npt.NDArray[np.uint8]] = []
        for step in range(1, int(lengths[0])):
            going = int(np.searchsorted(-lengths, -step))
            in_b, in_e, in_m, in_s = self._table[units[starts[:going] + step].astype(np.intp) - _FIRST_HAN].T
            old_b, old_e, old_m, old_s = b[:going], e[:going], m[:going], s[:going]
            from_e, from_s = old_e + e_b + in_b, old_s + s_b + in_b
            from_b, from_m = old_b + b_e + in_e, old_m + m_e + in_e
            inside_b, inside_m = old_b + b_m + in_m, old_m + m_m + in_m
            single_e, single_s = old_e + e_s + in_s, old_s + s_s + in_s
            before.append(
                np.stack(
                    (
                        np.where(from_s >= from_e, _S, _E),
                        np.where(from_m >= from_b, _M, _B),
                        np.where(inside_m >= inside_b, _M, _B),
                        np.where(single_s >= single_e, _S, _E),
                    )
                )
            )
            b[:going], e[:going] = np.maximum(from_s, from_e), np.maximum(from_m, from_b)
            m[:going], s[:going] = np.maximum(inside_m, inside_b), np.maximum(single_s, single_e)
        state = np.where(s >= e, _S, _E)
        places: list[Places] = [none]
        owners: list[Places] = [none]
        for step in range(len(before), 0, -1):
            states = before[step - 1]
            going = states.shape[1]
            state[:going] = states[state[:going], np.arange(going)]
            joined = np.flatnonzero((state[:going] == _B) | (state[:going] == _M))
            places.append(starts[joined] + step)
            owners.append(joined)
        return np.concatenate(places), np.concatenate(owners)

    def _known(self, character: str) -> tuple[float, ...]:
        """Return how likely a character is in each state."""
        row = ord(character) - _FIRST_HAN
        if not 0 <= row < len(self._table):
            return self._impossible
        found: tuple[float, ...] = tuple(self._table[row].tolist())
        return found

    def _cut(self, run: str) -> list[str]:
        known = self._known
        e_b, s_b, b_e, m_e, b_m, m_m, e_s, s_s = self._transitions
        (to_b, to_e, to_m, to_s), (in_b, in_e, in_m, in_s) = self._initial, known(run[0])
        b, e, m, s = to_b + in_b, to_e + in_e, to_m + in_m, to_s + in_s
        if len(run) == 2:
            # More than half of all runs: the loops below, for one step.
            _, in_e, _, in_s = known(run[1])
            one = max(b + b_e + in_e, m + m_e + in_e)
            return list(run) if max(e + e_s + in_s, s + s_s + in_s) >= one else [run]
        # For each later character, the state before it if its own is B, E, M or S.
        before: list[tuple[str, str, str, str]] = []
        for character in run[1:]:
            in_b, in_e, in_m, in_s = known(character)
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
            state = before[start - 1][_STATES.index(state)]
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

    def begins(self, text: str, hmm: bool) -> Flags:
        """Tell of each character whether a word begins with it; white space and punctuation marks are words, too."""
        # jieba keeps the words that were taken out in one place for all its tokenizers.
        self._finalseg.Force_Split_Words = self._removed
        ends = np.array([0, *accumulate(map(len, self._tokenizer.cut(text, HMM=hmm)))])
        begins = np.zeros(len(text), dtype=np.bool_)
        begins[ends[:-1]] = True
        return begins

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
