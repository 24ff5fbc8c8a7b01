"""The commands as a user runs them: subprocesses, pipes, exit statuses, and input of the worst kind."""

import ctypes
import json
import os
import pty
import re
import resource
import signal
import subprocess
import time
import zipfile
from pathlib import Path

import pytest
from conftest import SAMPLES, Run, command

GBK = "深入学习,２０１２年工作要点。\r\n"
CLEAN = "深入学习，2012年工作要点。\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of three documents in as many encodings, with damage, and a file of another kind."""
    root = tmp_path / "speeches"
    (root / "2012").mkdir(parents=True)
    (root / "2012" / "a.txt").write_bytes(GBK.encode("gb18030"))
    (root / "b.TXT").write_bytes("會議精神傳達學習，認真貫徹執行。\n".encode("big5"))
    (root / "good.txt").write_text("良好的文字，不需要改动。\n", "utf-8")
    (root / "notes.md").write_text("# notes")
    return root


def lines(data: bytes) -> list[dict]:
    return [json.loads(line) for line in data.splitlines()]


# ---- one document --------------------------------------------------------------------------------------------------


def test_a_file_goes_to_standard_output(run: Run, folder: Path) -> None:
    done = run("clean", folder / "2012" / "a.txt")
    assert (done.returncode, done.stdout.decode(), done.stderr) == (0, CLEAN, b"")


@pytest.mark.parametrize("args", [[], ["-"]])
def test_standard_input_goes_to_standard_output(run: Run, args: list[str]) -> None:
    done = run("clean", *args, stdin=GBK.encode("gbk"))
    assert (done.returncode, done.stdout.decode()) == (0, CLEAN)


@pytest.mark.parametrize(
    ("stage", "after"),
    [
        ("decode", GBK),
        ("repair", GBK),
        ("tidy", CLEAN),
        ("convert", GBK),
        ("segment", "深入 学习 , ２０１２年 工作要点 。\r\n"),
    ],
)
def test_each_stage_is_a_command_of_its_own(run: Run, stage: str, after: str) -> None:
    assert run(stage, stdin=GBK.encode("gb18030")).stdout.decode() == after


def test_only_skip_and_certainty(run: Run) -> None:
    def clean(*args: str) -> str:
        return run("clean", *args, stdin=GBK.encode()).stdout.decode()

    assert clean("--only", "line-end") == GBK.replace("\r\n", "\n")
    assert clean("--skip", "halfwidth-punctuation") == CLEAN.replace("，", ",")
    assert clean("--certainty", "certain") == CLEAN.replace("，", ",")


def test_script_and_encoding(run: Run) -> None:
    data = "會議精神傳達".encode("big5")
    assert run("clean", "--script", "simplified", stdin=data).stdout.decode() == "会议精神传达\n"
    assert run("convert", "--script", "tw", stdin="里面干净".encode()).stdout.decode() == "裡面乾淨"
    assert run("decode", "--encoding", "big5", stdin=data).stdout.decode() == "會議精神傳達"
    assert run("decode", "--encoding", "gbk", stdin=data).stdout.decode() != "會議精神傳達"


# ---- chains ----------------------------------------------------------------------------------------------------------


def test_the_chain_of_plain_text(run: Run, folder: Path) -> None:
    cleaned = run("clean", stdin=(folder / "2012" / "a.txt").read_bytes()).stdout
    words = run("segment", stdin=cleaned).stdout
    assert words.decode() == "深入 学习 ， 2012年 工作要点 。\n"
    table = run("stats", "--segmented", stdin=words).stdout.decode()
    assert "corpus\twords\t4\n" in table
    assert table == run("stats", stdin=cleaned).stdout.decode()


def test_the_chain_of_json_lines(run: Run, folder: Path) -> None:
    cleaned = run("clean", folder, "--jsonl").stdout
    names = [document["name"] for document in lines(cleaned)]
    assert names == ["2012/a.txt", "b.TXT", "good.txt"]
    segmented = run("segment", "--jsonl", stdin=cleaned).stdout
    for document in lines(segmented):
        assert "".join(document["words"]) == document["text"]
        assert document["history"] is not None
    done = run("stats", "--jsonl", stdin=segmented)
    assert done.returncode == 0
    assert done.stdout == run("stats", folder).stdout


def test_stats_of_a_folder_and_of_its_clean_copy_agree(run: Run) -> None:
    assert run("clean", SAMPLES, "-o", "cleaned").returncode == 0
    table = run("stats", SAMPLES).stdout
    assert table.count(b"\n") > 30
    assert run("stats", "cleaned").stdout == table


def test_json_lines_that_are_wrong_are_named_and_the_others_go_on(run: Run) -> None:
    done = run("clean", "--jsonl", stdin=b'{"text": "\xe4\xb8\xad,\xe4\xb8\xad"}\n{"no": 1}\n{"text": "b"}\n')
    assert done.returncode == 3
    assert [document["text"] for document in lines(done.stdout)] == ["中，中\n", "b\n"]
    assert b"standard input, line 2" in done.stderr
    assert b"`text` is missing" in done.stderr


