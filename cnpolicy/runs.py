"""Running a command over many documents: batches of sources go out, outcomes come back in the order of the input."""

import hashlib
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import groupby
from typing import Any, Literal, NamedTuple, TypeAlias

from cnpolicy import corpus, executors, jsonl, pipeline
from cnpolicy.chrome import Edges, edges
from cnpolicy.document import Document, Failure, Source
from cnpolicy.findings import Certainty
from cnpolicy.index import CountScript, Record, Tokens, Vocabulary, joined, shards
from cnpolicy.rules import Options
from cnpolicy.segment import Settings, segmenter, words_of_segmented

# Documents go out in batches, so that the cost of a task (about 0.3 ms) is spread, and small enough that the last
# batches end together. Measured on 20,000 files of 10 kB with two processes: 100 kB to 2 MB made no difference.
BATCH_BYTES = 1_000_000
BATCH_DOCUMENTS = 200
# Files that are written at a time by a process: a disk takes several as fast as one.
_WRITERS = 4
# Starting a process takes about 0.5 s, in which one process cleans this much.
WORTH_A_PROCESS = 2_000_000

# A larger file is worked on in parts of about half that, each as if it were a document: to clean a megabyte takes 12 MB
# of memory or, where a fourth of its characters is changed, up to 25; a document of 5 million characters is none.
LARGE_BYTES = 16_000_000
PART_BYTES = 8_000_000
# Words need nothing of other lines: smaller parts keep every process busy to the end.
SEGMENTED_PART_BYTES = 2_000_000
# By so much of a large file, from so many places, its encoding is told.
SAMPLE_PIECES = 16
SAMPLE_BYTES = 16_384
# What comes back with the whole document cannot be put together from parts.
_WHOLE_ONLY: frozenset[str] = frozenset({"document", "tokens", "edges", "words"})
# Its lines stand at the edges of a document, which those of a part in the middle are not.
_AT_EDGES = "web-chrome"

_CHANGED = "the file changed while it was read; run again"

LOST = "\ufffd"
# Below this confidence a reading is worth a look: of ten such readings at least one is wrong.
SURE = 0.9

Task: TypeAlias = "Batch | Part | Told"
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
    in `count_script`, and what is counted goes into files in the folder `shards`, if there is one. `cluster` does
    the work, if it is not done on this machine; then all paths must be absolute.
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
    cluster: executors.Cluster | None = None


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


