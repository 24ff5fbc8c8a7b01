"""Speakers: which lines name a person."""

from cnpolicy.masthead.issuers import office_name
from cnpolicy.masthead.lines import TITLE_LINES, H
from cnpolicy.masthead.reading import Reading, Token
from cnpolicy.masthead.titles import KIND, SPEECH, is_bulletin
from cnpolicy.patterns import pattern

_SURNAMES = (
    "王李石闫占战付肖佘亓张張刘劉陈陳杨楊赵趙黄黃周吴吳徐孙孫胡朱高林何郭马馬罗羅梁宋郑鄭谢謝韩韓唐冯馮于董萧蕭程曹袁邓鄧许許傅沈曾彭吕呂苏蘇卢盧蒋蔣"
    "蔡贾賈丁魏薛叶葉阎閻余潘杜戴夏钟鍾汪田任姜范方石姚谭譚廖邹鄒熊金陆陸郝孔白崔康毛邱秦江史顾顧侯邵孟龙龍万萬段雷钱錢汤湯尹黎易"
    "常武乔喬贺賀赖賴龚龔文庞龐樊兰蘭殷施陶洪翟安颜顏倪严嚴牛温溫芦季俞章鲁魯葛伍韦韋申尤毕畢聂聶丛焦向柳邢路岳齐齊沿梅莫庄莊辛管祝左涂"
    "谷祁时時舒耿牟卜詹关關苗凌费費纪靳盛童欧歐甄项項曲成游阳陽裴席卫衛查屈鲍鮑位覃霍翁隋植甘景薄单單包司柏宁寧柯阮桂闵闽解强柴华"
    "車车冉房边邊辜吉饶饒刁瞿戚丘古米池滕晋晉苑邬鄔臧畅宫宮来來苟全褚廉简簡娄婁盖符奚木穆党燕郎邸冀谈談姬屠连連郜晏栾欒郁商蒙计計喻揭"
    "窦竇迟遲宇敖糜鄢冷卓花仇艾蓝藍都巩鞏稽井练練仲乐樂虞卞封竺冼原官衣楚佟栗匡宗应應台巫鞠僧桑荆谌银扬明沙薄伏岑习習朴樸某"
    "杭郗諸诸钮鈕嵇芮羿邴宓蓬仰钭束韶蓟邰籍胥莘堵宰郦酈璩郏茹戈庾暨寇殳夔厍晁訾毋乜巢蒯逯酆皮湛狄茅昝裘贲汲"
    "骆駱麦蔺藺粟缪繆阚闞亢仝扈荀帅帥厉厲寿壽闻聞鹿滑逄雍濮阙闕幸佘苟麻宿"
)
# Surnames that places and words begin with as well: only with two characters behind them that are no place.
_RARE = "暴昌储儲祖隆贡貢蒲浦阴陰乌烏伊蔚鄂贝貝慎巴凤鳳"
_NO_NAME_END = "省市县縣区區州盟旗镇鎮乡鄉村局厅廳处處部委会會院校社站所办辦"
_COMPOUND = "欧阳|歐陽|司马|司馬|上官|诸葛|諸葛|皇甫|尉迟|令狐|慕容|司徒|夏侯|东方|公孙|端木"
_PERSON = (
    rf"(?:(?:{_COMPOUND})[{H}]{{1,2}}|[{_SURNAMES}](?:某某?|[{H}]{{1,2}})"
    rf"|[{_RARE}][{H}](?![{_NO_NAME_END}])[{H}]|[{H}]{{2,6}}[·•][{H}]{{2,6}})"
)
_RANKS = (
    "书记|書記|省长|市长|市長|县长|縣長|区长|區長|州长|盟长|旗长|镇长|鎮長|乡长|鄉長|主席|主任|局长|局長|部长|部長|厅长|廳長|处长|處長|科长|"
    "委员|委員|常委|秘书长|秘書長|总理|總理|理事长|理事長|会长|會長|院长|院長|校长|校長|检察长|司长|司長|组长|指挥长|司令员|政委|行长|董事长|"
    "總經理|总经理|主委|站长|所长|所長|社长|專員|专员|巡视员|调研员|代表|委员长|司令|干事长|召集人|主管|首席|参事|教授|研究员|里長|村长|党组成员"
)
# Titles of articles end with these as well, so alone they are no post.
_POSTS = (
    f"{_RANKS}"
    "|讲师|講師|副教授|工程师|工程師|农艺师|馆长|館長|队长|隊長|厂长|廠長|场长|場長|台长|庭长|庭長|总监|總監|顾问|顧問|经理|經理"
)
_POST_AND_NAME = pattern(rf"(?P<post>[^:]{{0,40}}?(?:{_POSTS})) ?(?P<name>{_PERSON})(?: ?(?:同志|先生|女士))?")
_NAME_AND_POST = pattern(
    rf"(?P<name>{_PERSON})(?: (?P<post>.{{0,30}}(?:{_POSTS}))|[(（](?P<post2>.{{0,30}}(?:{_POSTS}))[)）])"
)
# Behind a post and a blank, what is as long as a name is one, whatever the surname: 院长 郗安民.
_POST_BLANK_NAME = pattern(rf"(?P<post>.{{0,40}}?(?:{_POSTS})) (?P<name>[{H}]{{2,3}})(?: ?(?:同志|先生|女士))?")
_ANY_AND_NAME = pattern(rf"(?P<post>[{H}、]{{3,40}}) (?P<name>{_PERSON})")
NAME_ALONE = pattern(rf"[(（]?(?P<name>{_PERSON})(?: ?同志)?[)）]?")
SPEAKER_IN_TITLE = pattern(
    rf"(?:(?P<post>[^:：]{{0,40}}?(?:{_POSTS})) ?)?(?P<name>{_PERSON})"
    rf"(?P<comrade> ?(?:同志|先生|女士|教授|院士|博士))?(?=在|于|於|[:：])"
)
_NAME_OF_LABEL = pattern(rf"(?P<name>[{H}]{{2,3}})(?=$|[ (，,])")
# Posts, offices and groups of people are as short as names are.
_NO_NAME = pattern(rf"^[各本市县縣省]|(?:{_POSTS}|[導导领領人員员])$")
NO_PERSON = pattern("[某各全]{2}|同志|各位")
_NEWSROOM = pattern("(?:台|[报報]社|通[讯訊]社|新[闻聞]中心|融媒体中心)$")  # of reporters
_POST = pattern(rf"[^的]{{0,24}}(?:{_RANKS})")


