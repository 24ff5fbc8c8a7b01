"""Where in a text are misreadings of bytes in pairs, and which chain of encodings was it?

Three sieves, each dearer and finer than the one before. Characters that stand side by side and are likelier in mojibake
than in a text; those of them that also do not go with their neighbours; and those that say something when they are
turned back by one of the known chains. What is left goes through the lattice (cnpolicy.repair.lattice), and is taken
when what it says then is by far likelier than what it says now.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from cnpolicy import language, tables
from cnpolicy.repair.cells import Cell
from cnpolicy.repair.chains import Chain, Step
from cnpolicy.repair.proof import HANS

Weights = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]

_BMP = 0x10000
_NEWLINE = 0x0A


class Kind(NamedTuple):
    """A kind of misreading: the name of its rule, and the chains of it that are tried one against the other."""

    name: str
    chains: tuple[Chain, ...]


def _steps(right: str, *wrong: str) -> tuple[Chain, ...]:
    return tuple((Step(right, one),) for one in wrong)


KINDS = (
    Kind("utf8-read-as-gbk", _steps("utf-8", "gbk", "cp936", "gb18030")),
    Kind("utf8-read-as-cp932", _steps("utf-8", "cp932")),
    Kind("utf8-read-as-cp949", _steps("utf-8", "cp949")),
    Kind("gbk-read-as-big5", _steps("gbk", "cp950")),
    Kind("gbk-read-as-cp932", _steps("gbk", "cp932")),
    Kind("gbk-read-as-cp949", _steps("gbk", "cp949")),
    Kind("utf16-bytes-swapped", _steps("utf-16-le", "utf-16-be")),
    Kind("gbk-out-of-step", _steps("gbk", "gbk")),
)
_OUT_OF_STEP = KINDS[-1].chains[0]
_TWICE = 0  # the kind that is tried twice over: programs that read UTF-8 as GBK save it as UTF-8


class Span(NamedTuple):
    """A stretch of a text that went through a chain: which kind, and what its characters say in cells without a gap.

    The offsets of the cells are those of the text that was searched. `gain` are the bits by which the reading is
    better than the text as it is.
    """

    kind: str
    chain: Chain
    cells: tuple[Cell, ...]
    gain: float

    @property
    def start(self) -> int:
        """Where the span begins."""
        return self.cells[0].start

    @property
    def end(self) -> int:
        """Where the span ends."""
        return self.cells[-1].end

    @property
    def after(self) -> str:
        """What the span says."""
        return "".join(cell.after for cell in self.cells)


# --- The first sieve: characters that are likelier in mojibake -----------------------------------------------------


@cache
def _weights() -> npt.NDArray[np.int8]:
    """Return for each kind of misreading (a row) by how many bits each code unit is likelier in it than in a text."""
    weights: npt.NDArray[np.int8] = tables.load("suspects")["weights"]
    return weights


@cache
def _greatest_weights() -> npt.NDArray[np.int8]:
    found: npt.NDArray[np.int8] = np.max(_weights(), axis=0)
    return found


# Two adjacent characters whose weights add up to this are looked at, and the second of which costs so much after the
# first. Measured on the odd lines of news.
_PAIR_WEIGHT = 5
_PAIR_BITS = 11.0
_BEFORE, _BEHIND = 2, 4  # what is looked at around them
# Bits: what a character of a text may cost, how much one may count, and what a stretch must come to.
_EXPECTED_BITS = 12.0
_MOST_BITS = 8.0
_STRETCH_BITS = 12.0
_FAR = 1e6


class Window(NamedTuple):
    """A stretch that may be mojibake; its `scores` are in the order of the kinds."""

    start: int
    end: int
    scores: tuple[float, ...]


def windows(text: str) -> list[Window]:
    """Return the stretches of the text that may be mojibake, in order."""
    units = np.frombuffer(text.encode("utf-16-le", "surrogatepass"), dtype="<u2")
    if len(units) < 2:
        return []
    greatest = _greatest_weights().take(units)
    places = np.flatnonzero(greatest[1:] + greatest[:-1] >= _PAIR_WEIGHT)
    if not len(places):
        return []
    weights = _weights()
    one, two = units[places], units[places + 1]
    same = (weights[:, one] + weights[:, two]).max(axis=0) >= _PAIR_WEIGHT
    same &= (language.pair_bits(one.astype(np.uint32), two.astype(np.uint32)) >= _PAIR_BITS) | _is_light(two)
    places = places[same]
    if not len(places):
        return []
    if len(units) != len(text):
        places = places - np.cumsum((units >= 0xDC00) & (units < 0xE000))[places]
    near = np.zeros(len(text) + _BEHIND, dtype=np.bool_)
    for shift in range(-_BEFORE, _BEHIND):
        near[np.maximum(places + shift, 0)] = True
    at = np.flatnonzero(near[: len(text)])
    codes = language.codes(text)
    own = codes[at]
    before = np.where(at > 0, codes[np.maximum(at - 1, 0)], _NEWLINE).astype(np.uint32)
    surprise = np.minimum(language.pair_bits(before, own) - _EXPECTED_BITS, _MOST_BITS).astype(np.float64)
    surprise[_is_light(own)] = 0
    score = weights[:, np.minimum(own, _BMP - 1)] + surprise
    # A stretch begins anew after a gap, and in each line: what came before it is outweighed by far.
    score[:, own == _NEWLINE] -= _FAR
    score[:, np.flatnonzero(np.diff(at) > 1) + 1] -= _FAR
    sums = np.cumsum(score, axis=1)
    excess = sums - np.minimum(np.minimum.accumulate(sums, axis=1), 0)
    return list(_stretches(at, excess))


def _is_light(units: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Tell which code units cost little beside each other, so that their price says nothing."""
    found: npt.NDArray[np.bool_] = ((units >= 0xFF61) & (units <= 0xFF9F)) | (units == 0xFFFD)
    return found


