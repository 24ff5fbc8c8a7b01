"""Simplified and Traditional: bring machine-made Traditional text back, and convert on request.

OpenCC does the conversion. Here stand what it does not know: when to convert at all, what to do where its phrases
reach over a word's end, and that a second conversion must find nothing more to do. Every conversion is character for
character: a text keeps its length, and offsets stay what they are.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from cnpolicy import tables
from cnpolicy.findings import Certainty, Finding
from cnpolicy.patterns import pattern
from cnpolicy.rules import UNITS, Context, RuleSet, Stage, rule, units

SCRIPTS = ("auto", "simplified", "traditional", "tw", "hk", "keep")  # what `Options.script` can be
Script = Literal["simplified", "traditional", "mixed", "none"]

_SAMPLE = 20_000  # characters that are looked at to tell the script of a text, half of them from its middle


@cache
def _opencc(config: str) -> Callable[[str], str]:
    """Return OpenCC's conversion of that name; it is imported at first use, for that takes a while."""
    import opencc

    convert: Callable[[str], str] = opencc.OpenCC(config).convert
    return convert


class _Kinds(NamedTuple):
    """What characters say about the script of their text; the tables are over UTF-16 code units (65,536 each).

    `traditional`: the simplified form is another one, and simplified text (GB2312) has no use for this one.
    `simplified`: the form of simplified text alone; Traditional text (Big5) has no use for it. `telling`: the
    traditional ones, and the surrogates of planes 2 and 3, any of whose characters may be; `found` finds the same.
    """

    traditional: npt.NDArray[np.bool_]
    simplified: npt.NDArray[np.bool_]
    telling: npt.NDArray[np.bool_]
    found: re.Pattern[str]


def _table(characters: Iterable[str]) -> npt.NDArray[np.bool_]:
    table = np.zeros(UNITS, dtype=np.bool_)
    table[units("".join(characters))] = True
    return table


@cache
def _kinds() -> _Kinds:
    """Return what the table of scripts holds."""
    found = {script: characters for _, (script, characters) in tables.rows("scripts")}
    traditional, simplified = found["traditional"], found["simplified"]
    return _Kinds(
        traditional=_table(traditional),
        simplified=_table(simplified),
        telling=_table([*traditional, *map(chr, range(0xD840, 0xD900))]),
        found=pattern(f"[{traditional}\U00020000-\U0003ffff]"),
    )


