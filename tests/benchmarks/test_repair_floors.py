"""The measures of repair measure what they say; and, with `--benchmark`, repair is not below its floors."""

import json
from pathlib import Path

import garbling
import pytest
import repair_accuracy
from hypothesis import given
from hypothesis import strategies as st
from repair_accuracy import REPLACEMENT, THRESHOLDS, Case, Score, Share, aligned, compare, distance, measure, weigh

from cnpolicy.document import Document

TEXT = "各县（市、区）要“真抓实干”，2003年增长８％以上。"
TRADITIONAL = "各縣（市、區）要「腳踏實地」，2003年成長８％以上。"
SHORT = st.text("农村工作\ufffd", max_size=7)


def slow_distance(one: str, two: str) -> int:
    """The edit distance by its definition."""
    above = list(range(len(two) + 1))
    for row, left in enumerate(one, 1):
        current = [row]
        for column, right in enumerate(two, 1):
            current.append(min(above[column - 1] + (left != right), above[column] + 1, current[-1] + 1))
        above = current
    return above[-1]


@given(SHORT, SHORT)
def test_the_distance_is_the_edit_distance(one: str, two: str) -> None:
    assert distance(one, two) == slow_distance(one, two)


@given(SHORT, SHORT)
def test_the_alignment_loses_no_match(truth: str, text: str) -> None:
    found = aligned(truth, text)
    assert len(found) == len(truth)
    position = 0
    for got in found:
        if got:
            position = text.index(got, position) + 1
    assert sum(map(bool, found)) >= min(len(truth), len(text)) - distance(truth, text)


def test_the_alignment_finds_the_lost_places() -> None:
    assert aligned("农村工作会", "农\ufffd作会") in (
        ["农", "", REPLACEMENT, "作", "会"],
        ["农", REPLACEMENT, "", "作", "会"],
    )
    assert aligned("农村工作", "农村\ufffd作") == ["农", "村", REPLACEMENT, "作"]


def test_posteriors_are_judged_by_what_each_threshold_fills(monkeypatch: pytest.MonkeyPatch) -> None:
    # Of three lost places one is filled right, one wrong, and one only when the best guess is taken.
    filled = {None: "农\ufffd工\ufffd会\ufffd", 0.0: "农村工做会议", 0.5: "农村工做会\ufffd", 0.8: "农村工做会\ufffd"}
    filled |= {0.9: "农村工\ufffd会\ufffd", 0.99: "农村工\ufffd会\ufffd"}
    monkeypatch.setattr(repair_accuracy, "repaired", lambda _, restore: Document("-", filled[restore], "str", ""))
    score = Score()
    weigh(Case("鍐滄潙", "农村工作会议", 6, "鍐滄潙", ""), score)
    assert [(score.covered[step].hits, score.right[step].hits) for step in THRESHOLDS] == [
        *((3, 2), (2, 1), (2, 1), (1, 1), (1, 1)),
    ]
    assert all(share.count == 3 for share in score.covered.values())


def test_what_has_to_stay_has_to_be_reported() -> None:
    case = Case("“锟斤拷”", "“锟斤拷”", 5, "锟斤拷", "", kept=True)
    for reported, hits in ((True, 1), (False, 0)):
        exact, characters = Share(), Share()
        compare(case, case.truth, exact, characters, reported)
        assert (exact.hits, characters.percent) == (hits, 100)
    exact, characters = Share(), Share()
    compare(case, "“锟斤烤”", exact, characters)
    assert (exact.hits, characters.percent) == (0, 80)


LOSING = ("strict", "no-break", "soft hyphens")
LOSSLESS = [one for one in garbling.garblings() if one.name[0] in "12" and not any(lost in one.name for lost in LOSING)]


@pytest.mark.parametrize("found", LOSSLESS, ids=lambda one: one.name)
def test_what_loses_nothing_can_be_told_back(found: garbling.Garbling) -> None:
    text = TEXT if "simplified" in found.scripts else TRADITIONAL
    assert found.garble(text) != text
    assert found.told(found.garble(text)) == text


@pytest.mark.parametrize("found", garbling.garblings(), ids=lambda one: one.name)
def test_every_garbling_garbles(found: garbling.Garbling) -> None:
    texts = (TEXT, TRADITIONAL, "林堃喺邨口", "赵喆", "农村工作会议")
    made = [garbling.attempt(found.garble, text) for text in texts]
    assert any(text not in (None, *texts) for text in made)


@pytest.mark.parametrize(
    ("data", "encoding", "loss", "text"),
    [
        (b"\xe5\xa4\x80", "gbk", "replaced", "澶\ufffd"),
        (b"\xe5\xa4\x80", "gbk", "question", "澶?"),
        (b"\xe5\xa4\x80", "gbk", "dropped", "澶"),
        (b"\xe5\xa4\x80", "cp936", "question", "澶€"),
        (b"\xa4\xa4\xfa\x40\x8e\x40\x81\x40", "cp950", "question", "中\ue000\ue311\ueeb8"),
        (b"\xc8\xfe\xaa\xa1\xff\x0a", "cp950", "question", "\uf848炕?\n"),
        (b"\xaa\xa1\xfe\xfe", "cp936", "question", "\ue000\ue4c5"),
        (b"\xe5\xa4\x82\x0aA", "gbk", "swallowed", "澶?A"),
        (b"\xe5\xa4\x82\x0aA", "gbk", "question", "澶?\nA"),
        (b"\xe5\xa4\x82\x0aA", "gbk", "whatwg", "澶\ufffd\nA"),
        (b"\x81\x30\x81\x30 \x81\x30x", "gb18030", "whatwg", "\x80 \ufffd0x"),
        (b"\xa8\xbc\x81\x30", "gb18030", "whatwg", "ḿ\ufffd"),
        (b"\xe6\x96\xb0\xe6", "cp932", "whatwg", "譁ｰ\ufffd"),
        (b"\x80\x81\x90A", "cp1252", "control", "€\x81\x90A"),
    ],
)
def test_wrong_readers_read_as_theirs_do(data: bytes, encoding: str, loss: str, text: str) -> None:
    assert garbling.read(data, encoding, loss) == text


@pytest.mark.benchmark
def test_repair_is_not_below_its_floors(shared: Path) -> None:
    floors = json.loads((Path(__file__).parent / "floors.json").read_text(encoding="utf-8"))["repair"]
    cells = {cell.name: cell for cell in repair_accuracy.cells()}
    assert shared.is_dir()
    below = {}
    for name, (exact, characters) in floors["percent"].items():
        score = measure(cells[name].cases("even", floors["cases"]), floors["restore"])
        if score.exact.percent < exact or score.characters.percent < characters:
            below[name] = (score.exact.percent, score.characters.percent)
    assert not below


@pytest.mark.benchmark
def test_restored_characters_are_as_sure_as_they_say(shared: Path) -> None:
    floors = json.loads((Path(__file__).parent / "floors.json").read_text(encoding="utf-8"))["repair"]
    cells = {cell.name: cell for cell in repair_accuracy.cells(["whole"])}
    assert shared.is_dir()
    pooled = repair_accuracy.Score()
    for name in floors["restored_cells"]:
        score = measure(cells[name].cases("even", floors["cases"]), 0.0, posteriors=True)
        for threshold in repair_accuracy.THRESHOLDS:
            for into, of in ((pooled.right, score.right), (pooled.covered, score.covered)):
                into[threshold].add(of[threshold].hits, of[threshold].count)
    for threshold, (right, covered) in floors["restored"].items():
        assert pooled.right[float(threshold)].percent >= right
        assert pooled.covered[float(threshold)].percent >= covered
