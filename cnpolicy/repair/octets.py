"""Bytes that stand in a text as escapes (`%E4`, `=E4`, `\\xE4`, `\\344`), and what they say in UTF-8, GBK or Big5."""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache
from typing import NamedTuple

from cnpolicy.language import bits, total_bits
from cnpolicy.repair.proof import CHANCE_BITS, ENOUGH_BITS, HAN, HANS, Read
from cnpolicy.repair.surroundings import (
    Line,
    belongs_in_text,
    is_about_escapes,
    is_ascii,
    is_code,
    says_chinese,
    several,
    stands_in_chinese,
    touches_chinese,
)


class Octet(NamedTuple):
    """An escaped byte: where its escape stands, and the byte."""

    start: int
    end: int
    value: int


def rows(octets: Sequence[Octet]) -> list[list[Octet]]:
    """Return the escaped bytes in rows of such as follow each other directly."""
    found: list[list[Octet]] = []
    for octet in octets:
        if found and found[-1][-1].end == octet.start:
            found[-1].append(octet)
        else:
            found.append([octet])
    return found


def _high_rows(octets: Sequence[Octet]) -> list[list[Octet]]:
    """Return the rows of escaped bytes in which one is beyond ASCII."""
    return [row for row in rows(octets) if any(octet.value > 0x7F for octet in row)]


def _bytes(row: Sequence[Octet]) -> bytes:
    return bytes(octet.value for octet in row)


def _is_fit(said: str) -> bool:
    return all((one >= " " and one != "\x7f") or one in "\n\r\t" for one in said)


def _touches_or_fills(text: str, start: int, end: int) -> bool:
    fills = text[start - 1 : start] in ("", "\n") and text[end : end + 1] in ("", "\n", "\r")
    return fills or touches_chinese(text, start, end)


# -- UTF-8 ------------------------------------------------------------------------------------------------------------

_LOST = "\ufffd"
_FOLLOWING = bytes(range(0x80, 0xC0))  # what goes on a character and begins none
# Among so many characters that are whole one can be damaged. In GBK and Big5 hardly two in a row are UTF-8 by chance.
# With 2, 320 of 320 rows of UTF-8 with one lost byte come back, with 4 192, and no more are read wrongly.
_SOUND = 2
# The thresholds below were halved and doubled on 31,548 lines that were escaped, whole or in part (odd lines of news),
# on 14,000 numbers drawn at random with signs of escapes, and on good lines. These stay, but where it is said.
#
# What a place costs that cannot be read: more than the rarest character of a text does. Of 5,088 rows of UTF-8, cut
# inside characters, 1,721 come back; with 10 bits 1,728, with 40 bits 1,570.
_LOST_BITS = 20.0
# Characters of UTF-8 that tell what the rest of a document is in. Of 1,600 lines that were cut inside a character 68 %
# come back; with 8 characters 63 %, with 16 55 %.
_WHOLE_DOCUMENT = 4


@cache
def _beginning() -> re.Pattern[bytes]:
    """Match the first bytes of a character whose others are not there."""
    return re.compile(rb"(?:[\xc2-\xdf]|[\xe0-\xef][\x80-\xbf]?|[\xf0-\xf4][\x80-\xbf]{0,2})\Z")


@cache
def _half_escape() -> re.Pattern[str]:
    """Match what is left of an escape that was cut off."""
    return re.compile(r"(?P<mark>[%=\\])\\{0,3}x?[0-9A-Fa-f]{0,2}(?![0-9A-Za-z%=\\])")


class _Wounded(NamedTuple):
    """What bytes say that are UTF-8 but for what was lost of them: each lost place is one U+FFFD.

    `sound` counts the characters of three bytes and more. `head` and `tail` are the bytes of a character that was cut
    off at the beginning and at the end, and `wounds` counts the places between them that cannot be read. `fits` says
    whether a text can say so.
    """

    said: str
    sound: int
    head: int
    tail: int
    wounds: int
    fits: bool

    @property
    def is_torn(self) -> bool:
        """Whether something is missing anywhere but at the end."""
        return bool(self.head or self.wounds)

    @property
    def is_plausible(self) -> bool:
        """Whether the bytes can be UTF-8 at all."""
        return self.sound >= _SOUND * self.wounds and self.fits


