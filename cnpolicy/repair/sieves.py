"""Which stretches of a text may be misreadings of bytes in pairs, and of which kinds?

Three sieves, each dearer and finer than the one before. Characters that stand side by side and are likelier in mojibake
than in a text; those of them that also do not go with their neighbours; and those that say something when they are
turned back by one of the known chains. Good text is to be out of the first sieve at full speed.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from cnpolicy import language, tables
from cnpolicy.repair.chains import Chain, Step

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
    Kind("big5-read-as-gbk", _steps("cp950", "gbk", "cp936", "gb18030")),
    Kind("big5-read-as-cp932", _steps("cp950", "cp932")),
    Kind("big5-read-as-cp949", _steps("cp950", "cp949")),
    Kind("utf8-read-as-big5", _steps("utf-8", "big5", "big5hkscs")),
    Kind("utf16-bytes-swapped", _steps("utf-16-le", "utf-16-be")),
    Kind("gbk-out-of-step", _steps("gbk", "gbk")),
)
_NAMES = [kind.name for kind in KINDS]
SCRAPS = _NAMES.index("utf8-read-as-big5")  # the kind that leaves only scraps
TWICE = _NAMES.index("utf8-read-as-gbk")  # tried twice over: programs that read UTF-8 as GBK save it as UTF-8
OUT_OF_STEP = KINDS[_NAMES.index("gbk-out-of-step")].chains[0]


# --- The first sieve: characters that are likelier in mojibake -----------------------------------------------------


@cache
def _weights() -> npt.NDArray[np.int8]:
    """Return by how many bits each code unit (a row) is likelier in a kind of misreading (a column) than in a text."""
    return np.ascontiguousarray(tables.load("suspects")["weights"].T)


@cache
def _greatest_weights() -> npt.NDArray[np.int8]:
    found: npt.NDArray[np.int8] = np.max(_weights(), axis=1)
    return found


# Two adjacent characters whose weights add up to this are looked at, and the second of which costs so much after the
# first. Measured on the odd lines of news.
_PAIR_WEIGHT = 5
_PAIR_BITS = 11.0
_BEFORE, _BEHIND = 2, 4  # what is looked at around them
# Bits: what a character of a text may cost, how much one may count, and what a stretch must come to.
_EXPECTED_BITS = 12.0
_MOST_BITS = 8.0
_STRETCH_BITS = 14.0
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
    places = places[(weights[units[places]] + weights[units[places + 1]]).max(axis=1) >= _PAIR_WEIGHT]
    if not len(places):
        return []
    if len(units) != len(text):
        places = places - np.cumsum((units >= 0xDC00) & (units < 0xE000))[places]
    codes = language.codes(text)
    places = places[_are_odd(codes[places], codes[np.minimum(places + 1, len(text) - 1)])]
    if not len(places):
        return []
    at = _around(places, len(text))
    own = codes[at]
    before = codes[at - 1]
    before[:1] = _NEWLINE if at[0] == 0 else before[:1]
    surprise = np.minimum(language.pair_bits(before, own) - _EXPECTED_BITS, _MOST_BITS).astype(np.float64)
    surprise[_is_light(own)] = 0
    score = weights[np.minimum(own, _BMP - 1)] + surprise[:, None]
    # A stretch begins anew after a gap, and in each line: what came before it is outweighed by far.
    score[own == _NEWLINE] -= _FAR
    score[np.flatnonzero(at[1:] - at[:-1] > 1) + 1] -= _FAR
    sums = np.cumsum(score, axis=0)
    excess = sums - np.minimum(np.minimum.accumulate(sums, axis=0), 0)
    return list(_stretches(at, excess))


# Whether the second of two characters costs much after the first, for those seen lately: news has the same ones again.
_odd: dict[int, bool] = {}
_MOST_KNOWN = 1 << 16


def _are_odd(first: language.Codes, second: language.Codes) -> npt.NDArray[np.bool_]:
    """Tell for each character whether it does not go with the one before it."""
    keys = (first.astype(np.uint64) << np.uint64(32) | second).tolist()
    unknown = [number for number, key in enumerate(keys) if key not in _odd]
    if unknown:
        if len(_odd) + len(unknown) > _MOST_KNOWN:
            _odd.clear()
            unknown = list(range(len(keys)))
        one, two = first[unknown], second[unknown]
        odd = _is_light(two) | (language.pair_bits(one, two) >= _PAIR_BITS)
        _odd.update(zip([keys[number] for number in unknown], odd.tolist(), strict=True))
    return np.array([_odd[key] for key in keys])


def _around(places: Places, size: int) -> Places:
    """Return all places that are so near to one of these, in a text of so many characters."""
    near = np.zeros(size + _BEHIND, dtype=np.bool_)
    for shift in range(-_BEFORE, _BEHIND):
        near[np.maximum(places + shift, 0)] = True
    return np.flatnonzero(near[:size])


def _is_light(units: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Tell which code units cost little beside each other, so that their price says nothing."""
    found: npt.NDArray[np.bool_] = ((units >= 0xFF61) & (units <= 0xFF9F)) | (units == 0xFFFD)
    return found


