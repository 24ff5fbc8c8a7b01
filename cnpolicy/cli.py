"""The commands: options in, a call, a report out.

Whatever is slow to import is imported by the command that needs it.
"""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import click

from cnpolicy import __version__

if TYPE_CHECKING:
    from cnpolicy.corpus import Found
    from cnpolicy.document import Document, Failure
    from cnpolicy.index import Record
    from cnpolicy.report import Format, Report
    from cnpolicy.rules import Options
    from cnpolicy.runs import Job, Outcome, Want

Command = TypeVar("Command", bound=Callable[..., Any])

SCRIPTS = ("auto", "simplified", "traditional", "tw", "hk", "keep")


def main() -> int:
    """Run the command that the arguments name and return the exit status."""
    try:
        return int(program.main(standalone_mode=False) or 0)
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    except click.ClickException as problem:
        problem.show()
        return problem.exit_code
    except click.Abort:
        raise KeyboardInterrupt from None
    except PipeClosed:
        raise BrokenPipeError from None
    except OSError as problem:
        from cnpolicy.report import SOME_FAILED, stream_reason

        click.echo(f"cnpolicy: {stream_reason(problem)}", err=True)
        return SOME_FAILED


class PipeClosed(Exception):
    """Whoever read our output has seen enough."""


class Grouped(click.Group):
    """A group that lists its commands in the order in which a corpus goes through them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names of the commands in the order of their definition."""
        return list(self.commands)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; a path in its place gets advice."""
        if args and args[0] not in self.commands and os.path.lexists(args[0]):
            raise click.UsageError(f"{args[0]!r} is a path, not a command; did you mean: cnpolicy clean {args[0]}", ctx)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a closed pipe passes by click, which would call it a failure."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise PipeClosed from None


@click.group(cls=Grouped, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="cnpolicy")
def program() -> None:
    """Turn directories of damaged Chinese policy documents into clean text, words and statistics.

    \b
    cnpolicy clean speeches/ -o cleaned       repair a whole folder
    cnpolicy stats cleaned                    what is in it
    cnpolicy explain speeches/2010.txt        every change, with its reason
    cat FILE | cnpolicy clean | cnpolicy segment | cnpolicy stats --segmented

    Input files are never modified. With no PATH, or with -, a command reads standard input.
    """


# ---- options that several commands share ----------------------------------------------------------------------------

_paths = click.argument("paths", nargs=-1, metavar="[PATH]...")
_quiet = click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors.")
_glob = click.option(
    "--glob", "globs", multiple=True, metavar="PATTERN", help="In folders, also take files whose names match this."
)
_jobs = click.option(
    "-j",
    "--jobs",
    type=click.IntRange(min=1),
    default=None,
    metavar="N",
    help="Processes to use.  [default: all cores]",
)
_only = click.option("--only", multiple=True, metavar="RULE", help="Run this rule and no other (repeatable).")
_skip = click.option("--skip", multiple=True, metavar="RULE", help="Do not run this rule (repeatable).")
_certainty = click.option(
    "--certainty",
    type=click.Choice(["certain", "inferred"]),
    default="inferred",
    show_default=True,
    help="The least certain changes to make; the others are reported.",
)
_encoding = click.option(
    "--encoding", metavar="NAME", help="Read all input in this encoding.  [default: told from the bytes]"
)
_script = click.option(
    "--script",
    type=click.Choice(SCRIPTS),
    default="auto",
    show_default=True,
    help="Chinese script to write; auto only brings back to Simplified what a machine made Traditional.",
)
_format = click.option(
    "--format",
    "form",
    type=click.Choice(["table", "tsv", "csv", "jsonl"]),
    default=None,
    help="How to print tables.  [default: table on a terminal, else tsv]",
)


def _options(*decorators: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """Return one decorator that adds all of these options, in this order."""

    def add(command: Command) -> Command:
        for decorator in reversed(decorators):
            command = decorator(command)
        return command

    return add


_output_options = _options(
    click.option("-o", "--output", type=click.Path(), metavar="DIR", help="Write a tree of .txt files and a manifest."),
    click.option("--jsonl", is_flag=True, help="Documents as JSON Lines, in (without PATH) and out."),
    _jobs,
    _glob,
    click.option("--force", is_flag=True, help="Write to DIR whatever it holds, and do everything anew."),
    _quiet,
)
_review_options = _options(
    click.option("--check", is_flag=True, help="Write nothing; exit 1 if any file would change."),
    click.option("--diff", is_flag=True, help="Write nothing but a unified diff, to standard output."),
)
_rule_options = _options(
    click.option("--audit", type=click.Path(), metavar="FILE", help="Write every finding to FILE as JSON Lines."),
    _only,
    _skip,
    _certainty,
)


def _build(command: str, **given: Any) -> "Options":
    """Return the run's options; a usage error if a rule or an encoding is unknown."""
    from cnpolicy import pipeline

    try:
        return pipeline.options(
            command,
            only=frozenset(given.get("only", ())),
            skip=frozenset(given.get("skip", ())),
            certainty=given.get("certainty", "inferred"),
            script=given.get("script", "auto"),
            encoding=given.get("encoding"),
        )
    except ValueError as problem:
        raise click.UsageError(str(problem)) from None


