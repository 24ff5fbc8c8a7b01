"""From bytes to text: the only border between the two.

The question is not "which encoding?" but "which text is this?". Candidate readings are scored by how plausible they
are as text (cnpolicy.language); a file that no one encoding reads goes through a lattice in which encodings may change
and bytes may be lost (cnpolicy.decode.lattice). Nothing is guessed: a place that cannot be read becomes one U+FFFD.

The way of the bytes: what is no text at all (binary); byte order marks and escapes (escapes); valid UTF-8, which is
nearly always what it seems; one encoding that reads everything plausibly (candidates); anything else (damaged).
"""

import hashlib
import re

from cnpolicy import encodings
from cnpolicy.decode import binary, candidates, damaged, escapes, foreign, lattice
from cnpolicy.decode.reading import LOST, Reading, assemble, replace_lossy, whole
from cnpolicy.decode.restore import STAGE as RESTORE
from cnpolicy.document import Document, Failure

__all__ = ["LOST", "RESTORE", "Reading", "decode", "is_binary", "read"]

_LOOK_BYTES = 65536
_SAMPLE = 4096
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

# Damage can leave bytes that read without loss: a dropped byte turns two characters into two others. Of clean files one
# in five holds a greater surprise than this and is right all the same; of damaged ones that were read without loss 94
# in 100 are right whether it is greater or not, so that a set of damaged files only is not as sure as it is told.
# What went through the lattice is right in 97 of 100 files.
_SURPRISE_BITS = 12.0
_DOUBTFUL = 0.98
_MENDED = 0.97

# So many characters of two bytes are not valid UTF-8 by chance: one in 10 billion texts of GBK is.
_SURE_LETTERS = 12

# A reading that is cheaper than every other by this needs no second look: odds of a million to one.
_CLEAR_BITS = 20.0


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
        return replace_lossy(data, encodings.look_up(encoding))
    first = reading = _read(data, encodings.look_up(hint) if hint else "")
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


_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f]")
# A character of three bytes or four, in their pattern, is hardly an accident.
_LETTERS = re.compile("[\u00c0-\u07ff]+")
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
    return bool(_THREE_BYTES.search(text)) or _has_letters_of_utf8(text)


def _has_letters_of_utf8(text: str) -> bool:
    """Tell whether the characters of two bytes in the text are more likely letters than something else misread.

    A character of GBK is valid UTF-8 about once in seven times, so a few are no proof. Nothing but those letters is
    looked at, so that the answer stays the same when spaces or line ends around them are tidied away.
    """
    runs = []
    letters = 0
    for run in _LETTERS.finditer(text):
        runs.append(run.group())
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
    escaped = escapes.read_escaped(data)
    if escaped:
        return whole(*escaped)
    reason = escapes.unreadable(data)
    if reason:
        return reason
    return _read_by_score(data, hint, is_utf8=text is None or text.isascii())


def _read_by_score(data: bytes, hint: str, *, is_utf8: bool) -> Reading | str:
    """Return the most plausible reading; UTF-8 is no candidate unless `is_utf8`."""
    costs = candidates.priors(data, hint)
    if not is_utf8:
        del costs["utf-8"]
    ranked = candidates.rank(data, costs)
    size = sum(map(len, candidates.windows(data)))
    if ranked:
        best = ranked[0]
        rivals = [other for other in ranked[1:] if other.text != best.text]
        lead = rivals[0].bits - best.bits if rivals else 60.0
        confidence = 1 / (1 + 2 ** -min(lead, 60.0))
        runner_up = rivals[0].encoding if rivals else ""
        if best.encoding in candidates.SINGLE_BYTE:
            pass
        elif lead >= _CLEAR_BITS and best.bits < _GOOD_BITS_A_BYTE * size + _SHORT_BITS / 2:
            text = encodings.read(data, best.encoding)
            if text is not None and "\0" not in text and damaged.first_suspicious(text) == len(text):
                if best.encoding != "utf-8" and damaged.greatest_surprise(best.text) > _SURPRISE_BITS:
                    confidence = min(confidence, _DOUBTFUL)
                return whole(text, best.encoding, confidence, runner_up)
    body = data.rstrip(b"\0")
    sample = b"\n".join(candidates.windows(body)) if len(body) > len(data) // 2 else data
    choices = [(name, cost) for name, cost in costs.items() if name not in candidates.SINGLE_BYTE]
    pieces, bits = lattice.read(sample, choices)
    if sample is data and ranked and ranked[0].bits < bits + _KEEP_BITS:
        # Nothing is lost in the strict reading, and its text is hardly less plausible.
        best = ranked[0]
        if best.encoding not in candidates.SINGLE_BYTE:
            return whole(best.text, best.encoding, min(confidence, _MENDED), runner_up)
    if ranked and ranked[0].encoding in candidates.SINGLE_BYTE and ranked[0].bits < bits:
        single = foreign.read(data)
        if single is not None:
            return single
    lost = sum(piece.end - piece.start for piece in pieces if not piece.encoding)
    if bits > _MAX_BITS_A_BYTE * len(sample) + _SHORT_BITS or lost > len(sample) // _MAX_LOST + _SHORT_LOST:
        return "byte 0: this is binary data, not text; leave it out, or name its encoding with --encoding"
    if sample is not data:
        used: dict[str, int] = {}
        for piece in pieces:
            used[piece.encoding] = used.get(piece.encoding, 0) + piece.end - piece.start
        used.pop("", None)
        names = sorted(used, key=lambda name: -used[name])[:4]
        if not names or names[0] not in candidates.WIDE:
            names += [name for name in ("utf-8", "gb18030") if name not in names]
        pieces = damaged.read_damaged(data, [(name, 4.0 * order) for order, name in enumerate(names)])
    return assemble(data, pieces, _MENDED, ranked[0].encoding if ranked else "")
