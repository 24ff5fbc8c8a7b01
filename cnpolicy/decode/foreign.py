"""Read what is not Chinese: single-byte encodings, through charset-normalizer and the model of character classes."""

import re
from collections import Counter
from math import log2

from cnpolicy import encodings, language
from cnpolicy.decode.reading import Reading, whole

_SAMPLE = 16384

# The letters beyond ASCII of languages that single-byte files are in: a text keeps to the letters of one.
_ALPHABETS = (
    "éèàçùêôîâûëïœ",  # French
    "äöüß",  # German
    "áéíóúñü¿¡",  # Spanish
    "ãõáéíóúâêôàç",  # Portuguese
    "àèéìòùî",  # Italian
    "æøåé",  # Danish, Norwegian
    "åäöé",  # Swedish, Finnish
    "áðéíóúýþæö",  # Icelandic
    "ąćęłńóśźż",  # Polish
    "áčďéěíňóřšťúůýž",  # Czech
    "áäčďéíĺľňóôŕšťúýž",  # Slovak
    "áéíóöőúüű",  # Hungarian
    "čćđšž",  # Croatian, Slovene
    "ăâîșțşţ",  # Romanian
    "çğıöşüâîİ",  # Turkish
    "āčēģīķļņšūž",  # Latvian
    "ąčęėįšųūž",  # Lithuanian
    "äõöüšž",  # Estonian
)
_OTHER_LETTER_BITS = 11.0
# What a letter is cheaper by in each alphabet that has it.
_GAINS = {
    letter: [
        (number, _OTHER_LETTER_BITS - log2(len(alphabet)))
        for number, alphabet in enumerate(_ALPHABETS)
        if letter in alphabet
    ]
    for letter in set("".join(_ALPHABETS))
}
_LETTER = re.compile("[À-ÖØ-öø-ɏ¿¡]")

# A capital inside a word: a sign of letters read in the wrong encoding.
_CAPITAL_INSIDE = re.compile("[a-zß-öø-ÿα-ώа-џ][A-ZÀ-ÖØ-ÞΑ-ΩЀ-Я]")
_CAPITAL_BITS = 6.0

# What a reading costs in bits before its text is looked at: how rare files in the encoding are.
PRIORS = {
    "cp1252": 0.0,
    "cp1251": 1.0,
    "koi8-r": 2.0,
    "cp1250": 5.0,
    "iso8859_2": 6.0,
    "cp866": 6.0,
    "iso8859_5": 7.0,
    "mac_cyrillic": 8.0,
    "cp1253": 5.0,
    "iso8859_7": 6.0,
    "cp1254": 7.0,
    "cp1255": 6.0,
    "cp1256": 6.0,
    "cp874": 6.0,
    "cp1257": 8.0,
    "mac_roman": 9.0,
    "cp850": 9.0,
    "cp437": 10.0,
    "cp852": 10.0,
}

# charset-normalizer knows the languages of Europe better than the model of classes does.
_MATCH_BITS = 6.0


def letter_bits(text: str) -> float:
    """Return what letters of several languages and capitals inside words cost, beyond what the model takes for them."""
    inside = _CAPITAL_BITS * len(_CAPITAL_INSIDE.findall(text))
    letters = Counter("".join(_LETTER.findall(text)).lower())
    if not letters:
        return inside
    gains = [0.0] * len(_ALPHABETS)
    for letter, count in letters.items():
        for alphabet, gain in _GAINS.get(letter, ()):
            gains[alphabet] += count * gain
    return inside + 0.5 - max(gains)


def read(data: bytes) -> Reading | None:
    """Return the best reading in a single-byte encoding, or None if there is none."""
    from charset_normalizer import from_bytes  # slow to import, and few files need it

    sample = data[:_SAMPLE]
    costs = dict(PRIORS)
    for rank, match in enumerate(from_bytes(sample)):
        costs[match.encoding] = min(costs.get(match.encoding, 10.0), 10.0) - (_MATCH_BITS if not rank else 0.0)
    ranked: list[tuple[float, str]] = []
    for name, prior in costs.items():
        text = encodings.read(sample, name)
        if text is not None and "\0" not in text:
            ranked.append((prior + language.total_bits(text) + letter_bits(text), name))
    ranked.sort()
    for number, (bits, name) in enumerate(ranked):
        text = encodings.read(data, name)
        if text is not None and "\0" not in text:
            rivals = [rival for rival in ranked[number + 1 :] if encodings.read(sample, rival[1]) != text[:_SAMPLE]]
            lead = rivals[0][0] - bits if rivals else 20.0
            return whole(text, name, min(0.98, 1 / (1 + 2**-lead)), rivals[0][1] if rivals else "")
    return None
