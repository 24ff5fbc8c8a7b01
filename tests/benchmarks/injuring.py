"""Damage put into good text at random places: for every rule of tidy, what it shall find, and where.

An injector takes a good text and returns a `Case`: the text as it shall come back, and the edits that damage it. Some
build the text round the damage that they need (a masthead, a heading, a list of pages). Nothing here looks at the
rules' own expressions: the damage is that of the files, the readings are pypinyin's, the look-alikes Unicode's.
"""

import random
import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import cache
from typing import NamedTuple

HAN = "\u4e00-\u9fff"


class Edit(NamedTuple):
    """A place in a good text, from `start` to `end`, and what stands there in the damaged one."""

    start: int
    end: int
    damaged: str


class Case(NamedTuple):
    """A good text and the edits that damage it, in order."""

    clean: str
    edits: tuple[Edit, ...]

    @property
    def damaged(self) -> str:
        """The damaged text."""
        parts: list[str] = []
        done = 0
        for start, end, damaged in self.edits:
            parts += [self.clean[done:start], damaged]
            done = end
        return "".join([*parts, self.clean[done:]])


Damage = Callable[[str, random.Random], Case]


class Injector(NamedTuple):
    """A damage, the rule that undoes it, and which kind of it this is."""

    rule: str
    kind: str
    damage: Damage

    @property
    def name(self) -> str:
        """The name under which its figures stand."""
        return f"{self.rule}/{self.kind}"


INJECTORS: list[Injector] = []


def injector(rule: str, kind: str) -> Callable[[Damage], Damage]:
    def enlist(damage: Damage) -> Damage:
        INJECTORS.append(Injector(rule, kind, damage))
        return damage

    return enlist


def everywhere(
    text: str, chance: random.Random, found: str, make: Callable[[re.Match[str]], str], share: float = 1.0
) -> Case:
    """Every match of an expression, or a share of them, in its damaged form."""
    matches = (match for match in re.finditer(found, text) if share == 1.0 or chance.random() < share)
    edits = (Edit(*match.span(), make(match)) for match in matches)
    return Case(text, tuple(edit for edit in edits if text[edit.start : edit.end] != edit.damaged))


def inserted(text: str, places: list[int], make: Callable[[int], str]) -> Case:
    """Something put in at each of the places; `make` is given the number of the place, from 0."""
    return Case(text, tuple(Edit(place, place, make(number)) for number, place in enumerate(sorted(places))))


def inside(text: str, chance: random.Random, share: float) -> list[int]:
    """A share of the places between two Han characters of a line."""
    return [match.end() for match in re.finditer(f"[{HAN}](?=[{HAN}])", text) if chance.random() < share]


# -- Characters -------------------------------------------------------------------------------------------------------

TO_HALF = str.maketrans("，：；？！（）", ",:;?!()")


@injector("halfwidth-punctuation", "throughout")
def halfwidth(text: str, chance: random.Random) -> Case:
    return everywhere(text, chance, "[，：；？！（）](?! )", lambda match: match[0].translate(TO_HALF))


@injector("halfwidth-punctuation", "here and there")
def halfwidth_here_and_there(text: str, chance: random.Random) -> Case:
    return everywhere(text, chance, "[，：；？！（）](?! )", lambda match: match[0].translate(TO_HALF), 0.2)


@injector("fullwidth-alphanumeric", "throughout")
def fullwidth(text: str, chance: random.Random) -> Case:
    word = "[0-9A-Za-z%]+(?:\\.[0-9]+%?)?"
    return everywhere(text, chance, word, lambda match: "".join(chr(ord(one) + 0xFEE0) for one in match[0]))


@injector("straight-quotes", "throughout")
def straight(text: str, chance: random.Random) -> Case:
    """In the paragraphs whose quotation marks make pairs; where they do not, the rule must only report."""
    quotes = str.maketrans("“”‘’", "\"\"''")
    edits: list[Edit] = []
    start = 0
    for line in text.split("\n"):
        marks = list(re.finditer("[“”]|(?<![a-z])[‘’]|’(?![a-z])", line))
        if all(
            re.fullmatch(f"(?:{pair})*", "".join(mark[0] for mark in marks if mark[0] in pair)) for pair in ("“”", "‘’")
        ):
            edits += [Edit(start + mark.start(), start + mark.end(), mark[0].translate(quotes)) for mark in marks]
        start += len(line) + 1
    return Case(text, tuple(edits))


@injector("low-quotes", "throughout")
def low(text: str, chance: random.Random) -> Case:
    return everywhere(text, chance, "[“”]", lambda match: "‚" if match[0] == "“" else "‛")


@injector("pdf-glyph", "throughout")
def glyph(text: str, chance: random.Random) -> Case:
    return everywhere(text, chance, f"置|(?<=[{HAN}])·(?=[{HAN}])", lambda match: "臵" if match[0] == "置" else "〃")


