"""The best reading of garbled text, the chain of misreadings being told."""

import codecs
import time
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnpolicy import language
from cnpolicy.repair import certain, lattice
from cnpolicy.repair.cells import Cell, divide
from cnpolicy.repair.certain import find_certain
from cnpolicy.repair.chains import END, UNKNOWN, Chain, Step, describe, misreading
from cnpolicy.repair.filling import Filled
from cnpolicy.repair.lattice import Reading, reread
from cnpolicy.repair.punctuation import pair_bits
from cnpolicy.repair.readers import INVALID, NOTHING, reader
from cnpolicy.repair.trellis import Stretch, Trellis

TEXT = "各县区要把粮食安全摆在首位，推动农业科技进村入户。\n会议要求，加强基层卫生服务（2016年）工作。"
TRADITIONAL = "各縣區要把糧食安全擺在首位，推動農業科技進村入戶。\n會議要求，加強基層衛生服務（2016年）工作。"
codecs.register_error("test-swallow", lambda error: ("?", min(error.start + 2, len(error.object))))
codecs.register_error("test-mark", lambda error: ("?", error.end))


def garble(text: str, chain: Chain, errors: str = "replace") -> str:
    lines = []
    for line in text.split("\n"):
        for step in chain:
            line = line.encode(step.right).decode(step.wrong, errors)
        lines.append(line)
    return "\n".join(lines)


def joined(reading: Reading | None, text: str) -> str:
    """Return the text of a reading; its cells cover the garbled one without a gap."""
    assert reading is not None
    assert reading.cells[0].start == 0
    assert reading.cells[-1].end == len(text)
    for one, two in zip(reading.cells, reading.cells[1:], strict=False):
        assert one.end == two.start
    for cell in reading.cells:
        for loss in cell.losses:
            assert cell.after[loss.offset] == loss.character
            assert 0 <= loss.posterior <= 1
    return reading.after


UTF8 = "utf-8"
LOSSLESS = [
    (TEXT, (Step(UTF8, "latin-1"),)),
    (TEXT, (Step(UTF8, "mac_roman"),)),
    (TEXT, (Step("gbk", "latin-1"),)),
    ("农业科技", (Step("utf-16-be", "utf-16-le"),)),
    ("农业科技", (Step(UTF8, "gb18030"), Step(UTF8, "gb18030"))),
]


@pytest.mark.parametrize(
    ("text", "chain"), LOSSLESS, ids=lambda value: describe(value) if isinstance(value, tuple) else ""
)
def test_what_nothing_is_lost_of_comes_back(text, chain):
    garbled = garble(text, chain, "strict")
    reading = reread(garbled, chain)
    assert joined(reading, garbled) == text
    assert not any(cell.losses for cell in reading.cells)


DAMAGED = [
    (TEXT, (Step(UTF8, "gbk"),), "replace"),
    (TEXT, (Step(UTF8, "gbk"),), "test-mark"),
    (TEXT, (Step(UTF8, "gbk"),), "ignore"),
    (TEXT, (Step(UTF8, "gb18030"),), "replace"),
    (TRADITIONAL, (Step(UTF8, "gbk"),), "replace"),
    (TEXT, (Step("gbk", "cp950"),), "replace"),
    (TEXT, (Step(UTF8, "cp1252"),), "replace"),
    (TEXT.split("\n")[0], (Step("utf-16-be", "utf-16-le"),), "replace"),
    (TEXT, (Step(UTF8, "gb18030"), Step(UTF8, "gb18030")), "replace"),
]


@pytest.mark.parametrize(
    ("text", "chain", "errors"),
    DAMAGED,
    ids=[f"{describe(chain)} {errors} {text[1]}" for text, chain, errors in DAMAGED],
)
def test_lost_bytes_are_restored(text, chain, errors):
    garbled = garble(text, chain, errors)
    read = joined(reread(garbled, chain), garbled)
    assert len(read) == len(text)
    assert sum(one != two for one, two in zip(read, text, strict=True)) <= 2


def test_a_mark_that_swallowed_a_byte_stands_for_two():
    chain = (Step(UTF8, "gbk"),)
    garbled = garble(TEXT, chain, "test-swallow")
    read = joined(reread(garbled, chain), garbled)
    assert len(read) == len(TEXT)
    assert sum(one != two for one, two in zip(read, TEXT, strict=True)) <= 4


