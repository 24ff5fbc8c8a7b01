"""The corpus database: documents, terms, tokens and findings in DuckDB.

Every statistic is a query over these tables:

* `documents` (doc_id, name, encoding, script, sha256, characters, han_characters): one row per document, numbered
  from 0 as they came; `characters` are code points other than white space
* `terms` (term_id, term, is_word): every different token; `is_word` as in `cnpolicy.sentences`
* `tokens` (doc_id, paragraph, sentence, position, term_id): the text, token for token, punctuation included;
  `paragraph`, `sentence` and `position` count from 0 within the document, the first two with gaps where a line or
  a sentence holds no token
* `findings` (doc_id, rule, certainty, n): how often each rule found something in the document

Terms are counted in Simplified: what was written in Traditional characters meets its Simplified twin.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, count, islice
from os import PathLike
from os.path import abspath
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from cnpolicy.convert import to_simplified
from cnpolicy.document import Document
from cnpolicy.findings import Certainty
from cnpolicy.sentences import LINE_END, SPACE, WORD, kind, locate

# Tokens that are gathered before they are written: 20 MB of numbers. Writing a million takes 0.03 s, writing the
# few hundred of a single document 0.003 s.
BATCH = 1_000_000

_SCHEMA = """
CREATE TABLE documents (
    doc_id INTEGER PRIMARY KEY, name VARCHAR NOT NULL, encoding VARCHAR NOT NULL, script VARCHAR NOT NULL,
    sha256 VARCHAR NOT NULL, characters BIGINT NOT NULL, han_characters BIGINT NOT NULL
);
CREATE TABLE terms (term_id INTEGER NOT NULL, term VARCHAR NOT NULL, is_word BOOLEAN NOT NULL);
CREATE TABLE tokens (
    doc_id INTEGER NOT NULL, paragraph INTEGER NOT NULL, sentence INTEGER NOT NULL, position INTEGER NOT NULL,
    term_id INTEGER NOT NULL
);
CREATE TABLE findings (doc_id INTEGER NOT NULL, rule VARCHAR NOT NULL, certainty VARCHAR NOT NULL, n BIGINT NOT NULL);
CREATE TABLE cnpolicy_schema AS SELECT 1 AS version;
"""
VERSION = 1


class Unusable(Exception):
    """A file that is no corpus database, or one of another version; the message says what to do."""


class Record(NamedTuple):
    """What the index keeps of a document.

    `words` are its tokens in order, each line end a token of white space (a newline); other white space is left
    out. `findings` counts by rule and certainty.
    """

    name: str
    words: Sequence[str]
    encoding: str = "str"
    script: str = "none"
    sha256: str = ""
    findings: Mapping[tuple[str, Certainty], int] = {}


def record(document: Document, words: Sequence[str], script: str = "none") -> Record:
    """Return the record of a document that was cut into these words."""
    findings = Counter((finding.rule, finding.certainty) for finding in document.findings())
    return Record(document.name, words, document.encoding, script, document.sha256, findings)


class Index:
    """A corpus database, in memory or in a file.

    `path` is the file, made if it is not there; without one the database is in memory. `memory_limit` is how much
    DuckDB may take (`2GB`; its default is 80 % of the memory), `threads` on how many it may compute. What does not
    fit is put into a temporary directory. DuckDB may reach no other file, and not the network. Raises Unusable for
    a file that is no database of this version, OSError for one that cannot be opened.
    """

    def __init__(
        self, path: str | PathLike[str] | None = None, *, memory_limit: str | None = None, threads: int | None = None
    ) -> None:
        import duckdb

        self._spill = TemporaryDirectory(prefix="cnpolicy-")
        settings: dict[str, Any] = {"temp_directory": self._spill.name}
        if memory_limit is not None:
            settings["memory_limit"] = memory_limit
        if threads is not None:
            settings["threads"] = threads
        try:
            # An absolute path cannot be taken for the address of a remote database.
            self._database = duckdb.connect(":memory:" if path is None else abspath(path), config=settings)
        except duckdb.IOException as problem:
            self._spill.cleanup()
            raise OSError(str(problem)) from None
        try:
            self._database.execute("SET enable_external_access = false; SET lock_configuration = true")
            self._open()
        except BaseException:
            self.close()
            raise

    def _open(self) -> None:
        """Make the tables in an empty database; read what is known of a full one."""
        tables = {name for (name,) in self.query("SELECT table_name FROM duckdb_tables()")}
        if not tables:
            self._database.execute(f"BEGIN; {_SCHEMA} COMMIT")
        elif "cnpolicy_schema" not in tables:
            raise Unusable("a DuckDB file, but not a corpus database of cnpolicy; name another file")
        elif (found := self.query("SELECT version FROM cnpolicy_schema")) != [(VERSION,)]:
            raise Unusable(f"a corpus database of version {found[0][0]}; this cnpolicy has {VERSION}: index anew")
        self._remember()

    def _remember(self) -> None:
        """Read which terms and how many documents there are."""
        self._ids: defaultdict[str, int] = defaultdict()
        self._ids.update(self.query("SELECT term, term_id FROM terms ORDER BY term_id"))
        self._seen = len(self._ids)
        free = max(self._ids.values(), default=-1) + 1
        self._ids.default_factory = count(free).__next__
        (documents,) = self.query("SELECT count(*) FROM documents")
        self._documents: int = documents[0]
        # Of each term by its number: what it is to its sentence, its length without white space, its Han characters.
        self._kinds = np.zeros(0, np.uint8)
        self._lengths = np.zeros(0, np.int64)
        self._han = np.zeros(0, np.int64)
        terms = [""] * free
        for term, number in self._ids.items():
            terms[number] = term
        self._measure(terms)

    def add(self, records: Iterable[Record]) -> int:
        """Add documents and return how many they were. If anything goes wrong, none of them is added."""
        before = self._documents
        self._database.execute("BEGIN")
        try:
            for batch in self._batches(records):
                self._write(batch)
            self._database.execute("COMMIT")
        except BaseException:
            self._database.execute("ROLLBACK")
            self._remember()
            raise
        return self._documents - before

    def _batches(self, records: Iterable[Record]) -> Iterator[list[tuple[Record, npt.NDArray[np.int32]]]]:
        batch: list[tuple[Record, npt.NDArray[np.int32]]] = []
        tokens = 0
        number = self._ids.__getitem__
        for one in records:
            words = _in_simplified(one.words)
            batch.append((one._replace(words=()), np.fromiter(map(number, words), np.int32, len(words))))
            # A document without a token is something to keep, too.
            tokens += len(words) + 1
            if tokens >= BATCH:
                yield batch
                batch, tokens = [], 0
        yield batch

    def _write(self, batch: list[tuple[Record, npt.NDArray[np.int32]]]) -> None:
        """Insert documents, the numbers of their tokens, and the terms that are new."""
        if not batch:
            return
        new = list(islice(self._ids, self._seen, None))
        self._seen += len(new)
        numbers = np.arange(len(self._kinds), len(self._kinds) + len(new), dtype=np.int32)
        self._measure(new)
        kinds = self._kinds[numbers]
        solid = _is_solid(kinds)
        self._insert(
            "terms", term_id=numbers[solid], term=np.array(new, dtype=object)[solid], is_word=kinds[solid] == WORD
        )
        doc_ids = np.arange(self._documents, self._documents + len(batch), dtype=np.int32)
        self._documents += len(batch)
        self._insert(
            "documents",
            doc_id=doc_ids,
            name=[one.name for one, _ in batch],
            encoding=[one.encoding for one, _ in batch],
            script=[one.script for one, _ in batch],
            sha256=[one.sha256 for one, _ in batch],
            characters=np.array([self._lengths[ids].sum() for _, ids in batch], np.int64),
            han_characters=np.array([self._han[ids].sum() for _, ids in batch], np.int64),
        )
        found = [
            (doc_id, rule, certainty, n)
            for doc_id, (one, _) in zip(doc_ids.tolist(), batch, strict=True)
            for (rule, certainty), n in sorted(one.findings.items())
        ]
        if found:
            documents, rules, certainties, n = zip(*found, strict=True)
            self._insert(
                "findings",
                doc_id=np.array(documents, np.int32),
                rule=rules,
                certainty=certainties,
                n=np.array(n, np.int64),
            )
        self._insert_tokens(doc_ids, [ids for _, ids in batch])

    def _insert_tokens(self, doc_ids: npt.NDArray[np.int32], texts: list[npt.NDArray[np.int32]]) -> None:
        paragraphs, sentences, positions, kept, lengths = [], [], [], [], []
        for ids in texts:
            kinds = self._kinds[ids]
            places = locate(kinds)
            solid = np.flatnonzero(_is_solid(kinds))
            paragraphs.append(places.paragraph[solid])
            sentences.append(places.sentence[solid])
            positions.append(np.arange(len(solid), dtype=np.int32))
            kept.append(ids[solid])
            lengths.append(len(solid))
        self._insert(
            "tokens",
            doc_id=np.repeat(doc_ids, lengths),
            paragraph=np.concatenate(paragraphs),
            sentence=np.concatenate(sentences),
            position=np.concatenate(positions),
            term_id=np.concatenate(kept),
        )

    def _measure(self, terms: list[str]) -> None:
        """Note what must be known of each new term to count characters and to find sentences."""
        kinds = np.fromiter(map(kind, terms), np.uint8, len(terms))
        solid = ["".join(term.split()) for term in terms]
        lengths = np.fromiter(map(len, solid), np.int64, len(terms))
        codes = np.frombuffer("".join(solid).encode("utf-32-le", "surrogatepass"), np.uint32)
        before = np.concatenate(([0], np.cumsum(_is_han(codes))))
        ends = np.cumsum(lengths)
        self._kinds = np.concatenate((self._kinds, kinds))
        self._lengths = np.concatenate((self._lengths, lengths))
        self._han = np.concatenate((self._han, before[ends] - before[ends - lengths]))

    def _insert(self, table: str, **columns: npt.NDArray[Any] | Sequence[str]) -> None:
        """Insert rows, given as the columns of the table in its order."""
        arrays = {
            name: values if isinstance(values, np.ndarray) else np.array(values, dtype=object)
            for name, values in columns.items()
        }
        self._database.register("batch", arrays)
        try:
            self._database.execute(f"INSERT INTO {table} SELECT * FROM batch")
        finally:
            self._database.unregister("batch")

    def query(self, sql: str, parameters: Mapping[str, Any] | Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return the rows of a query; `parameters` stand for its `$name` or `?`."""
        given = dict(parameters) if isinstance(parameters, Mapping) else list(parameters)
        return self._database.execute(sql, given).fetchall()

    def close(self) -> None:
        """Close the database; what was added stays in its file."""
        self._database.close()
        self._spill.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _in_simplified(words: Sequence[str]) -> Sequence[str]:
    """Return the words in Simplified, each as the text around it demands."""
    text = "".join(words)
    if to_simplified(text) == text:
        return words
    # Spaces are no part of the text here, so that it is the same from a text cut into words as from a segmented one.
    words = [word for word in words if not word.isspace() or kind(word) == LINE_END]
    simplified = to_simplified("".join(words))
    ends = accumulate(map(len, words))
    return [simplified[end - len(word) : end] for word, end in zip(words, ends, strict=True)]


def _is_solid(kinds: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    """Tell which tokens are more than white space."""
    solid: npt.NDArray[np.bool_] = (kinds != SPACE) & (kinds != LINE_END)
    return solid


def _is_han(codes: npt.NDArray[np.uint32]) -> npt.NDArray[np.bool_]:
    """Tell which code points are Han characters: the CJK ideographs of Unicode, and 〇."""
    han: npt.NDArray[np.bool_] = codes == 0x3007
    for first, last in ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF)):
        han |= (codes >= first) & (codes <= last)
    return han