def _stretches(at: Places, excess: Weights) -> Iterator[Window]:
    """Yield the stretches in which the excess of at least one kind is great enough."""
    greatest = excess.max(axis=0)
    inside = np.concatenate([[False], greatest > 0, [False]])
    edges = np.flatnonzero(inside[1:] != inside[:-1])
    for start, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        top = start + int(greatest[start:end].argmax())
        if greatest[top] >= _STRETCH_BITS:
            scores = excess[:, start : top + 1].max(axis=1)
            yield Window(int(at[start]), int(at[top]) + 1, tuple(scores.tolist()))


# --- The third sieve: what a stretch says by each chain ------------------------------------------------------------

_SAMPLE = 300  # characters of a stretch by which the chain is chosen
_NEAR_BITS = 15.0  # kinds whose score is lower than the best one's by more are not tried
_LEAST_SCORE = 6.0  # nor those below this
_TRIED = 3
# Bits by which what a stretch says, turned back roughly, must be better than the text as it is; measured on the odd
# lines of news and runs of 2, 4 and 8 characters of it garbled. With 14 one stretch in 120,000 characters of news is
# let through for UTF-8, and 82 to 100 % of garbled runs of four characters are. Pairs of bytes make a character of
# every other one; with 21 (銘傑 has 20) none is let through, and 85 to 98 % of the runs, but 40 % of Big5 read as GBK.
_ROUGH_UTF_8_BITS = 14.0
# For each character of a stretch that is longer than a few, what UTF-8 says must be better by so many bits: 8.2 to 16
# in 99 of 100 stretches of news that were UTF-8, 4 to 7 in half of those that were not.
_ROUGH_UTF_8_BITS_EACH = 7.0
_ROUGH_BITS = 21.0
_STRAY_BITS = 4.0  # what a byte costs that is left over: a third of a character of UTF-8
_FOREIGN_BITS = 24.0  # what a character costs that the wrong encoding does not have
_LEAST_WHOLE = 2  # so many characters of UTF-8 must be whole, or one where bytes were lost
_LAST_BITS = 6.0  # bits that the kind found before is worth
_SHORT = 12  # characters: at the ends of shorter stretches one more can decide
_END_BITS = 20.0  # and so many bits at most
_ENDS = ((1, 0), (0, 1), (1, 1))
_CODECS = {"cp936": "gb18030", "gbk": "gb18030", "cp950": "big5hkscs"}


