"""Build scripts.tsv from OpenCC's data and the older standards: `python -m cnpolicy.tables.build_scripts [--check]`.

With `--check` nothing is written: the table must come out as it lies here.
"""

import importlib.metadata
import sys

from cnpolicy.tables.text import write_or_check

_HEADER = """\
# The characters that tell in which script a text is (U+3400 to U+4DBF, U+4E00 to U+9FFF, U+F900 to U+FAFF).
# Read by cnpolicy/convert.py. Built by cnpolicy/tables/build_scripts.py from OpenCC {version} (t2s and s2t of single
# characters) and from Python's codecs gb2312 and big5.
# Columns: the script; its characters. `traditional`: the simplified form is another one, and simplified text (GB2312)
# has no use for this one. `simplified`: the form of simplified text alone; Traditional text (Big5) has no use for it.
"""


def build() -> str:
    """Return the table."""
    from opencc import OpenCC

    blocks = ((0x3400, 0x4DC0), (0x4E00, 0xA000), (0xF900, 0xFB00))
    characters = "".join(chr(code) for first, last in blocks for code in range(first, last))
    lines = "\n".join(characters)
    down = zip(characters, OpenCC("t2s").convert(lines).split("\n"), strict=True)
    up = zip(characters, OpenCC("s2t").convert(lines).split("\n"), strict=True)
    gb2312, big5 = (frozenset(characters.encode(codec, "ignore").decode(codec)) for codec in ("gb2312", "big5"))
    traditional = "".join(one for one, other in down if one != other and one not in gb2312)
    simplified = "".join(one for one, other in up if one != other and one not in big5 and one < "\uf900")
    header = _HEADER.format(version=importlib.metadata.version("opencc"))
    return f"{header}traditional\t{traditional}\nsimplified\t{simplified}\n"


if __name__ == "__main__":
    sys.exit(write_or_check({"scripts": build()}))
