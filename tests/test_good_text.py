"""Good text that resembles damage stays as it is, all through repair and tidy."""

import json
from typing import Any

import pytest
from test_rules import CASES, cases, run

from cnpolicy import pipeline, repair, tidy
from cnpolicy.document import Document
from cnpolicy.rules import Options

TRAPS = [json.loads(line) for line in (CASES / "traps.jsonl").read_text("utf-8").rstrip("\n").split("\n")]


@pytest.mark.parametrize("case", cases("good_text.jsonl"))
def test_good_text(case: dict[str, Any]) -> None:
    text = case["before"]
    for _ in range(2):
        for stage in (repair.STAGE, tidy.STAGE):
            text = run(stage, text).text
        assert text == case["after"]


def repairs(text: str) -> list[tuple[str, str, str]]:
    """What repair changes in a text, restoring as much as it can: the rule, what stood there, what stands there."""
    document = pipeline.read(text)
    assert isinstance(document, Document)
    repaired = pipeline.run(document, (repair.STAGE,), Options(restore=0.0))
    return [(found.rule, found.before, found.after) for found in repaired.findings() if found.after != found.before]


@pytest.mark.parametrize("trap", [pytest.param(trap, id=trap["label"]) for trap in TRAPS])
def test_a_trap_is_left_alone(trap: dict[str, str]) -> None:
    assert repairs(trap["text"]) == [], trap["why"]


def test_a_trap_is_left_alone_inside_a_document() -> None:
    # What a document holds elsewhere must not make a rule bolder.
    around = "全镇今年计划修建水渠三条，由各村分段负责，入冬前完工。"
    text = "\n".join(line for trap in TRAPS for line in (around, trap["text"]))
    assert repairs(text) == []


@pytest.mark.parametrize("wrong", ["latin-1", "gb18030", "cp437"])
def test_a_trap_is_left_alone_beside_mojibake(wrong: str) -> None:
    # The chain that is found in one paragraph is tried in the next.
    paragraph = "县里决定，今年冬天继续组织干部下乡，帮助各村清理河道、修补堤防，明年汛期以前全部完成。"
    garbled = paragraph.encode().decode(wrong, "ignore")
    changed = []
    for start in range(0, len(TRAPS), 30):
        traps = TRAPS[start : start + 30]
        document = pipeline.read("\n".join([garbled, *(trap["text"] for trap in traps), garbled]))
        assert isinstance(document, Document)
        text = pipeline.run(document, (repair.STAGE,), Options(restore=0.0)).text
        changed += [trap["label"] for trap in traps if f"\n{trap['text']}\n" not in text]
    assert not changed
