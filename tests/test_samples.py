"""samples/ is what its builder makes, and every file of it cleans to the text that it was made from."""

import re
import subprocess
import sys
from pathlib import Path

import build_samples
import pytest

README = build_samples.SAMPLES / "README.md"


def case(recipe: build_samples.Recipe) -> object:
    """Return the recipe as a test parameter; one with damage beyond the rules is expected to fail."""
    marks = [pytest.mark.xfail(reason=", ".join(recipe.beyond), raises=AssertionError, strict=True)]
    return pytest.param(recipe, id=recipe.file, marks=marks if recipe.beyond else ())


@pytest.mark.parametrize("recipe", [case(recipe) for recipe in build_samples.RECIPES])
def test_sample_cleans_to_its_source(recipe):
    import cnpolicy

    assert cnpolicy.clean((build_samples.SAMPLES / recipe.file).read_bytes()).text == recipe.clean


@pytest.mark.parametrize("recipe", build_samples.RECIPES, ids=lambda recipe: recipe.file)
def test_clean_source_stays_as_it_is(recipe):
    import cnpolicy

    assert cnpolicy.clean(recipe.clean.encode("utf-8")).text == recipe.clean


def test_samples_are_what_the_builder_makes():
    done = subprocess.run([sys.executable, build_samples.__file__, "--check"], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_builder_notices_what_is_not_up_to_date(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(build_samples, "SAMPLES", tmp_path)
    monkeypatch.setattr(sys, "argv", ["build_samples.py"])
    assert build_samples.main() == 0
    monkeypatch.setattr(sys, "argv", ["build_samples.py", "--check"])
    assert build_samples.main() == 0
    capsys.readouterr()

    changed = tmp_path / build_samples.RECIPES[0].file
    changed.write_bytes(changed.read_bytes() + b"\n")
    (tmp_path / "stray.txt").write_bytes(b"")
    assert build_samples.main() == 1
    assert capsys.readouterr().err.splitlines() == [f"not up to date: {changed.name}", "no recipe: stray.txt"]


def test_every_sample_and_every_clean_source_has_one_recipe():
    files = [recipe.file for recipe in build_samples.RECIPES]
    assert sorted(files) == build_samples.present()
    assert sorted(Path(file).name for file in files) == sorted(path.name for path in build_samples.CLEAN.iterdir())


@pytest.mark.parametrize("recipe", build_samples.RECIPES, ids=lambda recipe: recipe.file)
def test_clean_source_has_the_form_of_cleaned_text(recipe):
    text = recipe.clean
    assert text.endswith("\n")
    assert "" not in text[:-1].split("\n")
    assert not re.search(r"[^\S\n ]|^ | $|[\u0000-\u0009\u000b-\u001f\u007f-\u00a0]", text, re.M)
    assert not re.search("[０-９Ａ-Ｚａ-ｚ％]", text)
    assert not re.search(r"[\u4e00-\u9fff][,:;?!()]|[,:;?!()][\u4e00-\u9fff]", text)
    assert 300 <= sum(not character.isspace() for character in text) <= 1500


@pytest.mark.parametrize("recipe", build_samples.RECIPES, ids=lambda recipe: recipe.file)
def test_damage_strikes(recipe):
    """Every damage of a recipe alters the text it is given, so that none is there in name only."""
    text = recipe.clean
    for damage in recipe.damages:
        damaged = damage(text)
        assert damaged != text, damage
        text = damaged
    assert recipe.data != recipe.clean.encode("utf-8")


def test_readme_has_a_row_for_every_sample():
    rows = re.findall(r"^\| `([^`]+\.txt)` \|", README.read_text("utf-8"), re.M)
    assert sorted(rows) == build_samples.present()


# What is lost and what is not: the damages that have an exact inverse, undone here without the package.
@pytest.mark.parametrize(
    ("name", "undo"),
    [
        ("2003-speech-huzhou.txt", lambda data: data.decode("gb18030")),
        ("2005-notice-chuzhou.txt", lambda data: data.decode("hz")),
        ("2006-workreport-weifang.txt", lambda data: data.decode("utf-8").encode("latin-1").decode("gbk")),
        ("2009-bulletin-taichung.txt", lambda data: data.decode("big5")),
        ("2014-bulletin-kwuntong.txt", lambda data: data.decode("utf-8").replace("\r\n", "\n")),
        ("2018-bulletin-huaihua.txt", lambda data: data.decode("gb18030")),
        ("2023-bulletin-chengdu.txt", lambda data: data.decode("utf-16-le")),
    ],
)
def test_codecs_alone_give_the_clean_source(name, undo):
    (recipe,) = [recipe for recipe in build_samples.RECIPES if recipe.file == name]
    assert undo(recipe.data) == recipe.clean


def test_utf8_read_as_gbk_can_be_turned_back_but_for_the_lost_bytes():
    (recipe,) = [recipe for recipe in build_samples.RECIPES if build_samples.read_as_gbk in recipe.damages]
    lost = {"?": b"?", "€": b"\x80"}
    data = b"".join(lost.get(character) or character.encode("gb18030") for character in recipe.data.decode("utf-8"))
    true = recipe.clean.encode("utf-8")
    assert len(data) == len(true)
    differing = [place for place, byte in enumerate(data) if byte != true[place]]
    assert {data[place] for place in differing} == {ord("?")}
    assert len(differing) == 12


def test_encodings_are_what_they_are_called():
    data = {recipe.file: recipe.data for recipe in build_samples.RECIPES}
    assert data["2005-notice-chuzhou.txt"].isascii()
    assert re.search(rb"[\x81-\xfe][0-9][\x81-\xfe][0-9]", data["2018-bulletin-huaihua.txt"])
    assert data["fujian/2011-speech-longyan.txt"].startswith(b"\xef\xbb\xbf")
    assert not data["2023-bulletin-chengdu.txt"].startswith(b"\xff\xfe")
    for name, encodings in [
        ("2008-bulletin-mianyang.txt", ["gb2312"]),
        ("2015-minutes-xianyang.txt", ["utf-8", "gbk"]),
    ]:
        for encoding in encodings:
            with pytest.raises(UnicodeDecodeError):
                data[name].decode(encoding)
    with pytest.raises(ValueError, match="not in GB2312: 瞭"):
        build_samples.encode_gb2312("瞭望")


def test_machine_made_traditional_can_be_turned_back():
    from opencc import OpenCC

    for recipe in build_samples.RECIPES:
        if build_samples.machine_traditional in recipe.damages:
            simplified = OpenCC("t2s").convert(build_samples.machine_traditional(recipe.clean))
            assert simplified.replace("著", "着") == recipe.clean  # OpenCC keeps 著, which is a word of its own


@pytest.mark.parametrize(
    ("damage", "before", "after"),
    [
        (build_samples.read_as_latin1, "深入", "æ·±å\x85¥"),
        (build_samples.read_as_cp1252, "深入", "æ·±å…¥"),
        (build_samples.read_as_gbk, "深入开展创先争优", "娣卞叆寮€灞曞垱鍏堜簤浼?"),
        (build_samples.html_entities, "“一·二三四五六七”", "&ldquo;一&middot;二三四五六&#x4E03;&rdquo;"),
        (build_samples.halfwidth_punctuation, "（一）好，4,007；", "(一)好,4,007;"),
        (build_samples.fullwidth_alphanumeric, "1998年GDP增8%", "１９９８年ＧＤＰ增８％"),
        (build_samples.straight_quotes, "“甲‘乙’”", "\"甲'乙'\""),
        (build_samples.low_quotes, "“五型”", "‚五型‛"),
        (build_samples.pdf_glyph, "位置·处置", "位臵〃处臵"),
        (build_samples.kangxi_radical, "文工民", "\u2f42\u2f2f\u2ea0"),
        (build_samples.compatibility_ideograph, "理", "\uf9e4"),
        (build_samples.machine_traditional, "后于干里着力", "后于干里著力"),
        (build_samples.pinyin_gloss, "發展經濟", "發(fā)展經(jīng)濟"),
        (build_samples.inserted_comma, "福州、廈門,4,007。", "福州,、廈門,,4,007,。"),
        (build_samples.ascii_dash, "——", "--"),
        (build_samples.glued_heading, "一、提高认识\n今天\n", "一、提高认识 今天\n"),
        (build_samples.carriage_return, "一\n", "一\r\n"),
        (build_samples.blank_line, "一\n二\n", "一\n\n二\n\n"),
    ],
)
def test_damage(damage, before, after):
    assert damage(before) == after
