"""What is read: the fields that were found, and what each line was taken for."""

from typing import NamedTuple

from cnpolicy.findings import Certainty
from cnpolicy.masthead.lines import Line, squeeze


class Field(NamedTuple):
    """What was read, and where: `start` and `end` are offsets in code points; both -1 if it is from the file's name."""

    value: str
    start: int
    end: int
    certainty: Certainty


class Masthead(NamedTuple):
    """The fields of a document's masthead; None where one is not there or cannot be read."""

    title: Field | None = None
    issuer: Field | None = None
    number: Field | None = None
    issue: Field | None = None
    speaker: Field | None = None
    date: Field | None = None


class Token(NamedTuple):
    """What a line, or a part of one, was taken for."""

    kind: str
    line: Line


class Reading:
    """Gathers what the lines of one text can be, and picks."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.found: dict[str, tuple[int, Field]] = {}
        self.tokens: list[Token] = []
        self.pending: tuple[str, int] | None = None  # a label whose value is on the next line
        self.body = Line("", 0, 0)  # the first line that is no masthead

    def add(self, field: str, rank: int, value: str | None, line: Line, certainty: Certainty) -> None:
        """Take a value, unless one of the same rank or a better one is there."""
        if value and (field not in self.found or rank < self.found[field][0]):
            self.found[field] = rank, Field(value, line.start, line.end, certainty)

    def written(self, line: Line) -> str:
        """Return what stands in the text there, on one line."""
        return squeeze(self.text[line.start : line.end])

    def kind_at(self, index: int) -> str:
        """Return what the line of this index was taken for; an empty string if there is none."""
        return self.tokens[index].kind if index < len(self.tokens) else ""
