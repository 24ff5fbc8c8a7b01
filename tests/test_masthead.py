"""Mastheads: hand-marked documents of every kind, and what must hold for any text."""

import json
import time
from datetime import date
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnpolicy import clean
from cnpolicy.masthead import Field, Masthead, read

CASES = Path(__file__).parent / "cases" / "masthead.jsonl"
ROUNDS = Path(__file__).parent / "cases" / "masthead_rounds.jsonl"
SAMPLES = Path(__file__).parent / "samples" / "clean"
SEEDS = Path(__file__).resolve().parents[2] / "shared" / "seeds"
FIELDS = Masthead._fields


class Case(NamedTuple):
    """A document and its fields as a reader marked them.

    Odd lines were developed on; every document that was read wrong at first and led to a change is among them. The even
    ones led to none, so they guard what works and do not tell how well unknown documents are read. That was measured as
    the documents were written, in six lots, each read once before anything was changed for it: of 292 marked fields
    92 % were found, of 281 given ones 96 % were right.
    """

    label: str
    name: str
    text: str
    fields: dict[str, str | None]


def load(path: Path) -> list[Case]:
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    return [Case(row["label"], row["name"], row["text"], {field: row[field] for field in FIELDS}) for row in rows]


@cache
def cases() -> list[Case]:
    return load(CASES)


@cache
def rounds() -> list[Case]:
    """Return sixteen sets of 24 to 100 documents (the label's first figure), written one after the other.

    Each was marked before it was read, read once, and then developed on: what they say of unknown documents is what
    they said the first time. Of the fields that were marked, these shares were found, and of those given, right:
    .78 and .93; .92 and .99; .92 and .97; .90 and .96; .86 and .96; .98 and .98; .93 and .97.
    The fourth and fifth have the oddest layouts; the sixth has the plainest. Of the last two together (73 documents,
    235 fields) .957 were found, and .978 of those given were right. The eighth and ninth (62 documents, 132 fields)
    were written to mislead: signatures and numbers that are quoted, columns above titles, texts without a masthead.
    Of them .92 were found, and .94 of those given were right.
    The tenth to fifteenth have every kind, many of them odd: .88 and .95; .88 and .94; .84 and .90; .93 and .95;
    .96 and 1.00; .88 and .95. The fourteenth has the plainest of these. In the last three together (88 documents,
    259 fields) .927 were found, and .968 of those given were right. Eight of 550 marks in these six sets were against
    the conventions of cnpolicy.masthead and were put right before these shares were taken. The sixteenth has
    mostly ordinary layouts (100 documents, 328 fields): .942 and .972, five marks having been put right.
    """
    return load(ROUNDS)


def values(found: Masthead) -> dict[str, str | None]:
    return {field: None if value is None else value.value for field, value in found._asdict().items()}


def score(chosen: list[Case]) -> tuple[float, float]:
    """Return the share of marked fields that were given right, and of given fields that were right."""
    marked = given = right = 0
    for case in chosen:
        found = values(read(case.text, case.name))
        marked += sum(value is not None for value in case.fields.values())
        given += sum(value is not None for value in found.values())
        right += sum(value is not None and value == case.fields[field] for field, value in found.items())
    return right / marked, right / given


def check_spans(text: str, found: Masthead) -> None:
    for field in found:
        if field is None:
            continue
        assert field.value == field.value.strip() != ""
        assert field.certainty in ("certain", "inferred")
        if field.start < 0:
            assert (field.start, field.end, field.certainty) == (-1, -1, "inferred")
        else:
            assert 0 <= field.start < field.end <= len(text)


# What no rule reads: a month behind an office in brackets, short titles of stories that begin with a colon, and a name
# before a post, for a place can look like one (石家庄副市长).
UNREAD = {"8-21-lecture", "8-36-signature-in-quote", "9-23-quoted-letter", "14-07-speech-vice-governor-recorded"}


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, marks=[pytest.mark.xfail(strict=True)] if case.label in UNREAD else [], id=case.label)
        for case in (*cases(), *rounds())
    ],
)
def test_case(case: Case) -> None:
    found = read(case.text, case.name)
    assert values(found) == case.fields
    check_spans(case.text, found)


