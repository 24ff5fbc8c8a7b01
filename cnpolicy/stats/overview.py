"""The overview of a corpus: how large it is, of what kind, which words are frequent, and what was wrong with it."""

import numpy as np

from cnpolicy.index import Index, Selection
from cnpolicy.stats.counting import Texts, chosen
from cnpolicy.stats.diversity import diversity, lengths
from cnpolicy.stats.groups import grouped
from cnpolicy.stats.ngrams import COLUMNS as NGRAM_COLUMNS
from cnpolicy.stats.ngrams import ngrams
from cnpolicy.stats.stopwords import chinese
from cnpolicy.stats.table import Table


def overview(source: Index | Selection, top: int = 20, min_length: int = 1, by: str | None = None) -> list[Table]:
    """Return what there is to say of a corpus at first sight, in tables.

    * `corpus`: its size; `lengths` of sentences and clauses; `diversity` of its vocabulary
    * `words`: the `top` most frequent ones of at least `min_length` code points; `ngrams`: the `top` most frequent
      pairs of words that do not begin or end with a Chinese function word
    * `encodings`, `damage`: what the documents were read in, and what was found to be wrong with them

    With `by`, a column of the documents, each table is of all its values: their column `group` comes first (see
    `cnpolicy.stats.groups`); ValueError if there is no such column.
    """
    selection = chosen(source)
    if by is not None:
        return grouped(selection, by, lambda part: overview(part, top, min_length))
    read = Texts(selection, paragraphs=True)  # once, for all that pass over the tokens
    pairs = ngrams(read, 2, top=top, stopwords=chinese())
    kept = [NGRAM_COLUMNS.index(name) for name in ("ngram", "frequency", "per_million", "documents")]
    return [
        _corpus(read),
        lengths(read),
        diversity(read),
        frequent_words(selection, top, min_length),
        Table("ngrams", tuple(NGRAM_COLUMNS[at] for at in kept), [tuple(row[at] for at in kept) for row in pairs.rows]),
        encodings(selection),
        damage(selection),
    ]


def corpus(source: Index | Selection) -> Table:
    """Return the size of the corpus, one measure to a row.

    * `documents`: also those without a word
    * `characters`: code points that are not white space
    * `han_characters`: Han characters among them
    * `words`: tokens that hold a letter, a digit or a Han character
    * `types`: different words; they are compared in Simplified
    * `sentences`, `paragraphs`: those that hold a word; `cnpolicy.sentences` says where they end
    * `type_token_ratio`: types / words; None without words. It falls as a corpus grows: compare only equal sizes.
    * `mean_sentence_length`: words / sentences; None without words
    """
    return _corpus(Texts(chosen(source), paragraphs=True))


def _corpus(read: Texts) -> Table:
    """Return the size of the corpus, given its tokens with their paragraphs."""
    names = (
        *("documents", "characters", "han_characters", "words", "types", "sentences", "paragraphs"),
        *("type_token_ratio", "mean_sentence_length"),
    )
    ((documents, characters, han),) = read.selection.query(
        "SELECT count(*), coalesce(sum(characters), 0), coalesce(sum(han_characters), 0) FROM {documents}"
    )
    frequency = read.frequency[read.is_word]
    words, types = int(frequency.sum()), int(np.count_nonzero(frequency))
    sentences = paragraphs = 0
    for stretch in read.stretches():
        held = np.flatnonzero(read.is_word[stretch.term])
        part, sentence, paragraph = stretch.part[held], stretch.sentence[held], stretch.paragraph[held]
        same = part[1:] == part[:-1]
        sentences += len(held) - int(np.count_nonzero(same & (sentence[1:] == sentence[:-1])))
        paragraphs += len(held) - int(np.count_nonzero(same & (paragraph[1:] == paragraph[:-1])))
    values = (
        *(documents, characters, han, words, types, sentences, paragraphs),
        *(types / words if words else None, words / sentences if words else None),
    )
    return Table("corpus", ("measure", "value"), list(zip(names, values, strict=True)))


def frequent_words(source: Index | Selection, top: int = 20, min_length: int = 1) -> Table:
    """Return the `top` most frequent words of at least `min_length` code points.

    `per_million` is the frequency in a million words (all words, of any length), `documents` the number of documents
    that have the word. Equal frequencies are in order of the words' code points.
    """
    rows = chosen(source).query(
        """
        WITH listed AS MATERIALIZED (
            SELECT term_id, term, n
            FROM (SELECT term_id, count(*) AS n FROM {tokens} GROUP BY term_id) JOIN terms USING (term_id)
            WHERE is_word AND length(term) >= $min_length
            ORDER BY n DESC, term
            LIMIT $top
        ), held AS (
            SELECT term_id, count(*) AS documents
            FROM (SELECT DISTINCT term_id, doc_id FROM {tokens} SEMI JOIN listed USING (term_id))
            GROUP BY term_id
        )
        SELECT term, n, n * 1e6 / (SELECT sum(words) FROM {documents}), documents
        FROM listed JOIN held USING (term_id)
        ORDER BY n DESC, term
        """,
        {"top": top, "min_length": min_length},
    )
    return Table("words", ("term", "frequency", "per_million", "documents"), rows)


def encodings(source: Index | Selection) -> Table:
    """Return the encodings that documents were read in, the most frequent first."""
    rows = chosen(source).query(
        "SELECT encoding, count(*) AS documents FROM {documents} GROUP BY encoding ORDER BY documents DESC, encoding"
    )
    return Table("encodings", ("encoding", "documents"), rows)


def damage(source: Index | Selection) -> Table:
    """Return how often each rule found something, and in how many documents; the most frequent first."""
    rows = chosen(source).query(
        """
        SELECT rule, certainty, sum(n)::BIGINT AS findings, count(*) AS documents
        FROM {findings}
        GROUP BY rule, certainty
        ORDER BY findings DESC, rule, certainty
        """
    )
    return Table("damage", ("rule", "certainty", "findings", "documents"), rows)
