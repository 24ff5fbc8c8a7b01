"""Characters that nobody sees, and characters in a width or a form that they were not typed in."""

import re
from collections.abc import Iterable

from cnpolicy.findings import Finding
from cnpolicy.rules import Context, between, rule

_SPACES = "\xa0\u1680" + between("\u2000", "\u200a") + "\u202f\u205f\u3000"
_BIDI = "\u061c\u200e\u200f" + between("\u202a", "\u202e") + between("\u2066", "\u2069")
_JOINERS = "\u180e\u200c\u200d"
_NOTHING = (
    between("\x00", "\x08")
    + between("\x0e", "\x1f")
    + between("\x7f", "\x84")
    + between("\x86", "\x9f")
    + "\xad\u200b"
    + between("\u2060", "\u2064")
    + between("\u206a", "\u206f")
    + "\ufeff"
    + between("\ufff9", "\ufffb")
)
_UNSEEN = _SPACES + _BIDI + _JOINERS + _NOTHING
_RUN = re.compile("[{0}][ {0}]*+".format(re.escape(_UNSEEN)))
# Scripts whose letters are joined or kept apart by the joiners: Hebrew to Myanmar, Khmer, Mongolian, Arabic forms.
_JOINING = re.compile("[\u0590-\u109f\u1780-\u18af\ufb1d-\ufdff\ufe70-\ufefc]")
_EMOJI = re.compile("[\u2190-\u2bff\ufe0f\U0001f000-\U0001faff]")
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]")


def _belongs(text: str, start: int, end: int) -> bool:
    """Tell whether a joiner here is part of what is written."""
    before, behind = text[max(start - 1, 0) : start], text[end : end + 1]
    return bool(_JOINING.match(before) or _JOINING.match(behind) or (_EMOJI.match(before) and _EMOJI.match(behind)))


@rule("invisible", "certain", needs=_UNSEEN, example=("全\u200b市\xad党员\xa0\xa05万名", "全市党员 5万名"))
def remove_invisible(text: str, _: Context) -> Iterable[Finding]:
    """Remove characters that are not seen, and make one space of no-break and ideographic ones.

    A byte order mark inside a file, soft hyphens, zero-width spaces and control characters come from web pages and
    word processors. They cut words in two for every program that looks for words. Joiners stay in emoji and in the
    scripts that write with them; marks of direction stay in a text that has a word written from right to left.
    """
    right_to_left: bool | None = None
    done = 0
    for match in _RUN.finditer(text):
        start, end = match.span()
        while start and text[start - 1] == " ":
            start -= 1
        start = max(start, done)
        done = end
        run = text[start:end]
        rest = run.strip(" ")
        joiners = [one for one in rest if one in _JOINERS]
        if (
            len(joiners) == 1
            and " " not in run
            and not any(one in _SPACES for one in run)
            and _belongs(text, start, end)
        ):
            after = joiners[0]
        else:
            if any(one in _BIDI for one in rest) and right_to_left is None:
                right_to_left = bool(_RIGHT_TO_LEFT.search(text))
            kept = _BIDI if right_to_left else ""
            if any(one in _SPACES for one in rest):
                outer = start == 0 or end == len(text) or text[start - 1] in "\r\n" or text[end] in "\r\n"
                after = "" if outer else " "
                after += "".join(one for one in run if one in kept)
            else:
                after = "".join(one for one in run if one == " " or one in kept)
        if after != run:
            yield Finding("invisible", start, end, run, after, "certain")


_WIDE = between("０", "９") + between("Ａ", "Ｚ") + between("ａ", "ｚ")
_BETWEEN = "＋－．／＝＆＃＠＄＿＊"
_TO_ASCII = {ord(wide): ord(wide) - 0xFEE0 for wide in _WIDE + _BETWEEN + "％"}
_WIDE_ANY = re.compile(f"[{_WIDE}％{_BETWEEN}]")
_NARROW = re.compile("[0-9A-Za-z%]")
_WORD = f"[0-9A-Za-z%{_WIDE}％]++"
_WIDE_RUN = re.compile(f"{_WORD}(?:[{_BETWEEN}]{_WORD})*+．?+")


@rule(
    "fullwidth-alphanumeric",
    "certain",
    needs=_WIDE + _BETWEEN + "％",
    example=("１９９８年ＧＤＰ增长７．８％", "1998年GDP增长7.8%"),
)
def narrow_alphanumeric(text: str, _: Context) -> Iterable[Finding]:
    """Write Latin letters, digits and the percent sign in ASCII.

    Old editorial systems set them as wide as a Chinese character, so that １９９８ and 1998 are two words to a
    program. Signs such as ． or ／ are narrowed with the numbers and words that they stand between; elsewhere they
    are Chinese punctuation.
    """
    done = 0
    while wide := _WIDE_ANY.search(text, done):
        start = wide.start()
        while start > done and _NARROW.match(text[start - 1]):
            start -= 1
        match = _WIDE_RUN.match(text, start)
        done = match.end() if match else wide.end()
        if not match:
            continue
        run = match.group()
        after = run.translate(_TO_ASCII)
        if after == run:
            continue
        first = next(place for place, (one, other) in enumerate(zip(run, after, strict=True)) if one != other)
        last = len(run) - next(
            place for place, (one, other) in enumerate(zip(run[::-1], after[::-1], strict=True)) if one != other
        )
        yield Finding(
            "fullwidth-alphanumeric", start + first, start + last, run[first:last], after[first:last], "certain"
        )
