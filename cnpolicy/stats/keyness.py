"""Keyness: the words that are more frequent in one corpus than in another."""

from typing import Any

import numpy as np

from cnpolicy.index import Index, Selection
from cnpolicy.stats import contrast
from cnpolicy.stats.counting import ALL_WORDS, Filters, chosen, listed, size, tagged
from cnpolicy.stats.table import Table, plain

COLUMNS = (
    *("term", "frequency_a", "frequency_b", "per_million_a", "per_million_b"),
    *("g2", "g2_four_cells", "log_ratio", "percent_diff", "odds_ratio", "bic", "simple_maths"),
    *("p", "p_holm", "p_bh"),
)
CHI_SQUARED = "chi_squared"


def keyness(
    a: Index | Selection,
    b: Index | Selection,
    filters: Filters = ALL_WORDS,
    *,
    sort: str = "g2",
    top: int | None = None,
    min_frequency: int = 1,
    constant: float = 1,
    chi_squared: bool = False,
) -> Table:
    """Compare two corpora, of one database or of two, word by word.

    * `frequency_a`, `frequency_b`; `per_million_a`, `per_million_b`: in a million words
    * `g2`: log-likelihood of two terms (UCREL); `g2_four_cells`: of four (Dunning). Both are large for a difference in
      either direction; the sign of `log_ratio` tells which.
    * `log_ratio`, `percent_diff`, `odds_ratio`, `bic` (of `g2`), `simple_maths` (with `constant`)
    * `chi_squared`, if asked for
    * `p` of `g2`, and adjusted for the number of words compared: `p_holm` (Holm), `p_bh` (Benjamini-Hochberg)

    Formulas, their sources and what is done with zeros are in `cnpolicy.stats.contrast`. Words are compared that occur
    `min_frequency` times in A and B together and pass the filters (see Filters); `top` cuts the table, not the number
    of tests. In order of the column `sort`, largest first; then by term. Raises ValueError if a corpus has no word, and
    for a column that is none.
    """
    columns = (*COLUMNS, CHI_SQUARED) if chi_squared else COLUMNS
    if sort not in columns[1:]:
        raise ValueError(f"cannot sort by {sort!r}; the columns are {', '.join(columns[1:])}")
    sides = [chosen(a), chosen(b)]
    sizes = [size(side, filters) for side in sides]
    for name, words in zip("AB", sizes, strict=True):
        if not words:
            raise ValueError(f"corpus {name} has no word to compare")
    counts = [_counts(side, filters) for side in sides]
    terms = sorted(
        term for term in counts[0].keys() | counts[1].keys()
        if counts[0].get(term, 0) + counts[1].get(term, 0) >= min_frequency
    )  # fmt: skip
    if not terms:
        return Table("keyness", columns, [])
    first, second = (np.array([count.get(term, 0) for term in terms], np.int64) for count in counts)
    cells = first, second, sizes[0], sizes[1]
    g2 = contrast.g2(*cells)
    p = contrast.p_value(g2)
    made: dict[str, Any] = {
        "frequency_a": first,
        "frequency_b": second,
        "per_million_a": first * (1e6 / sizes[0]),
        "per_million_b": second * (1e6 / sizes[1]),
        "g2": g2,
        "g2_four_cells": contrast.g2_four_cells(*cells),
        "log_ratio": contrast.log_ratio(*cells),
        "percent_diff": contrast.percent_diff(*cells),
        "odds_ratio": contrast.odds_ratio(*cells),
        "bic": contrast.bic(g2, sum(sizes)),
        "simple_maths": contrast.simple_maths(*cells, constant),
        "p": p,
        "p_holm": contrast.holm(p),
        "p_bh": contrast.benjamini_hochberg(p),
    }
    if chi_squared:
        made[CHI_SQUARED] = contrast.chi_squared(*cells)
    by = made[sort].astype(np.float64)
    order = np.argsort(-by, kind="stable")[:top]  # not a number: last; equal ones stay in order of terms
    values = [plain(made[name][order]) for name in columns[1:]]
    return Table("keyness", columns, list(zip([terms[place] for place in order.tolist()], *values, strict=True)))


def _counts(selection: Selection, filters: Filters) -> dict[str, int]:
    """Return the frequencies of the words that pass the filters."""
    parameters: dict[str, Any] = {}
    tag = tagged(selection, filters, parameters)
    rows = selection.query(
        f"""
        WITH counts AS (SELECT term_id, count(*) AS n FROM {{tokens}} WHERE {tag} GROUP BY term_id)
        SELECT term, n FROM counts JOIN terms USING (term_id) WHERE {listed(filters, parameters)}
        """,
        parameters,
    )
    return dict(rows)
