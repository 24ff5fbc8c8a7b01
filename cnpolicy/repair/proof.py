"""What proves that a run of text is mojibake, and how runs become findings."""

import re
from bisect import bisect_left, bisect_right
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from cnpolicy.findings import Certainty, Finding, apply
from cnpolicy.language import bits, total_bits
from cnpolicy.repair.chains import ARROW

HAN = re.compile("[\u3001-\u30ff\u3400-\u9fff\uff01-\uffee]")
HANS = re.compile("[\u3400-\u9fff]+")
# Bits. A character of prose costs 7 to 9 by the model, one of those that two accented letters give by chance 13 to 20.
CHANCE_BITS = 13.0
# So many bits prove a run. Measured with 16 and 4,000 runs of accented letters that were drawn at random: real words
# reach -2, but for doubled letters, which are left out, and one random run in 3,000 reaches 8. Of runs of 2, 3, 4 and 6
# characters of news 68, 92, 98 and 99.9 % do.
ENOUGH_BITS = 8.0


class Read(NamedTuple):
    """A run of the text, what it says when read aright, the chain of encodings, and how strong the proof is.

    A proof of 1 or more stands alone; one between 0 and 1 counts beside a proven run. `exact`: misread again by the
    chain, what it says is what stands there, and nothing was assumed.
    """

    start: int
    end: int
    after: str
    chain: str
    proof: float
    exact: bool = True


OPENING = "“‘「『《\"'`"
CLOSING = "”’」』》\"'`"


def is_mention(text: str, start: int, end: int) -> bool:
    """Tell whether a span stands alone between quotation marks, as in a text about mojibake."""
    opened = OPENING.find(text[start - 1]) if start else -1
    return opened >= 0 and text[end : end + 1] == CLOSING[opened]


def prove(text: str, reads: Sequence[Read]) -> list[Read]:
    """Return the proven runs, and the weaker ones beside them.

    Beside means in the same line, or anywhere in a text that is garbled throughout: there, more than half of what is
    not ASCII lies in proven runs.
    """
    proven = [read for read in reads if read.proof >= 1]
    if not proven or len(proven) == len(reads):
        return proven
    foreign = sum(map(text.count, set(re.findall("[^\x00-\x7f]", text))))
    if sum(read.end - read.start for read in proven) * 2 > foreign:
        return [read for read in reads if read.proof > 0]
    numbers: list[int] = []
    place = number = 0
    for read in reads:
        number += text.count("\n", place, read.start)
        place = read.start
        numbers.append(number)
    lines = {number for read, number in zip(reads, numbers, strict=True) if read.proof >= 1}
    return [
        read
        for read, number in zip(reads, numbers, strict=True)
        if read.proof >= 1 or (read.proof > 0 and number in lines)
    ]


def select(text: str, reads: Iterable[Read]) -> list[Read]:
    """Return the proven runs of reads that overlap, and the weaker ones that the proven ones bear out, in order.

    Of proven runs those are kept that together cover most of the text. A weaker one counts if it was read by a chain
    that a proven run beside it was read by, or by the last part of one: the rest is undone next. Beside means in the
    same line, or anywhere in a text that is garbled throughout (see `prove`).
    """
    strong: list[Read] = []
    weak: list[Read] = []
    for read in reads:
        (strong if read.proof >= 1 else weak).append(read)
    proven = _cover(strong)
    weak = [read for read in weak if read.proof > 0]
    if not proven or not weak:
        return proven
    foreign = len(text) - len(text.encode("ascii", "ignore"))
    garbled = sum(read.end - read.start for read in proven) * 2 > foreign
    ends = [match.start() for match in re.finditer("\n", text)] if not garbled else []
    chains = {
        (0 if garbled else bisect_left(ends, read.start), chain) for read in proven for chain in _last(read.chain)
    }
    starts = [read.start for read in proven]
    free: list[Read] = []
    for read in weak:
        if (0 if garbled else bisect_left(ends, read.start), _plain(read.chain)) in chains:
            index = bisect_left(starts, read.end)
            if not index or proven[index - 1].end <= read.start:
                free.append(read)
    return sorted([*proven, *_cover(free)], key=lambda read: read.start)


