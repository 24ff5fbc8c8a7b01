"""Stop words: function words, which say little about what a text is about."""

from collections.abc import Callable, Mapping
from os import PathLike
from pathlib import Path

from cnpolicy import tables


def chinese() -> frozenset[str]:
    """Return the function words of Chinese: pronouns, particles, prepositions, conjunctions, common adverbs, …"""
    return frozenset(columns[0] for _, columns in tables.rows("stopwords"))


def empty() -> frozenset[str]:
    """Return no words."""
    return frozenset()


LISTS: Mapping[str, Callable[[], frozenset[str]]] = {"zh": chinese, "none": empty}
"""The lists by name."""


def read(path: str | PathLike[str]) -> frozenset[str]:
    """Return the words of a file in UTF-8: one to a line, or the first of the columns that a tab separates.

    Lines that begin with # are remarks, unless # is all there is. Raises OSError, and UnicodeDecodeError if it is not
    in UTF-8.
    """
    lines = Path(path).read_text("utf-8-sig").splitlines()
    words = (line.split("\t")[0].strip() for line in lines if line.strip() == "#" or not line.startswith("#"))
    return frozenset(filter(None, words))


def stopwords(name: str | PathLike[str]) -> frozenset[str]:
    """Return the list of a name (`zh`, `none`), or else the words of the file of that name (see `read`)."""
    if isinstance(name, str) and name in LISTS:
        return LISTS[name]()
    return read(name)
