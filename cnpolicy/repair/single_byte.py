"""Undo reading in a single-byte encoding: every byte became one character, and none was lost."""

import re
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import pairwise

from cnpolicy.findings import Finding
from cnpolicy.language import total_bits
from cnpolicy.repair.proof import CHANCE_BITS, CLOSING, ENOUGH_BITS, HAN, OPENING, Read, amend, prove, report, settle
from cnpolicy.repair.windows import character_class, codec, spelled, to_bytes
from cnpolicy.rules import Context, between, rule

# Characters that close, join or follow words in European text. Between them and letters alone no proof is found.
_TYPOGRAPHIC = frozenset("\xa0 «»‹›“”„‘’‚–—…·°ºª²³¹§©®™!¡¿šžŠŽœŒŸ")
LETTER = re.compile(r"[A-Za-zÀ-ÖØ-öø-ɏ]")
_STRANGENESS = 3.0  # bits that a character is worth which does not stand inside European words
_BESIDE = 4.0  # bits that Chinese text next to a run is worth
_LATIN = re.compile("[\xa1-\xfe]")
_PROSE = re.compile("[\u3001-\u301b\u3041-\u30fe\u3105-\u3129\u4e00-\u9fa5\uac00-\ud7a3\uff01-\uff5e]")
_TAIL = character_class(spelled(0x80, 0xBF))
_TAIL_OR_SPACE = character_class(spelled(0x80, 0xBF), " ")  # editors turn the no-break space into a space
_TWO = character_class(spelled(0xC2, 0xDF)) + _TAIL
_THREE = character_class(spelled(0xE0, 0xEF)) + _TAIL_OR_SPACE + _TAIL_OR_SPACE
_FOUR = character_class(spelled(0xF0, 0xF4)) + _TAIL * 3
_UTF_8_UNIT = re.compile(f"{_FOUR}|{_THREE}|{_TWO}")
_UTF_8_RUN = re.compile(f"(?:{_FOUR}|{_THREE}|{_TWO})++")


def _read_utf_8(run: str) -> str | None:
    """Return the run read as UTF-8, or None if it is not UTF-8."""
    try:
        return to_bytes(run.replace(" ", "\xa0")).decode("utf-8")
    except UnicodeDecodeError:
        return None


_LEAD_OF_UTF_8 = re.compile(character_class(spelled(0xC2, 0xF4)))


def _runs_of_utf_8(text: str) -> Iterator[re.Match[str]]:
    """Yield the runs of UTF-8 sequences; to look for their first characters alone is several times as fast."""
    done = 0
    while first := _LEAD_OF_UTF_8.search(text, done):
        run = _UTF_8_RUN.match(text, first.start())
        if run:
            yield run
        done = run.end() if run else first.end()


_UNFIT = re.compile("[\x80-\x9f\ue000-\uf8ff\ufffd]")  # controls and private use: no text was written with them


def _without_spaces(run: str) -> Iterator[tuple[int, int]]:
    """Yield the stretches of a run of UTF-8 sequences between those with a space in them."""
    start = 0
    for unit in _UTF_8_UNIT.finditer(run):
        if " " in unit.group():
            if start < unit.start():
                yield start, unit.start()
            start = unit.end()
    if start < len(run):
        yield start, len(run)


def _prove_utf_8(text: str, start: int, end: int, after: str) -> float:
    """Return how strongly the characters from `start` to `end` speak for UTF-8.

    A run in European text would have to be an accented letter and two or three symbols, again and again. One such
    sequence happens (`é »`, `ž“…`), two in a row do not.
    """
    units = _UTF_8_UNIT.findall(text[start:end])
    long = [unit for unit in units if len(unit) > 2]
    if len(long) < 4 and (_LATIN.match(text[end : end + 1]) or _LATIN.match(text[max(start - 1, 0) : start])):
        return 0  # part of a longer run that is not UTF-8 as a whole: more likely another encoding
    if len(long) >= 2:
        return 1
    if not long:
        return 1 if len(units) >= 3 and after.isalpha() else 0.5
    letter_before = start > 0 and LETTER.match(text[start - 1])
    character = after[units.index(long[0])]
    if not _PROSE.match(character):
        symbol = "\u2010" <= character <= "\u2027" or "\u2100" <= character <= "\u27bf" or character > "\uffff"
        return 1 if symbol and not letter_before else 0.5
    if any(character not in _TYPOGRAPHIC for character in long[0][1:]):
        return 1
    beside = start > 0 and HAN.match(text[start - 1]) and not (end < len(text) and LETTER.match(text[end]))
    return 1 if beside else 0.5


