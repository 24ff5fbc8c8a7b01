"""Words that the dictionary lacks are found by how they hold together and by how their neighbours vary."""

import itertools
import math
import random
import re
from collections import Counter

import numpy as np
import pytest

from cnpolicy.segment import Segmenter, Settings
from cnpolicy.segment.discovery import LONGEST, SHORTEST, discover, discover_with
from cnpolicy.segment.flags import Flags

PARTS = "党委政府会议经济发展改革工作群众干部农村企业项目建设管理服务环境教育文化科技安全生态".strip()


def singly(text: str) -> Flags:
    """Every character is a word."""
    return np.ones(len(text), dtype=np.bool_)


def where(words: list[str]) -> Flags:
    """Tell where the words begin in the text that they are."""
    return np.array([place == 0 for word in words for place in range(len(word))], dtype=np.bool_)


def corpus(seed: int, words: list[str], lines: int = 400) -> list[str]:
    """Documents of random characters with the words strewn in."""
    chance = random.Random(seed)
    texts = []
    for _ in range(lines):
        pieces = [
            chance.choice(words) if chance.random() < 0.3 else chance.choice(PARTS)
            for _ in range(chance.randint(5, 30))
        ]
        texts.append("".join(pieces) + "。")
    return texts


def oracle(texts: list[str], least: int) -> dict[str, tuple[int, int, float, float]]:
    """Frequency, documents, cohesion and entropy of every frequent run, counted one by one."""
    counts: Counter[str] = Counter()
    documents: dict[str, set[int]] = {}
    before: dict[str, Counter[str]] = {}
    after: dict[str, Counter[str]] = {}
    total = 0
    for number, text in enumerate(texts):
        total += len(text) - 1
        for start in range(len(text) - 1):
            for length in range(1, min(LONGEST, len(text) - 1 - start) + 1):
                run = text[start : start + length]
                counts[run] += 1
                documents.setdefault(run, set()).add(number)
                edge = f"edge {number} {start}"
                before.setdefault(run, Counter())[text[start - 1] if start else edge] += 1
                behind = text[start + length]
                after.setdefault(run, Counter())[edge if behind == "。" else behind] += 1

    def entropy(neighbours: Counter[str]) -> float:
        whole = neighbours.total()
        return -sum(count / whole * math.log2(count / whole) for count in neighbours.values())

    found = {}
    for run, count in counts.items():
        if SHORTEST <= len(run) <= LONGEST and count >= least:
            cohesion = min(
                math.log2(count * total / (counts[run[:cut]] * counts[run[cut:]])) for cut in range(1, len(run))
            )
            varied = min(entropy(before[run]), entropy(after[run]))
            found[run] = (count, len(documents[run]), cohesion, varied)
    return found


@pytest.mark.parametrize("seed", range(3))
def test_scores_are_those_of_counting_one_by_one(seed: int) -> None:
    texts = corpus(seed, ["网格员", "河湖长制", "揭榜挂帅赛马"])
    expected = oracle(texts, 5)
    found = discover(texts, singly, lambda _: False, least=5, cohesion=2, entropy=1)
    assert {"网格员", "河湖长制", "揭榜挂帅赛马"} <= {term.word for term in found}
    for term in found:
        count, documents, cohesion, varied = expected[term.word]
        assert (term.frequency, term.documents) == (count, documents)
        assert math.isclose(term.cohesion, cohesion, abs_tol=1e-6)
        assert math.isclose(term.entropy, varied, abs_tol=1e-6)
        assert f"[{term.word}]" in term.example


def test_numbers_too_large_for_their_places_are_sorted_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = corpus(4, ["网格员", "河湖长制", "揭榜挂帅赛马"])
    found = discover(texts, singly, lambda _: False, least=5, cohesion=2, entropy=1)
    monkeypatch.setitem(discover.__globals__, "_BITS", 8)
    assert discover(texts, singly, lambda _: False, least=5, cohesion=2, entropy=1) == found


def test_parts_of_longer_words_and_known_words_are_left_out() -> None:
    texts = corpus(7, ["揭榜挂帅", "网格员"])
    words = [term.word for term in discover(texts, singly, {"网格员"}.__contains__, least=40, cohesion=2, entropy=1)]
    assert words == ["揭榜挂帅"]


def test_no_word_of_the_dictionary_is_cut_in_two() -> None:
    texts = [f"{a}财政税收入{b}。" for a, b in itertools.product("向对请由省市县乡", "库账户网册")]

    def begins(text: str) -> Flags:
        return where(re.split("(财政|税收|.)", text, flags=re.DOTALL))

    assert discover(texts, singly, lambda _: False, cohesion=0, entropy=0)
    found = discover(texts, begins, lambda _: False, cohesion=0, entropy=0)
    assert not any(term.word.startswith(("税收入", "收入")) for term in found)


@pytest.mark.parametrize("texts", [[], [""], ["。"], ["无"], ["𠮷野家" * 3], ["abc 123\n"] * 9])
def test_next_to_nothing(texts: list[str]) -> None:
    assert discover(texts, singly, lambda _: False) == []


def test_traditional_text_counts_as_simplified() -> None:
    texts = ["推進網格員隊伍。", "推进网格员队伍。"] * 20 + [f"{a}网格员{b}。" for a in "由请省市" for b in "要会巡查"]
    words = {term.word for term in discover_with(Settings(lexicon="none"), texts)}
    assert not any("網" in word for word in words)


def test_the_order_of_documents_does_not_matter() -> None:
    texts = corpus(3, ["网格员", "河湖长制"])
    one = discover(texts, singly, lambda _: False, cohesion=2, entropy=1)
    other = discover(texts[::-1], singly, lambda _: False, cohesion=2, entropy=1)
    assert [term[:3] for term in one] == [term[:3] for term in other]
    assert np.allclose([term[3:5] for term in one], [term[3:5] for term in other])


def test_a_text_that_is_divided_part_by_part_gives_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = corpus(5, ["网格员", "河湖长制", "揭榜挂帅赛马"])
    segmenter = Segmenter(Settings(hmm=False, split_numbers=True))
    expected = discover(texts, segmenter.begins, segmenter.has, cohesion=2, entropy=1)
    assert expected
    monkeypatch.setitem(discover.__globals__, "_CUT", 50)
    assert discover(texts, segmenter.begins, segmenter.has, cohesion=2, entropy=1) == expected


def test_of_a_text_only_blocks_are_divided_that_hold_a_candidate() -> None:
    texts = [f"A股{a}网格员{b}B超，没有别的。" for a, b in itertools.product("向对请由省市县乡", "库账户网册")]
    asked: list[str] = []

    def begins(text: str) -> Flags:
        asked.append(text)
        return where(re.split("(A股|网格员|B超|\n)", text))

    found = discover(texts, begins, lambda _: False, least=9, cohesion=1, entropy=1)
    assert [term.word for term in found] == ["网格员"]
    assert "".join(asked) == "".join(f"{text[:-6]}\n" for text in texts)
