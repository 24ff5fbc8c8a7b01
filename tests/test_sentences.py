"""Where sentences end, against a plain reading of the definition."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnpolicy.sentences import is_word, kinds_of, locate

WORDS = [
    "改革",
    "2010",
    "GDP",
    "。",
    "！",
    "？",
    "?!",
    "……",
    "…",
    "⋯",
    "；",
    "，",
    "“",
    "”",
    "）",
    "」",
    "——",
    "\n",
    " ",
    "\r\n",
]


def plain_sentences(words: list[str]) -> list[int]:
    """The sentence of each token: the definition, token by token."""
    ends, numbers, number, ended = [], [], 0, False
    for place, word in enumerate(words):
        around = [words[place - 1] if place else "", words[place + 1] if place + 1 < len(words) else ""]
        if word in ("。", "！", "？", "?!", "……"):
            ended = True
        elif word in ("…", "⋯"):
            ended = any(one in ("…", "⋯") for one in around)
        elif word not in ("”", "）", "」"):
            ended = False
        ends.append(ended)
    for place, word in enumerate(words):
        numbers.append(number)
        following = ends[place + 1] if place + 1 < len(words) else False
        if word in ("\n", "\r\n") or (ends[place] and not following):
            number += 1
    return numbers


@given(st.lists(st.sampled_from(WORDS), max_size=30))
def test_sentences_are_those_of_the_definition(words: list[str]) -> None:
    assert locate(kinds_of(words)).sentence.tolist() == plain_sentences(words)


@given(st.lists(st.sampled_from(WORDS), max_size=30))
def test_paragraphs_are_lines(words: list[str]) -> None:
    expected = [sum(word in ("\n", "\r\n") for word in words[:place]) for place in range(len(words))]
    assert locate(kinds_of(words)).paragraph.tolist() == expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("甲 。 乙", [0, 0, 1]),
        ("甲 ； 乙 。", [0, 0, 0, 0]),
        ("甲 。 ” 乙", [0, 0, 0, 1]),
        ("甲 ！ 。 ” ） 乙", [0, 0, 0, 0, 0, 1]),
        ("甲 … 乙", [0, 0, 0]),
        ("甲 … … 乙", [0, 0, 0, 1]),
        ("甲 …… 乙", [0, 0, 1]),
        ("甲 ！！ 乙", [0, 0, 1]),
        ("甲 。” 乙", [0, 0, 1]),
        ("” 甲", [0, 0]),
        ("3 . 5", [0, 0, 0]),
    ],
)
def test_where_sentences_end(words: str, expected: list[int]) -> None:
    assert locate(kinds_of(words.split())).sentence.tolist() == expected


@pytest.mark.parametrize("term", ["改革", "2010年", "GDP", "〇", "々", "㐂", "𠮷", "①", "½", "é"])
def test_words(term: str) -> None:
    assert is_word(term)


@pytest.mark.parametrize("term", ["", "。", "……", "——", "+", "\ufffd", "\ue000", " ", "\n", "％"])
def test_no_words(term: str) -> None:
    assert not is_word(term)
