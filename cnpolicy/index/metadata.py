"""A table of what a scholar knows of the documents: read from CSV, and joined to them by their names."""

import csv
import io
import os
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from tempfile import TemporaryDirectory
from typing import NamedTuple

NAME = "name"
_DELIMITERS = ",;\t"


class Metadata(NamedTuple):
    """Rows of values, as text, under `columns`, whose DuckDB types are `types`; `names` says whose each row is."""

    names: list[str]
    columns: tuple[str, ...]
    types: tuple[str, ...]
    rows: list[tuple[str | None, ...]]


class Matched(NamedTuple):
    """Metadata whose names are those of documents, and the names in the file that are of no document."""

    metadata: Metadata
    strangers: list[str]


def read(text: str, taken: Collection[str]) -> Metadata:
    """Read a table from CSV: a header, one column of which is `name`, and a row for each document.

    Values are divided by commas, semicolons or tabs, as the header is. Their types are those that DuckDB's reader of
    CSV finds in the whole column (BIGINT, DOUBLE, DATE, …); an empty value is NULL. `taken` are the columns that
    documents have already. ValueError if the text is no such table.
    """
    header = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=header.count)
    try:
        table = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True) if any(row)]
    except csv.Error as problem:
        raise ValueError(f"no CSV: {problem}") from None
    columns = [column.strip() for column in table[0]] if table else []
    if NAME not in columns:
        listed = ", ".join(map(repr, columns)) or "none"
        raise ValueError(f"it needs a column {NAME!r} with the documents' names; its columns are {listed}")
    _check(columns, taken)
    for number, row in enumerate(table[1:], 2):
        if len(row) != len(columns):
            raise ValueError(f"row {number} has {len(row)} values, where the header has {len(columns)}")
    place = columns.index(NAME)
    names = [row[place].strip() for row in table[1:]]
    for number, name in enumerate(names, 2):
        if not name:
            raise ValueError(f"row {number} has no name")
    del columns[place]
    for row in table:
        del row[place]
    if not columns or not names:
        return Metadata(names, tuple(columns), ("VARCHAR",) * len(columns), [tuple(row) for row in table[1:]])
    return Metadata(names, tuple(columns), *_typed(columns, table[1:]))


def _check(columns: list[str], taken: Collection[str]) -> None:
    """Refuse columns that a condition could not tell apart; DuckDB does not tell A from a."""
    for number, column in enumerate(columns, 1):
        if not column:
            raise ValueError(f"column {number} has no name in the header")
        if column != NAME and column.lower() in (NAME, *taken):
            raise ValueError(
                f"the column {column!r} has the name of a column that every document has; "
                f"rename it, for example to {column}_2"
            )
    for column, times in Counter(map(str.lower, columns)).items():
        if times > 1:
            raise ValueError(f"the column {column!r} is there {times} times; rename them")


def _typed(columns: list[str], rows: list[list[str]]) -> tuple[tuple[str, ...], list[tuple[str | None, ...]]]:
    """Return the types that DuckDB finds for the columns, and the values as it reads them."""
    import duckdb

    with TemporaryDirectory(prefix="cnpolicy-") as folder, duckdb.connect(":memory:") as database:
        path = os.path.join(folder, "metadata.csv")
        with open(path, "w", encoding="utf-8", newline="") as file:
            # Numbered, so that no column's name is taken for a value, and no line is empty.
            csv.writer(file).writerows([[f"column_{i}" for i in range(len(columns))] + ["end"]])
            csv.writer(file).writerows([*row, "."] for row in rows)
        options = "header = true, skip = 0, delim = ',', quote = '\"', escape = '\"', sample_size = -1"
        source = f"read_csv($path, {options})"
        try:
            described = database.execute(f"DESCRIBE SELECT * EXCLUDE ('end') FROM {source}", {"path": path}).fetchall()
            values = database.execute(
                f"SELECT COLUMNS(* EXCLUDE ('end'))::VARCHAR FROM {source}", {"path": path}
            ).fetchall()
        except duckdb.Error as problem:
            raise ValueError(str(problem).partition("\n")[0]) from None
    return tuple(kind for _, kind, *_ in described), values


def match(metadata: Metadata, documents: Iterable[str]) -> Matched:
    """Find the documents that the rows are about.

    A row names its document by the document's name (the path below the folder), or by the last part of that where
    only one document ends so. ValueError if it could mean several, or if two rows mean the same document.
    """
    known = set(documents)
    ending: defaultdict[str, list[str]] = defaultdict(list)
    for name in known:
        ending[name.rpartition("/")[2]].append(name)
    rows: dict[str, int] = {}
    strangers = []
    for number, name in enumerate(metadata.names):
        meant = [name] if name in known else ending.get(name, [])
        if len(meant) > 1:
            several = " or ".join(sorted(meant)[:2])
            raise ValueError(f"row {number + 2}: {name!r} could be {several}; write the whole name")
        if not meant:
            strangers.append(name)
        elif meant[0] in rows:
            first = rows[meant[0]] + 2
            raise ValueError(f"rows {first} and {number + 2} are both about {meant[0]!r}; leave one of them")
        else:
            rows[meant[0]] = number
    kept = metadata._replace(names=list(rows), rows=[metadata.rows[number] for number in rows.values()])
    return Matched(kept, strangers)
