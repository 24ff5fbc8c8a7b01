"""What the builders of TSV tables share: they write them, or with `--check` compare them with what lies here."""

import sys
from collections.abc import Mapping

from cnpolicy import tables


def write_or_check(made: Mapping[str, str]) -> int:
    """Write the tables, by their names; or with `--check` among the arguments, tell of those that differ.

    Returns the exit status: 1 if one differs.
    """
    status = 0
    for name, table in made.items():
        path = tables.FOLDER / f"{name}.tsv"
        if "--check" not in sys.argv[1:]:
            path.write_text(table, encoding="utf-8")
        elif path.read_text(encoding="utf-8") != table:
            status = 1
            print(f"{path.name}: differs from what its sources give", file=sys.stderr)  # noqa: T201
    return status
