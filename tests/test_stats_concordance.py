"""The concordance against a slow, plain search."""

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_stats import close, corpora, index_of, tokens_of

from cnpolicy.index import Index, Record
from cnpolicy.stats.concordance import ORDERS, SORTED, Order, kwic


def oracle(documents: list[Record], patterns: list[str], width: int, sort: Order) -> list[tuple[Any, ...]]:
    lines: list[tuple[Any, tuple[Any, ...]]] = []
    for document in documents:
        numbered = tokens_of(list(document.words))
        tokens = [token for _, token in numbered]
        for place in range(len(tokens) - len(patterns) + 1):
            end = place + len(patterns)
            if len({sentence for sentence, _ in numbered[place:end]}) == 1 and all(
                map(re.fullmatch, patterns, tokens[place:end])
            ):
                before, after = tokens[max(place - SORTED, 0) : place][::-1], tokens[end : end + SORTED]
                key: tuple[Any, ...] = (document.name, place)
                if sort in ("left", "right"):
                    key = (before if sort == "left" else after, *key)
                elif sort == "position":
                    key = (place, document.name)
                context = tokens[max(place - width, 0) : place], tokens[place:end], tokens[end : end + width]
                lines.append((key, (document.name, place, *map(text, context))))
    return [line for _, line in sorted(lines, key=lambda line: line[0])]


def text(tokens: list[str]) -> str:
    joined = "\0".join(tokens)
    return re.sub("(?<=[0-9x])\0(?=[0-9x])", " ", joined).replace("\0", "")


@settings(max_examples=25)
@given(
    corpora,
    st.lists(st.sampled_from(["改革", "的", "。", "x|2010", ".*", "[改开].", "缺"]), min_size=1, max_size=3),
    st.integers(0, 6),
    st.sampled_from(ORDERS),
)
def test_lines_are_those_of_a_plain_search(
    documents: list[Record], patterns: list[str], width: int, sort: Order
) -> None:
    expected = oracle(documents, patterns, width, sort)
    with index_of(documents) as index:
        assert kwic(index, patterns, regex=True, width=width, sort=sort).rows == close(expected)
        assert kwic(index, " ".join(patterns), regex=True, width=width, sort=sort, top=2).rows == close(expected[:2])


def test_a_word_is_no_regular_expression_unless_said_so() -> None:
    with index_of([Record("a", ["改革", ".*", "开放", "的", "改革"])]) as index:
        assert [row[1:4] for row in kwic(index, ".*").rows] == [(1, "改革", ".*")]
        assert kwic(index, "改").rows == []
        assert kwic(index, ["开放", "的"], width=1).rows == [("a", 2, ".*", "开放的", "改革")]


def test_edge_cases() -> None:
    with Index() as index:
        assert kwic(index, "改革").rows == []
        assert kwic(index, ".*", regex=True, sort="left").rows == []
        for empty in ("", " ", []):
            with pytest.raises(ValueError, match="pattern is empty"):
                kwic(index, empty)
        with pytest.raises(ValueError, match=r"'\(' is no regular expression"):
            kwic(index, "(", regex=True)
        with pytest.raises(ValueError, match="negative"):
            kwic(index, "改革", width=-1)
        with pytest.raises(ValueError, match="cannot sort by 'term'"):
            kwic(index, "改革", sort="term")  # type: ignore[arg-type]
    with index_of([Record("a", ["甲"]), Record("b", [])]) as index:
        assert kwic(index, ".*", regex=True).rows == [("a", 0, "", "甲", "")]
        assert kwic(index, "(a+)+b", regex=True).rows == []
