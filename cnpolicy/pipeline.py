"""The chain: decode, then repair, tidy and convert until nothing more is found.

Only `standard` knows which stages there are and in which order they run.
"""

import difflib
import hashlib
import re
from dataclasses import replace
from functools import lru_cache

from cnpolicy import convert, decode, encodings, language, repair, tidy
from cnpolicy.document import Document, Failure, Pass
from cnpolicy.findings import Certainty, Finding, Offsets
from cnpolicy.repair.sieves import windows
from cnpolicy.rules import Options, Rule, Stage
from cnpolicy.segment import Settings, segmenter

# A round that changes the text is followed by another. Rules that are silent on their own output need two rounds,
# rules that feed each other three; no text of the test corpora or of the property tests needed more than four.
ROUNDS = 12

_DEFAULT = Options()

# Bits a character, over the Han characters of 300 characters of text: at most 10.3 in news of both scripts, 12.4 in
# classical Chinese and 14.4 in Japanese; at least 15.4 in seven kinds of mojibake (UTF-8, GBK and Big5 misread).
GARBLED_BITS = 15.0
# Of a sample of mojibake 55 % and more look so to the sieves of repair; of lists of rare names and characters 15 %.
GARBLED_SHARE = 0.3
GARBLED_SAMPLE = 700
GARBLED_LEAST = 60
# One character in this many being of the commonest is the mark of Chinese: in news one in 12 is.
COMMONEST = "的一是在了和有不国國中人大为為要工作年会會"
COMMON_SHARE = 40
# Of Japanese, kana are about half.
KANA_SHARE = 5
_HAN = re.compile("[\u3400-\u9fff]+")
_KANA = re.compile("[\u3041-\u30fe]")


def standard() -> tuple[Stage, ...]:
    """Return the stages that follow decoding, in their order.

    The order is law: tidying before repairing would destroy the evidence that repair needs, and conversion needs
    the words whole.
    """
    return (decode.RESTORE, repair.STAGE, tidy.STAGE, convert.STAGE)


def stages_of(command: str) -> tuple[Stage, ...]:
    """Return the stages that a command runs over a decoded text: all of them for `clean`.

    What decoding lost is restored, as far as it can be, whatever the command: only then are the bytes at hand.
    """
    return tuple(stage for stage in standard() if command == "clean" or stage.name in ("decode", command))


def rules() -> dict[str, tuple[Stage, Rule]]:
    """Return every rule by name, with its stage, in the order in which they run."""
    return {rule.name: (stage, rule) for stage in standard() for rule in stage.rules}


def before(name: str) -> frozenset[str]:
    """Return the names of the rules that run in earlier passes than the one of this name."""
    sets = [rule_set for stage in standard() for rule_set in stage.rule_sets]
    own = next(place for place, rule_set in enumerate(sets) if name in {rule.name for rule in rule_set.rules})
    return frozenset(rule.name for rule_set in sets[:own] for rule in rule_set.rules)


def options(
    command: str,
    *,
    only: frozenset[str] = frozenset(),
    skip: frozenset[str] = frozenset(),
    certainty: Certainty = "inferred",
    script: str = "auto",
    encoding: str | None = None,
    encoding_hint: str | None = None,
    restore: float | None = 0.9,
    chrome: tuple[str, ...] = (),
) -> Options:
    """Return the options of a run of the command; ValueError if a name is unknown or `restore` not from 0 to 1."""
    known = [rule.name for stage in stages_of(command) for rule in stage.rules]
    for name in sorted(only | skip):
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f"did you mean {near[0]}?" if near else "`cnpolicy rules` lists them"
            raise ValueError(f"{command} has no rule {name!r}; {hint}")
    if only and only <= skip:
        raise ValueError("every rule of --only is skipped; nothing would be left to do")
    if script not in convert.SCRIPTS:
        raise ValueError(f"no script {script!r}; there are {', '.join(convert.SCRIPTS)}")
    if certainty not in ("certain", "inferred"):
        raise ValueError(f"certainty is {certainty!r}; there are certain and inferred")
    if encoding is not None and encoding_hint is not None:
        raise ValueError("an encoding is forced; a hint has nothing to do")
    if restore is not None and not 0 <= restore <= 1:
        raise ValueError(f"restore is {restore}; it is a probability from 0 to 1, or off")
    return Options(
        only,
        skip,
        certainty,
        script,
        None if encoding is None else encodings.look_up(encoding),
        None if encoding_hint is None else encodings.look_up(encoding_hint),
        restore,
        chrome,
    )


