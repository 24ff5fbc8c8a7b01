"""How much damage does tidy undo, and what does it do to good text?

    python tests/benchmarks/tidy_accuracy.py [--half even|odd] [--seeds N] [--show N] [RULE]...

For every injector of injuring.py, over news (simplified and Traditional), a classic and reports: the share of the
places where the text came back exactly, and the number of changes that are neither the damage nor its repair. The odd
lines of the texts are for development, the even lines for the score; floors.json holds the score's floors.

The good text of a case is what tidy makes of the lines first: then whatever differs is due to the damage. What tidy
does to text as it is is counted apart, over whole files, for lines that belong together must not be parted: the digits
that the news have in full width are narrowed and their line ends unified first, by the rules that do so; every finding
after that which changes something counts, but for the places in RIGHT, where a person looked and found the file
damaged.
"""

import argparse
import difflib
import random
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from injuring import INJECTORS, REPORTED, Case, Injector, bulletin, by_characters

from cnpolicy import convert, pipeline, tidy
from cnpolicy.document import Document
from cnpolicy.findings import Finding
from cnpolicy.rules import Options

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data"
REPORTS = ROOT / "tests" / "samples" / "clean"
NEWS, NEWS_TRADITIONAL, CLASSICAL = "icwb2/pku_test.utf8", "icwb2/cityu_test.utf8", "negatives/classical.txt"
TEXTS = (NEWS, NEWS_TRADITIONAL, CLASSICAL, "reports")
LINES = 24  # lines in a document
BULLETINS = 400
STAGES = (tidy.STAGE, convert.STAGE)
WIDTHS = Options(only=frozenset({"fullwidth-alphanumeric", "line-end", "blank-line", "invisible"}), script="keep")

# The lines (from 1) that are damaged in the files themselves: cut in a sentence, or with a comma before a full stop.
# Each was read by a person. What is not listed here counts as a wrong change.
RIGHT = {
    NEWS: frozenset({491, 826, 1632}),
    NEWS_TRADITIONAL: frozenset({543}),
    CLASSICAL: frozenset({77, 124, 183, 262, 292, 363, 514, 516, 559}),
}


def tidied(text: str, options: Options | None = None) -> Document:
    return pipeline.run(Document("text", text, "str", ""), STAGES, options or Options())


@cache
def lines(name: str) -> tuple[str, ...]:
    """The lines of a file with text in them."""
    text = (DATA / name).read_text("utf-8-sig").replace("\r", "")
    return tuple(line for line in text.split("\n") if line.strip())


@cache
def documents(name: str, half: str) -> tuple[str, ...]:
    """Good texts of so many lines, as tidy leaves them."""
    if name == "reports":
        found = [path.read_text("utf-8") for path in sorted(REPORTS.glob("*.txt"))]
    else:
        own = lines(name)[0 if half == "odd" else 1 :: 2]
        found = ["\n".join(own[start : start + LINES]) + "\n" for start in range(0, len(own), LINES)]
    return tuple(tidied(text, Options(script="keep")).text for text in found)


class Figures(NamedTuple):
    """Places damaged, places that came back exactly, changes elsewhere, and some that went wrong."""

    places: int
    right: int
    wrong: int
    shown: tuple[str, ...]


def compare(case: Case, restored: str) -> Figures:
    """Tell which of the edits of a case were undone, and count the differences that touch none of them."""
    clean, edits = case.clean, case.edits
    if restored == clean:
        return Figures(len(edits), len(edits), 0, ())
    missed: set[int] = set()
    wrong = 0
    shown: list[str] = []
    for kind, start, end, first, last in difflib.SequenceMatcher(None, clean, restored, False).get_opcodes():
        if kind == "equal":
            continue
        touched = [place for place, edit in enumerate(edits) if edit.start - 1 <= end and start <= edit.end + 1]
        missed.update(touched)
        wrong += not touched
        what = "missed" if touched else "WRONG"
        shown.append(
            f"{what} {clean[max(0, start - 22) : end + 22]!r} came as {restored[max(0, first - 22) : last + 22]!r}"
        )
    return Figures(len(edits), len(edits) - len(missed), wrong, tuple(shown))


def cases(injector: Injector, half: str, seeds: int, texts: Sequence[str] = TEXTS) -> Iterator[Case]:
    for name in texts:
        for seed in range(seeds):
            chance = random.Random(f"{injector.name} {name} {half} {seed}")
            for text in documents(name, half):
                case = injector.damage(text, chance)
                if case.edits:
                    # what was built round the text must be good text as well
                    yield case


def measure(injector: Injector, half: str, seeds: int) -> Figures:
    places = right = wrong = 0
    shown: list[str] = []
    for case in cases(injector, half, seeds):
        figures = compare(case, tidied(case.damaged, Options(script="keep")).text)
        places += figures.places
        right += figures.right
        wrong += figures.wrong
        shown += figures.shown
    return Figures(places, right, wrong, tuple(shown))


