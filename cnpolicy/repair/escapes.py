"""Put characters where their escapes were left: character references of HTML, and escapes with a backslash."""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from html.entities import html5, name2codepoint
from itertools import pairwise
from unicodedata import category

from cnpolicy.findings import Finding
from cnpolicy.repair.code_pages import BYTE, SPECIALS
from cnpolicy.repair.octets import (
    Octet,
    Tally,
    read_octets,
    rows,
    tally,
    worth,
)
from cnpolicy.repair.proof import ENOUGH_BITS, HAN, Read, settle
from cnpolicy.repair.surroundings import (
    Line,
    belongs_in_text,
    by_line,
    findings,
    is_about_escapes,
    is_ascii,
    is_code,
    is_table_of_codes,
    joined,
    outside,
    says_chinese,
    sets_of_characters,
    several,
    stands_in_chinese,
    told,
    touches_chinese,
)
from cnpolicy.rules import Context, rule

# Marks that stand in Chinese text as named references whose semicolon can be missing.
_MARKS = "nbsp|ensp|emsp|ldquo|rdquo|lsquo|rsquo|mdash|ndash|hellip|middot|bull|quot|times|deg"


@cache
def _entity() -> re.Pattern[str]:
    return re.compile(
        r"&(?:(?:amp|#0{0,5}38|#[xX]0{0,4}26);)*"
        r"(?:#(?P<decimal>[0-9]{1,7});|#[xX](?P<hex>[0-9a-fA-F]{1,6});|(?P<name>[A-Za-z][A-Za-z0-9]{1,15});"
        # Without the semicolon: the digits of what follows cannot be told from those of the reference, so only as many
        # are taken as a character of Chinese text has.
        r"|#0{0,2}(?P<open>(?:1[3-9]|[23][0-9]|40)[0-9]{3}|65[0-5][0-9]{2}|122[89][0-9]|123[0-5][0-9]"
        r"|8[2-9][0-9]{2}|9[0-9]{3}|160|17[67]|183|215)(?!;)"
        r"|#[xX](?P<openhex>00[aAbBdD][0-9a-fA-F]|20[12][0-9a-fA-F]|2[1-9a-fA-F][0-9a-fA-F]{2}|[3-9][0-9a-fA-F]{3}"
        rf"|[fF][89aefAEF][0-9a-fA-F]{{2}})(?!;)|(?P<mark>{_MARKS})(?![A-Za-z;=]))"
    )


@cache
def _program() -> re.Pattern[str]:
    """Match a line of a program that gives a name a text: the references in it are what the program writes."""
    return re.compile(r"[ \t]*(?:(?:var|let|const) )?[A-Za-z_][A-Za-z0-9_.]{0,40}[ \t]{0,4}[-+]?=[ \t]{0,4}[\"'{\[(]")


@cache
def _url() -> re.Pattern[str]:
    return re.compile(r"(?:https?|ftp)://[!-~]++|www\.[!-~]++")


