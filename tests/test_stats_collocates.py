"""Collocates against a slow, plain count."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_stats import close, corpora, index_of, is_word, tokens_of

from cnpolicy.index import Index, Record
from cnpolicy.stats import association, counting
from cnpolicy.stats.collocates import COLUMNS, CONVENTION, collocates
from cnpolicy.stats.counting import Filters


def oracle(
    documents: list[Record], node: str, left: int | None, right: int | None, keep: bool = False
) -> list[tuple[Any, ...]]:
    near, before, after, frequency = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    row = total = 0
    for document in documents:
        tokens = [
            (sentence, token)
            for sentence, token in tokens_of(list(document.words))
            if keep or is_word(token) or token == node
        ]
        for place, (sentence, token) in enumerate(tokens):
            frequency[token] += 1
            if token == node:
                continue
            total += 1
            distances = [at - place for at, (where, other) in enumerate(tokens) if where == sentence and other == node]
            is_left = any(distance > 0 and (left is None or distance <= left) for distance in distances)
            is_right = any(distance < 0 and (right is None or -distance <= right) for distance in distances)
            near[token] += is_left or is_right
            before[token] += is_left
            after[token] += is_right
            row += is_left or is_right
    rows = []
    for term, both in near.items():
        if not both or (term == "2010" and not keep):
            continue
        column = frequency[term]
        even = row * column / total
        cells = both, row - both, column - both, total - row - column + both
        values = (
            association.mi(both, even),
            association.mi3(both, even),
            association.t_score(both, even),
            association.log_likelihood(*cells),
            association.log_dice(both, frequency[node], column),
        )
        forward = both / row - ((column - both) / (total - row) if total > row else float("nan"))
        back = both / column - ((row - both) / (total - column) if total > column else float("nan"))
        measures = [None if value != value else float(value) for value in (*values, forward, back)]
        rows.append((term, both, before[term], after[term], column, even, *measures))
    return sorted(rows, key=lambda found: (-found[1], found[0]))


sides = st.none() | st.integers(1, 4)


@settings(max_examples=25)
@given(corpora, st.sampled_from(["改革", "的", "2010", "。"]), sides, sides, st.booleans())
def test_collocates_are_those_of_a_plain_count(
    documents: list[Record], node: str, left: int | None, right: int | None, keep: bool
) -> None:
    with index_of(documents) as index:
        made = collocates(index, node, Filters(keep=keep), left=left, right=right, sort="frequency")
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(counting, "STRETCH", 7)
            patched.setattr("cnpolicy.stats.collocates._FREQUENT", 1)
            assert collocates(index, node, Filters(keep=keep), left=left, right=right, sort="frequency") == made
    assert made.rows == close(oracle(documents, node, left, right, keep))


@pytest.mark.parametrize("stretch", [6_000_000, 3])
@pytest.mark.parametrize("share", [0, 1], ids=["all-are-read", "only-its-sentences"])
def test_only_occurrences_with_a_tag_are_counted(stretch: int, share: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cnpolicy.stats.collocates._FREQUENT", share)
    monkeypatch.setattr(counting, "STRETCH", stretch)
    documents = [
        Record("b", ["乙", "甲", "乙", "。", "丙", "甲"], tags=["n", "v", "v", "x", "n", "v"]),
        Record("a", ["甲", "乙", "、", "丙"], tags=["v", "n", "x", "v"]),
    ]
    with index_of(documents) as index:
        rows = collocates(index, "甲", Filters(pos=("n",)), left=1, right=1, sort="frequency").rows
        # All words stand near; of 乙 two and of 丙 one are nouns.
        assert [row[:6] for row in rows] == [("乙", 2, 1, 1, 2, 4 * 2 / 5), ("丙", 1, 1, 0, 1, 4 * 1 / 5)]


def test_a_window_of_one_word_on_one_side() -> None:
    with index_of([Record("a", ["甲", "、", "乙", "丙", "乙", "丁", "。", "戊"])]) as index:
        assert [row[:4] for row in collocates(index, "乙", left=1, right=0, sort="frequency").rows] == [
            ("丙", 1, 1, 0),
            ("甲", 1, 1, 0),
        ]
        # 丙 is right of one 乙 and left of the other, but one word.
        found = {row[0]: row[1:4] for row in collocates(index, "乙", left=1, right=1).rows}
        assert found == {"甲": (1, 1, 0), "丙": (1, 1, 1), "丁": (1, 0, 1)}


def test_edge_cases() -> None:
    with Index() as index:
        assert collocates(index, "改革") == ("collocates", COLUMNS, [])
    with index_of([Record("a", ["改革"]), Record("b", ["开放", "。"])]) as index:
        assert collocates(index, "改革").rows == []
        assert collocates(index, "发展").rows == []
        assert collocates(index.select("name = 'b'"), "改革").rows == []
        for wrong in ((0, 0), (-1, 2), (2, -1)):
            with pytest.raises(ValueError, match="at least one word"):
                collocates(index, "改革", left=wrong[0], right=wrong[1])
        with pytest.raises(ValueError, match="cannot sort by 'term'"):
            collocates(index, "改革", sort="term")
    assert "N = words of the corpus without the node" in CONVENTION


def test_all_words_inside_the_windows() -> None:
    with index_of([Record("a", ["甲", "乙"])]) as index:
        (row,) = collocates(index, "甲").rows
    assert row == ("乙", 1, 0, 1, 1, 1, 0, 0, 0, 0, 14, None, None)
