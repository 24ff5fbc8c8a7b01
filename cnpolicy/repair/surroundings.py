"""Where an escape stands: in text, in code, in an address, or in a text about escapes."""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import pairwise
from typing import NamedTuple

from cnpolicy.findings import Finding
from cnpolicy.repair.proof import CLOSING, HAN, OPENING, Read, mentioned, prove

_NOT_ASCII = re.compile("[^\x00-\x7f]")
_MENTION = 12  # characters: what is quoted as an example is a word or two
_ABOUT = 4  # characters: so short is what a text about codes gives beside its words
# Sure enough of Chinese: what a run must say, apart from characters of its own line.
_TEXT = re.compile(
    "[\u2e80-\u30ff\u3105-\u312f\u3190-\u319f\u31a0-\u9fff\uf900-\ufaff\ufe10-\ufe1f\ufe30-\ufe6f\uff01-\uffee\U00020000-\U000323af]"
)
# Marks, letters and signs that Chinese text has beside its characters: “”…—·°×①℃āα.
_BESIDE = re.compile(
    "[\xa0-\u024f\u0370-\u03ff\u0401-\u0451\u1e00-\u1eff\u2000-\u206f\u20a0-\u20bf\u2100-\u27bf\U0001f300-\U0001faff]"
)


class Line(NamedTuple):
    """A line of a text and the escapes in it."""

    start: int
    end: int
    matches: list[re.Match[str]]


def by_line(text: str, matches: Iterable[re.Match[str]]) -> Iterator[Line]:
    """Yield the lines that have escapes, each with its own."""
    line: Line | None = None
    for match in matches:
        if line is None or match.start() >= line.end:
            if line is not None:
                yield line
            start = text.rfind("\n", 0 if line is None else line.end, match.start()) + 1
            end = text.find("\n", match.start())
            line = Line(max(start, 0 if line is None else line.end), len(text) if end < 0 else end, [])
        line.matches.append(match)
    if line is not None:
        yield line


def says_chinese(text: str) -> int:
    """Return how many characters of a text are Chinese, kana and wide marks included."""
    return sum(map(len, _texts().findall(text)))


@cache
def _texts() -> re.Pattern[str]:
    return re.compile(_TEXT.pattern + "+")


def belongs_in_text(character: str) -> bool:
    """Tell whether a character can stand in Chinese text and is not one that every text has."""
    return _TEXT.match(character) is not None or _BESIDE.match(character) is not None


# -- Code -------------------------------------------------------------------------------------------------------------


@cache
def _token() -> re.Pattern[str]:
    r"""Match a literal or a remark in program text; a backslash takes the next character with it.

    Where the closing mark is missing, the literal goes on to the end of the line: so the search stays linear.
    """
    return re.compile(
        r"""\\.|(?P<literal>"(?:[^"\\\n]|\\.)*+(?P<closed>")?|'(?:[^'\\\n]|\\.)*+(?:(?P<shut>'))?)|//[^\n]*+|/\*[^\n]*+"""
    )


@cache
def _statement() -> re.Pattern[str]:
    return re.compile(
        r"[ \t]*+(?:"
        r"(?:var|let|const|return|import|from|def|class|public|private|static|final|echo|printf?|console|#define|#include|"
        r"if|while|for|elif|else|case|char|string|String|select|SELECT|insert|INSERT|update|UPDATE|grep|sed|awk|curl|wget)"
        r"\b[^\n]*[\"'`;({/]"
        r"|[a-z_$][A-Za-z0-9_.$-]{0,60}[ \t]{0,4}[-+:]?=(?!\?)"  # a name gets a value, as in a file of properties
        r"|[a-z_][A-Za-z0-9_]{0,40}[._][A-Za-z_][A-Za-z0-9_.]{1,40}[ \t]{0,4}[:=]"
        r"|(?:\$|>>>|>|#|%)[ \t]++[a-z]++[ \t]"  # what was typed at a prompt
        r")"
    )


