"""How running text goes on: the table against its definition, counted slowly over a text of our own."""

from collections import Counter
from functools import cache

import numpy as np
import pytest

from cnpolicy import language, prose, tables
from cnpolicy.tables import build_prose

TEXT = (
    "\n" + "青石镇今年新修三条水渠，果园都用渠水。\n青石镇的果园今年丰收，镇里新修水渠。\n" * 3 + "果园后面是水渠。\n"
)


def slow_chance(text: str, history: str, character: str) -> float:
    """The formula of Witten and Bell over all rows of a text, one row at a time."""
    if len(history) == 1:
        shorter = 2.0 ** -float(language.pair_bits(language.codes(history), language.codes(character))[0])
    else:
        shorter = slow_chance(text, history[1:], character)
    after = Counter(
        text[place + len(history)] for place in range(len(text) - len(history)) if text.startswith(history, place)
    )
    if "\n" in history[1:] or not after:
        return shorter
    return (after[character] + len(after) * shorter) / (after.total() + len(after))


@pytest.fixture
def model(monkeypatch):
    """The model of the short text, in simplified writing, with every row that it has."""
    monkeypatch.setattr(build_prose, "_LEAST", dict.fromkeys(range(2, prose.ORDER + 1), 1))
    to_simplified = {"鎮": "镇", "後": "后"}
    data = build_prose.build(
        TEXT,
        {"test": TEXT.replace("镇", "鎮").replace("后", "後")},
        lambda character: to_simplified.get(character, character),
    )
    loaded = tables.unpack(data)
    monkeypatch.setattr(prose, "_model", cache(lambda: prose._Model(**loaded)))


def chances(text: str) -> np.ndarray:
    """What the model says of the last character of a text, in simplified and in traditional writing."""
    points = language.codes(text)
    window = np.full((1, prose.ORDER), prose.NOWHERE, dtype=np.uint32)
    window[0, prose.ORDER - len(points) :] = points
    pairs = np.exp2(-language.pair_bits(points[-2:-1], points[-1:]).astype(np.float64))
    return prose.chances(window, pairs)[:, 0]


@pytest.mark.parametrize(
    "row",
    ["青石镇今", "石镇的", "镇里", "青石镇里", "青石镇水", "水渠，果", "\n青石镇", "水渠。\n", "园都吃", "改革开放"],
)
def test_the_table_is_its_formula(model, row):
    # A chance is kept in eighths of a bit.
    assert np.log2(chances(row)[0]) == pytest.approx(np.log2(slow_chance(TEXT, row[:-1], row[-1])), abs=0.3)


def test_a_traditional_character_stands_for_the_simplified_one(model):
    assert chances("青石鎮")[1] == pytest.approx(chances("青石镇")[0], rel=0.05)
    assert chances("青石鎮今")[1] == pytest.approx(chances("青石镇今")[0], rel=0.2)
    # In a simplified text it stands for nothing.
    assert chances("青石鎮")[0] < chances("青石镇")[0] / 1000


def test_what_follows_in_news_is_likelier_than_what_words_leave_open():
    assert chances("中国共产")[0] > 0.5 > 0.01 > chances("中国共立")[0]
    assert chances("党中央、")[0] > 10 * chances("党中央渠")[0]


def test_all_that_may_follow_adds_up_to_one():
    everything = np.array([code for code in range(0x10000) if not 0xD800 <= code < 0xE000], dtype=np.uint32)
    for history in ("市委、", "改革开", "青石\n", "的"):
        before = language.codes(history)
        windows = np.full((len(everything), prose.ORDER), prose.NOWHERE, dtype=np.uint32)
        windows[:, prose.ORDER - 1 - len(before) : -1] = before
        windows[:, -1] = everything
        last = np.full_like(everything, before[-1])
        pairs = np.exp2(-language.pair_bits(last, everything).astype(np.float64))
        for mass in prose.chances(windows, pairs).sum(axis=1):
            assert 0.7 < mass < 1.1, (history, mass)


def test_running_text_is_told_from_words_with_tags():
    assert build_prose.prose_of("十二月/t  ３１日/t\n\n［/w Ａ/nx 组/n ］/w\n") == "\n十二月３１日\n［Ａ组］\n"
