"""More than one process can take, or one call: large files in parts, parts of a run in calls of their own."""

import json
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest
from conftest import Run, command

import cnpolicy.index
import cnpolicy.masthead
from cnpolicy import corpus, manifest, parts, pipeline, runs
from cnpolicy.document import Source
from cnpolicy.index import Index
from cnpolicy.records import summary

LINE = "各级党组织要认真学习,深入贯彻落实,２０１２年取得明显成效。\r\n"


def files(root: Path) -> dict[str, bytes]:
    """The files of a tree with their contents, without the state of the run."""
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and ".cnpolicy" not in path.parts
    }


def records(tree: Path) -> list[dict]:
    return [json.loads(line) for line in (tree / "manifest.jsonl").read_bytes().splitlines()]


def no_temporary(tree: Path) -> bool:
    return not list(tree.rglob(f"{corpus.TEMPORARY}*"))


# ---- parts of a run --------------------------------------------------------------------------------------------------


@pytest.fixture
def many(tmp_path: Path) -> Path:
    root = tmp_path / "many"
    for number in range(20):
        path = root / str(number % 3) / f"{number:02}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes((LINE * (number + 1)).encode(("gb18030", "utf-8")[number % 2]))
    return root


def test_parts_that_run_at_once_make_what_a_whole_run_makes(inside: Run, many: Path, tmp_path: Path) -> None:
    assert inside("clean", many, "-o", "whole").returncode == 0
    calls = [
        subprocess.Popen(
            command("clean", "many", "-o", "parts", "--shard", f"{number}/2", "-j", 1),
            cwd=tmp_path,
            stderr=subprocess.PIPE,
        )
        for number in (1, 2)
    ]
    said = [call.communicate(timeout=240)[1].decode() for call in calls]
    assert [call.returncode for call in calls] == [0, 0], said
    assert sum("the manifest will be there when the other parts have finished" in one for one in said) == 1
    assert files(tmp_path / "parts") == files(tmp_path / "whole")
    assert no_temporary(tmp_path / "parts")
    assert not manifest.is_unfinished(str(tmp_path / "parts"))


def test_parts_that_run_in_any_order_make_what_a_whole_run_makes(inside: Run, many: Path, tmp_path: Path) -> None:
    assert inside("segment", many, "-o", "whole", "--pos").returncode == 0
    for number in (3, 1, 2):
        assert not (tmp_path / "parts" / "manifest.jsonl").exists()
        assert inside("segment", many, "-o", "parts", "--pos", "--shard", f"{number}/3").returncode == 0
    assert files(tmp_path / "parts") == files(tmp_path / "whole")


def test_a_part_takes_every_so_many_th_document(inside: Run, many: Path, tmp_path: Path) -> None:
    names = [
        json.loads(line)["name"]
        for number in (1, 2, 3)
        for line in inside("clean", many, "--jsonl", "--shard", f"{number}/3").stdout.splitlines()
    ]
    whole = [source.name for source in corpus.find([str(many)]).sources]
    assert names == [*whole[::3], *whole[1::3], *whole[2::3]]
    checked = inside("clean", many, "--check", "--shard", "20/20")
    assert (checked.returncode, checked.stderr.count(b"would change:")) == (1, 1)


def test_a_whole_run_takes_over_what_parts_have_done(inside: Run, many: Path, tmp_path: Path) -> None:
    said = inside("clean", many, "-o", "out", "--shard", "2/4").stderr.decode()
    assert said == (
        "5 documents to out, part 2/4\nthe manifest will be there when the other parts have finished: 1, 3, 4\n"
    )
    assert "has not finished" in inside("stats", "out").stderr.decode()
    assert "20 documents to out; 5 done before" in inside("clean", many, "-o", "out").stderr.decode()
    assert len(records(tmp_path / "out")) == 20