@cache
def _forms(first: int, last: int) -> dict[str, str]:
    forms = {unicodedata.normalize("NFKC", chr(code)): chr(code) for code in range(first, last + 1)}
    return {plain: form for plain, form in forms.items() if plain != form and len(plain) == 1}


_SUPPLEMENT = dict(zip("民长见门车风西页马鱼鸟麦黄齐龙龟贝韦飞", "⺠⻓⻅⻔⻋⻛⻄⻚⻢⻥⻦⻨⻩⻬⻰⻳⻉⻙⻜", strict=True))


@injector("kangxi-radical", "throughout")
def radicals(text: str, chance: random.Random) -> Case:
    forms = _forms(0x2F00, 0x2FD5) | _SUPPLEMENT
    return everywhere(text, chance, f"[{''.join(forms)}]", lambda match: forms[match[0]])


@injector("kangxi-radical", "here and there")
def some_radicals(text: str, chance: random.Random) -> Case:
    forms = _forms(0x2F00, 0x2FD5) | _SUPPLEMENT
    return everywhere(text, chance, f"[{''.join(forms)}]", lambda match: forms[match[0]], 0.1)


@injector("compatibility-ideograph", "throughout")
def compatible(text: str, chance: random.Random) -> Case:
    forms = _forms(0xF900, 0xFAD9)
    return everywhere(text, chance, f"[{''.join(forms)}]", lambda match: forms[match[0]], 0.5)


@injector("invisible", "inside words")
def unseen(text: str, chance: random.Random) -> Case:
    return inserted(
        text, inside(text, chance, 0.03), lambda _: chance.choice("\u200b\ufeff\xad\u2060\u200c\u200d\x07\x1f\x7f\x9d")
    )


@injector("invisible", "for a space")
def other_spaces(text: str, chance: random.Random) -> Case:
    return everywhere(
        text,
        chance,
        "(?<=[^ \n]) (?=[^ \n])",
        lambda _: chance.choice(["\xa0", "\u3000", "\u3000\u3000", "\u2002", "\xa0 "]),
    )


@injector("blank-line", "of a word processor")
def blank_lines(text: str, chance: random.Random) -> Case:
    ends = ["\r\n\r\n\u3000\u3000", "\r\n \r\n", "\n\n\n    ", " \n", "\n\u3000\u3000", "\u2028", "\r", "\n\xa0\n\t"]
    return everywhere(
        text, chance, "\n(?=[^ -~])|\n$", lambda match: chance.choice(ends) if match.end() < len(text) else ""
    )


# -- Insertions -------------------------------------------------------------------------------------------------------


def glosses(text: str, chance: random.Random, share: float, toned: bool, brackets: str) -> Case:
    from pypinyin import Style, pinyin

    style = Style.TONE if toned else Style.NORMAL
    edits = [
        Edit(match.end(), match.end(), brackets[0] + pinyin(match[0], style=style)[0][0] + brackets[1])
        for match in re.finditer("[\u4e00-\u9fa5]", text)
        if chance.random() < share
    ]
    return Case(text, tuple(edits))


@injector("pinyin-gloss", "toned")
def toned(text: str, chance: random.Random) -> Case:
    return glosses(text, chance, chance.choice((0.03, 0.1, 0.3)), True, "()")


@injector("pinyin-gloss", "toneless")
def toneless(text: str, chance: random.Random) -> Case:
    return glosses(text, chance, chance.choice((0.03, 0.1, 0.3)), False, "()")


@injector("pinyin-gloss", "in wide brackets")
def wide_glosses(text: str, chance: random.Random) -> Case:
    return glosses(text, chance, chance.choice((0.03, 0.1, 0.3)), chance.random() < 0.5, "（）")


@injector("inserted-comma", "half width")
def commas(text: str, chance: random.Random) -> Case:
    share = chance.choice((0.1, 0.5, 0.9))
    places = [match.start() for match in re.finditer("(?<=[^，。、\n,])[，、。]", text) if chance.random() < share]
    return inserted(text, places, lambda _: ",")


@injector("inserted-comma", "full width")
def wide_commas(text: str, chance: random.Random) -> Case:
    share = chance.choice((0.1, 0.5, 0.9))
    places = [match.start() for match in re.finditer("(?<=[^，。、\n,])[，、。]", text) if chance.random() < share]
    return inserted(text, places, lambda _: "，")


@injector("inserted-comma", "with half-width punctuation")
def commas_of_half_width(text: str, chance: random.Random) -> Case:
    share = chance.choice((0.1, 0.5, 0.9))

    def make(match: re.Match[str]) -> str:
        mark = match[0].translate(TO_HALF)
        return "," + mark if mark in ",、。" and chance.random() < share else mark

    return everywhere(text, chance, "(?<=[^，。、\n,])[，、。：；？！（）](?! )", make)