@lru_cache(maxsize=1 << 6)  # it is asked for several times for each row
def _read_wounded(data: bytes) -> _Wounded:
    """Return what bytes say in UTF-8, whatever they are."""
    head = tail = wounds = 0
    try:
        said = data.decode("utf-8")
    except UnicodeDecodeError:
        head = len(data) - len(data.lstrip(_FOLLOWING))
        if head > 3:
            head = 0
        last = _beginning().search(data, max(head, len(data) - 3))
        tail = len(last.group()) if last else 0
        body = data[head : len(data) - tail].decode("utf-8", "surrogateescape")
        said, wounds = re.subn("[\udc80-\udcff]+", _LOST, body)
        said = _LOST * bool(head) + said + _LOST * bool(tail)
    sound = sum(one > "\u07ff" and one != _LOST for one in said)
    fits = all(belongs_in_text(one) or one == _LOST if one > "\x7f" else _is_fit(one) for one in set(said))
    return _Wounded(said, sound, head, tail, wounds, fits)


def _end_of_cut(text: str, last: Octet) -> int:
    """Return where a row ends whose last character was cut off: with what is left of the next escape."""
    half = _half_escape().match(text, last.end)
    return half.end() if half and half["mark"] == text[last.start] else last.end


def _read_row(text: str, row: Sequence[Octet], notation: str, chinese: bool) -> Read | None:
    """Return what a row of escaped bytes says in UTF-8, or None if it is not UTF-8 beyond two bytes a character.

    `chinese` says that the row stands in a line of Chinese text. A character that was cut off at the end is one U+FFFD.
    So is one at the beginning, or one that was lost between others, if the row makes less sense as GBK or Big5. What no
    Chinese text has is given with a proof of 0: it is UTF-8 all the same, and neither of these.
    """
    data = _bytes(row)
    wounded = _read_wounded(data)
    if not wounded.sound:
        return None
    if wounded.is_torn and not (wounded.is_plausible and wounded.sound > 1 and _is_likelier(wounded, data)):
        return None
    start, end = row[0].start, _end_of_cut(text, row[-1]) if wounded.tail else row[-1].end
    proof = 1.0 if wounded.sound > 1 or chinese or _touches_or_fills(text, start, end) else 0.5
    return Read(start, end, wounded.said, f"utf-8 ← {notation}", proof if wounded.fits else 0)


def _read_rows(text: str, high: Iterable[Sequence[Octet]], notation: str, chinese: bool) -> list[Read]:
    """Return what those rows say in UTF-8 that are UTF-8."""
    return [read for row in high if (read := _read_row(text, row, notation, chinese))]


def _is_likelier(wounded: _Wounded, data: bytes) -> bool:
    """Tell whether bytes make more sense as damaged UTF-8 than as GBK or Big5, perhaps damaged as well."""
    others = min(_cost(data.decode(name, "replace")) for name in ("gb18030", "cp950"))
    return _cost(wounded.said) < others


def _cost(said: str) -> float:
    lost = said.count(_LOST)
    return total_bits(said.replace(_LOST, "")) + _LOST_BITS * lost


def _is_chance(high: Sequence[Sequence[Octet]], reads: Sequence[Read]) -> bool:
    """Tell whether rows are UTF-8 by chance: more bytes of the line are in rows that cannot be."""
    begun = {read.start for read in reads}
    utf_8 = sum(len(row) for row in high if row[0].start in begun)
    return sum(len(row) for row in high if not _read_wounded(_bytes(row)).is_plausible) > utf_8


def _is_sign(text: str, row: Sequence[Octet]) -> bool:
    """Tell whether two escaped bytes are rather a sign in UTF-8, such as ° or ·, than a character in GBK."""
    data = _bytes(row)
    try:
        sign, character = data.decode("utf-8"), data.decode("gb18030")
    except UnicodeDecodeError:
        return False
    before, behind = text[max(row[0].start - 1, 0) : row[0].start], text[row[-1].end : row[-1].end + 1]
    known = len(sign) == 1 and belongs_in_text(sign) and not sign.isalpha()
    return known and total_bits(before + sign + behind) < total_bits(before + character + behind)


