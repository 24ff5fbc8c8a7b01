"""The commands that turn documents into documents, and those that tell what is wrong with them."""

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import click

from cnpolicy.cli.options import (
    build,
    certainty_option,
    chrome_option,
    encoding_option,
    format_option,
    glob_option,
    jobs_option,
    only_option,
    output_options,
    paths_argument,
    quiet_option,
    restore_option,
    script_option,
    segmentation,
    skip_option,
    stage_options,
    word_options,
)
from cnpolicy.cli.reading import documents_of, find_input, for_cluster, outcomes_of, refuse_clashes, shared_out

if TYPE_CHECKING:
    from cnpolicy.corpus import Found
    from cnpolicy.report import Format, Report
    from cnpolicy.runs import Job, Outcome, Want
    from cnpolicy.segment import Settings


def _transform(command: str, paths: Sequence[str], **given: Any) -> int:
    """Run a cleaning stage, or segmentation, over the input and return the exit status."""
    from cnpolicy.report import Report
    from cnpolicy.runs import Job, Words

    report = Report(quiet=given["quiet"], check=given.get("check", False))
    output, jsonl = given["output"], given["jsonl"]
    reviewing = given.get("check") or given.get("diff")
    if output and (jsonl or reviewing):
        raise click.UsageError("-o writes a tree; it does not go with --jsonl, --check or --diff")
    if jsonl and reviewing:
        raise click.UsageError("--jsonl does not go with --check or --diff")
    if given["force"] and not output:
        raise click.UsageError("--force is about the directory of -o; there is none")
    wants: dict[Want, Any] = {
        "jsonl": jsonl,
        "diff": given.get("diff"),
        "text": not (output or jsonl or reviewing),
        "audit": given.get("audit"),
    }
    options = build(command, **given)
    job = Job(
        command, options, frozenset(want for want, asked in wants.items() if asked), words=given.get("words") or Words()
    )
    found = find_input(paths, given)
    if found is None:
        for option in ("shard", "cluster"):
            if given[option]:
                raise click.UsageError(f"--{option} has nothing to do: the input is standard input")
    if given["cluster"]:
        if given["jobs"]:
            raise click.UsageError("-j is for this machine, --cluster for others; give one of the two")
        job, found = for_cluster(job, found, given)
    if not output:
        _to_stdout(job, report, found, paths, given)
    elif found is None:
        raise click.UsageError("-o needs a PATH; what comes from standard input goes to standard output")
    else:
        _to_tree(job, report, found, paths, output, given)
    return report.exit_status


def _to_stdout(
    job: "Job", report: "Report", found: "Found | None", paths: Sequence[str], given: dict[str, Any]
) -> None:
    from cnpolicy import corpus, executors
    from cnpolicy.document import Failure
    from cnpolicy.report import put

    single = found is None or (len(paths) == 1 and not os.path.isdir(paths[0]))
    if "text" in job.wants and not single:
        inputs = " ".join(map(corpus.printable, paths))
        raise click.UsageError(
            "where should the results go? Add -o DIR for a tree of files, or --jsonl for standard output:\n"
            f"  cnpolicy {job.command} {inputs} -o DIR"
        )
    try:
        with _audit(given, paths) as keep:
            for outcomes in _outcomes(job, shared_out(found, given), report, given):
                for outcome in outcomes:
                    put(outcome.made)
                    keep(outcome.audit)
    except executors.Gone as problem:
        report.failure(Failure(given["cluster"], "cluster", str(problem)))
        return
    if found is not None and (report.check or not single):
        report.summary("read")


