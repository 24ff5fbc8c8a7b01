"""A measure for each group of documents: for each year, issuer, folder or any other column."""

from collections.abc import Callable
from typing import Any

from cnpolicy.index import Index, Selection
from cnpolicy.stats.counting import chosen, has_column, quoted
from cnpolicy.stats.table import Table


def split(source: Index | Selection, by: str) -> list[tuple[Any, Selection]]:
    """Return the values of a column of the documents in order, NULL (None) last, and the documents with each.

    Raises ValueError if there is no such column.
    """
    selection = chosen(source)
    if not has_column(selection, "documents", by):
        columns = ", ".join(row[0] for row in selection.query(f"DESCRIBE {selection.documents}"))
        raise ValueError(f"the documents have no column {by!r}; they have {columns}")
    column = quoted(by)
    rows = selection.query(
        f"""
        SELECT {column}, list(doc_id ORDER BY doc_id) FROM {{documents}} GROUP BY {column} ORDER BY {column} NULLS LAST
        """
    )
    return [(value, selection.index.select(f"doc_id IN ({', '.join(map(str, ids))})")) for value, ids in rows]


def grouped(source: Index | Selection, by: str, measure: Callable[[Selection], list[Table]]) -> list[Table]:
    """Return the tables that a measure makes of each group, each as one long table whose first column is `group`.

    `group` is the value of the column `by` as a string; None where it is NULL. Raises ValueError if there is no such
    column.
    """
    made: dict[str, Table] = {}
    for value, part in split(source, by):
        group = None if value is None else str(value)
        for section, columns, rows in measure(part):
            table = made.setdefault(section, Table(section, ("group", *columns), []))
            table.rows.extend((group, *row) for row in rows)
    return list(made.values())
