import json
import math
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnpolicy import encodings, language
from cnpolicy.decode import RESTORE, blocks, candidates, damaged, decode, foreign, is_binary, lattice, mend, read
from cnpolicy.document import Document, Failure, Lost
from cnpolicy.rules import Context, Options

BENCHMARKS = Path(__file__).parent / "benchmarks"

CASES_FILE = Path(__file__).parent / "cases" / "decode.jsonl"
CASES = [json.loads(line) for line in CASES_FILE.read_text(encoding="utf-8").splitlines()]

SIMPLIFIED = "全市各级党组织要认真学习贯彻会议精神，扎实推进各项工作。\n一、提高认识，加强领导。\n"
TRADITIONAL = "全市各級黨組織要認真學習貫徹會議精神，紮實推進各項工作。\n一、提高認識，加強領導。\n"


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "gb18030", "hz", "utf-7", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le"],
)
def test_simplified_is_read(encoding):
    document = decode(SIMPLIFIED.encode(encoding))
    assert isinstance(document, Document)
    assert document.text == SIMPLIFIED


@pytest.mark.parametrize("encoding", ["utf-8", "cp950", "big5hkscs", "gb18030", "utf-16-be"])
def test_traditional_is_read(encoding):
    document = decode(TRADITIONAL.encode(encoding))
    assert isinstance(document, Document)
    assert document.text == TRADITIONAL


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "a PNG"),
        (b"\x89PNG\n\x1a\n\0\0\0\rIHDR", "damaged PNG"),
        (b"\x89PNG\r", "damaged PNG"),
        ("\ufffdPNG\r\n\x1a\n\0\0\0\rIHDR".encode(), "what is left of a PNG"),
        ("\x89PNG\r\n\x1a\n".encode(), "what is left of a PNG"),
        (("\ufffd" * 4 + "\0\x10JFIF\0").encode(), "what is left of a JPEG"),
        (b"RIFF\x24\0\0\0WEBPVP8 \x18\0\0\0", "WebP"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "HEIF"),
        (b"%PDF-1.7\n", "PDF"),
        (b"PK\x03\x04\x14\0", "ZIP"),
        (bytes(8) + b"DUCK" + bytes(100), "DuckDB"),
        (bytes(range(256)) * 16, "binary"),
    ],
)
def test_a_binary_file_is_a_failure(data, what):
    outcome = decode(data, "a.txt")
    assert isinstance(outcome, Failure)
    assert (outcome.name, outcome.stage) == ("a.txt", "decode")
    assert what in outcome.reason
    assert outcome.reason.startswith("byte ")
    found = is_binary(data)
    assert found
    assert what in found


@pytest.mark.parametrize(
    "text", ["PNG图片三张", "\ufffdPNG图片", "‰PNG", "\ufffd\ufffd\ufffd附件", "RIFF与WEBPVP8格式", "第ftypheic节"]
)
def test_a_text_that_begins_like_a_binary_file_is_text(text):
    document = decode(text.encode())
    assert isinstance(document, Document)
    assert document.text == text


def test_nothing_is_an_empty_text():
    document = decode(b"")
    assert isinstance(document, Document)
    assert (document.text, document.encoding) == ("", "utf-8")


def test_a_forced_encoding_is_taken():
    document = decode("中国".encode("gbk") + b"\xff!", encoding="GB2312")
    assert isinstance(document, Document)
    assert (document.text, document.encoding) == ("中国\ufffd!", "gb18030")
    assert document.lost == (Lost(2, b"\xff", "gb18030"),)
    with pytest.raises(ValueError, match="known ones"):
        decode(b"", encoding="klingon")


@pytest.mark.parametrize(
    ("encoding", "data", "text", "lost"),
    [
        ("utf-8", b"a\xe4\xb8\xff\xffb", "a\ufffdb", ((1, b"\xe4\xb8\xff\xff"),)),
        ("utf-8", b"\xff\xff", "\ufffd", ((0, b"\xff\xff"),)),
        ("gb18030", b"\xd6\xd0\0\0\xb9\xfa", "中\ufffd国", ((1, b"\0\0"),)),
        ("utf-16-le", b"\x2d\x4e\0\0\xfd\x56\x00", "中\ufffd国\ufffd", ((1, b"\0\0"), (3, b"\0"))),
        ("cp1252", b"a\x81b", "a\ufffdb", ((1, b"\x81"),)),
        ("hz", b"~{VP9z~} \xff", "中国 \ufffd", ()),
        ("gb18030", b"\xd6\xd0\0\0", "中", ()),
    ],
)
def test_what_a_forced_encoding_cannot_read_is_lost(encoding, data, text, lost):
    document = decode(data, encoding=encoding)
    assert isinstance(document, Document)
    assert document.text == text
    assert tuple((start, what) for start, what, _ in document.lost) == lost


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=40), st.sampled_from([encoding.name for encoding in encodings.ENCODINGS]))
def test_any_bytes_can_be_forced(data, encoding):
    document = decode(data, encoding=encoding)
    assert isinstance(document, Document)
    assert "\0" not in document.text
    assert all(document.text[start] == "\ufffd" for start, _, _ in document.lost)


