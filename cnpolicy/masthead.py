"""The masthead (版头) of a policy document: its title, who issued it, its number, its issue, who spoke, and when.

Only the first and the last lines are looked at: what stands before the first sentence or salutation, and the signature
(落款) with what is printed below it, before an attachment (附件) if there is one. What cannot be read is None.

**Title**: without its subtitle (——…), and without a document number or a date in brackets behind it. Lines that were
cut are joined; so are the offices above 关于, which belong to the title (GB/T 9704). In a bulletin it is the title of
the first article, or the bulletin's name if no article has one, or if several are listed. In Taiwan's letters it is
the subject (主旨). A decree (令, 公告) that makes one thing known (《…办法》已经…通过，现予公布) has the title of
that. Poems, tables and lists have none that could be told from their first line. What is half lost is none.

**Issuer** (发文机关), the first of: a label 发文机关, 编发单位 and the like; the letterhead (…文件, …令, … 函) and,
in a bulletin, the office in the masthead; the signature; an office on a line of its own above the text; the title's
first words; a label 发布机构, for that may be who put it on a page. Several are separated by a space. A source (来源)
is never the issuer, nor is the assembly that passed a law.

**Number** (发文字号) as 闽委〔2010〕96号, whatever its brackets were, and the forms without a year in brackets as they
are (国务院令第588号, 府農字第0990123456號); of a law, that of the decree which made it known. **Issue** as 第96期,
2012年第33期（总第486期）, 增刊.

**Speaker**: a name below the title, or in it (…同志在…会议上的讲话); also the author who stands there with his office.
Reporters, editors and those who sign are not speakers.

**Date**, ISO 8601, as exact as it is given. The first of:

1. a label that says it is the document's (成文日期, 發文日期);
2. the date below the title or in the masthead, for there the document says when it was spoken, passed or issued;
3. the date below the signature, or at the end;
4. the date of printing (印发), which is the same day or one of the next;
5. the time of publication on a page, days or years later;
6. the full date in the title of a speech;
7. the month of an issue (2015年9月號);
8. the file's name, which somebody else gave.

Dates in the text, and years in titles, are what the document speaks of.
"""

import re
from collections.abc import Iterator
from datetime import date
from itertools import islice
from typing import NamedTuple

from cnpolicy.findings import Certainty
from cnpolicy.patterns import pattern


class Field(NamedTuple):
    """What was read, and where: `start` and `end` are offsets in code points; both -1 if it is from the file's name."""

    value: str
    start: int
    end: int
    certainty: Certainty


class Masthead(NamedTuple):
    """The fields of a document's masthead; None where one is not there or cannot be read."""

    title: Field | None = None
    issuer: Field | None = None
    number: Field | None = None
    issue: Field | None = None
    speaker: Field | None = None
    date: Field | None = None


class _Line(NamedTuple):
    """A line or a part of one, without blanks around it, and where it stands in the text."""

    text: str
    start: int
    end: int

    def part(self, start: int, end: int) -> "_Line":
        """Return a stretch of the line as a line of its own."""
        piece = self.text[start:end]
        left = len(piece) - len(piece.lstrip())
        piece = piece.strip()
        return _Line(piece, self.start + start + left, self.start + start + left + len(piece))


# The longest mastheads, those of government web sites, have twelve lines of labels; a signature with its colophon ten.
_HEAD_LINES, _HEAD = 24, 3000  # lines, characters
_TAIL_LINES, _TAIL = 14, 1200
_ATTACHMENTS = 8  # places where an attachment may begin that are looked at
_LETTER_LINES = 12  # of a letter that sends another document
_LONGEST_LINE = 320  # characters, for a label with a title; a longer line is text, and its beginning tells that
_TITLE_LINES = 3
_LONGEST_TITLE = 100  # characters

# One character for one, so that offsets stay what they are.
_WIDE = "０１２３４５６７８９［］（）：／－．　\xa0\t\r\ufeff|｜"
_ANY_WIDE = pattern(f"[{re.escape(_WIDE)}]")
_PLAIN = str.maketrans(_WIDE, "0123456789[]():/-.".ljust(len(_WIDE)))

_H = "\u3400-\u4dbf\u4e00-\u9fff"
_HAN = pattern(f"[{_H}]")
_LETTER_SPACED = pattern(f"(?<![^ ])([{_H}]) +(?=[{_H}](?: |$))")
_BLANKS = pattern(r"\s+")
_LOST = pattern("[?？\ufffd□■锟斤拷]")


def _squeeze(text: str) -> str:
    """Return a line without the spaces inside a spaced-out word, and with other runs of blanks as one space.

    >>> _squeeze("简　　报"), _squeeze("县 长  张 宁"), _squeeze("深入开展 推进发展")
    ('简报', '县长张宁', '深入开展 推进发展')
    """
    text = _BLANKS.sub(" ", text).strip()
    return _LETTER_SPACED.sub(r"\1", text) if " " in text else text


# --- Numbers and dates ------------------------------------------------------------------------------------------------

_NIL = "〇○零◯Ｏ０0Oo"  # typists took what looked like it
_DIGITS = {numeral: value for value, numeral in enumerate("一二三四五六七八九", 1)} | dict.fromkeys(_NIL, 0)
_CN = "".join(_DIGITS)
_DIGITS |= {numeral: int(numeral) for numeral in "123456789"}  # beside what only looks like one: 2O1O
_UNITS = {"十": 10, "百": 100}


def _value(numeral: str) -> int:
    """Return the value of a number below 1000, in figures, digit words or with units; digit words of any length.

    >>> [_value(numeral) for numeral in ("96", "九六", "九十六", "一百二十", "廿五", "十", "一○二", "元")]
    [96, 96, 96, 120, 25, 10, 102, 1]
    """
    numeral = (
        numeral.replace(" ", "").replace("元", "一").replace("正", "一").replace("廿", "二十").replace("卅", "三十")
    )
    if numeral.isascii() and numeral.isdigit():
        return int(numeral)
    if _UNITS.keys().isdisjoint(numeral):
        return int("".join(str(_DIGITS[character]) for character in numeral))
    total = digit = 0
    for character in numeral:
        if unit := _UNITS.get(character):
            total += (digit or 1) * unit
            digit = 0
        else:
            digit = _DIGITS[character]
    return total + digit


_DATE_SOURCE = (
    rf"(?:(?:(?:中[华華] ?)?民[国國] {{0,2}}(?P<roc>[0-9]{{1,3}}|[{_CN}十百]{{1,6}}|元)"
    rf"|(?<![0-9])(?P<year>[0-9{_CN}](?: ?[0-9{_CN}]){{3}})) {{0,2}}年"
    rf"(?: {{0,3}}(?P<month>[0-9]{{1,2}}|[{_CN}十]{{1,2}}|[元正]) {{0,3}}月"
    rf"(?: {{0,3}}(?P<day>[0-9]{{1,2}}|[{_CN}十廿卅](?: ?[{_CN}十]){{0,2}}) {{0,3}}[日曰号號])?)?"
    r"|(?<![0-9./-])(?P<y>[0-9]{4})(?P<sep>[-/.])(?P<m>[0-9]{1,2})(?P=sep)(?P<d>[0-9]{1,2})(?![0-9]))"
)
_WEEKDAY = r" {0,3}\(?(?:星期|周|週|礼拜|禮拜)[一二三四五六日天]\)?"
_TIME = (
    r"(?P<time>[ T]{0,3}(?:[上下]午)? {0,2}[0-9]{1,2}(?::[0-9]{2}(?::[0-9]{2})?|[时時點点](?:[0-9]{1,2}分)?)"
    r"(?: ?[上下]午)?(?: ?[AaPp][Mm])?)"
)
_RANGE = rf" {{0,2}}(?:至|[—~～、-]{{1,2}}) {{0,2}}(?:[0-9{_CN}十]{{1,3}}月)?[0-9{_CN}十]{{1,3}}日"
_WEATHER = r"(?: [晴阴陰雨雪多云雲转轉]{1,4})?"
_DATE_TAIL = rf"(?:{_RANGE})?(?:{_WEEKDAY}{_WEATHER})?{_TIME}?"
_PLACE = rf" {{0,3}}[,，于於]? {{0,3}}[{_H}]{{2,10}}(?=\))"
_DATE_LINE = pattern(rf"(?P<open>\( {{0,3}})?{_DATE_SOURCE}{_DATE_TAIL}(?:{_PLACE})? {{0,3}}\)?")
_DATE_AT_END = pattern(rf"{_DATE_SOURCE}{_DATE_TAIL} ?\)?$")
_LAST_OF_DATE = frozenset("0123456789日曰号號年月)一二三四五六天时時点點分午mM晴阴陰雨雪多云雲")
_DATE_VALUE = pattern(
    rf"{_DATE_SOURCE}|(?P<taiwan>[0-9]{{2,3}})年(?P<tm>[0-9]{{1,2}})月(?P<td>[0-9]{{1,2}})日"
    rf"|(?<![0-9])(?P<taiwan3>1[0-9]{{2}})(?P<tsep>[-/.])(?P<tm3>[0-9]{{1,2}})(?P=tsep)(?P<td3>[0-9]{{1,2}})(?![0-9])"
)
# A year of three figures is one of the Republic; one of two, as in 98年, can be one of the twentieth century.
_TAIWAN_DATE = pattern("(?P<taiwan>1[0-9]{2})年(?P<tm>[0-9]{1,2})月(?P<td>[0-9]{1,2})日")
_PASSED_WORD = "(?:通过|通過|公布|发布|發布|印发|批准|[讲講][话話])"
_PASSED = pattern(rf"(?:[—─]{{1,2}}|--?|\() {{0,3}}{_DATE_SOURCE} {{0,3}}(?:在|于|於|[经經]|.{{0,100}}{_PASSED_WORD})")
_SPOKEN_AT = pattern(rf"{_DATE_SOURCE} {{0,3}}(?:在|于|於)[^，。]{{2,60}}[会會]议?上?")
_PASSED_AT = pattern(rf"{_DATE_SOURCE}[^，。；]{{4,100}}(?:会议|會議)?(?:通过|通過|批准|公布)")
_AMENDED = pattern(r"\(?(?:根据|依据|根據)[^。；]{0,30}[0-9一二三四五六七八九〇○]年[^。；]{4,120}修[正订訂]\)?")
_PASSED_BEHIND = pattern(rf"{_DATE_SOURCE}(?:会议|會議)?{_PASSED_WORD}")
_ENACTED = pattern(rf"{_DATE_SOURCE}.{{0,80}}(?:[訂制]定|修正|令[發公][布佈])")
_LOST_DATE = pattern("(?:19|20)[0-9]{5,6}")


