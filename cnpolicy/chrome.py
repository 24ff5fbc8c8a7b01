"""Find the lines that a site puts around its documents, and keep them in a file that a person edits.

What stands at the head or tail of many documents of one folder belongs to the site they come from, or to the kind of
document (a masthead, a salutation, a date). Which of the two, a person must say: the file lists all of them, with those
that look like a document's own commented out, and `clean` removes what is left in it.

A line of the file is a line of text; `*` stands for any characters, `\\*` for an asterisk, `#` begins a comment.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from cnpolicy.patterns import pattern

EDGE = 8  # lines at each end of a document that are looked at; sites put up to six there
LONGEST = 120  # characters; longer lines are text

_NUMBER = pattern(r"[0-9０-９]+(?:[.:：/-][0-9０-９]+)*")
_BLANKS = pattern(r"[ \t\xa0\u3000]+")
_SPECIAL = pattern(r"[*\\]")
# What documents themselves begin and end with: dates, salutations, numbers of issues and documents, headings, thanks.
_OWN = pattern(
    "[（(]?[*〇零一二三四五六七八九十]+年[*一二三四五六七八九十]+月(?:[*一二三四五六七八九十]+日)?[)）]?"
    "|.{0,40}(?:同志们|同志|朋友们|代表|委员|来宾|同學們|先生|女士|领导)[：:，,！!]?"
    "|.{0,30}[〔\\[（(]\\*[〕\\])）].{0,4}\\*号|第\\*[次届期号章篇讲轮批].{0,40}|[（(]?总?第?\\*期?[)）]?"
    "|[一二三四五六七八九十]+、.*|[（(][一二三四五六七八九十]+[)）].*|谢谢.{0,6}|附件?[：:].*|.{0,20}(?:简报|通知|讲话|报告|意见|公报)"
    "|.{0,30}(?:委员会|人民政府|办公室|办公厅|局|部|处)"
)
_DIGITS_ONLY = pattern(r"[*\-—.·（）() ]*")


class Edges(NamedTuple):
    """The lines at the head and at the tail of a document, as `chrome` compares them."""

    head: tuple[str, ...]
    tail: tuple[str, ...]


class Recurring(NamedTuple):
    """A line that recurs: where, in how many of the folder's documents, and whether it looks like a document's own."""

    folder: str
    line: str
    documents: int
    of: int
    place: str
    own: bool


def edges(text: str) -> Edges:
    """Return the first and last lines of a text that are not blank; of a short text, the first half and the last."""
    lines = [line for line in text.split("\n") if line.strip(" \t\xa0\u3000")]
    size = min(EDGE, len(lines) // 2)
    return Edges(tuple(map(generalise, lines[:size])), tuple(map(generalise, lines[len(lines) - size :])))


def generalise(line: str) -> str:
    r"""Return the line as a pattern: without blanks around it, runs of blanks as one, `*` for its numbers.

    >>> generalise("　浏览次数： 1,024 次 ")
    '浏览次数： *,* 次'
    """
    return _NUMBER.sub("*", _SPECIAL.sub(r"\\\g<0>", _plain(line)))


def _plain(line: str) -> str:
    return _BLANKS.sub(" ", line).strip(" ")


def find_recurring(documents: Iterable[tuple[str, Edges]], least: int, share: float) -> list[Recurring]:
    """Return the lines that recur at the edges of a folder's documents, by folder, the most frequent first.

    `documents` are names, with `/` between their parts, and edges. A line recurs when it stands at the head, or at the
    tail, of at least `least` documents of its folder and of at least `share` (0 to 1) of them.
    """
    sizes: Counter[str] = Counter()
    heads: Counter[tuple[str, str]] = Counter()
    tails: Counter[tuple[str, str]] = Counter()
    for name, found in documents:
        folder = name.rpartition("/")[0]
        sizes[folder] += 1
        heads.update((folder, line) for line in dict.fromkeys(found.head) if len(line) <= LONGEST)
        tails.update((folder, line) for line in dict.fromkeys(found.tail) if len(line) <= LONGEST)
    recurring = []
    for folder, line in sorted(heads.keys() | tails.keys()):
        at_head, at_tail = heads[folder, line], tails[folder, line]
        most = max(at_head, at_tail)
        if most < least or most < share * sizes[folder] or _DIGITS_ONLY.fullmatch(line):
            continue
        place = "head" if at_head >= 2 * at_tail else "tail" if at_tail >= 2 * at_head else "head and tail"
        own = _OWN.fullmatch(line) is not None or line.endswith(("。", "；"))
        recurring.append(Recurring(folder, line, most, sizes[folder], place, own))
    recurring.sort(key=lambda one: (one.folder, -one.documents, one.line))
    return recurring


def write_list(recurring: Iterable[Recurring]) -> Iterator[str]:
    """Yield the lines of the file for a person to edit; what looks like a document's own is commented out."""
    yield "# Lines that recur at the head or tail of documents. Delete what belongs to the documents; uncomment what\n"
    yield "# belongs to the site. Then: cnpolicy clean PATH -o DIR --chrome THIS_FILE\n"
    yield "# * stands for any characters, \\* for an asterisk. The same line in the middle of a text stays.\n"
    folder = None
    listed: set[str] = set()
    for one in recurring:
        if one.folder != folder:
            folder = one.folder
            yield f"\n# == {folder or 'top folder'} ({one.of:,} documents)\n"
        yield f"# {one.documents:,} documents, {one.place}\n"
        if one.line in listed:
            yield f"# listed above: {one.line}\n"
            continue
        listed.add(one.line)
        yield f"# {one.line}\n" if one.own else ("\\" if one.line.startswith("#") else "") + f"{one.line}\n"