@cache
def _outside_code() -> re.Pattern[str]:
    return re.compile("[\u3001-\u30ff\u3400-\u9fff]")


def is_code(text: str, line: Line, *, assignments: bool = True) -> bool:
    """Tell whether the escapes of a line are what a program, a data file or a pattern has in it.

    Either all of them stand inside straight quotation marks, with nothing Chinese outside and none inside beside them,
    or the line has the shape of a statement or of an entry of a data file.
    """
    literals: list[tuple[int, int]] = []
    outside: list[str] = []
    done = line.start
    for token in _token().finditer(text, line.start, line.end):
        if token["literal"] is None:
            if token.group().startswith("\\"):
                continue
        elif token["closed"] is None and token["shut"] is None:
            continue
        else:
            literals.append(token.span())
        outside.append(text[done : token.start()])
        done = token.end()
    outside.append(text[done : line.end])
    bare = "".join(outside)
    if len(literals) == 1 and _entry().fullmatch(bare) and literals[0][1] - literals[0][0] <= _SHORT:
        return True
    if _outside_code().search(bare):
        return False
    holding = _all_in(literals, line.matches) if literals else None
    if holding is not None:
        # No program writes a literal half in escapes; a data file does, with its names and values quoted.
        data = len(literals) > 1 and ":" in bare and _data().fullmatch(bare) is not None
        if data or not any(_outside_code().search(text, start, end) for start, end in holding):
            return True
    head = text[line.start : min(line.end, line.start + 400)]
    return assignments and _statement().match(head) is not None


_SHORT = 40  # characters: the value of an entry; what somebody says is longer


@cache
def _entry() -> re.Pattern[str]:
    """Match what an entry of a data file has beside its quoted value: a name and a colon."""
    return re.compile(r"[ \t-]*+\w{1,12}[ \t]?:[ \t]++,?\r?")


@cache
def _data() -> re.Pattern[str]:
    return re.compile(r"(?:[\s{}\[\]:,0-9.+-]|true|false|null|None|True|False)*+")


def _all_in(spans: Sequence[tuple[int, int]], matches: Sequence[re.Match[str]]) -> list[tuple[int, int]] | None:
    """Return those of the spans that hold escapes, or None if an escape is in none of them."""
    found: list[tuple[int, int]] = []
    place = 0
    for match in matches:
        while place < len(spans) and spans[place][1] <= match.start():
            place += 1
        if place == len(spans) or spans[place][0] > match.start():
            return None
        if not found or found[-1] != spans[place]:
            found.append(spans[place])
    return found


@cache
def _set() -> re.Pattern[str]:
    return re.compile(r"\[\^?(?:[^\]\[\\ ]|\\[^\n]){1,200}+\](?P<times>[+*?{]?)")


def sets_of_characters(text: str, line: Line) -> list[tuple[int, int]]:
    """Return where a line has sets of characters of a search pattern, such as `[\\u4e00-\\u9fff]`."""
    sets = _set().finditer(text, line.start, line.end)
    return [match.span() for match in sets if match["times"] or _range().search(match.group())]


@cache
def _range() -> re.Pattern[str]:
    return re.compile(
        r"(?:^\[\^?|[^0-9A-Fa-f])\\[ux]\{?[0-9A-Fa-f]{2,6}\}?-\\[ux]\{?[0-9A-Fa-f]{2,6}\}?(?:\]|\\[^ux]|[^\\])"
    )


# -- Addresses --------------------------------------------------------------------------------------------------------