def _turn_back(text: str, step: Step) -> str:
    """Return roughly what a text says by a misreading: lost bytes are not looked for."""
    if step.wrong == "utf-16-be":
        return text.encode("utf-16-be", "surrogatepass").decode("utf-16-le", "replace")
    wrong = _CODECS.get(step.wrong, step.wrong)
    data = text.encode(wrong, "replace")
    if step.right == step.wrong:
        data = data[1:]
    return data.decode(_CODECS.get(step.right, step.right), "replace")


def _weigh_back(text: str, step: Step, *, torn: bool) -> tuple[str, str, float]:
    """Return a text without what marks losses and what it says by a misreading, and what in bits does not fit in it.

    `torn`: bytes were lost in the text or before it.
    """
    kept = _LOSSES.sub("", text)
    if step.wrong == "utf-16-be":
        return kept, kept.encode("utf-16-be", "surrogatepass").decode("utf-16-le", "ignore"), 0.0
    wrong, right = _CODECS.get(step.wrong, step.wrong), _CODECS.get(step.right, step.right)
    if step.right == step.wrong:
        # Every other sign puts it in step again; of one stretch both ends are left over.
        kept = max(_IN_PAIRS.findall(kept), key=len, default="")
        data = kept.encode(right, "replace")
        foreign = data.count(b"?") + (len(data) - 2 * len(kept)) // 2
        after = data[1:].decode(right, "ignore").replace("?", "")
        return kept, after, _FOREIGN_BITS * foreign + _STRAY_BITS * (len(data) + 2 - 2 * len(after))
    data = kept.encode(wrong, "replace")
    foreign = data.count(b"?")
    lost = len(text) - len(kept)
    if right == "utf-8" or not torn:
        after = data.decode(right, "ignore").replace("?", "")
    else:
        # A lost byte leaves those behind it out of step, up to the next.
        after = "".join(_in_step(piece.encode(wrong, "ignore"), right) for piece in _LOSSES.split(text))
    # A mark stands for a byte that two others may have belonged to.
    stray = max(0, len(data) - foreign - len(after.encode(right, "ignore")) - 2 * lost)
    weight = _FOREIGN_BITS * foreign + _STRAY_BITS * stray
    if right == "utf-8" and len(after) - len(after.encode("ascii", "ignore")) < (1 if lost else _LEAST_WHOLE):
        weight += _FAR
    return kept, after, weight


def _in_step(data: bytes, encoding: str) -> str:
    """Return the bytes as text, from the first or the second on, whichever is likelier."""
    both = (data.decode(encoding, "ignore"), data[1:].decode(encoding, "ignore"))
    return min(both, key=language.bits_per_character)


_IN_PAIRS = re.compile("[\u2010-\uffef]+")
_LOSSES = re.compile("[?\ufffd]")


def _rough(kind: int, size: int) -> float:
    """Return the bits by which a stretch of so many characters must be better when it is turned back."""
    if KINDS[kind].chains[0][0].right == "utf-8":
        return max(_ROUGH_UTF_8_BITS, _ROUGH_UTF_8_BITS_EACH * size if size > _SHORT else 0.0)
    return _ROUGH_BITS


class Candidate(NamedTuple):
    """A stretch and the kinds of misreading to try on it, the likeliest first."""

    start: int
    end: int
    kinds: tuple[int, ...]


class _Try(NamedTuple):
    """A stretch that is to be turned back by a kind, for the window of this number."""

    number: int
    start: int
    end: int
    kind: int


