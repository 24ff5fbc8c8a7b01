"""Running a command over many documents: batches of sources go out, outcomes come back in the order of the input."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from typing import Any, TypeAlias

from cnpolicy import corpus, entries, executors, parts, records
from cnpolicy.document import Failure, Source
from cnpolicy.index import Vocabulary, shards
from cnpolicy.jobs import Input, Job, Outcome, Want, Words
from cnpolicy.outcomes import attempt, failed, guarded, take
from cnpolicy.parts import Part, Plan
from cnpolicy.records import warnings

__all__ = ["LARGE_BYTES", "Job", "Outcome", "Want", "Words", "not_found", "run", "take", "warnings"]

# Documents go out in batches, so that the cost of a task (about 0.3 ms) is spread, and small enough that the last
# batches end together. Measured on 20,000 files of 10 kB with two processes: 100 kB to 2 MB made no difference.
BATCH_BYTES = 1_000_000
BATCH_DOCUMENTS = 200
# A larger file is worked on in parts of about half that, unless what is wanted cannot be put together from parts.
LARGE_BYTES = 16_000_000
_WHOLE_ONLY: frozenset[Want] = frozenset({"document", "tokens", "edges", "words"})
# Files that are written at a time by a process: a disk takes several as fast as one.
_WRITERS = 4
# Starting a process takes about 0.5 s, in which one process cleans this much.
WORTH_A_PROCESS = 2_000_000

Task: TypeAlias = "Batch | Part | Told"


@dataclass(frozen=True, slots=True)
class Batch:
    """Inputs to be worked on together."""

    job: Job
    inputs: tuple[Input, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """What there is to say of an input without any work."""

    outcome: Outcome


def run(
    job: Job,
    sources: Sequence[Source],
    *,
    jobs: int,
    named: set[str],
    known: Mapping[str, dict[str, Any]] | None = None,
    indexed: Mapping[str, str] | None = None,
) -> Iterator[list[Outcome]]:
    """Yield the outcomes of the sources, in their order, a batch at a time.

    `jobs` is the number of processes. `named` are the names of the sources that the user named one by one; `known` has
    the records of an earlier run, `indexed` the fingerprints in the corpus database, by printable names.
    """
    sizes = [corpus.size(source) for source in sources]
    if sum(sizes) < WORTH_A_PROCESS:
        jobs = 1
    known, indexed = known or {}, indexed or {}

    def inputs() -> Iterator[Input]:
        for source, size in zip(sources, sizes, strict=True):
            name = corpus.printable(source.name)
            yield Input(source, size, known.get(name), source.name in named, indexed.get(name))

    plans: dict[str, Plan] = {}
    results = executors.in_order(jobs, work, _tasks(job, inputs(), plans), _lost, job.cluster)
    yield from parts.joined(job, plans, results)


def not_found(job: Job, failure: Failure) -> dict[str, Any]:
    """Return the manifest's line for a path that is missing or cannot be searched."""
    return records.failed(job, failure)


def _tasks(job: Job, inputs: Iterable[Input], plans: dict[str, Plan]) -> Iterator[Task]:
    """Yield batches of documents, and the parts of large ones, whose plans are added to `plans` by their names."""
    in_parts = not job.wants & _WHOLE_ONLY
    for is_large, group in groupby(inputs, key=lambda given: in_parts and given.size > LARGE_BYTES):
        if not is_large:
            yield from _batches(job, group)
            continue
        for given in group:
            plan = guarded(job, given.source.name, partial(parts.plan, job, given))
            if isinstance(plan, Outcome):
                yield Told(plan)
                continue
            plans[corpus.printable(given.source.name)] = plan
            yield from plan.parts


def _batches(job: Job, inputs: Iterable[Input]) -> Iterator[Batch]:
    waiting: list[Input] = []
    total = 0
    for given in inputs:
        if waiting and (total + given.size > BATCH_BYTES or len(waiting) == BATCH_DOCUMENTS):
            yield Batch(job, tuple(waiting))
            waiting, total = [], 0
        waiting.append(given)
        total += given.size
    if waiting:
        yield Batch(job, tuple(waiting))


