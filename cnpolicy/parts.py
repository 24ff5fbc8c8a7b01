"""Parts: a large file is worked on in parts, each as if it were a document, and what they come to is put together."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from cnpolicy import corpus, entries, index, pipeline, records
from cnpolicy.document import Document, Failure, Source
from cnpolicy.index import Tokens, Vocabulary
from cnpolicy.jobs import Input, Job, Outcome
from cnpolicy.outcomes import done_already, failed, guarded, is_finished, led_away, show, skipped
from cnpolicy.rules import Options

# To clean a megabyte takes 12 MB of memory or, where a fourth of its characters is changed, up to 25; a document of 5
# million characters is none.
PART_BYTES = 8_000_000
# Words need nothing of other lines: smaller parts keep every process busy to the end.
SEGMENTED_PART_BYTES = 2_000_000
# By so much of a large file, from so many places, its encoding is told.
SAMPLE_PIECES = 16
SAMPLE_BYTES = 16_384
# Its lines stand at the edges of a document, which those of a part in the middle are not.
_AT_EDGES = "web-chrome"

_CHANGED = "the file changed while it was read; run again"


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a large file, from byte `start` up to `end`, to be worked on as if it were a document.

    It is the `number`th (from 1) of so many. `encoding` is what the whole file seems to be in, "" if that is not clear.
    """

    job: Job
    source: Source
    number: int
    of: int
    start: int
    end: int
    encoding: str


class Plan(NamedTuple):
    """How a large file is worked on; `stamp` is that of the file when its checksum was taken."""

    source: Source
    size: int
    sha256: str
    stamp: tuple[int, int]
    parts: tuple[Part, ...]


# ---- cutting ---------------------------------------------------------------------------------------------------------


def plan(job: Job, given: Input) -> Plan | Outcome:
    """Return how to work on a large file; its outcome if nothing is to be done.

    What holds for the whole file is decided here, by a sample of it: whether it is text, and the encoding that its
    parts are probably in. It is evidence for each part and not an order: what was joined from several files is in
    several encodings. Everything else is decided for each part.
    """
    source = given.source
    try:
        stamp = corpus.stamp(source.path)
        size, _ = stamp
        sha256 = corpus.sha256(source.path)
        head = corpus.read(source, 0, SAMPLE_BYTES)
        done = done_already(job, given, size, sha256)
        if done is not None:
            return done
        if "tokens" in job.wants and is_finished(job, given, sha256):
            job = replace(job, command="decode", options=Options())
        if pipeline.is_binary(head):
            if not given.named:
                return skipped(job, source.name, size, sha256)
            failure = pipeline.read(head, source.name, job.options)
            reason = failure.reason if isinstance(failure, Failure) else "byte 0: this is binary data, not text"
            return failed(job, Failure(source.name, "decode", reason), size, sha256)
        encoding = pipeline.encoding_of(head, job.options)
        if not encoding.startswith(("utf-16", "utf-32")):
            sample = corpus.sample(source, SAMPLE_PIECES, SAMPLE_BYTES)
            encoding = pipeline.encoding_of(sample, job.options)
        is_cut = job.command == "segment" or "tokens" in job.wants
        part_bytes = SEGMENTED_PART_BYTES if is_cut else PART_BYTES
        ends = [*corpus.cuts(source, part_bytes, encoding), size]
    except OSError as problem:
        return failed(job, Failure(source.name, "read", corpus.os_reason(problem)))
    starts = [0, *ends]
    parts = tuple(
        Part(job, source, number, len(ends), starts[number - 1], end, encoding) for number, end in enumerate(ends, 1)
    )
    return Plan(source, size, sha256, stamp, parts)


# ---- one part --------------------------------------------------------------------------------------------------------


def attempt(part: Part) -> Outcome:
    """Return the outcome of a part of a large file, with its bytes in `made` if they are to be written."""
    outcome = guarded(part.job, part.source.name, lambda: _attempt(part))
    return outcome if outcome.failure is None else failed_in(part, outcome.failure)


def failed_in(part: Part, failure: Failure) -> Outcome:
    """Return the outcome of a part in which something went wrong."""
    outcome = failed(part.job, _placed(part, failure), part.end - part.start)
    return replace(outcome, record=None, part=part.number)


