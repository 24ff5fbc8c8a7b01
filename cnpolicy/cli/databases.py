"""Corpus databases: the command that makes one, and how every measure comes to the documents that it is about."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from cnpolicy.cli.options import (
    as_is_option,
    cluster_option,
    encoding_option,
    glob_option,
    jobs_option,
    jsonl_option,
    memory_option,
    metadata_option,
    paths_argument,
    quiet_option,
    segmented_option,
    shard_option,
    word_options,
)
from cnpolicy.cli.reading import (
    counted_outcomes,
    counting_job,
    find_input,
    finished,
    for_cluster,
    outcomes_of,
    shared_out,
)

if TYPE_CHECKING:
    from cnpolicy.corpus import Found
    from cnpolicy.index import Change, CountScript, Index, Record, Selection
    from cnpolicy.index.metadata import Metadata
    from cnpolicy.index.shards import Parts, Workplace
    from cnpolicy.report import Report
    from cnpolicy.runs import Job, Outcome

# What decides how documents are read and cut: a database holds what was decided when it was made.
_READING = (
    *("jsonl", "segmented", "as_is", "engine", "no_hmm", "split_numbers", "lexicon", "userdicts", "globs"),
    *("encoding", "encoding_hint", "jobs"),
)


# A text file is not called so.
_ENDINGS = (".duckdb", ".db")

# ---- making a database ----------------------------------------------------------------------------------------------


@click.command()
@paths_argument
@click.option(
    "-o",
    "--output",
    type=click.Path(),
    required=True,
    metavar="FILE",
    help="The database; made, or brought up to date.",
)
@metadata_option
@click.option("--prune", is_flag=True, help="Remove the documents that are no longer there.")
@click.option("--pos", is_flag=True, help="Note the parts of speech, in the tags that jieba uses.")
@click.option(
    "--count-script",
    type=click.Choice(["simplified", "keep"]),
    help="Count words in Simplified, or as they are written.  [default: simplified, or as the database is]",
)
@jsonl_option
@segmented_option
@as_is_option
@word_options
@glob_option
@encoding_option
@jobs_option
@cluster_option
@shard_option
@memory_option
@quiet_option
def index(paths: tuple[str, ...], output: str, metadata: str | None, prune: bool, **given: Any) -> int:
    """Put a corpus into a database, which all measures read at once instead of the documents.

    Run again, and only documents that are new or have changed are read. Those that are no longer there stay, unless
    --prune removes them. A document is known by its name, the path below the folder: several folders that belong
    together are named in one call. An interrupted run leaves the database as it was, and goes on where it stopped.

    The metadata's rows name their documents in a column `name`, by the whole name or the file name where that is
    unique. Its columns can be used wherever the database's own can: --where "year >= 2012 and party = '甲'". Given
    again, with the same or another file, they are added: new columns, and new values for the documents that they name.

    \b
    cnpolicy index speeches/ -o corpus.duckdb
    cnpolicy index speeches/ -o corpus.duckdb --metadata speakers.csv --prune
    cnpolicy stats corpus.duckdb --where "year >= 2012 and issuer like '%省委%'"
    duckdb corpus.duckdb "SELECT year, count(*) FROM documents GROUP BY year ORDER BY year"
    """
    from cnpolicy import corpus, executors
    from cnpolicy.document import Failure
    from cnpolicy.index import Unusable
    from cnpolicy.index.shards import Busy, Workplace
    from cnpolicy.report import Report

    check_reading(paths, given)
    if given["cluster"] and given["jobs"]:
        raise click.UsageError("-j is for this machine, --cluster for others; give one of the two")
    shown = corpus.printable(output)
    if os.path.isdir(output):
        raise click.UsageError(f"-o takes a file; {shown} is a directory")
    if not os.path.isdir(os.path.dirname(output) or "."):
        raise click.UsageError(f"there is no directory for {shown}; make it first, or choose another place")
    _opened(None, given["memory_limit"]).close()  # a wrong limit is told before the work
    report = Report(quiet=given["quiet"])
    table = None if metadata is None else _read_metadata(metadata)
    found = find_input(paths, given)
    if prune and found is None:
        raise click.UsageError("--prune needs a PATH to compare with; standard input is none")
    for option in ("shard", "cluster"):
        if given[option] and found is None:
            raise click.UsageError(f"--{option} has nothing to do: the input is standard input")
    try:
        with Workplace(output, given["shard"]) as place:
            change = _bring_up_to_date(found, paths, output, place, report, (metadata, table), prune, given)
    except (Busy, Unusable) as problem:
        raise click.UsageError(f"{shown}: {problem}") from None
    except executors.Gone as problem:
        report.failure(Failure(given["cluster"], "cluster", str(problem)))
        return report.exit_status
    except KeyboardInterrupt:
        report.error("interrupted; the same command goes on where it stopped")
        report.interrupted = True
        return report.exit_status
    except OSError as problem:
        report.failure(Failure(output, "write", corpus.os_reason(problem)))
        return report.exit_status
    report.summary(f"to {shown}" + (f", part {given['shard']}" if given["shard"] else ""), change)
    return report.exit_status


def _bring_up_to_date(
    found: "Found | None",
    paths: Sequence[str],
    output: str,
    place: "Workplace",
    report: "Report",
    metadata: "tuple[str | None, Metadata | None]",
    prune: bool,
    given: dict[str, Any],
) -> list[str]:
    """Read what is new, write it in one transaction, and return what there is to say of it."""
    from cnpolicy import corpus
    from cnpolicy.index import shards

    there = os.path.lexists(output)
    known: dict[str, str] = {}
    counting: CountScript = given["count_script"] or "simplified"
    if there:
        with place.gate():
            known, counting = _known(output, given["count_script"])
    job = _job(given, counting, place.shards)
    load = partial(_load, job, output, there, paths, place, report, metadata, given)
    if found is None:
        outcomes = counted_outcomes(replace(job, shards=None), None, paths, report, given)
        return load(_once_each(outcomes, report))
    names = {corpus.printable(source.name) for source in found.sources}
    path, table = metadata
    if table is not None:
        _match(path, table, {*names, *known})
    done = _into_shards(job, found, paths, report, given, known)
    with place.gate():
        made = any(shard for _, shard in done)
        if given["shard"]:
            run = "\n".join([job.digest, *map(os.path.realpath, paths), *given["globs"]])
            parts = place.gather(run, done)
            ordered = [corpus.printable(source.name) for source in found.sources]
            if not _is_all_there(parts, ordered, report):
                return []
            made = any(parts.shards)
            records = shards.merged(ordered, parts.shards)
        else:
            records = _from_shards(dict.fromkeys(shard for _, shard in done if shard))
        if not there and not made and report.counts["failed"]:
            place.clear()
            return []
        others = [name for name in known if name not in names]
        removing = others if prune and found.sources and not found.failures else []
        said = load(records, removing) if not there or made or removing or table is not None else []
        if others and not removing:
            why = "--prune removes them" if not prune else "not removed, for some input is missing"
            said.append(f"{len(others):,} not in the input but kept ({why})")
        place.clear()
    return said


def _into_shards(
    job: "Job",
    found: "Found",
    paths: Sequence[str],
    report: "Report",
    given: dict[str, Any],
    known: Mapping[str, str],
) -> list[tuple[str, str]]:
    """Have this call's documents counted; return their names in order, each with the path of its shard, or ""."""
    clean = finished(found, paths, report) if job.command == "clean" else {}
    share = shared_out(found, given)
    if given["cluster"]:
        job, share = for_cluster(job, share, given)
    return [
        (outcome.name, outcome.shard)
        for outcomes in outcomes_of(job, share, report, given, clean, known)
        for outcome in outcomes
    ]


