"""Undo what was done to a text for its way through the web and the mail, and was left in it."""

import base64
import binascii
import re
from collections import deque
from collections.abc import Iterable, Iterator
from functools import cache
from typing import NamedTuple

from cnpolicy import encodings
from cnpolicy.findings import Finding
from cnpolicy.repair.octets import Octet, Tally, read_octets, tally
from cnpolicy.repair.proof import Read, amend, prove, settle
from cnpolicy.repair.surroundings import (
    Line,
    addresses,
    belongs_in_text,
    by_line,
    findings,
    is_about_escapes,
    is_ascii,
    is_code,
    is_quoted,
    joined,
    made,
    outside,
    says_chinese,
    several,
    stands_in_chinese,
    told,
    touches_chinese,
)
from cnpolicy.rules import Context, rule

# -- Percent signs ----------------------------------------------------------------------------------------------------


@cache
def _percent() -> re.Pattern[str]:
    return re.compile(r"%(?:(?P<two>[0-9A-Fa-f]{2})|u(?P<four>[0-9A-Fa-f]{4}))")


@cache
def _carries_percent() -> re.Pattern[str]:
    return re.compile(r"%(?:[89A-Fa-f][0-9A-Fa-f](?:%|[@-~])|u[0-9A-Fa-f]{4}|[0-9])")


@cache
def _file_ending() -> re.Pattern[str]:
    return re.compile(
        r"\.(?:html?|pdf|docx?|xlsx?|pptx?|txt|jpe?g|png|gif|zip|rar|mp[34]|php|aspx?|jsp)\b", re.IGNORECASE
    )


def _outside_addresses(text: str, line: Line) -> list[re.Match[str]]:
    """Return the escapes of a line that are not part of an address, a path or the field of a form."""
    spans = addresses(text, line.start, line.end)
    kept = outside(line.matches, spans)
    while kept and _file_ending().match(text, kept[-1].end()):
        # The name of a file that was in an address: its escapes are as much part of it as its ending.
        last = kept.pop()
        while kept and kept[-1].end() == last.start():
            last = kept.pop()
    return kept


def _octets(matches: Iterable[re.Match[str]]) -> list[Octet]:
    return [Octet(match.start(), match.end(), int(match["two"], 16)) for match in matches]


def _read_percent(text: str, line: Line, matches: list[re.Match[str]], tallied: Tally) -> list[Read]:
    """Return what the escapes of a line say, those outside addresses; `tallied` is what other lines say of them."""
    whole = is_ascii(text, line)
    if any(map(_is_code_point, matches)):
        return _read_javascript(text, matches, whole, stands_in_chinese(text, line))
    reads = read_octets(text, line, _octets(matches), "percent", tallied)
    # Where everything is escaped a plus sign stands for a space: the sign itself would be %2B.
    spaces = whole and " " not in text[line.start : line.end] and any(read.proof >= 1 for read in reads)
    if spaces and "%20" not in text[line.start : line.end]:
        place = text.find("+", line.start, line.end)
        while place >= 0:
            reads.append(Read(place, place + 1, " ", "percent", 0.1))
            place = text.find("+", place + 1, line.end)
        reads.sort()
    return reads


def _read_javascript(text: str, matches: list[re.Match[str]], whole: bool, among: bool) -> list[Read]:
    """Return what `%u4E2D` says, the old escapes of JavaScript, where `%B7` is a character of Latin-1."""
    reads: list[Read] = []
    high = ""
    for match in matches:
        code = int(match["four"] or match["two"], 16)
        start, end = match.span()
        character = chr(code)
        if 0xD800 <= code < 0xDC00:
            high = character
            continue
        if high and 0xDC00 <= code < 0xE000 and text[start - 6 : start - 4] == "%u":
            character = chr(0x10000 + ((ord(high) - 0xD800) << 10) + code - 0xDC00)
            start -= 6
        high = ""
        if not (" " <= character <= "~" or belongs_in_text(character)):
            continue
        if match["two"] and not whole and text[start - 1 : start].isdigit() and not (reads and reads[-1].end == start):
            continue
        reads.append(Read(start, end, character, "escape", 0))
    reads = joined(reads)
    for place, read in enumerate(reads):
        chinese = says_chinese(read.after)
        sure = chinese > 1 or (among and not read.after.isascii()) or touches_chinese(text, read.start, read.end)
        fills = text[read.start - 1 : read.start] in ("", "\n") and text[read.end : read.end + 1] in ("", "\n")
        proof = 1.0 if sure or (chinese and fills) else 0.5 if chinese else 0.1
        reads[place] = read._replace(proof=proof)
    return several(reads)


