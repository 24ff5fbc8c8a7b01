"""Titles: what they end with, and which lines make one."""

from cnpolicy.findings import Certainty
from cnpolicy.masthead.dates import DATE_LINE, date_of
from cnpolicy.masthead.issuers import name_of, offices_above
from cnpolicy.masthead.lines import HAN, PLAIN, TITLE_LINES, H, is_lost, over, squeeze
from cnpolicy.masthead.numbers import DECREE, number_match, number_of
from cnpolicy.masthead.reading import Reading
from cnpolicy.patterns import pattern

_KINDS = (
    "通知|通报|通報|通告|公告|决定|決定|决议|決議|意见|意見|办法|辦法|规定|規定|条例|條例|细则|細則|方案|规划|規劃|计划|計畫|計劃|"
    "纲要|綱要|要点|要點|报告|報告|请示|請示|批复|批覆|函|复函|答复|答覆|纪要|紀要|紀錄|公报|公報|讲话|講話|致辞|致辭|致词|致詞|发言|發言|"
    "讲稿|演讲|演講|演说|演說|主持词|主持詞|祝酒词|祝酒詞|总结|總結|汇报|匯報|体会|體會|综述|綜述|提纲|提綱|建议|建議|倡议书|公开信|慰问信|贺信|章程|制度|全文|"
    "预案|預案|名单|名單|命令|嘉奖令|动员令|戒严令|禁火令|封山令|公示|启事|声明|聲明|须知|須知|守则|守則|公约|公約|准则|準則|规程|規程|"
    "议程|議程|议案|議案|提案|献词|獻詞|贺词|賀詞|贺电|一封信|感谢信|感謝信|"
    "判决书|裁定书|决定书|裁决书|通知书|告知书|承诺书|责任书|协议书|大事记|白皮书|实录|解读|说明|說明"
)
KIND = pattern(rf"(?:{_KINDS})(?: ?[(（][^()（）]{{1,20}}[)）])?$")
SPEECH = pattern(
    r"(?:讲话|講話|致辞|致辭|致词|致詞|发言|發言|讲稿|演讲|演講|演说|演說|主持词|主持詞|祝酒词|祝酒詞|报告|報告|说明|說明|汇报|匯報)"
    r"(?:全文|提纲|提綱|要点|要點|摘要|实录|节选|稿)?"
    r"(?: ?[(（][^()（）]{1,20}[)）])?$"
)
_LETTER_TO = pattern(f"致[{H}]{{2,20}}[书書信]")
_BULLETIN = pattern(
    "(?:简报|簡報|信息|動態|动态|通讯|通訊|简讯|簡訊|专报|專報|快报|快報|快讯|参考|參考|观察|专刊|情况反映|内参|要情|摘报|月刊|季刊|"
    "月報|工作交流|通报|通報|会议纪要)$"
)
_WHOLE_TITLE = pattern(rf"(?:在|关于|關於|[{H}]{{2,4}}同志在|[{H}]{{2,30}}(?:关于|關於))")
# 某县第十八届人民代表大会第二次会议, and below it 关于…的决议
_ASSEMBLY = pattern("第[一二三四五六七八九十百0-9]{1,4}[届次屆].{0,20}(?:会议|會議|大会|大會)$")
_APPENDIX_TO_TITLE = pattern(
    r"[(（](?:试行|試行|暂行|草案|送审稿|征求意见稿|修订|修正|摘要|节选|[0-9]{4}[^()（）]{0,8}年[度]?)[)）]"
)
CONTENTS = pattern("^【?(?:本期)?(?:要目|导读|目录|目錄|提要|内容提要|內容|要闻|导航)】?:?$")
BODY = pattern(
    r"[。；;﹔]|^[问問答]:|^令[各本]|[:，、,；]$|^[一二三四五六七八九十]{1,3}(?:、|是)|^第[一二三四五六七八九十百0-9]{1,4}(?:个|個|点|點|[章节節条條]|，|,)|^\([一二三四五六七八九十]{1,3}\)"
    r"|^[0-9]{1,2}[.、]|^(?:目的|背景|前 {0,4}言|引 {0,4}言|[导導] {0,4}言|摘 {0,4}要|概述|[总總] {0,4}[则則])$"
)
# 专题会议纪要, above its number and 关于…的会议纪要
_MINUTES = pattern("(?:专题|專題|工作|办公|辦公|协调|協調|现场办公)?(?:会议|會議)?[纪紀]要")
# 某某出席并讲话: the second half of the headline of a report.
_SAID_BY = pattern(f"[{H}]{{2,4}}(?:出席|主持|发表|發表)(?!的)[{H}]{{0,12}}(?:讲话|講話|致辞|致辭|发言|發言)")
_LONGEST_COLUMN = 4  # characters
_SPACED_WORDS, _BETWEEN_HAN = 3, pattern(f"(?<=[{H}]) (?=[{H}])")  # blanks
_PROSE = pattern("[。！？!?；]")
SUBTITLE = pattern(r"[—─–]|--|\((?:在|于|於)[^()]{4,60}\)$")
_ENACTS = pattern(
    "(?:(?:现|兹|現|茲)?(?:将|將)?(?:公布|发布|颁布|發布|訂定|制定|修正|修订))?[《「](?P<what>[^《》「」]{2,80})[》」]"
    "(?=。|已|业已|业经|業經|现|，|公布|发布|第|部分)"
)
_MAKES_KNOWN = pattern("《[^《》]{2,80}》(?:业?已|业经)[^。]{4,120}(?:现|現)予?以?(?:公布|发布|發布|颁布)")
_FORWARDS = "转发|批转|印发|轉發|批轉"
FORWARDING = pattern(_FORWARDS)
_NEEDS_OFFICE = pattern(rf"关于|關於|{_FORWARDS}|[0-9]{{4}}年")  # so a title goes on whose office stands above it
TITLE_OFFICE = pattern(
    f"(?P<office>(?!学习|學習|[全各])[{H} 、]{{3,60}}?)(?:(?:关于|關於|转发|印发|轉發|批转|批轉|发布|公布)"
    f"|(?:[封禁][{H}]|戒严|嘉奖|动员)?(?:令|通告|布告|公告|通知)$"
    "|[0-9]{4}年[^，。]{0,16}(?:总结|總結|要点|要點|计划|計劃|安排|年报|年報|年度报告|年度報告)$)"
)
_ORNAMENTS = "★☆◆◇●▲△※ "  # around a title; □ and ■ stand for what was lost
# What a page or a press office adds to say what comes with the text.
_ADDED = pattern(r" ?[(（](?:[附组多]?图|組?圖|附[^()（）]{1,6}|只有[中英]文|[中英]文版|[中英]?[译譯][本文])[)）]$")
_PAGE = pattern(r" ?[(（]第? ?[0-9]{1,3} ?[/／] ?[0-9]{1,3} ?页?[)）]$")