def test_labels_are_unique() -> None:
    labels = [case.label for case in (*cases(), *rounds())]
    assert len(set(labels)) == len(labels) >= 60


@pytest.mark.parametrize("first", [0, 1], ids=["developed-on", "held-out"])
def test_floors(first: int) -> None:
    recall, precision = score(cases()[first::2])
    assert recall >= 0.95
    assert precision >= 0.99


def test_floors_of_rounds() -> None:
    recall, precision = score(rounds())
    assert recall >= 0.99
    assert precision >= 0.99


@pytest.mark.parametrize("field", FIELDS)
def test_every_field_is_marked_and_left_out_often_enough_to_be_judged(field: str) -> None:
    marked = [case.fields[field] is not None for case in cases()]
    assert sum(marked) >= 10
    assert len(marked) - sum(marked) >= 10


@pytest.mark.parametrize(
    ("written", "iso"),
    [
        ("2010年8月25日", "2010-08-25"),
        ("2010年08月25日", "2010-08-25"),
        ("２０１０年８月２５日", "2010-08-25"),
        ("2010 年 8 月 25 日", "2010-08-25"),
        ("二〇一〇年八月二十五日", "2010-08-25"),
        ("二○一○年八月二十五日", "2010-08-25"),
        ("二零一零年八月廿五日", "2010-08-25"),
        ("二OO九年十月三十一日", "2009-10-31"),
        ("二０一０年十二月三日", "2010-12-03"),
        ("2010-08-25", "2010-08-25"),
        ("2010/8/25", "2010-08-25"),
        ("2010.8.25", "2010-08-25"),
        ("民國九十九年八月廿五日", "2010-08-25"),
        ("中華民國99年8月25日", "2010-08-25"),
        ("中華民國一百零二年元月一日", "2013-01-01"),
        ("民國一〇二年五月七日", "2013-05-07"),
        ("2010年8月25日 星期三", "2010-08-25"),
        ("（2010年8月25日，某县）", "2010-08-25"),
        ("2010年8月25日至26日", "2010-08-25"),
        ("2010年8月", "2010-08"),
        ("二〇一〇年八月", "2010-08"),
        ("2012年2月29日", "2012-02-29"),
        ("2010年2月29日", None),
        ("2010年13月1日", None),
        ("2010年0月1日", None),
        ("2010-08/25", None),
        ("12010-08-25", None),
        ("2010年度", None),
        ("0010年8月25日", None),
    ],
)
def test_date_below_a_title(written: str, iso: str | None) -> None:
    text = f"在全县林长制工作会议上的讲话\n{written}\n同志们：\n今天开个短会。\n"
    found = read(text).date
    assert (found and found.value) == iso
    if found:
        assert text[found.start : found.end].strip("（）") in written


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("某委〔2010〕96号", "某委〔2010〕96号"),
        ("某委[2010]96号", "某委〔2010〕96号"),
        ("某委［２０１０］９６号", "某委〔2010〕96号"),
        ("某委(2010)96号", "某委〔2010〕96号"),
        ("某委（2010）96号", "某委〔2010〕96号"),
        ("某委【2010】96号", "某委〔2010〕96号"),
        ("某委 〔2010〕 96 号", "某委〔2010〕96号"),
        ("某委〔2010〕第96号", "某委〔2010〕96号"),
        ("某委〔二○一○〕九十六号", "某委〔2010〕96号"),
        ("某委发2010第96号", "某委发〔2010〕96号"),
        ("某府农字第0990123456號", "某府农字第0990123456號"),
        ("（某委〔2010〕96号）", "某委〔2010〕96号"),
        ("某委〔2010〕96号 签发人：张某", "某委〔2010〕96号"),
        ("门牌2010弄96号", None),
        ("根据某委〔2010〕96号的要求", None),
    ],
)
def test_number_below_a_letterhead(written: str, normal: str | None) -> None:
    text = f"中共某县委文件\n{written}\n关于做好春耕工作的通知\n各乡镇党委：\n现将有关事项通知如下。\n"
    assert values(read(text))["number"] == normal


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("第96期", "第96期"),
        ("第 96 期", "第96期"),
        ("（第九十六期）", "第96期"),
        ("第096期", "第96期"),
        ("总第120期", "总第120期"),
        ("第12期（总第120期）", "第12期（总第120期）"),
        ("2012年第3期 总第86期", "2012年第3期（总第86期）"),
        ("〔2012〕第3期", "2012年第3期"),
        ("第3-4期", "第3-4期"),
        ("增刊", "增刊"),
        ("增刊第2期", "增刊第2期"),
        ("第5期增刊", "第5期增刊"),
        ("第三季度", None),
        ("第一期工程竣工", None),
    ],
)
def test_issue_below_a_name(written: str, normal: str | None) -> None:
    text = f"水利工作简报\n{written}\n某县水利局办公室 2010年8月25日\n渠道通了\n入夏以来，全县修通渠道三十里。\n"
    assert values(read(text))["issue"] == normal


