"""Read what is not Chinese: single-byte encodings, through charset-normalizer and the model of character classes."""

import re
from collections import Counter
from collections.abc import Mapping
from functools import cache
from math import log2
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cnpolicy import encodings, language
from cnpolicy.decode.reading import Reading, whole

_SAMPLE = 16384


class _Language(NamedTuple):
    """A language that single-byte files are in: its letters beyond ASCII, and frequent words of ASCII letters only."""

    name: str
    letters: str
    words: str = ""


# A text keeps to the letters of one language; the words tell which, however the letters are read.
_LANGUAGES = (
    _Language(
        "French",
        "éèàçùêôîâûëïœ",
        "le la les un une des du de et que qui dans pour est sur par au aux il elle se son sa ses pas plus avec sont",
    ),
    _Language(
        "German",
        "äöüß",
        "der die das und ist nicht ein eine den dem zu mit von auf sich des im auch als es werden wird sind nach bei",
    ),
    _Language(
        "Spanish",
        "áéíóúñü¿¡",
        "el la los las un una de que y en por con para se del al es su no lo como pero sus ya este entre cuando sin",
    ),
    _Language(
        "Portuguese",
        "ãõáéíóúâêôàç",
        "o a os as um uma de que e em do da dos das no na por com para se ao mais como mas foi seu sua ou quando",
    ),
    _Language(
        "Italian",
        "àèéìòùî",
        "il lo la i gli le un una di che e in del della dei per con si non da al come ma sono anche nel alla questo",
    ),
    _Language(
        "Dutch",
        "éëïöèüó",
        "de het een en van is dat op te zijn met voor niet aan er om ook als bij door naar dan wordt",
    ),
    _Language(
        "Danish", "æøåé", "og i at det er en til af den for med der de som ikke har et han vi var fra kan skal blev"
    ),
    _Language(
        "Norwegian", "æøåéòô", "og i det er en til av den for med som ikke har et han vi var fra kan skal ble om"
    ),
    _Language(
        "Swedish", "åäöé", "och i att det som en av den med har inte ett om de till var han men vid kan ska efter"
    ),
    _Language("Finnish", "äöå", "ja on ei se kun oli ovat mutta niin joka tai jos sen kuin vain ole nyt ja mukaan"),
    _Language("Icelandic", "áðéíóúýþæö", "og er ekki sem til um hann var en hefur fyrir vera eru af"),
    _Language(
        "Polish", "ąćęłńóśźż", "w i na z nie do jest o to po od za jak dla co przez przy oraz ale tylko jego jako"
    ),
    _Language("Czech", "áčďéěíňóřšťúůýž", "a v na je se to do pro ve jako ale po tak za od by jsou nebo bude ze jak"),
    _Language("Slovak", "áäčďéíĺľňóôŕšťúýž", "a v na je sa to do pre vo ako ale po tak za od by alebo bude zo aj"),
    _Language("Hungarian", "áéíóöőúüű", "a az egy hogy nem meg van ha csak mint vagy volt ezt ki el is minden"),
    _Language("Croatian", "čćđšž", "i u je na se da za od su s ne kao to ali koji sa te bio do iz o"),
    _Language("Slovene", "čšž", "in je na se da za so v ki z ne pa tudi od kot bi ali po iz do"),
    _Language("Romanian", "ăâîșțşţ", "de la a pe cu un o nu care din mai este sau ce fi pentru au lui prin dar"),
    _Language("Turkish", "çğıöşüâîİ", "ve bir bu da de ile olarak ne daha en var kadar sonra gibi ama ise olan"),
    _Language("Latvian", "āčēģīķļņšūž", "un ir no ar par ka uz tas kas bet vai pie gan tika tiks jau lai jo"),
    _Language(
        "Lithuanian", "ąčęėįšųūž", "ir kad yra tai su buvo iki bei nuo kaip jis tik bet bus per arba dar nes jau"
    ),
    _Language("Estonian", "äõöüšž", "ja on ei et see ka oli kui ning mis ta oma aga siis ole"),
    _Language("Ukrainian", "іїєґ"),
    _Language("Belarusian", "іў"),
    _Language("Serbian", "јљњћђџ"),
    _Language("Macedonian", "јљњќѓѕџ"),
)
# A letter costs as much as each of its language's letters, and that it is none of ASCII's: one letter in eight is.
_BEYOND_ASCII_BITS = 3.0
_LETTER = re.compile("[À-ÖØ-öø-ɏ¿¡Ѐ-Џѐ-џҐґ]")