def _is_code_point(match: re.Match[str]) -> bool:
    return match["four"] is not None


def _is_high(match: re.Match[str]) -> bool:
    """Tell whether an escape is that of a character or a byte beyond ASCII."""
    return _is_code_point(match) or match["two"][0] > "7"


# -- Escaped again: the percent sign of an escape is %25 then

_TIMES = 4  # so many times over at most


@cache
def _again() -> re.Pattern[str]:
    return re.compile(r"%(?:25)++(?:[89A-Fa-f][0-9A-Fa-f]|u[0-9A-Fa-f]{4})")


@cache
def _ascii_run() -> re.Pattern[str]:
    return re.compile("[\x01-\x7f]++")


class _Run(NamedTuple):
    """A stretch of ASCII in a line that is escaped twice or more, and what it is after one time is undone."""

    start: int
    end: int
    once: str


def _runs_escaped_again(text: str, line: Line, matches: list[re.Match[str]]) -> list[_Run]:
    """Return the stretches of a line that are escaped twice or more: none of their bytes beyond ASCII is so once."""
    found: list[_Run] = []
    place = 0
    for run in _ascii_run().finditer(text, line.start, line.end):
        if not _again().search(text, run.start(), run.end()):
            continue
        start, end = run.span()
        parts: list[str] = []
        high = False
        while place < len(matches) and matches[place].start() < end:
            match = matches[place]
            place += 1
            if match.start() < start:
                continue
            high = high or _is_high(match)
            parts += [text[start : match.start()], "" if high else chr(int(match["two"], 16))]
            start = match.end()
        parts.append(text[start:end])
        if len(parts) > 1 and not high:
            found.append(_Run(run.start(), end, "".join(parts)))
    return found


def _read_again(text: str, runs: list[_Run], times: int) -> list[Read]:
    """Return what the runs of a text say that are escaped twice or more, up to `_TIMES` times.

    What they are after one time is read where it stands, and must carry Chinese there, outside addresses.
    """
    if not runs or times > _TIMES:
        return []
    parts: list[str] = []
    spans: list[tuple[int, int]] = []
    done = size = 0
    for run in runs:
        parts += [text[done : run.start], run.once]
        size += run.start - done
        spans.append((size, size + len(run.once)))
        size += len(run.once)
        done = run.end
    once = "".join([*parts, text[done:]])
    lines = list(_lines_with_percent(once, times + 1))
    said = prove(once, [read for line, found in lines if not is_about_escapes(once, line, found) for read in found])
    reads: list[Read] = []
    place = 0
    for run, (start, end) in zip(runs, spans, strict=True):
        while place < len(said) and said[place].start < start:
            place += 1
        inside: list[Read] = []
        while place < len(said) and said[place].end <= end:
            read = said[place]
            inside.append(read._replace(start=read.start - start, end=read.end - start))
            place += 1
        if inside:
            chain = max(inside, key=lambda read: read.proof).chain
            reads.append(_trimmed(text, Read(run.start, run.end, amend(run.once, inside), chain, 1)))
    return reads


def _trimmed(text: str, read: Read) -> Read:
    """Return a run without the characters that it has at both ends before and after."""
    before, after = text[read.start : read.end], read.after
    shorter = min(len(before), len(after))
    head = next((place for place in range(shorter) if before[place] != after[place]), shorter)
    most = shorter - head
    tail = next((place for place in range(most) if before[-1 - place] != after[-1 - place]), most)
    return read._replace(start=read.start + head, end=read.end - tail, after=after[head : len(after) - tail])