PIECES = st.one_of(
    st.binary(max_size=30),
    st.sampled_from(
        [b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\0", b"~{VP9z~}", b"+/v8-", b"+Ti1W/Q-", b"\x1b$)A", b"\x80"]
    ),
    st.sampled_from(["utf-8", "gb18030", "utf-16-le", "utf-16", "utf-7", "utf-32-be", "big5hkscs"]).flatmap(
        lambda encoding: st.text("中國的 a\n~{}\ufeff\0", max_size=12).map(lambda text: text.encode(encoding, "ignore"))
    ),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=4).map(b"".join))
def test_a_text_reads_as_itself(data):
    outcome = decode(data)
    if isinstance(outcome, Document):
        outcome.text.encode("utf-8")
        again = decode(outcome.text.encode("utf-8"))
        assert isinstance(again, Document)
        assert again.text == outcome.text


@pytest.mark.parametrize("byte", [b"a", b"\0", b"\x80", b"\xc4", b"\xff", b"\n"])
def test_one_byte(byte):
    outcome = decode(byte)
    assert isinstance(outcome, Document)
    assert len(outcome.text) == 1


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, marks=[] if case["expect"] == "pass" else pytest.mark.xfail(reason=case["why"], strict=True))
        for case in CASES
    ],
    ids=lambda case: case["label"],
)
def test_cases(case):
    data = b"".join(bytes.fromhex(text) if name == "hex" else text.encode(name) for name, text in case["before"])
    document = decode(data)
    assert isinstance(document, Document), document
    assert document.text == case["after"]
    again = decode(document.text.encode("utf-8"))
    assert isinstance(again, Document)
    assert again.text == document.text


def test_spans_say_what_was_read_in_what():
    document = decode("第一部分：工作总结。\n".encode() + "第二部分：存在的问题。\n".encode("gbk"))
    assert isinstance(document, Document)
    assert document.encoding == "utf-8+gb18030"
    assert [(document.text[start:end], name) for start, end, name in document.spans] == [
        ("第一部分：工作总结。\n", "utf-8"),
        ("第二部分：存在的问题。\n", "gb18030"),
    ]


def test_lost_places_keep_their_bytes():
    document = decode("会议以来".encode("gbk") + b"\xff" + "进行了三项工作".encode("gbk"))
    assert isinstance(document, Document)
    assert document.lost == (Lost(4, b"\xff", "gb18030"),)
    assert document.text[4] == "\ufffd"


def test_a_hint_and_a_declaration_are_only_evidence():
    data = SIMPLIFIED.encode("gbk")
    document = decode(data, hint="big5")
    assert isinstance(document, Document)
    assert document.text == SIMPLIFIED
    with pytest.raises(ValueError, match="known ones"):
        decode(data, hint="klingon")


def test_a_hint_decides_where_the_text_does_not():
    data = bytes.fromhex("b5c4")  # 的 in GBK, 腔 in Big5
    read = {hint: decode(data, hint=hint) for hint in (None, "gbk", "big5")}
    assert {hint: document.text for hint, document in read.items() if isinstance(document, Document)} == {
        None: "的",
        "gbk": "的",
        "big5": data.decode("cp950"),
    }


def test_a_hint_or_a_declaration_tells_single_bytes_apart():
    data = "Im März wird es früh dunkel.\n".encode("cp850")
    for hint in ("cp850", "mac-roman"):
        hinted = decode(data, hint=hint)
        assert isinstance(hinted, Document)
        assert (hinted.text, hinted.encoding) == ("Im März wird es früh dunkel.\n", "cp850")
    page = b"<meta charset=windows-1250>\n<p>Na \xa3ukowie, za \xa3aby i od \xa3abna jest w ogrodzie.\n"
    declared = decode(page)
    assert isinstance(declared, Document)
    assert "Na Łukowie, za Łaby" in declared.text