# -- Marks ------------------------------------------------------------------------------------------------------------


@injector("repeated-punctuation", "doubled")
def doubled(text: str, chance: random.Random) -> Case:
    mark = "(?<=[^，。、；：！？…\n])([，。、；])(?![，。、；：！？…])"
    return everywhere(text, chance, mark, lambda match: match[1] * 2, 0.1)


@injector("repeated-punctuation", "exclamations")
def exclaimed(text: str, chance: random.Random) -> Case:
    return everywhere(
        text, chance, "(?<=[^，。、；：！？…\n])！(?!！)", lambda _: chance.choice(("!!!!", "！！！！！"))
    )


@injector("ascii-dash", "hyphens")
def dashes(text: str, chance: random.Random) -> Case:
    return everywhere(text, chance, "(?<!—)——(?!—)", lambda _: chance.choice(("--", "----")))


# -- Mastheads, titles, lists, signatures -----------------------------------------------------------------------------

PLACES = ["清河", "东岭", "平川", "石桥", "沙洲", "云浦", "长坪", "双溪", "白塔", "安定", "兴隆", "南湾"]
LEVELS = ["市", "县", "区", "镇", "乡"]
PAPERS = ["简报", "信息", "动态", "通讯", "快讯", "工作简报", "督查专报", "情况通报"]
OFFICES = ["委办公室", "政府办公室", "创建活动领导小组办公室", "防汛抗旱指挥部办公室", "纪律检查委员会", "农业农村局"]
SUBJECTS = [
    "春季植树造林",
    "农村饮水安全",
    "基层组织建设",
    "安全生产大检查",
    "机关作风整顿",
    "秋粮收购",
    "老旧小区改造",
    "河道清淤",
]
FORMS = ["工作报告", "动员会上的讲话", "实施方案", "情况通报", "会议纪要", "工作总结", "的通知", "的意见", "工作要点"]
SURNAMES, GIVEN = "王李张刘陈杨赵黄周吴徐孙马朱胡", "伟强敏静丽军磊洋勇杰娟涛明超平刚"
NUMERALS = "一二三四五六七八九十"
CLAUSES = (
    "各乡镇、各部门要把任务分到岗位，把责任落到人头",
    "工作组先后走访二百多户农家，梳理出急需解决的问题四十余条",
    "截至目前，全年计划的项目已开工八成，完成投资4.6亿元",
    "要坚持先急后缓、先易后难",
    "对进度落后的单位由督查室发函催办",
    "继续抓好冬修水利和春耕备耕，确保农资供应充足、价格平稳",
    "不打招呼、不要陪同，一月一暗访，一季一排名",
    "连续两次落后的，主要负责人要在会上说明原因",
    "新修机耕路37公里、渠道112处，受益农田1.8万亩",
    "群众反映的问题能当场解决的当场解决，不能当场解决的列出清单、限期销号",
    "严格落实值班值守制度",
    "把好事办在群众心坎上",
    "去年底全县登记在册的小微企业达到2,316家，比上年增长12.5%",
    "深入开展“进百家门、知百家情、解百家难”活动，党员干部结对帮扶困难家庭",
    "有的干部习惯于坐在办公室里听汇报、看材料，对基层的实际情况若明若暗",
    "资金拨付要公开透明，每一笔都经得起查问",
)


def sentence(chance: random.Random) -> str:
    return "，".join(chance.sample(CLAUSES, chance.choice((1, 1, 2, 2, 3)))) + chance.choice("。。。；")


def person(chance: random.Random) -> str:
    return chance.choice(SURNAMES) + "".join(chance.choices(GIVEN, k=chance.choice((1, 2))))


def date(chance: random.Random) -> str:
    return f"{chance.randint(1996, 2024)}年{chance.randint(1, 12)}月{chance.randint(1, 28)}日"


def office(chance: random.Random) -> str:
    return chance.choice(PLACES) + chance.choice(LEVELS) + chance.choice(OFFICES)


def title(chance: random.Random) -> str:
    form = chance.choice(FORMS)
    about = chance.choice(SUBJECTS)
    if form.startswith("的"):
        return f"关于做好{about}工作{form}"
    return chance.choice(PLACES) + chance.choice(LEVELS) + about + form


def heading(chance: random.Random, number: int) -> str:
    """The heading of a section, with its number, as long as such are."""
    words = [
        "加强领导",
        "明确责任",
        "突出重点",
        "狠抓落实",
        "提高认识",
        "统一思想",
        "强化督查",
        "严格奖惩",
        "围绕中心",
        "服务大局",
        "精心组织",
        "务求实效",
    ]
    parts = chance.sample(words, chance.choice((1, 2, 2, 3)))
    tail = chance.choice(("", "", f"，扎实推进{chance.choice(SUBJECTS)}", f"，确保{chance.choice(SUBJECTS)}取得成效"))
    return f"{NUMERALS[number % 10]}、{'，'.join(parts)}{tail}"


