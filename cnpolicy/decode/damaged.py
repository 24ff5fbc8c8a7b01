"""Read bytes that are no one encoding, or damaged: strictly as far as that goes, through the lattice where it fails."""

import codecs
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from cnpolicy import encodings, language
from cnpolicy.decode import lattice
from cnpolicy.decode.candidates import WIDE
from cnpolicy.decode.lattice import Piece

# How many bytes go through the lattice at a time, and how many characters before a failing place are read again.
_WINDOW = 1024
_MARGIN = 24

# A character beyond this many bits is a surprise; when the surprises of a stretch add up to more than the second number
# the stretch is looked at again. Bytes read from the middle of a character cost 15 to 20 bits each; a lost place costs
# the lattice 27 and more, so that a smaller sum cannot change anything.
_EXPECTED_BITS = 12.0
_SURPRISE_BITS = 22.0

# Longer texts are searched for stretches of rare characters first. Of 16 characters of clean news one stretch in 300 is
# rarer than this on average; of 16 read out of step nearly all are.
_LONG = 4096
_STRETCH = 16
_RARE_BITS = 12

# So many bytes beyond the number of characters are valid UTF-8 by chance in one line of GBK in a million.
_SURE_UTF8 = 24

# So many characters are not plausible by chance in a wrong encoding: shorter lines are read with their neighbours.
_SURE_CHARACTERS = 8

_FIRST_STRIDE = 4096
_LAST_STRIDE = 1 << 22


def _excess(text: str) -> npt.NDArray[np.float64]:
    """Return at each character by how many bits the stretch that ends there is dearer than expected."""
    surprise = np.cumsum(language.bits(text) - _EXPECTED_BITS, dtype=np.float64)
    excess: npt.NDArray[np.float64] = surprise - np.minimum(np.minimum.accumulate(surprise), 0)
    return excess


def greatest_surprise(text: str) -> float:
    """Return by how many bits the least plausible stretch of the text is dearer than expected."""
    return float(_excess(text).max()) if text else 0.0


def first_suspicious(text: str) -> int:
    """Return the offset of the first place of the text that is too dear to be one, or the length of the text."""
    if len(text) > _LONG:
        return _first_suspicious_of_long(text)
    over = _excess(text) > _SURPRISE_BITS
    return int(over.argmax()) if over.any() else len(text)


def _first_suspicious_of_long(text: str) -> int:
    """Look closely only at the stretches in which the characters are rare ones."""
    rare = language.rarity(text)
    if len(rare) != len(text):  # characters beyond the BMP: offsets differ
        over = _excess(text) > _SURPRISE_BITS
        return int(over.argmax()) if over.any() else len(text)
    whole = len(rare) // _STRETCH * _STRETCH
    sums = np.add.reduceat(rare, np.arange(0, whole, _STRETCH), dtype=np.uint16)
    done = 0
    for index in np.flatnonzero(sums > _STRETCH * _RARE_BITS).tolist():
        start, end = max(done, (index - 1) * _STRETCH), (index + 2) * _STRETCH
        over = _excess(text[start:end]) > _SURPRISE_BITS
        if over.any():
            return start + int(over.argmax())
        done = start
    rest = first_suspicious(text[whole:]) if whole < len(text) else 0
    return whole + rest


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


def _sort_lines(data: bytes, names: Sequence[str]) -> Iterator[tuple[str | None, int]]:
    """Yield the runs of lines by encoding (empty: ASCII only, None: not settled by the line alone), and their ends."""
    lines = data.split(b"\n")
    verdict: list[str | None] = [None] * len(lines)
    open_lines: list[int] = []
    for number, line in enumerate(lines):
        try:
            text = str(line, "utf-8")
        except UnicodeDecodeError:
            open_lines.append(number)
            continue
        if len(line) == len(text):
            verdict[number] = None if b"\0" in line else ""
        elif len(line) - len(text) >= _SURE_UTF8 and "\0" not in text:
            verdict[number] = "utf-8"
    for name in names:
        if name == "utf-8":
            continue
        texts: list[str] = []
        kept: list[int] = []
        others: list[int] = []
        for number in open_lines:
            text_or_none = encodings.read(lines[number], name)
            if text_or_none is None or len(text_or_none) < _SURE_CHARACTERS or "\0" in text_or_none:
                others.append(number)
            else:
                texts.append(text_or_none)
                kept.append(number)
        if texts:
            worst = np.maximum.reduceat(
                _excess("\n".join(texts)), np.cumsum([0, *(len(text) + 1 for text in texts[:-1])])
            )
            for number, surprise in zip(kept, worst.tolist(), strict=True):
                if surprise <= _SURPRISE_BITS:
                    verdict[number] = name
                else:
                    others.append(number)
        open_lines = sorted(others)
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
        if cost.max() <= _SURPRISE_BITS:
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
