"""Mojibake is undone where nothing was lost, and good text stays as it is."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_rules import PUBLIC, cases, negatives, run, shared

from cnpolicy.findings import Finding
from cnpolicy.repair import STAGE

PROSE = "全市各级党组织和广大党员要认真学习会议精神，把思想和行动统一到市委的决策部署上来，以实际行动推动经济社会发展。"


def changes(text: str) -> list[Finding]:
    return [finding for finding in run(STAGE, text).findings() if finding.after != finding.before]


def web_1252(data: bytes) -> str:
    """Read as browsers read Windows-1252: what it leaves open are the C1 controls."""
    return "".join(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in data)


@pytest.mark.parametrize("case", cases("repair.jsonl"))
def test_cases(case: dict[str, Any]) -> None:
    document = run(STAGE, case["before"])
    assert document.text == case["after"]
    if "rule" in case:
        assert {finding.rule for finding in document.findings() if finding.after != finding.before} == {case["rule"]}


@pytest.mark.parametrize("text", negatives("repair_negatives.jsonl"))
def test_good_text_stays(text: str) -> None:
    assert changes(text) == []


@pytest.mark.parametrize("parts", PUBLIC, ids="/".join)
def test_public_text_stays(parts: tuple[str, ...]) -> None:
    text = shared(*parts).read_text("utf-8-sig")
    assert changes(text) == []
    assert [line for line in text.split("\n") if changes(line)] == []


def test_a_mention_is_reported() -> None:
    (finding,) = run(STAGE, "“党委”读错时会变成“å…šå§””。").findings()
    assert finding.certainty == "reported"
    assert "'党委'" in finding.note


@pytest.mark.parametrize("read", [lambda data: data.decode("latin-1"), web_1252], ids=["latin-1", "cp1252"])
@pytest.mark.parametrize("times", [1, 2, 3])
def test_the_chain_is_noted(read: Any, times: int) -> None:
    text = PROSE
    for _ in range(times):
        text = read(text.encode())
    document = run(STAGE, text)
    assert document.text == PROSE
    notes = {finding.note for finding in document.findings()}
    assert len(notes) == 1
    assert notes.pop().count("utf-8 ← ") == times


@given(st.text(alphabet=PROSE + "0aZ \n", min_size=12))
def test_whole_texts_come_back(text: str) -> None:
    if len([one for one in text if one > "\xff"]) >= 4:
        assert run(STAGE, web_1252(text.encode())).text == text


@pytest.mark.parametrize("start", range(0, len(PROSE) - 6, 3))
def test_runs_inside_good_text_come_back(start: int) -> None:
    run_ = PROSE[start : start + 6]
    for broken in (web_1252(run_.encode()), web_1252(run_.encode("gbk")), run_.encode("hz").decode("ascii")):
        assert run(STAGE, PROSE[:start] + broken + PROSE[start + 6 :]).text == PROSE
