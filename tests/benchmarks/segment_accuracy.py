"""How good are the words? Marked policy text and two test sets of the bakeoff of 2005, with jieba beside.

    python tests/benchmarks/segment_accuracy.py [--misses]

`tests/cases/segment_marked.jsonl` has sentences in the styles of policy text. They were written, and what must be one
word in them was marked, before any of them was segmented: formulations, numbers (with dates, document numbers and
addresses), organs, and names (of places, plans, meetings, persons and in Latin letters). Odd lines are for
development, and `--misses` lists what was cut in them; even lines are scored and not to be looked at.

`segment_marked_second.jsonl` and `segment_marked_third.jsonl` were written later in the same way, about other things
and in rarer words, and scored once before anything was adapted to them: 72.2 and 58.9 per cent were one word (jieba:
27.3 and 22.6). So much can be expected of text that nobody has looked at. Afterwards the lexicon took in most of what
was missed, so that what is printed now only tells whether something was lost.

`segment_marked_fourth.jsonl` and `segment_marked_fifth.jsonl` were written together, by one hand, before the rules of
`cnpolicy/segment/joins.py` and 3,100 more words were added. Of the fourth, 74.9 per cent were one word at first (jieba:
28.6) and 96.2 afterwards: it was developed on. The fifth was scored before and after, and its misses were not looked
at: 69.3 per cent, then 89.2 (jieba: 28.6). By kind, before and after: formulations 61.9 and 86.3, numbers 93.2 and
93.2, organs 68.9 and 95.9, names 87.5 and 87.5, meetings 60.0 and 100.0. Whoever wrote the fifth wrote the new words,
too, so that text from elsewhere will do worse than that.

`segment_marked_sixth.jsonl` and `segment_marked_seventh.jsonl` came later. Of the sixth, 73.7 per cent were one word
at first (jieba: 26.9), and 75.5 once its marks followed those of the other sets (plain numbers without their
counters, titles without their brackets): 91 after it was developed on, with 1,200 more words. The seventh was written
and marked after that, in rarer words, and scored once: 60.1 per cent (jieba: 19.1); without what the sixth had
brought it would have been 56.8. Of its formulations 42.8 per cent were one word, of its numbers 97.0, organs 91.9,
names 60.0: such is text with many terms that nobody has looked at.

`segment_marked_eighth.jsonl` has ordinary sentences of bulletins, written and marked by another hand. It was scored
before 10,200 words were added whose writers had seen neither it nor the seventh: 74.7 per cent were one word (jieba:
30.6). The words, and the rules for formulations around fixed characters, made it 76.8 and the seventh 70.9. For the
seventh's misses were read to make those rules, and the eighth's odd lines then led to more units of numbers, what is
printed now is a little better than text that nobody has looked at.

F1 is that of words, between the two ends of each; `plain` is cnpolicy with `--lexicon none --split-numbers`.
"""

import argparse
import json
import re
import sys
from collections import Counter
from collections.abc import Callable
from itertools import accumulate
from pathlib import Path

from cnpolicy.segment import Settings, segmenter
from cnpolicy.segment.engines import import_jieba

ROOT = Path(__file__).resolve().parents[2]
MARKED = ROOT / "tests" / "cases" / "segment_marked.jsonl"
GOLD = ROOT.parent / "shared" / "data" / "icwb2"
ADAPTED = ("second", "third", "fourth", "sixth")
KINDS = {"f": "formulations", "d": "numbers", "o": "organs", "n": "names", "m": "meetings", "p": "persons"}
_MARK = re.compile("‹([a-z]):([^›]*)›")

Cut = Callable[[str], list[str]]


def jieba() -> Cut:
    """jieba itself, as it comes."""
    cut: Cut = import_jieba().Tokenizer().lcut
    return cut


def plain() -> Cut:
    return segmenter(Settings(split_numbers=True, lexicon="none")).tokens


