import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnpolicy import language

SIMPLIFIED = "全市各级党组织要认真学习贯彻会议精神，扎实推进各项工作。"
TRADITIONAL = "全市各級黨組織要認真學習貫徹會議精神，紮實推進各項工作。"


@pytest.mark.parametrize("text", [SIMPLIFIED, TRADITIONAL])
def test_chinese_is_cheap(text):
    assert language.bits_per_character(text) < 9


@pytest.mark.parametrize(
    ("written", "read"),
    [("utf-8", "gb18030"), ("gb18030", "cp950"), ("gb18030", "utf-16-le"), ("utf-16-le", "utf-16-be")],
)
def test_a_wrong_encoding_is_dear(written, read):
    garbled = SIMPLIFIED.encode(written).decode(read, "ignore")
    assert language.total_bits(garbled) > 1.5 * language.total_bits(SIMPLIFIED)


def test_the_costs_after_a_character_are_probabilities():
    everything = language.codes("".join(map(chr, [*range(0xD800), *range(0xE000, 0x10000)])))
    for before in "的\n，aの":
        cost = language.pair_bits(np.full_like(everything, ord(before)), everything)
        mass = float(np.exp2(-cost.astype(np.float64)).sum())
        # Less than 1 by the planes beyond the BMP; quantised to an eighth of a bit.
        assert 0.97 < mass < 1.03, before


def test_the_costs_follow_the_formula():
    model = language._model()
    one, two = (np.array([model.rows[ord(character)]], dtype=np.intp) for character in "党员")
    chance = (
        float(language._within(model, one, two)[0])
        + float(model.ends_simplified[one][0] * model.starts_simplified[two][0])
        + float(model.ends_traditional[one][0] * model.starts_traditional[two][0])
    )
    expected = -math.log2(chance) + float(model.transitions[0])
    assert language.bits("党员")[1] == pytest.approx(expected, abs=1e-4)


@given(st.text(st.characters(codec="utf-8")))
def test_any_text_has_a_finite_cost(text):
    cost = language.bits(text)
    assert len(cost) == len(text)
    assert np.isfinite(cost).all()
    assert (cost >= 0).all()


def test_of_nothing():
    assert language.total_bits("") == language.bits_per_character("") == 0
