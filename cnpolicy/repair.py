"""Undo what reading bytes in the wrong encoding did to a text: exact inverses only.

Each rule turns a run of characters back into the bytes they were read from and reads those in the right encoding. A
run is changed when it decodes without a loss *and* what it says now is far less likely as European text, code or a
table than what it says then is as Chinese. Where that is in doubt, the text stays as it is.
"""

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from html.entities import html5, name2codepoint
from itertools import pairwise
from typing import NamedTuple

from cnpolicy.findings import Finding, apply
from cnpolicy.language import total_bits
from cnpolicy.rules import Context, RuleSet, Stage, between, rule


def _windows_1252() -> dict[str, int]:
    """Return the byte that each character of Latin-1 and Windows-1252 stands for, from 0x80 on.

    Both at once, as browsers have it: the five bytes that Windows-1252 leaves open are the C1 controls of Latin-1,
    and no character stands for two bytes.
    """
    table = {chr(byte): byte for byte in range(0x80, 0x100)}
    for byte in range(0x80, 0xA0):
        try:
            table[bytes([byte]).decode("cp1252")] = byte
        except UnicodeDecodeError:
            continue
    return table


_BYTE = _windows_1252()
_TO_BYTES = str.maketrans({character: chr(byte) for character, byte in _BYTE.items()})
_SPECIALS = "".join(character for character in _BYTE if ord(character) > 0xFF)  # those of Windows-1252 alone


def _spelled(first: int, last: int) -> str:
    """Return the characters that stand for the bytes from `first` to `last`."""
    return "".join(character for character, byte in _BYTE.items() if first <= byte <= last)


def _class(*parts: str) -> str:
    return "[" + "".join(map(re.escape, "".join(parts))) + "]"


def _to_bytes(run: str) -> bytes:
    return run.translate(_TO_BYTES).encode("latin-1")


def _codec(run: str) -> str:
    """Name the encoding that a run was wrongly read in."""
    return "cp1252" if any(character in _SPECIALS for character in run) else "latin-1"


# Characters that close, join or follow words in European text. Between them and letters alone no proof is found.
_TYPOGRAPHIC = frozenset("\xa0 «»‹›“”„‘’‚–—…·°ºª²³¹§©®™!¡¿šžŠŽœŒŸ")
_HAN = re.compile("[\u3001-\u30ff\u3400-\u9fff\uff01-\uffee]")
_HANS = re.compile("[\u3400-\u9fff]+")
_LETTER = re.compile(r"[A-Za-zÀ-ÖØ-öø-ɏ]")

# Bits. A character of prose costs 7 to 9 by the model, one of those that two accented letters give by chance 13 to 20.
_CHANCE = 13.0
_STRANGENESS = 3.0  # bits that a character is worth which does not stand inside European words
_BESIDE = 4.0  # bits that Chinese text next to a run is worth
# So many bits prove a run. Measured with 16 and 4,000 runs of accented letters that were drawn at random: real words
# reach -2, but for doubled letters, which are left out, and one random run in 3,000 reaches 8. Of runs of 2, 3, 4 and 6
# characters of news 68, 92, 98 and 99.9 % do.
_ENOUGH = 8.0
_LATIN = re.compile("[\xa1-\xfe]")
_PROSE = re.compile("[\u3001-\u301b\u3041-\u30fe\u3105-\u3129\u4e00-\u9fa5\uac00-\ud7a3\uff01-\uff5e]")


class _Read(NamedTuple):
    """A run of the text, what it says when read aright, the chain of encodings, and how strong the proof is.

    A proof of 1 or more stands alone; one between 0 and 1 counts beside a proven run.
    """

    start: int
    end: int
    after: str
    chain: str
    proof: float


_OPENING = "“‘「『《\"'`"
_CLOSING = "”’」』》\"'`"


def _is_mention(text: str, start: int, end: int) -> bool:
    """Tell whether a span stands alone between quotation marks, as in a text about mojibake."""
    opened = _OPENING.find(text[start - 1]) if start else -1
    return opened >= 0 and text[end : end + 1] == _CLOSING[opened]