def _is_all_there(parts: "Parts", names: Sequence[str], report: "Report") -> bool:
    """Tell whether all parts of a run have finished and have all documents between them; if not, the user is told."""
    if parts.waiting:
        numbers = ", ".join(map(str, parts.waiting[:8])) + (", …" if len(parts.waiting) > 8 else "")
        report.tell(f"the documents will be in the database when the other parts have finished: {numbers}")
        return False
    missing = sum(name not in parts.names for name in names)
    if missing:
        report.tell(
            f"warning: the database is as it was, for {missing:,} documents were in no part: the input changed between "
            "the calls; run all parts again"
        )
    return not missing


def _load(
    job: "Job",
    output: str,
    there: bool,
    paths: Sequence[str],
    place: "Workplace",
    report: "Report",
    metadata: "tuple[str | None, Metadata | None]",
    given: dict[str, Any],
    records: "Iterable[Record]",
    remove: Sequence[str] = (),
) -> list[str]:
    """Write records into the database in one transaction, making it if it is not there; return what there is to say."""
    from cnpolicy import corpus
    from cnpolicy.index import Index

    path, table = metadata
    notes = {"options": job.digest, "paths": "\n".join(corpus.printable(os.path.realpath(one)) for one in paths)}
    with Index(
        output if there else place.draft, memory_limit=given["memory_limit"], count_script=job.count_script
    ) as database:
        try:
            change = database.update(records, replace=True, remove=remove, metadata=table, notes=notes)
        except ValueError as problem:
            raise click.UsageError(f"--metadata {corpus.printable(path or '')}: {problem}") from None
        said = _said(change)
        _tell(database, job, report)
        _tell_metadata(database, change, report, path)
        _tell_doubles(database, report)
    if not there:
        place.publish()
    return said