@dataclass(frozen=True, slots=True)
class Told:
    """What there is to say of an input without any work."""

    outcome: "Outcome"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one input; `name` is its name as it can be printed.

    `status` is `written` (to the output tree), `unchanged` since an earlier run, `made` (the result is in the fields
    that were wanted), `skipped` (a binary file), `failed`, or `part`: then it is about the `part`th part of a large
    file, of which the last is followed by the outcome of the file. `changed` tells whether the bytes would differ from
    the input's. `record` is the line of the manifest. `warnings` are for the user. `counted` is what the corpus
    database shall keep, or `shard` the file that has it, and `fingerprint` what that depends on.
    """

    name: str
    size: int
    status: Literal["written", "unchanged", "made", "skipped", "failed", "part"]
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
    part: int = 0


def run(
    job: Job,
    sources: Sequence[Source],
    *,
    jobs: int,
    named: set[str],
    known: Mapping[str, dict[str, Any]] | None = None,
    indexed: Mapping[str, str] | None = None,
) -> Iterator[list[Outcome]]:
    """Yield the outcomes of the sources, in their order, a batch at a time."""
    sizes = [corpus.size(source) for source in sources]
    if sum(sizes) < WORTH_A_PROCESS:
        jobs = 1
    plans: dict[str, _Plan] = {}
    tasks = _tasks(job, sources, sizes, named, known or {}, indexed or {}, plans)
    yield from _joined(job, plans, executors.in_order(jobs, work, tasks, _lost, job.cluster))


def _tasks(
    job: Job,
    sources: Sequence[Source],
    sizes: Sequence[int],
    named: set[str],
    known: Mapping[str, dict[str, Any]],
    indexed: Mapping[str, str],
    plans: "dict[str, _Plan]",
) -> "Iterator[Task]":
    """Yield batches of documents, and the parts of large ones, for which a plan is made."""
    if job.wants & _WHOLE_ONLY:
        yield from _batches(job, sources, sizes, named, known, indexed)
        return
    for is_large, group in groupby(zip(sources, sizes, strict=True), key=lambda item: item[1] > LARGE_BYTES):
        taken = list(group)
        if not is_large:
            few, their = [source for source, _ in taken], [size for _, size in taken]
            yield from _batches(job, few, their, named, known, indexed)
            continue
        for source, _ in taken:
            name = corpus.printable(source.name)
            plan = _guarded_plan(job, source, known.get(name), source.name in named)
            if isinstance(plan, Outcome):
                yield Told(plan)
                continue
            plans[name] = plan
            yield from plan.parts


def _batches(
    job: Job,
    sources: Sequence[Source],
    sizes: Sequence[int],
    named: set[str],
    known: Mapping[str, dict[str, Any]],
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
    job: Job, sources: list[Source], named: set[str], known: Mapping[str, dict[str, Any]], indexed: Mapping[str, str]
) -> Batch:
    return Batch(
        job,
        tuple(sources),
        tuple(known.get(corpus.printable(source.name)) for source in sources),
        frozenset(source.name for source in sources if source.name in named),
        {name: indexed[name] for source in sources if (name := corpus.printable(source.name)) in indexed},
    )


def _lost(task: Task) -> list[Outcome]:
    """Return the outcomes of a task that killed its process: only the document that does so alone is lost."""
    reason = "the process that worked on this file died, perhaps for lack of memory; leave it out, or split it"
    if isinstance(task, Part):
        return [_part_failed(task, "run", reason)]
    assert isinstance(task, Batch)
    if len(task.sources) == 1:
        return [_failed(task.job, task.sources[0].name, 0, "", "run", reason)]
    return [
        outcome
        for source, known in zip(task.sources, task.known, strict=True)
        for outcome in executors.alone(work, replace(task, sources=(source,), known=(known,)), _lost)
    ]


def work(task: Task) -> list[Outcome]:
    """Return the outcome of every source of the task; what is to be written is on the disk then.

    Only of the parts of a large file the text comes back: the caller puts them together.
    """
    if isinstance(task, Told):
        return [task.outcome]
    if isinstance(task, Part):
        return [_of_part(task)]
    if "tokens" in task.job.wants:
        return _done_before(task) or _into_shard(task)
    return _outcomes(task)


def _outcomes(batch: Batch) -> list[Outcome]:
    # Words become numbers while they are in the processor's cache, document by document.
    vocabulary = _vocabulary(batch.job)
    made = (
        _outcome(batch.job, source, known, source.name in batch.named, batch.indexed, vocabulary)
        for source, known in zip(batch.sources, batch.known, strict=True)
    )
    if batch.job.output is None:
        return list(made)
    # A file is written only when it is on the disk: that is waited for while the next documents are worked on.
    with ThreadPoolExecutor(_WRITERS) as writers:
        waiting = [
            (source.name, writers.submit(_write, batch.job, source.name, outcome))
            for source, outcome in zip(batch.sources, made, strict=True)
        ]
        return [_guarded(batch.job, name, future.result) for name, future in waiting]


def _write(job: Job, name: str, outcome: Outcome) -> Outcome:
    """Write the result of an outcome to the output tree, and return what has become of it."""
    if outcome.status != "written":
        return outcome
    assert job.output is not None
    assert outcome.record is not None
    path = os.path.join(job.output, corpus.output_name(name))
    try:
        corpus.write(path, outcome.made)
    except OSError as problem:
        return _failed(job, name, outcome.size, outcome.record["sha256"], "write", corpus.os_reason(problem))
    return replace(outcome, made=b"")


def _outcome(
    job: Job,
    source: Source,
    known: dict[str, Any] | None,
    named: bool,
    indexed: Mapping[str, str],
    vocabulary: Vocabulary,
) -> Outcome:
    if "tokens" in job.wants and corpus.size(source) > LARGE_BYTES:
        return _guarded(job, source.name, lambda: _count_in_parts(job, source, known, named, indexed, vocabulary))
    outcome = _guarded(job, source.name, lambda: _attempt(job, source, known, named, indexed))
    return _counted(job, outcome, vocabulary)


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
    text = "".join(words) if job.segmented else document.text
    return Record(
        name=outcome.name,
        words=tokens,
        encoding=known["encoding"],
        script=known["script"],
        sha256=known["sha256"],
        findings=_by_rule(known),
        changed=known["changed"],
        masthead=_masthead(job, text, document.name),
        fingerprint=outcome.fingerprint,
    )


def _by_rule(known: Mapping[str, Any]) -> dict[tuple[str, Certainty], int]:
    return {(rule, certainty): n for certainty, rules in known["findings"].items() for rule, n in rules.items()}


def _masthead(job: Job, text: str, name: str) -> dict[str, Any]:
    """Return what the masthead of a document says, if that is wanted."""
    if "masthead" not in job.wants:
        return {}
    from cnpolicy import masthead

    return {field: read for field, read in masthead.read(text, name)._asdict().items() if read is not None}


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
            sha256 = corpus.sha256(source.path)
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
    done = _done_already(job, source, len(data), sha256, known, named)
    if done is not None:
        return done
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


def _done_already(
    job: Job, source: Source, size: int, sha256: str, known: dict[str, Any] | None, named: bool
) -> Outcome | None:
    """Return the outcome of an input of which an earlier run left all that this one would make."""
    if not known or job.output is None or known.get("sha256") != sha256 or known.get("options") != job.digest:
        return None
    if known.get("status") == "skipped" and not named:
        return Outcome(corpus.printable(source.name), size, "skipped", record=known)
    if known.get("status") == "written" and _stands(known, os.path.join(job.output, corpus.output_name(source.name))):
        return Outcome(corpus.printable(source.name), size, "unchanged", record=known)
    return None


def _stands(known: dict[str, Any], path: str) -> bool:
    """Tell whether the output that an earlier run made is there still, as it was."""
    try:
        return corpus.sha256(path) == known.get("output_sha256")
    except OSError:
        return False


@lru_cache
def _leads_out(folder: str, tree: str) -> bool:
    """Tell whether a folder of the output tree is a link to elsewhere, where a file could be overwritten."""
    return not corpus.is_inside(os.path.realpath(folder), os.path.realpath(tree))


def finish(job: Job, document: Document, data: bytes | None) -> Outcome:
    """Make of the document what the job wants; `data` are the bytes that it was read from.

    What is to be written to the output tree is in `made` of the outcome.
    """
    if "tokens" in job.wants:
        return _cut(job, document, data)
    document, out, made, audit = _put_down(job, document)
    size = len(data) if data is not None else len(out)
    changed = out != (data if data is not None else document.decoded.encode())
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
        made = out
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


def _put_down(job: Job, document: Document, part: int = 0) -> tuple[Document, bytes, bytes, bytes]:
    """Return the document, with its words if need be, its bytes, what standard output gets, and the audit's lines."""
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
    audit = jsonl.audit_lines(document, part) if "audit" in job.wants else b""
    return document, out, made, audit


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