def is_bulletin(name: str) -> bool:
    """Tell whether a line can be the name of a bulletin."""
    return len(name) <= 24 and "关于" not in name and _BULLETIN.search(name) is not None


def title_of_article(reading: Reading, after: int) -> None:
    """Read the title of a bulletin: of its article behind the masthead, or the bulletin's own before it."""
    groups = _title_groups(reading)
    articles = [group for group in groups if group[0] >= after]
    if len(articles) > 1 and len(articles[0]) == 1 and _is_name_below(reading, articles[0][0]):
        del articles[0]
    behind = articles[0] if articles else None
    # Minutes have no articles, but can say what they are about; a list of contents does not tell which is the first.
    before = [group for group in groups if group[-1] < after]
    name = reading.written(reading.tokens[before[-1][-1]].line) if before else ""
    listed = any(token.kind == "contents" for token in reading.tokens) or (
        name.endswith(("纪要", "紀要", "紀錄")) and not (behind and _is_on(reading, behind))
    )
    if behind is not None and len(behind) <= TITLE_LINES and not listed and reading.body.text:
        _title_from(reading, behind)
    elif before:
        _title_from(reading, before[-1])


def _is_on(reading: Reading, group: list[int]) -> bool:
    """Tell whether lines are a title that says of what kind it is and what it is about: 关于…的会议纪要."""
    first, last = (reading.written(reading.tokens[index].line) for index in (group[0], group[-1]))
    return first.startswith(("关于", "關於")) and KIND.search(last) is not None


