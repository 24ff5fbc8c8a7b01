"""Lexical diversity of a corpus, and the lengths of its sentences and clauses."""

from math import nan, sqrt

import numpy as np
import numpy.typing as npt

from cnpolicy.index import Index, Selection
from cnpolicy.stats import richness
from cnpolicy.stats.counting import Integers, Texts, term_ids, texts
from cnpolicy.stats.table import Table, plain

# A clause ends with these, and with its sentence. The enumeration comma 、 is between words.
CLAUSE_ENDS = ("，", "；", "：", ",", ";", ":", "﹐", "﹔", "﹕")


def diversity(
    source: Index | Selection | Texts, *, window: int = richness.WINDOW, draws: int = richness.DRAWS
) -> Table:
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
    read = texts(source)
    frequency = read.frequency[read.is_word & (read.frequency > 0)]
    seen = types = 0
    forward = back = 0.0
    for stretch in read.stretches():
        held = read.is_word[stretch.term]
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


def lengths(source: Index | Selection | Texts) -> Table:
    """Return how long sentences and clauses are, in words.

    A sentence ends as `cnpolicy.sentences` says; a clause with it, or with a comma, semicolon or colon inside it. Only
    those with a word are counted. `n`: how many; `mean`, `sd` (standard deviation of a population), `median` and
    `longest` are None if there is none.
    """
    read = texts(source)
    ends = np.zeros(len(read.is_word), np.bool_)
    ends[list(term_ids(read.selection, CLAUSE_ENDS).values())] = True
    sentences = clauses = np.zeros(0, np.int64)  # how many there are of each length
    for stretch in read.stretches():
        part, sentence = stretch.part, stretch.sentence
        if not len(part):
            continue
        first = np.concatenate(([True], (part[1:] != part[:-1]) | (sentence[1:] != sentence[:-1])))
        held = read.is_word[stretch.term]
        sentences = _added(sentences, first, held)
        first[1:] |= ends[stretch.term[:-1]]
        clauses = _added(clauses, first, held)
    rows = [("sentence", *_summary(sentences)), ("clause", *_summary(clauses))]
    return Table("lengths", ("unit", "n", "mean", "sd", "median", "longest"), rows)


def _added(counts: Integers, first: npt.NDArray[np.bool_], held: npt.NDArray[np.bool_]) -> Integers:
    """Add to the counts of lengths those of the runs of tokens that begin where `first` says; only `held` ones count.

    Runs without any are left out.
    """
    lengths = np.add.reduceat(held.astype(np.int64), np.flatnonzero(first))
    new = np.bincount(lengths, minlength=len(counts))
    new[0] = 0
    new[: len(counts)] += counts
    return new


def _summary(counts: Integers) -> tuple[int, float | None, float | None, float | None, int | None]:
    """Return how many, mean, standard deviation, median and the greatest of numbers of which so many are there."""
    n = int(counts.sum())
    if not n:
        return 0, None, None, None, None
    values = np.arange(len(counts))
    total = int((counts * values).sum())
    squares = int((counts * values * values).sum())
    upto = np.cumsum(counts)
    low, high = np.searchsorted(upto, ((n + 1) // 2, n // 2 + 1))
    # In whole numbers up to the end, so that equal lengths have no deviation.
    deviation = sqrt(n * squares - total * total) / n
    return n, total / n, deviation, (int(low) + int(high)) / 2, int(np.flatnonzero(counts)[-1])
