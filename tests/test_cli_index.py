"""`cnpolicy index` and databases in the place of documents, as a user runs them."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import duckdb
import pytest
from conftest import Run, command

from cnpolicy import runs

TEXTS = {
    "2012/one.txt": "关于做好秋粮收购工作的通知\n\n甲县人民政府\n2012年9月3日\n各乡镇要做好收购工作。\n",
    "2013/two.txt": "在全县河道治理会议上的讲话\n2013年5月6日\n同志们：河道治理工作要抓紧。\n",
    "good.txt": "良好的文字，不需要改动。\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of three documents."""
    for name, text in TEXTS.items():
        path = tmp_path / "speeches" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return tmp_path / "speeches"


def rows(path: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(path), read_only=True) as database:
        return database.execute(sql).fetchall()


def everything(path: Path) -> list[list[tuple[Any, ...]]]:
    """All that a database holds of its documents, but for the numbers that they have in it."""
    return [
        rows(path, "SELECT * EXCLUDE (doc_id) FROM documents ORDER BY name"),
        rows(path, "SELECT name, rule, certainty, n FROM findings JOIN documents USING (doc_id) ORDER BY ALL"),
        rows(
            path, "SELECT name, mastheads.* EXCLUDE (doc_id) FROM mastheads JOIN documents USING (doc_id) ORDER BY ALL"
        ),
        rows(path, "SELECT term, is_word FROM terms ORDER BY ALL"),
        rows(
            path,
            "SELECT name, paragraph, sentence, position, term, tag "
            "FROM tokens JOIN documents USING (doc_id) JOIN terms USING (term_id) ORDER BY name, position",
        ),
    ]


TABLES = ("documents", "terms", "tokens", "findings", "mastheads")


def as_they_are(path: Path) -> list[list[tuple[Any, ...]]]:
    """The rows of a database in the order in which they are there, with their numbers."""
    return [rows(path, f"SELECT * FROM {table}") for table in TABLES]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# ---- what is in it -------------------------------------------------------------------------------------------------


def test_a_database_holds_documents_terms_tokens_and_findings(inside: Run, folder: Path, tmp_path: Path) -> None:
    (folder / "2012" / "gbk.txt").write_bytes("关于３件事的讲话,２０１２年\n".encode("gb18030"))
    done = inside("index", folder, "-o", "corpus.duckdb")
    assert (done.returncode, done.stdout) == (0, b"")
    assert done.stderr.decode() == "4 documents to corpus.duckdb; 4 new\n"
    assert names(tmp_path) == ["corpus.duckdb", "speeches"], "nothing is left beside it"
    path = tmp_path / "corpus.duckdb"
    found = rows(path, "SELECT name, folder, year, date, script FROM documents ORDER BY doc_id")
    assert found == [
        ("2012/gbk.txt", "2012", found[0][2], found[0][3], "simplified"),
        ("2012/one.txt", "2012", 2012, "2012-09-03", "simplified"),
        ("2013/two.txt", "2013", 2013, "2013-05-06", "simplified"),
        ("good.txt", None, None, None, "simplified"),
    ]
    assert rows(path, "SELECT title, encoding FROM documents WHERE name = '2012/one.txt'") == [
        ("关于做好秋粮收购工作的通知", "utf-8")
    ]
    ((encoding, certain, inferred, reported, changed),) = rows(
        path, "SELECT encoding, certain, inferred, reported, changed FROM documents WHERE name = '2012/gbk.txt'"
    )
    assert (encoding, certain, inferred, reported) == ("gb18030", 2, 1, 0)
    assert changed == pytest.approx(6 / 15)
    assert rows(path, "SELECT sum(n) FROM findings JOIN documents USING (doc_id) WHERE name LIKE '%gbk%'") == [(3,)]
    assert rows(path, "SELECT count(*) FROM documents JOIN tokens USING (doc_id) WHERE tag IS NOT NULL") == [(0,)]
    counted = "SELECT doc_id, count(*) AS n FROM tokens JOIN terms USING (term_id) WHERE is_word GROUP BY doc_id"
    assert rows(path, f"SELECT bool_and(words = n), sum(n) > 0 FROM documents JOIN ({counted}) USING (doc_id)") == [
        (True, True)
    ]


def test_a_database_counts_as_the_folder_does(inside: Run, folder: Path) -> None:
    assert inside("index", folder, "-o", "corpus.duckdb", "-q").stderr == b""
    table = inside("stats", "corpus.duckdb").stdout
    assert table
    assert table == inside("stats", folder, "-q").stdout
    assert b"corpus\tdocuments\t1\n" in inside("stats", "corpus.duckdb", "--where", "year > 2012").stdout
    assert (
        inside("stats", "corpus.duckdb", "--where", "year > 2012").stdout
        == inside("stats", folder, "-q", "--where", "year > 2012").stdout
    )


def test_parts_of_speech_only_when_asked_for(inside: Run, folder: Path, tmp_path: Path) -> None:
    assert inside("index", folder, "-o", "corpus.duckdb", "--pos").returncode == 0
    sql = "SELECT DISTINCT tag FROM tokens JOIN terms USING (term_id) WHERE term = '全县'"
    assert rows(tmp_path / "corpus.duckdb", sql) == [("n",)]
    assert rows(tmp_path / "corpus.duckdb", "SELECT count(*) FROM tokens WHERE tag IS NULL") == [(0,)]