# ---- trees -----------------------------------------------------------------------------------------------------------


def tree(root: Path) -> dict[str, bytes]:
    """The files of a tree with their contents, without the state of the run."""
    return {
        os.fsdecode(os.path.relpath(path, root)): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and ".cnpolicy" not in path.parts
    }


def test_a_folder_becomes_the_same_tree_with_a_manifest(run: Run, folder: Path, tmp_path: Path) -> None:
    before = tree(folder)
    done = run("clean", folder, "-o", "out")
    assert (done.returncode, done.stdout) == (0, b"")
    assert done.stderr.decode() == "3 documents to out; not documents: 1 .md\n"
    out = tree(tmp_path / "out")
    assert list(out) == ["2012/a.txt", "b.txt", "good.txt", "manifest.jsonl"]
    assert out["2012/a.txt"].decode() == CLEAN
    first, second, third = lines(out["manifest.jsonl"])
    assert (first["name"], first["output"], first["encoding"], first["status"]) == (
        *("2012/a.txt", "2012/a.txt", "gb18030", "written"),
    )
    assert first["findings"] == {
        "certain": {"fullwidth-alphanumeric": 1, "line-end": 1},
        "inferred": {"halfwidth-punctuation": 1},
    }
    assert (second["name"], second["output"], second["script"]) == ("b.TXT", "b.txt", "traditional")
    assert (third["changed"], third["lost"], third["warnings"]) == (0, 0, [])
    assert tree(folder) == before, "the input was modified"


def test_several_paths_keep_apart(run: Run, folder: Path, tmp_path: Path) -> None:
    done = run("clean", folder, folder / "2012" / "a.txt", "-o", "out")
    assert done.returncode == 0
    assert list(tree(tmp_path / "out")) == [
        *("a.txt", "manifest.jsonl", "speeches/2012/a.txt", "speeches/b.txt", "speeches/good.txt"),
    ]


def test_any_number_of_processes_gives_the_same_bytes(run: Run, tmp_path: Path) -> None:
    root = tmp_path / "many"
    root.mkdir()
    text = "各级党组织要认真学习,深入贯彻落实,２０１２年取得明显成效。\r\n" * 90
    for number in range(260):
        (root / f"{number:03}.txt").write_bytes(text.encode(("gb18030", "utf-8", "utf-16")[number % 3]))
    assert run("clean", root, "-o", "one", "-j", "1", "--audit", "one.jsonl").returncode == 0
    assert run("clean", root, "-o", "two", "-j", "2", "--audit", "two.jsonl").returncode == 0
    assert tree(tmp_path / "one") == tree(tmp_path / "two")
    assert len(tree(tmp_path / "one")) == 261
    assert (tmp_path / "one.jsonl").read_bytes() == (tmp_path / "two.jsonl").read_bytes()


def test_what_is_done_is_not_done_again(run: Run, folder: Path, tmp_path: Path) -> None:
    assert run("clean", folder, "-o", "out").returncode == 0
    first = tree(tmp_path / "out")
    stamp = (tmp_path / "out" / "b.txt").stat().st_mtime_ns
    (folder / "good.txt").write_text("改动过的文字,需要整理。\n", "utf-8")
    (folder / "new.txt").write_text("新的文件。\n", "utf-8")
    (folder / "2012" / "a.txt").unlink()
    done = run("clean", folder, "-o", "out")
    assert "3 documents to out; 1 done before" in done.stderr.decode()
    left = "1 text files in out are no results of this run, but left by earlier ones, and were left there: 2012/a.txt"
    assert left in done.stderr.decode()
    assert left in run("clean", folder, "-o", "out").stderr.decode(), "it is said every time"
    counted = run("stats", "out")
    assert "corpus\tdocuments\t3\n" in counted.stdout.decode()
    assert "1 text files in out are no results of its run and were passed over" in counted.stderr.decode()
    assert counted.stdout == run("stats", folder).stdout
    assert (tmp_path / "out" / "b.txt").stat().st_mtime_ns == stamp
    (tmp_path / "out" / "b.txt").write_text("spoilt")
    assert run("clean", folder, "-o", "out").returncode == 0
    assert (tmp_path / "out" / "b.txt").read_bytes() == first["b.txt"]


def test_an_output_tree_belongs_to_one_run(run: Run, folder: Path) -> None:
    assert run("clean", folder, "-o", "out").returncode == 0
    done = run("clean", folder, "-o", "out", "--script", "simplified")
    assert done.returncode == 2
    assert b"other options" in done.stderr
    assert run("clean", folder, "-o", "out", "--script", "simplified", "--force").returncode == 0


