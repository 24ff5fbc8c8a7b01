"""What was left where a space could not be written: question marks, and the bars of tables."""

from collections.abc import Iterable, Iterator

from cnpolicy.findings import Finding
from cnpolicy.patterns import pattern
from cnpolicy.rules import Context, rule
from cnpolicy.tidy.alphabet import is_han

ASKING = pattern(
    "[什么誰谁哪怎吗嗎呢何几幾吧么麼岂豈啥孰焉乎哉耶欤歟咋]|多少|是否|能否|可否|有无|有無|难道|難道|会不会|會不會|是不是|"
    "有没有|有沒有|([\u4e00-\u9fff])[不没沒]\\1"
)
_QUESTION = pattern(r"\?++")
_SENTENCE = pattern("[，。；：、！,;:!.]")
_DATE = pattern("[12][0-9]{3}年")
_DATE_AT_END = pattern("[12][0-9]{3}年[0-9]{1,2}月(?:[0-9]{1,2}日)?[ |?]*$")
_SENTENCE_OR_ASKING = pattern(f"{_SENTENCE.pattern}|{ASKING.pattern}")
# What a colophon or a masthead says who did what; `签发人：王?伟` has a colon and is no sentence.
_LABEL = pattern(
    "(?:签发|审签|核稿|审核|审稿|校对|拟稿|编辑|主编|责编|编审|印数|电话|簽發|核稿|審核|校對|擬稿|編輯|主編|電話)人?[:：]"
)
_LABELS = 40  # characters: two or three labels, each with the name of a person or an office


def _is_row_of_labels(words: str) -> bool:
    """Tell whether a line is made of labels and short values, `签发人：王伟核稿：李四`."""
    if len(words) > _LABELS or not _LABEL.search(words):
        return False
    rest = _LABEL.sub("", words)
    return not _SENTENCE.search(rest) and not ASKING.search(rest)


_MASTHEAD = 24  # characters: a line with the name of a paper, its number, its issuer or its date has no more
_ROW = 5  # question marks in a row; mastheads have wider gaps only beside dates, numbers and labels, and at their ends
_NO_QUESTION = frozenset("。，、；：（《“")  # a question mark cannot stand behind these


def _lines_with(mark: str, text: str) -> Iterator[tuple[int, int]]:
    """Yield the start and end of every line that holds the mark."""
    end = 0
    while (place := text.find(mark, end)) >= 0:
        start = text.rfind("\n", end, place) + 1 or end
        end = text.find("\n", place)
        end = len(text) if end < 0 else end
        yield start, end


_NAME_BEFORE = pattern("[:：][\u4e00-\u9fff]{1,2}$")
_NAME_BEHIND = pattern("[\u4e00-\u9fff]?(?:$|[ \u3000|])")


def is_gap_in_name(line: str, place: int) -> bool:
    """Tell whether the question mark at a place of a line stands for a lost character of the name behind a label.

    Where other question marks of the line stand for spaces this one does, too: names of two characters are set apart.

    >>> is_gap_in_name("签发人：周?明", 5), is_gap_in_name("签发人：周?明???核稿：吴?", 5)
    (True, False)
    """
    found = _NAME_BEFORE.search(line, max(0, place - 3), place) and _NAME_BEHIND.match(line, place + 1)
    return bool(found) and "??" not in line


