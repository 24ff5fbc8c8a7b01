"""The overview against a slow, plain count of the same corpora."""

import random
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnpolicy.index import Index, Record
from cnpolicy.stats.groups import split
from cnpolicy.stats.overview import corpus, frequent_words, overview
from cnpolicy.stats.table import Table

WORDS = ["改革", "开放", "的", "x", "2010", "发展", "發展", "㐂", "𠮷野", "。", "！", "；", "”", "…", "——", "\n", " "]

texts = st.lists(st.sampled_from(WORDS), max_size=25)
records = st.tuples(
    texts,
    st.sampled_from(["utf-8", "gb18030", "big5"]),
    st.dictionaries(
        st.tuples(st.sampled_from(["r", "s"]), st.sampled_from(["certain", "inferred"])), st.integers(1, 5), max_size=3
    ),
)
corpora = st.lists(records, max_size=6).map(
    lambda found: [
        Record(f"{number}", words, encoding, findings=findings)
        for number, (words, encoding, findings) in enumerate(found)
    ]
)


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


def tokens_of(words: Sequence[str]) -> list[tuple[int, str]]:
    """A document's tokens in Simplified, each with the number of its sentence (which counts empty ones, too)."""
    words = [word for word in words if word != " "]  # no part of the text: a segmented one has it everywhere
    tokens: list[tuple[int, str]] = []
    sentence, ended = 0, False
    for place, word in enumerate(words):
        before, after = words[place - 1 : place] if place else [], words[place + 1 : place + 2]
        ends = word in "。！" or (word == "…" and "…" in [*before, *after])
        closes = word == "”" and ended
        if word == "\n":
            sentence, ended = sentence + 1, False
            continue
        if ended and not (ends or closes):
            sentence += 1
        ended = ends or closes
        tokens.append((sentence, word.replace("發", "发")))
    return tokens


def words_of(words: Sequence[str]) -> list[str]:
    return [token for _, token in tokens_of(words) if is_word(token)]


def printed(tables: Sequence[Table]) -> list[Any]:
    """Tables as they are printed: floats to 6 significant digits."""
    return [
        (section, columns, [[f"{value:.6g}" if isinstance(value, float) else value for value in row] for row in rows])
        for section, columns, rows in tables
    ]


def close(rows: Sequence[Sequence[Any]]) -> list[tuple[Any, ...]]:
    """Rows to compare with: floats need to be equal but for rounding."""
    return [
        tuple(pytest.approx(value, rel=1e-9, abs=1e-9) if isinstance(value, float) else value for value in row)
        for row in rows
    ]


def is_word(word: str) -> bool:
    return word in ("改革", "开放", "的", "x", "2010", "发展", "㐂", "𠮷野")


def oracle(documents: Sequence[Record], top: int, min_length: int) -> list[Table]:
    texts = [[word.replace("發", "发") for word in document.words if word != " "] for document in documents]
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


@settings(max_examples=30)  # each opens a database
@given(corpora, st.integers(0, 5), st.integers(1, 3))
def test_the_overview_is_that_of_a_plain_count(documents: list[Record], top: int, min_length: int) -> None:
    with index_of(documents) as index:
        made = {table.section: table for table in overview(index, top, min_length)}
    assert list(made) == ["corpus", "lengths", "diversity", "words", "ngrams", "encodings", "damage"]
    assert [made[section] for section in ("corpus", "words", "encodings", "damage")] == oracle(
        documents, top, min_length
    )


@settings(max_examples=20)
@given(corpora, st.integers(1, 4), st.randoms(use_true_random=False))
def test_no_order_and_no_split_changes_a_table(documents: list[Record], pieces: int, chance: random.Random) -> None:
    shuffled = chance.sample(documents, len(documents))
    with index_of(documents) as one, index_of(shuffled, pieces) as other:
        assert printed(overview(one)) == printed(overview(other))


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
        made = {table.section: table.rows for table in overview(index)}
    assert [made[section] for section in ("words", "ngrams", "encodings", "damage")] == [[], [], [], []]
    assert made["lengths"] == [("sentence", 0, *[None] * 4), ("clause", 0, *[None] * 4)]
    assert {value for _, value in made["diversity"]} == {0, None}


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
                assert all(type(value) in (str, int, float, type(None)) for value in row)
        assert frequent_words(index, 1).rows == [("改革", 2, 2e6 / 3, 1)]


def test_length_is_counted_in_code_points() -> None:
    with index_of([Record("a", ["𠮷", "𠮷野", "的"])]) as index:
        assert [row[0] for row in frequent_words(index, min_length=2).rows] == ["𠮷野"]


def test_a_column_splits_every_table() -> None:
    documents = [Record("a", ["改革"], "utf-8"), Record("b", ["开放", "开放"], "big5"), Record("c", ["改革"], "big5")]
    with index_of(documents) as index:
        tables = {table.section: table for table in overview(index, by="encoding")}
        assert tables["words"].columns == ("group", "term", "frequency", "per_million", "documents")
        assert tables["words"].rows == [
            ("big5", "开放", 2, pytest.approx(2e6 / 3), 1),
            ("big5", "改革", 1, pytest.approx(1e6 / 3), 1),
            ("utf-8", "改革", 1, 1e6, 1),
        ]
        assert [row for row in tables["corpus"].rows if row[1] == "documents"] == [
            ("big5", "documents", 2),
            ("utf-8", "documents", 1),
        ]
        with pytest.raises(ValueError, match="no column 'ministry'; they have doc_id"):
            overview(index, by="ministry")
        with pytest.raises(ValueError, match="no column"):
            overview(index, by='name"; DROP TABLE terms; --')


def test_a_selection_is_a_corpus_of_its_own() -> None:
    documents = [Record("a", ["改革", "\n", "开放"]), Record("b", ["发展", "。"])]
    with index_of(documents) as index, index_of(documents[1:]) as alone:
        assert printed(overview(index.select("name = 'b'"))) == printed(overview(alone))
        assert split(index.select("name = 'b'"), "name")[0][0] == "b"