def candidates(text: str, found: Sequence[Window]) -> list[Candidate]:
    """Return the windows that say something by a chain."""
    gains: list[dict[int, float]] = [{} for _ in found]
    tries: list[_Try] = []
    for number, window in enumerate(found):
        order = sorted(range(len(KINDS)), key=lambda kind: -window.scores[kind])
        end = min(window.end, window.start + _SAMPLE)
        least = max(window.scores[order[0]] - _NEAR_BITS, _LEAST_SCORE)
        tries += [_Try(number, window.start, end, kind) for kind in order[:_TRIED] if window.scores[kind] > least]
    for one, gain in zip(tries, _gains(text, tries), strict=True):
        gains[one.number][one.kind] = gain
    wider: list[_Try] = []
    for number, start, end, kind in tries:
        gain = gains[number][kind]
        rough = _rough(kind, end - start)
        missing = rough - (gain + _FAR if gain < -_FAR / 2 else gain)
        if gain <= rough and missing < _END_BITS and end - start <= _SHORT:
            for before, behind in _ENDS:
                beside = text[max(start - before, 0) : start] + text[end : end + behind]
                if beside and "\n" not in beside:
                    wider.append(_Try(number, max(start - before, 0), min(end + behind, len(text)), kind))
    for one, gain in zip(wider, _gains(text, wider), strict=True):
        gains[one.number][one.kind] = max(gains[one.number][one.kind], gain)
    last = -1
    kept: list[Candidate] = []
    for window, known in zip(found, gains, strict=True):
        size = min(window.end - window.start, _SAMPLE)
        enough = [kind for kind, gain in known.items() if gain > _rough(kind, size)]
        if not enough and known.get(_TWICE, -_FAR) > _ROUGH_UTF_8_BITS:
            # What was misread twice is no better than before when it is turned back once.
            once = _turn_back(text[window.start : window.start + size], KINDS[_TWICE].chains[-1][0])
            enough = [_TWICE] if _is_garbled_still(once) else []
        if enough:
            enough.sort(key=lambda kind: -known[kind] - (_LAST_BITS if kind == last else 0))
            last = enough[0]
            kept.append(Candidate(window.start, window.end, tuple(enough)))
    return kept


def _gains(text: str, tries: Sequence[_Try]) -> list[float]:
    """Return the bits by which each stretch is better when it is turned back."""
    if not tries:
        return []
    texts: list[str] = []
    weights: list[float] = []
    for _, start, end, kind in tries:
        torn = _LOSSES.search(text, max(start - _AROUND, 0), end) is not None
        kept, after, weight = _weigh_back(text[start:end].replace("\n", " "), KINDS[kind].chains[-1][0], torn=torn)
        left, right = text[start - 1 : start], text[end : end + 1]
        texts += [left + kept + right, left + after.replace("\n", " ") + right]
        # Rows of one sign are rows of one character in every encoding.
        weights.append(weight if len(set(kept)) * 3 > len(kept) or len(set(kept)) > _FEW else _FAR)
    joined = "\n".join(one.replace("\n", " ") for one in texts)
    costs = np.concatenate([[0.0], np.cumsum(language.bits(joined), dtype=np.float64)])
    ends = np.cumsum([len(one) + 1 for one in texts])
    starts = np.concatenate([[0], ends[:-1]])
    totals = costs[ends - 1] - costs[starts]
    found: list[float] = (totals[::2] - totals[1::2] - np.array(weights)).tolist()
    return found


# --- The reading ---------------------------------------------------------------------------------------------------

_MARGIN = 6  # characters beside a stretch that may belong to it
_JOIN = 30  # stretches of the same kind that are nearer than this are read as one
_REGION = 500  # characters that are judged as one, to the end of their line
# Bits by which a reading must be better than the text as it is, for a run that stands alone and for one beside others.
# UTF-8 proves itself; pairs of bytes are some character in every encoding, and a name of two rare characters (許銘傑)
# can be two common ones by chance: 20 bits in news, which is the most that was seen there.
_ALONE_UTF_8_BITS = 16.0
_ALONE_BITS = 24.0
_BESIDE_BITS = 3.0
_LOSS_BITS = 6.0  # what a character costs that was put in for lost bytes
# So many samples of so many characters are read by a chain first, and one in so many of them must say something.
_SAMPLES, _TRIAL = 3, 30
_SAID = 4
# How many characters of a region may be wrong, by the posteriors of those put in. News read as GBK with swallowed bytes
# comes to 0.08, all other kinds to 0.03 at most; text of another encoding to more than 0.2.
_DOUBT = 0.15
_DOUBT_ONCE = 0.5  # one more in a region, for the shortest ones
# What a character of a reading costs at most that needs no rival, in bits.
_GOOD_BITS = 10.5
_ALONE = 0.9  # of what looks garbled, so much must look so in one way for that to be tried before all others
_SEPARATOR = "\n"
_PRIVATE = re.compile("[\ue000-\uf8ff]")


