"""The overview of a corpus: how large it is, of what kind, which words are frequent, and what was wrong with it."""

from cnpolicy.index import Index
from cnpolicy.stats.table import Table


def overview(index: Index, top: int = 20, min_length: int = 1) -> list[Table]:
    """Return the tables `corpus`, `words` (the `top` most frequent), `encodings` and `damage`.

    `min_length` is the least length, in code points, of the words that are listed.
    """
    return [corpus(index), frequent_words(index, top, min_length), encodings(index), damage(index)]


def corpus(index: Index) -> Table:
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
    names = (
        *("documents", "characters", "han_characters", "words", "types", "sentences", "paragraphs"),
        *("type_token_ratio", "mean_sentence_length"),
    )
    (values,) = index.query(
        """
        WITH held AS (
            SELECT doc_id, paragraph, sentence, count(*) AS words
            FROM tokens JOIN terms USING (term_id)
            WHERE is_word
            GROUP BY ALL
        ), sizes AS (
            SELECT
                (SELECT count(*) FROM documents) AS documents,
                (SELECT coalesce(sum(characters), 0) FROM documents) AS characters,
                (SELECT coalesce(sum(han_characters), 0) FROM documents) AS han_characters,
                (SELECT coalesce(sum(words), 0) FROM held) AS words,
                (SELECT count(*) FROM terms WHERE is_word AND term_id IN (SELECT term_id FROM tokens)) AS types,
                (SELECT count(*) FROM held) AS sentences,
                (SELECT count(*) FROM (SELECT DISTINCT doc_id, paragraph FROM held)) AS paragraphs
        )
        SELECT *, types / nullif(words, 0)::DOUBLE, words / nullif(sentences, 0)::DOUBLE FROM sizes
        """
    )
    return Table("corpus", ("measure", "value"), list(zip(names, values, strict=True)))


def frequent_words(index: Index, top: int = 20, min_length: int = 1) -> Table:
    """Return the `top` most frequent words of at least `min_length` code points.

    `per_million` is the frequency in a million words (all words, of any length), `documents` the number of documents
    that have the word. Equal frequencies are in order of the words' code points.
    """
    rows = index.query(
        """
        WITH counts AS (
            SELECT term_id, doc_id, count(*) AS n FROM tokens GROUP BY ALL
        ), total AS (
            SELECT sum(n) AS words FROM counts JOIN terms USING (term_id) WHERE is_word
        )
        SELECT term, sum(n)::BIGINT AS frequency, sum(n) * 1e6 / any_value(words) AS per_million, count(*) AS documents
        FROM counts JOIN terms USING (term_id), total
        WHERE is_word AND length(term) >= $min_length
        GROUP BY term
        ORDER BY frequency DESC, term
        LIMIT $top
        """,
        {"top": top, "min_length": min_length},
    )
    return Table("words", ("term", "frequency", "per_million", "documents"), rows)


def encodings(index: Index) -> Table:
    """Return the encodings that documents were read in, the most frequent first."""
    rows = index.query(
        "SELECT encoding, count(*) AS documents FROM documents GROUP BY encoding ORDER BY documents DESC, encoding"
    )
    return Table("encodings", ("encoding", "documents"), rows)


def damage(index: Index) -> Table:
    """Return how often each rule found something, and in how many documents; the most frequent first."""
    rows = index.query(
        """
        SELECT rule, certainty, sum(n)::BIGINT AS findings, count(*) AS documents
        FROM findings
        GROUP BY rule, certainty
        ORDER BY findings DESC, rule, certainty
        """
    )
    return Table("damage", ("rule", "certainty", "findings", "documents"), rows)