def _find_utf_8(text: str) -> Iterator[Read]:
    """Yield the runs of the text that read as UTF-8, with all the times over that they were misread."""
    line_end = -1
    strict = 0  # sequences of three bytes without a space in the line
    for match in _runs_of_utf_8(text):
        run = match.group()
        spans: Iterable[tuple[int, int]] = [(0, len(run))]
        if " " in run:
            if match.start() > line_end:
                line_start = text.rfind("\n", max(line_end, 0), match.start()) + 1
                line_end = text.find("\n", match.start())
                line_end = len(text) if line_end < 0 else line_end
                units = _UTF_8_UNIT.findall(text, line_start, line_end)
                strict = sum(len(unit) > 2 and " " not in unit for unit in units)
            # A space inside a sequence is read as a no-break space only in a line that is proven without it.
            if strict < 2:
                spans = _without_spaces(run)
        for start, end in spans:
            once = _read_utf_8(run[start:end])
            if once is None:
                continue
            begin, finish = match.start() + start, match.start() + end
            chain = f"utf-8 ← {codec(run[start:end])}"
            deeper = prove(once, list(_find_utf_8(once)))
            after = amend(once, deeper)
            if deeper and not _UNFIT.search(after):
                yield Read(begin, finish, after, f"{deeper[0].chain} ← {chain}", 1)
            elif prove(once, list(_find_gbk(once))):
                yield Read(begin, finish, once, chain, 1)
            elif not _UNFIT.search(once):
                yield Read(begin, finish, once, chain, _prove_utf_8(text, begin, finish, once))


@rule(
    "utf8-read-as-latin1",
    "certain",
    needs=spelled(0xC2, 0xF4),
    example=("å…šå§”ä¼šè®®", "党委会议"),
)
def undo_utf_8_read_as_latin_1(text: str, _: Context) -> Iterable[Finding]:
    """Read text again as UTF-8 that was read as Latin-1 or Windows-1252, however often.

    Every Chinese character became an accented letter and two symbols. The bytes are all there, and the rules by which
    UTF-8 puts them together are so strict that two sequences in a row prove it. What was misread twice or three times
    is undone at once; the note says so, the last misreading last (`utf-8 ← cp1252 ← utf-8 ← cp1252`).
    """

    def find(text: str) -> Iterable[Finding]:
        return report("utf8-read-as-latin1", text, prove(text, list(_find_utf_8(text))))

    return settle(text, find)


_LEAD = character_class(spelled(0x81, 0xFE))
_GBK_TRAIL = character_class(between("@", "~"), spelled(0x80, 0xFE))
_GBK_UNIT = re.compile(f"{_LEAD}(?:{_GBK_TRAIL}|[0-9]{_LEAD}[0-9])")
_GBK_RUN = re.compile(f"(?:{_LEAD}(?:{_GBK_TRAIL}|[0-9]{_LEAD}[0-9]))++")
_HIGH = frozenset(spelled(0x81, 0xFE))


def _runs_of_gbk(text: str) -> Iterator[re.Match[str]]:
    """Yield the runs of GBK pairs that have a character of Latin-1 in them.

    A run is tried from its first foreign character on, so that its pairs stay in step. Quotation marks and dashes are
    foreign, too, but Chinese text is full of them.
    """
    done = 0
    while found := _LATIN.search(text, done):
        start = found.start()
        while start > done and text[start - 1] in _HIGH:
            start -= 1
        # Curled quotation marks beside Chinese are those of the good text around, never bytes.
        first = start
        while first < found.start() and text[first] in _CURLED and first and HAN.match(text[first - 1]):
            first += 1
            while first < found.start() and text[first] in _CURLED:
                first += 1
        run = _GBK_RUN.match(text, first)
        if run and run.end() > found.start():
            end = _end_before_quotes(text, first, run.end())
            cut = run if end == run.end() else _GBK_RUN.match(text, first, end)
            if cut and cut.end() > found.start():
                yield cut
        done = run.end() if run else max(first, found.start()) + 1