class _Region(NamedTuple):
    """Characters to read, the kinds of misreading to try, and whether they are known to be among garbled ones."""

    start: int
    end: int
    kinds: tuple[int, ...]
    beside: bool = False


def _regions(text: str) -> list[_Region]:
    """Return the stretches to read, widened and joined."""
    found: list[_Region] = []
    share = np.zeros(len(KINDS))
    suspects = windows(text)
    foreign = _outside(text, suspects) if suspects else []
    suspects = [window for window in suspects if not _is_foreign(window.start, window.end, foreign)]
    for start, end, kinds in candidates(text, suspects):
        share[kinds[0]] += end - start
        start = max(start - _MARGIN, text.rfind("\n", max(start - _MARGIN, 0), start) + 1, 0)
        stop = text.find("\n", end, end + _MARGIN)
        end = min(end + _MARGIN, len(text)) if stop < 0 else stop
        if found:
            last = found[-1]
            joined = _join_kinds(text, last, start, kinds)
            if joined:
                found[-1] = last._replace(end=max(end, last.end), kinds=joined)
                continue
            start = max(start, last.end)
        if start < end:
            found.append(_Region(start, end, kinds))
    if found and share.sum() * 2 > len(text) - len(text.encode("ascii", "ignore")):
        first = int(share.argmax())
        return list(_throughout(text, found, first, alone=bool(share[first] > _ALONE * share.sum())))
    return found


def _join_kinds(text: str, last: _Region, start: int, kinds: tuple[int, ...]) -> tuple[int, ...]:
    """Return the kinds to try on a region and what begins at `start` as one, none if they are two."""
    if start - last.end > _JOIN:
        return ()
    if _SEPARATOR in text[max(last.end - _MARGIN, last.start) : start + _MARGIN]:
        # Lines are often misread each in its own way, and long regions are better judged in parts.
        return last.kinds if last.kinds[0] == kinds[0] and start - last.start < _REGION else ()
    common = tuple(kind for kind in last.kinds if kind in kinds)
    return common + tuple(kind for kind in (*last.kinds, *kinds) if kind not in common)[: _TRIED - len(common)]


def _throughout(text: str, found: Sequence[_Region], first: int, *, alone: bool) -> Iterator[_Region]:
    """Yield a text that is garbled throughout in whole lines, of which `_REGION` characters or so are read as one.

    The kind `first` is tried everywhere; before all others if it is nearly alone. If not, lines in which another kind
    is the likeliest are read by themselves.
    """
    start = number = 0
    while start < len(text):
        end = text.find(_SEPARATOR, min(start + _REGION, len(text))) + 1 or len(text)
        kinds: list[int] = []
        while number < len(found) and found[number].start < end:
            line = text.rfind(_SEPARATOR, start, found[number].start) + 1
            if kinds and found[number].kinds[0] != kinds[0] and line > start and not alone:
                end = line
                break
            kinds += [kind for kind in found[number].kinds if kind not in kinds]
            number += 1
        if alone:
            kinds = [first, *(kind for kind in kinds if kind != first)][:_TRIED]
        else:
            kinds = [*kinds[: _TRIED - 1], first] if first not in kinds[:_TRIED] else kinds[:_TRIED]
        yield _Region(start, end, tuple(kinds), beside=True)
        start = end


