"""From bytes to text: the only border between the two.

The question is not "which encoding?" but "which text is this?". Candidate readings are scored by how plausible they
are as text (cnpolicy.language); a file that no one encoding reads goes through a lattice in which encodings may change
and bytes may be lost (cnpolicy.decode.lattice). Nothing is guessed: a place that cannot be read becomes one U+FFFD.

The way of the bytes: what is no text at all (binary); byte order marks and escapes (escapes); valid UTF-8, which is
nearly always what it seems; one encoding that reads everything plausibly (candidates); anything else (damaged).
"""

import hashlib
import re
from collections.abc import Iterator

from cnpolicy import encodings, language
from cnpolicy.decode import binary, blocks, candidates, damaged, escapes, foreign, lattice, mend, trails, wraps
from cnpolicy.decode.reading import LOST, Reading, assemble, put_back, replace_lossy, whole
from cnpolicy.decode.restore import STAGE as RESTORE
from cnpolicy.document import Document, Failure

__all__ = ["LOST", "RESTORE", "Reading", "decode", "is_binary", "read"]

_LOOK_BYTES = 65536
_MAX_ROUNDS = 16

# Lost bytes cost 8 bits each; when all of a file is dearer than this it is no text. The dearest text of the test data
# (Korean in UTF-16) costs 6.2 bits a byte.
_MAX_BITS_A_BYTE = 7.2
# One byte in twenty lost is no damage but another kind of file; a few may be in any.
_MAX_LOST = 20
_SHORT_LOST = 12
# A short text may be as odd as it likes: a product code, a name.
_SHORT_BITS = 64.0

# Chinese costs 3 (UTF-8) to 4.5 bits a byte, English 4.6, French 5; misread files 6.5 and more.
_GOOD_BITS_A_BYTE = 5.2

# A reading that loses bytes, or changes encodings, must be better by this than one that does not.
_KEEP_BITS = 6.0

# Damage can leave bytes that read without loss: a dropped byte turns two characters into two others. A text that holds
# a greater surprise than this, beyond so many bits a character, is weighed against readings with one damaged place. Of
# clean files of 100 characters one in three is; each takes some milliseconds.
_SURPRISE_BITS = 6.0
_EXPECTED_BITS = 9.0
# What went through the lattice in pieces is right in 97 of 100 files.
_MENDED = 0.97

# Bits a character, of UTF-16 inside UTF-8: news costs 8 to 9, the other order of its bytes 20 and more.
_NESTED_BITS = 13.0

# So many characters of two bytes are not valid UTF-8 by chance: one in 10 billion texts of GBK is.
_SURE_LETTERS = 12

# The encodings that lines of Chinese files are mixed of.
_BY_LINE = ("utf-8", "gb18030", "cp950")

# A reading that is cheaper than every other by this needs no second look: odds of a million to one.
_CLEAR_BITS = 20.0
_SURE_LEAD = 60.0
# The model is surer of damaged places than it should be: its bits count for less. On the development half of the news
# texts, of the damaged files told to be 99.0 to 99.9 % sure 98.2 % were right when all of its bits counted.
_BELIEF = 0.7

# What a way costs in all, in bits; its encoding; and which bytes it loses.
_Way = tuple[float, str, mend.Mended]


def decode(data: bytes, name: str = "-", *, encoding: str | None = None, hint: str | None = None) -> Document | Failure:
    """Return the text of a file's bytes as a Document, or a Failure if they are no text.

    `name` goes into the result. `encoding` forces an encoding, by any label that `encodings.look_up` knows: bytes that
    it cannot read become one U+FFFD each lost place. `hint` names a likely one, as evidence. ValueError for a name that
    is not known. Byte order marks are no part of the text, and NUL is never one of its characters.

    >>> document = decode("中国共产党".encode("gbk"))
    >>> document.text, document.encoding
    ('中国共产党', 'gb18030')
    >>> decode(b"%PDF-1.4").reason
    'byte 0: this is a PDF, not text; extract its text first, e.g. with `pdftotext`'
    """
    outcome = read(data, encoding=encoding, hint=hint)
    if isinstance(outcome, str):
        return Failure(name, "decode", outcome)
    digest = hashlib.sha256(data).hexdigest()
    spans = outcome.spans if len(outcome.spans) > 1 else ()
    return Document(
        name,
        outcome.text,
        outcome.encoding,
        digest,
        confidence=outcome.confidence,
        runner_up=outcome.runner_up,
        spans=spans,
        lost=outcome.lost,
    )