def read_list(text: str) -> tuple[str, ...]:
    """Return the patterns of such a file in sorted order; ValueError, with the line's number, for one too wide.

    >>> read_list("# 首页\\n您的位置：*\\n\\n")
    ('您的位置：*',)
    """
    found = set()
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
        kept = line.strip(" \t\xa0\u3000")
        if not kept or kept.startswith("#"):
            continue
        kept = kept.removeprefix("\\") if kept.startswith("\\#") else kept
        if not kept.replace("*", "").strip():
            raise ValueError(f"line {number}: {kept!r} would remove any line; it needs some text beside the *")
        found.add(kept)
    return tuple(sorted(found))


class _Matcher(NamedTuple):
    """Patterns ready for matching: lines without a wildcard, and the literal parts of those with some."""

    exact: frozenset[str]
    wild: tuple[tuple[str, ...], ...]


@lru_cache(maxsize=4)
def _matcher(patterns: tuple[str, ...]) -> _Matcher:
    split = [tuple(_ESCAPE.sub(r"\1", part) for part in _parts(one)) for one in patterns]
    return _Matcher(
        frozenset(parts[0] for parts in split if len(parts) == 1), tuple(parts for parts in split if len(parts) > 1)
    )


_ESCAPE = pattern(r"\\(.)")
_TOKEN = pattern(r"\\.|\*|[^*\\]+|\\$")


def _parts(one: str) -> Iterator[str]:
    """Yield what stands between the wildcards of a pattern."""
    part: list[str] = []
    for token in _TOKEN.findall(one):
        if token == "*":
            yield "".join(part)
            part = []
        else:
            part.append(token)
    yield "".join(part)


def matches(line: str, patterns: tuple[str, ...]) -> bool:
    r"""Tell whether a whole line is what one of the patterns describes.

    >>> matches(" 浏览次数：31", ("浏览次数：*",)), matches("3*4", (r"3\*4",)), matches("3 4", (r"3\*4",))
    (True, True, False)
    """
    if not patterns:
        return False
    plain = _plain(line)
    exact, wild = _matcher(patterns)
    return plain in exact or any(_fits(plain, parts) for parts in wild)


def _fits(line: str, parts: tuple[str, ...]) -> bool:
    """Tell whether the parts follow each other in the line, from its first character to its last: in linear time."""
    first, *middle, last = parts
    if len(line) < len(first) + len(last) or not (line.startswith(first) and line.endswith(last)):
        return False
    place, end = len(first), len(line) - len(last)
    for part in middle:
        place = line.find(part, place, end)
        if place < 0:
            return False
        place += len(part)
    return True