# ---- large files -----------------------------------------------------------------------------------------------------


class _Plan(NamedTuple):
    """How a large file is worked on; `stamp` is that of the file when its checksum was taken."""

    source: Source
    size: int
    sha256: str
    stamp: tuple[int, int]
    parts: tuple[Part, ...]


def _guarded_plan(job: Job, source: Source, known: dict[str, Any] | None, named: bool) -> "_Plan | Outcome":
    plans: list[_Plan] = []

    def attempt() -> Outcome:
        made = _plan(job, source, known, named)
        if isinstance(made, Outcome):
            return made
        plans.append(made)
        return Outcome(corpus.printable(source.name), made.size, "part")

    outcome = _guarded(job, source.name, attempt)
    return plans[0] if plans else outcome


def _plan(job: Job, source: Source, known: dict[str, Any] | None, named: bool) -> "_Plan | Outcome":
    """Return how to work on a large file; its outcome if nothing is to be done.

    What holds for the whole file is decided here, by a sample of it: whether it is text, and the encoding that its
    parts are probably in. It is evidence for each part and not an order: what was joined from several files is in
    several encodings. Everything else is decided for each part.
    """
    try:
        stamp = corpus.stamp(source.path)
        sha256 = corpus.sha256(source.path)
        head = corpus.read(source, 0, SAMPLE_BYTES)
        done = _done_already(job, source, stamp[0], sha256, known, named)
        if done is not None:
            return done
        if pipeline.is_binary(head):
            if not named:
                record = _record(job, source.name, stamp[0], sha256, "skipped")
                return Outcome(corpus.printable(source.name), stamp[0], "skipped", record=record)
            failure = pipeline.read(head, source.name, job.options)
            reason = failure.reason if isinstance(failure, Failure) else "byte 0: this is binary data, not text"
            return _failed(job, source.name, stamp[0], sha256, "decode", reason)
        encoding = pipeline.encoding_of(head, job.options)
        if not encoding.startswith(("utf-16", "utf-32")):
            sample = corpus.sample(source, SAMPLE_PIECES, SAMPLE_BYTES)
            encoding = pipeline.encoding_of(sample, job.options)
        is_cut = job.command == "segment" or "tokens" in job.wants
        part_bytes = min(SEGMENTED_PART_BYTES, PART_BYTES) if is_cut else PART_BYTES
        ends = [*corpus.cuts(source, part_bytes, encoding), stamp[0]]
    except OSError as problem:
        return _failed(job, source.name, 0, "", "read", corpus.os_reason(problem))
    starts = [0, *ends]
    parts = tuple(
        Part(job, source, number, len(ends), starts[number - 1], end, encoding) for number, end in enumerate(ends, 1)
    )
    return _Plan(source, stamp[0], sha256, stamp, parts)


