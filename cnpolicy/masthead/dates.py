"""Dates: in the lines of a document, and in the names of files."""

import re
from datetime import date

from cnpolicy.masthead.lines import LONGEST_TITLE, H
from cnpolicy.masthead.numerals import CN, value
from cnpolicy.patterns import pattern

DATE_SOURCE = (
    rf"(?:(?:(?:中[华華] ?)?民[国國] {{0,2}}(?P<roc>[0-9]{{1,3}}|[{CN}十百]{{1,6}}|元)"
    rf"|(?<![0-9])(?P<year>[0-9{CN}](?: ?[0-9{CN}]){{3}})) {{0,2}}年"
    rf"(?: {{0,3}}(?P<month>[0-9]{{1,2}}|[{CN}十](?: ?[{CN}十])?|[元正]) {{0,3}}月"
    rf"(?: {{0,3}}(?P<day>[0-9]{{1,2}}|[{CN}十廿卅](?: ?[{CN}十]){{0,2}}) {{0,3}}[日曰号號])?)?"
    r"|(?<![0-9./-])(?P<y>[0-9]{4})(?P<sep>[-/.])(?P<m>[0-9]{1,2})(?P=sep)(?P<d>[0-9]{1,2})(?![0-9]))"
)
DATE = pattern(DATE_SOURCE)
_WEEKDAY = r" {0,3}\(?(?:星期|周|週|礼拜|禮拜)[一二三四五六日天]\)?"
_TIME = (
    r"(?P<time>[ T]{0,3}(?:[上下]午)? {0,2}[0-9]{1,2}(?::[0-9]{2}(?::[0-9]{2})?|[时時點点](?:[0-9]{1,2}分)?)"
    r"(?: ?[上下]午)?(?: ?[AaPp][Mm])?)"
)
_RANGE = rf" {{0,2}}(?:至|[—~～、-]{{1,2}}) {{0,2}}(?:[0-9{CN}十]{{1,3}}月)?[0-9{CN}十]{{1,3}}日"
_WEATHER = r"(?: [晴阴陰雨雪多云雲转轉]{1,4})?"
_DATE_TAIL = rf"(?:{_RANGE})?(?:{_WEEKDAY})?{_WEATHER}{_TIME}?"
# (2013年7月4日下午, 某镇政府二楼会议室); what says from when or until when something holds is no place.
_NO_VENUE = r"(?![^()]*(?:施行|生效|为止|[前起]\)|修[正订訂]))"
_VENUE = (
    r"(?: {0,3}(?:凌晨|[上中下]午|晚上?))?"
    rf"(?:(?: {{0,3}}[,，] {{0,3}}| {{1,3}}){_NO_VENUE}[^()，。;；]{{2,40}}(?=\)))?"
)
_PLACE = rf" {{0,3}}[,，于於]? {{0,3}}(?![^()]*(?:[发發公][布佈]|印[发發])\))[{H}]{{2,10}}(?=\))"
DATE_LINE = pattern(rf"(?P<open>\( {{0,3}})?{DATE_SOURCE}{_DATE_TAIL}(?:{_PLACE}|{_VENUE})? {{0,3}}\)?")
_DATE_AT_END = pattern(rf"{DATE_SOURCE}{_DATE_TAIL} ?\)?$")
_LAST_OF_DATE = frozenset("0123456789日曰号號年月)一二三四五六天时時点點分午mM晴阴陰雨雪多云雲")
DATE_VALUE = pattern(
    rf"{DATE_SOURCE}|(?P<taiwan>[0-9]{{2,3}})年(?P<tm>[0-9]{{1,2}})月(?P<td>[0-9]{{1,2}})日"
    rf"|(?<![0-9])(?P<taiwan3>1[0-9]{{2}})(?P<tsep>[-/.])(?P<tm3>[0-9]{{1,2}})(?P=tsep)(?P<td3>[0-9]{{1,2}})(?![0-9])"
)
# A year of three figures is one of the Republic; one of two, as in 98年, can be one of the twentieth century.
TAIWAN_DATE = pattern("(?P<taiwan>1[0-9]{2})年(?P<tm>[0-9]{1,2})月(?P<td>[0-9]{1,2})日")
_PASSED_WORD = "(?:通过|通過|公布|发布|發布|印发|批准|[讲講][话話])"
PASSED = pattern(rf"(?:[—─]{{1,2}}|--?|\() {{0,3}}{DATE_SOURCE} {{0,3}}(?:在|于|於|[经經]|.{{0,100}}{_PASSED_WORD})")
SPOKEN_AT = pattern(rf"{DATE_SOURCE} {{0,3}}(?:在|于|於)[^，。]{{2,60}}[会會]议?上?")
# 2019年5月4日 某厅一楼报告厅
SPOKEN_IN = pattern(
    rf"{DATE_SOURCE}(?:{_WEEKDAY})?(?: {{0,2}}[上下]午)? {{1,3}}[{H}0-9]{{0,20}}"
    "(?:会议室|會議室|[报報]告[厅廳]|[礼禮]堂|大[厅廳]|[宾賓][馆館]|[会會]堂|[剧劇]院|影院|体育[馆館]|[广廣][场場]|酒店|[饭飯]店|工地|[现現][场場]"
    "|[省市县縣区區镇鎮乡鄉村])"
)
PASSED_AT = pattern(rf"{DATE_SOURCE}[^，。；]{{4,100}}(?:会议|會議)?(?:通过|通過|批准|公布)")
# 某某日报/2014年/11月/26日/第002版
NEWSPAPER = pattern(
    rf"《?[{H}]{{2,12}}[报報]》?[/ (]{{1,3}}(?P<year>(?:19|20)[0-9]{{2}})[年/.-]/?"
    r"(?P<month>[0-9]{1,2})[月/.-]/?(?P<day>[0-9]{1,2})日?"
    rf"[/ ,，]{{0,3}}(?:第? ?[A-Z]?[0-9]{{1,3}} ?版)?[{H}]{{0,6}}\)?"
)
AMENDED = pattern(r"\(?(?:根据|依据|根據)[^。；]{0,30}[0-9一二三四五六七八九〇○]年[^。；]{4,120}修[正订訂]\)?")
PASSED_BEHIND = pattern(rf"{DATE_SOURCE}(?:会议|會議)?{_PASSED_WORD}")
ENACTED = pattern(rf"{DATE_SOURCE}.{{0,80}}(?:[訂制]定|修正|令[發公][布佈])")
LOST_DATE = pattern("(?:19|20)[0-9]{5,6}")


