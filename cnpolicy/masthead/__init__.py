"""The masthead (版头) of a policy document: its title, who issued it, its number, its issue, who spoke, and when.

Only the first and the last lines are looked at: what stands before the first sentence or salutation, and the signature
(落款) with what is printed below it, before an attachment (附件) if there is one. What cannot be read is None.

**Title**: without its subtitle (——…), and without a document number or a date in brackets behind
it. Lines that were cut are joined; so are the offices above 关于, which belong to the title (GB/T
9704). In a bulletin it is the title of the first article, or the bulletin's name if no article has
one, or if several are listed; of minutes (会议纪要) it is the line that says what they are about. In
Taiwan's letters it is the subject (主旨). A decree (令, 公告) that makes one thing known
(《…办法》已经…通过，现予公布) has the title of that. Poems, tables and lists have none that could be told from
their first line. What is half lost is none.

**Issuer** (发文机关), the first of: a label 发文机关, 编发单位 and the like; the letterhead (…文件, …令, … 函) and,
in a bulletin, the office in the masthead; the signature; an office on a line of its own above the text; the title's
first words; a label 发布机构, for that may be who put it on a page. Several are separated by a space. A source (来源)
is never the issuer, nor is the assembly that passed a law.

**Number** (发文字号) as 闽委〔2010〕96号, whatever its brackets were, and the forms without a year in brackets as they
are (国务院令第588号, 府農字第0990123456號); of a law, that of the decree which made it known. **Issue** as 第96期,
2012年第33期（总第486期）, 增刊.

**Speaker**: a name below the title, or in it (…同志在…会议上的讲话); also the author who stands there with his office.
Reporters, editors and those who sign are not speakers.

**Date**, ISO 8601, as exact as it is given. The first of:

1. a label that says it is the document's (成文日期, 發文日期);
2. the date below the title or in the masthead, for there the document says when it was spoken, passed or issued;
3. the date below the signature, or at the end;
4. the date of printing (印发), which is the same day or one of the next;
5. the time of publication on a page, days or years later;
6. the full date in the title of a speech;
7. the month of an issue (2015年9月號);
8. the file's name, which somebody else gave.

Dates in the text, and years in titles, are what the document speaks of.
"""

from cnpolicy.masthead.dates import date_of_name
from cnpolicy.masthead.head import take_line
from cnpolicy.masthead.lines import lines
from cnpolicy.masthead.picking import pick_fields
from cnpolicy.masthead.reading import Field, Masthead, Reading
from cnpolicy.masthead.signature import read_signature

__all__ = ["Field", "Masthead", "read"]

# The longest mastheads, those of government web sites, have twelve lines of labels.
_HEAD_LINES, _HEAD = 24, 3000  # lines, characters
_LONGEST_LINE = 320  # characters, for a label with a title; a longer line is text, and its beginning tells that


def read(text: str, name: str = "") -> Masthead:
    """Read the masthead of a document, best of a clean one (a paragraph a line); `name` is its path, `/` between parts.

    Takes any text, Simplified or Traditional, and raises nothing. Time does not grow with the text beyond its first
    6,000 characters, its last 1,200, and eight attachments.

    >>> found = read("\\n".join(["工作简报", "第6期", "某县信访局 2010年8月25日", "把门打开", "一早，信访局开了门。"]))
    >>> found.title, found.issue
    (Field(value='把门打开', start=26, end=30, certainty='certain'), Field(value='第6期', start=5, end=8, ...))
    >>> read("Once upon a time", "2010-08-25.txt").date
    Field(value='2010-08-25', start=-1, end=-1, certainty='inferred')
    """
    reading = Reading(text)
    body = 0
    for seen, line in enumerate(lines(text, 0, min(len(text), _HEAD), _LONGEST_LINE)):
        if seen == _HEAD_LINES or not take_line(reading, line):
            body = line.start
            break
        body = line.end
    pick_fields(reading)
    read_signature(reading, body)
    if "date" not in reading.found and name and (day := date_of_name(name)):
        reading.found["date"] = 8, Field(day, -1, -1, "inferred")
    return Masthead(**{field: reading.found[field][1] for field in Masthead._fields if field in reading.found})
