"""The record of an output tree: whom it belongs to, what is done already, and who holds it."""

import json
from pathlib import Path

import pytest

from cnpolicy import manifest
from cnpolicy.manifest import Finished, Ledger, Refused, Shard, plain
from cnpolicy.rules import Options


@pytest.fixture
def inputs(tmp_path: Path) -> list[str]:
    (tmp_path / "in").mkdir()
    return [str(tmp_path / "in")]


DIGEST = manifest.digest("clean", plain(Options()))


def record(name: str) -> dict[str, object]:
    return {"name": name, "output": name, "status": "written", "options": DIGEST}


def test_a_run_leaves_a_manifest_in_the_order_given(tmp_path: Path, inputs: list[str]) -> None:
    tree = str(tmp_path / "out")
    with Ledger(tree, "clean", inputs, plain(Options()), force=False) as ledger:
        assert ledger.done == {}
        ledger.note([record("a.txt")])
        ledger.note([record("b.txt")])
        assert ledger.finish(["a.txt", "b.txt"], [record("gone.txt")]) == Finished()
    assert list(manifest.load(tree)) == ["gone.txt", "a.txt", "b.txt"]
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
        ledger.finish([])
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
        ledger.finish([])
    for force in (False, False, True):
        with Ledger(str(tree), "clean", inputs, plain(Options()), force=force) as ledger:
            assert manifest.is_unfinished(str(tree))
            assert ledger.finish([]).strangers == ("a.txt",)
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


# ---- parts ----------------------------------------------------------------------------------------------------------

NAMES = [f"{number}.txt" for number in range(7)]


def part(tmp_path: Path, inputs: list[str], number: int, of: int = 3, **more: bool) -> Ledger:
    return Ledger(str(tmp_path / "out"), "clean", inputs, plain(Options()), shard=Shard(number, of), **more)


def do(ledger: Ledger) -> Finished:
    """Do what a part has to do, and end it."""
    assert ledger.shard is not None
    with ledger:
        ledger.note([record(name) for name in ledger.shard.take(NAMES)])
        return ledger.finish(NAMES, [record("gone.txt")])


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 2, 1), (2, 3, 1)])
def test_the_part_that_finishes_last_writes_the_manifest_of_a_whole_run(
    tmp_path: Path, inputs: list[str], order: tuple[int, ...]
) -> None:
    with Ledger(str(tmp_path / "whole"), "clean", inputs, plain(Options())) as ledger:
        ledger.note([record(name) for name in NAMES])
        ledger.finish(NAMES, [record("gone.txt")])
    tree = tmp_path / "out"
    assert do(part(tmp_path, inputs, order[0])).waiting == tuple(sorted(order[1:]))
    assert do(part(tmp_path, inputs, order[1])).waiting == (order[2],)
    assert manifest.is_unfinished(str(tree))
    assert not (tree / "manifest.jsonl").exists()
    assert do(part(tmp_path, inputs, order[2])) == Finished()
    assert not manifest.is_unfinished(str(tree))
    assert (tree / "manifest.jsonl").read_bytes() == (tmp_path / "whole" / "manifest.jsonl").read_bytes()


def test_parts_run_at_once_but_not_one_part_twice(tmp_path: Path, inputs: list[str]) -> None:
    first, second = part(tmp_path, inputs, 1), part(tmp_path, inputs, 2)
    with pytest.raises(Refused, match=r"another run is writing .* \(process \d+ on .*, part 1/3\)"):
        part(tmp_path, inputs, 1)
    with pytest.raises(Refused, match=r"part 1/3; .*part 2/3"):
        part(tmp_path, inputs, 1, of=4)
    with pytest.raises(Refused, match=r"part 1/3; .*part 2/3"):
        Ledger(str(tmp_path / "out"), "clean", inputs, plain(Options()))
    third = part(tmp_path, inputs, 3)
    assert [do(one).waiting for one in (first, second, third)] == [(2, 3), (3,), ()]
    with Ledger(str(tmp_path / "out"), "clean", inputs, plain(Options())), pytest.raises(Refused, match="process"):
        part(tmp_path, inputs, 1)


def test_one_part_can_be_made_again(tmp_path: Path, inputs: list[str]) -> None:
    for number in (1, 2, 3):
        do(part(tmp_path, inputs, number))
    before = (tmp_path / "out" / "manifest.jsonl").read_bytes()
    again = part(tmp_path, inputs, 2)
    assert manifest.is_unfinished(str(tmp_path / "out"))
    assert set(again.done) == set(NAMES) | {"gone.txt"}
    again.note([record("1.txt")])
    again.__exit__()  # it was killed
    assert manifest.is_unfinished(str(tmp_path / "out"))
    assert do(part(tmp_path, inputs, 2)) == Finished()
    assert (tmp_path / "out" / "manifest.jsonl").read_bytes() == before
    assert not manifest.is_unfinished(str(tmp_path / "out"))


def test_what_parts_have_done_is_done_for_a_whole_run_and_for_other_parts(tmp_path: Path, inputs: list[str]) -> None:
    do(part(tmp_path, inputs, 1))
    with part(tmp_path, inputs, 2) as killed:
        killed.note([record("1.txt")])
    with part(tmp_path, inputs, 2, of=2) as other:
        assert set(other.done) == {"0.txt", "3.txt", "6.txt"}, "a part that is another's may be running"
    with Ledger(str(tmp_path / "out"), "clean", inputs, plain(Options())) as ledger:
        assert set(ledger.done) == {"0.txt", "3.txt", "6.txt", "1.txt"}
        assert ledger.done["3.txt"] == record("3.txt")
        ledger.note([record(name) for name in NAMES])
        assert ledger.finish(NAMES) == Finished()
    assert sorted(path.name for path in (tmp_path / "out" / ".cnpolicy").iterdir()) == ["gate", "lock", "run.json"]


def test_parts_of_other_documents_or_options_make_no_manifest(tmp_path: Path, inputs: list[str]) -> None:
    do(part(tmp_path, inputs, 1))
    do(part(tmp_path, inputs, 2))
    with part(tmp_path, inputs, 3) as ledger:
        ledger.note([record("2.txt"), record("5.txt") | {"options": "of another version"}])
        assert ledger.finish([*NAMES, "new.txt"]) == Finished(missing=2)
    assert not (tmp_path / "out" / "manifest.jsonl").exists()
    assert manifest.is_unfinished(str(tmp_path / "out"))


def test_a_part_leaves_the_unfinished_files_of_others_alone(tmp_path: Path, inputs: list[str]) -> None:
    with part(tmp_path, inputs, 1):
        (tmp_path / "out" / ".cnpolicy-77-ab-0.tmp").write_bytes(b"half")
    with part(tmp_path, inputs, 1):
        assert (tmp_path / "out" / ".cnpolicy-77-ab-0.tmp").exists(), "another part may be writing it"
    for number in (1, 2, 3):
        do(part(tmp_path, inputs, number))
    assert not (tmp_path / "out" / ".cnpolicy-77-ab-0.tmp").exists()