def _stretches(at: Places, excess: Weights) -> Iterator[Window]:
    """Yield the stretches in which the excess of at least one kind is great enough."""
    greatest = excess.max(axis=1)
    inside = np.concatenate([[False], greatest > 0, [False]])
    edges = np.flatnonzero(inside[1:] != inside[:-1])
    for start, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        top = start + int(greatest[start:end].argmax())
        if greatest[top] >= _STRETCH_BITS:
            scores = excess[start : top + 1].max(axis=0)
            yield Window(int(at[start]), int(at[top]) + 1, tuple(scores.tolist()))


# --- The third sieve: what a stretch says by each chain ------------------------------------------------------------

_SAMPLE = 300  # characters of a stretch by which the chain is chosen
_NEAR_BITS = 15.0  # kinds whose score is lower than the best one's by more are not tried
_LEAST_SCORE = 6.0  # nor those below this
TRIED = 3
# Bits by which what a stretch says, turned back roughly, must be better than the text as it is; measured on the odd
# lines of news and runs of 2, 4 and 8 characters of it garbled. With 14 one stretch in 120,000 characters of news is
# let through for UTF-8, and 82 to 100 % of garbled runs of four characters are. Pairs of bytes make a character of
# every other one; with 21 (銘傑 has 20) none is let through, and 85 to 98 % of the runs, but 40 % of Big5 read as GBK.
_ROUGH_UTF_8_BITS = 14.0
# For each character of a stretch that is longer than a few, what UTF-8 says must be better by so many bits: 8.2 to 16
# in 99 of 100 stretches of news that were UTF-8, 4 to 7 in half of those that were not.
_ROUGH_UTF_8_BITS_EACH = 7.0
# Read as Big5, most characters lost bytes, and what is whole is better by 3.4 to 12 bits for each character in 95 of
# 100 stretches. It is one of the likeliest kinds by then, and the lattice tells the rest.
_ROUGH_SCRAPS_BITS, _ROUGH_SCRAPS_BITS_EACH = 30.0, 3.0
_ROUGH_BITS = 21.0
_STRAY_BITS = 4.0  # what a byte costs that is left over: a third of a character of UTF-8
_FOREIGN_BITS = 24.0  # what a character costs that the wrong encoding does not have
_LEAST_WHOLE = 2  # so many characters of UTF-8 must be whole, or one where bytes were lost
_LAST_BITS = 6.0  # bits that the kind found before is worth
_SHORT = 12  # characters: at the ends of shorter stretches one more can decide
_END_BITS = 20.0  # and so many bits at most
_ENDS = ((1, 0), (0, 1), (1, 1))
_CODECS = {"cp936": "gb18030", "gbk": "gb18030", "cp950": "big5hkscs"}


