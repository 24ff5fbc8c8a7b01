"""A reading: the text that bytes were taken for, by which encodings, and what was lost."""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from cnpolicy import encodings
from cnpolicy.decode.lattice import Piece
from cnpolicy.document import Lost, Span

LOST = "\ufffd"


class Reading(NamedTuple):
    """A text read from bytes.

    `spans` cover the text, one for each stretch of one encoding. `confidence` is the probability (0 to 1) that the
    text is right, `runner_up` the encoding of the next best reading.
    """

    text: str
    spans: tuple[Span, ...] = ()
    lost: tuple[Lost, ...] = ()
    confidence: float = 1.0
    runner_up: str = ""

    @property
    def encoding(self) -> str:
        """The encodings of the spans, joined by `+` in the order in which they first occur."""
        return "+".join(dict.fromkeys(span.encoding for span in self.spans)) or "utf-8"


def whole(text: str, encoding: str, confidence: float = 1.0, runner_up: str = "") -> Reading:
    """Return the reading of a text that one encoding gave without loss."""
    text = text.lstrip("\ufeff")
    return Reading(text, (Span(0, len(text), encoding),) if text else (), (), confidence, runner_up)


def assemble(data: bytes, pieces: Iterable[Piece], confidence: float = 1.0, runner_up: str = "") -> Reading:
    """Return the reading that the pieces make: lost bytes side by side are one lost place, one U+FFFD."""
    parts: list[str] = []
    spans: list[Span] = []
    lost: list[Lost] = []
    place = 0
    gap_start = gap_end = 0
    gaps: list[tuple[int, int, int]] = []  # offset in the text, first and last byte
    for piece in _joined(pieces):
        if not piece.encoding:
            parts.append(LOST)
            gaps.append((place, piece.start, piece.end))
            place += 1
            continue
        text = encodings.read(memoryview(data)[piece.start : piece.end], piece.encoding)
        if text is None:
            raise AssertionError(f"{piece} does not read")
        if not place:
            text = text.lstrip("\ufeff")
        # ASCII alone says nothing of its encoding: it belongs to what stands before it.
        encoding = spans[-1].encoding if spans and text.isascii() else piece.encoding
        if spans and spans[-1].encoding == encoding:
            spans[-1] = Span(spans[-1].start, place + len(text), encoding)
        else:
            spans.append(Span(place, place + len(text), encoding))
        parts.append(text)
        place += len(text)
    if not spans and place:
        spans = [Span(0, place, "utf-8")]
    covered: list[Span] = []
    for index, span in enumerate(spans):
        end = spans[index + 1].start if index + 1 < len(spans) else place
        covered.append(Span(0 if not index else span.start, end, span.encoding))
    index = 0
    for offset, gap_start, gap_end in gaps:
        while covered[index].end <= offset:
            index += 1
        lost.append(Lost(offset, data[gap_start:gap_end], covered[index].encoding))
    return Reading("".join(parts), tuple(covered), tuple(lost), confidence, runner_up)


def _joined(pieces: Iterable[Piece]) -> Iterable[Piece]:
    last: Piece | None = None
    for piece in pieces:
        if last is not None and last.encoding == piece.encoding and last.end == piece.start:
            last = Piece(last.start, piece.end, piece.encoding)
            continue
        if last is not None:
            yield last
        last = piece
    if last is not None:
        yield last


class Line(NamedTuple):
    """A line of bytes that spells another encoding: its number, its text and the encoding, and what is lost in it."""

    number: int
    text: str
    encoding: str
    lost: tuple[Lost, ...] = ()


def put_back(reading: Reading, lines: Sequence[Line]) -> Reading | None:
    """Return the reading with the texts of lines put in that are empty in it; None if it has not that many lines.

    The lines come in order.
    """
    parts: list[str] = []
    spans: list[Span] = []
    lost: list[Lost] = []
    place = number = index = size = 0
    losses = iter((*reading.lost, None))
    loss = next(losses)
    # ASCII alone says nothing of its encoding: it belongs to the lines.
    own = () if reading.text.isascii() else reading.spans

    def extend(length: int, encoding: str) -> None:
        nonlocal size
        if spans and spans[-1].encoding == encoding:
            spans[-1] = spans[-1]._replace(end=size + length)
        elif length:
            spans.append(Span(size, size + length, encoding))
        size += length

    for line in (*lines, None):
        start = place
        if line is None:
            start = len(reading.text)
        while line is not None and number < line.number:
            start = reading.text.find("\n", start) + 1
            if not start:
                return None
            number += 1
        while loss is not None and loss.start < start:
            lost.append(loss._replace(start=size + loss.start - place))
            loss = next(losses)
        parts.append(reading.text[place:start])
        while index < len(own) and own[index].start < start:
            extend(min(own[index].end, start) - max(own[index].start, place), own[index].encoding)
            if own[index].end > start:
                break
            index += 1
        if not own:
            extend(start - place, spans[-1].encoding if spans else lines[0].encoding)
        place = start
        if line is not None:
            parts.append(line.text)
            lost += [one._replace(start=size + one.start) for one in line.lost]
            extend(len(line.text), line.encoding)
    return reading._replace(text="".join(parts), spans=tuple(spans), lost=tuple(lost))


_NO_CHARACTER = re.compile("\0+|[\ud800-\udfff]")


# Encodings in which what a byte means depends on those before it: a stretch cannot be read by itself.
_STATEFUL = frozenset({"hz", "utf-7", "iso2022_cn", "iso2022_jp"})
_NUL = re.compile(rb"\0+|[^\0]+")
_NUL_2 = re.compile(rb"(?:\0\0)+|(?:(?!\0\0)..)+", re.S)
_NUL_4 = re.compile(rb"(?:\0{4})+|(?:(?!\0{4}).{4})+", re.S)
_NULS = {"utf-16-le": _NUL_2, "utf-16-be": _NUL_2, "utf-32-le": _NUL_4, "utf-32-be": _NUL_4}


def replace_lossy(data: bytes, encoding: str) -> Reading:
    """Read the bytes in one encoding whatever they are: what it cannot read, and NUL, is a lost place."""
    text = encodings.read(data, encoding)
    if text is not None and not _NO_CHARACTER.search(text):
        return whole(text, encoding)
    if encoding in _STATEFUL:
        return whole(_NO_CHARACTER.sub(LOST, data.decode(encoding, "replace")), encoding)
    pieces: list[Piece] = []
    place = 0
    for start, end in (*encodings.gaps(data, encoding), (len(data), len(data))):
        pieces += [
            Piece(place + run.start(), place + run.end(), encoding if run[0].strip(b"\0") else "")
            for run in _NULS.get(encoding, _NUL).finditer(data[place:start])
        ]
        pieces.append(Piece(start, end, ""))
        place = end
    return assemble(data, pieces[:-1])
