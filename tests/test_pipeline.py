"""The chain as a whole: its order, its end, and what it leaves alone."""

from pathlib import Path

import build_samples
import pytest

from cnpolicy import pipeline
from cnpolicy.document import Document
from cnpolicy.rules import Options

# What `repair` undoes, and what it cannot.
MISREAD = [
    ("utf-8", "gbk"),
    ("utf-8", "gb18030"),
    ("gbk", "big5"),
    ("gbk", "cp949"),
    ("utf-8", "cp932"),
    ("utf-8", "big5"),
    ("gbk", "euc_jp"),
]


def test_the_order_of_the_stages() -> None:
    assert [stage.name for stage in pipeline.standard()] == ["decode", "repair", "tidy", "convert"]
    assert [stage.name for stage in pipeline.stages_of("tidy")] == ["decode", "tidy"]
    assert [stage.name for stage in pipeline.stages_of("segment")] == ["decode"]


def clean_samples() -> list[str]:
    return [path.read_text("utf-8") for path in sorted(build_samples.CLEAN.iterdir())]


@pytest.mark.parametrize(("right", "wrong"), MISREAD, ids=lambda name: str(name))
def test_mojibake_is_undone_or_left_for_a_better_repair(right: str, wrong: str) -> None:
    undone = 0
    is_lost, is_half_lost = (right, wrong) == MISREAD[-1], (right, wrong) == MISREAD[-2]
    texts = clean_samples()[:: 10 if is_lost or is_half_lost else 5]
    for text in texts:
        misread = text.encode(right, "ignore").decode(wrong, "replace").replace("\ufffd", "?")
        document = pipeline.process(misread, "-", "clean", Options())
        assert isinstance(document, Document)
        stages = {finding.rule for finding in document.findings() if finding.certainty != "reported"}
        tidying = {name for name, (stage, _) in pipeline.rules().items() if stage.name in ("tidy", "convert")}
        if pipeline.is_garbled(document.text):
            assert not stages & tidying
        else:
            undone += 1
    assert 0 < undone <= len(texts) if is_half_lost else undone == (0 if is_lost else len(texts))


def test_good_text_is_not_called_mojibake(shared: Path) -> None:
    for text in clean_samples():
        assert not pipeline.is_garbled(text)
    for path in [*shared.glob("data/negatives/*.txt"), *shared.glob("data/icwb2/*_test.utf8"), *shared.glob("seeds/*")]:
        text = path.read_text("utf-8")
        for start in range(0, len(text), 300):
            assert not pipeline.is_garbled(text[start : start + 300]), text[start : start + 300]


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"only": frozenset({"line-ends"})}, "did you mean line-end?"),
        ({"skip": frozenset({"xyz"})}, "`cnpolicy rules` lists them"),
        ({"script": "klingon"}, "no script 'klingon'"),
        ({"certainty": "reported"}, "there are certain and inferred"),
        ({"encoding": "klingon"}, "unknown encoding 'klingon'"),
        ({"only": frozenset({"line-end"}), "skip": frozenset({"line-end"})}, "nothing would be left to do"),
    ],
)
def test_unknown_options_are_refused(options: dict, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint.replace("?", r"\?")):
        pipeline.options("clean", **options)


def test_text_with_lone_surrogates_can_be_cleaned() -> None:
    document = pipeline.process("中\ud800文\ud83d\ude00", "-", "clean", Options())
    assert isinstance(document, Document)
    assert document.text == "中\ufffd文😀\n"