def _placed(part: Part, failure: Failure) -> Failure:
    """Return a failure that says in which part of the file it was."""
    where = f"in part {part.number:,} of {part.of:,}, from byte {part.start:,} on: "
    return replace(failure, reason=where + failure.reason)


def _attempt(part: Part) -> Outcome:
    job = part.job
    taken = _process(part)
    if isinstance(taken, Failure):
        return failed(job, taken)
    document, out, made, audit = show(job, taken.document, part.number)
    if _goes_on(part, document):
        glue = b" " if job.command == "segment" and not document.text[-1:].isspace() else b""
        out = (out.removesuffix(b"\n") if document.text.endswith("\n") else out) + glue
        made = out if "text" in job.wants else made
    return Outcome(
        corpus.printable(part.source.name),
        len(taken.data),
        "part",
        changed=out != taken.data,
        record=records.of_part(document, taken.data),
        made=out if job.output is not None else made,
        audit=audit,
        part=part.number,
    )


class _Taken(NamedTuple):
    """The bytes of a part, and the document that a command made of them."""

    data: bytes
    document: Document


def _process(part: Part) -> _Taken | Failure:
    """Return what the command makes of a part, as if it were a document."""
    name, options = part.source.name, part.job.options
    try:
        data = corpus.read(part.source, part.start, part.end)
    except OSError as problem:
        return Failure(name, "read", corpus.os_reason(problem))
    # What is UTF-8 tells so itself.
    if options.encoding is None and options.encoding_hint is None and part.encoding not in ("", "utf-8"):
        options = replace(options, encoding_hint=part.encoding)
    if 1 < part.number < part.of:
        options = replace(options, skip=options.skip | {_AT_EDGES})
    document = pipeline.process(data, name, part.job.command, options)
    return document if isinstance(document, Failure) else _Taken(data, document)


def _goes_on(part: Part, document: Document) -> bool:
    """Tell whether the last line of a part goes on in the next: it is longer than a part."""
    line_ends = ("\n", "\r", "\x0b", "\x0c", "\x85", "\u2028", "\u2029")
    return part.number < part.of and not document.decoded.endswith(line_ends)


# ---- counting in parts -----------------------------------------------------------------------------------------------


def count(job: Job, given: Input, vocabulary: Vocabulary) -> Outcome:
    """Return the outcome of a large file for the corpus database: its parts are cut into words one after the other."""
    planned = plan(job, given)
    if isinstance(planned, Outcome):
        return planned
    source, size, sha256, stamp, parts = planned
    name = corpus.printable(source.name)
    fingerprint = entries.fingerprint(job, sha256, given.known)
    if given.indexed == fingerprint:
        return Outcome(name, size, "unchanged", fingerprint=fingerprint)
    earlier = given.known if is_finished(job, given, sha256) else None
    counted = _Counting(job, vocabulary)
    for part in parts:
        taken = _process(part)
        if isinstance(taken, Failure):
            return failed(job, _placed(part, taken), size, sha256)
        counted.add(part, taken)
    if corpus.stamp(source.path) != stamp:
        return failed(job, Failure(source.name, "read", _CHANGED), size, sha256)
    known = {"sha256": sha256} | (records.put_together(counted.records) if earlier is None else earlier)
    tokens = index.joined(counted.tokens)
    return Outcome(
        name,
        size,
        "made",
        warnings=tuple(known["warnings"]),
        counted=entries.record(name, tokens, known, counted.masthead(source.name), fingerprint),
        fingerprint=fingerprint,
    )


class _Counting:
    """Gathers what is to be kept of the parts of a large file, in order."""

    def __init__(self, job: Job, vocabulary: Vocabulary) -> None:
        self.tokens: list[Tokens] = []
        self.records: list[dict[str, Any]] = []
        self._job = job
        self._vocabulary = vocabulary
        self._head = self._tail = ""  # the texts of the first part, and of the last
        self._size = 0  # of all texts, in characters

    def add(self, part: Part, taken: _Taken) -> None:
        document = taken.document
        self.records.append(records.of_part(document, taken.data))
        if _goes_on(part, document):
            document = replace(document, text=document.text.removesuffix("\n"))
        tokens, text = entries.tokens_and_text(self._job, entries.cut(self._job, document), self._vocabulary)
        self.tokens.append(tokens)
        self._head, self._tail, self._size = self._head or text, text, self._size + len(text)

    def masthead(self, name: str) -> dict[str, Any]:
        """Return what the masthead says: it is read from the first and the last part, where it can be."""
        head, tail = self._head, self._tail
        masthead = entries.masthead_of(self._job, head if len(self.records) == 1 else head + tail, name)
        gap = self._size - len(head) - len(tail)
        return {
            field: read._replace(start=read.start + gap, end=read.end + gap) if read.start >= len(head) else read
            for field, read in masthead.items()
        }


