"""Running a command over many documents: batches of sources go out, outcomes come back in the order of the input."""

import hashlib
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Literal

from cnpolicy import corpus, executors, jsonl, pipeline
from cnpolicy.chrome import Edges, edges
from cnpolicy.document import Document, Failure, Source
from cnpolicy.index import CountScript, Record, Vocabulary, shards
from cnpolicy.rules import Options
from cnpolicy.segment import Settings, segmenter, words_of_segmented

# Documents go out in batches, so that the cost of a task (about 0.3 ms) is spread, and small enough that the last
# batches end together. Measured on 20,000 files of 10 kB with two processes: 100 kB to 2 MB made no difference.
BATCH_BYTES = 1_000_000
BATCH_DOCUMENTS = 200
# Starting a process takes about 0.5 s, in which one process cleans this much.
WORTH_A_PROCESS = 2_000_000

LOST = "\ufffd"
# Below this confidence a reading is worth a look: of ten such readings at least one is wrong.
SURE = 0.9

Want = Literal["text", "jsonl", "diff", "audit", "document", "record", "words", "edges", "tokens", "masthead"]


@dataclass(frozen=True, slots=True)
class Words:
    """How documents are segmented, and how `segment` shows the words: with parts of speech, or as for searching."""

    settings: Settings = Settings()  # noqa: RUF009 - immutable
    pos: bool = False
    search: bool = False


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be done with every document: the same for all batches of a run.

    `output` is the tree to write to, if any; `wants` says what else shall come back from the workers. `digest` is
    the manifest's digest of the options, `versions` what it records of them. `words` says how to segment.

    For the corpus database (`tokens` wanted): `segmented` texts are words with spaces between them, terms are counted
    in `count_script`, and what is counted goes into files in the folder `shards`, if there is one.
    """

    command: str
    options: Options
    wants: frozenset[Want] = frozenset()
    output: str | None = None
    digest: str = ""
    versions: tuple[tuple[str, str], ...] = ()
    words: Words = Words()
    segmented: bool = False
    count_script: CountScript = "simplified"
    shards: str | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """Sources to be worked on together, with the records of an earlier run, and which of them the user named.

    `indexed` are the fingerprints that the corpus database has of some, by name.
    """

    job: Job
    sources: tuple[Source, ...]
    known: tuple[dict[str, Any] | None, ...]
    named: frozenset[str]
    indexed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one input; `name` is its name as it can be printed.

    `status` is `written` (to the output tree), `unchanged` since an earlier run, `made` (the result is in the fields
    that were wanted), `skipped` (a binary file) or `failed`. `changed` tells whether the bytes would differ from the
    input's. `record` is the line of the manifest. `warnings` are for the user. `counted` is what the corpus database
    shall keep, or `shard` the file that has it, and `fingerprint` what that depends on.
    """

    name: str
    size: int
    status: Literal["written", "unchanged", "made", "skipped", "failed"]
    changed: bool = False
    record: dict[str, Any] | None = None
    failure: Failure | None = None
    warnings: tuple[str, ...] = ()
    made: bytes = b""
    audit: bytes = b""
    document: Document | None = None
    edges: Edges | None = None
    counted: Record | None = None
    shard: str = ""
    fingerprint: str = ""


def run(
    job: Job,
    sources: Sequence[Source],
    *,
    jobs: int,
    named: set[str],
    known: dict[str, dict[str, Any]] | None = None,
    indexed: Mapping[str, str] | None = None,
) -> Iterator[list[Outcome]]:
    """Yield the outcomes of the sources, in their order, a batch at a time."""
    sizes = [corpus.size(source) for source in sources]
    if sum(sizes) < WORTH_A_PROCESS:
        jobs = 1
    batches = _batches(job, sources, sizes, named, known or {}, indexed or {})
    yield from executors.in_order(jobs, work, batches, _lost)


def _batches(
    job: Job,
    sources: Sequence[Source],
    sizes: Sequence[int],
    named: set[str],
    known: dict[str, dict[str, Any]],
    indexed: Mapping[str, str],
) -> Iterator[Batch]:
    waiting: list[Source] = []
    total = 0
    for source, size in zip(sources, sizes, strict=True):
        if waiting and (total + size > BATCH_BYTES or len(waiting) == BATCH_DOCUMENTS):
            yield _batch(job, waiting, named, known, indexed)
            waiting, total = [], 0
        waiting.append(source)
        total += size
    if waiting:
        yield _batch(job, waiting, named, known, indexed)


def _batch(
    job: Job, sources: list[Source], named: set[str], known: dict[str, dict[str, Any]], indexed: Mapping[str, str]
) -> Batch:
    return Batch(
        job,
        tuple(sources),
        tuple(known.get(corpus.printable(source.name)) for source in sources),
        frozenset(source.name for source in sources if source.name in named),
        {name: indexed[name] for source in sources if (name := corpus.printable(source.name)) in indexed},
    )