# ---- the commands that turn documents into documents -----------------------------------------------------------------


def _transform(command: str, paths: Sequence[str], **given: Any) -> int:
    """Run a cleaning stage, or segmentation, over the input and return the exit status."""
    from cnpolicy.report import Report
    from cnpolicy.runs import Job

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
    job = Job(command, _build(command, **given), frozenset(want for want, asked in wants.items() if asked))
    if not paths or list(paths) == ["-"]:
        if output:
            raise click.UsageError("-o needs a PATH; what comes from standard input goes to standard output")
        _stdin_to_stdout(job, report, given)
    elif output:
        _to_tree(job, report, paths, output, given)
    else:
        _to_stdout(job, report, paths, given)
    return report.exit_status


def _stdin_to_stdout(job: "Job", report: "Report", given: dict[str, Any]) -> None:
    from cnpolicy import pipeline, runs
    from cnpolicy.document import Failure
    from cnpolicy.report import put

    stages = pipeline.stages_of(job.command)
    with _audit(given, ()) as keep:
        for document, data in _stdin_documents(job.options, jsonl="jsonl" in job.wants):
            if isinstance(document, Failure):
                report.failure(document)
                continue
            outcome = runs.finish(job, pipeline.run(document, stages, job.options), data)
            report.outcome(outcome)
            put(outcome.made)
            keep(outcome.audit)


def _stdin_documents(options: "Options", *, jsonl: bool) -> "Iterator[tuple[Document | Failure, bytes | None]]":
    """Yield what comes in on standard input: one document of bytes, or documents as JSON Lines."""
    from cnpolicy import pipeline
    from cnpolicy.jsonl import read_documents

    if sys.stdin.isatty():
        click.echo("cnpolicy: reading from the terminal; end with Ctrl-D", err=True)
    if jsonl:
        yield from ((document, None) for document in read_documents(sys.stdin.buffer))
    else:
        data = sys.stdin.buffer.read()
        yield pipeline.read(data, "-", options.encoding), data


def _to_stdout(job: "Job", report: "Report", paths: Sequence[str], given: dict[str, Any]) -> None:
    from cnpolicy import corpus
    from cnpolicy.report import put

    single = len(paths) == 1 and not os.path.isdir(paths[0])
    if "text" in job.wants and not single:
        inputs = " ".join(map(corpus.printable, paths))
        raise click.UsageError(
            "where should the results go? Add -o DIR for a tree of files, or --jsonl for standard output:\n"
            f"  cnpolicy {job.command} {inputs} -o DIR"
        )
    with _audit(given, paths) as keep:
        for outcomes in _outcomes(job, corpus.find(paths, given["globs"]), report, given):
            for outcome in outcomes:
                put(outcome.made)
                keep(outcome.audit)
    if not single or report.check:
        report.summary("read")


