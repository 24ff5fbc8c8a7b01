"""Collocates: the words that stand near a word, and how much more often than chance would have it."""

from itertools import repeat
from typing import Any

import numpy as np

from cnpolicy.index import Index, Selection
from cnpolicy.stats import association
from cnpolicy.stats.counting import (
    ALL_WORDS,
    Filters,
    chosen,
    counted,
    listed,
    parts,
    size,
    tagged,
    term_ids,
    walk,
    words_among,
)
from cnpolicy.stats.table import Table, plain

COLUMNS = (
    *("term", "frequency", "left", "right", "corpus_frequency", "expected"),
    *("mi", "mi3", "t", "log_likelihood", "log_dice", "delta_p_term", "delta_p_node"),
)

_FREQUENT = 0.01  # of the tokens

CONVENTION = (
    "Surface co-occurrence (Evert 2008): each word of the corpus, the node itself left out, is inside or outside the "
    "windows. frequency = inside; r1 = all words inside; c1 = corpus_frequency; N = words of the corpus without the "
    "node; expected = r1 * c1 / N. A word near two nodes counts once, though it may be left of one and right of the "
    "other. Windows count words, not punctuation, and end with the sentence. log_dice = 14 + log2(2 * frequency / "
    "(node + corpus_frequency)). delta_p_term: of the term, given the window; delta_p_node: of the window, given "
    "the term."
)


def collocates(
    source: Index | Selection,
    node: str,
    filters: Filters = ALL_WORDS,
    *,
    left: int | None = 5,
    right: int | None = 5,
    sort: str = "log_dice",
    top: int | None = None,
    min_frequency: int = 1,
) -> Table:
    """Return the words around the word `node`, in a window of so many words to its left and right.

    None for `left` and `right`: to the sentence's begin and end. CONVENTION says what is counted; formulas and their
    sources are in `cnpolicy.stats.association`.

    * `frequency`: occurrences in a window, `min_frequency` at least; `left`, `right`: those before, and after a node
    * `corpus_frequency`: occurrences in the selection; `expected`: in the windows, by chance
    * `mi`, `mi3`, `t`, `log_likelihood` (four cells), `log_dice`, `delta_p_term`, `delta_p_node`

    In order of the column `sort`, largest first; then by frequency and term. With `filters.keep`, punctuation is
    counted and listed; `filters.pos` are tags of the collocates, and only occurrences with such a tag count. Raises
    ValueError for a window of no word and a column that is none.
    """
    if sort not in COLUMNS[1:]:
        raise ValueError(f"cannot sort by {sort!r}; the columns are {', '.join(COLUMNS[1:])}")
    if (left is not None and left < 0) or (right is not None and right < 0) or (left == 0 and right == 0):
        raise ValueError("a window has at least one word, to the left or to the right")
    selection = chosen(source)
    node_id = term_ids(selection, [node]).get(node)
    if node_id is None:
        return Table("collocates", COLUMNS, [])
    parameters: dict[str, Any] = {}
    tag = tagged(selection, filters, parameters)
    documents, is_word = parts(selection, filters), words_among(selection)
    is_counted = np.ones(len(is_word), np.bool_) if filters.keep else is_word.copy()
    is_counted[node_id] = True
    ((nodes,),) = selection.query("SELECT count(*) FROM {tokens} WHERE term_id = $node", {"node": node_id})
    counts = np.zeros((3, len(is_counted)), np.int64)  # in a window, to the left, to the right
    row = 0
    # Of a rare node only its sentences are read; those of a frequent one are most of the corpus. Of 5 million tokens
    # the sentences of a node of 16,000 took half as long as all, of one of 250,000 longer.
    given = {"node": node_id}
    near = "(doc_id, sentence) IN (SELECT (doc_id, sentence) FROM {tokens} WHERE term_id = $node)"
    if nodes > _FREQUENT * documents.tokens.sum():
        near, given = "TRUE", {}
    stretches = walk(selection, documents, near, given, more=("sentence",))
    with_tag = walk(selection, documents, f"{near} AND {tag}", given | parameters) if filters.pos else repeat(None)
    for stretch, tokens in zip(stretches, with_tag, strict=False):
        held = is_counted[stretch.term]
        part, sentence, term = stretch.part[held], stretch.sentence[held], stretch.term[held]
        if not len(term):
            continue
        before, after = _near(part, sentence, term == node_id, left, right)
        other = term != node_id
        sides = [other & (before | after), other & before, other & after]
        row += int(sides[0].sum())
        if tokens is not None:
            wanted = np.zeros(len(held), np.bool_)
            wanted[np.searchsorted(stretch.place, tokens.place)] = True
            sides = [side & wanted[held] for side in sides]
        counts += [np.bincount(term[side], minlength=len(is_counted)) for side in sides]
    found = np.flatnonzero(counts[0] >= max(min_frequency, 1))
    rows = selection.query(
        f"""
        WITH counts AS (
            SELECT term_id, count(*) AS n FROM {{tokens}} WHERE {tag} GROUP BY term_id
        )
        SELECT term_id, term, n
        FROM counts JOIN terms USING (term_id)
        WHERE term_id IN (SELECT unnest($found::INTEGER[])) AND {listed(filters, parameters)}
        """,
        {**parameters, "found": found.tolist()},
    )
    if not rows:
        return Table("collocates", COLUMNS, [])
    ids, names, totals = zip(*rows, strict=True)
    ((node_counts,),) = selection.query(
        f"SELECT count(*) FROM terms WHERE term_id = $node AND {counted(filters)}", {"node": node_id}
    )
    total = size(selection, filters) - (nodes if node_counts else 0)
    both, to_the_left, to_the_right = (count[np.array(ids)] for count in counts)
    column = np.array(totals, np.int64)
    cells = both, row - both, column - both, total - row - column + both
    even = association.expected(row, column, total)
    measures = (
        even,
        association.mi(both, even),
        association.mi3(both, even),
        association.t_score(both, even),
        association.log_likelihood(*cells),
        association.log_dice(both, nodes, column),
        *association.delta_p(*cells),
    )
    columns = (names, *map(plain, (both, to_the_left, to_the_right, column, *measures)))
    made = list(zip(*columns, strict=True))
    by = COLUMNS.index(sort)
    made.sort(key=lambda row: (row[by] is None, -(row[by] or 0), -row[1], row[0]))
    return Table("collocates", COLUMNS, made[:top])


def _near(
    doc_id: np.ndarray[Any, Any],
    sentence: np.ndarray[Any, Any],
    node: np.ndarray[Any, Any],
    left: int | None,
    right: int | None,
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Tell of each word whether a node is so near after it (it is to its left), and before it (to its right)."""
    place = np.arange(len(node))
    new = np.concatenate(([True], (doc_id[1:] != doc_id[:-1]) | (sentence[1:] != sentence[:-1])))
    begin = np.maximum.accumulate(np.where(new, place, 0))
    last = np.append(new[1:], True)
    end = np.minimum.accumulate(np.where(last, place, len(node))[::-1])[::-1]
    earlier = np.concatenate(([-1], np.maximum.accumulate(np.where(node, place, -1))[:-1]))
    later = np.append(np.minimum.accumulate(np.where(node, place, 2 * len(node))[::-1])[::-1][1:], 2 * len(node))
    is_after = (earlier >= begin) & (place - earlier <= (len(node) if right is None else right))
    is_before = (later <= end) & (later - place <= (len(node) if left is None else left))
    return is_before, is_after
