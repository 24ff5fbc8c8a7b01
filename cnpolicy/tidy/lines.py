"""Line ends, blank lines, indentation."""

import re
from collections.abc import Iterable, Iterator

from cnpolicy.findings import Finding
from cnpolicy.patterns import pattern
from cnpolicy.rules import Context, rule
from cnpolicy.tidy.alphabet import HAN


class LinePattern:
    """A pattern that is looked for at the beginnings of lines; its groups have names, and `line` is all of it.

    To look for a line end, and only there for the pattern, is many times as fast as `^`, which is tried everywhere.
    """

    def __init__(self, source: str) -> None:
        self._first = pattern(f"(?P<line>{source})", re.MULTILINE)
        self._following = pattern(f"\n(?P<line>{source})", re.MULTILINE)

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        """Yield the matches in the text."""
        match = self._first.match(text)
        if match:
            yield match
        yield from self._following.finditer(text, match.end() if match else 0)


_LINE_ENDS = "\x0b\x0c\r\x85\u2028\u2029"
_LINE_END = pattern("\r\n?|[\x0b\x0c\x85\u2028\u2029]")


@rule("line-end", "certain", needs=_LINE_ENDS, example=("第一段\r\n第二段\u2028第三段\n", "第一段\n第二段\n第三段\n"))
def unify_line_end(text: str, _: Context) -> Iterable[Finding]:
    r"""End every line with \n.

    Windows, old Macintosh systems, mainframes and word processors each end lines in a way of their own; a page break
    ends a line as well. Programs that split text into lines disagree about all of them but \n.
    """
    for match in _LINE_END.finditer(text):
        yield Finding("line-end", match.start(), match.end(), match.group(), "\n", "certain")


_BLANK = " \t\xa0\u3000"
# The look-behind lets a run of blanks be tried once, from its start: without it a long run takes quadratic time.
_BREAK = pattern(f"(?<![{_BLANK}])[{_BLANK}]*+\n[{_BLANK}\n]*+")
_EDGE = pattern(f"[{_BLANK}\n]*+")
# A date alone; or a number, a word or a bracket that Chinese text follows at once, without columns behind it.
_CHINESE_LINE = pattern(
    f"[12][0-9]{{3}}([-./])[0-9]{{1,2}}\\1[0-9]{{1,2}}$|[12][0-9]{{3}} ?年[ 0-9月日]*$|"
    f'(?:[0-9A-Za-z.,%+-]{{1,16}}|[0-9]{{1,3}}[.)、:]|\\([0-9]{{0,4}}|")[{HAN}](?![^\n]*[^ \n](?:  |\t))',
    re.MULTILINE,
)


def _is_untidy(text: str) -> bool:
    """Tell whether some line of the text is blank or begins or ends with a blank."""
    # One character is found many times as fast as two.
    blanks = (blank for blank in _BLANK if blank in text)
    return "\n\n" in text or any(blank + "\n" in text or "\n" + blank in text for blank in blanks)


@rule("blank-line", "certain", example=("　　第一段。 \n\n　　第二段。", "第一段。\n第二段。\n"))
def remove_blank_line(text: str, _: Context) -> Iterable[Finding]:
    """Write one paragraph a line: no blank lines, no indentation, no spaces at line ends, one newline at the end.

    How paragraphs are set apart is a matter of the page they were taken from. Lines that begin with ASCII keep their
    indentation by ASCII blanks, as it may be a program's or a table's, unless they go on in Chinese at once: dates
    below a signature, items of a list.
    """
    if not text:
        return
    match = _EDGE.match(text)
    start = match.end() if match else 0
    if start == len(text):
        yield Finding("blank-line", 0, start, text, "", "certain")
        return
    lead = _indentation(text, 0, start)
    if start > len(lead):
        yield Finding("blank-line", 0, start, text[:start], lead, "certain")
    if _is_untidy(text):
        for match in _BREAK.finditer(text, start):
            run, end = match.group(), match.end()
            if end == len(text):
                break
            after = "\n" + _indentation(text, match.start(), end)
            if run != after:
                yield Finding("blank-line", match.start(), end, run, after, "certain")
    end = len(text.rstrip(_BLANK + "\n"))
    if text[end:] != "\n":
        yield Finding("blank-line", end, len(text), text[end:], "\n", "certain")


def _indentation(text: str, start: int, end: int) -> str:
    """Return the blanks to keep before the character at `end`, out of those from `start`."""
    lead = text[max(text.rfind("\n", start, end) + 1, start) : end]
    if not lead or not text[end].isascii() or not lead.isascii() or _CHINESE_LINE.match(text, end):
        return ""
    return lead