@pytest.mark.parametrize(
    ("args", "complaint"),
    [
        (["clean", "speeches"], "Add -o DIR"),
        (["clean", "speeches", "-o", "speeches"], "inside one another"),
        (["clean", "speeches", "-o", "speeches/out"], "inside one another"),
        (["clean", "speeches/2012", "-o", "speeches"], "inside one another"),
        (["clean", "speeches", "-o", "clean.txt"], "-o takes a directory"),
        (["clean", "-o", "out"], "-o needs a PATH"),
        (["clean", "speeches", "--force"], "there is none"),
        (["clean", "speeches", "-o", "out", "--jsonl"], "does not go with"),
        (["clean", "speeches", "--jsonl", "--check"], "does not go with"),
        (["clean", "speeches", "-o", "out", "--skip", "line-ends"], "did you mean line-end?"),
        (["repair", "speeches", "-o", "out", "--skip", "line-end"], "repair has no rule"),
        (["clean", "speeches", "-o", "out", "--encoding", "klingon"], "unknown encoding 'klingon'"),
        (["clean", "speeches", "--check", "--audit", "speeches/audit.jsonl"], "would lie in the input"),
        (["clean", "speeches", "speeches", "-o", "out"], "would have the same name"),
        (["clean", "speeches", "speeches", "--jsonl"], "would have the same name"),
        (["clean", "speeches/good.txt", "-", "--jsonl"], "goes alone"),
        (["clean", "", "-o", "out"], "empty"),
        (["clean", "--glob", "*.md"], "--glob has nothing to do"),
        (["clean", "-j", "2"], "-j has nothing to do"),
        (["clean", "--jsonl", "--encoding", "big5"], "--encoding has nothing to do"),
        (["clean", "--only", "line-end", "--skip", "line-end"], "every rule of --only is skipped"),
        (["stats", "--jsonl", "--as-is"], "--as-is has nothing to do"),
        (
            ["clean", "speeches", "--check", "--audit", "nowhere/audit.jsonl"],
            "must be a file in a directory that is there",
        ),
        (["speeches"], "did you mean: cnpolicy clean speeches"),
        (["stats", "speeches", "--jsonl"], "--jsonl"),
        (["stats", "speeches", "--format", "html"], "html"),
        (["clean", "speeches", "-j", "0"], "0 is not in the range"),
    ],
)
def test_wrong_usage_says_what_to_do(
    inside: Run, folder: Path, tmp_path: Path, args: list[str], complaint: str
) -> None:
    before = tree(tmp_path)
    done = inside(*args)
    assert done.returncode == 2
    assert complaint in " ".join(done.stderr.decode().split())
    assert tree(tmp_path) == before


# ---- looking without writing -----------------------------------------------------------------------------------------


def test_check(run: Run, folder: Path, tmp_path: Path) -> None:
    done = run("clean", folder, "--check")
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.decode().splitlines() == [
        *("would change: 2012/a.txt", "would change: b.TXT"),
        "3 documents read; 2 would change; not documents: 1 .md",
    ]
    assert run("clean", folder / "good.txt", "--check", "-q").returncode == 0
    assert run("clean", folder, "gone", "--check").returncode == 3, "a failure beats a change"
    undamaged = "不需要改动。\n".encode("gbk")
    assert run("clean", "--check", stdin=undamaged).returncode == 1, "the bytes would change"
    assert run("clean", "--check", stdin="他说“锟斤拷”。\n".encode()).returncode == 0, "a report changes nothing"


def test_diff(run: Run, folder: Path) -> None:
    done = run("clean", folder, "--diff")
    assert done.returncode == 0
    assert done.stdout.decode() == (
        "--- 2012/a.txt (as decoded)\n+++ 2012/a.txt\n@@ -1,1 +1,1 @@\n"
        "-深入学习,２０１２年工作要点。\r\n+深入学习，2012年工作要点。\n"
    )
    assert run("clean", folder, "--diff", "--check").returncode == 1


def test_audit_holds_every_finding(run: Run, folder: Path, tmp_path: Path) -> None:
    assert run("clean", folder, "-o", "out", "--audit", "out/audit.jsonl").returncode == 0
    audit = lines((tmp_path / "out" / "audit.jsonl").read_bytes())
    assert [(found["document"], found["rule"], found["before"], found["after"]) for found in audit] == [
        ("2012/a.txt", "line-end", "\r\n", "\n"),
        ("2012/a.txt", "fullwidth-alphanumeric", "２０１２", "2012"),
        ("2012/a.txt", "halfwidth-punctuation", ",", "，"),
    ]
    again = run("clean", folder, "-o", "out", "--audit", "out/audit.jsonl")
    assert again.returncode == 0
    assert lines((tmp_path / "out" / "audit.jsonl").read_bytes()) == audit
    assert b"not documents" not in run("stats", "out").stderr, "the manifest and the audit are our own"
    without = run("clean", folder, "-o", "plain")
    assert without.returncode == 0
    assert tree(tmp_path / "plain")["2012/a.txt"] == tree(tmp_path / "out")["2012/a.txt"]


def test_inspect(run: Run, folder: Path, tmp_path: Path) -> None:
    before = tree(tmp_path)
    done = run("inspect", folder, "--format", "jsonl")
    assert done.returncode == 0
    first, second, third = lines(done.stdout)
    assert (first["name"], first["encoding"], first["certain"], first["inferred"]) == ("2012/a.txt", "gb18030", 2, 1)
    assert first["damage"] == "fullwidth-alphanumeric=1 halfwidth-punctuation=1 line-end=1"
    assert third["damage"] == ""
    assert tree(tmp_path) == before


