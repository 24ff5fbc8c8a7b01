"""The lines above the text together: which of them are title, issuer and speaker tells where they stand."""

from cnpolicy.masthead.dates import DATE, LOST_DATE, date_of, lost_date
from cnpolicy.masthead.issuers import joint_letterhead, office_at, office_name, unknown_office
from cnpolicy.masthead.lines import H, Line, over, squeeze
from cnpolicy.masthead.reading import Field, Reading, Token
from cnpolicy.masthead.speakers import NO_PERSON, SPEAKER_IN_TITLE, take_persons
from cnpolicy.masthead.titles import SPEECH, TITLE_OFFICE, is_bulletin, title_of_article, title_of_document
from cnpolicy.patterns import pattern

_BEGINS_OFFICE = pattern(f"中共[{H}]{{2,28}}$|[{H}]{{1,8}}[省市县縣区區州盟旗镇鎮乡鄉][{H}]{{2,20}}$")


def pick_fields(reading: Reading) -> None:
    """Tell titles, bulletins, offices and speakers from where they stand."""
    _lost_figures(reading)
    tokens = reading.tokens
    joint_letterhead(reading)
    names = [index for index, token in enumerate(tokens) if token.kind == "title"]
    issues = [index for index, token in enumerate(tokens) if token.kind == "issue"]
    offices = [index for index, token in enumerate(tokens) if token.kind == "office"]
    if issues and offices:
        _split_office(reading, names, offices)
    named = bool(names) and is_bulletin(reading.written(tokens[names[0]].line))
    bulletin = bool(issues) or (named and bool(offices))
    if issues and not offices:
        offices = unknown_office(reading, issues[-1] + 1)
    if not bulletin:
        take_persons(reading, names)
    elif issues:
        take_persons(reading, [index for index in names if index > issues[-1]])
    after = issues[-1] + 1 if issues else names[0] + 1 if bulletin else 0
    if bulletin:
        title_of_article(reading, after)
    elif "title" not in reading.found:
        title_of_document(reading)
    for index in offices:
        reading.add("issuer", 2 if bulletin else 5, *office_at(reading, index), "certain" if bulletin else "inferred")
        if not bulletin:
            break
    if "title" in reading.found:
        _read_title(reading, reading.found["title"][1])


def _lost_figures(reading: Reading) -> None:
    """Read a masthead whose words were lost: a line 98, the office, a line 2010830."""
    for index in range(len(reading.tokens) - 2):
        issue, office, day = reading.tokens[index : index + 3]
        if (
            (issue.kind, office.kind, day.kind) == ("title", "office", "title")
            and len(issue.line.text) <= 4
            and issue.line.text.isascii()
            and issue.line.text.isdigit()
            and LOST_DATE.fullmatch(day.line.text)
        ):
            reading.add("issue", 3, f"第{int(issue.line.text)}期", issue.line, "inferred")
            reading.add("date", 3, lost_date(day.line.text), day.line, "inferred")
            reading.tokens[index] = Token("issue", issue.line)
            reading.tokens[index + 2] = Token("date", day.line)
            return


def _split_office(reading: Reading, names: list[int], offices: list[int]) -> None:
    """Join the first line of a bulletin's office to the second, if its long name was cut between issue and date."""
    for index in offices:
        kinds = [reading.kind_at(place) for place in range(index - 2, index + 2)] if index > 1 else []
        above = reading.tokens[index - 1].line
        if kinds != ["issue", "title", "office", "date"] or not _BEGINS_OFFICE.match(above.text):
            continue
        name = squeeze(above.text) + squeeze(reading.tokens[index].line.text)
        if office_name(name):
            whole = over([above, reading.tokens[index].line])
            reading.tokens[index] = Token("office", Line(name, whole.start, whole.end))
            reading.tokens[index - 1] = Token("noise", above)
            names.remove(index - 1)
            return


def _read_title(reading: Reading, title: Field) -> None:
    """Read what a title itself says: who issued it, who spoke, and when a speech was given."""
    line = Line("", title.start, title.end)
    text = title.value
    if match := TITLE_OFFICE.match(text):
        reading.add("issuer", 6, office_name(match["office"].strip()), line, "inferred")
    below = [token.line for token in reading.tokens if token.kind == "subtitle"]
    said = [(text, line), *((reading.written(one).strip("—─–-（() ）"), one) for one in below)]
    if not any(SPEECH.search(what) for what, _ in said):
        return
    for what, where in said:
        if (match := SPEAKER_IN_TITLE.match(what)) and not NO_PERSON.fullmatch(match["name"]):
            told = match["comrade"] or match["post"]
            reading.add("speaker", 3, match["name"], where, "certain" if told else "inferred")
    day = DATE.search(text)
    if day is not None and (day["day"] or day["d"]):
        reading.add("date", 6, date_of(day), line, "inferred")