def _read_rest(text: str, row: Sequence[Octet], notation: str) -> Read | None:
    """Return what a row of escaped bytes says in a line that is known to be UTF-8; what was lost of it is U+FFFD."""
    wounded = _read_wounded(_bytes(row))
    if not wounded.fits or wounded.wounds > wounded.sound:
        return None
    start, end = row[0].start, _end_of_cut(text, row[-1]) if wounded.tail else row[-1].end
    if not wounded.said.strip(_LOST) and not _is_cut_off(text, start, end, wounded):
        return None
    return Read(start, end, wounded.said, f"utf-8 ← {notation}", 0.1)


def _is_cut_off(text: str, start: int, end: int, wounded: _Wounded) -> bool:
    """Tell whether nothing but a part of a character stands where a text can have been cut off.

    Its end stands at the beginning of a line. Its beginning stands at the end of one, or before a mark. One byte is too
    little to tell it from a percentage or a number.
    """
    if wounded.head:
        return wounded.head > 1 and text[start - 1 : start] in ("", "\n")
    return wounded.tail > 1 and not text[end : end + 1].isalnum()


# -- Two bytes a character --------------------------------------------------------------------------------------------

_CODECS = {"gbk": ("gb18030",), "big5": ("cp950", "big5hkscs")}
# How much the other lines of a document weigh in the choice between the two: twice what a line needs for itself. Of
# 3,482 short lines of Big5 79.4 % come back, and 4 as something else; with half of it 77.0 % and 17, with twice 79.4 %
# and 2.
_MOST_LEAN = 2 * ENOUGH_BITS
# In GBK at least so many characters, each by so many bits likelier than chance, are no Big5: that costs 7 bits more
# than chance there.
_CLEAR, _CLEAR_BITS = 4, 3.0
# Tells an encoding beyond doubt: ten characters of prose and more. With half of it, formulas in a good line (x=A4) are
# read as characters; with twice nothing changes.
_SURE_BITS = 4 * ENOUGH_BITS
_SAMPLE = 4000  # characters of a text that tell its script
# So many bits a character that is in one of the two standards alone speaks for it; with 1 and 4 at most 9 of all lines
# come out otherwise.
_LEAN_BITS = 2.0
# Bits by which what stands beside it asks for a character that can be part of one in UTF-8, or a number. Of 10,000
# numbers of a byte and a letter 182 become characters; with half of it 184, with twice 161, and one line is not read.
_ASKED_BITS = ENOUGH_BITS / 2
# Bits for two characters alone: with half of it 67 more of the escaped lines come back, and 5 more as something else;
# with twice 257 and 6 fewer.
_TWO_BITS = ENOUGH_BITS / 2


class _Weighed(NamedTuple):
    """What the escaped bytes of a line say in GBK and in Big5, and by how many bits that is likelier than chance.

    Where it is good Chinese in GBK, Big5 is not tried.
    """

    gbk: list[Read]
    big5: list[Read]
    in_gbk: float
    in_big5: float


class Tally(NamedTuple):
    """What the escaped bytes of a document say about its encoding.

    `is_utf_8`: all of them are, as far as they are whole. `is_other`: some are certainly not. `gbk` and `big5` are by
    how many bits these are likelier than chance in either encoding, and `lean` by how many the rest of the text speaks
    for Big5. `in_pairs` has what they say in pairs in each line that has some and is not UTF-8, by where it begins.
    """

    is_utf_8: bool
    is_other: bool
    gbk: float
    big5: float
    lean: float
    in_pairs: Mapping[int, _Weighed]


