"""The lines above the text: what each of them is."""

from cnpolicy.findings import Certainty
from cnpolicy.masthead.dates import (
    AMENDED,
    DATE,
    DATE_LINE,
    ENACTED,
    NEWSPAPER,
    PASSED,
    PASSED_AT,
    PASSED_BEHIND,
    SPOKEN_AT,
    SPOKEN_IN,
    TAIWAN_DATE,
    date_at_end,
    date_of,
    iso,
)
from cnpolicy.masthead.issuers import (
    DECREE_OFFICE,
    DECREES,
    LETTERHEAD,
    MADE,
    NO_LETTERHEAD,
    NO_OFFICE,
    joined,
    office_name,
    offices_above,
)
from cnpolicy.masthead.issues import PLAIN_ISSUE, SPECIAL, issue_match, issue_of
from cnpolicy.masthead.labels import take_label, take_labels
from cnpolicy.masthead.lines import HAN, LONGEST_TITLE, NOISE, H, Line, over, squeeze
from cnpolicy.masthead.numbers import (
    BEHIND_NUMBER,
    DECREE,
    DECREE_OF_LAW,
    ENACTED_NUMBER,
    NUMBER_BELOW_DECREE,
    NUMBER_WITH_YEAR,
    OPENING,
    figures,
    number_match,
    number_of,
)
from cnpolicy.masthead.reading import Reading, Token
from cnpolicy.masthead.speakers import is_person
from cnpolicy.masthead.titles import BODY, CONTENTS, KIND, SUBTITLE
from cnpolicy.patterns import pattern

_TITLE_BEFORE_DASH = 4  # characters
_LETTERHEAD_FIRST = pattern(rf"[{H}]{{3,40}}文件 +")
# Below a title: (2012年第2号), which is no 发文字号.
_YEARLY = pattern(r"\(?(?:19|20)[0-9]{2} ?年 ?第 ?[0-9]{1,4} ?[号號]\)?")
_LONE_FIGURE = pattern(r"第 ?[0-9]{1,4} ?[号號]")
# 2015年11月13日公告: what was done that day, behind the date of a masthead.
_ISSUED = pattern("(?<=[日0-9])(?:印[发發]|公告|通告|[发發公][布佈]|出版|[编編]?印)$")
# What stands in the head of a table.
_COLUMNS = frozenset(
    {"序号", "编号", "名称", "文件名称", "文号", "姓名", "单位", "职务", "日期", "时间", "数量", "金额", "备注"}
    | {"編號", "名稱", "文號", "單位", "職務", "時間", "數量", "金額", "備註", "项目", "項目", "地点", "地點"}
)
# Who wrote it or took the picture, below the title.
_REPORTER = pattern(
    rf"本[报報刊社网台](?:特约|首席|见习)?(?:评论员|编辑部)(?: [{H}]{{2,4}})?"
    r"|\([^()]{0,12}摄\)"
    rf"|(?:本[报報刊社网台])?(?:特约|首席|见习|实习)?(?:记者|通讯员|评论员)[ /:] ?[{H}]{{2,4}}"
    rf"(?:[ /、]{{1,3}}(?:(?:特约|实习)?(?:记者|通讯员)[ /:])?[{H}]{{2,4}}){{0,6}}"
)
# Who the paper is: 《某某日报》社论
_PAPER = pattern(rf"《[{H}]{{2,12}}》(?:本[报刊]|杂志)?(?:社[论論]|社[评評]|评论(?:员(?:文章)?)?|编辑部(?:文章)?|时评)")
# Between the office of a bulletin and the date: 编发 签发：某某
_REMARKS = pattern(r" +(?:编发|编印|主办|签发|责任编辑|责编|审稿|审核|审签|核稿|校对|主编|编辑)人?[ :].*$")
_VOTED = pattern("通过|通過")
_HELD_AT = pattern("\\((?:在|于|於)(?=[0-9])")
_PUBLISHED_BY = pattern(rf" ?由?(?P<office>[{H}]{{3,40}}?)(?:印[发發]|[发發公][布佈])")
_POSTED = pattern(f" ?(?:发表于|发布于|IP属地|来自)[ :]{{0,2}}[{H}]{{2,6}}$")
# 原创 姓名 公众号 2019-12-02
_BYLINE = pattern("(?:原创|原創|撰文|图文|文|图|记者|通讯员)[ :/]")


