"""Characters that a font, not an author, put into the text."""

import re
import unicodedata
from collections.abc import Iterable
from itertools import pairwise

from cnpolicy.findings import Finding
from cnpolicy.patterns import pattern
from cnpolicy.rules import Context, between, rule
from cnpolicy.tidy.alphabet import HAN, places

# 置 as the fonts of some word processors encode it. By itself 臵 is a character of old dictionaries: it stays where it
# is quoted or explained, unless it makes a word with the character before it or behind it.
_BEFORE = "位布设装处配安放购闲搁重前内后添建创倒废弃留摆措预滞错寄悬設裝處購閒閑擱內後創廢棄擺預滯錯懸"
_BEHIND = "业换于身之信疑办备若评顶入業換於辦備評頂"
_ZHI = pattern(
    f"(?<=[{_BEFORE}])臵|臵(?=[{_BEHIND}])|(?:(?<=[{HAN}])|(?<=[，。、；：\n]))(?<!字)臵(?=[{HAN}])(?![字音同通与與作读讀为為是])"
)
_DITTO = pattern(f"(?<=[{HAN}])〃(?=[{HAN}])")


@rule(
    "pdf-glyph",
    "inferred",
    needs="臵〃",
    example=("摆在突出位臵，做人民满意的党员〃干部", "摆在突出位置，做人民满意的党员·干部"),
)
def replace_pdf_glyph(text: str, context: Context) -> Iterable[Finding]:
    """Write 置 for 臵 and · for 〃, where a PDF file's fonts had them in each other's place.

    置 must make a word with the character next to it, and · must join two words: 臵 is a character of its own in old
    dictionaries, 〃 a ditto mark in the columns of a table.
    """
    for place in places(context, "臵〃"):
        before = text[place]
        if (_ZHI if before == "臵" else _DITTO).match(text, place):
            after = "置" if before == "臵" else "·"
            yield Finding("pdf-glyph", place, place + 1, before, after, "inferred")


# The Kangxi radicals are compatible with the characters they are. Of the supplement, those that fonts put in their
# place: each the form that the radical has in simplified text.
_SUPPLEMENT = dict(
    zip(
        "⺁⺄⺅⺇⺊⺋⺍⺓⺕⺘⺙⺟⺠⺡⺣⺦⺨⺩⺫⺬⺭⺮⺯⺱⺶⺷⺹⺺⺾⻀⻁⻃⻄⻅⻆⻈⻉⻊⻋⻌⻍⻎⻏⻐⻑⻒⻓⻔⻖⻗⻘⻙⻚⻛⻜⻝⻞⻟⻠⻢⻣⻤⻥⻦⻧⻨⻩⻪⻬⻮⻯⻰⻳",
        "厂乙亻几卜㔾小幺彐扌攵母民氵灬丬犭王罒示礻竹糸罓羊羊耂肀艹艹虎覀西见角讠贝足车辶辶辶阝钅长镸长门阝雨青韦页风飞食飠飠饣马骨鬼鱼鸟卤麦黄黾齐齿竜龙龟",
        strict=True,
    )
)
_WHOLE = (
    "⺠⺟⻁⻄⻅⻆⻉⻋⻓⻔⻗⻘⻙⻚⻛⻜⻝⻢⻣⻤⻥⻦⻧⻨⻩⻪⻬⻮⻰⻳"  # characters in their own right, not parts of some
)
_RADICALS = {chr(code): unicodedata.normalize("NFKC", chr(code)) for code in range(0x2F00, 0x2FD6)}
_RADICALS |= {radical: _SUPPLEMENT[radical] for radical in _WHOLE}
_RADICAL_RUN = pattern("[{0}][{0}]*+".format("".join(_RADICALS)))
_BESIDE = pattern(f"[{HAN}]")
_APART = " \t\u3000、，,/：:；;（）()\n"
_ENOUGH = 10  # radicals next to characters: the fonts of the text have them, and all others come from there as well


def _listed(text: str, runs: list[re.Match[str]]) -> set[int]:
    """Return where the runs of radicals begin that are meant: quoted, or in a list.

    A list has single radicals with one mark between any two, or four and more in the order of the code table.
    """
    listed: set[int] = set()
    row: list[re.Match[str]] = []
    for place, run in enumerate(runs):
        start, end = run.span()
        if start > 0 and text[start - 1] in "“‘「『\"'" and text[end : end + 1] in tuple("”’」』\"'"):
            listed.add(start)
        if end - start >= 4 and all(one < other for one, other in pairwise(run.group())):
            listed.add(start)
        row.append(run)
        following = runs[place + 1] if place + 1 < len(runs) else None
        if following and following.start() == end + 1 and text[end] in _APART:
            continue
        if len(row) > 1 and all(len(one.group()) == 1 or one.start() in listed for one in row):
            listed.update(one.start() for one in row)
        row = []
    return listed


@rule(
    "kangxi-radical",
    "certain",
    needs="".join(_RADICALS),
    example=("政府⼯作报告，⼈⺠⽣活", "政府工作报告，人民生活"),
)
def unify_kangxi_radical(text: str, _: Context) -> Iterable[Finding]:
    """Write the character for a radical that a PDF file's font has in its place.

    They look the same and are other code points, so that ⼯作 is found in no dictionary. A radical in a word stands
    next to a character or to another radical; lists of radicals set them apart or have many in a row.
    """
    runs = list(_RADICAL_RUN.finditer(text))
    beside = sum(
        bool(
            _BESIDE.match(text[run.end() : run.end() + 1]) or _BESIDE.match(text[max(run.start() - 1, 0) : run.start()])
        )
        for run in runs
    )
    listed = _listed(text, runs) if beside < _ENOUGH else set()
    for match in runs:
        if match.start() not in listed:
            after = "".join(map(_RADICALS.__getitem__, match.group()))
            yield Finding("kangxi-radical", match.start(), match.end(), match.group(), after, "certain")


_COMPATIBLE = {
    character: unified
    for character in between("\uf900", "\ufaff") + between("\U0002f800", "\U0002fa1d")
    if (unified := unicodedata.normalize("NFC", character)) != character
}
_COMPATIBLE_RUN = pattern("[{0}][{0}]*+".format("".join(_COMPATIBLE)))
_HANGUL = pattern("[\uac00-\ud7a3]")


@rule(
    "compatibility-ideograph",
    "certain",
    needs="".join(_COMPATIBLE),
    example=("加强管\uf9e4，提高效\uf961", "加强管理，提高效率"),
)
def unify_compatibility_ideograph(text: str, _: Context) -> Iterable[Finding]:
    """Write the unified character for its double in the compatibility block.

    The doubles exist to convert Korean and Japanese standards back and forth, and PDF fonts put them into Chinese
    text. By Unicode they are the same characters. A Korean text, where they tell readings apart, keeps them.
    """
    korean: bool | None = None
    for match in _COMPATIBLE_RUN.finditer(text):
        if korean is None:
            korean = _HANGUL.search(text) is not None
        if korean:
            return
        run = match.group()
        after = "".join(map(_COMPATIBLE.__getitem__, run))
        yield Finding("compatibility-ideograph", match.start(), match.end(), run, after, "certain")