def _known(output: str, count_script: "CountScript | None") -> "tuple[dict[str, str], CountScript]":
    """Return the fingerprints of a database's documents, and the script that it counts in."""
    from cnpolicy.index import Index, Unusable, is_database

    if not is_database(output):
        raise Unusable("it is there already and is no corpus database; choose another name")
    # What a run that was killed had written beside the database goes into it when it is opened for writing.
    read_only = not os.path.exists(f"{output}.wal")
    with Index(output, read_only=read_only, count_script=count_script) as database:
        return database.fingerprints(), database.count_script


def _job(given: dict[str, Any], count_script: "CountScript", shards: str) -> "Job":
    from cnpolicy import manifest

    job = counting_job(given, {"tokens", "masthead"})
    asked = manifest.plain(job.options, job.words) | {"segmented": job.segmented, "count_script": count_script}
    digest = manifest.digest(f"index {job.command}", asked)
    return replace(job, digest=digest, count_script=count_script, shards=shards)


def _once_each(outcomes: "Iterable[Outcome]", report: "Report") -> "Iterator[Record]":
    """Yield what is to be kept of documents from a stream; the second of a name is a failure."""
    from cnpolicy.document import Failure

    seen: set[str] = set()
    for outcome in outcomes:
        if outcome.counted is None:
            continue
        if outcome.name in seen:
            reason = "a document of this name came before; give each a name of its own"
            report.failure(Failure(outcome.name, "index", reason))
            continue
        seen.add(outcome.name)
        yield outcome.counted


def _from_shards(paths: Iterable[str]) -> "Iterator[Record]":
    from cnpolicy.index import shards

    for path in paths:
        yield from shards.read(path)


def _said(change: "Change") -> list[str]:
    counts = {"new": change.added, "changed": change.replaced, "removed": change.removed}
    return [f"{count:,} {what}" for what, count in counts.items() if count]


def _tell(database: "Index", job: "Job", report: "Report") -> None:
    """Tell if the documents of a database were not all read in the same way."""
    sql = "SELECT count(*) FROM document_records WHERE NOT starts_with(fingerprint, ? || ':')"
    ((other,),) = database.query(sql, [job.digest])
    if other:
        report.tell(
            f"warning: {other:,} documents of the database were read with other options or versions; "
            "counts may not be comparable"
        )


def _tell_metadata(database: "Index", change: "Change", report: "Report", metadata: str | None) -> None:
    """Tell which documents have no metadata, and which of these are of no document."""
    if change.strangers:
        names = ", ".join(change.strangers[:3]) + (", …" if len(change.strangers) > 3 else "")
        report.tell(f"warning: {len(change.strangers):,} rows of the metadata are of no document: {names}")
    sql = "SELECT count(*) FROM duckdb_columns() WHERE table_name = 'metadata'"
    ((columns,),) = database.query(sql)
    ((without,),) = database.query("SELECT count(*) FROM document_records ANTI JOIN metadata USING (name)")
    if without and (metadata or columns > 1):
        report.tell(
            f"warning: {without:,} documents have no metadata" + ("" if metadata else "; give --metadata again")
        )


def _tell_doubles(database: "Index", report: "Report") -> None:
    """Tell which documents are there twice, under two names: each counts, as a reprint may be meant to."""
    doubles = [
        names
        for (names,) in database.query(
            """
            SELECT list(name ORDER BY doc_id) AS names
            FROM document_records
            WHERE words > 0 AND sha256 <> ''
            GROUP BY sha256 HAVING count(*) > 1
            ORDER BY min(doc_id)
            """
        )
    ]
    if doubles:
        many = sum(map(len, doubles)) - len(doubles)
        what = "1 document has" if many == 1 else f"{many:,} documents have"
        listed = "; ".join(" = ".join(names[:2]) for names in doubles[:3]) + ("; …" if many > 3 else "")
        report.tell(f"warning: {what} the content of another; each is counted: {listed}")


def _read_metadata(path: str) -> "Metadata":
    """Return the table in a CSV file, whatever encoding it is in."""
    from cnpolicy import corpus, pipeline
    from cnpolicy.document import Failure, Source
    from cnpolicy.index import COLUMNS
    from cnpolicy.index import metadata as tables

    shown = corpus.printable(path)
    try:
        document = pipeline.read(corpus.read(Source(path, path)), path)
        if isinstance(document, Failure):
            raise ValueError(document.reason)
        return tables.read(document.text, COLUMNS)
    except OSError as problem:
        raise click.UsageError(f"--metadata {shown}: {corpus.os_reason(problem)}") from None
    except ValueError as problem:
        raise click.UsageError(f"--metadata {shown}: {problem}") from None


def _match(path: str | None, table: "Metadata", names: set[str]) -> None:
    """Refuse metadata that do not fit the documents, before the work begins."""
    from cnpolicy import corpus
    from cnpolicy.index import metadata as tables

    try:
        tables.match(table, names)
    except ValueError as problem:
        raise click.UsageError(f"--metadata {corpus.printable(path or '')}: {problem}") from None