@pytest.mark.parametrize(
    ("name", "iso"),
    [
        ("20100825.txt", "2010-08-25"),
        ("a/b/t20100825_96.htm", "2010-08-25"),
        ("讲话2010年8月25日.txt", "2010-08-25"),
        ("2010-8-25 讲话.txt", "2010-08-25"),
        ("2010-08.txt", "2010-08"),
        ("2010.txt", "2010"),
        ("2010/17.txt", "2010"),
        ("2011/20100825.txt", "2010-08-25"),
        ("20101399.txt", None),
        ("120100825.txt", None),
        ("000_4e3612991b6462a1.txt", None),
        ("2010a.txt", None),
        ("", None),
    ],
)
def test_file_name_is_the_last_resort(name: str, iso: str | None) -> None:
    body = "会议要求，各地抓紧落实。\n"
    found = read(body, name).date
    assert (found and found.value) == iso
    dated = "在全县林长制工作会议上的讲话\n（2003年5月6日）\n同志们：\n" + body
    assert values(read(dated, name))["date"] == "2003-05-06"


def test_which_of_several_dates_wins() -> None:
    lines = {
        "below the title": "（2010年8月25日）",
        "signature": "某县人民政府\n2010年8月26日",
        "printed": "某县人民政府办公室 2010年8月27日印发",
        "published": "发布时间：2010-08-28",
    }
    days = {"below the title": 25, "signature": 26, "printed": 27, "published": 28}
    for left in range(len(lines) + 1):
        kept = dict(list(lines.items())[left:])
        parts = ["关于表彰先进的决定", kept.get("published"), kept.get("below the title"), "现决定如下。"]
        text = "\n".join(part for part in [*parts, kept.get("signature"), kept.get("printed")] if part)
        best = next((days[kind] for kind in kept), 29)
        assert values(read(text, "2010-08-29.txt"))["date"] == f"2010-08-{best}"


def test_spans_are_the_evidence() -> None:
    text = "某县人民政府文件\n某政〔2010〕9号\n关于做好春耕工作的通知\n各乡镇：\n请抓紧。\n某县人民政府\n2010年3月1日\n"
    found = read(text)
    assert {field: text[value.start : value.end] for field, value in found._asdict().items() if value} == {
        "title": "关于做好春耕工作的通知",
        "issuer": "某县人民政府文件",
        "number": "某政〔2010〕9号",
        "date": "2010年3月1日",
    }