_CURLED = "“”‘’"


def _end_before_quotes(text: str, start: int, end: int) -> int:
    """Return where a run ends without the closing marks that belong to the text around it."""
    last = end
    while last > start and text[last - 1] in _CURLED:
        last -= 1
    if last == end:
        return end
    opened = OPENING.find(text[start - 1]) if start else -1
    beside = end < len(text) and HAN.match(text[end]) is not None
    return last if beside or (opened >= 0 and text[last] == CLOSING[opened]) else end


_STRANGE = frozenset(spelled(0x80, 0xBF)) - _TYPOGRAPHIC | frozenset("×÷ÐÞðþ")  # do not stand inside European words


def _is_list(run: str) -> bool:
    """Tell whether a run lists letters, by code or as pairs of capital and small letter, or repeats one or two."""
    steps = sum(ord(after) - ord(before) == 1 for before, after in pairwise(run))
    cases = sum(before != after and before.lower() == after.lower() for before, after in pairwise(run))
    return max(steps, cases) * 2 >= len(run) - 1 or len(set(run)) <= 2


def _find_gbk(text: str) -> Iterator[Read]:
    """Yield the runs of the text that read as GBK (with the four-byte characters of GB18030)."""
    for match in _runs_of_gbk(text):
        start, end = match.span()
        # Quotation marks and dashes before the run can be part of it or of the good text around it.
        latin = _LATIN.search(text, start, end)
        starts = {start, latin.start()} if latin else {start}
        reads = [read for read in (_read_gbk(text, begin, end) for begin in sorted(starts)) if read]
        if reads:
            yield max(reads, key=lambda read: read.proof)


def _read_gbk(text: str, start: int, end: int) -> Read | None:
    """Return what the characters from `start` to `end` say in GBK, or None if they say nothing."""
    units = [unit.group() for unit in _GBK_UNIT.finditer(text, start, end)]
    behind = text[end] if end < len(text) else "\n"
    if behind.isascii() and behind.isalpha():  # what is left of a word: its accented letter belongs to it
        while units and units[-1][-1].isascii() and units[-1][-1].isalpha():
            units.pop()
    run = "".join(units)
    if not run or not text.startswith(run, start):
        return None
    try:
        after = to_bytes(run).decode("gb18030")
    except UnicodeDecodeError:
        return None
    if len(after) != len(units) or _UNFIT.search(after):
        return None
    score = CHANCE_BITS * len(after) - total_bits(after) + _STRANGENESS * sum(one in _STRANGE for one in run)
    if (start and HAN.match(text[start - 1])) or HAN.match(behind):
        score += _BESIDE
    proof = score / ENOUGH_BITS
    if len(units) == 1 or _is_list(run):
        proof = min(proof, 0.9)
    return Read(start, start + len(run), after, f"gbk ← {codec(run)}", max(proof, 0.1))


@rule(
    "gbk-read-as-latin1",
    "certain",
    needs=spelled(0xA1, 0xFE),
    example=("µ³Î¯»áÒé¾ö¶¨", "党委会议决定"),
)
def undo_gbk_read_as_latin_1(text: str, _: Context) -> Iterable[Finding]:
    """Read text again as GBK that was read as Latin-1 or Windows-1252.

    Any two accented letters are also some Chinese character, so that decoding proves nothing. What proves it is what
    the characters are: common ones throughout, where accented letters would give rare ones, and symbols such as ¹ or
    ¶ in the middle of words. Short runs with neither stay, unless the line or the text around them is proven.
    """

    def find(text: str) -> Iterable[Finding]:
        # What reads as UTF-8 and is still there was left as a mention: it is not two accented letters of GBK.
        kept = deque(prove(text, list(_find_utf_8(text))))
        reads: list[Read] = []
        for read in _find_gbk(text):
            while kept and kept[0].end <= read.start:
                kept.popleft()
            if not kept or kept[0].start >= read.end:
                reads.append(read)
        return report("gbk-read-as-latin1", text, prove(text, reads))

    return settle(text, find)
