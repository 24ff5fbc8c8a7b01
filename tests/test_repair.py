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


def certainties(text: str) -> set[str]:
    return {finding.certainty for finding in changes(text)}


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


def through_gbk(text: str) -> str:
    """Read UTF-8 as GBK, with U+FFFD for what does not fit."""
    return text.encode().decode("gbk", "replace")


@given(st.text(alphabet=PROSE, min_size=12))
def test_u_fffd_is_read_like_the_rest(text: str) -> None:
    # Not what was lost, but the layer above it is undone, exactly and as a whole.
    garbled = through_gbk(text)
    found = [finding for finding in changes(web_1252(garbled.encode())) if finding.rule == "utf8-read-as-single-byte"]
    assert "".join(finding.after for finding in found) == garbled
    assert {finding.certainty for finding in found} == {"certain"}


@given(st.text(alphabet=PROSE, min_size=4), st.sampled_from(["ï¿½", "ï¿½ï¿½ï¿½", "“ï¿½”"]), st.integers(0, 4))
def test_u_fffd_alone_is_no_proof(text: str, mention: str, place: int) -> None:
    assert changes(text[:place] + mention + text[place:]) == []


# Where Latin-1 and its relatives differ, and what is certain of it.
@pytest.mark.parametrize("wrong", ["iso8859-15", "iso8859-2", "cp1254", "cp1250"])
@pytest.mark.parametrize("right", ["utf-8", "gbk"])
def test_relatives_of_latin_1_are_certain(right: str, wrong: str) -> None:
    garbled = "".join(bytes([byte]).decode(wrong, "ignore") or chr(byte) for byte in PROSE.encode(right))
    document = run(STAGE, garbled)
    assert document.text == PROSE
    assert certainties(garbled) == {"certain"}


def test_a_run_that_no_encoding_makes_is_not_certain() -> None:
    # Controls, which only Latin-1 has, and the signs that only Windows-1252 has for the same bytes.
    garbled = PROSE.encode().decode("latin-1").replace("\x80", "€")
    assert run(STAGE, garbled).text == PROSE
    assert certainties(garbled) == {"inferred"}


def test_spaces_are_no_break_spaces_for_certain_where_all_are() -> None:
    text = "中华路小学在校内种树，每班一棵。"
    garbled = text.encode().decode("latin-1").replace("\xa0", " ")
    assert run(STAGE, garbled).text == text
    assert certainties(garbled) == {"certain"}
    assert certainties(garbled + "\n\xa0") == {"inferred"}


def test_pairs_of_bytes_that_leave_something_in_their_line_are_not_certain() -> None:
    garbled = PROSE.encode("gbk").decode("latin-1")
    assert certainties(garbled) == {"certain"}
    assert certainties("Õ" + garbled[:-1]) == {"inferred"}


@pytest.mark.parametrize("right", ["utf-8", "gbk"])
@pytest.mark.parametrize("read", [lambda data: data.decode("latin-1"), web_1252], ids=["latin-1", "cp1252"])
def test_what_is_restored_for_soft_hyphens_is_marked(right: str, read: Any) -> None:
    text = "市里要求，中心校和中学把经费用在教室维修上，并把结果报到教育局。" * 2
    garbled = read(text.encode(right)).replace("\xad", "")
    document = run(STAGE, garbled)
    assert document.text == text
    restored = [finding for finding in document.findings() if finding.posterior is not None]
    assert restored
    assert all(finding.certainty == "inferred" and "without soft hyphens" in finding.note for finding in restored)


def test_soft_hyphens_that_are_there_were_not_dropped() -> None:
    text = "中学把经费用在教室维修上，中心校也一样。"
    garbled = text.encode().decode("latin-1")
    lost = garbled.replace("\xad", "", 1)
    assert "\xad" in lost
    assert run(STAGE, lost).text != text  # another reason must have made the hole