@pytest.mark.parametrize("hint", ["big5", "utf-8", "utf-16-le", "shift_jis", "latin-1", "hz", "utf-7"])
def test_a_wrong_hint_does_no_harm(hint):
    for encoding in ("gb18030", "utf-8", "utf-16-be"):
        document = decode(SIMPLIFIED.encode(encoding), hint=hint)
        assert isinstance(document, Document)
        assert document.text == SIMPLIFIED


def test_a_plain_page_is_sure():
    page = "<html>\n<body>\n<p>\n全市各级&nbsp;党组织&nbsp;要认真学习\n</p>\n" + "<br>&#x5E74;\n" * 20
    document = decode(page.encode("gb18030"))
    assert isinstance(document, Document)
    assert document.text == page
    assert document.confidence >= 0.99
    assert document.runner_up != "gb18030"


MIXTURES = st.lists(
    st.tuples(
        st.sampled_from(["utf-8", "gb18030", "cp950"]),
        st.sampled_from(["會議強調，各級組織要認真學習。", "\n", "老橋已經拆除，", "2008", "<p>", "公車改走北路"]),
        st.sampled_from([b"", b"", b"", b"\xff", b"\x80", b"\0"]),
    ),
    max_size=60,
).map(lambda parts: b"".join(text.encode(name) + stray for name, text, stray in parts))
NAMES = [("utf-8", 0.0), ("gb18030", 1.0), ("cp950", 2.0)]


@settings(max_examples=30, deadline=None)
@given(MIXTURES)
def test_blocks_side_by_side_read_what_the_lattice_reads(data):
    if not data:
        return
    slow, bits = lattice.read(data, NAMES)
    fast, cost, end = blocks._read_chunk(
        data, [name for name, _ in NAMES], [prior for _, prior in NAMES], at_start=True, whole=True
    )
    assert end == len(data)
    assert cost == pytest.approx(bits, abs=0.1 + 1e-5 * bits)
    assert fast == list(lattice.joined(slow)) or cost == pytest.approx(bits, abs=1e-3)


@settings(max_examples=20, deadline=None)
@given(st.binary(max_size=900), st.integers(1, 3))
def test_blocks_cover_every_byte_once(data, times):
    pieces, _ = blocks.read(data * times * 4, [(name, bits) for name, bits in candidates.PRIORS.items()])
    place = 0
    for piece in pieces:
        assert piece.start == place
        assert piece.end > piece.start
        assert not piece.encoding or encodings.read((data * times * 4)[piece.start : piece.end], piece.encoding)
        place = piece.end
    assert place == len(data) * times * 4


@settings(max_examples=100, deadline=None)
@given(
    st.one_of(st.binary(min_size=1, max_size=60), st.text("Łódź çà et là ja on Привет ő", min_size=1).map(str.encode))
)
def test_single_byte_encodings_are_scored_as_their_texts_are(data):
    scores = foreign.score(data)
    for name in foreign.PRIORS:
        text = encodings.read(data, name)
        if text is None:
            assert name not in scores
        else:
            strangeness, gain = foreign._strangeness(data)
            expected = language.total_bits(text) + foreign.letter_bits(text, strangeness) - gain
            expected -= foreign.sign_bits(data) if foreign.has_signs(name) else 0.0
            assert scores[name] == pytest.approx(expected, abs=1e-2)


def test_one_odd_line_of_a_long_file_is_read_by_itself():
    odd = "会议登记：翀龑昺犇喆"
    assert damaged.first_suspicious(odd) < len(odd)
    text = SIMPLIFIED * 300 + odd + "\n" + SIMPLIFIED * 300
    document = decode(text.encode("gb18030"))
    assert isinstance(document, Document)
    assert (document.text, document.encoding) == (text, "gb18030")
    quoted = SIMPLIFIED.encode("gb18030") * 300 + TRADITIONAL.encode("cp950") + SIMPLIFIED.encode("gb18030") * 300
    document = decode(quoted)
    assert isinstance(document, Document)
    assert document.text == SIMPLIFIED * 300 + TRADITIONAL + SIMPLIFIED * 300
    assert [name for _, _, name in document.spans] == ["gb18030", "cp950", "gb18030"]


def test_lines_are_counted_as_the_text_has_them():
    assert damaged._lines_of("a\nbc\n\nd", [0, 2, 3, 6]) == [0, 1, 3]


