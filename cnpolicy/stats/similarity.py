"""Which documents are like one another, by the words that they share."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from math import log, sqrt

import numpy as np
import numpy.typing as npt

from cnpolicy.index import Index, Record, Selection
from cnpolicy.stats.counting import STRETCH, Integers, Parts, chosen, parts, term_ids, walk, words_among
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
    documents = parts(selection)
    is_word = words_among(selection)
    # What fits into one stretch is read once; of a larger corpus the words are counted twice, not held.
    held = list(_counted(selection, documents, is_word)) if documents.tokens.sum() <= STRETCH else None
    having = np.zeros(len(is_word), np.int64)
    for _, term, _ in held or _counted(selection, documents, is_word):
        having += np.bincount(term, minlength=len(having))
    weight = np.log(len(documents.doc_id) / np.maximum(having, 1)) * (having > 0)
    ids = term_ids(selection, own)
    asked = np.zeros(len(is_word))
    asked[list(ids.values())] = [1 + log(own[term]) for term in ids]
    asked *= weight
    norms, products = np.zeros(len(documents.doc_id)), np.zeros(len(documents.doc_id))
    for part, term, tf in held or _counted(selection, documents, is_word):
        values = tf * weight[term]
        norms += np.bincount(part, values * values, minlength=len(norms))
        products += np.bincount(part, values * asked[term], minlength=len(norms))
    if doc_id is not None:
        products[documents.doc_id == doc_id] = 0
    near = np.flatnonzero(products > 0)
    similarity = products[near] / np.sqrt(norms[near]) / sqrt(float((asked * asked).sum()))
    order = np.argsort(-similarity.round(12), kind="stable")[:top]  # documents are in order of their names
    numbers = documents.doc_id[near[order]].tolist()
    names = dict(
        selection.query(
            "SELECT doc_id, name FROM {documents} WHERE doc_id IN (SELECT unnest($ids::INTEGER[]))", {"ids": numbers}
        )
    )
    terms = _shared(selection, numbers, ids, asked * weight, shared)
    rows = [
        (names[number], number, min(value, 1.0), terms.get(number, ""))
        for number, value in zip(numbers, similarity[order].tolist(), strict=True)
    ]
    return Table("similar", COLUMNS, rows)


def _counted(
    selection: Selection, documents: Parts, is_word: npt.NDArray[np.bool_]
) -> Iterator[tuple[Integers, Integers, npt.NDArray[np.float64]]]:
    """Yield for stretches of documents each word of each: the document, the word and 1 + ln tf."""
    for stretch in walk(selection, documents, "TRUE", {}):
        words = is_word[stretch.term]
        key = np.sort((stretch.part[words].astype(np.int64) << 32) | stretch.term[words])
        new = np.flatnonzero(np.diff(key, prepend=-1))
        key, n = key[new], np.diff(np.append(new, len(key)))
        yield key >> 32, key & 0xFFFFFFFF, 1 + np.log(n)


def _shared(
    selection: Selection, numbers: list[int], ids: dict[str, int], weights: npt.NDArray[np.float64], shared: int
) -> dict[int, str]:
    """Return for each of these documents the words that add most to its similarity."""
    if not numbers or not shared:
        return {}
    written = {term_id: term for term, term_id in ids.items() if weights[term_id] > 0}
    rows = selection.query(
        """
        SELECT doc_id, term_id, count(*)
        FROM {tokens}
        WHERE doc_id IN (SELECT unnest($docs::INTEGER[])) AND term_id IN (SELECT unnest($terms::INTEGER[]))
        GROUP BY ALL
        """,
        {"docs": numbers, "terms": list(written)},
    )
    found: defaultdict[int, list[tuple[float, str]]] = defaultdict(list)
    for number, term_id, n in rows:
        found[number].append((-round((1 + log(n)) * float(weights[term_id]), 12), written[term_id]))
    return {number: " ".join(term for _, term in sorted(terms)[:shared]) for number, terms in found.items()}