@cache
def _address() -> re.Pattern[str]:
    name = r"[A-Za-z_][A-Za-z0-9_.\[\]-]{0,40}\*?="
    # An address ends before the escape of a wide mark, and before a bracket that text goes on behind.
    rest = (
        r"(?:(?!%(?:[Ee][Ff]%[Bb][Cc]%[89]|[Ee]3%80%[89]|u(?:FF|ff|30)[0-9A-Fa-f]{2}|[Aa]1%[Aa][23]|[Aa]3%[Aa][BCbc])"
        r"|\)[,.;:])[!-~])*+"
    )
    apart = r"(?<![^ \t\n\"'(=<])"
    return re.compile(
        rf"[A-Za-z][A-Za-z0-9+.-]{{1,12}}://[A-Za-z0-9@:_.-]*+(?:[/?#]{rest}|%40{rest})?"
        rf"|www\.[A-Za-z0-9.-]++(?:[/?:#]{rest})?"
        rf"|(?:mailto|data|javascript|tel|magnet|ed2k|urn|file|thunder):{rest}"
        rf"|{apart}[.~]{{0,2}}/{rest}"
        r"|(?<![A-Za-z0-9.-])[A-Za-z0-9-]{1,40}\.(?:[A-Za-z0-9-]{1,40}\.)?"
        rf"(?:com|cn|net|org|gov|edu|html?|php|aspx?|jsp|cgi)[/?:#]{rest}"
        rf"|[?&;]{name}{rest}|(?<![!-~]){name}{rest}|{apart}[?&]{rest}"
        rf"|(?<![A-Za-z0-9.%-])/?(?:[a-z0-9_-]{{2,40}}/)++{rest}"
        rf"|(?:href|src|action|url|HREF|SRC)[ ]?=[ ]?[\"']{rest}"
        rf"|[A-Za-z]:[\\/]{rest}"
    )


