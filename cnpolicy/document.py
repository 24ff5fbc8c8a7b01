"""The values that travel through the chain: a source, a document with its history, a failure."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from cnpolicy.findings import Certainty, Finding, Offsets, apply, revert


@dataclass(frozen=True, slots=True)
class Source:
    """A reference to a document's bytes, which are read where the work is done.

    `name` is the path below the folder that the user named, with `/` between its parts.
    """

    name: str
    path: str


class Pass(NamedTuple):
    """One application of a rule set's findings to one text."""

    rule_set: str
    findings: tuple[Finding, ...]


class Span(NamedTuple):
    """A stretch of a document's decoded text, in code points, and the encoding it was read in."""

    start: int
    end: int
    encoding: str


class Lost(NamedTuple):
    """A place in a document's decoded text where bytes could not be read, and what they were.

    `start` is the offset of the U+FFFD that stands there, in code points; `encoding` what was being read.
    """

    start: int
    data: bytes
    encoding: str


@dataclass(frozen=True, slots=True)
class Failure:
    """A document that could not be processed: where it stopped and why, with what to do about it."""

    name: str
    stage: str
    reason: str


@dataclass(frozen=True, slots=True)
class Document:
    """A text, where it came from, and everything that was done to it.

    `encoding` is the Python name of the encoding it was read in (`str` if it came as text); where a file was in
    several, they are joined by `+` and `spans` says which stretch was in which. `confidence` is the probability
    (0 to 1) that it was read right, `runner_up` the next best reading, if there was one. `lost` are the places of
    the decoded text where bytes could not be read. `sha256` is that of the bytes. `words` and `tags` are there once
    the document has been segmented.
    """

    name: str
    text: str
    encoding: str
    sha256: str
    confidence: float = 1.0
    runner_up: str = ""
    spans: tuple[Span, ...] = ()
    lost: tuple[Lost, ...] = ()
    history: tuple[Pass, ...] = ()
    words: tuple[str, ...] | None = None
    tags: tuple[str, ...] | None = None

    def amend(self, rule_set: str, findings: tuple[Finding, ...]) -> "Document":
        """Return the document with the findings applied and the pass added to its history."""
        text = apply(self.text, findings)
        history = (*self.history, Pass(rule_set, findings))
        if text == self.text:
            return replace(self, history=history)
        # Words of another text would be wrong.
        return replace(self, text=text, history=history, words=None, tags=None)

    def states(self) -> Iterator[tuple[str, Pass]]:
        """Yield every pass with the text that it was given, the last pass first."""
        text = self.text
        for made in reversed(self.history):
            text = revert(text, made.findings)
            yield text, made

    def unchanged(self) -> list[tuple[int, int, int]]:
        """Return the stretches of the decoded text that stand in the text still.

        Each is (offset in the decoded text, offset in the text, length), in code points, in order.
        """
        size = len(self.text) - sum(len(found.after) - len(found.before) for found in self.findings())
        kept = [(0, 0, size)] if size else []
        for made in self.history:
            kept = list(_carry(kept, made.findings))
        return kept

    @property
    def decoded(self) -> str:
        """The text as it was decoded, before any pass."""
        text = self.text
        for text, _ in self.states():  # noqa: B007 - the last one is wanted
            pass
        return text

    def findings(self) -> Iterator[Finding]:
        """Yield every finding of every pass, in order."""
        for made in self.history:
            yield from made.findings

    def origins(self, certainty: Certainty | None = None) -> Iterator[tuple[int, Finding]]:
        """Yield every finding with its offset in the decoded text; only those of a certainty, if one is given."""
        earlier: list[Offsets] = []
        for made in self.history:
            for finding in made.findings:
                if certainty is not None and finding.certainty != certainty:
                    continue
                place = finding.start
                for offsets in reversed(earlier):
                    place = offsets.origin(place)
                yield place, finding
            earlier.append(Offsets(made.findings))


def _carry(kept: list[tuple[int, int, int]], findings: tuple[Finding, ...]) -> Iterator[tuple[int, int, int]]:
    """Carry unchanged stretches through one pass: cut them where it changed something, and move what follows."""
    changes = [finding for finding in findings if finding.before != finding.after]
    shift = following = 0
    for origin, place, length in kept:
        start, end = place, place + length
        while following and changes[following - 1].end > start:
            following -= 1
            shift -= len(changes[following].after) - len(changes[following].before)
        while following < len(changes) and changes[following].start < end:
            change = changes[following]
            if change.start > start:
                yield origin + start - place, start + shift, change.start - start
            start = max(start, change.end)
            shift += len(change.after) - len(change.before)
            following += 1
        if start < end:
            yield origin + start - place, start + shift, end - start
