"""Read bytes that are no one encoding, or damaged: strictly as far as that goes, through the lattice where it fails."""

import codecs
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from cnpolicy import encodings, language
from cnpolicy.decode import lattice, mend
from cnpolicy.decode.candidates import WIDE
from cnpolicy.decode.lattice import Piece

# How many bytes go through the lattice at a time, and how many characters before a failing place are read again.
_WINDOW = 1024
_MARGIN = 24

# A character beyond this many bits is a surprise; when the surprises of a stretch add up to more than the second number
# the stretch is looked at again. Bytes read from the middle of a character cost 15 to 20 bits each; a lost place costs
# the lattice 27 and more, so that a smaller sum cannot change anything.
_EXPECTED_BITS = 12.0
SURPRISE_BITS = 22.0

# Longer texts are searched for stretches of rare characters first. Of 16 characters of clean news one stretch in 300 is
# rarer than this on average; of 16 read out of step nearly all are.
_LONG = 4096
_STRETCH = 16
_RARE_BITS = 12

# So many bytes beyond the number of characters are valid UTF-8 by chance in one line of GBK in a million.
_SURE_UTF8 = 24

# A line is settled by itself if no other encoding comes nearer than this: odds of four thousand to one. Other lines are
# read with their neighbours.
_CLEAR_LINE_BITS = 12.0

# How many bytes before and after a lost place are weighed anew.
_NEAR = 64

# So many characters at a time, so that what is computed stays in the cache; what takes a stretch back to zero.
_PART = 1 << 17
_ANEW = 1e6

_FIRST_STRIDE = 4096
_LAST_STRIDE = 1 << 22


def _excess(text: str, expected: float = _EXPECTED_BITS) -> npt.NDArray[np.float64]:
    """Return at each character by how many bits the stretch that ends there is dearer than expected."""
    surprise = np.cumsum(language.bits(text) - expected, dtype=np.float64)
    excess: npt.NDArray[np.float64] = surprise - np.minimum(np.minimum.accumulate(surprise), 0)
    return excess


def greatest_surprise(text: str, expected: float = _EXPECTED_BITS) -> float:
    """Return by how many bits the least plausible stretch of the text is dearer than expected."""
    return float(_excess(text, expected).max()) if text else 0.0


def first_suspicious(text: str) -> int:
    """Return the offset of the first place of the text that is too dear to be one, or the length of the text."""
    if len(text) > _LONG:
        return _first_suspicious_of_long(text)
    over = _excess(text) > SURPRISE_BITS
    return int(over.argmax()) if over.any() else len(text)


def _first_suspicious_of_long(text: str) -> int:
    """Look closely only at the stretches in which the characters are rare ones."""
    done = 0
    while done < len(text):
        part = text[done : done + _PART]
        rare = language.rarity(part)
        if len(rare) != len(part):  # characters beyond the BMP: offsets differ
            over = _excess(part) > SURPRISE_BITS
            if over.any():
                return done + int(over.argmax())
        else:
            place = _first_suspicious_stretch(part, rare)
            if place < len(part):
                return done + place
        done += len(part)
    return done


def _first_suspicious_stretch(text: str, rare: npt.NDArray[np.uint8]) -> int:
    whole = len(rare) // 8 * 8
    # The sums of eight bytes side by side: one multiplication adds them up in the highest (31 times 8 fits).
    eights = (rare[:whole].view(np.uint64) * np.uint64(0x0101010101010101)) >> np.uint64(56)
    sums = eights[:-1] + eights[1:]
    flagged = np.flatnonzero(sums > _STRETCH * _RARE_BITS)
    if not len(flagged):
        return len(text)
    # The stretches one after the other, those that overlap as one; a gap in a row of ones parts them.
    near = np.zeros(len(text) + 1, dtype=bool)
    for shift in range(-8, 24):
        near[np.clip(flagged * 8 + shift, 0, len(text) - 1)] = True
    at = np.flatnonzero(near)
    codes = language.codes(text)
    before = codes[np.maximum(at - 1, 0)]
    surprise = language.pair_bits(before, codes[at]).astype(np.float64) - _EXPECTED_BITS
    # A stretch begins anew: what came before it is outweighed by far.
    surprise[1:][np.diff(at) > 1] -= _ANEW
    surprise = np.cumsum(surprise)
    over = surprise - np.minimum(np.minimum.accumulate(surprise), 0) > SURPRISE_BITS
    return int(at[over.argmax()]) if over.any() else len(text)


def read_damaged(data: bytes, candidates: Sequence[tuple[str, float]]) -> list[Piece]:
    """Return the pieces of bytes in which encodings change or bytes are damaged.

    `candidates` are the encodings to try, each with its prior in bits. Lines that one of them reads without loss and
    plausibly are taken at that; the others, and data without lines, are read step by step.
    """
    if any(name in WIDE for name, _ in candidates):
        return _read_run(data, 0, len(data), "", candidates)
    pieces: list[Piece] = []
    place = 0
    for encoding, end in _sort_lines(data, [name for name, _ in candidates]):
        before = pieces[-1].encoding if pieces else ""
        if encoding is None:
            pieces += _read_run(data, place, end, before, candidates)
        else:
            pieces.append(Piece(place, end, encoding or before or "utf-8"))
        place = end
    return pieces