def test_the_script_that_words_are_counted_in(inside: Run, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("發展經濟，發展農業。\n", "utf-8")
    assert inside("index", "a.txt", "-o", "s.duckdb").returncode == 0
    assert inside("index", "a.txt", "-o", "k.duckdb", "--count-script", "keep").returncode == 0
    sql = "SELECT count(*) FROM tokens JOIN terms USING (term_id) WHERE term = '{}'"
    assert rows(tmp_path / "s.duckdb", sql.format("发展")) == [(2,)]
    assert rows(tmp_path / "k.duckdb", sql.format("發展")) == [(2,)]
    mixed = inside("index", "a.txt", "-o", "k.duckdb", "--count-script", "simplified")
    assert mixed.returncode == 2
    assert "counted with --count-script keep, not simplified" in mixed.stderr.decode()
    again = inside("index", "a.txt", "-o", "k.duckdb")
    assert b"1 done before" in again.stderr, "without the option, as the database is"


def test_documents_from_a_stream(run: Run, folder: Path, tmp_path: Path) -> None:
    stream = run("clean", folder, "--jsonl").stdout
    done = run("index", "--jsonl", "-o", "corpus.duckdb", stdin=stream + stream.splitlines(keepends=True)[0])
    assert done.returncode == 3
    assert b"2012/one.txt: index: a document of this name came before" in done.stderr
    assert len(rows(tmp_path / "corpus.duckdb", "SELECT name FROM documents")) == 3
    words = run("segment", stdin=TEXTS["good.txt"].encode()).stdout
    assert run("index", "--segmented", "-o", "words.duckdb", stdin=words).returncode == 0
    assert rows(tmp_path / "words.duckdb", "SELECT name FROM documents") == [("-",)]
    table = run("stats", "words.duckdb").stdout
    assert table == run("stats", "--segmented", stdin=words).stdout


def test_a_clean_tree_keeps_what_was_found_in_the_originals(inside: Run, folder: Path, tmp_path: Path) -> None:
    (folder / "gbk.txt").write_bytes("关于３件事的讲话\n".encode("gb18030"))
    assert inside("clean", folder, "-o", "cleaned").returncode == 0
    assert inside("index", "cleaned", "-o", "corpus.duckdb").returncode == 0
    sql = "SELECT encoding, certain FROM documents WHERE name = 'gbk.txt'"
    assert rows(tmp_path / "corpus.duckdb", sql) == [("gb18030", 1)]
    assert b"4 done before" in inside("index", "cleaned", "-o", "corpus.duckdb").stderr


def test_any_number_of_processes_gives_the_same_rows(
    inside: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "BATCH_DOCUMENTS", 7)
    monkeypatch.setattr(runs, "WORTH_A_PROCESS", 0)
    for number in range(60):
        path = tmp_path / "many" / f"{number % 7}" / f"{number:03}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"第{number}次会议研究了防汛工作，要求各镇落实责任。\n" * (number % 50 * 2 + 1), "utf-8")
    tables = []
    for jobs in (1, 2):
        path = tmp_path / f"{jobs}.duckdb"
        assert inside("index", "many", "-o", path, "-j", jobs, "--as-is").returncode == 0
        tables.append([rows(path, f"FROM {table}") for table in ("documents", "terms", "tokens", "findings")])
    assert tables[0] == tables[1]


# ---- again ---------------------------------------------------------------------------------------------------------


def test_only_what_is_new_or_has_changed_is_read(inside: Run, folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "corpus.duckdb"
    inside("index", folder, "-o", path)
    before = path.read_bytes()
    assert inside("index", folder, "-o", path).stderr.decode().startswith("3 documents to ")
    assert path.read_bytes() == before, "nothing to do: the file is not even opened for writing"
    (folder / "good.txt").write_text("另一篇文字，讲的是防火。\n", "utf-8")
    (folder / "2012" / "new.txt").write_text("新的通知。\n", "utf-8")
    (folder / "2013" / "two.txt").unlink()
    done = inside("index", folder, "-o", path).stderr.decode()
    assert "3 documents to" in done
    assert "1 done before; 1 new; 1 changed; 1 not in the input but kept (--prune removes them)" in done
    assert rows(path, "SELECT count(*) FROM documents") == [(4,)]
    assert rows(path, "SELECT doc_id FROM documents WHERE name = 'good.txt'") == [(2,)], "it keeps its number"
    done = inside("index", folder, "-o", path, "--prune").stderr.decode()
    assert "3 done before; 1 removed" in done
    assert inside("index", folder, "-o", "fresh.duckdb").returncode == 0
    assert everything(path) == everything(tmp_path / "fresh.duckdb")


def test_other_options_read_everything_anew(inside: Run, folder: Path) -> None:
    inside("index", folder, "-o", "corpus.duckdb")
    assert b"3 changed" in inside("index", folder, "-o", "corpus.duckdb", "--no-hmm").stderr
    part = inside("index", folder / "2012", "-o", "corpus.duckdb").stderr.decode()
    assert "warning: 3 documents of the database were read with other options" in part


def test_nothing_is_pruned_for_a_path_that_is_missing(inside: Run, folder: Path, tmp_path: Path) -> None:
    inside("index", folder, "-o", "corpus.duckdb")
    done = inside("index", "nowhere", "-o", "corpus.duckdb", "--prune")
    assert done.returncode == 3
    assert b"3 not in the input but kept (not removed, for some input is missing)" in done.stderr
    assert rows(tmp_path / "corpus.duckdb", "SELECT count(*) FROM documents") == [(3,)]


def test_a_document_that_cannot_be_read_stays_as_it_was(inside: Run, folder: Path, tmp_path: Path) -> None:
    inside("index", folder, "-o", "corpus.duckdb")
    (folder / "good.txt").unlink()
    (folder / "good.txt").symlink_to("nowhere.txt")
    assert inside("index", folder, "-o", "corpus.duckdb", "--prune").returncode == 3
    assert rows(tmp_path / "corpus.duckdb", "SELECT count(*) FROM documents") == [(3,)]


def test_nothing_but_failures_makes_no_database(inside: Run, tmp_path: Path) -> None:
    (tmp_path / "picture.txt").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    assert inside("index", "picture.txt", "-o", "corpus.duckdb").returncode == 3
    assert names(tmp_path) == ["picture.txt"]
    (tmp_path / "empty").mkdir()
    assert inside("index", "empty", "-o", "corpus.duckdb").returncode == 0
    table = inside("stats", "corpus.duckdb")
    assert table.returncode == 0
    assert b"corpus\tdocuments\t0\n" in table.stdout


# As `cnpolicy`, but with many small batches.
IN_SMALL_BATCHES = """
from cnpolicy import __main__, runs
runs.BATCH_DOCUMENTS, runs.WORTH_A_PROCESS = 3, 0
if __name__ == "__main__":
    __main__.main()
"""


def test_killed_at_any_moment_it_goes_on(inside: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "BATCH_DOCUMENTS", 3)
    chance = random.Random(5)
    for number in range(60):
        path = tmp_path / "many" / f"{number:03}.txt"
        path.parent.mkdir(exist_ok=True)
        line = f"第{number}号通知要求各乡镇做好防汛工作，{number}个村组落实责任。\n"
        path.write_text(line * 100, "utf-8")
    assert inside("index", "many", "-o", "whole.duckdb", "--as-is").returncode == 0
    wanted = everything(tmp_path / "whole.duckdb")
    for number in range(0, 60, 10):  # an earlier state, which a crash must leave as it was
        path = tmp_path / "old" / f"{number:03}.txt"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"第{number}号旧通知。\n", "utf-8")
    assert inside("index", "old", "-o", "corpus.duckdb", "--as-is").returncode == 0
    earlier = everything(tmp_path / "corpus.duckdb")
    killed = 0
    for _ in range(3):
        arguments = ("index", "many", "-o", "corpus.duckdb", "--as-is", "-j", "2")
        process = subprocess.Popen(
            [sys.executable, "-W", "error", "-c", IN_SMALL_BATCHES, *arguments],
            cwd=tmp_path,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        time.sleep(chance.uniform(0.1, 0.5) if not killed else chance.uniform(0.5, 2.5))
        killed += process.poll() is None
        with suppress(ProcessLookupError):  # it had ended, with all its workers
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert everything(tmp_path / "corpus.duckdb") in (earlier, wanted)
    assert killed  # the first at least: nothing is done while Python starts
    assert inside("index", "many", "-o", "corpus.duckdb", "--as-is").returncode == 0
    assert everything(tmp_path / "corpus.duckdb") == wanted
    assert names(tmp_path) == ["corpus.duckdb", "many", "old", "whole.duckdb"]


@pytest.fixture
def many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of 23 documents, three of which fit in a batch; one more cannot be read, and one is no text."""
    monkeypatch.setattr(runs, "BATCH_DOCUMENTS", 3)
    for number in range(23):
        path = tmp_path / "many" / str(number % 4) / f"{number:02}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        place = "甲乙丙丁戊己庚"[number % 7]
        text = f"{place}县第{number}号简报,推进高标准农田建设。\n" * (number % 5 + 1)
        path.write_bytes(text.encode(("gb18030", "utf-8")[number % 2]))
    (tmp_path / "many" / "1" / "05.txt").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
    (tmp_path / "many" / "2" / "gone.txt").symlink_to("nowhere")
    return tmp_path / "many"


@pytest.mark.parametrize("options", [(), ("--pos",)])
def test_parts_make_the_rows_of_a_whole_run(inside: Run, many: Path, tmp_path: Path, options: tuple[str, ...]) -> None:
    assert inside("index", many, "-o", "whole.duckdb", "-j", "1", *options).returncode == 3
    said = []
    for number in (3, 1, 4, 2):
        assert not (tmp_path / "parts.duckdb").exists()
        done = inside("index", many, "-o", "parts.duckdb", "--shard", f"{number}/4", *options)
        said.append(done.stderr.decode())
    assert "the documents will be in the database when the other parts have finished: 2, 4\n" in said[1]
    assert "5 documents to parts.duckdb, part 4/4; 1 binary passed over\n" in said[2]
    assert "22 new" in said[3]
    assert as_they_are(tmp_path / "parts.duckdb") == as_they_are(tmp_path / "whole.duckdb")
    assert names(tmp_path) == ["many", "parts.duckdb", "whole.duckdb"]

    # What has changed is brought up to date in the same way.
    (many / "0" / "04.txt").write_text("改了的文件：丰收在望。\n", "utf-8")
    (many / "3" / "07.txt").unlink()
    (many / "0" / "new.txt").write_text("新的文件。\n", "utf-8")
    inside("index", many, "-o", "whole.duckdb", "-j", "1", "--prune", *options)
    for number in (2, 1):
        done = inside("index", many, "-o", "parts.duckdb", "--prune", "--shard", f"{number}/2", *options)
    assert "1 new; 1 changed; 1 removed" in done.stderr.decode()
    assert as_they_are(tmp_path / "parts.duckdb") == as_they_are(tmp_path / "whole.duckdb")
    assert names(tmp_path) == ["many", "parts.duckdb", "whole.duckdb"]


def test_parts_that_were_asked_for_different_things(inside: Run, many: Path, tmp_path: Path) -> None:
    inside("index", many, "-o", "corpus.duckdb", "--shard", "1/2")
    done = inside("index", many, "-o", "corpus.duckdb", "--shard", "2/2", "--pos")
    assert "when the other parts have finished: 1\n" in done.stderr.decode()
    (many / "3" / "new.txt").write_text("新的文件。\n", "utf-8")
    (many / "3" / "newer.txt").write_text("新的文件。\n", "utf-8")
    done = inside("index", many, "-o", "corpus.duckdb", "--shard", "1/2", "--pos")
    assert "documents were in no part" in done.stderr.decode()
    assert not (tmp_path / "corpus.duckdb").exists()
    # A whole run does not mind what parts have left, and leaves nothing of it.
    inside("index", many, "-o", "corpus.duckdb", "-j", "1")
    inside("index", many, "-o", "whole.duckdb", "-j", "1")
    assert as_they_are(tmp_path / "corpus.duckdb") == as_they_are(tmp_path / "whole.duckdb")
    assert names(tmp_path) == ["corpus.duckdb", "many", "whole.duckdb"]


def test_parts_that_run_at_once(inside: Run, many: Path, tmp_path: Path) -> None:
    inside("index", many, "-o", "whole.duckdb", "-j", "1")
    calls = [
        subprocess.Popen(
            command("index", "many", "-o", "parts.duckdb", "--shard", f"{number}/3", "-j", 1),
            cwd=tmp_path,
            stderr=subprocess.PIPE,
        )
        for number in (1, 2, 3)
    ]
    said = [call.communicate(timeout=240)[1].decode() for call in calls]
    assert all(call.returncode in (0, 3) for call in calls), said
    assert sum("when the other parts have finished" in one for one in said) == 2
    assert as_they_are(tmp_path / "parts.duckdb") == as_they_are(tmp_path / "whole.duckdb")
    assert names(tmp_path) == ["many", "parts.duckdb", "whole.duckdb"]


def test_a_whole_run_and_parts_keep_one_another_out(inside: Run, many: Path, tmp_path: Path) -> None:
    from cnpolicy.index.shards import Busy, Workplace

    database = str(tmp_path / "corpus.duckdb")
    with Workplace(database, (2, 3)):
        for given, held in ((None, "part 2/3"), ((2, 3), "part 2/3"), ((1, 2), "part 2/3")):
            with pytest.raises(Busy, match=held):
                Workplace(database, given).__enter__()
        with Workplace(database, (1, 3)):
            done = inside("index", many, "-o", database)
        assert done.returncode == 2
        assert "part 1/3; process " in done.stderr.decode()
    with Workplace(database), pytest.raises(Busy, match=f"process {os.getpid()} on"):
        Workplace(database, (1, 2)).__enter__()


def test_shares_of_standard_input_there_are_none(inside: Run) -> None:
    for option in (("--shard", "1/2"), ("--cluster", "tcp://127.0.0.1:1")):
        done = inside("index", "-", "-o", "corpus.duckdb", *option)
        assert (done.returncode, b"has nothing to do" in done.stderr) == (2, True)


def test_a_database_that_somebody_else_writes_to(run: Run, folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "corpus.duckdb"
    run("index", folder / "2012", "-o", path)
    with duckdb.connect(str(path)):
        for args in (("index", folder, "-o", path), ("stats", path)):
            busy = run(*args)
            assert busy.returncode == 3
            assert b"another process is writing to the database" in busy.stderr
    assert names(tmp_path) == ["corpus.duckdb", "speeches"]


def test_two_runs_at_once(run: Run, folder: Path, tmp_path: Path) -> None:
    from cnpolicy.index.shards import Workplace

    with Workplace(str(tmp_path / "corpus.duckdb")):
        busy = run("index", folder, "-o", "corpus.duckdb")
    assert busy.returncode == 2
    assert f"another run is writing to it (process {os.getpid()} on " in busy.stderr.decode()
    assert run("index", folder, "-o", "corpus.duckdb").returncode == 0


# ---- metadata ------------------------------------------------------------------------------------------------------


def test_metadata_are_joined_by_name_with_their_types(inside: Run, folder: Path, tmp_path: Path) -> None:
    table = '\ufeffname,作者,rank,held,note\none.txt,甲某,2,2012-09-01,"a, ""b"""\n2013/two.txt,乙某,,2013-05-01,\n'
    (tmp_path / "people.csv").write_bytes(table.encode("utf-8"))
    done = inside("index", folder, "-o", "corpus.duckdb", "--metadata", "people.csv")
    assert done.returncode == 0
    assert b"warning: 1 documents have no metadata" in done.stderr
    path = tmp_path / "corpus.duckdb"
    assert rows(path, 'SELECT name, 作者, rank, held::VARCHAR, note FROM documents WHERE "rank" >= 0') == [
        ("2012/one.txt", "甲某", 2, "2012-09-01", 'a, "b"')
    ]
    types = "SELECT data_type FROM duckdb_columns() WHERE table_name = 'documents' ORDER BY column_index DESC LIMIT 4"
    assert rows(path, types) == [("VARCHAR",), ("DATE",), ("BIGINT",), ("VARCHAR",)]
    assert b"corpus\tdocuments\t1\n" in inside("stats", "corpus.duckdb", "--where", "作者 = '乙某'").stdout
    # A changed document keeps its row; other metadata are added to these, in any encoding.
    (folder / "2012" / "one.txt").write_text("改过的通知。\n", "utf-8")
    inside("index", folder, "-o", "corpus.duckdb")
    assert rows(path, "SELECT 作者 FROM documents WHERE name = '2012/one.txt'") == [("甲某",)]
    (tmp_path / "other.csv").write_bytes("name;类别\ngood.txt;普通文件\nnone.txt;没有\n".encode("gb18030"))
    done = inside("index", folder, "-o", "corpus.duckdb", "--metadata", "other.csv")
    assert "1 rows of the metadata are of no document: none.txt" in done.stderr.decode()
    assert rows(path, "SELECT name FROM documents WHERE 类别 = '普通文件'") == [("good.txt",)]
    assert rows(path, "SELECT name, 作者 FROM documents WHERE 作者 IS NOT NULL ORDER BY name") == [
        ("2012/one.txt", "甲某"),
        ("2013/two.txt", "乙某"),
    ]


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("", "it needs a column 'name' with the documents' names; its columns are none"),
        ("file,x\na,1\n", "its columns are 'file', 'x'"),
        ("name,x\n2012/one.txt,1\none.txt,2\n", "rows 2 and 3 are both about '2012/one.txt'"),
        ("name,x\nsame.txt,1\n", "row 2: 'same.txt' could be 2012/same.txt or 2013/same.txt"),
        ("name,Year\ngood.txt,1999\n", "the column 'Year' has the name of a column that every document has; rename it"),
        ("name,a,A\ngood.txt,1,2\n", "the column 'a' is there 2 times"),
        ("name,\ngood.txt,1\n", "column 2 has no name"),
        ("name,x\n,1\n", "row 2 has no name"),
        ("name,x\ngood.txt,1,2\n", "row 2 has 3 values, where the header has 2"),
        ('name,x\n"good.txt,1\n', "no CSV"),
        ("\x89PNG\r\n\x1a\n\0\0\0", "picture"),
    ],
)
def test_metadata_that_cannot_be_joined(inside: Run, folder: Path, tmp_path: Path, table: str, said: str) -> None:
    for year in ("2012", "2013"):
        (folder / year / "same.txt").write_text("同名。\n", "utf-8")
    (tmp_path / "m.csv").write_bytes(table.encode("latin-1"))
    done = inside("index", folder, "-o", "corpus.duckdb", "--metadata", "m.csv")
    assert done.returncode == 2
    assert "--metadata m.csv: " in done.stderr.decode()
    assert said in done.stderr.decode()
    assert names(tmp_path) == ["m.csv", "speeches"]