def _iso(year: int, month: int | None = None, day: int | None = None) -> str | None:
    """Return the date as ISO 8601, as exact as it is given; None if there is no such day, or no document that old."""
    if not 1900 <= year < 2100:
        return None
    try:
        whole = date(year, 1 if month is None else month, 1 if day is None else day)
    except ValueError:
        return None
    return whole.isoformat()[: 4 if month is None else 7 if day is None else 10]


def _date_of(match: re.Match[str]) -> str | None:
    """Return the date that was matched as ISO 8601; None if there is no such day."""
    found = match.groupdict()
    if found.get("taiwan"):
        return _iso(int(match["taiwan"]) + 1911, int(match["tm"]), int(match["td"]))
    if found.get("taiwan3"):
        return _iso(int(match["taiwan3"]) + 1911, int(match["tm3"]), int(match["td3"]))
    if found["y"]:
        return _iso(int(match["y"]), int(match["m"]), int(match["d"]))
    year = _value(match["roc"]) + 1911 if found["roc"] else _value(match["year"])
    return _iso(year, *(_value(part) if part else None for part in (found["month"], found["day"])))


def _lost_date(figures: str) -> str | None:
    """Return the one date that figures can be whose 年, 月 and 日 were lost (2010830); None if they can be several."""
    year, rest = int(figures[:4]), figures[4:]
    cuts = [2] if len(rest) == 4 else range(1, len(rest))
    found = {
        _iso(year, int(rest[:cut]), int(rest[cut:]))
        for cut in cuts
        if len(rest) == 4 or "0" not in (rest[0], rest[cut])
    } - {None}
    return found.pop() if len(found) == 1 else None


# 20100825, t20100825_96, 2010-8-25, 2010年8月25日 in a file's name; a number of eight figures can be no date at all.
_NAME_DATE = pattern(
    r"(?<![0-9A-Za-z])t?(?P<year>(?:19|20)[0-9]{2})(?:(?P<month>[0-9]{2})(?P<day>[0-9]{2})"
    r"|(?P<sep>[-_.])(?P<m>[0-9]{1,2})(?:(?P=sep)(?P<d>[0-9]{1,2}))?)(?![0-9A-Za-z])"
)
_NAME_YEAR = pattern("((?:19|20)[0-9]{2})(?:[-_. ]|$)")
_FOLDER_DATE = pattern("((?:19|20)[0-9]{2})年?(?:[-_.]?([0-9]{1,2})月?(?:[-_.]?([0-9]{1,2})日?)?)?")


def _date_of_name(name: str) -> str | None:
    """Return the date in the name of a file, or the year that its name or its folder begins with; None if none does.

    >>> [_date_of_name(name) for name in ("t20100825_96.txt", "2010-8.txt", "2003-speech.txt", "2010/x.txt", "9.txt")]
    ['2010-08-25', '2010-08', '2003', '2010', None]
    """
    folder, _, file = name.rpartition("/")
    if match := _DATE_VALUE.search(file):
        return _date_of(match)
    for match in _NAME_DATE.finditer(file):
        month, day = match["month"] or match["m"], match["day"] or match["d"]
        if found := _iso(int(match["year"]), int(month), int(day) if day else None):
            return found
    if match := _NAME_YEAR.match(file):
        return match[1]
    for part in reversed(folder.split("/")):
        if (match := _FOLDER_DATE.fullmatch(part)) and (found := _iso(*map(int, filter(None, match.groups())))):
            return found
    return None


# --- Document numbers and issues --------------------------------------------------------------------------------------

_FIGURE = rf"(?P<n>[0-9]{{1,5}}|[{_CN}十百]{{1,7}})"
_OPENING = "〔[(【〈﹝〖„"
_CODE = rf"(?P<code>(?:[{_H}] ?){{1,16}})"
_NUMBER_WITH_YEAR = pattern(
    rf"{_CODE}?[{re.escape(_OPENING)}] ?(?P<year>[0-9{_CN}]{{4}}|[0-9]{{2}}) ?年? ?[〕\])】〉﹞〗‟]"
    rf" ?第? ?{_FIGURE} ?(?P<mark>[号號])"
)
# Without brackets, a code must end as codes do.
_NUMBER_BARE = pattern(
    rf"(?P<code>[{_H}]{{1,11}}[发發办辦函字政委令通文]) ?(?P<year>(?:19|20)[0-9]{{2}}) ?年? ?第? ?{_FIGURE}"
    r" ?(?P<mark>[号號])"
)
# With brackets that were lost, as by OCR: 某农 2012 45号
_NUMBER_WITHOUT_BRACKETS = pattern(
    rf"(?P<code>[{_H}]{{2,10}}) (?P<year>(?:19|20)[0-9]{{2}}) ?年? (?:第 ?)?{_FIGURE} ?(?P<mark>[号號])"
)
_NUMBER_TAIWAN = pattern(rf"(?P<taiwan>[{_H}]{{1,12}}字第) ?(?P<n>[0-9]{{6,12}}) ?(?P<mark>[号號])")
# Of a decree that is told with its date: what is before the code is the office, if there is one.
_ENACTED_NUMBER = pattern(
    rf"(?P<taiwan>(?:(?<=[府部院局處會署])[{_H}]{{1,12}}|(?<=日)[{_H}]{{1,5}})字第) ?(?P<n>[0-9]{{6,12}}) ?(?P<mark>號)"
)
_NUMBER_DECREE = pattern(
    rf"(?P<org>[{_H}]{{2,30}}(?:令|公告|通告)) ?\(?(?:(?P<year>[0-9]{{4}}) ?年)? ?第? ?{_FIGURE} ?(?P<mark>[号號])"
)
_DECREE = pattern(f"[{_H}]{{2,30}}(?:令|公告|通告)")
# Of a law that tells by which decree it was made known.
_DECREE_OF_LAW = pattern(
    rf"(?:[日 ]|[,，、])(?P<org>[{_H}]{{2,30}}令) ?(?:(?P<year>[0-9]{{4}}) ?年)? ?第? ?{_FIGURE} ?(?P<mark>[号號])"
)
_NUMBER_BELOW_DECREE = pattern(rf"\(?(?:(?P<year>[0-9]{{4}}) ?年 ?)?第 ?{_FIGURE} ?(?P<mark>[号號])\)?")
_BEHIND_NUMBER = pattern(r"[ )]*(?:签发人|簽發人|签发|急件|特急|机密|秘密|绝密|★|[^:]{1,6}:|$)")

