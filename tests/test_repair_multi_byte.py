"""Misreadings of bytes in pairs are found without being told, and undone also where bytes were lost."""

from typing import Any

import pytest
from test_rules import PUBLIC, cases, negatives, shared

from cnpolicy.findings import Finding, apply
from cnpolicy.repair import sieves
from cnpolicy.repair.multi_byte import RULES
from cnpolicy.rules import Context, Options, RuleSet

ALL = RuleSet("multi-byte", RULES)
ALWAYS = Options(restore=0.0)
LINE = "全市各级党组织要认真学习会议精神，把思想和行动统一到市委的决策部署上来。"
LOSSY = LINE.encode().decode("gbk", "replace")
SCRAPS = LINE.encode().decode("big5", "replace")  # four characters of five lost bytes


def find(text: str, options: Options = ALWAYS) -> tuple[Finding, ...]:
    return ALL.find(text, Context(text, options))


def changes(text: str, options: Options = ALWAYS) -> list[Finding]:
    return [finding for finding in find(text, options) if finding.after != finding.before]


@pytest.mark.parametrize("case", cases("repair_multi_byte.jsonl"))
def test_cases(case: dict[str, Any]) -> None:
    findings = find(case["before"])
    assert apply(case["before"], findings) == case["after"]
    assert {finding.rule for finding in findings} == {case["rule"]}
    assert changes(case["after"]) == []


@pytest.mark.parametrize("text", negatives("repair_multi_byte_negatives.jsonl"))
def test_good_text_stays(text: str) -> None:
    assert changes(text) == []


@pytest.mark.parametrize("parts", PUBLIC, ids="/".join)
def test_public_text_stays(parts: tuple[str, ...]) -> None:
    assert changes(shared(*parts).read_text("utf-8-sig")) == []


def test_hardly_any_clean_text_is_looked_at_closely() -> None:
    text = shared("data", "icwb2", "pku_test.utf8").read_text("utf-8")
    found = sieves.windows(text)
    assert sum(window.end - window.start for window in found) < 0.002 * len(text)
    # Only what says something when it is turned back is read by the lattice.
    assert sum(stretch.end - stretch.start for stretch in sieves.candidates(text, found)) < 0.0002 * len(text)


def test_unsure_places_stay_visible() -> None:
    findings = find(LOSSY, Options(restore=0.9))
    after = apply(LOSSY, findings)
    assert [one for one, other in zip(after, LINE, strict=True) if one != other] == ["\ufffd"] * after.count("\ufffd")
    put_in = [finding for finding in findings if finding.posterior is not None]
    assert put_in
    assert all(finding.posterior >= 0.9 for finding in put_in)
    # That a place shows what it lost is no more certain than what is put there.
    assert {finding.certainty for finding in findings if "\ufffd" in finding.after} == {"inferred"}
    assert {finding.certainty for finding in put_in} == {"inferred"}
    assert all("utf-8 ← " in finding.note for finding in findings)
    assert changes(after, Options(restore=0.9)) == []


def test_nothing_is_guessed_when_it_shall_not_be() -> None:
    options = Options(restore=None)
    findings = find(LOSSY, options)
    after = apply(LOSSY, findings)
    assert len(after) == len(LINE)
    assert "\ufffd" in after
    assert all(one in (other, "\ufffd") for one, other in zip(after, LINE, strict=True))
    assert all(finding.posterior is None for finding in findings)
    assert any("likeliest" in finding.note for finding in findings)
    assert changes(after, options) == []


def test_where_only_certain_changes_are_wanted_a_lost_place_stays_as_it_is() -> None:
    options = Options(certainty="certain")
    findings = find(LOSSY, options)
    assert {finding.certainty for finding in findings} == {"certain", "reported"}
    assert all("\ufffd" not in finding.after for finding in findings if finding.certainty == "certain")
    withheld = [finding for finding in findings if finding.certainty == "reported"]
    assert all("\ufffd" in finding.before and "likeliest" in finding.note for finding in withheld)
    after = apply(LOSSY, findings)
    assert "全市各级党组" in after
    assert changes(after, options) == []


@pytest.mark.parametrize(
    ("before", "garbled", "behind"),
    [
        ("大操", "大办、封建", ""),
        ("各村不许大操", "大办、封建", "迷信活动，由村委会监督。"),
        ("各村不许大操", "大办、封", "建迷信活动，由村委会监督。"),
    ],
)
def test_a_good_character_beside_a_run_stays(before: str, garbled: str, behind: str) -> None:
    text = before + garbled.encode("gbk").decode("big5", "replace") + behind
    assert apply(text, find(text)) == before + garbled + behind


@pytest.mark.parametrize("around", ["{}", "全县{}深入开展工作。", "全县{}\n深入开展工作。", "{}\n"])
@pytest.mark.parametrize(("right", "wrong"), [("gbk", "cp950"), ("gbk", "cp932"), ("gbk", "cp949")])
def test_an_ideographic_space_at_the_end_of_a_run_is_part_of_it(around: str, right: str, wrong: str) -> None:
    truth = around.format("各级党组\u3000")
    text = around.format("各级党组\u3000".encode(right).decode(wrong))
    assert apply(text, find(text)) == truth


@pytest.mark.parametrize("around", ["{}", "春天以来，全县{}会后分组讨论。", "全县上下：\n{}\n会后分组讨论。"])
def test_of_scraps_only_what_is_sure_is_put_in(around: str) -> None:
    text = around.format(SCRAPS)
    after = apply(text, find(text, Options(restore=0.9)))
    truth = around.format(LINE)
    assert len(after) == len(truth)
    assert all(one in (other, "\ufffd") for one, other in zip(after, truth, strict=True))
    assert "会议精神" in after
    assert changes(after, Options(restore=0.9)) == []


def test_of_scraps_all_is_guessed_when_asked_for() -> None:
    findings = find(SCRAPS)
    after = apply(SCRAPS, findings)
    assert "\ufffd" not in after
    assert sum(map(str.__eq__, after, LINE)) > 0.5 * len(LINE)
    assert all(finding.posterior is not None for finding in findings if finding.certainty == "inferred")


def test_a_long_line_of_scraps_is_read_in_parts() -> None:
    sentence = LINE.removesuffix("。")
    text = (sentence * 40).encode().decode("big5hkscs", "replace")
    after = apply(text, find(text))
    assert len(after) == 40 * len(sentence)
    assert after.count("会议精神") == 40


@pytest.mark.parametrize("quotes", ["“”", "「」", '""'])
def test_a_mention_is_reported(quotes: str) -> None:
    text = f"全市各单位要统一编码，不要让文件里出现{quotes[0]}娣卞叆瀛︿範{quotes[1]}这样的文字，影响群众阅读。"
    (finding,) = find(text)
    assert finding.certainty == "reported"
    assert "'深入学习'" in finding.note


def test_lines_are_judged_each_by_itself() -> None:
    other = "会议研究了下一步工作，听取了关于农村饮水安全的汇报。"
    garbled = LINE.encode().decode("gb18030", "replace") + "\n" + other.encode("gbk").decode("cp949", "replace")
    found = {finding.rule for finding in find(garbled)}
    assert found == {"utf8-read-as-gbk", "gbk-read-as-cp949"}