def test_blank_lines_and_indentation_change_no_value() -> None:
    for case in cases():
        loose = "\n\n" + "".join(f"　　{line}　\r\n\r\n" for line in case.text.splitlines())
        found = read(loose, case.name)
        check_spans(loose, found)
        assert values(found) == case.fields, case.label


def test_a_long_text_between_head_and_tail_changes_no_value() -> None:
    case = next(case for case in cases() if case.label == "notice-full")
    lines = case.text.splitlines(keepends=True)
    filler = "各地要把责任落实到人，2009年3月4日以来的做法要坚持。\n" * 5_000
    text = "".join(lines[:6]) + filler + "".join(lines[6:])
    assert values(read(text)) == case.fields


def test_bodies_alone_have_no_masthead() -> None:
    """Pieces of documents from behind their heads have no issuer, number, issue, speaker or date."""
    for path in SAMPLES.glob("*.txt"):
        lines = path.read_text("utf-8").splitlines()[7:-4]
        for start in range(len(lines)):
            found = read("\n".join(lines[start : start + 6]))
            assert found._replace(title=None) == Masthead(), path.name


PIECES = st.sampled_from(
    [
        *(
            "2010年8月25日",
            "二〇一〇年",
            "民國九十九年",
            "第",
            "期",
            "总第120期",
            "增刊",
            "〔2010〕",
            "96号",
            "某委",
            "令\n",
            "文件\n",
        ),
        *(
            "某县人民政府",
            "办公室",
            "编",
            "关于",
            "的通知\n",
            "在大会上的讲话\n",
            "张某",
            "同志",
            "县长",
            "：",
            ":",
            "（",
            "）",
            "\n",
            "\n\n",
        ),
        *(
            "发文字号：",
            "来源：",
            "发布时间：",
            "主旨：",
            "附件",
            "附件：\n",
            "印发",
            "。",
            "——",
            " ",
            "　",
            "《",
            "》",
            "\r",
            "\x00",
            "\ud800",
        ),
    ]
)


@given(st.one_of(st.text(), st.lists(PIECES, max_size=40).map("".join)), st.text(max_size=20))
def test_any_text_gives_spans_within_it(text: str, name: str) -> None:
    check_spans(text, read(text, name))


@given(st.lists(PIECES, max_size=30).map("".join))
def test_same_text_same_answer(text: str) -> None:
    assert read(text) == read(text)


@given(st.dates(min_value=date(1949, 10, 1), max_value=date(2099, 12, 31)))
def test_every_day_is_read_in_every_form(day: date) -> None:
    numerals = "〇一二三四五六七八九"

    def count(number: int) -> str:
        tens, ones = divmod(number, 10)
        return ("" if tens == 0 else "十" if tens == 1 else numerals[tens] + "十") + (numerals[ones] if ones else "")

    year = "".join(numerals[int(digit)] for digit in str(day.year))
    for written in (
        f"{day.year}年{day.month}月{day.day}日",
        f"{year}年{count(day.month)}月{count(day.day)}日",
        f"民國{day.year - 1911}年{day.month}月{day.day}日",
        day.isoformat(),
    ):
        text = f"在大会上的讲话\n{written}\n同志们：\n现在开会。\n"
        assert values(read(text))["date"] == day.isoformat()


HOSTILE = [
    "（",
    "年",
    "一",
    "1",
    " ",
    "〔",
    "第",
    "总第",
    "—",
    "某",
    "王",
    "县",
    "委",
    "、",
    "中华民国",
    "2010年",
    "主任",
    "张某主任",
    "\n附",
    "：",
    "来源：",
]


