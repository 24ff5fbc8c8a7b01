"""How much of garbled text does repair bring back? Garbles good text in every way of garbling.py, and compares.

    python tests/benchmarks/repair_accuracy.py [--cells START...] [--form FORM...] [--lines even|odd] [--limit N]
        [--restore X|off] [--posteriors] [--peers] [--misses N] [--floors]

The odd lines of the texts are for development, the even lines for the score; floors.json holds the score's floors.
A cell is named class/garbling/script/form. The forms are `whole` (a line is a document), `document` (20 lines garbled
as one), `paragraph` (one garbled line between good ones), `run2`, `run4`, `run8`, `run20` (so many characters inside
a good line), and `quoted` (four garbled characters between quotation marks in a good line: a mention, which has to
stay). The cells 0/good hold good text, which has to stay too.

The columns. `exact` is the share of cases (of `document`: of lines) that come out right, and behind it the lower end
of its 95 % interval (Wilson); in `quoted` and in class 8, which nobody can undo, a case is right if nothing changed and
something was reported. `chars` is 1 - (edit distance between what came out and what should have) / (characters
of the garbled stretch), summed over cases; a case cannot fall below 0. `still` is the share of cases in which nothing
changed, `lost` how many U+FFFD more than in the truth are left in 100 characters. Then the findings, per 100 cases:
certain, inferred, reported.

With `--posteriors` each case is also repaired with `restore` at several thresholds and off. What is U+FFFD when it is
off and a character in the truth is a lost place; at a threshold it is covered if something else stands there, and right
if that is the truth's character. Below is the calibration: of the places that one threshold fills and the next does
not, the share that is right should lie between the two.

With `--peers`, the exact lines and characters of two others: the exact inverse, told the codecs (what they lack left
out, what does not fit U+FFFD), and ftfy.fix_encoding.
"""

import argparse
import json
import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from math import floor, sqrt
from pathlib import Path
from typing import NamedTuple

from garbling import Garbling, attempt, garblings, is_han

from cnpolicy import pipeline
from cnpolicy.document import Document
from cnpolicy.rules import Options

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
TEXTS = {"simplified": "icwb2/pku_test.utf8", "traditional": "icwb2/cityu_test.utf8"}
GOOD = (*TEXTS.values(), "negatives/classical.txt", "negatives/japanese.txt", "negatives/korean.txt")
FORMS = ("whole", "document", "paragraph", "run2", "run4", "run8", "run20", "quoted")
DOCUMENT = 20
AROUND = 4
QUOTES = {"simplified": "“{}”", "traditional": "「{}」"}
THRESHOLDS = (0.0, 0.5, 0.8, 0.9, 0.99)
REPLACEMENT = "\ufffd"


class Case(NamedTuple):
    """What is repaired and what it should come to; the garbled stretch of it, and its length in the truth.

    `told` is what the naive inverse makes of it. `kept`: it has to stay as it is, and to be reported.
    """

    garbled: str
    truth: str
    size: int
    stretch: str
    told: str
    kept: bool = False


# --- Texts and cases -------------------------------------------------------------------------------------------------


@cache
def lines(name: str, half: str) -> tuple[str, ...]:
    every = (DATA / name).read_text(encoding="utf-8-sig").split("\n")
    return tuple(line.strip() for line in every[0 if half == "odd" else 1 :: 2] if line.strip())


@cache
def shuffled(name: str, half: str) -> tuple[str, ...]:
    """The lines in an order that is the same for all cells, so that cells can be compared."""
    every = list(lines(name, half))
    random.Random(f"{name} {half}").shuffle(every)
    return tuple(every)


def make(garbling: Garbling, text: str, template: str = "{}") -> Case | None:
    """Garble a text and put it where the template says; None where the text is not for this garbling."""
    garbled = attempt(garbling.garble, text)
    if garbled is None or garbled == text:
        return None
    truth = garbled if garbling.kept else garbling.truth(text)
    head, tail = template.split("{}")
    told = garbled if garbling.kept else garbling.told(garbled)
    return Case(head + garbled + tail, head + truth + tail, len(truth), garbled, head + told + tail, garbling.kept)


