"""Which documents are like one another, by the words that they share."""

from collections.abc import Sequence
from typing import Any

from cnpolicy.index import Index, Record, Selection
from cnpolicy.stats.counting import chosen
from cnpolicy.stats.table import Table

COLUMNS = ("document", "doc_id", "similarity", "shared_terms")


def similar(
    source: Index | Selection,
    *,
    doc_id: int | None = None,
    words: Sequence[str] | None = None,
    top: int | None = 10,
    shared: int = 5,
) -> Table:
    """Return the documents of a selection that are nearest to one of them (`doc_id`), or to a foreign one (`words`).

    * `similarity`: the cosine of the two documents' vectors, 0 to 1. A word's weight is (1 + ln tf) · ln(D / df), tf
      its frequency in the document, df the number of the D documents of the selection that have it (`ltc` of Salton &
      Buckley 1988). A word in all of them weighs nothing, nor does one that none of them has.
    * `shared_terms`: those that add most to it, at most `shared`, with spaces between

    Nearest first, then by name and number; documents with nothing in common are left out, and the document itself. A
    foreign document is tokens, as in Record. Raises ValueError unless one of `doc_id` and `words` is given, and for a
    number that no document of the selection has.
    """
    if (doc_id is None) == (words is None):
        raise ValueError("either the number of a document or the words of a foreign one")
    selection = chosen(source)
    if words is not None:
        # Its words are counted as those of the corpus are.
        keep = selection.index.notes()["count_script"] == "keep"
        with Index(threads=1, count_script="keep" if keep else "simplified") as foreign:
            foreign.add([Record("", words)])
            own = dict(
                foreign.query(
                    "SELECT term, count(*) FROM tokens JOIN terms USING (term_id) WHERE is_word GROUP BY term"
                )
            )
    elif selection.query("SELECT doc_id FROM {documents} WHERE doc_id = $doc", {"doc": doc_id}):
        own = dict(
            selection.query(
                """
                SELECT term, count(*)
                FROM {tokens} JOIN terms USING (term_id)
                WHERE is_word AND doc_id = $doc
                GROUP BY term
                """,
                {"doc": doc_id},
            )
        )
    else:
        raise ValueError(f"no document of the corpus has the number {doc_id}")
    parameters: dict[str, Any] = {
        "terms": list(own),
        "counts": list(own.values()),
        "doc": -1 if doc_id is None else doc_id,
    }
    rows = selection.query(
        """
        WITH pairs AS MATERIALIZED (
            SELECT doc_id, term_id, 1 + ln(count(*)) AS tf
            FROM {tokens} SEMI JOIN (FROM terms WHERE is_word) USING (term_id)
            GROUP BY ALL
        ), weights AS MATERIALIZED (
            SELECT term_id, ln((SELECT count(*) FROM {documents}) / count(*)) AS idf FROM pairs GROUP BY term_id
        ), asked AS (
            SELECT term_id, term, (1 + ln(n)) * idf AS weight, idf
            FROM (SELECT unnest($terms::VARCHAR[]) AS term, unnest($counts::BIGINT[]) AS n)
            JOIN terms USING (term) JOIN weights USING (term_id)
            WHERE idf > 0
        ), norms AS (
            SELECT doc_id, sqrt(sum(tf * tf * idf * idf)) AS norm
            FROM pairs JOIN weights USING (term_id)
            GROUP BY doc_id
        ), products AS (
            SELECT doc_id, term, tf * idf * weight AS product FROM pairs JOIN asked USING (term_id) WHERE doc_id <> $doc
        ), best AS (
            SELECT doc_id, sum(product) / any_value(norm) / (SELECT sqrt(sum(weight * weight)) FROM asked) AS similarity
            FROM products JOIN norms USING (doc_id)
            GROUP BY doc_id
        ), nearest AS MATERIALIZED (
            SELECT name, doc_id, similarity
            FROM best JOIN {documents} USING (doc_id)
            ORDER BY round(similarity, 12) DESC, name, doc_id
            LIMIT $top
        ), most AS (
            SELECT doc_id, array_to_string(list(term ORDER BY round(product, 12) DESC, term)[1:$shared], ' ') AS terms
            FROM products SEMI JOIN nearest USING (doc_id)
            GROUP BY doc_id
        )
        SELECT name, doc_id, least(similarity, 1), terms
        FROM nearest JOIN most USING (doc_id)
        ORDER BY round(similarity, 12) DESC, name, doc_id
        """,
        {**parameters, "top": 2**62 if top is None else top, "shared": shared},
    )
    return Table("similar", COLUMNS, rows)
