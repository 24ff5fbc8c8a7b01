"""Keyness against a slow, plain computation."""

from collections import Counter
from math import erfc, log, log2, sqrt
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from test_stats import close, corpora, index_of, words_of

from cnpolicy.index import Index, Record
from cnpolicy.stats.contrast import benjamini_hochberg, holm
from cnpolicy.stats.counting import Filters
from cnpolicy.stats.keyness import CHI_SQUARED, COLUMNS, keyness


def terms_of(*pairs: tuple[float, float]) -> float:
    return 2 * sum(observed * log(observed / even) for observed, even in pairs if observed)


def oracle(first: list[str], second: list[str]) -> list[tuple[Any, ...]]:
    rows: list[list[Any]] = []
    one, two = Counter(first), Counter(second)
    n1, n2 = len(first), len(second)
    for term in sorted(one.keys() | two.keys()):
        if term == "2010":
            continue
        a, b = one[term], two[term]
        e1, e2 = n1 * (a + b) / (n1 + n2), n2 * (a + b) / (n1 + n2)
        g2 = max(terms_of((a, e1), (b, e2)), 0)
        four = max(terms_of((a, e1), (b, e2), (n1 - a, n1 - e1), (n2 - b, n2 - e2)), 0)
        cells = ((a, e1), (b, e2), (n1 - a, n1 - e1), (n2 - b, n2 - e2))
        chi = sum((observed - even) ** 2 / even for observed, even in cells) if a + b < n1 + n2 else None
        rows.append(
            [
                *(term, a, b, a * 1e6 / n1, b * 1e6 / n2, g2, four, log2((a or 0.5) / n1 / ((b or 0.5) / n2))),
                100 * (a / n1 - b / n2) / (b / n2) if b else None,
                (a / (n1 - a) * (n2 - b) / b) if b and n1 > a else None,
                *(g2 - log(n1 + n2), (a * 1e6 / n1 + 1) / (b * 1e6 / n2 + 1), erfc(sqrt(g2 / 2)), chi),
            ]
        )
    p = [row[12] for row in rows]
    for row in rows:
        # Holm and Benjamini-Hochberg by their definitions.
        row.insert(13, min(1, max(q * sum(other >= q for other in p) for q in p if q <= row[12])))
        row.insert(14, min(1, min(q * len(p) / sum(other <= q for other in p) for q in p if q >= row[12])))
    return [tuple(row) for row in sorted(rows, key=lambda row: (-row[1], row[0]))]


@settings(max_examples=25)
@given(corpora, corpora)
def test_keyness_is_that_of_a_plain_computation(a: list[Record], b: list[Record]) -> None:
    first, second = ([word for record in side for word in words_of(list(record.words))] for side in (a, b))
    assume(first and second)
    with index_of(a) as one, index_of(b) as other:
        made = keyness(one, other, sort="frequency_a", chi_squared=True)
    assert made.columns == (*COLUMNS, CHI_SQUARED)
    assert made.rows == close(oracle(first, second))


@given(st.lists(st.floats(0, 1), max_size=12))
def test_adjusted_p_keeps_order_and_grows(p: list[float]) -> None:
    for adjust in (holm, benjamini_hochberg):
        adjusted = adjust(p)
        assert all(old <= new * (1 + 1e-12) and new <= 1 for old, new in zip(p, adjusted, strict=True))
        assert all(
            x <= y or p[i] > p[j] for i, x in enumerate(adjusted) for j, y in enumerate(adjusted) if p[i] <= p[j]
        )


def test_selections_of_one_database_are_corpora() -> None:
    documents = [Record("a", ["甲", "甲", "乙"]), Record("b", ["乙", "丙"])]
    with index_of(documents) as index:
        table = keyness(index.select("name = 'a'"), index.select("name <> 'a'"), top=2)
    assert [row[:3] for row in table.rows] == [("甲", 2, 0), ("丙", 0, 1)]
    assert [row[COLUMNS.index("percent_diff")] for row in table.rows] == [None, -100]


def test_edge_cases() -> None:
    with Index() as nothing, index_of([Record("a", ["甲", "2010"])]) as index:
        with pytest.raises(ValueError, match="corpus A has no word"):
            keyness(nothing, index)
        with pytest.raises(ValueError, match="corpus B has no word"):
            keyness(index, nothing)
        with pytest.raises(ValueError, match="cannot sort by 'chi_squared'"):
            keyness(index, index, sort="chi_squared")
        assert keyness(index, index, Filters(min_length=9)).rows == []
        (row,) = keyness(index, index).rows
    made = dict(zip(COLUMNS, row, strict=True))
    assert (made["g2"], made["log_ratio"], made["p"], made["percent_diff"]) == (0, 0, 1, 0)