def paragraph(chance: random.Random) -> str:
    return "".join(sentence(chance) for _ in range(chance.randint(1, 5)))[:-1] + "。"


def prose(text: str, least: int = 40) -> list[str]:
    """The lines of a text that are paragraphs."""
    return [line for line in text.split("\n") if len(line) >= least and line[-1] in "。！？”"]


@injector("letter-spacing", "titles")
def spaced_titles(text: str, chance: random.Random) -> Case:
    lines = text.rstrip("\n").split("\n")
    kinds: list[Callable[[], str]] = [
        lambda: chance.choice(("政府工作报告", "会议纪要", "工作简报", "情况通报", "党委会议纪要", "任职通知")),
        lambda: f"{person(chance)}同志",
        lambda: chance.choice(("通知", "简报", "公告", "决定", "目录", "前言")),
        lambda: title(chance),
    ]
    shown = chance.choice(kinds)()
    clean = "\n".join([shown, *lines]) + "\n"
    edits = tuple(Edit(place, place, " " * chance.choice((1, 1, 2))) for place in range(1, len(shown)))
    return Case(clean, edits)


@injector("letter-spacing", "whole texts")
def spaced_texts(text: str, chance: random.Random) -> Case:
    """A gap between any two characters, but in the numbers and Latin words that were left whole."""
    gap = chance.choice((" ", "  ", "\u3000", "\xa0"))
    places = [
        match.start()
        for match in re.finditer("(?<=[^ \n])(?=[^ \n])", text)
        if not text[match.start() - 1 : match.start() + 1].isascii()
    ]
    return inserted(text, places, lambda _: gap)


@injector("letter-spacing", "at random in prose")
def scattered_spaces(text: str, chance: random.Random) -> Case:
    """Spaces as programs put them that read scanned pages; of a classic, no model of today's words can tell."""
    if text.count("的") * 200 < len(text):
        return Case(text, ())
    share = chance.choice((0.03, 0.1, 0.3))
    places: list[int] = []
    for line in re.finditer("[^\n]*[，。；：][^\n]*", text):
        spaced = (match.start() for match in re.finditer(f"(?<=[{HAN}])(?=[{HAN}，。、])", line[0]))
        places += [line.start() + place for place in spaced if len(line[0]) >= 20 and chance.random() < share]
    return inserted(text, places if len(places) >= 30 else [], lambda _: " ")


@injector("question-for-space", "masthead")
def questions(text: str, chance: random.Random) -> Case:
    """A masthead with question marks, and two before every paragraph."""
    paper = chance.choice(PAPERS)
    number = f"第{chance.randint(1, 120)}期"
    clean_lines = [paper, number, office(chance), date(chance), *text.rstrip("\n").split("\n")]
    edits: list[Edit] = []
    place = 0
    indented = chance.random() < 0.5
    for row, line in enumerate(clean_lines):
        if row == 0 and len(line) == 2:
            edits.append(Edit(place + 1, place + 1, "?"))
        elif row == 1:
            marks = "?" * chance.choice((1, 2, 3))
            edits += [Edit(place + 1, place + 1, marks), Edit(place + len(line) - 1, place + len(line) - 1, marks)]
        elif row == 2:
            edits.append(Edit(place + len(line), place + len(line), "?" * chance.randint(3, 9)))
        elif row == 3 or (indented and len(line) >= 30):
            edits.append(Edit(place, place, "?" * chance.choice((1, 2, 4))))
        place += len(line) + 1
    return Case("\n".join(clean_lines) + "\n", tuple(edits))


@injector("table-pipe", "masthead")
def pipes(text: str, chance: random.Random) -> Case:
    head = [chance.choice(PAPERS), f"第{chance.randint(1, 120)}期", office(chance), date(chance)]
    clean = "\n".join([*head, text])
    edits: list[Edit] = []
    place = 0
    for line in head:
        place += len(line)
        bar = chance.choice((" |", " |", "|", " | |"))
        edits.append(Edit(place, place, bar + chance.choice(("", "", "\n |", "\n? |"))))
        place += 1
    return Case(clean, tuple(edits))


# -- Pages and lines --------------------------------------------------------------------------------------------------


def page_ends(text: str, chance: random.Random) -> list[int]:
    """Places about a page apart, each inside a sentence."""
    size = chance.randint(400, 700)
    places: list[int] = []
    place = size
    while place < len(text) - 60:
        found = re.compile(f"(?<=[{HAN}])(?=[{HAN}])").search(text, place + chance.randint(-40, 40))
        if not found or found.end() > len(text) - 20:
            break
        line = text[text.rfind("\n", 0, found.end()) + 1 :].split("\n", 1)[0]
        if len(line) >= 40 and line[-1] in "。！？”":
            places.append(found.end())
            place = found.end() + size
        else:
            place = found.end() + 1
    return places if len(places) >= 3 else []