def _chain(kind: int, text: str) -> Chain:
    """Return the chain of a kind that fits what stands in the regions of a text.

    Only GB18030 has private-use characters; the euro sign stands for the byte 0x80 as Windows reads GBK, and without
    them seldom for a pair.
    """
    chains = KINDS[kind].chains
    wanted = "gb18030" if _PRIVATE.search(text) else "cp936" if "€" in text else ""
    return next((chain for chain in chains if chain[-1].wrong == wanted), chains[0])


def _read_together(text: str, regions: Sequence[_Region], chain: Chain) -> list[list[Cell]]:
    """Return for each region the cells of its reading by the chain, with offsets in the text; all in one go."""
    # Nearly no text has anything to read: the lattice is loaded when there is.
    from cnpolicy.repair.lattice import reread
    from cnpolicy.repair.out_of_step import reread_out_of_step

    joined = _SEPARATOR.join(text[region.start : region.end] for region in regions)
    reading = reread_out_of_step(joined) if chain == _OUT_OF_STEP else reread(joined, chain)
    if reading is None:
        return [[] for _ in regions]
    found: list[list[Cell]] = [[] for _ in regions]
    starts = np.cumsum([0, *(len(_SEPARATOR) + region.end - region.start for region in regions)])
    numbers = np.searchsorted(starts, [cell.start for cell in reading.cells], side="right") - 1
    for cell, number in zip(reading.cells, numbers.tolist(), strict=True):
        region = regions[number]
        shift = region.start - int(starts[number])  # from offsets in the joined text
        if cell.end + shift <= region.end:
            found[number].append(cell._replace(start=cell.start + shift, end=cell.end + shift))
    return found


def _runs(text: str, reads: Sequence[Sequence[Cell]], kind: str, chain: Chain) -> list[list[Span]]:
    """Return for each of the readings the runs of cells that say more than the text does, with what each gains."""
    found: list[list[Span]] = [[] for _ in reads]
    owners: list[int] = []
    spans: list[Span] = []
    texts: list[str] = []
    for owner, cells in enumerate(reads):
        for run, before in _changes(text, cells):
            span = Span(kind, chain, tuple(_trimmed(text, run)) or tuple(run), 0.0)
            after = text[span.end] if span.end < len(text) else "\n"
            texts += [before + text[span.start : span.end] + after, before + span.after + after]
            owners.append(owner)
            spans.append(span)
    if not spans:
        return found
    costs = np.concatenate([[0.0], np.cumsum(language.bits("\n".join(texts)), dtype=np.float64)])
    ends = np.cumsum([len(one) + 1 for one in texts])
    starts = np.concatenate([[0], ends[:-1]])
    totals = costs[ends - 1] - costs[starts + 1]
    for owner, span, gain in zip(owners, spans, (totals[::2] - totals[1::2]).tolist(), strict=True):
        gain -= _LOSS_BITS * sum(len(cell.losses) for cell in span.cells)
        if gain > 0:
            found[owner].append(span._replace(gain=gain))
    return found


def _changes(text: str, cells: Sequence[Cell]) -> Iterator[tuple[list[Cell], str]]:
    """Yield the runs of cells that differ from the text, each with the character that stands before it then."""
    run: list[Cell] = []
    before = text[cells[0].start - 1] if cells and cells[0].start else "\n"
    for cell in (*cells, None):
        if cell is not None:
            old = text[cell.start : cell.end]
            if run and run[-1].end != cell.start:
                yield run, before
                run = []
                before = text[cell.start - 1]
            if cell.after != old and _is_text(cell):
                run.append(cell)
                continue
        if run:
            yield run, before
            before = "".join(one.after for one in run)[-1:] or before
            run = []
        if cell is not None:
            before = old[-1:] or before


def _is_text(cell: Cell) -> bool:
    """Tell whether nothing stands in a cell that no text is written with."""
    return not _UNFIT.search(cell.after)


_UNFIT = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\uf8ff\ufff0-\uffff]")


def _trimmed(text: str, cells: Sequence[Cell]) -> Iterator[Cell]:
    """Yield the cells without what is the same before and after at both ends: marks of ASCII, mostly."""
    for number, (start, end, after, losses) in enumerate(cells):
        if not losses and number == 0:
            while after and start < end and after[0] == text[start]:
                start, after = start + 1, after[1:]
        if not losses and number == len(cells) - 1:
            while after and start < end and after[-1] == text[end - 1]:
                end, after = end - 1, after[:-1]
        if start < end:
            yield Cell(start, end, after, losses)


