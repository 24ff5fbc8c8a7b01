"""The best reading of a text whose bytes were read in wrong encodings, the chain of misreadings being known.

What can be turned back without a doubt is, in bulk; only the stretches around lost bytes go through the trellis.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from cnpolicy import language
from cnpolicy.repair.cells import Cell, Loss
from cnpolicy.repair.certain import SWAPPED_LINE_END, Certain, find_certain
from cnpolicy.repair.chains import Bytes, Chain, Truth, python_codec
from cnpolicy.repair.judge import judge
from cnpolicy.repair.scraps import read_scraps
from cnpolicy.repair.trellis import LOST, QUESTION, SWITCH_BITS, Read, Stretch, Style, Trellis


class Reading(NamedTuple):
    """What a text says by a chain, in cells without a gap, and what that costs in bits.

    The bits are those of the whole text, with what stays as it is and what each change between the two costs: they
    compare with `language.total_bits` of the text as it is.
    """

    cells: tuple[Cell, ...]
    bits: float

    @property
    def after(self) -> str:
        """The whole text as this reading has it."""
        return "".join(cell.after for cell in self.cells)


_LOSSY = ("big5", "big5hkscs")  # encodings that leave only scraps of UTF-8
_SAMPLE = 120  # so many characters tell what stands for lost bytes
# So many characters are read in step, at least and at most, as many as take so many continuations.
_BATCH, _BATCH_EFFORT = (1 << 8, 1 << 13), 1 << 21
_MOST_FIRST = 1 << 11  # the first time
# UTF-8 read as GBK takes 15 to 20 continuations for each character of the text, and a million of them a second. What
# takes more than it may is tried less widely by and by, until at last no marks are filled in the rest of the text.
_EFFORT, _EFFORT_PER_CHARACTER = 8_000_000, 20
_NARROWING = ((0.5, 1), (0.65, 2), (0.8, 4), (1.0, 8))  # up to which share of what it may take
_NARROWEST = 32
# Longer stretches are read in blocks of so many characters, each with so many of its neighbours on both sides.
_BLOCK = 64
_OVERLAP = 16


def reread(text: str, chain: Chain, *, left: str = "\n", right: str = "\n") -> Reading | None:
    """Return the best reading of a text by a chain of misreadings, or None if no character would be read otherwise.

    `left` and `right` are the characters beside the text.
    """
    if not text or not chain:
        return None
    points = language.codes(text).astype(np.int64)
    read = _read(text, points, chain, (ord(left[-1]), ord(right[0])))
    # Between lines that were read with their bytes swapped, a line end is one still.
    read = read._replace(code=np.where(read.code == SWAPPED_LINE_END, 0x0A, read.code))
    return _assemble(text, read, left[-1], right[0])


def _assemble(text: str, read: Read, left: str, right: str) -> Reading | None:
    """Return the cells that the characters make up."""
    after = read.code.astype("<u4").tobytes().decode("utf-32-le", "surrogatepass")
    if after == text:
        return None
    # A cell ends where all characters end together, and is one with the next if both are free of doubt and both stay
    # or both are read. ASCII goes with either. A line end is a cell of its own.
    stop = np.flatnonzero(read.whole) + 1
    start = np.concatenate([[0], stop[:-1]])
    # What is left over of a character is a cell of its own too.
    doubtful = np.add.reduceat((read.restored | (read.code == LOST)).astype(np.int64), start) > 0
    neutral = (stop - start == 1) & (read.code[start] < 0x80)
    kind = read.stays[start].astype(np.int64)
    known = np.flatnonzero(~neutral)
    if len(known):
        kind = kind[known[np.maximum(np.searchsorted(known, np.arange(len(kind)), side="right") - 1, 0)]]
    switches = int(np.count_nonzero(np.diff(kind[known])))
    fresh = doubtful.copy()
    fresh[1:] |= doubtful[:-1] | (kind[1:] != kind[:-1])
    line_end = neutral & (read.code[start] == ord("\n"))
    fresh |= line_end
    fresh[1:] |= line_end[:-1]
    fresh[0] = True
    first = np.flatnonzero(fresh)
    last = np.concatenate([first[1:] - 1, [len(start) - 1]])
    rows_from, rows_to = start[first], stop[last]
    ends = read.token[rows_to - 1] + 1
    begins = np.concatenate([[0], ends[:-1]])
    cells: list[Cell] = []
    for begin, end, row, to, in_doubt in zip(
        begins.tolist(), ends.tolist(), rows_from.tolist(), rows_to.tolist(), doubtful[first].tolist(), strict=True
    ):
        losses = tuple(_losses(read, row, to)) if in_doubt else ()
        cells.append(Cell(begin, end, after[row:to], losses))
    bits = float(language.bits(left + after + right)[1:].sum(dtype=np.float64))
    return Reading(tuple(cells), bits + SWITCH_BITS * switches)


def _losses(read: Read, start: int, stop: int) -> list[Loss]:
    found: list[Loss] = []
    for row in range(start, stop):
        if read.restored[row]:
            code = int(read.code[row])
            own = next((chance for other, chance in read.doubts[row] if other == code), 0.0)
            runner_up = next((chr(other) for other, _ in read.doubts[row] if other != code), "")
            found.append(Loss(row - start, chr(code), own, runner_up))
    return found


def _read(text: str, points: Bytes, chain: Chain, around: tuple[int, int]) -> Read:
    """Return the best reading of a text, with the likeliest style of loss."""
    if chain[-1].wrong in _LOSSY and len(chain) == 1 and chain[-1].right == "utf-8":
        return read_scraps(points, chain[0], around)
    trellis, certain, sample = _choose_style(text, points, chain, around)
    if sample is not None:
        return judge(_together(certain, [sample]), chr(around[0]), chr(around[1]))
    blocks, first = _cut(certain.stretches)
    reads: list[Read] = []
    start = size = read = 0
    most = _MOST_FIRST
    for number, block in enumerate(blocks):
        size += block.end - block.begin
        if size >= most or number + 1 == len(blocks):
            batch = blocks[start : number + 1]
            reads.append(_stitch(trellis.run(batch), batch, first[start:], points))
            read += size
            start, size = number + 1, 0
            _spare(trellis, block.end)
            most = min(max(int(_BATCH_EFFORT * read / max(trellis.effort, 1)), _BATCH[0]), _BATCH[1])
    return judge(_together(certain, reads), chr(around[0]), chr(around[1]))


def _spare(trellis: Trellis, done: int) -> None:
    """Let the trellis try less in the rest of a text that has cost too much up to here."""
    share = trellis.effort / (_EFFORT + _EFFORT_PER_CHARACTER * done)
    trellis.narrowing = next((narrowing for most, narrowing in _NARROWING if share < most), _NARROWEST)
    if trellis.narrowing == _NARROWEST:
        trellis.leave_marks(done)


def _cut(stretches: Sequence[Stretch]) -> tuple[list[Stretch], list[bool]]:
    """Return the stretches, long ones in blocks that overlap; and for each whether it begins a stretch."""
    blocks: list[Stretch] = []
    first: list[bool] = []
    for stretch in stretches:
        if stretch.end - stretch.begin <= 2 * _BLOCK:
            blocks.append(stretch)
            first.append(True)
            continue
        for begin in range(stretch.begin, stretch.end, _BLOCK):
            opens, closes = begin == stretch.begin, begin + _BLOCK >= stretch.end
            blocks.append(
                Stretch(
                    begin if opens else begin - _OVERLAP,
                    stretch.end if closes else begin + _BLOCK + _OVERLAP,
                    stretch.left if opens else LOST,
                    stretch.right if closes else LOST,
                    stretch.opening if opens else 0,
                    stretch.closing if closes else 0,
                )
            )
            blocks[-1] = blocks[-1]._replace(end=min(blocks[-1].end, stretch.end))
            first.append(opens)
    return blocks, first


def _stitch(read: Read, blocks: Sequence[Stretch], first: Sequence[bool], points: Bytes) -> Read:
    """Return the blocks as one where they overlap: they are joined where the characters of both end."""
    if all(first[: len(blocks)]):
        return read
    rows = np.searchsorted(read.stretch, np.arange(len(blocks) + 1))
    kept = np.zeros(len(read.code), dtype=np.bool_)
    gaps: list[int] = []
    lower = -1  # what the blocks so far have read
    for number, block in enumerate(blocks):
        upper, resume = block.end - 1, block.end - 1
        mine = slice(int(rows[number]), int(rows[number + 1]))
        if first[number]:
            lower = block.begin - 1
        if number + 1 < len(blocks) and not first[number + 1]:
            border = block.end - _OVERLAP
            other = slice(int(rows[number + 1]), int(rows[number + 2]))
            ends = read.token[mine][read.whole[mine]]
            others = read.token[other][read.whole[other]]
            common = np.intersect1d(ends, others)
            common = common[common > lower]
            if len(common):
                upper = resume = int(common[np.argmin(abs(common - border))])
            else:
                upper = int(ends[ends < border].max(initial=lower))
                resume = int(others[others >= border].min(initial=block.end - 1))
                gaps.extend(range(upper + 1, resume + 1))
        kept[mine] = (read.token[mine] > lower) & (read.token[mine] <= upper)
        lower = resume
    index = np.flatnonzero(kept)
    added = np.array(gaps, dtype=np.int64)
    token = np.concatenate([read.token[index], added])
    order = np.argsort(token, kind="stable")
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    number_of = np.full(len(read.code), -1)
    number_of[index] = place[: len(index)]
    yes, no = np.ones(len(added), dtype=np.bool_), np.zeros(len(added), dtype=np.bool_)
    return Read(
        np.concatenate([read.stretch[index], np.zeros(len(added), dtype=np.int64)])[order],
        np.concatenate([read.code[index], points[added]])[order],
        token[order],
        np.concatenate([read.whole[index], yes])[order],
        np.concatenate([read.restored[index], no])[order],
        np.concatenate([read.stays[index], yes])[order],
        {int(number_of[row]): known for row, known in read.doubts.items() if number_of[row] >= 0},
        read.bits,
        read.torn,
    )


def _choose_style(
    text: str, points: Bytes, chain: Chain, around: tuple[int, int]
) -> tuple[Trellis, Certain, Read | None]:
    """Return the trellis for the likeliest style of loss, what is certain by it, and the rest if that was read.

    The styles differ in what is certain by them: they are compared by what all of a sample costs.
    """
    styles = _styles(points, chain)
    trellis = Trellis(points, chain, styles[0])
    certain = _divide(text, trellis, chain, around)
    if len(styles) == 1:
        return trellis, certain, None
    sample = _sample(text, certain.stretches)
    beside = (
        (ord(text[sample.start - 1]) if sample.start else around[0]),
        (ord(text[sample.stop]) if sample.stop < len(text) else around[1]),
    )
    is_whole = sample.stop - sample.start == len(text)
    best: tuple[Trellis, Certain, Read | None] = trellis, certain, None
    least = np.inf
    for style in styles:
        if style != styles[0] or not is_whole:
            trellis = Trellis(points[sample], chain, style)
            certain = _divide(text[sample], trellis, chain, beside)
        read = trellis.run(certain.stretches)
        cost = _cost(certain, read, beside)
        if cost < least:
            best, least = (trellis, certain, read), cost
        if all(step.right == "utf-8" for step in chain) and not (read.torn.any() or read.stays.any()):
            # UTF-8 falls apart where the marks are counted wrongly.
            break
    if not is_whole:
        trellis = Trellis(points, chain, best[0].style)
        best = trellis, _divide(text, trellis, chain, around), None
    return best


def _sample(text: str, stretches: Sequence[Stretch]) -> slice:
    """Return where so many characters begin and end in which there is a stretch: with a line, or between characters."""
    first = next((stretch.begin for stretch in stretches if not stretch.opening), 0)
    begin = text.rfind("\n", max(first - _SAMPLE, 0), first) + 1
    if not begin and first > _SAMPLE:
        begin = first
    last = first + _SAMPLE
    return slice(begin, (text.find("\n", last, last + _SAMPLE) + 1) or min(last + _OVERLAP, len(text)))


def _cost(certain: Certain, read: Read, around: tuple[int, int]) -> float:
    """Return what a text costs in bits whose stretches were read so."""
    token = np.concatenate([certain.token, read.token])
    order = np.argsort(token, kind="stable")
    codes = np.concatenate([[around[0]], np.concatenate([certain.code, read.code])[order], [around[1]]])
    own = np.concatenate([[True], order < len(certain.code), [True]])
    # The stretches have counted the steps into them and out of them.
    steps = np.flatnonzero(own[1:] & own[:-1])
    points = codes.astype(np.uint32)
    return float(read.bits.sum() + language.pair_bits(points[steps], points[steps + 1]).sum(dtype=np.float64))


def _together(certain: Certain, reads: Sequence[Read]) -> Read:
    """Return all characters in order."""
    stays = np.zeros(len(certain.code), dtype=np.bool_)
    token = np.concatenate([certain.token, *(read.token for read in reads)])
    order = np.argsort(token, kind="stable")
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    doubts = {int(place[row]): known for row, known in certain.doubts.items()}
    offset = len(certain.code)
    for read in reads:
        doubts.update((int(place[offset + row]), known) for row, known in read.doubts.items())
        offset += len(read.code)
    whole = np.concatenate([certain.whole, *(read.whole for read in reads)])[order]
    whole[-1:] = True
    return Read(
        np.zeros(len(order), dtype=np.int64),
        np.concatenate([certain.code, *(read.code for read in reads)])[order],
        token[order],
        whole,
        np.concatenate([certain.restored, *(read.restored for read in reads)])[order],
        np.concatenate([stays, *(read.stays for read in reads)])[order],
        doubts,
        np.concatenate([np.zeros(0), *(read.bits for read in reads)]),
        np.concatenate([np.zeros(0, dtype=np.bool_), *(read.torn for read in reads)]),
    )


def _styles(points: Bytes, chain: Chain) -> list[Style]:
    """Return what may stand for lost bytes, the likeliest first."""
    if chain[-1].wrong.startswith("utf-16"):
        return ["marked"]
    if (points == LOST).any():
        return ["marked", "swallowed"]
    if (points == QUESTION).any():
        return ["marked", "swallowed", "dropped"]
    return ["dropped"]


def _divide(text: str, trellis: Trellis, chain: Chain, around: tuple[int, int]) -> Certain:
    """Return what can be read in bulk, and the stretches that cannot."""
    if trellis.levels == 1 and not trellis.slipped:
        return find_certain(trellis, *around)
    points = trellis.points
    sure = _boundaries(points, chain)
    edges = np.flatnonzero(np.diff(np.concatenate([[True], sure, [True]]).astype(np.int8)))
    beside = np.concatenate([[around[0]], points, [around[1]]])
    codes: list[Bytes] = [points[sure]]
    tokens: list[Bytes] = [np.flatnonzero(sure)]
    wholes: list[Truth] = [np.ones(len(codes[0]), dtype=np.bool_)]
    stretches: list[Stretch] = []
    for begin, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        turned = None if trellis.slipped else _turn_back(text[begin:end], chain)
        if turned is None:
            stretches.append(Stretch(begin, end, int(beside[begin]), int(beside[end + 1])))
            continue
        code = language.codes(turned).astype(np.int64)
        codes.append(code)
        tokens.append(np.full(len(code), end - 1))
        wholes.append(np.arange(len(code)) == len(code) - 1)
    code = np.concatenate(codes)
    restored = np.zeros(len(code), dtype=np.bool_)
    return Certain(code, np.concatenate(tokens), np.concatenate(wholes), stretches, restored, {})


def _boundaries(points: Bytes, chain: Chain) -> Truth:
    """Return which characters are sure to be characters of the right text, whatever is lost around them.

    Those are what no character of the right encodings ends in.
    """
    if any(name.startswith("utf-16") for step in chain for name in step):
        return np.zeros(len(points), dtype=np.bool_)
    limit = 0x80 if all(step.right == "utf-8" for step in chain) else 0x40
    found: Truth = (points < limit) & (points != QUESTION)
    return found


def _turn_back(text: str, chain: Chain) -> str | None:
    """Return what the codecs make of a stretch if nothing is lost and it is likelier so, else None."""
    after = text
    try:
        for step in reversed(chain):
            after = after.encode(python_codec(step.wrong)).decode(step.right)
    except UnicodeError:
        return None
    return after if language.total_bits(after) < language.total_bits(text) else None
