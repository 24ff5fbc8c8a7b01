"""Documents as the database takes them: their tokens as numbers into a list of terms, and what is known of them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cnpolicy.convert import to_simplified
from cnpolicy.document import Document
from cnpolicy.findings import Certainty
from cnpolicy.sentences import LINE_END, kind


class Tokens(NamedTuple):
    """The tokens of a document, in order: token i is `terms[ids[i]]`, its part of speech `tags[tag_ids[i]]`.

    Documents that were counted together share `terms` and `tags`, which hold also what only the others have. Each
    line end is a token of white space; other white space can be left out. Without parts of speech `tag_ids` is None.
    """

    terms: Sequence[str]
    ids: npt.NDArray[np.int32]
    tags: Sequence[str] = ()
    tag_ids: npt.NDArray[np.int32] | None = None


def joined(parts: Sequence[Tokens]) -> Tokens:
    """Return the tokens of the parts of a document, which were counted together, as those of the whole."""
    ids = np.concatenate([part.ids for part in parts])
    tag_ids = [part.tag_ids for part in parts if part.tag_ids is not None]
    return parts[0]._replace(ids=ids, tag_ids=np.concatenate(tag_ids) if tag_ids else None)


class Record(NamedTuple):
    """What the database keeps of a document.

    `words` are its tokens in order, each line end a token of white space (a newline); other white space is left
    out; `tags` are their parts of speech, if they have some. `findings` counts by rule and certainty, `changed` is the
    share of the decoded characters that did not stay as they were (0 to 1). `masthead` has what could be read of
    `title`, `issuer`, `number`, `issue`, `speaker` and `date` (an ISO date or the beginning of one): each a value,
    where it begins and ends in the text (-1 for what the file's name says), and its certainty, as `cnpolicy.masthead`
    gives them. Two records of a document with the same `fingerprint` are the same.
    """

    name: str
    words: Sequence[str] | Tokens
    encoding: str = "str"
    script: str = "none"
    sha256: str = ""
    findings: Mapping[tuple[str, Certainty], int] = {}
    tags: Sequence[str] | None = None
    changed: float = 0.0
    masthead: Mapping[str, tuple[str, int, int, Certainty]] = {}
    fingerprint: str = ""


def record(document: Document, words: Sequence[str], script: str = "none") -> Record:
    """Return the record of a document that was cut into these words."""
    findings = Counter((finding.rule, finding.certainty) for finding in document.findings())
    return Record(document.name, words, document.encoding, script, document.sha256, findings)


class _Numbers(dict[str, int]):
    """Numbers for strings, in the order in which they are first asked for, and the strings in that order."""

    def __init__(self) -> None:
        self.listed: list[str] = []

    def __missing__(self, term: str) -> int:
        number = self[term] = len(self.listed)
        self.listed.append(term)
        return number

    def of(self, terms: Sequence[str]) -> npt.NDArray[np.int32]:
        return np.fromiter(map(self.__getitem__, terms), np.int32, len(terms))


class Vocabulary:
    """Turns words into numbers: the same for the same word in all documents that it is given.

    With `simplified` they are counted in Simplified: what was written in Traditional meets its Simplified twin.
    """

    def __init__(self, *, simplified: bool = True) -> None:
        self._simplified = simplified
        self._terms = _Numbers()
        self._tags = _Numbers()

    def tokens(self, words: Sequence[str], tags: Sequence[str] | None = None) -> Tokens:
        """Return the tokens of a document that is these words, with their parts of speech, if there are any."""
        if self._simplified:
            words, tags = _in_simplified(words, tags)
        ids = self._terms.of(words)
        if tags is None:
            return Tokens(self._terms.listed, ids)
        return Tokens(self._terms.listed, ids, self._tags.listed, self._tags.of(tags))


def _in_simplified(words: Sequence[str], tags: Sequence[str] | None) -> tuple[Sequence[str], Sequence[str] | None]:
    """Return the words in Simplified, each as the text around it demands, and the tags of those that are left."""
    text = "".join(words)
    if to_simplified(text) == text:
        return words, tags
    # Spaces are no part of the text here, so that it is the same from a text cut into words as from a segmented one.
    kept = [not word.isspace() or kind(word) == LINE_END for word in words]
    words = [word for word, keep in zip(words, kept, strict=True) if keep]
    if tags is not None:
        tags = [tag for tag, keep in zip(tags, kept, strict=True) if keep]
    simplified = to_simplified("".join(words))
    ends = accumulate(map(len, words))
    return [simplified[end - len(word) : end] for word, end in zip(words, ends, strict=True)], tags