def _prove(text: str, reads: Sequence[_Read]) -> list[_Read]:
    """Return the proven runs, and the weaker ones beside them.

    Beside means in the same line, or anywhere in a text that is garbled throughout: there, more than half of what is
    not ASCII lies in proven runs.
    """
    proven = [read for read in reads if read.proof >= 1]
    if not proven or len(proven) == len(reads):
        return proven
    foreign = sum(map(text.count, set(re.findall("[^\x00-\x7f]", text))))
    if sum(read.end - read.start for read in proven) * 2 > foreign:
        return [read for read in reads if read.proof > 0]
    numbers: list[int] = []
    place = number = 0
    for read in reads:
        number += text.count("\n", place, read.start)
        place = read.start
        numbers.append(number)
    lines = {number for read, number in zip(reads, numbers, strict=True) if read.proof >= 1}
    return [
        read
        for read, number in zip(reads, numbers, strict=True)
        if read.proof >= 1 or (read.proof > 0 and number in lines)
    ]


def _amend(text: str, reads: Iterable[_Read]) -> str:
    findings = [Finding("", read.start, read.end, text[read.start : read.end], read.after, "certain") for read in reads]
    return apply(text, findings)


def _report(name: str, text: str, reads: Sequence[_Read]) -> Iterator[Finding]:
    """Yield a finding per run; mentions are reported and stay, in good Chinese text or where there is nothing else."""
    quoted = [_is_mention(text, read.start, read.end) for read in reads]
    stay = all(quoted)
    if not stay and any(quoted):
        stay = sum(map(len, _HANS.findall(text))) > sum(read.end - read.start for read in reads)
    for read, mention in zip(reads, quoted, strict=True):
        before = text[read.start : read.end]
        if stay and mention:
            note = f"{read.chain}: {read.after!r}; stays, as the text only mentions it"
            yield Finding(name, read.start, read.end, before, before, "reported", note=note)
        else:
            yield Finding(name, read.start, read.end, before, read.after, "certain", note=read.chain)


def _compose(text: str, first: Sequence[Finding], second: Sequence[Finding]) -> list[Finding]:
    """Return the findings that do in one application what `first` and then `second` do in two."""
    middle = apply(text, first)
    spans: list[tuple[int, int, str]] = [(finding.start, finding.end, finding.note) for finding in second]
    shift = 0
    for finding in first:
        start = finding.start + shift
        spans.append((start, start + len(finding.after), finding.note))
        shift += len(finding.after) - len(finding.before)
    spans.sort(key=lambda span: span[:2])
    clusters: list[tuple[int, int, str]] = []
    for start, end, note in spans:
        if clusters and start < clusters[-1][1]:
            started, ended, noted = clusters[-1]
            clusters[-1] = (started, max(ended, end), note if noted in note else noted)
        else:
            clusters.append((start, end, note))
    composed: list[Finding] = []
    earlier, later = deque(first), deque(second)
    shift = 0  # from offsets in the middle text to offsets in the first
    for start, end, note in clusters:
        begin = start - shift
        while earlier and earlier[0].start + shift < end:
            # `shift` grows as findings are passed, and so stays that of the place reached.
            finding = earlier.popleft()
            shift += len(finding.after) - len(finding.before)
        parts: list[str] = []
        done = start
        while later and later[0].start < end:
            finding = later.popleft()
            parts += [middle[done : finding.start], finding.after]
            done = finding.end
        parts.append(middle[done:end])
        name = (first[0] if first else second[0]).rule
        before = text[begin : end - shift]
        composed.append(Finding(name, begin, end - shift, before, "".join(parts), "certain", note=note))
    return composed


_ROUNDS = 12  # each round makes the text shorter; real documents were never garbled more than three times


def _settle(text: str, find: Callable[[str], Iterable[Finding]]) -> list[Finding]:
    """Search until nothing more is found in the result, and return it all as findings of one application."""
    found = list(find(text))
    reported = [finding for finding in found if finding.after == finding.before]
    changing = [finding for finding in found if finding.after != finding.before]
    for _ in range(_ROUNDS):
        if not changing:
            return reported
        more = [finding for finding in find(apply(text, changing)) if finding.after != finding.before]
        if not more:
            spans = [(finding.start, finding.end) for finding in changing]
            loose = [one for one in reported if not any(start < one.end and one.start < end for start, end in spans)]
            return sorted([*changing, *loose], key=lambda finding: finding.start)
        changing = _compose(text, changing, more)
    return []