def _last(chain: str) -> Iterator[str]:
    """Yield a chain, and what is left of it when its first misreadings are not undone yet."""
    yield _plain(chain)
    steps = chain.split(ARROW)
    for start in range(2, len(steps), 2):
        yield _plain(ARROW.join(steps[start:]))


def _plain(chain: str) -> str:
    """Return a chain with Latin-1 and Windows-1252 as one: which it was shows only where the two differ."""
    return chain.replace("latin-1", "cp1252")


def _cover(reads: Sequence[Read]) -> list[Read]:
    """Return those of the reads that do not overlap and together cover most; of two alike the exact or likelier one."""
    if len(reads) < 2:
        return list(reads)
    size: Counter[str] = Counter()  # characters that each chain covers
    for read in reads:
        size[_plain(read.chain)] += read.end - read.start
    likely: dict[tuple[int, int], Read] = {}
    for read in reads:
        other = likely.setdefault((read.start, read.end), read)
        if (other.after != read.after or other.exact < read.exact) and _is_likelier(read, other, size):
            likely[read.start, read.end] = read
    ordered = sorted(likely.values(), key=lambda read: read.end)
    ends = [read.end for read in ordered]
    best = [0]
    taken: list[bool] = []
    for index, read in enumerate(ordered):
        covered = best[bisect_right(ends, read.start, 0, index)] + read.end - read.start
        taken.append(covered > best[-1])
        best.append(max(covered, best[-1]))
    kept: list[Read] = []
    index = len(ordered) - 1
    while index >= 0:
        if taken[index]:
            kept.append(ordered[index])
            index = bisect_right(ends, ordered[index].start, 0, index) - 1
        else:
            index -= 1
    kept.reverse()
    return kept


def _is_likelier(read: Read, other: Read, size: Counter[str]) -> bool:
    """Tell whether a reading of a run is likelier than another one: by what it says, or by what covers more elsewhere.

    What was misread before says nothing yet, and similar code pages read it in similar ways.
    """
    if read.exact != other.exact:
        return read.exact
    gain = total_bits(other.after) - total_bits(read.after)
    more = size[_plain(read.chain)] - size[_plain(other.chain)]
    return gain > 0 if abs(gain) >= ENOUGH_BITS or not more else more > 0


def amend(text: str, reads: Iterable[Read]) -> str:
    """Return the text with what the runs say in their place."""
    findings = [Finding("", read.start, read.end, text[read.start : read.end], read.after, "certain") for read in reads]
    return apply(text, findings)


def mentioned(name: str, text: str, start: int, end: int, chain: str, after: str) -> Finding:
    """Return the finding that reports a mention, and changes nothing: what it says, and by which chain."""
    before = text[start:end]
    note = f"{chain}: {after!r}; stays, as the text only mentions it"
    return Finding(name, start, end, before, before, "reported", note=note)


def report(name: str, text: str, reads: Sequence[Read]) -> Iterator[Finding]:
    """Yield a finding per run; mentions are reported and stay, in good Chinese text or where there is nothing else."""
    quoted = [is_mention(text, read.start, read.end) for read in reads]
    stay = all(quoted)
    if not stay and any(quoted):
        stay = sum(map(len, HANS.findall(text))) > sum(read.end - read.start for read in reads)
    for read, mention in zip(reads, quoted, strict=True):
        if stay and mention:
            yield mentioned(name, text, read.start, read.end, read.chain, read.after)
        else:
            before = text[read.start : read.end]
            certainty: Certainty = "certain" if read.exact else "inferred"
            yield Finding(name, read.start, read.end, before, read.after, certainty, note=read.chain)


# Stretches of so many characters may cost so many bits each, but for so few of all. Of the lines of simplified news
# 0.5 % have one that costs more, of traditional news 6 %, of GBK that was read out of step from the middle on 45 %.
_STRETCH, _SENSE_BITS, _STRANGE = 4, 15.0, 0.05


