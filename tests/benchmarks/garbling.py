"""Ways in which Chinese text gets garbled, each as a function from good text to what a reader finds.

A garbler is given text that the encoding it was saved in can write, else it raises UnicodeEncodeError: what a character
set lacks was never in the file. The truth is then the text itself, but for what no reader of the garbled text could
know; `Garbling.truth` says what that is. Nothing here looks at how repair works.

    python tests/benchmarks/garbling.py [TEXT]      every garbling of a text
"""

import codecs
import html
import json
import random
import re
import sys
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from functools import cache, partial, reduce
from typing import Any, NamedTuple
from urllib.parse import quote, unquote_to_bytes

import cnpolicy.encodings  # noqa: F401 - Python has no EUC-TW

Change = Callable[[str], str]

RELATIVES = ("iso8859-15", "iso8859-2", "cp1250", "cp1254", "cp1257", "cp1258")  # of Windows-1252

SIMPLIFIED = ("simplified",)
TRADITIONAL = ("traditional",)
BOTH = SIMPLIFIED + TRADITIONAL


class Garbling(NamedTuple):
    """One way to garble: its name, the scripts whose text goes through it, and what it does.

    `told` is the naive inverse of somebody who was told the codecs: write in the wrong one, leaving out what it lacks,
    and read in the right one, with U+FFFD for what does not fit. `truth` is what repair should come to. `kept`: nobody
    can undo it, and it has to stay as it is, reported.
    """

    name: str
    scripts: tuple[str, ...]
    garble: Change
    told: Change = str
    truth: Change = str
    kept: bool = False


# --- Reading bytes wrongly -------------------------------------------------------------------------------------------

# What a reader does with bytes that do not fit: Python's decoder (one U+FFFD a byte), WHATWG's (one U+FFFD a pair),
# a program that writes `?` for the byte, one whose `?` takes the next byte with it, one that drops the byte.
LOSSES = ("replaced", "whatwg", "question", "swallowed", "dropped")


def _on_failure(write: Callable[[bytes], str], skip: int) -> None:
    """Register what a reader writes for a byte that does not fit, and how many bytes it passes over."""

    def handle(error: UnicodeError) -> tuple[str, int]:
        if not isinstance(error, UnicodeDecodeError):
            raise error
        end = min(error.start + skip, len(error.object)) if skip else error.end
        return write(error.object[error.start : error.end]), end

    codecs.register_error({0: "garbling-question", 1: "garbling-control", 2: "garbling-swallowed"}[skip], handle)


_on_failure(lambda _: "?", 0)
_on_failure(lambda data: chr(data[0]), 1)
_on_failure(lambda _: "?", 2)


def read(data: bytes, encoding: str, loss: str = "strict") -> str:
    """Read bytes in an encoding; `loss` is one of LOSSES, `strict`, or `control`: as browsers read single bytes."""
    if encoding in ("cp936", "cp950"):
        return read_windows(data, encoding, loss)
    if loss == "whatwg":
        return read_gb18030_whatwg(data) if encoding == "gb18030" else read_pairs_whatwg(data, encoding)
    names = {"replaced": "replace", "dropped": "ignore", "strict": "strict"}
    return data.decode(encoding, names.get(loss, f"garbling-{loss}"))


# Where Windows has its areas for the user's own characters in Big5, one after another in private use from U+E000 on:
# first and last lead byte, and the private-use character of the first. 157 characters go to a lead byte.
BIG5_AREAS = ((0xFA, 0xFE, 0xE000), (0x8E, 0xA0, 0xE311), (0x81, 0x8D, 0xEEB8), (0xC6, 0xC8, 0xF672))


@cache
def windows_pairs(encoding: str) -> dict[bytes, str]:
    """The pairs of code page 936 or 950 as Windows reads them, the user's areas included; and its bytes above ASCII."""
    found = {b"\x80": "€" if encoding == "cp936" else "\x80"}
    for lead in range(0x81, 0xFF):
        for trail in (*range(0x40, 0x7F), *range(0x80 if encoding == "cp936" else 0xA1, 0xFF)):
            pair = bytes((lead, trail))
            try:
                # Python's GB18030 has the user's areas where Windows has them; its GBK does not have them.
                found[pair] = pair.decode({"cp936": "gb18030"}.get(encoding, encoding))
            except UnicodeDecodeError:
                for first, last, base in BIG5_AREAS:
                    if encoding == "cp950" and first <= lead <= last:
                        column = trail - 0x40 if trail < 0x7F else trail - 0x62
                        found[pair] = chr(base + (lead - first) * 157 + column)
    return found