def test_explain(run: Run, folder: Path) -> None:
    done = run("explain", folder / "2012" / "a.txt")
    assert done.returncode == 0
    text = done.stdout.decode()
    assert run("explain", stdin=GBK.encode("gbk")).stdout.decode().split("\n", 1)[1] == text.split("\n", 1)[1]
    assert "read as gb18030" in text
    assert "1:5  inferred  halfwidth-punctuation  …深入学习[-,-]{+，+}2012年工作要点。⏎…" in text
    assert "\x1b" not in text


def test_rules_lists_every_rule_with_an_example(run: Run) -> None:
    done = run("rules", "--format", "jsonl")
    names = [rule["rule"] for rule in lines(done.stdout)]
    assert {"utf8-read-as-single-byte", "html-entity", "line-end", "halfwidth-punctuation"} <= set(names)
    assert len(names) == len(set(names))
    for rule in lines(done.stdout):
        assert rule["what"]
        assert (rule["certainty"] == "reported") == (rule["before"] == rule["after"]), rule


@pytest.mark.parametrize("form", ["table", "tsv", "csv", "jsonl"])
def test_tables_in_every_format(run: Run, folder: Path, form: str) -> None:
    done = run("stats", folder, "--format", form)
    assert done.returncode == 0
    assert "\x1b" not in done.stdout.decode()
    first = done.stdout.decode().splitlines()[0]
    assert {"tsv": "section\titem\tvalue", "csv": "section,item,value"}.get(form, first) == first


def test_every_command_has_help_with_examples(run: Run) -> None:
    commands = [line.split()[0] for line in run("--help").stdout.decode().split("Commands:")[1].splitlines() if line]
    assert {
        "clean",
        "decode",
        "repair",
        "tidy",
        "convert",
        "segment",
        "inspect",
        "explain",
        "rules",
        "stats",
        "chrome",
        "terms",
    } <= set(commands)
    for name in commands:
        text = run(name, "--help").stdout.decode()
        assert f"cnpolicy {name} " in text.split("Options:")[0].split("\n", 1)[1], name


@pytest.mark.parametrize(
    ("args", "after"),
    [
        ([], "组建 秸秆 员 队伍 ， 投资 160亿元 。"),
        (["--split-numbers"], "组建 秸秆 员 队伍 ， 投资 160 亿元 。"),
        (["--userdict", "words.txt"], "组建 秸秆员 队伍 ， 投资 160亿元 。"),
        (["--userdict", "words.txt", "--pos"], "组建/v 秸秆员/nz 队伍/n ，/x 投资/vn 160亿元/m 。/x"),
        (["--engine", "jieba", "--no-hmm"], "组建 秸秆 员 队伍 ， 投资 160亿元 。"),
        (["--search"], "组建 秸秆 员 队伍 ， 投资 亿元 160亿元 。"),
    ],
)
def test_ways_to_segment(run: Run, tmp_path: Path, args: list[str], after: str) -> None:
    (tmp_path / "words.txt").write_text("秸秆员 5 nz\n", "utf-8")
    text = "组建秸秆员队伍，投资160亿元。\n".encode()
    done = run("segment", *args, cwd=tmp_path, stdin=text)
    assert (done.returncode, done.stdout.decode(), done.stderr) == (0, after + "\n", b"")
    if "--search" not in args:
        done = run("segment", *args, "--jsonl", cwd=tmp_path, stdin=b'{"text": "' + text.strip() + b'"}')
        (record,) = lines(done.stdout)
        assert "".join(record["words"]) == text.decode().strip()
        assert ("tags" in record) == ("--pos" in args)