def script_of(text: str) -> Script:
    """Return the script of a text, judged by a sample of at most 20,000 characters.

    `mixed` has at least a tenth of each, among the characters that only one of the scripts has; `none` has none.

    >>> script_of("贯彻落实"), script_of("貫徹落實"), script_of("1998")
    ('simplified', 'traditional', 'none')
    """
    if len(text) > _SAMPLE:
        middle = len(text) // 2
        text = text[: _SAMPLE // 2] + text[middle : middle + _SAMPLE // 2]
    if text.isascii():
        return "none"
    traditional, simplified = _count(text)
    if not traditional and not simplified:
        return "none"
    share = traditional / (traditional + simplified)
    return "traditional" if share > 0.9 else "simplified" if share < 0.1 else "mixed"


def _count(text: str) -> tuple[int, int]:
    """Return how many characters only Traditional and only Simplified text has."""
    codes = units(text)
    kinds = _kinds()
    return int(np.count_nonzero(kinds.traditional.take(codes))), int(np.count_nonzero(kinds.simplified.take(codes)))


def _same_length(convert: Callable[[str], str], text: str) -> str:
    """Convert character by character where a phrase would change the length of the text."""
    converted = convert(text)
    if len(converted) == len(text):
        return converted
    ones = ((one, convert(one)) for one in text)
    return "".join(other if len(other) == 1 else one for one, other in ones)


# -- To Simplified ----------------------------------------------------------------------------------------------------

# 著 stays in these words; in any other place in a traditional text it stands for 着, which OpenCC does not know.
_WRITINGS = frozenset(
    [
        *("著名", "著作", "著者", "著述", "著称", "著书", "著录", "著译", "编著", "土著", "显著", "名著", "原著"),
        *("专著", "卓著", "昭著", "论著", "巨著", "译著", "拙著", "遗著", "合著", "新著", "旧著", "撰著"),
    ]
)
_LASTING = "随沿朝趁围绕伴冒凭"  # verbs that take 着, whatever follows: 随着作风建设的深入
# Phrases of OpenCC that reach over a word's end: what stands in the text, what must come out.
_TO_SIMPLIFIED = {"覆盖": "覆盖", "覆蓋": "覆盖", "覆没": "覆没", "覆沒": "覆没", "覆滅": "覆灭", "瞭望": "瞭望"}
_PROTECTED = pattern("|".join(_TO_SIMPLIFIED))


def _simplify(text: str) -> str:
    """Convert lines of traditional text to Simplified."""
    converted = _same_length(_opencc("t2s"), text)
    changes: dict[int, str] = {}
    if "覆" in text or "瞭" in text:
        for match in _PROTECTED.finditer(text):
            changes.update(enumerate(_TO_SIMPLIFIED[match.group()], match.start()))
    place = converted.find("著")
    while place >= 0:
        writing = converted[place - 1 : place + 1] in _WRITINGS or converted[place : place + 2] in _WRITINGS
        if not writing or (place and converted[place - 1] in _LASTING):
            changes[place] = "着"
        place = converted.find("著", place + 1)
    place = text.find("坏")
    while place >= 0:  # the 坏 of 坯 is archaic; the phrases that know it hit 打坏
        changes[place] = "坏"
        place = text.find("坏", place + 1)
    return _put(converted, changes)


def _put(text: str, changes: dict[int, str]) -> str:
    if not changes:
        return text
    characters = list(text)
    for place, character in changes.items():
        characters[place] = character
    return "".join(characters)


def to_simplified(text: str) -> str:
    """Return the text in Simplified characters, as long as it was and character for character.

    Lines without a character that only Traditional text has are left alone: what Simplified text has in common with
    Traditional (乾 in 乾隆, 著 in 著名) is no mistake there.

    >>> to_simplified("著力加強黨的建設\\n著名作家")
    '着力加强党的建设\\n著名作家'
    """
    if not _is_telling(text):
        return text
    spans = list(_lines_with(_kinds().found, text))
    if not spans:
        return text  # half of a character beyond the BMP looked like one that tells
    lines = "\n".join(text[start:end] for start, end in spans)  # one call: each costs more than it converts
    before = lines
    for _ in range(4):
        after = _simplify(before)
        if after == before or not _is_telling(after):
            return _fill(text, spans, after.split("\n"))
        before = after
    return text  # would go round in circles; no such text is known


def _is_telling(text: str) -> bool:
    """Tell whether the text can have a character that only Traditional text has."""
    return not text.isascii() and bool(_kinds().telling[units(text)].any())


def _lines_with(pattern: re.Pattern[str], text: str) -> Iterator[tuple[int, int]]:
    """Yield the start and end of every line in which the pattern is found."""
    end = 0
    while match := pattern.search(text, end):
        start = text.rfind("\n", end, match.start()) + 1 or end
        end = text.find("\n", match.end())
        end = len(text) if end < 0 else end
        yield start, end


def _fill(text: str, spans: Iterable[tuple[int, int]], lines: Iterable[str]) -> str:
    """Return the text with other lines in the spans."""
    parts: list[str] = []
    done = 0
    for (start, end), line in zip(spans, lines, strict=True):
        parts += [text[done:start], line]
        done = end
    parts.append(text[done:])
    return "".join(parts)


# -- To Traditional ---------------------------------------------------------------------------------------------------

# Phrases of OpenCC that reach over a word's end: what stands in the simplified text, what must come out.
_TO_TRADITIONAL = {"植发展": "植發展", "制裁": "制裁"}
_REACHING = pattern("|".join(_TO_TRADITIONAL))
_CONFIG = {"traditional": "s2t", "tw": "s2tw", "hk": "s2hk"}


def _to_traditional(text: str, config: str) -> str:
    """Convert simplified text."""
    converted = _same_length(_opencc(config), text)
    changes: dict[int, str] = {}
    for match in _REACHING.finditer(text):
        changes.update(enumerate(_TO_TRADITIONAL[match.group()], match.start()))
    return _put(converted, changes)


def convert_to(text: str, script: str) -> str:
    """Return the text in a script: `simplified`, `traditional`, `tw`, `hk`; any other leaves it as it is.

    Whatever the text is in, it goes through Simplified. A second time changes nothing: that is so where the result
    goes back to the Simplified it was made from. Where a line does not, its new Simplified is tried in turn, and a
    line that would go round in circles stays as it is.

    >>> convert_to("党员干部", "traditional")
    '黨員幹部'
    """
    if script == "simplified":
        return to_simplified(text)
    config = _CONFIG.get(script)
    if config is None:
        return text
    plain = to_simplified(text)
    converted = _to_traditional(plain, config)
    back = to_simplified(converted)
    if back == plain:
        return converted
    texts = (one.split("\n") for one in (text, plain, converted, back))
    return "\n".join(
        made if old == new else _convert_line(line, new, config) for line, old, made, new in zip(*texts, strict=True)
    )


def _convert_line(line: str, plain: str, config: str) -> str:
    """Convert a line of which `plain` is the newest Simplified."""
    for _ in range(3):
        converted = _to_traditional(plain, config)
        back = to_simplified(converted)
        if back == plain:
            return converted
        plain = back
    return line


# -- Rules ------------------------------------------------------------------------------------------------------------


def _differences(name: str, before: str, after: str, certainty: Certainty, note: str) -> Iterator[Finding]:
    """Yield a finding per run of characters that differ between two texts of one length."""
    if before == after:
        return
    one = np.frombuffer(before.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    other = np.frombuffer(after.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    edges = np.flatnonzero(np.diff(one != other, prepend=False, append=False)).tolist()
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        yield Finding(name, start, end, before[start:end], after[start:end], certainty, None, note)


# Characters that are words of their own in Traditional text and that a conversion by characters leaves where another
# is due: 后 (empress) for 後 (behind), 干 (shield) for 幹 (do). Without those that Traditional text writes either way
# (台/臺, 布/佈, 占/佔, 群/羣), and without those that such conversions do get right (发/發, 几/幾).
_AMBIGUOUS = frozenset("后于干里制志征范系松谷斗卷余舍只面辟郁云岳采冲表回")
_NAMES = "于云里范余岳谷郁松系舍"  # surnames, villages, classical words: proof only beside others of the set
# But in these words of modern prose they prove it: the classics write 于 for 於, and have no 关于.
_PROVING = pattern(
    "(?<=[关联])系|(?<=[规示模师防典])范|范(?=[围畴例])|(?<=[关由对属位基善勇敢])于|(?<=多)云|(?<=[其剩])余|余(?=[名个户万亩年元吨])"
)
_ENOUGH = 2  # places where another character was due
_RATIO = 3  # and more than so many for each right one
# Some of these stand in any Traditional text of two sentences. The rule asks for one, and so wakes for no other text.
_FREQUENT = (
    "國會個來說們時為這學對發現進動開長門問間關產業東車見電話經結給組織級統線設議認識語請讀調論議員歲"
    "務勞區縣鄉鎮黨導領場報實際辦應當從後過還遠運達選團圖書畫處據機構條樣標樓權決濟準無氣聯聲職與興舉"
    "華萬號術裡裏規親觀計訓記許訪評試詳誠護變讓負財責貨質費資賽贊趕較載輕輸農連週郵鄰醫釋錄錢鋼錯鐵開"
    "陳陸陽階隊險隨雖難雲須顧預頭題類風飛飯養馬駐驗體點齊龍爭創優強勢單協壓嗎嚴園圍塊夠將專尋屬島師帶幫"
    "幾庫廠廣張彈後徑復態慶憂憲戰戶擇擔擁據攝敵數暫會極歡歷殺殘滿漢測溫滅準潔澤濃災營爾獎獨獲環療盡監盤確禮種積"
)


def is_machine_traditional(text: str) -> bool:
    """Tell whether a text is Simplified that was turned into Traditional one character at a time.

    Compared with what its own simplified form gives in Traditional, word by word, such a text has the wrong one of
    two characters again and again, and the right one only by accident.
    """
    return _may_be_made(text) and _is_all_traditional(text) and _is_made_from(text, to_simplified(text))


def _is_all_traditional(text: str) -> bool:
    """Tell whether a text is in Traditional; one with characters that only Simplified has is mixed, or Japanese."""
    traditional, simplified = _count(text)
    return traditional >= 10 and simplified * 20 <= traditional and len(_KANA.findall(text)) * 20 <= len(text)


def _is_made_from(text: str, plain: str) -> bool:
    """Tell whether a text was made of its simplified form one character at a time."""
    back = _to_traditional(plain, "s2t")
    if not len(plain) == len(back) == len(text):
        return False
    wrong = sure = right = 0
    for place in _PLACES.finditer(plain):
        start = place.start()
        if text[start] != plain[start]:
            right += 1
        elif back[start] != plain[start]:
            wrong += 1
            sure += plain[start] not in _NAMES or _PROVING.match(plain, start) is not None
    return sure >= 1 and wrong >= _ENOUGH and wrong > _RATIO * right


# What is always one of these in Simplified: each is a right one.
_RIGHT = "後於幹裡裏製範係鬆採衝錶迴雲隻麵"


def _may_be_made(text: str) -> bool:
    """Tell whether `_is_made_from` can be true; conversion takes a hundred times as long."""
    wrong = sum(map(text.count, _AMBIGUOUS))
    return wrong >= _ENOUGH and wrong > _RATIO * sum(map(text.count, _RIGHT))


_PLACES = pattern(f"[{''.join(_AMBIGUOUS)}]")
_KANA = pattern("[\u3041-\u30fe\uac00-\ud7a3]")
_JUDGED = 100_000  # characters; conversion takes 0.1 s for as many


@rule(
    "machine-traditional",
    "inferred",
    needs=_FREQUENT,
    example=(
        "黨員干部要干在實處,后進趕先進,加強制度創新,推動經濟發展,關于示范工程的經驗",
        "党员干部要干在实处,后进赶先进,加强制度创新,推动经济发展,关于示范工程的经验",
    ),
)
def simplify_machine_traditional(text: str, context: Context) -> Iterable[Finding]:
    """Bring text back to Simplified that was turned into Traditional one character at a time.

    Web pages are offered in Traditional by programs that know characters and no words: 後 and 幹 are due where they
    leave 后 and 干. Words in such text are found in no dictionary of either script, while its Simplified form is what
    was written. Genuine Traditional text is left alone.
    """
    if context.options.script != "auto" or not any(one in text for one in _FREQUENT):
        return
    sample = text[:_JUDGED]
    if not (_may_be_made(sample) and _is_all_traditional(sample)):
        return
    plain = to_simplified(sample)
    if _is_made_from(sample, plain):
        whole = plain if len(sample) == len(text) else to_simplified(text)
        yield from _differences("machine-traditional", text, whole, "inferred", "")


@rule("script-conversion", "certain", example=("黨員幹部", "党员干部"))
def convert_script(text: str, context: Context) -> Iterable[Finding]:
    """Convert the text to the script that was asked for.

    Whatever it is in, it goes through Simplified, so that one text gives one result and a second conversion changes
    nothing. Without a request (`auto`, `keep`) this rule does nothing.
    """
    script = context.options.script
    yield from _differences("script-conversion", text, convert_to(text, script), "certain", f"to {script}")


STAGE = Stage("convert", (RuleSet("script", (simplify_machine_traditional, convert_script)),))