@pytest.mark.parametrize("encoding", ["gbk", "cp950"])
def test_bytes_out_of_step_come_back(encoding):
    text = TEXT.split("\n")[0] if encoding == "gbk" else "區要把糧食發展擺在首位，推動農業科技進村入戶。"
    garbled = text.encode(encoding)[1:].decode(encoding, "replace")
    assert joined(reread(garbled, (Step(encoding, encoding),)), garbled)[1:] == text[1:]


def test_good_text_around_stays():
    chain = (Step(UTF8, "gbk"),)
    garbled = "本月的通报说：" + garble("推动农业科技进村入户", chain) + "，工作取得新的进展。"
    reading = reread(garbled, chain)
    assert joined(reading, garbled) == "本月的通报说：推动农业科技进村入户，工作取得新的进展。"
    changed = [cell for cell in reading.cells if cell.after != garbled[cell.start : cell.end]]
    assert min(cell.start for cell in changed) == 7


def test_the_right_reading_costs_less_than_the_text_as_it_is():
    chain = (Step(UTF8, "gbk"),)
    garbled = garble(TEXT, chain)
    assert reread(garbled, chain).bits < language.total_bits(garbled) / 2
    assert reread(TEXT, chain) is None or reread(TEXT, chain).bits > language.total_bits(TEXT)


@pytest.mark.parametrize("text", ["", "plain ASCII\n", "\n", "?"])
def test_nothing_to_read_is_none(text):
    assert reread(text, (Step(UTF8, "gbk"),)) is None


def test_what_is_read_together_is_divided_again():
    cells = [
        Cell(0, 2, "县"),
        Cell(2, 3, "\n"),
        Cell(3, 5, "乡"),
        Cell(5, 8, "村\n"),
        Cell(8, 9, "组"),
        Cell(9, 10, "\n"),
    ]
    assert divide(cells, ["ab", "abcd", "a\n"]) == [
        [Cell(0, 2, "县")],
        [Cell(0, 2, "乡"), Cell(2, 4, "村")],
        [Cell(0, 1, "组"), Cell(1, 2, "\n")],
    ]
    assert divide([Cell(0, 5, "县乡")], ["ab", "ab"]) == [[], []]  # across a border
    assert divide([], ["ab"]) == [[]]


# --- against a slow and obviously right search -----------------------------------------------------------------------

COMMON = [chr(code) for code in (*range(0x3000, 0x3020), *range(0x4E00, 0x9FA6), *range(0xFF01, 0xFF5F))]
COMMON += ["“", "”", "‘", "’", "—", "…", "·", "×"]


def exhaustive(garbled: str, text: str, places: list[int], chain: Chain) -> dict[str, float]:
    """Return how probable each text is that differs from `text` at some places only and is garbled to `garbled`."""
    fitting = []
    for place in places:
        known = [one for one in COMMON if encodable(one, chain[0].right)]
        fits = [one for one in known if garble(text[:place] + one + text[place + 1 :], chain) == garbled]
        fitting.append(fits)
    found = {}
    for combination in product(*fitting):
        characters = list(text)
        for place, one in zip(places, combination, strict=True):
            characters[place] = one
        candidate = "".join(characters)
        if garble(candidate, chain) == garbled:
            points = language.codes("\n" + candidate + "\n").astype(np.int64)
            found[candidate] = 2.0 ** -float(pair_bits(points[:-1], points[1:]).sum(dtype=float))
    total = sum(found.values())
    return {candidate: chance / total for candidate, chance in found.items()}


ORACLE = [
    ("推动农业科技。", (Step(UTF8, "gbk"),), [1, 6]),
    ("首位，好的", (Step(UTF8, "gbk"),), [4]),
    ("先进基层", (Step("gbk", "cp950"),), [0]),
    ("創新", (Step("cp950", "gbk"),), [0, 1]),
    ("动农", (Step(UTF8, "cp949"),), [0, 1]),
]