def tally(text: str, lines: Iterable[tuple[Line, list[Octet]]], notation: str) -> Tally:
    """Return what the escaped bytes of all lines say together.

    Neither code nor what is about escapes proves UTF-8: a byte of its own is an example there.
    """
    sound: list[tuple[Line, list[list[Octet]], int]] = []
    others: dict[int, _Weighed] = {}
    fragments = False
    is_other = False
    for line, octets in lines:
        high = _high_rows(octets)
        wounded = [_read_wounded(_bytes(row)) for row in high]
        fragments |= any(one.is_plausible and not one.sound and (one.head or one.tail) for one in wounded)
        is_other |= not all(one.is_plausible for one in wounded)
        whole = sum(one.sound for one in wounded)
        if whole and any(one.is_torn or not one.is_plausible for one in wounded):
            reads = _read_rows(text, high, notation, chinese=False)
            whole = 0 if not reads or _is_chance(high, reads) else whole
        if whole:
            sound.append((line, high, whole))
        elif high:
            others[line.start] = _weigh(text, octets, notation, stands_in_chinese(text, line))
    is_utf_8 = False
    if fragments and not is_other:
        counted = 0
        for line, high, whole in sound:
            reads = _read_rows(text, high, notation, chinese=False)
            if not is_code(text, line, assignments=False) and not is_about_escapes(text, line, reads):
                counted += whole
                if counted >= _WHOLE_DOCUMENT:
                    is_utf_8 = True
                    break
    gbk, big5 = (sum(one.in_gbk for one in others.values()), sum(one.in_big5 for one in others.values()))
    return Tally(is_utf_8, is_other, gbk, big5, _script_lean(text) if others else 0.0, others)


def _weigh(text: str, octets: Sequence[Octet], notation: str, chinese: bool) -> _Weighed:
    gbk = _read_pairs(text, octets, notation, chinese, "gbk")
    in_gbk = _worth_of_all(text, octets, gbk)
    said = sum(len(read.after) for read in gbk)
    if said >= _CLEAR and in_gbk >= _CLEAR_BITS * said:
        return _Weighed(gbk, [], in_gbk, -in_gbk)
    big5 = _read_pairs(text, octets, notation, chinese, "big5")
    return _Weighed(gbk, big5, in_gbk, _worth_of_all(text, octets, big5))


def _worth_of_all(text: str, octets: Sequence[Octet], reads: list[Read]) -> float:
    """Return what the runs of a line are worth; bytes that are in none of them speak against the encoding."""
    unread = number = 0
    for row in _high_rows(octets):
        while number < len(reads) and reads[number].end <= row[0].start:
            number += 1
        unread += number == len(reads) or row[-1].end <= reads[number].start
    return worth(text, reads) - ENOUGH_BITS * unread