def take_line(reading: Reading, line: Line) -> bool:
    """Sort one line of the head; False if it is the first of the body."""
    text = line.text
    pending, reading.pending = reading.pending, None
    if (parts := _in_one_line(line)) is not None:
        return all(take_line(reading, part) for part in parts)
    if CONTENTS.match(text):
        reading.tokens.append(Token("contents", line))
        return True
    if (":" in text or text[0] in "【[") and take_labels(reading, line):
        return True
    if pending and take_label(reading, *pending, line):
        reading.tokens.append(Token("label", line))
        return True
    if _take_date(reading, line):
        return True
    if match := NEWSPAPER.fullmatch(text):
        reading.tokens.append(Token("noise", line))
        reading.add("date", 5, iso(*(int(match[part]) for part in ("year", "month", "day"))), line, "certain")
        return True
    if (posted := _POSTED.search(text)) and (day := date_at_end(text[: posted.start()])) and day["d"]:
        # 某某发布 2022-05-19 18:30 发表于某地
        reading.tokens.append(Token("noise", line))
        reading.add("date", 5, date_of(day), line.part(day.start(), day.end()), "certain")
        return True
    if _BYLINE.match(text) and (day := date_at_end(text)):
        reading.tokens.append(Token("noise", line))
        reading.add("date", 5, date_of(day), line.part(day.start(), len(text)), "certain")
        return True
    if (
        NOISE.search(text)
        or _REPORTER.fullmatch(text)
        or _PAPER.fullmatch(text)
        or (len(text) > 8 and not HAN.search(text))
    ):
        reading.tokens.append(Token("noise", line))
        return True
    if _take_number(reading, line):
        return True
    columns = text.split()
    if len(columns) > 2 and len(_COLUMNS.intersection(columns)) > 1:
        reading.body = line
        return False
    if reading.tokens and reading.tokens[-1].kind == "title" and _YEARLY.fullmatch(text):
        reading.tokens.append(Token("number", line))
        return True
    if _LONE_FIGURE.fullmatch(text):  # of a decree whose first line is lost
        reading.tokens.append(Token("noise", line))
        return True
    if len(text) > LONGEST_TITLE or BODY.search(text):
        reading.body = line
        return False
    if SUBTITLE.match(text):
        reading.tokens.append(Token("subtitle", line))
        day = date_at_end(text)
        if (held := _HELD_AT.match(text)) and (at := DATE.match(text, held.end())) and (at["day"] or at["d"]):
            reading.add("date", 2, date_of(at), line.part(*at.span()), "certain")
        elif day is not None and text[day.start() - 1] == "(" and (day["day"] or day["d"]):
            reading.add(
                "date", 2, date_of(day), line.part(day.start(), len(text) - text.endswith((")", "）"))), "certain"
            )
        return True
    return _take_pieces(reading, line)


def _in_one_line(line: Line) -> list[Line] | None:
    """Return letterhead, number, title and salutation of a page that has them all in one line; None if it has not."""
    head = _LETTERHEAD_FIRST.match(line.text)
    number = NUMBER_WITH_YEAR.match(line.text, head.end()) if head else None
    if head is None or number is None or line.text[number.end() : number.end() + 1] != " ":
        return None
    rest = line.part(number.end(), len(line.text))
    cut = rest.text.rfind(" ") if rest.text[-1] in ":：" else -1
    while (earlier := rest.text.rfind(" ", 0, max(cut, 0))) > 0 and KIND.search(rest.text[:earlier]):
        cut = earlier  # several are addressed
    behind = [rest] if cut < 0 else [rest.part(0, cut), rest.part(cut, len(rest.text))]
    return [line.part(0, head.end()), line.part(head.end(), number.end()), *behind]