def test_two_tables_of_metadata_in_one_call(inside: Run, folder: Path) -> None:
    done = inside("index", folder, "-o", "x.duckdb", "--metadata", "one.csv", "--metadata", "other.csv")
    assert done.returncode == 2
    assert "one file a call" in done.stderr.decode()


def test_metadata_are_added_to_earlier_ones(inside: Run, folder: Path, tmp_path: Path) -> None:
    files = {
        "first": "name,party,age,rank\none.txt,甲,50,1\ntwo.txt,乙,60,2\n",
        "second": "name,Age,region\none.txt,,东\ngood.txt,41,西\n",
        "third": "rank,name\n0.5,good.txt\n",
        "fourth": "name,rank\none.txt,首席\n",
        "fifth": "name,rank\none.txt,7\ntwo.txt,8\ngood.txt,9\n",
    }
    sql = "SELECT name, party, age, rank, region FROM documents ORDER BY name"
    found = {}
    for name, table in files.items():
        (tmp_path / f"{name}.csv").write_text(table, "utf-8")
        for _ in range(2):  # the second time changes nothing
            done = inside("index", folder, "-o", "corpus.duckdb", "--metadata", f"{name}.csv")
            assert done.returncode == 0, done.stderr.decode()
            found[name] = rows(tmp_path / "corpus.duckdb", sql if name != "first" else sql.replace(", region", ""))
    one, two, good = "2012/one.txt", "2013/two.txt", "good.txt"
    assert found == {
        "first": [(one, "甲", 50, 1), (two, "乙", 60, 2), (good, None, None, None)],
        "second": [(one, "甲", None, 1, "东"), (two, "乙", 60, 2, None), (good, None, 41, None, "西")],
        "third": [(one, "甲", None, 1.0, "东"), (two, "乙", 60, 2.0, None), (good, None, 41, 0.5, "西")],
        "fourth": [(one, "甲", None, "首席", "东"), (two, "乙", 60, "2.0", None), (good, None, 41, "0.5", "西")],
        "fifth": [(one, "甲", None, 7, "东"), (two, "乙", 60, 8, None), (good, None, 41, 9, "西")],
    }