def _to_tree(job: "Job", report: "Report", paths: Sequence[str], output: str, given: dict[str, Any]) -> None:
    from cnpolicy import corpus, manifest
    from cnpolicy.document import Failure

    if output.lower().endswith(corpus.TEXT) and not os.path.isdir(output):
        raise click.UsageError(f"-o takes a directory; for one file: cnpolicy {job.command} FILE > {output}")
    found = corpus.find(paths, given["globs"])
    for one, other in corpus.collisions(found.sources):
        names = " and ".join(corpus.printable(source.path) for source in (one, other))
        raise click.UsageError(f"{names} would have the same output; rename one, or give them in calls of their own")
    job = replace(
        job,
        output=output,
        digest=manifest.digest(job.command, job.options),
        versions=tuple(manifest.versions().items()),
    )
    try:
        with manifest.Ledger(output, job.command, paths, job.options, force=given["force"]) as ledger:
            records = []
            with _audit(given, paths) as keep:
                # Documents that are done already have no findings to tell of: an audit does them anew.
                known = {} if given.get("audit") else ledger.done
                for outcomes in _outcomes(job, found, report, given, known):
                    records += [outcome.record for outcome in outcomes if outcome.record]
                    ledger.note([outcome.record for outcome in outcomes if outcome.record])
                    for outcome in outcomes:
                        keep(outcome.audit)
            stale = ledger.finish(records)
    except manifest.Refused as problem:
        raise click.UsageError(str(problem)) from None
    except OSError as problem:
        where = problem.filename if isinstance(problem.filename, str) else output
        report.failure(Failure(where, "write", corpus.os_reason(problem)))
        return
    report.summary(f"to {corpus.printable(output)}")
    if stale:
        names = ", ".join(stale[:3]) + (", …" if len(stale) > 3 else "")
        report.tell(f"warning: {len(stale)} outputs of an earlier run have no input any more and were left: {names}")


def _outcomes(
    job: "Job",
    found: "Found",
    report: "Report",
    given: dict[str, Any],
    known: dict[str, dict[str, Any]] | None = None,
) -> "Iterator[list[Outcome]]":
    """Run the job over what was found, report every outcome, and yield them a batch at a time."""
    from cnpolicy import corpus, executors, runs

    for failure in found.failures:
        report.failure(failure)
    report.skipped = found.skipped
    jobs = given.get("jobs") or executors.cores()
    with report.progress(len(found.sources), sum(map(corpus.size, found.sources))):
        for outcomes in runs.run(job, found.sources, jobs=jobs, named=found.named, known=known):
            for outcome in outcomes:
                report.outcome(outcome)
            yield outcomes


@contextmanager
def _audit(given: dict[str, Any], paths: Sequence[str]) -> Iterator[Callable[[bytes], object]]:
    """Give a function that keeps lines for the audit's file, if one was asked for."""
    path = given.get("audit")
    if path is None:
        yield len
        return
    from cnpolicy import corpus

    where = corpus.overlaps(paths, path)
    if where is not None:
        raise click.UsageError(f"the audit {path} would lie in the input {corpus.printable(where)}; put it elsewhere")
    with corpus.whole(path) as file:
        yield file.write


@program.command()
@_paths
@_output_options
@_review_options
@_rule_options
@_encoding
@_script
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


@program.command()
@_paths
@_output_options
@_review_options
@_rule_options
@_encoding
def decode(paths: tuple[str, ...], **given: Any) -> int:
    """Only turn the bytes into UTF-8, whatever encodings they are in.

    \b
    cnpolicy decode FILE                      read by its bytes
    cnpolicy decode FILE --encoding big5      read as told
    cnpolicy decode speeches/ --jsonl         with encoding, confidence and spans
    """
    return _transform("decode", paths, **given)