def test_an_unsupported_plane_is_named():
    outcome = decode(b"\x1b$+I\x1bo!!")
    assert isinstance(outcome, Failure)
    assert "ISO-2022-CN-EXT with CNS 11643 plane 3" in outcome.reason


def test_what_survived_restores_a_character():
    data = "市里的".encode() + "委".encode()[1:] + "员会议已经结束。".encode()
    document = decode(data)
    assert isinstance(document, Document)
    restored = RESTORE.once(document, Options())
    assert restored.text == "市里的委员会议已经结束。"
    (finding,) = restored.findings()
    assert (finding.rule, finding.certainty, finding.after) == ("restore-lost-byte", "inferred", "委")
    assert finding.posterior is not None
    assert finding.posterior >= 0.99
    assert restored.decoded == document.text


def test_a_stray_byte_is_taken_out():
    document = decode("会议以来".encode("gbk") + b"\xff" + "进行了三项工作".encode("gbk"))
    assert isinstance(document, Document)
    assert RESTORE.once(document, Options()).text == "会议以来进行了三项工作"


def test_what_is_not_sure_stays_lost_and_is_reported():
    document = decode("他说，".encode("gbk") + b"\xd5\n" + "大家都同意了。".encode("gbk"))
    assert isinstance(document, Document)
    restored = RESTORE.once(document, Options())
    assert restored.text == document.text
    assert [finding.certainty for finding in restored.findings()] == ["reported"]
    (rule,) = RESTORE.rules
    assert rule.find(document.text, Context(document.text)) == ()


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=80))
def test_the_lattice_covers_every_byte_once(data):
    pieces, bits = lattice.read(data, [("utf-8", 0.0), ("gb18030", 1.0), ("cp950", 2.0)])
    place = 0
    for piece in pieces:
        assert piece.start == place
        assert piece.end > piece.start
        place = piece.end
    assert place == len(data)
    assert 0 <= bits < 16 * len(data) + 32


def test_hostile_bytes_take_linear_time():
    spent = []
    for size in (20_000, 80_000):
        data = (b"\xd6\xd0\x80\xe4\xb8\xc4\xa3\xff\xb9" * size)[:size]
        start = time.perf_counter()
        blocks.read(data, [("utf-8", 0.0), ("gb18030", 1.0)])
        spent.append(time.perf_counter() - start)
    assert spent[1] < 12 * spent[0] + 0.5


# Bytes that are all damage, in every way that `read` knows of.
HOSTILE = {
    "nested escapes": "Ã©".encode(),
    "line ends": b"\r\n",
    "lead bytes": b"\x81",
    "marks": b"\xff\xfe\x81\n",
    "two encodings by turns": "会".encode("gb18030") + "议".encode(),
    "open escapes": b"~{VP9z",
    "odd pairs": b"~{VP9~}",
    "odd pairs in lines": b"~{VP9~}\xff\n",
    "line ends inside characters": b"\xd6\r\n\xd0",
    "lead bytes at line ends": b"\xe4\n",
    "letters after Chinese": "會A".encode("cp950"),
    "two stray bytes": b"\xd6\xff\xff\xd0",
}


@pytest.mark.parametrize("unit", HOSTILE.values(), ids=HOSTILE)
def test_reading_hostile_bytes_takes_linear_time(unit):
    spent = []
    for size in (25_000, 100_000):
        data = (unit * size)[:size]
        start = time.process_time()
        read(data)
        spent.append(time.process_time() - start)
    # Four times the bytes; what is quadratic takes sixteen times as long.
    assert spent[1] < 9 * spent[0] + 0.5


def test_every_line_of_a_damaged_hz_file_but_one_is_right():
    lines = ["水库的加固工程下月开工，共3项。", "食堂的窗口增加到6个。", "各村的道路情况已经报到乡里。"]
    before, line, after = (text.encode("hz") for text in lines)
    for place in range(len(line)):
        if line[place : place + 1] == b"6":
            continue  # no trace is left of a digit
        for middle, rest in ((b"\xff", 1), (b"\xff", 0), (b"", 1)):
            document = decode(b"\n".join([before, line[:place] + middle + line[place + rest :], after]))
            assert isinstance(document, Document)
            first, second, third = document.text.split("\n")
            assert (first, third, document.encoding) == (lines[0], lines[2], "hz")
            head, _, tail = second.partition("\ufffd")
            assert lines[1].startswith(head)
            assert lines[1].endswith(tail)
            assert len(head) + len(tail) >= len(lines[1]) - 1
            assert [document.text[start] for start, _, _ in document.lost] == ["\ufffd"]