def _to_tree(
    job: "Job", report: "Report", found: "Found", paths: Sequence[str], output: str, given: dict[str, Any]
) -> None:
    from cnpolicy import corpus, executors, manifest, runs
    from cnpolicy.document import Failure

    if output.lower().endswith(corpus.TEXT) and not os.path.isdir(output):
        raise click.UsageError(f"-o takes a directory; for one file: cnpolicy {job.command} FILE > {output}")
    clashes = corpus.collisions(found.sources, lambda source: corpus.output_name(source.name))
    refuse_clashes(clashes, "the same output")
    asked = manifest.plain(job.options, job.words) if job.command == "segment" else manifest.plain(job.options)
    job = replace(
        job,
        output=os.path.abspath(output) if job.cluster else output,
        digest=manifest.digest(job.command, asked),
        versions=tuple(manifest.versions().items()),
    )
    if not found.sources and found.failures and not os.path.lexists(output):
        for failure in found.failures:  # nothing of this run would be in the directory: it is not made
            report.failure(failure)
        return
    shard, where = given["shard"], corpus.printable(output)
    part = f", part {shard}" if shard else ""
    try:
        with manifest.Ledger(
            output, job.command, paths, asked, globs=given["globs"], force=given["force"], shard=shard
        ) as ledger:
            failures = [runs.not_found(job, failure) for failure in found.failures]
            with _audit(given, paths, output) as keep:
                # Documents that are done already have no findings to tell of: an audit does them anew.
                known = {} if given.get("audit") else ledger.done
                for outcomes in _outcomes(job, shared_out(found, given), report, given, known):
                    ledger.note([outcome.record for outcome in outcomes if outcome.record])
                    for outcome in outcomes:
                        keep(outcome.audit)
            left = ledger.finish((corpus.printable(source.name) for source in found.sources), failures)
    except manifest.Refused as problem:
        raise click.UsageError(str(problem)) from None
    except executors.Gone as problem:
        report.failure(Failure(given["cluster"], "cluster", str(problem)))
        return
    except KeyboardInterrupt:
        report.error("interrupted; the same command goes on where it stopped")
        report.interrupted = True
        return
    except OSError as problem:
        place = problem.filename if isinstance(problem.filename, str) else output
        report.failure(Failure(place, "write", corpus.os_reason(problem)))
        return
    report.summary(f"to {where}{part}")
    if left.waiting:
        numbers = ", ".join(map(str, left.waiting[:8])) + (", …" if len(left.waiting) > 8 else "")
        report.tell(f"the manifest will be there when the other parts have finished: {numbers}")
    if left.missing:
        report.tell(
            f"warning: there is no manifest yet, for {left.missing:,} documents were in no part: the input or the "
            "options changed between the calls; run all parts again"
        )
    if left.strangers:
        names = ", ".join(left.strangers[:3]) + (", …" if len(left.strangers) > 3 else "")
        report.tell(
            f"warning: {len(left.strangers):,} text files in {where} are no results of this run, "
            f"but left by earlier ones, and were left there: {names}"
        )


def _outcomes(
    job: "Job",
    found: "Found | None",
    report: "Report",
    given: dict[str, Any],
    known: "Mapping[str, dict[str, Any]] | None" = None,
) -> "Iterator[list[Outcome]]":
    """Run the job like `outcomes_of`, and in bounded memory also when standard input is large."""
    from cnpolicy import corpus, executors, pipeline, runs
    from cnpolicy.document import Source

    if found is not None or given["jsonl"]:
        yield from outcomes_of(job, found, report, given, cast("dict[str, dict[str, Any]] | None", known))
        return
    if sys.stdin.isatty():
        click.echo("cnpolicy: reading from the terminal; end with Ctrl-D", err=True)
    data = sys.stdin.buffer.read(runs.LARGE_BYTES + 1)
    if len(data) <= runs.LARGE_BYTES:
        outcome = runs.take(job, pipeline.read(data, "-", job.options), data)
        report.outcome(outcome)
        yield [outcome]
        return
    with corpus.spooled(data, sys.stdin.buffer) as path:
        del data
        for outcomes in runs.run(job, [Source("-", path)], jobs=executors.cores(), named={"-"}):
            for outcome in outcomes:
                report.outcome(outcome)
            yield outcomes


