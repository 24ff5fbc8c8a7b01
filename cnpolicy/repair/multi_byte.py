"""Undo reading in a wrong encoding of bytes in pairs: the chain is found, and what was lost is restored or shown."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from cnpolicy import language
from cnpolicy.findings import Finding, apply
from cnpolicy.repair.cells import undo
from cnpolicy.repair.chains import describe
from cnpolicy.repair.proof import HANS, compose, is_mention, mentioned
from cnpolicy.repair.search import Span, search
from cnpolicy.repair.sieves import LOSSES
from cnpolicy.rules import Context, rule

_MENTION = 24  # characters: what a text about mojibake quotes is a word or a line
_ROUNDS = 4  # hardly any text needs two
# Stretches of so many characters may cost so many bits each, but for so few of all. Of the lines of simplified news
# 0.5 % have one that costs more, of traditional news 6 %, of GBK that was read out of step from the middle on 45 %.
_STRETCH, _SENSE_BITS, _STRANGE = 4, 15.0, 0.05


def _find(name: str, text: str, context: Context) -> Sequence[Finding]:
    """Return the findings of one kind of misreading, and of what is seen to be one when those are undone."""
    found = tuple(_search(name, text, context))
    for _ in range(_ROUNDS):
        changing = [finding for finding in found if finding.after != finding.before]
        again: list[Finding] = []
        if changing:
            after = _search(name, apply(text, changing), context)
            again = [finding for finding in after if finding.after != finding.before]
        if not again:
            return found
        found = tuple(_together(text, changing, again))
    # Text that is garbled anew whenever it is read again is not what these encodings made.
    return ()


def _together(text: str, first: Sequence[Finding], second: Sequence[Finding]) -> Iterator[Finding]:
    """Yield the findings that do in one application what `first` and then `second` do in two."""
    waiting = deque(first)
    for one in compose(text, first, second):
        parts: list[Finding] = []
        while waiting and waiting[0].start < one.end:
            parts.append(waiting.popleft())
        if len(parts) == 1 and (parts[0].start, parts[0].end, parts[0].after) == (one.start, one.end, one.after):
            yield parts[0]
        elif one.after != one.before:
            guesses = [finding for finding in (*parts, *second) if finding.certainty == "inferred"]
            posterior = min((finding.posterior or 0.0 for finding in guesses), default=None)
            yield one._replace(certainty="inferred" if guesses else "certain", posterior=posterior)


def _search(name: str, text: str, context: Context) -> Iterator[Finding]:
    """Yield what is found of one kind of misreading in a text."""
    spans = search(text)
    mine = [span for span in spans if span.kind == name]
    if not mine:
        return
    garbled = sum(span.end - span.start for span in spans)
    quoted = {span for span in mine if _is_mention(text, span)}
    # In a text that is mostly garbled, what stands in quotation marks is damage like the rest.
    stay = bool(quoted) and sum(map(len, HANS.findall(text))) > garbled * 2
    for span in mine:
        if span in quoted and (stay or len(quoted) == len(spans)):
            yield mentioned(name, text, span.start, span.end, describe(span.chain), span.after)
        else:
            is_exact = not _has_dropped(text, span) and _makes_sense(span.after)
            yield from undo(name, text, span.cells, span.chain, context, is_exact=is_exact)


def _has_dropped(text: str, span: Span) -> bool:
    """Tell whether bytes of a span were lost without a mark: then where they were lost is a guess in all of it."""
    return any(cell.losses and not LOSSES.search(text, cell.start, cell.end) for cell in span.cells)


def _makes_sense(text: str) -> bool:
    """Tell whether next to no stretch of a text is so unlikely that it may be read out of step, or wrongly.

    Every byte says something by every encoding of pairs: the inverse is exact, and need not be what stood there.
    """
    sums = np.cumsum(np.concatenate([[0.0], language.bits(text)]), dtype=np.float64)
    strange = sums[_STRETCH:] - sums[:-_STRETCH] > _STRETCH * _SENSE_BITS
    return bool(np.count_nonzero(strange) <= _STRANGE * len(text))


def _is_mention(text: str, span: Span) -> bool:
    return len(span.after) <= _MENTION and is_mention(text, span.start, span.end)


@rule("utf8-read-as-gbk", "inferred", example=("娣卞叆瀛︿範", "深入学习"))
def undo_utf_8_read_as_gbk(text: str, context: Context) -> Iterable[Finding]:
    """Read text again as UTF-8 that was read as GBK, once or twice.

    Three bytes of a character and three of the next became three rare characters. Where the bytes did not pair, one
    was lost, and what stands there now (U+FFFD, `?`, nothing, or a `?` for it and its neighbour) says which bytes it
    can have been; what characters that allows, the text around it decides.
    """
    return _find("utf8-read-as-gbk", text, context)


@rule("utf8-read-as-cp932", "inferred", example=("蝮壽戟莉･莠ｺ", "坚持以人"))
def undo_utf_8_read_as_cp932(text: str, context: Context) -> Iterable[Finding]:
    """Read text again as UTF-8 that was read as Japanese Shift-JIS.

    Rare characters and half-width kana stand side by side, as in no Japanese text. Little is lost.
    """
    return _find("utf8-read-as-cp932", text, context)


@rule("utf8-read-as-cp949", "inferred", example=("\ufffd\ubd7b\ufffd\ubef9\uf988\ubb0a\ubd5f", "改善民生"))
def undo_utf_8_read_as_cp949(text: str, context: Context) -> Iterable[Finding]:
    """Read text again as UTF-8 that was read as the Korean encoding of Windows.

    Rare Hangul syllables and Chinese characters stand side by side.
    """
    return _find("utf8-read-as-cp949", text, context)


@rule(
    "utf8-read-as-big5",
    "inferred",
    example=("瘛勗\ufffd亙郎銋\ufffd韐臬蝠隡\ufffd霈桃移蟡\ufffd", "深入学习贯彻会议精神"),
)
def undo_utf_8_read_as_big5(text: str, context: Context) -> Iterable[Finding]:
    """Read text again as UTF-8 that was read as Big5.

    Of four characters in five bytes were lost, and of one in five all of them. What nothing tells stays visible.
    """
    return _find("utf8-read-as-big5", text, context)


@rule("gbk-read-as-big5", "inferred", example=("跪撰絨郪", "各级党组"))
def undo_gbk_read_as_big5(text: str, context: Context) -> Iterable[Finding]:
    """Read text again as GBK that was read as Big5.

    Each character became another one, and those from p to s in the order of Pinyin were lost.
    """
    return _find("gbk-read-as-big5", text, context)


@rule("gbk-read-as-cp932", "inferred", example=("ﾈｫﾃ貭萍ｵ", "全面落实"))
def undo_gbk_read_as_cp932(text: str, context: Context) -> Iterable[Finding]:
    """Read text again as GBK that was read as Japanese Shift-JIS.

    Most bytes became half-width kana, in an order in which no word of Japanese has them.
    """
    return _find("gbk-read-as-cp932", text, context)


@rule("gbk-read-as-cp949", "inferred", example=("몹섬뎨莉", "各级党组"))
def undo_gbk_read_as_cp949(text: str, context: Context) -> Iterable[Finding]:
    """Read text again as GBK that was read as Korean.

    Common characters became Hangul, the others rarer Chinese ones.
    """
    return _find("gbk-read-as-cp949", text, context)


@rule("big5-read-as-gbk", "inferred", example=("\ufffd[眏膀糷舱麓", "加強基層組織"))
def undo_big5_read_as_gbk(text: str, context: Context) -> Iterable[Finding]:
    """Read text again as Big5 that was read as GBK.

    The first bytes of the commonest characters have no partner in GBK and are lost, and letters stand alone that were
    second bytes.
    """
    return _find("big5-read-as-gbk", text, context)


@rule("big5-read-as-cp932", "inferred", example=("ｱﾀｶiｧ\ufffdｭｲ", "推進改革"))
def undo_big5_read_as_cp932(text: str, context: Context) -> Iterable[Finding]:
    """Read text again as Big5 that was read as Japanese Shift-JIS.

    Most bytes became half-width kana, with letters between them.
    """
    return _find("big5-read-as-cp932", text, context)


@rule("big5-read-as-cp949", "inferred", example=("\ufffd[켳곪펔꾐쨈", "加強基層組織"))
def undo_big5_read_as_cp949(text: str, context: Context) -> Iterable[Finding]:
    """Read text again as Big5 that was read as Korean.

    Hangul syllables and letters stand side by side, with rarer Chinese characters.
    """
    return _find("big5-read-as-cp949", text, context)


@rule("utf16-bytes-swapped", "inferred", example=("єꝾ婑쑾", "各级党组"))
def undo_utf_16_bytes_swapped(text: str, context: Context) -> Iterable[Finding]:
    """Swap the bytes of text that was read as UTF-16 in the wrong order.

    The characters are of any script, for the byte that chose it is the one that varies most.
    """
    return _find("utf16-bytes-swapped", text, context)


@rule("gbk-out-of-step", "inferred", example=("骷兜匙橹�", "各级党组织"))
def undo_gbk_out_of_step(text: str, context: Context) -> Iterable[Finding]:
    """Read GBK again in step that was read from the second byte of a character on.

    A lost byte makes the end of each character and the beginning of the next one character, up to the next sign of
    ASCII. The first byte is gone.
    """
    return _find("gbk-out-of-step", text, context)


RULES = (
    undo_utf_8_read_as_gbk,
    undo_utf_8_read_as_cp932,
    undo_utf_8_read_as_cp949,
    undo_utf_8_read_as_big5,
    undo_utf_16_bytes_swapped,
    undo_gbk_read_as_cp932,
    undo_gbk_read_as_cp949,
    undo_gbk_read_as_big5,
    undo_big5_read_as_cp932,
    undo_big5_read_as_cp949,
    undo_big5_read_as_gbk,
    undo_gbk_out_of_step,
)