def _lost(task: Task) -> list[Outcome]:
    """Return the outcomes of a task that killed its process: only the document that does so alone is lost."""
    reason = "the process that worked on this file died, perhaps for lack of memory; leave it out, or split it"
    if isinstance(task, Told):
        return [task.outcome]
    if isinstance(task, Part):
        return [parts.failed_in(task, Failure(task.source.name, "run", reason))]
    if len(task.inputs) == 1:
        return [failed(task.job, Failure(task.inputs[0].source.name, "run", reason))]
    return [
        outcome for given in task.inputs for outcome in executors.alone(work, replace(task, inputs=(given,)), _lost)
    ]


def work(task: Task) -> list[Outcome]:
    """Return the outcome of every source of the task; what is to be written is on the disk then.

    Only of the parts of a large file the text comes back: the caller puts them together.
    """
    if isinstance(task, Told):
        return [task.outcome]
    if isinstance(task, Part):
        return [parts.attempt(task)]
    if "tokens" in task.job.wants:
        return _done_before(task) or _into_shard(task.job, _outcomes(task))
    return _outcomes(task)


def _outcomes(batch: Batch) -> list[Outcome]:
    job = batch.job
    # Words become numbers while they are in the processor's cache, document by document.
    vocabulary = entries.vocabulary_of(job)
    made = (_outcome(job, given, vocabulary) for given in batch.inputs)
    if job.output is None:
        return list(made)
    # A file is written only when it is on the disk: that is waited for while the next documents are worked on.
    with ThreadPoolExecutor(_WRITERS) as writers:
        names = (given.source.name for given in batch.inputs)
        waiting = [
            (name, writers.submit(_write, job, name, outcome)) for name, outcome in zip(names, made, strict=True)
        ]
        return [guarded(job, name, future.result) for name, future in waiting]


def _outcome(job: Job, given: Input, vocabulary: Vocabulary) -> Outcome:
    name = given.source.name
    if "tokens" in job.wants and given.size > LARGE_BYTES:
        return guarded(job, name, lambda: parts.count(job, given, vocabulary))
    return guarded(job, name, lambda: entries.counted(job, attempt(job, given), vocabulary))


def _write(job: Job, name: str, outcome: Outcome) -> Outcome:
    """Write the result of an outcome to the output tree, and return what has become of it."""
    if outcome.status != "written":
        return outcome
    assert outcome.record is not None
    try:
        corpus.write(job.output_path(name), outcome.made)
    except OSError as problem:
        failure = Failure(name, "write", corpus.os_reason(problem))
        return failed(job, failure, outcome.size, outcome.record["sha256"])
    return replace(outcome, made=b"")


# ---- shards of the corpus database -----------------------------------------------------------------------------------


def _into_shard(job: Job, outcomes: list[Outcome]) -> list[Outcome]:
    """Return the outcomes of a batch with what the corpus database shall keep in a shard, if the job has some."""
    kept = [outcome.counted for outcome in outcomes if outcome.counted is not None]
    if job.shards is None or not kept:
        return outcomes
    path = shards.path_of(job.shards, [outcome.name for outcome in outcomes])
    inputs = [
        shards.Kept(one.name, one.fingerprint, {"size": one.size, "status": one.status, "warnings": one.warnings})
        for one in outcomes
    ]
    try:
        shards.write(path, inputs, kept)
    except OSError as problem:
        reason = f"{corpus.printable(path)}: {corpus.os_reason(problem)}"
        return [
            outcome if outcome.counted is None else failed(job, Failure(outcome.name, "write", reason), outcome.size)
            for outcome in outcomes
        ]
    return [replace(outcome, counted=None, shard=path) if outcome.counted else outcome for outcome in outcomes]


def _done_before(batch: Batch) -> list[Outcome] | None:
    """Return the outcomes of a batch that an interrupted run has left in a shard; None if not all of it is there."""
    if batch.job.shards is None:
        return None
    names = [corpus.printable(given.source.name) for given in batch.inputs]
    path = shards.path_of(batch.job.shards, names)
    inputs = shards.inputs(path)
    if inputs is None or [one.name for one in inputs] != names:
        return None
    for given, kept in zip(batch.inputs, inputs, strict=True):
        try:
            sha256 = corpus.sha256(given.source.path)
        except OSError:
            return None
        if kept.fingerprint != entries.fingerprint(batch.job, sha256, given.known):
            return None
        # What is in the database meanwhile must not come into it twice.
        if (kept.fingerprint == given.indexed) != (kept.note["status"] == "unchanged"):
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