@pytest.mark.parametrize("piece", HOSTILE, ids=repr)
@pytest.mark.parametrize("frame", ["{}", "{}日", "在会上的讲话\n{}\n", "第1期\n{}办", "\n".join(["{}"] * 20)], ids=repr)
def test_hostile_repetitions_take_no_time(piece: str, frame: str) -> None:
    for size in (90, 300, 3_000, 300_000):
        text = (
            frame.format(*[piece * (size // len(piece))] * 20) if size < 300_000 else frame.replace("{}", piece * size)
        )
        start = time.process_time()
        check_spans(text, read(text))
        # 80 ms was measured for the longest, of 24 million characters; a search that goes back would take minutes.
        assert time.process_time() - start < 0.5


@pytest.mark.skipif(not SEEDS.is_dir(), reason="the real files are not part of the repository")
@pytest.mark.parametrize(
    ("file", "marked"),
    [
        ("000", {"issue": "第96期", "issuer": "领导小组办公室", "date": "2010-08-25"}),
        ("001", {"speaker": "毛祚松"}),
        ("002", {"issue": "第98期", "issuer": "领导小组办公室", "date": "2010-08-30"}),
        ("003", {"speaker": "吴斌"}),
        ("004", {}),
    ],
)
def test_real_file(file: str, marked: dict[str, str]) -> None:
    (path,) = SEEDS.glob(f"{file}_*.txt")
    text = clean(path.read_bytes(), name=path.name).text
    found = values(read(text, path.name))
    # Of the title and the office, only where they stand and how they end: they are long.
    title = found.pop("title")
    assert title is not None
    lines = text.split("\n")
    assert title.split(" ")[0] in " ".join(lines[:6])
    if "issuer" in marked:
        issuer = found["issuer"]
        assert issuer in lines[:4]
        assert issuer is not None
        assert issuer.endswith(marked["issuer"])
        found["issuer"] = marked["issuer"]
    assert found == dict.fromkeys(FIELDS[1:]) | marked


def test_fields_are_what_the_index_stores() -> None:
    assert FIELDS == ("title", "issuer", "number", "issue", "speaker", "date")
    assert Field._fields == ("value", "start", "end", "certainty")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "教学安排\n正文说明如下。\n教务处、学生处、财务处\n2012年3月1日\n",
            {"issuer": "教务处 学生处 财务处", "date": "2012-03-01"},
        ),
        ("春耕全面展开\n某县广播电视台 王小明\n春耕开始了，人人都在地里，机器响成一片。\n", {"title": "春耕全面展开"}),
        (
            f"关于某事的通知\n（2012年3月1日）\n各单位：\n{'甲' * 120}。\n某县农业局\n",
            {"title": "关于某事的通知", "issuer": "某县农业局", "date": "2012-03-01"},
        ),
        (
            "某某办法\n（1989年2月21日由某县人民政府发布）\n第一条　为了管理。\n",
            {"title": "某某办法", "issuer": "某县人民政府", "date": "1989-02-21"},
        ),
        (
            "某市人民政府文件　某政发〔2012〕5号　关于加强道路管理的通知　各县区人民政府　市直各单位：\n现通知如下。\n",
            {"title": "关于加强道路管理的通知", "issuer": "某市人民政府", "number": "某政发〔2012〕5号"},
        ),
        (
            "简报\n第3期\n某县信息科　编发　签发：何志远　2006年5月8日\n一早就开门\n一早，门开了，来的人真不少呀。\n",
            {"title": "一早就开门", "issuer": "某县信息科", "issue": "第3期", "date": "2006-05-08"},
        ),
        (
            "某縣政府 函\n發文字號：臺90經字第066218號\n主旨：請查照\n",
            {"title": "請查照", "issuer": "某縣政府", "number": "臺90經字第066218號"},
        ),
        (
            "專題會議紀要\n某府辦〔2012〕5號\n關於某路改造的會議紀要\n會議由縣長主持，議定如下。\n",
            {"title": "關於某路改造的會議紀要", "number": "某府辦〔2012〕5號"},
        ),
    ],
)
def test_what_forms_are_told_apart(text: str, expected: dict[str, str]) -> None:
    assert {field: value for field, value in values(read(text)).items() if value is not None} == expected