class _Choice(NamedTuple):
    """What a region says by one chain."""

    runs: list[Span]
    gain: float
    good: bool


_NOTHING = _Choice([], 0.0, good=False)


def _choose(text: str, regions: Sequence[_Region]) -> list[_Choice]:
    """Return the best choice for each region."""
    best = [_NOTHING] * len(regions)
    heard: set[Chain] = set()  # what has said something before
    inside = "".join(text[region.start : region.end] for region in regions)
    for order in range(_TRIED):
        batches: dict[tuple[int, Chain], list[int]] = {}
        for number, region in enumerate(regions):
            if order < len(region.kinds) and not best[number].good:
                kind = region.kinds[order]
                batches.setdefault((kind, _chain(kind, inside)), []).append(number)
        for (kind, chain), numbers in batches.items():
            if (
                chain in heard or _says_something(text, [regions[one] for one in numbers], KINDS[kind].name, chain)
            ) and _improve(text, regions, best, numbers, KINDS[kind].name, chain):
                heard.add(chain)
    # Once more over, where what is turned back once is still mojibake of the same kind.
    batches = {}
    for number, region in enumerate(regions):
        if _TWICE in region.kinds and not best[number].good:
            chain = _chain(_TWICE, inside)
            if _is_garbled_still(_turn_back(text[region.start : region.end], chain[0])):
                batches.setdefault((_TWICE, (*chain, *chain)), []).append(number)
    for (kind, chain), numbers in batches.items():
        if _says_something(text, [regions[one] for one in numbers], KINDS[kind].name, chain):
            _improve(text, regions, best, numbers, KINDS[kind].name, chain)
    return best


def _improve(
    text: str, regions: Sequence[_Region], best: list[_Choice], numbers: Sequence[int], kind: str, chain: Chain
) -> bool:
    """Try a chain on some of the regions, keep what is better than before, and tell whether anything is."""
    better = False
    reads = _read_together(text, [regions[one] for one in numbers], chain)
    for number, runs in zip(numbers, _runs(text, reads, kind, chain), strict=True):
        gain = sum(run.gain for run in runs)
        if gain > best[number].gain:
            best[number] = _Choice(runs, gain, _is_good(text, regions[number], runs))
            better = True
    return better


def _is_good(text: str, region: _Region, runs: Sequence[Span]) -> bool:
    """Tell whether a region needs no other reading: what these runs leave of it is as likely as what they say."""
    pieces: list[str] = []
    place = region.start
    for run in runs:
        pieces += [text[place : run.start], run.after]
        place = run.end
    return language.bits_per_character("".join([*pieces, text[place : region.end]])) < _GOOD_BITS