# ---- joining ---------------------------------------------------------------------------------------------------------


def joined(job: Job, plans: dict[str, Plan], results: Iterable[list[Outcome]]) -> Iterator[list[Outcome]]:
    """Yield the outcomes, those of the parts of a large file with that of the file behind the last.

    `plans` has those of the files by their names; each is removed when the first part comes in.
    """
    whole: _Joining | None = None
    try:
        for outcomes in results:
            if not outcomes or not outcomes[0].part:
                yield outcomes
                continue
            (part,) = outcomes
            if part.part == 1:
                whole = _Joining(job, plans.pop(part.name))
            assert whole is not None
            yield whole.take(part)
    finally:
        if whole is not None:
            whole.drop()


class _Joining:
    """A large file of which the parts come in, in order."""

    def __init__(self, job: Job, plan: Plan) -> None:
        self._job = job
        self._plan = plan
        self._draft: corpus.Draft | None = None
        self._failure: Failure | None = None
        self._sha256 = hashlib.sha256()
        self._changed = False
        self._records: list[dict[str, Any]] = []

    def take(self, part: Outcome) -> list[Outcome]:
        """Return what is to be told of a part and, after the last, of the file."""
        told = replace(part, status="part", failure=None, record=None, changed=False)
        if self._failure is None and part.failure is not None:
            self._failure = part.failure
        if self._failure is None:
            self._changed |= part.changed
            self._records.append(part.record or {})
            self._sha256.update(part.made)
            if self._job.output is not None:
                self._write(part)
                told = replace(told, made=b"")
        if self._failure is not None:
            self.drop()
            told = replace(told, made=b"", audit=b"")
        return [told, self._end()] if part.part == len(self._plan.parts) else [told]

    def _write(self, part: Outcome) -> None:
        name = self._plan.source.name
        try:
            if self._draft is None:
                self._failure = led_away(self._job, name)
                if self._failure is not None:
                    return
                self._draft = corpus.Draft(self._job.output_path(name))
            self._draft.file.write(part.made)
        except OSError as problem:
            self._failure = Failure(name, "write", corpus.os_reason(problem))

    def _end(self) -> Outcome:
        """Return the outcome of the file, which is in its place then, if it is to be written."""
        self._publish()
        job, (source, size, sha256, _, parts) = self._job, self._plan
        if self._failure is not None:
            self.drop()
            return replace(failed(job, self._failure, size, sha256), size=0)  # the parts have told of the bytes
        known = records.put_together(self._records)
        record: dict[str, Any] | None = None
        if job.output is not None or "record" in job.wants:
            output = records.of_output(source.name, self._sha256.hexdigest())
            known = records.of_input(source.name, size, sha256) | output | known | {"parts": len(parts)}
            record = records.record(job, "written", known)
        return Outcome(
            corpus.printable(source.name),
            0,
            "made" if job.output is None else "written",
            changed=self._changed,
            record=record,
            warnings=tuple(known["warnings"]),
        )

    def _publish(self) -> None:
        """Put the file in its place, unless a part failed or the input has changed meanwhile."""
        if self._failure is not None:
            return
        name = self._plan.source.name
        try:
            if corpus.stamp(self._plan.source.path) != self._plan.stamp:
                self._failure = Failure(name, "read", _CHANGED)
            elif self._draft is not None:
                self._draft.publish()
        except OSError as problem:
            self._failure = Failure(name, "write", corpus.os_reason(problem))

    def drop(self) -> None:
        """Leave nothing of a file that is not finished."""
        if self._draft is not None:
            self._draft.drop()