def iso(year: int, month: int | None = None, day: int | None = None) -> str | None:
    """Return the date as ISO 8601, as exact as it is given; None if there is no such day, or no document that old."""
    if not 1900 <= year < 2100:
        return None
    try:
        whole = date(year, 1 if month is None else month, 1 if day is None else day)
    except ValueError:
        return None
    return whole.isoformat()[: 4 if month is None else 7 if day is None else 10]


def date_of(match: re.Match[str]) -> str | None:
    """Return the date that was matched as ISO 8601; None if there is no such day."""
    found = match.groupdict()
    if found.get("taiwan"):
        return iso(int(match["taiwan"]) + 1911, int(match["tm"]), int(match["td"]))
    if found.get("taiwan3"):
        return iso(int(match["taiwan3"]) + 1911, int(match["tm3"]), int(match["td3"]))
    if found["y"]:
        return iso(int(match["y"]), int(match["m"]), int(match["d"]))
    year = value(match["roc"]) + 1911 if found["roc"] else value(match["year"])
    return iso(year, *(value(part) if part else None for part in (found["month"], found["day"])))


def lost_date(figures: str) -> str | None:
    """Return the one date that figures can be whose 年, 月 and 日 were lost (2010830); None if they can be several."""
    year, rest = int(figures[:4]), figures[4:]
    cuts = [2] if len(rest) == 4 else range(1, len(rest))
    found = {
        iso(year, int(rest[:cut]), int(rest[cut:])) for cut in cuts if len(rest) == 4 or "0" not in (rest[0], rest[cut])
    } - {None}
    return found.pop() if len(found) == 1 else None


# 20100825, t20100825_96, 2010-8-25, 2010年8月25日 in a file's name; a number of eight figures can be no date at all.
_NAME_DATE = pattern(
    r"(?<![0-9A-Za-z])t?(?P<year>(?:19|20)[0-9]{2})(?:(?P<month>[0-9]{2})(?P<day>[0-9]{2})"
    r"|(?P<sep>[-_.])(?P<m>[0-9]{1,2})(?:(?P=sep)(?P<d>[0-9]{1,2}))?)(?![0-9A-Za-z号號])"
)
_NAME_YEAR = pattern("((?:19|20)[0-9]{2})(?:[-_. ]|$)")
_FOLDER_DATE = pattern("((?:19|20)[0-9]{2})年?(?:[-_.]?([0-9]{1,2})月?(?:[-_.]?([0-9]{1,2})日?)?)?")


def date_of_name(name: str) -> str | None:
    """Return the date in the name of a file, or the year that its name or its folder begins with; None if none does.

    >>> [date_of_name(name) for name in ("t20100825_96.txt", "2010-8.txt", "2003-speech.txt", "2010/x.txt", "9.txt")]
    ['2010-08-25', '2010-08', '2003', '2010', None]
    """
    folder, _, file = name.rpartition("/")
    if match := DATE_VALUE.search(file):
        return date_of(match)
    for match in _NAME_DATE.finditer(file):
        month, day = match["month"] or match["m"], match["day"] or match["d"]
        if found := iso(int(match["year"]), int(month), int(day) if day else None):
            return found
    if match := _NAME_YEAR.match(file):
        return match[1]
    for part in reversed(folder.split("/")):
        if (match := _FOLDER_DATE.fullmatch(part)) and (found := iso(*map(int, filter(None, match.groups())))):
            return found
    return None


def date_at_end(text: str) -> re.Match[str] | None:
    """Return the date that a line ends with; the text, whose lines are long or end in 。, is not searched for one."""
    if len(text) > LONGEST_TITLE or text[-1] not in _LAST_OF_DATE:
        return None
    return _DATE_AT_END.search(text)