@injector("page-number", "at line ends")
def numbers_at_line_ends(text: str, chance: random.Random) -> Case:
    return inserted(text, page_ends(text, chance), lambda number: f" {number + 1}\n")


@injector("page-number", "inline")
def numbers_inline(text: str, chance: random.Random) -> Case:
    return inserted(text, page_ends(text, chance), lambda number: f" {number + 1} ")


@injector("page-number", "in lines of their own")
def numbers_in_lines(text: str, chance: random.Random) -> Case:
    form = chance.choice(("- {} -", "—{}—", "{}", "第{}页", "－ {} －"))
    return inserted(text, page_ends(text, chance), lambda number: f"\n{form.format(number + 1)}\n")


@injector("page-number", "between paragraphs")
def numbers_between_paragraphs(text: str, chance: random.Random) -> Case:
    size = chance.randint(400, 700)
    places: list[int] = []
    for match in re.finditer("[。！？”]\n", text):
        if match.end() < len(text) and match.end() - (places[-1] if places else 0) >= size:
            places.append(match.end())
    form = chance.choice(("- {} -", "—{}—", "{}", "第{}页"))
    return inserted(text, places if len(places) >= 3 else [], lambda number: f"{form.format(number + 1)}\n")


@injector("broken-line", "page ends")
def broken(text: str, chance: random.Random) -> Case:
    """A line end inside a sentence of every second long paragraph."""
    places: list[int] = []
    for match in re.finditer("[^\n]{70,}", text):
        if match[0][-1] in "。！？”" and chance.random() < 0.5:
            cuts = [cut for cut in range(match.start() + 45, match.end() - 15) if _within(text, cut)]
            if cuts:
                places.append(chance.choice(cuts))
    return inserted(text, places, lambda _: "\n")


def _within(text: str, cut: int) -> bool:
    return re.match(f"[{HAN}，、][{HAN}]", text[cut - 1 : cut + 1]) is not None


NEVER_FIRST = "，。、；：？！）》」』”%"


def wrapped(text: str, width: int, indent: str = "", columns: bool = False) -> list[int]:
    """The places where a program would break lines at a width, in characters or in columns of half a character.

    Words and numbers stay whole, and marks that cannot begin a line stand out.
    """
    places: list[int] = []
    start = 0
    for line in text.split("\n"):
        used = len(indent) * 2
        for unit in re.finditer("[!-~]+|.", line):
            size = sum(2 if not columns or not one.isascii() else 1 for one in unit[0])
            if used and used + size > width * 2 and unit[0][0] not in NEVER_FIRST and unit.start():
                places.append(start + unit.start())
                used = 0
            used += size
        start += len(line) + 1
    return places


def report(chance: random.Random, sections: int) -> str:
    """A report of one's own: title, date, sections with headings, a list, a signature."""
    lines = [title(chance), f"（{date(chance)}）", "同志们："]
    for number in range(sections):
        lines += [heading(chance, number), *(paragraph(chance) for _ in range(chance.randint(1, 3)))]
    lines += [office(chance), date(chance)]
    return "\n".join(lines) + "\n"


def roster(chance: random.Random) -> list[str]:
    """A list as reports have them, one entry a line, the entries alike or of any length."""
    entries = chance.randint(3, 12)
    kind = chance.randrange(8)
    rows: list[str] = []
    for number in range(entries):
        place = chance.choice(PLACES) + chance.choice(LEVELS)
        about = chance.choice(SUBJECTS)
        amount = f"{chance.randint(1, 900)}.{chance.randint(0, 9)}"
        rows.append(
            (
                f"{place}：完成投资{amount}万元，占年度计划的{chance.randint(20, 99)}%",
                f"{person(chance)}，{place}{chance.choice(OFFICES)}{chance.choice(('主任', '副主任', '科长'))}",
                f"{place}{about}项目",
                f"{number + 1}.{place}{about}配套设施建设工程，总投资{amount}亿元",
                f"5月{chance.randint(1, 28)}日 {place}{about}现场会 第{chance.randint(1, 9)}会议室",
                f"{place} {amount} {chance.randint(1, 99)} {chance.randint(1, 999)}",
                f"{title(chance)}（{place}{chance.choice(OFFICES)}）",
                f"{chance.choice(CLAUSES).replace('，', '')[: chance.choice((14, 14, 20))]}",
            )[kind]
        )
    return rows


