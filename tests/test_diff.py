"""Unified diffs from the history, against what `patch` makes of them."""

import random
import shutil
import subprocess
from pathlib import Path

import pytest

from cnpolicy.diff import unified
from cnpolicy.document import Document
from cnpolicy.findings import Finding


def damaged(rng: random.Random) -> Document:
    """A document with a random history over a text with many line ends."""
    document = Document("d.txt", "".join(rng.choices("甲乙\n", k=rng.randrange(120))), "str", "")
    for _ in range(rng.randrange(4)):
        findings, place = [], rng.randrange(30)
        while place < len(document.text):
            end = min(len(document.text), place + rng.randrange(4))
            before, after = document.text[place:end], "".join(rng.choices("甲丙\n", k=rng.randrange(3)))
            if before != after:
                findings.append(Finding("any", place, end, before, after, "certain"))
            place = end + rng.randrange(20)
        document = document.amend("pass", tuple(findings))
    return document


@pytest.mark.skipif(shutil.which("patch") is None, reason="needs the program patch")
def test_patch_makes_the_text_of_the_decoded_text(tmp_path: Path) -> None:
    rng = random.Random(20100825)
    old = tmp_path / "old"
    patched = 0
    for _ in range(150):
        document = damaged(rng)
        diff = unified(document)
        assert bool(diff) == (document.decoded != document.text)
        if diff:
            old.write_text(document.decoded, "utf-8")
            done = subprocess.run(["patch", "-s", "-o", "-", old], input=diff.encode(), capture_output=True, check=True)
            assert done.stdout.decode() == document.text
            patched += 1
    assert patched > 50


def test_unchanged_stretches_are_where_the_text_stayed() -> None:
    rng = random.Random(96)
    for _ in range(500):
        document = damaged(rng)
        decoded, last = document.decoded, (0, 0)
        for origin, place, length in document.unchanged():
            assert length > 0
            assert (origin, place) >= last
            assert decoded[origin : origin + length] == document.text[place : place + length]
            last = (origin + length, place + length)


def test_a_diff_reads_like_a_diff() -> None:
    document = Document("d.txt", "一\n二\n三\n四\n五\n六", "str", "")
    document = document.amend("tidy", (Finding("r", 6, 7, "四", "肆", "certain"),))
    assert unified(document) == (
        "--- d.txt (as decoded)\n+++ d.txt\n"
        "@@ -1,6 +1,6 @@\n 一\n 二\n 三\n-四\n+肆\n 五\n 六\n\\ No newline at end of file\n"
    )