@pytest.mark.parametrize(("text", "chain", "places"), ORACLE, ids=[one[0] for one in ORACLE])
def test_the_trellis_finds_what_an_exhaustive_search_finds(text, chain, places):
    garbled = garble(text, chain)
    expected = exhaustive(garbled, text, places, chain)
    points = language.codes(garbled).astype(np.int64)
    read = Trellis(points, chain, "marked").run([Stretch(0, len(points), 0x0A, 0x0A)])
    best = max(expected, key=expected.__getitem__)
    assert "".join(map(chr, read.code.tolist())) == best
    for row, candidates in read.doubts.items():
        mine = {chr(code): chance for code, chance in candidates}
        alone: dict[str, float] = {}
        for candidate, chance in expected.items():
            alone[candidate[row]] = alone.get(candidate[row], 0.0) + chance
        # The search knows the common characters only, and the trellis drops what is very improbable.
        assert mine[best[row]] == pytest.approx(alone[best[row]], abs=0.01)


def test_dividing_changes_nothing():
    chain = (Step(UTF8, "gbk"),)
    garbled = garble(TEXT * 3, chain)
    points = language.codes(garbled).astype(np.int64)
    trellis = Trellis(points, chain, "marked")
    whole = trellis.run([Stretch(0, len(points), 0x0A, 0x0A)])
    certain = find_certain(trellis, 0x0A, 0x0A)
    parts = trellis.run(certain.stretches)
    token = np.concatenate([certain.token, parts.token])
    code = np.concatenate([certain.code, parts.code])[np.argsort(token, kind="stable")]
    assert code.tolist() == whole.code.tolist()
    assert sum(stretch.end - stretch.begin for stretch in certain.stretches) < len(points) / 2


# --- tables ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["gbk", "gb18030", "cp950", "big5", "cp932", "cp949", "cp1252", "latin-1"])
def test_a_byte_is_lost_where_the_codec_loses_it(name):
    lost = misreading(name).lost
    rng = np.random.default_rng(5)
    for byte, following in rng.integers([0x80, 0x20], [0x100, 0x100], size=(400, 2)).tolist():
        decoded = bytes((byte, following)).decode(name, "replace")
        if name == "gb18030" and 0x30 <= following < 0x3A:
            continue  # the next two bytes matter too
        assert lost[following, byte] == decoded.startswith("\ufffd"), (byte, following)
    for byte in range(0x80, 0x100):
        assert lost[END, byte] == (bytes((byte,)).decode(name, "replace") == "\ufffd")
    assert (lost[UNKNOWN] >= lost[:257].any(axis=0)).all()


@pytest.mark.parametrize("name", ["utf-8", "gbk", "cp950", "cp932", "cp949", "utf-16-be"])
def test_a_reader_reads_what_the_codec_reads(name):
    text = "".join(character for character in TEXT + TRADITIONAL + "Az9" if encodable(character, name))
    partial, found = np.zeros(1, dtype=np.int64), ""
    for byte in text.encode(name):
        partial, code = reader(name).feed(partial, np.array([byte]))
        assert code[0] != INVALID
        if code[0] != NOTHING:
            assert partial[0] == 0
            found += chr(code[0])
    assert found == text


def encodable(character: str, name: str) -> bool:
    try:
        character.encode(name)
    except UnicodeEncodeError:
        return False
    return True


def test_utf_8_that_is_too_long_or_a_surrogate_is_invalid():
    for data in (b"\xc0\xaf", b"\xe0\x80\xaf", b"\xed\xa0\x80", b"\xf0\x80\x80\xaf", b"\xf4\x90\x80\x80", b"\xe4\xb8A"):
        partial = np.zeros(1, dtype=np.int64)
        codes = []
        for byte in data:
            partial, code = reader("utf-8").feed(partial, np.array([byte]))
            codes.append(int(code[0]))
        assert INVALID in codes, data


# --- time ------------------------------------------------------------------------------------------------------------


HOSTILE = ["\ufffd", "?", "娣", "寮?", "寮\ufffd", "中", "锟斤拷", "a\ufffd", "€"]