def _of_part(part: Part) -> Outcome:
    """Return the outcome of a part of a large file, with its bytes in `made` if they are to be written."""
    name = part.source.name
    outcome = _guarded(part.job, name, lambda: _attempt_part(part))
    return outcome if outcome.failure is None else _part_failed(part, outcome.failure.stage, outcome.failure.reason)


def _attempt_part(part: Part) -> Outcome:
    job, name = part.job, part.source.name
    try:
        data = corpus.read(part.source, part.start, part.end)
    except OSError as problem:
        return _part_failed(part, "read", corpus.os_reason(problem))
    document = _document_of(part, data, job.command)
    if isinstance(document, Failure):
        return _part_failed(part, document.stage, document.reason)
    document, out, made, audit = _put_down(job, document, part.number)
    if _goes_on(part, document):
        glue = b" " if job.command == "segment" and not document.text[-1:].isspace() else b""
        out = (out.removesuffix(b"\n") if document.text.endswith("\n") else out) + glue
        made = out if "text" in job.wants else made
    return Outcome(
        corpus.printable(name),
        len(data),
        "part",
        changed=out != data,
        record=_measured_part(document, data),
        made=out if job.output is not None else made,
        audit=audit,
        part=part.number,
    )


def _count_in_parts(
    job: Job,
    source: Source,
    known: dict[str, Any] | None,
    named: bool,
    indexed: Mapping[str, str],
    vocabulary: Vocabulary,
) -> Outcome:
    """Return the outcome of a large file for the corpus database: its parts are cut into words one after the other."""
    plan = _plan(job, source, None, named)
    if isinstance(plan, Outcome):
        return plan
    name = corpus.printable(source.name)
    fingerprint = _fingerprint(job, plan.sha256, known)
    if indexed.get(name) == fingerprint:
        return Outcome(name, plan.size, "unchanged", fingerprint=fingerprint)
    # Of the finished output of an earlier run, what was found then is what there is to tell.
    is_done = known is not None and known.get("output_sha256") == plan.sha256
    tokens: list[Tokens] = []
    records: list[dict[str, Any]] = []
    head = tail = ""
    size = 0  # in characters
    for part in plan.parts:
        try:
            data = corpus.read(source, part.start, part.end)
        except OSError as problem:
            return _failed(job, source.name, plan.size, plan.sha256, "read", corpus.os_reason(problem))
        document = _document_of(part, data, "decode" if is_done else job.command)
        if isinstance(document, Failure):
            failed = _part_failed(part, document.stage, document.reason)
            assert failed.failure is not None
            return _failed(job, source.name, plan.size, plan.sha256, failed.failure.stage, failed.failure.reason)
        records.append(_measured_part(document, data))
        if _goes_on(part, document):
            document = replace(document, text=document.text.removesuffix("\n"))
        if not job.segmented:
            document = pipeline.segmented(document, job.words.settings, tags=job.words.pos)
        words: Sequence[str] = words_of_segmented(document.text) if job.segmented else document.words or ()
        tokens.append(vocabulary.tokens(words, document.tags))
        text = "".join(words) if job.segmented else document.text
        head, tail, size = head or text, text, size + len(text)
    if corpus.stamp(source.path) != plan.stamp:
        return _failed(job, source.name, plan.size, plan.sha256, "read", _CHANGED)
    record = _put_together(records) if known is None or not is_done else known
    masthead = _masthead(job, head if len(records) == 1 else head + tail, source.name)
    gap = size - len(head) - len(tail)
    return Outcome(
        name,
        plan.size,
        "made",
        warnings=tuple(record["warnings"]),
        counted=Record(
            name=name,
            words=joined(tokens),
            encoding=record["encoding"],
            script=record["script"],
            sha256=record.get("sha256", plan.sha256),
            findings=_by_rule(record),
            changed=record["changed"],
            masthead={
                field: read._replace(start=read.start + gap, end=read.end + gap) if read.start >= len(head) else read
                for field, read in masthead.items()
            },
            fingerprint=fingerprint,
        ),
        fingerprint=fingerprint,
    )


