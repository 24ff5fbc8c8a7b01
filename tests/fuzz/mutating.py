"""Inputs for fuzzing: where to begin, and what to do to it. The same seed gives the same inputs."""

import random
from collections.abc import Iterator
from pathlib import Path

import cnpolicy.encodings  # noqa: F401 - Python gets the codecs that it lacks

FOUND = Path(__file__).with_name("found")
SAMPLES = Path(__file__).resolve().parents[2] / "samples"

_TEXT = "各级党组织要认真学习，深入贯彻落实“三农”工作部署，２０１２年取得明显成效。\r\n— 3 —\n一、主要任务（ｙì）\n"
# Pieces that mean something to one of the stages.
_TEXTS = (
    *(
        "锟斤拷",
        "烫烫烫",
        "\ufffd",
        "锛\ufffd",
        "銆",
        "鐨勫",
        "ä¸\xad",
        "å\x9b½",
        "&amp;#20013;",
        "&lt;br&gt;",
        "<p>",
        "</td>",
    ),
    *(
        "\\u4e2d",
        "%E4%B8%AD",
        "=E4=B8=AD",
        "=?gb2312?B?1tC5+g==?=",
        "~{VPD~}",
        "+Ti1W/Q-",
        "\u200b",
        "\ufeff",
        "１２",
        "　　",
    ),
    *(
        "（一）",
        "“",
        "”",
        "‘",
        "’",
        ",",
        ".",
        "- 12 -",
        "第3页",
        "zhōng guó",
        "字号",
        "臺灣",
        "发展",
        "\x1b[0m",
        "\x0b",
    ),
)
_BYTES = (b"\xff\xfe", b"\xfe\xff", b"\0", b"\x1b$)A", b"\x8e\xa2", b"\x80", b"\x0e", b"\xa1\xa1", b"\xed\xa0\xbd")
PIECES = (*(text.encode() for text in _TEXTS), *_BYTES)
_CODECS = ("gb18030", "big5", "utf-16-le", "utf-16", "latin-1", "cp1252", "hz", "euc_tw", "utf-7", "shift_jis")


def seeds() -> list[bytes]:
    """The inputs to begin with: text in several encodings and damages, parts of the samples, what was found before."""
    made = [b"", _TEXT.encode(), *PIECES]
    made += [_TEXT.encode(codec, "ignore") for codec in _CODECS]
    for wrong in ("gb18030", "latin-1", "cp1252", "big5"):
        made.append(_TEXT.encode().decode(wrong, "replace").encode())
    for path in sorted(SAMPLES.rglob("*.txt")):
        data = path.read_bytes()
        made += [data[:400], data[len(data) // 2 :][:400]]
    return made + [path.read_bytes() for path in kept()]


def kept() -> list[Path]:
    """The inputs that broke a law once, or took too long; the folder is named for the target."""
    return sorted(path for path in FOUND.rglob("*") if path.is_file() and path.parent != FOUND)


def mutate(data: bytes, chance: random.Random, others: list[bytes]) -> bytes:
    """The data with up to six changes of the kinds that files suffer."""
    made = bytearray(data)
    for _ in range(chance.randint(1, 6)):
        place = chance.randint(0, len(made))
        end = min(len(made), place + chance.choice((1, 1, 2, 3, 8, 40)))
        kind = chance.randrange(8)
        if kind == 0:
            made[place:end] = b""
        elif kind == 1:
            made[place:end] = chance.randbytes(end - place)
        elif kind == 2:
            made[place:place] = chance.choice(PIECES) * chance.choice((1, 1, 2, 30))
        elif kind == 3:
            made[place:place] = made[place:end] * chance.choice((1, 2, 20))
        elif kind == 4:
            other = chance.choice(others)
            start = chance.randint(0, len(other))
            made[place:place] = other[start : start + 60]
        elif kind == 5 and place < len(made):
            made[place] ^= 1 << chance.randrange(8)
        elif kind == 6:
            made = bytearray(bytes(made).decode("utf-8", "replace").encode(chance.choice(_CODECS), "replace"))
        else:
            made = bytearray(bytes(made).decode(chance.choice(_CODECS), "replace").encode("utf-8", "replace"))
    return bytes(made[:4_000])


def inputs(seed: int, count: int) -> Iterator[bytes]:
    """Yield so many inputs."""
    chance = random.Random(seed)
    known = seeds()
    for _ in range(count):
        yield mutate(chance.choice(known), chance, known)