def _lines_with_percent(text: str, times: int = 1) -> Iterator[tuple[Line, list[Read]]]:
    if not _carries_percent().search(text):
        return
    found: list[tuple[Line, list[re.Match[str]]]] = []
    runs: list[_Run] = []
    again = _again().search(text) is not None
    for line in by_line(text, _percent().finditer(text)):
        twice = again and _again().search(text, line.start, line.end) is not None
        if not twice and not any(map(_is_high, line.matches)):
            continue
        matches = _outside_addresses(text, line)
        if matches:
            found.append((line, matches))
            if twice and not is_code(text, line, assignments=False):
                runs += _runs_escaped_again(text, line, matches)
    again_reads = deque(_read_again(text, runs, times))
    parts: list[tuple[Line, list[Read], list[re.Match[str]]]] = []
    for line, matches in found:
        reads: list[Read] = []
        while again_reads and again_reads[0].start < line.end:
            reads.append(again_reads.popleft())
        parts.append((line, reads, outside(matches, [(read.start, read.end) for read in reads])))
    tallied = tally(
        text, ((line, _octets(left)) for line, _, left in parts if not any(map(_is_code_point, left))), "percent"
    )
    for line, reads, left in parts:
        if any(map(_is_high, left)):
            reads = sorted([*reads, *_read_percent(text, line, left, tallied)])
        if not any(one.proof >= 0.5 for one in reads) or is_code(text, line, assignments=False):
            continue
        yield line, reads


def _find_percent(text: str) -> Iterable[Finding]:
    return findings("percent-escape", text, _lines_with_percent(text))


@rule(
    "percent-escape",
    "certain",
    needs="%",
    example=("%E5%85%9A%E5%A7%94会议\n%u515A%u59D4%u4F1A\n", "党委会议\n党委会\n"),
)
def read_percent_escape(text: str, _: Context) -> Iterable[Finding]:
    """Put the characters where `%E4%B8%AD`, in UTF-8, GBK or Big5, or `%u4E2D` were left.

    Texts that went through a form or an address keep it. In addresses, paths, the names of files and the fields of
    forms the escapes are right. Percentages are not touched: `50%AB` says nothing in any of these encodings.
    """
    return settle(text, _find_percent)


# -- Quoted-printable -------------------------------------------------------------------------------------------------


@cache
def _printable() -> re.Pattern[str]:
    return re.compile(r"=(?:(?P<two>[0-9A-F]{2}|[0-9a-f]{2})|(?P<soft>[ \t]{0,4}\r?\n))")


@cache
def _carries_printable() -> re.Pattern[str]:
    return re.compile("=(?:[89A-F][0-9A-F]|[89a-f][0-9a-f])(?:=|[@-~])")


def _paragraphs(matches: Iterable[re.Match[str]], text: str) -> Iterator[Line]:
    """Yield the lines that have escapes, those that were broken for the mail as one."""
    held: Line | None = None
    for line in by_line(text, matches):
        if held is not None and held.end == line.start:
            held.matches.extend(line.matches)
            held = held._replace(end=line.end)
        else:
            if held is not None:
                yield held
            held = line
        last = held.matches[-1]
        if last["soft"] is not None:
            held = held._replace(end=last.end())
    if held is not None:
        yield held


def _bytes_and_breaks(line: Line) -> tuple[list[Octet], list[Octet]]:
    """Return the escaped bytes of a line, and where it was broken for the mail other than behind an escape."""
    octets: list[Octet] = []
    soft: list[Octet] = []
    for match in line.matches:
        start, end = match.span()
        if match["two"]:
            octets.append(Octet(start, end, int(match["two"], 16)))
        elif octets and octets[-1].end == start:
            octets[-1] = octets[-1]._replace(end=end)  # broken behind an escape, perhaps inside a character
        else:
            soft.append(Octet(start, end, 0))
    return octets, soft


def _read_printable(text: str, line: Line, octets: list[Octet], soft: list[Octet], tallied: Tally) -> list[Read]:
    reads = read_octets(text, line, octets, "quoted-printable", tallied)
    if any(read.proof >= 1 for read in reads):
        reads += [Read(start, end, "", "quoted-printable", 0.1) for start, end, _ in soft]
        reads.sort()
    return reads


def _lines_with_printable(text: str) -> Iterator[tuple[Line, list[Read]]]:
    if not _carries_printable().search(text):
        return
    found = [
        (line, *_bytes_and_breaks(line))
        for line in _paragraphs(_printable().finditer(text), text)
        if any(match["two"] and match["two"][0] > "7" for match in line.matches)
    ]
    tallied = tally(text, ((line, octets) for line, octets, _ in found), "quoted-printable")
    for line, octets, soft in found:
        read = _read_printable(text, line, octets, soft, tallied)
        if not any(one.proof >= 0.5 for one in read) or is_code(text, line, assignments=False):
            continue
        yield line, read


def _find_printable(text: str) -> Iterable[Finding]:
    return findings("quoted-printable", text, _lines_with_printable(text))


