"""Builds samples/ from the clean texts in tests/samples/clean, damage by damage.

    python tests/build_samples.py           write samples/
    python tests/build_samples.py --check   tell whether samples/ is what would be written; exit status 1 if not

Every file of samples/ has a recipe: the clean text, a list of damages, an encoding. A damage is a function from text
to text, the last step one from text to bytes. Nothing is drawn at random: where a damage strikes only here and there,
it strikes every n-th place. So the clean text is the expected result of a test, and the same functions can damage any
other text.

Damages are listed in the order in which they happened to the text. The name of each is the slug of the rule that
repairs it, with `_` for `-`, where there is such a rule.
"""

import argparse
import re
import sys
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from opencc import OpenCC

CLEAN = Path(__file__).parent / "samples" / "clean"
SAMPLES = Path(__file__).parents[1] / "samples"

Damage = Callable[[str], str]
Encode = Callable[[str], bytes]

HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff]")


# --- Wrong codecs and escapes -----------------------------------------------------------------------------------------


def read_as_latin1(text: str, true: str = "utf-8") -> str:
    """Text whose bytes in the encoding `true` were read as Latin-1: every byte became a character."""
    return text.encode(true).decode("latin-1")


def read_as_cp1252(text: str, true: str = "utf-8") -> str:
    """Text whose bytes were read as cp1252 the way browsers do: the five undefined bytes became C1 controls."""
    return "".join(
        bytes([byte]).decode("cp1252" if byte not in b"\x81\x8d\x8f\x90\x9d" else "latin-1")
        for byte in text.encode(true)
    )


def read_as_gbk(text: str) -> str:
    """UTF-8 read as GBK, as Windows does it (深 as 娣?): 0x80 became €, a byte without a partner `?`, so it is lost.

    Pairs that GBK leaves to the user became private-use characters, as in Python's gb18030.
    """
    data = text.encode("utf-8")
    parts: list[str] = []
    place = 0
    while place < len(data):
        first, second = data[place], data[place + 1 : place + 2]
        paired = first > 0x80 and second >= b"\x40" and second not in (b"\x7f", b"\xff")
        if paired:
            parts.append(data[place : place + 2].decode("gb18030"))
        elif first <= 0x80:
            parts.append("€" if first == 0x80 else chr(first))
        else:
            parts.append("?")
        place += 1 + paired
    return "".join(parts)


ENTITIES = {"“": "ldquo", "”": "rdquo", "—": "mdash", "…": "hellip", "·": "middot", "\xa0": "nbsp"}


def html_entities(text: str, hexadecimal: int = 7, decimal: int = 11) -> str:
    """Punctuation as named entities; every `hexadecimal`-th Chinese character as `&#x…;`, every `decimal`-th `&#…;`."""
    text = re.sub("[“”—…·\xa0]", lambda found: f"&{ENTITIES[found[0]]};", text)
    seen = 0

    def escape(found: re.Match[str]) -> str:
        nonlocal seen
        seen += 1
        if seen % hexadecimal == 0:
            return f"&#x{ord(found[0]):X};"
        return f"&#{ord(found[0])};" if seen % decimal == 0 else found[0]

    return HAN.sub(escape, text)


# --- Characters -------------------------------------------------------------------------------------------------------

