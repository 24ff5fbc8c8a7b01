"""The laws that every document, rule and stage obeys, as properties over hostile and ordinary text."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cnpolicy
from cnpolicy import jsonl, pipeline
from cnpolicy.document import Document, Failure
from cnpolicy.findings import Finding, apply, revert
from cnpolicy.rules import Context, Options
from cnpolicy.segment import Settings

# Whatever a rule feeds on, so that rules meet each other's work.
PIECES = st.sampled_from(
    [
        *"，。、；：？！（）,.;:?!()",
        *("\r\n", "\n", "\n\n", " ", "\t", "\u3000", "\xa0", "\u200b", "\ufeff", "\x00", "\x85", "\ufffd", "\u2028"),
        *("１９９８年", "ＧＤＰ", "％", "4,007", "10:30", "http://a.cn/?b=1,2", "C(2)"),
        *("&amp;", "&lt;", "&#x4e2d;", "&nbsp;", "&amp;amp;#20013;", "~{", "~}", "VPND", "~~"),
        *("中", "深入学习", "经济", "發展", "發(fā)展", "后來", "著力", "干部", "麵", "臺灣"),
        *("한국", "かな", "é", "Größe", "|", "-", "--", "1", "2", "a", "?", "??", "'", '"', "‚", "‛", "臵", "⽂"),
        *("中文".encode().decode("latin-1"), "中文".encode("gbk").decode("latin-1")),
        "“".encode().decode("cp1252", "ignore"),
    ]
)
TEXTS = st.one_of(st.lists(PIECES, max_size=12).map("".join), st.text(max_size=30))
BYTES = st.one_of(
    st.binary(max_size=60),
    st.tuples(TEXTS, st.sampled_from(["utf-8", "gb18030", "big5", "utf-16-le", "utf-16-be", "utf-8-sig", "hz"])).map(
        lambda pair: pair[0].encode("utf-8", "ignore").decode().encode(pair[1], "ignore")
    ),
    st.lists(
        st.tuples(st.text("中国发展的经济学习ab1\n", max_size=6), st.sampled_from(["utf-8", "gb18030", "big5"])),
        max_size=5,
    ).map(lambda parts: b"\n".join(text.encode(codec, "ignore") for text, codec in parts)),
)
STAGES = pipeline.standard()
EVERYTHING = {**{stage.name: (stage,) for stage in STAGES}, "clean": STAGES}


def made(text: str, stages: tuple, options: Options = Options()) -> Document:  # noqa: B008 - immutable
    document = pipeline.read(text)
    assert isinstance(document, Document)
    return pipeline.run(document, stages, options)


@given(TEXTS)
def test_law_1_a_rule_only_finds(text: str) -> None:
    for stage, rule in pipeline.rules().values():
        findings = rule.find(text, Context(text))
        done = 0
        for finding in findings:
            assert finding.rule == rule.name, stage
            assert finding.before == text[finding.start : finding.end]
            assert finding.start >= done, "findings overlap or are out of order"
            assert (finding.certainty == "reported") == (finding.before == finding.after)
            done = finding.end
        assert revert(apply(text, findings), findings) == text


@given(BYTES)
def test_law_2_reverting_gives_back_the_decoded_text(data: bytes) -> None:
    plain = pipeline.process(data, "-", "decode", Options())
    document = pipeline.process(data, "-", "clean", Options())
    if isinstance(document, Failure):
        assert isinstance(plain, Failure)
        return
    assert isinstance(plain, Document)
    assert document.decoded == plain.decoded
    text = plain.decoded
    for step in document.history:
        text = apply(text, step.findings)
    assert text == document.text


@settings(max_examples=300)
@given(TEXTS, st.sampled_from(["auto", "simplified", "traditional", "tw", "hk", "keep"]))
@pytest.mark.parametrize("name", EVERYTHING)
def test_law_3_a_second_run_changes_nothing(name: str, text: str, script: str) -> None:
    stages = EVERYTHING[name]
    options = Options(script=script)
    once = made(text, stages, options)
    again = made(once.text, stages, options)
    changing = [finding for finding in again.findings() if finding.certainty != "reported"]
    assert not changing
    assert again.text == once.text


@given(TEXTS)
def test_law_3_for_every_rule(text: str) -> None:
    for _, rule in pipeline.rules().values():
        once = apply(text, rule.find(text, Context(text)))
        changing = [finding for finding in rule.find(once, Context(once)) if finding.certainty != "reported"]
        assert not changing, rule.name


@settings(max_examples=300)
@given(BYTES)
def test_law_3_for_bytes(data: bytes) -> None:
    for command in ("decode", "clean"):
        once = pipeline.process(data, "-", command, Options())
        if isinstance(once, Failure):
            continue
        again = pipeline.process(once.text.encode(), "-", command, Options())
        assert isinstance(again, Document)
        assert again.text == once.text


def test_law_4_good_text_stays(shared: Path) -> None:
    for path in [*shared.glob("data/negatives/*.txt"), *shared.glob("data/icwb2/*_test.utf8")]:
        for line in path.read_text("utf-8").splitlines():
            changing = [f for f in made(line, (pipeline.repair.STAGE,)).findings() if f.certainty != "reported"]
            assert not changing, (path.name, changing[0])


@given(TEXTS)
def test_law_5_segmentation_keeps_every_character(text: str) -> None:
    assert "".join(cnpolicy.segment(text)) == "".join(text.split())
    document = pipeline.segmented(Document("-", text, "str", ""), Settings())
    assert document.words is not None
    assert "".join(document.words) == text


@given(BYTES)
def test_law_7_the_audit_is_not_a_mode(data: bytes) -> None:
    document = pipeline.process(data, "-", "clean", Options())
    if isinstance(document, Failure):
        return
    lines = jsonl.audit_lines(document).splitlines()
    told = [json.loads(line) for line in lines]
    assert [(item["rule"], item["before"], item["after"]) for item in told] == [
        (finding.rule, finding.before, finding.after) for finding in document.findings()
    ]
    (back,) = jsonl.read_documents([jsonl.document_line(document)])
    assert isinstance(back, Document)
    assert jsonl.document_line(back) == jsonl.document_line(document)


@given(TEXTS)
def test_withheld_changes_are_reported(text: str) -> None:
    document = made(text, STAGES, Options(certainty="certain"))
    assert all(finding.certainty != "inferred" for finding in document.findings())
    again = made(document.text, STAGES, Options(certainty="certain"))
    assert again.text == document.text


def test_withheld_changes_are_told() -> None:
    document = made("深入学习,贯彻", STAGES, Options(certainty="certain"))
    (finding, *_) = [finding for finding in document.findings() if finding.rule == "halfwidth-punctuation"]
    assert (finding.certainty, finding.after, finding.note) == ("reported", ",", "not made: '，'")


@given(st.text(max_size=40), st.data())
def test_findings_apply_and_revert(text: str, data: st.DataObject) -> None:
    places = sorted(data.draw(st.sets(st.integers(0, len(text)), max_size=8)))
    findings = [
        Finding("any", start, end, text[start:end], data.draw(st.text(max_size=3)), "certain")
        for start, end in zip(places[::2], places[1::2], strict=False)
    ]
    changed = apply(text, findings)
    assert revert(changed, findings) == text
    document = Document("-", text, "str", "").amend("any", tuple(findings))
    for origin, place, length in document.unchanged():
        assert text[origin : origin + length] == changed[place : place + length]
