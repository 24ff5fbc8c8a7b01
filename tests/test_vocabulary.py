import importlib.util
import math
import random
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnpolicy import language, prose, tables, vocabulary

SIMPLIFIED = "全市各级党组织要认真学习贯彻会议精神，扎实推进各项工作。"
TRADITIONAL = "全市各級黨組織要認真學習貫徹會議精神，紮實推進各項工作。"
DOCUMENT = (
    "青石镇今年新修了三条水渠，东坡的果园都用上了渠水。\n镇里的技术员苑秀珍每周去果园两次，教大家剪枝。\n"
    "秋天，苑秀珍和果农一起算账，比去年多收了两成。\n"
)
LOST = "\ufffd"


def slow_bits(text: str) -> float:
    """What a text costs, straight from the definition, one word at a time."""
    points = language.codes("\n" + text)
    padded = np.concatenate([np.full(prose.ORDER - 2, 0xFFFFFFFF, dtype=np.uint32), points])
    dictionary = (1 - vocabulary._PAIRS) * (1 - vocabulary._PROSE)
    step, chance, _ = language.pair_parts(points[:-1], points[1:])
    ways = [np.zeros(2) for _ in range(len(text) + 1)]
    ways[0] += 0.5
    change = vocabulary._SCRIPT_CHANGE
    mix = np.array([[1 - change, change], [change, 1 - change]])
    for start in range(len(text)):
        reached = mix @ ways[start]
        for end in range(start + 1, min(start + tables.LONGEST_WORD, len(text)) + 1):
            codes = language.codes(text[start:end])
            if end == start + 1:
                cost = float(2 ** step[start])
                after = prose.chances(padded[None, start : start + prose.ORDER], chance[start : start + 1] / cost)[:, 0]
                own = dictionary * vocabulary._single(codes)[:, 0]
                own += vocabulary._PAIRS * (1 - vocabulary._PROSE) * chance[start]
                ways[end] += reached * (own + vocabulary._PROSE * after * cost)
                continue
            key = np.zeros(1, dtype=np.uint64)
            for place in range(len(codes)):
                key = tables.extend_keys(key, codes[place : place + 1])
            ways[end] += reached * dictionary * vocabulary._look_up(key)[:, 0]
    return float(step.sum()) - math.log2(ways[-1].sum())


@pytest.mark.parametrize("text", [SIMPLIFIED, TRADITIONAL, "中A国，3月", "苑秀珍 — ok", "一"])
def test_the_sum_is_that_of_the_definition(text):
    assert vocabulary.total_bits(text) == pytest.approx(slow_bits(text), abs=1e-3)


@pytest.mark.parametrize("text", [SIMPLIFIED, TRADITIONAL])
def test_words_say_more_than_pairs(text):
    assert vocabulary.total_bits(text) < language.total_bits(text) - len(text) / 2


def test_long_texts_do_not_underflow():
    once = vocabulary.total_bits(SIMPLIFIED)
    assert vocabulary.total_bits(SIMPLIFIED * 300) == pytest.approx(300 * once, rel=0.05)
    garbled = (SIMPLIFIED * 30).encode("gb18030").decode("utf-16-le", "ignore")
    assert math.isfinite(vocabulary.total_bits(garbled))


@pytest.mark.parametrize("context", ["", DOCUMENT.replace("账", LOST)])
@pytest.mark.parametrize("reach", [8, 60])
def test_weighing_is_the_difference_of_whole_texts(context, reach):
    chance = random.Random(7)
    garbled = DOCUMENT.encode("gb18030").decode("utf-16-le", "ignore")
    for source in (DOCUMENT, garbled):
        for length in (0, 1, 2, 5, 20):
            place = chance.randrange(10, len(source) - 30)
            left, right = source[:place][-reach:], source[place + length :][:reach]
            starts = [chance.randrange(len(DOCUMENT) - length) for _ in range(12)]
            options = [DOCUMENT[start : start + length] for start in starts]
            found = vocabulary.weigh(left, options, right, context, reach=reach)
            expected = [vocabulary.total_bits(left + option + right, context) for option in options]
            assert found == pytest.approx(np.array(expected), abs=1e-3)


def test_options_of_different_lengths_are_on_one_scale():
    options = ["", "代", "代表", "裂", "\n", "A", "𠀀"]
    found = vocabulary.weigh("全国人民", options, "大会今天", reach=8)
    expected = [vocabulary.total_bits(f"全国人民{option}大会今天") for option in options]
    assert found == pytest.approx(np.array(expected), abs=1e-3)
    assert options[int(found.argmin())] == "代表"


def test_a_word_of_four_decides_what_pairs_cannot():
    # Each of these makes a word with one of its neighbours; one makes a word with all of them.
    options = ["求", "是", "际"]
    assert options[int(vocabulary.weigh("坚持实事", options, "是的作风").argmin())] == "求"