def test_metadata_without_a_database(inside: Run, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text("name,party\none.txt,甲\ntwo.txt,乙\nnone.txt,丙\n", "utf-8")
    done = inside("freq", folder, "--metadata", "m.csv", "--by", "party", "--where", "party is not null")
    assert done.returncode == 0
    groups = [line.split("\t")[0] for line in done.stdout.decode().splitlines()[1:]]
    assert sorted(set(groups)) == ["乙", "甲"]
    assert "1 rows of the metadata are of no document: none.txt" in done.stderr.decode()
    assert "1 documents have no metadata" in done.stderr.decode()
    assert inside("index", folder, "-o", "corpus.duckdb", "--metadata", "m.csv").returncode == 0
    same = inside("freq", "corpus.duckdb", "--by", "Party", "--where", "party is not null")
    assert same.stdout == done.stdout
    refused = inside("freq", "corpus.duckdb", "--metadata", "m.csv")
    assert (refused.returncode, refused.stdout) == (2, b"")
    assert "cnpolicy index --metadata" in refused.stderr.decode()


def test_a_text_under_two_names_is_told_of(inside: Run, folder: Path) -> None:
    done = inside("index", folder, "-o", "corpus.duckdb")
    assert b"content of another" not in done.stderr
    part = inside("index", folder / "2012", "-o", "corpus.duckdb")
    assert part.returncode == 0
    said = "warning: 1 document has the content of another; each is counted: 2012/one.txt = one.txt\n"
    assert said in part.stderr.decode()
    (folder / "copy.txt").write_text(TEXTS["good.txt"], "utf-8")
    (folder / "empty.txt").write_bytes(b"")
    (folder / "blank.txt").write_bytes(b"")
    assert "copy.txt = good.txt\n" in inside("freq", folder).stderr.decode(), "of empty files nothing is said"


def test_where_each_field_of_a_masthead_stands(inside: Run, folder: Path, tmp_path: Path) -> None:
    (folder / "20150304.txt").write_text("今天开会，会上说了三件事。\n", "utf-8")
    assert inside("index", folder, "-o", "corpus.duckdb", "--as-is").returncode == 0
    found = rows(
        tmp_path / "corpus.duckdb",
        "SELECT name, field, value, start_offset, end_offset, certainty FROM mastheads JOIN documents USING (doc_id)"
        " ORDER BY ALL",
    )
    fields = {(name, field): (value, start, end, certainty) for name, field, value, start, end, certainty in found}
    assert fields["20150304.txt", "date"] == ("2015-03-04", None, None, "inferred")
    for (name, field), (value, start, end, certainty) in fields.items():
        assert certainty in ("certain", "inferred")
        if field in ("title", "issuer"):
            assert TEXTS[name][start:end] == value
    assert TEXTS["2012/one.txt"][slice(*fields["2012/one.txt", "date"][1:3])] == "2012年9月3日"
    for field in ("title", "issuer", "number", "issue", "speaker", "date"):
        shown = rows(tmp_path / "corpus.duckdb", f"SELECT name, {field} FROM documents WHERE {field} IS NOT NULL")
        assert dict(shown) == {name: said[0] for (name, what), said in fields.items() if what == field}


def test_nothing_to_count_is_told(inside: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty.duckdb").write_bytes(b"")
    (tmp_path / "text.DB").write_text("不是数据库\n", "utf-8")
    done = inside("freq", "empty")
    assert done.returncode == 0
    assert b"no text was found" in done.stderr
    for name, said in (("empty.duckdb", "is empty"), ("text.DB", "is none")):
        refused = inside("stats", name)
        assert (refused.returncode, refused.stdout) == (2, b"")
        assert f"{name} is called a database but {said}" in refused.stderr.decode()


def test_columns_with_any_name(inside: Run, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text('name,"a""b; DROP TABLE tokens",select\ngood.txt,1,true\n', "utf-8")
    assert inside("index", folder, "-o", "corpus.duckdb", "--metadata", "m.csv").returncode == 0
    sql = 'SELECT "a""b; DROP TABLE tokens", "select" FROM documents WHERE name = \'good.txt\''
    assert rows(tmp_path / "corpus.duckdb", sql) == [(1, True)]


# ---- conditions ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("yaer > 2012", 'Referenced column "yaer" not found'),
        ("year >", "syntax error"),
        ("", "syntax error"),
        ("year = 'x'", "Could not convert string 'x'"),
        ("true; DROP TABLE tokens", "syntax error"),
        ("true) UNION SELECT 7 WHERE (true", "syntax error"),
        ("name IN (SELECT content FROM read_text('/etc/passwd'))", "disabled by configuration"),
        ("count(*) > 1", "aggregates"),
    ],
)
def test_conditions_that_are_none(inside: Run, folder: Path, where: str, said: str) -> None:
    inside("index", folder, "-o", "corpus.duckdb")
    for source in ("corpus.duckdb", folder):
        done = inside("stats", source, "--where", where)
        assert (done.returncode, done.stdout) == (2, b"")
        assert said in done.stderr.decode()
    assert b"documents\t3\n" in inside("stats", "corpus.duckdb").stdout


def test_a_condition_that_holds_for_no_document(inside: Run, folder: Path) -> None:
    inside("index", folder, "-o", "corpus.duckdb")
    done = inside("stats", "corpus.duckdb", "--where", "year = 1900 -- none")
    assert (done.returncode, b"documents\t0\n" in done.stdout) == (0, True)
    assert b"--where holds for no document" in done.stderr


# ---- wrong usage ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["index", "speeches"], "Missing option '-o'"),
        (["index", "speeches", "-o", "speeches"], "-o takes a file; speeches is a directory"),
        (["index", "speeches", "-o", "no/where.duckdb"], "there is no directory for no/where.duckdb"),
        (["index", "speeches", "-o", "speeches/good.txt"], "is there already and is no corpus database"),
        (["index", "speeches", "-o", "other.duckdb"], "a DuckDB file, but not a corpus database"),
        (["index", "speeches", "-o", "old.duckdb"], "a corpus database of version 0, where this cnpolicy has 3"),
        (["index", "-o", "corpus.duckdb", "--prune"], "--prune needs a PATH"),
        (["index", "speeches", "--jsonl", "-o", "c.duckdb"], "--jsonl reads standard input"),
        (["index", "speeches", "-o", "c.duckdb", "--metadata", "none.csv"], "--metadata none.csv: no such file"),
        (["index", "speeches", "-o", "c.duckdb", "--memory-limit", "much"], "--memory-limit much: "),
        (["stats", "old.duckdb", "speeches"], "old.duckdb is a database; it goes alone"),
        (["stats", "old.duckdb", "--as-is"], "--as-is has nothing to do"),
        (["stats", "old.duckdb", "--encoding", "gbk"], "--encoding has nothing to do"),
    ],
)
def test_wrong_usage(inside: Run, folder: Path, tmp_path: Path, args: list[str], said: str) -> None:
    with duckdb.connect(str(tmp_path / "other.duckdb")) as database:
        database.execute("CREATE TABLE something (x INTEGER)")
    with duckdb.connect(str(tmp_path / "old.duckdb")) as database:
        database.execute(
            "CREATE TABLE meta AS SELECT * FROM (VALUES ('format', 'cnpolicy corpus'), ('version', '0')) t(key, value)"
        )
    before = names(tmp_path)
    done = inside(*args)
    assert (done.returncode, done.stdout) == (2, b"")
    assert said in done.stderr.decode()
    assert names(tmp_path) == before


