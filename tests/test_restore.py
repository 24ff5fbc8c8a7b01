import pytest

from cnpolicy.decode import RESTORE, restore
from cnpolicy.document import Document, Lost
from cnpolicy.rules import Options

LOST = "\ufffd"


def lost_at(text: str, character: str, encoding: str = "gb18030", kept: slice = slice(0, 1)) -> Document:
    """The text with U+FFFD at the character, of which some bytes survived."""
    place = text.index(character)
    shown = text[:place] + LOST + text[place + 1 :]
    survived = character.encode(encoding)[kept]
    return Document("-", shown, encoding, "0" * 64, lost=(Lost(place, survived, encoding),))


@pytest.mark.parametrize(
    ("encoding", "kept"),
    [("gb18030", slice(0, 1)), ("gb18030", slice(1, 2)), ("cp950", slice(0, 1)), ("utf-16-le", slice(0, 1))],
)
def test_a_word_of_four_characters_fills_the_place(encoding, kept):
    text = "村里的人自力更生修好了路。"
    found = RESTORE.once(lost_at(text, "更", encoding, kept), Options())
    assert found.text == text
    (finding,) = found.findings()
    assert (finding.certainty, finding.after) == ("inferred", "更")
    assert finding.posterior is not None
    assert finding.posterior >= 0.99


def test_a_name_that_nothing_tells_stays_visible():
    document = lost_at("会上，村民芈垚说了三点。", "垚")
    found = RESTORE.once(document, Options())
    (finding,) = found.findings()
    assert (finding.certainty, finding.after) == ("reported", LOST)
    assert "likeliest" in finding.note


def test_asked_for_it_is_guessed():
    document = lost_at("会上，村民芈垚说了三点。", "垚")
    found = RESTORE.once(document, Options(restore=0.0))
    (finding,) = found.findings()
    assert finding.certainty == "inferred"
    assert LOST not in found.text


def test_off_leaves_what_is_sure():
    document = lost_at("村里的人自力更生修好了路。", "更")
    found = RESTORE.once(document, Options(restore=None))
    (finding,) = found.findings()
    assert found.text == document.text
    assert finding.certainty == "reported"


def test_a_name_is_known_from_elsewhere_in_the_document():
    text = "技术员苑秀珍来了。"
    known = "\n苑秀珍是镇里的技术员。秋天，苑秀珍和果农一起算账。"
    alone = lost_at(text, "秀")
    assert RESTORE.once(alone, Options()).text == alone.text
    assert RESTORE.once(lost_at(text + known, "秀"), Options()).text == text + known


@pytest.mark.parametrize(
    ("data", "encoding", "text"),
    [
        (b"\xd6", "gb18030", "中"),
        (b"\xd0", "gb18030", "中"),
        (b"\n\xd6", "gb18030", "\n中"),
        (b"\x2d", "utf-16-le", "中"),
        (b"\xff", "gb18030", ""),
        (b"\xd6\xff", "gb18030", "中"),
    ],
)
def test_what_can_have_stood_there(data, encoding, text):
    assert text in restore.candidates(data, encoding)


def test_more_than_one_damage_is_not_undone():
    assert restore.candidates(b"\xd6\xd6\xd6\xd6\xd6", "gb18030") == {}
    assert all(len(text) <= 2 for text in restore.candidates(b"\xd6\xd0\xd6", "gb18030"))