# What a frequent word of a language tells against each other language that has it not; more than some such words tell
# no more. They stand between signs that are no letters, in whatever encoding.
_WORD_BITS = 4.0
_MOST_WORD_BITS = 40.0
_MOST_GAIN_BITS = 16.0
_WORD = re.compile(rb"(?<![A-Za-z\x80-\xff])[A-Za-z]+(?![A-Za-z\x80-\xff])")
_SPEAKERS = {
    word.encode("ascii"): [number for number, one in enumerate(_LANGUAGES) if word in one.words.split()]
    for word in set(" ".join(one.words for one in _LANGUAGES).split())
}

# Quotation marks, apostrophes, dashes and the ellipsis as Windows writes them, where they stand as such; in Mac, DOS
# and Japanese encodings the same bytes are letters. One alone outweighs what the rare letters of an English word in
# those encodings cost less (8 to 15 bits); many tell no more than some.
_SIGNS = re.compile(
    rb"(?<=[A-Za-z0-9\xc0-\xff])\x92(?=(?:[stdm]|re|ve|ll)(?![A-Za-z\x80-\xff]))|(?<=[A-Za-z])[\x85\x97](?=[A-Za-z])"
    rb"|(?<![A-Za-z\x80-\xff])(?:[cdjlmnst]|qu)\x92(?=[A-Za-z\xc0-\xff])"
    rb"|(?<= )[\x96\x97](?= )|(?<=[0-9])\x96(?=[0-9])"
    rb"|(?<![^ \t\n(])[\x91\x93](?=[A-Za-z0-9\xc0-\xff])"
    rb"|(?<=[A-Za-z0-9.,!?%\xc0-\xff])[\x85\x92\x94](?![^ \t\r\n.,;:!?)])",
    re.I,
)
_SIGN_BYTES = bytes((0x85, *range(0x91, 0x95), 0x96, 0x97))
_SIGN_BITS = 16.0
_MOST_SIGN_BITS = 64.0
# Words of these languages end in letters that DOS and Mac write with the same bytes (là, así, país).
_ACCENTED_ENDS = frozenset({"French", "Spanish", "Portuguese", "Italian", "Hungarian", "Czech", "Slovak", "Icelandic"})
_CONTROLS = re.compile(rb"[\x80-\x9f]")

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
    "cp855": 10.0,
    "iso8859_9": 9.0,
    "iso8859_13": 10.0,
    "iso8859_15": 7.0,
    "iso8859_6": 9.0,
    "iso8859_8": 8.0,
    "koi8-u": 6.0,
    "cp857": 11.0,
}

# A reading that is dearer than the best by this is no rival that the user need hear of: odds of a thousand to one.
RIVAL_BITS = 10.0

# charset-normalizer knows the languages of Europe better than the model of classes does.
_MATCH_BITS = 6.0


@cache
def _gains() -> dict[str, list[tuple[int, float]]]:
    """Return what each letter is cheaper by in each language that has it than the model takes for it."""
    gains: dict[str, list[tuple[int, float]]] = {}
    for number, one in enumerate(_LANGUAGES):
        fair = log2(len(one.letters)) + _BEYOND_ASCII_BITS
        for letter, bits in zip(one.letters, language.own_bits(language.codes(one.letters)).tolist(), strict=True):
            gains.setdefault(letter, []).append((number, bits - fair))
    return gains


def _strangeness(data: bytes) -> tuple[npt.NDArray[np.float64], float]:
    """Return for each language what the words of the text cost more in it than in the language they fit best.

    And by how much they make it cheaper that the text is in one of these languages at all (bits).
    """
    hits = np.zeros(len(_LANGUAGES))
    for word, count in Counter(word.lower() for word in _WORD.findall(data)).items():
        for number in _SPEAKERS.get(word, ()):
            hits[number] += count
    most = float(hits.max())
    gain = min(_WORD_BITS * max(most - 1, 0.0), _MOST_GAIN_BITS)
    return np.minimum(_WORD_BITS * (most - hits), _MOST_WORD_BITS), gain