def test_unknown_words_are_found_and_used(run: Run, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    starts, ends = "向对请由省市县乡镇村", "们要会巡查责任到抓"
    for number, start in enumerate(starts):
        text = "".join(f"{start}苔青使{end}。" for end in ends)
        others = "".join(chr(0x5000 + number * 900 + step) for step in range(900))  # each character once
        (tmp_path / "in" / f"{number}.txt").write_text(f"{text}\n{others}\n", "utf-8")
    done = run("terms", "in", "--as-is", "--min-count", 20, "--format", "tsv", cwd=tmp_path)
    header, first, *_ = done.stdout.decode().splitlines()
    assert header == "term\tfrequency\tdocuments\tcohesion\tentropy\texample"
    assert first.split("\t")[:3] == ["苔青使", "90", "10"]
    words = run("terms", "in", "--as-is", "--min-count", 20, "--to", "userdict", cwd=tmp_path).stdout
    assert words == "苔青使\n".encode()
    (tmp_path / "terms.txt").write_bytes(words)
    by_hand = run("segment", "in/0.txt", "--userdict", "terms.txt", cwd=tmp_path).stdout
    assert by_hand.decode().startswith("向 苔青使 们 。")
    learnt = run("segment", "in", "--learn", "-o", "out", cwd=tmp_path)
    assert learnt.returncode == 0
    assert "苔青使" in (tmp_path / "out" / "0.txt").read_text("utf-8")
    done = run("segment", "--learn", cwd=tmp_path, stdin=b"x")
    assert (done.returncode, b"it needs a PATH" in done.stderr) == (2, True)


def test_lines_of_a_site_are_listed_and_removed(run: Run, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for number, word in enumerate("甲乙丙丁"):
        text = f"某县信息平台\n{word}会议召开\n{word}会议部署了工作。\n要求落实{word}项任务。\n平台电话：555{number}\n"
        (tmp_path / "in" / f"{number}.txt").write_text(text, "gb18030")
    done = run("chrome", "in", "-o", "chrome.txt", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, b"")
    assert "2 recurring lines listed" in done.stderr.decode()
    assert run("chrome", "in", cwd=tmp_path).stdout == (tmp_path / "chrome.txt").read_bytes()
    done = run("clean", "in/0.txt", "--chrome", "chrome.txt", cwd=tmp_path)
    assert done.stdout.decode() == "甲会议召开\n甲会议部署了工作。\n要求落实甲项任务。\n"
    for _ in range(2):  # the second run finds that there is nothing to do
        done = run("clean", "in", "-o", "out", "--chrome", "chrome.txt", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
    assert "4 done before" in done.stderr.decode()


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["chrome"], "needs a PATH"),
        (["chrome", "in", "-o", "in/list.txt"], "would lie in the input in; put it elsewhere"),
        (["clean", "in", "-o", "out", "--chrome", "no-list.txt"], "no-list.txt: no such file"),
        (["clean", "in", "-o", "out", "--chrome", "wide.txt"], "wide.txt: line 2: '*' would remove any line"),
        (["clean", "in", "-o", "out", "--chrome", "gbk.txt"], "gbk.txt: byte 0: not UTF-8"),
        (["segment", "in", "-o", "out", "--userdict", "no.txt"], "--userdict no.txt: no such file"),
        (["segment", "in", "-o", "out", "--userdict", "bad.txt"], "--userdict bad.txt: line 2: the frequency is 'x'"),
        (["segment", "in", "--jsonl", "--search"], "--search gives words that overlap"),
        (["repair", "in", "-o", "out", "--restore", "2"], "restore is 2.0; it is a probability from 0 to 1, or off"),
        (["repair", "in", "-o", "out", "--restore", "some"], "'some' is neither a number from 0 to 1 nor off"),
        (["clean", "in", "-o", "out", "--encoding", "gbk", "--encoding-hint", "big5"], "a hint has nothing to do"),
        (["clean", "in", "-o", "out", "--encoding-hint", "nosuch"], "unknown encoding 'nosuch'"),
        (["clean", "in", "-o", "out", "--encoding", ""], "unknown encoding ''"),
        (["chrome", "in", "-o", "wide.txt"], "wide.txt is there already, perhaps edited"),
    ],
)
def test_options_that_cannot_be_meant(inside: Run, tmp_path: Path, args: list[str], said: str) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text(CLEAN, "utf-8")
    (tmp_path / "wide.txt").write_text("首页\n*\n", "utf-8")
    (tmp_path / "gbk.txt").write_text("首页\n", "gbk")
    (tmp_path / "bad.txt").write_text("秸秆员\n网格长\tx\n", "utf-8")
    done = inside(*args, cwd=tmp_path)
    assert done.returncode in (2, 3)
    assert said in done.stderr.decode().replace("\n", " ")
    assert not (tmp_path / "out").exists()


# ---- bad input -------------------------------------------------------------------------------------------------------


def without_override() -> None:
    """Take from a root process what lets it read files against their permissions."""
    libc = ctypes.CDLL(None)
    for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
        libc.prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP


def test_a_missing_path_and_an_unreadable_file(run: Run, folder: Path, tmp_path: Path) -> None:
    (folder / "2012" / "secret.txt").write_text("秘密")
    (folder / "2012" / "secret.txt").chmod(0)
    done = run("clean", folder, "gone.txt", "-o", "out", before=without_override)
    assert done.returncode == 3
    said = done.stderr.decode()
    assert "cnpolicy: gone.txt: find: no such file or directory; check the spelling" in said
    assert "cnpolicy: speeches/2012/secret.txt: read: permission denied" in said
    assert len(tree(tmp_path / "out")) == 4, "the others went on"
    failed = [line for line in lines(tree(tmp_path / "out")["manifest.jsonl"]) if line["status"] == "failed"]
    assert [(line["name"], line["output"]) for line in failed] == [
        ("gone.txt", None),
        ("speeches/2012/secret.txt", None),
    ]
    assert failed[0]["reason"].startswith("find: no such file")


def test_an_empty_file_and_a_file_of_one_byte(run: Run, tmp_path: Path) -> None:
    for data, after in [(b"", b""), (b"a", b"a\n"), (b"\n", b""), (b"\xe4", "\ufffd\n".encode())]:
        (tmp_path / "x.txt").write_bytes(data)
        done = run("clean", "x.txt")
        assert (done.returncode, done.stdout) == (0, after), data
        assert (b"x.txt: 1 lost place left" in done.stderr) == (data == b"\xe4")


