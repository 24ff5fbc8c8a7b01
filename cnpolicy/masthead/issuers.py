"""Issuers (发文机关): which lines name offices, and which of these issued the document."""

from cnpolicy.masthead.lines import H, Line, over, squeeze
from cnpolicy.masthead.reading import Reading, Token
from cnpolicy.patterns import pattern

_STRONG = (
    "委员会|委員會|人民政府|办公室|辦公室|办公厅|領導小組|领导小组|指挥部|联席会议|人民法院|人民检察院|联合会|促进会|总工会|协会|學會|学会|協會|"
    "组织部|宣传部|统战部|武装部|委办|府办|办事处|管委会|国务院|行政院|民政事務處|聯合會|公所"
)
_WEAK = (
    "[省市县縣区區州盟旗镇乡工党市团]委|政府|[局厅廳處处部院署]|中心|公司|党校|学院|學院|气象台|电视台|集团|大学|大學|[中小][学學]|[学學]校|幼[儿兒][园園]|党组|[纪监]委|支队|总队|大队|(?:调研|课题|考察|督导|督查|检查|编写|調研|課題)[组組]|[究理出护保测验]所|[理务防植测监]站|医院|卫生院|[农農林茶牧渔漁]场|(?:合作|供销|供銷)社|保护区|开发区|[查究法信调案史志]室|妇联|残联|"
    "工商联|文联|科协|银行|分行|街道|党支部|[局厅廳委办部院府][^，。]{2,10}[科股]|档案馆|图书馆|商会|理事会|联谊会|聯誼會|同[乡鄉][会會]|基金[会會]|研究[会會]"
)
_MAKING = "(?: ?[(（]?(?:主办|主辦|编印|編印|编发|编制|编|編|印制|印发|印章|盖章|公章|印|制|宣|章)[)）]?)?"
MADE = pattern(f"{_MAKING}$")
_OFFICE = pattern(rf"(?P<office>[{H}（）()“”\"《》·A-Z0-9]{{0,40}}(?:{_STRONG}|{_WEAK})){_MAKING}")
_STRONG_END = pattern(f"(?:{_STRONG})$")
NO_OFFICE = pattern(
    "第[一二三四五六七八九十百0-9]{1,4}[届屆]|[，。：！？]|关于|關於|召开|召開|举办|舉辦|举行|转发|批转|印发|出席|请示|部署|认真|走进|走進|赴"
)
_NO_WEAK_OFFICE = pattern(
    "[的在了把被]|[干幹全内內外局]部$|[大全格布佈结結开開新破变變时時僵]局$|(?<![财財民邮郵行])政局$|[0-9一二三四五六七八九十百]处$|"
    "[深好到长長短益用害难難随隨各四何]处$|部署|[如为]何|怎|一[名个]|争|对(?!外)|开展|加强|推进|推动|做好|深入|全面|扎实|支持|打造|建成"
)
_INNER, _PARTS = 5, "处處科股"  # characters and last one of the name of a part of an office, which says not of which
LETTERHEAD = pattern(
    rf"(?P<office>[{H}（）()“” 、]{{3,60}}) ?(?:文件|[訓训]令|(?<= )(?:函|書函|令|公告|開會通知單|开会通知单))"
)
# Papers of other kinds, whose name is their title.
NO_LETTERHEAD = pattern("(?:[諮谘咨][询詢]|会议|會議|学习|招标|投标|背景|参考|宣传|辅导|申报|评审|政策|指导性)文件$")
DECREES = pattern("(?:主席|总理|總統|[部省市县縣州盟旗区區局]长|[部署行]|军区|军事委员会)$")  # beside offices
DECREE_OFFICE = pattern(f"(?P<office>[{H}]{{2,30}}?)(?:令|公告|通告)$")


def office_name(text: str) -> str | None:
    """Return the office or offices whose name this is, without 编, 主办 and the like; None if it is no name."""
    if (
        not 3 <= len(text) <= 80
        or text[0] == "令"
        or NO_OFFICE.search(text.replace("印发", "") if text.endswith("印发") else text)
    ):
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
        is_inner = len(name) <= _INNER and name[-1] in _PARTS
        if names and is_inner and "、" not in text and names[-1][-1] not in _PARTS:
            names[-1] += name  # 某省科学技术厅 农村处
        else:
            names.append(name)
    return " ".join(names)


def offices_above(reading: Reading, index: int) -> list[Line]:
    """Return the offices that stand directly above the token of this index."""
    first = index
    while first and reading.tokens[first - 1].kind == "office":
        first -= 1
    return [token.line for token in reading.tokens[first:index]]


def joined(reading: Reading, offices: list[Line]) -> str:
    """Return the names of offices as one value."""
    return " ".join(name_of(reading, line) for line in offices)


def name_of(reading: Reading, line: Line) -> str:
    """Return the name of the office, or the offices, in a line."""
    return office_name(squeeze(line.text)) or reading.written(line)


def joint_letterhead(reading: Reading) -> None:
    """Read a letterhead of several offices, of which 文件 stands beside the middle one."""
    for index, token in enumerate(reading.tokens):
        if token.kind != "letterhead" or "issuer" not in reading.found or not token.line.text.endswith("文件"):
            continue
        above = offices_above(reading, index)
        last = index + 1
        while reading.kind_at(last) == "office":
            last += 1
        below = [one.line for one in reading.tokens[index + 1 : last]]
        match = LETTERHEAD.fullmatch(squeeze(token.line.text))
        if match is None or not (above or below):
            continue
        own = match["office"].strip()
        names = dict.fromkeys(
            [*(name_of(reading, one) for one in above), own, *(name_of(reading, one) for one in below)]
        )
        if len(names) > 1:
            line = over([*above, token.line, *below])
            reading.add("issuer", 1, " ".join(names), line, "certain")


def unknown_office(reading: Reading, index: int) -> list[int]:
    """Return the index of the line between the issue and the date of a bulletin whose title is below them."""
    kinds = [token.kind for token in reading.tokens[index : index + 3]]
    if kinds != ["title", "date", "title"]:
        return []
    line = reading.tokens[index].line
    if len(line.text) > 40 or NO_OFFICE.search(line.text):
        return []
    reading.tokens[index] = Token("office", line)
    return [index]


def office_at(reading: Reading, index: int) -> tuple[str, Line]:
    """Return the name of the office there, with those directly below it, and where they stand."""
    last = index
    while last < len(reading.tokens) and reading.tokens[last].kind == "office":
        last += 1
    lines = [token.line for token in reading.tokens[index:last]]
    return joined(reading, lines), over(lines)
