"""What a scholar must know of a text and no program may mend: nothing here changes it."""

import re
from collections.abc import Iterable

from cnpolicy.findings import Finding
from cnpolicy.patterns import pattern
from cnpolicy.rules import Context, rule
from cnpolicy.tidy.alphabet import HAN, places
from cnpolicy.tidy.lines import LinePattern

_REFRAIN = 20  # characters; shorter lines are slogans, verses, cells


@rule(
    "duplicate-paragraph",
    "reported",
    example=("会议要求各级各部门认真抓好贯彻落实工作。\n" * 2, "会议要求各级各部门认真抓好贯彻落实工作。\n" * 2),
)
def report_duplicate_paragraph(text: str, _: Context) -> Iterable[Finding]:
    """Report a paragraph that stands twice in a row.

    A page that was pasted twice counts its words twice. Slogans and refrains are repeated on purpose, and are short.
    """
    before = ""
    start = 0
    for line in text.split("\n"):
        if line:
            if line == before and len(line) >= _REFRAIN:
                note = "the same as the paragraph before"
                end = start + len(line)
                yield Finding("duplicate-paragraph", start, end, line, line, "reported", note=note)
            before = line
        start += len(line) + 1


_FIGURES = pattern("(?m)^[ \t\xa0\u3000]*+([0-9]{1,4}|(?:19|20)[0-9]{4,6})[ \t\xa0\u3000]*+$")
_MASTHEAD = 300  # characters from the start of a text that a masthead takes at most
_ISSUER = pattern("办公室|辦公室|编$|編$|简报|簡報|信息|动态|通讯|专报|领导小组|委员会|[局委厅部院會会]$", re.MULTILINE)


def _dates(figures: str) -> list[str]:
    """Return the dates that a row of figures can be, without the words between them.

    >>> _dates("2010830"), _dates("2011111")
    (['2010年8月30日'], ['2011年1月11日', '2011年11月1日'])
    """
    year, rest = figures[:4], figures[4:]
    found: list[str] = []
    for cut in range(1, len(rest)):
        month, day = rest[:cut], rest[cut:]
        plain = month[0] != "0" and day[0] != "0"
        padded = len(rest) == 4 and cut == 2
        if (plain or padded) and 1 <= int(month) <= 12 and 1 <= int(day) <= 31:
            found.append(f"{year}年{int(month)}月{int(day)}日")
    return found


@rule(
    "lost-in-masthead",
    "reported",
    needs="0123456789",
    example=("98\n县委办公室\n2010830\n", "98\n县委办公室\n2010830\n"),
)
def report_lost_in_masthead(text: str, _: Context) -> Iterable[Finding]:
    """Report figures in a masthead that have lost the words around them, with what they can have been.

    第98期 and 2010年8月30日 become 98 and 2010830 where a program kept the figures alone. The words are not put back:
    the figures can be others.
    """
    head = text[:_MASTHEAD]
    if not _ISSUER.search(head):
        return
    for match in _FIGURES.finditer(head):
        figures = match[1]
        if len(figures) <= 4 and not (len(figures) == 4 and figures[:2] in ("19", "20")):
            note = f"perhaps 第{int(figures)}期"
        elif len(figures) > 4 and (dates := _dates(figures)):
            note = "perhaps " + " or ".join(dates)
        else:
            continue
        yield Finding("lost-in-masthead", match.start(1), match.end(1), figures, figures, "reported", note=note)


_MASKS = "*＊XＸ×某"
_PLACE = pattern("[区县市省镇乡村局委厅州旗區縣鎮鄉廳]")
_HANS = pattern(f"[{HAN}]")


def _is_mask(run: str, before: str, behind: str) -> bool:
    """Tell whether a run of such characters stands for a name, by what it is beside."""
    if run.strip("*＊") == "":
        return len(run) >= 2 and _HANS.match(before) is not None
    if run.strip("XＸ×") == "":
        place = len(run) <= 4 and _PLACE.match(behind) and not (before.isascii() and before.isalnum())
        return bool(place) or (len(run) >= 2 and bool(_HANS.match(before) and _HANS.match(behind)))
    return run == "某某" and _HANS.match(behind) is not None


@rule(
    "masked",
    "reported",
    needs=_MASKS,
    example=("中央政法委书记***同志到X区调研", "中央政法委书记***同志到X区调研"),
)
def report_masked(text: str, context: Context) -> Iterable[Finding]:
    """Report names that were masked, such as *** or X区.

    Who counts people or places in such a text does not count these.
    """
    end = 0
    for start in places(context, _MASKS):
        if start < end:
            continue
        end = start + 1
        while end < len(text) and text[end] in _MASKS:
            end += 1
        run = text[start:end]
        if _is_mask(run, text[max(start - 1, 0) : start], text[end : end + 1]):
            yield Finding("masked", start, end, run, run, "reported", note="a name was masked")


_NUMERALS = {numeral: value for value, numeral in enumerate("一二三四五六七八九十", 1)}