_ISSUE = pattern(
    rf"\(?(?:(?P<sy>(?:19|20)[0-9]{{2}}) ?年 ?)?(?P<special>增刊|特刊|专刊|號外|号外) ?"
    rf"(?:第? ?(?P<s>[0-9]{{1,4}}|[{_CN}十百]{{1,7}}) ?期)?\)?"
    rf"(?: ?\(?[,，]? ?(?P<stotal>[总總]) ?第 ?(?P<st>[0-9]{{1,5}}|[{_CN}十百]{{1,7}}) ?期 ?\)?)?"
    rf"|[〔\[(【]?(?:(?P<year>(?:19|20)[0-9]{{2}}|[{_CN}]{{4}}) ?年? ?[〕\])】]? ?)?第 {{0,4}}"
    rf"(?P<n>[0-9]{{1,4}}(?:[-—~、～][0-9]{{1,4}})?|[{_CN}十百](?: ?[{_CN}十百]){{0,6}})"
    rf" {{0,4}}(?P<mark>[期次輯辑])(?P<extra>增刊)?\)?"
    rf"(?: ?\(?[,，]? ?(?P<total>[总總]) ?第 ?(?P<t>[0-9]{{1,5}}|[{_CN}十百]{{1,7}}) ?期 ?\)?)?"
    rf"|\(?(?P<only>[总總]) ?第 ?(?P<o>[0-9]{{1,5}}|[{_CN}十百]{{1,7}}) ?期 ?\)?"
    r"|(?P<my>(?:19|20)[0-9]{2}) ?年 ?(?P<mm>[0-9]{1,2}) ?月[号號]"
)


_SPECIAL = ("增刊", "特刊", "专刊", "號外", "号外")
_PLAIN_ISSUE = pattern("第[0-9]+期")


def _figures(numeral: str) -> str:
    """Return a number in figures; a range of them as it stands."""
    return str(_value(numeral)) if numeral[:1] not in "0123456789" else numeral.replace(" ", "").lstrip("0") or "0"


def _number_of(match: re.Match[str]) -> str:
    """Return a document number in its normal form."""
    found = match.groupdict()
    if found.get("taiwan"):
        return f"{match['taiwan']}{match['n']}{match['mark']}"
    figure = _figures(match["n"])
    if "org" in found:
        year = f"{match['year']}年" if found["year"] else ""
        return f"{match['org']}{year}第{figure}{match['mark']}"
    year = match["year"] if match["year"].isdigit() and match["year"].isascii() else str(_value(match["year"]))
    return f"{(match['code'] or '').replace(' ', '')}〔{year}〕{figure}{match['mark']}"


def _issue_of(match: re.Match[str]) -> str:
    """Return an issue in its normal form."""
    if match["special"]:
        year = f"{match['sy']}年" if match["sy"] else ""
        total = f"（{match['stotal']}第{_figures(match['st'])}期）" if match["stotal"] else ""
        return year + match["special"] + (f"第{_figures(match['s'])}期" if match["s"] else "") + total
    if match["only"]:
        return f"{match['only']}第{_figures(match['o'])}期"
    if match["my"]:
        return f"{match['my']}年{int(match['mm'])}月{match[0].rstrip()[-1]}"
    year = f"{_figures(match['year'])}年" if match["year"] else ""
    total = f"（{match['total']}第{_figures(match['t'])}期）" if match["total"] else ""
    return f"{year}第{_figures(match['n'])}{match['mark']}{match['extra'] or ''}{total}"


# --- What lines are ---------------------------------------------------------------------------------------------------

_KINDS = (
    "通知|通报|通報|通告|公告|决定|決定|决议|決議|意见|意見|办法|辦法|规定|規定|条例|條例|细则|細則|方案|规划|規劃|计划|計畫|計劃|"
    "纲要|綱要|要点|要點|报告|報告|请示|請示|批复|批覆|函|复函|答复|答覆|纪要|紀要|紀錄|公报|公報|讲话|講話|致辞|致辭|致词|致詞|发言|發言|"
    "讲稿|演讲|演講|演说|演說|主持词|主持詞|祝酒词|祝酒詞|总结|總結|汇报|匯報|体会|體會|综述|綜述|提纲|提綱|建议|建議|倡议书|公开信|慰问信|贺信|章程|制度|全文|"
    "预案|預案|名单|名單|命令|嘉奖令|动员令|戒严令|禁火令|封山令|公示|启事|白皮书|实录|解读|说明|說明"
)
_KIND = pattern(rf"(?:{_KINDS})(?: ?[(（][^()（）]{{1,20}}[)）])?$")
_SPEECH = pattern(
    r"(?:讲话|講話|致辞|致辭|致词|致詞|发言|發言|讲稿|演讲|演講|演说|演說|主持词|主持詞|祝酒词|祝酒詞|报告|報告|说明|說明|汇报|匯報)"
    r"(?:全文|提纲|提綱|要点|要點|摘要|实录|节选|稿)?"
    r"(?: ?[(（][^()（）]{1,20}[)）])?$"
)
_BULLETIN = pattern(
    "(?:简报|簡報|信息|動態|动态|通讯|通訊|简讯|簡訊|专报|專報|快报|快報|快讯|参考|參考|观察|专刊|情况反映|内参|要情|摘报|月刊|季刊|"
    "月報|工作交流|通报|通報|会议纪要)$"
)
_WHOLE_TITLE = pattern(rf"(?:在|关于|關於|[{_H}]{{2,4}}同志在|[{_H}]{{2,30}}(?:关于|關於))")
_APPENDIX_TO_TITLE = pattern(
    r"[(（](?:试行|試行|暂行|草案|送审稿|征求意见稿|修订|修正|摘要|节选|[0-9]{4}[^()（）]{0,8}年[度]?)[)）]"
)

# Labels with their field and rank; None for those that only end the value before them.
_FIELDS_OF_LABELS: tuple[tuple[tuple[str, int] | None, tuple[str, ...]], ...] = (
    (("date", 1), ("成文日期 发文日期 发文时间 签发日期 生成日期 成文时间 印发日期 發文日期 讲话时间",)),
    (
        ("date", 5),
        (
            "发布日期 发布时间 发表时间 发表日期 更新时间 更新日期 录入时间 上传时间 公布日期 时间 日期",
            "發布日期 發佈日期 發佈時間 發布時間 時間",
        ),
    ),
    (
        ("issuer", 1),
        (
            "发文机关 发文机构 发文单位 编发单位 编发 发电单位 发电机关",
            "主办单位 主办 发行单位 编印单位 编印 制发机关 制发单位 印发机关",
            "发布单位",
            "發文單位 發文機關 編發單位 主辦單位 主辦 發行單位 編印單位 編印 發布單位",
        ),
    ),
    (("issuer", 7), ("发布机构 发布机关 发布部门 公开机构 公开部门 發布機關",)),
    (("number", 1), ("发文字号 文号 公文字号 发文文号 发布文号 文件编号 發文字號 文件号 发文号",)),
    (("title", 1), ("标题 标题名称 名称 公文名称 文件名称 信息名称 主旨 標題 題目 题目",)),
    (("speaker", 1), ("讲话人 报告人 演讲人 主讲人 致辞人 发言人 講話人 報告人 主講人 致詞人 演講人",)),
    (
        None,
        (
            "来源 信息来源 文章来源 稿件来源 來源 作者 编辑 责任编辑 責任編輯 编辑者 责编",
            "主编 副主编 审核 審核 校对 记者 通讯员",
            "浏览次数 浏览量 浏览 阅读次数 阅读 点击 点击数 点击率 访问量 访问次数 字号 字体 字體",
            "大中小 视力保护色 分享",
            "签发人 签发 索引号 信息索引号 信息分类 信息类别 主题分类 分类 体裁分类 组配分类",
            "服务对象 主题词 关键词 栏目",
            "有效性 时效 效力状态 文件状态 失效日期 实施日期 施行日期 生效日期 废止日期 归档时间 内容概述 公开目录",
            "公开方式 公开形式 公开范围 公开时限 密级 紧急程度 保存期限 档号 檔號 责任部门 附件 地址 邮编 電子信箱",
            "地点 地點 主持人 主持 主席 出席 出席人员 出席人員 列席 列席人员 参加人员 记录 記錄 紀錄 等级 等級",
            "受文者 速別 密等及解密條件或保密期限 保存年限 分類號 案號 頁次",
            "承辦人 聯絡人 联系人 联系电话 电话 電話 傳真 传真 依據 正本 副本",
        ),
    ),
)
_LABELS = {label: field for field, labels in _FIELDS_OF_LABELS for label in " ".join(labels).split()}


def _compile_labels() -> str:
    # Longest first: 发布日期 is not 日期.
    longest_first = sorted(_LABELS, key=len, reverse=True)
    spaced = "|".join(" {0,4}".join(label) for label in longest_first)
    return f"(?<![{_H}])(?P<label>{spaced}) {{0,2}}(?:[】\\]] {{0,2}}:?|:)"


_LABEL = pattern(_compile_labels())