def _fill(text: str) -> str:
    """Make a good line fit for a template."""
    return text.replace("{", "(").replace("}", ")")


def cases(garbling: Garbling, script: str, form: str, half: str) -> Iterator[Case]:
    """The cases of a cell: as many as the text has."""
    name = TEXTS[script]
    every = shuffled(name, half)
    found: Case | None = None
    if form == "document":
        kept = [line for line in lines(name, half) if attempt(garbling.garble, line) not in (None, line)]
        for start in range(0, len(kept) - DOCUMENT + 1, DOCUMENT):
            if found := make(garbling, "\n".join(kept[start : start + DOCUMENT])):
                yield found
        return
    for place, line in enumerate(every):
        chance = random.Random(f"{form} {line}")
        if form == "whole":
            found = make(garbling, line)
        elif form == "paragraph":
            around = [_fill(every[(place + step) % len(every)]) for step in range(1, 2 * AROUND + 1)]
            found = make(garbling, line, "\n".join((*around[:AROUND], "{}", *around[AROUND:])))
        else:
            size = 4 if form == "quoted" else int(form.removeprefix("run"))
            starts = [start for start in range(4, len(line) - size - 3) if _fit(line[start : start + size], form)]
            if not starts or (form == "quoted" and any(mark in line for mark in "“”‘’「」『』")):
                continue
            start = chance.choice(starts)
            inner = QUOTES[script] if form == "quoted" else "{}"
            template = _fill(line[:start]) + inner + _fill(line[start + size :])
            found = make(garbling, line[start : start + size], template)
            if found and form == "quoted":
                found = found._replace(truth=found.garbled, size=len(found.stretch), kept=True)
        if found:
            yield found


def _fit(text: str, form: str) -> bool:
    """Tell whether a stretch will do as a run: half of it Han characters, all of it for a mention."""
    share = sum(map(is_han, text)) / len(text)
    return share == 1.0 if form == "quoted" else share >= 0.5


def good_cases(name: str, form: str, half: str) -> Iterator[Case]:
    every = lines(name, half)
    for text in every if form == "whole" else ("\n".join(every),):
        yield Case(text, text, len(text), "", text)


# --- Measures --------------------------------------------------------------------------------------------------------


def distance(one: str, two: str) -> int:
    """The edit distance (Levenshtein): insertions, deletions and replacements of single characters.

    Bit-parallel: G. Myers, "A fast bit-vector algorithm for approximate string matching" (JACM 46, 1999), in the form
    of H. Hyyrö (2003), with a Python integer as the column.

    >>> distance("深入学习贯彻", "深人学习，贯彻")
    2
    """
    head = 0
    while head < min(len(one), len(two)) and one[head] == two[head]:
        head += 1
    one, two = one[head:], two[head:]
    while one and two and one[-1] == two[-1]:
        one, two = one[:-1], two[:-1]
    if not one or not two:
        return len(one) + len(two)
    places: dict[str, int] = {}
    for place, character in enumerate(one):
        places[character] = places.get(character, 0) | 1 << place
    everything = (1 << len(one)) - 1
    last = 1 << (len(one) - 1)
    more, less = everything, 0
    score = len(one)
    for character in two:
        same = places.get(character, 0)
        across = same | less
        down = (((same & more) + more) ^ more) | same
        rises = less | (everything & ~(down | more))
        falls = more & down
        score += bool(rises & last) - bool(falls & last)
        rises = (rises << 1 | 1) & everything
        falls = (falls << 1) & everything
        more = falls | (everything & ~(across | rises))
        less = rises & across
    return score


