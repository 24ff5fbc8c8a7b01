"""Document numbers (发文字号): 闽委〔2010〕96号, of decrees (国务院令第588号), and of Taiwan's letters."""

import re

from cnpolicy.masthead.lines import H
from cnpolicy.masthead.numerals import CN, value
from cnpolicy.patterns import pattern

_FIGURE = rf"(?P<n>[0-9]{{1,5}}|[{CN}十百]{{1,7}})"
OPENING = "〔[(【〈﹝〖„"
_CODE = rf"(?P<code>(?:[{H}] ?){{1,16}})"
NUMBER_WITH_YEAR = pattern(
    rf"{_CODE}?[{re.escape(OPENING)}] ?(?P<year>[0-9{CN}]{{4}}|[0-9]{{2}}) ?年? ?[〕\])】〉﹞〗‟]"
    rf" ?第? ?{_FIGURE} ?(?P<mark>[号號])"
)
# Without brackets, a code must end as codes do.
_NUMBER_BARE = pattern(
    rf"(?P<code>[{H}]{{1,11}}[发發办辦函字政委令通文]) ?(?P<year>(?:19|20)[0-9]{{2}}) ?年? ?第? ?{_FIGURE}"
    r" ?(?P<mark>[号號])"
)
# With brackets that were lost, as by OCR: 某农 2012 45号
_NUMBER_WITHOUT_BRACKETS = pattern(
    rf"(?P<code>[{H}]{{2,10}}) (?P<year>(?:19|20)[0-9]{{2}}) ?年? (?:第 ?)?{_FIGURE} ?(?P<mark>[号號])"
)
_NUMBER_TAIWAN = pattern(rf"(?P<taiwan>[{H}][{H}0-9]{{0,11}}字第) ?(?P<n>[0-9]{{6,12}}) ?(?P<mark>[号號])")
# 教字第三一七號, before 1949
_NUMBER_OLD = pattern(rf"(?P<old>[{H}]{{1,8}}字第 ?(?:[0-9]{{1,5}}|[{CN}十百]{{1,7}}) ?[号號])")
# Of a decree that is told with its date: what is before the code is the office, if there is one.
ENACTED_NUMBER = pattern(
    rf"(?P<taiwan>(?:(?<=[府部院局處會署])[{H}]{{1,12}}|(?<=日)[{H}]{{1,5}})字第) ?(?P<n>[0-9]{{6,12}}) ?(?P<mark>號)"
)
_NUMBER_DECREE = pattern(
    rf"(?P<org>[{H}]{{2,30}}(?:令|公告|通告)) ?\(?(?:(?P<year>[0-9]{{4}}) ?年)? ?第? ?{_FIGURE} ?(?P<mark>[号號])"
)
# Hong Kong counts within the year: 社區設施署通函第8/2017號
_NUMBER_OF_YEAR = pattern(
    rf"(?P<of_year>(?P<maker>[{H}]{{0,30}}?)(?:通函|通告|通諭|便[箋笺]|文件|指引) ?(?:[编編][号號] ?)?"
    r"第? ?[0-9]{1,4} ?/ ?(?:19|20)[0-9]{2} ?[号號])"
)
DECREE = pattern(f"[{H}]{{2,30}}(?:令|公告|通告)")
# Of a law that tells by which decree it was made known.
DECREE_OF_LAW = pattern(
    rf"(?:[日 ]|[,，、])(?P<org>[{H}]{{2,30}}令) ?(?:(?P<year>[0-9]{{4}}) ?年)? ?第? ?{_FIGURE} ?(?P<mark>[号號])"
)
NUMBER_BELOW_DECREE = pattern(
    rf"\(?(?:(?P<year>[0-9]{{4}}) ?年 ?)?第 ?{_FIGURE} ?(?P<mark>[号號])\)?"
    r"(?: ?\(?[总總]第 ?(?P<total>[0-9]{1,5}) ?[号號]\)?)?"
)
BEHIND_NUMBER = pattern(r"[ )]*(?:签发人|簽發人|签发|急件|特急|机密|秘密|绝密|★|[^:]{1,6}:|$)")


def figures(numeral: str) -> str:
    """Return a number in figures; a range of them as it stands."""
    return str(value(numeral)) if numeral[:1] not in "0123456789" else numeral.replace(" ", "").lstrip("0") or "0"


def number_of(match: re.Match[str]) -> str:
    """Return a document number in its normal form."""
    found = match.groupdict()
    if found.get("old"):
        return match["old"].replace(" ", "")
    if found.get("taiwan"):
        return f"{match['taiwan']}{match['n']}{match['mark']}"
    if "of_year" in found:
        return match["of_year"].replace(" ", "")
    figure = figures(match["n"])
    if "org" in found:
        year = f"{match['year']}年" if found["year"] else ""
        return f"{match['org']}{year}第{figure}{match['mark']}"
    year = match["year"] if match["year"].isdigit() and match["year"].isascii() else str(value(match["year"]))
    return f"{(match['code'] or '').replace(' ', '')}〔{year}〕{figure}{match['mark']}"


def number_match(text: str) -> re.Match[str] | None:
    """Return the document number that the text begins with, or that it is, if its form is less plain."""
    return (
        NUMBER_WITH_YEAR.match(text)
        or _NUMBER_TAIWAN.match(text)
        or _NUMBER_BARE.fullmatch(text)
        or _NUMBER_DECREE.fullmatch(text)
        or _NUMBER_WITHOUT_BRACKETS.fullmatch(text)
        or _NUMBER_OF_YEAR.fullmatch(text)
        or _NUMBER_OLD.fullmatch(text)
    )
