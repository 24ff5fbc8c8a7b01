"""The commands: options in, a call, a report out.

Whatever is slow to import is imported by the command that needs it.
"""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import click

from cnpolicy import __version__

if TYPE_CHECKING:
    from cnpolicy.corpus import Found
    from cnpolicy.document import Document, Failure, Source
    from cnpolicy.index import Record
    from cnpolicy.report import Format, Report
    from cnpolicy.rules import Options
    from cnpolicy.runs import Job, Outcome, Want
    from cnpolicy.segment import Settings

Command = TypeVar("Command", bound=Callable[..., Any])
Entry = TypeVar("Entry")

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


def _options(*decorators: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """Return one decorator that adds all of these options, in this order."""

    def add(command: Command) -> Command:
        for decorator in reversed(decorators):
            command = decorator(command)
        return command

    return add


def _probability(_: click.Context, __: click.Parameter, value: str) -> float | None:
    """Return the number that --restore names; None for off."""
    try:
        return None if value == "off" else float(value)
    except ValueError:
        raise click.BadParameter(f"{value!r} is neither a number from 0 to 1 nor off") from None


_encoding = _options(
    click.option("--encoding", metavar="NAME", help="Read all input in this encoding.  [default: told from the bytes]"),
    click.option("--encoding-hint", metavar="NAME", help="Where the bytes leave a doubt, prefer this encoding."),
)
_restore = click.option(
    "--restore",
    metavar="P",
    default="0.9",
    show_default=True,
    callback=_probability,
    help="In mojibake that lost bytes, put in a character that is at least so sure (0: the best guess; off: none).",
)


def _read_list(path: str, option: str, read: "Callable[[str], Iterable[Entry]]") -> "list[Entry]":
    """Return what a file that a person has written holds; a usage error with its place if that is nothing of use."""
    from cnpolicy import corpus

    shown = corpus.printable(path)
    try:
        with open(path, encoding="utf-8-sig") as file:
            return list(read(file.read()))
    except OSError as problem:
        reason = corpus.os_reason(problem)
    except UnicodeDecodeError as problem:
        reason = f"byte {problem.start}: not UTF-8; `cnpolicy decode` it first"
    except ValueError as problem:
        reason = str(problem)
    raise click.UsageError(f"{option} {shown}: {reason}")


def _lines(_: click.Context, __: click.Parameter, path: str | None) -> tuple[str, ...]:
    """Return the patterns in the file that --chrome names."""
    if path is None:
        return ()
    from cnpolicy.chrome import read_list

    return tuple(_read_list(path, "--chrome", read_list))


_chrome = click.option(
    "--chrome",
    metavar="FILE",
    type=click.Path(),
    callback=_lines,
    help="Also remove the lines in FILE from heads and tails; `cnpolicy chrome` writes it.",
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


_word_options = _options(
    click.option(
        "--engine",
        type=click.Choice(["rjieba", "jieba"]),
        default="rjieba",
        show_default=True,
        help="What cuts: both give the same words, jieba slowly.",
    ),
    click.option("--no-hmm", is_flag=True, help="Join no characters to words that the dictionary lacks."),
    click.option("--split-numbers", is_flag=True, help="Cut numbers, dates and formulas as jieba does."),
    click.option(
        "--lexicon",
        type=click.Choice(["policy", "none"]),
        default="policy",
        show_default=True,
        help="Add the vocabulary of policy to jieba's dictionary, or nothing.",
    ),
    click.option(
        "--userdict",
        "userdicts",
        multiple=True,
        type=click.Path(),
        metavar="FILE",
        help="Add the words in FILE, in jieba's format: word, frequency, tag (repeatable).",
    ),
)


def _segmentation(given: dict[str, Any]) -> "Settings":
    """Return how to segment; a usage error if a dictionary cannot be read."""
    from cnpolicy.segment import Settings, read_user_words

    words = [word for path in given["userdicts"] for word in _read_list(path, "--userdict", read_user_words)]
    return Settings(given["engine"], not given["no_hmm"], given["split_numbers"], given["lexicon"], tuple(words))


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
            encoding_hint=given.get("encoding_hint"),
            restore=given.get("restore", 0.9),
            chrome=given.get("chrome", ()),
        )
    except ValueError as problem:
        raise click.UsageError(str(problem)) from None


# ---- the commands that turn documents into documents -----------------------------------------------------------------


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
    options = _build(command, **given)
    job = Job(
        command, options, frozenset(want for want, asked in wants.items() if asked), words=given.get("words") or Words()
    )
    found = _input(paths, given)
    if not output:
        _to_stdout(job, report, found, paths, given)
    elif found is None:
        raise click.UsageError("-o needs a PATH; what comes from standard input goes to standard output")
    else:
        _to_tree(job, report, found, paths, output, given)
    return report.exit_status


def _input(paths: Sequence[str], given: dict[str, Any]) -> "Found | None":
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
    _refuse_clashes(clashes, "the same name, so that they could not be told apart")
    return found


def _refuse_clashes(clashes: "Sequence[tuple[Source, Source]]", what: str) -> None:
    from cnpolicy import corpus

    if clashes:
        names = " and ".join(corpus.printable(source.path) for source in clashes[0])
        more = f" ({len(clashes) - 1:,} more such pairs)" if len(clashes) > 1 else ""
        raise click.UsageError(f"{names} would have {what}{more}; rename one, or give them in calls of their own")


def _to_stdout(
    job: "Job", report: "Report", found: "Found | None", paths: Sequence[str], given: dict[str, Any]
) -> None:
    from cnpolicy import corpus
    from cnpolicy.report import put

    single = found is None or (len(paths) == 1 and not os.path.isdir(paths[0]))
    if "text" in job.wants and not single:
        inputs = " ".join(map(corpus.printable, paths))
        raise click.UsageError(
            "where should the results go? Add -o DIR for a tree of files, or --jsonl for standard output:\n"
            f"  cnpolicy {job.command} {inputs} -o DIR"
        )
    with _audit(given, paths) as keep:
        for outcomes in _outcomes(job, found, report, given):
            for outcome in outcomes:
                put(outcome.made)
                keep(outcome.audit)
    if found is not None and (report.check or not single):
        report.summary("read")


def _to_tree(
    job: "Job", report: "Report", found: "Found", paths: Sequence[str], output: str, given: dict[str, Any]
) -> None:
    from cnpolicy import corpus, manifest, runs
    from cnpolicy.document import Failure

    if output.lower().endswith(corpus.TEXT) and not os.path.isdir(output):
        raise click.UsageError(f"-o takes a directory; for one file: cnpolicy {job.command} FILE > {output}")
    clashes = corpus.collisions(found.sources, lambda source: corpus.output_name(source.name))
    _refuse_clashes(clashes, "the same output")
    asked = manifest.plain(job.options, job.words) if job.command == "segment" else manifest.plain(job.options)
    job = replace(
        job,
        output=output,
        digest=manifest.digest(job.command, asked),
        versions=tuple(manifest.versions().items()),
    )
    globs, force = given["globs"], given["force"]
    try:
        with manifest.Ledger(output, job.command, paths, asked, globs=globs, force=force) as ledger:
            records = [runs.not_found(job, failure) for failure in found.failures]
            with _audit(given, paths, output) as keep:
                # Documents that are done already have no findings to tell of: an audit does them anew.
                known = {} if given.get("audit") else ledger.done
                for outcomes in _outcomes(job, found, report, given, known):
                    done = [outcome.record for outcome in outcomes if outcome.record]
                    ledger.note(done)
                    records += done
                    for outcome in outcomes:
                        keep(outcome.audit)
            strangers = ledger.finish(records)
    except manifest.Refused as problem:
        raise click.UsageError(str(problem)) from None
    except KeyboardInterrupt:
        report.error("interrupted; the same command goes on where it stopped")
        report.interrupted = True
        return
    except OSError as problem:
        where = problem.filename if isinstance(problem.filename, str) else output
        report.failure(Failure(where, "write", corpus.os_reason(problem)))
        return
    report.summary(f"to {corpus.printable(output)}")
    if strangers:
        names = ", ".join(strangers[:3]) + (", …" if len(strangers) > 3 else "")
        report.tell(
            f"warning: {len(strangers):,} text files in {corpus.printable(output)} are no results of this run, "
            f"but left by earlier ones, and were left there: {names}"
        )


def _outcomes(
    job: "Job",
    found: "Found | None",
    report: "Report",
    given: dict[str, Any],
    known: dict[str, dict[str, Any]] | None = None,
) -> "Iterator[list[Outcome]]":
    """Run the job over what was found, or standard input; report every outcome and yield them a batch at a time."""
    from cnpolicy import corpus, executors, runs

    if found is None:
        for document, data in _stdin_documents(job.options, jsonl=bool(given.get("jsonl"))):
            outcome = runs.take(job, document, data)
            report.outcome(outcome)
            yield [outcome]
        return
    for failure in found.failures:
        report.failure(failure)
    report.skipped = found.skipped
    jobs = given.get("jobs") or executors.cores()
    with report.progress(len(found.sources), sum(map(corpus.size, found.sources))):
        for outcomes in runs.run(job, found.sources, jobs=jobs, named=found.named, known=known):
            for outcome in outcomes:
                report.outcome(outcome)
            yield outcomes


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
        yield pipeline.read(data, "-", options), data


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
        and os.path.basename(path) != "audit.jsonl"
    ):
        raise click.UsageError(f"in the output directory the audit must be called audit.jsonl, not {shown}")
    if os.path.exists(path) and not os.path.isfile(path):
        with open(path, "wb") as pipe:  # a named pipe or a device: there is nothing to replace
            yield pipe.write
        return
    with corpus.whole(path) as file:
        yield file.write