@contextmanager
def _audit(given: dict[str, Any], paths: Sequence[str], output: str = "") -> Iterator[Callable[[bytes], object]]:
    """Give a function that keeps lines for the audit's file, if one was asked for."""
    path = given.get("audit")
    if path is None:
        yield len
        return
    from cnpolicy import corpus

    shown, folder = corpus.printable(path), os.path.dirname(path) or "."
    where = corpus.overlaps([one for one in paths if one != "-"], path)
    if where is not None:
        raise click.UsageError(f"the audit {shown} would lie in the input {corpus.printable(where)}; put it elsewhere")
    if os.path.isdir(path) or not os.path.isdir(folder):
        raise click.UsageError(f"the audit {shown} must be a file in a directory that is there")
    if (
        output
        and corpus.is_inside(os.path.realpath(folder), os.path.realpath(output))
        and (os.path.basename(path) != "audit.jsonl" or given.get("shard"))
    ):
        if given.get("shard"):
            raise click.UsageError("each part needs an audit of its own, outside of the output directory")
        raise click.UsageError(f"in the output directory the audit must be called audit.jsonl, not {shown}")
    if os.path.exists(path) and not os.path.isfile(path):
        with open(path, "wb") as pipe:  # a named pipe or a device: there is nothing to replace
            yield pipe.write
        return
    with corpus.whole(path) as file:
        yield file.write


@click.command()
@paths_argument
@stage_options
@chrome_option
@restore_option
@script_option
def clean(paths: tuple[str, ...], **given: Any) -> int:
    """Repair whole documents: decode, repair, tidy, convert.

    \b
    cnpolicy clean FILE > clean.txt           one file to standard output
    cnpolicy clean speeches/ -o cleaned       a folder, as the same tree
    cnpolicy clean speeches/ --check          would anything change?
    cnpolicy clean FILE --diff                what would change, line by line
    cnpolicy clean speeches/ -o cleaned --audit findings.jsonl --certainty certain
    """
    return _transform("clean", paths, **given)


@click.command()
@paths_argument
@stage_options
def decode(paths: tuple[str, ...], **given: Any) -> int:
    """Only turn the bytes into UTF-8, whatever encodings they are in.

    \b
    cnpolicy decode FILE                      read by its bytes
    cnpolicy decode FILE --encoding big5      read as told
    cnpolicy decode speeches/ --jsonl         with encoding, confidence and spans
    """
    return _transform("decode", paths, **given)


@click.command()
@paths_argument
@stage_options
@restore_option
def repair(paths: tuple[str, ...], **given: Any) -> int:
    """Only undo mojibake: text that was read in a wrong encoding.

    \b
    cnpolicy repair FILE
    cnpolicy repair speeches/ -o repaired --skip html-entity
    """
    return _transform("repair", paths, **given)


@click.command()
@paths_argument
@stage_options
@chrome_option
def tidy(paths: tuple[str, ...], **given: Any) -> int:
    """Only mend the damage of documents: line ends, widths, punctuation, invisible characters.

    \b
    cnpolicy tidy FILE
    cnpolicy tidy speeches/ -o tidied --only fullwidth-alphanumeric
    """
    return _transform("tidy", paths, **given)


@click.command()
@paths_argument
@stage_options
@script_option
def convert(paths: tuple[str, ...], **given: Any) -> int:
    """Only convert between Simplified and Traditional Chinese.

    \b
    cnpolicy convert FILE                         undo machine-made Traditional
    cnpolicy convert FILE --script simplified     convert everything
    """
    return _transform("convert", paths, **given)