def _script_lean(text: str) -> float:
    """Return by how many bits the characters of a text that are not escaped speak for Big5 and against GBK.

    Who writes them has an encoding that they are in: traditional ones are not in GB2312, and simplified ones not in
    Big5.
    """
    said = "".join(HANS.findall(text[:_SAMPLE]))
    in_big5, in_gb2312 = (len(said.encode(name, "ignore")) // 2 for name in ("big5", "gb2312"))
    return max(-ENOUGH_BITS, min(ENOUGH_BITS, _LEAN_BITS * (in_big5 - in_gb2312)))


def _read_double_byte(text: str, line: Line, octets: Sequence[Octet], tallied: Tally) -> list[Read]:
    """Return what the escaped bytes of a line say in GBK, or in Big5 if that makes clearly more sense.

    Chinese in the right one of the two costs 7 to 9 bits a character and in the other one 16 to 20, so that two or
    three characters tell them apart; what is shorter goes by the other lines.
    """
    weighed = tallied.in_pairs.get(line.start)
    if weighed is None:
        return []
    gbk, big5, in_gbk, in_big5 = weighed
    gbk_elsewhere, big5_elsewhere = tallied.gbk - in_gbk, tallied.big5 - in_big5
    beside = big5_elsewhere - gbk_elsewhere + tallied.lean
    beside = max(-_MOST_LEAN, min(_MOST_LEAN, beside))
    lead = in_big5 - in_gbk + beside
    if big5 and lead >= ENOUGH_BITS and (in_big5 >= 0 or beside >= ENOUGH_BITS or lead >= _SURE_BITS):
        return prove_together(_known(big5) if big5_elsewhere >= _SURE_BITS else big5)
    if big5 and lead > 0:
        return []  # it rather is Big5, but not clearly
    if not tallied.is_other:
        # Nothing but the beginning of a character of UTF-8 is a character of GBK only if what stands beside it asks
        # for one.
        cut = {row[0].start for row in rows(octets) if len(row) > 1 and _beginning().match(_bytes(row))}
        gbk = [
            read._replace(proof=1 if worth(text, [read]) >= _ASKED_BITS else 0) if read.start in cut else read
            for read in gbk
        ]
    return prove_together(_known(gbk) if gbk_elsewhere >= _SURE_BITS else gbk)


def _known(reads: list[Read]) -> list[Read]:
    """Return the runs of a line in an encoding that many others are in: each counts beside a proven one."""
    return [read._replace(proof=max(read.proof, _PERCENTAGE)) for read in reads]


def worth(text: str, reads: Sequence[Read]) -> float:
    """Return by how many bits runs are likelier than chance, each between the characters that stand beside it."""
    # All at once, in lines of their own: what a character costs depends on nothing but the one before it. First each
    # run with what is beside it, and then without the run.
    lines: list[str] = []
    with_run: list[int] = []
    without: list[int] = []
    size = foreign = 0
    for read in reads:
        before, behind = text[max(read.start - 1, 0) : read.start], text[read.end : read.end + 1]
        said = read.after.rstrip(_LOST)
        place = size + len(before)
        places = [place + number for number, one in enumerate(said) if one > "\x7f"]
        foreign += len(places)
        with_run += places
        lines += [before + said + behind, before + behind]
        size += len(lines[-2]) + 1
        if behind:
            with_run.append(place + len(said))
            without.append(size + len(before))
        size += len(lines[-1]) + 1
    cost = bits("\n".join(lines))
    return CHANCE_BITS * foreign - float(cost[with_run].sum()) + float(cost[without].sum())


_PERCENTAGE = 0.3  # the proof of a byte and a letter beside numbers or words: it rather is one itself


def _read_pairs(text: str, octets: Sequence[Octet], notation: str, chinese: bool, encoding: str) -> list[Read]:
    """Return what the escaped bytes of a line say in `gbk` or `big5`; `chinese` says that it is a line of Chinese text.

    Only bytes beyond ASCII are sure to be escaped, so the second byte of a character can stand as a letter behind the
    escape of the first (`%E9F` is 镕), and the digits of a four-byte character, too. A row is read as a whole: a byte
    that is left over says that it is another encoding, unless the row was cut off there: then it is one U+FFFD.
    """
    at = {octet.start: octet for octet in octets}
    reads: list[Read] = []
    done = 0
    for octet in octets:
        if octet.start < done:
            continue
        place, said = octet.start, ""
        while place in at:
            unit = _unit(text, at, place, encoding)
            if unit is None:
                break
            said += unit[0]
            place = unit[1]
        left: Octet | None = None
        end, number = place, 0
        while end in at:
            left = at[end]
            end, number = left.end, number + 1
        done = max(end, octet.end)
        if not said or number > 1 or (left and len(said) < 3) or said.isascii():
            continue
        foreign = "".join(one for one in said if one > "\x7f")
        if not _is_fit(said) or not all(map(belongs_in_text, foreign)):
            continue
        # The escape of a byte takes the same number of characters throughout.
        escaped = place - octet.start >= (octet.end - octet.start) * (len(said) + len(foreign))
        proof = _prove_pairs(text, octet.start, place, foreign, escaped, chinese)
        read = Read(octet.start, place, said, f"{encoding} ← {notation}", proof)
        if octet.end + 1 == place and _is_number(text, octet.start, place, read):
            read = read._replace(proof=_PERCENTAGE)
        if left and not _is_word(text, end):
            read = read._replace(end=_end_of_cut(text, left), after=said + _LOST)
        reads.append(read)
    return reads


def _is_number(text: str, start: int, end: int, read: Read) -> bool:
    """Tell whether the escape of a byte and the letter behind it are rather a number: `50%ABC`, `=A4F`, `=C6D7`.

    In Big5 every second character ends in such a letter; so it must be one that what stands beside it asks for.
    """
    if _is_word(text, start - 1) or _is_word(text, end):
        return True
    is_digit = text[end - 1] in "0123456789ABCDEFabcdef"
    return is_digit and read.chain.startswith("big5") and worth(text, [read]) < _ASKED_BITS


def _is_word(text: str, place: int) -> bool:
    """Tell whether a letter or a digit of ASCII stands at a place."""
    character = text[place : place + 1]
    return character.isascii() and character.isalnum()


def _unit(text: str, at: dict[int, Octet], place: int, encoding: str) -> tuple[str, int] | None:
    """Return the character whose bytes begin at a place, and where they end."""
    first = at[place]
    if first.value < 0x80:
        return chr(first.value), first.end
    data = [first.value]
    place = first.end
    for count in (2, 4) if encoding == "gbk" else (2,):
        while len(data) < count:
            following = at.get(place)
            if following:
                data.append(following.value)
                place = following.end
            elif place < len(text) and "0" <= text[place] <= "~":
                data.append(ord(text[place]))
                # A backslash is escaped by another, unless that one begins the next escape.
                place += 2 if text.startswith("\\\\", place) and place + 1 not in at else 1
            else:
                return None
        for codec in _CODECS[encoding]:
            try:
                return bytes(data).decode(codec), place
            except UnicodeDecodeError:
                continue
    return None


def _prove_pairs(text: str, start: int, end: int, said: str, escaped: bool, chinese: bool) -> float:
    """Return how strongly the characters speak for two bytes each: any two from 0xA1 on are a character.

    In Chinese text two bytes in a row are written as nothing but an escape; where the second byte is a letter, the
    first can be the end of a percentage.
    """
    if says_chinese(said) == len(said) >= 2 and len(set(said)) == 1:
        return 0.5
    if chinese and escaped:
        return 1
    score = _over_chance(said)
    if score > -ENOUGH_BITS and start and HAN.match(text, start - 1, start):
        return 1
    if score >= (_TWO_BITS if len(said) == 2 else 0) and (len(said) > 1 or _touches_or_fills(text, start, end)):
        return 1
    return 0.5 if score > -ENOUGH_BITS else 0


@lru_cache(maxsize=1 << 14)
def _over_chance(said: str) -> float:
    said = said.rstrip(_LOST)
    return CHANCE_BITS * len(said) - total_bits(said)


def prove_together(reads: list[Read]) -> list[Read]:
    """Return the runs of a line with the proof that they give together, where each is too short to give it alone."""
    if len(reads) < 2 or any(read.proof >= 1 for read in reads):
        return reads
    counted = [read for read in reads if read.proof != _PERCENTAGE]
    if says_chinese("".join(read.after for read in counted)) < 3:
        return reads
    score = sum(_over_chance(read.after) for read in counted)
    return [read if read.proof == _PERCENTAGE else read._replace(proof=1) for read in reads] if score >= 0 else reads


# -- What a line says --------------------------------------------------------------------------------------------------


def read_octets(text: str, line: Line, octets: list[Octet], notation: str, tallied: Tally) -> list[Read]:
    """Return what the escaped bytes of a line say, in UTF-8 if any row of them is that, else in GBK or Big5.

    `tallied` is what the other lines say about the encoding. In a line that is escaped as a whole the bytes of ASCII
    are escapes wherever they stand; in others `50%20` is a number, so that they count only where no number or word
    stands before them.
    """
    whole = is_ascii(text, line)
    chinese = stands_in_chinese(text, line)
    rowed = rows(octets)
    high = _high_rows(octets)
    # Where the tally took a line for none of UTF-8, rows that are UTF-8 are so by chance.
    reads = [] if line.start in tallied.in_pairs else _read_rows(text, high, notation, chinese)
    if not reads and (tallied.is_utf_8 or (chinese and high and all(_is_sign(text, row) for row in high))):
        reads = [read._replace(proof=1) for row in high if (read := _read_rest(text, row, notation))]
    elif reads:
        reads = several(reads)
        taken = {read.start for read in reads}
        reads += [read for row in high if row[0].start not in taken and (read := _read_rest(text, row, notation))]
    else:
        reads = _read_double_byte(text, line, octets, tallied)
    if not any(read.proof >= 1 for read in reads):
        return sorted(reads)
    ends = sorted(reads)
    place = 0
    for row in rowed:
        start, end = row[0].start, row[-1].end
        if any(octet.value > 0x7F for octet in row):
            continue
        while place < len(ends) and ends[place].end <= start:
            place += 1
        if place < len(ends) and ends[place].start < end:
            continue
        said = "".join(chr(octet.value) for octet in row)
        before = text[start - 1 : start]
        if (whole or not (before.isascii() and before.isalnum())) and (whole or said.isprintable()):
            reads.append(Read(start, end, said, notation, 0.1))
    return sorted(reads)
