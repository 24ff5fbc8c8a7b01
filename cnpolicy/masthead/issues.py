"""Issues of bulletins: 第96期, 2012年第33期（总第486期）, 增刊."""

import re

from cnpolicy.masthead.dates import date_at_end
from cnpolicy.masthead.numbers import figures
from cnpolicy.masthead.numerals import CN
from cnpolicy.masthead.titles import is_bulletin
from cnpolicy.patterns import pattern

_ISSUE = pattern(
    rf"\(?(?:(?P<sy>(?:19|20)[0-9]{{2}}) ?年 ?)?(?P<special>增 {{0,4}}刊|特刊|专刊|號外|号外) ?"
    rf"(?:第? ?(?P<s>[0-9]{{1,4}}|[{CN}十百]{{1,7}}) ?期)?\)?"
    rf"(?: ?\(?[,，]? ?(?P<stotal>[总總]) ?第 ?(?P<st>[0-9]{{1,5}}|[{CN}十百]{{1,7}}) ?期 ?\)?)?"
    rf"|[〔\[(【]?(?:(?P<year>(?:19|20)[0-9]{{2}}|[{CN}]{{4}}) ?年? ?[〕\])】]? ?)?第 {{0,4}}"
    rf"(?P<n>[0-9]{{1,4}}(?:[-—~、～][0-9]{{1,4}})?|[{CN}十百](?: ?[{CN}十百]){{0,6}})"
    rf" {{0,4}}(?P<mark>[期次輯辑])(?P<extra>增刊)?[〕\])】]?"
    rf"(?: ?\(?[,，]? ?(?P<total>[总總]) ?第 ?(?P<t>[0-9]{{1,5}}|[{CN}十百]{{1,7}}) ?期 ?\)?)?"
    rf"|\(?(?P<only>[总總]) ?第 ?(?P<o>[0-9]{{1,5}}|[{CN}十百]{{1,7}}) ?期 ?\)?"
    r"|(?P<my>(?:19|20)[0-9]{2}) ?年 ?(?P<mm>[0-9]{1,2}) ?月[号號]"
)
SPECIAL = ("增刊", "特刊", "专刊", "號外", "号外")
PLAIN_ISSUE = pattern("第[0-9]+期")


def issue_of(match: re.Match[str]) -> str:
    """Return an issue in its normal form."""
    if match["special"]:
        year = f"{match['sy']}年" if match["sy"] else ""
        total = f"（{match['stotal']}第{figures(match['st'])}期）" if match["stotal"] else ""
        return year + match["special"].replace(" ", "") + (f"第{figures(match['s'])}期" if match["s"] else "") + total
    if match["only"]:
        return f"{match['only']}第{figures(match['o'])}期"
    if match["my"]:
        return f"{match['my']}年{int(match['mm'])}月{match[0].rstrip()[-1]}"
    year = f"{figures(match['year'])}年" if match["year"] else ""
    total = f"（{match['total']}第{figures(match['t'])}期）" if match["total"] else ""
    return f"{year}第{figures(match['n'])}{match['mark']}{match['extra'] or ''}{total}"


def issue_match(text: str) -> re.Match[str] | None:
    """Return the issue in a line: at its start, or behind a blank or the name of a bulletin."""
    if not any(mark in text for mark in "期刊次号號輯辑"):
        return None
    for match in _ISSUE.finditer(text):
        before = text[: match.start()].rstrip()
        behind = text[match.end() :]
        if before and not (
            is_bulletin(before)
            or (text[match.start() - 1] == " " and (len(before) <= 20 or date_at_end(before) is not None))
        ):
            continue
        if behind and behind[0] not in " ()（，,":
            continue
        return match
    return None