_NOISE = pattern(
    r"(?:www\.|https?:|[A-Za-z0-9.-]{3,40}\.(?:com|cn|net|org)\b)|您(?:所在|现在)|[当當]前位置|^首页|^首頁|^[＊*=＝·•…_—─-]+$|^admin\b|收藏|打印|关闭窗口"
    r"|^(?:机密|秘密|绝密|特急|加急|急件|特提|平急|内部|内部资料)[^关关]{0,12}$|^签发人|^\(?(?:根据|依据)?[^()]{0,12}(?:录音|记录|纪录)整理|^\(?此件"
    r"|^第[一二三四五六七八九十0-9]{1,3}篇|^.{0,16}(?:新[闻聞](?:公[报報]|稿)|网|网站|網|門戶網站)$|^【[^】]{1,12}】$|^[\[【]?(?:编者按|編者按|编者的话|按语)|^\([0-9]{1,3}\)$|^[<＜]|^[^>]{1,12}>"
)
_LONE_FIGURE = pattern(r"第 ?[0-9]{1,4} ?[号號]")
# 原创 姓名 公众号 2019-12-02
_BYLINE = pattern("(?:原创|原創|撰文|图文|文|图|记者|通讯员)[ :/]")
_CONTENTS = pattern("^【?(?:本期)?(?:要目|导读|目录|目錄|提要|内容提要|內容|要闻|导航)】?:?$")
_BODY = pattern(
    r"[。；;﹔]|^[问問答]:|[:，、,；]$|^[一二三四五六七八九十]{1,3}(?:、|是)|^第[一二三四五六七八九十百0-9]{1,4}(?:个|個|点|點|[章节節条條]|，|,)|^\([一二三四五六七八九十]{1,3}\)"
    r"|^[0-9]{1,2}[.、]"
)
_PROSE = pattern("[。！？!?；]")
_SUBTITLE = pattern(r"[—─–]|--|\((?:在|于|於)[^()]{4,60}\)$")

_STRONG = (
    "委员会|委員會|人民政府|办公室|辦公室|办公厅|領導小組|领导小组|指挥部|联席会议|人民法院|人民检察院|联合会|促进会|总工会|协会|學會|学会|協會|"
    "组织部|宣传部|统战部|武装部|委办|府办|办事处|管委会|国务院|行政院|民政事務處|聯合會|公所"
)
_WEAK = (
    "[省市县縣区區州盟旗镇乡工党市团]委|政府|[局厅廳處处部院署]|中心|公司|党校|学院|學院|气象台|电视台|集团|大学|大學|学校|党组|[纪监]委|支队|总队|大队|(?:调研|课题|考察|督导|督查|检查|编写|調研|課題)[组組]|[究理出护保测验]所|[理务防植测]站|医院|卫生院|[农農林茶牧渔漁]场|合作社|保护区|开发区|[查究法信调案史志]室|妇联|残联|"
    "工商联|文联|科协|银行|分行|街道|党支部|档案馆|图书馆|商会|理事会"
)
_MAKING = "(?: ?[(（]?(?:主办|主辦|编印|編印|编发|编制|编|編|印制|印发|印章|盖章|公章|印|制|宣|章)[)）]?)?"
_MADE = pattern(f"{_MAKING}$")
_OFFICE = pattern(rf"(?P<office>[{_H}（）()“”\"《》·A-Z0-9]{{0,40}}(?:{_STRONG}|{_WEAK})){_MAKING}")
_STRONG_END = pattern(f"(?:{_STRONG})$")
_NO_OFFICE = pattern(
    "第[一二三四五六七八九十百0-9]{1,4}[届屆]|[，。：！？]|关于|關於|召开|召開|举办|舉辦|举行|转发|批转|印发|出席|请示|部署|认真|走进|走進|赴"
)
_NO_WEAK_OFFICE = pattern(
    "[的在了把被]|[干幹全内內外局]部$|[大全格布佈结結开開新破变變时時僵]局$|(?<![财財民邮郵行])政局$|[0-9一二三四五六七八九十百]处$|"
    "[深好到长長短益用害难難随隨各四何]处$|部署|[如为]何|怎|一[名个]|争|对(?!外)|开展|加强|推进|推动|做好|深入|全面|扎实|支持|打造|建成"
)
_LETTERHEAD = pattern(
    rf"(?P<office>[{_H}（）()“” 、]{{3,60}}) ?(?:文件|(?<= )(?:函|書函|令|公告|開會通知單|开会通知单))"
)
# Papers of other kinds, whose name is their title.
_NO_LETTERHEAD = pattern("(?:[諮谘咨][询詢]|会议|會議|学习|招标|投标|背景|参考|宣传|辅导|申报|评审|政策|指导性)文件$")
_ENACTS = pattern(
    "(?:(?:现|兹|現|茲)?(?:将|將)?(?:公布|发布|颁布|發布|訂定|制定|修正|修订))?[《「](?P<what>[^《》「」]{2,80})[》」]"
    "(?=。|已|业已|业经|業經|现|，|公布|发布|第|部分)"
)
_MAKES_KNOWN = pattern("《[^《》]{2,80}》(?:业?已|业经)[^。]{4,120}(?:现|現)予?以?(?:公布|发布|發布|颁布)")
_DECREES = pattern("(?:主席|总理|總統|[部省市县縣州盟旗区區局]长|[部署行]|军区|军事委员会)$")  # beside offices
_DECREE_OFFICE = pattern(f"(?P<office>[{_H}]{{2,30}}?)(?:令|公告|通告)$")
_PRINTED = pattern(rf"(?P<office>[{_H}]{{4,40}})? {{0,40}}{_DATE_SOURCE} ?印[发發]?")
_FORWARDING = pattern("转发|批转|印发|轉發|批轉")
_NEEDS_OFFICE = pattern(rf"关于|關於|{_FORWARDING.pattern}")  # so a title goes on whose office stands above it
_TITLE_OFFICE = pattern(f"(?P<office>[{_H} 、]{{3,60}}?)(?:关于|關於|转发|印发|轉發|批转|批轉|发布|公布)")

# --- Persons ----------------------------------------------------------------------------------------------------------

_SURNAMES = (
    "王李石闫占战付肖佘亓张張刘劉陈陳杨楊赵趙黄黃周吴吳徐孙孫胡朱高林何郭马馬罗羅梁宋郑鄭谢謝韩韓唐冯馮于董萧蕭程曹袁邓鄧许許傅沈曾彭吕呂苏蘇卢盧蒋蔣"
    "蔡贾賈丁魏薛叶葉阎閻余潘杜戴夏钟鍾汪田任姜范方石姚谭譚廖邹鄒熊金陆陸郝孔白崔康毛邱秦江史顾顧侯邵孟龙龍万萬段雷钱錢汤湯尹黎易"
    "常武乔喬贺賀赖賴龚龔文庞龐樊兰蘭殷施陶洪翟安颜顏倪严嚴牛温溫芦季俞章鲁魯葛伍韦韋申尤毕畢聂聶丛焦向柳邢路岳齐齊沿梅莫庄莊辛管祝左涂"
    "谷祁时時舒耿牟卜詹关關苗凌费費纪靳盛童欧歐甄项項曲成游阳陽裴席卫衛查屈鲍鮑位覃霍翁隋植甘景薄单單包司柏宁寧柯阮桂闵闽解强柴华"
    "車车冉房边邊辜吉饶饒刁瞿戚丘古米池滕晋晉苑邬鄔臧畅宫宮来來苟全褚廉简簡娄婁盖符奚木穆党燕郎邸冀谈談姬屠连連郜晏栾欒郁商蒙计計喻揭"
    "窦竇迟遲宇敖糜鄢冷卓花仇艾蓝藍都巩鞏稽井练練仲乐樂虞卞封竺冼原官衣楚佟栗匡宗应應台巫鞠僧桑荆谌银扬明沙薄伏岑习習朴樸某"
    "骆駱麦蔺藺粟缪繆阚闞亢仝扈荀帅帥厉厲寿壽闻聞鹿滑逄雍濮阙闕幸佘苟麻宿"
)
_COMPOUND = "欧阳|歐陽|司马|司馬|上官|诸葛|諸葛|皇甫|尉迟|令狐|慕容|司徒|夏侯|东方|公孙|端木"
_PERSON = rf"(?:(?:{_COMPOUND})[{_H}]{{1,2}}|[{_SURNAMES}](?:某某?|[{_H}]{{1,2}})|[{_H}]{{2,6}}[·•][{_H}]{{2,6}})"
_POSTS = (
    "书记|書記|省长|市长|市長|县长|縣長|区长|區長|州长|盟长|旗长|镇长|鎮長|乡长|鄉長|主席|主任|局长|局長|部长|部長|厅长|廳長|处长|處長|科长|"
    "委员|委員|常委|秘书长|秘書長|总理|總理|理事长|理事長|会长|會長|院长|院長|校长|校長|检察长|司长|司長|组长|指挥长|司令员|政委|行长|董事长|"
    "總經理|总经理|主委|站长|所长|所長|社长|專員|专员|巡视员|调研员|代表|委员长|司令|干事长|召集人|主管|首席|参事|教授|研究员|里長|村长|党组成员"
)
_POST_AND_NAME = pattern(rf"(?P<post>.{{0,40}}?(?:{_POSTS})) ?(?P<name>{_PERSON})(?: ?(?:同志|先生|女士))?")
_NAME_AND_POST = pattern(
    rf"(?P<name>{_PERSON})(?: (?P<post>.{{0,30}}(?:{_POSTS}))|[(（](?P<post2>.{{0,30}}(?:{_POSTS}))[)）])"
)
_NAME_ALONE = pattern(rf"[(（]?(?P<name>{_PERSON})(?: ?同志)?[)）]?")
_SPEAKER_IN_TITLE = pattern(
    rf"(?:(?P<post>[^:：]{{0,40}}?(?:{_POSTS})) ?)?(?P<name>{_PERSON})(?P<comrade> ?同志)?(?=在|于|於|[:：])"
)
_NO_PERSON = pattern("[某各全]{2}|同志|各位")