def aligned(truth: str, text: str) -> list[str]:
    """For each character of the truth what stands for it in the text: one character, or nothing.

    The alignment is one of least edit distance; a replacement by U+FFFD costs a little less, so that lost places are
    found where they are.
    """
    if len(truth) == len(text) and sum(map(str.__ne__, truth, text)) == distance(truth, text):
        return list(text)
    head = 0
    while head < min(len(truth), len(text)) and truth[head] == text[head]:
        head += 1
    tail = 0
    while tail < min(len(truth), len(text)) - head and truth[-1 - tail] == text[-1 - tail]:
        tail += 1
    one, two = truth[head : len(truth) - tail], text[head : len(text) - tail]
    # Rows: of the truth. Each entry is the least cost so far.
    table = [[float(column) for column in range(len(two) + 1)]]
    for row, wanted in enumerate(one, 1):
        above = table[-1]
        current = [float(row)]
        for column, got in enumerate(two, 1):
            swap = above[column - 1] + (0.0 if wanted == got else 0.9 if got == REPLACEMENT else 1.0)
            current.append(min(swap, above[column] + 1, current[-1] + 1))
        table.append(current)
    found = [""] * len(one)
    row, column = len(one), len(two)
    while row and column:
        wanted, got = one[row - 1], two[column - 1]
        swap = table[row - 1][column - 1] + (0.0 if wanted == got else 0.9 if got == REPLACEMENT else 1.0)
        if table[row][column] == swap:
            row, column = row - 1, column - 1
            found[row] = got
        elif table[row][column] == table[row - 1][column] + 1:
            row -= 1
        else:
            column -= 1
    return [*truth[:head], *found, *(truth[len(truth) - tail :] if tail else "")]


def lower_bound(hits: float, count: int) -> float:
    """The lower end of the 95 % interval of a share (Wilson)."""
    if not count:
        return 0.0
    share, z = hits / count, 1.96
    centre = share + z * z / (2 * count)
    spread = z * sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return max(0.0, (centre - spread) / (1 + z * z / count))


def lines_right(truth: str, text: str) -> tuple[int, int]:
    """How many lines of the truth are in the text, and how many there are."""
    if truth == text:
        return truth.count("\n") + 1, truth.count("\n") + 1
    there = text.split("\n")
    wanted = truth.split("\n")
    right = 0
    for line in wanted:
        if line in there:
            there.remove(line)
            right += 1
    return right, len(wanted)


@dataclass
class Share:
    """Of how many, how many."""

    hits: float = 0.0
    count: int = 0

    def add(self, hits: float, count: int) -> None:
        self.hits += hits
        self.count += count

    @property
    def percent(self) -> float:
        return 100 * self.hits / self.count if self.count else 0.0

    @property
    def least(self) -> float:
        return 100 * lower_bound(self.hits, self.count)


@dataclass
class Score:
    """What is measured of one cell."""

    exact: Share = field(default_factory=Share)
    characters: Share = field(default_factory=Share)
    still: Share = field(default_factory=Share)
    lost: Share = field(default_factory=Share)
    findings: dict[str, int] = field(default_factory=lambda: {"certain": 0, "inferred": 0, "reported": 0})
    told: tuple[Share, Share] = field(default_factory=lambda: (Share(), Share()))
    ftfy: tuple[Share, Share] = field(default_factory=lambda: (Share(), Share()))
    # By threshold: of the lost places those that are covered; of these those that are right.
    covered: dict[float, Share] = field(default_factory=lambda: {step: Share() for step in THRESHOLDS})
    right: dict[float, Share] = field(default_factory=lambda: {step: Share() for step in THRESHOLDS})
    misses: list[tuple[float, Case, str]] = field(default_factory=list)


def repaired(text: str, restore: float | None) -> Document:
    """The document that `cnpolicy repair` makes of a text."""
    document = pipeline.read(text)
    assert isinstance(document, Document)
    return pipeline.run(document, pipeline.stages_of("repair"), Options(restore=restore))


