"""Build readings.tsv from the data of the package pypinyin: `python -m cnpolicy.tables.build_readings [--check]`.

pypinyin is needed for this alone. With `--check` nothing is written: the table must come out as it lies here.
"""

import hashlib
import importlib.metadata
import sys

from cnpolicy.tables.text import write_or_check

_HEADER = """\
# The readings of Chinese characters in pinyin, as they stand in brackets behind a character (fā for 发).
# Read by cnpolicy/tidy/glosses.py. Built by cnpolicy/tables/build_readings.py from pypinyin {version}, pinyin_dict
# (sha256 of its entries, one `code point=readings` a line: {digest}).
# Columns: the characters (U+3007 and U+4E00 to U+9FFF) that have the same readings; the readings, comma-separated.
"""


def build() -> str:
    """Return the table."""
    from pypinyin.pinyin_dict import pinyin_dict

    entries = sorted(pinyin_dict.items())
    digest = hashlib.sha256("".join(f"{code:X}={readings}\n" for code, readings in entries).encode()).hexdigest()
    characters: dict[str, list[str]] = {}
    for code, readings in entries:
        if code == 0x3007 or 0x4E00 <= code <= 0x9FFF:
            characters.setdefault(readings, []).append(chr(code))
    header = _HEADER.format(version=importlib.metadata.version("pypinyin"), digest=digest)
    return header + "".join(f"{''.join(ones)}\t{readings}\n" for readings, ones in sorted(characters.items()))


if __name__ == "__main__":
    sys.exit(write_or_check({"readings": build()}))
