"""Outcomes: what becomes of one document, read in one piece, and whatever goes wrong with it."""

import hashlib
import os
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

from cnpolicy import corpus, entries, jsonl, pipeline, records
from cnpolicy.chrome import edges
from cnpolicy.document import Document, Failure
from cnpolicy.jobs import Input, Job, Outcome
from cnpolicy.rules import Options
from cnpolicy.segment import segmenter

Made = TypeVar("Made")


def failed(job: Job, failure: Failure, size: int = 0, sha256: str = "") -> Outcome:
    """Return the outcome of an input that could not be processed; `size` and `sha256` are of what was read of it."""
    record = records.failed(job, failure, size, sha256)
    return Outcome(corpus.printable(failure.name), size, "failed", record=record, failure=failure)


def skipped(job: Job, name: str, size: int, sha256: str) -> Outcome:
    """Return the outcome of a binary file, which nobody named."""
    record = records.record(job, "skipped", records.of_input(name, size, sha256))
    return Outcome(corpus.printable(name), size, "skipped", record=record)


def guarded(job: Job, name: str, attempt: Callable[[], Made]) -> Made | Outcome:
    """Return what an attempt makes; whatever goes wrong with one document is its failure alone."""
    try:
        return attempt()
    except MemoryError:
        reason = "there is not enough memory for this file; run with -j 1, or split it"
    except Exception as problem:  # a defect of ours: the other documents of the run must not suffer for it
        reason = f"{type(problem).__name__}: {problem}; this is a defect of cnpolicy, please report it with the file"
    return failed(job, Failure(name, job.command, reason))


def take(job: Job, document: Document | Failure, data: bytes | None) -> Outcome:
    """Return what becomes of a document that was read already; `data` are the bytes that it was read from, if any."""
    if isinstance(document, Failure):
        return failed(job, document, len(data or b""))
    stages = pipeline.stages_of(job.command)

    def taken() -> Outcome:
        outcome = _finish(job, pipeline.run(document, stages, job.options), data)
        if "tokens" in job.wants:
            return entries.counted(job, replace(outcome, fingerprint=f"{job.digest}:"), entries.vocabulary_of(job))
        return outcome

    return guarded(job, document.name, taken)


def attempt(job: Job, given: Input) -> Outcome:
    """Return the outcome of an input that is read in one piece; what is to be written, or counted, is in it."""
    name = given.source.name
    try:
        data = corpus.read(given.source)
    except OSError as problem:
        return failed(job, Failure(name, "read", corpus.os_reason(problem)))
    sha256 = hashlib.sha256(data).hexdigest()
    if "tokens" not in job.wants:
        return _made(job, given, data, sha256)
    fingerprint = entries.fingerprint(job, sha256, given.known)
    if given.indexed == fingerprint:
        return Outcome(corpus.printable(name), len(data), "unchanged", fingerprint=fingerprint)
    return replace(_made(job, given, data, sha256), fingerprint=fingerprint)


def _made(job: Job, given: Input, data: bytes, sha256: str) -> Outcome:
    done = done_already(job, given, len(data), sha256)
    if done is not None:
        return done
    name = given.source.name
    if is_finished(job, given, sha256):
        document = pipeline.process(data, name, "decode", Options())
        if isinstance(document, Document):
            return replace(_finish(job, document, data), record=given.known)
    document = pipeline.process(data, name, job.command, job.options)
    if isinstance(document, Document):
        return _finish(job, document, data)
    if not given.named and pipeline.is_binary(data):
        return skipped(job, name, len(data), sha256)
    return failed(job, document, len(data), sha256)


def is_finished(job: Job, given: Input, sha256: str) -> bool:
    """Tell whether an input is the finished output of an earlier run: what was found then is what there is to tell."""
    return bool(given.known) and job.output is None and (given.known or {}).get("output_sha256") == sha256


