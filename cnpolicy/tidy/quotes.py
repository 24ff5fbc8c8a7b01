"""Quotation marks that stand in for those of Chinese text."""

import re
from collections.abc import Iterable, Iterator

from cnpolicy.findings import Finding
from cnpolicy.patterns import pattern
from cnpolicy.rules import Context, rule
from cnpolicy.tidy.alphabet import HAN, is_chinese, is_han
from cnpolicy.tidy.punctuation import CODE, is_quoted_row

_HANS = pattern(f"[{HAN}]")
_LOW = pattern("[‚‛„‟]")
_LOW_PAIR = {"‛": "‚", "‟": "„"}
_LOW_TO_FULL = {"‚": "“", "‛": "”", "„": "“", "‟": "”"}


def _lines_with(text: str, marks: str) -> Iterator[tuple[int, int]]:
    """Yield the start and end of every line that holds one of the marks."""
    mark = pattern(f"[{re.escape(marks)}]")
    end = 0
    while found := mark.search(text, end):
        start = text.rfind("\n", end, found.start()) + 1 or end
        end = text.find("\n", found.start())
        end = len(text) if end < 0 else end
        yield start, end


@rule(
    "low-quotes",
    "certain",
    needs="‛‟",
    example=("开展‚建‘五型’组织、创先争优‛活动", "开展“建‘五型’组织、创先争优”活动"),
)
def raise_low_quotes(text: str, _: Context) -> Iterable[Finding]:
    """Write “…” for ‚…‛, where a font had the wrong glyphs in the place of the quotation marks.

    Low marks open quotations in German and other languages, which close them with ‘ or “; no language closes them
    with ‛ or ‟. One pair in a line, with Chinese between or around it, shows what the text does; each mark says itself
    whether it opens.
    """
    paired = False
    for start, end in _lines_with(text, "‛‟"):
        open_: list[int] = []
        for match in _LOW.finditer(text, start, end):
            if match.group() in "‚„":
                open_.append(match.start())
            elif open_ and text[open_[-1]] == _LOW_PAIR[match.group()]:
                first, last = open_.pop(), match.start()
                paired = paired or _is_chinese(text, first, last)
    if not paired:
        return
    for match in _LOW.finditer(text):
        place = match.start()
        if (
            is_chinese(text[max(place - 1, 0) : place])
            or is_chinese(text[place + 1 : place + 2])
            or _is_beside_text(text, place)
        ):
            mark = match.group()
            yield Finding("low-quotes", place, place + 1, mark, _LOW_TO_FULL[mark], "certain")


def _is_beside_text(text: str, place: int) -> bool:
    """Tell whether no blank stands beside the mark; a line may begin with an opening one and end with a closing one."""
    before, behind = text[max(place - 1, 0) : place], text[place + 1 : place + 2]
    opens = text[place] in "‚„"
    return (not before.isspace() or (opens and before == "\n")) and (
        not behind.isspace() or (not opens and behind == "\n")
    )


_QUOTE = pattern('["“”]')
_SINGLE = pattern("['‘’]")
_CLOSES = frozenset("，。、；：？！）》〉」』】,.;:?!)]}%… \t")  # what a quotation does not begin with
_OPENS = frozenset("（《〈「『【([{ \t")  # what a quotation does not end with


def _pair(line: str, marks: list[int], straight: str, opening: str) -> list[tuple[int, int]] | None:
    """Return the pairs of marks, each of which is straight or says itself whether it opens.

    None if one is left over, or if a quotation would begin or end where none can, as behind a digit (12" is inches).
    """
    pairs: list[tuple[int, int]] = []
    open_ = -1
    for place in marks:
        opens = open_ < 0 if line[place] == straight else line[place] == opening
        if opens != (open_ < 0):
            return None
        if opens:
            if line[place] == '"' and line[max(place - 1, 0)].isdigit():
                return None
            open_ = place
            continue
        if place == open_ + 1 or line[open_ + 1] in _CLOSES or line[place - 1] in _OPENS:
            return None
        pairs.append((open_, place))
        open_ = -1
    return pairs if open_ < 0 else None


def _is_chinese(line: str, first: int, last: int) -> bool:
    """Tell whether a pair of marks quotes in Chinese text, and not in English or in a program."""
    if line[first - 1 : first] == "=":
        return False  # a value in a tag
    if _HANS.search(line, first, last):
        return True
    outside = (line[first - 1 : first].strip("'\"“”‘’"), line[last + 1 : last + 2].strip("'\"“”‘’"))
    return any(map(is_chinese, outside))


def _without_inches(line: str, marks: list[int]) -> list[int]:
    """Return the marks without those behind digits: 12" is twelve inches."""
    return [place for place in marks if not (line[place] == '"' and line[max(place - 1, 0)].isdigit())]


def _singles(line: str) -> list[int]:
    """Return the single marks of a line that quote; those inside or before Latin words are apostrophes."""
    found: list[int] = []
    for match in _SINGLE.finditer(line):
        place = match.start()
        before, behind = line[place - 1 : place] if place else "", line[place + 1 : place + 2]
        latin = before.isalnum() and not is_han(before) and behind.isalnum() and not is_han(behind)
        if not latin:
            found.append(place)
    return found


@rule(
    "straight-quotes",
    "inferred",
    needs="\"'",
    example=('抓好"双招双引",落实"\'两个确保\'的要求"', "抓好“双招双引”,落实“‘两个确保’的要求”"),
)
def curl_straight_quotes(text: str, _: Context) -> Iterable[Finding]:
    """Write “…” and ‘…’ for straight quotation marks in Chinese text.

    They are paired within a paragraph, together with the curled ones that it has. Where the pairs do not come out,
    the marks are reported and stay. Inches, apostrophes, program text and English quotations stay.
    """
    for start, end in _lines_with(text, "\"'"):
        line = text[start:end]
        if not _HANS.search(line) or CODE.match(line) or is_quoted_row(text, start, end):
            continue
        found: list[Finding] = []
        for straight, curled, marks in (
            ('"', "“”", [match.start() for match in _QUOTE.finditer(line)]),
            ("'", "‘’", _singles(line)),
        ):
            if not any(line[place] == straight for place in marks):
                continue
            pairs = _pair(line, marks, straight, curled[0])
            if pairs is None:
                pairs = _pair(line, _without_inches(line, marks), straight, curled[0])
            if pairs is None:
                note = "the quotation marks of this paragraph do not make pairs"
                for place in marks:
                    if line[place] == straight:
                        here = start + place
                        finding = Finding("straight-quotes", here, here + 1, straight, straight, "reported", note=note)
                        found.append(finding)
                continue
            for pair in pairs:
                if not _is_chinese(line, *pair):
                    continue
                for place, mark in zip(pair, curled, strict=True):
                    if line[place] == straight:
                        here = start + place
                        found.append(Finding("straight-quotes", here, here + 1, straight, mark, "inferred"))
        found.sort(key=lambda finding: finding.start)
        yield from found