# --- Reading ----------------------------------------------------------------------------------------------------------

_TAIL_NOISE = pattern(
    r"(?:主题词|主題詞|抄送|抄报|抄報|[报報送发發](?:送)?:|分送|附件|附:|联系|聯絡|编印|編印|责任编辑|责编|编辑|校对|审核|"
    r"作者|记者|通讯员|撰稿|签发|\(?此件|\(?本文|完$|谢谢|謝謝|"
    r"香港時間|正本|副本|下期|扫|上一篇|下一篇|相关|共印|\(?共 ?[0-9]+|来源|主办|"
    r"版权|-? ?[0-9]{1,3} ?-?$|[省市县局厅]长 )"
)


# Some web pages say below the text when it was published; 时间：2012年6月8日 would be when a meeting is.
_PUBLISHED_BELOW = pattern(
    rf"(?:发布(?:时间|日期):|發布(?:時間|日期):|(?:时间|日期):(?=[0-9 -]*$)) ?(?P<date>{_DATE_SOURCE})"
)


class _Token(NamedTuple):
    """What a line, or a part of one, was taken for."""

    kind: str
    line: _Line


class _Reader:
    """Gathers what the lines of one text can be, and picks."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.found: dict[str, tuple[int, Field]] = {}
        self.tokens: list[_Token] = []
        self.pending: tuple[str, int] | None = None  # a label whose value is on the next line
        self.body = _Line("", 0, 0)  # the first line that is no masthead

    def add(self, field: str, rank: int, value: str | None, line: _Line, certainty: Certainty) -> None:
        """Take a value, unless one of the same rank or a better one is there."""
        if value and (field not in self.found or rank < self.found[field][0]):
            self.found[field] = rank, Field(value, line.start, line.end, certainty)

    def written(self, line: _Line) -> str:
        """Return what stands in the text there, on one line."""
        return _squeeze(self.text[line.start : line.end])

    # What a single line is

    def take(self, line: _Line) -> bool:
        """Sort one line of the head; False if it is the first of the body."""
        text = line.text
        pending, self.pending = self.pending, None
        if _CONTENTS.match(text):
            self.tokens.append(_Token("contents", line))
            return True
        if (":" in text or text[0] in "【[") and self.labels(line):
            return True
        if pending and self.label(*pending, line):
            self.tokens.append(_Token("label", line))
            return True
        if self.dates(line):
            return True
        if _BYLINE.match(text) and (day := _date_at_end(text)):
            self.tokens.append(_Token("noise", line))
            self.add("date", 5, _date_of(day), line.part(day.start(), len(text)), "certain")
            return True
        if _NOISE.search(text) or (len(text) > 8 and not _HAN.search(text)):
            self.tokens.append(_Token("noise", line))
            return True
        if self.numbers(line):
            return True
        if _LONE_FIGURE.fullmatch(text):  # of a decree whose first line is lost
            self.tokens.append(_Token("noise", line))
            return True
        if len(text) > _LONGEST_TITLE or _BODY.search(text):
            self.body = line
            return False
        if _SUBTITLE.match(text):
            self.tokens.append(_Token("subtitle", line))
            return True
        return self.pieces(line)

    def labels(self, line: _Line) -> bool:
        """Read a line of labels with their values (发布机构：… 成文日期：…); False if it does not begin with one."""
        found = list(_LABEL.finditer(line.text))
        if not found or len(line.text[: found[0].start()].strip("【[ |")) > 0:
            # 2014年3月7日 来源：… has the date before the first label.
            before = line.part(0, found[0].start()) if found else line
            if not found or not (match := _DATE_LINE.fullmatch(before.text)):
                return False
            self.add("date", 5, _date_of(match), before, "certain")
        ends = [match.start() for match in found[1:]] + [len(line.text)]
        for match, end in zip(found, ends, strict=True):
            known = _LABELS[match["label"].replace(" ", "")]
            value = line.part(match.end(), end)
            value = value.part(0, len(value.text.rstrip("【[|( ")))
            if known is not None and value.text:
                self.label(*known, value)
            elif value.text[-1:] in ("号", "號"):
                # 等级：特急　　某府办发电〔2012〕5号
                behind = value.part(value.text.rfind(" ") + 1, len(value.text))
                if (number := _NUMBER_WITH_YEAR.fullmatch(behind.text)) and number["code"]:
                    self.add("number", 2, _number_of(number), behind, "certain")
            self.pending = None if value.text else known
        self.tokens.append(_Token("label", line))
        return True

    def label(self, field: str, rank: int, value: _Line) -> bool:
        """Take the value of a label; False if it cannot be one."""
        if field == "date":
            if match := _DATE_VALUE.match(value.text):
                self.add("date", rank, _date_of(match), value.part(match.start(), match.end()), "certain")
                return True
        elif field == "number":
            if match := _number_match(value.text):
                self.add("number", rank, _number_of(match), value.part(match.start(), match.end()), "certain")
                return True
        elif field == "issuer":
            if 2 < len(value.text) <= 60 and _HAN.search(value.text) and not _NOISE.search(value.text):
                self.add("issuer", rank, self.written(value), value, "certain")
                return True
        elif field == "title":
            value = value.part(0, len(value.text.rstrip("。")))
            if value.text and len(value.text) <= 3 * _LONGEST_TITLE and "。" not in value.text:
                self.add("title", rank, self.written(value), value, "certain")
                return True
        elif match := _NAME_ALONE.match(_squeeze(value.text)):
            self.add("speaker", rank, match["name"], value, "certain")
            return True
        return False

    def dates(self, line: _Line) -> bool:
        """Take a line that is a date, or in which a date says when the document was spoken, passed or issued."""
        if not ("年" in line.text or line.text[0] in "0123456789("):
            return False
        if match := _TAIWAN_DATE.fullmatch(line.text):
            self.tokens.append(_Token("date", line))
            self.add("date", 2, _date_of(match), line, "inferred")
            return True
        if match := _DATE_LINE.fullmatch(line.text):
            value = _date_of(match)
            if len(value or "") == 4:
                return False  # 2010年 is what the document is about
            kind = "published" if match["time"] or match["y"] else "date"
            self.tokens.append(_Token(kind, line))
            certainty: Certainty = "certain" if len(value or "") == 10 else "inferred"
            self.add("date", 5 if kind == "published" else 2, value, line, certainty)
            return True
        match = _PASSED.match(line.text) or (_PASSED_BEHIND.search(line.text) if line.text[0] == "(" else None)
        if match is None and not _ENACTED_NUMBER.search(line.text):
            match = _SPOKEN_AT.fullmatch(line.text) or _PASSED_AT.fullmatch(line.text)
        if match is None and self.tokens and self.tokens[-1].kind == "passed" and _AMENDED.fullmatch(line.text):
            self.tokens.append(_Token("passed", line))
            return True
        if match is not None and (match["month"] or match["m"]):
            self.tokens.append(_Token("passed", line))
            self.add("date", 2, _date_of(match), line, "certain")
            if match := _DECREE_OF_LAW.search(line.text):
                self.add("number", 2, _number_of(match), line.part(match.start("org"), match.end()), "certain")
            return True
        match = _ENACTED.match(line.text) if len(line.text) <= _LONGEST_TITLE else None
        if match is not None and match["roc"] and match["day"] and "，" not in line.text:
            self.tokens.append(_Token("passed", line))
            self.add("date", 2, _date_of(match), line, "certain")
            if match := _ENACTED_NUMBER.search(line.text):
                self.add("number", 2, _number_of(match), line.part(match.start(), match.end()), "certain")
            return True
        return False

    def numbers(self, line: _Line) -> bool:
        """Take a line that is a document's number, alone or with who signed."""
        if not ("号" in line.text or "號" in line.text):
            return False
        last = self.tokens[-1] if self.tokens else None
        if (
            last is not None
            and (last.kind == "decree" or (last.kind == "title" and _DECREE.fullmatch(last.line.text)))
            and not _NO_OFFICE.search(last.line.text)
            and (match := _NUMBER_BELOW_DECREE.fullmatch(line.text))
        ):
            year = f"{match['year']}年" if match["year"] else ""
            value = f"{_squeeze(last.line.text)}{year}第{_figures(match['n'])}{match['mark']}"
            both = _Line("", last.line.start, line.end)
        else:
            inner = line.part(1, len(line.text) - 1) if line.text[0] == "(" and line.text[-1] == ")" else line
            if len(inner.text) > 8 and not inner.text[1::2].strip():
                # Each character stands apart: 某 政 发 〔 2 0 0 7 〕 2 9 号
                close = _NUMBER_WITH_YEAR.fullmatch(inner.text[::2])
                if close and close["code"]:
                    self.tokens.append(_Token("number", line))
                    self.add("number", 2, _number_of(close), inner, "certain")
                    return True
            day = _date_at_end(inner.text)
            if day is not None and (front := inner.part(0, day.start())).text:
                # (某市人民政府令第44号 2008年9月12日)
                found = _number_match(front.text)
                if found is None or found.end() != len(front.text) or not (day["day"] or day["d"]):
                    return False
                self.add("date", 2, _date_of(day), inner.part(day.start(), len(inner.text)), "certain")
                inner = front
            found = _number_match(inner.text)
            if found is None:
                return False
            behind = inner.part(found.end(), len(inner.text))
            if behind.text[:1] == "《" and behind.text[-1] == "》" and len(behind.text) <= _LONGEST_TITLE:
                self.tokens.append(_Token("title", behind))
            elif not _BEHIND_NUMBER.match(behind.text):
                return False
            value, both = _number_of(found), inner.part(found.start(), found.end())
            if "org" in found.groupdict():
                office = _DECREE_OFFICE.match(found["org"])
                self.add("issuer", 2, office["office"] if office else None, both, "certain")
        bare = "〔" in value and set(line.text).isdisjoint(_OPENING)
        self.tokens.append(_Token("number", line))
        self.add("number", 2, value, both, "inferred" if bare else "certain")
        return True

    def pieces(self, line: _Line) -> bool:
        """Sort a line that can hold several things: an issue, an office, a date."""
        text = line.text
        if match := _issue_match(text):
            before, behind = line.part(0, match.start()), line.part(match.end(), len(text))
            if before.text:
                self.pieces(before)
            issue = line.part(match.start(), match.end())
            value = _issue_of(match)
            if match["only"] and self.tokens and self.tokens[-1].kind == "issue" and not before.text:
                # 2015年第4期, and below it （总第92期）
                value = f"{self.found.pop('issue')[1].value}（{value}）"
                issue = _over([self.tokens[-1].line, issue])
            elif "issue" in self.found and self.found["issue"][1].value in _SPECIAL and _PLAIN_ISSUE.fullmatch(value):
                # 增刊, and below it （第1期）
                value = self.found.pop("issue")[1].value + value
                issue = _over([self.tokens[-1].line, issue]) if self.tokens[-1].kind == "issue" else issue
            self.tokens.append(_Token("issue", issue))
            self.add("issue", 2, value, issue, "certain")
            if match["my"]:
                month = _iso(int(match["my"]), int(match["mm"]))
                self.add("date", 7, month, self.tokens[-1].line, "inferred")
            if behind.text and not self.dates(behind):
                self.pieces(behind)
            return True
        match = _date_at_end(text)
        if match is not None and text[match.start() - 1 : match.start()] == "(" and (match["day"] or match["d"]):
            before, day = line.part(0, match.start() - 1), line.part(match.start(), len(text) - 1)
            if _is_person(_squeeze(before.text)):
                self.tokens += (_Token("title", before), _Token("date", day))
                self.add("date", 2, _date_of(match), day, "certain")
                return True
        if match is not None and match.start() and (match["day"] or match["d"]):
            before, day = line.part(0, match.start()), line.part(match.start(), len(text))
            office = self.office(before.text)
            issued = any(token.kind == "issue" for token in self.tokens)
            # A figure-only date or one with a time is when a page was made.
            written = issued or (match["day"] is not None and match["time"] is None)
            apart = written and text[match.start() - 1] == " " and 0 < len(before.text) <= 40
            if office is not None or (apart and issued):
                # What stands beside the date of a bulletin is its office, whatever it is called.
                length = len(office) if office else len(_MADE.sub("", before.text))
                self.tokens.append(_Token("office", before.part(0, length)))
            elif apart:
                self.pieces(before)
            if office is not None or apart:
                self.tokens.append(_Token("date", day))
                self.add("date", 2, _date_of(match), day, "certain")
                return True
        squeezed = _squeeze(text)
        if match := _LETTERHEAD.fullmatch(squeezed):
            self.tokens.append(_Token("letterhead", line))
            office = self.office(match["office"].strip())
            if office is None and squeezed.endswith("文件") and not _NO_LETTERHEAD.search(squeezed):
                office = match["office"].strip()
            self.add("issuer", 2, office, line, "certain")
            if office:
                return True
            self.tokens.pop()
        if squeezed == "文件" and self.tokens and self.tokens[-1].kind == "office":
            offices = self.offices_above(len(self.tokens))
            self.add("issuer", 2, self.joined(offices), _over(offices), "certain")
            self.tokens.append(_Token("letterhead", line))
            return True
        if squeezed in ("令", "公告", "通告") and self.tokens and self.tokens[-1].kind == "office":
            offices = self.offices_above(len(self.tokens))
            del self.tokens[-len(offices) :]
            self.add("issuer", 2, self.joined(offices), _over(offices), "certain")
            whole = _Line(self.joined(offices) + squeezed, offices[0].start, line.end)
            self.tokens.append(_Token("decree", whole))
            return True
        office = self.office(squeezed)
        if office is not None:
            kept = len(text) if office == squeezed else text.rfind(office[-1]) + 1
            self.tokens.append(_Token("office", line.part(0, kept)))
        elif (
            squeezed.endswith("令")
            and (match := _DECREE_OFFICE.fullmatch(squeezed))
            and (self.office(match["office"]) or _DECREES.search(match["office"]))
        ):
            self.tokens.append(_Token("decree", line))
            self.add("issuer", 2, match["office"], line, "certain")
        else:
            self.tokens.append(_Token("title", line))
        return True

    def office(self, text: str) -> str | None:
        """Return the office or offices whose name this is, without 编, 主办 and the like; None if it is no name."""
        if not 3 <= len(text) <= 80 or _NO_OFFICE.search(text.replace("印发", "") if text.endswith("印发") else text):
            return None
        parts = text.replace("、", " ").split(" ")
        names: list[str] = []
        for part in parts:
            match = _OFFICE.fullmatch(part) if len(part) > 2 else None
            if match is None:
                if names and part in ("编", "編", "主办", "印", "编印", "編印"):
                    continue
                return None
            name = match["office"]
            if not _STRONG_END.search(name) and (_NO_WEAK_OFFICE.search(name) or len(name) > 30):
                return None
            names.append(name)
        return " ".join(names)

    def offices_above(self, index: int) -> list[_Line]:
        """Return the offices that stand directly above the token of this index."""
        first = index
        while first and self.tokens[first - 1].kind == "office":
            first -= 1
        return [token.line for token in self.tokens[first:index]]

    def joined(self, offices: list[_Line]) -> str:
        """Return the names of offices as one value."""
        return " ".join(map(self.name_of, offices))

    def name_of(self, line: _Line) -> str:
        """Return the name of the office, or the offices, in a line."""
        return self.office(_squeeze(line.text)) or self.written(line)

    # What the lines are together

    def pick(self) -> None:
        """Tell titles, bulletins, offices and speakers from where they stand."""
        self.lost_figures()
        tokens = self.tokens
        self.joint_letterhead()
        names = [index for index, token in enumerate(tokens) if token.kind == "title"]
        issues = [index for index, token in enumerate(tokens) if token.kind == "issue"]
        offices = [index for index, token in enumerate(tokens) if token.kind == "office"]
        named = bool(names) and _is_bulletin(self.written(tokens[names[0]].line))
        bulletin = bool(issues) or (named and bool(offices))
        if issues and not offices:
            offices = self.unknown_office(issues[-1] + 1)
        if not bulletin:
            self.persons(names)
        elif issues:
            self.persons([index for index in names if index > issues[-1]])
        after = issues[-1] + 1 if issues else names[0] + 1 if bulletin else 0
        if bulletin:
            self.title_of_article(after)
        elif "title" not in self.found:
            self.title_of_document()
        for index in offices:
            self.add("issuer", 2 if bulletin else 5, *self.office_at(index), "certain" if bulletin else "inferred")
            if not bulletin:
                break
        if "title" in self.found:
            self.read_title(self.found["title"][1])

    def joint_letterhead(self) -> None:
        """Read a letterhead of several offices, of which 文件 stands beside the middle one."""
        for index, token in enumerate(self.tokens):
            if token.kind != "letterhead" or "issuer" not in self.found or not token.line.text.endswith("文件"):
                continue
            above = self.offices_above(index)
            last = index + 1
            while self.kind_at(last) == "office":
                last += 1
            below = [one.line for one in self.tokens[index + 1 : last]]
            match = _LETTERHEAD.fullmatch(_squeeze(token.line.text))
            if match is None or not (above or below):
                continue
            names = dict.fromkeys([*map(self.name_of, above), match["office"].strip(), *map(self.name_of, below)])
            if len(names) > 1:
                line = _over([*above, token.line, *below])
                self.add("issuer", 1, " ".join(names), line, "certain")

    def unknown_office(self, index: int) -> list[int]:
        """Return the index of the line between the issue and the date of a bulletin whose title is below them."""
        kinds = [token.kind for token in self.tokens[index : index + 3]]
        if kinds != ["title", "date", "title"]:
            return []
        line = self.tokens[index].line
        if len(line.text) > 40 or _NO_OFFICE.search(line.text):
            return []
        self.tokens[index] = _Token("office", line)
        return [index]

    def office_at(self, index: int) -> tuple[str, _Line]:
        """Return the name of the office there, with those directly below it, and where they stand."""
        last = index
        while last < len(self.tokens) and self.tokens[last].kind == "office":
            last += 1
        lines = [token.line for token in self.tokens[index:last]]
        return self.joined(lines), _over(lines)

    def lost_figures(self) -> None:
        """Read a masthead whose words were lost: a line 98, the office, a line 2010830."""
        for index in range(len(self.tokens) - 2):
            issue, office, day = self.tokens[index : index + 3]
            if (
                (issue.kind, office.kind, day.kind) == ("title", "office", "title")
                and len(issue.line.text) <= 4
                and issue.line.text.isascii()
                and issue.line.text.isdigit()
                and _LOST_DATE.fullmatch(day.line.text)
            ):
                self.add("issue", 3, f"第{int(issue.line.text)}期", issue.line, "inferred")
                self.add("date", 3, _lost_date(day.line.text), day.line, "inferred")
                self.tokens[index] = _Token("issue", issue.line)
                self.tokens[index + 2] = _Token("date", day.line)
                return

    def persons(self, names: list[int]) -> None:
        """Take the lines that name a person out of those that can be titles, and the speaker from them."""
        lines = [self.written(self.tokens[index].line) for index in names]
        below = [self.written(token.line) for token in self.tokens if token.kind == "subtitle"]
        speech = any(map(_SPEECH.search, lines[:_TITLE_LINES] + below[:1]))
        for place, (index, text) in enumerate(zip(names, lines, strict=True)):
            if place == 0 and not (len(lines) > 1 and _SPEECH.search(lines[1])):
                continue
            line = self.tokens[index].line
            office = _POST_AND_NAME.fullmatch(text) or _NAME_AND_POST.fullmatch(text)
            match = office or _NAME_ALONE.fullmatch(text)
            if match is not None:
                self.tokens[index] = _Token("person", line)
                if (office or speech) and not _NO_PERSON.fullmatch(match["name"]):
                    self.add("speaker", 2, match["name"], line, "certain" if office else "inferred")
            elif _POST.fullmatch(text):
                self.tokens[index] = _Token("person", line)

    def title_of_article(self, after: int) -> None:
        """Read the title of a bulletin: of its article behind the masthead, or the bulletin's own before it."""
        groups = self.groups()
        behind = next((group for group in groups if group[0] >= after), None)
        # Minutes have no articles, and a list of contents does not tell which of them is the first.
        before = [group for group in groups if group[-1] < after]
        name = self.written(self.tokens[before[-1][-1]].line) if before else ""
        listed = any(token.kind == "contents" for token in self.tokens) or name.endswith(("纪要", "紀要", "紀錄"))
        if behind is not None and len(behind) <= _TITLE_LINES and not listed and self.body.text:
            self.title_from(behind)
        elif before:
            self.title_from(before[-1])

    def title_of_document(self) -> None:
        """Read the title of a document that is no bulletin: the first that ends as titles do, or the first line."""
        if self.title_enacted():
            return
        groups = self.groups()
        titles = sum(map(len, groups))
        for group in groups:
            for place, index in enumerate(group):
                text = self.written(self.tokens[index].line)
                titles -= 1
                if titles and _DECREE.fullmatch(text) and self.kind_at(index + 1) == "number":
                    continue  # the name of a series: 某局通告 2018年第2号
                if _KIND.search(text) and not _is_lost(text) and (len(text) > 4 or not titles):
                    self.title_from(group[self.beginning(group, place) : place + 1 + self.appendices(group, place)])
                    return
        first = groups[0] if groups else []
        body = self.body.text
        prose = len(body) >= 15 and _PROSE.search(body) is not None
        if not first or len(first) > _TITLE_LINES or not body:
            return
        text = "".join(self.written(self.tokens[index].line) for index in first)
        han = len(_HAN.findall(text))
        headed = not prose and len(text) >= 8 and _BODY.search(body) is not None and body[-1] not in "，,、"
        # What was passed, or is signed or dated below its name, has one, however short.
        headed = headed or self.kind_at(first[-1] + 1) == "passed"
        if han >= 4 and 2 * han > len(text) and (prose or headed) and not _is_lost(text):
            self.title_from(first, "inferred")

    def kind_at(self, index: int) -> str:
        """Return what the line of this index was taken for; an empty string if there is none."""
        return self.tokens[index].kind if index < len(self.tokens) else ""

    def is_decree(self) -> bool:
        """Tell whether it is one that makes something known: …令, 第27号; in Taiwan …政府 令."""
        return _MAKES_KNOWN.match(self.body.text) is not None or any(
            token.kind == "decree" or (token.kind == "letterhead" and token.line.text.endswith("令"))
            for token in self.tokens
        )

    def title_enacted(self) -> bool:
        """Read the title of a decree: that of the one thing which it makes known (《…办法》已经…通过，现予公布)."""
        number = self.found.get("number")
        if not self.is_decree() and not (number and "公告" in number[1].value):
            return False
        match = _ENACTS.match(self.body.text)
        if match is None or any(mark in self.body.text[match.end("what") + 1 :] for mark in "《「"):
            return False
        what = self.body.part(*match.span("what"))
        self.add("title", 3, self.written(what), what, "inferred")
        return True

    def groups(self) -> list[list[int]]:
        """Return the runs of lines that can be titles."""
        runs: list[list[int]] = []
        last = -2
        for index, token in enumerate(self.tokens):
            if token.kind != "title":
                continue
            if index != last + 1:
                runs.append([index])
            elif token.line.text != self.tokens[last].line.text:  # web pages repeat the title
                runs[-1].append(index)
            last = index
        return runs

    def beginning(self, group: list[int], place: int) -> int:
        """Return where in a run the title begins whose last line is at that place."""
        first = place
        if not _WHOLE_TITLE.match(self.written(self.tokens[group[place]].line)):
            for above in range(max(0, place - _TITLE_LINES + 1), place):
                if _WHOLE_TITLE.match(self.written(self.tokens[group[above]].line)):
                    return above
        while (
            first
            and place - first < _TITLE_LINES - 1
            and (
                not _WHOLE_TITLE.match(self.written(self.tokens[group[first]].line))
                or _FORWARDING.search(self.written(self.tokens[group[first - 1]].line))
            )
            # A shorter line is the name of a column of a web site: titles are cut when they are too long for a line.
            and len(self.tokens[group[first - 1]].line.text) >= 10
        ):
            first -= 1
        return first

    def appendices(self, group: list[int], place: int) -> int:
        """Return 1 if the line behind that place is one like （试行）, which belongs to the title; else 0."""
        behind = group[place + 1 : place + 2]
        return int(any(_APPENDIX_TO_TITLE.fullmatch(self.tokens[index].line.text) for index in behind))

    def title_from(self, group: list[int], certainty: Certainty = "certain") -> None:
        """Take these lines for the title, with the offices that stand above 关于."""
        lines = [self.tokens[index].line for index in group]
        parts = [self.written(line) for line in lines]
        official = _KIND.search(parts[-1]) or _APPENDIX_TO_TITLE.fullmatch(parts[-1])
        text = ("" if official else " ").join(parts)
        if _NEEDS_OFFICE.match(text) and (offices := self.offices_above(group[0])):
            text = self.joined(offices) + text
            lines = offices + lines
        where = _over(lines)
        opening = max(text.rfind("（"), text.rfind("("))
        if opening > 4 and text[-1] in "）)":
            inner = text[opening + 1 : -1].translate(_PLAIN)
            if (match := _number_match(inner)) and match.end() == len(inner):
                self.add("number", 3, _number_of(match), where, "certain")
                text = text[:opening].rstrip()
        text = _PAGE.sub("", text)
        opening = max(text.rfind("（"), text.rfind("("))
        if opening > 4 and (day := _DATE_LINE.fullmatch(text[opening:].translate(_PLAIN))) and (day["day"] or day["d"]):
            self.add("date", 2, _date_of(day), where, "certain")
            text = text[:opening].rstrip()
        if text[0] == "《" and text[-1] == "》" and text.count("《") == 1:
            text = text[1:-1]
        self.add("title", 2, text, where, certainty)

    def read_title(self, title: Field) -> None:
        """Read what a title itself says: who issued it, who spoke, and when a speech was given."""
        line = _Line("", title.start, title.end)
        text = title.value
        if match := _TITLE_OFFICE.match(text):
            self.add("issuer", 6, self.office(match["office"].strip()), line, "inferred")
        below = [token.line for token in self.tokens if token.kind == "subtitle"]
        said = [(text, line), *((self.written(one).strip("—─–-（() ）"), one) for one in below)]
        if not any(_SPEECH.search(what) for what, _ in said):
            return
        for what, where in said:
            if (match := _SPEAKER_IN_TITLE.match(what)) and not _NO_PERSON.fullmatch(match["name"]):
                told = match["comrade"] or match["post"]
                self.add("speaker", 3, match["name"], where, "certain" if told else "inferred")
        day = _DATE.search(text)
        if day is not None and (day["day"] or day["d"]):
            self.add("date", 6, _date_of(day), line, "inferred")

    # The end

    def sign(self, lines: list[_Line], strict: bool = False) -> bool:
        """Read the signature among the last lines; if `strict`, nothing but a colophon may stand below it."""
        lines = [line for line in lines if not self.number_below(line)]
        last = True
        below: list[_Line] = []
        for place in range(len(lines) - 1, -1, -1):
            line = lines[place]
            if line.text[-1] in "印发發" and (match := _PRINTED.fullmatch(line.text)):
                self.add("date", 4, _date_of(match), line, "certain")
                if match["office"]:
                    self.add("issuer", 8, self.office(match["office"]), line, "inferred")
                continue
            if match := _PUBLISHED_BELOW.match(line.text):
                self.add("date", 5, _date_of(match), line.part(match.start("date"), match.end()), "certain")
                continue
            if _TAIL_NOISE.match(line.text):
                continue
            if self.signature(lines, place, last):
                # Where two columns were read one after the other, the date can stand above the office.
                self.add("issuer", 3, self.joined(below), _over(below or [line]), "inferred")
                return True
            if strict:
                return False
            below = [line] if last and self.office(_squeeze(line.text)) else []
            last = bool(below)
        return False

    def number_below(self, line: _Line) -> bool:
        """Take a line of the signature that is the document's number, as some offices put it there."""
        match = _NUMBER_WITH_YEAR.fullmatch(line.text) if line.text[-1] in "号號" else None
        if match is None or not match["code"]:
            return False
        self.add("number", 3, _number_of(match), line, "inferred")
        return True

    def forwards(self, below: Iterator[_Line]) -> bool:
        """Read the signature of a letter that is followed by the document it sends (关于印发…的通知); False if none.

        The same for a decree, which what it makes known follows.
        """
        title = self.found.get("title")
        if not (title is not None and _FORWARDING.search(title[1].value)) and not self.is_decree():
            return False
        lines = list(islice(below, _LETTER_LINES))
        return any(self.signature(lines, place, last=True) for place in range(1, len(lines)))

    def signature(self, lines: list[_Line], place: int, last: bool) -> bool:
        """Take the line there as the date of a signature, with the offices above it or before it."""
        line = lines[place]
        if match := _DATE_LINE.fullmatch(line.text):
            first = place
            while first and place - first < 4 and self.office(_squeeze(lines[first - 1].text)):
                first -= 1
            value = _date_of(match)
            offices = lines[first:place]
            if not value or not (offices or last) or (len(value) == 4 and not offices):
                return False
            rank = 5 if match["time"] else 3
            self.add("date", rank, value, line, "certain" if offices else "inferred")
            if offices:
                self.add("issuer", 3, self.joined(offices), _over(offices), "certain")
            return True
        match = _date_at_end(line.text)
        if match is None:
            return False
        before = line.part(1 if line.text[0] == "(" else 0, match.start())
        office = self.office(_squeeze(before.text))
        if office is None:
            return False
        self.add("issuer", 3, office, before, "certain")
        self.add("date", 3, _date_of(match), line.part(match.start(), len(line.text)), "certain")
        return True