@click.command()
@paths_argument
@output_options
@word_options
@click.option("--pos", is_flag=True, help="word/tag, in the part-of-speech tags that jieba uses.")
@click.option("--learn", is_flag=True, help="First look for words that the dictionary lacks, as `terms` does.")
@click.option("--search", is_flag=True, help="As for a search engine: before a long word the shorter ones in it.")
@encoding_option
def segment(paths: tuple[str, ...], pos: bool, search: bool, learn: bool, **given: Any) -> int:
    """Separate the words by spaces, with jieba's dictionary; the lines stay.

    Numbers with their units, dates, document numbers, addresses, Latin names and formulations with numerals (提法)
    are one word each.

    \b
    cnpolicy clean FILE | cnpolicy segment
    cnpolicy segment FILE --pos --userdict terms.txt
    cnpolicy segment cleaned/ -o words
    cnpolicy clean speeches/ --jsonl | cnpolicy segment --jsonl > words.jsonl
    """
    from cnpolicy.runs import Words

    if search and given["jsonl"]:
        raise click.UsageError("--search gives words that overlap; it does not go with --jsonl")
    settings = segmentation(given)
    if learn:
        settings = _learnt(settings, paths, given)
    return _transform("segment", paths, words=Words(settings, pos, search), **given)


def _learnt(settings: "Settings", paths: Sequence[str], given: dict[str, Any]) -> "Settings":
    """Return the settings with the words of the input that the dictionary lacks."""
    from cnpolicy.report import Report
    from cnpolicy.segment import UserWord
    from cnpolicy.segment.discovery import discover_with

    found = find_input(paths, given)
    if found is None:
        raise click.UsageError("--learn reads the input twice; it needs a PATH")
    reading = given | {"as_is": True, "jsonl": False}
    # Whatever is wrong with the input, the run that follows will say.
    documents = documents_of(found, paths, Report(quiet=True), reading)
    learnt = discover_with(settings, (document.text for document in documents))
    words = f"{len(learnt):,} word{'s' * (len(learnt) != 1)} that the dictionary lacks"
    if learnt:
        shown = ", ".join(f"{term.word} {term.frequency:,}" for term in learnt[:5])
        words += f" ({shown}{', …' * (len(learnt) > 5)}); to keep them: cnpolicy terms --to userdict"
    Report(quiet=given["quiet"]).tell(f"learnt {words}")
    return replace(settings, user_words=(*settings.user_words, *(UserWord(term.word) for term in learnt)))


@click.command()
@paths_argument
@glob_option
@only_option
@skip_option
@certainty_option
@encoding_option
@chrome_option
@restore_option
@script_option
@jobs_option
@format_option
@quiet_option
def inspect(paths: tuple[str, ...], form: "Format | None", **given: Any) -> int:
    """Tell what is wrong with the files: encoding and damage by rule. Nothing is changed.

    \b
    cnpolicy inspect speeches/
    cnpolicy inspect speeches/ --format csv > damage.csv
    """
    from cnpolicy.report import Report, default_format, inspection, show
    from cnpolicy.runs import Job

    report = Report(quiet=given["quiet"])
    job = Job("clean", build("clean", **given), frozenset({"record"}))
    found = find_input(paths, given)
    rows = [
        (outcome.name, outcome.record)
        for outcomes in outcomes_of(job, found, report, given)
        for outcome in outcomes
        if outcome.status == "made" and outcome.record is not None
    ]
    if rows or not report.counts["failed"]:
        table, narrow = inspection(rows)
        show([table], form or default_format(), [narrow])
    if found is not None and (len(paths) > 1 or os.path.isdir(paths[0])):
        report.summary("inspected")
    return report.exit_status