@program.command()
@_paths
@_output_options
@_review_options
@_rule_options
@_encoding
def repair(paths: tuple[str, ...], **given: Any) -> int:
    """Only undo mojibake: text that was read in a wrong encoding.

    \b
    cnpolicy repair FILE
    cnpolicy repair speeches/ -o repaired --skip html-entity
    """
    return _transform("repair", paths, **given)


@program.command()
@_paths
@_output_options
@_review_options
@_rule_options
@_encoding
def tidy(paths: tuple[str, ...], **given: Any) -> int:
    """Only mend the damage of documents: line ends, widths, punctuation, invisible characters.

    \b
    cnpolicy tidy FILE
    cnpolicy tidy speeches/ -o tidied --only fullwidth-alphanumeric
    """
    return _transform("tidy", paths, **given)


@program.command()
@_paths
@_output_options
@_review_options
@_rule_options
@_encoding
@_script
def convert(paths: tuple[str, ...], **given: Any) -> int:
    """Only convert between Simplified and Traditional Chinese.

    \b
    cnpolicy convert FILE                         undo machine-made Traditional
    cnpolicy convert FILE --script simplified     convert everything
    """
    return _transform("convert", paths, **given)


@program.command()
@_paths
@_output_options
@_encoding
def segment(paths: tuple[str, ...], **given: Any) -> int:
    """Separate the words by spaces, with jieba's dictionary; the lines stay.

    \b
    cnpolicy clean FILE | cnpolicy segment
    cnpolicy segment cleaned/ -o words
    cnpolicy clean speeches/ --jsonl | cnpolicy segment --jsonl > words.jsonl
    """
    return _transform("segment", paths, **given)


# ---- the commands that tell --------------------------------------------------------------------------------------


@program.command()
@_paths
@_glob
@_only
@_skip
@_certainty
@_encoding
@_script
@_jobs
@_format
@_quiet
def inspect(paths: tuple[str, ...], form: "Format | None", **given: Any) -> int:
    """Tell what is wrong with the files: encoding and damage by rule. Nothing is changed.

    \b
    cnpolicy inspect speeches/
    cnpolicy inspect speeches/ --format csv > damage.csv
    """
    from cnpolicy import corpus, pipeline, runs
    from cnpolicy.document import Failure
    from cnpolicy.report import Report, default_format, inspection, show

    report = Report(quiet=given["quiet"])
    job = runs.Job("clean", _build("clean", **given), frozenset({"record"}))
    outcomes: list[Outcome] = []
    if not paths or list(paths) == ["-"]:
        for document, data in _stdin_documents(job.options, jsonl=False):
            if isinstance(document, Failure):
                report.failure(document)
            else:
                outcomes.append(runs.finish(job, pipeline.run(document, pipeline.standard(), job.options), data))
    else:
        for batch in _outcomes(job, corpus.find(paths, given["globs"]), report, given):
            outcomes += [outcome for outcome in batch if outcome.status == "made"]
    rows = [(outcome.name, outcome.record) for outcome in outcomes if outcome.record is not None]
    table, narrow = inspection(rows)
    show([table], form or default_format(), [narrow])
    if paths and (len(paths) > 1 or os.path.isdir(paths[0])):
        report.summary("inspected")
    return report.exit_status


@program.command()
@click.argument("path", metavar="FILE")
@_only
@_skip
@_certainty
@_encoding
@_script
def explain(path: str, **given: Any) -> int:
    """Show every finding of one file in its context, with its rule and how sure it is.

    Each line gives the place in the file as it was decoded (line:character), the certainty, the rule, and the change.

    \b
    cnpolicy explain speeches/2010.txt
    cnpolicy explain speeches/2010.txt --only halfwidth-punctuation | less -R
    """
    from cnpolicy import corpus, pipeline
    from cnpolicy.document import Failure, Source
    from cnpolicy.report import Report, show_findings

    report = Report()
    options = _build("clean", **given)
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
    return report.exit_status


