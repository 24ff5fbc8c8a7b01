"""Similar documents against a slow, plain computation."""

from collections import Counter
from itertools import pairwise
from math import log, sqrt
from typing import Any

import pytest
from hypothesis import given, settings
from test_stats import corpora, index_of, texts, words_of

from cnpolicy.index import Index, Record
from cnpolicy.stats.similarity import similar


def oracle(documents: list[Record], own: list[str], but: int | None) -> dict[int, tuple[float, dict[str, float]]]:
    counts = [Counter(words_of(list(document.words))) for document in documents]
    df = Counter(word for count in counts for word in count)

    def weights(count: Counter[str]) -> dict[str, float]:
        return {word: (1 + log(n)) * log(len(documents) / df[word]) for word, n in count.items() if df[word]}

    mine = weights(Counter(own))
    near = {}
    for number, count in enumerate(counts):
        other = weights(count)
        products = {word: mine[word] * other[word] for word in mine.keys() & other.keys() if mine[word]}
        if number != but and products:
            norms = [sqrt(sum(weight * weight for weight in vector.values())) for vector in (mine, other)]
            near[number] = sum(products.values()) / norms[0] / norms[1], products
    return near


def check(rows: list[tuple[Any, ...]], expected: dict[int, tuple[float, dict[str, float]]]) -> None:
    assert {row[1]: row[2] for row in rows} == pytest.approx({number: found[0] for number, found in expected.items()})
    assert all(row[2] >= following[2] - 1e-12 for row, following in pairwise(rows))
    for name, number, similarity, shared in rows:
        products = expected[number][1]
        order = sorted(products, key=lambda word: (-round(products[word], 9), word))
        assert name == str(number)
        assert 0 < similarity <= 1
        assert len(shared.split()) == min(len(products), 2)
        assert products[shared.split()[0]] == pytest.approx(products[order[0]])


@settings(max_examples=25)
@given(corpora, texts)
def test_the_nearest_are_those_of_a_plain_computation(documents: list[Record], foreign: list[str]) -> None:
    with index_of(documents) as index:
        check(similar(index, words=foreign, shared=2).rows, oracle(documents, words_of(foreign), None))
        for number, document in enumerate(documents[:2]):
            own = words_of(list(document.words))
            check(similar(index, doc_id=number, shared=2).rows, oracle(documents, own, number))


def test_the_nearest_comes_first_with_what_it_shares() -> None:
    documents = [
        Record("a", ["农业", "农村", "水稻"]),
        Record("b", ["农业", "农村", "市场"]),
        Record("c", ["农业", "钢铁"]),
        Record("d", ["税收"]),
    ]
    with index_of(documents) as index:
        rows = similar(index, doc_id=0).rows
        assert [(row[0], row[3]) for row in rows] == [("b", "农村 农业"), ("c", "农业")]
        assert [row[0] for row in similar(index, words=["農業", "鋼鐵", "。"], top=1).rows] == ["c"]
        assert similar(index.select("name <> 'b'"), doc_id=0).rows[0][0] == "c"


def test_edge_cases() -> None:
    with Index() as index:
        assert similar(index, words=["改革"]).rows == []
        with pytest.raises(ValueError, match="either"):
            similar(index)
        with pytest.raises(ValueError, match="either"):
            similar(index, doc_id=0, words=[])
        with pytest.raises(ValueError, match="no document of the corpus has the number 0"):
            similar(index, doc_id=0)
    with index_of([Record("a", ["改革"])]) as index:
        assert similar(index, doc_id=0).rows == []
        assert similar(index, words=["改革"]).rows == []
    with index_of([Record("a", ["改革"]), Record("b", ["改革", "开放"]), Record("c", [])]) as index:
        assert [row[0] for row in similar(index, doc_id=0).rows] == ["b"]
        assert similar(index, doc_id=2).rows == []
        assert similar(index, words=["没有", "的"]).rows == []