# ---- reading one -----------------------------------------------------------------------------------------------------


def check_reading(paths: Sequence[str], given: dict[str, Any]) -> None:
    """Refuse ways of reading that do not go together."""
    if given["jsonl"] and paths and list(paths) != ["-"]:
        raise click.UsageError("--jsonl reads standard input; it does not go with a PATH")
    if given["as_is"] and (given["jsonl"] or given["segmented"]):
        raise click.UsageError("--as-is has nothing to do: with --jsonl and --segmented text is counted as it is")


@contextmanager
def selected(
    paths: Sequence[str], report: "Report", given: dict[str, Any], *, columns: bool = False
) -> "Iterator[Selection | None]":
    """Give the documents under the paths for which --where holds; None if every one of them failed.

    A path that is a corpus database is read as it is; otherwise the documents are read into one in memory. `columns`
    says whether the command itself uses the documents' columns. --metadata are joined to documents that are read now.
    """
    from cnpolicy import corpus
    from cnpolicy.document import Failure
    from cnpolicy.index import Unusable, is_database

    check_reading(paths, given)
    for one in paths:
        if one.lower().endswith(_ENDINGS) and os.path.isfile(one) and not is_database(one):
            what = "is empty" if os.path.getsize(one) == 0 else "is none"
            raise click.UsageError(
                f"{corpus.printable(one)} is called a database but {what}; `cnpolicy index` makes one"
            )
    where, by, limit = given["where"], given.get("by"), given["memory_limit"]
    path = given["metadata"]
    databases = [path for path in paths if path != "-" and is_database(path)]
    with ExitStack() as stack:
        if databases:
            _check_database(paths, databases[0])
            if path is not None:
                raise click.UsageError("--metadata of a database are given when it is made: cnpolicy index --metadata")
            try:
                database = stack.enter_context(_opened(databases[0], limit))
            except (Unusable, OSError) as problem:
                report.failure(Failure(databases[0], "open", str(problem)))
                yield None
                return
        else:
            database = stack.enter_context(_opened(None, limit))
            table = None if path is None else _read_metadata(path)
            if table is not None:
                database.update((), metadata=table)  # so that its columns are known
            _check_columns(database, where, by)
            job = counting_job(given, {"tokens", "masthead"} if where or by or columns else {"tokens"})
            found = find_input(paths, given)
            if table is not None and found is not None:
                _match(path, table, {corpus.printable(source.name) for source in found.sources})
            outcomes = counted_outcomes(job, found, paths, report, given)
            records = (one.counted for one in outcomes if one.counted is not None)
            try:
                change = database.update(records, metadata=table)
            except ValueError as problem:
                raise click.UsageError(f"--metadata {corpus.printable(path or '')}: {problem}") from None
            if not change.added and report.counts["failed"]:
                yield None
                return
            if table is not None:
                _tell_metadata(database, change, report, path)
            _tell_doubles(database, report)
        _check_columns(database, where, by)
        selection = _select(database, where)
        if where is not None and selection.query("SELECT count(*) FROM {documents}") == [(0,)]:
            report.tell("warning: --where holds for no document")
        yield selection


def _opened(path: str | None, memory_limit: str | None) -> "Index":
    from cnpolicy.index import Index

    try:
        return Index(path, memory_limit=memory_limit, read_only=path is not None)
    except ValueError as problem:
        raise click.UsageError(f"--memory-limit {memory_limit}: {problem}") from None


def _check_columns(database: "Index", where: str | None, by: str | None) -> None:
    """Refuse a condition or a column that documents do not have; so it is told before the work."""
    _select(database, where)
    if by is not None:
        columns = [name for (name,) in database.query("SELECT column_name FROM (DESCRIBE documents)")]
        if by.lower() not in map(str.lower, columns):
            raise click.UsageError(f"--by: documents have no column {by!r}; they have {', '.join(columns)}")


def _select(database: "Index", where: str | None) -> "Selection":
    try:
        return database.select(where)
    except ValueError as problem:
        raise click.UsageError(f"--where: {problem}") from None


def _check_database(paths: Sequence[str], path: str) -> None:
    """Refuse what cannot be meant for a database: other paths beside it, and options about reading documents."""
    from cnpolicy import corpus

    shown = corpus.printable(path)
    if len(paths) > 1:
        raise click.UsageError(f"{shown} is a database; it goes alone, without other paths")
    context = click.get_current_context()
    for parameter in context.command.params:
        name = parameter.name or ""
        if name in _READING and context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE:
            raise click.UsageError(
                f"{parameter.opts[-1]} has nothing to do: the words of {shown} were made when it was indexed"
            )
