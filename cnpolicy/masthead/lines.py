"""Lines as a masthead is read: what stands on them without blanks around it, and where in the text that is."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from cnpolicy.patterns import pattern


class Line(NamedTuple):
    """A line or a part of one, without blanks around it, and where it stands in the text."""

    text: str
    start: int
    end: int

    def part(self, start: int, end: int) -> "Line":
        """Return a stretch of the line as a line of its own."""
        piece = self.text[start:end]
        left = len(piece) - len(piece.lstrip())
        piece = piece.strip()
        return Line(piece, self.start + start + left, self.start + start + left + len(piece))


TITLE_LINES = 3
LONGEST_TITLE = 100  # characters

# One character for one, so that offsets stay what they are.
_WIDE = "０１２３４５６７８９［］（）：／－．　\xa0\t\r\ufeff|｜"
_ANY_WIDE = pattern(f"[{re.escape(_WIDE)}]")
PLAIN = str.maketrans(_WIDE, "0123456789[]():/-.".ljust(len(_WIDE)))

H = "\u3400-\u4dbf\u4e00-\u9fff"
HAN = pattern(f"[{H}]")
_LETTER_SPACED = pattern(f"(?<![^ ])([{H}]) +(?=[{H}](?: |$))")
_BLANKS = pattern(r"\s+")
_LOST = pattern("[?？\ufffd□■锟斤拷]")
# What web sites and those who file and record put beside a text.
NOISE = pattern(
    r"(?:www\.|https?:|[A-Za-z0-9.-]{3,40}\.(?:com|cn|net|org)\b)|您(?:所在|现在)|[当當]前位置|^首页|^首頁|^[＊*=＝·•…_—─-]+$|^admin\b|收藏|打印|关闭窗口"
    r"|^(?:机密|秘密|绝密|特急|加急|急件|特提|平急|内部|内部资料)[^关关]{0,12}$|^签发人|^\(?(?:根据|依据)?[^()]{0,12}(?:录音|记录|纪录)整理|^\(?此件"
    r"|^第[一二三四五六七八九十0-9]{1,3}篇|^.{0,16}(?:新[闻聞](?:公[报報]|稿)|网|网站|網|門戶網站)$|^【[^】]{1,12}】$|^[\[【]?(?:编者按|編者按|编者的话|按语|按[\]】])|^\([0-9]{1,3}\)$|^[<＜]|^[^>]{1,12}>"
    r"|点击(?:蓝字|上方|阅读)|阅读原文|^长按|^附[件表录錄]? ?[0-9一二三四五六七八九十]{0,3} ?:?$"
)


def squeeze(text: str) -> str:
    """Return a line without the spaces inside a spaced-out word, and with other runs of blanks as one space.

    >>> squeeze("简　　报"), squeeze("县 长  张 宁"), squeeze("深入开展 推进发展")
    ('简报', '县长张宁', '深入开展 推进发展')
    """
    text = _BLANKS.sub(" ", text).strip()
    return _LETTER_SPACED.sub(r"\1", text) if " " in text else text


def is_lost(text: str) -> bool:
    """Tell whether half of a line or more stands for what was lost."""
    return len(_LOST.findall(text)) * 2 >= len(text)


def over(lines: list[Line]) -> Line:
    """Return the stretch from the first of these lines to the last."""
    return Line("", lines[0].start, lines[-1].end)


def lines(text: str, start: int, end: int, longest: int = LONGEST_TITLE) -> Iterator[Line]:
    """Yield the lines between two offsets that are not blank; of those longer than `longest`, only the beginning."""
    while start < end:
        stop = text.find("\n", start, end)
        if stop < 0:
            stop = end
        seen = stop if stop - start <= longest else start + LONGEST_TITLE + 1
        written = text[start:seen]
        if _ANY_WIDE.search(written):  # looking takes a tenth of the time of translating
            written = written.translate(PLAIN)
        left = len(written) - len(written.lstrip())
        written = written.strip()
        if written:
            yield Line(written, start + left, start + left + len(written))
        start = stop + 1
