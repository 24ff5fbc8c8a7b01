"""Letters in Big5 that are what is left of a character: its first byte is gone, and its second one is ASCII.

Nothing is out of step after such a place, so that nothing but the letter itself tells of it: one between two Chinese
characters that make a word, or a phrase, with a character that it is the second byte of.
"""

import re
from collections import Counter

import numpy as np

from cnpolicy import encodings, vocabulary
from cnpolicy.decode import lattice
from cnpolicy.decode.lattice import Piece

_CHINESE = "\u3001\u3002\u300a-\u300f\u4e00-\u9fff\uff08\uff09\uff0c\uff1a\uff1b\uff1f"
_ALONE = re.compile(f"[@-~](?=[{_CHINESE}])(?<=[{_CHINESE}].)")
_ENCODINGS = frozenset({"cp950", "big5hkscs"})

# By how many bits the characters that end in the letter must be likelier in the place than the letter. The development
# half of the news has 7 letters that stand so by themselves (T型, E環), capitals all: 11 bits at most. Of letters left
# of characters 30 in 100 capitals have more than 13, half of the others more than 10; those below stay letters, for
# good text must.
_LEAST_GAIN_BITS = 13.0
_LEAST_GAIN_OF_SMALL_BITS = 10.0
# Letters that are this frequent (one in so many characters, beyond some) are those of the text itself.
_RAREST = 2000
_SOME = 8


def lose(data: bytes, text: str, encoding: str) -> list[Piece]:
    """Return the pieces of bytes that the encoding reads as `text`, with such letters lost."""
    pieces = [Piece(0, len(data), encoding)]
    if encoding not in _ENCODINGS:
        return pieces
    places = [found.start() for found in _ALONE.finditer(text)]
    if not places or len(places) > _SOME + len(text) // _RAREST:
        return pieces
    # What stands there again is meant: damage does not repeat itself.
    seen = Counter(text[place : place + 2] for place in places)
    lost = [
        place
        for place in places
        if seen[text[place : place + 2]] == 1
        and _gain(text, place, encoding) > (_LEAST_GAIN_OF_SMALL_BITS if text[place].islower() else _LEAST_GAIN_BITS)
    ]
    pieces = []
    start = taken = 0
    for place in lost:
        # Some characters have two codes: count bytes, not what the codec would write.
        end = _offset(data, text, start, taken, place, encoding)
        if end < 0:
            continue
        pieces += [Piece(start, end, encoding), Piece(end, end + 1, "")]
        start, taken = end + 1, place + 1
    return [piece for piece in (*pieces, Piece(start, len(data), encoding)) if piece.start < piece.end]


def _offset(data: bytes, text: str, start: int, taken: int, place: int, encoding: str) -> int:
    """Return the offset of the byte that is the character at `place`; the one at `taken` begins at `start`."""
    part = text[taken:place]
    end = start + len(part.encode(encoding))
    return end if encodings.read(memoryview(data)[start:end], encoding) == part else -1


def _gain(text: str, place: int, encoding: str) -> float:
    """Return by how many bits a character that ends in the letter is likelier in its place than the letter."""
    points = lattice.code_tables(encoding)[1].reshape(256, 256)[:, ord(text[place])]
    options = [chr(point) for point in points.tolist() if point and not 0xE000 <= point < 0xF900]
    left = text[max(place - vocabulary.REACH, 0) : place]
    right = text[place + 1 : place + 1 + vocabulary.REACH]
    costs = vocabulary.weigh(left, [text[place], *options], right)
    return float(costs[0] - costs[1:].min() + np.log2(np.exp2(costs[1:].min() - costs[1:]).sum()))
