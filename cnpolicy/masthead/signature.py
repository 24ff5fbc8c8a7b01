"""The signature (落款) below the text or above an attachment, and what is printed below it."""

from collections.abc import Iterator
from itertools import islice

from cnpolicy.masthead.dates import DATE_LINE, DATE_SOURCE, date_at_end, date_of
from cnpolicy.masthead.issuers import joined, office_name
from cnpolicy.masthead.lines import H, Line, lines, over, squeeze
from cnpolicy.masthead.numbers import NUMBER_WITH_YEAR, number_of
from cnpolicy.masthead.reading import Reading
from cnpolicy.masthead.titles import FORWARDING, is_decree
from cnpolicy.patterns import pattern

_TAIL_LINES, _TAIL = 14, 1200  # lines, characters; the longest signatures with a colophon have ten lines
_DATE_OF_HEAD = 2  # the rank of a date below the title: who signs need not give one
_ATTACHMENTS = 8  # places where an attachment may begin that are looked at
_LETTER_LINES, _LETTER = 12, 3000  # lines, characters of a letter that sends another document

_PRINTED = pattern(rf"(?P<office>[{H}]{{4,40}})? {{0,40}}{DATE_SOURCE} ?印[发發]?")
_TAIL_NOISE = pattern(
    r"(?:主题词|主題詞|抄送|抄报|抄報|[报報送发發](?:送)?:|分送|附件|附:|联系|聯絡|编印|編印|责任编辑|责编|编辑|校对|审核|"
    r"作者|记者|通讯员|撰稿|签发|\(?此件|\(?本文|完$|谢谢|謝謝|"
    r"香港時間|正本|副本|下期|扫|上一篇|下一篇|相关|共印|\(?共 ?[0-9]+|来源|主办|"
    r"版权|-? ?[0-9]{1,3} ?-?$|[省市县局厅]长 )"
)
# Some web pages say below the text when it was published; 时间：2012年6月8日 would be when a meeting is.
_PUBLISHED_BELOW = pattern(
    rf"(?:发布(?:时间|日期):|發布(?:時間|日期):|(?:时间|日期):(?=[0-9 -]*$)) ?(?P<date>{DATE_SOURCE})"
)
# A sentence that goes on telling behind what looks like a signature: that was quoted in the text.
_STORY = pattern("^[^(（:].{7,}[^)）][。！？]$")


def read_signature(reading: Reading, body: int) -> None:
    """Read the signature of the text whose body begins there: below a letter, above an attachment, or at the end."""
    text = reading.text
    if _forwards(reading, lines(text, body, min(len(text), body + _LETTER))) or _sign_above_attachment(reading, body):
        return
    start = max(body, len(text) - _TAIL)
    if start > body:
        start = text.find("\n", start) + 1 or len(text)
    _sign(reading, list(lines(text, start, len(text)))[-_TAIL_LINES:])


def _sign_above_attachment(reading: Reading, body: int) -> bool:
    """Read the signature above an attachment; False if there is none."""
    text = reading.text
    place = body
    for _ in range(_ATTACHMENTS):
        place = text.find("\n附", place + 1)
        if place < 0:
            break
        if _sign(reading, list(lines(text, max(body, place - _TAIL // 2), place))[-8:], strict=True):
            return True
    return False


def _sign(reading: Reading, lines: list[Line], strict: bool = False) -> bool:
    """Read the signature among the last lines; if `strict`, nothing but a colophon may stand below it."""
    lines = [line for line in lines if not _number_below(reading, line)]
    last = True
    below: list[Line] = []
    for place in range(len(lines) - 1, -1, -1):
        line = lines[place]
        if line.text[-1] in "印发發" and (match := _PRINTED.fullmatch(line.text)):
            reading.add("date", 4, date_of(match), line, "certain")
            if match["office"]:
                reading.add("issuer", 8, office_name(match["office"]), line, "inferred")
            continue
        if match := _PUBLISHED_BELOW.match(line.text):
            reading.add("date", 5, date_of(match), line.part(match.start("date"), match.end()), "certain")
            continue
        if _TAIL_NOISE.match(line.text):
            continue
        if _take_signature(reading, lines, place, last):
            # Where two columns were read one after the other, the date can stand above the office.
            reading.add("issuer", 3, joined(reading, below), over(below or [line]), "inferred")
            return True
        if below and _ends_sentence(reading, line) and reading.found.get("date", (9,))[0] <= _DATE_OF_HEAD:
            reading.add("issuer", 3, joined(reading, below), over(below), "inferred")
            return True
        if strict or _STORY.search(line.text):
            return False
        below = [line, *below] if last and office_name(squeeze(line.text)) else []
        last = bool(below)
    return False


def _ends_sentence(reading: Reading, line: Line) -> bool:
    """Tell whether a line ends as a sentence does; of a long one only the beginning was seen."""
    stop = reading.text.find("\n", line.end)
    return reading.text[line.end - 1 : None if stop < 0 else stop].rstrip().endswith(("。", "！"))


def _number_below(reading: Reading, line: Line) -> bool:
    """Take a line of the signature that is the document's number, as some offices put it there."""
    match = NUMBER_WITH_YEAR.fullmatch(line.text) if line.text[-1] in "号號" else None
    if match is None or not match["code"]:
        return False
    reading.add("number", 3, number_of(match), line, "inferred")
    return True


def _forwards(reading: Reading, below: Iterator[Line]) -> bool:
    """Read the signature of a letter that is followed by the document it sends (关于印发…的通知); False if none.

    The same for a decree, which what it makes known follows.
    """
    title = reading.found.get("title")
    if not (title is not None and FORWARDING.search(title[1].value)) and not is_decree(reading):
        return False
    lines = list(islice(below, _LETTER_LINES))
    return any(_take_signature(reading, lines, place, last=True) for place in range(1, len(lines)))


def _take_signature(reading: Reading, lines: list[Line], place: int, last: bool) -> bool:
    """Take the line there as the date of a signature, with the offices above it or before it."""
    line = lines[place]
    if match := DATE_LINE.fullmatch(line.text):
        first = place
        while first and place - first < 4 and office_name(squeeze(lines[first - 1].text)):
            first -= 1
        value = date_of(match)
        offices = lines[first:place]
        if not value or not (offices or last) or (len(value) == 4 and not offices):
            return False
        rank = 5 if match["time"] else 3
        reading.add("date", rank, value, line, "certain" if offices else "inferred")
        if offices:
            reading.add("issuer", 3, joined(reading, offices), over(offices), "certain")
        return True
    match = date_at_end(line.text)
    if match is None:
        return False
    before = line.part(1 if line.text[0] == "(" else 0, match.start())
    office = office_name(squeeze(before.text))
    if office is None:
        return False
    reading.add("issuer", 3, office, before, "certain")
    reading.add("date", 3, date_of(match), line.part(match.start(), len(line.text)), "certain")
    return True
