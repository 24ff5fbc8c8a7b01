"""Stretches of text that are one word although no dictionary has them: numbers with their units, dates, document
numbers (发文字号), addresses, names in Latin letters, and formulations (提法) made with numerals, as 一岗双责.

They are recognised by rule, in time linear in the text: what a pattern begins with decides which one is tried, and
nothing that was read is given back.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from string import ascii_letters, digits

import numpy as np
import numpy.typing as npt

from cnpolicy.segment.flags import SHORT, codes, table

Span = tuple[int, int]

_DIGIT = "0-9０-９"
_LATIN = "A-Za-zＡ-Ｚａ-ｚ"
_NUMERAL = "一二三四五六七八九十两双"
_YEAR_NUMERAL = "〇○零一二三四五六七八九"
_HAN = "\u4e00-\u9fd5"
_DASH = "-－–—~～"
_PERCENT = "%％‰"
_ADDRESS = r"A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%"

# Units follow a number; what follows them must not make another word of them: 100元旦 is no sum of money.
_UNIT = (
    "(?:(?:人民币|[美港欧日])?元(?![素旦宵首帅老月年])|英镑"
    "|平方(?:公里|千米|米)|立方米|公里|千米|厘米|毫米|米(?![饭粉面线价酒])|公顷|亩(?!产)"
    "|公斤|千克|斤(?!两)|吨(?!位)|千瓦时|[千兆]瓦|℃|[微毫]克)"
    # For each of these: 微克/立方米.
    "(?:/(?:平方(?:公里|千米|米)|立方米|公里|公顷|亩|公斤|千克|吨|升|千瓦时|小时|人|户|年|月(?!饼)|天|日))?+"
)
# What is counted by the ten thousand. Where a longer word begins with it (人口, 户籍), the number ends before.
_COUNTED = (
    "(?:人次|人(?![民口才员大工类力群家均士文事])|户(?![籍口主型])|套(?![餐路利])|辆|件(?!次)|株|头(?!寸)|羽|棵|册|艘|标箱|锭(?![子剂])"
    "|剂次|条(?![件例款约目文幅])|列(?![入为出举席车])|处(?![理置于在长分罚境方级])|眼(?![前下光里科镜])"
    "|名(?![单额义字词称牌誉录流贵优]|师(?!生)))"
)
_SOME = "(?:[余多](?!元[化素]))?"  # 300多公里, 3万余人
_AMOUNT = f"(?:{_SOME}{_UNIT}|{_SOME}[百千]?[万亿]{{1,2}}(?:{_SOME}(?:{_UNIT}|{_COUNTED}))?)"
# 年底 and the like are words, and so is 月底: the number before them stays a number.
_YEAR = "年(?![度底初末终中间代均级报会检货薪龄限])"
_MONTH = f"月(?:份|[{_DIGIT}]{{1,2}}[日号])?(?![底初末球亮饼薪度])"
_NUMBER = f"[{_DIGIT}]*+(?:,[0-9]{{3}}(?![0-9]))*+(?:[.．][{_DIGIT}]++)*+"

# What can follow the number that a digit began, and makes one word with it.
_AFTER_NUMBER = f"""(?:
    (?<=[{_DIGIT}]{{4}}){_YEAR}(?:[{_DIGIT}]{{1,2}}{_MONTH})?
  | {_MONTH}
  | (?:[{_DASH}][{_DIGIT}]{_NUMBER})++ (?:[{_PERCENT}]|{_YEAR}|{_MONTH}|{_AMOUNT})?
  | [{_PERCENT}] (?:[{_DASH}][{_DIGIT}]{_NUMBER}[{_PERCENT}])?
  | {_AMOUNT}
  | (?:∶[{_DIGIT}]{_NUMBER})++
  | (?:[+＋](?:[{_DIGIT}]++|[{_LATIN}](?![{_LATIN}])))++
  | @[A-Za-z0-9]++(?:[.-][A-Za-z0-9]++)++
  | \\.(?:com|net|org|gov|edu)(?:\\.cn)?(?![A-Za-z0-9])
)"""
# What stands for X and Y in formulations of the shape 一X双Y: no numeral, no counter, nothing that only helps.
_NOTION = (
    f"[^\\W\\d_A-Za-zＡ-Ｚａ-ｚ{_NUMERAL}零〇百千万亿"
    "个年月日天时分秒周次名人户项件条种批届期章节页号位家间只张本台辆套元角米斤亩点倍成层级度回遍场组届大中小"
    "的是和与及或在有不也都就把被为以从向对要到定样般些方直切起下来旦经律再等第多余来几半]"
)

_ORDINAL = "[一二三四五六七八九十百]"
# 十届五次全会 after the organ that met, 十三届全国人大常委会第七次会议, and 第九次党代会.
_BODY = "(?:(?:全国|省|市|县|区|州|自治区)?(?:人大|政协)(?:常委会)?|[省市县区州]委|(?:中央|[省市县区州])?纪委)"
_SESSION = (
    f"{_ORDINAL}{{0,2}}届(?:{_BODY}第?{_ORDINAL}{{1,3}}次(?:全会|全体会议|会议)|{_ORDINAL}{{1,3}}次(?:全会|全体会议))"
)
_CONGRESS = f"{_ORDINAL}{{1,3}}次(?:党代会|(?:全国)?代表大会|党员代表大会)"

_PATTERN = re.compile(
    f"""
    [{_DIGIT}{_LATIN}{_NUMERAL}〇○零第〔［\\[【（(]
    (?:
        (?<=[{_DIGIT}]) {_NUMBER} (?P<number>{_AFTER_NUMBER})?+
      | (?<=[{_LATIN}]) (?:
            (?P<address>(?<=[hH])ttps?://[{_ADDRESS}]++ | (?<=[wW])ww\\.[{_ADDRESS}]++)
          | [{_LATIN}{_DIGIT}]*+ (?P<name>(?:[-._&'@·][{_LATIN}{_DIGIT}]++)++)?+
        )
      | (?<=[〔［\\[【（(]) (?P<office>[{_DIGIT}]{{4}} [〕］\\]】）)] 第?[{_DIGIT}]{{1,5}}号)
      | (?<=[{_YEAR_NUMERAL}]) (?P<date>[{_YEAR_NUMERAL}]{{3}}年
            (?:[一二三四五六七八九十]{{1,2}}月(?:[一二三四五六七八九十]{{1,3}}[日号])?)?)
      | (?<=[“「『‘"][{_NUMERAL}]) (?:
            (?P<quoted>{_NOTION}{{1,3}}(?:[{_NUMERAL}]{_NOTION}{{1,3}}){{1,3}} (?=[”」』’"]))
          | (?P<count>(?<!一)个[{_HAN}]{{1,2}} (?=[”」』’"]))
        )
      | (?<={_ORDINAL}) (?P<session>{_SESSION})
      | (?<=第) (?P<congress>{_CONGRESS})
      | (?<![{_NUMERAL}第零〇百千万亿][{_NUMERAL}]) (?<=[{_NUMERAL}]) (?P<formula>(?:{_NOTION}[{_NUMERAL}])++{_NOTION})
    )""",
    re.VERBOSE,
)
# What `_candidates` looks at: of each character the sum of what it is.
_ALWAYS, _COUNTING, _OF_YEARS, _OF_ORDER, _QUOTE, _TERM, _NUMBERED = (1 << bit for bit in range(7))
_PLUS = re.compile("[+＋]")
# 白+黑 (day and night) and the like: Han on both sides of a plus sign, between quotation marks, or two single ones.
_SUM = re.compile(
    f'(?<=[“「『‘"])[{_HAN}]{{1,4}}(?:[+＋][{_HAN}]{{1,4}})+(?=[”」』’"])|(?<![{_HAN}])[{_HAN}][+＋][{_HAN}](?![{_HAN}])'
)


@cache
def _kinds() -> npt.NDArray[np.uint8]:
    kinds: dict[str, int] = {}
    for kind, characters in (
        (_ALWAYS, ascii_letters + digits + "〔［[【（("),
        (_ALWAYS, map(chr, (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B)))),
        (_COUNTING, _NUMERAL),
        (_OF_YEARS, _YEAR_NUMERAL),
        (_OF_ORDER, _ORDINAL.strip("[]")),
        (_QUOTE, '“「『‘"'),
        (_TERM, "届"),
        (_NUMBERED, "第"),
    ):
        for character in characters:
            kinds[character] = kinds.get(character, 0) | kind
    return table({kind: [one for one in kinds if kinds[one] == kind] for kind in set(kinds.values())})


# Words that lead to the sign of an office (发文机关代字) and are no part of it.
_LEADING = re.compile(
    "根据|按照|依据|依照|遵照|参照|印发|转发|下发|颁发|制发|执行|贯彻|落实|学习|关于|以及"
    "|通知|意见|决定|批复|文件|[见的和及与按据在以由]"
)
_SIGN = 6  # the longest signs of offices (闽政办网传 and the like) have so many characters
_REGION = re.compile("[中国京津沪渝冀晋辽吉黑苏浙皖闽赣鲁豫鄂湘粤桂琼川贵云陕甘青宁新藏]")
_TRAILING_HAN = re.compile(f"[{_HAN}]*\\Z")


def protected(text: str, is_dictionary_word: Callable[[str], bool]) -> Iterator[Span]:
    """Yield start and end of every stretch that is one word, in order.

    `is_dictionary_word` tells whether the dictionary has a word: 一定 cannot begin a formulation.
    """
    done = 0
    for match in _merged(text):
        kind = match.lastgroup
        if kind is None and not _is_to_be_kept(match.group()):
            continue
        start, end = match.span()
        if start < done:
            continue
        if kind == "office":
            start -= _sign(text[max(done, start - 2 * _SIGN) : start])
        elif kind == "address":
            end = start + len(text[start:end].rstrip(".,;:!?)]'"))
        elif kind == "formula" and is_dictionary_word(text[start : start + 2]):
            continue
        yield start, end
        done = end


def _merged(text: str) -> Iterable[re.Match[str]]:
    """Return the matches of both patterns in order."""
    matches = _matches(_PATTERN, text, _candidates(text)) if len(text) > SHORT else _PATTERN.finditer(text)
    if "+" not in text and "＋" not in text:
        return matches
    # A sum begins one to four characters before a plus sign.
    starts = (place for sign in _PLUS.finditer(text) for place in range(max(sign.start() - 4, 0), sign.start()))
    return sorted((*matches, *_matches(_SUM, text, starts)), key=lambda match: match.start())


def _matches(pattern: re.Pattern[str], text: str, starts: Iterable[int]) -> Iterator[re.Match[str]]:
    """Yield what `finditer` does, for a pattern that matches at none but these places."""
    end = 0
    for start in starts:
        if start >= end and (match := pattern.match(text, start)):
            end = match.end()
            yield match


def _candidates(text: str) -> list[int]:
    """Return the places where `_PATTERN` can match, and some more: by each character and those beside it.

    Most numerals begin nothing that the pattern knows; trying it everywhere takes three times as long.
    """
    kinds = np.zeros(len(text) + 3, dtype=np.uint8)
    kinds[1:-2] = _kinds()[codes(text)]
    before, here, after, second = kinds[:-3], kinds[1:-2], kinds[2:-1], kinds[3:]
    found = here & _ALWAYS > 0
    found |= (here & _COUNTING > 0) & ((second & _COUNTING > 0) | (before & _QUOTE > 0))
    found |= (here & _OF_YEARS > 0) & (after & _OF_YEARS > 0)
    found |= (here & _OF_ORDER > 0) & (after & (_OF_ORDER | _TERM) > 0)
    found |= (here & _NUMBERED > 0) & (after & _OF_ORDER > 0)
    places: list[int] = found.nonzero()[0].tolist()
    return places


def _is_to_be_kept(run: str) -> bool:
    """Tell whether a plain run is in full-width letters or digits, or a number with a point or commas.

    The engines would cut such runs to pieces. Other ASCII runs they keep, and the dictionary knows words with them
    (T恤).
    """
    return len(run) > 1 and (not run.isascii() or "." in run or "," in run)


def _sign(before: str) -> int:
    """Return how many characters right before a bracketed year are the sign of an office."""
    found = _TRAILING_HAN.findall(before)[0]
    leads = [lead.end() for lead in _LEADING.finditer(found) if lead.end() < len(found)]
    sign = found[leads[-1] :] if leads else found
    if len(sign) <= _SIGN:
        return len(sign) if len(sign) > 1 else 0
    place = _REGION.search(sign, len(sign) - _SIGN)
    return len(sign) - place.start() if place else 0