@pytest.mark.parametrize("name", ["other.duckdb", "old.duckdb", "cut.duckdb", "empty.duckdb"])
def test_a_database_that_cannot_be_read(run: Run, folder: Path, tmp_path: Path, name: str) -> None:
    if name == "cut.duckdb":
        run("index", folder, "-o", name)
        (tmp_path / name).write_bytes((tmp_path / name).read_bytes()[:5000])
    elif name == "empty.duckdb":
        duckdb.connect(str(tmp_path / name)).close()
    else:
        with duckdb.connect(str(tmp_path / name)) as database:
            values = "('format', 'cnpolicy corpus'), ('version', '0')" if name.startswith("old") else "('a', 'b')"
            database.execute(f"CREATE TABLE meta AS SELECT * FROM (VALUES {values}) t(key, value)")
    done = run("stats", name)
    assert (done.returncode, done.stdout) == (3, b"")
    assert f"cnpolicy: {name}: open: " in done.stderr.decode()


def test_words_beside_a_memory_limit(inside: Run, folder: Path) -> None:
    assert inside("index", folder, "-o", "corpus.duckdb", "--memory-limit", "200MB").returncode == 0
    table = inside("stats", "corpus.duckdb", "--memory-limit", "200MB", "--format", "jsonl")
    assert {"section": "corpus", "item": "documents", "value": 3} in [
        json.loads(line) for line in table.stdout.splitlines()
    ]