def test_binary_files_are_passed_over_in_a_folder_and_refused_by_name(run: Run, folder: Path, tmp_path: Path) -> None:
    (folder / "picture.txt").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20)
    with zipfile.ZipFile(folder / "archive.txt", "w") as archive:
        archive.writestr("a.txt", "文" * 1000)
    done = run("clean", folder, "-o", "out")
    assert done.returncode == 0
    assert "3 documents to out; 2 binary passed over; not documents: 1 .md\n" in done.stderr.decode()
    assert len(tree(tmp_path / "out")) == 4
    done = run("clean", folder / "picture.txt")
    assert done.returncode == 3
    assert "picture.txt: decode: byte 0: " in done.stderr.decode()
    assert "PNG" in done.stderr.decode()


@pytest.mark.parametrize(
    "args",
    [
        *(["clean"], ["decode"], ["repair"], ["tidy"], ["convert"], ["segment"], ["inspect"], ["explain"], ["chrome"]),
        *(
            ["clean", "-o", "out"],
            ["clean", "--check"],
            ["clean", "--diff"],
            ["clean", "--jsonl"],
            ["clean", "-j", "2"],
        ),
        *(["index", "-o", "corpus.duckdb"], ["stats"], ["freq"], ["ngrams"], ["terms"], ["stats", "--as-is"]),
        *(["timeline", "-w", "工作"], ["collocates", "-w", "工作"], ["kwic", "-w", "工作"]),
    ],
    ids=" ".join,
)
def test_every_command_fails_on_a_named_binary_file(inside: Run, tmp_path: Path, args: list[str]) -> None:
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20)
    done = inside(*args, "picture.png")
    assert done.returncode == 3
    assert b"cnpolicy: picture.png: decode: byte 0: this is a PNG picture, not text; run it through an " in done.stderr


@pytest.mark.parametrize(
    "args", [["inspect"], ["stats"], ["freq"], ["clean", "--jsonl"], ["index", "-o", "corpus.duckdb"]]
)
def test_a_named_binary_file_does_not_keep_others_from_their_work(
    inside: Run, folder: Path, tmp_path: Path, args: list[str]
) -> None:
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\n\x1a\n")
    done = inside(*args, "picture.png", folder)
    assert done.returncode == 3
    assert b"picture.png: decode: byte 0: this is a damaged PNG picture" in done.stderr
    assert b"1 failed" in done.stderr
    assert done.stdout or (tmp_path / "corpus.duckdb").exists()


def test_fifty_megabytes_in_one_line(run: Run, tmp_path: Path) -> None:
    text = "各级党组织要认真学习、深入贯彻落实，取得明显成效。" * 1_000_000
    (tmp_path / "long.txt").write_text(text, "gb18030")
    assert (tmp_path / "long.txt").stat().st_size == 50_000_000
    done = run("clean", "long.txt")
    assert done.returncode == 0
    assert done.stdout == text.encode() + b"\n"


