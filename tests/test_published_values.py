"""Values that papers and reference implementations give, each with its source.

Where a tool and the paper differ, the paper is followed: logDice has its 14, parts for dispersion are what they are
said to be.
"""

from math import isnan

import numpy as np
import pytest

from cnpolicy.index import Index, Record
from cnpolicy.stats import association, contrast, richness
from cnpolicy.stats.collocates import collocates
from cnpolicy.stats.dispersion import arf, dispersion
from cnpolicy.stats.diversity import diversity
from cnpolicy.stats.keyness import keyness
from cnpolicy.stats.words import frequencies

# Gries 2008, 2020: a word occurs 1 to 5 times in parts of 9, 10, 10, 10 and 11 words.
FREQUENCIES, SIZES = (1, 2, 3, 4, 5), (9, 10, 10, 10, 11)
GRIES = {"juilland_d": 0.7852, "dp": 0.18, "dp_norm": 0.2195, "kld": 0.1370}


def test_dispersion_of_gries() -> None:
    made = dispersion(FREQUENCIES, SIZES)
    assert {name: round(float(getattr(made, name)()[0]), 4) for name in GRIES} == GRIES


def test_dispersion_of_gries_in_a_corpus() -> None:
    documents = [Record(f"{n}", ["甲"] * n + ["乙"] * (size - n)) for n, size in zip(FREQUENCIES, SIZES, strict=True)]
    with Index() as index:
        index.add(documents)
        table = frequencies(index)
    (row,) = [dict(zip(table.columns, row, strict=True)) for row in table.rows if row[0] == "甲"]
    assert {name: round(row[name], 4) for name in GRIES} == GRIES
    assert (row["frequency"], row["documents"], row["per_million"]) == (15, 5, pytest.approx(300_000))


def test_dispersion_of_gries_in_three_equal_parts() -> None:
    # Lijffijt & Gries 2012: two thirds of the occurrences in one of three equal parts, one third in another.
    made = dispersion([2, 1, 0], [10, 10, 10])
    assert float(made.dp()[0]) == pytest.approx(1 / 3)
    assert float(made.dp_norm()[0]) == pytest.approx(0.5)


def test_average_reduced_frequency_has_its_limits() -> None:
    # Savický & Hlaváčová 2002: f for even distances, near 1 for a cluster.
    assert arf(range(0, 1000, 10), 1000) == pytest.approx(100)
    assert arf(range(10), 1_000_000) == pytest.approx(1 + 9 / 100_000)


@pytest.mark.parametrize(
    ("cells", "g2"),
    [((10, 0, 3, 31764), 167.23), ((110, 2442, 111, 29114), 270.72)],
)
def test_log_likelihood_of_dunning(cells: tuple[int, ...], g2: float) -> None:
    # Dunning 1993.
    assert round(float(association.log_likelihood(*cells)), 2) == g2


def test_mutual_information_of_church_and_hanks() -> None:
    # Church & Hanks 1990, AP corpus of 15 million words: honorary doctor.
    assert round(float(association.mi(8, association.expected(1105, 44, 15_000_000))), 1) == 11.3


def test_t_of_manning_and_schuetze() -> None:
    # Manning & Schütze 1999, section 5.3.1: new companies.
    assert round(float(association.t_score(8, association.expected(15828, 4675, 14_307_668))), 6) == 0.999932


def test_log_dice_of_rychly_is_14_for_words_that_only_occur_together() -> None:
    # Rychlý 2008; and the frequencies of Manning & Schütze.
    assert round(float(association.log_dice(8, 15828, 4675)), 2) == 3.68
    assert float(association.log_dice(7, 7, 7)) == 14
    # Half the value of the coefficient is one less.
    assert float(association.log_dice(7, 14, 14)) == 13


def test_delta_p_of_gries() -> None:
    # Gries 2013: `of course` in the spoken part of the British National Corpus.
    forward, back = association.delta_p(5610, 168_938, 2257, 10_233_063)
    assert (round(float(forward), 3), round(float(back), 3)) == (0.032, 0.697)


def test_percent_diff_and_odds_ratio() -> None:
    # Gabrielatos & Marchi 2012; UCREL's calculator.
    assert round(float(contrast.percent_diff(206_523, 178_174, 959_641, 1_562_358)), 1) == 88.7
    assert round(float(contrast.odds_ratio(16_217, 735, 2_796_938, 2_087_946)), 1) == 16.6


def test_log_ratio_of_hardie() -> None:
    # Hardie 2014: each point is a doubling; 0.5 stands for a frequency of 0.
    assert contrast.log_ratio([2, 8, 4, 0], [1, 1, 4, 1], 1000, 1000).tolist() == [1, 3, 0, -1]
    assert float(contrast.log_ratio(1, 0, 1000, 1000)) == 1


def test_bayesian_information_criterion_of_wilson() -> None:
    # Wilson 2013: G² - ln n.
    assert float(contrast.bic(20, np.e**4)) == pytest.approx(16)