def read_windows(data: bytes, encoding: str, loss: str) -> str:
    """Read as Windows reads code page 936 (GBK) or 950 (Big5)."""
    table = windows_pairs(encoding)
    parts: list[str] = []
    place = 0
    while place < len(data):
        single = chr(data[place]) if data[place] < 0x80 else table.get(data[place : place + 1])
        pair = table.get(data[place : place + 2])
        parts.append(single or pair or {"replaced": "\ufffd", "dropped": ""}.get(loss, "?"))
        place += 1 if single else 2 if pair or loss == "swallowed" else 1
    return "".join(parts)


@cache
def windows_codes(encoding: str) -> dict[str, bytes]:
    """The bytes of each character above ASCII in code page 936 or 950."""
    return {character: pair for pair, character in reversed(windows_pairs(encoding).items())}


# Since GB18030-2005 and -2022 these have characters of their own, where Python's codec has private-use ones.
NEW_IN_GB18030 = {
    **dict(zip(range(0xE78D, 0xE797), "︐︒︑︓︔︕︖︗︘︙", strict=True)),
    **dict(zip((0xE7C7, 0xE816, 0xE817, 0xE818, 0xE81E, 0xE826, 0xE82B, 0xE82C), "ḿ𠂇𠂉𠃌龴龵龶龷", strict=True)),
    **dict(zip((0xE831, 0xE832, 0xE83B, 0xE843, 0xE854, 0xE855, 0xE864), "𡗗龸𢦏龹龺𤇾龻", strict=True)),
}
# Browsers read A3A0, where no character is, as an ideographic space.
WHATWG_GB18030 = {**NEW_IN_GB18030, 0xE5E5: "\u3000"}


@cache
def _pair(encoding: str, pair: bytes) -> str | None:
    try:
        return pair.decode(encoding).translate(WHATWG_GB18030)
    except UnicodeDecodeError:
        return None


def read_gb18030_whatwg(data: bytes) -> str:
    """Read GB18030 (and GBK: browsers read both alike) as https://encoding.spec.whatwg.org/#gb18030-decoder says."""
    parts: list[str] = []
    place = 0
    while place < len(data):
        byte, rest = data[place], data[place + 1 : place + 4]
        place += 1
        if byte <= 0x80:
            parts.append("€" if byte == 0x80 else chr(byte))
            continue
        found: str | None = None
        if byte == 0xFF or not rest:
            pass
        elif 0x30 <= rest[0] <= 0x39:
            if len(rest) < 2 or (0x81 <= rest[1] <= 0xFE and len(rest) < 3):
                place = len(data)  # the end of the text comes first: one error for all
            elif 0x81 <= rest[1] <= 0xFE and 0x30 <= rest[2] <= 0x39:
                found = _pair("gb18030", data[place - 1 : place + 3])
                place += 3
        else:
            found = _pair("gb18030", data[place - 1 : place + 1]) if 0x40 <= rest[0] <= 0xFE else None
            place += found is not None or rest[0] >= 0x80
        parts.append(found or "\ufffd")
    return "".join(parts)


def read_pairs_whatwg(data: bytes, encoding: str) -> str:
    """Read GBK, Big5, cp932 or cp949 as browsers do: what does not pair is one U+FFFD, but ASCII is not eaten."""
    if encoding == "gbk":
        return read_gb18030_whatwg(data)
    # Of Big5, browsers read the Hong Kong characters too.
    table = "big5hkscs" if encoding == "big5" else encoding
    parts: list[str] = []
    place = 0
    while place < len(data):
        byte = data[place]
        place += 1
        single = _pair(table, bytes([byte])) if byte < 0x80 or encoding == "cp932" else None
        if single is not None:
            parts.append(single)
            continue
        found = _pair(table, data[place - 1 : place + 1]) if place < len(data) else None
        place += place < len(data) and (found is not None or data[place] >= 0x80)
        parts.append(found or "\ufffd")
    return "".join(parts)


def misread(text: str, right: str, wrong: str, loss: str = "strict", times: int = 1) -> str:
    """Return text that was saved in one encoding and read in another, so many times over."""
    for _ in range(times):
        text = read(text.encode(right), wrong, loss)
    return text