_PAGE = pattern(r" ?[(（]第? ?[0-9]{1,3} ?[/／] ?[0-9]{1,3} ?页?[)）]$")
_POST = pattern(rf"[^的]{{0,24}}(?:{_POSTS})")
_DATE = pattern(_DATE_SOURCE)


def _is_lost(text: str) -> bool:
    """Tell whether half of a line or more stands for what was lost."""
    return len(_LOST.findall(text)) * 2 >= len(text)


def _is_person(text: str) -> bool:
    """Tell whether a line is a person's name, alone or with a post."""
    return any(kind.fullmatch(text) for kind in (_POST_AND_NAME, _NAME_AND_POST, _NAME_ALONE))


def _is_bulletin(name: str) -> bool:
    return len(name) <= 24 and "关于" not in name and _BULLETIN.search(name) is not None


def _over(lines: list[_Line]) -> _Line:
    """Return the stretch from the first of these lines to the last."""
    return _Line("", lines[0].start, lines[-1].end)


def _date_at_end(text: str) -> re.Match[str] | None:
    """Return the date that a line ends with; the text, whose lines are long or end in 。, is not searched for one."""
    if len(text) > _LONGEST_TITLE or text[-1] not in _LAST_OF_DATE:
        return None
    return _DATE_AT_END.search(text)


