"""Where in a text are misreadings of bytes in pairs, and what do they say?

What the sieves leave (cnpolicy.repair.sieves) goes through the lattice (cnpolicy.repair.lattice), and is taken when
what it says then is by far likelier than what it says now.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cnpolicy import language
from cnpolicy.repair.cells import Cell, divide
from cnpolicy.repair.chains import Chain, python_codec
from cnpolicy.repair.proof import HANS
from cnpolicy.repair.sieves import (
    KINDS,
    LOSSES,
    OUT_OF_STEP,
    SCRAPS,
    TRIED,
    TWICE,
    Window,
    candidates,
    is_garbled_still,
    turn_back,
    windows,
)

_BMP = 0x10000


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
# Of UTF-8 that was read as Big5 little is left. Measured on 72 runs of 4, 8 and 20 characters of odd lines of news; for
# whole lines all of these values are the same.
# So many may be wrong: with 0.6 to 1.0 the same 52 % of the characters of runs come back, with 0.5 50 %.
_DOUBT_SCRAPS = 0.7
# A run must have so many characters that are no marks: 1 to 3 come to the same, with 5 only 46 % come back.
_LEAST_SCRAPS = 3
# Bits by which it must be better than the text as it is: from 30 to 60 the same, with 90 only 48 %.
_SCRAPS_BITS = 60.0
# One in so many more characters must be HKSCS's for that to be tried: so it is in 94 of 100 lines and runs that were
# read as HKSCS (a 4th more in 79), and of what was read as Big5 in none.
_HONG_KONG = 8
_ALONE = 0.9  # of what looks garbled, so much must look so in one way for that to be tried before all others
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
    kept = candidates(text, suspects)
    if kept and (foreign := _outside(text, suspects)):
        kept = candidates(text, [one for one in suspects if not _is_foreign(one.start, one.end, foreign)])
    for start, end, kinds in kept:
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
    if "\n" in text[max(last.end - _MARGIN, last.start) : start + _MARGIN]:
        # Lines are often misread each in its own way, and long regions are better judged in parts.
        return last.kinds if last.kinds[0] == kinds[0] and start - last.start < _REGION else ()
    common = tuple(kind for kind in last.kinds if kind in kinds)
    return common + tuple(kind for kind in (*last.kinds, *kinds) if kind not in common)[: TRIED - len(common)]


def _throughout(text: str, found: Sequence[_Region], first: int, *, alone: bool) -> Iterator[_Region]:
    """Yield a text that is garbled throughout in whole lines, of which `_REGION` characters or so are read as one.

    The kind `first` is tried everywhere; before all others if it is nearly alone. If not, lines in which another kind
    is the likeliest are read by themselves.
    """
    start = number = 0
    while start < len(text):
        end = text.find("\n", min(start + _REGION, len(text))) + 1 or len(text)
        kinds: list[int] = []
        while number < len(found) and found[number].start < end:
            line = text.rfind("\n", start, found[number].start) + 1
            if kinds and found[number].kinds[0] != kinds[0] and line > start and not alone:
                end = line
                break
            kinds += [kind for kind in found[number].kinds if kind not in kinds]
            number += 1
        if alone:
            kinds = [first, *(kind for kind in kinds if kind != first)][:TRIED]
        else:
            kinds = [*kinds[: TRIED - 1], first] if first not in kinds[:TRIED] else kinds[:TRIED]
        yield _Region(start, end, tuple(kinds), beside=True)
        start = end


def _chain(kind: int, text: str) -> Chain:
    """Return the chain of a kind that fits what stands in the regions of a text.

    Only GB18030 has private-use characters; the euro sign stands for the byte 0x80 as Windows reads GBK, and without
    them seldom for a pair.
    """
    chains = KINDS[kind].chains
    if kind == SCRAPS:
        plain, hong_kong = (len(text.encode(step.wrong, "ignore")) for (step,) in chains)
        return chains[hong_kong > plain + plain // _HONG_KONG]
    wanted = "gb18030" if _PRIVATE.search(text) else "cp936" if "€" in text else ""
    return next((chain for chain in chains if chain[-1].wrong == wanted), chains[0])


class _Way(NamedTuple):
    """A chain to try, and the kind of misreading that it undoes."""

    kind: str
    chain: Chain


def _read_together(text: str, regions: Sequence[_Region], chain: Chain) -> list[list[Cell]]:
    """Return for each region the cells of its reading by the chain, with offsets in the text; all in one go."""
    # Nearly no text has anything to read: the lattice is loaded when there is.
    from cnpolicy.repair.lattice import reread
    from cnpolicy.repair.out_of_step import reread_out_of_step

    pieces = [text[region.start : region.end] for region in regions]
    joined = "\n".join(pieces)
    reading = reread_out_of_step(joined) if chain == OUT_OF_STEP else reread(joined, chain)
    return [
        [cell._replace(start=cell.start + region.start, end=cell.end + region.start) for cell in cells]
        for region, cells in zip(regions, divide(reading.cells if reading else (), pieces), strict=True)
    ]


def _runs(text: str, regions: Sequence[_Region], way: _Way) -> list[list[Span]]:
    """Return for each region the runs of cells that say more by a chain than the text does, with what each gains."""
    found: list[list[Span]] = [[] for _ in regions]
    owners: list[int] = []
    spans: list[Span] = []
    texts: list[str] = []
    for owner, cells in enumerate(_read_together(text, regions, way.chain)):
        for run, before in _changes(text, cells):
            span = Span(*way, tuple(_trimmed(text, run)) or tuple(run), 0.0)
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
    chains = {kind: _chain(kind, inside) for kind in {kind for region in regions for kind in region.kinds}}
    for order in range(TRIED):
        batches: dict[_Way, list[int]] = {}
        for number, region in enumerate(regions):
            if order < len(region.kinds) and not best[number].good:
                kind = region.kinds[order]
                batches.setdefault(_Way(KINDS[kind].name, chains[kind]), []).append(number)
        for way, numbers in batches.items():
            says = way.chain in heard or _says_something(text, [regions[one] for one in numbers], way)
            if says and _improve(text, regions, best, numbers, way):
                heard.add(way.chain)
    # Once more over, where what is turned back once is still mojibake of the same kind.
    batches = {}
    for number, region in enumerate(regions):
        if TWICE in region.kinds and not best[number].good:
            chain = chains[TWICE]
            if is_garbled_still(turn_back(text[region.start : region.end], chain[0])):
                batches.setdefault(_Way(KINDS[TWICE].name, (*chain, *chain)), []).append(number)
    for way, numbers in batches.items():
        if _says_something(text, [regions[one] for one in numbers], way):
            _improve(text, regions, best, numbers, way)
    return best


def _improve(text: str, regions: Sequence[_Region], best: list[_Choice], numbers: Sequence[int], way: _Way) -> bool:
    """Try a chain on some of the regions, keep what is better than before, and tell whether anything is."""
    better = False
    for number, runs in zip(numbers, _runs(text, [regions[one] for one in numbers], way), strict=True):
        gain = sum(run.gain for run in runs)
        if gain > best[number].gain:
            best[number] = _Choice(runs, gain, _is_good(text, regions[number], runs))
            better = True
    return better


def _is_good(text: str, region: _Region, runs: Sequence[Span]) -> bool:
    """Tell whether a region needs no other reading: what these runs leave of it is as likely as what they say."""
    if runs and runs[0].kind == KINDS[SCRAPS].name:
        # No other chain leaves bytes of this shape, however unlikely the best guesses are.
        covered = sum(run.end - run.start for run in runs)
        return covered * 2 >= region.end - region.start and max(run.gain for run in runs) >= _SCRAPS_BITS
    pieces: list[str] = []
    place = region.start
    for run in runs:
        pieces += [text[place : run.start], run.after]
        place = run.end
    return language.bits_per_character("".join([*pieces, text[place : region.end]])) < _GOOD_BITS


def _says_something(text: str, regions: Sequence[_Region], way: _Way) -> bool:
    """Tell whether samples of the regions say something by a chain; what is hardly longer than they need not be asked.

    A chain that it was not makes the lattice guess at everything, which takes a thousand times as long as reading what
    fits.
    """
    if sum(region.end - region.start for region in regions) <= 2 * _SAMPLES * _TRIAL:
        return True
    places = [place for region in regions for place in range(region.start, region.end) if text[place] > "\x7f"]
    starts = [region.start for region in regions]
    sample: list[_Region] = []
    for number in range(_SAMPLES):
        place = places[len(places) * number // _SAMPLES]
        region = regions[bisect_right(starts, place) - 1]
        # Where a run begins, or a line: there nothing of a character before is in the way; but of each only once.
        start = region.start
        if region.beside:
            start = max(text.rfind("\n", 0, place) + 1, start)
        if sample and start < sample[-1].end:
            start = max(place, sample[-1].end)
        if start < region.end:
            sample.append(_Region(start, min(start + _TRIAL, region.end), ()))
    found = [_founded(text, runs) for runs in _runs(text, sample, way)]
    said = sum(run.end - run.start for runs in found for run in runs)
    # A short run in good text says little, and proves itself.
    is_proven = any(_proves(run) for runs in found for run in runs)
    return is_proven or said * _SAID >= sum(one.end - one.start for one in sample)


_FOREIGN_RANGES = (("\u3041", "\u30fe"), ("\u3131", "\u318e"), ("\uac00", "\ud7a3"))
_FOREIGN = re.compile("[" + "".join(f"{first}-{last}" for first, last in _FOREIGN_RANGES) + "]")
_AROUND = 100  # characters before and behind a run in which kana and Hangul are counted
_FEW = 3
# What a character of a run that stands alone may cost on average: in news, names cost up to 11 bits, and names alone up
# to 14. They may where the run gains twice what it needs and so many bits a character.
_EACH_BITS, _NAME_BITS = 6.0, 14.5
_SOUND_BITS = 11.0
_LEAST_ALONE = 3  # characters: of two rare ones, each pair is two others in some encoding
# Of a list of more characters than this nearly all stand behind one with a lower code; of words, half do.
_LISTED, _RISING = 6, 0.8


def _is_founded(text: str, run: Span) -> bool:
    """Tell whether enough is left of a run to say anything: rows of U+FFFD could be read as whatever is common."""
    left = run.end - run.start - len(LOSSES.findall(text, run.start, run.end))
    if run.kind == KINDS[SCRAPS].name:
        return left >= _LEAST_SCRAPS and left * 4 >= len(run.after)
    return left * 2 >= len(run.after) and not _FOREIGN.search(run.after)


def _founded(text: str, runs: Sequence[Span]) -> list[Span]:
    """Return the runs of a region that say anything; none if too much of what they say together is guessed."""
    doubt = sum(1 - loss.posterior for run in runs for cell in run.cells for loss in cell.losses)
    is_scraps = bool(runs) and runs[0].kind == KINDS[SCRAPS].name
    if doubt > (_DOUBT_SCRAPS if is_scraps else _DOUBT) * sum(len(run.after) for run in runs) + _DOUBT_ONCE:
        return []
    founded = [run for run in runs if _is_founded(text, run)]
    if is_scraps and any(map(_proves, founded)):
        # Between digits a character or two are left, of which all bytes may be lost.
        return [run for run in runs if not _FOREIGN.search(run.after)]
    return founded


def _proves(run: Span) -> bool:
    """Tell whether a run is mojibake whatever stands beside it."""
    if run.kind == KINDS[SCRAPS].name:
        return run.gain >= _SCRAPS_BITS
    if run.chain[0].right == "utf-8":
        return run.gain >= _ALONE_UTF_8_BITS
    after = run.after
    # Rows of signs (゛゛゛━━━) are rows of characters in every encoding.
    varied = len(set(after)) * 2 > len(after) or len(after) > _AROUND
    # Nor are rows of fullwidth signs words.
    words = sum(map(len, HANS.findall(after))) * 2 >= len(after) - len(after.encode("ascii", "ignore"))
    most = _NAME_BITS if run.gain >= max(2 * _ALONE_BITS, _EACH_BITS * len(after)) else _SOUND_BITS
    is_sound = language.bits_per_character(after) <= most and len(after) >= _LEAST_ALONE
    return run.gain >= _ALONE_BITS and varied and words and is_sound and not _is_list(after, run.chain[0].right)


def _is_list(text: str, encoding: str) -> bool:
    """Tell whether characters stand in the order of their codes: lists of characters do, in every encoding."""
    data = [one.encode(python_codec(encoding), "ignore") for one in text]
    rising = sum(one < other for one, other in pairwise(data))
    return len(data) > _LISTED and rising >= _RISING * (len(data) - 1)


def _is_foreign(start: int, end: int, places: Sequence[int]) -> bool:
    """Tell whether a stretch stands among kana or Hangul: what does is Japanese or Korean."""
    near = bisect_left(places, end + _AROUND) - bisect_left(places, start - _AROUND)
    return near > _FEW and near * 4 >= end - start


def _outside(text: str, runs: Sequence[Span] | Sequence[Window]) -> list[int]:
    """Return the places of kana and Hangul that are in none of the runs; none if nearly all are in runs.

    Of those in Japanese and Korean text 90 % and more stand outside, of those in text misread as such at most 13 %.
    """
    points = language.codes(text)
    places = np.flatnonzero(_kana_and_hangul().take(np.minimum(points, _BMP - 1)))
    if not len(places) or not runs:
        return [] if not runs else places.tolist()
    number = np.searchsorted([run.start for run in runs], places, side="right")
    ends = np.array([0, *(run.end for run in runs)])
    outside: list[int] = places[ends[number] <= places].tolist()
    return outside if len(outside) * 3 > len(places) else []


@cache
def _kana_and_hangul() -> npt.NDArray[np.bool_]:
    found = np.zeros(_BMP, dtype=np.bool_)
    for first, last in _FOREIGN_RANGES:
        found[ord(first) : ord(last) + 1] = True
    return found


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
    return tuple(_with_borders(text, [run for run in found if not _is_foreign(run.start, run.end, foreign)]))


def _with_borders(text: str, runs: Sequence[Span]) -> Iterator[Span]:
    """Yield the runs with their borders where the words and the characters around want them."""
    # Nearly no text has runs: the vocabulary is loaded when there are.
    from cnpolicy.repair.borders import move_borders, spare_good_ends

    done = 0
    for number, run in enumerate(runs, 1):
        step, *further = run.chain
        if not further and step.right != "utf-8" and step.right != step.wrong:
            following = runs[number].start if number < len(runs) else len(text)
            run = run._replace(cells=move_borders(text, run.cells, step, (done, following)))
        elif not further and step.right == "utf-8" and step.wrong != "utf-16":
            run = run._replace(cells=spare_good_ends(text, run.cells, step))
        if run.cells:
            done = run.end
            yield run
