"""Undo seven-bit encodings of Chinese that were left as they were."""

import re
from collections.abc import Iterable, Iterator

from cnpolicy.findings import Finding
from cnpolicy.language import total_bits
from cnpolicy.repair.proof import CHANCE_BITS, ENOUGH_BITS, Read, prove, report, settle
from cnpolicy.rules import Context, rule

_HZ_RUN = re.compile(r"~\{((?:[!-w][!-~])+?)~\}")


def _find_hz(text: str) -> Iterator[Read]:
    """Yield the runs of the text that are HZ between its escapes."""
    for match in _HZ_RUN.finditer(text):
        data = bytes(byte | 0x80 for byte in match.group(1).encode("ascii"))
        try:
            after = data.decode("gb2312")
        except UnicodeDecodeError:
            continue
        proven = len(after) >= 2 and CHANCE_BITS * len(after) - total_bits(after) >= ENOUGH_BITS / 2
        yield Read(match.start(), match.end(), after, "hz ← ascii", 1 if proven else 0.1)


@rule("hz-left-raw", "certain", needs="~", example=("~{53N/;aRi~}(1998)", "党委会议(1998)"))
def undo_hz_left_raw(text: str, _: Context) -> Iterable[Finding]:
    """Read the seven-bit HZ encoding that was left as it was, `~{` … `~}`.

    Mail and news carried Chinese in this way, and such files are valid ASCII, so that no decoder objects. The escapes
    and pairs within the range of GB2312 are asked for, and characters that are common in prose: drawings and program
    text have the escapes too.
    """

    def find(text: str) -> Iterable[Finding]:
        return report("hz-left-raw", text, prove(text, list(_find_hz(text))))

    return settle(text, find)
