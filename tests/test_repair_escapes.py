"""Escapes are read where they stand in text, and left where they are code, addresses or examples."""

import json
import quopri
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_rules import cases, negatives, run, shared

from cnpolicy.document import Document
from cnpolicy.findings import Finding
from cnpolicy.repair import STAGE
from cnpolicy.rules import Options, Stage

ESCAPES = Stage("escapes", STAGE.rule_sets[:1])
PROSE = (
    "各村要在今年秋收以前修好水渠三条，共投入资金一千二百万元。"
    "镇里成立了工作小组，由副镇长负责，每月检查一次进度；资金的使用情况要向村民公布。"
)


def repaired(text: str, stage: Stage = ESCAPES) -> str:
    """Run the stage until it is silent, as the program does."""
    document = Document("-", text, "str", "")
    for _ in range(8):
        again = stage.once(document, Options())
        if again.text == document.text:
            return again.text
        document = again
    raise AssertionError(f"does not come to rest: {text!r}")


def changes(text: str) -> list[Finding]:
    return [finding for finding in run(ESCAPES, text).findings() if finding.after != finding.before]


@pytest.mark.parametrize("case", cases("repair_escapes.jsonl"))
def test_cases(case: dict[str, Any]) -> None:
    assert repaired(case["before"], STAGE) == case["after"]
    if "rule" in case:
        assert {finding.rule for finding in changes(case["before"])} == {case["rule"]}


@pytest.mark.parametrize("text", negatives("repair_escapes_negatives.jsonl"))
def test_what_is_no_damage_stays(text: str) -> None:
    assert changes(text) == []


@pytest.mark.parametrize(
    "text",
    ["“水”写作“\\u6c34”。", "网页中“水”写作“&#27700;”。", "地址栏里的“%E6%B0%B4”就是“水”字。", "用HZ写作“~{K.~}”。"],
)
def test_a_mention_is_reported(text: str) -> None:
    (finding,) = run(ESCAPES, text).findings()
    assert finding.certainty == "reported"
    assert "'水'" in finding.note


# Traditional, of characters that Big5 has.
TRADITIONAL = (
    "鄉公所要求各村在秋收以前修好三條水渠，共需經費一千二百萬元。"
    "公所成立工作小組，由主任秘書負責，每月檢查一次進度；經費的使用情形應向村民公布。"
)


def utf_16(text: str) -> list[int]:
    data = text.encode("utf-16-be")
    return [data[place] << 8 | data[place + 1] for place in range(0, len(data), 2)]


def foreign(escape: Callable[[str], str]) -> Callable[[str], str]:
    """Escape all that is not ASCII, character by character."""
    return lambda text: "".join(escape(one) if one > "\x7f" else one for one in text)


def by_bytes(prefix: str, codec: str) -> Callable[[str], str]:
    return lambda text: "".join(f"{prefix}{byte:02X}" for byte in text.encode(codec))


def octal(codec: str) -> Callable[[str], str]:
    """Escape as git does: what is printable stays, a backslash is escaped by another."""

    def escape(text: str) -> str:
        return "".join(
            f"\\{byte:03o}" if byte > 0x7E else chr(byte).replace("\\", "\\\\") for byte in text.encode(codec)
        )

    return escape


def u_escape(text: str) -> str:
    return "".join(f"\\u{unit:04x}" for unit in utf_16(text))


def javascript(text: str) -> str:
    keep = frozenset("@*_+-./")
    return "".join(
        one
        if one.isascii() and (one.isalnum() or one in keep)
        else f"%{ord(one):02X}"
        if one <= "\xff"
        else "".join(f"%u{unit:04X}" for unit in utf_16(one))
        for one in text
    )


