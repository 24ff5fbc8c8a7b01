"""Lexical diversity of a corpus, and the lengths of its sentences and clauses."""

from math import nan

import numpy as np

from cnpolicy.index import Index, Selection
from cnpolicy.stats import richness
from cnpolicy.stats.counting import chosen, highest_term, parts, walk
from cnpolicy.stats.table import Table, plain

# A clause ends with these, and with its sentence. The enumeration comma 、 is between words.
CLAUSE_ENDS = ("，", "；", "：", ",", ";", ":", "﹐", "﹔", "﹕")


def diversity(source: Index | Selection, *, window: int = richness.WINDOW, draws: int = richness.DRAWS) -> Table:
    """Return measures of lexical diversity, one to a row; None where one is not defined.

    * `words`, `types`: N and V; `ttr`: the type-token ratio
    * `mattr`: moving average type-token ratio of all windows of `window` words that lie inside a document
    * `mtld`: words / factors, these summed up over the documents; for one document it is that of the paper
    * `hdd`: HD-D with samples of `draws` words; `yule_k`
    * `zipf_exponent`, `zipf_r2`, `heaps_constant`, `heaps_exponent`, `heaps_r2`: fits of power laws

    None of them depends on the order of the documents. Formulas and sources are in `cnpolicy.stats.richness`.
    """
    if window < 1 or draws < 1:
        raise ValueError("a window and a sample have at least one word")
    selection = chosen(source)
    frequency = selection.columns(
        """
        SELECT n FROM (SELECT term_id, count(*) AS n FROM {tokens} GROUP BY term_id) SEMI JOIN
        (FROM terms WHERE is_word) USING (term_id)
        """,
    )["n"].astype(np.int64)
    documents = parts(selection)
    is_word = np.ones(highest_term(selection), np.bool_)
    is_word[selection.columns("SELECT term_id FROM terms WHERE NOT is_word")["term_id"]] = False
    seen = types = 0
    forward = back = 0.0
    for stretch in walk(selection, documents, "TRUE", {}):
        held = is_word[stretch.term]
        term = stretch.term[held]
        if not len(term):
            continue
        starts = np.flatnonzero(np.diff(stretch.part[held], prepend=-1))
        before = richness.earlier(term, starts)
        found = richness.windows(before, window, starts)
        seen, types = seen + found.windows, types + found.types
        forward += richness.factors(before, starts)
        back += richness.factors(*richness.backward(before, starts))
    words = int(frequency.sum())
    zipf, heaps = richness.zipf(frequency), richness.heaps(frequency)
    values = {
        "ttr": richness.type_token_ratio(frequency),
        "mattr": types / (seen * window) if seen else nan,
        "mtld": richness.mean_length(words, forward, back),
        "hdd": richness.hdd(frequency, draws),
        "yule_k": richness.yule_k(frequency),
        "zipf_exponent": zipf.exponent,
        "zipf_r2": zipf.r2,
        "heaps_constant": heaps.constant,
        "heaps_exponent": heaps.exponent,
        "heaps_r2": heaps.r2,
    }
    rows = [("words", words), ("types", len(frequency)), *zip(values, plain(list(values.values())), strict=True)]
    return Table("diversity", ("measure", "value"), rows)


def lengths(source: Index | Selection) -> Table:
    """Return how long sentences and clauses are, in words.

    A sentence ends as `cnpolicy.sentences` says; a clause with it, or with a comma, semicolon or colon inside it. Only
    those with a word are counted. `n`: how many; `mean`, `sd` (standard deviation of a population), `median` and
    `longest` are None if there is none.
    """
    rows = chosen(source).query(
        """
        WITH marked AS (
            SELECT doc_id, sentence, is_word,
                   sum(ends) OVER (ROWS UNBOUNDED PRECEDING) AS clause
            FROM (
                SELECT doc_id, sentence, is_word, ends
                FROM {tokens} JOIN (
                    SELECT term_id, is_word, (term IN (SELECT unnest($ends::VARCHAR[])))::INTEGER AS ends FROM terms
                ) USING (term_id)
                ORDER BY doc_id, position
            )
        ), clauses AS MATERIALIZED (
            SELECT doc_id, sentence, clause, count(*) AS words FROM marked WHERE is_word GROUP BY ALL
        ), sentences AS (
            SELECT sum(words) AS words FROM clauses GROUP BY doc_id, sentence
        )
        SELECT 'sentence', count(*), avg(words), stddev_pop(words), median(words)::DOUBLE, max(words)::BIGINT
        FROM sentences
        UNION ALL
        SELECT 'clause', count(*), avg(words), stddev_pop(words), median(words)::DOUBLE, max(words) FROM clauses
        """,
        {"ends": list(CLAUSE_ENDS)},
    )
    return Table("lengths", ("unit", "n", "mean", "sd", "median", "longest"), rows)