def test_what_survived_of_a_pair_of_hz_restores_a_character():
    data = "市里的委员会议已经结束。".encode("hz")
    place = data.index("委".encode("hz")[2:-2])
    document = decode(data[:place] + data[place + 1 :] + b"\n" + data)
    assert isinstance(document, Document)
    assert document.text == "市里的\ufffd员会议已经结束。\n市里的委员会议已经结束。"
    assert RESTORE.once(document, Options()).text == "市里的委员会议已经结束。\n市里的委员会议已经结束。"


@pytest.mark.parametrize("unit", [1, 2, 3, 4, 7, 512, 5000])
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "gb18030", "hz", "iso2022_cn", "utf-16", "utf-16-le", "utf-16-be", "utf-32-le"]
)
def test_padding_is_no_text(encoding, unit):
    document = decode(SIMPLIFIED.encode(encoding) + bytes(unit))
    assert isinstance(document, Document)
    assert (document.text, document.lost) == (SIMPLIFIED, ())


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
@pytest.mark.parametrize(("encoding", "text"), [("utf-8", SIMPLIFIED), ("gb18030", SIMPLIFIED), ("cp950", TRADITIONAL)])
def test_lines_wrapped_by_bytes_lose_no_character(encoding, text, line_end):
    text = text.replace("\n", "") * 6
    data = text.encode(encoding)
    wrapped = line_end.join(data[start : start + 35] for start in range(0, len(data), 35))
    document = decode(wrapped)
    assert isinstance(document, Document)
    assert document.text.replace("\r", "").replace("\n", "") == text
    assert document.text.count("\n") == wrapped.count(b"\n")


def test_a_rival_is_named_only_where_there_is_one():
    document = decode(SIMPLIFIED.encode("gb18030"))
    assert isinstance(document, Document)
    assert document.runner_up == ""
    short = decode("的".encode("gb18030"))
    assert isinstance(short, Document)
    assert short.runner_up


