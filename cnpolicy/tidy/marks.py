"""Marks that were doubled, or typed in a stand-in for them."""

from collections.abc import Iterable

from cnpolicy.findings import Finding
from cnpolicy.patterns import pattern
from cnpolicy.rules import Context, rule
from cnpolicy.tidy.alphabet import HAN, has_double, has_pair

# Two full stops are a slip of joining; three and more are a way to write an ellipsis.
_REPEATED = pattern(r"(?<=[^\s。，、；：！？,.;:!?…])(?:(?<!。)。。(?!。)|，，++|、、++|；；++|：：++|[！!]{4,}+)")


@rule(
    "repeated-punctuation",
    "inferred",
    needs="。，、；：！!",
    example=("落到实处。。会议强调，，", "落到实处。会议强调，"),
)
def join_repeated_punctuation(text: str, context: Context) -> Iterable[Finding]:
    """Write one mark where two of a kind stand in a row.

    They come from joining texts that each had one. Ellipses (…… and rows of dots), dashes, and two or three
    exclamation or question marks are meant.
    """
    if not has_double(context, "。，、；：！!") and not has_pair(context, "!！", "!！"):
        return  # so in nearly all texts
    for match in _REPEATED.finditer(text):
        run = match.group()
        after = "！" if run[0] in "！!" else run[0]
        yield Finding("repeated-punctuation", match.start(), match.end(), run, after, "inferred")


_BEFORE = f"[{HAN}，。、；：？！）》”’]"
_BEHIND = f"[{HAN}“‘《（—]"
_DASH = pattern(
    rf"(?<![-－])(?:--|----|－－)(?![-－a-z])"
    rf"(?:(?<=(?<={_BEFORE})--)|(?<=(?<={_BEFORE})－－)|(?<=(?<={_BEFORE})----)|(?={_BEHIND})|"
    rf"(?=[0-9]{{1,4}}[年月日届次期]))"  # a subtitle that begins with a date
)


@rule("ascii-dash", "inferred", needs="-－", example=("--全市创先争优活动纪实", "——全市创先争优活动纪实"))
def write_dash(text: str, _: Context) -> Iterable[Finding]:
    """Write —— for two or four hyphens next to Chinese text.

    The dash of Chinese text is two characters wide, and typewriters and old terminals have hyphens only. Options of
    commands, rulers of tables and lines of hyphens stay.
    """
    if "--" not in text and "－－" not in text:
        return
    for match in _DASH.finditer(text):
        yield Finding("ascii-dash", match.start(), match.end(), match.group(), "——", "inferred")
