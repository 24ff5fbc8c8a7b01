"""How many short files of many languages are read right, and how many do other detectors read right?

    python tests/benchmarks/decode_foreign.py [--show] [GROUP]...

Each text of decode_foreign.tsv is written in every encoding of its language that has all of its letters. A file is
right if its text comes back. chardet and charset-normalizer read the same files in the same run, where they are
installed.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from cnpolicy.decode import decode
from cnpolicy.document import Document

TEXTS = Path(__file__).parent / "decode_foreign.tsv"

_WEST = ("cp1252", "iso8859_15", "cp850", "mac_roman")
_CENTRAL = ("cp1250", "iso8859_2", "cp852")
_BALTIC = ("cp1257", "iso8859_13")
_CYRILLIC = ("cp1251", "iso8859_5", "koi8-r", "cp866", "mac_cyrillic")
ENCODINGS = {
    **dict.fromkeys(
        ("french", "german", "spanish", "portuguese", "italian", "dutch", "danish", "norwegian", "swedish", "finnish"),
        _WEST,
    ),
    "icelandic": ("cp1252", "iso8859_15", "cp850"),
    **dict.fromkeys(("polish", "czech", "slovak", "hungarian", "croatian", "slovene", "romanian"), _CENTRAL),
    "turkish": ("cp1254", "iso8859_9", "cp857"),
    **dict.fromkeys(("latvian", "lithuanian", "estonian"), _BALTIC),
    "russian": (*_CYRILLIC, "cp855"),
    **dict.fromkeys(("ukrainian", "serbian", "belarusian"), ("cp1251", "iso8859_5", "koi8-u", "mac_cyrillic")),
    "bulgarian": ("cp1251", "iso8859_5", "koi8-r", "mac_cyrillic"),
    "greek": ("cp1253", "iso8859_7"),
    "hebrew": ("cp1255", "iso8859_8"),
    "arabic": ("cp1256", "iso8859_6"),
    "thai": ("cp874", "tis_620"),
    "japanese": ("cp932", "euc_jp", "iso2022_jp", "utf-8", "utf-16", "utf-16-le"),
    "korean": ("cp949", "utf-8", "utf-16-le"),
    "simplified": ("gb2312", "gb18030", "hz", "utf-8", "utf-16", "utf-16-le", "utf-16-be"),
    "traditional": ("cp950", "big5hkscs", "gb18030", "euc_tw", "utf-8", "utf-16-le"),
}
_CHINESE = ("gb2312", "gbk", "gb18030", "cp950", "big5hkscs", "euc_tw", "hz", "iso2022_cn", "big5")


class File(NamedTuple):
    """The bytes of a file, its text, and how it was made."""

    data: bytes
    text: str
    language: str
    encoding: str

    @property
    def group(self) -> str:
        """What the file counts as: Chinese, Japanese, Korean, or single-byte."""
        groups = {"simplified": "chinese", "traditional": "chinese", "japanese": "japanese", "korean": "korean"}
        return groups.get(self.language, "single-byte")


def files() -> Iterator[File]:
    """Every text in every encoding of its language that can write it (and that is not plain ASCII then)."""
    for line in TEXTS.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        language, text = line.split("\t")
        for encoding in ENCODINGS[language]:
            try:
                data = text.encode(encoding)
            except UnicodeEncodeError:
                if encoding not in ("cp1250", "iso8859_2", "cp852") or language != "romanian":
                    continue
                # What Romanian files in these encodings have: letters with a cedilla.
                text = text.translate(str.maketrans("șțȘȚ", "şţŞŢ"))
                data = text.encode(encoding)
            yield File(data, text, language, encoding)


def _ours(data: bytes) -> str | None:
    outcome = decode(data)
    return outcome.text if isinstance(outcome, Document) else None


def readers() -> dict[str, Callable[[bytes], str | None]]:
    """Us and the peers that are installed: each gives the text it reads."""
    found: dict[str, Callable[[bytes], str | None]] = {"cnpolicy": _ours}
    try:
        import chardet
    except ImportError:
        pass
    else:
        found["chardet"] = lambda data: _text(data, chardet.detect(data)["encoding"])
    import charset_normalizer

    def normalizer(data: bytes) -> str | None:
        best = charset_normalizer.from_bytes(data).best()
        return best and str(best)

    found["charset-normalizer"] = normalizer
    return found


def _text(data: bytes, encoding: str | None) -> str | None:
    try:
        return data.decode(encoding).removeprefix("\ufeff") if encoding else None
    except (UnicodeDecodeError, LookupError):
        return None


def measure(
    read: Callable[[bytes], str | None], groups: tuple[str, ...] = ()
) -> tuple[Counter[str], Counter[str], list[File]]:
    """How many files of each group there are, how many come back right, and the others."""
    every, right, wrong = Counter[str](), Counter[str](), list[File]()
    for file in files():
        if groups and file.group not in groups:
            continue
        every[file.group] += 1
        if read(file.data) == file.text:
            right[file.group] += 1
        else:
            wrong.append(file)
    return every, right, wrong


def called_chinese(wrong: list[File]) -> list[File]:
    """Those of the files in single-byte encodings that we read in an encoding of China."""
    found = []
    for file in wrong:
        outcome = decode(file.data)
        names = outcome.encoding.split("+") if isinstance(outcome, Document) else []
        if file.group == "single-byte" and not set(names).isdisjoint(_CHINESE):
            found.append(file)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--show", action="store_true", help="print the files that went wrong")
    parser.add_argument("groups", nargs="*", help="chinese, japanese, korean, single-byte (default: all)")
    options = parser.parse_args()
    for name, read in readers().items():
        every, right, wrong = measure(read, tuple(options.groups))
        print(f"{name:20}", "  ".join(f"{group} {right[group]} of {count}" for group, count in every.items()))
        if name == "cnpolicy":
            print(f"{'':20} single-byte files read as Chinese: {len(called_chinese(wrong))}")
        for file in wrong if options.show else ():
            print(f"   {file.language} {file.encoding:14} {(read(file.data) or '-')[:70]}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