def test_documents_that_come_between_the_parts_are_told_of(inside: Run, many: Path, tmp_path: Path) -> None:
    assert inside("clean", many, "-o", "out", "--shard", "1/2").returncode == 0
    (many / "new.txt").write_text("新的文件。\n", "utf-8")
    (many / "0" / "00.txt").unlink()
    done = inside("clean", many, "-o", "out", "--shard", "2/2")
    assert "there is no manifest yet" in done.stderr.decode()
    for number in (1, 2):
        assert inside("clean", many, "-o", "out", "--shard", f"{number}/2").returncode == 0
    assert [record["name"] for record in records(tmp_path / "out")] == [
        source.name for source in corpus.find([str(many)]).sources
    ]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["clean", "many", "-o", "out", "--shard", "0/2"], "'0/2' is no part such as 2/8"),
        (["clean", "many", "-o", "out", "--shard", "3/2"], "'3/2' is no part"),
        (["clean", "many", "-o", "out", "--shard", "two"], "'two' is no part"),
        (["clean", "many", "-o", "out", "--shard", "1/" + "9" * 5000], "is no part"),
        (["clean", "--shard", "1/2"], "--shard has nothing to do: the input is standard input"),
        (["clean", "many", "-o", "out", "--shard", "1/2", "--audit", "out/audit.jsonl"], "an audit of its own"),
        (["clean", "--cluster", "tcp://127.0.0.1:1"], "--cluster has nothing to do"),
        (["clean", "many", "-o", "out", "--cluster", "tcp://127.0.0.1:1", "-j", "2"], "one of the two"),
    ],
)
def test_parts_that_cannot_be_meant(inside: Run, many: Path, tmp_path: Path, args: list[str], said: str) -> None:
    (tmp_path / "out").mkdir()
    done = inside(*args)
    assert done.returncode == 2
    assert said in " ".join(done.stderr.decode().split())


