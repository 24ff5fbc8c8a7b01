"""Findings, and the only code that alters text.

A rule never changes text. It returns findings: what stands where, what should stand there, and how sure that is.
`apply` makes the changes, `revert` takes them back, `origin` says where a place came from.
"""

from bisect import bisect_right
from collections.abc import Sequence
from typing import Literal, NamedTuple

Certainty = Literal["certain", "inferred", "reported"]


class Finding(NamedTuple):
    """One place where a rule found something.

    `start` and `end` are offsets in code points into the text that the rule was given, and `before` is what stands
    there. `after` is what shall stand there; in a `reported` finding it equals `before`. A `posterior` is the
    probability (0 to 1) that `after` is right, where a model chose it. `note` is for the reader: a chain such as
    `utf-8 ← latin-1`, a suggestion, a reason.
    """

    rule: str
    start: int
    end: int
    before: str
    after: str
    certainty: Certainty
    posterior: float | None = None
    note: str = ""


def apply(text: str, findings: Sequence[Finding]) -> str:
    """Return the text with every finding carried out.

    The findings must be in order, must not overlap, and each `before` must stand in the text; ValueError if not.

    >>> apply("１９９８年", [Finding("fullwidth-alphanumeric", 0, 4, "１９９８", "1998", "certain")])
    '1998年'
    """
    parts: list[str] = []
    done = 0
    for finding in findings:
        if finding.start < done or text[finding.start : finding.end] != finding.before:
            raise ValueError(f"finding out of place: {finding!r}")
        if finding.certainty == "reported" and finding.before != finding.after:
            raise ValueError(f"a reported finding must not change text: {finding!r}")
        parts.append(text[done : finding.start])
        parts.append(finding.after)
        done = finding.end
    parts.append(text[done:])
    return "".join(parts)


def revert(text: str, findings: Sequence[Finding]) -> str:
    """Return the text as it was before `apply(…, findings)` gave this one; ValueError if it did not.

    >>> revert("1998年", [Finding("fullwidth-alphanumeric", 0, 4, "１９９８", "1998", "certain")])
    '１９９８年'
    """
    parts: list[str] = []
    done = shift = 0
    for finding in findings:
        start = finding.start + shift
        end = start + len(finding.after)
        if start < done or text[start:end] != finding.after:
            raise ValueError(f"the text was not made by this finding: {finding!r}")
        parts.append(text[done:start])
        parts.append(finding.before)
        done = end
        shift += len(finding.after) - len(finding.before)
    parts.append(text[done:])
    return "".join(parts)


class Offsets:
    """Maps offsets in a text made by `apply` back to offsets in the text it was made from.

    >>> back = Offsets([Finding("fullwidth-alphanumeric", 2, 6, "２０１０", "10", "inferred")])
    >>> [back.origin(place) for place in range(6)]
    [0, 1, 2, 2, 6, 7]
    """

    def __init__(self, findings: Sequence[Finding]) -> None:
        self._findings = findings
        self._starts: list[int] = []
        shift = 0
        for finding in findings:
            self._starts.append(finding.start + shift)
            shift += len(finding.after) - len(finding.before)

    def origin(self, place: int) -> int:
        """Return where `place` was before; inside a changed stretch, the start of what stood there."""
        index = bisect_right(self._starts, place) - 1
        if index < 0:
            return place
        finding = self._findings[index]
        beyond = place - self._starts[index] - len(finding.after)
        if beyond >= 0:
            return finding.end + beyond
        unchanged = finding.before == finding.after
        return finding.start + (place - self._starts[index] if unchanged else 0)