def _lost(batch: Batch) -> list[Outcome]:
    """Return the outcomes of a batch that killed its process: only the document that does so alone is lost."""
    if len(batch.sources) == 1:
        reason = "the process that worked on this file died, perhaps for lack of memory; leave it out, or split it"
        return [_failed(batch.job, batch.sources[0].name, 0, "", "run", reason)]
    return [
        outcome
        for source, known in zip(batch.sources, batch.known, strict=True)
        for outcome in executors.alone(work, replace(batch, sources=(source,), known=(known,)), _lost)
    ]


def work(batch: Batch) -> list[Outcome]:
    """Return the outcome of every source of the batch; what is to be written is on the disk then."""
    if "tokens" in batch.job.wants:
        return _done_before(batch) or _into_shard(batch)
    return _outcomes(batch)


def _outcomes(batch: Batch) -> list[Outcome]:
    # Words become numbers while they are in the processor's cache, document by document.
    vocabulary = _vocabulary(batch.job)
    return [
        _counted(batch.job, _outcome(batch.job, source, known, source.name in batch.named, batch.indexed), vocabulary)
        for source, known in zip(batch.sources, batch.known, strict=True)
    ]


def _outcome(
    job: Job, source: Source, known: dict[str, Any] | None, named: bool, indexed: Mapping[str, str]
) -> Outcome:
    return _guarded(job, source.name, lambda: _attempt(job, source, known, named, indexed))


def _into_shard(batch: Batch) -> list[Outcome]:
    """Return the outcomes of a batch for the corpus database, what it shall keep in a shard, if the job has some."""
    outcomes = _outcomes(batch)
    records = [outcome.counted for outcome in outcomes if outcome.counted is not None]
    if batch.job.shards is None or not records:
        return outcomes
    path = shards.path_of(batch.job.shards, [outcome.name for outcome in outcomes])
    inputs = [
        shards.Kept(one.name, one.fingerprint, {"size": one.size, "status": one.status, "warnings": one.warnings})
        for one in outcomes
    ]
    try:
        shards.write(path, inputs, records)
    except OSError as problem:
        reason = f"{corpus.printable(path)}: {corpus.os_reason(problem)}"
        return [
            outcome if outcome.counted is None else _failed(batch.job, outcome.name, outcome.size, "", "write", reason)
            for outcome in outcomes
        ]
    return [replace(outcome, counted=None, shard=path) if outcome.counted else outcome for outcome in outcomes]


def _vocabulary(job: Job) -> Vocabulary:
    return Vocabulary(simplified=job.count_script == "simplified")


def _counted(job: Job, outcome: Outcome, vocabulary: Vocabulary) -> Outcome:
    """Return an outcome with what the corpus database shall keep, if that is wanted, in the place of the document."""
    if "tokens" not in job.wants or outcome.document is None or outcome.record is None:
        return outcome
    record = _database_record(job, outcome, outcome.document, outcome.record, vocabulary)
    return replace(outcome, document=None, record=None, counted=record)


def _database_record(
    job: Job, outcome: Outcome, document: Document, known: dict[str, Any], vocabulary: Vocabulary
) -> Record:
    words: Sequence[str] = words_of_segmented(document.text) if job.segmented else document.words or ()
    tokens = vocabulary.tokens(words, document.tags)
    head: dict[str, str] = {}
    if "masthead" in job.wants:
        from cnpolicy import masthead

        text = "".join(words) if job.segmented else document.text
        fields = masthead.read(text, document.name)._asdict()
        head = {name: read.value for name, read in fields.items() if read is not None}
    return Record(
        name=outcome.name,
        words=tokens,
        encoding=known["encoding"],
        script=known["script"],
        sha256=known["sha256"],
        findings={(rule, certainty): n for certainty, rules in known["findings"].items() for rule, n in rules.items()},
        changed=known["changed"],
        fingerprint=outcome.fingerprint,
        **head,
    )


def _fingerprint(job: Job, sha256: str, known: dict[str, Any] | None) -> str:
    """Return what the corpus database's record of an input depends on: its content, its manifest line, the options."""
    content = hashlib.sha256(jsonl.dumps([sha256, known])).hexdigest()
    return f"{job.digest}:{content[:32]}"