def bulletin(chance: random.Random) -> str:
    """A bulletin of one's own: masthead, titles, sections, lists, a signature, a colophon."""
    lines = [chance.choice(PAPERS), f"第{chance.randint(1, 120)}期", office(chance), date(chance)]
    lines += [title(chance), f"——{title(chance)}"][: chance.choice((1, 1, 2))]
    for number in range(chance.randint(1, 4)):
        lines.append(heading(chance, number))
        lines += [paragraph(chance) for _ in range(chance.randint(1, 3))]
        if chance.random() < 0.6:
            lines += [f"{chance.choice(SUBJECTS)}进展情况如下：", *roster(chance)]
    lines += [office(chance), date(chance)][: chance.choice((0, 2))]
    lines += [
        f"报：{office(chance)}",
        f"送：{office(chance)}，{office(chance)}",
        f"（共印{chance.randint(20, 300)}份）",
    ]
    return "\n".join(lines) + "\n"


@injector("broken-line", "hard wrap")
def hard_wrap(text: str, chance: random.Random) -> Case:
    width = chance.randint(20, 45)
    return inserted(text, wrapped(text, width, columns=chance.random() < 0.5), lambda _: "\n")


@injector("broken-line", "hard wrap with indents")
def indented_wrap(text: str, chance: random.Random) -> Case:
    width = chance.randint(20, 45)
    lines = [0, *(match.end() for match in re.finditer("\n(?=.)", text))]
    breaks = [Edit(place, place, "\n") for place in wrapped(text, width, "　　", chance.random() < 0.5)]
    return Case(text, tuple(sorted([*breaks, *(Edit(place, place, "　　") for place in lines)])))


@injector("broken-line", "hard wrap with blank lines")
def spaced_wrap(text: str, chance: random.Random) -> Case:
    width = chance.randint(20, 45)
    breaks = [Edit(place, place, "\n") for place in wrapped(text, width, columns=chance.random() < 0.5)]
    gaps = [Edit(match.end(), match.end(), "\n") for match in re.finditer("\n(?=.)", text)]
    return Case(text, tuple(sorted([*breaks, *gaps])))


@injector("broken-line", "hard wrap of few lines")
def short_wrap(text: str, chance: random.Random) -> Case:
    lines = prose(text)[: chance.randint(2, 4)]
    if not lines:
        return Case(text, ())
    few = "\n".join([title(chance), *lines]) + "\n"
    width = chance.randint(24, 40)
    return inserted(few, wrapped(few, width), lambda _: "\n")


@injector("broken-line", "hard wrap of a report")
def report_wrap(text: str, chance: random.Random) -> Case:
    made = report(chance, chance.randint(2, 4))
    width = chance.randint(24, 40)
    return inserted(made, wrapped(made, width), lambda _: "\n")


@injector("broken-line", "hard wrap of a bulletin")
def bulletin_wrap(text: str, chance: random.Random) -> Case:
    """Lists among the paragraphs: their entries must stay apart."""
    made = bulletin(chance)
    width = chance.randint(24, 40)
    return inserted(made, wrapped(made, width, columns=chance.random() < 0.5), lambda _: "\n")


@injector("broken-line", "5+2 over a page end")
def sums(text: str, chance: random.Random) -> Case:
    """The sum of two figures, the slogans of officials who work nights and weekends, cut behind its sign."""
    lines = prose(text, 60)
    if not lines:
        return Case(text, ())
    clean: list[str] = []
    edits: list[Edit] = []
    place = 0
    for line in lines:
        cuts = [match.end() for match in re.finditer("[，；]", line) if 25 <= match.end() <= len(line) - 12]
        if cuts:
            cut = chance.choice(cuts)
            phrase = chance.choice(
                ("实行“5+2、白+黑”工作法，", "发扬“5+2”精神，", "推行“1+3+N”模式，", "按照“9+1”要求，")
            )
            line = line[:cut] + phrase + line[cut:]
            sign = place + cut + phrase.index("+") + 1
            edits.append(Edit(sign, sign, "\n"))
        clean.append(line)
        place += len(line) + 1
    return Case("\n".join(clean) + "\n", tuple(edits))


@injector("glued-heading", "sections")
def glued(text: str, chance: random.Random) -> Case:
    clean: list[str] = []
    edits: list[Edit] = []
    place = 0
    bracketed = chance.random() < 0.4
    for number, line in enumerate(prose(text)):
        shown = heading(chance, number)
        if bracketed:
            shown = f"（{shown[0]}）{shown[2:]}"
        clean += [shown, line]
        edits.append(Edit(place + len(shown), place + len(shown) + 1, " "))
        place += len(shown) + len(line) + 2
    return Case("\n".join(clean) + "\n", tuple(edits))