def done_already(job: Job, given: Input, size: int, sha256: str) -> Outcome | None:
    """Return the outcome of an input of which an earlier run left all that this one would make; None if it did not.

    `size` and `sha256` are those of the input now.
    """
    name, known = given.source.name, given.known
    if not known or job.output is None or known.get("sha256") != sha256 or known.get("options") != job.digest:
        return None
    if known.get("status") == "skipped" and not given.named:
        return Outcome(corpus.printable(name), size, "skipped", record=known)
    if known.get("status") == "written" and _stands(known, job.output_path(name)):
        return Outcome(corpus.printable(name), size, "unchanged", record=known)
    return None


def _stands(known: dict[str, Any], path: str) -> bool:
    """Tell whether the output that an earlier run made is there still, as it was."""
    try:
        return corpus.sha256(path) == known.get("output_sha256")
    except OSError:
        return False


def led_away(job: Job, name: str) -> Failure | None:
    """Return the failure of a document whose output must not be written, for a file elsewhere could be overwritten."""
    assert job.output is not None
    if not _leads_out(os.path.dirname(job.output_path(name)), job.output):
        return None
    return Failure(name, "write", "the output folder is a link to a folder elsewhere; remove the link")


@lru_cache
def _leads_out(folder: str, tree: str) -> bool:
    """Tell whether a folder of the output tree is a link to elsewhere."""
    return not corpus.is_inside(os.path.realpath(folder), os.path.realpath(tree))


def _finish(job: Job, document: Document, data: bytes | None) -> Outcome:
    """Make of the document what the job wants; `data` are the bytes that it was read from.

    What is to be written to the output tree is in `made` of the outcome.
    """
    if "tokens" in job.wants:
        return _to_be_counted(job, document, data)
    name = document.name
    shown = show(job, document)
    document, out = shown.document, shown.out
    size = len(data) if data is not None else len(out)
    if job.output is not None and (failure := led_away(job, name)):
        return failed(job, failure, size, document.sha256)
    record: dict[str, Any] | None = None
    if job.output is not None or "record" in job.wants:
        output = records.of_output(name, hashlib.sha256(out).hexdigest())
        known = records.of_input(name, size, document.sha256) | output | records.summary(document)
        record = records.record(job, "written", known)
    return Outcome(
        name=corpus.printable(name),
        size=size,
        status="made" if job.output is None else "written",
        changed=out != (data if data is not None else document.decoded.encode()),
        record=record,
        warnings=records.warnings(document),
        made=shown.made if job.output is None else out,
        audit=shown.audit,
        document=document if "document" in job.wants else None,
        edges=edges(document.text) if "edges" in job.wants else None,
    )


class Shown(NamedTuple):
    """A document, with its words if need be, the bytes of its output, and what else was wanted of it.

    `made` is what standard output gets, `audit` the lines of the audit.
    """

    document: Document
    out: bytes
    made: bytes
    audit: bytes


def show(job: Job, document: Document, part: int = 0) -> Shown:
    """Return a document, or the `part`th part of one, in the forms that the job wants."""
    if ("words" in job.wants and document.words is None) or (job.command == "segment" and "jsonl" in job.wants):
        document = pipeline.segmented(document, job.words.settings, tags=job.words.pos)
    text = document.text
    if job.command == "segment":
        text = segmenter(job.words.settings).lines(text, pos=job.words.pos, search=job.words.search)
    out = text.encode()
    # Parts go as documents of their own to whoever reads JSON Lines or a diff.
    called = replace(document, name=f"{document.name}#{part}") if part else document
    made = b""
    if "jsonl" in job.wants:
        made = jsonl.document_line(called)
    elif "diff" in job.wants:
        from cnpolicy.diff import unified

        made = unified(called).encode()
    elif "text" in job.wants:
        made = out
    return Shown(document, out, made, jsonl.audit_lines(document, part) if "audit" in job.wants else b"")


def _to_be_counted(job: Job, document: Document, data: bytes | None) -> Outcome:
    """Return the outcome of a document that is to be counted, with its words."""
    record = {"sha256": document.sha256, **records.summary(document)}
    return Outcome(
        name=corpus.printable(document.name),
        size=len(data) if data is not None else len(document.text.encode()),
        status="made",
        record=record,
        warnings=tuple(record["warnings"]),
        document=entries.cut(job, document),
    )