def test_one_long_line_with_a_byte_dropped():
    data = bytearray((SIMPLIFIED.replace("\n", "") * 20_000).encode("gb18030"))
    del data[len(data) // 2]
    document = decode(bytes(data))
    assert isinstance(document, Document)
    assert document.text.count("\ufffd") <= 1
    assert len(document.text) > 0.999 * len(data) / 2


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16-le", "utf-16-be"])
def test_wherever_a_byte_is_dropped_one_character_at_most_is_lost(encoding):
    text = "会议强调，各级党组织要认真学习贯彻会议精神。"
    data = text.encode(encoding)
    wrong = 0
    for place in range(4, len(data) - 4):
        document = decode(data[:place] + data[place + 1 :])
        assert isinstance(document, Document)
        head, _, tail = document.text.partition("\ufffd")
        wrong += not (text.startswith(head) and text.endswith(tail) and len(head) + len(tail) == len(text) - 1)
    # Between two characters that share a byte either can be the one that lost it.
    assert wrong <= len(data) // 20


@pytest.mark.parametrize("byte", [b"\0", b"\x80", b"\xff"])
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_wherever_a_byte_is_put_in_nothing_else_changes(encoding, byte):
    text = "会议强调，各级党组织要认真学习贯彻会议精神。"
    data = text.encode(encoding)
    for place in range(2, len(data) - 2):
        document = decode(data[:place] + byte + data[place:])
        assert isinstance(document, Document)
        head, _, tail = document.text.partition("\ufffd")
        assert text.startswith(head)
        assert text.endswith(tail)
        assert len(head) + len(tail) >= len(text) - 1


def test_the_sum_over_what_stood_there_is_exact():
    left, right = "党", "组"
    data = "党".encode("gb18030") + "员".encode("gb18030")[:1] + "组".encode("gb18030")
    (found,) = [way for way in mend.weigh(data, "gb18030") if (way.start, way.end) == (2, 3)]
    mass = 0.0
    codes, bits = mend._possible(data[2:3], "gb18030")
    for code, cost in zip(codes.tolist(), bits.tolist(), strict=True):
        between = "" if code == mend._NOTHING else chr(code)
        mass += 2.0 ** -(cost + float(language.bits(left + between + right)[1:].sum()))
    expected = mend._DAMAGE_BITS + float(language.bits(left)[0]) - math.log2(mass)
    assert found.bits == pytest.approx(expected, abs=1e-3)


def test_the_place_of_a_damage_in_a_long_file_is_found():
    text = SIMPLIFIED * 400
    data = text.encode("gb18030")
    place = text.index("贯彻", len(text) // 2)
    cut = len(text[:place].encode("gb18030"))
    document = decode(data[:cut] + data[cut + 1 :])
    assert isinstance(document, Document)
    assert document.text == text[:place] + "\ufffd" + text[place + 1 :]
    assert document.confidence < 0.99


def test_a_sign_of_ascii_in_chinese_is_no_damage():
    text = "新區的圖書館搬到8A大樓辦公，上月3日起各層閱覽室照常開放。"
    document = decode(text.encode("cp950"))
    assert isinstance(document, Document)
    assert document.text == text


def test_euc_tw_beyond_plane_2_is_named():
    data = "這是一個測試，香港和臺灣的政府工作報告。".encode("euc_tw") + b"\x8e\xa3\xa1\xa1" + "他們".encode("euc_tw")
    outcome = decode(data)
    assert isinstance(outcome, Failure)
    assert "EUC-TW with CNS 11643 plane 3" in outcome.reason
    assert outcome.reason.startswith("byte 40: ")


def test_no_file_of_europe_is_called_chinese(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import decode_foreign

    files = [file for file in decode_foreign.files() if file.group == "single-byte"][::5]
    wrong = [file for file in files for outcome in [decode(file.data)] if getattr(outcome, "text", "") != file.text]
    assert len(files) > 40
    assert wrong == []


@pytest.mark.benchmark
def test_no_other_detector_reads_more_files(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import decode_foreign

    right = {name: decode_foreign.measure(read)[1] for name, read in decode_foreign.readers().items()}
    every, ours, _ = decode_foreign.measure(decode_foreign.readers()["cnpolicy"])
    assert every["single-byte"] >= 244
    assert every["japanese"] >= 123
    assert every["chinese"] >= 104
    for group in every:
        assert ours[group] >= max(counts[group] for counts in right.values())


@pytest.mark.benchmark
def test_accuracy_is_not_below_its_floors(shared, monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import decode_accuracy

    floors = json.loads((BENCHMARKS / "floors.json").read_text(encoding="utf-8"))["decode"]
    cells = {name: (make, counts) for name, make, counts in decode_accuracy.cells("even", floors["cases"])}
    assert shared.is_dir()
    below = {}
    for name, floor in floors["percent"].items():
        hits, total, _ = decode_accuracy.measure(*cells[name])
        if 100 * hits / total < floor:
            below[name] = 100 * hits / total
    assert not below


def test_gb18030_with_replacement_characters_is_gb18030():
    """Mojibake that was saved as GB18030 is UTF-8 for the better part of its bytes."""
    text = "各乡镇要抓紧安排，按时报送进展情况。\n" * 3
    misread = text.encode().decode("gbk", "replace")
    for saved in (misread, text.replace("紧", "\ufffd")):
        reading = read(saved.encode("gb18030"))
        assert not isinstance(reading, str)
        assert (reading.text, reading.encoding, reading.lost) == (saved, "gb18030", ())


def test_a_character_of_hong_kong_far_behind_the_sample_is_not_lost():
    text = "各區議會已就有關建議進行討論，當局會繼續跟進。\n" * 400 + "油塘邨與李鄭屋邨\n"
    read = decode(text.encode("big5hkscs"))
    assert isinstance(read, Document)
    assert (read.text, read.encoding, read.lost) == (text, "big5hkscs", ())


@given(st.binary(min_size=1, max_size=400))
def test_no_encoding_of_one_byte_reads_data_for_less_than_the_least(data):
    scores = foreign.score(data)
    assert not scores or foreign.least_score(data) <= min(scores.values())


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("text", [SIMPLIFIED, TRADITIONAL, "GDP增长8%。\n"])
def test_utf_16_that_was_saved_a_byte_a_character(encoding, text):
    read = decode(text.encode(encoding).decode("latin-1").encode())
    assert isinstance(read, Document)
    assert (read.text, read.encoding, read.runner_up) == (text, "utf-8", encoding)


@pytest.mark.parametrize("data", ["ä\0ö\0ü\0".encode(), "été\0".encode(), b"\0\xc3\xa9" * 20])
def test_what_is_no_utf_16_saved_a_byte_a_character(data):
    read = decode(data)
    assert isinstance(read, Failure) or read.runner_up not in ("utf-16-le", "utf-16-be")
