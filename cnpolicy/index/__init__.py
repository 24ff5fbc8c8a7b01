"""The corpus database: documents, terms, tokens, findings and a scholar's metadata in DuckDB.

Every statistic is a query over these tables (version 3 of the schema):

* `documents`: one row per document
  - `doc_id` INTEGER, from 0 as they came; `name`, the path below the folder that was named; `folder`, its first part,
    if it has several
  - `encoding`, `script`, `sha256` of what was read
  - `title`, `issuer`, `number`, `issue`, `speaker`, `date` of the masthead, NULL where it does not say; `date` is an
    ISO date or the beginning of one (`2010-08`); `year` INTEGER
  - `characters` are code points other than white space, `han_characters` the Han characters among them, `words` the
    tokens that are words (BIGINT)
  - `certain`, `inferred`, `reported`: the findings of that certainty (BIGINT); `changed` DOUBLE, the share of the
    decoded characters that did not stay as they were (0 to 1)
  - then the columns of the metadata, with the types that they had there
* `terms` (term_id, term, is_word): every different token; `is_word` as in `cnpolicy.sentences`
* `tokens` (doc_id, paragraph, sentence, position, term_id, tag): the text, token for token, punctuation included;
  `paragraph`, `sentence` and `position` count from 0 within the document, the first two with gaps where a line or
  a sentence holds no token; `tag` is the part of speech, NULL where none was asked for
* `findings` (doc_id, rule, certainty, n): how often each rule found something in the document
* `mastheads` (doc_id, field, value, start_offset, end_offset, certainty): what the masthead says, a row to each field
  that could be read (`title`, `issuer`, `number`, `issue`, `speaker`, `date`); the offsets, in code points, are into
  the text that was cut into words, NULL for what the file's name says; `certainty` is `certain` or `inferred`
* `meta` (key, value): `format`, `version`, `count_script`, and what else the writer notes

`documents` is a view: `document_records`, with the fingerprint by which a change of a document is noticed, joined to
`metadata` by name.

Terms are counted in Simplified, so that what was written in Traditional characters meets its Simplified twin, unless
the database was made with `count_script="keep"`.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from errno import ENOENT
from itertools import count, islice
from os import PathLike, strerror
from os.path import abspath, exists
from tempfile import TemporaryDirectory
from types import MappingProxyType, TracebackType
from typing import Any, Literal, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from cnpolicy.convert import to_simplified
from cnpolicy.index import metadata as tables
from cnpolicy.index.metadata import Metadata
from cnpolicy.index.tokens import Record, Tokens, Vocabulary, joined, record
from cnpolicy.sentences import LINE_END, SPACE, WORD, kind, locate

__all__ = [
    "Change",
    "Index",
    "Record",
    "Selection",
    "Tokens",
    "Unusable",
    "Vocabulary",
    "is_database",
    "joined",
    "record",
]

CountScript = Literal["simplified", "keep"]

# Tokens that are gathered before they are written: 20 MB of numbers. Writing a million takes 0.03 s, writing the
# few hundred of a single document 0.003 s.
BATCH = 1_000_000

FORMAT = "cnpolicy corpus"
VERSION = 3

_DOCUMENTS = {
    "doc_id": "INTEGER NOT NULL",
    "name": "VARCHAR NOT NULL",
    "folder": "VARCHAR",
    "encoding": "VARCHAR NOT NULL",
    "script": "VARCHAR NOT NULL",
    "sha256": "VARCHAR NOT NULL",
    "title": "VARCHAR",
    "issuer": "VARCHAR",
    "number": "VARCHAR",
    "issue": "VARCHAR",
    "speaker": "VARCHAR",
    "date": "VARCHAR",
    "year": "INTEGER",
    "characters": "BIGINT NOT NULL",
    "han_characters": "BIGINT NOT NULL",
    "words": "BIGINT NOT NULL",
    "certain": "BIGINT NOT NULL",
    "inferred": "BIGINT NOT NULL",
    "reported": "BIGINT NOT NULL",
    "changed": "DOUBLE NOT NULL",
    "fingerprint": "VARCHAR NOT NULL",
}
MASTHEAD = ("title", "issuer", "number", "issue", "speaker", "date")
COLUMNS = tuple(name for name in _DOCUMENTS if name != "fingerprint")
"""The columns that every document has; metadata must have others."""

_SCHEMA = f"""
CREATE TABLE document_records ({", ".join(f"{name} {kind}" for name, kind in _DOCUMENTS.items())});
CREATE TABLE terms (term_id INTEGER NOT NULL, term VARCHAR NOT NULL, is_word BOOLEAN NOT NULL);
CREATE TABLE tokens (
    doc_id INTEGER NOT NULL, paragraph INTEGER NOT NULL, sentence INTEGER NOT NULL, position INTEGER NOT NULL,
    term_id INTEGER NOT NULL, tag VARCHAR
);
CREATE TABLE findings (doc_id INTEGER NOT NULL, rule VARCHAR NOT NULL, certainty VARCHAR NOT NULL, n BIGINT NOT NULL);
CREATE TABLE mastheads (
    doc_id INTEGER NOT NULL, field VARCHAR NOT NULL, value VARCHAR NOT NULL,
    start_offset INTEGER, end_offset INTEGER, certainty VARCHAR NOT NULL
);
CREATE TABLE metadata (name VARCHAR NOT NULL);
CREATE TABLE meta (key VARCHAR NOT NULL, value VARCHAR NOT NULL);
"""
_VIEW = """
CREATE OR REPLACE VIEW documents AS
SELECT own.* EXCLUDE (fingerprint), given.* EXCLUDE (name)
FROM document_records own LEFT JOIN metadata given ON own.name = given.name
"""
_VIEW_WITHOUT_METADATA = "CREATE OR REPLACE VIEW documents AS SELECT * EXCLUDE (fingerprint) FROM document_records"


class Unusable(Exception):
    """A file that is no corpus database, or one of another kind; the message says what to do."""


class Change(NamedTuple):
    """What an update did: how many documents are new, took the place of an earlier one, and were removed.

    `strangers` are the names in the metadata that are of no document.
    """

    added: int
    replaced: int
    removed: int
    strangers: Sequence[str] = ()


def is_database(path: str | PathLike[str]) -> bool:
    """Tell whether a file is a DuckDB database, by its first bytes; False if it cannot be read."""
    try:
        with open(path, "rb") as file:
            return file.read(12)[8:] == b"DUCK"
    except OSError:
        return False


class Index:
    """A corpus database, in memory or in a file.

    `path` is the file, made if it is not there; without one the database is in memory. `memory_limit` is how much
    DuckDB may take (`2GB`; its default is 80 % of the memory), `threads` on how many it may compute. What does not
    fit is put into a temporary directory. DuckDB may reach no other file, and not the network. `read_only` opens a
    file that must be there, and which others may then read, too. `count_script` says how terms are counted:
    `simplified`, or `keep` (as they are written); by default as the database is, a new one in Simplified.

    Raises Unusable for a file that is no database of this version, that is empty but shall be read, or that was
    counted in another script; OSError for one that cannot be opened; ValueError for a limit that is none.
    """

    def __init__(
        self,
        path: str | PathLike[str] | None = None,
        *,
        memory_limit: str | None = None,
        threads: int | None = None,
        read_only: bool = False,
        count_script: CountScript | None = None,
    ) -> None:
        import duckdb

        if read_only and path is not None and not exists(path):
            raise FileNotFoundError(ENOENT, strerror(ENOENT), path)
        self._spill = TemporaryDirectory(prefix="cnpolicy-")
        self._selections = count(1)
        settings: dict[str, Any] = {"temp_directory": self._spill.name}
        if memory_limit is not None:
            settings["memory_limit"] = memory_limit
        if threads is not None:
            settings["threads"] = threads
        try:
            # An absolute path cannot be taken for the address of a remote database.
            file = ":memory:" if path is None else abspath(path)
            self._database = duckdb.connect(file, read_only=read_only, config=settings)
        except duckdb.IOException as problem:
            self._spill.cleanup()
            raise OSError(_reason(problem)) from None
        except duckdb.ConnectionException:
            self._spill.cleanup()
            raise OSError("this process has the database open already; close that first") from None
        except duckdb.Error as problem:
            self._spill.cleanup()
            raise ValueError(_reason(problem)) from None
        try:
            self._database.execute("SET enable_external_access = false; SET lock_configuration = true")
            self._open(read_only, count_script)
        except BaseException:
            self.close()
            raise

    def _open(self, read_only: bool, count_script: CountScript | None) -> None:
        """Make the tables in an empty database; check a full one."""
        tables = {name for (name,) in self.query("SELECT table_name FROM duckdb_tables()")}
        if not tables and read_only:
            raise Unusable("a database without a corpus; `cnpolicy index` makes one")
        if not tables:
            self._database.execute(f"BEGIN; {_SCHEMA} {_VIEW_WITHOUT_METADATA};")
            self._note({"format": FORMAT, "version": str(VERSION), "count_script": count_script or "simplified"})
            self._database.execute("COMMIT")
        elif "meta" not in tables or (notes := self.notes()).get("format") != FORMAT:
            raise Unusable("a DuckDB file, but not a corpus database of cnpolicy; name another file")
        elif notes["version"] != str(VERSION):
            raise Unusable(
                f"a corpus database of version {notes['version']}, where this cnpolicy has {VERSION}; "
                "index anew, into another file"
            )
        elif count_script is not None and notes["count_script"] != count_script:
            raise Unusable(
                f"its words are counted with --count-script {notes['count_script']}, not {count_script}; "
                "give the same option, or name another file"
            )
        self.count_script: CountScript = "keep" if self.notes()["count_script"] == "keep" else "simplified"
        self._ids: defaultdict[str, int] | None = None

    def notes(self) -> dict[str, str]:
        """Return what the database says of itself, by key."""
        return dict(self.query("SELECT key, value FROM meta"))

    def _note(self, notes: Mapping[str, str]) -> None:
        for key, value in notes.items():
            self._database.execute("DELETE FROM meta WHERE key = ?", [key])
            self._database.execute("INSERT INTO meta VALUES (?, ?)", [key, value])

    def fingerprints(self) -> dict[str, str]:
        """Return the fingerprint of every document by its name."""
        return dict(self.query("SELECT name, fingerprint FROM document_records ORDER BY doc_id"))

    def _remember(self) -> None:
        """Read which terms there are, and which number the next document gets."""
        self._ids = defaultdict()
        self._ids.update(self.query("SELECT term, term_id FROM terms ORDER BY term_id"))
        self._seen = len(self._ids)
        free = max(self._ids.values(), default=-1) + 1
        self._ids.default_factory = count(free).__next__
        ((self._next,),) = self.query("SELECT coalesce(max(doc_id), -1) + 1 FROM document_records")
        # Documents that were taken out: one of the same name that comes in gets the number.
        self._vacant: dict[str, int] = {}
        # Of each term by its number: what it is to its sentence, its length without white space, its Han characters.
        self._kinds = np.zeros(0, np.uint8)
        self._lengths = np.zeros(0, np.int64)
        self._han = np.zeros(0, np.int64)
        terms = [""] * free
        for term, number in self._ids.items():
            terms[number] = term
        self._measure(terms)
        self._shared: Sequence[str] = ()
        self._numbers = np.zeros(0, np.int32)

    def add(self, records: Iterable[Record]) -> int:
        """Add documents and return how many they were. If anything goes wrong, none of them is added."""
        return self.update(records).added

    def update(
        self,
        records: Iterable[Record],
        *,
        replace: bool = False,
        remove: Iterable[str] = (),
        metadata: Metadata | None = None,
        notes: Mapping[str, str] = {},
    ) -> Change:
        """Change the database in one transaction: if anything goes wrong, it stays as it was.

        The documents named by `remove` are taken out and `records` added; with `replace`, one whose name is there
        already takes the place of that. `metadata`, if given, takes the place of all that there was. `notes` are
        what the database shall say of itself. ValueError if the metadata do not fit the documents.
        """
        if self._ids is None:
            self._remember()
        self._database.execute("BEGIN")
        try:
            known = {name for (name,) in self.query("SELECT name FROM document_records")} if replace else set()
            removed = self._take_out(list(remove))
            self._vacant.clear()
            added = replaced = 0
            for batch in self._batches(records):
                old = [one.name for one, _ in batch if one.name in known]
                self._take_out(old)
                self._write(batch)
                replaced += len(old)
                added += len(batch) - len(old)
            if removed or replaced:
                self._database.execute("DELETE FROM terms WHERE term_id NOT IN (SELECT term_id FROM tokens)")
            strangers = self._join(metadata) if metadata is not None else []
            self._note(notes)
            self._database.execute("COMMIT")
        except BaseException:
            self._database.execute("ROLLBACK")
            self._ids = None
            raise
        if removed or replaced:
            self._ids = None
        return Change(added, replaced, removed, strangers)

    def _take_out(self, names: list[str]) -> int:
        """Remove documents with all that belongs to them, and remember their numbers."""
        if not names:
            return 0
        sql = "SELECT name, doc_id FROM document_records WHERE name IN (SELECT unnest(?::VARCHAR[]))"
        found = self.query(sql, [names])
        self._vacant.update(found)
        doc_ids = [doc_id for _, doc_id in found]
        for table in ("document_records", "tokens", "findings", "mastheads"):
            self._database.execute(f"DELETE FROM {table} WHERE doc_id IN (SELECT unnest(?::INTEGER[]))", [doc_ids])
        return len(found)

    def _batches(self, records: Iterable[Record]) -> Iterator[list[tuple[Record, Tokens]]]:
        """Yield records with their tokens, as numbers of this database's terms."""
        batch: list[tuple[Record, Tokens]] = []
        tokens = 0
        for one in records:
            words = one.words
            if not isinstance(words, Tokens):
                words = Vocabulary(simplified=self.count_script == "simplified").tokens(words, one.tags)
            if batch and len(words.ids) > BATCH:  # alone, it is written in pieces
                yield batch
                batch, tokens = [], 0
            batch.append((one._replace(words=(), tags=None), words._replace(ids=self._of(words.terms)[words.ids])))
            # A document without a token is something to keep, too.
            tokens += len(words.ids) + 1
            if tokens >= BATCH:
                yield batch
                batch, tokens = [], 0
        yield batch

    def _of(self, terms: Sequence[str]) -> npt.NDArray[np.int32]:
        """Return the numbers of the terms; of documents that were counted together only the first one costs."""
        assert self._ids is not None
        if terms is not self._shared or len(terms) != len(self._numbers):
            self._shared = terms
            self._numbers = np.fromiter(map(self._ids.__getitem__, terms), np.int32, len(terms))
        return self._numbers

    def _write(self, batch: list[tuple[Record, Tokens]]) -> None:
        """Insert documents, the numbers of their tokens, and the terms that are new."""
        if not batch:
            return
        assert self._ids is not None
        new = list(islice(self._ids, self._seen, None))
        self._seen += len(new)
        numbers = np.arange(len(self._kinds), len(self._kinds) + len(new), dtype=np.int32)
        self._measure(new)
        kinds = self._kinds[numbers]
        solid = _is_solid(kinds)
        self._insert(
            "terms", term_id=numbers[solid], term=np.array(new, dtype=object)[solid], is_word=kinds[solid] == WORD
        )
        doc_ids = np.array([self._number(one.name) for one, _ in batch], np.int32)
        records = [one for one, _ in batch]
        totals = [_by_certainty(one) for one in records]
        texts = _Joined([tokens.ids for _, tokens in batch])
        said = {field: [_said(one, field) for one in records] for field in MASTHEAD}
        self._insert(
            "document_records",
            doc_id=doc_ids,
            name=[one.name for one in records],
            folder=[one.name.partition("/")[0] if "/" in one.name else None for one in records],
            encoding=[one.encoding for one in records],
            script=[one.script for one in records],
            sha256=[one.sha256 for one in records],
            **said,
            year=[date and date[:4] for date in said["date"]],
            characters=texts.sums(self._lengths),
            han_characters=texts.sums(self._han),
            words=texts.sums((self._kinds == WORD).astype(np.int64)),
            certain=np.array([total["certain"] for total in totals], np.int64),
            inferred=np.array([total["inferred"] for total in totals], np.int64),
            reported=np.array([total["reported"] for total in totals], np.int64),
            changed=np.array([one.changed for one in records], np.float64),
            fingerprint=[one.fingerprint for one in records],
        )
        found = [
            (doc_id, rule, certainty, n)
            for doc_id, one in zip(doc_ids.tolist(), records, strict=True)
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
        read = [
            (doc_id, field, *value)
            for doc_id, one in zip(doc_ids.tolist(), records, strict=True)
            for field, value in one.masthead.items()
        ]
        if read:
            documents, fields, values, starts, ends, certainties = zip(*read, strict=True)
            self._insert(
                "mastheads",
                "doc_id, field, value, nullif(start_offset, -1), nullif(end_offset, -1), certainty",
                doc_id=np.array(documents, np.int32),
                field=fields,
                value=values,
                start_offset=np.array(starts, np.int32),
                end_offset=np.array(ends, np.int32),
                certainty=certainties,
            )
        if len(batch) > 1:
            self._insert_tokens(doc_ids, [tokens for _, tokens in batch], _Base(0, 0, 0))
            return
        base = _Base(0, 0, 0)
        for piece in self._pieces(batch[0][1]):
            base = self._insert_tokens(doc_ids, [piece], base)

    def _number(self, name: str) -> int:
        """Return the number of a document that comes in: the one it had, or the next."""
        if name in self._vacant:
            return self._vacant.pop(name)
        self._next += 1
        return int(self._next - 1)

    def _pieces(self, tokens: Tokens) -> Iterator[Tokens]:
        """Yield the tokens of a document in pieces of about a batch that end with a line."""
        start, size = 0, len(tokens.ids)
        while start < size:
            end = size
            if size - start > BATCH:
                line_ends = np.flatnonzero(self._kinds[tokens.ids[start + BATCH : start + 2 * BATCH]] == LINE_END)
                end = start + BATCH + int(line_ends[0]) + 1 if len(line_ends) else size
            tag_ids = None if tokens.tag_ids is None else tokens.tag_ids[start:end]
            yield tokens._replace(ids=tokens.ids[start:end], tag_ids=tag_ids)
            start = end

    def _insert_tokens(self, doc_ids: npt.NDArray[np.int32], documents: Sequence[Tokens], base: "_Base") -> "_Base":
        """Insert the tokens of documents, or of a piece of one that begins at `base`; return where the next begins."""
        texts = _Joined([tokens.ids for tokens in documents])
        # All documents in one go, a line end behind each: so no sentence goes on in the next.
        kinds = np.full(len(texts.ids) + len(texts.lengths), LINE_END, np.uint8)
        places = np.arange(len(texts.ids)) + np.repeat(np.arange(len(texts.lengths)), texts.lengths)
        kinds[places] = self._kinds[texts.ids]
        located = locate(kinds)
        solid = np.flatnonzero(_is_solid(kinds[places]))
        lengths = np.diff(np.searchsorted(solid, texts.bounds))
        starts = texts.bounds[:-1] + np.arange(len(texts.lengths))
        first = base.paragraph - located.paragraph[starts], base.sentence - located.sentence[starts]
        columns = {
            "doc_id": np.repeat(doc_ids, lengths),
            "paragraph": located.paragraph[places[solid]] + np.repeat(first[0], lengths),
            "sentence": located.sentence[places[solid]] + np.repeat(first[1], lengths),
            "position": np.arange(base.position, base.position + len(solid), dtype=np.int32)
            - np.repeat((np.cumsum(lengths) - lengths).astype(np.int32), lengths),
            "term_id": texts.ids[solid],
        }
        if all(tokens.tag_ids is None for tokens in documents):
            self._insert("tokens", "*, NULL", **columns)
        else:
            # The tag is NULL where the list has none of that number.
            tags, listed = _tags(documents)
            self._insert("tokens", "* EXCLUDE (tag), (?::VARCHAR[])[tag + 1]", [listed], **columns, tag=tags[solid])
        return _Base(
            base.paragraph + int(located.paragraph[-1]),
            base.sentence + int(located.sentence[-1]),
            base.position + len(solid),
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

    def _join(self, metadata: Metadata) -> list[str]:
        """Add metadata to what there was, and return the names in it that are of no document.

        Of a document that they name, a column that was there already has their value from now on, also if that is NULL;
        what they do not name stays.
        """
        matched = tables.match(metadata, (name for (name,) in self.query("SELECT name FROM document_records")))
        given = matched.metadata
        new = [_quoted(column) for column in given.columns]
        columns = "".join(f", {column} {kind}" for column, kind in zip(new, given.types, strict=True))
        self._database.execute(f"CREATE TABLE given (name VARCHAR{columns})")
        if given.names:
            casts = [f"column_{i}::{kind}" for i, kind in enumerate(given.types)]
            values = {f"column_{i}": [row[i] for row in given.rows] for i in range(len(new))}
            self._insert("given", ", ".join(["own_name", *casts]), own_name=given.names, **values)
        sql = "SELECT column_name FROM duckdb_columns() WHERE table_name = ? ORDER BY column_index"
        there = [_quoted(name) for (name,) in self.query(sql, ["metadata"])][1:]
        both = {column.lower() for column in there} & {column.lower() for column in new}
        made = {column: f"earlier.{column}" for column in there} | {
            column: f"given.{column}" for column in new if column.lower() not in both
        }
        for column in there:
            if column.lower() in both:
                kind = self._type_of_both(column)
                made[column] = (
                    f"CASE WHEN given.name IS NULL THEN earlier.{column}::{kind} ELSE given.{column}::{kind} END"
                )
        shown = "".join(f", {value} AS {column}" for column, value in made.items())
        self._database.execute(
            f"""
            CREATE TABLE joined AS
            SELECT coalesce(earlier.name, given.name) AS name{shown}
            FROM metadata AS earlier FULL JOIN given ON earlier.name = given.name
            ORDER BY name;
            DROP VIEW documents; DROP TABLE metadata; DROP TABLE given; ALTER TABLE joined RENAME TO metadata
            """
        )
        self._database.execute(_VIEW if made else _VIEW_WITHOUT_METADATA)
        return matched.strangers

    def _type_of_both(self, column: str) -> str:
        """Return the type for the values of a column that earlier metadata have and those that are given."""
        kinds = [
            f"SELECT typeof({column}) FROM earlier_of_others WHERE {column} IS NOT NULL LIMIT 1",
            f"SELECT typeof({column}) FROM given WHERE {column} IS NOT NULL LIMIT 1",
        ]
        others = "WITH earlier_of_others AS (FROM metadata ANTI JOIN given USING (name))"
        held = [kind for sql in kinds for (kind,) in self.query(f"{others} {sql}")]
        if len(set(held)) == 1:
            return str(held[0])
        # As reading both files as one would find it: whole and other numbers are numbers, all else is text.
        return "DOUBLE" if set(held) == {"BIGINT", "DOUBLE"} else "VARCHAR"

    def _insert(
        self,
        table: str,
        shown: str = "*",
        parameters: Sequence[Any] = (),
        /,
        **columns: npt.NDArray[Any] | Sequence[str | None],
    ) -> None:
        """Insert rows, given as the columns of the table in its order, or as what `shown` makes of them."""
        arrays = {
            name: values if isinstance(values, np.ndarray) else np.array(values, dtype=object)
            for name, values in columns.items()
        }
        self._database.register("batch", arrays)
        try:
            self._database.execute(f"INSERT INTO {table} SELECT {shown} FROM batch", list(parameters))
        finally:
            self._database.unregister("batch")

    def query(self, sql: str, parameters: Mapping[str, Any] | Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return the rows of a query; `parameters` stand for its `$name` or `?`."""
        given = dict(parameters) if isinstance(parameters, Mapping) else list(parameters)
        return self._database.execute(sql, given).fetchall()

    def columns(self, sql: str, parameters: Mapping[str, Any]) -> dict[str, npt.NDArray[Any]]:
        """Return the columns of a query by name, each an array; for millions of rows. It must yield no NULL."""
        found: dict[str, npt.NDArray[Any]] = self._database.execute(sql, dict(parameters)).fetchnumpy()
        return found

    def spelt(self, word: str) -> str:
        """Return a word as the terms of this database are spelt: in Simplified, unless it keeps what was written."""
        return word if self.count_script == "keep" else to_simplified(word)

    def select(self, where: str | None = None) -> "Selection":
        """Return the documents for which an SQL condition over the columns of `documents` holds; all without one.

        Raises ValueError with DuckDB's message for a condition that is none.
        """
        if where is None:
            return Selection(self, "documents", "tokens", "findings")
        import duckdb

        number = next(self._selections)
        sql = f"SELECT doc_id FROM documents WHERE ({where}\n)"
        try:
            # What closes the bracket and goes on is no condition, and does not go between CASE and THEN.
            for around in (sql, f"SELECT CASE WHEN {where}\nTHEN true END"):
                if len(self._database.extract_statements(around)) != 1:
                    raise ValueError(f"{where!r} is more than one condition")
            self._database.execute(f"CREATE TEMP TABLE chosen_{number} AS {sql}")
        except duckdb.Error as problem:
            raise ValueError(str(problem)) from None
        names = []
        for table in ("documents", "tokens", "findings"):
            names.append(f"{table}_{number}")
            self._database.execute(
                f"CREATE TEMP VIEW {names[-1]} AS SELECT * FROM {table} SEMI JOIN chosen_{number} USING (doc_id)"
            )
        return Selection(self, *names)

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


@dataclass(frozen=True, slots=True)
class Selection:
    """Some documents of a corpus database, or all: what every measure is computed over.

    `documents`, `tokens` and `findings` are the names under which a query reads them; `terms` are those of the whole
    database, also terms that no chosen document has.
    """

    index: Index
    documents: str
    tokens: str
    findings: str

    def query(self, sql: str, parameters: Mapping[str, Any] | Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return the rows of a query; `{documents}`, `{tokens}` and `{findings}` in it stand for the chosen ones."""
        return self.index.query(self._named(sql), parameters)

    def columns(self, sql: str, parameters: Mapping[str, Any] = MappingProxyType({})) -> dict[str, npt.NDArray[Any]]:
        """Return the columns of such a query by name, each an array; for millions of rows. It must yield no NULL."""
        return self.index.columns(self._named(sql), parameters)

    def _named(self, sql: str) -> str:
        return sql.format(documents=self.documents, tokens=self.tokens, findings=self.findings)


def _reason(problem: Exception) -> str:
    """Return what DuckDB complained of when it opened a file, in one line."""
    said = str(problem).partition("\n")[0]
    if "Conflicting lock" in said:
        return "another process is writing to the database, or has it open for writing; wait for it, or end it"
    return said


def _quoted(column: str) -> str:
    """Return the name of a column as SQL needs it."""
    return '"' + column.replace('"', '""') + '"'


class _Base(NamedTuple):
    """Which paragraph and sentence of its document a piece begins with, and how many tokens stand before it."""

    paragraph: int
    sentence: int
    position: int


class _Joined:
    """The numbers of several documents, one behind the other."""

    def __init__(self, texts: Sequence[npt.NDArray[np.int32]]) -> None:
        self.lengths = np.array([len(ids) for ids in texts], np.int64)
        self.bounds = np.concatenate(([0], np.cumsum(self.lengths)))
        self.ids = np.concatenate(texts)

    def sums(self, values: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return for each document the sum of what its numbers stand for."""
        if len(self.lengths) == 1:
            pieces = (self.ids[start : start + BATCH] for start in range(0, len(self.ids), BATCH))
            return np.array([sum(int(values[piece].sum()) for piece in pieces)])
        sums = np.concatenate((np.zeros(1, np.int64), np.cumsum(values[self.ids])))
        return sums[self.bounds[1:]] - sums[self.bounds[:-1]]


def _tags(documents: Sequence[Tokens]) -> tuple[npt.NDArray[np.int32], list[str]]:
    """Return the tag of each token as a number into a list, -1 for none, and the list."""
    numbers: dict[str, int] = {}
    shared: Sequence[str] = ()
    own = np.zeros(0, np.int32)
    tags = []
    for tokens in documents:
        if tokens.tag_ids is None:
            tags.append(np.full(len(tokens.ids), -1, np.int32))
            continue
        if tokens.tags is not shared:
            shared = tokens.tags
            own = np.array([numbers.setdefault(tag, len(numbers)) for tag in shared], np.int32)
        tags.append(own[tokens.tag_ids])
    return np.concatenate(tags), list(numbers)


def _said(one: Record, field: str) -> str | None:
    """Return what the masthead says under that name; None if it does not."""
    read = one.masthead.get(field)
    return None if read is None else read[0]


def _by_certainty(one: Record) -> Mapping[str, int]:
    totals = {"certain": 0, "inferred": 0, "reported": 0}
    for (_, certainty), n in one.findings.items():
        totals[certainty] += n
    return totals


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