# ---- the measures --------------------------------------------------------------------------------------------------


@pytest.fixture
def corpus(inside: Run, folder: Path, tmp_path: Path) -> Path:
    """A database of three documents, two with a year."""
    assert inside("index", folder, "-o", "corpus.duckdb", "-q").returncode == 0
    return tmp_path / "corpus.duckdb"


@pytest.mark.parametrize(
    ("args", "columns", "line"),
    [
        (["freq", "--where", "year = 2013"], ["term", "frequency", "per_million"], ["河道", "2"]),
        (["freq", "--by", "year", "--min-length", "2"], ["group", "term", "frequency"], ["2013", "河道", "2"]),
        (["ngrams", "-n", "2..3", "--min-frequency", "2"], ["ngram", "n", "frequency"], ["河道 治理", "2", "2"]),
        (["collocates", "-w", "河道", "--min-frequency", "2"], ["term", "frequency", "left"], ["治理", "2", "0"]),
        (["collocates", "-w", "河道", "--sentence", "--min-frequency", "1"], ["term", "frequency", "left"], None),
        (["keyness", "--where", "year = 2013"], ["term", "frequency_a", "frequency_b"], ["河道", "2", "0"]),
        (["kwic", "-w", "河道 治理"], ["document", "position", "left"], ["2013/two.txt", "2", "在全县"]),
        (["kwic", "-w", "河.", "--regex", "--width", "1"], ["document", "position", "left"], None),
        (["timeline", "-w", "河道"], ["term", "year", "frequency"], ["河道", "2013", "2"]),
    ],
)
def test_measures(
    inside: Run, corpus: Path, folder: Path, args: list[str], columns: list[str], line: list[str] | None
) -> None:
    done = inside(args[0], "corpus.duckdb", *args[1:])
    assert done.returncode == 0, done.stderr.decode()
    table = [row.split("\t") for row in done.stdout.decode().splitlines()]
    assert table[0][: len(columns)] == columns
    assert len(table) > 1
    assert line is None or line in [row[: len(line)] for row in table]
    assert inside(args[0], folder, "-q", *args[1:]).stdout == done.stdout, "the same from the documents themselves"
    drawn = inside(args[0], "corpus.duckdb", *args[1:], "--format", "table", COLUMNS="100")
    assert "──" in drawn.stdout.decode()