TO_HALFWIDTH = str.maketrans("，：；？！（）", ",:;?!()")
TO_FULLWIDTH = str.maketrans(
    {
        chr(code): chr(code + 0xFEE0)
        for code in map(ord, "%0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
    }
)


def halfwidth_punctuation(text: str) -> str:
    """Chinese commas, colons, semicolons, question and exclamation marks and brackets as their ASCII look-alikes."""
    return text.translate(TO_HALFWIDTH)


def fullwidth_alphanumeric(text: str) -> str:
    """ASCII digits, letters and per cent signs in full width (２０１９, ＧＩＳ, ％), as old input methods made them."""
    return text.translate(TO_FULLWIDTH)


def straight_quotes(text: str) -> str:
    """Paired quotes as straight ones."""
    return text.translate(str.maketrans("“”‘’", "\"\"''"))


def low_quotes(text: str) -> str:
    """Paired quotes as ‚ and ‛ (single low-9 and high-reversed-9), which one PDF converter makes of them."""
    return text.translate(str.maketrans("“”", "‚‛"))


def pdf_glyph(text: str) -> str:
    """臵 for 置 and 〃 for ·: glyphs that stand at the wrong place in the fonts of some PDF files."""
    return text.translate(str.maketrans("置·", "臵〃"))


@cache
def _look_alikes(first: int, last: int) -> dict[int, str]:
    """Map each unified character to the last one of the block whose compatibility form it is."""
    forms = {unicodedata.normalize("NFKC", chr(code)): chr(code) for code in range(first, last + 1)}
    return {ord(unified): form for unified, form in forms.items() if unified != form}


RADICALS_SUPPLEMENT = {
    ord("民"): "⺠",
    ord("长"): "⻓",
    ord("见"): "⻅",
    ord("门"): "⻔",
    ord("车"): "⻋",
    ord("风"): "⻛",
}


def kangxi_radical(text: str) -> str:
    """Characters that are also radicals as those radicals (⼈ U+2F08 for 人, ⺠ U+2EA0 for 民), from PDF fonts."""
    return text.translate(_look_alikes(0x2F00, 0x2FD5) | RADICALS_SUPPLEMENT)


def compatibility_ideograph(text: str) -> str:
    """Characters that have a double among the compatibility ideographs as that double (U+F9E4 for 理)."""
    return text.translate(_look_alikes(0xF900, 0xFA0B))


def invisible(text: str, every: int = 45, characters: str = "\u200b\ufeff\xad") -> str:
    """Zero-width spaces, stray byte-order marks and soft hyphens, in turn, after every n-th Chinese character."""
    seen = 0

    def follow(found: re.Match[str]) -> str:
        nonlocal seen
        seen += 1
        return found[0] + (characters[seen // every % len(characters)] if seen % every == 0 else "")

    return HAN.sub(follow, text)


def control_characters(text: str, every: int = 90, characters: str = "\x1f\x08\x7f") -> str:
    """Control characters in turn after every n-th Chinese character, form feeds at headings, 0x1A at the end (DOS)."""
    text = re.sub("^(?=[一二三四五六七八九十]+(?:、|是))", "\f", text, flags=re.MULTILINE)
    return invisible(text, every, characters) + "\x1a"


# --- Script -----------------------------------------------------------------------------------------------------------

# Where one simplified character stands for several traditional ones, a converter that looks at one character at a
# time has to leave it. The first twelve are left in real files.
LEFT_ALONE = frozenset("后于干游斗范占并里征筑么准台松谷丑云御愿朱郁丰折卷")


@cache
def _traditional(character: str) -> str:
    return character if character in LEFT_ALONE else _converter().convert(character)


@cache
def _converter() -> OpenCC:
    return OpenCC("s2tw")


def machine_traditional(text: str) -> str:
    """Simplified text turned into Traditional one character at a time: 后, 于, 干, 里 stay, 着力 becomes 著力."""
    return "".join(map(_traditional, text))


READINGS = dict(
    zip(
        "區發經創優業調鄉態產現務廈園開夢",
        [
            "qū",
            "fā",
            "jīng",
            "chuàng",
            "yōu",
            "yè",
            "diào",
            "xiāng",
            "tài",
            "chǎn",
            "xiàn",
            "wù",
            "xià",
            "yuán",
            "kāi",
            "mèng",
        ],
        strict=True,
    )
)


def pinyin_gloss(text: str) -> str:
    """Readings in brackets behind certain characters: 發(fā)展, 經(jīng)濟."""
    return re.sub(f"[{''.join(READINGS)}]", lambda found: f"{found[0]}({READINGS[found[0]]})", text)


def inserted_comma(text: str, spared: int = 6) -> str:
    """A comma before every ，、。 but each n-th (福州,、廈門 and ,。), as copy protection of a web site puts them."""
    seen = 0

    def precede(found: re.Match[str]) -> str:
        nonlocal seen
        seen += 1
        return found[0] if seen % spared == 0 else "," + found[0]

    return re.sub(r"[，、。]|(?<!\d),|,(?!\d)", precede, text)


# --- Lines ------------------------------------------------------------------------------------------------------------


def _on_lines(text: str, numbers: Iterable[int], change: Callable[[str], str]) -> str:
    """Change the lines of these numbers (from 0)."""
    lines = text.split("\n")
    for number in numbers:
        lines[number] = change(lines[number])
    return "\n".join(lines)


def indent(text: str, first: int, space: str = "　　") -> str:
    """Put spaces before the paragraphs: the lines from number `first` on that are longer than 40 characters."""
    lines = text.split("\n")
    return "\n".join(space + line if number >= first and len(line) > 40 else line for number, line in enumerate(lines))


def letter_spacing(text: str, numbers: Iterable[int]) -> str:
    """Spaces between the characters of the lines of these numbers: 政 府 工 作 报 告."""
    return _on_lines(text, numbers, " ".join)


def question_for_space(text: str, masthead: int, indents: int = 0) -> str:
    """`?` where a space could not be encoded.

    In a masthead of that many lines: between the two characters of the title (简?报), around the number of the issue
    (第??41??期), behind the issuing office, before the date. If `indents` is not 0: that many before each paragraph.
    """
    lines = text.split("\n")
    for number, line in enumerate(lines[:masthead]):
        if len(line) == 2:
            lines[number] = "?".join(line)
        elif issue := re.fullmatch(r"第(\d+)期", line):
            lines[number] = f"第??{issue[1]}??期"
        elif re.fullmatch(r"\d+年\d+月\d+日", line):
            lines[number] = "?" + line
        else:
            lines[number] = line + "?" * 7
    return indent("\n".join(lines), masthead, "?" * indents)


def table_pipe(text: str, first: int, last: int) -> str:
    """` |` behind the lines from `first` to `last`, with an empty cell (`? |`) before the last one: a table's rest."""
    text = _on_lines(text, range(first, last + 1), lambda line: line + " |")
    return _on_lines(text, [last], lambda line: "? |\n" + line)


def ascii_dash(text: str) -> str:
    """`--` for ——."""
    return text.replace("——", "--")


def _inside(text: str, place: int) -> bool:
    """Tell whether the place is between two Chinese characters in the middle of a paragraph (not of a heading)."""
    around = text[place - 12 : place + 12]
    line = text[text.rfind("\n", 0, place) + 1 :].partition("\n")[0]
    between = HAN.match(text, place - 1) and HAN.match(text, place)
    return bool(between) and len(line) > 60 and not set(around) & set("\n 0123456789")


def page_number(text: str, every: int = 180) -> str:
    """` 1 `, ` 2 ` … inside sentences, each about n characters after the last."""
    pages = 0
    place = every
    while place < len(text):
        if _inside(text, place):
            pages += 1
            text = f"{text[:place]} {pages} {text[place:]}"
            place = (pages + 1) * every
        else:
            place += 1
    return text


def page_line(text: str, every: int = 9) -> str:
    """A line `- 1 -`, `- 2 -` … after every n-th line: the foot of a page."""
    lines = text.removesuffix("\n").split("\n")
    pages = (lines[start : start + every] for start in range(0, len(lines), every))
    return "".join(
        "\n".join(page) + (f"\n- {n} -\n" if len(page) == every else "\n") for n, page in enumerate(pages, 1)
    )


def broken_line(text: str, every: int = 130) -> str:
    """Line ends inside sentences, about every n characters."""
    place = every
    while place < len(text):
        if _inside(text, place):
            text = f"{text[:place]}\n{text[place:]}"
            place += every
        else:
            place += 1
    return text


def hard_wrap(text: str, width: int = 34) -> str:
    """Paragraphs cut into lines of a fixed width; numbers stay whole, and closing punctuation stays on its line."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        rest = paragraph
        while len(rest) > width:
            cut = width
            while cut < len(rest) and (rest[cut] in "，。、；：！？）”》%" or (rest[cut - 1] + rest[cut]).isascii()):
                cut += 1
            lines.append(rest[:cut])
            rest = rest[cut:]
        if rest or not paragraph:
            lines.append(rest)
    return "\n".join(lines)


def glued_heading(text: str) -> str:
    """The line end behind a heading (一、…) as one space, so that the heading stands in its paragraph."""
    return re.sub(r"^([一二三四五六七八九十]+、[^。\n]{4,30})\n", r"\1 ", text, flags=re.MULTILINE)


def blank_line(text: str, filling: str = "\xa0") -> str:
    """An empty line between all paragraphs; every fourth of them holds a space that does not show."""
    parts: list[str] = []
    for number, line in enumerate(text.split("\n")[:-1], 1):
        parts += [line, filling if number % 4 == 0 else ""]
    return "\n".join(parts) + "\n"


def carriage_return(text: str) -> str:
    """Line ends of DOS."""
    return text.replace("\n", "\r\n")


def web_chrome(text: str, head: Iterable[str], tail: Iterable[str], page_mark: str = "") -> str:
    """What a web page puts round a text: lines before it and behind it, and a page mark behind its title."""
    title, _, body = text.partition("\n")
    return "\n".join([*head, title + page_mark, body.rstrip("\n"), *tail, ""])


# --- Encodings --------------------------------------------------------------------------------------------------------


def encode_gb2312(text: str) -> bytes:
    """GB2312 as files have it; ValueError where it lacks a character.

    Python's codec of that name would refuse — and ·, for which it has other characters than files mean.
    """
    for character in text:
        first, *second = character.encode("gbk")
        if second and not (0xA1 <= first <= 0xF7 and second[0] >= 0xA1):
            raise ValueError(f"not in GB2312: {character}")
    return text.encode("gbk")


def encode_by_lines(text: str, encoding: str, other: str, numbers: frozenset[int]) -> bytes:
    """Lines in one encoding, those of these numbers (from 0) in another: pasted or appended text."""
    lines = text.split("\n")
    return b"\n".join(line.encode(other if number in numbers else encoding) for number, line in enumerate(lines))


def _encode(encoding: str) -> Encode:
    return lambda text: text.encode(encoding)


# --- Recipes ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Recipe:
    """How a file of samples/ is made: the name below samples/, its damages in their order, its encoding.

    `beyond` says what stays damaged; the test of such a file is expected to fail.
    """

    file: str
    encode: Encode
    damages: tuple[Damage, ...] = ()
    beyond: tuple[str, ...] = ()

    @property
    def clean(self) -> str:
        """The text as it was written, which is the text that cleaning shall give back."""
        return (CLEAN / Path(self.file).name).read_bytes().decode("utf-8")

    @property
    def data(self) -> bytes:
        """The bytes of the file."""
        text = self.clean
        for damage in self.damages:
            text = damage(text)
        return self.encode(text)


RECIPES = (
    Recipe("2003-speech-huzhou.txt", encode_gb2312),
    Recipe("2005-notice-chuzhou.txt", _encode("hz")),
    Recipe("2006-workreport-weifang.txt", _encode("utf-8"), (partial(read_as_latin1, true="gbk"),)),
    Recipe("2008-bulletin-mianyang.txt", _encode("gbk"), (halfwidth_punctuation,)),
    Recipe("2009-bulletin-taichung.txt", _encode("big5")),
    Recipe("2013-bulletin-nantong.txt", _encode("utf-8"), (read_as_cp1252,)),
    Recipe("2014-bulletin-kwuntong.txt", _encode("utf-8"), (carriage_return,)),
    Recipe(
        "2015-minutes-xianyang.txt",
        partial(encode_by_lines, encoding="utf-8", other="gbk", numbers=frozenset({0, 2, 6, 7, 10, 14})),
    ),
    Recipe(
        "2016-speech-bijie.txt",
        _encode("utf-8"),
        (read_as_gbk,),
        beyond=("two lost characters are less sure than 0.9",),
    ),
    Recipe("2018-bulletin-huaihua.txt", _encode("gb18030")),
    Recipe(
        "2018-notice-shenyang.txt",
        _encode("gbk"),
        (partial(indent, first=4, space="\xa0" * 4), html_entities),
    ),
    Recipe(
        "2019-bulletin-shanghai.txt",
        _encode("gbk"),
        (fullwidth_alphanumeric, control_characters, carriage_return),
    ),
    Recipe("2023-bulletin-chengdu.txt", _encode("utf-16-le")),
    Recipe(
        "fujian/2010-bulletin-nanping.txt",
        _encode("utf-8"),
        (
            halfwidth_punctuation,
            ascii_dash,
            partial(question_for_space, masthead=4, indents=2),
            partial(table_pipe, first=2, last=3),
            machine_traditional,
        ),
    ),
    Recipe("fujian/2011-speech-longyan.txt", _encode("utf-8-sig"), (halfwidth_punctuation, machine_traditional)),
    Recipe(
        "fujian/2017-reflection-putian.txt",
        _encode("utf-8"),
        (halfwidth_punctuation, machine_traditional, inserted_comma, pinyin_gloss),
    ),
    Recipe(
        "hubei/2012-speech-jingzhou.txt",
        _encode("utf-8"),
        (low_quotes, pdf_glyph, page_number, broken_line, glued_heading, halfwidth_punctuation),
    ),
    Recipe(
        "hubei/2021-workreport-xiangyang.txt",
        _encode("utf-8"),
        (
            hard_wrap,
            partial(letter_spacing, numbers=[0]),
            page_line,
            kangxi_radical,
            compatibility_ideograph,
            invisible,
        ),
    ),
    Recipe(
        "hubei/2024-speech-huangshi.txt",
        _encode("utf-8"),
        (
            straight_quotes,
            halfwidth_punctuation,
            partial(indent, first=2),
            partial(
                web_chrome,
                head=[
                    "您所在的位置: 首页 > 讲话选登 > 正文",
                    "20240219083",
                    "来源:本站 作者:编辑 2024-02-19 浏览:1253次",
                    "全文约741字,预计阅读时长3分钟",
                ],
                tail=[
                    "责任编辑:值班编辑",
                    "【打印本页】 【关闭窗口】",
                    "上一篇:正月里的一堂公开课",
                    "下一篇:开年探访三座智能车间",
                    "微信扫一扫二维码,在手机上阅读并分享",
                ],
                page_mark="(第1/2页)",
            ),
            blank_line,
        ),
    ),
)


def main() -> int:
    """Write samples/, or check it; return the exit status."""
    parser = argparse.ArgumentParser(description="Build samples/ from clean texts and recipes of damage.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if samples/ is not up to date")
    check = parser.parse_args().check
    stale = 0
    for recipe in RECIPES:
        path = SAMPLES / recipe.file
        data = recipe.data
        if path.is_file() and path.read_bytes() == data:
            continue
        stale += 1
        if check:
            print(f"not up to date: {recipe.file}", file=sys.stderr)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            print(f"written: {recipe.file}", file=sys.stderr)
    made = {recipe.file for recipe in RECIPES}
    strays = sorted(set(present()) - made)
    for name in strays:
        print(f"no recipe: {name}", file=sys.stderr)
    return 1 if strays or (check and stale) else 0


def present() -> list[str]:
    """Return the names of the text files in samples/, with `/` between their parts."""
    return sorted(path.relative_to(SAMPLES).as_posix() for path in SAMPLES.rglob("*.txt"))


if __name__ == "__main__":
    sys.exit(main())