# -- UTF-8 ------------------------------------------------------------------------------------------------------------

_TAIL = _class(_spelled(0x80, 0xBF))
_TAIL_OR_SPACE = _class(_spelled(0x80, 0xBF), " ")  # editors turn the no-break space into a space
_TWO = _class(_spelled(0xC2, 0xDF)) + _TAIL
_THREE = _class(_spelled(0xE0, 0xEF)) + _TAIL_OR_SPACE + _TAIL_OR_SPACE
_FOUR = _class(_spelled(0xF0, 0xF4)) + _TAIL * 3
_UTF_8_UNIT = re.compile(f"{_FOUR}|{_THREE}|{_TWO}")
_UTF_8_RUN = re.compile(f"(?:{_FOUR}|{_THREE}|{_TWO})++")


def _read_utf_8(run: str) -> str | None:
    """Return the run read as UTF-8, or None if it is not UTF-8."""
    try:
        return _to_bytes(run.replace(" ", "\xa0")).decode("utf-8")
    except UnicodeDecodeError:
        return None


_LEAD_OF_UTF_8 = re.compile(_class(_spelled(0xC2, 0xF4)))


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
    letter_before = start > 0 and _LETTER.match(text[start - 1])
    character = after[units.index(long[0])]
    if not _PROSE.match(character):
        symbol = "\u2010" <= character <= "\u2027" or "\u2100" <= character <= "\u27bf" or character > "\uffff"
        return 1 if symbol and not letter_before else 0.5
    if any(character not in _TYPOGRAPHIC for character in long[0][1:]):
        return 1
    beside = start > 0 and _HAN.match(text[start - 1]) and not (end < len(text) and _LETTER.match(text[end]))
    return 1 if beside else 0.5


def _find_utf_8(text: str) -> Iterator[_Read]:
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
            chain = f"utf-8 ← {_codec(run[start:end])}"
            deeper = _prove(once, list(_find_utf_8(once)))
            after = _amend(once, deeper)
            if deeper and not _UNFIT.search(after):
                yield _Read(begin, finish, after, f"{deeper[0].chain} ← {chain}", 1)
            elif _prove(once, list(_find_gbk(once))):
                yield _Read(begin, finish, once, chain, 1)
            elif not _UNFIT.search(once):
                yield _Read(begin, finish, once, chain, _prove_utf_8(text, begin, finish, once))


@rule(
    "utf8-read-as-latin1",
    "certain",
    needs=_spelled(0xC2, 0xF4),
    example=("å…šå§”ä¼šè®®", "党委会议"),
)
def undo_utf_8_read_as_latin_1(text: str, _: Context) -> Iterable[Finding]:
    """Read text again as UTF-8 that was read as Latin-1 or Windows-1252, however often.

    Every Chinese character became an accented letter and two symbols. The bytes are all there, and the rules by which
    UTF-8 puts them together are so strict that two sequences in a row prove it. What was misread twice or three times
    is undone at once; the note says so, the last misreading last (`utf-8 ← cp1252 ← utf-8 ← cp1252`).
    """

    def find(text: str) -> Iterable[Finding]:
        return _report("utf8-read-as-latin1", text, _prove(text, list(_find_utf_8(text))))

    return _settle(text, find)


# -- GBK --------------------------------------------------------------------------------------------------------------

_LEAD = _class(_spelled(0x81, 0xFE))
_GBK_TRAIL = _class(between("@", "~"), _spelled(0x80, 0xFE))
_GBK_UNIT = re.compile(f"{_LEAD}(?:{_GBK_TRAIL}|[0-9]{_LEAD}[0-9])")
_GBK_RUN = re.compile(f"(?:{_LEAD}(?:{_GBK_TRAIL}|[0-9]{_LEAD}[0-9]))++")
_HIGH = frozenset(_spelled(0x81, 0xFE))


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
        while first < found.start() and text[first] in _CURLED and first and _HAN.match(text[first - 1]):
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
    opened = _OPENING.find(text[start - 1]) if start else -1
    beside = end < len(text) and _HAN.match(text[end]) is not None
    return last if beside or (opened >= 0 and text[last] == _CLOSING[opened]) else end


