"""What holds for every rule of every stage, whatever it looks for."""

import json
import time
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnpolicy import convert, repair, tidy
from cnpolicy.document import Document
from cnpolicy.findings import Finding, apply, revert
from cnpolicy.repair import multi_byte
from cnpolicy.rules import Context, Options, Rule, Stage, units

STAGES = (repair.STAGE, tidy.STAGE, convert.STAGE)
RULES = [pytest.param(rule, id=rule.name) for stage in STAGES for rule in stage.rules]
# These share one search, which looks closely at whatever may be mojibake of any of their kinds.
MISREADINGS = {rule.name: rule for rule in multi_byte.RULES}
CASES = Path(__file__).parent / "cases"
# What the rules' own characters meet in real files: Chinese text, numbers, Latin, quotes, blanks, line ends, mojibake.
NEIGHBOURS = "党委会的一是，。、：；？！（）“”‘’《》—…·%％09aZé \t\n\u3000\xa0\u200b,.:;?!()\"'-|&#;<>~{}Ã¤â€¹Ö"


def options(rule: Rule) -> Options:
    """Return the options with which a rule does something."""
    return Options(script="simplified" if rule.name == "script-conversion" else "auto")


def find(rule: Rule, text: str) -> tuple[Finding, ...]:
    return tuple(rule.find(text, Context(text, options(rule))))