def _is_name_below(reading: Reading, index: int) -> bool:
    """Tell whether a line below the issue is the bulletin's name: its office stands below it."""
    name = reading.written(reading.tokens[index].line)
    return is_bulletin(name) and reading.kind_at(index + 1) in ("office", "date")


def title_of_document(reading: Reading) -> None:
    """Read the title of a document that is no bulletin: the first that ends as titles do, or the first line."""
    if _title_enacted(reading):
        return
    groups = _title_groups(reading)
    titles = sum(map(len, groups))
    series: list[int] = []
    for group in groups:
        for place, index in enumerate(group):
            text = reading.written(reading.tokens[index].line)
            titles -= 1
            if (
                titles
                and reading.kind_at(index + 1) == "number"
                and (DECREE.fullmatch(text) or _MINUTES.fullmatch(text))
            ):
                series.append(index)
                continue  # the name of a series: 某局通告 2018年第2号
            if (
                (KIND.search(text) or _LETTER_TO.fullmatch(text))
                and not is_lost(text)
                and (len(text) > 4 or not titles)
            ):
                begin, last = _beginning(reading, group, place), place + _appendices(reading, group, place)
                _title_from(reading, group[begin : last + 1])
                return
    if len(groups) > 1 and groups[0] == series:
        groups = groups[1:]
    if len(groups) > 1 and len(groups[0]) == 1 and _is_column(reading, groups[0][0]):
        groups = groups[1:]
    first = _without_column(reading, groups[0]) if groups else []
    body = reading.body.text
    prose = len(body) >= 15 and _PROSE.search(body) is not None
    if not first or len(first) > TITLE_LINES or not body:
        return
    text = "".join(reading.written(reading.tokens[index].line) for index in first)
    han = len(HAN.findall(text))
    headed = not prose and len(text) >= 8 and BODY.search(body) is not None and body[-1] not in "，,、"
    # What was passed, is dated or has a subtitle below its name has one, however short.
    headed = headed or reading.kind_at(first[-1] + 1) in ("passed", "subtitle", "date")
    if han >= 4 and 2 * han > len(text) and (prose or headed) and not is_lost(text):
        _title_from(reading, first, "inferred")


def _is_column(reading: Reading, index: int) -> bool:
    """Tell whether a line that stands apart is only the name of a column or of a kind of paper (讨论文件)."""
    return len(reading.tokens[index].line.text) <= _LONGEST_COLUMN


def _without_column(reading: Reading, group: list[int]) -> list[int]:
    """Return the lines of a title without the name of a newspaper's column above it (社论, editorial)."""
    if len(group) < 2:
        return group
    above, below = (len(reading.tokens[index].line.text) for index in group[:2])
    # Halves of a title that are parallel are of one length: 携手同行 and 共谋发展.
    return group[1:] if above <= _LONGEST_COLUMN and above < below else group


def is_decree(reading: Reading) -> bool:
    """Tell whether it is one that makes something known: …令, 第27号; in Taiwan …政府 令."""
    return _MAKES_KNOWN.match(reading.body.text) is not None or any(
        token.kind == "decree" or (token.kind == "letterhead" and token.line.text.endswith("令"))
        for token in reading.tokens
    )


def _title_enacted(reading: Reading) -> bool:
    """Read the title of a decree: that of the one thing which it makes known (《…办法》已经…通过，现予公布)."""
    number = reading.found.get("number")
    if not is_decree(reading) and not (number and "公告" in number[1].value):
        return False
    match = _ENACTS.match(reading.body.text)
    if match is None or any(mark in reading.body.text[match.end("what") + 1 :] for mark in "《「"):
        return False
    what = reading.body.part(*match.span("what"))
    reading.add("title", 3, reading.written(what), what, "inferred")
    return True