_STRANGE = frozenset(_spelled(0x80, 0xBF)) - _TYPOGRAPHIC | frozenset("×÷ÐÞðþ")  # do not stand inside European words


def _is_list(run: str) -> bool:
    """Tell whether a run lists letters, by code or as pairs of capital and small letter, or repeats one or two."""
    steps = sum(ord(after) - ord(before) == 1 for before, after in pairwise(run))
    cases = sum(before != after and before.lower() == after.lower() for before, after in pairwise(run))
    return max(steps, cases) * 2 >= len(run) - 1 or len(set(run)) <= 2


def _find_gbk(text: str) -> Iterator[_Read]:
    """Yield the runs of the text that read as GBK (with the four-byte characters of GB18030)."""
    for match in _runs_of_gbk(text):
        start, end = match.span()
        # Quotation marks and dashes before the run can be part of it or of the good text around it.
        latin = _LATIN.search(text, start, end)
        starts = {start, latin.start()} if latin else {start}
        reads = [read for read in (_read_gbk(text, begin, end) for begin in sorted(starts)) if read]
        if reads:
            yield max(reads, key=lambda read: read.proof)


def _read_gbk(text: str, start: int, end: int) -> _Read | None:
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
        after = _to_bytes(run).decode("gb18030")
    except UnicodeDecodeError:
        return None
    if len(after) != len(units) or _UNFIT.search(after):
        return None
    score = _CHANCE * len(after) - total_bits(after) + _STRANGENESS * sum(one in _STRANGE for one in run)
    if (start and _HAN.match(text[start - 1])) or _HAN.match(behind):
        score += _BESIDE
    proof = score / _ENOUGH
    if len(units) == 1 or _is_list(run):
        proof = min(proof, 0.9)
    return _Read(start, start + len(run), after, f"gbk ← {_codec(run)}", max(proof, 0.1))