def is_binary(data: bytes) -> str | None:
    """Return what the data is if it is not text (`"a PDF"`), else None; the first 64 kB are looked at.

    >>> is_binary(b"%PDF-1.4 ..."), is_binary("讲话".encode("gbk"))
    ('a PDF', None)
    """
    kind = binary.find_kind(data)
    if kind:
        return kind.what
    return "binary data" if isinstance(_read(data[:_LOOK_BYTES], ""), str) else None


def read(data: bytes, *, encoding: str | None = None, hint: str | None = None) -> Reading | str:
    """Return the best reading of the bytes, or the reason why there is none; the arguments are those of `decode`.

    A text means itself: what is read is written as UTF-8 and read again until nothing changes.
    """
    if encoding is not None:
        name = encodings.look_up(encoding)
        return replace_lossy(_without_padding(data, candidates.WIDE.get(name, 1)), name)
    if hint is None and b"\0" not in data and not data.startswith(b"\xef\xbb\xbf"):
        # The bytes of nearly all files: their own text, at once.
        text = encodings.read(data, "utf-8")
        if text is not None and _is_settled(text):
            return whole(text, "utf-8")
    first = reading = _without_last_nul(_read(data, encodings.look_up(hint) if hint else ""))
    for _ in range(_MAX_ROUNDS):
        if isinstance(first, str) or isinstance(reading, str) or _is_settled(reading.text):
            break
        again = _read(reading.text.encode("utf-8"), "")
        if isinstance(again, str):
            return again
        if again.text == reading.text:
            break
        reading = again
    else:
        return f"byte 0: no stable reading after {_MAX_ROUNDS} nested encodings; name one with --encoding"
    if reading is first or isinstance(reading, str) or isinstance(first, str):
        return reading
    # Encodings inside encodings: the outermost is the file's.
    return whole(reading.text, first.encoding, min(first.confidence, reading.confidence), reading.encoding)


def _without_padding(data: bytes, unit: int) -> bytes:
    """Return the data without the whole units of NUL at its end; data that is nothing else stays."""
    body = len(data.rstrip(b"\0"))
    padding = (len(data) - body) // unit * unit
    return data[: len(data) - padding] if body and not len(data) % unit else data


