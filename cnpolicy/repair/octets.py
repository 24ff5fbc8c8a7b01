"""Bytes that stand in a text as escapes (`%E4`, `=E4`, `\\xE4`), and what they say in UTF-8 or GBK."""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from cnpolicy.language import total_bits
from cnpolicy.repair.proof import CHANCE_BITS, ENOUGH_BITS, HAN, Read
from cnpolicy.repair.surroundings import belongs_in_text, says_chinese, touches_chinese


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


def read_row(text: str, row: Sequence[Octet], notation: str, chinese: bool) -> Read | None:
    """Return what a row of escaped bytes says in UTF-8, or None if it is not UTF-8 beyond two bytes a character.

    `chinese` says that the row stands in a line of Chinese text. Bytes of a last character that was cut off are left
    out. What no Chinese text has is given with a proof of 0: it is UTF-8 all the same, and not GBK.
    """
    data = bytes(octet.value for octet in row)
    try:
        said = data.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.reason != "unexpected end of data":
            return None
        said = data[: error.start].decode("utf-8")
        row = row[: error.start]
    foreign = [one for one in said if one > "\x7f"]
    if not any(one > "\u07ff" for one in foreign):
        return None
    start, end = row[0].start, row[-1].end
    long = sum(one > "\u07ff" for one in foreign)
    proof = 1.0 if long > 1 or chinese or _touches_or_fills(text, start, end) else 0.5
    if not all(map(belongs_in_text, foreign)) or not _is_fit(said):
        proof = 0
    return Read(start, end, said, f"utf-8 ← {notation}", proof)


def is_sign(text: str, row: Sequence[Octet]) -> bool:
    """Tell whether two escaped bytes are rather a sign in UTF-8, such as ° or ·, than a character in GBK."""
    data = bytes(octet.value for octet in row)
    try:
        sign, character = data.decode("utf-8"), data.decode("gb18030")
    except UnicodeDecodeError:
        return False
    before, behind = text[max(row[0].start - 1, 0) : row[0].start], text[row[-1].end : row[-1].end + 1]
    known = len(sign) == 1 and belongs_in_text(sign) and not sign.isalpha()
    return known and total_bits(before + sign + behind) < total_bits(before + character + behind)


def read_rest(row: Sequence[Octet], notation: str) -> Read | None:
    """Return what a row of escaped bytes says in UTF-8 in a line that is known to be UTF-8."""
    try:
        said = bytes(octet.value for octet in row).decode("utf-8")
    except UnicodeDecodeError:
        return None
    if not _is_fit(said) or not all(one <= "\x7f" or belongs_in_text(one) for one in said):
        return None
    return Read(row[0].start, row[-1].end, said, f"utf-8 ← {notation}", 0.1)


def _is_fit(said: str) -> bool:
    return all(one >= " " and one != "\x7f" for one in said)


def _touches_or_fills(text: str, start: int, end: int) -> bool:
    fills = text[start - 1 : start] in ("", "\n") and text[end : end + 1] in ("", "\n", "\r")
    return fills or touches_chinese(text, start, end)


def read_gbk(text: str, octets: Sequence[Octet], notation: str, chinese: bool) -> list[Read]:
    """Return what the escaped bytes of a line say in GBK; `chinese` says that it is a line of Chinese text.

    Only bytes beyond ASCII are sure to be escaped, so the second byte of a character can stand as a letter behind the
    escape of the first (`%E9F` is 镕), and the digits of a four-byte character, too. A row is read as a whole: a byte
    that is left over says that it is not GBK, unless the row was cut off there.
    """
    at = {octet.start: octet for octet in octets}
    reads: list[Read] = []
    done = 0
    for octet in octets:
        if octet.start < done:
            continue
        place, said = octet.start, ""
        while place in at:
            unit = _gbk_unit(text, at, place)
            if unit is None:
                break
            said += unit[0]
            place = unit[1]
        left = 0
        end = place
        while end in at:
            end = at[end].end
            left += 1
        done = max(end, octet.end)
        if not said or left > 1 or (left and len(said) < 3) or said.isascii():
            continue
        foreign = "".join(one for one in said if one > "\x7f")
        if not _is_fit(said) or not all(map(belongs_in_text, foreign)):
            continue
        # The escape of a byte takes the same number of characters throughout.
        escaped = place - octet.start >= (octet.end - octet.start) * (len(said) + len(foreign))
        proof = _prove_gbk(text, octet.start, place, foreign, escaped, chinese)
        reads.append(Read(octet.start, place, said, f"gbk ← {notation}", proof))
    return reads


def _gbk_unit(text: str, at: dict[int, Octet], place: int) -> tuple[str, int] | None:
    """Return the character whose bytes begin at a place, and where they end."""
    first = at[place]
    if first.value < 0x80:
        return chr(first.value), first.end
    data = [first.value]
    place = first.end
    for count in (2, 4):
        while len(data) < count:
            following = at.get(place)
            if following:
                data.append(following.value)
                place = following.end
            elif place < len(text) and "0" <= text[place] <= "~":
                data.append(ord(text[place]))
                place += 2 if text.startswith("\\\\", place) else 1  # a backslash is escaped by another
            else:
                return None
        try:
            return bytes(data).decode("gb18030"), place
        except UnicodeDecodeError:
            continue
    return None


def _prove_gbk(text: str, start: int, end: int, said: str, escaped: bool, chinese: bool) -> float:
    """Return how strongly the characters speak for GBK: any two bytes from 0xA1 on are a character.

    In Chinese text two bytes in a row are written as nothing but an escape; where the second byte is a letter, the
    first can be the end of a percentage.
    """
    if says_chinese(said) == len(said) >= 2 and len(set(said)) == 1:
        return 0.5
    if chinese and escaped:
        return 1
    score = CHANCE_BITS * len(said) - total_bits(said)
    if score > -ENOUGH_BITS and start and HAN.match(text, start - 1, start):
        return 1
    if score >= (ENOUGH_BITS / 2 if len(said) == 2 else 0) and (len(said) > 1 or _touches_or_fills(text, start, end)):
        return 1
    return 0.5 if score > -ENOUGH_BITS else 0


@lru_cache(maxsize=1 << 14)
def _over_chance(said: str) -> float:
    return CHANCE_BITS * len(said) - total_bits(said)


def prove_together(reads: list[Read]) -> list[Read]:
    """Return the runs of a line with the proof that they give together, where each is too short to give it alone."""
    if len(reads) < 2 or any(read.proof >= 1 for read in reads):
        return reads
    if says_chinese("".join(read.after for read in reads)) < 3:
        return reads
    score = sum(_over_chance(read.after) for read in reads)
    return [read._replace(proof=1) for read in reads] if score >= 0 else reads