# ---- large files -----------------------------------------------------------------------------------------------------


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of more than 8 kB are large, and taken in parts of 4 kB."""
    monkeypatch.setattr(runs, "LARGE_BYTES", 8_000)
    monkeypatch.setattr(parts, "PART_BYTES", 4_000)
    monkeypatch.setattr(parts, "SEGMENTED_PART_BYTES", 4_000)


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "gb18030", "big5", "utf-16", "utf-16-be", "utf-32-le", "hz"]
)
def test_a_large_file_is_cleaned_as_if_in_one_piece(inside: Run, tmp_path: Path, encoding: str) -> None:
    text = "".join(LINE.replace("２０１２", str(2000 + number)) + "\r\n" * (number % 4) for number in range(200))
    if encoding == "big5":
        text = (
            text.translate(str.maketrans("党组织认学习贯彻实显", "黨組織認學習貫徹實顯"))
            .replace("级", "級")
            .replace("真", "真")
        )
        text = text.replace("深入", "深入").replace("落", "落").replace("显", "顯")
    data = text.encode(encoding, "replace")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "large.txt").write_bytes(data)
    (tmp_path / "in" / "small.txt").write_text(LINE, "utf-8")
    done = inside("clean", "in", "-o", "out", "--audit", "audit.jsonl")
    assert (done.returncode, done.stderr) == (0, b"2 documents to out\n")
    from cnpolicy import clean

    document = clean(data)
    assert (tmp_path / "out" / "large.txt").read_text("utf-8") == document.text
    large, small = records(tmp_path / "out")
    assert large["parts"] == -(-len(data) // 4_000)
    assert "parts" not in small
    whole = summary(document)
    assert {key: large[key] for key in whole if key not in ("findings", "changed")} == {
        key: whole[key] for key in whole if key not in ("findings", "changed")
    }
    assert large["sha256"] == document.sha256
    assert large["output_sha256"] == corpus.sha256(str(tmp_path / "out" / "large.txt"))
    audit = [json.loads(line) for line in (tmp_path / "audit.jsonl").read_bytes().splitlines()]
    assert {found.get("part") for found in audit} == {None, *range(1, large["parts"] + 1)}
    assert "2 done before" in inside("clean", "in", "-o", "out").stderr.decode()
    assert inside("clean", "in/large.txt").stdout == document.text.encode()
    assert no_temporary(tmp_path / "out")


@pytest.mark.usefixtures("small_parts")
def test_a_line_that_is_longer_than_a_part_stays_one(inside: Run, tmp_path: Path) -> None:
    text = "各级党组织要认真学习、深入贯彻落实，取得明显成效。" * 1_500
    (tmp_path / "long.txt").write_bytes(text.encode("gb18030"))
    assert inside("clean", "long.txt").stdout.decode() == text + "\n"
    words = inside("segment", "long.txt").stdout.decode()
    from cnpolicy.segment import Settings, segmenter

    assert words == segmenter(Settings()).lines(text)


@pytest.mark.usefixtures("small_parts")
def test_parts_are_documents_of_their_own_to_json_lines_and_diff(inside: Run, tmp_path: Path) -> None:
    (tmp_path / "large.txt").write_bytes((LINE * 200).encode("gb18030"))
    lines = [json.loads(line) for line in inside("clean", "large.txt", "--jsonl").stdout.splitlines()]
    assert [line["name"] for line in lines] == [f"large.txt#{number}" for number in range(1, len(lines) + 1)]
    assert "".join(line["text"] for line in lines).encode() == inside("clean", "large.txt").stdout
    diff = inside("clean", "large.txt", "--diff").stdout.decode()
    assert diff.count("\n+++ large.txt#") == len(lines) > 1
    checked = inside("clean", "large.txt", "--check")
    assert (checked.returncode, checked.stderr.count(b"would change: large.txt\n")) == (1, 1)
    (row,) = [json.loads(line) for line in inside("inspect", "large.txt", "--format", "jsonl").stdout.splitlines()]
    assert (row["encoding"], row["certain"]) == ("gb18030", 400)


@pytest.mark.usefixtures("small_parts")
def test_a_large_file_of_several_encodings(inside: Run, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    good = LINE.replace(",", "，").replace("２０１２", "2012").replace("\r", "")
    (tmp_path / "in" / "a.txt").write_bytes((good * 120).encode("gb18030") + (good * 120).encode())
    (tmp_path / "in" / "b.txt").write_bytes(b"plain\n" * 3_000 + (good * 120).encode("gb18030"))
    assert inside("clean", "in", "-o", "out").returncode == 0
    assert (tmp_path / "out" / "a.txt").read_text("utf-8") == good * 240
    assert (tmp_path / "out" / "b.txt").read_text("utf-8") == "plain\n" * 3_000 + good * 120
    assert [record["encoding"] for record in records(tmp_path / "out")] == ["gb18030+utf-8", "gb18030"]


@pytest.mark.usefixtures("small_parts")
def test_a_large_file_that_is_no_text_or_fails_in_the_middle(
    inside: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "picture.txt").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 60)
    done = inside("clean", "in", "-o", "out")
    assert (done.returncode, b"1 binary passed over" in done.stderr) == (0, True)
    done = inside("clean", "in/picture.txt")
    assert (done.returncode, b"picture.txt: decode: byte 0: this is a PNG" in done.stderr) == (3, True)
    (tmp_path / "in" / "text.txt").write_bytes((LINE * 200).encode())
    process = pipeline.process
    calls: list[int] = []

    def fail_the_second_time(*args: object) -> object:
        calls.append(1)
        if len(calls) == 2:
            raise MemoryError
        return process(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(pipeline, "process", fail_the_second_time)
    done = inside("clean", "in", "-o", "out")
    assert done.returncode == 3
    assert "text.txt: clean: in part 2 of 5, from byte 3," in done.stderr.decode().replace("run:", "clean:")
    assert list(files(tmp_path / "out")) == ["manifest.jsonl"]
    assert no_temporary(tmp_path / "out")


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("args", [("clean", "mixed.txt"), ("index", "mixed.txt", "-o", "corpus.duckdb")])
def test_a_large_file_says_once_where_it_is_no_text(inside: Run, tmp_path: Path, args: tuple[str, ...]) -> None:
    binary = (b"\x00\x01\x02\x03\xff\xfe\x80" * 40 + b"\n") * 24
    (tmp_path / "mixed.txt").write_bytes((LINE * 150).encode() + binary + (LINE * 1_500).encode())
    done = inside(*args)
    assert done.returncode == 3
    assert b"mixed.txt: decode: in part 4 of 38, from byte 11," in done.stderr
    assert done.stderr.count(b"in part 4") == 1


@pytest.mark.usefixtures("small_parts")
def test_a_large_file_that_changes_while_it_is_read(
    inside: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "in").mkdir()
    path = tmp_path / "in" / "text.txt"
    path.write_bytes((LINE * 200).encode())
    process = pipeline.process

    def growing(*args: object) -> object:
        with path.open("ab") as file:
            file.write(b"more\n")
        return process(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(pipeline, "process", growing)
    done = inside("clean", "in", "-o", "out")
    assert (done.returncode, b"the file changed while it was read" in done.stderr) == (3, True)
    assert list(files(tmp_path / "out")) == ["manifest.jsonl"]


def test_cuts_are_made_where_a_page_ends(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"

    def pieces(data: bytes, encoding: str = "utf-8", part_bytes: int = 1_000) -> list[bytes]:
        path.write_bytes(data)
        places = [0, *corpus.cuts(Source("x.txt", str(path)), part_bytes, encoding), len(data)]
        assert places == sorted(set(places))
        return [data[start:end] for start, end in pairwise(places)]

    line = b"a line of text\n"
    for end in (b"\f", b"\n\n", b"\r\n\r\n \r\n", b"\n"):
        (first, second) = pieces(line * 40 + b"the end" + end + line * 60)
        assert first.endswith(b"the end" + end) or end == b"\n"
        assert second.startswith(b"a line")
    assert all(piece.endswith(b"\r") for piece in pieces(line.replace(b"\n", b"\r") * 300))
    assert not any(piece.startswith(b"\n") for piece in pieces(line.replace(b"\n", b"\r\n") * 300))
    for encoding in ("gb18030", "utf-8", "cp950", "utf-16-le", "utf-16-be", "utf-32-be"):
        endless = pieces("中文".encode(encoding) * 2_000, encoding)
        assert "".join(piece.decode(encoding) for piece in endless) == "中文" * 2_000
        ended = pieces("一中文一\n".encode(encoding) * 2_000, encoding)
        assert all(piece.decode(encoding).endswith("\n") for piece in ended)
        assert len(ended) > 5
    assert pieces(b"x" * 999, "no-such-codec") == [b"x" * 999]
    assert len(pieces(b"x" * 9_999, "no-such-codec")) == 10
    assert [len(piece) for piece in pieces(b"x" * 4_500)] == [900] * 5


TABLES = (
    # Where a part ends, blank lines are two findings instead of one.
    "SELECT * EXCLUDE (changed, certain, inferred, reported) FROM documents ORDER BY name",
    "SELECT * EXCLUDE (term_id), term FROM tokens JOIN terms USING (term_id) ORDER BY ALL",
    "SELECT * FROM mastheads ORDER BY ALL",
)


@pytest.mark.parametrize("made", ["of lines", "of one line", "cleaned before", "cleaned otherwise", "segmented before"])
def test_a_large_file_is_counted_as_if_in_one_piece(
    inside: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made: str
) -> None:
    lines = [LINE.replace("２０１２", str(2000 + number)) + "\r\n" * (number % 4) for number in range(200)]
    if made == "of one line":
        lines = [line.strip() for line in lines]
    head, foot = "关于加强学习工作的通知\n某委〔2010〕96号\n\n各县委:\n", "\n中共某市委员会\n2010年8月25日\n"
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "large.txt").write_bytes((head + "".join(lines) + foot).encode("gb18030"))
    (tmp_path / "in" / "small.txt").write_text(LINE, "utf-8")
    options: list[object] = []
    if made in ("cleaned before", "cleaned otherwise", "segmented before"):
        assert inside(made.split("ed ")[0], "in", "-o", "done").returncode == 0
        (tmp_path / "in").rename(tmp_path / "raw")
        (tmp_path / "done").rename(tmp_path / "in")
        options = ["--segmented"] if made == "segmented before" else []
        # What was read before is read no more.
        options += ["--encoding", "gb18030"] if made == "cleaned otherwise" else []
    assert inside("index", "in", "-o", "whole.duckdb", "-q", *options).returncode == 0
    monkeypatch.setattr(runs, "LARGE_BYTES", 8_000)
    monkeypatch.setattr(parts, "PART_BYTES", 4_000)
    monkeypatch.setattr(parts, "SEGMENTED_PART_BYTES", 4_000)
    monkeypatch.setattr(cnpolicy.index, "BATCH", 300)  # tokens
    counted: list[int] = []
    count = parts.count
    monkeypatch.setattr(parts, "count", lambda *given: counted.append(1) or count(*given))
    assert inside("index", "in", "-o", "parts.duckdb", "-q", *options).returncode == 0
    assert counted
    with Index(tmp_path / "whole.duckdb") as whole, Index(tmp_path / "parts.duckdb") as other:
        for table in TABLES:
            assert other.query(table) == whole.query(table)
        assert {field for _, field, *_ in whole.query(TABLES[2])} >= {"title", "number", "date"}
    assert "2 done before" in inside("index", "in", "-o", "parts.duckdb", *options).stderr.decode()


def test_what_cannot_be_counted_is_a_failure_of_one_document(
    inside: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "in").mkdir()
    for name in ("one", "two", "three"):
        (tmp_path / "in" / f"{name}.txt").write_text(f"{name}：{LINE}", "utf-8")
    read = cnpolicy.masthead.read

    def refuse(text: str, name: str) -> cnpolicy.masthead.Masthead:
        if name.endswith("two.txt"):
            raise MemoryError
        return read(text, name)

    monkeypatch.setattr(cnpolicy.masthead, "read", refuse)
    run = inside("index", "in", "-o", "corpus.duckdb")
    assert run.returncode == 3
    assert "two.txt" in run.stderr.decode()
    assert "not enough memory" in run.stderr.decode()
    with Index(tmp_path / "corpus.duckdb") as index:
        assert [name for (name,) in index.query("SELECT name FROM documents ORDER BY name")] == ["one.txt", "three.txt"]