@program.command()
@_paths
@_output_options
@_review_options
@_rule_options
@_encoding
@_chrome
@_restore
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
@_restore
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
@_chrome
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
@_word_options
@click.option("--pos", is_flag=True, help="word/tag, in the part-of-speech tags that jieba uses.")
@click.option("--learn", is_flag=True, help="First look for words that the dictionary lacks, as `terms` does.")
@click.option("--search", is_flag=True, help="As for a search engine: before a long word the shorter ones in it.")
@_encoding
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
    settings = _segmentation(given)
    if learn:
        settings = _learnt(settings, paths, given)
    return _transform("segment", paths, words=Words(settings, pos, search), **given)


def _learnt(settings: "Settings", paths: Sequence[str], given: dict[str, Any]) -> "Settings":
    """Return the settings with the words of the input that the dictionary lacks."""
    from cnpolicy.report import Report
    from cnpolicy.segment import UserWord
    from cnpolicy.segment.discovery import discover_with

    found = _input(paths, given)
    if found is None:
        raise click.UsageError("--learn reads the input twice; it needs a PATH")
    reading = given | {"as_is": True, "jsonl": False}
    # Whatever is wrong with the input, the run that follows will say.
    documents = _documents(found, paths, Report(quiet=True), reading, {"document"})
    learnt = discover_with(settings, (document.text for _, document in documents))
    return replace(settings, user_words=(*settings.user_words, *(UserWord(term.word) for term in learnt)))