@rule(
    "question-for-space",
    "inferred",
    needs="?",
    example=("工作簡?報\n第??8??期\n县委办公室???\n学什么?怎么学?", "工作簡 報\n第8期\n县委办公室\n学什么?怎么学?"),
)
def remove_question_for_space(text: str, _: Context) -> Iterable[Finding]:
    """Remove question marks that stand where a wide or no-break space could not be encoded.

    No question begins a line or stands behind a comma, and mastheads ask none: there spaces set numbers and names
    apart. One space is left between words, none beside numbers and between single characters.
    """
    for start, end in _lines_with("?", text):
        line = text[start:end]
        body = line.rstrip(" |")
        words = _QUESTION.sub("", body)
        masthead = len(words) <= _MASTHEAD and not _SENTENCE.search(words) and not ASKING.search(words)
        labels = _is_row_of_labels(words)
        masthead = masthead or labels
        if not (masthead and not words) and not any(map(is_han, words)):
            continue
        for match in _QUESTION.finditer(body):
            first, last = match.span()
            before, behind = (
                body[:first].rstrip(" ?")[-1:] if masthead else body[first - 1 : first],
                body[last : last + 1],
            )
            if last - first == 1 and _is_mark_itself(body, first):
                continue
            at_edge = last == len(body) or before.isdigit() or behind.isdigit()
            if last - first >= _ROW and not (words and (at_edge or labels)):
                # No gap is so wide inside words, nor a line of gaps alone: these were characters.
                note = "a row of question marks: so many characters were lost here, it seems"
                row = match.group()
                yield Finding("question-for-space", start + first, start + last, row, row, "reported", note=note)
                continue
            if first == 0 or not body[max(0, first - 1) : first].strip(" ?"):
                after = ""
            elif not _is_text(before) or (behind and not _is_text(behind)):
                if before not in _NO_QUESTION:
                    continue
                after = ""
            elif before in _NO_QUESTION:
                after = ""
            elif last == len(body):
                if last - first < 3 or not masthead:
                    continue
                after = ""
            elif masthead and is_gap_in_name(body, first):
                continue  # lost-character reports it
            elif masthead:
                after = " " if is_han(before) and _DATE.match(line, last) else _between(body, first, last)
            elif last - first >= 2 and _DATE_AT_END.match(line, last) and not _SENTENCE_OR_ASKING.search(words):
                after = " "  # an issuer's name as long as it may be, and the date
            else:
                continue
            yield Finding("question-for-space", start + first, start + last, match.group(), after, "inferred")


_OPENING, _CLOSING = frozenset("“‘（(《「『"), frozenset("”’）)》」』—–-－~")
_BLANK = frozenset(" \u3000\xa0")


def _is_mark_itself(line: str, place: int) -> bool:
    """Tell whether a question mark is what is spoken of (“?”), an unknown year (（?—1644）) or a missing value."""
    before, behind = line[place - 1 : place], line[place + 1 : place + 2]
    if before in _OPENING and behind in _CLOSING:
        return True
    return before in _BLANK and behind in _BLANK and line.count("?") == 1


def _is_text(character: str) -> bool:
    return character.isdigit() or is_han(character) or character in "》」』）)%〔[【"


def _between(line: str, first: int, last: int) -> str:
    """Return what stands in the place of question marks between two words of a masthead."""
    before, behind = line[first - 1], line[last]
    if not (is_han(before) and is_han(behind)):
        return ""
    single = (first < 2 or line[first - 2] in "? ：:") and (last + 1 == len(line) or line[last + 1] in "? ")
    return "" if single else " "


@rule("table-pipe", "inferred", needs="|", example=("县委办公室 |\n2010年8月25日 |\n", "县委办公室\n2010年8月25日\n"))
def remove_table_pipe(text: str, _: Context) -> Iterable[Finding]:
    """Remove the border that a table's cell left at the end or the beginning of a line.

    Mastheads are laid out as tables, and copied as text they keep a bar in each line. A line with bars inside it, or
    next to one, is a row of a real table.
    """
    for start, end in _lines_with("|", text):
        line = text[start:end]
        left = line.lstrip(" |")
        body = left.rstrip(" |")
        if _is_row(line):
            continue
        above = text[text.rfind("\n", 0, max(start - 1, 0)) + 1 : max(start - 1, 0)]
        below_end = text.find("\n", end + 1)
        below = text[end + 1 : below_end if below_end >= 0 else len(text)]
        if _is_row(above) or _is_row(below):
            continue
        lead = len(line) - len(left)
        if lead and "|" in line[:lead]:
            yield Finding("table-pipe", start, start + lead, line[:lead], "", "inferred")
        if body and "|" in line[lead + len(body) :]:
            tail = start + lead + len(body)
            yield Finding("table-pipe", tail, end, text[tail:end], "", "inferred")


def _is_row(line: str) -> bool:
    """Tell whether a line has a bar between cells, or one on either side of its only cell."""
    cells = line.strip(" ")
    body = cells.strip(" |")
    return "|" in body or bool(body and cells[0] == cells[-1] == "|")