def _take_date(reading: Reading, line: Line) -> bool:
    """Take a line that is a date, or in which a date says when the document was spoken, passed or issued."""
    if not ("年" in line.text or line.text[0] in "0123456789("):
        return False
    if match := TAIWAN_DATE.fullmatch(line.text):
        reading.tokens.append(Token("date", line))
        reading.add("date", 2, date_of(match), line, "inferred")
        return True
    if match := DATE_LINE.fullmatch(line.text):
        value = date_of(match)
        if len(value or "") == 4:
            return False  # 2010年 is what the document is about
        kind = "published" if match["time"] or match["y"] else "date"
        reading.tokens.append(Token(kind, line))
        certainty: Certainty = "certain" if len(value or "") == 10 else "inferred"
        reading.add("date", 5 if kind == "published" else 2, value, line, certainty)
        return True
    match = PASSED.match(line.text) or (PASSED_BEHIND.search(line.text) if line.text[0] == "(" else None)
    if match is None and not ENACTED_NUMBER.search(line.text):
        match = SPOKEN_AT.fullmatch(line.text) or SPOKEN_IN.fullmatch(line.text) or PASSED_AT.fullmatch(line.text)
    if match is None and reading.tokens and reading.tokens[-1].kind == "passed" and AMENDED.fullmatch(line.text):
        reading.tokens.append(Token("passed", line))
        return True
    if match is not None and (match["month"] or match["m"]):
        reading.tokens.append(Token("passed", line))
        reading.add("date", 2, date_of(match), line, "certain")
        day = DATE.search(line.text)
        if day and not _VOTED.search(line.text) and (by := _PUBLISHED_BY.match(line.text, day.end())):
            reading.add("issuer", 6, office_name(by["office"]), line.part(*by.span("office")), "inferred")
        if match := DECREE_OF_LAW.search(line.text):
            reading.add("number", 2, number_of(match), line.part(match.start("org"), match.end()), "certain")
        return True
    match = ENACTED.match(line.text) if len(line.text) <= LONGEST_TITLE else None
    if match is not None and match["roc"] and match["day"] and "，" not in line.text:
        reading.tokens.append(Token("passed", line))
        reading.add("date", 2, date_of(match), line, "certain")
        if match := ENACTED_NUMBER.search(line.text):
            reading.add("number", 2, number_of(match), line.part(match.start(), match.end()), "certain")
        return True
    return False


def _take_number(reading: Reading, line: Line) -> bool:
    """Take a line that is a document's number, alone or with who signed."""
    if not ("号" in line.text or "號" in line.text):
        return False
    last = reading.tokens[-1] if reading.tokens else None
    if (
        last is not None
        and (last.kind == "decree" or (last.kind == "title" and DECREE.fullmatch(last.line.text)))
        and not NO_OFFICE.search(last.line.text)
        and (match := NUMBER_BELOW_DECREE.fullmatch(line.text))
    ):
        year = f"{match['year']}年" if match["year"] else ""
        value = f"{squeeze(last.line.text)}{year}第{figures(match['n'])}{match['mark']}"
        if match["total"]:
            value += f"（总第{match['total']}{match['mark']}）"
        both = Line("", last.line.start, line.end)
    else:
        inner = line.part(1, len(line.text) - 1) if line.text[0] == "(" and line.text[-1] == ")" else line
        if len(inner.text) > 8 and not inner.text[1::2].strip():
            # Each character stands apart: 某 政 发 〔 2 0 0 7 〕 2 9 号
            close = NUMBER_WITH_YEAR.fullmatch(inner.text[::2])
            if close and close["code"]:
                reading.tokens.append(Token("number", line))
                reading.add("number", 2, number_of(close), inner, "certain")
                return True
        day = date_at_end(inner.text)
        if day is not None and (front := inner.part(0, day.start())).text:
            # (某市人民政府令第44号 2008年9月12日)
            found = number_match(front.text)
            if found is None or found.end() != len(front.text) or not (day["day"] or day["d"]):
                return False
            reading.add("date", 2, date_of(day), inner.part(day.start(), len(inner.text)), "certain")
            inner = front
        found = number_match(inner.text)
        if found is None:
            return False
        behind = inner.part(found.end(), len(inner.text))
        if behind.text[:1] == "《" and behind.text[-1] == "》" and len(behind.text) <= LONGEST_TITLE:
            reading.tokens.append(Token("title", behind))
        elif not BEHIND_NUMBER.match(behind.text):
            return False
        value, both = number_of(found), inner.part(found.start(), found.end())
        if (maker := found.groupdict().get("maker")) is not None:
            reading.add("issuer", 2, office_name(maker), both, "certain")
        elif "org" in found.groupdict():
            office = DECREE_OFFICE.match(found["org"])
            reading.add("issuer", 2, office["office"] if office else None, both, "certain")
    bare = "〔" in value and set(line.text).isdisjoint(OPENING)
    reading.tokens.append(Token("number", line))
    reading.add("number", 2, value, both, "inferred" if bare else "certain")
    return True


