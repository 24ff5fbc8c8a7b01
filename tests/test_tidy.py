"""The damage that documents carry is repaired, and what only looks like it stays."""

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_rules import cases, negatives, run, shared

from cnpolicy.rules import Options
from cnpolicy.tidy import STAGE


@pytest.mark.parametrize("case", cases("tidy.jsonl"))
def test_cases(case: dict[str, Any]) -> None:
    document = run(STAGE, case["before"])
    assert document.text == case["after"]
    if "rule" in case:
        assert case["rule"] in {finding.rule for finding in document.findings()}


@pytest.mark.parametrize("text", negatives("tidy_negatives.jsonl"))
def test_good_text_stays(text: str) -> None:
    assert run(STAGE, text).text == text


@given(st.text(alphabet="党委， \t\u3000\n\r\x85a"))
def test_one_paragraph_a_line(text: str) -> None:
    lines = run(STAGE, text).text
    assert lines == "" or (lines.endswith("\n") and not lines.startswith("\n"))
    assert "\n\n" not in lines
    assert all(line == line.rstrip() for line in lines.split("\n"))


@pytest.mark.parametrize("name", ["pku_test.utf8", "cityu_test.utf8"])
def test_half_width_comes_back(name: str) -> None:
    """Even lines of real text, with their punctuation narrowed, then tidied: the share of marks restored."""
    lines = shared("data", "icwb2", name).read_text("utf-8-sig").splitlines()[1::2]
    clean = [run(STAGE, line).text for line in lines]
    narrow = str.maketrans("，：；？！（）", ",:;?!()")
    total = right = 0
    for line in clean:
        restored = run(STAGE, line.translate(narrow)).text
        if len(restored) == len(line):
            total += sum(one in "，：；？！（）" for one in line)
            right += sum(one in "，：；？！（）" and one == other for one, other in zip(line, restored, strict=True))
    assert right / total > 0.95


def test_certainty_certain_only_reports_what_is_inferred() -> None:
    document = run(STAGE, "会议指出,\u200b要落实\n", Options(certainty="certain"))
    assert document.text == "会议指出,要落实\n"
    assert [finding.rule for finding in document.findings() if finding.certainty == "reported"] == [
        "halfwidth-punctuation"
    ]


# Pieces that stand in a row in no text, and made some search look again and again at what it had seen.
HOSTILE = (
    *(
        "党\n1\n",
        "(a)",
        "１‘",
        "\xa0,",
        "党 1 党",
        "“党\n",
        "一、党 （一）党 ",
        "党，\n党",
        "<p",
        "&nbsp",
        "党 委 ",
        "1 \n",
    ),
    *("1 \n", "党" * 30 + "\n", "党" * 30 + "，党\n", "发(fā)", "?? |", "- 1 -\n", "''", "‚党", "党,,"),
    *(
        "，\n",
        "党，\n",
        "“党\n",
        "政 府 \n",
        "党  委，",
        "党(dǎng)",
        "a.",
        "a@",
        "    1.党\n",
        "2010.",
        "((((",
        "- - -",
        "？？？？",
    ),
    "1.党，" + "党" * 20 + "\n1元\n",
)


@pytest.mark.parametrize("piece", HOSTILE)
def test_time_is_linear_on_a_long_text(piece: str) -> None:
    taken = []
    for size in (15_000, 120_000):
        started = time.process_time()
        run(STAGE, "党" + piece * (size // len(piece)))
        taken.append(time.process_time() - started)
    assert taken[1] < 30 * max(taken[0], 0.05)  # eight times as long; in quadratic time it would be 64


@pytest.mark.parametrize(
    ("rule", "text", "place", "note"),
    [
        ("lost-in-masthead", "98\n县委办公室\n2010830\n全县工作会议召开。\n", ["98", "2010830"], "第98期"),
        ("compilation", "第一篇：讲话\n甲。\n第二篇：讲话\n乙。\n", ["第一篇：讲话", "第二篇：讲话"], "1 of 2"),
        ("ordinal-gap", "一、甲\n二、乙\n四、丁\n五、戊\n", ["四"], "三 is missing"),
        ("masked", "县委书记***同志到X县调研，李某某说\n", ["***", "X", "某某"], "masked"),
        ("suspect-typo", "战斗保垒作用\n", ["保垒"], "堡垒"),
        ("pinyin-gloss", "会议由曾（zēng）庆丰同志主持。\n", ["（zēng）"], "曾 has several readings"),
        ("truncated", "在大会上的讲话(第2/3页)\n甲。\n乙。\n", [""], "page 2 of 3"),
        (
            "duplicate-paragraph",
            "会议要求各级各部门认真抓好贯彻落实工作。\n" * 3,
            ["会议要求各级各部门认真抓好贯彻落实工作。"] * 2,
            "same",
        ),
    ],
)
def test_reports(rule: str, text: str, place: list[str], note: str) -> None:
    found = [finding for finding in run(STAGE, text).findings() if finding.rule == rule]
    assert [finding.before for finding in found] == place
    assert all(finding.certainty == "reported" and finding.after == finding.before for finding in found)
    assert note in found[0].note


@pytest.mark.parametrize(
    "text",
    [
        "2010\n全县工作会议召开。\n",
        "一、甲\n（一）子\n（二）丑\n二、乙\n（一）子\n三、丙\n",
        "同志们好！\n同志们好！\n",
        "写好这一篇：讲话\n第一篇：讲话\n",
        "部署、堡垒、5×3、O型血、X光\n",
    ],
)
def test_nothing_to_report(text: str) -> None:
    assert [finding for finding in run(STAGE, text).findings() if finding.certainty == "reported"] == []


def test_the_table_of_readings_is_what_its_source_gives() -> None:
    pytest.importorskip("pypinyin")
    from cnpolicy.tables import FOLDER
    from cnpolicy.tables.build_readings import build

    assert (FOLDER / "readings.tsv").read_text("utf-8") == build()