def person_of_label(text: str) -> str | None:
    """Return the name that stands behind a label like 讲话人, with or without a post; None if there is none."""
    match = _POST_AND_NAME.fullmatch(text) or NAME_ALONE.match(text)
    if match is None and (unlisted := _NAME_OF_LABEL.match(text)) and not _NO_NAME.search(unlisted["name"]):
        match = unlisted  # behind a label what is as long as a name is one, whatever the surname
    if match is None or NO_PERSON.fullmatch(match["name"]) or office_name(match["name"]):
        return None
    return match["name"]


def is_person(text: str) -> bool:
    """Tell whether a line is a person's name, alone or with a post."""
    return any(kind.fullmatch(text) for kind in (_POST_AND_NAME, _NAME_AND_POST, NAME_ALONE))


def _is_thing(text: str) -> bool:
    """Tell whether what is as long as a name is an office or a kind of paper (方案 begins with a surname)."""
    return office_name(text) is not None or KIND.search(text) is not None or is_bulletin(text)


def take_persons(reading: Reading, names: list[int]) -> None:
    """Take the lines that name a person out of those that can be titles, and the speaker from them."""
    lines = [reading.written(reading.tokens[index].line) for index in names]
    below = [reading.written(token.line) for token in reading.tokens if token.kind == "subtitle"]
    speech = any(map(SPEECH.search, lines[:TITLE_LINES] + below[:1]))
    for place, (index, text) in enumerate(zip(names, lines, strict=True)):
        if place == 0 and not (len(lines) > 1 and SPEECH.search(lines[1])):
            continue
        line = reading.tokens[index].line
        office = _POST_AND_NAME.fullmatch(text) or _NAME_AND_POST.fullmatch(text)
        if office is None and place and (author := _ANY_AND_NAME.fullmatch(text)) and not _is_thing(author["name"]):
            # Below what says that somebody spoke, who did stands, whatever he is (某厂工人 王某); else with an office.
            if _NEWSROOM.search(author["post"]):
                reading.tokens[index] = Token("noise", line)
                continue
            if office_name(author["post"]) or any(map(SPEECH.search, lines[:place])):
                office = author
        if office is None and speech and (unlisted := _POST_BLANK_NAME.fullmatch(text)):
            office = None if _POST.fullmatch(unlisted["name"]) else unlisted
        match = office or NAME_ALONE.fullmatch(text)
        if match is not None:
            reading.tokens[index] = Token("person", line)
            if (office or speech) and not NO_PERSON.fullmatch(match["name"]):
                reading.add("speaker", 2, match["name"], line, "certain" if office else "inferred")
        elif _POST.fullmatch(text):
            reading.tokens[index] = Token("person", line)