@pytest.mark.parametrize("unit", HOSTILE, ids=ascii)
def test_a_hostile_pattern_takes_linear_time(unit):
    chain = (Step(UTF8, "gbk"),)
    reread(unit * 100, chain)

    def measured(size: int) -> float:
        start = time.process_time()
        reread(unit * (size // len(unit)), chain)
        return time.process_time() - start

    # On a machine with other work one measure in many is wrong: a bad one is taken again.
    assert any(measured(16000) < 5 * measured(4000) + 0.1 for _ in range(3))


def test_what_is_too_costly_is_tried_less(monkeypatch):
    chain = (Step(UTF8, "gbk"),) * 2
    garbled = garble(TEXT * 4, chain)
    assert "\ufffd" not in joined(reread(garbled, chain), garbled)
    monkeypatch.setattr(lattice, "_EFFORT", 10)
    monkeypatch.setattr(lattice, "_EFFORT_PER_CHARACTER", 0)
    monkeypatch.setattr(lattice, "_MOST_FIRST", 1)
    monkeypatch.setattr(lattice, "_BATCH", (1, 1))
    read = joined(reread(garbled, chain), garbled)
    assert "\ufffd" in read  # marks stay where nothing more is tried
    assert sum(character in read for character in TEXT) > len(TEXT) * 0.8


# --- any input -------------------------------------------------------------------------------------------------------

RIGHT = ("utf-8", "gbk", "cp950", "cp949")
WRONG = ("gbk", "cp936", "gb18030", "cp950", "big5", "big5hkscs", "cp932", "cp949", "cp1252", "latin-1")
CHAINS = [(Step(right, wrong),) for right in RIGHT for wrong in WRONG]
CHAINS += [(Step(UTF8, "gbk"),) * 2, (Step(UTF8, "cp1252"), Step(UTF8, "gbk"))]
CHAINS += [(Step("utf-16-le", "utf-16-be"),), (Step("utf-16-be", "utf-16-le"),)]


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(CHAINS), st.lists(st.text(max_size=8), max_size=3), st.data())
def test_any_text_is_read_or_left(chain, pieces, data):
    start, size = data.draw(st.integers(0, len(TEXT))), data.draw(st.integers(0, 20))
    through, errors = data.draw(st.sampled_from(CHAINS)), data.draw(st.sampled_from(["replace", "ignore", "test-mark"]))
    stretch = TEXT[start : start + size]
    for step in through:
        right, wrong = (name.replace("cp936", "gbk") for name in step)
        stretch = stretch.encode(right, "ignore").decode(wrong, errors)
    text = data.draw(st.sampled_from(["", "?", "\ufffd", "娣"])) * 3 + stretch.join(pieces)
    reading = reread(text, chain)
    if reading is not None:
        assert joined(reading, text) != text


@pytest.mark.parametrize("text", ["ä¸\xadæ–‡ å›½", "\udc80娣", "𠀀?", "\ufffd" * 30], ids=ascii)
@pytest.mark.parametrize("chain", [CHAINS[0], (Step(UTF8, "cp1252"),), (Step("gbk", "gbk"),)], ids=describe)
def test_what_cannot_have_been_is_left(text, chain):
    reading = reread(text, chain)
    if reading is not None:
        joined(reading, text)


# --- characters that are filled in without the trellis ---------------------------------------------------------------


def nothing_filled(*_: object, **__: object) -> Filled:
    nothing = np.zeros(0, dtype=np.int64)
    return Filled(nothing, nothing, nothing, nothing.astype(np.bool_), {})


@pytest.mark.parametrize("wrong", ["gbk", "gb18030", "cp932", "cp949"])
@pytest.mark.parametrize("errors", ["replace", "test-mark", "ignore"])
def test_filling_finds_what_the_trellis_finds(wrong, errors, monkeypatch):
    chain = (Step(UTF8, wrong),)
    garbled = garble(TEXT * 2, chain, errors)
    filled = reread(garbled, chain)
    monkeypatch.setattr(certain, "fill", nothing_filled)
    searched = reread(garbled, chain)
    different = sum(one != two for one, two in zip(filled.after, searched.after, strict=True))
    assert different <= 1  # what is dropped in less than twenty bits from the best may differ
    assert filled.bits == pytest.approx(searched.bits, abs=12)


def test_what_is_filled_in_is_as_probable_as_in_the_trellis():
    chain = (Step(UTF8, "gbk"),)
    garbled = garble("推动农业科技进村，入户。", chain)
    points = language.codes(garbled).astype(np.int64)
    trellis = Trellis(points, chain, "marked")
    searched = trellis.run([Stretch(0, len(points), 0x0A, 0x0A)])
    filled = find_certain(trellis, 0x0A, 0x0A)
    assert filled.restored.any()
    for row in np.flatnonzero(filled.restored).tolist():
        (same,) = np.flatnonzero((searched.token == filled.token[row]) & searched.restored).tolist()
        expected = dict(searched.doubts[same])
        for code, chance in filled.doubts[row][:3]:
            assert chance == pytest.approx(expected[code], abs=0.01)
