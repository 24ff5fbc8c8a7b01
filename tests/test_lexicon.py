"""The vocabulary of policy: its tables, the words that it keeps together, and the words around them."""

import itertools

import pytest

from cnpolicy import tables
from cnpolicy.segment import Settings, segment, segmenter
from cnpolicy.tables import build_policy


@pytest.mark.parametrize("name", ["lexicon", "places"])
def test_table_is_sorted_and_complete(name: str) -> None:
    rows = [row for _, row in tables.rows(name)]
    words = [row[0] for row in rows]
    assert all(one < other for one, other in itertools.pairwise(words))
    for word, kind, year, source in rows:
        assert 2 <= len(word) <= 20
        assert word == word.strip()
        assert kind in build_policy.CLASSES
        assert year == "-" or 1921 <= int(year) <= 2030
        assert source


def test_tables_are_large_enough_and_apart() -> None:
    words = [row[0] for name in ("lexicon", "places") for _, row in tables.rows(name)]
    assert len(set(words)) == len(words) >= 4000


def test_built_table_comes_out_as_it_lies_here() -> None:
    assert build_policy.build() == (tables.FOLDER / "policy.tsv").read_text("utf-8")


def test_every_word_is_one_word_in_a_sentence() -> None:
    cutter = segmenter(Settings())
    words = [row[0] for name in ("lexicon", "places") for _, row in tables.rows(name)]
    whole = sum(word in cutter.words(f"会议指出，{word}，要认真抓好。") for word in words)
    assert whole == len(words)
    inside = sum(word in cutter.words(f"要围绕{word}来开展工作") for word in words)
    assert inside / len(words) > 0.98


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("从事研究生命科学", "从事 研究 生命科学"),
        ("他二十四五岁", "他 二十四五岁"),
        ("这两会儿工夫", "这 两会儿 工夫"),
        ("农民进城务工", "农民 进城 务工"),
        ("人民进行选举", "人民 进行 选举"),
        ("项目办理完毕", "项目 办理 完毕"),
        ("首创城市品牌", "首创 城市 品牌"),
        ("市政府办公大楼", "市政府 办公大楼"),
        ("城市政策研究", "城市 政策 研究"),
        ("农村委托加工", "农村 委托 加工"),
        ("县政协调会", "县政 协调会"),
        ("地区委派干部", "地区 委派 干部"),
        ("部长期间的工作", "部长 期间 的 工作"),
        ("发展中国家庭农场", "发展 中国 家庭农场"),
        ("结合成分子时", "结合 成 分子 时"),
        ("协会干事业", "协会 干事业"),
        ("整改作风问题", "整改 作风 问题"),
        ("交流调查结果", "交流 调查结果"),
        ("学前教育局面", "学前教育 局面"),
    ],
)
def test_words_around_stay_whole(text: str, words: str) -> None:
    plain = segment(text, lexicon="none")
    assert segment(text) in (plain, words.split())


def test_without_the_lexicon_it_is_jieba() -> None:
    assert segment("跨越式发展", lexicon="none", split_numbers=True) == ["跨越式", "发展"]
    assert segment("跨越式发展") == ["跨越式发展"]