def test_traditional_is_written_as_in_taiwan_and_hong_kong_too():
    for left, options, right in (
        ("他已經成", ["為", "烏"], "代表"),
        ("廣大", ["群", "辭"], "眾"),
        ("參加", ["眾", "聚"], "多"),
    ):
        assert options[int(vocabulary.weigh(left, options, right).argmin())] == options[0]


def test_the_script_of_the_neighbours_counts():
    options = ["会", "會"]
    assert options[int(vocabulary.weigh("全体党员开", options, "学习").argmin())] == "会"
    assert options[int(vocabulary.weigh("全體黨員開", options, "學習").argmin())] == "會"


def test_a_document_knows_its_names():
    place = DOCUMENT.rindex("秀")
    document = DOCUMENT[:place] + LOST + DOCUMENT[place + 1 :]
    left, right = document[:place], document[place + 1 :]
    options = ["秀", "透", "委", "禾", "私"]
    alone = vocabulary.posteriors(vocabulary.weigh(left, options, right))
    within = vocabulary.posteriors(vocabulary.weigh(left, options, right, document))
    assert within[0] > 0.99 > alone[0]


def test_a_place_is_no_evidence_of_itself():
    # All that the context has is the place itself: it must not count.
    left, right = "镇里的技术员苑", "珍每周去果园"
    options = ["秀", "透", "委"]
    found = vocabulary.weigh(left, options, right, left + LOST + right)
    alone = vocabulary.weigh(left, options, right)
    assert found - found.min() == pytest.approx(alone - alone.min(), abs=0.1)


def test_posteriors_add_up_to_one():
    found = vocabulary.posteriors([10.0, 11.0, 2000.0])
    assert found.sum() == pytest.approx(1)
    assert found[0] == pytest.approx(2 * found[1])


def test_probabilities_of_the_next_character_add_up():
    # Every character of the BMP after a comma, where no word can be open: one of them follows, or begins a longer word.
    everything = [chr(code) for code in range(0x10000) if not 0xD800 <= code < 0xE000]
    left = "全市各级，"
    mass = np.exp2(vocabulary.total_bits(left) - vocabulary.weigh(left, everything, "")).sum()
    assert 0.6 < mass < 1.02


@given(st.text(st.characters(codec="utf-8"), max_size=30), st.text(st.characters(codec="utf-8"), max_size=30))
def test_any_text_has_a_finite_cost(text, context):
    assert math.isfinite(vocabulary.total_bits(text, context))
    found = vocabulary.weigh(text, ["", "中", text, "\n"], context, text)
    assert np.isfinite(found).all()
    assert vocabulary.total_bits(text) >= -1e-9


def test_of_nothing():
    assert vocabulary.total_bits("") == 0
    assert vocabulary.weigh("中", [], "国").shape == (0,)


@pytest.mark.benchmark
def test_speed():
    options = [chr(0x4E00 + 7 * number) for number in range(64)]
    for context, most in (("", 0.001), (DOCUMENT * 40, 0.002)):
        best = math.inf
        for _ in range(50):
            start = time.perf_counter()
            vocabulary.weigh(DOCUMENT[10:18], options, DOCUMENT[19:27], context)
            best = min(best, time.perf_counter() - start)
        assert best < most
    text = (DOCUMENT * 20)[:1000]
    best = math.inf
    for _ in range(20):
        start = time.perf_counter()
        vocabulary.total_bits(text)
        best = min(best, time.perf_counter() - start)
    assert best < 0.005


def test_the_words_are_those_of_the_dictionary():
    jieba = importlib.util.find_spec("jieba")
    assert jieba is not None
    assert jieba.submodule_search_locations
    lines = (Path(jieba.submodule_search_locations[0]) / "dict.txt").read_text("utf-8").splitlines()
    counts = {word: int(count) for word, count, _ in (line.split(" ") for line in lines)}
    words = [
        word
        for word in sorted(counts)[::37]
        if 2 <= len(word) <= tables.LONGEST_WORD and all("一" <= character <= "龥" for character in word)
    ]
    assert len(words) > 5000
    keys = np.array([key_of(word) for word in words], dtype=np.uint64)
    simplified = vocabulary._look_up(keys)[0]
    total = sum(counts.values())
    expected = np.array([counts[word] / total for word in words])
    # A sixteenth of a bit, and what the words that are not Chinese characters have of the sum. Different values where a
    # traditional word is written like a simplified one, and where a mark fits by chance: hardly any.
    near = np.abs(np.log2(simplified / expected)) < 0.2
    assert near.mean() > 0.998
    backwards = np.array([key_of(word[::-1] + "甪") for word in words], dtype=np.uint64)
    assert vocabulary._look_up(backwards).any(axis=0).mean() < 0.002


def key_of(word: str) -> int:
    """The key of a word, in plain numbers."""
    key = 0
    for character in word:
        key = (key * int(tables._KEY_FACTOR) + ord(character)) % 2**64
    return key