def sign_bits(data: bytes) -> float:
    r"""Return by how many bits the punctuation of Windows makes its encodings likelier; 0 if something is against it.

    Each byte from 80 to 9F must stand as a punctuation mark. In languages whose words end in accented letters a mark
    at the end of a word is no evidence.

    >>> sign_bits(b"It\x92s here \x96 at last"), sign_bits(b"pa\x92s, \x8erbol")
    (32.0, 0.0)
    """
    strange = len(_CONTROLS.findall(data))
    if not strange:
        return 0.0
    found = [sign[0] for sign in _SIGNS.finditer(data)]
    if len(found) < strange:
        return 0.0
    strangeness, gain = _strangeness(data)
    if gain > 0 and _LANGUAGES[int(strangeness.argmin())].name in _ACCENTED_ENDS:
        ends = re.findall(rb"[A-Za-z]\x92s\b|(?<=[A-Za-z\xc0-\xff])[\x85\x92\x94](?![A-Za-z\xc0-\xff])", data)
        return max(0.0, min(_SIGN_BITS * (len(found) - len(ends)), _MOST_SIGN_BITS))
    return min(_SIGN_BITS * len(found), _MOST_SIGN_BITS)


@cache
def has_signs(name: str) -> bool:
    """Tell whether the encoding has the punctuation of Windows."""
    return encodings.read(_SIGN_BYTES, name) == "…‘’“”–—"


def letter_bits(text: str, strangeness: npt.NDArray[np.float64] | None = None) -> float:
    """Return what letters of several languages and capitals inside words cost, beyond what the model takes for them.

    `strangeness` is that of the bytes that the text was read from.
    """
    inside = _CAPITAL_BITS * len(_CAPITAL_INSIDE.findall(text))
    letters = Counter("".join(_LETTER.findall(text)).lower())
    if not letters:
        return inside
    gains = np.zeros(len(_LANGUAGES)) if strangeness is None else -strangeness
    for letter, count in letters.items():
        for number, gain in _gains().get(letter, ()):
            gains[number] += count * gain
    return inside + 0.5 - float(gains.max())


class _Tables(NamedTuple):
    """What the bytes mean in each of the encodings of PRIORS: one row of 256 for each."""

    missing: npt.NDArray[np.bool_]  # the byte is no character
    classes: npt.NDArray[np.intp]
    bits: npt.NDArray[np.float32]
    is_small: npt.NDArray[np.bool_]
    is_capital: npt.NDArray[np.bool_]
    is_letter: npt.NDArray[np.bool_]
    gains: npt.NDArray[np.float64]  # by byte, encoding and language


@cache
def _tables() -> _Tables:
    shape = (len(PRIORS), 256)
    tables = _Tables(
        np.zeros(shape, dtype=bool),
        np.zeros(shape, dtype=np.intp),
        np.zeros(shape, dtype=np.float32),
        np.zeros(shape, dtype=bool),
        np.zeros(shape, dtype=bool),
        np.zeros(shape, dtype=bool),
        np.zeros((256, len(PRIORS), len(_LANGUAGES))),
    )
    for row, name in enumerate(PRIORS):
        texts = [encodings.read(bytes((byte,)), name) for byte in range(256)]
        text = "".join(one or "\0" for one in texts)
        tables.missing[row] = [one is None for one in texts]
        tables.classes[row] = language.classes(text)
        tables.bits[row] = language.own_bits(language.codes(text))
        for byte, character in enumerate(text):
            tables.is_small[row, byte] = bool(_CAPITAL_INSIDE.match(character + "A"))
            tables.is_capital[row, byte] = bool(_CAPITAL_INSIDE.match("a" + character))
            tables.is_letter[row, byte] = bool(_LETTER.match(character))
            if tables.is_letter[row, byte]:
                for letter in character.lower():
                    for number, gain in _gains().get(letter, ()):
                        tables.gains[byte, row, number] += gain
    return tables


@cache
def _least() -> npt.NDArray[np.float64]:
    """Return for each byte what it costs at least in any of the encodings, whatever stands before it, in bits."""
    tables = _tables()
    costs = tables.bits + language.transitions().min(axis=0)[tables.classes]
    gains = np.where(tables.is_letter, np.maximum(tables.gains.max(axis=2).T, 0.0), 0.0)
    found: npt.NDArray[np.float64] = np.where(tables.missing, np.inf, costs - gains).min(axis=0)
    return np.where(np.isfinite(found), found, 0.0)