WHOLE: dict[str, Callable[[str], str]] = {
    "decimal": foreign(lambda one: f"&#{ord(one)};"),
    "hexadecimal": foreign(lambda one: f"&#x{ord(one):X};"),
    "decimal, all": lambda text: "".join(f"&#{ord(one)};" for one in text),
    "decimal, twice": foreign(lambda one: f"&amp;#{ord(one)};"),
    "without semicolon": foreign(lambda one: f"&#{ord(one)}"),
    "hexadecimal without semicolon": foreign(lambda one: f"&#x{ord(one):04x}"),
    "json": lambda text: json.dumps(text)[1:-1],
    "json, twice": lambda text: json.dumps(json.dumps(text))[3:-3],
    "python": lambda text: text.encode("unicode_escape").decode(),
    "u, all": u_escape,
    "bytes of utf-8": lambda text: repr(text.encode())[2:-1],
    "bytes of gbk": lambda text: repr(text.encode("gb18030"))[2:-1],
    "percent, utf-8": quote,
    "percent, gbk": lambda text: quote(text, encoding="gb18030"),
    "percent, utf-8, twice": lambda text: quote(quote(text)),
    "percent, gbk, twice": lambda text: quote(quote(text, encoding="gb18030")),
    "percent, utf-8, three times": lambda text: quote(quote(quote(text))),
    "form, twice": lambda text: quote_plus(quote_plus(text)),
    "octal, utf-8": octal("utf-8"),
    "octal, gbk": octal("gb18030"),
    "form, utf-8": quote_plus,
    "form, gbk": lambda text: quote_plus(text, encoding="gb18030"),
    "javascript": javascript,
    "quoted-printable, utf-8": lambda text: quopri.encodestring(text.encode()).decode(),
    "quoted-printable, gbk": lambda text: quopri.encodestring(text.encode("gb18030")).decode(),
    "hz": lambda text: text.encode("hz").decode(),
    "utf-7": lambda text: text.encode("utf-7").decode(),
}
SOME: dict[str, Callable[[str], str]] = {
    "decimal": lambda text: "".join(f"&#{ord(one)};" for one in text),
    "without semicolon": lambda text: "".join(f"&#{ord(one)}" for one in text),
    "u": u_escape,
    "u, twice": lambda text: u_escape(text).replace("\\", "\\\\"),
    "bytes of utf-8": by_bytes("\\x", "utf-8"),
    "bytes of gbk": by_bytes("\\x", "gb18030"),
    "percent, utf-8": by_bytes("%", "utf-8"),
    "percent, gbk": by_bytes("%", "gb18030"),
    "percent, utf-8, twice": by_bytes("%25", "utf-8"),
    "percent, gbk, twice": by_bytes("%25", "gb18030"),
    "octal, utf-8": octal("utf-8"),
    "percent, u": lambda text: "".join(f"%u{unit:04X}" for unit in utf_16(text)),
    "quoted-printable, utf-8": by_bytes("=", "utf-8"),
    "quoted-printable, gbk": by_bytes("=", "gb18030"),
    "hz": lambda text: text.encode("hz").decode(),
}


@pytest.mark.parametrize("kind", WHOLE)
def test_whole_lines_come_back(kind: str) -> None:
    @settings(max_examples=60)
    @given(
        st.integers(0, len(PROSE) - 8), st.integers(8, 40), st.sampled_from(["", "2012", "GDP ", " 3.5%", "A/B", "(1)"])
    )
    def check(start: int, length: int, between: str) -> None:
        part = PROSE[start : start + length]
        text = part[:2] + between + part[2:]
        assert repaired(WHOLE[kind](text)) == text

    check()


