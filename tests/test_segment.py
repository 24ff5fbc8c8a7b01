"""Words: the law that none is lost, and the promise that they are jieba's."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, assume, example, given, settings
from hypothesis import strategies as st

from cnpolicy.convert import to_simplified
from cnpolicy.segment import (
    EngineName,
    Segmenter,
    Settings,
    UserWord,
    engines,
    flags,
    read_user_words,
    segment,
    segmenter,
    spans,
    words_of_segmented,
)
from cnpolicy.segment.engines import Dictionary, UnknownWords, import_jieba
from cnpolicy.segment.flags import codes
from cnpolicy.segment.spans import protected

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"


def cases(name: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in (ROOT / "tests/cases" / name).read_text("utf-8").splitlines()]


# The package has a function of the same name.
module = sys.modules["cnpolicy.segment"]


@cache
def jieba_itself() -> Any:
    """jieba's tokenizer, made without any code of ours but the silent import."""
    jieba = import_jieba()
    tokenizer = jieba.Tokenizer()
    with Path(jieba.__file__).with_name("dict.txt").open("rb") as dictionary:
        tokenizer.FREQ, tokenizer.total = tokenizer.gen_pfdict(dictionary)
    tokenizer.initialized = True
    return tokenizer


@cache
def dictionary_words() -> list[str]:
    words = [word for word, frequency in jieba_itself().FREQ.items() if frequency]
    return words[:: len(words) // 5000]


@cache
def unknown_words() -> UnknownWords:
    return UnknownWords()


def plain(engine: EngineName = "rjieba", hmm: bool = True) -> Segmenter:
    """A segmenter that cuts as jieba does."""
    return segmenter(Settings(engine, hmm, split_numbers=True, lexicon="none"))


# What the engines disagree on when left alone: ASCII runs with joints, names of repeated characters, rare Han.
pieces = st.one_of(
    st.text("aZ09.-_%+#&", max_size=8),
    st.text("王李张刘鑫淼犇明华强", max_size=8),
    st.text("一二三四五六七八九十百千万亿的在是了不人", max_size=8),
    st.text("發展黨國務院台灣乾隆著作后後", max_size=6),
    st.text("㐂𠮷鿰豈々〇①①＋，。！？…“”\r\n\t \u3000\x00\x85\u2028", max_size=4),
    st.text(max_size=4),
    st.deferred(lambda: st.sampled_from(dictionary_words())),
)
texts = st.lists(pieces, max_size=12).map("".join)


def without_space(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize("case", cases("segment.jsonl"), ids=lambda case: case["label"])
def test_plain_case(case: dict[str, str]) -> None:
    assert case["expect"] == "pass"
    assert plain().lines(case["before"]) == case["after"]


@given(texts, st.booleans())
def test_no_character_is_lost(text: str, hmm: bool) -> None:
    cutter = plain(hmm=hmm)
    assert "".join(cutter.tokens(text)) == text
    assert "".join(cutter.words(text)) == without_space(text)
    assert cutter.words(text) == [token for token in cutter.tokens(text) if not token.isspace()]
    assert "" not in cutter.tokens(text)


@settings(max_examples=200)
@given(texts, st.booleans())
def test_words_are_those_of_jieba(text: str, hmm: bool) -> None:
    shadow = to_simplified(text)
    assert len(shadow) == len(text)
    ends = list(accumulate(map(len, jieba_itself().cut(shadow, HMM=hmm))))
    assert list(accumulate(map(len, plain(hmm=hmm).tokens(text)))) == ends
    assert plain(engine="jieba", hmm=hmm).tokens(text) == plain(hmm=hmm).tokens(text)


@settings(max_examples=250)
@given(st.text("王李张刘鑫淼犇明华强的在是不常" + "龘靐鱻", min_size=1, max_size=24))
def test_unknown_words_are_those_of_jieba(run: str) -> None:
    import_jieba()
    from jieba import finalseg

    assert unknown_words().cut(run) == list(finalseg.cut(run))


def corpora() -> list[Path]:
    samples = sorted((ROOT / "tests/samples").rglob("*.txt"))
    return [*samples, *sorted(SHARED.glob("data/icwb2/*_test.utf8")), *sorted(SHARED.glob("data/negatives/*.txt"))]


@pytest.mark.parametrize("path", corpora(), ids=lambda path: path.name)
def test_engines_agree_on_every_line(path: Path) -> None:
    differing = []
    lines = path.read_text("utf-8").splitlines()
    for line in lines:
        shadow = to_simplified(line)
        for hmm in (True, False):
            ours = plain(hmm=hmm).tokens(shadow)
            if ours != jieba_itself().lcut(shadow, HMM=hmm):
                differing.append(line)
    assert lines
    assert differing == []


@given(st.one_of(texts, st.deferred(lambda: numbers), st.deferred(lambda: names)), st.booleans())
def test_long_texts_and_their_pieces_are_cut_as_short_ones(text: str, hmm: bool) -> None:
    for cutter in (plain(hmm=hmm), segmenter(Settings(hmm=hmm))):
        whole, lines = cutter.tokens(text), cutter.lines(text)
        with pytest.MonkeyPatch.context() as patch:
            for place in (engines, flags, spans):
                patch.setattr(place, "SHORT", 0)
            assert cutter.tokens(text) == whole
            patch.setattr(engines, "_LEAST_TOGETHER", 0)
            assert cutter.tokens(text) == whole
            patch.setattr(engines, "CHUNK", 1)
            patch.setattr(module, "PIECE", 1)
            assert cutter.tokens(text) == whole
            assert cutter.lines(text) == lines


def test_a_long_word_has_its_length() -> None:
    text = "编号" + "x1" * 400 + "的文件"
    assert segment(text) == ["编号", "x1" * 400, "的", "文件"]


def test_long_runs_take_linear_time() -> None:
    for run in ("淼" * 200_000, "a." * 200_000, "的" * 200_000):
        assert "".join(segment(run)) == run


@given(texts)
def test_lines_stay_lines(text: str) -> None:
    assume(not re.search("\r[^\\S\r\n]+\n", text))  # without its space, that is one line end
    made = plain().lines(text)
    assert without_space(made) == without_space(text)
    ends = [end for end in ("\r\n", "\n", "\r") if end in text]
    for end in ends:
        assert made.count(end) == text.count(end)
    assert "  " not in made
    assert words_of_segmented(made) == [
        "\n" if token in ("\r\n", "\n", "\r") else token
        for token in plain().tokens(text)
        if token in ("\r\n", "\n", "\r") or not token.isspace()
    ]


@given(texts)
def test_segmenting_again_keeps_every_boundary(text: str) -> None:
    once = plain().lines(text).split()
    again = plain().lines(" ".join(once)).split()
    assert set(accumulate(map(len, once))) <= set(accumulate(map(len, again)))


def test_traditional_words_are_cut_where_simplified_ones_are() -> None:
    assert segment("鞏固脫貧攻堅成果") == ["鞏固", "脫貧攻堅", "成果"]
    assert segment("巩固脱贫攻坚成果") == ["巩固", "脱贫攻坚", "成果"]


def test_segmented_text_is_read_back() -> None:
    assert words_of_segmented("") == []
    assert words_of_segmented("\n") == ["\n"]
    assert words_of_segmented(" 甲  乙 \r\n\t丙\u3000丁") == ["甲", "乙", "\n", "丙", "丁"]


SPANS = [*cases("segment_spans.jsonl"), *cases("segment_spans_negatives.jsonl")]


@pytest.mark.parametrize("case", SPANS, ids=lambda case: case["label"])
def test_what_is_one_word(case: dict[str, str]) -> None:
    assert case["expect"] == "pass"
    assert segmenter().lines(case["before"]) == case["after"]


numbers = st.text(
    "0158０９.,%-－—~+年月日号万亿元米公里〔［[]〕］】二〇一三四五双个新强好轴“”‘’ htps:/w@aX", max_size=24
)


@given(st.one_of(texts, numbers))
def test_spans_lose_nothing_and_are_in_order(text: str) -> None:
    assert "".join(segmenter().tokens(text)) == text
    done = 0
    for start, end in protected(text, lambda _: False):
        assert done <= start < end <= len(text)
        assert not any(map(str.isspace, text[start:end]))
        done = end


@given(numbers)
def test_around_spans_words_are_those_of_jieba(text: str) -> None:
    fast, slow = segmenter(), segmenter(Settings("jieba"))
    assert fast.tokens(text) == slow.tokens(text)


def test_spans_take_linear_time() -> None:
    for part in (
        "1",
        "1.",
        "1,",
        "1-",
        "1+",
        "a.",
        "a-",
        "a@",
        "http://",
        "www.",
        "二〇",
        "一新",
        "“一新",
        "[2010]",
        "+",
        "新+",
    ):
        text = part * 100_000
        assert sum(end - start for start, end in protected(text, lambda _: False)) <= len(text)


def test_joins_take_linear_time() -> None:
    for part in (
        "市",
        "市经济",
        "省委第一",
        "全国农业",
        "三新",
        "“三",
        "第十届",
        "驻市",
        "安全领导小组",
        "工作会议",
        "京沪",
    ):
        text = part * 40_000
        assert "".join(segment(text)) == text


names = st.lists(
    st.sampled_from(
        [*"省市县委局办第三届次个大“”，。的会", "政府", "教育", "领导小组", "工作会议", "铁路", "京沪", "工程", "全国"]
    ),
    max_size=16,
).map("".join)


@given(names)
def test_joins_keep_the_borders_of_words(text: str) -> None:
    cutter = segmenter()
    begins = cutter.begins(text)
    assert "".join(cutter.tokens(text)) == text
    joins = cutter._joins
    assert joins
    done = 0
    for start, end in joins.find(text, begins, segmenter().has):
        assert done <= start < end
        assert begins[start]
        assert end == len(text) or begins[end]
        done = end
    assert segmenter(Settings("jieba")).tokens(text) == cutter.tokens(text)


def test_a_word_that_the_user_took_out_is_not_joined() -> None:
    text = "县生态环境保护局通知"
    assert "县生态环境保护局" in segment(text)
    assert "县生态环境保护局" not in segment(text, user_words=[UserWord("县生态环境保护局", 0)])


def test_frequencies_are_those_of_jieba() -> None:
    dictionary = Dictionary()
    assert dictionary.total == jieba_itself().total
    assert all(jieba_itself().FREQ[word] == frequency for word, frequency in dictionary._read.items())


user_words = st.lists(
    st.tuples(
        st.one_of(
            st.text("改革开放的在是跨越式发展", min_size=1, max_size=5),
            st.sampled_from(["COVID-19", "C++", "5+2", "PM2.5", "ab", "T恤", "中国", "的", "淼", "犇鑫"]),
        ),
        st.one_of(st.none(), st.sampled_from([0, 1, 3, 100, 1_000_000])),
    ),
    max_size=5,
)


# Every example makes two engines: that takes a while, and shrinking would take very long.
@settings(max_examples=15, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(user_words, st.lists(texts, max_size=4), st.booleans())
@example([("ab", None), ("放", 3), ("PM2.5", 0)], [], True)
@example([("革的", None), ("是", 1_000_000), ("在改", None)], [], False)
def test_with_user_words_too(added: list[tuple[str, int | None]], others: list[str], hmm: bool) -> None:
    entries = [UserWord(word, frequency) for word, frequency in added]
    fast = Segmenter(Settings(hmm=hmm, split_numbers=True, lexicon="none", user_words=tuple(entries)))
    slow = slow_segmenter(entries, hmm)
    glued = "".join(word for word, _ in added)
    for text in [glued, glued[::-1], f"在{glued}犇鑫的", "跨越式发展的改革开放在COVID-19是5+2和PM2.5的ab", *others]:
        assert fast.tokens(text) == slow.tokens(text)


@cache
def jieba_segmenter(hmm: bool) -> Segmenter:
    return Segmenter(Settings("jieba", hmm, split_numbers=True, lexicon="none"))


def slow_segmenter(entries: list[UserWord], hmm: bool) -> Segmenter:
    """The segmenter with jieba's engine, whose dictionary is read once and put back before each use."""
    made = jieba_segmenter(hmm)
    engine: Any = made._engine
    engine._tokenizer.FREQ, engine._tokenizer.total = dict(jieba_itself().FREQ), jieba_itself().total
    engine._removed.clear()
    for word, frequency, _ in entries:
        engine.add(to_simplified(word), frequency)
    return made


def test_user_words_that_jieba_cannot_have() -> None:
    entries = read_user_words("New York 3 nz\n（试行）\nv. 1.0\t\tn\n《决定》 1\nA/B\n")
    cutter = Segmenter(Settings(split_numbers=True, lexicon="none", user_words=tuple(entries)))
    assert cutter.words("赴New York市A/B或A/BC") == ["赴", "New York", "市", "A/B", "或", "A", "/", "BC"]
    assert cutter.words("办法（试行）和《决定》v. 1.0") == ["办法", "（试行）", "和", "《决定》", "v. 1.0"]
    line = cutter.lines("赴New York\n市")
    assert line == "赴 New\u00a0York\n市"
    assert words_of_segmented(line) == ["赴", "New York", "\n", "市"]


def test_user_words_go_before_spans() -> None:
    entries = [UserWord("COVID-19疫苗"), UserWord("三新三强行动"), UserWord("2035年远景目标")]
    cutter = Segmenter(Settings(user_words=tuple(entries)))
    text = "接种COVID-19疫苗，开展三新三强行动和三新三强活动，实现2035年远景目标"
    assert cutter.words(text) == [
        *("接种", "COVID-19疫苗", "，", "开展", "三新三强行动", "和", "三新三强", "活动", "，", "实现"),
        "2035年远景目标",
    ]


def test_traditional_text_knows_user_words() -> None:
    cutter = Segmenter(Settings(user_words=(UserWord("跨越式发展"), UserWord("黨建品牌"))))
    assert cutter.words("實現跨越式發展") == ["實現", "跨越式發展"]
    assert cutter.words("打造党建品牌") == ["打造", "党建品牌"]


def test_user_dictionary_lines() -> None:
    lines = ["\ufeff改革办 5 n\r\n", "\n", "放管服\n", "云计算 n\n", "最后一公里 7\n", "New York 2\n"]
    assert read_user_words("".join(lines)) == [
        UserWord("改革办", 5, "n"),
        UserWord("放管服"),
        UserWord("云计算", None, "n"),
        UserWord("最后一公里", 7),
        UserWord("New York", 2),
    ]


@pytest.mark.parametrize("line", ["\t5", "词\t多", "一。二", "甲\0乙", "词\t-1"])
def test_lines_that_are_no_entry(line: str) -> None:
    with pytest.raises(ValueError, match="line 2: "):
        read_user_words(f"好 1\n{line}")


@pytest.mark.parametrize("line", ["改革办 n 5", "改革办 5.5", "改革办 -3 n", "改革办,5,n", "改革办，5", "改革办 5 n 2"])
def test_lines_in_another_order_are_told(line: str) -> None:
    with pytest.raises(ValueError, match=r"line 1: .*put a tab after it"):
        read_user_words(line)
    assert read_user_words(f"{line}\t")[0].word == line


def test_words_that_only_look_like_another_order() -> None:
    lines = ["第3季度 n", "Office 365 5", "A 2 3", "一月 二月 5", "G7 峰会", "5G 商用 n"]
    assert [entry.word for entry in read_user_words("\n".join(lines))] == [
        *("第3季度", "Office 365", "A 2", "一月 二月", "G7 峰会", "5G 商用")
    ]


def test_frequencies_have_a_limit() -> None:
    assert Segmenter(Settings(user_words=(UserWord("改革办", 10**15),))).words("市改革办到") == ["市", "改革办", "到"]
    with pytest.raises(ValueError, match=r"line 1: .* is above 1,000,000,000,000,000"):
        read_user_words("改革办 1000000000000001")


def test_the_same_word_twice_counts_as_it_does_in_jieba() -> None:
    entries = read_user_words("改革办 5\n改革办 900000\n")
    assert Segmenter(Settings(user_words=tuple(entries))).words("市改革办到") == ["市", "改革办", "到"]


def test_empty_dictionaries_add_nothing() -> None:
    assert read_user_words("") == read_user_words("\ufeff\n \r\n\t\n") == []


def test_learning_tells_what_it_learnt(run: Callable[..., Any], tmp_path: Path) -> None:
    around = "由请向对要让能会想就来办省市县乡村镇人民政府工作会议发展经济改革"
    sentences = [f"{first}揭榜抢单{last}。" for first, last in zip(around, around[::-1], strict=True)]
    others = "、".join(around) * 100  # beside which the word is rare
    (tmp_path / "a.txt").write_text(f"{''.join(sentences)}{others}", "utf-8")
    done = run("segment", "--learn", "a.txt")
    told = done.stderr.decode()
    assert told == (
        "learnt 1 word that the dictionary lacks (揭榜抢单 32); to keep them: cnpolicy terms --to userdict\n"
    )
    assert "由 揭榜抢单 革" in done.stdout.decode()
    assert run("segment", "--learn", "-q", "a.txt").stderr == b""


@given(texts)
def test_lines_are_the_words_with_spaces_between(text: str) -> None:
    cutter = segmenter()
    shown = [token for token in cutter.tokens(text) if token in {"\n", "\r", "\r\n"} or not token.isspace()]
    assert cutter.lines(text) == re.sub(" ?(\r\n|[\r\n]) ?", r"\1", " ".join(shown))


@given(texts, st.booleans())
def test_search_mode_is_that_of_jieba(text: str, hmm: bool) -> None:
    shadow = to_simplified(text)
    expected = [word for word in jieba_itself().lcut_for_search(shadow, HMM=hmm) if not word.isspace()]
    assert plain(hmm=hmm).search(shadow) == expected
    assert [len(word) for word in plain(hmm=hmm).search(text)] == [len(word) for word in expected]


def test_parts_of_speech() -> None:
    cutter = Segmenter(Settings(user_words=(UserWord("放管服", None, "nz"),)))
    text = "推進放管服，2010年8月增长3.5%（GDP）在www.a.cn闽委〔2010〕96号 林晓峰"
    assert cutter.tagged(text) == [
        *[("推進", "v"), ("放管服", "nz"), ("，", "x"), ("2010年8月", "t"), ("增长", "v"), ("3.5%", "m"), ("（", "x")],
        *[("GDP", "eng"), ("）", "x"), ("在", "p"), ("www.a.cn", "eng"), ("闽委〔2010〕96号", "nz"), (" ", "x")],
        *[("林晓峰", "nr")],
    ]
    assert cutter.lines("推进放管服\n完", pos=True) == "推进/v 放管服/nz\n完/v"


@given(texts)
def test_tags_go_with_tokens(text: str) -> None:
    tagged = plain().tagged(text)
    assert [token for token, _ in tagged] == plain().tokens(text)
    assert all(tag.isascii() and tag.isalnum() for _, tag in tagged)


def test_unknown_engine_is_refused() -> None:
    with pytest.raises(ValueError, match="rjieba"):
        Segmenter(Settings("other"))  # type: ignore[arg-type]


def python(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code], env=environment, capture_output=True, text=True, check=False
    )


def test_importing_loads_nothing_heavy() -> None:
    code = "import sys, cnpolicy.segment; print({'jieba', 'rjieba', 'numpy', 'opencc'} & set(sys.modules))"
    run = python(code)
    assert (run.stdout, run.stderr) == ("set()\n", "")


@pytest.mark.parametrize("engine", ["jieba", "rjieba"])
def test_no_shared_cache_no_warning_no_log_line(engine: str, tmp_path: Path) -> None:
    code = f"from cnpolicy.segment import segment; print(segment('推进工作淼焱', engine={engine!r}))"
    run = python(code, TMPDIR=str(tmp_path), HOME=str(tmp_path))
    assert (run.stdout, run.stderr) == ("['推进', '工作', '淼', '焱']\n", "")
    assert list(tmp_path.rglob("*")) == []


@pytest.mark.parametrize("text", ["\ud800", "推進\ud800工作", "\udc00推進網格員\ud8ff\ud801隊伍\udfff", "𠮷\ud83d推进"])
def test_surrogates_stay_where_they_are(text: str) -> None:
    words = segment(text)
    assert "".join(words) == text
    plain = [segment(part) for part in re.split("[\ud800-\udfff]", text) if part]
    assert [word for word in words if not re.fullmatch("[\ud800-\udfff]", word)] == [w for ws in plain for w in ws]


def test_begins_are_those_of_tokens() -> None:
    cutter = Segmenter(Settings(user_words=(UserWord("云 平台"),)))
    text = "推進2010年8月25日的云 平台建設。\n工作\tA股" * 2000
    ends = list(accumulate(map(len, cutter.tokens(text))))
    assert np.flatnonzero(cutter.begins(text)).tolist() == [0, *ends[:-1]]
    assert cutter.begins("").tolist() == []


@settings(max_examples=40)
@given(st.lists(st.text("王李张刘鑫淼犇明华强的在是不常龘靐鱻", min_size=2, max_size=16), min_size=130, max_size=150))
def test_unknown_words_of_many_runs_at_once_are_those_of_jieba(runs: list[str]) -> None:
    import_jieba()
    from jieba import finalseg

    text = "".join(runs)
    lengths = np.array(list(map(len, runs)))
    starts = np.cumsum(lengths) - lengths
    inside, owners = unknown_words().inside(text, codes(text), starts, lengths)
    begins = np.ones(len(text), dtype=np.bool_)
    begins[inside] = False
    places = (place for run in runs for word in finalseg.cut(run) for place in range(len(word)))
    assert begins.tolist() == [place == 0 for place in places]
    assert (starts[owners] < inside).all()
    assert (inside < starts[owners] + lengths[owners]).all()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("打赢产业转型攻坚战", "打赢 产业转型攻坚战"),
        ("继续推进综合治理", "继续 推进 综合治理"),
        ("县委书记崔永福到场", "县委书记 崔永福 到场"),
        ("市长强调要点", "市长 强调 要点"),
        ("检察长覃永福到场", "检察长 覃永福 到场"),
        ("全省举办座谈会", "全省 举办 座谈会"),
        ("州八届人大常委会第十五次会议", "州八届人大常委会第十五次会议"),
        ("县委常委会（扩大）会议", "县委常委会（扩大）会议"),
        ("产量46亿斤，培养1.2万名", "产量 46亿斤 ， 培养 1.2万名"),
        ("吞吐量12万标箱", "吞吐量 12万标箱"),
        ("投资2300多万元、3万余人，10多元素", "投资 2300多万元 、 3万余人 ， 10 多 元素"),
        ("118万剂次，3万条件", "118万剂次 ， 3万 条件"),
        ("结构为14.2∶41.3∶44.5", "结构 为 14.2∶41.3∶44.5"),
        ("市水利局党组", "市水利局党组"),
        ("应访尽访，以考促学", "应访尽访 ， 以考促学"),
        ("应当尽快，以此促进", "应当 尽快 ， 以此 促进"),
        ("宜种则种，先批后占", "宜种则种 ， 先批后占"),
        ("有人必须到场", "有人 必须 到场"),
        ("改革开放以来强力推进", "改革开放 以来 强力 推进"),
        ("先生后来到会", "先生 后来 到 会"),
        ("全国人民收看大会盛况", "全国 人民 收看 大会 盛况"),
        ("采取一系列提升行动", "采取 一系列 提升 行动"),
        ("开具3万处方，开行1万列车", "开具 3万 处方 ， 开行 1万 列车"),
        ("谁受益谁付费", "谁受益谁付费"),
    ],
)
def test_joins_by_rule(text: str, words: str) -> None:
    assert segment(text) == words.split()