def marked(half: str) -> list[tuple[str, list[tuple[str, int, int]]]]:
    """The sentences of one half (or `adapted`, or a later set), with kind, start and end of what must be one word."""
    found: list[tuple[str, list[tuple[str, int, int]]]] = []
    if half in ("odd", "even"):
        lines = MARKED.read_text("utf-8").splitlines()[half == "even" :: 2]
    else:
        names = ADAPTED if half == "adapted" else (half,)
        paths = [MARKED.with_name(f"segment_marked_{name}.jsonl") for name in names]
        lines = [line for path in paths for line in path.read_text("utf-8").splitlines()]
    for line in lines:
        text = json.loads(line)["marked"]
        items: list[tuple[str, int, int]] = []
        shift = 0
        for mark in _MARK.finditer(text):
            start = mark.start() - shift
            items.append((mark[1], start, start + len(mark[2])))
            shift += len("‹x:›")
        found.append((_MARK.sub(r"\2", text), items))
    return found


def spans(words: list[str]) -> set[tuple[int, int]]:
    ends = list(accumulate(map(len, words)))
    return set(zip([0, *ends], ends, strict=False))


def whole(cut: Cut, half: str) -> tuple[Counter[str], Counter[str], list[str]]:
    """Of each kind, how many came out as one word and how many there are; and how the others were cut."""
    right: Counter[str] = Counter()
    there: Counter[str] = Counter()
    misses: list[str] = []
    for text, items in marked(half):
        words = cut(text)
        found = spans(words)
        for kind, start, end in items:
            there[kind] += 1
            if (start, end) in found:
                right[kind] += 1
            else:
                inside = [text[one:other] for one, other in sorted(found) if one < end and other > start]
                misses.append(f"{KINDS[kind]:13} {text[start:end]}  →  {' '.join(inside)}")
    return right, there, misses


def share(cut: Cut, half: str) -> float:
    """The percentage of marked items that came out as one word."""
    right, there, _ = whole(cut, half)
    return 100 * right.total() / there.total()


def f1(cut: Cut, name: str) -> float:
    """F1 of the words of one of the bakeoff's test sets, with spaces between words taken out."""
    both = ours = gold = 0
    for line in (GOLD / f"{name}_test_gold.utf8").read_text("utf-8-sig").splitlines():
        words = line.split()
        expected, found = spans(words), spans(cut("".join(words)))
        both += len(expected & found)
        ours += len(found)
        gold += len(expected)
    return 2 * both / (ours + gold)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--misses", action="store_true", help="list what was cut in the odd lines")
    options = parser.parse_args()
    ours, theirs = segmenter().tokens, jieba()
    if options.misses:
        print("\n".join(whole(ours, "odd")[2]))
    for half, use in (
        ("odd", "development half"),
        ("even", "scored half"),
        ("adapted", "second to fourth, sixth"),
        ("fifth", "fifth"),
        ("seventh", "seventh"),
        ("eighth", "eighth"),
    ):
        right, there, _ = whole(ours, half)
        peer = whole(theirs, half)[0]
        print(f"{use:22}{'items':>7}{'cnpolicy':>10}{'jieba':>8}")
        for kind, name in KINDS.items():
            rates = f"{100 * right[kind] / there[kind]:10.1f}{100 * peer[kind] / there[kind]:8.1f}"
            print(f"  {name:20}{there[kind]:7}{rates}")
        rates = f"{100 * right.total() / there.total():10.1f}{100 * peer.total() / there.total():8.1f}"
        print(f"  {'all':20}{there.total():7}{rates}")
    if GOLD.is_dir():
        print(f"{'F1':22}{'default':>9}{'plain':>9}{'jieba':>9}")
        for name in ("pku", "cityu"):
            print(f"  {name:20}{f1(ours, name):9.4f}{f1(plain(), name):9.4f}{f1(theirs, name):9.4f}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