def changing(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    return tuple(finding for finding in findings if finding.after != finding.before)


def needed(rule: Rule) -> str:
    """Return the characters of which a rule needs one, without the surrogates."""
    return "".join(chr(unit) for unit in rule.needs.tolist() if not 0xD800 <= unit < 0xE000)


@st.composite
def texts(draw: st.DrawFn, rule: Rule) -> str:
    """Draw a text of the rule's own characters, pieces of its example, and what they meet."""
    own = needed(rule)
    example = "".join(rule.example)
    piece = st.one_of(
        st.sampled_from(own or example),
        st.sampled_from(example),
        st.sampled_from(NEIGHBOURS),
        st.tuples(st.integers(0, len(rule.example[0])), st.integers(1, 12)).map(
            lambda cut: rule.example[0][cut[0] : cut[0] + cut[1]]
        ),
    )
    return "".join(draw(st.lists(piece, max_size=40)))


def check(rule: Rule, text: str) -> None:
    """Check the laws of findings on one text."""
    findings = find(rule, text)
    end = 0
    for finding in findings:
        assert finding.rule == rule.name
        assert end <= finding.start <= finding.end <= len(text)
        assert text[finding.start : finding.end] == finding.before
        assert (finding.after == finding.before) == (finding.certainty == "reported")
        assert finding.certainty in ("reported", "certain", rule.certainty)  # a rule that may guess need not
        end = finding.end
    after = apply(text, findings)
    assert revert(after, findings) == text
    assert not changing(find(rule, after)), f"a second run changes {after!r} again"


@pytest.mark.parametrize("rule", RULES)
def test_the_example_holds(rule: Rule) -> None:
    before, after = rule.example
    assert apply(before, find(rule, before)) == after
    check(rule, before)


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_says_what_it_does(rule: Rule) -> None:
    assert rule.summary
    assert len(rule.summary) < 130
    assert rule.name == rule.name.lower()


def test_names_are_unique() -> None:
    names = [rule.name for stage in STAGES for rule in stage.rules]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("rule", RULES)
def test_findings_keep_the_laws(rule: Rule) -> None:
    @settings(max_examples=25 if rule.name in MISREADINGS else 50, deadline=None)
    @given(text=texts(rule))
    def run(text: str) -> None:
        check(rule, text)

    run()


@pytest.mark.parametrize("rule", [param for param in RULES if len(param.values[0].needs)])
def test_needs_are_honest(rule: Rule) -> None:
    needs = rule.needs

    @settings(max_examples=40, deadline=None)
    @given(text=texts(rule))
    def run(text: str) -> None:
        text = "".join(one for one in text if not np.isin(units(one), needs).any())
        assert not list(rule.search(text, Context(text, options(rule))))

    run()


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
def test_a_stage_is_silent_on_its_own_output(stage: Stage) -> None:
    alphabet = NEIGHBOURS + "".join(rule.example[0] for rule in stage.rules)
    pieces = st.one_of(
        st.sampled_from(alphabet), *(st.just(rule.example[0]) for rule in stage.rules), st.sampled_from("\n，。")
    )

    @settings(max_examples=80, deadline=None)
    @given(parts=st.lists(pieces, max_size=30))
    def run(parts: list[str]) -> None:
        text = "".join(parts)
        document = stage.once(Document("name", text, "str", ""), Options())
        assert document.decoded == text
        for _ in range(6):  # the pipeline repeats a stage until it is silent
            again = stage.once(document, Options())
            if again.text == document.text:
                return
            document = again
        raise AssertionError(f"{stage.name} does not come to rest on {text!r}")

    run()


# Units that made a backtracking search take quadratic time somewhere, or could: openings without an end, runs that
# almost match, one long line.
PATTERNS = (
    *("&", "&amp;", "&#38;", "&#", "~{", "~{a", "~{!!", "(", ")", "（", "党(", '"', "“", " ", "\u3000", "\n", " \n"),
    *("Ã", "ä¸", "ä¸ ", "Â\xa0", "é»", "ÖÐ", "Ö", "Ã\x83", "，", ",", ",,党", "党,", "1,", "?", "党?", "!", "：", "１"),
    *("党", "a", "的 ", "黨", "著", "<", "<a", ">", "|", " |", "--", "——", "-", "。", "'", "‚", "‛", "党(d", "(a)"),
    *(
        "http://",
        "www.",
        "、",
        "一、",
        "***",
        "X",
        "\r",
        "\r\n",
        "\x0c",
        "·",
        "〃",
        "臵",
        "⽂",
        "页",
        "第1页",
        "{",
        "}",
    ),
    *("1\n", "党\n1\n", "１．", "\u200d", "\t", "/*", "党 "),
)


def patterns(rule: Rule) -> list[str]:
    example = rule.example[0]
    return [example, example[::-1], *(example[:cut] for cut in range(1, min(len(example), 12)))]


def slow_ones(rule: Rule, patterns: Iterable[str], size: int, seconds: float) -> list[tuple[str, float]]:
    """Return the patterns that take longer than so many seconds when they fill a text of `size` characters."""
    slow = []
    for pattern in patterns:
        text = "党" + pattern * (size // len(pattern))
        started = time.process_time()
        find(rule, text)
        taken = time.process_time() - started
        if taken > seconds:
            slow.append((pattern, taken))
    return slow


@pytest.mark.parametrize("rule", [param for param in RULES if param.values[0].name not in MISREADINGS])
def test_time_is_linear(rule: Rule) -> None:
    # The slowest takes 2 to 4 s (UTF-8 with holes in every word), others 0.1 s; in quadratic time it would be minutes.
    assert not slow_ones(rule, (*PATTERNS, *patterns(rule)), 6_000, 15)


def test_time_of_the_search_for_misreadings_is_linear() -> None:
    # The slowest takes 0.3 to 0.9 s: text that looks misread and is not, by any chain. Text that is takes 0.01 s.
    own = [pattern for rule in MISREADINGS.values() for pattern in patterns(rule)]
    (rule, *_) = MISREADINGS.values()
    assert not slow_ones(rule, dict.fromkeys((*PATTERNS, *own)), 2_000, 8)


# -- Cases as data, for the stages' own tests -------------------------------------------------------------------------


def cases(*names: str) -> list[object]:
    """Return the cases of these files as test parameters; what is expected to fail must fail."""
    found: list[object] = []
    for name in names:
        for line in (CASES / name).read_text("utf-8").rstrip("\n").split("\n"):
            case = json.loads(line)
            marks = [pytest.mark.xfail(strict=True, reason=case["why"])] if case["expect"] == "fail" else []
            found.append(pytest.param(case, id=case["label"], marks=marks))
    return found


def negatives(name: str) -> list[object]:
    """Return the texts of this file that must stay as they are."""
    found: list[object] = []
    for line in (CASES / name).read_text("utf-8").rstrip("\n").split("\n"):
        case = json.loads(line)
        found.append(pytest.param(case["before"], id=case["label"]))
    return found


def run(stage: Stage, text: str, options: Options | None = None) -> Document:
    return stage.once(Document("name", text, "str", ""), options or Options())


# Good text to measure on: Chinese of both scripts, old and new, Japanese, Korean.
PUBLIC = [
    ("data", "negatives", "classical.txt"),
    ("data", "negatives", "japanese.txt"),
    ("data", "negatives", "korean.txt"),
    ("data", "icwb2", "cityu_test.utf8"),
    ("data", "icwb2", "pku_test.utf8"),
]


def shared(*parts: str) -> Path:
    """Return a file of the text to measure on, which lies beside the checkout; the test is skipped where it is not."""
    path = Path(__file__).resolve().parents[2].joinpath("shared", *parts)
    if not path.exists():
        pytest.skip(f"{path.name} is not here")
    return path