@click.command()
@paths_argument
@click.option("-o", "--output", type=click.Path(), metavar="FILE", help="Write the list to FILE, which must be new.")
@click.option("--force", is_flag=True, help="Write over FILE, and over what was edited in it.")
@click.option(
    "--min-documents",
    type=click.IntRange(min=2),
    default=3,
    show_default=True,
    metavar="N",
    help="List lines of at least so many documents of a folder.",
)
@click.option(
    "--min-share",
    type=click.FloatRange(0, 1),
    default=0.02,
    show_default=True,
    metavar="S",
    help="And of at least this share of them.",
)
@glob_option
@encoding_option
@jobs_option
@quiet_option
def chrome(paths: tuple[str, ...], output: str | None, min_documents: int, min_share: float, **given: Any) -> int:
    """Find the lines that a site put around its documents, for a person to edit and `clean --chrome` to remove.

    Listed are the first and last lines that recur across the documents of a folder, their numbers written as *. Those
    that look like the documents' own (dates, salutations, issuers) are commented out.

    \b
    cnpolicy chrome speeches/ -o chrome.txt
    cnpolicy clean speeches/ -o cleaned --chrome chrome.txt
    """
    from cnpolicy import corpus, pipeline
    from cnpolicy.chrome import find_recurring, write_list
    from cnpolicy.document import Failure
    from cnpolicy.report import Report, put
    from cnpolicy.runs import Job

    if not paths or "-" in paths:
        raise click.UsageError("chrome compares the documents of a folder; it needs a PATH")
    where = corpus.overlaps(paths, output) if output else None
    if output and where is not None:
        raise click.UsageError(
            f"the list {corpus.printable(output)} would lie in the input {corpus.printable(where)}; put it elsewhere"
        )
    if output and os.path.lexists(output) and not given["force"]:
        raise click.UsageError(
            f"{corpus.printable(output)} is there already, perhaps edited; choose another name, or add --force"
        )
    report = Report(quiet=given["quiet"])
    # The lines as web-chrome will see them: decoded, repaired, without markup.
    options = build("clean", only=pipeline.before("web-chrome"), **given)
    found = find_input(paths, given)
    kept = [
        (outcome.name, outcome.edges)
        for outcomes in outcomes_of(Job("clean", options, frozenset({"edges"})), found, report, given)
        for outcome in outcomes
        if outcome.edges is not None
    ]
    recurring = find_recurring(kept, min_documents, min_share)
    lines = "".join(write_list(recurring)).encode()
    if output is None:
        put(lines)
    else:
        try:
            corpus.write(output, lines)
        except OSError as problem:
            report.failure(Failure(output, "write", corpus.os_reason(problem)))
            return report.exit_status
    own = sum(one.own for one in recurring)
    report.tell(f"{len(recurring) - own:,} recurring lines listed, {own:,} more commented out as the documents' own")
    report.summary("read")
    return report.exit_status


@click.command()
@click.argument("path", metavar="[FILE]", default="-")
@only_option
@skip_option
@certainty_option
@encoding_option
@chrome_option
@restore_option
@script_option
def explain(path: str, **given: Any) -> int:
    """Show every finding of one file in its context, with its rule and how sure it is.

    Each line gives the place in the file as it was decoded (line:character), the certainty, the rule, and the change.

    \b
    cnpolicy explain speeches/2010.txt
    cnpolicy explain speeches/2010.txt --only halfwidth-punctuation | less
    """
    from cnpolicy import corpus, pipeline, runs
    from cnpolicy.document import Failure, Source
    from cnpolicy.report import Report, show_findings

    report = Report()
    options = build("clean", **given)
    try:
        data = sys.stdin.buffer.read() if path == "-" else corpus.read(Source(path, path))
    except OSError as problem:
        report.failure(Failure(path, "read", corpus.os_reason(problem)))
        return report.exit_status
    document = pipeline.process(data, path, "clean", options)
    if isinstance(document, Failure):
        report.failure(document)
    else:
        show_findings(document)
        for warning in runs.warnings(document):
            report.tell(f"warning: {corpus.printable(path)}: {warning}")
    return report.exit_status


@click.command()
@format_option
def rules(form: "Format | None") -> int:
    """List every rule: its stage, how sure its changes are, what it does, an example.

    \b
    cnpolicy rules
    cnpolicy rules --format tsv | cut -f1
    """
    from cnpolicy import pipeline
    from cnpolicy.report import default_format, show
    from cnpolicy.stats.table import Table

    rows = [
        (rule.name, stage.name, rule.certainty, rule.summary, *rule.example)
        for stage, rule in pipeline.rules().values()
    ]
    columns = ("rule", "stage", "certainty", "what", "before", "after")
    brief = [(*row[:4], f"{row[4]} → {row[5]}") for row in rows]
    show(
        [Table("rules", columns, rows)],
        form or default_format(),
        [Table("rules", ("rule", "stage", "certainty", "what", "example"), brief)],
    )
    return 0
