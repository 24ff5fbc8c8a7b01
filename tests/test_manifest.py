"""The record of an output tree: whom it belongs to, what is done already, and who holds it."""

import json
from pathlib import Path

import pytest

from cnpolicy import manifest
from cnpolicy.manifest import Ledger, Refused, plain
from cnpolicy.rules import Options


@pytest.fixture
def inputs(tmp_path: Path) -> list[str]:
    (tmp_path / "in").mkdir()
    return [str(tmp_path / "in")]


def record(name: str) -> dict[str, object]:
    return {"name": name, "output": name, "status": "written"}


def test_a_run_leaves_a_manifest_in_the_order_given(tmp_path: Path, inputs: list[str]) -> None:
    tree = str(tmp_path / "out")
    with Ledger(tree, "clean", inputs, plain(Options()), force=False) as ledger:
        assert ledger.done == {}
        ledger.note([record("b.txt")])
        ledger.note([record("a.txt")])
        assert ledger.finish([record("a.txt"), record("b.txt")]) == []
    assert list(manifest.load(tree)) == ["a.txt", "b.txt"]
    assert manifest.tree_of(tree, "clean") == manifest.tree_of(f"{tree}/sub", "clean") == tree
    assert manifest.tree_of(tree, "tidy") is None
    assert manifest.tree_of(str(tmp_path), "clean") is None
    assert not manifest.is_unfinished(tree)
    assert sorted(path.name for path in (tmp_path / "out" / ".cnpolicy").iterdir()) == ["lock", "run.json"]


def test_an_interrupted_run_goes_on_from_its_journal(tmp_path: Path, inputs: list[str]) -> None:
    tree = tmp_path / "out"
    with Ledger(str(tree), "clean", inputs, plain(Options()), force=False) as ledger:
        ledger.note([record("a.txt")])
    journal = tree / ".cnpolicy" / "journal.jsonl"
    journal.write_bytes(journal.read_bytes() + b'{"name": "b.txt", "outp')
    (tree / ".cnpolicy-77-0.tmp").write_bytes(b"half")
    with Ledger(str(tree), "clean", inputs, plain(Options()), force=False) as ledger:
        assert list(ledger.done) == ["a.txt"]
        ledger.note([record("c.txt")])
    assert not (tree / ".cnpolicy-77-0.tmp").exists()
    with Ledger(str(tree), "clean", inputs, plain(Options()), force=False) as ledger:
        assert list(ledger.done) == ["a.txt", "c.txt"]


@pytest.mark.parametrize(
    ("command", "where", "options", "differing"),
    [
        ("tidy", "in", Options(), "command"),
        ("clean", "else", Options(), "inputs"),
        ("clean", "in", Options(skip=frozenset({"line-end"})), "options"),
    ],
)
def test_a_tree_belongs_to_one_run(
    tmp_path: Path, inputs: list[str], command: str, where: str, options: Options, differing: str
) -> None:
    tree = str(tmp_path / "out")
    with Ledger(tree, "clean", inputs, plain(Options()), force=False) as ledger:
        ledger.finish([record("a.txt")])
    with pytest.raises(Refused, match=f"other {differing};"):
        Ledger(tree, command, [str(tmp_path / where)], plain(options), force=False)
    with Ledger(tree, command, [str(tmp_path / where)], plain(options), force=True) as ledger:
        assert ledger.done == {}


def test_a_folder_of_somebody_elses_files_is_left_alone(tmp_path: Path, inputs: list[str]) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("years of work")
    with pytest.raises(Refused, match="not of an earlier run"):
        Ledger(str(tmp_path / "out"), "clean", inputs, plain(Options()), force=False)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["thesis.txt"]


def test_a_second_run_at_once_learns_who_holds_the_tree(tmp_path: Path, inputs: list[str]) -> None:
    tree = str(tmp_path / "out")
    with (
        Ledger(tree, "clean", inputs, plain(Options()), force=False),
        pytest.raises(Refused, match=r"another run is writing .* \(process \d+ on "),
    ):
        Ledger(tree, "clean", inputs, plain(Options()), force=False)
    with Ledger(tree, "clean", inputs, plain(Options()), force=False):
        pass


def test_text_files_that_are_no_results_are_named_every_time(tmp_path: Path, inputs: list[str]) -> None:
    tree = tmp_path / "out"
    with Ledger(str(tree), "clean", inputs, plain(Options()), force=False) as ledger:
        (tree / "a.txt").write_text("")
        ledger.finish([record("a.txt")])
    for force in (False, False, True):
        with Ledger(str(tree), "clean", inputs, plain(Options()), force=force) as ledger:
            assert manifest.is_unfinished(str(tree))
            assert ledger.finish([record("b.txt")]) == ["a.txt"]
    assert (tree / "a.txt").exists()


def test_globs_belong_to_a_run(tmp_path: Path, inputs: list[str]) -> None:
    with Ledger(str(tmp_path / "out"), "clean", inputs, plain(Options()), globs=["*.htm"]) as ledger:
        ledger.finish([])
    with pytest.raises(Refused, match="other globs"):
        Ledger(str(tmp_path / "out"), "clean", inputs, plain(Options()))


def test_the_digest_knows_options_tables_and_versions(monkeypatch: pytest.MonkeyPatch) -> None:
    digest = manifest.digest("clean", plain(Options()))
    assert digest == manifest.digest("clean", plain(Options()))
    assert digest != manifest.digest("clean", plain(Options(certainty="certain")))
    assert digest != manifest.digest("tidy", plain(Options()))
    monkeypatch.setattr(manifest, "tables_sha256", lambda: "other")
    assert digest != manifest.digest("clean", plain(Options()))


def test_a_digest_does_not_depend_on_the_order_of_a_set() -> None:
    names = ["line-end", "blank-line", "invisible", "html-entity"]
    digests = {manifest.digest("clean", plain(Options(skip=frozenset(order)))) for order in (names, names[::-1])}
    assert len(digests) == 1
    assert json.dumps(manifest.plain(Options(skip=frozenset(names))))