def inverse(text: str, right: str, wrong: str, times: int = 1) -> str:
    """Undo `misread` as somebody does who knows the codecs and no more."""
    for _ in range(times):
        # GB18030 could write the sign for what was lost.
        text = text.replace("\ufffd", "")
        if wrong in ("cp1251", "cp1252", *RELATIVES):
            data = b"".join(_byte(character, wrong) for character in text)
        elif wrong in ("cp936", "cp950"):
            codes = windows_codes(wrong)
            data = b"".join(codes.get(one, b"") if one > "\x7f" else one.encode() for one in text)
        else:
            data = text.encode(wrong, "ignore")
        text = data.decode(right, "replace")
    return text


@cache
def _byte(character: str, encoding: str) -> bytes:
    """The byte of a character in a code page of Windows as browsers have it; nothing if it has none."""
    try:
        return character.encode(encoding)
    except UnicodeEncodeError:
        return bytes([ord(character)]) if "\x80" <= character <= "\xff" else b""


# --- Two wrong steps, and bytes that moved ---------------------------------------------------------------------------


def spaced(text: str) -> str:
    """No-break spaces turned to spaces, as editors and web forms do."""
    return text.replace("\xa0", " ")


def swapped(text: str) -> str:
    """UTF-16 read with its bytes the wrong way round; what comes out as half a surrogate pair is lost."""
    return text.encode("utf-16-le").decode("utf-16-be", "replace")


