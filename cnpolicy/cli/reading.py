"""From paths and options to documents: what a command is to read, and what becomes of each."""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from cnpolicy.cli.options import build, segmentation

if TYPE_CHECKING:
    from cnpolicy.corpus import Found
    from cnpolicy.document import Document, Failure, Source
    from cnpolicy.report import Report
    from cnpolicy.rules import Options
    from cnpolicy.runs import Job, Outcome, Want


def find_input(paths: Sequence[str], given: dict[str, Any]) -> "Found | None":
    """Return the documents under the paths; None if it is standard input that shall be read."""
    from cnpolicy import corpus

    if not paths or list(paths) == ["-"]:
        idle = ["--glob"] * bool(given.get("globs")) + ["-j"] * bool(given.get("jobs"))
        idle += ["--encoding"] * bool(given.get("jsonl") and given.get("encoding"))
        idle += ["--encoding-hint"] * bool(given.get("jsonl") and given.get("encoding_hint"))
        if idle:
            raise click.UsageError(f"{idle[0]} has nothing to do: the input is standard input")
        return None
    if "-" in paths:
        raise click.UsageError("- (standard input) goes alone, without other paths")
    if "" in paths:
        raise click.UsageError("one of the paths is empty")
    found = corpus.find(paths, given["globs"])
    clashes = corpus.collisions(found.sources, lambda source: source.name)
    refuse_clashes(clashes, "the same name, so that they could not be told apart")
    return found


def shared_out(found: "Found | None", given: dict[str, Any]) -> "Found | None":
    """Return what was found, or the part of it that this call shall do."""
    if found is None or given["shard"] is None:
        return found
    return replace(found, sources=given["shard"].take(found.sources))


def for_cluster(job: "Job", found: "Found | None", given: dict[str, Any]) -> "tuple[Job, Found | None]":
    """Return the job and its input as other machines can do it: with absolute paths, and what they must agree about."""
    from cnpolicy import executors, manifest
    from cnpolicy.document import Source

    cluster = executors.Cluster(given["cluster"], manifest.environment, manifest.environment())
    if found is not None:
        sources = [Source(source.name, os.path.abspath(source.path)) for source in found.sources]
        found = replace(found, sources=sources)
    return replace(job, cluster=cluster), found


def refuse_clashes(clashes: "Sequence[tuple[Source, Source]]", what: str) -> None:
    """Refuse documents that would be called the same; `what` says in which respect."""
    from cnpolicy import corpus

    if clashes:
        names = " and ".join(corpus.printable(source.path) for source in clashes[0])
        more = f" ({len(clashes) - 1:,} more such pairs)" if len(clashes) > 1 else ""
        raise click.UsageError(f"{names} would have {what}{more}; rename one, or give them in calls of their own")


def outcomes_of(
    job: "Job",
    found: "Found | None",
    report: "Report",
    given: dict[str, Any],
    known: dict[str, dict[str, Any]] | None = None,
    indexed: Mapping[str, str] | None = None,
) -> "Iterator[list[Outcome]]":
    """Run the job over what was found, or standard input; report every outcome and yield them a batch at a time."""
    from cnpolicy import corpus, executors, runs

    if found is None:
        for document, data in stdin_documents(job.options, jsonl=bool(given.get("jsonl"))):
            outcome = runs.take(job, document, data)
            report.outcome(outcome)
            yield [outcome]
        return
    for failure in found.failures:
        report.failure(failure)
    report.skipped = found.skipped
    if not found.sources and not found.failures:
        report.tell("warning: no text was found; of a folder *.txt and *.text are read, and what --glob names")
    jobs = given.get("jobs") or executors.cores()
    with report.progress(len(found.sources), sum(map(corpus.size, found.sources))):
        for outcomes in runs.run(job, found.sources, jobs=jobs, named=found.named, known=known, indexed=indexed):
            for outcome in outcomes:
                report.outcome(outcome)
            yield outcomes


def stdin_documents(options: "Options", *, jsonl: bool) -> "Iterator[tuple[Document | Failure, bytes | None]]":
    """Yield what comes in on standard input: one document of bytes, or documents as JSON Lines."""
    from cnpolicy import pipeline
    from cnpolicy.jsonl import read_documents

    if sys.stdin.isatty():
        click.echo("cnpolicy: reading from the terminal; end with Ctrl-D", err=True)
    if jsonl:
        yield from ((document, None) for document in read_documents(sys.stdin.buffer))
    else:
        data = sys.stdin.buffer.read()
        yield pipeline.read(data, "-", options), data


def counting_job(given: dict[str, Any], wants: "set[Want]") -> "Job":
    """Return the job that reads documents to count them: cleaned, unless they are to be taken as they are."""
    from cnpolicy.runs import Job, Words

    as_is = given.get("as_is") or given.get("segmented") or given.get("jsonl")
    command = "decode" if as_is else "clean"
    options = build(command, encoding=given["encoding"], encoding_hint=given["encoding_hint"])
    words = Words(segmentation(given), pos=bool(given.get("pos")))
    return Job(command, options, frozenset(wants), words=words, segmented=bool(given.get("segmented")))


def counted_outcomes(
    job: "Job",
    found: "Found | None",
    paths: Sequence[str],
    report: "Report",
    given: dict[str, Any],
    indexed: Mapping[str, str] | None = None,
) -> "Iterator[Outcome]":
    """Yield the outcomes of a counting job; what is clean already is not cleaned again."""
    known = finished(found, paths, report) if found is not None and job.command == "clean" else {}
    for outcomes in outcomes_of(job, found, report, given, known, indexed):
        yield from outcomes


def documents_of(
    found: "Found | None", paths: Sequence[str], report: "Report", given: dict[str, Any]
) -> "Iterator[Document]":
    """Yield the documents to count."""
    for outcome in counted_outcomes(counting_job(given, {"document"}), found, paths, report, given):
        if outcome.document is not None:
            yield outcome.document


def finished(found: "Found", paths: Sequence[str], report: "Report") -> dict[str, dict[str, Any]]:
    """Return the manifest's lines of documents that are results of `clean`, by their names.

    Other text files in such a tree, which earlier runs left there, are taken out of what was found.
    """
    from cnpolicy import corpus, manifest

    known: dict[str, dict[str, Any]] = {}
    for path in paths:
        tree = manifest.tree_of(path, "clean")
        if tree is None:
            continue
        if manifest.is_unfinished(tree):
            report.tell(
                f"warning: the run that writes {corpus.printable(path)} has not finished; "
                "run it again first, or only what it has done is counted"
            )
        made = manifest.load(tree)
        for source in found.sources:
            real = os.path.realpath(source.path)
            output = corpus.printable(os.path.relpath(real, tree))
            if corpus.is_inside(real, tree) and output in made:
                known[corpus.printable(source.name)] = made[output]
        if made:
            strangers = {
                source
                for source in found.sources
                if source.name not in found.named
                and corpus.is_inside(os.path.realpath(source.path), tree)
                and corpus.printable(source.name) not in known
            }
            if strangers:
                found.sources = [source for source in found.sources if source not in strangers]
                report.tell(
                    f"warning: {len(strangers):,} text files in {corpus.printable(path)} are no results of its run "
                    "and were passed over"
                )
    return known
