"""The use of words over the years."""

from collections.abc import Sequence

from cnpolicy.index import Index, Selection
from cnpolicy.stats.counting import chosen, has_column
from cnpolicy.stats.table import Table

COLUMNS = ("term", "year", "frequency", "words", "per_million", "documents", "of_documents", "document_share")


def timeline(source: Index | Selection, words: Sequence[str]) -> Table:
    """Return how frequent each of the words is in the documents of each year.

    * `frequency`, of `words` in all; `per_million`: in a million words, None in a year without words
    * `documents` that have it, `of_documents` in all; `document_share`: the former through the latter

    One row to each word and each year of which there are documents, also where the word does not occur; words as given,
    years in order, at last those without a year (None). Raises ValueError if the documents have no years, or no word
    is given.
    """
    if not words:
        raise ValueError("no word is given")
    selection = chosen(source)
    if not has_column(selection, "documents", "year"):
        raise ValueError("the corpus has no years: its documents have no column `year`")
    rows = selection.query(
        """
        WITH asked AS (
            SELECT term, min(number) AS number
            FROM (SELECT unnest($words::VARCHAR[]) AS term, generate_subscripts($words::VARCHAR[], 1) AS number)
            GROUP BY term
        ), years AS (
            SELECT year, count(*) AS documents, sum(words) AS words FROM {documents} GROUP BY year
        ), hits AS (
            SELECT term, year, sum(n) AS frequency, count(*) AS documents
            FROM (
                SELECT term_id, doc_id, count(*) AS n
                FROM {tokens}
                WHERE term_id IN (SELECT term_id FROM terms JOIN asked USING (term))
                GROUP BY ALL
            ) JOIN terms USING (term_id) JOIN {documents} USING (doc_id)
            GROUP BY ALL
        )
        SELECT asked.term, years.year, coalesce(frequency, 0)::BIGINT, words::BIGINT,
               frequency0 * 1e6 / nullif(words, 0)::DOUBLE,
               documents0, years.documents, documents0 / years.documents::DOUBLE
        FROM asked CROSS JOIN years
        LEFT JOIN hits ON hits.term = asked.term AND hits.year IS NOT DISTINCT FROM years.year
        CROSS JOIN LATERAL (SELECT coalesce(frequency, 0) AS frequency0, coalesce(hits.documents, 0) AS documents0)
        ORDER BY number, years.year NULLS LAST
        """,
        {"words": list(words)},
    )
    return Table("timeline", COLUMNS, rows)
