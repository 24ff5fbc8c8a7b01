"""What a rule is, and what it is told about the text.

A rule is a function that yields findings, with a name, a certainty, an example, and the characters without which it
cannot find anything. Those characters are the prescan: which of them occur is looked up once per text, so that a
clean document runs next to no rules.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt

from cnpolicy.document import Document, Lost
from cnpolicy.findings import Certainty, Finding

UNITS = 0x10000  # UTF-16 code units: characters beyond the BMP are looked up by their surrogates


def units(characters: str) -> npt.NDArray[np.uint16]:
    """Return the UTF-16 code units of a text."""
    return np.frombuffer(characters.encode("utf-16-le", "surrogatepass"), dtype="<u2")


def between(first: str, last: str) -> str:
    """Return all the characters from `first` to `last`, both included."""
    return "".join(map(chr, range(ord(first), ord(last) + 1)))


@dataclass(frozen=True, slots=True)
class Options:
    """What a run was asked for; everything in it can alter the output.

    `script` is the script to convert to: `auto`, `simplified`, `traditional`, `tw`, `hk` or `keep`. `only` (empty:
    all) and `skip` name rules. `certainty` is the least certain change to make, `certain` or `inferred`. `encoding`
    is the encoding to read all input in; None lets each document's bytes decide, where `encoding_hint` is the one to
    prefer in doubt. `restore` is how sure (0 to 1) a
    character must be that is put where bytes were lost on the way; None leaves every such place visible.
    """

    only: frozenset[str] = frozenset()
    skip: frozenset[str] = frozenset()
    certainty: Certainty = "inferred"
    script: str = "auto"
    encoding: str | None = None
    encoding_hint: str | None = None
    restore: float | None = 0.9
    chrome: tuple[str, ...] = ()

    def allows(self, name: str) -> bool:
        """Tell whether the rule of this name shall run."""
        return name not in self.skip and (not self.only or name in self.only)


@dataclass(frozen=True)
class Context:
    """What a rule may know besides the text: which characters occur in it, and the options of the run.

    `lost` are the places where bytes could not be read, while the text is still as it was decoded.
    """

    text: str
    options: Options = field(default_factory=Options)
    lost: tuple[Lost, ...] = ()

    @cached_property
    def units(self) -> npt.NDArray[np.uint16]:
        """The UTF-16 code units of the text."""
        return units(self.text)

    @property
    def called(self) -> int:
        """The rules that have something to look at, one bit for each: the text has a character that they need."""
        return _called(self.text, len(_NEEDS))


# What each rule needs, in the order in which rules are made: one look at a text tells for all of them.
_NEEDS: list[npt.NDArray[np.uint16]] = []
_BITS = 64  # rules in one column of the masks


@lru_cache(maxsize=1)
def _masks(count: int) -> npt.NDArray[np.uint64]:
    """Return which of the first `count` rules each code unit calls: a row for each 64 rules, a column for each unit."""
    masks = np.zeros((-(-count // _BITS), UNITS), dtype=np.uint64)
    for number, needs in enumerate(_NEEDS[:count]):
        mask = np.uint64(1 << number % _BITS)
        if len(needs):
            masks[number // _BITS, needs] |= mask
        else:
            masks[number // _BITS] |= mask
    return masks


# Several stages look at the same text one after the other.
@lru_cache(maxsize=2)
def _called(text: str, count: int) -> int:
    found = 0
    # An empty text calls those rules that need nothing, as does one of a code point that is no character.
    taken = units(text or "\uffff")
    if len(taken) > UNITS:
        seen = np.zeros(UNITS, dtype=np.bool_)
        seen[taken] = True
        taken = np.flatnonzero(seen).astype(np.uint16)
    for row, masks in enumerate(_masks(count)):
        found |= int(np.bitwise_or.reduce(masks.take(taken))) << _BITS * row
    return found


Search = Callable[[str, Context], Iterable[Finding]]


@dataclass(frozen=True)
class Rule:
    """A named search for one kind of damage.

    `needs` holds the code units of which at least one must occur for there to be anything to find (empty: the rule
    always looks), and `number` its place among all needs. `certainty` is that of the changes it makes. `example` is a
    text before and after.
    """

    name: str
    certainty: Certainty
    summary: str
    example: tuple[str, str]
    needs: npt.NDArray[np.uint16] = field(repr=False)
    number: int = field(repr=False)
    search: Search = field(repr=False)

    def find(self, text: str, context: Context, /) -> Sequence[Finding]:
        """Return what the rule finds in the text, in order and without overlaps; the text is not altered."""
        if not context.called >> self.number & 1:
            return ()
        return tuple(self.search(text, context))


def rule(name: str, certainty: Certainty, *, needs: str = "", example: tuple[str, str]) -> Callable[[Search], Rule]:
    """Make a rule of the search function below; its docstring's first line is the summary.

    `needs` lists the characters of which at least one must occur for the search to be worth making.
    """

    def make(search: Search) -> Rule:
        summary = (search.__doc__ or "").strip().split("\n", 1)[0].rstrip(".")
        _NEEDS.append(units(needs))
        return Rule(name, certainty, summary, example, units(needs), len(_NEEDS) - 1, search)

    return make


@dataclass(frozen=True)
class RuleSet:
    """Rules that look at the same text, in one pass. Where two of them overlap, the one listed first is kept."""

    name: str
    rules: tuple[Rule, ...]

    @cached_property
    def _called(self) -> int:
        """The rules of the set, one bit for each."""
        return sum(1 << rule.number for rule in self.rules)

    def find(self, text: str, context: Context, /) -> tuple[Finding, ...]:
        """Return the findings of all the rules that the options allow, in order and without overlaps."""
        called = context.called & self._called
        if not called:
            return ()
        found = [
            findings
            for rule in self.rules
            if called >> rule.number & 1
            and context.options.allows(rule.name)
            and (findings := tuple(rule.search(text, context)))
        ]
        if context.options.certainty == "certain":
            found = [tuple(map(_withhold, findings)) for findings in found]
        if len(found) < 2:
            return found[0] if found else ()
        return _settle(found)


def _withhold(finding: Finding) -> Finding:
    """Turn a change that was not wanted into a report of it."""
    if finding.certainty != "inferred":
        return finding
    note = f"not made: {finding.after!r}" + (f" ({finding.note})" if finding.note else "")
    return finding._replace(after=finding.before, certainty="reported", note=note)


def _settle(found: Sequence[Sequence[Finding]]) -> tuple[Finding, ...]:
    """Merge the findings of several rules; on an overlap the earlier rule's stands."""
    ranked = [
        (finding.start, finding.end, rank, finding) for rank, findings in enumerate(found) for finding in findings
    ]
    ranked.sort(key=lambda item: item[:3])
    kept: list[tuple[int, Finding]] = []
    for _, _, rank, finding in ranked:
        while kept and kept[-1][1].end > finding.start and kept[-1][0] > rank:
            kept.pop()
        if kept and kept[-1][1].end > finding.start:
            continue
        kept.append((rank, finding))
    return tuple(finding for _, finding in kept)


@dataclass(frozen=True)
class Stage:
    """An ordered list of passes over a document: `repair`, `tidy` or `convert`."""

    name: str
    rule_sets: tuple[RuleSet, ...]

    @property
    def rules(self) -> tuple[Rule, ...]:
        """All rules of the stage, in the order in which they run."""
        return tuple(rule for rule_set in self.rule_sets for rule in rule_set.rules)

    def once(self, document: Document, options: Options) -> Document:
        """Run every pass once and return the amended document."""
        context = Context(document.text, options, () if document.history else document.lost)
        for rule_set in self.rule_sets:
            findings = rule_set.find(document.text, context)
            if findings:
                document = document.amend(rule_set.name, findings)
                if document.text != context.text:
                    context = Context(document.text, options)
        return document
