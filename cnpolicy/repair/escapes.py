"""Put characters where their escapes were left."""

import re
from collections.abc import Iterable, Iterator
from html.entities import html5, name2codepoint

from cnpolicy.findings import Finding
from cnpolicy.repair.proof import HAN, is_mention, settle
from cnpolicy.repair.windows import BYTE, SPECIALS
from cnpolicy.rules import Context, rule

_ENTITY = re.compile(
    r"&(?:(?:amp|#0{0,5}38|#[xX]0{0,4}26);)*(?:#(?P<decimal>[0-9]{1,7})|#[xX](?P<hex>[0-9a-fA-F]{1,6})|(?P<name>[A-Za-z][A-Za-z0-9]{1,15}));"
)
# A line of a program that gives a name a text: the references in it are what the program writes.
_CODE = re.compile(r"[ \t]*(?:(?:var|let|const) )?[A-Za-z_][A-Za-z0-9_.]{0,40}[ \t]{0,4}[-+]?=[ \t]{0,4}[\"'{\[(]")
_URL = re.compile(r"(?:https?|ftp)://[!-~]++|www\.[!-~]++")
# What &#128; to &#159; mean by the HTML standard: the bytes of Windows-1252.
_BY_STANDARD = {byte: character for character, byte in BYTE.items() if byte < 0xA0 and character in SPECIALS}
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
            chinese = bool(HAN.search(text, line_start, line_end))
            code = _CODE.match(text, line_start, line_end) is not None
        if code:
            continue
        after = _read_entity(match, chinese)
        if after is None:
            continue
        before = match.group()
        if is_mention(text, start, end) and match["name"]:
            yield Finding("html-entity", start, end, before, before, "reported", note=f"stands for {after!r}")
        else:
            yield Finding("html-entity", start, end, before, after, "certain")


@rule("html-entity", "certain", needs="&", example=("&#20826;&#x59D4;&amp;#20250;&ldquo;议&rdquo;", "党委会“议”"))
def read_html_entity(text: str, _: Context) -> Iterable[Finding]:
    """Put the character where an HTML character reference was left, also one that was escaped twice.

    Pages saved by program keep `&nbsp;`, `&ldquo;` or whole texts of `&#20013;`. The final semicolon is asked for:
    without it `&copy=2` in an address would be a reference as well. Addresses stay as they are.
    """
    return settle(text, _find_entities)