def settled_by_lines(data: bytes, names: Sequence[str]) -> list[str]:
    """Return the encodings of the lines, the most frequent first, if most lines are settled by themselves."""
    lines = data.split(b"\n")
    used = Counter(_verdicts(lines, names))
    unsettled = used.pop(None, 0)
    if used.pop("", 0) == len(lines) - unsettled or unsettled * 4 > len(lines):
        return []
    return [name for name, _ in used.most_common() if name]


def _verdicts(lines: Sequence[bytes], names: Sequence[str]) -> list[str | None]:
    """Return the encoding of each line (empty: ASCII only, None: not settled by the line alone)."""
    verdict: list[str | None] = [None] * len(lines)
    best = np.full(len(lines), np.inf)
    second = np.full(len(lines), np.inf)
    open_lines: list[int] = []
    utf8: list[tuple[int, str]] = []
    for number, line in enumerate(lines):
        try:
            text = str(line, "utf-8")
        except UnicodeDecodeError:
            open_lines.append(number)
            continue
        if b"\0" in line:
            continue
        if len(line) == len(text):
            verdict[number] = ""
        elif len(line) - len(text) >= _SURE_UTF8:
            verdict[number] = "utf-8"
        else:
            open_lines.append(number)
            utf8.append((number, text))
    for name in ("utf-8", *(name for name in names if name != "utf-8")):
        found = utf8 if name == "utf-8" else []
        if name != "utf-8":
            for number in open_lines:
                text_or_none = encodings.read(lines[number], name)
                if text_or_none is not None and "\0" not in text_or_none:
                    found.append((number, text_or_none))
        if not found:
            continue
        texts = [text for _, text in found]
        numbers = np.array([number for number, _ in found])
        costs = language.bits("\n".join(texts)).astype(np.float64)
        starts = np.cumsum([0, *(len(text) + 1 for text in texts[:-1])])
        surprise = np.cumsum(costs - _EXPECTED_BITS)
        excess = surprise - np.minimum(np.minimum.accumulate(surprise), 0)
        totals = np.add.reduceat(costs, starts)
        good = np.maximum.reduceat(excess, starts) <= SURPRISE_BITS
        before = best[numbers]
        second[numbers] = np.minimum(second[numbers], np.maximum(before, totals))
        best[numbers] = np.minimum(before, totals)
        for number in numbers[(totals < before) & good].tolist():
            verdict[number] = name
        for number in numbers[(totals < before) & ~good].tolist():
            verdict[number] = None
    for number in np.flatnonzero(second < best + _CLEAR_LINE_BITS).tolist():
        verdict[number] = None
    return verdict


def _sort_lines(data: bytes, names: Sequence[str]) -> Iterator[tuple[str | None, int]]:
    """Yield the runs of lines by encoding (empty: ASCII only, None: not settled by the line alone), and their ends."""
    lines = data.split(b"\n")
    verdict = _verdicts(lines, names)
    end = 0
    for number, line in enumerate(lines):
        end = min(end + len(line) + 1, len(data))
        if number + 1 == len(lines) or verdict[number + 1] != verdict[number]:
            yield verdict[number], end


def _read_run(data: bytes, start: int, stop: int, before: str, candidates: Sequence[tuple[str, float]]) -> list[Piece]:
    """Return the pieces of a run of bytes; `before` is the encoding of what stands before it."""
    pieces: list[Piece] = []
    place = start
    stride = _FIRST_STRIDE
    encoding = before or min(candidates, key=lambda item: item[1])[0]
    while place < stop:
        reached = _advance(data, place, min(stop, place + stride), encoding) if encoding else place
        if reached > place:
            pieces.append(Piece(place, reached, encoding))
            stride = min(2 * stride, _LAST_STRIDE) if reached - place > stride // 2 else _FIRST_STRIDE
            place = reached
            continue
        stride = _FIRST_STRIDE
        line = _line(data, place, encoding, candidates)
        if line and line.end <= stop:
            pieces.append(line)
            place = line.end
        else:
            known = bool(pieces or before)
            priors = [
                (name, prior if not known else 0.0 if name == encoding else lattice.SWITCH_AT_ASCII)
                for name, prior in candidates
            ]
            found, place = lattice.read_window(data, place, stop, _WINDOW, priors)
            pieces += found
        encoding = pieces[-1].encoding
    return pieces