def least_score(data: bytes) -> float:
    """Return what the bytes cost at least in every encoding of PRIORS; many times as fast as `score`.

    >>> data = "Der Käse, das Öl".encode("cp1252")
    >>> least_score(data) < min(score(data).values())
    True
    """
    counts = np.bincount(np.frombuffer(data, dtype=np.uint8), minlength=256)
    return float(_least() @ counts) - _MOST_GAIN_BITS - _MOST_SIGN_BITS


def score(data: bytes) -> dict[str, float]:
    """Return what the bytes cost in bits in each of the encodings of PRIORS that reads them all, without the prior.

    The same as `language.total_bits` and `letter_bits` of each text less what words and `sign_bits` gain, for all
    encodings at once: a character follows from its byte alone, so that counting bytes and classes is enough.
    """
    tables = _tables()
    taken = np.frombuffer(b"\n" + data, dtype=np.uint8)
    counts = np.bincount(taken[1:], minlength=256)
    good = np.flatnonzero(~(tables.missing & (counts > 0)).any(axis=1))
    classes = tables.classes[good][:, taken]
    steps = language.transitions()
    width = len(steps)
    costs = steps.ravel().take(classes[:, :-1] * width + classes[:, 1:]).sum(axis=1, dtype=np.float64)
    costs += tables.bits[good] @ counts
    inside = (tables.is_small[good][:, taken[:-1]] & tables.is_capital[good][:, taken[1:]]).sum(axis=1)
    costs += _CAPITAL_BITS * inside
    strangeness, gain = _strangeness(data)
    present = np.flatnonzero(counts)
    gains = np.tensordot(counts[present], tables.gains[present], axes=1)[good]
    gains = (gains - strangeness).max(axis=1)
    costs -= gain
    costs += np.where(tables.is_letter[good] @ (counts > 0), 0.5 - gains, 0.0)
    names = list(PRIORS)
    costs -= np.where([has_signs(names[row]) for row in good.tolist()], sign_bits(data), 0.0)
    return {names[row]: cost for row, cost in zip(good.tolist(), costs.tolist(), strict=True)}


def read(data: bytes, evidence: Mapping[str, float]) -> Reading | None:
    """Return the best reading in a single-byte encoding, or None if there is none.

    `evidence` is what a reading in an encoding costs beside its prior (bits): less than nothing where a declaration or
    a hint speaks for it.
    """
    from charset_normalizer import from_bytes  # slow to import, and few files need it

    sample = data[:_SAMPLE]
    costs = dict(PRIORS)
    for rank, match in enumerate(from_bytes(sample)):
        costs[match.encoding] = min(costs.get(match.encoding, 10.0), 10.0) - (_MATCH_BITS if not rank else 0.0)
    for name, bits in evidence.items():
        costs[name] += bits
    scores = score(sample)
    strangeness, gain = _strangeness(sample)
    signs = sign_bits(sample)
    for name in costs.keys() - PRIORS.keys():
        text = encodings.read(sample, name)
        if text is not None and "\0" not in text:
            scores[name] = language.total_bits(text) + letter_bits(text, strangeness) - gain
            scores[name] -= signs if has_signs(name) else 0.0
    ranked = sorted((costs[name] + bits, name) for name, bits in scores.items())
    for number, (bits, name) in enumerate(ranked):
        text = encodings.read(data, name)
        if text is not None and "\0" not in text:
            rivals = [rival for rival in ranked[number + 1 :] if encodings.read(sample, rival[1]) != text[:_SAMPLE]]
            lead = rivals[0][0] - bits if rivals else 20.0
            if has_signs(name):
                # Nothing but punctuation, which they share: the most frequent of the encodings that read the same.
                same = [other for _, other in ranked if other in PRIORS and encodings.read(data, other) == text]
                name = min(same, key=PRIORS.__getitem__, default=name)
            runner_up = rivals[0][1] if rivals and lead < RIVAL_BITS else ""
            return whole(text, name, min(0.98, 1 / (1 + 2**-lead)), runner_up)
    return None