def _title_groups(reading: Reading) -> list[list[int]]:
    """Return the runs of lines that can be titles."""
    runs: list[list[int]] = []
    last = -2
    for index, token in enumerate(reading.tokens):
        if token.kind != "title":
            continue
        if index != last + 1:
            runs.append([index])
        elif token.line.text != reading.tokens[last].line.text:  # web pages repeat the title
            runs[-1].append(index)
        last = index
    return runs


def _beginning(reading: Reading, group: list[int], place: int) -> int:
    """Return where in a run the title begins whose last line is at that place."""
    first = place
    if first and _ASSEMBLY.search(reading.written(reading.tokens[group[first - 1]].line)):
        return first - 1
    if not _WHOLE_TITLE.match(reading.written(reading.tokens[group[place]].line)):
        for above in range(max(0, place - TITLE_LINES + 1), place):
            if _WHOLE_TITLE.match(reading.written(reading.tokens[group[above]].line)):
                return above
    while (
        first
        and place - first < TITLE_LINES - 1
        and (
            not _WHOLE_TITLE.match(reading.written(reading.tokens[group[first]].line))
            or FORWARDING.search(reading.written(reading.tokens[group[first - 1]].line))
        )
        # A shorter line is the name of a column of a web site: titles are cut when they are too long for a line.
        and len(reading.tokens[group[first - 1]].line.text) >= 10
    ):
        first -= 1
    return first


def _appendices(reading: Reading, group: list[int], place: int) -> int:
    """Return 1 if the line behind that place is one like （试行）, which belongs to the title; else 0."""
    behind = group[place + 1 : place + 2]
    return int(any(_APPENDIX_TO_TITLE.fullmatch(reading.tokens[index].line.text) for index in behind))


def _title_from(reading: Reading, group: list[int], certainty: Certainty = "certain") -> None:
    """Take these lines for the title, with the offices that stand above 关于."""
    lines = [reading.tokens[index].line for index in group]
    parts = [reading.written(line) for line in lines]
    is_official = not _SAID_BY.fullmatch(parts[-1]) and (
        KIND.search(parts[-1]) or _APPENDIX_TO_TITLE.fullmatch(parts[-1])
    )
    text = ("" if is_official else " ").join(parts)
    if text.count(" ") >= _SPACED_WORDS and " 的 " in text:
        # OCR sets 关于 加强 管理 的 通知 so; parallel halves have no 的 alone.
        text = _BETWEEN_HAN.sub("", text)
    if _NEEDS_OFFICE.match(text) and (offices := offices_above(reading, group[0])):
        # What is written between several offices is part of the title.
        above = [squeeze(line.text) if "、" in line.text else name_of(reading, line) for line in offices]
        text = " ".join(above) + text
        lines = offices + lines
    where = over(lines)
    opening = max(text.rfind("（"), text.rfind("("))
    if opening > 4 and text[-1] in "）)":
        inner = text[opening + 1 : -1].translate(PLAIN)
        if (match := number_match(inner)) and match.end() == len(inner):
            reading.add("number", 3, number_of(match), where, "certain")
            text = text[:opening].rstrip()
    if not (bare := text.strip(_ORNAMENTS)) or set(bare).isdisjoint(_ORNAMENTS[:-1]):
        text = bare or text
    if text[-2:-1] == " " and KIND.search(text[-3] + text[-1]):  # …的通 知
        text = text[:-2] + text[-1]
    text = _ADDED.sub("", _PAGE.sub("", text))
    opening = max(text.rfind("（"), text.rfind("("))
    if opening > 4 and (day := DATE_LINE.fullmatch(text[opening:].translate(PLAIN))) and (day["day"] or day["d"]):
        reading.add("date", 2, date_of(day), where, "certain")
        text = text[:opening].rstrip()
    if text[0] == "《" and text[-1] == "》" and text.count("《") == 1:
        text = text[1:-1]
    reading.add("title", 2, text, where, certainty)
