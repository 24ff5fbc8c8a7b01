"""The measures of tidy measure what they say; and, with `--benchmark`, tidy is not below its floors."""

import json
import random
from itertools import pairwise
from pathlib import Path

import pytest
import tidy_accuracy
import tidy_speed
from injuring import INJECTORS, REPORTED, Case, Edit, wrapped
from tidy_accuracy import BULLETINS, CLASSICAL, NEWS, NEWS_TRADITIONAL, compare

from cnpolicy import convert, tidy

FLOORS = json.loads((Path(__file__).parent / "floors.json").read_text("utf-8"))["tidy"]
TEXT = "会议指出，要抓好落实。\n县委书记强调，要坚持不懈。\n"
CASE = Case(TEXT, (Edit(4, 5, ","), Edit(18, 19, ",")))


def test_a_case_is_damaged_at_its_places() -> None:
    assert CASE.damaged == "会议指出,要抓好落实。\n县委书记强调,要坚持不懈。\n"


@pytest.mark.parametrize(
    ("restored", "right", "wrong"),
    [
        (TEXT, 2, 0),
        (CASE.damaged, 0, 0),
        (CASE.damaged.replace(",", "，", 1), 1, 0),
        (TEXT.replace("抓好", "抓紧"), 2, 1),
        (TEXT.replace("，要抓", ",抓"), 1, 0),  # what touches the place is the place's
    ],
)
def test_places_and_changes_elsewhere_are_counted(restored: str, right: int, wrong: int) -> None:
    figures = compare(CASE, restored)
    assert (figures.places, figures.right, figures.wrong) == (2, right, wrong)


@pytest.mark.parametrize(
    ("text", "columns", "lines"),
    [
        ("一二三四五六七", False, ["一二三四", "五六七"]),
        ("一二三四，五六七", False, ["一二三四，", "五六七"]),
        ("一二三1998年五六", False, ["一二三", "1998", "年五六"]),
        ("一二1998年五六七", True, ["一二1998", "年五六七"]),
    ],
)
def test_lines_are_wrapped_as_programs_do(text: str, columns: bool, lines: list[str]) -> None:
    cuts = [0, *wrapped(text, 4, columns=columns), len(text)]
    assert [text[start:end] for start, end in pairwise(cuts)] == lines


def test_every_rule_is_injured() -> None:
    rules = {rule.name for stage in (tidy.STAGE, convert.STAGE) for rule in stage.rules}
    measured = {injector.rule for injector in INJECTORS} | {rule for rule, _ in REPORTED} | {"machine-traditional"}
    # line ends are damaged together with blank lines; a conversion that was asked for repairs nothing
    assert rules - measured == {"line-end", "script-conversion"}
    assert measured <= rules


@pytest.mark.parametrize("injector", INJECTORS, ids=lambda injector: injector.name)
def test_an_injector_damages_and_says_where(injector: tidy_accuracy.Injector) -> None:
    pytest.importorskip("pypinyin")
    found = 0
    for seed in range(4):
        for text in tidy_accuracy.documents("reports", "even"):
            case = injector.damage(text * 3, random.Random(seed))
            assert all(edit.start <= edit.end <= len(case.clean) for edit in case.edits)
            assert all(case.clean[edit.start : edit.end] != edit.damaged for edit in case.edits)
            assert list(case.edits) == sorted(case.edits, key=lambda edit: (edit.start, edit.end))
            found += len(case.edits)
    assert found


@pytest.mark.benchmark
@pytest.mark.parametrize("injector", INJECTORS, ids=lambda injector: injector.name)
def test_damage_is_undone(shared: Path, injector: tidy_accuracy.Injector) -> None:
    figures = tidy_accuracy.measure(injector, "even", FLOORS["seeds"])
    share = 100 * figures.right / figures.places
    assert share >= FLOORS["percent"][injector.name], figures.shown[:5]
    assert figures.wrong <= FLOORS["wrong"].get(injector.name, 0), figures.shown[:5]


@pytest.mark.benchmark
@pytest.mark.parametrize("rule", [rule for rule, _ in REPORTED])
def test_what_no_program_may_mend_is_reported(shared: Path, rule: str) -> None:
    figures = tidy_accuracy.measure_reports(rule, "even", FLOORS["seeds"])
    assert 100 * figures.right / figures.places >= FLOORS["reported"][rule], figures.shown[:5]
    assert figures.wrong == 0


@pytest.mark.benchmark
@pytest.mark.parametrize("size", [1, 3, 12])
def test_machine_made_traditional_is_brought_back(shared: Path, size: int) -> None:
    figures = tidy_accuracy.measure_machine_traditional("even", size)
    assert 100 * figures.right / figures.places >= FLOORS["machine_traditional"][str(size)]


@pytest.mark.benchmark
@pytest.mark.parametrize("name", [NEWS, NEWS_TRADITIONAL, CLASSICAL, "bulletins"])
def test_good_text_is_left_alone(shared: Path, name: str) -> None:
    if name == "bulletins":
        _, found = tidy_accuracy.changes_in_bulletins("even", BULLETINS)
    else:
        _, found = tidy_accuracy.changes_in_good_text(name)
    assert len(found) <= FLOORS["changes_in_good_text"][name], found
    assert all(not finding.before.strip() for _, finding in found)  # line ends at worst, and no word


@pytest.mark.benchmark
def test_speed(shared: Path) -> None:
    found = tidy_speed.speeds()
    print(found)
    for name, floor in FLOORS["megabytes_a_second"].items():
        assert found[name] >= floor, found