# ---- the commands that tell --------------------------------------------------------------------------------------


@program.command()
@_paths
@_glob
@_only
@_skip
@_certainty
@_encoding
@_chrome
@_restore
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
    from cnpolicy.report import Report, default_format, inspection, show
    from cnpolicy.runs import Job

    report = Report(quiet=given["quiet"])
    job = Job("clean", _build("clean", **given), frozenset({"record"}))
    found = _input(paths, given)
    rows = [
        (outcome.name, outcome.record)
        for outcomes in _outcomes(job, found, report, given)
        for outcome in outcomes
        if outcome.status == "made" and outcome.record is not None
    ]
    if rows or not report.counts["failed"]:
        table, narrow = inspection(rows)
        show([table], form or default_format(), [narrow])
    if found is not None and (len(paths) > 1 or os.path.isdir(paths[0])):
        report.summary("inspected")
    return report.exit_status


@program.command()
@_paths
@click.option("-o", "--output", type=click.Path(), metavar="FILE", help="Write the list to FILE.")
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
@_glob
@_encoding
@_jobs
@_quiet
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
    report = Report(quiet=given["quiet"])
    # The lines as web-chrome will see them: decoded, repaired, without markup.
    options = _build("clean", only=pipeline.before("web-chrome"), **given)
    found = _input(paths, given)
    kept = [
        (outcome.name, outcome.edges)
        for outcomes in _outcomes(Job("clean", options, frozenset({"edges"})), found, report, given)
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


@program.command()
@click.argument("path", metavar="[FILE]", default="-")
@_only
@_skip
@_certainty
@_encoding
@_chrome
@_restore
@_script
def explain(path: str, **given: Any) -> int:
    """Show every finding of one file in its context, with its rule and how sure it is.

    Each line gives the place in the file as it was decoded (line:character), the certainty, the rule, and the change.

    \b
    cnpolicy explain speeches/2010.txt
    cnpolicy explain speeches/2010.txt --only halfwidth-punctuation | less
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
@_word_options
@_glob
@_encoding
@_jobs
@_format
@_quiet
def stats(paths: tuple[str, ...], form: "Format | None", top: int, min_length: int, **given: Any) -> int:
    """Report on a corpus: its size, its words, its encodings and its damage.

    Documents are cleaned on the way, unless they are the output of `cnpolicy clean`, come with --jsonl or --segmented,
    or are taken --as-is. Words are counted in Simplified; a word is a token with a letter, a digit or a Chinese
    character. Characters are counted without spaces and line ends. A sentence ends with 。 ！ ？ …… or its line.

    \b
    cnpolicy stats speeches/
    cnpolicy stats cleaned --top 50 --min-length 2
    cnpolicy stats cleaned --format csv > report.csv
    cnpolicy clean speeches/ --jsonl | cnpolicy segment --jsonl | cnpolicy stats --jsonl
    """
    from cnpolicy.index import Index
    from cnpolicy.report import Report, default_format, show
    from cnpolicy.stats.overview import overview

    if given["jsonl"] and paths and list(paths) != ["-"]:
        raise click.UsageError("--jsonl reads standard input; it does not go with a PATH")
    if given["as_is"] and (given["jsonl"] or given["segmented"]):
        raise click.UsageError("--as-is has nothing to do: with --jsonl and --segmented text is counted as it is")
    report = Report(quiet=given["quiet"])
    found = _input(paths, given)
    with Index() as index:
        counted = index.add(_counted(found, paths, report, given))
        if counted or not report.counts["failed"]:
            show(overview(index, top, min_length), form or default_format())
    if found is not None and (len(paths) > 1 or os.path.isdir(paths[0])):
        report.summary("counted")
    return report.exit_status


@program.command()
@_paths
@click.option("--jsonl", is_flag=True, help="Read documents as JSON Lines from standard input.")
@click.option("--as-is", is_flag=True, help="Take the text as it is; do not clean it on the way.")
@click.option(
    "--min-count", type=click.IntRange(min=2), default=5, show_default=True, metavar="N", help="How often at least."
)
@click.option(
    "--top", type=click.IntRange(min=1), default=100, show_default=True, metavar="N", help="How many to list."
)
@click.option("--to", "target", type=click.Choice(["userdict"]), help="Write what --userdict reads, not a table.")
@_word_options
@_glob
@_encoding
@_jobs
@_format
@_quiet
def terms(
    paths: tuple[str, ...], form: "Format | None", min_count: int, top: int, target: str | None, **given: Any
) -> int:
    """Find the words of a corpus that the dictionary does not have: names, new formulations (提法).

    Runs of 3 to 8 characters are taken for words when their parts hold together (cohesion, in bits) and their
    neighbours vary (entropy, in bits). Documents are cleaned on the way, as for `stats`.

    \b
    cnpolicy terms speeches/ --top 50
    cnpolicy terms speeches/ --min-count 20 --to userdict > terms.txt
    cnpolicy segment cleaned/ -o words --userdict terms.txt
    """
    from cnpolicy.report import Report, default_format, put, show
    from cnpolicy.segment.discovery import Term, discover_with
    from cnpolicy.stats.table import Table

    if target and form:
        raise click.UsageError("--format is for tables; it does not go with --to")
    if given["jsonl"] and paths and list(paths) != ["-"]:
        raise click.UsageError("--jsonl reads standard input; it does not go with a PATH")
    if given["as_is"] and given["jsonl"]:
        raise click.UsageError("--as-is has nothing to do: with --jsonl text is taken as it is")
    report = Report(quiet=given["quiet"])
    found = _input(paths, given)
    texts = (document.text for _, document in _documents(found, paths, report, given, {"document"}))
    listed = discover_with(_segmentation(given), texts, least=min_count)[:top]
    if target:
        put("".join(f"{term.word}\n" for term in listed).encode())
    elif listed or not report.counts["failed"]:
        rows = [
            (one.word, one.frequency, one.documents, round(one.cohesion, 4), round(one.entropy, 4), one.example)
            for one in listed
        ]
        show([Table("terms", ("term", *Term._fields[1:]), rows)], form or default_format())
    if found is not None and (len(paths) > 1 or os.path.isdir(paths[0])):
        report.summary("searched")
    return report.exit_status


def _counted(
    found: "Found | None", paths: Sequence[str], report: "Report", given: dict[str, Any]
) -> "Iterator[Record]":
    """Yield what the index keeps of each document."""
    from cnpolicy.index import Record
    from cnpolicy.segment import words_of_segmented

    wants: set[Want] = {"document", "record"} if given["segmented"] else {"document", "record", "words"}
    for outcome, document in _documents(found, paths, report, given, wants):
        record = outcome.record
        if record is not None:
            words = words_of_segmented(document.text) if document.words is None else document.words
            findings = {
                (rule, certainty): count
                for certainty, rules in record["findings"].items()
                for rule, count in rules.items()
            }
            yield Record(outcome.name, words, record["encoding"], record["script"], record["sha256"], findings)


def _documents(
    found: "Found | None", paths: Sequence[str], report: "Report", given: dict[str, Any], wants: "set[Want]"
) -> "Iterator[tuple[Outcome, Document]]":
    """Yield the documents to count, cleaned on the way unless they are clean or are to be taken as they are."""
    from cnpolicy.runs import Job, Words

    as_is = given.get("as_is") or given.get("segmented") or given.get("jsonl")
    command = "decode" if as_is else "clean"
    options = _build(command, encoding=given["encoding"], encoding_hint=given["encoding_hint"])
    job = Job(command, options, frozenset(wants), words=Words(_segmentation(given)))
    known = _finished(found, paths, report) if found is not None and command == "clean" else {}
    for outcomes in _outcomes(job, found, report, given, known):
        for outcome in outcomes:
            if outcome.document is not None:
                yield outcome, outcome.document


def _finished(found: "Found", paths: Sequence[str], report: "Report") -> dict[str, dict[str, Any]]:
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