def measure_reports(rule: str, half: str, seeds: int) -> Figures:
    """The share of places that a rule reports, and the reports that are of no place."""
    make = dict(REPORTED)[rule]
    places = right = wrong = 0
    shown: list[str] = []
    for name in (NEWS, NEWS_TRADITIONAL, "reports"):
        for seed in range(seeds):
            chance = random.Random(f"{rule} {name} {half} {seed}")
            for text in documents(name, half):
                damaged, expected = make(text, chance)
                document = tidied(damaged, Options(script="keep"))
                found = {place for place, finding in document.origins() if finding.rule == rule}
                places += len(expected)
                right += len(found & set(expected))
                wrong += len(found - set(expected))
                shown += [f"missed {damaged[max(0, p - 22) : p + 22]!r}" for p in expected if p not in found]
                shown += [f"WRONG {damaged[max(0, p - 22) : p + 22]!r}" for p in found if p not in expected]
    return Figures(places, right, wrong, tuple(shown))


def measure_machine_traditional(half: str, size: int) -> Figures:
    """Simplified news of so many lines, made Traditional one character at a time: the documents that come back."""
    own = lines(NEWS)[0 if half == "odd" else 1 :: 2]
    places = right = 0
    for start in range(0, len(own), size):
        text = tidied("\n".join(own[start : start + size]) + "\n").text
        case = by_characters(text, random.Random(0))
        if case.damaged == text:
            continue
        places += 1
        right += tidied(case.damaged).text == text
    return Figures(places, right, 0, ())


def changes_in_good_text(name: str) -> tuple[int, list[tuple[str, Finding]]]:
    """The characters of a file, and every change in it that is not known to be right, with what stands round it."""
    text = "\n".join(lines(name)) + "\n"
    base = pipeline.run(Document("text", text, "str", ""), (tidy.STAGE,), WIDTHS)
    document = pipeline.run(Document("text", base.text, "str", ""), STAGES, Options())
    found: list[tuple[str, Finding]] = []
    for place, finding in document.origins():
        if finding.before == finding.after:
            continue
        line = base.text.count("\n", 0, place) + 1
        if line not in RIGHT[name]:
            context = f"line {line}: {base.text[max(0, place - 30) : place]}«»{base.text[place : place + 30]}"
            found.append((context, finding))
    return len(base.text), found


def changes_in_bulletins(half: str, count: int) -> tuple[int, list[tuple[str, Finding]]]:
    """The same for bulletins that are made up, with mastheads, lists and signatures in them."""
    chance = random.Random(f"bulletins {half}")
    size = 0
    found: list[tuple[str, Finding]] = []
    for _ in range(count):
        text = bulletin(chance)
        size += len(text)
        for place, finding in tidied(text).origins():
            if finding.before != finding.after:
                found.append((f"{text[max(0, place - 30) : place]}«»{text[place : place + 30]}", finding))
    return size, found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--half", choices=("even", "odd"), default="even")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--show", type=int, default=0, help="print so many places of each kind that went wrong")
    parser.add_argument("rules", nargs="*", help="the rules to measure, or their kinds (default: all)")
    options = parser.parse_args()

    def wanted(name: str) -> bool:
        return not options.rules or any(name.startswith(start) for start in options.rules)

    def show(name: str, figures: Figures) -> None:
        share = 100 * figures.right / max(1, figures.places)
        print(f"{name:45} {share:8.3f} % of {figures.places:7,} places, {figures.wrong} wrong elsewhere", flush=True)
        for line in figures.shown[: options.show]:
            print("   ", line)

    for injector in INJECTORS:
        if wanted(injector.name):
            show(injector.name, measure(injector, options.half, options.seeds))
    for rule, _ in REPORTED:
        if wanted(f"reported/{rule}"):
            show(f"reported/{rule}", measure_reports(rule, options.half, options.seeds))
    for size in (1, 3, 12):
        if wanted(f"machine-traditional/{size}"):
            show(f"machine-traditional/{size} lines", measure_machine_traditional(options.half, size))
    for name in (NEWS, NEWS_TRADITIONAL, CLASSICAL, "bulletins"):
        if wanted(f"good/{name}"):
            bulletins = name == "bulletins"
            size, found = changes_in_bulletins(options.half, BULLETINS) if bulletins else changes_in_good_text(name)
            rules = dict(Counter(finding.rule for _, finding in found))
            print(f"good/{name:40} {len(found)} changes in {size:,} characters {rules}")
            for context, finding in found[: options.show]:
                print("   ", context, finding)
    return 0


if __name__ == "__main__":
    sys.exit(main())
