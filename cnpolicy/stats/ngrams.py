"""N-grams: sequences of words, as they stand together in a sentence."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from cnpolicy.index import Index, Selection
from cnpolicy.stats.counting import Integers, Parts, chosen, parts
from cnpolicy.stats.dispersion import Dispersion
from cnpolicy.stats.table import Table, plain

SHORTEST, LONGEST = 2, 6
COLUMNS = ("ngram", "n", "frequency", "per_million", "documents", "dp")


class _Grams(NamedTuple):
    """N-grams of one length, and where they occur: the occurrences of the first, then of the second, …

    `terms` has a row to an n-gram; `gram`, `part` and `place` an entry to an occurrence, in order of place.
    """

    terms: Integers
    gram: Integers
    part: Integers
    place: Integers

    def frequency(self) -> Integers:
        return np.bincount(self.gram, minlength=len(self.terms)).astype(np.int64)

    def only(self, wanted: npt.NDArray[np.bool_]) -> "_Grams":
        """Return some of the n-grams, given which."""
        number = np.cumsum(wanted) - 1
        kept = wanted[self.gram]
        return _Grams(self.terms[wanted], number[self.gram[kept]], self.part[kept], self.place[kept])


def ngrams(
    source: Index | Selection,
    shortest: int = 2,
    longest: int | None = None,
    *,
    top: int | None = None,
    min_frequency: int = 2,
    stopwords: frozenset[str] = frozenset(),
    subsume: bool = False,
) -> Table:
    """Return the sequences of `shortest` to `longest` (None: only `shortest`) words, 2 to 6.

    The words of an n-gram stand in one sentence with nothing between them, punctuation neither.

    * `ngram`: its words, with spaces between; `n`: how many
    * `frequency`, at least `min_frequency`; `per_million`: in a million words; `documents`: how many have it
    * `dp`: dispersion over the documents (see Dispersion); None below two documents that are not empty

    N-grams that begin or end with one of the `stopwords` are left out. With `subsume`, an occurrence inside an
    occurrence of a longer n-gram of the table does not count for the shorter one, and a shorter one that is no longer
    frequent enough is left out; longest first (the adjusted frequency of O'Donnell 2011). Equal frequencies: the
    longer n-gram first, then in order of the words' code points. Raises ValueError for lengths that are not 2 to 6.
    """
    longest = shortest if longest is None else longest
    if not SHORTEST <= shortest <= longest <= LONGEST:
        raise ValueError(f"n-grams have {SHORTEST} to {LONGEST} words")
    if min_frequency < 1:
        raise ValueError("the least frequency of an n-gram is 1")
    selection = chosen(source)
    documents = parts(selection)
    total = int(documents.words.sum())
    covered = np.zeros(int(documents.tokens.sum()) if subsume else 0, np.int64)
    found: list[tuple[Any, ...]] = []
    for n in range(longest, shortest - 1, -1):
        grams = _read(selection, documents, n, min_frequency, None if subsume else top, stopwords)
        if subsume:
            kept = covered[grams.place] < grams.place + n
            grams = grams._replace(gram=grams.gram[kept], part=grams.part[kept], place=grams.place[kept])
            grams = grams.only(grams.frequency() >= min_frequency)
            covered[grams.place] = np.maximum(covered[grams.place], grams.place + n)
            # How far an n-gram reaches that begins here or earlier.
            covered = np.maximum.accumulate(covered)
        found += _rows(selection, grams, documents, total, top)
    found.sort(key=lambda row: (-row[2], -row[1]))
    return Table("ngrams", COLUMNS, found[:top])


def _read(
    selection: Selection, documents: Parts, n: int, min_frequency: int, top: int | None, stopwords: frozenset[str]
) -> _Grams:
    """Find the n-grams that are frequent enough, of the `top` most frequent those that share their last place too."""
    names = [f"t{k}" for k in range(n)]
    leads = ", ".join(f"lead(term_id, {k}) OVER () AS t{k}" for k in range(1, n))
    ends = " AND ".join(f"{name} NOT IN (SELECT term_id FROM stops)" for name in (names[0], names[-1]))
    parameters: dict[str, Any] = {"least": min_frequency}
    stops = ""
    if stopwords:
        parameters["stopwords"] = sorted(stopwords)
        stops = "stops AS (SELECT term_id FROM terms WHERE term IN (SELECT unnest($stopwords::VARCHAR[]))),"
    last = ""
    if top is not None:
        parameters["top"] = top
        last = "WHERE n >= (SELECT min(n) FROM (SELECT n FROM frequent ORDER BY n DESC LIMIT $top))"
    read = selection.columns(
        f"""
        WITH {stops} words AS (
            SELECT doc_id, sentence, position, term_id
            FROM {{tokens}} SEMI JOIN (FROM terms WHERE is_word) USING (term_id)
            ORDER BY doc_id, position
        ), ahead AS (
            SELECT doc_id, sentence, position, term_id AS t0, {leads}, lead(doc_id, {n - 1}) OVER () AS end_doc,
                   lead(sentence, {n - 1}) OVER () AS end_sentence, lead(position, {n - 1}) OVER () AS end_position
            FROM words
        ), grams AS MATERIALIZED (
            SELECT doc_id, position, {", ".join(names)}
            FROM ahead
            WHERE end_doc = doc_id AND end_sentence = sentence AND end_position = position + {n - 1}
            {"AND " + ends if stopwords else ""}
        ), frequent AS (
            SELECT {", ".join(names)}, count(*) AS n FROM grams GROUP BY ALL HAVING n >= $least
        )
        SELECT doc_id, position, {", ".join(names)}
        FROM grams SEMI JOIN (
            FROM frequent
            {last}
        ) USING ({", ".join(names)})
        """,
        parameters,
    )
    # Number the n-grams: a number for the first words of each, and from it and the next word one for the first three, …
    code = read["t0"].astype(np.int64)
    first = np.zeros(0, np.int64)
    for name in names[1:]:
        first, code = _numbered(code, read[name].astype(np.int64))
    terms = np.stack([read[name][first] for name in names], axis=1).astype(np.int64)
    order = np.argsort(documents.doc_id)
    part = order[np.searchsorted(documents.doc_id[order], read["doc_id"])] if len(order) else code
    place = documents.start[part] + read["position"]
    return _Grams(terms, code, part, place)


def _numbered(code: Integers, term: Integers) -> tuple[Integers, Integers]:
    """Number the different pairs in their order: return where each stands first, and the number of every one."""
    bits, width = len(code).bit_length(), int(term.max(initial=0)).bit_length()
    if int(code.max(initial=0)).bit_length() + width + bits > 63:
        _, first, numbers = np.unique((code << 32) | term, return_index=True, return_inverse=True)
        return first, numbers
    # One number each, the pair before its place: sorting numbers is five times as fast as sorting indices to them.
    key = np.sort((((code << width) | term) << bits) | np.arange(len(code)))
    place = key & ((1 << bits) - 1)
    key >>= bits
    new = np.diff(key, prepend=-1) > 0
    numbers = np.empty(len(code), np.int64)
    numbers[place] = np.cumsum(new) - 1
    return place[new], numbers


def _rows(selection: Selection, grams: _Grams, documents: Parts, total: int, top: int | None) -> list[tuple[Any, ...]]:
    """Return the rows of n-grams of one length, the `top` most frequent; those of one frequency in order of words."""
    if not len(grams.terms):
        return []
    frequency = grams.frequency()
    dispersion = Dispersion(frequency, documents.words)
    pairs, n = np.unique((grams.gram << 32) | grams.part, return_counts=True)
    dispersion.add(pairs >> 32, pairs & 0xFFFFFFFF, n)
    ids = np.unique(grams.terms)
    names = dict(
        selection.query(
            "SELECT term_id, term FROM terms WHERE term_id IN (SELECT unnest($ids::INTEGER[])) ORDER BY term",
            {"ids": ids.tolist()},
        )
    )
    rank = np.empty(len(ids), np.int64)
    rank[np.searchsorted(ids, np.array(list(names)))] = np.arange(len(ids))
    ranks = rank[np.searchsorted(ids, grams.terms)]
    order = np.lexsort((*ranks.T[::-1], -frequency))[:top]
    written = [" ".join([names[term] for term in terms]) for terms in grams.terms[order].tolist()]
    length = [grams.terms.shape[1]] * len(written)
    columns = (frequency, frequency * (1e6 / total), dispersion.documents, dispersion.dp())
    return list(zip(written, length, *(plain(column[order]) for column in columns), strict=True))