@injector("glued-heading", "two headings")
def glued_twice(text: str, chance: random.Random) -> Case:
    """A heading, the heading of its first part, and the paragraph, with one space between them."""
    clean: list[str] = []
    edits: list[Edit] = []
    place = 0
    for number, line in enumerate(prose(text)):
        first = heading(chance, number)
        second = f"（一）{heading(chance, 0)[2:]}{chance.choice(('。', ''))}"
        if second.endswith("。"):  # the paragraph begins behind the full stop, as it did before
            clean += [first, second + line]
            edits.append(Edit(place + len(first), place + len(first) + 1, " "))
        else:
            clean += [first, second, line]
            edits.append(Edit(place + len(first), place + len(first) + 1, " "))
            cut = place + len(first) + 1 + len(second)
            edits.append(Edit(cut, cut + 1, " "))
            place += 1
        place += len(first) + len(second) + len(line) + 2
    return Case("\n".join(clean) + "\n", tuple(edits))


# -- Web pages --------------------------------------------------------------------------------------------------------


@injector("web-chrome", "head and tail")
def chrome(text: str, chance: random.Random) -> Case:
    """Lines that a site puts round its texts, some of each kind."""
    place = chance.choice(PLACES) + chance.choice(LEVELS)
    head = [
        f"您所在的位置：{place}党建网 > 专题 > 正文",
        f"当前位置: 首页 >> 工作动态 >> {chance.choice(SUBJECTS)}",
        f"来源：{place}融媒体中心 发布时间：{chance.randint(2008, 2024)}-03-12 点击数：{chance.randint(3, 9999)}",
        "【字号：大 中 小】",
        f"浏览次数：{chance.randint(3, 9999)}",
        f"全文约{chance.randint(700, 9000)}字，预计阅读时间{chance.randint(2, 20)}分钟",
    ]
    tail = [
        f"责任编辑：{person(chance)}",
        f"（责编：{person(chance)}、{person(chance)}）",
        "【打印本页】 【关闭窗口】",
        f"上一篇：{title(chance)}",
        f"下一篇：{title(chance)}",
        "扫一扫在手机打开当前页",
        "分享到：微信 微博",
        "版权所有：某某网站 技术支持：信息中心",
        str(chance.randint(10_000, 99_999_999)),
    ]
    edits = []
    before = chance.sample(head, chance.randint(1, 3))
    behind = chance.sample(tail, chance.randint(1, 4))
    edits += [Edit(0, 0, line + "\n") for line in before]
    edits += [Edit(len(text), len(text), line + "\n") for line in behind]
    return Case(text, tuple(edits))


@injector("html-rest", "tags")
def tags(text: str, chance: random.Random) -> Case:
    """Paragraphs in tags, words in bold or as links, no-break spaces that lost an end."""
    edits: list[Edit] = []
    place = 0
    opening = chance.choice(("<p>", "<P class=MsoNormal>", '<p style="text-indent: 2em">', "<div>"))
    closing = "</" + opening[1] + ("" if opening[1] in "pP" else "iv") + ">"
    for line in text.rstrip("\n").split("\n"):
        edits.append(Edit(place, place, opening))
        for match in re.finditer(f"[{HAN}]{{4}}", line):
            if chance.random() < 0.02:
                first, last = chance.choice(
                    (
                        ("<b>", "</b>"),
                        ("<strong>", "</strong>"),
                        ('<a href="/x.html">', "</a>"),
                        ('<span lang="EN-US">', "</span>"),
                        ("<font color=red>", "</font>"),
                    )
                )
                edits += [
                    Edit(place + match.start(), place + match.start(), first),
                    Edit(place + match.end(), place + match.end(), last),
                ]
        edits.append(Edit(place + len(line), place + len(line), closing))
        place += len(line) + 1
    return Case(text, tuple(edits))


@injector("html-rest", "style sheets and scripts")
def scripts(text: str, chance: random.Random) -> Case:
    pieces = (
        ".TRS_Editor P{margin-top:0;line-height:1.5;font-size:12pt;}\n",
        "<style>p{margin:0}</style>\n",
        "<script>var _hmt = _hmt || [];</script>\n",
        'var cpro_id = "u1234567";\n',
        "document.write('<div></div>');\n",
        "<!-- 正文 begin -->\n",
        '@font-face{font-family:"Times New Roman";}\n',
        "P.MsoNormal { TEXT-ALIGN: justify; MARGIN: 0cm 0cm 0pt }\n",
    )
    places = [0, *(match.end() for match in re.finditer("\n(?=.)", text))]
    chosen = sorted(chance.sample(places, min(len(places), chance.randint(1, 4))))
    return inserted(text, chosen, lambda _: chance.choice(pieces))


# -- What is reported -------------------------------------------------------------------------------------------------

Reported = Callable[[str, random.Random], tuple[str, list[int]]]
REPORTED: list[tuple[str, Reported]] = []


