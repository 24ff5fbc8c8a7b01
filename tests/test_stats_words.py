"""Word lists against a slow, plain count."""

import itertools
from collections import Counter
from math import log2, sqrt
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from test_stats import close, corpora, index_of, is_word, tokens_of

from cnpolicy import tables
from cnpolicy.convert import to_simplified
from cnpolicy.index import Index, Record
from cnpolicy.stats import counting
from cnpolicy.stats.counting import Filters
from cnpolicy.stats.stopwords import chinese, stopwords
from cnpolicy.stats.words import COLUMNS, frequencies


def oracle(documents: list[Record], keep: bool) -> list[tuple[Any, ...]]:
    texts = [[token for _, token in tokens_of(list(document.words))] for document in documents]
    counted = [[token for token in text if keep or is_word(token)] for text in texts]
    sizes = [len(text) for text in counted]
    running = [token for text in texts for token in text]
    total = sum(sizes)
    parts = [(Counter(text), size) for text, size in zip(counted, sizes, strict=True) if size]
    frequency = Counter(token for text in counted for token in text)
    rows = []
    for term, f in frequency.items():
        if term == "2010" and not keep:
            continue
        d = dp = dp_norm = kld = None
        if len(parts) > 1:
            rates = [count[term] / size for count, size in parts]
            mean = sum(rates) / len(rates)
            sd = sqrt(sum((rate - mean) ** 2 for rate in rates) / len(rates))
            d = 1 - sd / mean / sqrt(len(rates) - 1)
            shares = [(count[term] / f, size / total) for count, size in parts]
            dp = sum(abs(observed - even) for observed, even in shares) / 2
            dp_norm = dp / (1 - min(even for _, even in shares))
            kld = sum(observed * log2(observed / even) for observed, even in shares if observed)
        places = [place for place, token in enumerate(running) if token == term]
        even = len(running) / f
        distances = [place - before for before, place in itertools.pairwise(places)]
        distances.append(places[0] + len(running) - places[-1])
        arf = sum(min(distance, even) for distance in distances) / even
        rows.append((term, f, f * 1e6 / total, sum(term in count for count, _ in parts), d, dp, dp_norm, kld, arf))
    return sorted(rows, key=lambda row: (-row[1], row[0]))


@settings(max_examples=25)
@given(corpora)
def test_a_word_list_is_that_of_a_plain_count(documents: list[Record]) -> None:
    with index_of(documents) as index:
        assert frequencies(index).rows == close(oracle(documents, False))
        assert frequencies(index, Filters(keep=True)).rows == close(oracle(documents, True))
        assert frequencies(index, top=3, min_frequency=2).rows == close(
            [row for row in oracle(documents, False) if row[1] > 1][:3]
        )


@settings(max_examples=15)
@given(corpora)
def test_stretches_and_filters_change_no_value(documents: list[Record]) -> None:
    with index_of(documents) as index, pytest.MonkeyPatch.context() as patched:
        whole = frequencies(index).rows
        patched.setattr(counting, "STRETCH", 7)
        assert frequencies(index).rows == close(whole)
        left = [row for row in whole if len(row[0]) > 1 and row[0] != "改革"]
        assert frequencies(index, Filters(min_length=2, stopwords=frozenset({"改革"}))).rows == close(left)


def test_numbers_are_out_and_words_with_numbers_in() -> None:
    numbers = ["2010", "3.5%", "①", "二○一○", "百分之五", "第三", "５０％"]
    words = ["2010年", "5G", "十分", "一带一路", "GDP"]
    with index_of([Record("a", [*numbers, *words])]) as index:
        assert {row[0] for row in frequencies(index).rows} == set(words)
        assert {row[0] for row in frequencies(index, Filters(keep=True)).rows} == {*numbers, *words}


def test_parts_of_speech_choose_occurrences() -> None:
    tagged = Record("a", ["发展", "发展", "经济", "上海", "well", "。"], tags=["v", "vn", "n", "ns", "eng", "x"])
    with index_of([tagged]) as index:
        assert [row[:3] for row in frequencies(index, Filters(pos=["v"])).rows] == [("发展", 2, pytest.approx(4e5))]
        assert [row[0] for row in frequencies(index, Filters(pos=["n"])).rows] == ["上海", "经济"]
        assert [row[:2] for row in frequencies(index, Filters(pos=["vn", "ns"])).rows] == [("上海", 1), ("发展", 1)]
        assert frequencies(index, Filters(pos=["e"])).rows == []
    with index_of([Record("a", ["发展"])]) as index, pytest.raises(ValueError, match="no parts of speech"):
        frequencies(index, Filters(pos=["v"]))


def test_an_empty_corpus_and_documents_without_words() -> None:
    with Index() as index:
        assert frequencies(index) == ("words", COLUMNS, [])
    with index_of([Record("a", []), Record("b", ["。"]), Record("c", ["甲"])]) as index:
        assert frequencies(index).rows == [("甲", 1, 1e6, 1, None, None, None, None, 1.0)]


def test_a_word_that_is_everywhere_alike() -> None:
    with index_of([Record(name, ["甲", "乙"]) for name in "abc"]) as index:
        for row in frequencies(index).rows:
            assert row[4:8] == pytest.approx((1, 0, 0, 0), abs=1e-7)


def test_the_stop_words_are_simplified_sorted_and_function_words() -> None:
    rows = [columns for _, columns in tables.rows("stopwords")]
    words = [word for word, _ in rows]
    assert words == sorted(set(words))
    assert all(to_simplified(word) == word for word in words)
    assert {"的", "和", "我们", "因为"} <= chinese() == stopwords("zh")
    assert not {"改革", "发展", "经济", "人民", "进行", "有关"} & chinese()
    assert stopwords("none") == frozenset()


def test_stop_words_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "words.txt"
    path.write_text("\ufeff# remark\n的\n\n和\tconjunction\n#\n", "utf-8")
    assert stopwords(path) == stopwords(str(path)) == {"的", "和", "#"}
    with pytest.raises(FileNotFoundError):
        stopwords(tmp_path / "missing")
