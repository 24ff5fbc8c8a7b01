"""Finding, reading and writing files."""

import os
from pathlib import Path

import pytest

from cnpolicy import corpus
from cnpolicy.document import Source


def tree(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("文", "utf-8")


def names(found: corpus.Found) -> list[str]:
    return [source.name for source in found.sources]


def test_a_folder_is_searched_at_every_depth_in_sorted_order(tmp_path: Path) -> None:
    tree(tmp_path, "b.txt", "a/z.TXT", "a/b/c.text", "B.txt", "notes.md", "pic.PNG", "README")
    tree(tmp_path, ".hidden.txt", ".git/x.txt")
    found = corpus.find([str(tmp_path)])
    assert names(found) == ["B.txt", "a/b/c.text", "a/z.TXT", "b.txt"]
    assert found.skipped == {".md": 1, ".png": 1, "(none)": 1}
    assert not found.failures
    assert not found.named


def test_globs_add_to_what_is_taken(tmp_path: Path) -> None:
    tree(tmp_path, "a.htm", "sub/b.htm", "c.txt", "sub/d.md")
    assert names(corpus.find([str(tmp_path)], ["*.htm"])) == ["a.htm", "c.txt", "sub/b.htm"]
    assert names(corpus.find([str(tmp_path)], ["sub/*"])) == ["c.txt", "sub/b.htm", "sub/d.md"]
    both = corpus.find([str(tmp_path), str(tmp_path / "c.txt")], ["sub/*.md"])
    assert [name.split("/", 1)[-1] for name in names(both)] == ["c.txt", "sub/d.md", "c.txt"]


def test_several_paths_keep_their_base_names(tmp_path: Path) -> None:
    tree(tmp_path, "one/a.txt", "two/a.txt", "single.dat")
    found = corpus.find([str(tmp_path / "one") + "/", str(tmp_path / "two"), str(tmp_path / "single.dat")])
    assert names(found) == ["one/a.txt", "two/a.txt", "single.dat"]
    assert found.named == {"single.dat"}


def test_own_output_inside_a_folder_is_passed_over_but_can_be_named(tmp_path: Path) -> None:
    tree(tmp_path, "a.txt", "out/a.txt", "out/.cnpolicy/run.json")
    assert names(corpus.find([str(tmp_path)])) == ["a.txt"]
    assert names(corpus.find([str(tmp_path / "out")])) == ["a.txt"]


def test_a_missing_path_and_a_circle_of_links_are_failures(tmp_path: Path) -> None:
    tree(tmp_path, "a/x.txt")
    (tmp_path / "a" / "loop").symlink_to(tmp_path / "a")
    (tmp_path / "a" / "self.txt").symlink_to(tmp_path / "a" / "self.txt")
    found = corpus.find([str(tmp_path / "a"), str(tmp_path / "gone")])
    assert names(found) == ["a/self.txt", "a/x.txt"]
    assert [(failure.name, failure.stage) for failure in found.failures] == [
        ("a/loop", "find"),
        (str(tmp_path / "gone"), "find"),
    ]
    with pytest.raises(OSError, match="symbolic links") as caught:
        corpus.read(found.sources[0])
    assert "circle" in corpus.os_reason(caught.value)


def test_a_folder_linked_twice_is_read_twice_but_not_for_ever(tmp_path: Path) -> None:
    tree(tmp_path, "real/x.txt")
    (tmp_path / "alias").symlink_to(tmp_path / "real")
    assert names(corpus.find([str(tmp_path)])) == ["alias/x.txt", "real/x.txt"]


def test_names_that_are_not_utf_8(tmp_path: Path) -> None:
    path = os.fsencode(tmp_path) + b"/\xbc\xf2\xb1\xa8.txt"
    with open(path, "wb") as file:
        file.write("文".encode())
    (source,) = corpus.find([str(tmp_path)]).sources
    assert corpus.printable(source.name) == r"\xbc\xf2\xb1\xa8.txt"
    assert corpus.read(source) == "文".encode()


def test_collisions() -> None:
    sources = [Source(name, name) for name in ("a.txt", "a.TXT", "b.text", "c.2010", "c.2011", "1.总结", "1.通知")]
    assert corpus.collisions(sources, lambda source: corpus.output_name(source.name)) == [(sources[0], sources[1])]
    assert corpus.collisions(sources, lambda source: source.name) == []


def test_links_to_pipes_and_devices_are_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    (tmp_path / "link.txt").symlink_to(tmp_path / "pipe.txt")
    (tmp_path / "zero.txt").symlink_to("/dev/zero")
    (tmp_path / "gone.txt").symlink_to(tmp_path / "nowhere")
    found = corpus.find([str(tmp_path)])
    assert names(found) == ["gone.txt"]
    assert [failure.name for failure in found.failures] == ["link.txt", "pipe.txt", "zero.txt"]


@pytest.mark.parametrize(
    ("inputs", "output", "clash"),
    [
        (["in"], "out", None),
        (["in"], "in", "in"),
        (["in"], "in/out", "in"),
        (["in/sub"], "in", "in/sub"),
        (["other", "in/sub/"], "in", "in/sub/"),
        (["in"], "input", None),
        (["link"], "in/out", "link"),
        (["in"], "link/out", "in"),
    ],
)
def test_overlaps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, inputs: list[str], output: str, clash: str | None
) -> None:
    tree(tmp_path, "in/sub/a.txt", "other/b.txt")
    (tmp_path / "link").symlink_to("in")
    monkeypatch.chdir(tmp_path)
    assert corpus.overlaps(inputs, output) == clash


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "a.txt"
    corpus.write(str(path), b"first")

    def fail() -> None:
        with corpus.whole(str(path)) as file:
            file.write(b"second, but")
            raise RuntimeError("the power is gone")

    with pytest.raises(RuntimeError):
        fail()
    assert path.read_bytes() == b"first"
    assert [entry.name for entry in path.parent.iterdir()] == ["a.txt"]


def test_sweep_takes_away_what_an_interruption_left(tmp_path: Path) -> None:
    tree(tmp_path, "a/.cnpolicy-12-0.tmp", "a/b.txt", "c.tmp")
    corpus.sweep(str(tmp_path))
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a", "b.txt", "c.tmp"]
