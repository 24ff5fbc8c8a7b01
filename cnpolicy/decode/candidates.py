"""Which encodings can these bytes be in, and how plausible is each reading?"""

import re
from typing import NamedTuple

from cnpolicy import encodings, language
from cnpolicy.decode import foreign, lattice

# What a reading in the encoding costs in bits before its text is looked at: how rare files in it are.
PRIORS = {
    "utf-8": 0.0,
    "gb18030": 1.0,
    "cp950": 2.0,
    "big5hkscs": 5.0,
    "utf-16-le": 5.0,
    "utf-16-be": 6.0,
    "euc_tw": 9.0,
    "cp932": 6.0,
    "euc_jp": 7.0,
    "cp949": 7.0,
    "utf-32-le": 9.0,
    "utf-32-be": 9.0,
}
WIDE = {"utf-16-le": 2, "utf-16-be": 2, "utf-32-le": 4, "utf-32-be": 4}
# Single-byte encodings read anything: they are for what is not Chinese, and come after the others.
_FOREIGN_BITS = 6.0
SINGLE_BYTE = {name: prior + _FOREIGN_BITS for name, prior in foreign.PRIORS.items()}

# A declaration is right far more often than not, but it outlives conversions; a hint is the user's own knowledge.
_DECLARED_BITS = 6.0
_HINTED_BITS = 14.0

# What a space between two characters costs in the encodings of languages that are written without. On the development
# half of the Korean lines 20 characters come back right in 97 % of files without this, and in 99 % with it.
_SPACED = re.compile(rb"[\x81-\xfe] (?=[\x81-\xfe])")
_SPACED_BITS = 3.0
_MOST_SPACED_BITS = 15.0
_UNSPACED = frozenset({*lattice.CHINESE, "cp932", "euc_jp"})

# Labels of files that hold what Windows made of them.
_READ_AS = {"latin-1": "cp1252", "shift_jis": "cp932"}

# Chinese in UTF-16 whose bytes are all printable ASCII is as rare as one text of 8 characters in 400,000.
_PRINTABLE = bytes((*b"\t\n\r", *range(0x20, 0x7F)))
_PRINTABLE_BITS = 40.0

# A reading that is dearer than the best one by more than this is none that anybody asks about.
_HOPELESS_BITS = 120.0

_WHOLE = 6144
_WINDOW = 2048
_DECLARATION = re.compile(rb"(?:charset|encoding)\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]{2,30})", re.I)


class Candidate(NamedTuple):
    """A strict reading of the sample: what it costs in bits, its encoding, and its text."""

    bits: float
    encoding: str
    text: str


def declared(data: bytes) -> str:
    """Return the encoding that an HTML meta element, an XML declaration or a MIME header names, if it is known."""
    found = _DECLARATION.search(data[:2048])
    if not found:
        return ""
    try:
        return encodings.look_up(found[1].decode("ascii"))
    except ValueError:
        return ""


def priors(data: bytes, hint: str = "") -> dict[str, float]:
    """Return the prior bits of each encoding, the evidence beside the text itself counted in."""
    costs = PRIORS | SINGLE_BYTE
    if not data[:_WHOLE].translate(None, _PRINTABLE):
        for name in WIDE:
            costs[name] += _PRINTABLE_BITS
    # Words apart from each other: Korean, hardly Chinese or Japanese.
    sample = data[:_WHOLE]
    spaced = min(_SPACED_BITS * len(_SPACED.findall(sample)), _MOST_SPACED_BITS) if b" " in sample else 0.0
    for name in _UNSPACED:
        costs[name] += spaced
    for label, bits in ((declared(data), _DECLARED_BITS), (hint, _HINTED_BITS)):
        name = _READ_AS.get(label, label)
        if name in costs:
            costs[name] -= bits
    return costs


def windows(data: bytes) -> list[bytes]:
    """Return the bytes to judge by: all of a short file, of a long one three stretches that begin at a character."""
    if len(data) <= _WHOLE:
        return [data]
    parts = [data[:_WINDOW]]
    for start in (len(data) // 8 * 4, (len(data) - _WINDOW) // 4 * 4):
        part = data[start : start + _WINDOW]
        if b"\0" not in part:
            # A byte below 0x30 is a character of its own in every encoding but UTF-16 and UTF-32.
            cut = re.search(rb"[\n\r ,.]", part[: _WINDOW // 2])
            if cut:
                part = part[cut.end() :]
        parts.append(part)
    return parts


def rank(data: bytes, costs: dict[str, float]) -> list[Candidate]:
    """Return the encodings that read the sample without loss, the cheapest reading first.

    Encodings of one byte are left out where one of several bytes is better by far.
    """
    parts = windows(data)
    found: list[Candidate] = []
    for encoding, prior in costs.items():
        if encoding in SINGLE_BYTE:
            continue
        unit = WIDE.get(encoding, 1)
        texts: list[str] = []
        for part in parts:
            text = _read_window(part, encoding, unit, whole=len(parts) == 1)
            if text is None:
                break
            texts.append(text)
        else:
            text = "".join(texts)
            if "\0" not in text:
                bits = prior + language.total_bits(text)
                if encoding in lattice.CHINESE:
                    bits += float(lattice.kana_bits(language.codes(text)).sum())
                elif encoding == "utf-8":
                    bits += foreign.letter_bits(text)
                found.append(Candidate(bits, encoding, text))
    joined = b"".join(parts)
    if b"\0" not in data and not _are_hopeless(joined, costs, min(found, default=None)):
        for encoding, bits in foreign.score(joined).items():
            if encoding in costs:
                found.append(Candidate(bits + costs[encoding], encoding, encodings.read(joined, encoding) or ""))
    found.sort(key=lambda candidate: candidate.bits)
    return found


def _are_hopeless(data: bytes, costs: dict[str, float], best: Candidate | None) -> bool:
    """Tell whether every encoding of one byte is worse by far than the best one of the others."""
    if best is None:
        return False
    prior = min((costs[name] for name in SINGLE_BYTE if name in costs), default=0.0)
    return prior + foreign.least_score(data) > best.bits + _HOPELESS_BITS


def _read_window(part: bytes, encoding: str, unit: int, *, whole: bool) -> str | None:
    text = encodings.read(part, encoding)
    if text is not None or whole:
        return text
    # The window may end inside a character.
    for short in range(unit if unit > 1 else 1, 5):
        text = encodings.read(part[:-short], encoding)
        if text is not None:
            return text
    return None