def _says_something(text: str, regions: Sequence[_Region], kind: str, chain: Chain) -> bool:
    """Tell whether samples of the regions say something by a chain; what is hardly longer than they need not be asked.

    A chain that it was not makes the lattice guess at everything, which takes a thousand times as long as reading what
    fits.
    """
    if sum(region.end - region.start for region in regions) <= 2 * _SAMPLES * _TRIAL:
        return True
    # At the beginnings of lines, where nothing of a character before is in the way.
    places = [place for region in regions for place in range(region.start, region.end) if text[place] > "\x7f"]
    sample: list[_Region] = []
    for number in range(_SAMPLES):
        place = places[len(places) * number // _SAMPLES]
        region = regions[bisect_right(regions, (place,)) - 1]
        start = max(text.rfind(_SEPARATOR, 0, place) + 1, region.start)
        sample.append(_Region(start, min(start + _TRIAL, region.end), ()))
    sample = sorted(set(sample))
    said = 0
    for runs in _runs(text, _read_together(text, sample, chain), kind, chain):
        said += sum(run.end - run.start for run in _founded(text, runs))
    return said * _SAID >= sum(one.end - one.start for one in sample)


def _is_garbled_still(text: str) -> bool:
    """Tell whether what was turned back once is mojibake for the better part."""
    kept = text.replace("\ufffd", "")
    return sum(window.end - window.start for window in windows(kept)) * 3 > len(kept)


_FOREIGN = re.compile("[\u3041-\u30fe\u3131-\u318e\uac00-\ud7a3]")
_AROUND = 100  # characters before and behind a run in which kana and Hangul are counted
_FEW = 3
# What a character of a run that stands alone may cost on average: in news, names cost up to 11 bits, and names alone up
# to 14. They may where the run gains twice what it needs and so many bits a character.
_EACH_BITS, _NAME_BITS = 6.0, 14.5
_SOUND_BITS = 11.0


def _is_founded(text: str, run: Span) -> bool:
    """Tell whether enough is left of a run to say anything: rows of U+FFFD could be read as whatever is common."""
    left = run.end - run.start - len(_LOSSES.findall(text, run.start, run.end))
    return left * 2 >= len(run.after) and not _FOREIGN.search(run.after)


def _founded(text: str, runs: Sequence[Span]) -> list[Span]:
    """Return the runs of a region that say anything; none if too much of what they say together is guessed."""
    doubt = sum(1 - loss.posterior for run in runs for cell in run.cells for loss in cell.losses)
    if doubt > _DOUBT * sum(len(run.after) for run in runs) + _DOUBT_ONCE:
        return []
    return [run for run in runs if _is_founded(text, run)]


def _proves(run: Span) -> bool:
    """Tell whether a run is mojibake whatever stands beside it."""
    if run.chain[0].right == "utf-8":
        return run.gain >= _ALONE_UTF_8_BITS
    after = run.after
    # Rows of signs (゛゛゛━━━) are rows of characters in every encoding.
    varied = len(set(after)) * 2 > len(after) or len(after) > _AROUND
    # Nor are rows of fullwidth signs words.
    words = sum(map(len, HANS.findall(after))) * 2 >= len(after) - len(after.encode("ascii", "ignore"))
    most = _NAME_BITS if run.gain >= max(2 * _ALONE_BITS, _EACH_BITS * len(after)) else _SOUND_BITS
    is_sound = language.bits_per_character(after) <= most
    return run.gain >= _ALONE_BITS and varied and words and is_sound


def _is_foreign(start: int, end: int, places: Sequence[int]) -> bool:
    """Tell whether a stretch stands among kana or Hangul: what does is Japanese or Korean."""
    near = bisect_left(places, end + _AROUND) - bisect_left(places, start - _AROUND)
    return near > _FEW and near * 4 >= end - start


def _outside(text: str, runs: Sequence[Span] | Sequence[Window]) -> list[int]:
    """Return the places of kana and Hangul that are in none of the runs; none if nearly all are in runs.

    Of those in Japanese and Korean text 90 % and more stand outside, of those in text misread as such at most 13 %.
    """
    places: list[int] = []
    ends = iter([*runs, None])
    run = next(ends)
    inside = 0
    for match in _FOREIGN.finditer(text):
        while run is not None and run.end <= match.start():
            run = next(ends)
        if run is None or match.start() < run.start:
            places.append(match.start())
        else:
            inside += 1
    return places if len(places) * 2 > inside else []


# The rules of all kinds look at the same text, and at what it would become; the next pass looks at that again.
@lru_cache(maxsize=2)
def search(text: str) -> tuple[Span, ...]:
    """Return the spans of the text that went through a chain, in order."""
    regions = _regions(text)
    if not regions:
        return ()
    founded = [_founded(text, choice.runs) for choice in _choose(text, regions)]
    proven = [any(map(_proves, runs)) for runs in founded]
    found: list[Span] = []
    for region, runs, is_proven in zip(regions, founded, proven, strict=True):
        if is_proven or (region.beside and any(proven)):
            found += [run for run in runs if run.gain >= _BESIDE_BITS]
    foreign = _outside(text, found)
    return tuple(run for run in found if not _is_foreign(run.start, run.end, foreign))
