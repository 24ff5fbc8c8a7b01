"""Words over the years against a slow, plain count."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_stats import close, corpora, index_of, words_of

from cnpolicy.findings import Certainty
from cnpolicy.index import Index, Record
from cnpolicy.stats.timeline import timeline

dates = st.sampled_from(["2010-08-25", "2010", "2012-01", None])


def said(date: str | None) -> dict[str, tuple[str, int, int, Certainty]]:
    """Return a masthead that has this date, or none."""
    return {} if date is None else {"date": (date, 0, 10, "certain")}


def oracle(documents: list[Record], when: list[str | None], asked: list[str]) -> list[tuple[Any, ...]]:
    texts = [
        (date and int(date[:4]), words_of(list(document.words)))
        for document, date in zip(documents, when, strict=False)
    ]
    years = sorted({year for year, _ in texts}, key=lambda year: (year is None, year or 0))
    rows = []
    for word in dict.fromkeys(asked):
        for year in years:
            own = [words for when, words in texts if when == year]
            size, n = sum(map(len, own)), sum(words.count(word) for words in own)
            having = sum(word in words for words in own)
            rate = n * 1e6 / size if size else None
            rows.append((word, year, n, size, rate, having, len(own), having / len(own)))
    return rows


@settings(max_examples=20)
@given(corpora, st.lists(dates, min_size=6, max_size=6), st.lists(st.sampled_from(["改革", "x", "缺"]), min_size=1))
def test_a_timeline_is_that_of_a_plain_count(documents: list[Record], when: list[str | None], asked: list[str]) -> None:
    dated = [document._replace(masthead=said(date)) for document, date in zip(documents, when, strict=False)]
    with index_of(dated) as index:
        assert timeline(index, asked).rows == close(oracle(documents, when, asked))


def test_edge_cases() -> None:
    with Index() as index:
        assert timeline(index, ["改革"]).rows == []
        with pytest.raises(ValueError, match="no word"):
            timeline(index, [])
    with index_of([Record("a", ["改革"], masthead=said("2010")), Record("b", [], masthead=said("2011"))]) as index:
        assert timeline(index.select("year = 2011"), ["改革"]).rows == [("改革", 2011, 0, 0, None, 0, 1, 0.0)]
