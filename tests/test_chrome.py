"""Lines that recur at the edges of a folder's documents are found, listed for a person, and removed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnpolicy.chrome import Edges, edges, find_recurring, generalise, matches, read_list, reason_to_keep, write_list

TEXTS = [
    f"某某县政府网站 - 党建频道\n浏览： {n * 37} 次\n第{n}次工作会议\n同志们：\n"
    f"这是第{n}篇的内容{'很长' * n}。\n办好{'实事' * n}。\n谢谢大家！\n2010年{n}月3日\n邮箱 a*b@example.cn\n"
    for n in range(1, 9)
]


def listed(texts: list[str], least: int = 3, share: float = 0.0, folder: str = "site") -> list[str]:
    found = find_recurring(((f"{folder}/{n}.txt", edges(text)) for n, text in enumerate(texts)), least, share)
    return [one.line for one in found if not one.reason]


def test_what_the_site_put_there_is_listed_and_what_documents_have_is_commented_out() -> None:
    assert set(listed(TEXTS)) == {"某某县政府网站 - 党建频道", "浏览： * 次", r"邮箱 a\*b@example.cn"}
    text = "".join(write_list(find_recurring(((f"{n}", edges(text)) for n, text in enumerate(TEXTS)), 3, 0)))
    assert "\n# 同志们：\n" in text
    assert "\n# *年*月*日\n" in text
    assert "(8 documents)" in text
    assert set(read_list(text)) == set(listed(TEXTS))


def test_a_line_must_recur_in_one_folder() -> None:
    assert listed(TEXTS[:2]) == []
    assert listed(TEXTS, share=1.1) == []
    apart = find_recurring(((f"{n}/a.txt", edges(text)) for n, text in enumerate(TEXTS)), 2, 0)
    assert apart == []


def test_the_middle_of_a_text_is_not_looked_at() -> None:
    body = [f"段落{chr(0x4E00 + n)}" for n in range(30)]
    texts = ["\n".join([*(line + chr(0x5000 + n) for line in body[:15]), "中间一行", *body[:15]]) for n in range(5)]
    assert "中间一行" not in listed(texts)


def test_short_texts_have_edges_that_do_not_overlap() -> None:
    assert edges("") == Edges((), ())
    assert edges("一行\n") == Edges((), ())
    assert edges("甲\n\n乙\n丙") == Edges(("甲",), ("丙",))


@pytest.mark.parametrize(
    ("line", "pattern", "fits"),
    [
        ("浏览： 31 次", "浏览： * 次", True),
        ("　浏览：\u3000\u300031 次\t", "浏览： * 次", True),
        ("浏览： 31 次。", "浏览： * 次", False),
        ("a*b", r"a\*b", True),
        ("axb", r"a\*b", False),
        (r"C:\x", r"C:\\x", True),
        ("首页 > 要闻 > 正文", "首页*正文", True),
        ("首页正文", "首页*正文", True),
        ("首页正", "首页正*正", False),
        ("一二三", "*二*", True),
    ],
)
def test_patterns(line: str, pattern: str, fits: bool) -> None:
    assert matches(line, (pattern,)) is fits


@given(st.text(alphabet="年月0123456789*\\\\# \u3000abc", max_size=20))
def test_every_line_fits_its_own_pattern(line: str) -> None:
    assert matches(line, (generalise(line),))


@given(st.text(alphabet="ab*", max_size=8), st.text(alphabet="ab", max_size=12))
def test_wildcards_agree_with_a_regular_expression(pattern: str, line: str) -> None:
    import re

    assert matches(line, (pattern,)) == bool(re.fullmatch(pattern.replace("*", ".*"), line))


@pytest.mark.parametrize("text", ["*\n", "正文\n ** \n"])
def test_a_pattern_that_fits_every_line_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="would remove any line"):
        read_list(text)


def test_many_wildcards_are_matched_in_linear_time() -> None:
    assert not matches("a" * 100 + "b", ("*a" * 50 + "*c",))


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("*年*月*日", "a date"),
        ("（二○一○年三月五日）", "a date"),
        ("各位代表、同志们：", "a salutation"),
        ("尊敬的各位来宾：", "a salutation"),
        ("同志们：", "a salutation"),
        ("大家好！", "a sentence"),
        ("青办发〔*〕*号", "the number of an issue or a document"),
        ("总第*期", "the number of an issue or a document"),
        ("一、总体要求", "a heading"),
        ("第一章 总则", "a heading"),
        ("主题词：农业 会议 通知", "a heading"),
        ("谢谢大家", "thanks or a wish"),
        ("抄送：各乡镇", "whom it is sent to"),
        ("共印*份", "whom it is sent to"),
        ("农村工作简报", "a title"),
        ("转发县委《关于春季造林的通知", "a title"),
        ("青禾县人民政府", "an office or a signature"),
        ("会议指出，要把责任落实到每一个岗位上，抓紧抓好。", "a sentence"),
        ("青山绿水", "nothing in it tells that a site put it there"),
        ("浏览次数：* 次", ""),
        ("青禾县政府网", ""),
        ("青禾信息平台", ""),
        ("首页 > 要闻", ""),
        ("【打印】【关闭】", ""),
        ("热门范文，免费下载，欢迎收藏本站，每天更新！", ""),
    ],
)
def test_a_line_is_left_out_for_a_reason(line: str, reason: str) -> None:
    assert reason_to_keep(line) == reason


def test_the_list_as_it_is_takes_nothing_of_a_text() -> None:
    text = "".join(write_list(find_recurring(((f"{n}", edges(text)) for n, text in enumerate(TEXTS)), 3, 0)))
    assert "left out: a salutation\n# 同志们：\n" in text
    in_force = read_list(text)
    for own in ("同志们：", "第3次工作会议", "谢谢大家！", "2010年3月3日"):
        assert not matches(own, in_force)
