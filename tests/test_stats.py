"""The overview against a slow, plain count of the same corpora."""

import random
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnpolicy.index import Index, Record
from cnpolicy.stats.overview import corpus, frequent_words, overview
from cnpolicy.stats.table import Table

WORDS = ["改革", "开放", "的", "x", "2010", "发展", "發展", "㐂", "𠮷野", "。", "！", "；", "”", "…", "——", "\n", " "]

records = st.builds(
    Record,
    name=st.sampled_from(["a", "b", "c"]),
    words=st.lists(st.sampled_from(WORDS), max_size=25),
    encoding=st.sampled_from(["utf-8", "gb18030", "big5"]),
    findings=st.dictionaries(
        st.tuples(st.sampled_from(["r", "s"]), st.sampled_from(["certain", "inferred"])), st.integers(1, 5), max_size=3
    ),
)
corpora = st.lists(records, max_size=6)


def index_of(documents: Sequence[Record], pieces: int = 1) -> Index:
    index = Index(threads=1)
    for piece in range(pieces):
        index.add(documents[piece::pieces])
    return index


def plain_sentences(words: list[str]) -> list[list[str]]:
    """A document's sentences, line ends left out: read token by token."""
    sentences: list[list[str]] = [[]]
    for place, word in enumerate(words):
        before, after = words[place - 1 : place] if place else [], words[place + 1 : place + 2]
        ends = word in "。！" or (word == "…" and "…" in before + after)
        closes = word == "”" and bool(sentences[-1]) and sentences[-1][-1:] == ["<end>"]
        if not (ends or closes) and sentences[-1][-1:] == ["<end>"]:
            sentences.append([])
        if word == "\n":
            sentences.append([])
        else:
            sentences[-1].append("<end>" if ends or closes else word)
    return sentences


def is_word(word: str) -> bool:
    return word in ("改革", "开放", "的", "x", "2010", "发展", "㐂", "𠮷野")


def oracle(documents: Sequence[Record], top: int, min_length: int) -> list[Table]:
    texts = [[word.replace("發", "发") for word in document.words] for document in documents]
    words = [[word for word in text if is_word(word)] for text in texts]
    frequency = Counter(word for text in words for word in text)
    in_documents = Counter(word for text in words for word in set(text))
    total = sum(frequency.values())
    characters = [char for text in texts for word in text for char in word if not char.isspace()]
    sentences = sum(any(map(is_word, sentence)) for text in texts for sentence in plain_sentences(text))
    paragraphs = sum(
        any(is_word(word) for word in line.split("|")) for text in texts for line in "|".join(text).split("\n")
    )
    measures = [
        ("documents", len(documents)),
        ("characters", len(characters)),
        ("han_characters", sum(char in "改革开放的发展㐂𠮷野" for char in characters)),
        ("words", total),
        ("types", len(frequency)),
        ("sentences", sentences),
        ("paragraphs", paragraphs),
        ("type_token_ratio", len(frequency) / total if total else None),
        ("mean_sentence_length", total / sentences if sentences else None),
    ]
    listed = sorted((-n, word) for word, n in frequency.items() if len(word) >= min_length)[:top]
    rules = [(rule, certainty, n) for document in documents for (rule, certainty), n in document.findings.items()]
    found: Counter[tuple[str, str]] = Counter()
    for rule, certainty, n in rules:
        found[rule, certainty] += n
    documents_with = Counter((rule, certainty) for rule, certainty, _ in rules)
    encodings = Counter(document.encoding for document in documents)
    return [
        Table("corpus", ("measure", "value"), measures),
        Table(
            "words",
            ("term", "frequency", "per_million", "documents"),
            [(word, -n, pytest.approx(-n * 1e6 / total), in_documents[word]) for n, word in listed],
        ),
        Table("encodings", ("encoding", "documents"), sorted(encodings.items(), key=lambda item: (-item[1], item[0]))),
        Table(
            "damage",
            ("rule", "certainty", "findings", "documents"),
            sorted(
                ((rule, certainty, n, documents_with[rule, certainty]) for (rule, certainty), n in found.items()),
                key=lambda row: (-row[2], row[0], row[1]),
            ),
        ),
    ]


@settings(max_examples=60)  # each opens a database
@given(corpora, st.integers(0, 5), st.integers(1, 3))
def test_the_overview_is_that_of_a_plain_count(documents: list[Record], top: int, min_length: int) -> None:
    with index_of(documents) as index:
        assert overview(index, top, min_length) == oracle(documents, top, min_length)


@settings(max_examples=30)
@given(corpora, st.integers(1, 4), st.randoms(use_true_random=False))
def test_no_order_and_no_split_changes_a_table(documents: list[Record], pieces: int, chance: random.Random) -> None:
    shuffled = chance.sample(documents, len(documents))
    with index_of(documents) as one, index_of(shuffled, pieces) as other:
        assert overview(one) == overview(other)


def values(index: Index) -> dict[str, Any]:
    return dict(corpus(index).rows)


def test_an_empty_corpus_has_defined_values() -> None:
    with Index() as index:
        assert values(index) == {
            **dict.fromkeys(("documents", "characters", "han_characters"), 0),
            **dict.fromkeys(("words", "types", "sentences", "paragraphs"), 0),
            "type_token_ratio": None,
            "mean_sentence_length": None,
        }
        assert [table.rows for table in overview(index)[1:]] == [[], [], []]


def test_documents_without_words_have_no_sentence() -> None:
    with index_of([Record("a", []), Record("b", ["——", "。", "\n", "…", "…"])]) as index:
        made = values(index)
    assert made["documents"] == 2
    assert made["characters"] == 5
    assert made["words"] == made["sentences"] == made["paragraphs"] == 0
    assert made["mean_sentence_length"] is None


def test_numbers_are_numbers() -> None:
    with index_of([Record("a", ["改革", "的", "改革"])]) as index:
        for table in overview(index):
            for row in table.rows:
                assert all(type(value) in (str, int, float) for value in row)
        assert frequent_words(index, 1).rows == [("改革", 2, 2e6 / 3, 1)]


def test_length_is_counted_in_code_points() -> None:
    with index_of([Record("a", ["𠮷", "𠮷野", "的"])]) as index:
        assert [row[0] for row in frequent_words(index, min_length=2).rows] == ["𠮷野"]