def _document_of(part: Part, data: bytes, command: str) -> Document | Failure:
    """Return what a command makes of a part of a large file, as if it were a document."""
    options = part.job.options
    # What is UTF-8 tells so itself.
    if options.encoding is None and options.encoding_hint is None and part.encoding not in ("", "utf-8"):
        options = replace(options, encoding_hint=part.encoding)
    if 1 < part.number < part.of:
        options = replace(options, skip=options.skip | {_AT_EDGES})
    return pipeline.process(data, part.source.name, command, options)


def _goes_on(part: Part, document: Document) -> bool:
    """Tell whether the last line of a part goes on in the next: it is longer than a part."""
    line_ends = ("\n", "\r", "\x0b", "\x0c", "\x85", "\u2028", "\u2029")
    return part.number < part.of and not document.decoded.endswith(line_ends)


def _measured_part(document: Document, data: bytes) -> dict[str, Any]:
    return {**_measured(document), "ascii": data.isascii(), "characters": len(document.decoded)}


def _part_failed(part: Part, stage: str, reason: str) -> Outcome:
    where = f"in part {part.number:,} of {part.of:,}, from byte {part.start:,} on: "
    outcome = _failed(part.job, part.source.name, part.end - part.start, "", stage, where + reason)
    return replace(outcome, record=None, part=part.number)


def _joined(job: Job, plans: dict[str, _Plan], results: Iterable[list[Outcome]]) -> Iterator[list[Outcome]]:
    """Yield the outcomes with those of large files after those of their parts, which are put together."""
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

    def __init__(self, job: Job, plan: _Plan) -> None:
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
        assert self._job.output is not None
        name = self._plan.source.name
        path = os.path.join(self._job.output, corpus.output_name(name))
        try:
            if self._draft is None:
                if _leads_out(os.path.dirname(path), self._job.output):
                    reason = "the output folder is a link to a folder elsewhere; remove the link"
                    self._failure = Failure(name, "write", reason)
                    return
                self._draft = corpus.Draft(path)
            self._draft.file.write(part.made)
        except OSError as problem:
            self._failure = Failure(name, "write", corpus.os_reason(problem))

    def _end(self) -> Outcome:
        job, plan = self._job, self._plan
        if self._failure is None:
            try:
                if corpus.stamp(plan.source.path) != plan.stamp:
                    self._failure = Failure(plan.source.name, "read", _CHANGED)
                elif self._draft is not None:
                    self._draft.publish()
            except OSError as problem:
                self._failure = Failure(plan.source.name, "write", corpus.os_reason(problem))
        if self._failure is not None:
            self.drop()
            failed = _failed(job, plan.source.name, plan.size, plan.sha256, self._failure.stage, self._failure.reason)
            return replace(failed, size=0)  # the parts have told of the bytes
        measured = _put_together(self._records)
        record = _record(job, plan.source.name, plan.size, plan.sha256, "written") | {
            "output": corpus.printable(corpus.output_name(plan.source.name)),
            "output_sha256": self._sha256.hexdigest(),
        }
        end = {key: record.pop(key) for key in ("status", "versions", "options")}
        record |= measured | {"parts": len(plan.parts)} | end
        return Outcome(
            corpus.printable(plan.source.name),
            0,
            "made" if job.output is None else "written",
            changed=self._changed,
            record=record if job.output is not None or "record" in job.wants else None,
            warnings=tuple(measured["warnings"]),
        )

    def drop(self) -> None:
        """Leave nothing of a file that is not finished."""
        if self._draft is not None:
            self._draft.drop()


