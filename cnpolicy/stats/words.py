"""Word lists: how frequent each word is, and how evenly it is spread."""

from typing import Any

import numpy as np

from cnpolicy.index import Index, Selection
from cnpolicy.stats.counting import ALL_WORDS, Filters, chosen, highest_term, listed, parts, tagged, walk
from cnpolicy.stats.dispersion import Dispersion, Distances
from cnpolicy.stats.table import Table, plain

COLUMNS = (
    *("term", "frequency", "per_million", "documents"),
    *("juilland_d", "dp", "dp_norm", "kld", "arf"),
)
# So many words are looked for by the database; more are looked up here, after all tokens were read.
_FEW = 500


def frequencies(
    source: Index | Selection,
    filters: Filters = ALL_WORDS,
    *,
    top: int | None = None,
    min_frequency: int = 1,
) -> Table:
    """Return the words (the `top` most frequent; all without) with their frequency and dispersion.

    * `frequency`; `per_million`: in a million words
    * `documents`: how many documents have the word (its range)
    * `juilland_d`, `dp`, `dp_norm`, `kld`: see Dispersion. Parts are documents; their sizes are in words. None below
      two documents that are not empty.
    * `arf`: average reduced frequency, see Distances. Distances are in tokens, punctuation included, over the
      documents in order of their names.

    Equal frequencies are in order of the words' code points. For the filters see Filters.
    """
    selection = chosen(source)
    parameters: dict[str, Any] = {}
    tag = tagged(selection, filters, parameters)
    tags = dict(parameters)
    condition = listed(filters, parameters)
    rows = selection.query(
        f"""
        WITH counts AS (
            SELECT term_id, count(*) AS n FROM {{tokens}} WHERE {tag} GROUP BY term_id
        )
        SELECT term_id, term, n
        FROM counts JOIN terms USING (term_id)
        WHERE {condition} AND n >= $min_frequency
        ORDER BY n DESC, term
        {"" if top is None else "LIMIT $top"}
        """,
        {**parameters, "min_frequency": min_frequency, **({} if top is None else {"top": top})},
    )
    if not rows:
        return Table("words", COLUMNS, [])
    ids, terms, numbers = zip(*rows, strict=True)
    frequency = np.array(numbers, np.int64)
    documents = parts(selection, filters)
    word_of = np.full(highest_term(selection), -1, np.int64)
    word_of[np.array(ids)] = np.arange(len(ids))
    dispersion = Dispersion(frequency, documents.words)
    distances = Distances(frequency, int(documents.tokens.sum()))
    where = tag
    if len(ids) <= _FEW:
        where += " AND term_id IN (SELECT unnest($terms::INTEGER[]))"
        tags["terms"] = list(ids)
    bits = int(documents.tokens.sum()).bit_length()
    for stretch in walk(selection, documents, where, tags):
        word = word_of[stretch.term]
        wanted = word >= 0
        # One number each, word before place: sorting numbers is five times as fast as sorting indices to them.
        key = word[wanted]
        key <<= bits
        key |= stretch.place[wanted]
        key.sort()
        word, place = key >> bits, key & ((1 << bits) - 1)
        distances.add(word, place)
        if not len(word):
            continue
        begin = int(stretch.part[0])
        length = documents.tokens[begin : int(stretch.part[-1]) + 1]
        part = np.repeat(np.arange(begin, begin + len(length), dtype=np.int32), length)[place - documents.start[begin]]
        new = np.flatnonzero(np.concatenate(([True], (word[1:] != word[:-1]) | (part[1:] != part[:-1]))))
        dispersion.add(word[new], part[new], np.diff(np.append(new, len(word))))
    columns = (
        terms,
        numbers,
        plain(frequency * (1e6 / documents.words.sum())),
        plain(dispersion.documents),
        *map(plain, (dispersion.juilland_d(), dispersion.dp(), dispersion.dp_norm(), dispersion.kld())),
        plain(distances.arf()),
    )
    return Table("words", COLUMNS, list(zip(*columns, strict=True)))
