"""Build leftovers.tsv and outside_gb2312.tsv from codecs and a dictionary: `python -m cnpolicy.tables.build_leftovers`.

With `--check` nothing is written: the tables must come out as they lie here. The programs `iconv` (glibc) and the
package jieba are needed for this alone.
"""

import hashlib
import importlib.metadata
import subprocess
import sys
from collections.abc import Iterator
from itertools import product

from cnpolicy.tables.text import write_or_check

_HEADER = """\
# Private-use code points that older tables of GBK and GB18030 give for codes that have characters in Unicode since.
# Read by cnpolicy/repair/leftovers.py. Built by cnpolicy/tables/build_leftovers.py from Python {python}'s gb18030
# and from {iconv} (sha256 of the rows: {digest}).
# Columns: the private code point; the code in GBK; the character.
"""
_NAMES_HEADER = """\
# Words with one character outside GB2312, which a program that knows GB2312 alone leaves as a question mark.
# Read by cnpolicy/repair/reports.py. Built by cnpolicy/tables/build_leftovers.py from the dictionary of jieba {jieba}
# (sha256 of the rows: {digest}).
# Columns: the word, of three characters or more; its frequency there. The likeliest first.
"""


def _private(character: str) -> bool:
    return len(character) == 1 and "\ue000" <= character <= "\uf8ff"


def _read(data: bytes, codec: str) -> str:
    try:
        return data.decode(codec)
    except UnicodeDecodeError:
        return ""


def _iconv(codes: list[bytes], encoding: str) -> list[str]:
    """Return what glibc reads each code as; nothing where it has no character."""
    read: list[str] = []
    for code in codes:
        done = subprocess.run(["iconv", "-f", encoding, "-t", "UTF-8"], input=code, capture_output=True, check=False)
        read.append(done.stdout.decode("utf-8") if done.returncode == 0 else "")
    return read


def _gbk() -> Iterator[tuple[str, str, str]]:
    """Yield the private code points outside the user-defined areas of GBK, with what their codes are now.

    They were given out in the order of the codes: U+E766 to U+E864 to those of rows A2 to A9, D7 and FE that have no
    character in GB 13000. Python's table of 2000 still has the greater part, so that the rest lie between its
    neighbours: E76C is A2E3, E7C8 A8BF, E7E7 to E7F3 are A989 to A995, E815 to E864 are FE50 to FEA0.
    """
    numbered = {0xE76C: 0xA2E3, 0xE7C8: 0xA8BF}
    numbered |= {0xE7E7 + place: 0xA989 + place for place in range(13)}
    row = [code for code in range(0xFE50, 0xFEA1) if code != 0xFE7F]
    numbered |= {0xE815 + place: code for place, code in enumerate(row)}
    for first, second in product(range(0xA2, 0xFF), range(0x40, 0xFF)):
        code = bytes((first, second))
        character = _read(code, "gb18030")
        user = (0xAA <= first <= 0xAF or first >= 0xF8) and second >= 0xA1
        if _private(character) and not user and not (first <= 0xA7 and second <= 0xA0):
            numbered.setdefault(ord(character), first << 8 | second)
    points = sorted(numbered)
    codes = [numbered[point].to_bytes(2, "big") for point in points]
    for point, code, now in zip(points, codes, _iconv(codes, "GB18030"), strict=True):
        known = now if now and not _private(now) else _read(code, "gb18030")
        if known and not _private(known):
            yield f"{point:04X}", code.hex().upper(), known


def _digest(rows: list[str]) -> str:
    return hashlib.sha256("".join(rows).encode()).hexdigest()


def build() -> dict[str, str]:
    """Return the tables by name."""
    import jieba

    rows = [f"{point}\t{code}\t{character}\n" for point, code, character in _gbk()]
    version = subprocess.run(["iconv", "--version"], capture_output=True, text=True, check=True).stdout.split("\n")[0]
    python = ".".join(map(str, sys.version_info[:2]))
    header = _HEADER.format(python=python, iconv=version, digest=_digest(rows))
    words: list[tuple[int, str]] = []
    for line in jieba.get_dict_file():
        word, frequency, _ = line.decode("utf-8").split(" ")
        outside = [one for one in word if not _read_back(one)]
        if len(word) > 2 and len(outside) == 1:
            words.append((-int(frequency), word))
    names = [f"{word}\t{-count}\n" for count, word in sorted(words)]
    named = _NAMES_HEADER.format(jieba=importlib.metadata.version("jieba"), digest=_digest(names))
    return {"leftovers": header + "".join(rows), "outside_gb2312": named + "".join(names)}


def _read_back(character: str) -> bool:
    try:
        character.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(write_or_check(build()))
