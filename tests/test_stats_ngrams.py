"""N-grams against a slow, plain count."""

from collections import Counter, defaultdict
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_stats import close, corpora, index_of, is_word, tokens_of

from cnpolicy.index import Index, Record
from cnpolicy.stats import counting
from cnpolicy.stats.dispersion import dispersion
from cnpolicy.stats.ngrams import ngrams
from cnpolicy.stats.sequences import _runs

Places = list[tuple[int, int]]


def occurrences(documents: list[Record], n: int, least: int) -> dict[tuple[str, ...], Places]:
    found: dict[tuple[str, ...], Places] = defaultdict(list)
    for number, document in enumerate(documents):
        tokens = tokens_of(list(document.words))
        for place in range(len(tokens) - n + 1):
            gram = tokens[place : place + n]
            if len({sentence for sentence, _ in gram}) == 1 and all(is_word(token) for _, token in gram):
                found[tuple(token for _, token in gram)].append((number, place))
    return {gram: places for gram, places in found.items() if len(places) >= least}


def rows_of(documents: list[Record], found: dict[tuple[str, ...], Places]) -> list[tuple[Any, ...]]:
    sizes = [sum(is_word(token) for _, token in tokens_of(list(document.words))) for document in documents]
    rows = []
    for gram, places in found.items():
        counts = Counter(number for number, _ in places)
        dp = dispersion([counts[number] for number in range(len(sizes))], sizes).dp()[0]
        spread = float(dp) if sum(size > 0 for size in sizes) > 1 else None
        rows.append((" ".join(gram), len(gram), len(places), len(places) * 1e6 / sum(sizes), len(counts), spread))
    return sorted(rows, key=lambda row: (-row[2], -row[1], row[0].split()))


@settings(max_examples=20)
@given(corpora, st.integers(2, 4), st.integers(1, 3))
def test_ngrams_are_those_of_a_plain_count(documents: list[Record], n: int, least: int) -> None:
    expected = rows_of(documents, occurrences(documents, n, least))
    with index_of(documents) as index:
        assert ngrams(index, n, min_frequency=least).rows == close(expected)
        assert ngrams(index, n, min_frequency=least, top=2).rows == close(expected[:2])
        stops = frozenset({"的", "改革"})
        inner = [row for row in expected if not {row[0].split()[0], row[0].split()[-1]} & stops]
        assert ngrams(index, n, min_frequency=least, stopwords=stops).rows == close(inner)


def subsumed(documents: list[Record], shortest: int, longest: int, least: int) -> dict[tuple[str, ...], Places]:
    kept: dict[tuple[str, ...], Places] = {}
    for n in range(longest, shortest - 1, -1):
        covers = [(number, place, len(gram)) for gram, places in kept.items() for number, place in places]
        for gram, places in occurrences(documents, n, least).items():
            left = [
                (number, place)
                for number, place in places
                if not any(
                    where == number and begin <= place and place + n <= begin + size for where, begin, size in covers
                )
            ]
            if len(left) >= least:
                kept[gram] = left
    return kept


@settings(max_examples=20)
@given(corpora, st.integers(2, 3), st.integers(0, 2), st.integers(1, 2))
def test_longer_ngrams_take_from_shorter_ones(documents: list[Record], shortest: int, more: int, least: int) -> None:
    expected = rows_of(documents, subsumed(documents, shortest, shortest + more, least))
    with index_of(documents) as index:
        made = ngrams(index, shortest, shortest + more, min_frequency=least, subsume=True)
    assert made.rows == close(expected)


@settings(max_examples=20)
@given(corpora, st.integers(2, 3), st.integers(0, 2), st.integers(1, 2), st.booleans(), st.sampled_from([None, 1, 3]))
def test_a_corpus_that_is_read_in_stretches(
    documents: list[Record], shortest: int, more: int, least: int, subsume: bool, top: int | None
) -> None:
    given = {"min_frequency": least, "subsume": subsume, "top": top, "stopwords": frozenset({"的"})}
    with index_of(documents) as index:
        whole = ngrams(index, shortest, shortest + more, **given)  # type: ignore[arg-type]
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(counting, "STRETCH", 7)
            assert ngrams(index, shortest, shortest + more, **given) == whole  # type: ignore[arg-type]


def test_pairs_of_large_numbers() -> None:
    """What does not fit into one number with its place is sorted in another way."""
    before = np.array([1 << 30, 5, 1 << 30, 5, 5])
    last = np.array([1 << 31, 7, 1 << 31, 6, 7])
    runs = _runs(before, last, np.arange(5))
    assert [(key >> 32, key & 0xFFFFFFFF) for key in runs.key.tolist()] == [(5, 6), (5, 7), (1 << 30, 1 << 31)]
    assert (runs.n.tolist(), runs.at.tolist()) == ([1, 2, 2], [3, 1, 4, 0, 2])


def test_a_pair_that_is_only_part_of_a_triple_is_left_out() -> None:
    documents = [Record("a", ["甲", "乙", "丙", "。"] * 3 + ["乙", "丙", "。"] * 2)]
    with index_of(documents) as index:
        rows = ngrams(index, 2, 3, subsume=True).rows
    assert [row[:3] for row in rows] == [("甲 乙 丙", 3, 3), ("乙 丙", 2, 2)]


def test_punctuation_and_sentences_break_an_ngram() -> None:
    with index_of([Record("a", ["甲", "、", "乙", "\n", "丙", "。", "丁", "戊"])]) as index:
        assert [row[0] for row in ngrams(index, min_frequency=1).rows] == ["丁 戊"]


def test_edge_cases() -> None:
    with Index() as index:
        assert ngrams(index).rows == []
        for wrong in ((1, None), (3, 2), (2, 7)):
            with pytest.raises(ValueError, match="2 to 6 words"):
                ngrams(index, *wrong)
        with pytest.raises(ValueError, match="least frequency"):
            ngrams(index, min_frequency=0)
    with index_of([Record("a", ["甲"]), Record("b", [])]) as index:
        assert ngrams(index, min_frequency=1).rows == []