def addresses(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Return where addresses, paths and the fields of forms lie in a stretch of a text."""
    return [match.span() for match in _address().finditer(text, start, end)]


# -- Mentions ---------------------------------------------------------------------------------------------------------


def outside(matches: Iterable[re.Match[str]], spans: Sequence[tuple[int, int]]) -> list[re.Match[str]]:
    """Return the matches that begin in none of the spans; both are in order."""
    kept: list[re.Match[str]] = []
    place = 0
    for match in matches:
        while place < len(spans) and spans[place][1] <= match.start():
            place += 1
        if place == len(spans) or match.start() < spans[place][0]:
            kept.append(match)
    return kept


@cache
def _about() -> re.Pattern[str]:
    """Match what only a text about characters and codes says; words such as 编码 and 代码 are in every second text."""
    return re.compile(
        r"U\+[0-9A-Fa-f]{4}|Unicode|UNICODE|unicode|UTF-?(?:7|8|16)|utf-?(?:7|8|16)|GBK|GB2312|GB18030|B(?:ig|IG)5|"
        r"ASCII|HTML|JSON|XML|八进制|八進位|十六进制|十六進位|"
        r"URL|JavaScript|Python|Java|CSS|quoted-printable|Quoted-Printable|Base64|base64|MIME|转义|轉義|乱码|亂碼|码点|碼點|"
        r"字符编码|字符集|字元編碼|实体引用|entity|escape"
    )


_APART = frozenset(" \t\u3000（）()[]【】:：=＝|,→/<>\"'“”‘’「」『』`*\r")


def _stands_apart(text: str, read: Read, also: str = "") -> bool:
    before = text[read.start - 1] if read.start else "\n"
    behind = text[read.end] if read.end < len(text) else "\n"
    return all(one == "\n" or one in _APART or one in also for one in (before, behind))


def is_quoted(text: str, read: Read) -> bool:
    """Tell whether a run stands alone between quotation marks."""
    opened = OPENING.find(text[read.start - 1]) if read.start else -1
    return opened >= 0 and text[read.end : read.end + 1] == CLOSING[opened]


def is_about_escapes(text: str, line: Line, reads: Sequence[Read]) -> bool:
    """Tell whether a line of good text mentions the escapes that are in it, and does not write with them.

    Good text means that there is more of it than of escaped text. The escapes are short, and all of them stand between
    quotation marks, or beside what they mean, or the line says that it is about characters.
    """
    if not reads or any(len(read.after) > _MENTION for read in reads):
        return False
    said = sum(len(read.after) for read in reads)
    bare: list[str] = []
    done = line.start
    for read in reads:
        bare.append(text[done : read.start])
        done = max(done, read.end)
    bare.append(text[done : line.end])
    rest = "\n".join(bare)
    good = says_chinese(rest)
    # A row of a table of codes: what the escape means, and the escape.
    beside = all(
        says_chinese(read.after) and read.after.isalnum() and read.after in rest and _stands_apart(text, read)
        for read in reads
    )
    if good <= said:
        return good > 0 and beside
    if (beside and all(len(read.after) <= _ABOUT for read in reads)) or all(is_quoted(text, read) for read in reads):
        return True
    # What the escapes mean stands in a line that says that it is about them.
    if all(says_chinese(read.after) and read.after in rest for read in reads) and _about().search(rest):
        return True
    return (
        len(reads) <= 3
        and all(len(read.after) <= _ABOUT and _stands_apart(text, read, "，、。；：？！\xa0") for read in reads)
        and good >= 2 * said
        and _about().search(rest) is not None
    )


def is_table_of_codes(reads: Sequence[Read]) -> bool:
    """Tell whether the runs of a line list characters in the order of their codes."""
    said = "".join(read.after for read in reads)
    steps = [ord(after) - ord(before) for before, after in pairwise(said)]
    return len(steps) >= 2 and sum(step == 1 for step in steps) * 3 > len(steps) * 2


def is_ascii(text: str, line: Line) -> bool:
    """Tell whether all of a line is ASCII, as where everything else is escaped."""
    return _NOT_ASCII.search(text, line.start, line.end) is None


def stands_in_chinese(text: str, line: Line) -> bool:
    """Tell whether a line has Chinese characters that are not escaped."""
    return HAN.search(text, line.start, line.end) is not None


def touches_chinese(text: str, start: int, end: int) -> bool:
    """Tell whether Chinese stands directly before or behind a stretch of a text."""
    return bool((start and HAN.match(text, start - 1, start)) or (end < len(text) and HAN.match(text, end, end + 1)))


def told(name: str, text: str, reads: Iterable[Read]) -> Iterator[Finding]:
    """Yield the findings that report mentions and change nothing."""
    for read in reads:
        yield mentioned(name, text, read.start, read.end, read.chain, read.after)


def made(name: str, text: str, reads: Iterable[Read]) -> Iterator[Finding]:
    """Yield the findings that put what the runs say in their place."""
    for read in reads:
        yield Finding(name, read.start, read.end, text[read.start : read.end], read.after, "certain", note=read.chain)


def findings(name: str, text: str, lines: Iterable[tuple[Line, list[Read]]]) -> list[Finding]:
    """Return the findings of the runs that are escaped in some lines; what a line only mentions is reported."""
    reads: list[Read] = []
    mentions: list[Read] = []
    for line, found in lines:
        (mentions if is_about_escapes(text, line, found) else reads).extend(found)
    both = [*made(name, text, prove(text, reads)), *told(name, text, mentions)]
    return sorted(both, key=lambda finding: finding.start)


def joined(reads: Iterable[Read]) -> list[Read]:
    """Return the runs that adjacent escapes make; each has the chain and the proof of its first escape."""
    found: list[Read] = []
    first: Read | None = None
    end = 0
    parts: list[str] = []
    for read in reads:
        if first is not None and end == read.start:
            parts.append(read.after)
        else:
            if first is not None:
                found.append(Read(first.start, end, "".join(parts), first.chain, first.proof))
            first, parts = read, [read.after]
        end = read.end
    if first is not None:
        found.append(Read(first.start, end, "".join(parts), first.chain, first.proof))
    return found


def several(reads: list[Read]) -> list[Read]:
    """Return the runs of a line, all proven where two Chinese characters and more are escaped one by one in it."""
    if sum(says_chinese(read.after) for read in reads if read.proof >= 0.5) < 2:
        return reads
    return [read._replace(proof=1) if read.proof >= 0.5 else read for read in reads]