def _put_together(records: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return what is known of a document from what is known of its parts."""
    # ASCII is read as UTF-8, and is GBK as well.
    told = [record for record in records if not record["ascii"]] or list(records[:1])
    encodings = dict.fromkeys(name for record in told for name in record["encoding"].split("+"))
    least = min(told, key=lambda record: float(record["confidence"]))
    scripts = {record["script"] for record in records} - {"none"}
    findings: dict[str, Counter[str]] = {}
    for record in records:
        for certainty, rules in record["findings"].items():
            findings.setdefault(certainty, Counter()).update(rules)
    characters = sum(record["characters"] for record in records)
    changed = sum(record["changed"] * record["characters"] for record in records)
    lost = sum(record["lost"] for record in records)
    garbled = [number for number, record in enumerate(records, 1) if record["garbled"]]
    measured = {
        "encoding": "+".join(encodings),
        "confidence": least["confidence"],
        "runner_up": least["runner_up"],
        "script": scripts.pop() if len(scripts) == 1 else "mixed" if scripts else "none",
        "findings": {certainty: dict(sorted(rules.items())) for certainty, rules in sorted(findings.items())},
        "changed": float(f"{changed / characters if characters else 0:.6g}"),
        "lost": lost,
    }
    parts = f"part{'s' * (len(garbled) > 1)} {', '.join(map(str, garbled))} " if garbled else ""
    return measured | {"warnings": list(_warnings(measured, f"{parts}reads like" if garbled else ""))}


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
    measured = _measured(document)
    del measured["garbled"]
    return measured | {"warnings": list(warnings(document))}


def _measured(document: Document) -> dict[str, Any]:
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
        "garbled": pipeline.is_garbled(document.text),
    }


def warnings(document: Document) -> tuple[str, ...]:
    """Return what a person should know of a document before relying on it."""
    measured = {
        "lost": document.text.count(LOST),
        "confidence": document.confidence,
        "encoding": document.encoding,
        "runner_up": document.runner_up,
    }
    return tuple(_warnings(measured, "reads like" if pipeline.is_garbled(document.text) else ""))


def _warnings(measured: Mapping[str, Any], garbled: str) -> Iterator[str]:
    """Yield the warnings about what was measured; `garbled` begins that about mojibake, if there is any."""
    lost = measured["lost"]
    if lost:
        yield f"{lost} lost place{'s' * (lost != 1)} left (U+FFFD)"
    if garbled:
        yield f"{garbled} mojibake that no rule could undo; it was not tidied"
    if measured["confidence"] < SURE:
        other = f", or {measured['runner_up']}" if measured["runner_up"] not in ("", measured["encoding"]) else ""
        yield f"encoding uncertain: {measured['encoding']}{other}"


def counts(document: Document) -> dict[str, dict[str, int]]:
    """Return how many findings there are, by certainty and rule, both in sorted order."""
    counted: dict[str, Counter[str]] = {}
    for finding in document.findings():
        counted.setdefault(finding.certainty, Counter())[finding.rule] += 1
    return {certainty: dict(sorted(rules.items())) for certainty, rules in sorted(counted.items())}