def _number_match(text: str) -> re.Match[str] | None:
    """Return the document number that the text begins with, or that it is, if its form is less plain."""
    return (
        _NUMBER_WITH_YEAR.match(text)
        or _NUMBER_TAIWAN.match(text)
        or _NUMBER_BARE.fullmatch(text)
        or _NUMBER_DECREE.fullmatch(text)
        or _NUMBER_WITHOUT_BRACKETS.fullmatch(text)
    )


def _issue_match(text: str) -> re.Match[str] | None:
    """Return the issue in a line: at its start, or behind a blank or the name of a bulletin."""
    if not any(mark in text for mark in "期刊次号號輯辑"):
        return None
    for match in _ISSUE.finditer(text):
        before = text[: match.start()].rstrip()
        behind = text[match.end() :]
        if before and not (
            _is_bulletin(before)
            or (text[match.start() - 1] == " " and (len(before) <= 20 or _date_at_end(before) is not None))
        ):
            continue
        if behind and behind[0] not in " ()（，,":
            continue
        return match
    return None


def _lines(text: str, start: int, end: int, longest: int = _LONGEST_TITLE) -> Iterator[_Line]:
    """Yield the lines between two offsets that are not blank; of those longer than `longest`, only the beginning."""
    while start < end:
        stop = text.find("\n", start, end)
        if stop < 0:
            stop = end
        seen = stop if stop - start <= longest else start + _LONGEST_TITLE + 1
        written = text[start:seen]
        if _ANY_WIDE.search(written):  # looking takes a tenth of the time of translating
            written = written.translate(_PLAIN)
        left = len(written) - len(written.lstrip())
        written = written.strip()
        if written:
            yield _Line(written, start + left, start + left + len(written))
        start = stop + 1


