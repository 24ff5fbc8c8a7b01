"""What cannot be mended is told, changes nothing, and is not seen in good text."""

import subprocess
import sys

import pytest
from test_rules import run, shared

from cnpolicy.findings import Finding
from cnpolicy.repair import STAGE
from cnpolicy.rules import Stage

LOSSES = Stage("losses", tuple(rule_set for rule_set in STAGE.rule_sets if rule_set.name == "losses"))


def told(text: str) -> list[Finding]:
    document = run(LOSSES, text)
    assert document.text == text
    return list(document.findings())


@pytest.mark.parametrize(
    ("text", "rule", "start", "end", "note"),
    [
        ("全镇锟斤拷锟斤拷锟斤拷会议", "gbk-read-as-utf8", 2, 11, "6 bytes of GBK"),
        ("全镇锟斤拷会议", "gbk-read-as-utf8", 2, 5, "2 bytes of GBK"),
        ("乱码有“锟斤拷”等", "gbk-read-as-utf8", 4, 7, "mentioned"),
        ("名单：烫烫烫烫烫", "uninitialised-memory", 3, 8, "byte CC"),
        ("名单：屯屯屯", "uninitialised-memory", 3, 6, "byte CD"),
        ("乱码有“烫烫烫”等", "uninitialised-memory", 4, 7, "mentioned"),
        ("水渠\ufffd条", "replacement-character", 2, 3, "1 place lost"),
        ("水渠\ufffd\ufffd\ufffd\ufffd\ufffd条", "replacement-character", 2, 7, "5 places lost"),
        ("时任总理朱?基出席", "lost-character", 5, 6, "朱镕基"),
        ("时任总理朱？基出席", "lost-character", 5, 6, "朱镕基"),
        ("武汉市?口区", "lost-character", 3, 4, "硚口区"),
        ("镇党委书记李?、副镇长", "lost-character", 6, 7, "from a name"),
        ("出席的有：王小明、周?华、李四", "lost-character", 10, 11, "from a name"),
    ],
)
def test_a_loss_is_told(text: str, rule: str, start: int, end: int, note: str) -> None:
    (finding,) = told(text)
    assert (finding.rule, finding.start, finding.end, finding.certainty) == (rule, start, end, "reported")
    assert note in finding.note


def test_what_microsoft_left_is_what_the_note_says() -> None:
    assert "\ufffd\ufffd".encode().decode("gbk") == "锟斤拷"
    assert b"\xcc\xcc\xcd\xcd\xdd\xdd".decode("gbk") == "烫屯葺"


@pytest.mark.parametrize(
    "text",
    [
        "水很烫，烫烫手；各村屯屯通路，修葺一新。",
        "怎么办?我们要这样办。学什么?怎么学?",
        "王主任说了吗?李四说了。",
        "何?为什么?",
        "会议几点开始？基层的同志问。",
        "朱镕丰同志、彭某某同志",
        "a ? b : c; 见 http://example.org/?q=1",
        "斤斤计较，一斤三两",
    ],
)
def test_good_text_is_not_told(text: str) -> None:
    assert told(text) == []


@pytest.mark.parametrize("name", ["pku_test.utf8", "cityu_test.utf8"])
def test_public_text_is_not_told(name: str) -> None:
    text = shared("data", "icwb2", name).read_text("utf-8-sig")
    assert told(text) == []
    assert told(text.replace("？", "?")) == []


def test_explain_warns_of_what_no_rule_could_undo() -> None:
    text = "鎮卞叆瀛ｅ範贯彻" * 20
    done = subprocess.run([sys.executable, "-m", "cnpolicy", "explain"], input=text.encode(), capture_output=True)
    assert done.returncode == 0
    assert "no rule could undo" in done.stderr.decode()