def make_sense(texts: Sequence[str]) -> list[bool]:
    """Tell of texts whether next to no stretch of them is so unlikely that it may be read out of step, or wrongly.

    Every byte says something by every encoding of pairs: the inverse is exact, and need not be what stood there.
    """
    sums = np.cumsum(np.concatenate([[0.0], bits("\n".join(texts))]), dtype=np.float64)
    found_strange = sums[_STRETCH:] - sums[:-_STRETCH] > _STRETCH * _SENSE_BITS
    strange = np.cumsum(np.concatenate([[False], found_strange, [False] * _STRETCH]), dtype=np.int64)
    found: list[bool] = []
    start = 0
    for text in texts:
        end = start + max(len(text) - _STRETCH + 1, 0)
        found.append(bool(strange[end] - strange[start] <= _STRANGE * len(text)))
        start += len(text) + 1
    return found


def compose(text: str, first: Sequence[Finding], second: Sequence[Finding]) -> list[Finding]:
    """Return the findings that do in one application what `first` and then `second` do in two."""
    middle = apply(text, first)
    spans: list[tuple[int, int, Finding]] = [(finding.start, finding.end, finding) for finding in second]
    shift = 0
    for finding in first:
        start = finding.start + shift
        spans.append((start, start + len(finding.after), finding))
        shift += len(finding.after) - len(finding.before)
    spans.sort(key=lambda span: span[:2])
    clusters: list[tuple[int, int, list[Finding]]] = []
    for start, end, finding in spans:
        # What is left of a removal is empty, and belongs to what follows there.
        if clusters and (start < clusters[-1][1] or start == clusters[-1][0]):
            started, ended, parts = clusters[-1]
            parts.append(finding)
            clusters[-1] = (started, max(ended, end), parts)
        else:
            clusters.append((start, end, [finding]))
    composed: list[Finding] = []
    earlier, later = deque(first), deque(second)
    shift = 0  # from offsets in the middle text to offsets in the first
    for start, end, parts in clusters:
        begin = start - shift
        while earlier and (earlier[0].start + shift < end or start == end == earlier[0].start + shift):
            # `shift` grows as findings are passed, and so stays that of the place reached.
            finding = earlier.popleft()
            shift += len(finding.after) - len(finding.before)
        after: list[str] = []
        done = start
        while later and later[0].start < end:
            finding = later.popleft()
            after += [middle[done : finding.start], finding.after]
            done = finding.end
        after.append(middle[done:end])
        name = (first[0] if first else second[0]).rule
        before = text[begin : end - shift]
        certainty: Certainty = "certain" if all(part.certainty == "certain" for part in parts) else "inferred"
        posterior = min((part.posterior for part in parts if part.posterior is not None), default=None)
        note = _note(parts)
        composed.append(Finding(name, begin, end - shift, before, "".join(after), certainty, posterior, note))
    return composed


def _note(parts: Sequence[Finding]) -> str:
    """Return the note of findings that are made one: of one that contains the others the longest."""
    note = parts[0].note
    for part in parts[1:]:
        note = part.note if note in part.note else note
    return note


_ROUNDS = 12  # each round makes the text shorter; real documents were never garbled more than three times


def settle(text: str, find: Callable[[str], Iterable[Finding]]) -> list[Finding]:
    """Search until nothing more is found in the result, and return it all as findings of one application."""
    found = list(find(text))
    reported = [finding for finding in found if finding.after == finding.before]
    changing = [finding for finding in found if finding.after != finding.before]
    for _ in range(_ROUNDS):
        if not changing:
            return reported
        more = [finding for finding in find(apply(text, changing)) if finding.after != finding.before]
        if not more:
            spans = [(finding.start, finding.end) for finding in changing]
            loose = [one for one in reported if not any(start < one.end and one.start < end for start, end in spans)]
            return sorted([*changing, *loose], key=lambda finding: finding.start)
        changing = compose(text, changing, more)
    return []
