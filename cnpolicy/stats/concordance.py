"""A concordance: all places where a word, a phrase or a pattern occurs, in their context (keyword in context)."""

from collections.abc import Sequence
from typing import Any, Literal, get_args

from cnpolicy.index import Index, Selection
from cnpolicy.stats.counting import chosen
from cnpolicy.stats.table import Table

COLUMNS = ("document", "position", "left", "match", "right")

Order = Literal["document", "left", "right", "position"]
ORDERS: tuple[Order, ...] = get_args(Order)

# By so many tokens to the left or right lines are sorted, as is usual in concordancers.
SORTED = 3


def kwic(
    source: Index | Selection,
    pattern: str | Sequence[str],
    *,
    regex: bool = False,
    width: int = 10,
    sort: Order = "document",
    top: int | None = None,
) -> Table:
    """Return the places of a word (`改革`) or a phrase (`深化 改革`, or a list of words), each in its context.

    With `regex`, each word of the pattern is a regular expression in the syntax of RE2 that must match a whole token
    (`.*改革`, `[0-9]+年`). The tokens of a phrase follow one another in one sentence; they may be punctuation. Places
    may overlap.

    * `document`: its name; `position`: the number of the first token in it, from 0
    * `left`, `match`, `right`: the text, `width` tokens of context on either side, not beyond the document. Between
      letters or digits of two tokens is a space; the tokens are those of the database (Simplified, unless counted
      otherwise)

    `sort`: by `document` and position; by the three tokens to the `left` (the nearest first) or to the `right`, then
    by document; or by `position` in the document first. `top` cuts the table. Raises ValueError for an empty pattern, a
    pattern that is no regular expression, and a negative width.
    """
    elements = pattern.split() if isinstance(pattern, str) else list(pattern)
    if not elements:
        raise ValueError("the pattern is empty")
    if width < 0:
        raise ValueError("the context has no negative number of tokens")
    if sort not in ORDERS:
        raise ValueError(f"cannot sort by {sort!r}, only by {', '.join(ORDERS)}")
    selection = chosen(source)
    length = len(elements)
    if regex:
        _check(selection, elements)
    test = "regexp_full_match(term, $element{0})" if regex else "term = $element{0}"
    joins = " ".join(
        f"""JOIN {{tokens}} AS t{k} ON t{k}.doc_id = t0.doc_id AND t{k}.position = t0.position + {k}
            AND t{k}.sentence = t0.sentence AND t{k}.term_id IN (SELECT term_id FROM terms WHERE {test.format(k)})"""
        for k in range(1, length)
    )
    near: list[int] = []
    if sort == "left":
        near = list(range(-1, -SORTED - 1, -1))
    elif sort == "right":
        near = list(range(length, length + SORTED))
    # The tokens that the order depends on, as a list for each place; a list that ends comes before one that goes on.
    keys = f"""
        , keys AS (
            SELECT wanted.doc_id, wanted.position, list(term ORDER BY nearness) AS near
            FROM (
                SELECT doc_id, position, unnest({near}) AS away, unnest({list(range(len(near)))}) AS nearness FROM hits
            ) AS wanted
            JOIN {{tokens}} AS tokens ON tokens.doc_id = wanted.doc_id AND tokens.position = wanted.position + away
            JOIN terms USING (term_id)
            GROUP BY ALL
        )
    """
    order = "name, doc_id, position"
    if near:
        order = f"coalesce(near, []), {order}"
    elif sort == "position":
        order = "position, name, doc_id"
    rows = selection.query(
        f"""
        WITH hits AS MATERIALIZED (
            SELECT t0.doc_id, t0.position
            FROM {{tokens}} AS t0 {joins}
            WHERE t0.term_id IN (SELECT term_id FROM terms WHERE {test.format(0)})
        )
        {keys if near else ""}
        , ordered AS MATERIALIZED (
            SELECT name, doc_id, position {", near" if near else ""}
            FROM hits JOIN {{documents}} USING (doc_id) {"LEFT JOIN keys USING (doc_id, position)" if near else ""}
            ORDER BY {order}
            LIMIT $top
        ), lines AS (
            SELECT row_number() OVER (ORDER BY {order}) AS line, name, doc_id, position FROM ordered
        ), around AS (
            SELECT line, name, doc_id, position AS first, unnest(range({-width}, {length + width})) AS away FROM lines
        )
        SELECT line, any_value(name), any_value(first), list(term ORDER BY away), list(away ORDER BY away)
        FROM around JOIN {{tokens}} AS tokens ON tokens.doc_id = around.doc_id AND tokens.position = first + away
        JOIN terms USING (term_id)
        GROUP BY line
        ORDER BY line
        """,
        {**{f"element{k}": element for k, element in enumerate(elements)}, "top": 2**62 if top is None else top},
    )
    return Table("kwic", COLUMNS, [_line(row, length) for row in rows])


def _check(selection: Selection, elements: Sequence[str]) -> None:
    for element in elements:
        try:
            selection.query("SELECT regexp_full_match('', $element)", {"element": element})
        except Exception as problem:  # DuckDB's; only the pattern can be wrong here
            raise ValueError(f"{element!r} is no regular expression: {problem}") from None


def _line(row: tuple[Any, ...], length: int) -> tuple[Any, ...]:
    """Return a row of the concordance, given the tokens and how far each is from the first of the match."""
    _, name, position, terms, away = row
    begin = away.index(0)
    end = begin + length
    return name, position, _joined(terms[:begin]), _joined(terms[begin:end]), _joined(terms[end:])


def _joined(terms: list[str]) -> str:
    """Write tokens as a text: with a space where letters or digits of two words would meet.

    >>> _joined(["推进", "New", "Deal", "2010", "年"])
    '推进New Deal 2010年'
    """
    parts: list[str] = []
    for term in terms:
        if parts and _western(parts[-1][-1]) and _western(term[0]):
            parts.append(" ")
        parts.append(term)
    return "".join(parts)


def _western(character: str) -> bool:
    """Tell whether a character is a letter or digit of a script that puts spaces between words."""
    return character.isalnum() and character < "\u2e80"