def test_words_are_asked_for_in_either_script(inside: Run, corpus: Path) -> None:
    assert len(inside("kwic", corpus, "-w", "糧食收購").stdout.splitlines()) == len(
        inside("kwic", corpus, "-w", "粮食收购").stdout.splitlines()
    )
    assert inside("timeline", corpus, "-w", "全縣").stdout == inside("timeline", corpus, "-w", "全县").stdout


def test_a_second_word_without_its_option_is_asked_about(inside: Run, corpus: Path) -> None:
    done = inside("timeline", corpus, "-w", "河道", "改革")
    assert done.returncode == 2
    assert "改革; if it is a word, it needs a -w of its own" in done.stderr.decode()


def test_keyness_of_two_corpora(inside: Run, corpus: Path, folder: Path) -> None:
    two = inside("keyness", folder / "2013", folder / "2012", "-q", "--sort", "log_ratio")
    assert two.stdout.decode().splitlines()[1].split("\t")[:3] == ["河道", "2", "0"]
    for args in ((), ("corpus.duckdb",), ("a", "b", "c"), (corpus, "corpus.duckdb")):
        assert inside("keyness", *args).returncode == 2


def test_the_documents_nearest_to_one(inside: Run, corpus: Path, folder: Path, tmp_path: Path) -> None:
    (folder / "2013" / "three.txt").write_text("河道治理进展通报\n2013年6月1日\n河道治理进展顺利。\n", "utf-8")
    inside("index", folder, "-o", "corpus.duckdb")
    (tmp_path / "other.txt").write_text("河道治理的另一天。\n", "utf-8")
    near = {"2013/two.txt", "2013/three.txt"}
    for document, expected in (
        ("2013/two.txt", {"2013/three.txt"}),
        (folder / "2013/two.txt", {"2013/three.txt"}),
        ("other.txt", near),
    ):
        done = inside("similar", document, "corpus.duckdb")
        listed = [line.split("\t")[0] for line in done.stdout.decode().splitlines()[1:]]
        assert set(listed[: len(expected)]) == expected
    assert b"no document of the corpus, and no file" in inside("similar", "nothing", "corpus.duckdb").stderr
    assert b"needs a PATH" in inside("similar", "other.txt").stderr


