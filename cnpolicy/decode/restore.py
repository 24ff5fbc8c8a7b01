"""Fill a lost place from the bytes that survived there: the first pass after decoding.

Decode guesses nothing, so that a damaged character is one U+FFFD. Most such places come from one byte that was
dropped, put in or overwritten. Undoing each of these in every possible way gives the characters that can have stood
there; the language model says which of them fits its neighbours.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache

import numpy as np

from cnpolicy import encodings, vocabulary
from cnpolicy.findings import Finding, apply
from cnpolicy.rules import Context, RuleSet, Stage, rule

LOST = "\ufffd"
_NEWLINE = "\n"

# Longer gaps have lost more than one byte.
_MAX_BYTES = 4

# What each kind of damage costs in bits: a dropped byte leaves no trace; a byte put in is one of a few that programs
# leave behind, or any of 256; a byte overwritten is any of 256.
_DROPPED_BITS = 2.0
_INSERTED_BITS = 3.0
_ANY_BYTE_BITS = 8.0
_SINGLE_BITS = 5.0  # a character of one byte is seldom what was overwritten: Chinese text has few
_STRAYS = frozenset(b"\x00\x80\xff\x20\x3f\x1a")

_LEAST_POSTERIOR = 0.99


@lru_cache(maxsize=512)
def candidates(data: bytes, encoding: str) -> dict[str, float]:
    """Return the texts (a character or two, or none) that the bytes can have been before the damage, and its bits.

    >>> sorted(candidates(b"\\xff", "gb18030"))[0], "中" in candidates(b"\\xd6", "gb18030")
    ('', True)
    """
    if encoding == "hz":
        # What is lost there are bytes of GB2312 without their high bits.
        return candidates(bytes(byte | 0x80 for byte in data), "gb18030")
    found: dict[str, float] = {}

    def offer(original: bytes, bits: float, most: int = 1) -> None:
        text = encodings.read(original, encoding) if original else ""
        if (
            text is not None
            and len(text) <= most
            and all(character >= " " or character == "\n" for character in text)
            and bits < found.get(text, np.inf)
        ):
            found[text] = bits

    if len(data) > _MAX_BYTES:
        return found
    for place in range(len(data) + 1):
        for byte in range(256):
            new = bytes((byte,))
            # What is left of a whole character and a half of the next is taken for one damage.
            offer(data[:place] + new + data[place:], _DROPPED_BITS, most=2)
            if place < len(data):
                bits = _ANY_BYTE_BITS + (_SINGLE_BITS if len(data) == 1 else 0.0)
                offer(data[:place] + new + data[place + 1 :], _DROPPED_BITS + bits)
        if place < len(data):
            bits = _INSERTED_BITS if data[place] in _STRAYS else _ANY_BYTE_BITS
            offer(data[:place] + data[place + 1 :], _DROPPED_BITS + bits)
    return found


def weigh(left: str, right: str, options: dict[str, float], document: str = "") -> list[tuple[float, str]]:
    """Return the options between two texts with their probabilities (0 to 1), the likeliest first.

    `options` are texts and what the damage that leads from each to what is left there costs in bits; `document` is the
    whole text, with U+FFFD at this place.
    """
    texts = sorted(options)
    costs = vocabulary.weigh(left, texts, right, document) + np.array([options[text] for text in texts])
    weights = vocabulary.posteriors(costs)
    order = np.argsort(-weights, kind="stable")
    return [(float(weights[index]), texts[index]) for index in order]


@rule("restore-lost-byte", "inferred", needs=LOST, example=(f"党委会{LOST}精神", "党委会议精神"))
def restore_lost_byte(text: str, context: Context) -> Iterable[Finding]:
    """Fill a place where a byte was lost, if what survived leaves one character only.

    A GBK character that lost one of its two bytes is one of about 190; between its neighbours there is often only one
    that makes words. What is not at least 99 % certain stays lost, and is reported with the likeliest character. The
    rule needs the bytes, which only decoding has: in a text that came with its U+FFFD nothing is found.
    """
    found = list(_find(text, context))
    changing = [finding for finding in found if finding.after != finding.before]
    if changing and not _means_itself(apply(text, changing)):
        # An escape of HZ that was whole but for a stray byte: the result would be read as something else.
        found = [finding._replace(after=finding.before, certainty="reported") for finding in found]
    return found


def _means_itself(text: str) -> bool:
    """Tell whether a text that is written as UTF-8 is read as what it is."""
    from cnpolicy.decode import read  # the package reads, and this is a part of it

    reading = read(text.encode("utf-8", "surrogatepass"))
    return not isinstance(reading, str) and reading.text == text


def _find(text: str, context: Context) -> Iterator[Finding]:
    restore = context.options.restore
    # A place that decoding lost is one in a good text: it stays visible unless that much is sure, or all is asked for.
    limit = max(restore, _LEAST_POSTERIOR) if restore else restore
    for start, data, encoding in context.lost:
        if text[start : start + 1] != LOST:
            continue
        shown = data[:_MAX_BYTES].hex(" ") + ("…" if len(data) > _MAX_BYTES else "")
        note = f"{encoding} bytes {shown}"
        options = candidates(data, encoding)
        left = text[max(start - vocabulary.REACH, 0) : start]
        right = text[start + 1 : start + 1 + vocabulary.REACH]
        at_edge = start + 1 >= len(text)
        if options and LOST not in (left[-1:], right[:1]):
            (posterior, best), *_ = weigh(left, right or _NEWLINE, options, text)
            if limit is not None and posterior >= limit and not at_edge:
                yield Finding("restore-lost-byte", start, start + 1, LOST, best, "inferred", round(posterior, 4), note)
                continue
            note += f"; likeliest {best!r}" if best else "; likeliest nothing"
            yield Finding("restore-lost-byte", start, start + 1, LOST, LOST, "reported", round(posterior, 4), note)
            continue
        yield Finding("restore-lost-byte", start, start + 1, LOST, LOST, "reported", None, note)


STAGE = Stage("decode", (RuleSet("restore-lost-byte", (restore_lost_byte,)),))