def _value(numeral: str) -> int:
    """Return the value of a Chinese numeral up to 99.

    >>> _value("四"), _value("十"), _value("十二"), _value("二十三")
    (4, 10, 12, 23)
    """
    tens, ten, ones = numeral.rpartition("十")
    if not ten:
        return _NUMERALS.get(numeral, 0)
    return _NUMERALS.get(tens, 1) * 10 + _NUMERALS.get(ones, 0)


def _numeral(value: int) -> str:
    """Return a value up to 99 as a Chinese numeral."""
    tens, ones = divmod(value, 10)
    digits = "〇一二三四五六七八九"
    return (digits[tens] if tens > 1 else "") + ("十" if tens else "") + (digits[ones] if ones else "")


_PART = LinePattern("第[一二三四五六七八九十]{1,3}篇[:：][^\n]*+")


@rule("compilation", "reported", needs="篇", example=("第一篇：讲话\n第二篇：讲话\n", "第一篇：讲话\n第二篇：讲话\n"))
def report_compilation(text: str, _: Context) -> Iterable[Finding]:
    """Report the headings of a file that holds several texts.

    Model speeches are sold by the dozen; as one document, such a file has no one speaker, place or date.
    """
    parts = list(_PART.finditer(text))
    if len(parts) < 2:
        return
    for place, match in enumerate(parts, 1):
        line = match["line"]
        note = f"text {place} of {len(parts)} in this file"
        yield Finding("compilation", match.start("line"), match.end(), line, line, "reported", note=note)


_ORDINAL = LinePattern(
    "[ \t\u3000]*+(?:(?P<plain>[一二三四五六七八九十]{1,3})、|[（(](?P<bracket>[一二三四五六七八九十]{1,3})[)）])"
)


@rule("ordinal-gap", "reported", needs="、)）", example=("一、甲\n二、乙\n四、丁\n", "一、甲\n二、乙\n四、丁\n"))
def report_ordinal_gap(text: str, _: Context) -> Iterable[Finding]:
    """Report a numbered heading before which one is missing.

    Where 四 follows 二, a section was lost or taken out.
    """
    last = {"plain": 0, "bracket": 0}
    for match in _ORDINAL.finditer(text):
        kind = "plain" if match["plain"] else "bracket"
        value = _value(match[kind])
        if kind == "plain":
            last["bracket"] = 0
        if last[kind] and last[kind] + 1 < value <= last[kind] + 3:
            missing = "、".join(map(_numeral, range(last[kind] + 1, value)))
            start, end = match.span(kind)
            note = f"{missing} is missing before"
            yield Finding("ordinal-gap", start, end, match[kind], match[kind], "reported", note=note)
        last[kind] = value


# Words that are written wrongly again and again, and what they should be. None of the wrong ones is a word.
# Before the colon stands the rarest character of the wrong word, which is what is looked for.
_TYPOS = {
    wrong: (rare, right)
    for rare, wrong, right in re.findall(
        "(.):(\\S+)→(\\S+)",
        "垒:保垒→堡垒 鹜:心无旁鹜→心无旁骛 励:再接再励→再接再厉 愁:一愁莫展→一筹莫展 "
        "署:布署→部署 憾:震憾→震撼 急:迫不急待→迫不及待 班:按步就班→按部就班 "
        "奇:出奇不意→出其不意 桃:世外桃园→世外桃源 默:默守成规→墨守成规 穿:穿流不息→川流不息 "
        "径:不径而走→不胫而走 幅:幅射→辐射 旷:粗旷→粗犷 驰:松驰→松弛 渡:渡假村→度假村 "
        "斤:一诺千斤→一诺千金 凭:凭添→平添 沤:沤心沥血→呕心沥血 萃:人才汇萃→人才荟萃 "
        "阵:坐阵指挥→坐镇指挥 辅:相辅相承→相辅相成 继:一如继往→一如既往 烈:兴高彩烈→兴高采烈 "
        "宜:因地治宜→因地制宜 贬:针贬时弊→针砭时弊 鸠:饮鸠止渴→饮鸩止渴 蜂:蜂涌而至→蜂拥而至 "
        "鼎:鼎立相助→鼎力相助 融:融汇贯通→融会贯通 泻:宣泻→宣泄 脉:脉博→脉搏 朔:追朔→追溯",
    )
}
_RARE = "".join(rare for rare, _ in _TYPOS.values())
# For each of these the words, the characters that stand before it in them, and what they should be.
_BY_RARE = {
    rare: [(wrong, wrong.index(rare), right) for wrong, (other, right) in _TYPOS.items() if other == rare]
    for rare in _RARE
}


@rule(
    "suspect-typo",
    "reported",
    needs=_RARE,
    example=("发挥战斗保垒作用", "发挥战斗保垒作用"),
)
def report_suspect_typo(text: str, context: Context) -> Iterable[Finding]:
    """Report words that are written wrongly again and again, with what they should be.

    What an author wrote is the source's wording, and is never changed.
    """
    done = 0
    for place in places(context, _RARE):
        for wrong, before, right in _BY_RARE[text[place]]:
            start = place - before
            if start >= done and text.startswith(wrong, start):
                done = start + len(wrong)
                yield Finding("suspect-typo", start, done, wrong, wrong, "reported", note=f"perhaps {right}")