def test_the_last_part_of_a_name_will_do(inside: Run, folder: Path) -> None:
    for year in (2012, 2013):
        (folder / f"{year}/same.txt").write_text(f"{year}年的河道治理工作。\n", "utf-8")
    assert inside("index", folder, "-o", "names.duckdb").returncode == 0
    short = inside("similar", "two.txt", "names.duckdb")
    assert short.returncode == 0
    assert short.stdout == inside("similar", "2013/two.txt", "names.duckdb").stdout != b""
    both = inside("similar", "same.txt", "names.duckdb")
    assert both.returncode == 2
    assert "same.txt could be 2012/same.txt or 2013/same.txt; write the whole name" in both.stderr.decode()


def test_a_phrase_that_is_nowhere(inside: Run, corpus: Path) -> None:
    done = inside("kwic", corpus, "-w", "推进 *")
    assert (done.returncode, done.stdout.count(b"\n")) == (0, 1)
    assert b"no place matches; with --regex" in done.stderr


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["freq", "--pos", "n"], "the corpus has no parts of speech"),
        (["freq", "--by", "colour"], "--by: documents have no column 'colour'"),
        (["freq", "--stopwords", "none.txt"], "none.txt: no such file"),
        (["ngrams", "-n", "two"], "'two' is neither a length (2) nor two (2-4)"),
        (["ngrams", "-n", "7"], "2 to 6"),
        (["collocates", "-w", "河道", "--sentence", "--left", "2"], "--sentence is the whole sentence"),
        (["collocates", "-w", "河道", "--sort", "beauty"], "beauty"),
        (["kwic", "-w", "(", "--regex"], "is no regular expression"),
        (["keyness", "--where", "true"], "corpus B has no word to compare"),
    ],
)
def test_measures_that_cannot_be(inside: Run, corpus: Path, args: list[str], said: str) -> None:
    done = inside(args[0], "corpus.duckdb", *args[1:])
    assert (done.returncode, done.stdout) == (2, b"")
    assert said in done.stderr.decode()


def test_stop_words_of_a_file(inside: Run, corpus: Path, tmp_path: Path) -> None:
    (tmp_path / "stop.txt").write_text("河道\n", "utf-8")
    terms = [
        line.split("\t")[0] for line in inside("freq", corpus, "--stopwords", "stop.txt").stdout.decode().splitlines()
    ]
    assert "治理" in terms
    assert "河道" not in terms
