"""What the measures count: the words of a selection, the documents that they are in, and where they stand."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from cnpolicy.index import Index, Selection

Integers = npt.NDArray[np.int64]

# Tokens that are held in numpy at a time. A corpus of 25 MB of text (5 million tokens) is one stretch, which is read
# once; one of gigabytes is read stretch by stretch. Of 200 MB, with this, the measures took 0.4 to 1 GB.
STRETCH = 6_000_000

_NONE = np.zeros(0, np.int32)

# A number is written in digits, with the signs that stand in numbers (2010, 3.5%, ①), or in Chinese numerals
# (二○一○, 百分之五, 第三). With a unit (2010年) it is a word.
_NUMBER = r"[\p{N}.,，．·%％‰:：/／+＋\-－–~～×]+|(第|百分之)?[〇○零一二三四五六七八九十百千万亿两点]+"


class Filters(NamedTuple):
    """Which words a list has.

    * `pos`: tags of parts of speech (`n`, `v`, `ns`); a tag stands for its subclasses too (`n` for `nr`, `ns`, …).
      Only the occurrences with such a tag are counted.
    * `min_length`: the least length of a word in code points
    * `stopwords`: words that are left out (`cnpolicy.stats.stopwords`)
    * `keep`: also list punctuation and numbers

    What is left out of a list still counts as part of the corpus: a filter changes no value of a row. But `keep` makes
    every token count, so that N is the number of tokens, and not of words (tokens with a letter, a digit or a Han
    character; numbers among them).
    """

    pos: Sequence[str] = ()
    min_length: int = 1
    stopwords: frozenset[str] = frozenset()
    keep: bool = False


ALL_WORDS = Filters()
"""All words, but no punctuation and no numbers."""


class Parts(NamedTuple):
    """The documents of a selection, by name (equal names by number), and their sizes; one entry to a document.

    `words` is the number of words, or of tokens where these are counted; `start` the number of tokens before it.
    """

    doc_id: Integers
    tokens: Integers
    words: Integers
    start: Integers


class Stretch(NamedTuple):
    """Tokens of some documents: for each its document (as an index into Parts), place in the corpus, and term.

    The place counts all tokens, punctuation included, from the first of the first document. Tokens are in order.
    `sentence` and `paragraph` are those of the token in its document, where they were asked for.
    """

    part: npt.NDArray[np.int32]
    place: Integers
    term: npt.NDArray[np.int32]
    sentence: npt.NDArray[np.int32]
    paragraph: npt.NDArray[np.int32]


class Texts:
    """All tokens of a selection, in numpy, for measures that pass over them: what fits into one stretch is read once.

    Sentences are read with them, and `paragraphs` if they are asked for. `parts` are its documents, `is_word` tells of
    each number of a term whether the term is a word.
    """

    def __init__(self, selection: Selection, *, paragraphs: bool = False) -> None:
        self.selection = selection
        self._more = ("sentence", "paragraph") if paragraphs else ("sentence",)
        self._held: Stretch | None = None

    @cached_property
    def parts(self) -> Parts:
        """The documents and their sizes."""
        return parts(self.selection)

    @cached_property
    def is_word(self) -> npt.NDArray[np.bool_]:
        """Of each number of a term whether the term is a word."""
        return words_among(self.selection)

    @cached_property
    def frequency(self) -> Integers:
        """Of each number of a term how often the term occurs."""
        counted = self.selection.columns("SELECT term_id, count(*) AS n FROM {tokens} GROUP BY term_id")
        n = np.zeros(len(self.is_word), np.int64)
        n[counted["term_id"]] = counted["n"]
        return n

    @property
    def is_one(self) -> bool:
        """Whether all tokens are one stretch, which is held."""
        return int(self.parts.tokens.sum()) <= STRETCH

    def stretches(self) -> Iterator[Stretch]:
        """Yield the tokens document by document, in stretches of whole documents, with what was asked for."""
        if self._held is not None:
            yield self._held
            return
        for stretch in walk(self.selection, self.parts, "TRUE", {}, more=self._more):
            if self.is_one:
                self._held = stretch
            yield stretch


def texts(source: Index | Selection | Texts) -> Texts:
    """Return the tokens of a selection, or of all documents of a database."""
    return source if isinstance(source, Texts) else Texts(chosen(source))


def chosen(source: Index | Selection | Texts) -> Selection:
    """Return the selection; of a database, all documents."""
    if isinstance(source, Texts):
        return source.selection
    return source.select() if isinstance(source, Index) else source


def has_column(selection: Selection, table: str, column: str) -> bool:
    """Tell whether `documents` or `tokens` has a column; in SQL `Year` is `year`."""
    name = {"documents": selection.documents, "tokens": selection.tokens}[table]
    return column.lower() in {row[0].lower() for row in selection.query(f"DESCRIBE {name}")}


def quoted(column: str) -> str:
    """Return the name of a column as SQL needs it; braces are doubled, for Selection.query fills in names."""
    return '"' + column.replace('"', '""').replace("{", "{{").replace("}", "}}") + '"'


def counted(filters: Filters) -> str:
    """Return the SQL condition over `terms` for what N counts: words, or all tokens."""
    return "TRUE" if filters.keep else "is_word"


def listed(filters: Filters, parameters: dict[str, Any]) -> str:
    """Return the SQL condition over `terms` for what is listed; what it refers to is put into the parameters."""
    conditions = [counted(filters)]
    if not filters.keep:
        parameters["number"] = _NUMBER
        conditions.append("NOT regexp_full_match(term, $number)")
    if filters.min_length > 1:
        parameters["min_length"] = filters.min_length
        conditions.append("length(term) >= $min_length")
    if filters.stopwords:
        parameters["stopwords"] = sorted(filters.stopwords)
        conditions.append("term NOT IN (SELECT unnest($stopwords::VARCHAR[]))")
    return " AND ".join(conditions)


def tagged(selection: Selection, filters: Filters, parameters: dict[str, Any]) -> str:
    """Return the SQL condition over tokens for the parts of speech.

    Raises ValueError if they are asked for and the database has none.
    """
    if not filters.pos:
        return "TRUE"
    known = has_column(selection, "tokens", "tag")
    if not known or selection.query("SELECT count(tag) FROM {tokens}") == [(0,)]:
        raise ValueError("the corpus has no parts of speech; `cnpolicy index --pos` notes them")
    parameters["pos"] = list(filters.pos)
    # `eng` is no subclass of `e` (interjections).
    return """
        (list_contains($pos::VARCHAR[], tag)
         OR tag <> 'eng' AND len(list_filter($pos::VARCHAR[], lambda given: starts_with(tag, given))) > 0)
    """


def size(selection: Selection, filters: Filters = ALL_WORDS) -> int:
    """Return N: the number of words, or of tokens where these are counted."""
    counted = (
        "SELECT count(*) FROM {tokens}" if filters.keep else "SELECT coalesce(sum(words), 0)::BIGINT FROM {documents}"
    )
    ((total,),) = selection.query(counted)
    return int(total)


def parts(selection: Selection, filters: Filters = ALL_WORDS) -> Parts:
    """Return the documents of a selection and their sizes."""
    words = "coalesce(held.n, 0)" if filters.keep else "documents.words"
    made = selection.columns(
        f"""
        WITH held AS (SELECT doc_id, count(*) AS n FROM {{tokens}} GROUP BY doc_id)
        SELECT doc_id::BIGINT AS doc_id, coalesce(held.n, 0) AS tokens, {words} AS words
        FROM {{documents}} AS documents LEFT JOIN held USING (doc_id)
        ORDER BY name, doc_id
        """,
    )
    tokens = made["tokens"].astype(np.int64)
    return Parts(made["doc_id"], tokens, made["words"].astype(np.int64), np.cumsum(tokens) - tokens)


def walk(
    selection: Selection, parts: Parts, where: str, parameters: Mapping[str, Any], *, more: Sequence[str] = ()
) -> Iterator[Stretch]:
    """Yield the tokens for which an SQL condition holds, document by document, in stretches of whole documents."""
    place = 0
    ends = np.cumsum(parts.tokens)
    while place < len(ends):
        begin = ends[place - 1] if place else 0
        end = max(place + 1, int(np.searchsorted(ends, begin + STRETCH, side="right")))
        ids = parts.doc_id[place:end]
        whole = end - place == len(ends)
        among = "" if whole else "AND doc_id BETWEEN $low AND $high AND doc_id IN (SELECT unnest($ids::INTEGER[]))"
        given = {"low": int(ids.min()), "high": int(ids.max()), "ids": ids.tolist()}
        names = ", ".join(("doc_id", "position", "term_id", *more))
        read = selection.columns(
            f"SELECT {names} FROM {{tokens}} WHERE ({where}) {among}",
            {**parameters, **({} if whole else given)},
        )
        order = np.argsort(ids)
        index = np.zeros(int(ids.max()) - int(ids.min()) + 1, np.int32)
        index[ids[order] - ids.min()] = order + place
        part = index[read["doc_id"] - np.int32(ids.min())]
        places = parts.start[part]
        places += read["position"]
        columns: list[npt.NDArray[Any]] = [
            part,
            places,
            *(read.get(name, _NONE) for name in ("term_id", "sentence", "paragraph")),
        ]
        if len(places) and not (places[1:] > places[:-1]).all():
            order = np.argsort(places)
            columns = [column[order] if len(column) else column for column in columns]
        yield Stretch(*columns)
        place = end


def words_among(selection: Selection) -> npt.NDArray[np.bool_]:
    """Tell of each number of a term whether the term is a word."""
    is_word = np.ones(highest_term(selection), np.bool_)
    is_word[selection.columns("SELECT term_id FROM terms WHERE NOT is_word")["term_id"]] = False
    return is_word


def highest_term(selection: Selection) -> int:
    """Return the number of numbers that terms have in the database, the free ones included."""
    ((highest,),) = selection.query("SELECT coalesce(max(term_id), -1) FROM terms")
    return int(highest) + 1


def term_ids(selection: Selection, words: Iterable[str]) -> dict[str, int]:
    """Return the numbers of those of the words that the database has."""
    wanted = list(words)
    rows = selection.query(
        "SELECT term, term_id FROM terms WHERE term IN (SELECT unnest($words::VARCHAR[]))", {"words": wanted}
    )
    return dict(rows)
