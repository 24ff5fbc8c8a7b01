"""Undo reading in a wrong encoding of bytes in pairs: the chain is found, and what was lost is restored or shown."""

from collections.abc import Iterable, Iterator

from cnpolicy.findings import Certainty, Finding
from cnpolicy.repair.chains import describe
from cnpolicy.repair.lattice import Cell, Loss
from cnpolicy.repair.proof import HANS, is_mention
from cnpolicy.repair.search import Span, search
from cnpolicy.rules import Context, between, rule

_LOST = "\ufffd"
_MENTION = 12  # characters: what a text about mojibake quotes is a word or two
_HALFWIDTH = between("｡", "ﾟ")
_HANGUL = between("가", "힣")


def _find(name: str, text: str, context: Context) -> Iterator[Finding]:
    """Yield the findings of one kind of misreading."""
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
            before = text[span.start : span.end]
            note = f"{describe(span.chain)}: {span.after!r}; stays, as the text only mentions it"
            yield Finding(name, span.start, span.end, before, before, "reported", note=note)
        else:
            yield from _undo(name, text, span, context)


def _is_mention(text: str, span: Span) -> bool:
    return len(span.after) <= _MENTION and is_mention(text, span.start, span.end)


def _undo(name: str, text: str, span: Span, context: Context) -> Iterator[Finding]:
    """Yield a finding for each cell with restored characters, and one for the cells between them."""
    chain = describe(span.chain)
    restore = None if context.options.certainty == "certain" else context.options.restore
    start = span.start
    sure: list[str] = []

    def between_losses(end: int) -> Iterator[Finding]:
        before, after = text[start:end], "".join(sure)
        if before != after:
            yield Finding(name, start, end, before, after, "certain", note=chain)

    for cell in span.cells:
        if not cell.losses:
            sure.append(cell.after)
            continue
        yield from between_losses(cell.start)
        yield _fill(name, text, cell, chain, restore)
        sure.clear()
        start = cell.end
    yield from between_losses(span.end)


def _fill(name: str, text: str, cell: Cell, chain: str, restore: float | None) -> Finding:
    """Return the finding of a cell in which characters were lost."""
    after = list(cell.after)
    put_in: list[Loss] = []
    left_out: list[Loss] = []
    for loss in cell.losses:
        if restore is not None and loss.posterior >= restore:
            put_in.append(loss)
        else:
            after[loss.offset] = _LOST
            left_out.append(loss)
    notes = [chain]
    if put_in:
        notes.append("restored " + ", ".join(map(_told, put_in)))
    if left_out:
        notes.append("lost, likeliest " + ", ".join(map(_told, left_out)))
    posterior = min((loss.posterior for loss in put_in), default=None)
    before = text[cell.start : cell.end]
    certainty: Certainty = "inferred" if put_in else "certain"
    return Finding(name, cell.start, cell.end, before, "".join(after), certainty, posterior, "; ".join(notes))


def _told(loss: Loss) -> str:
    other = f", else {loss.runner_up}" if loss.runner_up else ""
    return f"{loss.character} ({loss.posterior:.2f}{other})"


@rule("utf8-read-as-gbk", "inferred", example=("娣卞叆瀛︿範", "深入学习"))
def undo_utf_8_read_as_gbk(text: str, context: Context) -> Iterable[Finding]:
    """Read text again as UTF-8 that was read as GBK, once or twice.

    Three bytes of a character and three of the next became three rare characters. Where the bytes did not pair, one
    was lost, and what stands there now (U+FFFD, `?`, nothing, or a `?` for it and its neighbour) says which bytes it
    can have been; what characters that allows, the text around it decides.
    """
    return _find("utf8-read-as-gbk", text, context)


@rule("utf8-read-as-big5", "inferred", example=("隡�霈桃��蝛�", "会议�究"))
def undo_utf_8_read_as_big5(text: str, context: Context) -> Iterable[Finding]:
    """Read text again as UTF-8 that was read as Big5.

    Big5 has no pairs that begin with the bytes 0x80 to 0xA0, so that of most characters a byte was lost.
    """
    return _find("utf8-read-as-big5", text, context)


@rule("utf8-read-as-cp932", "inferred", example=("蝮壽戟莉･莠ｺ", "坚持以人"))
def undo_utf_8_read_as_cp932(text: str, context: Context) -> Iterable[Finding]:
    """Read text again as UTF-8 that was read as Japanese Shift-JIS.

    Rare characters and half-width kana stand side by side, as in no Japanese text. Little is lost.
    """
    return _find("utf8-read-as-cp932", text, context)


@rule(
    "utf8-read-as-cp949", "inferred", needs=_HANGUL, example=("\ufffd\ubd7b\ufffd\ubef9\uf988\ubb0a\ubd5f", "改善民生")
)
def undo_utf_8_read_as_cp949(text: str, context: Context) -> Iterable[Finding]:
    """Read text again as UTF-8 that was read as the Korean encoding of Windows.

    Rare Hangul syllables and Chinese characters stand side by side.
    """
    return _find("utf8-read-as-cp949", text, context)


@rule("gbk-read-as-big5", "inferred", example=("跪撰絨郪", "各级党组"))
def undo_gbk_read_as_big5(text: str, context: Context) -> Iterable[Finding]:
    """Read text again as GBK that was read as Big5.

    Each character became another one, and those from p to s in the order of Pinyin were lost.
    """
    return _find("gbk-read-as-big5", text, context)


@rule("gbk-read-as-cp932", "inferred", needs=_HALFWIDTH, example=("ﾈｫﾃ貭萍ｵ", "全面落实"))
def undo_gbk_read_as_cp932(text: str, context: Context) -> Iterable[Finding]:
    """Read text again as GBK that was read as Japanese Shift-JIS.

    Most bytes became half-width kana, in an order in which no word of Japanese has them.
    """
    return _find("gbk-read-as-cp932", text, context)


@rule("gbk-read-as-cp949", "inferred", needs=_HANGUL, example=("몹섬뎨莉", "各级党组"))
def undo_gbk_read_as_cp949(text: str, context: Context) -> Iterable[Finding]:
    """Read text again as GBK that was read as Korean.

    Common characters became Hangul, the others rarer Chinese ones.
    """
    return _find("gbk-read-as-cp949", text, context)


@rule("big5-read-as-gbk", "inferred", example=("崩笆竒蕾", "推動經濟"))
def undo_big5_read_as_gbk(text: str, context: Context) -> Iterable[Finding]:
    """Read text again as Big5 that was read as GBK.

    Kana, Cyrillic letters and private-use characters stand among Chinese ones.
    """
    return _find("big5-read-as-gbk", text, context)


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
    undo_big5_read_as_gbk,
    undo_gbk_out_of_step,
)
