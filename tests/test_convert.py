"""Machine-made Traditional text is brought back; what is asked for is converted; a second time changes nothing."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_rules import cases, run, shared

from cnpolicy.convert import SCRIPTS, STAGE, convert_to, is_machine_traditional, script_of, to_simplified
from cnpolicy.rules import Options

HOSTILE = "著着乾干后後里裏裡面麵麪发發髮覆复復複坏壞沈沉瞭了藉借台臺么麼麽只隻祇衹余餘于於制製系係繫党黨，a\n𠮷龜"


@pytest.mark.parametrize("case", cases("convert.jsonl"))
def test_cases(case: dict[str, Any]) -> None:
    document = run(STAGE, case["before"], Options(script=case["script"]))
    assert document.text == case["after"]
    asked = case["script"] not in ("auto", "keep")
    assert {finding.certainty for finding in document.findings()} <= {"certain" if asked else "inferred"}


@pytest.mark.parametrize("script", SCRIPTS)
@given(text=st.text(alphabet=HOSTILE, max_size=30))
def test_a_second_time_changes_nothing(script: str, text: str) -> None:
    once = convert_to(text, script)
    assert len(once) == len(text)
    assert convert_to(once, script) == once
    assert run(STAGE, run(STAGE, text, Options(script=script)).text, Options(script=script)).history == ()


@pytest.mark.parametrize("script", ["simplified", "traditional", "tw", "hk"])
@pytest.mark.parametrize("name", ["pku_test.utf8", "cityu_test.utf8"])
def test_real_text_comes_to_rest(script: str, name: str) -> None:
    text = shared("data", "icwb2", name).read_text("utf-8-sig")
    once = convert_to(text, script)
    assert len(once) == len(text)
    assert convert_to(once, script) == once


def test_simplified_text_is_not_touched() -> None:
    text = shared("data", "icwb2", "pku_test.utf8").read_text("utf-8-sig")
    assert to_simplified(text) == text


def test_genuine_traditional_text_is_not_touched() -> None:
    text = shared("data", "icwb2", "cityu_test.utf8").read_text("utf-8-sig")
    lines = text.splitlines()
    assert not any(map(is_machine_traditional, lines))
    whole = "".join(lines)
    assert not any(is_machine_traditional(whole[start : start + 300]) for start in range(0, len(whole), 300))


@given(st.text(alphabet=HOSTILE, max_size=40))
def test_lengths_stay(text: str) -> None:
    assert len(to_simplified(text)) == len(text)


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("全县干部要抓好落实", "simplified"),
        ("全縣幹部要抓好落實", "traditional"),
        ("全县干部，全縣幹部", "mixed"),
        ("一二三", "none"),
        ("", "none"),
        ("Party Committee 1998", "none"),
    ],
)
def test_script_of(text: str, script: str) -> None:
    assert script_of(text) == script


def test_the_table_of_scripts_is_what_its_source_gives() -> None:
    from cnpolicy.tables import FOLDER
    from cnpolicy.tables.build_scripts import build

    assert (FOLDER / "scripts.tsv").read_text("utf-8") == build()