@pytest.mark.parametrize("kind", SOME)
def test_some_characters_of_a_line_come_back(kind: str) -> None:
    places = [place for place, one in enumerate(PROSE) if one > "\x7f"]

    @settings(max_examples=60)
    @given(st.sets(st.sampled_from(places), min_size=1, max_size=len(places) // 2))
    def check(chosen: set[int]) -> None:
        text = "".join(SOME[kind](one) if place in chosen else one for place, one in enumerate(PROSE))
        assert repaired(text) == PROSE

    check()


IN_BIG5: dict[str, Callable[[str], str]] = {
    "percent": lambda text: quote(text, encoding="big5"),
    "percent, all": by_bytes("%", "big5"),
    "percent, twice": lambda text: quote(quote(text, encoding="big5")),
    "bytes": lambda text: repr(text.encode("big5"))[2:-1],
    "octal": octal("big5"),
    "quoted-printable": lambda text: quopri.encodestring(text.encode("big5")).decode(),
}


@pytest.mark.parametrize("kind", IN_BIG5)
def test_lines_in_big5_come_back(kind: str) -> None:
    @settings(max_examples=60)
    @given(st.integers(0, len(TRADITIONAL) - 10), st.integers(10, 40))
    def check(start: int, length: int) -> None:
        text = TRADITIONAL[start : start + length]
        assert repaired(IN_BIG5[kind](text)) == text

    check()


# One character alone in Big5 could be one in GBK, and one in octal a number.
SEVERAL: dict[str, tuple[str, Callable[[str], str]]] = {
    "percent, big5": (TRADITIONAL, by_bytes("%", "big5")),
    "percent, big5, twice": (TRADITIONAL, by_bytes("%25", "big5")),
    "bytes of big5": (TRADITIONAL, by_bytes("\\x", "big5")),
    "quoted-printable, big5": (TRADITIONAL, by_bytes("=", "big5")),
    "octal, gbk": (PROSE, octal("gb18030")),
}


@pytest.mark.parametrize("kind", SEVERAL)
def test_several_characters_of_a_line_come_back(kind: str) -> None:
    prose, escape = SEVERAL[kind]
    places = [place for place, one in enumerate(prose) if one > "\x7f"]

    @settings(max_examples=60)
    @given(st.sets(st.sampled_from(places), min_size=3, max_size=len(places) // 2))
    def check(chosen: set[int]) -> None:
        text = "".join(escape(one) if place in chosen else one for place, one in enumerate(prose))
        assert repaired(text) == prose

    check()


@pytest.mark.parametrize("prefix", ["%", "=", "\\x", "\\", "%25"])
def test_what_was_cut_off_stays_visible(prefix: str) -> None:
    """What is left of a character that was cut off is one U+FFFD, and no character of another encoding."""
    data = PROSE.encode()
    units = [f"{prefix}{byte:03o}" if prefix == "\\" else f"{prefix}{byte:02X}" for byte in data]

    @settings(max_examples=80)
    @given(st.integers(9, len(data) - 1), st.integers(0, 4), st.sampled_from(["", "；", "\n村民委员会"]))
    def check(size: int, more: int, behind: str) -> None:
        half = units[size][: min(more, len(units[size]) - 1)]
        if half == "=" and behind.startswith("\n"):
            half = ""  # it would join the lines
        said = data[:size].decode("utf-8", "replace")
        after = repaired("".join(units[:size]) + half + behind)
        assert after.startswith(said)
        assert after.endswith(behind)
        left = after[len(said) : len(after) - len(behind)]
        if prefix == "%25":
            assert len(left) < len(units[size])
        else:
            assert left == ("" if said[-1] == "\ufffd" else half)

    check()


@pytest.mark.parametrize("prefix", ["%", "=", "\\x", "%25"])
def test_a_fragment_is_in_the_encoding_of_the_other_lines(prefix: str) -> None:
    escape = by_bytes(prefix, "utf-8")
    lines = "\n".join(escape(sentence + "。") for sentence in PROSE.split("。") if sentence)
    tail = escape("渠")[: -len(prefix) - 2]
    for before in ("", "水", "水渠A"):
        after = repaired(f"{lines}\n{before}{tail}；\n")
        assert after.split("\n")[-2] == f"{before}\ufffd；"


def test_a_short_line_is_in_the_encoding_of_the_other_lines() -> None:
    text = "通知\n" + TRADITIONAL.replace("。", "。\n") + "主任\n公所\n"
    for kind in ("percent", "percent, twice", "bytes", "octal"):
        assert repaired("\n".join(map(IN_BIG5[kind], text.split("\n")))) == text, kind


@given(st.integers(0, len(PROSE) - 8), st.integers(2, 8))
def test_a_run_of_utf_7_comes_back(start: int, length: int) -> None:
    end = start + length
    run_ = PROSE[start:end].encode("utf-7").decode().rstrip("-") + "-"
    assert repaired(PROSE[:start] + run_ + PROSE[end:]) == PROSE


def test_a_document_of_lines_comes_back() -> None:
    text = "通知\n" + PROSE.replace("。", "。\n") + "镇政府\n"
    for kind in ("decimal", "u, all", "percent, utf-8", "percent, gbk", "quoted-printable, utf-8", "utf-7"):
        assert repaired("\n".join(map(WHOLE[kind], text.split("\n")))) == text, kind


@pytest.mark.parametrize(
    "parts",
    [
        *[("data", "negatives", name) for name in ("classical.txt", "japanese.txt", "korean.txt")],
        *[("data", "icwb2", name) for name in ("cityu_test.utf8", "pku_test.utf8")],
    ],
    ids="/".join,
)
def test_public_text_stays(parts: tuple[str, ...]) -> None:
    text = shared(*parts).read_text("utf-8-sig")
    assert list(run(ESCAPES, text).findings()) == []
    assert [line for line in text.split("\n") if list(run(ESCAPES, line).findings())] == []


HOSTILE = (
    *(
        "&#",
        "&#2",
        "&amp;",
        "&amp",
        "&#27700",
        "&#27700;",
        '&#27700;"',
        "\\",
        "\\u",
        "\\u6c34",
        "\\u6c34\\",
        "\\\\",
        '\\"',
        "[\\u4e00-",
    ),
    *("\\345", "\\345\\216", "\\\\345", "水\\301\n", '"\\345/"', "\\'\\345\\216\\277", "水\\xe4\\xb8\n"),
    *("%25", "%25E4", "%25E6%25B0%25B4", "%2525E4", "x%25E6%25B0%25B4\n", "%25A4e水", "%A4%F4", "%A4e", "水=A4=F4"),
    *("%E6%B0\n", "=E6=B0；", "水%E6%B0\n"),
    *("%", "%E", "%E4", "%E4%B8", "%E6%B0%B4", "%D6a", "%u6c34", "a=%E4", "/a/%E4", "?a=", "www.", "a.b.", "http://"),
    *(
        "=",
        "=E4",
        "=E4=B8",
        "=E6=B0=B4",
        "=D6a",
        "=\n",
        "=E4=\n",
        "=?",
        "=?utf-8?B?",
        "=?utf-8?B?5rC0?=",
        "=?utf-8?Q?a?= ",
    ),
    *(
        "+",
        "+bDQ-",
        "+bDRuIA",
        "+-",
        "+a",
        "~",
        "~{",
        "~{K.~}",
        "~{K.\n",
        "~~",
        "~\n",
        '"',
        "'",
        "//",
        "水\\u6c34",
        '"%E6%B0%B4"',
    ),
)


@pytest.mark.parametrize("pattern", HOSTILE)
def test_time_is_linear(pattern: str) -> None:
    times = []
    for size in (30_000, 120_000):
        text = pattern * (size // len(pattern))
        started = time.process_time()
        run(ESCAPES, text)
        times.append(time.process_time() - started)
    # Four times the text takes four times as long; quadratic, it would be sixteen times.
    assert times[1] < 10 * times[0] + 0.5, times
