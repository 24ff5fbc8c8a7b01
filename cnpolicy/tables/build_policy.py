"""Build policy.tsv, the words that jieba's dictionary lacks: `python -m cnpolicy.tables.build_policy [--check]`.

Its sources are lexicon.tsv, which people write, and places.tsv, which `--places WHEEL` takes from the package cpca.
Each word gets the least frequency at which jieba keeps it together on its own: so it breaks no words around it.
With `--check` nothing is written: the table must come out as it lies here.
"""

import csv
import hashlib
import io
import sys
import zipfile

from cnpolicy import tables
from cnpolicy.tables.text import write_or_check

CLASSES = {"formulation": "nz", "meeting": "nz", "organ": "nt", "place": "ns", "plan": "nz"}

_HEADER = """\
# The words of policy that jieba's dictionary lacks, with the least frequency at which jieba keeps each together.
# Read by cnpolicy/segment/lexicon.py. Built by cnpolicy/tables/build_policy.py from lexicon.tsv and places.tsv.
# Columns: word, frequency, part of speech in jieba's tags.
"""
_PLACES = """\
# The places of China down to counties and districts, as they were in 2020.
# Read by cnpolicy/tables/build_policy.py, and built by it from cpca 0.5.5, cpca/resources/adcodes.csv
# (sha256 {digest}).
# Columns: word, class, first year of use (-: not known), source.
"""


def build() -> str:
    """Return the table of words that the dictionary lacks, or holds at a frequency at which they fall apart."""
    from cnpolicy.segment.engines import Dictionary, Rjieba

    dictionary, engine = Dictionary(), Rjieba()
    words = {row[0]: CLASSES[row[1]] for name in ("lexicon", "places") for _, row in tables.rows(name)}
    lines = []
    for word, tag in sorted(words.items()):
        parts = engine.known(word)
        if parts != [word]:
            lines.append(f"{word}\t{dictionary.least_frequency(word, parts)}\t{tag}\n")
    return _HEADER + "".join(lines)


def places(wheel: str) -> str:
    """Return the table of places from cpca's wheel."""
    with zipfile.ZipFile(wheel) as archive:
        data = archive.read("cpca/resources/adcodes.csv")
    names = {row["name"] for row in csv.DictReader(io.StringIO(data.decode("utf-8")))}
    kept = sorted(name for name in names if len(name) > 1 and name != "市辖区")
    return _PLACES.format(digest=hashlib.sha256(data).hexdigest()) + "".join(
        f"{name}\tplace\t-\tcpca\n" for name in kept
    )


def main() -> int:
    """Write the tables, or check them; return the exit status."""
    arguments = sys.argv[1:]
    if arguments[:1] == ["--places"]:
        (tables.FOLDER / "places.tsv").write_text(places(arguments[1]), encoding="utf-8")
    return write_or_check({"policy": build()})


if __name__ == "__main__":
    sys.exit(main())
