"""The corpus database: what is put in comes out, and a file outlives its process."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cnpolicy.index
from cnpolicy import pipeline, runs
from cnpolicy.document import Document, Pass, Source
from cnpolicy.findings import Finding
from cnpolicy.index import COLUMNS, Index, Record, Tokens, Unusable, Vocabulary, is_database, metadata, record, shards
from cnpolicy.rules import Options

TOKENS = """
SELECT name, paragraph, sentence, position, term
FROM tokens JOIN documents USING (doc_id) JOIN terms USING (term_id) ORDER BY doc_id, position
"""


def test_documents_tokens_and_findings_are_kept() -> None:
    with Index() as index:
        words = ["推进", "改革", "。", "\n", "《", "意见", "》", " ", "2010", "\n"]
        found = {("line-end", "certain"): 3, ("stray-mark", "reported"): 1}
        assert index.add([Record("a.txt", words, "gb18030", "simplified", "00ff", found)]) == 1
        assert index.query(
            "SELECT name, encoding, script, sha256, characters, han_characters, words, certain, inferred, reported "
            "FROM documents"
        ) == [("a.txt", "gb18030", "simplified", "00ff", 13, 6, 4, 3, 0, 1)]
        assert index.query(TOKENS) == [
            ("a.txt", 0, 0, 0, "推进"),
            ("a.txt", 0, 0, 1, "改革"),
            ("a.txt", 0, 0, 2, "。"),
            ("a.txt", 1, 2, 3, "《"),
            ("a.txt", 1, 2, 4, "意见"),
            ("a.txt", 1, 2, 5, "》"),
            ("a.txt", 1, 2, 6, "2010"),
        ]
        assert index.query("SELECT rule, certainty, n FROM findings ORDER BY rule") == [
            ("line-end", "certain", 3),
            ("stray-mark", "reported", 1),
        ]
        assert index.query("SELECT term FROM terms WHERE is_word ORDER BY term") == [
            ("2010",),
            ("意见",),
            ("推进",),
            ("改革",),
        ]


def test_a_record_counts_the_findings_of_all_passes() -> None:
    twice = (Finding("r", 0, 1, "甲", "乙", "inferred"), Finding("r", 1, 2, "甲", "甲", "reported"))
    history = (Pass("one", twice), Pass("two", (Finding("r", 0, 1, "乙", "丙", "inferred"),)))
    document = Document("d", "丙甲", "utf-8", "ff", history=history)
    made = record(document, ["丙", "甲"], "simplified")
    assert made.findings == {("r", "inferred"): 2, ("r", "reported"): 1}
    assert (made.name, made.encoding, made.script, made.sha256) == ("d", "utf-8", "simplified", "ff")


def test_terms_are_counted_in_simplified() -> None:
    with Index() as index:
        index.add([Record("s", ["发展", "经济"]), Record("t", ["發展", "經濟"]), Record("m", ["皇后", "長"])])
        assert index.query("SELECT term, count(*) FROM tokens JOIN terms USING (term_id) GROUP BY 1 ORDER BY 1") == [
            ("发展", 2),
            ("皇后", 1),
            ("经济", 2),
            ("长", 1),
        ]


def test_white_space_is_no_token_but_separates_lines() -> None:
    with Index() as index:
        index.add([Record("a", ["\n", "甲", "\u3000", "乙", "\r\n", "\n", "丙"])])
        assert [row[1:] for row in index.query(TOKENS)] == [(1, 1, 0, "甲"), (1, 1, 1, "乙"), (3, 3, 2, "丙")]
        assert index.query("SELECT count(*) FROM terms") == [(3,)]


def test_a_word_with_a_space_in_it_is_one_token() -> None:
    with Index() as index:
        index.add([Record("a", ["New York", "市"])])
        assert index.query("SELECT characters, han_characters FROM documents") == [(8, 1)]
        assert index.query("SELECT term FROM terms ORDER BY term") == [("New York",), ("市",)]


def test_a_document_without_words_is_a_document() -> None:
    with Index() as index:
        assert index.add([Record("empty", []), Record("blank", ["\n", " "])]) == 2
        assert index.add([]) == 0
        assert index.query("SELECT name, characters FROM documents ORDER BY doc_id") == [("empty", 0), ("blank", 0)]


@settings(max_examples=40)  # each opens a database
@given(st.lists(st.text(max_size=4).filter(bool), max_size=20))
def test_any_text_comes_out_as_it_went_in(words: list[str]) -> None:
    with Index(threads=1) as index:
        index.add([Record("a", words)])
        kept = [word for word in words if not word.isspace()]
        terms = [row[4] for row in index.query(TOKENS)]
        assert list(map(len, terms)) == list(map(len, kept))
        (characters,) = index.query("SELECT characters FROM documents")[0]
        assert characters == len("".join("".join(kept).split()))


def test_a_file_is_opened_again(tmp_path: Path) -> None:
    path = tmp_path / "corpus.duckdb"
    with Index(path) as index:
        index.add([Record("a", ["\n", "甲", "乙"])])
    with Index(path) as index:
        index.add([Record("b", ["丙", "\n", "乙", "丁"])])
        assert [(row[0], row[4]) for row in index.query(TOKENS)] == [
            ("a", "甲"),
            ("a", "乙"),
            ("b", "丙"),
            ("b", "乙"),
            ("b", "丁"),
        ]
        assert index.query("SELECT count(*), count(DISTINCT term_id), count(DISTINCT term) FROM terms") == [(4, 4, 4)]
        assert index.query("SELECT term FROM terms WHERE NOT is_word") == []


def test_an_interrupted_addition_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cnpolicy.index, "BATCH", 2)

    def broken() -> Iterator[Record]:
        yield Record("b", ["乙", "丙"])
        yield Record("c", ["丁"])
        raise KeyboardInterrupt

    with Index(tmp_path / "corpus.duckdb") as index:
        index.add([Record("a", ["甲"])])
        with pytest.raises(KeyboardInterrupt):
            index.add(broken())
        assert index.query("SELECT name FROM documents") == [("a",)]
        index.add([Record("d", ["戊", "甲"])])
        assert [(row[0], row[4]) for row in index.query(TOKENS)] == [("a", "甲"), ("d", "戊"), ("d", "甲")]
        assert index.query("SELECT term FROM terms ORDER BY term") == [("戊",), ("甲",)]


def test_what_is_no_corpus_database_is_refused(tmp_path: Path) -> None:
    text = tmp_path / "text.duckdb"
    text.write_bytes(b"no database" * 500)
    with pytest.raises(OSError, match="not a valid DuckDB"):
        Index(text)
    with pytest.raises(OSError, match="missing"):
        Index(tmp_path / "missing" / "corpus.duckdb")
    other = tmp_path / "other.duckdb"
    with duckdb.connect(str(other)) as database:
        database.execute("CREATE TABLE something (x INTEGER)")
    with pytest.raises(Unusable, match="another file"):
        Index(other)
    old = tmp_path / "old.duckdb"
    Index(old).close()
    with duckdb.connect(str(old)) as database:
        database.execute("UPDATE meta SET value = 0 WHERE key = 'version'")
    with pytest.raises(Unusable, match="version 0"):
        Index(old)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('{path}')",
        "SELECT * FROM '{path}'",
        "COPY documents TO '{path}.copy'",
        "ATTACH '{path}.duckdb'",
        "SET enable_external_access = true",
        "SET threads = 1",
        "LOAD httpfs",
    ],
)
def test_a_query_reaches_nothing_outside(sql: str, tmp_path: Path) -> None:
    path = tmp_path / "secret.csv"
    path.write_text("a,b\n1,2\n", "utf-8")
    with Index() as index, pytest.raises(duckdb.Error):
        index.query(sql.format(path=path))
    assert sorted(tmp_path.iterdir()) == [path]


def test_what_does_not_fit_into_memory_is_spilt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with Index(memory_limit="100MB", threads=1) as index:
        rows = index.query("SELECT count(*) FROM (SELECT DISTINCT hash(range), range FROM range(5_000_000))")
        assert rows == [(5_000_000,)]
    assert list(tmp_path.iterdir()) == []


def test_many_batches_make_the_same_database(monkeypatch: pytest.MonkeyPatch) -> None:
    words = [hashlib.sha256(bytes([n])).hexdigest()[:2] for n in range(200)]
    records = [Record(str(n), words[n : n + 20]) for n in range(150)]
    rows = []
    for batch in (1, 50, 1_000_000):
        monkeypatch.setattr(cnpolicy.index, "BATCH", batch)
        with Index(threads=1) as index:
            index.add(records)
            rows.append(index.query(TOKENS))
    assert rows[0] == rows[1] == rows[2]
    assert len(rows[0]) == 3000


def test_documents_are_replaced_and_removed_in_one_transaction(tmp_path: Path) -> None:
    with Index(tmp_path / "corpus.duckdb") as index:
        index.add([Record(name, [name, "共有"], fingerprint=f"1{name}") for name in "甲乙丙丁"])
        change = index.update(
            [Record("乙", ["新词", "共有"], fingerprint="2乙"), Record("戊", ["戊"])], replace=True, remove=["丁", "无"]
        )
        assert change == (1, 1, 1, [])
        assert index.query("SELECT doc_id, name FROM documents ORDER BY doc_id") == [
            (0, "甲"),
            (1, "乙"),
            (2, "丙"),
            (4, "戊"),
        ]
        assert index.fingerprints() == {"甲": "1甲", "乙": "2乙", "丙": "1丙", "戊": ""}
        terms = [term for (term,) in index.query("SELECT term FROM terms ORDER BY term")]
        assert terms == ["丙", "共有", "戊", "新词", "甲"], "terms that no document has any more are gone"
        assert index.add([Record("己", ["乙", "共有"])]) == 1
        assert index.query("SELECT count(*), count(DISTINCT term_id) FROM terms") == [(6, 6)]


def test_metadata_that_do_not_fit_change_nothing(tmp_path: Path) -> None:
    table = metadata.read("name,rank\nb/x.txt,1\nx.txt,2\n", COLUMNS)
    with Index(tmp_path / "corpus.duckdb") as index:
        index.add([Record("a.txt", ["甲"])])
        with pytest.raises(ValueError, match="rows 2 and 3 are both about"):
            index.update([Record("b/x.txt", ["乙"])], metadata=table)
        assert index.query("SELECT name FROM documents") == [("a.txt",)]
        good = metadata.read("rank,name\n,x.txt\n7,a.txt\n", COLUMNS)
        assert index.update([Record("b/x.txt", ["乙"])], metadata=good).added == 1
        assert index.query("SELECT name, rank FROM documents ORDER BY name") == [("a.txt", 7), ("b/x.txt", None)]


def test_a_file_opened_for_reading_is_not_changed(tmp_path: Path) -> None:
    path = tmp_path / "corpus.duckdb"
    with Index(path) as index:
        index.add(
            [
                Record("a", ["甲"], masthead={"date": ("2012-03", -1, -1, "inferred")}),
                Record("b", ["乙"], masthead={"date": ("2013", 4, 9, "certain")}),
            ]
        )
    assert is_database(path)
    assert not is_database(tmp_path / "missing")
    before = path.read_bytes()
    with Index(path, read_only=True) as index:
        assert index.select("year = 2012").query("SELECT name, year FROM {documents}") == [("a", 2012)]
        with pytest.raises(duckdb.Error, match="read-only"):
            index.query("DELETE FROM document_records")
        with pytest.raises(OSError, match="open already"):
            Index(path, read_only=True)
    assert path.read_bytes() == before
    with pytest.raises(OSError, match="missing"):
        Index(tmp_path / "missing", read_only=True)


def test_parts_of_speech_of_some_documents() -> None:
    with Index() as index:
        index.add(
            [
                Record("a", ["甲", "\n", "乙"], tags=["n", "x", "v"]),
                Record("b", ["丙"]),
                Record("c", ["丁"], tags=["n"]),
            ]
        )
        assert index.query("SELECT tag FROM tokens ORDER BY doc_id, position") == [("n",), ("v",), (None,), ("n",)]


def test_tokens_of_traditional_text_keep_their_tags() -> None:
    tokens = Vocabulary().tokens(["發展", " ", "經濟", "\n"], ["v", "x", "n", "x"])
    assert [tokens.terms[i] for i in tokens.ids] == ["发展", "经济", "\n"]
    assert tokens.tag_ids is not None
    assert [tokens.tags[i] for i in tokens.tag_ids] == ["v", "n", "x"]
    kept = Vocabulary(simplified=False).tokens(["發展"])
    assert list(kept.terms) == ["發展"]


def test_a_shard_gives_back_what_was_put_in(tmp_path: Path) -> None:
    vocabulary = Vocabulary()
    records = [
        Record(
            "a",
            vocabulary.tokens(["甲", "\n", "乙"], ["n", "x", "v"]),
            findings={("r", "certain"): 2},
            masthead={"title": ("题", 0, 1, "certain")},
        ),
        Record("空", vocabulary.tokens([])),
        Record("b\\xff", vocabulary.tokens(["甲", "丙"]), changed=0.25, fingerprint="f"),
    ]
    path = shards.path_of(str(tmp_path), ["a"])
    assert shards.inputs(path) is None
    shards.write(path, [shards.Kept("a", "f", {"size": 1})], records)
    assert shards.inputs(path) == [shards.Kept("a", "f", {"size": 1})]
    words = []
    for before, after in zip(records, shards.read(path), strict=True):
        assert before._replace(words=()) == after._replace(words=())
        assert isinstance(after.words, Tokens)
        words.append([after.words.terms[i] for i in after.words.ids])
    assert words == [["甲", "\n", "乙"], [], ["甲", "丙"]]
    Path(path).write_bytes(Path(path).read_bytes()[:100])
    assert shards.inputs(path) is None, "half a shard is none"
    shards.write(path, [], [])
    assert list(shards.read(path)) == []


def test_a_shard_is_taken_instead_of_doing_the_work_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sources = []
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text("推进改革。\n", "utf-8")
        sources.append(Source(name, str(tmp_path / name)))
    job = runs.Job("decode", Options(), frozenset({"tokens"}), digest="d", shards=str(tmp_path / "shards"))
    (first,) = runs.run(job, sources, jobs=1, named=set())
    assert [outcome.status for outcome in first] == ["made", "made"]
    monkeypatch.setattr(pipeline, "process", None)  # whoever did the work again would fail
    (again,) = runs.run(job, sources, jobs=1, named=set())
    assert again == first
    (kept,) = {outcome.shard for outcome in first}
    assert [record.name for record in shards.read(kept)] == ["a.txt", "b.txt"]
    monkeypatch.undo()
    # A document of the shard that is in the database by now must not come into it a second time.
    (third,) = runs.run(job, sources, jobs=1, named=set(), indexed={"a.txt": first[0].fingerprint})
    assert [outcome.status for outcome in third] == ["unchanged", "made"]
    assert [record.name for record in shards.read(kept)] == ["b.txt"]
    (tmp_path / "b.txt").write_text("另一篇。\n", "utf-8")
    (fourth,) = runs.run(job, sources, jobs=1, named=set())
    assert fourth[1].fingerprint != first[1].fingerprint


def test_a_second_run_is_kept_out(tmp_path: Path) -> None:
    database = str(tmp_path / "corpus.duckdb")
    with shards.Workplace(database) as place:
        Path(place.draft).write_bytes(b"half")
        with pytest.raises(shards.Busy, match="another run"), shards.Workplace(database):
            pass
    assert Path(place.draft).exists()
    with shards.Workplace(database) as place:
        assert not Path(place.draft).exists(), "what a crash left is removed"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "where", ["true) UNION SELECT 1 WHERE (true", "true; SELECT 1", "true THEN 1 END, CASE WHEN true"]
)
def test_what_is_more_than_a_condition_is_refused(where: str) -> None:
    with Index() as index, pytest.raises(ValueError, match=r"condition|Parser Error"):
        index.select(where)