def test_a_name_that_is_not_utf_8(run: Run, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    name = "简报".encode("gbk") + b".txt"
    with open(os.fsencode(tmp_path) + b"/in/" + name, "wb") as file:
        file.write(GBK.encode("gbk"))
    done = run("clean", "in", "-o", "out")
    assert done.returncode == 0
    with open(os.fsencode(tmp_path) + b"/out/" + name, "rb") as file:
        assert file.read().decode() == CLEAN
    (record,) = lines((tmp_path / "out" / "manifest.jsonl").read_bytes())
    assert record["name"] == r"\xbc\xf2\xb1\xa8.txt"
    assert "1 done before" in run("clean", "in", "-o", "out").stderr.decode()
    (document,) = lines(run("clean", "in", "--jsonl").stdout)
    assert document["name"] == r"\xbc\xf2\xb1\xa8.txt"
    assert run("clean", os.fsencode(tmp_path) + b"/in/" + name, LC_ALL="C", LANG="C").stdout.decode() == CLEAN
    assert rb"\xbc\xf2\xb1\xa8.txt" in run("inspect", "in", LC_ALL="C").stdout
    assert rb"\xbc\xf2\xb1\xa8.txt" in run("clean", "in", "--diff").stdout
    assert run("stats", "in").stdout == run("stats", "out").stdout != b""
    assert run("explain", os.fsencode(tmp_path) + b"/in/" + name).returncode == 0
    assert run("clean", "in", "-o", "audited", "--audit", "audit.jsonl").returncode == 0
    assert lines((tmp_path / "audit.jsonl").read_bytes())[0]["document"] == r"\xbc\xf2\xb1\xa8.txt"


def test_a_name_with_a_line_end_and_escape_sequences(run: Run, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a\n\x1b[31mb.txt").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    (tmp_path / "in" / "c\n\x1b[31md.txt").write_bytes(GBK.encode("gbk"))
    for args in (
        ["inspect", "in"],
        ["clean", "in", "--check"],
        ["clean", "in/a\n\x1b[31mb.txt"],
        ["clean", "in", "--diff"],
    ):
        done = run(*args)
        assert b"\x1b" not in done.stdout + done.stderr
        assert b"\n\x1b" not in done.stderr


def test_links_in_a_circle(run: Run, folder: Path, tmp_path: Path) -> None:
    (folder / "loop").symlink_to(folder)
    (folder / "self.txt").symlink_to(folder / "self.txt")
    done = run("clean", folder, "-o", "out")
    assert done.returncode == 3
    assert done.stderr.decode().count("circle") == 2
    assert len(tree(tmp_path / "out")) == 4


def test_a_full_disk(run: Run, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "big.txt").write_text("很长的一段文字。" * 20_000, "utf-8")
    (tmp_path / "in" / "small.txt").write_text("短。\n", "utf-8")

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    done = run("clean", "in", "-o", "out", before=limited)
    assert done.returncode == 3
    assert "big.txt: write: " in done.stderr.decode()
    out = tree(tmp_path / "out")
    assert list(out) == ["manifest.jsonl", "small.txt"], "nothing is half written"
    done = run("clean", "in", "-o", "out")
    assert done.returncode == 0
    assert "2 documents to out; 1 done before" in done.stderr.decode()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("args", [["clean", "x.txt"], ["stats", "x.txt"], ["rules"], ["clean", "x.txt", "--jsonl"]])
def test_standard_output_on_a_full_disk(tmp_path: Path, args: list[str]) -> None:
    (tmp_path / "x.txt").write_text("文字,\n" * 50_000, "utf-8")
    with open("/dev/full", "wb") as full:
        done = subprocess.run(command(*args), cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, timeout=60)
    assert done.returncode == 3
    assert done.stderr.decode() == (
        "cnpolicy: cannot write to standard output: "
        "no space left on the device; make room and run the same command again to go on\n"
    )


@pytest.mark.parametrize(
    "args", [["clean", "x.txt"], ["clean", "in", "--jsonl"], ["clean", "in", "--diff"], ["stats", "in"], ["rules"]]
)
def test_a_closed_pipe_is_no_error(tmp_path: Path, args: list[str]) -> None:
    (tmp_path / "in").mkdir()
    for name in ("x.txt", "in/a.txt", "in/b.txt"):
        (tmp_path / name).write_text("文字,\r\n" * 50_000, "utf-8")
    with subprocess.Popen(command(*args), cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        said = process.stderr.read()
        assert process.wait(60) == 0
    assert b"rror" not in said


def test_ctrl_c_ends_a_run_that_can_go_on(run: Run, tmp_path: Path) -> None:
    root = tmp_path / "in"
    root.mkdir()
    text = "各级党组织要认真学习,深入贯彻落实。\r\n" * 1_500
    for number in range(80):
        (root / f"{number:03}.txt").write_bytes(text.encode("gb18030"))
    process = subprocess.Popen(
        command("clean", "in", "-o", "out"), cwd=tmp_path, stderr=subprocess.PIPE, start_new_session=True
    )
    journal = tmp_path / "out" / ".cnpolicy" / "journal.jsonl"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not (journal.exists() and journal.stat().st_size):
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"Traceback" not in said
    assert said.count(b"interrupted; the same command goes on where it stopped") == 1
    assert not (tmp_path / "out" / "manifest.jsonl").exists()
    done = run("clean", "in", "-o", "out")
    assert done.returncode == 0
    assert "80 documents to out; " in done.stderr.decode()
    assert " done before" in done.stderr.decode()
    assert run("clean", "in", "-o", "fresh").returncode == 0
    assert tree(tmp_path / "out") == tree(tmp_path / "fresh")


def on_terminal(*args: object, cwd: Path, **environment: str) -> str:
    """What a command shows on a terminal of 100 columns."""
    ours, theirs = pty.openpty()
    settings = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "100", **environment}
    with subprocess.Popen(command(*args), cwd=cwd, stdin=theirs, stdout=theirs, stderr=theirs, env=settings) as process:
        os.close(theirs)
        shown = b""
        while True:
            try:
                part = os.read(ours, 65536)
            except OSError:  # the other end is closed
                break
            if not part:
                break
            shown += part
        process.wait(60)
    os.close(ours)
    return shown.decode()


def test_colour_only_where_it_is_wanted(folder: Path, tmp_path: Path) -> None:
    file = "speeches/2012/a.txt"
    assert "\x1b[" in on_terminal("explain", file, cwd=tmp_path)
    for wish in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        shown = on_terminal("explain", file, cwd=tmp_path, **wish)
        assert "\x1b[3" not in shown
        assert "[-,-]{+，+}" in re.sub(r"\x1b\[\d*m", "", shown), (
            "without colours the change must still be told from the text"
        )
    assert "\x1b" not in on_terminal("inspect", "speeches", cwd=tmp_path, TERM="dumb")


def test_a_terminal_gets_a_table_and_progress(tmp_path: Path) -> None:
    root = tmp_path / "in"
    root.mkdir()
    for number in range(30):
        (root / f"{number:02}.txt").write_text("各级党组织要认真学习,深入贯彻落实。\r\n" * 2000, "utf-8")
    shown = on_terminal("stats", "in", cwd=tmp_path)
    assert "frequency" in shown
    assert "%" in shown
    assert "MB/s" in shown
    assert "%" not in on_terminal("clean", "in", "-o", "out", "-q", cwd=tmp_path)


def test_quiet_says_nothing(run: Run, folder: Path) -> None:
    done = run("clean", folder, "-o", "out", "-q")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_standard_error_that_nobody_reads_does_not_stop_the_work(folder: Path, tmp_path: Path) -> None:
    for number in range(50):
        (folder / f"w{number}.txt").write_bytes(b"\xff\xfe\xff" + "文字".encode())
    ours, theirs = os.pipe()
    os.close(ours)
    done = subprocess.run(command("clean", folder, "-o", "out", "-j", "1"), cwd=tmp_path, stderr=theirs, timeout=60)
    os.close(theirs)
    assert done.returncode == 0
    assert len(lines((tmp_path / "out" / "manifest.jsonl").read_bytes())) == 53


def test_closed_standard_streams(folder: Path, tmp_path: Path) -> None:
    program = " ".join(map(str, command("clean", folder, "-o", "out")))
    for number, closed in enumerate(("<&-", ">&-", "2>&-", "<&- >&- 2>&-")):
        done = subprocess.run(
            ["sh", "-c", f"{program}{number} {closed}"], cwd=tmp_path, capture_output=True, timeout=60
        )
        assert (done.returncode, b"Traceback" in done.stderr) == (0, False)
    done = subprocess.run(
        ["sh", "-c", f"{' '.join(map(str, command('clean')))} <&-"], cwd=tmp_path, capture_output=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "gbk"])
def test_data_leaves_in_utf_8_whatever_the_locale(run: Run, folder: Path, encoding: str) -> None:
    for args in (["stats", folder], ["rules"], ["explain", folder / "2012" / "a.txt"]):
        assert run(*args, PYTHONIOENCODING=encoding).stdout == run(*args).stdout


def test_an_output_folder_that_is_a_link_to_the_input(run: Run, folder: Path, tmp_path: Path) -> None:
    before = tree(folder)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "2012").symlink_to(folder / "2012")
    done = run("clean", folder, "-o", "out", "--force")
    assert done.returncode == 3
    assert b"2012/a.txt: write: the output folder is a link" in done.stderr
    assert tree(folder) == before


def test_an_audit_never_takes_the_place_of_something_else(run: Run, folder: Path, tmp_path: Path) -> None:
    for name in ("out/good.txt", "out/manifest.jsonl", "speeches/x.jsonl", "nowhere/x.jsonl", "speeches"):
        assert run("clean", folder, "-o", "out", "--audit", name).returncode == 2
    assert run("clean", folder, "-o", "out", "--audit", "/dev/null").returncode == 0
    assert not Path("/dev/null").is_file()


def test_json_lines_with_words_of_another_text(run: Run) -> None:
    data = '{"text": "中,文", "words": ["中", ",", "文"]}\n'.encode()
    (document,) = lines(run("clean", "--jsonl", stdin=data).stdout)
    assert document["text"] == "中，文\n"
    assert "words" not in document


def test_a_document_that_kills_its_process(folder: Path) -> None:
    from cnpolicy import runs
    from cnpolicy.jobs import Input, Job
    from cnpolicy.rules import Options

    batch = runs.Batch(Job("clean", Options()), tuple(map(Input, corpus_find(folder))))
    outcomes = runs._lost(batch)
    assert [outcome.status for outcome in outcomes] == ["made"] * 3, "alone each is done"
    (lost,) = runs._lost(runs.Batch(batch.job, batch.inputs[:1]))
    assert lost.failure is not None
    assert "died" in lost.failure.reason
    assert runs._lost(runs.Told(lost)) == [lost]


def corpus_find(folder: Path) -> tuple:
    from cnpolicy import corpus

    return tuple(corpus.find([str(folder)]).sources)


def test_stats_of_a_part_of_a_clean_tree_and_of_an_unfinished_one(run: Run, folder: Path, tmp_path: Path) -> None:
    assert run("clean", folder, "-o", "out").returncode == 0
    part = run("stats", "out/2012").stdout
    assert "encodings\tgb18030\t1\n" in part.decode()
    assert "halfwidth-punctuation" in part.decode()
    (tmp_path / "out" / ".cnpolicy" / "journal.jsonl").write_bytes(b"")
    assert b"has not finished" in run("stats", "out").stderr


def test_start_up_imports_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv = ['cnpolicy', '--help']\n"
        "from cnpolicy import cli\ncli.main()\n"
        "heavy = {'numpy', 'duckdb', 'rich', 'jieba', 'rjieba', 'opencc', 'charset_normalizer'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([command()[0], "-c", code], check=True, stdout=subprocess.DEVNULL)