def out_of_step(text: str, encoding: str, where: str) -> str:
    """The text without its first byte, or without one in its middle, so that the others pair wrongly."""
    data = text.encode(encoding)
    if where == "first":
        if data[0] < 0x80:
            raise UnicodeEncodeError(encoding, text, 0, 1, "begins with ASCII")
        return data[1:].decode(encoding, "replace")
    places = [place for place, character in enumerate(text) if len(character.encode(encoding)) == 2]
    if not places:
        raise UnicodeEncodeError(encoding, text, 0, 1, "has no pair")
    head = text[: places[len(places) // 2]].encode(encoding)
    return (head + data[len(head) + 1 :]).decode(encoding, "replace")


# --- Escapes ---------------------------------------------------------------------------------------------------------


def is_han(character: str) -> bool:
    return "\u3400" <= character <= "\u9fff"


def escape(text: str, write: Callable[[str], str], which: str) -> str:
    """Escape every character of a line (`every`), what is not ASCII (`all`), or half of the Han characters (`some`)."""
    chance = random.Random(text)
    if which == "all":
        chosen = [character > "\x7f" for character in text]
    elif which == "every":
        chosen = [character != "\n" for character in text]
    else:
        chosen = [is_han(character) and chance.random() < 0.5 for character in text]
    return "".join(write(character) if taken else character for character, taken in zip(text, chosen, strict=True))


def bytes_as(character: str, encoding: str, form: str) -> str:
    return "".join(form.format(byte) for byte in character.encode(encoding))


def units_as(character: str, form: str) -> str:
    data = character.encode("utf-16-be")
    return "".join(form.format(data[place] << 8 | data[place + 1]) for place in range(0, len(data), 2))


def unclosed(text: str) -> str:
    """Entities without semicolon. Before a digit of the text nobody could know where the number ends."""
    if re.search("[^\\x00-\\x7f][0-9]", text):
        raise UnicodeEncodeError("ascii", text, 0, 1, "a digit follows")
    return escape(text, lambda one: f"&#{ord(one)}", "all")


NAMES = ("ldquo", "rdquo", "lsquo", "rsquo", "mdash", "hellip", "middot", "times")
ENTITIES = {character: f"&{name};" for character, name in zip("“”‘’—…·×", NAMES, strict=True)}


def named(character: str) -> str:
    """An entity as editors of web pages write it: by name where there is one."""
    return ENTITIES.get(character, f"&#{ord(character)};")


def quoted_printable(text: str, encoding: str) -> str:
    """Quoted-printable, with soft breaks so that no line is longer than 76."""
    broken: list[str] = []
    for line in text.encode(encoding).split(b"\n"):
        size = 0
        for byte in line:
            piece = chr(byte) if 0x20 <= byte < 0x7F and byte != 0x3D else f"={byte:02X}"
            if size + len(piece) > 75:
                broken.append("=\n")
                size = 0
            broken.append(piece)
            size += len(piece)
        broken.append("\n")
    return "".join(broken[:-1])


def encoded_words(text: str, encoding: str, kind: str, between: str) -> str:
    """The MIME encoded-words of a mail's header: ten characters each, as no word may be longer than 75."""
    lines = []
    for line in text.split("\n"):
        words = []
        for start in range(0, len(line), 10):
            data = line[start : start + 10].encode(encoding)
            if kind == "B":
                body = b64encode(data).decode("ascii")
            else:
                body = "".join(chr(byte) if chr(byte).isalnum() and byte < 0x80 else f"={byte:02X}" for byte in data)
            words.append(f"=?{encoding.upper()}?{kind}?{body}?=")
        lines.append(between.join(words))
    return "\n".join(lines)


def told_escapes(text: str, encoding: str = "utf-8") -> str:
    """The standard library's ways back, one after another."""
    text = html.unescape(html.unescape(text))
    text = re.sub(r"=\?[\w-]+\?([BQ])\?(.*?)\?=\s?", partial(_word, encoding), text)
    text = re.sub(r"(?:\\u|%u)([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), text)
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("=\n", "")
    for lead in (r"\\x", "%", "="):
        text = re.sub(f"(?:{lead}[0-9a-fA-F]{{2}})+", partial(_run, encoding, lead), text)
    return text


def _run(encoding: str, lead: str, found: re.Match[str]) -> str:
    return unquote_to_bytes(re.sub(lead, "%", found[0])).decode(encoding, "replace")


def _word(encoding: str, found: re.Match[str]) -> str:
    data = b64decode(found[2]) if found[1] == "B" else unquote_to_bytes(found[2].replace("=", "%"))
    return data.decode(encoding, "replace")


# --- Leftovers -------------------------------------------------------------------------------------------------------


@cache
def leftovers() -> dict[str, str]:
    """The characters whose GBK code Python's GB18030 reads as private-use, and what it reads."""
    return {character: chr(code) for code, character in NEW_IN_GB18030.items()}


def with_leftover(text: str) -> str:
    """The text with one of those characters in its middle: what `private_use` can garble."""
    known = sorted(leftovers())
    character = known[random.Random(text).randrange(len(known))]
    return text[: len(text) // 2] + character + text[len(text) // 2 :]


def private_use(text: str) -> str:
    return with_leftover(text).translate({ord(new): old for new, old in leftovers().items()})


def hong_kong_private_use(text: str) -> str:
    """Big5 with Hong Kong's characters, read as Windows reads Big5: those are in its areas for the user's own."""
    done = read_windows(text.encode("big5hkscs"), "cp950", "replaced")
    if not re.search("[\\ue000-\\uf8ff]", done):
        raise UnicodeEncodeError("cp950", text, 0, 1, "nothing of Hong Kong's in it")
    return done


def masked(text: str) -> str:
    """A `?` for each character that GB2312 lacks, which has to be a Han character (朱?基)."""
    done = text.encode("gb2312", "replace").decode("gb2312")
    if not any(is_han(was) and now == "?" for was, now in zip(text, done, strict=True)):
        raise UnicodeEncodeError("gb2312", text, 0, 1, "nothing is outside GB2312")
    return done


def filled(text: str, filler: str) -> str:
    """A debugger's fill pattern in the text, as a program that read too far writes it."""
    return text[: len(text) // 2] + filler * 8 + text[len(text) // 2 :]


# --- All of them -----------------------------------------------------------------------------------------------------

SINGLE = {"latin-1": "strict", "cp1252": "control", "cp437": "strict", "mac_roman": "strict", "cp1251": "control"}
HOW_OFTEN = {1: "", 2: " twice", 3: " three times"}
TWO_BYTES = {"gb2312": SIMPLIFIED, "gbk": SIMPLIFIED, "gb18030": BOTH, "big5": TRADITIONAL, "euc_tw": TRADITIONAL}


def _misread(right: str, wrong: str, loss: str, times: int, name: str, scripts: tuple[str, ...]) -> Garbling:
    garble = partial(misread, right=right, wrong=wrong, loss=loss, times=times)
    return Garbling(name, scripts, garble, partial(inverse, right=right, wrong=wrong, times=times))


def _chain(name: str, scripts: tuple[str, ...], *steps: tuple[str, str, str]) -> Garbling:
    def garble(text: str) -> str:
        return reduce(lambda done, step: misread(done, *step), steps, text)

    def told(text: str) -> str:
        return reduce(lambda done, step: inverse(done, *step[:2]), reversed(steps), text)

    return Garbling(name, scripts, garble, told)


def _class_1() -> Iterator[Garbling]:
    for wrong, loss in SINGLE.items():
        for times, often in HOW_OFTEN.items():
            yield _misread("utf-8", wrong, loss, times, f"1/utf-8 as {wrong}{often}", BOTH)
    for loss in ("replaced", "question", "dropped"):
        yield _misread("utf-8", "cp1252", loss, 1, f"1/utf-8 as strict cp1252, {loss}", BOTH)
    for wrong in ("latin-1", "cp1252"):
        plain = _misread("utf-8", wrong, SINGLE[wrong], 1, "", BOTH)
        yield Garbling(
            f"1/utf-8 as {wrong}, no-break spaces lost",
            BOTH,
            lambda text, plain=plain: spaced(plain.garble(text)),
            plain.told,
        )
    yield _chain(
        "1/utf-8 as latin-1, then as cp1252", BOTH, ("utf-8", "latin-1", "strict"), ("utf-8", "cp1252", "control")
    )
    for wrong in RELATIVES:
        yield _misread("utf-8", wrong, "control", 1, f"1/utf-8 as {wrong}", BOTH)
    plain = _misread("utf-8", "latin-1", "strict", 1, "", BOTH)
    yield Garbling(
        "1/utf-8 as latin-1, soft hyphens lost",
        BOTH,
        lambda text: plain.garble(text).replace("\xad", ""),
        plain.told,
    )


def _class_2() -> Iterator[Garbling]:
    for right, scripts in TWO_BYTES.items():
        for wrong in ("latin-1", "cp1252", "cp437", "mac_roman"):
            yield _misread(right, wrong, SINGLE[wrong], 1, f"2/{right} as {wrong}", scripts)
        for wrong in RELATIVES:
            yield _misread(right, wrong, "control", 1, f"2/{right} as {wrong}", scripts)
    for right, scripts in {"gbk": SIMPLIFIED, "big5": TRADITIONAL}.items():
        for first, second in (("latin-1", "cp1252"), ("latin-1", "latin-1"), ("mac_roman", "mac_roman")):
            steps = ((right, first, SINGLE[first]), ("utf-8", second, SINGLE[second]))
            yield _chain(f"2/{right} as {first}, then utf-8 as {second}", scripts, *steps)
            yield _chain(f"2/{right} as {first}, then utf-8 as {second} twice", scripts, *steps, steps[1])


def _class_3() -> Iterator[Garbling]:
    for wrong, losses in {"gbk": LOSSES, "cp936": ("question", "swallowed"), "gb18030": LOSSES}.items():
        for loss in losses:
            yield _misread("utf-8", wrong, loss, 1, f"3/utf-8 as {wrong}, {loss}", BOTH)
    for wrong, loss in (("gbk", "replaced"), ("gbk", "question"), ("gbk", "whatwg"), ("gb18030", "replaced")):
        yield _misread("utf-8", wrong, loss, 2, f"3/utf-8 as {wrong} twice, {loss}", BOTH)
    yield _chain(
        "3/utf-8 as gbk, replaced, then as cp1252", BOTH, ("utf-8", "gbk", "replaced"), ("utf-8", "cp1252", "control")
    )


def _class_4() -> Iterator[Garbling]:
    for loss in ("question", "swallowed"):
        yield _misread("utf-8", "cp950", loss, 1, f"4/utf-8 as cp950, {loss}", BOTH)
    for right, wrongs, scripts in (
        ("utf-8", ("big5", "cp932", "cp949"), BOTH),
        ("gbk", ("big5", "cp932", "cp949"), SIMPLIFIED),
        ("big5", ("gbk", "gb18030"), TRADITIONAL),
    ):
        for wrong in wrongs:
            for loss in ("replaced", "whatwg", "question"):
                yield _misread(right, wrong, loss, 1, f"4/{right} as {wrong}, {loss}", scripts)


def _class_5() -> Iterator[Garbling]:
    yield Garbling("5/utf-16 swapped", BOTH, swapped, swapped)
    for right in ("utf-16-le", "utf-16-be"):
        yield _misread(right, "latin-1", "strict", 1, f"5/{right} as latin-1", BOTH)
        yield _misread(right, "utf-8", "replaced", 1, f"5/{right} as utf-8, replaced", BOTH)
    yield Garbling("5/hz raw", SIMPLIFIED, lambda text: text.encode("hz").decode("ascii"), partial(_raw, encoding="hz"))
    yield Garbling(
        "5/utf-7 raw", BOTH, lambda text: text.encode("utf-7").decode("ascii"), partial(_raw, encoding="utf-7")
    )
    for where in ("first", "middle"):
        yield Garbling(
            f"5/gbk out of step, {where}", SIMPLIFIED, partial(out_of_step, encoding="gbk", where=where), str
        )


def _raw(text: str, encoding: str) -> str:
    return text.encode("ascii", "ignore").decode(encoding, "replace")


def _class_6() -> Iterator[Garbling]:
    by_character: dict[str, Callable[[str], str]] = {
        "decimal entities": lambda one: f"&#{ord(one)};",
        "hex entities": lambda one: f"&#x{ord(one):x};",
        "upper hex entities": lambda one: f"&#X{ord(one):X};",
        "named entities": named,
        "escaped entities": lambda one: f"&amp;#{ord(one)};",
        r"\u": lambda one: units_as(one, r"\u{:04x}"),
        "%u": lambda one: units_as(one, "%u{:04X}"),
    }
    for name, write in by_character.items():
        for which in ("every", "all", "some"):
            garble = partial(escape, write=write, which=which)
            yield Garbling(f"6/{name}, {which}", BOTH, garble, told_escapes)
    yield Garbling("6/entities without semicolon, all", BOTH, unclosed, told_escapes)
    for encoding, scripts in (("utf-8", BOTH), ("gbk", SIMPLIFIED)):
        for name, form in {r"\x": r"\x{:02x}", "%": "%{:02X}", "=": "={:02X}"}.items():
            write = partial(bytes_as, encoding=encoding, form=form)
            for which in ("all", "some"):
                garble = partial(escape, write=write, which=which)
                yield Garbling(
                    f"6/{name}XX of {encoding}, {which}", scripts, garble, partial(told_escapes, encoding=encoding)
                )
        yield Garbling(
            f"6/quoted-printable of {encoding}",
            scripts,
            partial(quoted_printable, encoding=encoding),
            partial(told_escapes, encoding=encoding),
        )
        for kind, between in (("B", " "), ("Q", "\n ")):
            garble = partial(encoded_words, encoding=encoding, kind=kind, between=between)
            yield Garbling(
                f"6/encoded words of {encoding}, {kind}", scripts, garble, partial(told_escapes, encoding=encoding)
            )
    yield Garbling("6/url", BOTH, lambda text: quote(text, safe=" \n"), told_escapes)
    yield Garbling("6/json", BOTH, lambda text: json.dumps(text)[1:-1].replace(r"\n", "\n"), told_escapes)


def _class_7() -> Iterator[Garbling]:
    # In traditional text the same private-use characters may be those of Hong Kong.
    yield Garbling("7/gbk private use", SIMPLIFIED, private_use, truth=with_leftover)
    yield Garbling("7/hong kong private use", TRADITIONAL, hong_kong_private_use)


def _class_8() -> Iterator[Garbling]:
    yield Garbling("8/gbk as utf-8", SIMPLIFIED, lambda text: text.encode("gbk").decode("utf-8", "replace"), kept=True)
    yield Garbling(
        "8/gbk as utf-8 as gbk",
        SIMPLIFIED,
        lambda text: text.encode("gbk").decode("utf-8", "replace").encode().decode("gbk", "replace"),
        kept=True,
    )
    yield Garbling("8/fill, stack", SIMPLIFIED, partial(filled, filler="烫"), kept=True)
    yield Garbling("8/fill, heap", SIMPLIFIED, partial(filled, filler="屯"), kept=True)
    yield Garbling("8/outside gb2312", SIMPLIFIED, masked, kept=True)


@cache
def garblings() -> tuple[Garbling, ...]:
    """Every way to garble, by class."""
    found: list[Garbling] = []
    for make in (_class_1, _class_2, _class_3, _class_4, _class_5, _class_6, _class_7, _class_8):
        found += make()
    assert len({garbling.name for garbling in found}) == len(found)
    return tuple(found)


def attempt(function: Callable[..., str], *arguments: Any) -> str | None:
    """Return what a garbler makes of a text, or None where the text is not one that it can garble."""
    try:
        return function(*arguments)
    except UnicodeEncodeError:
        return None


def main() -> int:
    text = sys.argv[1] if len(sys.argv) > 1 else "各县（市、区）要“真抓实干”，2003年增长８％以上。"
    for garbling in garblings():
        garbled = attempt(garbling.garble, text)
        if garbled is not None:
            told = "" if garbling.kept else ("  (told: right)" if garbling.told(garbled) == text else "  (told: wrong)")
            print(f"{garbling.name:45}{garbled!r:.150}{told}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
