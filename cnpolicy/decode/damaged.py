"""Read bytes that are no one encoding, or damaged: strictly as far as that goes, through the lattice where it fails."""

import codecs
import re
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from cnpolicy import encodings, language
from cnpolicy.decode import blocks, lattice, mend
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

# A text of which more than one byte in so many stands in suspicious lines is not what it was taken for.
_MOST_SUSPICIOUS = 4

# A loss of more bytes than this in a line that reads without loss is none. What is no text at all costs more than this
# in any encoding: rare characters of two bytes cost 24 bits at most.
_LONGEST_LOSS = 3
_MOST_BITS_A_BYTE = 12.0

# How many bytes before and after a lost place are weighed anew.
_NEAR = 64

# So many characters at a time, so that what is computed stays in the cache; what takes a stretch back to zero.
_PART = 1 << 17
_ANEW = 1e6

_NEWLINE = 0x0A
_Places = npt.NDArray[np.intp]

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
    for places in _suspicious(text):
        if len(places):
            return int(places[0])
    return len(text)


def _suspicious(text: str) -> Iterator[_Places]:
    """Yield the offsets of the places that are too dear to be text; of long text part by part."""
    if len(text) <= _LONG:
        yield np.flatnonzero(_excess(text) > SURPRISE_BITS)
        return
    for done in range(0, len(text), _PART):
        part = text[done : done + _PART]
        rare = language.rarity(part)
        if len(rare) != len(part):  # characters beyond the BMP: offsets differ
            yield done + np.flatnonzero(_excess(part) > SURPRISE_BITS)
        else:
            yield done + _suspicious_stretches(part, rare)