def turn_back(text: str, step: Step) -> str:
    """Return roughly what a text says by a misreading: lost bytes are not looked for."""
    if step.wrong == "utf-16-be":
        return text.encode("utf-16-be", "surrogatepass").decode("utf-16-le", "replace")
    wrong = _CODECS.get(step.wrong, step.wrong)
    data = text.encode(wrong, "replace")
    if step.right == step.wrong:
        data = data[1:]
    return data.decode(_CODECS.get(step.right, step.right), "replace")


class _Try(NamedTuple):
    """A stretch that is to be turned back by a kind, for the window of this number."""

    number: int
    start: int
    end: int
    kind: int


class _Back(NamedTuple):
    """A stretch without what marks losses, what it says by a misreading, and what in bits does not fit in it."""

    kept: str
    after: str
    weight: float


def _weigh_back(pieces: Sequence[str], step: Step) -> list[_Back]:
    """Turn stretches of single lines back, in which no bytes were lost or which are UTF-8; all in one go.

    Line ends keep them apart: none of the encodings reads one as part of a character, but for UTF-16.
    """
    joined = "\n".join(pieces)
    without = LOSSES.sub("", joined)
    kept = without.split("\n")
    if step.wrong == "utf-16-be":
        swapped = without.encode("utf-16-be", "surrogatepass").decode("utf-16-le", "ignore")
        return [_Back(one, after, 0.0) for one, after in zip(kept, swapped.split("\u0a00"), strict=True)]
    wrong, right = _CODECS.get(step.wrong, step.wrong), _CODECS.get(step.right, step.right)
    data = without.encode(wrong, "replace")
    said = data.decode(right, "ignore").replace("?", "")
    whole = said.encode(right, "ignore").split(b"\n")
    plain = said.encode("ascii", "ignore").split(b"\n")
    found: list[_Back] = []
    for piece, one, own, after, fits, ascii_ in zip(
        pieces, kept, data.split(b"\n"), said.split("\n"), whole, plain, strict=True
    ):
        foreign = own.count(b"?")
        lost = len(piece) - len(one)
        # A mark stands for a byte that two others may have belonged to.
        stray = max(0, len(own) - foreign - len(fits) - 2 * lost)
        weight = _FOREIGN_BITS * foreign + _STRAY_BITS * stray
        if right == "utf-8" and len(after) - len(ascii_) < (1 if lost else _LEAST_WHOLE):
            weight += _FAR
        found.append(_Back(one, after, weight))
    return found


def _weigh_torn(piece: str, step: Step) -> _Back:
    """Turn a stretch of pairs of bytes back in which or before which bytes were lost, or which is out of step."""
    wrong, right = _CODECS.get(step.wrong, step.wrong), _CODECS.get(step.right, step.right)
    kept = LOSSES.sub("", piece)
    if step.right == step.wrong:
        # Every other sign puts it in step again; of one stretch both ends are left over.
        kept = max(_IN_PAIRS.findall(kept), key=len, default="")
        data = kept.encode(right, "replace")
        foreign = data.count(b"?") + (len(data) - 2 * len(kept)) // 2
        after = data[1:].decode(right, "ignore").replace("?", "")
        return _Back(kept, after, _FOREIGN_BITS * foreign + _STRAY_BITS * (len(data) + 2 - 2 * len(after)))
    data = kept.encode(wrong, "replace")
    foreign = data.count(b"?")
    # A lost byte leaves those behind it out of step, up to the next.
    after = "".join(_in_step(part.encode(wrong, "ignore"), right) for part in LOSSES.split(piece))
    stray = max(0, len(data) - foreign - len(after.encode(right, "ignore")) - 2 * (len(piece) - len(kept)))
    return _Back(kept, after, _FOREIGN_BITS * foreign + _STRAY_BITS * stray)