def compare(case: Case, text: str, exact: Share, characters: Share, reported: bool = True) -> float:
    """Add a case to the shares, and return how much of it is right."""
    if "\n" in case.truth and case.size == len(case.truth):
        right, count = lines_right(case.truth, text)
        exact.add(right if reported or not case.kept else 0, count)
    else:
        exact.add(text == case.truth and (reported or not case.kept), 1)
    wrong = distance(case.truth, text)
    right = max(0, case.size - wrong)
    characters.add(right, case.size)
    return right / max(1, case.size)


def measure(found: Sequence[Case], restore: float | None, posteriors: bool = False, peers: bool = False) -> Score:
    score = Score()
    for case in found:
        document = repaired(case.garbled, restore)
        text = document.text
        reported = any(finding.certainty == "reported" for finding in document.findings())
        share = compare(case, text, score.exact, score.characters, reported)
        if text != case.truth:
            score.misses.append((share, case, text))
        score.still.add(text == case.garbled, 1)
        score.lost.add(max(0, text.count(REPLACEMENT) - case.truth.count(REPLACEMENT)), case.size)
        for finding in document.findings():
            score.findings[finding.certainty] += 1
        if posteriors:
            weigh(case, score)
        if peers:
            from ftfy import fix_encoding

            compare(case, case.told, *score.told)
            compare(case, fix_encoding(case.garbled), *score.ftfy)
    return score


def weigh(case: Case, score: Score) -> None:
    """Compare the lost places of a case at each threshold with the truth."""
    off = aligned(case.truth, repaired(case.garbled, None).text)
    places = [place for place, got in enumerate(off) if got == REPLACEMENT != case.truth[place]]
    for threshold in THRESHOLDS:
        filled = aligned(case.truth, repaired(case.garbled, threshold).text) if places else []
        covered = [place for place in places if filled[place] not in ("", REPLACEMENT)]
        score.covered[threshold].add(len(covered), len(places))
        score.right[threshold].add(sum(filled[place] == case.truth[place] for place in covered), len(covered))


# --- The command -----------------------------------------------------------------------------------------------------


class Cell(NamedTuple):
    name: str
    garbling: Garbling | None
    text: str
    form: str

    def cases(self, half: str, limit: int) -> list[Case]:
        if self.garbling is None:
            made = good_cases(self.text, self.form, half)
        else:
            made = cases(self.garbling, self.text, self.form, half)
        found = []
        for case in made:
            if len(found) == limit:
                break
            found.append(case)
        return found


def cells(forms: Sequence[str] = FORMS) -> Iterator[Cell]:
    """Every cell, by class."""
    for name in GOOD:
        for form in ("whole", "document"):
            if form in forms:
                yield Cell(f"0/good/{Path(name).stem}/{form}", None, name, form)
    for garbling in garblings():
        for script in garbling.scripts:
            for form in forms:
                # What a writer mentions is garbled as a whole, and could be undone.
                if form != "quoted" or not (garbling.kept or garbling.name.endswith(", some")):
                    yield Cell(f"{garbling.name}/{script}/{form}", garbling, script, form)


HEAD = f"{'cell':58}{'n':>6}{'exact':>8}{'least':>7}{'chars':>8}{'still':>7}{'lost':>6}   cert infer  rep"
THRESHOLDS_SHOWN = (0.9, 0.99)


def row(cell: Cell, count: int, score: Score, posteriors: bool, peers: bool) -> str:
    found = [100 * score.findings[kind] / max(1, count) for kind in ("certain", "inferred", "reported")]
    shown = (
        f"{cell.name:58}{count:6}{score.exact.percent:8.2f}{score.exact.least:7.1f}{score.characters.percent:8.2f}"
        f"{score.still.percent:7.1f}{score.lost.percent:6.1f}  {found[0]:5.0f}{found[1]:6.0f}{found[2]:5.0f}"
    )
    if posteriors:
        for threshold in THRESHOLDS_SHOWN:
            shown += f"  {score.right[threshold].percent:7.2f}{score.covered[threshold].percent:6.1f}"
    if peers:
        for shares in (score.told, score.ftfy):
            shown += f"  {shares[0].percent:6.1f}{shares[1].percent:6.1f}"
    return shown