@rule(
    "gbk-read-as-latin1",
    "certain",
    needs=_spelled(0xA1, 0xFE),
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
        kept = deque(_prove(text, list(_find_utf_8(text))))
        reads: list[_Read] = []
        for read in _find_gbk(text):
            while kept and kept[0].end <= read.start:
                kept.popleft()
            if not kept or kept[0].start >= read.end:
                reads.append(read)
        return _report("gbk-read-as-latin1", text, _prove(text, reads))

    return _settle(text, find)


# -- HZ ---------------------------------------------------------------------------------------------------------------

_HZ_RUN = re.compile(r"~\{((?:[!-w][!-~])+?)~\}")


def _find_hz(text: str) -> Iterator[_Read]:
    """Yield the runs of the text that are HZ between its escapes."""
    for match in _HZ_RUN.finditer(text):
        data = bytes(byte | 0x80 for byte in match.group(1).encode("ascii"))
        try:
            after = data.decode("gb2312")
        except UnicodeDecodeError:
            continue
        proven = len(after) >= 2 and _CHANCE * len(after) - total_bits(after) >= _ENOUGH / 2
        yield _Read(match.start(), match.end(), after, "hz ← ascii", 1 if proven else 0.1)


@rule("hz-left-raw", "certain", needs="~", example=("~{53N/;aRi~}(1998)", "党委会议(1998)"))
def undo_hz_left_raw(text: str, _: Context) -> Iterable[Finding]:
    """Read the seven-bit HZ encoding that was left as it was, `~{` … `~}`.

    Mail and news carried Chinese in this way, and such files are valid ASCII, so that no decoder objects. The escapes
    and pairs within the range of GB2312 are asked for, and characters that are common in prose: drawings and program
    text have the escapes too.
    """

    def find(text: str) -> Iterable[Finding]:
        return _report("hz-left-raw", text, _prove(text, list(_find_hz(text))))

    return _settle(text, find)


# -- Escapes ----------------------------------------------------------------------------------------------------------

_ENTITY = re.compile(
    r"&(?:(?:amp|#0{0,5}38|#[xX]0{0,4}26);)*(?:#(?P<decimal>[0-9]{1,7})|#[xX](?P<hex>[0-9a-fA-F]{1,6})|(?P<name>[A-Za-z][A-Za-z0-9]{1,15}));"
)
# A line of a program that gives a name a text: the references in it are what the program writes.
_CODE = re.compile(r"[ \t]*(?:(?:var|let|const) )?[A-Za-z_][A-Za-z0-9_.]{0,40}[ \t]{0,4}[-+]?=[ \t]{0,4}[\"'{\[(]")
_URL = re.compile(r"(?:https?|ftp)://[!-~]++|www\.[!-~]++")
# What &#128; to &#159; mean by the HTML standard: the bytes of Windows-1252.
_BY_STANDARD = {byte: character for character, byte in _BYTE.items() if byte < 0xA0 and character in _SPECIALS}
_WORDS = frozenset(["amp", "lt", "gt", "quot", "apos", "nbsp"])


def _read_entity(match: re.Match[str], chinese: bool) -> str | None:
    """Return the character that a character reference stands for, or None if it shall stay."""
    name = match["name"]
    if name:
        # The names of HTML 4 and no others, and those of letters and signs of mathematics only in lines of Chinese:
        # `&int;` and `&in;` are program text.
        if name not in name2codepoint and name != "apos":
            return None
        character = html5[name + ";"]
        return (
            character if chinese or name in _WORDS or character < "\u0100" or "\u2000" <= character < "\u2100" else None
        )
    code = int(match["decimal"]) if match["decimal"] else int(match["hex"], 16)
    if code in _BY_STANDARD:
        return _BY_STANDARD[code]
    unfit = code < 0x20 or 0x7F <= code < 0xA0 or 0xD800 <= code < 0xE000 or code > 0x10FFFF
    return None if unfit or code & 0xFFFE == 0xFFFE or 0xFDD0 <= code < 0xFDF0 or code == 0xFFFD else chr(code)


def _find_entities(text: str) -> Iterator[Finding]:
    urls = [(match.start(), match.end()) for match in _URL.finditer(text)] if "://" in text or "www." in text else []
    line_end = -1
    chinese = code = False
    url = 0
    for match in _ENTITY.finditer(text):
        start, end = match.span()
        while url < len(urls) and urls[url][1] <= start:
            url += 1
        if url < len(urls) and urls[url][0] <= start:
            continue
        if start > line_end:
            line_start = text.rfind("\n", max(line_end, 0), start) + 1
            line_end = text.find("\n", start)
            line_end = len(text) if line_end < 0 else line_end
            chinese = bool(_HAN.search(text, line_start, line_end))
            code = _CODE.match(text, line_start, line_end) is not None
        if code:
            continue
        after = _read_entity(match, chinese)
        if after is None:
            continue
        before = match.group()
        if _is_mention(text, start, end) and match["name"]:
            yield Finding("html-entity", start, end, before, before, "reported", note=f"stands for {after!r}")
        else:
            yield Finding("html-entity", start, end, before, after, "certain")


@rule("html-entity", "certain", needs="&", example=("&#20826;&#x59D4;&amp;#20250;&ldquo;议&rdquo;", "党委会“议”"))
def read_html_entity(text: str, _: Context) -> Iterable[Finding]:
    """Put the character where an HTML character reference was left, also one that was escaped twice.

    Pages saved by program keep `&nbsp;`, `&ldquo;` or whole texts of `&#20013;`. The final semicolon is asked for:
    without it `&copy=2` in an address would be a reference as well. Addresses stay as they are.
    """
    return _settle(text, _find_entities)


STAGE = Stage(
    "repair",
    (
        # Escapes first: what they stand for can itself be garbled. UTF-8 before GBK, for its proof is the stricter one
        # and what is under it may be GBK, which the next pass then undoes.
        RuleSet("escapes", (read_html_entity, undo_hz_left_raw)),
        RuleSet("utf-8", (undo_utf_8_read_as_latin_1,)),
        RuleSet("gbk", (undo_gbk_read_as_latin_1,)),
    ),
)