def _take_pieces(reading: Reading, line: Line) -> bool:
    """Sort a line that can hold several things: an issue, an office, a date."""
    text = line.text
    if match := issue_match(text):
        before, behind = line.part(0, match.start()), line.part(match.end(), len(text))
        if before.text and not _take_date(reading, before):
            _take_pieces(reading, before)
        issue = line.part(match.start(), match.end())
        value = issue_of(match)
        if match["only"] and reading.tokens and reading.tokens[-1].kind == "issue" and not before.text:
            # 2015年第4期, and below it （总第92期）
            value = f"{reading.found.pop('issue')[1].value}（{value}）"
            issue = over([reading.tokens[-1].line, issue])
        elif "issue" in reading.found and reading.found["issue"][1].value in SPECIAL and PLAIN_ISSUE.fullmatch(value):
            # 增刊, and below it （第1期）
            value = reading.found.pop("issue")[1].value + value
            issue = over([reading.tokens[-1].line, issue]) if reading.tokens[-1].kind == "issue" else issue
        reading.tokens.append(Token("issue", issue))
        reading.add("issue", 2, value, issue, "certain")
        if match["my"]:
            month = iso(int(match["my"]), int(match["mm"]))
            reading.add("date", 7, month, reading.tokens[-1].line, "inferred")
        if behind.text and not _take_date(reading, behind):
            _take_pieces(reading, behind)
        return True
    match = date_at_end(text)
    if match is None and (made := _ISSUED.search(text)) and (match := date_at_end(text[: made.start()])):
        line = line.part(0, made.start())
        text = line.text
    if match is not None and text[match.start() - 1 : match.start()] == "(" and (match["day"] or match["d"]):
        before, day = line.part(0, match.start() - 1), line.part(match.start(), len(text) - 1)
        if is_person(squeeze(before.text)):
            reading.tokens += (Token("title", before), Token("date", day))
            reading.add("date", 2, date_of(match), day, "certain")
            return True
    if match is not None and match.start() and (match["day"] or match["d"]):
        before, day = line.part(0, match.start()), line.part(match.start(), len(text))
        if remarks := _REMARKS.search(before.text):
            before = before.part(0, remarks.start())
        office = office_name(before.text)
        issued = any(token.kind == "issue" for token in reading.tokens)
        # A figure-only date or one with a time is when a page was made.
        written = issued or (match["day"] is not None and match["time"] is None)
        apart = written and text[match.start() - 1] == " " and 0 < len(before.text) <= 40
        if office is not None or (apart and issued):
            # What stands beside the date of a bulletin is its office, whatever it is called.
            length = before.text.rfind(office[-1]) + 1 if office else len(MADE.sub("", before.text))
            reading.tokens.append(Token("office", before.part(0, length)))
        elif apart:
            _take_pieces(reading, before)
        if office is not None or apart:
            reading.tokens.append(Token("date", day))
            reading.add("date", 2, date_of(match), day, "certain")
            return True
    squeezed = squeeze(text)
    if match := LETTERHEAD.fullmatch(squeezed):
        reading.tokens.append(Token("letterhead", line))
        office = office_name(match["office"].strip())
        if office is None and squeezed.endswith("文件") and not NO_LETTERHEAD.search(squeezed):
            office = match["office"].strip()
        reading.add("issuer", 2, office, line, "certain")
        if office:
            return True
        reading.tokens.pop()
    if squeezed == "文件" and reading.tokens and reading.tokens[-1].kind == "office":
        offices = offices_above(reading, len(reading.tokens))
        reading.add("issuer", 2, joined(reading, offices), over(offices), "certain")
        reading.tokens.append(Token("letterhead", line))
        return True
    if squeezed in ("令", "公告", "通告") and reading.tokens and reading.tokens[-1].kind == "office":
        offices = offices_above(reading, len(reading.tokens))
        del reading.tokens[-len(offices) :]
        reading.add("issuer", 2, joined(reading, offices), over(offices), "certain")
        whole = Line(joined(reading, offices) + squeezed, offices[0].start, line.end)
        reading.tokens.append(Token("decree", whole))
        return True
    office = office_name(squeezed)
    if office is not None:
        kept = len(text) if office == squeezed else text.rfind(office[-1]) + 1
        reading.tokens.append(Token("office", line.part(0, kept)))
    elif (
        squeezed.endswith("令")
        and (match := DECREE_OFFICE.fullmatch(squeezed))
        and (office_name(match["office"]) or DECREES.search(match["office"]))
    ):
        reading.tokens.append(Token("decree", line))
        reading.add("issuer", 2, match["office"], line, "certain")
    else:
        dash = text.find("——")
        if dash >= _TITLE_BEFORE_DASH:
            # 一句话——访某某, 工作报告——某日在某会上: behind the dash is the subtitle, as if on a line of its own.
            reading.tokens.append(Token("title", line.part(0, dash)))
            reading.tokens.append(Token("subtitle", line.part(dash, len(text))))
        else:
            reading.tokens.append(Token("title", line))
    return True