@rule(
    "quoted-printable",
    "certain",
    needs="=",
    example=("=E5=85=9A=E5=A7=94=E4=BC=9A=E8=AE=\n=AE", "党委会议"),
)
def read_quoted_printable(text: str, _: Context) -> Iterable[Finding]:
    """Read the escapes of mail, `=E4=B8=AD` in UTF-8, GBK or Big5, and join the lines that it broke.

    An equals sign at the end of a line says that the line goes on. It is taken out only where the line has such
    escapes: formulas and programs have equals signs of their own.
    """
    return settle(text, _find_printable)


# -- Encoded words ----------------------------------------------------------------------------------------------------

# Fewer blanks than this set apart two words of one header: a line end, and what the next line is set in by. With 4 and
# 16 the same words come back.
_GAP = 8
_LONGEST = 1024  # bytes of words that are joined because they end inside characters


@cache
def _word() -> re.Pattern[str]:
    return re.compile(
        r"=\?(?P<label>[A-Za-z][A-Za-z0-9_-]{1,30})(?:\*[A-Za-z-]{1,12})?\?"
        r"(?P<kind>[BbQq])\?(?P<data>[!->@-~ ]{1,400})\?="
    )


def _data_of(match: re.Match[str]) -> bytes | None:
    """Return the bytes that an encoded word holds, or None if it is damaged."""
    data = match["data"]
    if match["kind"] in "Bb":
        try:
            return base64.b64decode(data + "=" * (-len(data) % 4), validate=True)
        except binascii.Error:
            return None
    if " " in data:
        return None
    return binascii.a2b_qp(data.replace("_", "=20").encode("ascii"))


def _words(text: str) -> Iterator[tuple[int, int, str, bytes]]:
    """Yield start, end, encoding and bytes of the encoded words, those that only blanks set apart as one.

    A character can be spread over two words of the same encoding, so that bytes are joined before they are read.
    """
    held: tuple[int, int, str, bytes] | None = None
    for match in _word().finditer(text):
        try:
            encoding = encodings.look_up(match["label"])
        except ValueError:
            continue
        data = _data_of(match)
        if data is None:
            continue
        start, end = match.span()
        between = text[held[1] : start] if held else ""
        if held and held[2] == encoding and (_is_fold(between) or (_is_blank(between) and _is_cut(held))):
            held = (held[0], end, encoding, held[3] + data)
            continue
        if held:
            yield held
        held = (start, end, encoding, data)
    if held:
        yield held


def _is_blank(between: str) -> bool:
    """Tell whether nothing but blanks and one line end stands between two words."""
    return len(between) < _GAP and not between.strip(" \t\r\n") and between.count("\n") < 2


def _is_fold(between: str) -> bool:
    """Tell whether a header goes on from one word to the next: on a line of its own after a blank (RFC 5322)."""
    return _is_blank(between) and ("\n" not in between or between[-1] in " \t")


def _is_cut(word: tuple[int, int, str, bytes]) -> bool:
    """Tell whether a word ends inside a character; what goes on so for long is no text."""
    return len(word[3]) < _LONGEST and encodings.read(word[3], word[2]) is None


def _find_words(text: str) -> Iterator[Finding]:
    name = "encoded-word"
    held: Read | None = None
    reads: list[Read] = []
    for start, end, encoding, data in _words(text):
        said = encodings.read(data, encoding)
        if not said or not all(one.isprintable() or one in " \u3000\xa0\t" for one in said):
            continue
        read = Read(start, end, said, f"{encoding} ← encoded word", 1)
        if held and _is_fold(text[held.end : start]):
            # Blanks between two words belong to the way they were sent, not to the text.
            reads[-1] = held._replace(end=end, after=held.after + said)
        else:
            reads.append(read)
        held = reads[-1]
    for read in reads:
        yield from (told if is_quoted(text, read) else made)(name, text, [read])


@rule(
    "encoded-word",
    "certain",
    needs="=",
    example=("主题：=?gb2312?B?tbPOrw==?= =?gb2312?Q?=BB=E1=D2=E9?=", "主题：党委会议"),
)
def read_encoded_word(text: str, _: Context) -> Iterable[Finding]:
    """Read the encoded words of mail headers, `=?gb2312?B?…?=`, and join those that belong together.

    They name their encoding, so that nothing is left to guess. One that stands alone between quotation marks is an
    example.
    """
    if "=?" not in text:
        return []
    return settle(text, _find_words)