def test_simple_maths_of_kilgarriff() -> None:
    # Kilgarriff 2009: a constant of 100 per million takes 10 to 0 for less than 1,000 to 100.
    low, high = contrast.simple_maths([10, 1000], [0, 100], 1_000_000, 1_000_000, 100)
    assert (round(float(low), 2), round(float(high), 2)) == (1.1, 5.5)


def test_p_of_the_critical_values_of_chi_squared() -> None:
    # The tables of χ² with one degree of freedom: 3.84, 6.63, 10.83 and 15.13, as UCREL lists them for G².
    p = contrast.p_value([3.84, 6.63, 10.83, 15.13])
    assert [float(f"{value:.1g}") for value in p] == [0.05, 0.01, 0.001, 0.0001]


def test_adjusted_p_of_benjamini_and_hochberg() -> None:
    # Benjamini & Hochberg 1995, section 4: of these 15 p-values 4 are significant at .05, and 3 after Bonferroni's or
    # Holm's adjustment.
    p = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528]
    p += [0.7590, 1.0]
    assert int((contrast.benjamini_hochberg(p) <= 0.05).sum()) == 4
    assert int((contrast.holm(p) <= 0.05).sum()) == 3


# The text of the example in the documentation of LexicalRichness (L. Shen), its 57 words as numbers, and what it gives
# there for them.
EXAMPLE = [
    *(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 10, 11, 12, 13, 14, 15, 16, 13, 17, 18, 19, 20, 21, 22, 11, 23, 19, 24, 25),
    *(26, 13, 18, 27, 28, 29, 30, 31, 32, 33, 22, 34, 32, 35, 36, 37, 13, 29, 18, 12, 7, 38, 1, 34, 34, 32, 35),
]


def test_diversity_of_a_published_text() -> None:
    frequency = np.bincount(EXAMPLE)
    assert (len(EXAMPLE), len(frequency)) == (57, 39)
    assert richness.type_token_ratio(frequency) == 0.6842105263157895
    assert richness.mattr(EXAMPLE, 25) == pytest.approx(0.8351515151515151, rel=1e-12)
    assert richness.mtld(EXAMPLE) == pytest.approx(46.79226361031519, rel=1e-12)
    assert richness.hdd(frequency) == pytest.approx(0.7468703323966486, rel=1e-12)
    assert richness.yule_k(frequency) == pytest.approx(153.8935056940597, rel=1e-12)


def test_diversity_of_a_published_text_in_a_corpus() -> None:
    with Index() as index:
        index.add([Record("example", [f"w{number}" for number in EXAMPLE])])
        made = dict(diversity(index, window=25).rows)
    assert made["mattr"] == pytest.approx(0.8351515151515151)
    assert made["mtld"] == pytest.approx(46.79226361031519)
    assert made["hdd"] == pytest.approx(0.7468703323966486)


def test_yule_k() -> None:
    # Oakes 1998: one word three times and four words five times have Σ f² = 109; N = 23.
    assert richness.yule_k([3, 5, 5, 5, 5]) == pytest.approx(1e4 * (109 - 23) / 23**2)


def test_zipf_and_heaps_of_ideal_vocabularies() -> None:
    assert richness.zipf([round(1e6 / rank) for rank in range(1, 5000)]).exponent == pytest.approx(-1, abs=1e-3)
    # Every word new: the vocabulary grows with the text.
    assert richness.heaps(np.ones(10_000, np.int64)).exponent == pytest.approx(1)
    assert isnan(richness.heaps([1]).exponent)


def test_a_corpus_gives_the_published_values_too() -> None:
    # Dunning's first table as a corpus: of 31,777 words 13 are 甲; 10 stand next to 乙, which has no other neighbour.
    with Index() as index:
        words = [*(["乙", "甲", "。"] * 10), *["丙", "。"] * 31_764, *["甲", "。"] * 3]
        index.add([Record("a", words)])
        (row,) = collocates(index, "乙", left=1, right=1).rows
    made = dict(zip(("term", "frequency", "left", "right", "corpus_frequency"), row, strict=False))
    assert made == {"term": "甲", "frequency": 10, "left": 0, "right": 10, "corpus_frequency": 13}
    assert round(row[9], 2) == 167.23


def test_two_corpora_give_the_published_values_too() -> None:
    # 100 in 10,000 against 50 in 10,000: 16.99 on UCREL's calculator.
    with Index() as one, Index() as other:
        one.add([Record("a", ["甲"] * 100 + ["乙"] * 9900)])
        other.add([Record("b", ["甲"] * 50 + ["乙"] * 9950)])
        table = keyness(one, other, sort="log_ratio")
    row = dict(zip(table.columns, table.rows[0], strict=True))
    assert (row["term"], round(row["g2"], 2), row["log_ratio"]) == ("甲", 16.99, 1)
    assert row["percent_diff"] == pytest.approx(100)