def _sign_above_attachment(reader: _Reader, body: int) -> bool:
    """Read the signature above an attachment; False if there is none."""
    text = reader.text
    place = body
    for _ in range(_ATTACHMENTS):
        place = text.find("\n附", place + 1)
        if place < 0:
            break
        if reader.sign(list(_lines(text, max(body, place - _TAIL // 2), place))[-8:], strict=True):
            return True
    return False


def read(text: str, name: str = "") -> Masthead:
    """Read the masthead of a document, best of a clean one (a paragraph a line); `name` is its path, `/` between parts.

    Takes any text, Simplified or Traditional, and raises nothing. Time does not grow with the text beyond its first
    6,000 characters, its last 1,200, and eight attachments.

    >>> found = read("\\n".join(["工作简报", "第6期", "某县信访局 2010年8月25日", "把门打开", "一早，信访局开了门。"]))
    >>> found.title, found.issue
    (Field(value='把门打开', start=26, end=30, certainty='certain'), Field(value='第6期', start=5, end=8, ...))
    >>> read("Once upon a time", "2010-08-25.txt").date
    Field(value='2010-08-25', start=-1, end=-1, certainty='inferred')
    """
    reader = _Reader(text)
    body = 0
    for seen, line in enumerate(_lines(text, 0, min(len(text), _HEAD), _LONGEST_LINE)):
        if seen == _HEAD_LINES or not reader.take(line):
            body = line.start
            break
        body = line.end
    reader.pick()
    below = _lines(text, body, min(len(text), body + _HEAD))
    if not (reader.forwards(below) or _sign_above_attachment(reader, body)):
        start = max(body, len(text) - _TAIL)
        if start > body:
            start = text.find("\n", start) + 1 or len(text)
        reader.sign(list(_lines(text, start, len(text)))[-_TAIL_LINES:])
    if "date" not in reader.found and name and (day := _date_of_name(name)):
        reader.found["date"] = 8, Field(day, -1, -1, "inferred")
    return Masthead(**{field: reader.found[field][1] for field in Masthead._fields if field in reader.found})