def _line(data: bytes, start: int, before: str, candidates: Sequence[tuple[str, float]]) -> Piece | None:
    """Return the rest of the line if one encoding reads it without loss, and plausibly; else None."""
    end = data.find(b"\n", start, start + _WINDOW) + 1
    if not end:
        return None
    line = data[start:end]
    best: tuple[float, str] | None = None
    for name, prior in candidates:
        text = encodings.read(line, name) if name not in WIDE else None
        if text is None or "\0" in text:
            continue
        if name == "utf-8" and not text.isascii() and len(line) - len(text) >= _SURE_UTF8:
            return Piece(start, end, name)
        cost = _excess(text)
        if cost.max() <= SURPRISE_BITS:
            bits = language.total_bits(text) + (0.0 if name == before else lattice.SWITCH_AT_LINE + prior)
            if best is None or bits < best[0]:
                best = bits, name
    return Piece(start, end, best[1]) if best else None


def _advance(data: bytes, start: int, end: int, encoding: str) -> int:
    """Return how far from `start` the bytes are read without loss and plausibly, some characters before any trouble."""
    view = memoryview(data)[start:end]
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    final = end == len(data)
    try:
        text = decoder.decode(bytes(view), final)
        good = len(view) - len(decoder.getstate()[0])
        troubled = False
    except UnicodeDecodeError as error:
        text = bytes(view[: error.start]).decode(encoding, "ignore")
        good = error.start
        troubled = True
    suspicious = min(first_suspicious(text), text.find("\0") if "\0" in text else len(text))
    if suspicious < len(text):
        troubled = True
        text = text[:suspicious]
    if not troubled:
        return start + good
    # Go back to the start of the line, or some characters.
    cut = text.rfind("\n") + 1
    text = text[: cut if cut and cut > len(text) - _WINDOW else max(len(text) - _MARGIN, 0)]
    size = len(text.encode(encoding, "ignore"))
    # Some codes have two spellings: make sure that the bytes are those of the text.
    return start + size if encodings.read(view[:size], encoding) == text else start


def place_exactly(data: bytes, pieces: Sequence[Piece]) -> list[Piece]:
    """Return the pieces with each lost place moved to where the damage most likely is.

    The lattice knows nothing of the character that stood in a lost place; where the same encoding stands before and
    after it, all places near it are weighed (cnpolicy.decode.mend).
    """
    found: list[Piece] = []
    index = 0
    while index < len(pieces):
        last = index
        if not pieces[index].encoding and found:
            # Losses side by side, with no more than some characters between them, are one damage.
            for other in range(index + 1, min(index + 8, len(pieces))):
                if not pieces[other].encoding and pieces[other].start - pieces[index].end < _MARGIN:
                    last = other
            mended = _mend_near(data, found[-1], pieces[index].start, pieces[last].end, pieces[last + 1 : last + 2])
            if mended:
                del found[-1]
                found += mended
                index = last + 2
                continue
        found.append(pieces[index])
        index += 1
    return found


def _mend_near(data: bytes, left: Piece, start: int, end: int, after: Sequence[Piece]) -> list[Piece] | None:
    """Return the pieces of what stands before a damage, the damage, and what stands after it; None: leave it."""
    if not left.encoding or not after or after[0].encoding != left.encoding or after[0].start != end:
        return None
    right = after[0]
    begin = _boundary(data, left, start)
    reach = min(right.end, end + _NEAR)
    edges = lattice.edges(data[end : reach + 8], left.encoding)
    stop = end
    while stop < reach and edges.length[stop - end]:
        stop += int(edges.length[stop - end])
    if begin is None or stop > right.end:
        return None
    ways = mend.weigh(data[begin:stop], left.encoding, left=lattice.LOST, final=stop == len(data))
    if not ways:
        return None
    best = ways[0]
    if best.start < 0 and best.end >= 0:
        return None
    parts = best.pieces(stop - begin, left.encoding, begin)
    return [*_joined([Piece(left.start, begin, left.encoding), *parts, Piece(stop, right.end, left.encoding)])]


def _joined(pieces: Sequence[Piece]) -> Iterator[Piece]:
    """Yield the pieces that are not empty, neighbours of one encoding as one."""
    last: Piece | None = None
    for piece in pieces:
        if piece.start == piece.end:
            continue
        if last and last.encoding == piece.encoding:
            last = Piece(last.start, piece.end, piece.encoding)
            continue
        if last:
            yield last
        last = piece
    if last:
        yield last


def _boundary(data: bytes, piece: Piece, end: int) -> int | None:
    """Return where a character begins some way before `end` in the piece that ends there, None if unknown."""
    start = max(piece.start, end - 4 * _NEAR)
    if piece.encoding in WIDE:
        unit = WIDE[piece.encoding]
        return max(piece.start, end - (end - piece.start) // unit * unit, end - _NEAR // unit * unit)
    if start > piece.start:
        # A byte below 0x30 is a character of its own.
        for place in range(start, end):
            if data[place] < 0x30:
                start = place
                break
        else:
            return None
    lengths = lattice.edges(data[start : end + 8], piece.encoding).length.tolist()
    place, begin = start, start
    while place < end and lengths[place - start]:
        if place <= end - _NEAR:
            begin = place
        place += lengths[place - start]
    return begin if place == end else None
