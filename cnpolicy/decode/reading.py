"""A reading: the text that bytes were taken for, by which encodings, and what was lost."""

import re
from collections.abc import Iterable
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


_NO_CHARACTER = re.compile("\0+|[\ud800-\udfff]")


def replace_lossy(data: bytes, encoding: str) -> Reading:
    """Read the bytes in one encoding whatever they are: what it cannot read, and NUL, is a lost place."""
    text = _NO_CHARACTER.sub(LOST, data.decode(encoding, "replace")).lstrip("\ufeff")
    return whole(text, encoding)
