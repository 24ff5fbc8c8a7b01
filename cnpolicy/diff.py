"""A unified diff of a document against its decoded text.

The history says which characters stayed, so the lines need no searching: the time is linear, where a general diff of
a long document is not.
"""

from collections.abc import Iterator
from difflib import SequenceMatcher

from cnpolicy.corpus import printable
from cnpolicy.document import Document

Opcode = tuple[str, int, int, int, int]


class _Known(SequenceMatcher[str]):
    """Groups opcodes that are known already into hunks."""

    def __init__(self, known: list[Opcode]) -> None:
        super().__init__()
        self.opcodes = known


def unified(document: Document) -> str:
    """Return the unified diff from the decoded text to the text; empty if they are the same."""
    before, after = _lines(document.decoded), _lines(document.text)
    out = []
    for hunk in _Known(list(_opcodes(document, before, after))).get_grouped_opcodes():
        first, last = hunk[0], hunk[-1]
        out.append(f"@@ -{_range(first[1], last[2])} +{_range(first[3], last[4])} @@\n")
        for kind, i1, i2, j1, j2 in hunk:
            if kind == "equal":
                out += [_mark(" ", line) for line in before[i1:i2]]
            else:
                out += [_mark("-", line) for line in before[i1:i2]]
                out += [_mark("+", line) for line in after[j1:j2]]
    if out:
        name = "".join(one if one.isprintable() else repr(one)[1:-1] for one in printable(document.name))
        out.insert(0, f"--- {name} (as decoded)\n+++ {name}\n")
    return "".join(out)


def _lines(text: str) -> list[str]:
    lines = text.split("\n")
    return [line + "\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


def _opcodes(document: Document, before: list[str], after: list[str]) -> Iterator[Opcode]:
    """Yield the changes of lines, in the form of difflib's opcodes, from the lines that stayed whole."""
    i = j = start = 0  # up to where the lines are told, and since which line of `before` they are equal
    for a, b in [*_same_lines(document, before, after), (len(before), len(after))]:
        if i < a or j < b:
            if start < i:
                yield "equal", start, i, j - (i - start), j
            yield "replace", i, a, j, b
            start = a
        i, j = a + 1, b + 1
    if start < len(before):
        yield "equal", start, len(before), len(after) - (len(before) - start), len(after)


def _same_lines(document: Document, before: list[str], after: list[str]) -> Iterator[tuple[int, int]]:
    """Yield the numbers of the lines that stayed whole: before, after."""
    starts = {}
    place = 0
    for number, line in enumerate(after):
        starts[place] = number
        place += len(line)
    stretches = iter(document.unchanged())
    origin, target, length = next(stretches, (0, 0, 0))
    place = 0
    for number, line in enumerate(before):
        while length and origin + length <= place:
            origin, target, length = next(stretches, (0, 0, 0))
        if length and origin <= place and origin + length >= place + len(line):
            other = starts.get(target + place - origin)
            if other is not None and after[other] == line:
                yield number, other
        place += len(line)


def _range(start: int, end: int) -> str:
    count = end - start
    return f"{start + 1 if count else start},{count}"


def _mark(sign: str, line: str) -> str:
    return sign + line if line.endswith("\n") else f"{sign}{line}\n\\ No newline at end of file\n"