@program.command()
@_paths
@click.option("--jsonl", is_flag=True, help="Read documents as JSON Lines from standard input.")
@click.option("--segmented", is_flag=True, help="The words are separated by spaces already.")
@click.option("--as-is", is_flag=True, help="Count the text as it is; do not clean it on the way.")
@click.option(
    "--top", type=click.IntRange(min=0), default=20, show_default=True, metavar="N", help="How many words to list."
)
@click.option(
    "--min-length", type=click.IntRange(min=1), default=1, metavar="N", help="List only words of so many characters."
)
@_glob
@_encoding
@_jobs
@_format
@_quiet
def stats(paths: tuple[str, ...], form: "Format | None", top: int, min_length: int, **given: Any) -> int:
    """Report on a corpus: its size, its words, its encodings and its damage.

    Documents are cleaned on the way, unless they are the output of `cnpolicy clean`, come with --jsonl or --segmented,
    or are taken --as-is. Words are counted in Simplified.

    \b
    cnpolicy stats speeches/
    cnpolicy stats cleaned --top 50 --min-length 2
    cnpolicy stats cleaned --format csv > report.csv
    cnpolicy clean speeches/ --jsonl | cnpolicy segment --jsonl | cnpolicy stats --jsonl
    """
    from cnpolicy.index import Index
    from cnpolicy.report import Report, default_format, show
    from cnpolicy.stats.overview import overview

    if given["jsonl"] and paths:
        raise click.UsageError("--jsonl reads standard input; it does not go with a PATH")
    report = Report(quiet=given["quiet"])
    with Index() as index:
        index.add(_counted(paths, report, given))
        show(overview(index, top, min_length), form or default_format())
    if paths and (len(paths) > 1 or os.path.isdir(paths[0])):
        report.summary("counted")
    return report.exit_status


def _counted(paths: Sequence[str], report: "Report", given: dict[str, Any]) -> "Iterator[Record]":
    """Yield what the index keeps of each document."""
    from cnpolicy import corpus, pipeline, runs
    from cnpolicy.document import Failure
    from cnpolicy.index import Record
    from cnpolicy.segment import words_of_segmented

    command = "decode" if given["as_is"] or given["segmented"] or given["jsonl"] else "clean"
    wants: set[Want] = {"document", "record"} if given["segmented"] else {"document", "record", "words"}
    job = runs.Job(command, _build(command, encoding=given["encoding"]), frozenset(wants))

    def counted(outcome: "Outcome") -> "Iterator[Record]":
        document, record = outcome.document, outcome.record
        if document is None or record is None:
            return
        words = words_of_segmented(document.text) if document.words is None else document.words
        findings = {
            (rule, certainty): count for certainty, rules in record["findings"].items() for rule, count in rules.items()
        }
        yield Record(outcome.name, words, record["encoding"], record["script"], record["sha256"], findings)

    if not paths or list(paths) == ["-"]:
        stages = pipeline.stages_of(command)
        for document, data in _stdin_documents(job.options, jsonl=given["jsonl"]):
            if isinstance(document, Failure):
                report.failure(document)
                continue
            if not given["jsonl"]:
                document = pipeline.run(document, stages, job.options)
            outcome = runs.finish(job, document, data)
            report.outcome(outcome)
            yield from counted(outcome)
        return
    known = {} if command == "decode" else _finished(paths)
    for outcomes in _outcomes(job, corpus.find(paths, given["globs"]), report, given, known):
        for outcome in outcomes:
            yield from counted(outcome)


def _finished(paths: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return the manifest's lines of the paths that are output trees of `clean`, by the names of their documents."""
    from cnpolicy import corpus, manifest

    known: dict[str, dict[str, Any]] = {}
    for path in paths:
        if manifest.command_of(path) == "clean":
            prefix = corpus.printable(corpus.base_name(path)) + "/" if len(paths) > 1 else ""
            known |= {prefix + output: record for output, record in manifest.load(path).items()}
    return known


@program.command()
@_format
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