def _done_before(batch: Batch) -> list[Outcome] | None:
    """Return the outcomes of a batch that an interrupted run has left in a shard; None if not all of it is there."""
    if batch.job.shards is None:
        return None
    names = [corpus.printable(source.name) for source in batch.sources]
    path = shards.path_of(batch.job.shards, names)
    inputs = shards.inputs(path)
    if inputs is None or [one.name for one in inputs] != names:
        return None
    for source, known, kept in zip(batch.sources, batch.known, inputs, strict=True):
        try:
            sha256 = hashlib.sha256(corpus.read(source)).hexdigest()
        except OSError:
            return None
        # What is in the database meanwhile must not come into it twice.
        fresh = kept.fingerprint != batch.indexed.get(kept.name)
        if kept.fingerprint != _fingerprint(batch.job, sha256, known) or fresh == (kept.note["status"] == "unchanged"):
            return None
    return [
        Outcome(
            kept.name,
            kept.note["size"],
            kept.note["status"],
            warnings=tuple(kept.note["warnings"]),
            shard=path if kept.note["status"] == "made" else "",
            fingerprint=kept.fingerprint,
        )
        for kept in inputs
    ]


def take(job: Job, document: Document | Failure, data: bytes | None) -> Outcome:
    """Return what becomes of a document that was read already; `data` are the bytes that it was read from, if any."""
    if isinstance(document, Failure):
        return _failed(job, document.name, len(data or b""), "", document.stage, document.reason)
    stages = pipeline.stages_of(job.command)
    outcome = _guarded(job, document.name, lambda: finish(job, pipeline.run(document, stages, job.options), data))
    if "tokens" in job.wants:
        return _counted(job, replace(outcome, fingerprint=f"{job.digest}:"), _vocabulary(job))
    return outcome


def _guarded(job: Job, name: str, attempt: Callable[[], Outcome]) -> Outcome:
    """Return the outcome of an attempt; whatever goes wrong with one document is its failure alone."""
    try:
        return attempt()
    except MemoryError:
        reason = "there is not enough memory for this file; run with -j 1, or split it"
    except Exception as problem:  # a defect of ours: the other documents of the run must not suffer for it
        reason = f"{type(problem).__name__}: {problem}; this is a defect of cnpolicy, please report it with the file"
    return _failed(job, name, 0, "", job.command, reason)


def _attempt(
    job: Job, source: Source, known: dict[str, Any] | None, named: bool, indexed: Mapping[str, str]
) -> Outcome:
    try:
        data = corpus.read(source)
    except OSError as problem:
        return _failed(job, source.name, 0, "", "read", corpus.os_reason(problem))
    sha256 = hashlib.sha256(data).hexdigest()
    if "tokens" not in job.wants:
        return _made(job, source, data, sha256, known, named)
    fingerprint = _fingerprint(job, sha256, known)
    if indexed.get(corpus.printable(source.name)) == fingerprint:
        return Outcome(corpus.printable(source.name), len(data), "unchanged", fingerprint=fingerprint)
    return replace(_made(job, source, data, sha256, known, named), fingerprint=fingerprint)


def _made(job: Job, source: Source, data: bytes, sha256: str, known: dict[str, Any] | None, named: bool) -> Outcome:
    if known and job.output is not None and known.get("sha256") == sha256 and known.get("options") == job.digest:
        if known.get("status") == "skipped" and not named:
            return Outcome(corpus.printable(source.name), len(data), "skipped", record=known)
        if known.get("status") == "written" and _stands(
            known, os.path.join(job.output, corpus.output_name(source.name))
        ):
            return Outcome(corpus.printable(source.name), len(data), "unchanged", record=known)
    if known and job.output is None and known.get("output_sha256") == sha256:
        # The finished output of an earlier run: what was found then is what there is to tell.
        document = pipeline.process(data, source.name, "decode", Options())
        if isinstance(document, Document):
            return replace(finish(job, document, data), record=known)
    document = pipeline.process(data, source.name, job.command, job.options)
    if isinstance(document, Failure):
        if not named and pipeline.is_binary(data):
            record = _record(job, source.name, len(data), sha256, "skipped")
            return Outcome(corpus.printable(source.name), len(data), "skipped", record=record)
        return _failed(job, source.name, len(data), sha256, document.stage, document.reason)
    return finish(job, document, data)


def _stands(known: dict[str, Any], path: str) -> bool:
    """Tell whether the output that an earlier run made is there still, as it was."""
    try:
        with open(path, "rb") as file:
            return hashlib.sha256(file.read()).hexdigest() == known.get("output_sha256")
    except OSError:
        return False


@lru_cache
def _leads_out(folder: str, tree: str) -> bool:
    """Tell whether a folder of the output tree is a link to elsewhere, where a file could be overwritten."""
    return not corpus.is_inside(os.path.realpath(folder), os.path.realpath(tree))