def reported(rule: str) -> Callable[[Reported], Reported]:
    """Enlist a maker of a text and of the places in it that the rule shall report."""

    def enlist(make: Reported) -> Reported:
        REPORTED.append((rule, make))
        return make

    return enlist


def joined(pieces: Iterator[tuple[str, bool]]) -> tuple[str, list[int]]:
    """The text of the pieces, and where those begin that shall be reported."""
    parts: list[str] = []
    places: list[int] = []
    size = 0
    for piece, report_it in pieces:
        if report_it:
            places.append(size)
        parts.append(piece)
        size += len(piece)
    return "".join(parts), places


@reported("duplicate-paragraph")
def repeated_paragraphs(text: str, chance: random.Random) -> tuple[str, list[int]]:
    def pieces() -> Iterator[tuple[str, bool]]:
        for line in prose(text):
            yield line + "\n", False
            if chance.random() < 0.3:
                yield line + "\n", True

    return joined(pieces())


@reported("lost-in-masthead")
def bare_figures(text: str, chance: random.Random) -> tuple[str, list[int]]:
    year, month, day = chance.randint(1998, 2024), chance.randint(1, 12), chance.randint(1, 28)
    head = ((f"{chance.randint(1, 200)}", True), ("\n", False), (office(chance) + "\n", False))
    return joined(iter((*head, (f"{year}{month}{day}", True), ("\n" + text, False))))


@reported("masked")
def masks(text: str, chance: random.Random) -> tuple[str, list[int]]:
    def pieces() -> Iterator[tuple[str, bool]]:
        for line in prose(text):
            kind = chance.randrange(4)
            if kind == 0:
                yield from (("区委书记", False), ("***", True), ("同志指出：", False))
            elif kind == 1:
                yield from (("在", False), (chance.choice("X×"), True), (chance.choice("区县市") + "调研时，", False))
            elif kind == 2:
                yield from (("县长李", False), ("某某", True), ("强调，", False))
            else:
                yield from (("经", False), (chance.choice(("XX", "××", "XXX")), True), ("同志介绍，", False))
            yield line + "\n", False

    return joined(pieces())


@reported("truncated")
def one_page(text: str, chance: random.Random) -> tuple[str, list[int]]:
    pages = chance.randint(2, 9)
    mark = chance.choice(("(第{}/{}页)", "（第{}/{}页）", "({}/{})")).format(chance.randint(1, pages), pages)
    return joined(iter(((title(chance) + mark, False), ("", True), ("\n" + text, False))))


@reported("compilation")
def compiled(text: str, chance: random.Random) -> tuple[str, list[int]]:
    def pieces() -> Iterator[tuple[str, bool]]:
        lines = text.rstrip("\n").split("\n")
        parts = chance.randint(2, 6)
        for number in range(parts):
            yield f"第{NUMERALS[number]}篇：{title(chance)}", True
            yield "\n" + "\n".join(lines[number::parts]) + "\n", False

    return joined(pieces())


@reported("ordinal-gap")
def gaps(text: str, chance: random.Random) -> tuple[str, list[int]]:
    def pieces() -> Iterator[tuple[str, bool]]:
        lines = prose(text)
        missing = chance.randint(1, max(1, len(lines) - 2))
        form = chance.choice(("{}、", "（{}）"))
        for number, line in enumerate(lines[:9]):
            if number == missing:
                continue
            before, behind = form.split("{}")
            yield before, False
            yield NUMERALS[number], number == missing + 1
            yield f"{behind}{line}\n", False

    return joined(pieces())


@reported("suspect-typo")
def typos(text: str, chance: random.Random) -> tuple[str, list[int]]:
    wrong = ["保垒", "布署", "震憾", "松驰", "追朔", "再接再励", "一如继往", "心无旁鹜", "按步就班", "因地治宜"]

    def pieces() -> Iterator[tuple[str, bool]]:
        for line in prose(text):
            cut = line.find("，") + 1
            yield line[:cut], False
            yield chance.choice(wrong), True
            yield line[cut:] + "\n", False

    return joined(pieces())


# -- Script -----------------------------------------------------------------------------------------------------------


@cache
def _traditional(character: str) -> str:
    """The first Traditional form of a character, which is what a program without words writes."""
    from opencc import OpenCC

    plain = "后于干里制志征范系松谷斗卷余舍只面辟郁云岳采冲表回台布占群准吁了几丑扎游"
    return character if character in plain else _converter(OpenCC)(character)


@cache
def _converter(opencc: type) -> Callable[[str], str]:
    convert: Callable[[str], str] = opencc("s2t").convert
    return convert


def by_characters(text: str, chance: random.Random) -> Case:
    """A simplified text in Traditional, one character at a time."""
    return Case(text, tuple(Edit(0, len(text), "".join(map(_traditional, text))) for _ in range(1)))
