import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnpolicy import encodings


@pytest.mark.parametrize("encoding", encodings.ENCODINGS, ids=lambda encoding: encoding.name)
def test_every_label_finds_its_encoding(encoding):
    for label in (encoding.name, *encoding.labels):
        assert encodings.look_up(label) == encoding.name
        assert encodings.look_up(label.upper().replace("-", "_")) == encoding.name


def test_labels_are_unique():
    labels = [label for encoding in encodings.ENCODINGS for label in (encoding.name, *encoding.labels)]
    keys = [encodings._key(label) for label in labels]
    assert len(keys) == len(set(keys))


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(ValueError, match=r"'klingon'.*gb18030.*cp950"):
        encodings.look_up("klingon")


@given(st.text("中国共产党的讲话①ＡΩж「」", min_size=1))
def test_hz_is_read_back(text):
    escaped = "~{" + bytes(byte & 0x7F for byte in text.encode("gb18030")).decode("ascii") + "~}"
    (found,) = encodings.read_hz("前 " + escaped + " 后")
    assert found == encodings.Escape(2, 2 + len(escaped), text)


@given(st.text("ab中国~{}\n"))
def test_hz_spans_are_in_order_and_agree_with_the_codec(text):
    data = text.replace("~", "~~").encode("hz", "ignore")
    source = data.decode("ascii")
    place = 0
    parts = []
    for escape in encodings.read_hz(source):
        assert escape.start >= place
        parts += [source[place : escape.start], escape.text]
        place = escape.end
    read = "".join([*parts, source[place:]])
    if "~{" in source.replace("~~", ""):
        assert read == codecs.decode(data, "hz")


@pytest.mark.parametrize("text", ["~{", "~{}", "~{~}", "~{a~}", "a ~~ b", "~{\n\n~}", "~{中国~}", "~{!!~"])
def test_what_is_no_hz_is_left_alone(text):
    assert list(encodings.read_hz(text)) == []