def _strip_padding(data: bytes) -> bytes:
    """Return the data without the NUL at its end that a file system or a program filled a block with.

    The last character of UTF-16 or UTF-32 may end in NUL itself: what reads better so keeps it.
    """
    body = data.rstrip(b"\0")
    if not body or len(body) == len(data):
        return data
    if escapes.read_escaped(body):
        return body
    mark = escapes.marked(data)
    if mark:
        return _without_padding(data, candidates.WIDE.get(mark[0], 1))
    costs = candidates.priors(body)
    wide = [
        (one.bits, unit)
        for name, unit in candidates.WIDE.items()
        for one in candidates.rank(data[: -(-len(body) // unit) * unit], {name: costs[name]})
        if one.encoding == name
    ]
    # With no more than that it may be damaged UTF-16 or UTF-32, the last character of which ends in NUL.
    is_padded = len(data) >= len(body) + 4
    if wide:
        bits, unit = min(wide)
        narrow = {name: cost for name, cost in costs.items() if name not in candidates.WIDE}
        if all(bits < other.bits for other in candidates.rank(body, narrow)[:1]):
            return data[: -(-len(body) // unit) * unit] if is_padded or not len(data) % unit else data
    if b"\0" not in body:
        return body
    return data[: -(-len(body) // 4) * 4] if is_padded else data


def _without_last_nul(reading: Reading | str) -> Reading | str:
    """Return the reading without a last lost place that is nothing but NUL."""
    if isinstance(reading, str) or not reading.lost or len(reading.text) < 2:
        return reading
    last = reading.lost[-1]
    if last.start + 1 < len(reading.text) or last.data.strip(b"\0"):
        return reading
    spans = tuple(span._replace(end=min(span.end, last.start)) for span in reading.spans if span.start < last.start)
    return reading._replace(text=reading.text[:-1], spans=spans, lost=reading.lost[:-1])


_REPLACEMENT = "\ufffd".encode("gb18030")
_NUL_OR_TEXT = re.compile(rb"\0+|[^\0]+")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f]")
# A character of three bytes or four, in their pattern, is hardly an accident.
_LETTERS = re.compile("[\u00c0-\u07ff]+")
_ASCII_LETTERS = re.compile("[A-Za-z]*")
_BESIDE = 16
_THREE_BYTES = re.compile("[\u0800-\U0010ffff]")
_UTF7 = re.compile("\\+[A-Za-z0-9+/]{3}")


def _is_settled(text: str) -> bool:
    """Tell whether the text is one that `_read` takes at once when it meets its UTF-8 bytes."""
    if "\0" in text or text.startswith("\ufeff") or binary.find_kind(text[:512].encode("utf-8")):
        return False
    # Only ASCII can be one of the encodings that are written in it.
    if text.isascii():
        # It could be Chinese in UTF-16 too, all of whose bytes happen to be printable: of texts of 8 characters 4 in
        # 10,000 are (95 of 256 low bytes). A table of digits and tabs is so much more likely that it is ASCII.
        return not ("~{" in text or _CONTROL.search(text) or _UTF7.search(text))
    if _THREE_BYTES.search(text):
        return True
    return _has_letters_of_utf8(text) and not (_CONTROL.search(text) and _is_wide(text.encode("utf-8")))


def _is_wide(data: bytes) -> bool:
    """Tell whether bytes that hold control characters are more likely UTF-16 or UTF-32 than UTF-8."""
    costs = candidates.priors(data)
    ranked = candidates.rank(data, {name: costs[name] for name in ("utf-8", *candidates.WIDE)})
    return bool(ranked) and ranked[0].encoding in candidates.WIDE


def _has_letters_of_utf8(text: str) -> bool:
    """Tell whether the characters of two bytes in the text are more likely letters than something else misread.

    A character of GBK is valid UTF-8 about once in seven times, so a few are no proof. Nothing but those letters and
    the ASCII letters that they stand in is looked at, so that the answer stays the same when spaces or line ends around
    them are tidied away.
    """
    runs = []
    letters = 0
    for run in _LETTERS.finditer(text):
        before = text[max(run.start() - _BESIDE, 0) : run.start()]
        after = _ASCII_LETTERS.match(text, run.end(), run.end() + _BESIDE)
        # The letters before it from the end back.
        head = _ASCII_LETTERS.match(before[::-1])
        runs.append((head.group()[::-1] if head else "") + run.group() + (after.group() if after else ""))
        letters += len(run.group())
        if letters >= _SURE_LETTERS:
            return True
    if not runs:
        return True
    data = " ".join(runs).encode("utf-8")
    costs = {name: bits for name, bits in candidates.priors(b"").items() if name not in candidates.WIDE}
    ranked = candidates.rank(data, costs)
    return not ranked or ranked[0].encoding == "utf-8"


def _read(data: bytes, hint: str) -> Reading | str:
    if not data:
        return Reading("")
    kind = binary.find_kind(data)
    if kind:
        return f"byte {kind.offset}: this is {kind.what}, not text; {kind.remedy}"
    nested = _read_utf_16_in_utf_8(data)
    if nested:
        return nested
    data = _strip_padding(data)
    mark = escapes.marked(data)
    if mark:
        encoding, length = mark
        if encoding == "utf-8":
            return _read(data[length:], "utf-8")
        text = encodings.read(data[length:], encoding)
        if text is not None and "\0" not in text:
            return whole(text, encoding)
        hint = encoding
    text = encodings.read(data, "utf-8")
    if text is not None and _is_settled(text):
        return whole(text, "utf-8")
    if text is not None and _THREE_BYTES.search(text):
        return assemble(data, _split_at_nul(data), _MENDED)
    if _REPLACEMENT in data:
        # Nothing but GB18030 writes these four bytes: somebody saved a text that had lost characters before.
        text = encodings.read(data, "gb18030")
        if text is not None and "\0" not in text:
            return whole(text, "gb18030")
    escaped = escapes.read_escaped(data)
    if escaped:
        return whole(*escaped)
    reason = escapes.unreadable(data)
    if reason:
        return reason
    rest, lines = escapes.take_lines(data)
    reading = _read_by_score(rest, hint, is_utf8=text is None or text.isascii()) if rest else Reading("")
    if text is not None and text.isascii() and "\0" not in text and not (isinstance(reading, str) or not reading.lost):
        # Damaged UTF-16 of which nothing shows: what can be read without loss is not read with one.
        return whole(text, "utf-8", reading.confidence, reading.encoding)
    if not lines or isinstance(reading, str):
        return reading
    if any(line.lost for line in lines):
        reading = reading._replace(confidence=min(reading.confidence, _MENDED))
    return put_back(reading, lines) or _read_by_score(data, hint, is_utf8=text is None)


def _read_utf_16_in_utf_8(data: bytes) -> Reading | None:
    """Return the reading of UTF-16 that somebody read a byte a character and saved as UTF-8, or None if it is not.

    Only text with ASCII in it, line ends at least, has NULs then; where there is none, it is told from nothing.
    """
    text = encodings.read(data, "utf-8") if b"\0" in data else None
    if text is None or text.isascii():
        return None
    try:
        inner = text.encode("latin-1")
    except UnicodeEncodeError:
        return None
    for encoding in ("utf-16-le", "utf-16-be"):
        said = encodings.read(inner, encoding)
        fits = said is not None and _THREE_BYTES.search(said) and not ("\0" in said or _CONTROL.search(said))
        if said and fits and language.bits_per_character(said) < _NESTED_BITS:
            return whole(said, "utf-8", _MENDED, encoding)
    return None


def _split_at_nul(data: bytes) -> Iterator[lattice.Piece]:
    """Yield the pieces of valid UTF-8 in which NUL stands: what programs pad with, or a stray byte."""
    for run in _NUL_OR_TEXT.finditer(data):
        yield lattice.Piece(run.start(), run.end(), "" if run.group().startswith(b"\0") else "utf-8")


def _read_by_score(data: bytes, hint: str, *, is_utf8: bool, may_join: bool = True) -> Reading | str:
    """Return the most plausible reading; UTF-8 is no candidate unless `is_utf8`.

    Unless `may_join`, line ends inside characters stay there.
    """
    costs = candidates.priors(data, hint)
    if not is_utf8:
        del costs["utf-8"]
    ranked = candidates.rank(data, costs)
    sample = candidates.windows(data)
    size = sum(map(len, sample))
    runner_up = ""
    if ranked:
        best = ranked[0]
        rivals = [other for other in ranked[1:] if other.text != best.text]
        lead = rivals[0].bits - best.bits if rivals else _SURE_LEAD
        runner_up = rivals[0].encoding if rivals and lead < foreign.RIVAL_BITS else ""
        is_clear = lead >= _CLEAR_BITS and best.bits < _GOOD_BITS_A_BYTE * size + _SHORT_BITS / 2
        if is_clear and best.encoding not in candidates.SINGLE_BYTE:
            # Of encodings that read the sample alike, one may not have a character of the rest.
            alike = [one for one in ranked if one.text == best.text and one.encoding not in candidates.SINGLE_BYTE]
            for one in alike:
                text = encodings.read(data, one.encoding)
                if text is not None:
                    found = _read_clear(data, text, one.encoding, lead, runner_up)
                    if found:
                        return found
                    break
    joined = wraps.join(data) if may_join else None
    if joined is not None:
        again = _read_by_score(joined, hint, is_utf8=True, may_join=False)
        if not isinstance(again, str):
            return again._replace(confidence=min(again.confidence, _MENDED))
    return escapes.high_planes(data) or _read_doubtful(data, costs, ranked)


def _read_clear(data: bytes, text: str, encoding: str, lead: float, runner_up: str) -> Reading | None:
    """Return the reading in the one encoding that all is in, as `text`; None if something in it looks damaged."""
    if "\0" in text:
        return None
    trust = _trust(lead)
    if len(candidates.windows(data)) == 1:
        if encoding in lattice.FOREIGN or damaged.greatest_surprise(text, _EXPECTED_BITS) <= _SURPRISE_BITS:
            return whole(text, encoding, trust, runner_up)
        ways = mend.weigh(data, encoding)
        if not ways:
            return None  # in UTF-16, code points that are no characters
        trust = _trust(min(lead, ways[1].bits - ways[0].bits if len(ways) > 1 else lead), _BELIEF)
        if ways[0].start >= 0:
            parts = ways[0].pieces(len(data), encoding)
            texts = [encodings.read(data[part.start : part.end], part.encoding) for part in parts if part.encoding]
            if any(damaged.greatest_surprise(part or "") > damaged.SURPRISE_BITS for part in texts):
                return None  # one damaged place does not explain it
            return assemble(data, parts, trust, runner_up)
    names = [encoding, *(name for name in _BY_LINE if name != encoding)]
    pieces = damaged.read_suspicious(data, text, [(name, 4.0 * order) for order, name in enumerate(names)])
    if pieces is None:
        return None
    if len(pieces) > 1:
        return assemble(data, damaged.place_exactly(data, pieces), min(trust, _MENDED), runner_up)
    parts = trails.lose(data, text, encoding)
    if len(parts) > 1:
        return assemble(data, parts, min(trust, _MENDED), runner_up)
    return whole(text, encoding, trust, runner_up)


def _agree(data: bytes, one: _Way, other: _Way) -> bool:
    """Tell whether two ways lose the same bytes and give the same text (Big5 as Windows and as Hong Kong reads it)."""
    if (one[2].start, one[2].end) != (other[2].start, other[2].end):
        return False
    parts = (one[2].pieces(len(data), name) for name in (one[1], other[1]))
    texts = [[encodings.read(data[part.start : part.end], part.encoding or "latin-1") for part in way] for way in parts]
    return texts[0] == texts[1]


def _trust(lead: float, belief: float = 1.0) -> float:
    """Return the probability that a reading is right that is cheaper than the next by so many bits."""
    return 1 / (1 + 2 ** -min(belief * lead, _SURE_LEAD))


_ASCII = bytes(range(0x80))
# A sequence of UTF-8 in which question marks may stand for bytes, and how many of those beyond ASCII must be in such:
# of Chinese text nearly all are, of text of one byte a letter next to none.
_MARKED = re.compile(rb"[\xe2-\xef][\x80-\xbf?]{2}")
_MARKED_SHARE = 0.75


def _read_marked(data: bytes) -> Reading | None:
    """Return the reading of UTF-8 that was read as Windows-1252 and saved so, a `?` for what that does not have.

    So many bytes are lost that they look like no text; but as Windows-1252 the text can be read, and repair knows it.
    """
    text = encodings.read(data, "cp1252")
    if text is None or _CONTROL.search(text):
        return None
    beyond = len(data.translate(None, _ASCII))
    marked = len(b"".join(_MARKED.findall(data)).translate(None, _ASCII))
    return whole(text, "cp1252", _MENDED) if beyond and marked >= _MARKED_SHARE * beyond else None


def _read_doubtful(data: bytes, costs: dict[str, float], ranked: list[candidates.Candidate]) -> Reading | str:
    """Return the reading of bytes that are no one encoding without loss, or that no encoding makes good text of."""
    body = data.rstrip(b"\0")
    sample = b"\n".join(candidates.windows(body)) if len(body) > len(data) // 2 else data
    choices = [(name, cost) for name, cost in costs.items() if name not in candidates.SINGLE_BYTE]
    ways: list[_Way] = []
    if sample is not data:
        names = damaged.settled_by_lines(sample, _BY_LINE)
        if names:
            names += [name for name in ("utf-8", "gb18030") if name not in names]
            pieces = damaged.read_damaged(data, [(name, 4.0 * order) for order, name in enumerate(names)])
            return assemble(data, damaged.place_exactly(data, pieces), _MENDED, names[1])
    if sample is data:
        for name, prior in choices:
            # A way that leaves nothing of the data is none.
            found = [way for way in mend.weigh(data, name)[:2] if way.end - way.start < len(data)]
            ways += [(prior + way.bits, name, way) for way in found]
        ways.sort()
    pieces, bits = blocks.read(sample, choices)
    lead = _KEEP_BITS
    is_one = False  # one encoding, with one damaged place at most
    if ways:
        best_bits, name, way = ways[0]
        rivals = [other[0] for other in ways[1:] if not _agree(data, ways[0], other)][:1]
        if pieces == way.pieces(len(data), name):
            # The lattice found the same: only other readings count against it.
            rivals += [other.bits for other in ranked if other.encoding in candidates.SINGLE_BYTE][:1]
        else:
            rivals = [bits, *rivals] if best_bits < bits else [bits]
        lead = abs(min(rivals, default=best_bits + _SURE_LEAD) - best_bits)
        if best_bits >= bits + (_KEEP_BITS if way.start < 0 else 0.0):
            pieces = damaged.place_exactly(data, pieces)
        else:
            pieces, bits = way.pieces(len(data), name), best_bits
            is_one = True
    if ranked and ranked[0].encoding in candidates.SINGLE_BYTE and ranked[0].bits < bits:
        evidence = {name: costs[name] - prior for name, prior in candidates.SINGLE_BYTE.items()}
        single = foreign.read(data, evidence)
        if single is not None:
            return single
    lost = sum(piece.end - piece.start for piece in pieces if not piece.encoding)
    # What reads without loss and holds no control characters is text, however strange: a page of nothing but markup.
    is_dear = bits > _MAX_BITS_A_BYTE * len(sample) + _SHORT_BITS
    is_plain = not lost and bool(ranked) and not _CONTROL.search(ranked[0].text)
    if (is_dear and not is_plain) or lost > len(sample) // _MAX_LOST + _SHORT_LOST:
        return (
            _read_marked(data)
            or "byte 0: this is binary data, not text; leave it out, or name its encoding with --encoding"
        )
    if sample is not data:
        used: dict[str, int] = {}
        for piece in pieces:
            used[piece.encoding] = used.get(piece.encoding, 0) + piece.end - piece.start
        used.pop("", None)
        names = sorted(used, key=lambda name: -used[name])[:4]
        if not names or names[0] not in candidates.WIDE:
            names += [name for name in ("utf-8", "gb18030") if name not in names]
        pieces = damaged.read_damaged(data, [(name, 4.0 * order) for order, name in enumerate(names)])
        pieces = list(lattice.joined(damaged.place_exactly(data, pieces)))
        if ranked and [piece.encoding for piece in pieces] == [ranked[0].encoding]:
            rivals = [other.bits for other in ranked if other.text != ranked[0].text]
            lead = min(rivals, default=ranked[0].bits + _SURE_LEAD) - ranked[0].bits
            is_one = True
    confidence = min(_trust(lead, _BELIEF), 1.0 if is_one else _MENDED)
    used_names = {piece.encoding for piece in pieces}
    near = (other.encoding for other in ranked if other.bits < bits + foreign.RIVAL_BITS)
    runner_up = next((name for name in near if name not in used_names), "")
    return assemble(data, pieces, confidence, runner_up)