def _suspicious_stretches(text: str, rare: npt.NDArray[np.uint8]) -> _Places:
    """Look closely only at the stretches in which the characters are rare ones."""
    whole = len(rare) // 8 * 8
    # The sums of eight bytes side by side: one multiplication adds them up in the highest (31 times 8 fits).
    eights = (rare[:whole].view(np.uint64) * np.uint64(0x0101010101010101)) >> np.uint64(56)
    sums = eights[:-1] + eights[1:]
    flagged = np.flatnonzero(sums > _STRETCH * _RARE_BITS)
    if not len(flagged):
        return flagged
    # The stretches one after the other, those that overlap as one; a gap in a row of ones parts them.
    near = np.zeros(len(text) // 8 + 4, dtype=bool)
    for shift in range(4):
        near[flagged + shift] = True
    at = np.flatnonzero(np.repeat(near, 8)[8 : len(text) + 8])
    codes = language.codes(text)
    before = codes[np.maximum(at - 1, 0)]
    surprise = language.pair_bits(before, codes[at]).astype(np.float64) - _EXPECTED_BITS
    # A stretch begins anew: what came before it is outweighed by far.
    surprise[1:][np.diff(at) > 1] -= _ANEW
    surprise = np.cumsum(surprise)
    over = surprise - np.minimum(np.minimum.accumulate(surprise), 0) > SURPRISE_BITS
    return at[over]


def read_suspicious(data: bytes, text: str, candidates: Sequence[tuple[str, float]]) -> list[Piece] | None:
    """Return the pieces of bytes that the first of the candidates reads without loss, as `text`.

    Only the lines that hold a place too dear to be text are read again, in all of the candidates. None if they are too
    large a part of the text, or if lines do not end with one byte (UTF-16, UTF-32).
    """
    encoding = candidates[0][0]
    places = np.concatenate(list(_suspicious(text)))
    if not len(places):
        return [Piece(0, len(data), encoding)]
    if encoding in WIDE:
        return None
    # A line end is one byte in all of these encodings, and no part of another character.
    numbers = _lines_of(text, places.tolist())
    ends_of_lines = (np.flatnonzero(np.frombuffer(data, dtype=np.uint8) == _NEWLINE) + 1).tolist()
    starts, ends = [0, *ends_of_lines], [*ends_of_lines, len(data)]
    if sum(ends[number] - starts[number] for number in numbers) > len(data) // _MOST_SUSPICIOUS + _WINDOW:
        return None
    short = [number for number in numbers if ends[number] - starts[number] <= _WINDOW]
    mended = _read_broken(
        [data[starts[number] : ends[number]].removesuffix(b"\n") for number in short],
        candidates,
        final=len(ends_of_lines) in short[-1:],
    )
    read_again = dict(zip(short, mended, strict=True))
    pieces: list[Piece] = []
    place = 0
    for number in numbers:
        start, end = starts[number], ends[number]
        pieces.append(Piece(place, start, encoding))
        if number in read_again:
            pieces += [Piece(start + first, start + last, name) for first, last, name in read_again[number]]
        else:
            pieces += _read_run(data, start, end, encoding, candidates)
        place = end
    return list(lattice.joined([*pieces, Piece(place, len(data), encoding)]))


def _lines_of(text: str, places: Sequence[int]) -> list[int]:
    """Return the numbers of the lines in which the places (offsets in order) stand."""
    numbers: list[int] = []
    counted = number = 0
    end = -1  # of the last line found
    for place in places:
        if place <= end:
            continue
        number += text.count("\n", counted, place)
        counted = place
        numbers.append(number)
        end = text.find("\n", place)
        if end < 0:
            break
    return numbers


def read_damaged(data: bytes, candidates: Sequence[tuple[str, float]]) -> list[Piece]:
    """Return the pieces of bytes in which encodings change or bytes are damaged.

    `candidates` are the encodings to try, each with its prior in bits. Lines that one of them reads without loss and
    plausibly are taken at that; the others, and data without lines, are read step by step.
    """
    if any(name in WIDE for name, _ in candidates):
        return _read_run(data, 0, len(data), "", candidates)
    lines = data.split(b"\n")
    encoding_of = _choose(_judge(lines, [name for name, _ in candidates]), dict(candidates))
    broken = [number for number, name in enumerate(encoding_of) if name is None and len(lines[number]) < _WINDOW]
    read_again = _read_broken([lines[number] for number in broken], candidates, final=len(lines) - 1 in broken[-1:])
    mended = dict(zip(broken, read_again, strict=True))
    pieces: list[Piece] = []
    start = place = 0
    for number, encoding in enumerate(encoding_of):
        place = min(place + len(lines[number]) + 1, len(data))
        if encoding is not None and number + 1 < len(lines) and encoding_of[number + 1] == encoding:
            continue
        before = pieces[-1].encoding if pieces else ""
        if encoding is not None:
            pieces.append(Piece(start, place, encoding or before or "utf-8"))
        elif number in mended:
            pieces += [Piece(start + first, start + last, name) for first, last, name in mended[number]]
        else:
            pieces += _read_run(data, start, place, before, candidates)
        start = place
    return list(lattice.joined(pieces))


def settled_by_lines(data: bytes, names: Sequence[str]) -> list[str]:
    """Return the encodings of the lines, the most frequent first, if most lines are settled by themselves."""
    used: Counter[str] = Counter()
    unsettled = 0
    verdicts = _judge(data.split(b"\n"), names)
    for verdict in verdicts:
        if isinstance(verdict, str):
            used[verdict] += 1
        else:
            unsettled += 1
    if used.pop("", 0) == len(verdicts) - unsettled or unsettled * 4 > len(verdicts):
        return []
    return [name for name, _ in used.most_common() if name]


# The encoding of a line (empty: ASCII only); or the plausible ones with their bits, none of them clearly the best.
_Verdict = str | dict[str, float]


def _judge(lines: Sequence[bytes], names: Sequence[str]) -> list[_Verdict]:
    """Return what each line can be by itself."""
    verdict: list[_Verdict] = [{} for _ in lines]
    readings: dict[str, list[tuple[int, str]]] = {name: [] for name in ("utf-8", *names)}
    others = [name for name in readings if name != "utf-8"]
    for number, line in enumerate(lines):
        try:
            text = str(line, "utf-8")
            if "\0" in text:
                continue
            surplus = len(line) - len(text)
            if surplus == 0 or surplus >= _SURE_UTF8:
                verdict[number] = "utf-8" if surplus else ""
                continue
            readings["utf-8"].append((number, text))
        except UnicodeDecodeError:
            if b"\0" in line:
                continue
        for name in others:
            other = encodings.read(line, name)
            if other is not None:
                readings[name].append((number, other))
    best = np.full(len(lines), np.inf)
    second = np.full(len(lines), np.inf)
    best_name = np.full(len(lines), -1)
    for rank, (name, found) in enumerate(readings.items()):
        if not found:
            continue
        numbers = np.array([number for number, _ in found])
        costs = language.bits("\n".join([text for _, text in found]))
        starts = np.cumsum([0, *(len(text) + 1 for _, text in found[:-1])])
        surprise = np.cumsum(costs - np.float32(_EXPECTED_BITS), dtype=np.float64)
        excess = surprise - np.minimum(np.minimum.accumulate(surprise), 0)
        totals = np.add.reduceat(costs, starts, dtype=np.float64)
        good = np.maximum.reduceat(excess, starts) <= SURPRISE_BITS
        before = best[numbers]
        second[numbers] = np.minimum(second[numbers], np.maximum(before, totals))
        best[numbers] = np.minimum(before, totals)
        is_best = totals < before
        best_name[numbers[is_best & good]] = rank
        best_name[numbers[is_best & ~good]] = -1
        for number, bits in zip(numbers[good].tolist(), totals[good].tolist(), strict=True):
            options = verdict[number]
            if isinstance(options, dict):
                options[name] = bits
    known = list(readings)
    for number in np.flatnonzero((best_name >= 0) & (second >= best + _CLEAR_LINE_BITS)).tolist():
        verdict[number] = known[best_name[number]]
    return verdict


def _choose(verdicts: Sequence[_Verdict], priors: dict[str, float]) -> list[str | None]:
    """Return the encoding of each line, for the lines that could be several the likeliest after the line before."""
    chosen: list[str | None] = []
    before = ""
    for verdict in verdicts:
        encoding: str | None
        if isinstance(verdict, str):
            encoding = verdict
        elif verdict:
            change = {name: 0.0 if name == before else lattice.SWITCH_AT_LINE + priors[name] for name in verdict}
            encoding = min(verdict, key=lambda name: verdict[name] + change[name])
        else:
            encoding = None
        before = encoding or before
        chosen.append(encoding)
    return chosen


def _read_broken(
    lines: Sequence[bytes], candidates: Sequence[tuple[str, float]], *, final: bool = False
) -> Iterator[list[Piece]]:
    """Yield the pieces of each of the lines, with offsets in the line: all of them go through the lattice at once.

    The line end counts as part of the line, but after the last one if that is the end of the data (`final`).
    """
    if not lines:
        return
    data = b"\n".join(lines) + (b"" if final else b"\n")
    pieces, _ = blocks.read(data, candidates)
    index = start = 0
    for line in lines:
        end = min(start + len(line) + 1, len(data))
        parts: list[Piece] = []
        while index < len(pieces) and pieces[index].start < end:
            piece = pieces[index]
            parts.append(Piece(max(piece.start, start) - start, min(piece.end, end) - start, piece.encoding))
            if piece.end > end:
                break
            index += 1
        yield _without_long_losses(data[start:end], parts, candidates)
        start = end


def _without_long_losses(line: bytes, pieces: list[Piece], candidates: Sequence[tuple[str, float]]) -> list[Piece]:
    """Return the pieces of a line; if they lose much of what an encoding could read, the line in that encoding.

    Names of rare characters are dearer than their bytes lost, and they are what a list of names is made of. One damaged
    place of a line that reads without loss is a byte too few or too many: it takes no more than a character.
    """
    if all(piece.encoding or piece.end - piece.start <= _LONGEST_LOSS for piece in pieces):
        return pieces
    readings = [(language.total_bits(text), name) for name, _ in candidates if (text := encodings.read(line, name))]
    readings = [(bits, name) for bits, name in readings if bits < _MOST_BITS_A_BYTE * len(line)]
    return [Piece(0, len(line), min(readings)[1])] if readings and b"\0" not in line else pieces


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
    if not end or before in WIDE:
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


# What is left of a character of UTF-8 whose first or last byte is gone, and may pass for a character of two bytes.
_REMAINS = re.compile(rb"[\x80-\xbf]{2}|[\xe0-\xef][\x80-\xbf]")
_ASCII = bytes(range(0x80))


def _lose_remains(data: bytes, pieces: Sequence[Piece]) -> Sequence[Piece]:
    """Return the pieces with the remains of damaged UTF-8 lost that were read as one character of another encoding.

    No one types single characters of GBK into a line of UTF-8, but half of a broken character often looks like one.
    """
    split: list[Piece] = []
    for number, piece in enumerate(pieces):
        body = data[piece.start : min(piece.end, piece.start + _NEAR)] if piece.encoding not in ("", "utf-8") else b""
        first, last = len(body) - len(body.lstrip(_ASCII)), len(body.rstrip(_ASCII))
        is_all = piece.end - piece.start == len(body)
        if is_all and _REMAINS.fullmatch(body, first, last) and _is_in_utf8(data, pieces, number):
            start, end = piece.start + first, piece.start + last
            split += [Piece(piece.start, start, "utf-8"), Piece(start, end, ""), Piece(end, piece.end, "utf-8")]
        else:
            split.append(piece)
    return list(lattice.joined(split))


def _is_in_utf8(data: bytes, pieces: Sequence[Piece], number: int) -> bool:
    """Tell whether UTF-8 beyond ASCII stands near the piece in its line."""
    piece = pieces[number]
    before = after = b""
    if number and pieces[number - 1].encoding == "utf-8":
        before = data[max(pieces[number - 1].start, piece.start - _NEAR) : piece.start].rpartition(b"\n")[2]
    if number + 1 < len(pieces) and pieces[number + 1].encoding == "utf-8":
        after = data[piece.end : min(pieces[number + 1].end, piece.end + _NEAR)].partition(b"\n")[0]
    return not (before + after).isascii()


def place_exactly(data: bytes, pieces: Sequence[Piece]) -> list[Piece]:
    """Return the pieces with each lost place moved to where the damage most likely is.

    The lattice knows nothing of the character that stood in a lost place; where the same encoding stands before and
    after it, all places near it are weighed (cnpolicy.decode.mend).
    """
    pieces = _lose_remains(data, pieces)
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
    return [*lattice.joined([Piece(left.start, begin, left.encoding), *parts, Piece(stop, right.end, left.encoding)])]


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