# What &#128; to &#159; mean by the HTML standard: the bytes of Windows-1252.
_BY_STANDARD = {byte: character for character, byte in BYTE.items() if byte < 0xA0 and character in SPECIALS}
# Those that it leaves open mean controls, as browsers have it. Beside other references they are bytes of a character.
_OPEN = frozenset(range(0x80, 0xA0)) - frozenset(_BY_STANDARD)
_WORDS = frozenset(["amp", "lt", "gt", "quot", "apos", "nbsp"])
_SIGNS = frozenset(["Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "Zs"])


def _read_name(name: str, chinese: bool) -> str | None:
    """Return what a named reference stands for, or None if it shall stay.

    The names of HTML 4, and those of letters and signs of mathematics only in lines of Chinese: `&int;` and `&in;` are
    program text. Of the two thousand names of HTML 5 only the marks, and only there.
    """
    if name in name2codepoint or name == "apos":
        character = html5[name + ";"]
        known = chinese or name in _WORDS or character < "\u0100" or "\u2000" <= character < "\u2100"
        return character if known else None
    if not chinese:
        return None
    text = html5.get(name + ";", "")
    return text if len(text) == 1 and category(text) in _SIGNS else None


def _read_code(code: int) -> str | None:
    """Return the character of a numeric reference, or None if no text has it."""
    if code in _BY_STANDARD:
        return _BY_STANDARD[code]
    unfit = (
        (code < 0x20 and code not in (0x09, 0x0A, 0x0D))
        or 0x7F <= code < 0xA0
        or 0xD800 <= code < 0xE000
        or code > 0x10FFFF
    )
    return None if unfit or code & 0xFFFE == 0xFFFE or 0xFDD0 <= code < 0xFDF0 or code == 0xFFFD else chr(code)


def _read_entity(text: str, match: re.Match[str], chinese: bool) -> str | None:
    """Return the character that a character reference stands for, or None if it shall stay."""
    if match["name"]:
        return _read_name(match["name"], chinese)
    if match["mark"]:
        start, end = match.span()
        beside = touches_chinese(text, start, end) or text[start - 1 : start] == ";" or text[end : end + 1] == "&"
        return html5[match["mark"] + ";"] if chinese and beside else None
    if match["open"] or match["openhex"]:
        character = chr(int(match["open"]) if match["open"] else int(match["openhex"], 16))
        return character if belongs_in_text(character) else None
    code = int(match["decimal"]) if match["decimal"] else int(match["hex"], 16)
    if code in _OPEN and (text[match.start() - 1 : match.start()] == ";" or text.startswith("&#", match.end())):
        return chr(code)
    return _read_code(code)


def _find_entities(text: str) -> Iterator[Finding]:
    if not _entity().search(text):
        return
    urls = [match.span() for match in _url().finditer(text)] if "://" in text or "www." in text else []
    url = 0
    for line in by_line(text, _entity().finditer(text)):
        if _program().match(text, line.start, line.end) or _is_source(text, line):
            continue
        chinese = HAN.search(text, line.start, line.end) is not None
        reads: list[Read] = []
        # Where references are written without it, a semicolon behind one is the text's.
        opened = sum(bool(match["open"] or match["openhex"]) for match in line.matches)
        bare = opened > 2 and opened * 2 > len(line.matches)
        for match in line.matches:
            start, end = match.span()
            if bare and (match["decimal"] or match["hex"]):
                end -= 1
            while url < len(urls) and urls[url][1] <= start:
                url += 1
            after = _read_entity(text, match, chinese)
            if url < len(urls) and urls[url][0] <= start:
                named = match["name"] or match["mark"]
                if after is None or named or not _ends_address(text, urls[url][0], start, after):
                    continue
                urls[url] = (urls[url][0], start)
            if after is not None:
                reads.append(Read(start, end, after, "html", 1))
        if not reads or ('"' in text[line.start : line.end] and _is_literal(text, line)):
            continue
        if is_about_escapes(text, line, joined(reads)):
            yield from told("html-entity", text, reads)
        else:
            for read in reads:
                before = text[read.start : read.end]
                yield Finding("html-entity", read.start, read.end, before, read.after, "certain")


@cache
def _tag() -> re.Pattern[str]:
    return re.compile(r"<[A-Za-z][A-Za-z0-9]{0,10} [A-Za-z-]{1,30}=[\"']|<!")


def _is_source(text: str, line: Line) -> bool:
    """Tell whether a line is the source of a page, where references are in place: with tags that have attributes."""
    return _tag().search(text, line.start, line.end) is not None


def _ends_address(text: str, start: int, place: int, character: str) -> bool:
    """Tell whether a numeric reference ends an address: no field of a form is there, or it stands for a wide mark."""
    return belongs_in_text(character) and ("?" not in text[start:place] or not character.isalnum())


def _is_literal(text: str, line: Line) -> bool:
    """Tell whether the references stand in literals of a program and not in the attributes of a tag."""
    return "<" not in text[line.start : line.end] and is_code(text, line, assignments=False)


@rule("html-entity", "certain", needs="&", example=("&#20826;&#x59D4;&amp;#20250;&ldquo;议&rdquo;", "党委会“议”"))
def read_html_entity(text: str, _: Context) -> Iterable[Finding]:
    """Put the character where an HTML character reference was left, also one that was escaped twice.

    Pages saved by program keep `&nbsp;`, `&ldquo;` or whole texts of `&#20013;`. Without its semicolon a reference is
    read where it stands for a character of Chinese text: `&copy=2` in an address would be one as well. Addresses and
    the literals of programs stay as they are.
    """
    return settle(text, _find_entities)


# -- Backslashes ------------------------------------------------------------------------------------------------------


@cache
def _backslash() -> re.Pattern[str]:
    return re.compile(
        r"(?P<slashes>\\{1,4})(?:u(?P<four>[0-9A-Fa-f]{4})|U(?P<eight>00[01][0-9A-Fa-f]{5})|u\{(?P<braced>[0-9A-Fa-f]{2,6})\}"
        r"|x(?P<two>[0-9A-Fa-f]{2})|0?(?P<octal>[0-3][0-7]{2}))"
    )


@cache
def _carries_bytes() -> re.Pattern[str]:
    return re.compile(
        r"\\(?:u[0-9A-Fa-f]{4}|U00[01][0-9A-Fa-f]{5}|u\{[0-9A-Fa-f]{2,6}\}|x[89A-Fa-f][0-9A-Fa-f]|0?[23][0-7]{2})"
    )


@cache
def _whole() -> re.Pattern[str]:
    """Match a line in which every backslash begins an escape: then those of marks are escapes, too."""
    return re.compile(
        r"""(?:[^\\]++|\\(?:["'\\/nrtbf]|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|x[0-9A-Fa-f]{2}|u\{[0-9A-Fa-f]{2,6}\}))*+"""
    )


@cache
def _mark() -> re.Pattern[str]:
    return re.compile(r"""\\(?:(?P<mark>["'\\/nrt])|U[0-9A-Fa-f]{8}|x..|u[^\\]{4})""")


@cache
def _mark_twice() -> re.Pattern[str]:
    return re.compile(r"""\\\\(?P<mark>\\["']|[nrt/]|\\\\)|\\\\(?:U[0-9A-Fa-f]{8}|x..|u[^\\]{4})""")


@cache
def _drive() -> re.Pattern[str]:
    return re.compile(
        r"""[A-Za-z]:\\[^\s"'<>|*?]*+|(?<![\\\w])\\\\(?!u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2}|U00)[A-Za-z0-9.-]++\\(?!\\)[^\s"'<>|*?]*+"""
    )


# So many numbers of three digits behind backslashes in a row are bytes. Of 1,800 short rows of GBK and Big5 775 come
# back, and 9 of 1,000 rows of such numbers drawn at random are misread; with 8 343, and 8.
_LEAST_OCTAL = 4
# Bits for shorter rows, with so much of what other lines of the document have. Of 1,800 lines of one or two characters
# of odd lines of news, in GBK or Big5, 343 come back, and of 4,000 numbers drawn at random 21 become characters. With
# half of the bits that is 475 and 39, with twice 159 and 6; with a quarter of what others have 310 and 19, with all of
# it 408 and 28.
_OCTAL_BITS = ENOUGH_BITS / 2
_ELSEWHERE = 0.5
_MARK_VALUES = {"n": "\n", "r": "\r", "t": "\t"}


def _units(matches: Iterable[re.Match[str]], whole: bool) -> Iterator[Read]:
    """Yield the characters that escapes by code point stand for, surrogates joined."""
    high: re.Match[str] | None = None
    for match in matches:
        digits = match["four"] or match["eight"] or match["braced"] or match["two"]
        code = int(digits, 16)
        if high is not None:
            if 0xDC00 <= code < 0xE000 and match["four"] and high.end() == match.start():
                first = int(high["four"], 16)
                joined = chr(0x10000 + ((first - 0xD800) << 10) + code - 0xDC00)
                yield Read(high.start(), match.end(), joined, "escape", 0)
                high = None
                continue
            high = None
        if 0xD800 <= code < 0xDC00 and match["four"]:
            high = match
            continue
        if code > 0x10FFFF or 0xD800 <= code < 0xE000:
            continue
        character = chr(code)
        fit = " " <= character <= "~" or belongs_in_text(character) or (whole and character in "\t\n\r")
        if fit:
            before = "\\" if len(match["slashes"]) == 3 else ""
            yield Read(match.start(), match.end(), before + character, "escape", 0)


def _outside_paths(text: str, line: Line) -> tuple[list[re.Match[str]], bool]:
    """Return the escapes of a line that are not part of a path or a search pattern, and whether it has such."""
    paths = [match.span() for match in _drive().finditer(text, line.start, line.end)]
    sets = sets_of_characters(text, line)
    return outside(outside(line.matches, paths), sets), bool(paths or sets)


def _is_character(match: re.Match[str]) -> bool:
    """Tell whether an escape is that of a character and not of a byte."""
    return not (match["two"] or match["octal"])


def _byte_escapes(matches: list[re.Match[str]]) -> list[Octet]:
    """Return the escaped bytes of a line, hexadecimal or, where there are none of these, octal."""
    hexadecimal = any(match["two"] for match in matches)
    octets: list[Octet] = []
    least = min((len(match["slashes"]) for match in matches), default=1)
    for match in matches:
        digits = match["two"] if hexadecimal else match["octal"]
        if digits:
            # Of three backslashes the first two are one in the text, or the second byte of a character of GBK; where
            # others have one, so is the first of two.
            slashes = len(match["slashes"])
            start = match.start() + (2 if slashes == 3 else 1 if slashes == 2 and least == 1 else 0)
            octets.append(Octet(start, match.end(), int(digits, 16 if hexadecimal else 8)))
    return octets


def _read_bytes(text: str, line: Line, matches: list[re.Match[str]], tallied: Tally) -> list[Read]:
    octets = _byte_escapes(matches)
    if any(match["two"] for match in matches):
        return read_octets(text, line, octets, "bytes", tallied)
    reads = read_octets(text, line, octets, "octal", tallied)
    # Numbers behind backslashes can be anything: what is not UTF-8 must make sense, or be more than numbers are.
    in_pairs = [read for read in reads if not (read.chain.startswith("utf-8") or read.after.isascii())]
    if not in_pairs or max(len(row) for row in rows(octets)) >= _LEAST_OCTAL:
        return reads
    makes_sense = worth(text, in_pairs) + _ELSEWHERE * max(tallied.gbk, tallied.big5) >= _OCTAL_BITS
    return reads if makes_sense else []


def _read_backslashes(
    text: str, line: Line, matches: list[re.Match[str]], has_paths: bool, tallied: Tally
) -> list[Read]:
    """Return what the escapes of a line say, those outside paths; `tallied` is what other lines say of the bytes."""
    ascii_only = is_ascii(text, line)
    by_code = [match for match in matches if _is_character(match)]
    if not by_code:
        return _read_bytes(text, line, matches, tallied)
    # A number behind a backslash is no byte where characters are escaped.
    matches = [match for match in matches if not match["octal"]]
    among = stands_in_chinese(text, line)
    reads: list[Read] = []
    for run in joined(_units(matches, ascii_only)):
        chinese = says_chinese(run.after)
        whole = run.start == line.start and run.end == line.end
        beside = (among and not run.after.isascii()) or touches_chinese(text, run.start, run.end)
        if chinese > 1 or (whole and chinese) or beside:
            proof = 1.0
        else:
            proof = 0.5 if chinese else 0.1
        reads.append(run._replace(proof=proof))
    reads = several(reads)
    if is_table_of_codes(reads):
        return []
    proven = any(read.proof >= 1 for read in reads)
    if proven and ascii_only and not has_paths and _whole().fullmatch(text, line.start, line.end):
        twice = all(len(match["slashes"]) == 2 for match in by_code)
        marks = [
            Read(match.start(), match.end(), _MARK_VALUES.get(match["mark"], match["mark"][-1:]), "escape", 0.1)
            for match in (_mark_twice() if twice else _mark()).finditer(text, line.start, line.end)
            if match["mark"]
        ]
        together = sorted([*reads, *marks])
        if all(one.end <= other.start for one, other in pairwise(together)):
            return together
    return reads


def _lines_with_backslashes(text: str) -> Iterator[tuple[Line, list[Read]]]:
    if not _carries_bytes().search(text):
        return
    found: list[tuple[Line, list[re.Match[str]], bool]] = []
    for line in by_line(text, _backslash().finditer(text)):
        matches, has_paths = _outside_paths(text, line)
        if matches:
            found.append((line, matches, has_paths))
    by_bytes = [(line, _byte_escapes(matches)) for line, matches, _ in found if not any(map(_is_character, matches))]
    tallied = tally(text, by_bytes, "bytes")
    for line, matches, has_paths in found:
        read = _read_backslashes(text, line, matches, has_paths, tallied)
        if not read or (is_code(text, line) and not _lists_files(text, line)):
            continue
        yield line, read


@cache
def _quoted() -> re.Pattern[str]:
    """Match what stands in quotation marks; without the closing one, to the end of the line."""
    return re.compile(r"""(?<!\w)(?:"(?P<double>(?:[^"\\\n]|\\.)*+)"?|'(?P<single>(?:[^'\\\n]|\\.)*+)'?)""")


@cache
def _file_name() -> re.Pattern[str]:
    """Match what the name of a file has: a folder or an ending."""
    return re.compile(r"/|\.[A-Za-z0-9]{1,5}\Z")


@cache
def _no_list() -> re.Pattern[str]:
    """Match what a line has beside quoted names that a program reads, and none that one wrote."""
    return re.compile(
        r"=(?!>)|[;{}\[\]`,]|\((?![0-9]{1,3}%\))"
        r"|\A[ \t]*+(?:[$>%][ \t]++[a-z]"
        r"|(?:echo|printf?|puts|msgid|msgstr|case|return|char|const|raise|throw|assert)\b)"
    )


def _lists_files(text: str, line: Line) -> bool:
    """Tell whether octal escapes stand in the names of files, as git and ls print them: in quotation marks."""
    if not all(match["octal"] for match in line.matches):
        return False
    bare: list[str] = []
    done = line.start
    for quoted in _quoted().finditer(text, line.start, line.end):
        name = quoted["double"] or quoted["single"] or ""
        if "\\" in name and not _file_name().search(name):
            return False
        bare.append(text[done : quoted.start()])
        done = quoted.end()
    bare.append(text[done : line.end])
    rest = "".join(bare)
    return "\\" not in rest and not _no_list().search(rest)


def _find_backslashes(text: str) -> Iterable[Finding]:
    return findings("backslash-escape", text, _lines_with_backslashes(text))


@rule(
    "backslash-escape",
    "certain",
    needs="\\",
    example=("\\u515a\\u59d4会议\n\\xe7\\xba\\xaa\\xe8\\xa6\\x81\n", "党委会议\n纪要\n"),
)
def read_backslash_escape(text: str, _: Context) -> Iterable[Finding]:
    """Put the character where `\\u4e2d` or the bytes `\\xe4\\xb8\\xad` or `\\344\\270\\255` were left, also twice.

    JSON, JavaScript and Python write their texts so, git and ls the names of files, and what was cut out of them keeps
    it. In programs, data files, patterns and paths the escapes are right, and a text about codes only mentions them.
    """
    return settle(text, _find_backslashes)
