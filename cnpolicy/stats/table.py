"""What a measure returns."""

from typing import Any, NamedTuple


class Table(NamedTuple):
    """Rows under named columns; `section` says which of several tables it is.

    Values are str, int, float or None (not defined); never nan or inf.
    """

    section: str
    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]
