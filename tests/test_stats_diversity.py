"""Lexical diversity and lengths against slow, plain computations."""

from collections import Counter
from itertools import combinations
from math import isnan
from statistics import mean, median, pstdev

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from test_stats import close, corpora, index_of, is_word, tokens_of, words_of

from cnpolicy.index import Index, Record
from cnpolicy.stats import counting, richness
from cnpolicy.stats.diversity import diversity, lengths

numbers = st.lists(st.integers(0, 6), max_size=60)


def plain_factors(words: list[int], threshold: float = 0.72) -> float:
    factors, seen, length = 0.0, set[int](), 0
    for word in words:
        seen.add(word)
        length += 1
        if len(seen) / length <= threshold:
            factors, seen, length = factors + 1, set(), 0
    return factors + ((1 - len(seen) / length) / (1 - threshold) if length else 0)


@given(numbers, st.sampled_from([0.5, 0.66, 0.72, 0.75]))
def test_mtld_is_that_of_a_plain_reading(words: list[int], threshold: float) -> None:
    forward, back = plain_factors(words, threshold), plain_factors(words[::-1], threshold)
    made = richness.mtld(words, threshold)
    if forward and back:
        assert made == pytest.approx((len(words) / forward + len(words) / back) / 2)
    else:
        assert isnan(made)


def test_long_factors_are_found() -> None:
    # The factor ends far beyond the block that is looked at in one go: at 1,000 different words of 1,389.
    words = [*range(1000), *range(1000)]
    assert plain_factors(words) == pytest.approx(richness.factors(richness.earlier(np.array(words))))
    assert richness.mtld(words) == pytest.approx(len(words) / plain_factors(words))


@given(numbers, st.integers(1, 8))
def test_mattr_is_the_mean_over_all_windows(words: list[int], window: int) -> None:
    ratios = [len(set(words[at : at + window])) / window for at in range(len(words) - window + 1)]
    made = richness.mattr(words, window)
    assert made == pytest.approx(mean(ratios)) if ratios else isnan(made)


@given(st.lists(st.integers(0, 4), max_size=9), st.integers(1, 5))
def test_hdd_is_the_mean_over_all_samples(words: list[int], draws: int) -> None:
    samples = [len(set(sample)) / draws for sample in combinations(words, draws)]
    made = richness.hdd(np.bincount(words, minlength=1), draws)
    assert made == pytest.approx(mean(samples)) if samples else isnan(made)


@given(numbers)
def test_yule_k_is_the_chance_that_two_words_are_the_same(words: list[int]) -> None:
    made = richness.yule_k(list(Counter(words).values()))
    if not words:
        assert isnan(made)
        return
    same = sum(a == b for a in words for b in words) - len(words)
    assert made == pytest.approx(1e4 * same / len(words) ** 2)


@settings(max_examples=25)
@given(corpora, st.integers(1, 4), st.integers(1, 5))
def test_a_corpus_sums_up_its_documents(documents: list[Record], window: int, draws: int) -> None:
    words = [words_of(list(document.words)) for document in documents]
    frequency = Counter(word for text in words for word in text)
    number = {word: at for at, word in enumerate(frequency)}
    ids = [[number[word] for word in text] for text in words]
    ratios = [len(set(text[at : at + window])) / window for text in ids for at in range(len(text) - window + 1)]
    forward, back = sum(map(plain_factors, ids)), sum(plain_factors(text[::-1]) for text in ids)
    total = sum(map(len, ids))
    with index_of(documents) as index, pytest.MonkeyPatch.context() as patched:
        made = dict(diversity(index, window=window, draws=draws).rows)
        patched.setattr(counting, "STRETCH", 9)
        assert list(diversity(index, window=window, draws=draws).rows) == close(list(made.items()))
    assert (made["words"], made["types"]) == (total, len(frequency))
    assert made["mattr"] == (pytest.approx(mean(ratios)) if ratios else None)
    assert made["mtld"] == (pytest.approx((total / forward + total / back) / 2) if forward and back else None)
    hdd = richness.hdd(list(frequency.values()), draws)
    assert made["hdd"] == (None if isnan(hdd) else pytest.approx(hdd))
    assert made["ttr"] == (pytest.approx(len(frequency) / total) if total else None)


@settings(max_examples=25)
@given(corpora)
def test_lengths_are_those_of_a_plain_count(documents: list[Record]) -> None:
    sentences, clauses = Counter[tuple[int, int]](), Counter[tuple[int, int, int]]()
    for number, document in enumerate(documents):
        clause = 0
        for sentence, token in tokens_of(list(document.words)):
            clause += token == "；"
            if is_word(token):
                sentences[number, sentence] += 1
                clauses[number, sentence, clause] += 1
    rows = []
    for unit, found in (("sentence", list(sentences.values())), ("clause", list(clauses.values()))):
        values = (mean(found), pstdev(found), float(median(found)), max(found)) if found else (None,) * 4
        rows.append((unit, len(found), *(float(v) if at < 3 and v is not None else v for at, v in enumerate(values))))
    with index_of(documents) as index:
        assert lengths(index).rows == close(rows)


@given(st.lists(st.integers(1, 50), min_size=100, max_size=200))
def test_heaps_begins_with_the_vocabulary(frequency: list[int]) -> None:
    assume(sum(frequency) >= 200)
    made = richness.heaps(frequency)
    assert 0 <= made.exponent <= 1
    assert 0 <= made.r2 <= 1 + 1e-12


def test_edge_cases() -> None:
    with Index() as index:
        assert {value for _, value in diversity(index).rows} == {0, None}
        for wrong in ({"window": 0}, {"draws": 0}):
            with pytest.raises(ValueError, match="at least one word"):
                diversity(index, **wrong)
    with index_of([Record("a", ["改革"]), Record("b", ["。"])]) as index:
        made = dict(diversity(index).rows)
    assert (made["words"], made["ttr"], made["yule_k"]) == (1, 1, 0)
    assert made["mtld"] is made["mattr"] is made["hdd"] is made["zipf_exponent"] is made["heaps_exponent"] is None