def finish(job: Job, document: Document, data: bytes | None) -> Outcome:
    """Write the document, or make of it what the job wants; `data` are the bytes that it was read from."""
    if "tokens" in job.wants:
        return _cut(job, document, data)
    if ("words" in job.wants and document.words is None) or (job.command == "segment" and "jsonl" in job.wants):
        document = pipeline.segmented(document, job.words.settings, tags=job.words.pos)
    text = document.text
    if job.command == "segment":
        text = segmenter(job.words.settings).lines(text, pos=job.words.pos, search=job.words.search)
    out = text.encode()
    size = len(data) if data is not None else len(out)
    changed = out != (data if data is not None else document.decoded.encode())
    made = b""
    if "jsonl" in job.wants:
        made = jsonl.document_line(document)
    elif "diff" in job.wants:
        from cnpolicy.diff import unified

        made = unified(document).encode()
    elif "text" in job.wants:
        made = out
    audit = jsonl.audit_lines(document) if "audit" in job.wants else b""
    record: dict[str, Any] | None = None
    if job.output is not None or "record" in job.wants:
        record = _record(job, document.name, size, document.sha256, "written", document, out)
    status: Literal["written", "made"] = "made"
    if job.output is not None:
        status = "written"
        path = os.path.join(job.output, corpus.output_name(document.name))
        if _leads_out(os.path.dirname(path), job.output):
            reason = "the output folder is a link to a folder elsewhere; remove the link"
            return _failed(job, document.name, size, document.sha256, "write", reason)
        try:
            corpus.write(path, out)
        except OSError as problem:
            return _failed(job, document.name, size, document.sha256, "write", corpus.os_reason(problem))
    return Outcome(
        name=corpus.printable(document.name),
        size=size,
        status=status,
        changed=changed,
        record=record,
        warnings=warnings(document),
        made=made,
        audit=audit,
        document=document if "document" in job.wants else None,
        edges=edges(document.text) if "edges" in job.wants else None,
    )


def _cut(job: Job, document: Document, data: bytes | None) -> Outcome:
    """Return the outcome of a document that is to be counted, with its words."""
    size = len(data) if data is not None else len(document.text.encode())
    record = {"sha256": document.sha256, **summary(document)}
    if document.words is None and not job.segmented:
        document = pipeline.segmented(document, job.words.settings, tags=job.words.pos)
    return Outcome(
        name=corpus.printable(document.name),
        size=size,
        status="made",
        record=record,
        warnings=tuple(record["warnings"]),
        document=document,
    )


def _failed(job: Job, name: str, size: int, sha256: str, stage: str, reason: str) -> Outcome:
    record = _record(job, name, size, sha256, "failed")
    record["reason"] = f"{stage}: {reason}"
    return Outcome(corpus.printable(name), size, "failed", record=record, failure=Failure(name, stage, reason))


def not_found(job: Job, failure: Failure) -> dict[str, Any]:
    """Return the manifest's line for a path that is missing or cannot be searched."""
    return _record(job, failure.name, 0, "", "failed") | {"reason": f"{failure.stage}: {failure.reason}"}


def _record(
    job: Job,
    name: str,
    size: int,
    sha256: str,
    status: str,
    document: Document | None = None,
    out: bytes = b"",
) -> dict[str, Any]:
    """Return the manifest's line for an input; without a document, for one that has no output."""
    record: dict[str, Any] = {"name": corpus.printable(name), "output": None, "bytes": size, "sha256": sha256}
    if document is not None:
        record["output"] = corpus.printable(corpus.output_name(name))
        record["output_sha256"] = hashlib.sha256(out).hexdigest()
        record |= summary(document)
    return record | {"status": status, "versions": dict(job.versions), "options": job.digest}


def summary(document: Document) -> dict[str, Any]:
    """Return what is known of a document without its text: encoding, script, findings, what was changed and lost."""
    size = len(document.decoded)
    kept = sum(length for _, _, length in document.unchanged())
    return {
        "encoding": document.encoding,
        "confidence": float(f"{document.confidence:.6g}"),
        "runner_up": document.runner_up,
        "script": pipeline.script_of(document.text),
        "findings": counts(document),
        "changed": float(f"{1 - kept / size if size else 0:.6g}"),
        "lost": document.text.count(LOST),
        "warnings": list(warnings(document)),
    }


def warnings(document: Document) -> tuple[str, ...]:
    """Return what a person should know of a document before relying on it."""
    found = []
    lost = document.text.count(LOST)
    if lost:
        found.append(f"{lost} lost place{'s' * (lost != 1)} left (U+FFFD)")
    if pipeline.is_garbled(document.text):
        found.append("reads like mojibake that no rule could undo; it was not tidied")
    if document.confidence < SURE:
        other = f", or {document.runner_up}" if document.runner_up not in ("", document.encoding) else ""
        found.append(f"encoding uncertain: {document.encoding}{other}")
    return tuple(found)


def counts(document: Document) -> dict[str, dict[str, int]]:
    """Return how many findings there are, by certainty and rule, both in sorted order."""
    counted: dict[str, Counter[str]] = {}
    for finding in document.findings():
        counted.setdefault(finding.certainty, Counter())[finding.rule] += 1
    return {certainty: dict(sorted(rules.items())) for certainty, rules in sorted(counted.items())}