def _turned_back(text: str, tries: Sequence[_Try]) -> list[_Back]:
    """Return what each stretch says by its kind."""
    found: list[_Back] = [_Back("", "", _FAR)] * len(tries)
    together: dict[int, list[int]] = {}
    for place, (_, start, end, kind) in enumerate(tries):
        step = KINDS[kind].chains[-1][0]
        is_torn = step.right == step.wrong or (
            step.right not in _SELF_CONTAINED and LOSSES.search(text, max(start - _BEFORE_TORN, 0), end)
        )
        if is_torn:
            found[place] = _weigh_torn(text[start:end].replace("\n", " "), step)
        else:
            together.setdefault(kind, []).append(place)
    for kind, places in together.items():
        pieces = [text[tries[place].start : tries[place].end].replace("\n", " ") for place in places]
        for place, back in zip(places, _weigh_back(pieces, KINDS[kind].chains[-1][0]), strict=True):
            found[place] = back
    return found


def _in_step(data: bytes, encoding: str) -> str:
    """Return the bytes as text, from the first or the second on, whichever is likelier."""
    both = (data.decode(encoding, "ignore"), data[1:].decode(encoding, "ignore"))
    return min(both, key=language.bits_per_character)


_BEFORE_TORN = 100  # so many characters before a stretch a byte may have been lost that puts it out of step
_SIGNS = 3
_SELF_CONTAINED = ("utf-8", "utf-16-le")  # where a lost byte is lost to its own character only
_IN_PAIRS = re.compile("[\u2010-\uffef]+")
LOSSES = re.compile("[?\ufffd]")


def _rough(kind: int, size: int) -> float:
    """Return the bits by which a stretch of so many characters must be better when it is turned back."""
    if kind == SCRAPS:
        return max(_ROUGH_SCRAPS_BITS, _ROUGH_SCRAPS_BITS_EACH * size)
    if KINDS[kind].chains[0][0].right == "utf-8":
        return max(_ROUGH_UTF_8_BITS, _ROUGH_UTF_8_BITS_EACH * size if size > _SHORT else 0.0)
    return _ROUGH_BITS


class Candidate(NamedTuple):
    """A stretch and the kinds of misreading to try on it, the likeliest first."""

    start: int
    end: int
    kinds: tuple[int, ...]


def candidates(text: str, found: Sequence[Window]) -> list[Candidate]:
    """Return the windows that say something by a chain."""
    gains: list[dict[int, float]] = [{} for _ in found]
    tries: list[_Try] = []
    for number, window in enumerate(found):
        order = sorted(range(len(KINDS)), key=lambda kind: -window.scores[kind])
        end = min(window.end, window.start + _SAMPLE)
        least = max(window.scores[order[0]] - _NEAR_BITS, _LEAST_SCORE)
        tries += [_Try(number, window.start, end, kind) for kind in order[:TRIED] if window.scores[kind] > least]
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
        if not enough and known.get(TWICE, -_FAR) > _ROUGH_UTF_8_BITS:
            # What was misread twice is no better than before when it is turned back once.
            once = turn_back(text[window.start : window.start + size], KINDS[TWICE].chains[-1][0])
            enough = [TWICE] if is_garbled_still(once) else []
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
    for (_, start, end, _), (kept, after, weight) in zip(tries, _turned_back(text, tries), strict=True):
        left, right = text[start - 1 : start], text[end : end + 1]
        texts += [left + kept + right, left + after + right]
        # Rows of one sign are rows of one character in every encoding.
        different = len(set(kept))
        weights.append(weight if different * 3 > len(kept) or different > _SIGNS else _FAR)
    joined = "\n".join(one.replace("\n", " ") for one in texts)
    costs = np.concatenate([[0.0], np.cumsum(language.bits(joined), dtype=np.float64)])
    ends = np.cumsum([len(one) + 1 for one in texts])
    starts = np.concatenate([[0], ends[:-1]])
    totals = costs[ends - 1] - costs[starts]
    found: list[float] = (totals[::2] - totals[1::2] - np.array(weights)).tolist()
    return found


def is_garbled_still(text: str) -> bool:
    """Tell whether what was turned back once is mojibake for the better part."""
    kept = text.replace("\ufffd", "")
    return sum(window.end - window.start for window in windows(kept)) * 3 > len(kept)