def show(case: Case, text: str) -> str:
    """The garbled stretch of a case, and what was wanted and came out from a little before the first difference on."""
    place = 0
    while place < min(len(case.truth), len(text)) and case.truth[place] == text[place]:
        place += 1
    shown = slice(max(0, place - 15), place + 35)
    return f"garbled {case.stretch!r:.150}\n          wanted  {case.truth[shown]!r}\n          got     {text[shown]!r}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cells", nargs="*", default=[], help="how the names of the cells to measure begin")
    parser.add_argument("--form", nargs="*", choices=FORMS, default=["whole"])
    parser.add_argument("--lines", choices=("even", "odd"), default="even")
    parser.add_argument("--odd", dest="lines", action="store_const", const="odd")
    parser.add_argument("--limit", type=int, default=200, help="cases of a cell")
    parser.add_argument("--restore", default="0", help="how sure a restored character must be; or `off`")
    parser.add_argument("--posteriors", action="store_true", help="also: how often the restored characters are right")
    parser.add_argument("--peers", action="store_true", help="also the exact inverse told the codecs, and ftfy")
    parser.add_argument("--misses", type=int, default=0, help="print so many of the worst cases of each cell")
    parser.add_argument("--floors", action="store_true", help="at the end print floors for floors.json")
    options = parser.parse_args()
    restore = None if options.restore == "off" else float(options.restore)
    heading = HEAD
    if options.posteriors:
        heading += "".join(f"  right@{threshold} cov" for threshold in THRESHOLDS_SHOWN)
    if options.peers:
        heading += "  told: ex    ch  ftfy:ex    ch"
    print(heading, flush=True)
    floors: dict[str, list[float]] = {}
    weighed = Score()
    for cell in cells(options.form):
        if options.cells and not cell.name.startswith(tuple(options.cells)):
            continue
        found = cell.cases(options.lines, options.limit)
        if not found:
            continue
        score = measure(found, restore, options.posteriors, options.peers)
        print(row(cell, len(found), score, options.posteriors, options.peers), flush=True)
        floors[cell.name] = [floor(10 * share) / 10 for share in (score.exact.percent, score.characters.percent)]
        for threshold in THRESHOLDS:
            for into, of in ((weighed.covered, score.covered), (weighed.right, score.right)):
                into[threshold].add(of[threshold].hits, of[threshold].count)
        worst = sorted(score.misses, key=lambda miss: (miss[0], len(miss[1].garbled)))
        for share, case, text in worst[: options.misses]:
            print(f"    {share:.2f}  {show(case, text)}", flush=True)
    if options.posteriors:
        calibration(weighed)
    if options.floors:
        print(json.dumps(floors, ensure_ascii=False, indent=2))
    return 0


def calibration(score: Score) -> None:
    """Print how often restored characters are right, at and between the thresholds."""
    print("\nrestored characters       covered   right   (least)     between this threshold and the next")
    for threshold, after in zip(THRESHOLDS, (*THRESHOLDS[1:], None), strict=True):
        covered, right = score.covered[threshold], score.right[threshold]
        hits, count = right.hits, right.count
        if after is not None:
            hits, count = hits - score.right[after].hits, count - score.right[after].count
        between = f"{100 * hits / count:7.2f} % of {count:,}" if count > 0 else "none"
        print(
            f"--restore {threshold:<5} {covered.count:8,} places {covered.percent:6.2f}{right.percent:9.3f}"
            f"{right.least:9.3f}      {between}"
        )


if __name__ == "__main__":
    sys.exit(main())