def run(document: Document, stages: tuple[Stage, ...], options: Options) -> Document:
    """Run the stages over the document until a whole round changes nothing, and return the amended document.

    Each stage is repeated until it is silent before the next begins, and all of them once more when a later one has
    changed the text: so a second run over the result finds nothing to change. Text that is mojibake still after repair
    is neither tidied nor converted: that would destroy what a better repair will need.
    """
    settled: dict[str, str] = {}
    for _ in range(ROUNDS):
        start = document.text
        for stage in stages:
            if stage.name not in ("decode", "repair") and is_garbled(document.text):
                break
            document = _until_silent(document, stage, options, settled)
        if document.text == start:
            break
    return document


@lru_cache(maxsize=1)  # several stages look at the same text one after the other
def is_garbled(text: str) -> bool:
    """Tell whether a text as a whole is mojibake of Han characters that nothing has undone.

    Judged by a sample of its Han characters, of which there must be enough.

    >>> is_garbled("鎮卞叆瀛ｅ範贯彻" * 20), is_garbled("深入学习，贯彻落实。" * 20)
    (True, False)
    """
    # Three places of a text, and only when the commonest characters are too few: nearly always that is all.
    step = max(1, len(text) // 3)
    sample = "".join(text[start : start + GARBLED_SAMPLE] for start in range(0, len(text), step))
    if sum(map(sample.count, COMMONEST)) * COMMON_SHARE > len(sample):
        return False
    if len(_KANA.findall(sample)) * KANA_SHARE > len(sample):
        return False  # Japanese
    han = "".join(_HAN.findall(sample))
    if len(han) < GARBLED_LEAST or language.bits_per_character(han) <= GARBLED_BITS:
        return False
    return sum(window.end - window.start for window in windows(sample)) >= GARBLED_SHARE * len(sample)


def _until_silent(document: Document, stage: Stage, options: Options, settled: dict[str, str]) -> Document:
    for _ in range(ROUNDS):
        if settled.get(stage.name) == document.text:
            break
        before = document
        document = _without_repeats(before, stage.once(before, options))
        if document.text == before.text:
            settled[stage.name] = document.text
    return document


def _without_repeats(before: Document, after: Document) -> Document:
    """Drop the reports that an earlier round made of the same places, so that each is in the history once."""
    new = after.history[len(before.history) :]
    if not any(finding.certainty == "reported" for made in new for finding in made.findings):
        return after
    if not before.history:
        return after
    known = {(place, finding.rule) for place, finding in before.origins("reported")}
    earlier = [Offsets(made.findings) for made in before.history]
    history: list[Pass] = list(before.history)
    for made in new:
        kept: list[Finding] = []
        for finding in made.findings:
            if finding.certainty == "reported":
                place = finding.start
                for offsets in reversed(earlier):
                    place = offsets.origin(place)
                if (place, finding.rule) in known:
                    continue
            kept.append(finding)
        if kept:
            history.append(Pass(made.rule_set, tuple(kept)))
        earlier.append(Offsets(made.findings))
    return replace(after, history=tuple(history))


def read(data: bytes | str, name: str = "-", options: Options = _DEFAULT) -> Document | Failure:
    """Return the document that the bytes, or the text, hold."""
    if isinstance(data, bytes):
        return decode.decode(data, name, encoding=options.encoding, hint=options.encoding_hint)
    # Lone surrogates cannot be written in any encoding; each is a lost place.
    text = data.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return Document(name, text, "str", hashlib.sha256(text.encode()).hexdigest())


def process(data: bytes | str, name: str, command: str, options: Options) -> Document | Failure:
    """Decode the bytes and run the stages of the command over the text."""
    document = read(data, name, options)
    if isinstance(document, Failure):
        return document
    return run(document, stages_of(command), options)


def encoding_of(data: bytes, options: Options = _DEFAULT) -> str:
    """Return the one encoding that bytes are in, by a name that `Options.encoding_hint` takes; "" if there is none.

    `options` name it, if the user did.
    """
    named = options.encoding or options.encoding_hint
    if named is not None:
        return named
    document = read(data)
    if isinstance(document, Failure):
        return ""
    try:
        return encodings.look_up(document.encoding)
    except ValueError:  # several, or a reading that is no encoding
        return ""


def is_binary(data: bytes) -> bool:
    """Tell whether the bytes are a picture, an archive or the like rather than text."""
    return decode.is_binary(data) is not None


def script_of(text: str) -> str:
    """Return the script of a text: `simplified`, `traditional`, `mixed` or `none`."""
    return convert.script_of(text)


def segmented(document: Document, settings: Settings, *, tags: bool = False) -> Document:
    """Return the document with its words; joined, they are its text. With `tags`, each has its part of speech."""
    cutter = segmenter(settings)
    if not tags:
        return replace(document, words=tuple(cutter.tokens(document.text)), tags=None)
    tagged = cutter.tagged(document.text)
    return replace(document, words=tuple(word for word, _ in tagged), tags=tuple(tag for _, tag in tagged))
