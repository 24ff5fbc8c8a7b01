"""The commands that count: over a folder, files, standard input or a corpus database."""

import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import click

from cnpolicy.cli.databases import selected
from cnpolicy.cli.options import (
    by_option,
    encoding_option,
    filter_options,
    format_option,
    glob_option,
    jobs_option,
    jsonl_option,
    least_option,
    paths_argument,
    quiet_option,
    segmentation,
    selection_options,
    stopwords_option,
    top_option,
    word_options,
)
from cnpolicy.cli.reading import counted_outcomes, counting_job, documents_of, find_input

if TYPE_CHECKING:
    from cnpolicy.index import Selection
    from cnpolicy.report import Format, Report
    from cnpolicy.stats.counting import Filters
    from cnpolicy.stats.table import Table

# Longest bar of a plot in a terminal, in characters.
_BAR = 32

_word = click.option("-w", "--word", required=True, metavar="WORD", help="The word.")


def _finish(report: "Report", paths: Sequence[str]) -> int:
    """Tell how many documents were counted, if there could be several, and return the exit status."""
    if len(paths) > 1 or (paths and os.path.isdir(paths[0])):
        report.summary("counted")
    return report.exit_status


def _measure(
    paths: Sequence[str],
    form: "Format | None",
    given: dict[str, Any],
    measure: "Callable[[Selection], Table]",
    *,
    drawn: "Callable[[Table], Table] | None" = None,
    columns: bool = False,
    note: str = "",
    words: Sequence[str] = (),
    empty: str = "",
) -> int:
    """Print what a measure makes of the documents under the paths, and return the exit status.

    `drawn` makes of it what a terminal shows; `columns` says whether the measure reads the documents' columns; `note`
    is told beside the table, and of the `words` that were asked for which longer words they are a part of. `empty` is
    told where nothing was found.
    """
    from cnpolicy.report import Report, default_format, show
    from cnpolicy.stats.groups import grouped

    for word in words:
        if not word or len(word.split()) != 1:
            raise click.UsageError(f"-w takes one word, not {word!r}; phrases and patterns go with `cnpolicy kwic`")
    report = Report(quiet=given["quiet"])
    with selected(paths, report, given, columns=columns) as selection:
        if selection is not None:
            by = given.get("by")
            try:
                if by is None:
                    tables = [measure(selection)]
                else:
                    tables = grouped(selection, by, lambda part: [measure(part)])
            except ValueError as problem:
                raise click.UsageError(str(problem)) from None
            show(tables, form or default_format(), None if drawn is None else [drawn(table) for table in tables])
            if note:
                report.tell(note)
            for word in words:
                _tell_longer(selection, word, report)
            if empty and not any(table.rows for table in tables):
                report.tell(empty)
    return _finish(report, paths)


_LONGER = 3  # so many longer words are named


def _tell_longer(selection: "Selection", word: str, report: "Report") -> None:
    """Tell that a word is not in the corpus, and of which longer words, which are counted apart, it is a part."""
    from cnpolicy.corpus import printable

    spelt = selection.index.spelt(word)
    counts: dict[str, int] = dict(
        selection.query(
            """
            SELECT term, count(*) AS n FROM {tokens} JOIN terms USING (term_id)
            WHERE is_word AND contains(term, $word) GROUP BY term ORDER BY n DESC, term
            """,
            {"word": spelt},
        )
    )
    found = counts.pop(spelt, 0)
    if found and not counts:
        return
    said = f"{printable(word)}: a word {found:,} times" if found else f"{printable(word)}: no word of these documents"
    if counts:
        named = ", ".join(f"{printable(term)} {n:,}" for term, n in list(counts.items())[:_LONGER])
        more = ", …" if len(counts) > _LONGER else ""
        said += (
            f"; in longer words, which are counted apart, {sum(counts.values()):,} times ({named}{more}); "
            f"`cnpolicy kwic --regex -w '.*{printable(word)}.*'` shows all"
        )
    report.tell(said)


def _filters(given: dict[str, Any]) -> "Filters":
    from cnpolicy.stats.counting import Filters

    return Filters(given["pos"], given["min_length"], given["stopwords"], given["keep"])


@click.command()
@paths_argument
@click.option(
    "--top", type=click.IntRange(min=0), default=20, show_default=True, metavar="N", help="How many words to list."
)
@click.option(
    "--min-length", type=click.IntRange(min=1), default=1, metavar="N", help="List only words of so many characters."
)
@by_option
@selection_options
def stats(paths: tuple[str, ...], form: "Format | None", top: int, min_length: int, **given: Any) -> int:
    """Report on a corpus: its size, its words, its encodings and its damage.

    Documents are cleaned on the way, unless they are the output of `cnpolicy clean`, come with --jsonl or --segmented,
    or are taken --as-is. Words are counted in Simplified; a word is a token with a letter, a digit or a Chinese
    character. Characters are counted without spaces and line ends. A sentence ends with 。 ！ ？ …… or its line.

    \b
    cnpolicy stats speeches/
    cnpolicy stats cleaned --top 50 --min-length 2
    cnpolicy stats cleaned --format csv > report.csv
    cnpolicy stats corpus.duckdb --where "year >= 2012" --by year
    cnpolicy clean speeches/ --jsonl | cnpolicy segment --jsonl | cnpolicy stats --jsonl
    """
    from cnpolicy.report import Report, default_format, show
    from cnpolicy.stats.overview import overview

    report = Report(quiet=given["quiet"])
    with selected(paths, report, given) as selection:
        if selection is not None:
            show(overview(selection, top, min_length, given["by"]), form or default_format())
    return _finish(report, paths)


@click.command()
@paths_argument
@top_option(100)
@least_option(1)
@filter_options
@by_option
@selection_options
def freq(paths: tuple[str, ...], form: "Format | None", top: int, min_frequency: int, **given: Any) -> int:
    """List the words, the most frequent first, with how evenly they are spread over the documents.

    Frequency, per million, range (documents), Juilland's D, Gries' DP and DPnorm, the Kullback-Leibler divergence, and
    the average reduced frequency. Punctuation and numbers are left out unless you --keep them.

    \b
    cnpolicy freq speeches/ --stopwords zh --min-length 2
    cnpolicy freq corpus.duckdb --pos n --pos vn --by year --top 20
    cnpolicy freq corpus.duckdb --top 0 --format csv > words.csv
    """
    from cnpolicy.stats.words import frequencies

    filters = _filters(given)
    return _measure(
        paths,
        form,
        given,
        lambda selection: frequencies(selection, filters, top=top or None, min_frequency=min_frequency),
    )


def _lengths(_: click.Context, __: click.Parameter, value: str) -> tuple[int, int]:
    """Return the shortest and the longest length that -n names."""
    shortest, _dash, longest = value.replace("..", "-").partition("-")
    try:
        return int(shortest), int(longest or shortest)
    except ValueError:
        raise click.BadParameter(f"{value!r} is neither a length (2) nor two (2-4)") from None


@click.command()
@paths_argument
@click.option(
    "-n",
    "lengths",
    default="2",
    show_default=True,
    metavar="N|N-M",
    callback=_lengths,
    help="How many words; from 2 to 6.",
)
@click.option("--subsume", is_flag=True, help="Do not count what is part of a longer one in the list.")
@top_option(100)
@least_option(2)
@stopwords_option
@by_option
@selection_options
def ngrams(
    paths: tuple[str, ...],
    form: "Format | None",
    lengths: tuple[int, int],
    subsume: bool,
    top: int,
    min_frequency: int,
    **given: Any,
) -> int:
    """List the sequences of words within sentences, the most frequent first.

    Those that begin or end with a stop word are left out. --subsume counts an occurrence within a longer sequence of
    the list for that one alone.

    \b
    cnpolicy ngrams speeches/ -n 3 --stopwords zh
    cnpolicy ngrams corpus.duckdb -n 2-5 --subsume --min-frequency 10
    """
    from cnpolicy.stats import ngrams as measure

    stopwords = given["stopwords"]
    return _measure(
        paths,
        form,
        given,
        lambda selection: measure.ngrams(
            selection,
            *lengths,
            top=top or None,
            min_frequency=min_frequency,
            stopwords=stopwords,
            subsume=subsume,
        ),
    )


@click.command()
@paths_argument
@_word
@click.option(
    "--window", type=click.IntRange(min=1), default=5, show_default=True, metavar="N", help="Words on either side."
)
@click.option("--left", type=click.IntRange(min=0), metavar="N", help="Words to the left.  [default: as --window]")
@click.option("--right", type=click.IntRange(min=0), metavar="N", help="Words to the right.  [default: as --window]")
@click.option("--sentence", is_flag=True, help="The whole sentence instead of a window.")
@click.option("--sort", default="log_dice", show_default=True, metavar="COLUMN", help="The column to sort by.")
@top_option(50)
@least_option(3)
@filter_options
@by_option
@selection_options
def collocates(
    paths: tuple[str, ...],
    form: "Format | None",
    word: str,
    window: int,
    left: int | None,
    right: int | None,
    sentence: bool,
    sort: str,
    top: int,
    min_frequency: int,
    **given: Any,
) -> int:
    """List the words that stand near a word more often than by chance.

    With MI, MI3, t, log-likelihood (four cells), logDice and delta P both ways. How they are counted is told beside
    the table, on standard error.

    \b
    cnpolicy collocates speeches/ -w 改革
    cnpolicy collocates corpus.duckdb -w 改革 --sentence --sort log_likelihood --where "year < 2013"
    """
    from cnpolicy.stats import collocates as measure

    if sentence and (left is not None or right is not None):
        raise click.UsageError("--sentence is the whole sentence; it does not go with --left and --right")
    before = None if sentence else window if left is None else left
    after = None if sentence else window if right is None else right
    filters = _filters(given)
    return _measure(
        paths,
        form,
        given,
        lambda selection: measure.collocates(
            selection,
            selection.index.spelt(word),
            filters,
            left=before,
            right=after,
            sort=sort,
            top=top or None,
            min_frequency=min_frequency,
        ),
        note=measure.CONVENTION,
        words=(word,),
    )


@click.command()
@click.argument("paths", nargs=-1, metavar="A [B]")
@click.option("--sort", default="g2", show_default=True, metavar="COLUMN", help="The column to sort by.")
@click.option("--chi-squared", is_flag=True, help="Also Pearson's chi squared.")
@click.option(
    "--constant",
    type=click.FloatRange(min=0, min_open=True),
    default=1,
    show_default=True,
    metavar="K",
    help="What simple maths adds to both relative frequencies.",
)
@top_option(100)
@least_option(1)
@filter_options
@selection_options
def keyness(
    paths: tuple[str, ...],
    form: "Format | None",
    sort: str,
    chi_squared: bool,
    constant: float,
    top: int,
    min_frequency: int,
    **given: Any,
) -> int:
    """Compare the words of two corpora: A with B, or the documents of A for which --where holds with all others.

    With G2 of two terms and of four cells, log ratio, %DIFF, odds ratio, BIC, simple maths, and p after Holm and after
    Benjamini and Hochberg.

    \b
    cnpolicy keyness speeches/2008 speeches/2018
    cnpolicy keyness corpus.duckdb --where "year >= 2012" --sort log_ratio
    """
    from cnpolicy.report import Report, default_format, show
    from cnpolicy.stats import keyness as measure

    if len(paths) > 2 or (len(paths) == 2 and "-" in paths):
        raise click.UsageError("keyness compares two corpora, A and B; put several paths into a folder or a database")
    if len(paths) < 2 and given["where"] is None:
        raise click.UsageError(
            "with what is it to be compared? Name two corpora, or choose documents of one by --where"
        )
    if len(paths) == 2 and os.path.realpath(paths[0]) == os.path.realpath(paths[1]):
        raise click.UsageError("A and B are the same; to compare parts of one corpus, choose one part by --where")
    report = Report(quiet=given["quiet"])
    with ExitStack() as stack:
        sides: list[Selection | None]
        if len(paths) == 2:
            sides = [stack.enter_context(selected([path], report, given)) for path in paths]
        else:
            side = stack.enter_context(selected(paths, report, given))
            rest = None if side is None else side.index.select(f"NOT coalesce(({given['where']}\n), false)")
            sides = [side, rest]
        first, second = sides
        if first is not None and second is not None:
            try:
                table = measure.keyness(
                    first,
                    second,
                    _filters(given),
                    sort=sort,
                    top=top or None,
                    min_frequency=min_frequency,
                    constant=constant,
                    chi_squared=chi_squared,
                )
            except ValueError as problem:
                raise click.UsageError(str(problem)) from None
            show([table], form or default_format())
    return _finish(report, paths)


@click.command()
@paths_argument
@click.option("-w", "--word", required=True, metavar="PATTERN", help="A word, or several with spaces between.")
@click.option("--regex", is_flag=True, help="Each word of the pattern is a regular expression for a whole word.")
@click.option(
    "--width", type=click.IntRange(min=0), default=10, show_default=True, metavar="N", help="Words on either side."
)
@click.option(
    "--sort",
    type=click.Choice(["document", "left", "right", "position"]),
    default="document",
    show_default=True,
    help="By the document, what is to the left or right, or the place in the document.",
)
@top_option(1000)
@selection_options
def kwic(
    paths: tuple[str, ...], form: "Format | None", word: str, regex: bool, width: int, sort: Any, top: int, **given: Any
) -> int:
    """Show every place of a word or phrase in its context (a concordance).

    \b
    cnpolicy kwic speeches/ -w 改革
    cnpolicy kwic corpus.duckdb -w "深化 改革" --sort right
    cnpolicy kwic corpus.duckdb -w ".*改革" --regex --where "year = 2012"
    """
    from cnpolicy.report import concordance as fitted
    from cnpolicy.stats import concordance

    return _measure(
        paths,
        form,
        given,
        lambda selection: concordance.kwic(
            selection,
            word if regex else selection.index.spelt(word),
            regex=regex,
            width=width,
            sort=sort,
            top=top or None,
        ),
        drawn=fitted,
        words=() if regex or len(word.split()) != 1 else (word,),
        empty="no place matches" + ("" if regex else "; with --regex, each word of -w is a pattern for a whole word"),
    )


@click.command()
@paths_argument
@click.option("-w", "--word", "words", required=True, multiple=True, metavar="WORD", help="A word (repeatable).")
@selection_options
def timeline(paths: tuple[str, ...], form: "Format | None", words: tuple[str, ...], **given: Any) -> int:
    """Show how frequent words are year by year; in a terminal with a bar for each.

    The years are those of the documents' mastheads; where these have none, those of file and folder names.

    \b
    cnpolicy timeline speeches/ -w 改革 -w 稳定
    cnpolicy timeline corpus.duckdb -w 改革 --format csv > reform.csv
    """
    from cnpolicy import corpus
    from cnpolicy.stats import timeline as measure

    for path in paths:
        # A shell takes the second word of `-w 改革 稳定` for a path; a misspelt file name keeps no others
        # from being counted.
        if path.isalnum() and not os.path.lexists(path):
            raise click.UsageError(
                f"there is no file or folder {corpus.printable(path)}; if it is a word, it needs a -w of its own"
            )
    return _measure(
        paths,
        form,
        given,
        lambda selection: measure.timeline(selection, [selection.index.spelt(word) for word in words]),
        drawn=_plotted,
        columns=True,
        words=words,
    )


def _plotted(table: "Table") -> "Table":
    """Return the words, years and relative frequencies of a timeline with a bar for each."""
    columns = ("term", "year", "per_million", "documents")
    places = [table.columns.index(column) for column in columns]
    most = max((row[places[2]] or 0 for row in table.rows), default=0)
    # As text, for years have no thousands.
    rows = [
        (
            row[places[0]],
            "–" if row[places[1]] is None else str(row[places[1]]),
            row[places[2]],
            row[places[3]],
            "█" * round(_BAR * (row[places[2]] or 0) / most) if most else "",
        )
        for row in table.rows
    ]
    return table._replace(columns=(*columns, "plot"), rows=rows)


@click.command()
@click.argument("document", metavar="FILE")
@paths_argument
@click.option(
    "--shared", type=click.IntRange(min=0), default=5, show_default=True, metavar="N", help="Shared words to name."
)
@top_option(10)
@selection_options
def similar(document: str, paths: tuple[str, ...], form: "Format | None", shared: int, top: int, **given: Any) -> int:
    """Find the documents nearest to one (cosine of TF-IDF), and the words that they share.

    FILE is a document of the corpus, by its name there (its last part will do if it is unique), or any other file.

    \b
    cnpolicy similar speeches/2010.txt speeches/
    cnpolicy similar 2012/opening.txt corpus.duckdb --top 3
    """
    from cnpolicy.stats import similarity

    if not paths:
        raise click.UsageError("similar needs a PATH to look in: cnpolicy similar FILE PATH")

    def measure(selection: "Selection") -> "Table":
        number, words = _the_document(document, selection, given)
        return similarity.similar(selection, doc_id=number, words=words, top=top or None, shared=shared)

    return _measure(paths, form, given, measure)


def _the_document(
    path: str, selection: "Selection", given: dict[str, Any]
) -> "tuple[int | None, Sequence[str] | None]":
    """Return the number of a document of the selection, by name or content; else the words of a file.

    The last part of a name will do where no such file is there and no other document's name ends so.
    """
    import hashlib

    from cnpolicy import corpus
    from cnpolicy.document import Source
    from cnpolicy.report import Report

    found = selection.query("SELECT doc_id FROM {documents} WHERE name = ?", [corpus.printable(path)])
    if found:
        return int(found[0][0]), None
    try:
        digest = hashlib.sha256(corpus.read(Source(path, path))).hexdigest()
    except OSError as problem:
        shown = corpus.printable(path)
        ending = selection.query("SELECT doc_id, name FROM {documents} WHERE ends_with(name, '/' || ?)", [shown])
        if len(ending) == 1:
            return int(ending[0][0]), None
        if ending:
            several = " or ".join(sorted(name for _, name in ending)[:2])
            raise click.UsageError(f"{shown} could be {several}; write the whole name") from None
        raise click.UsageError(
            f"{shown} is no document of the corpus, and no file: {corpus.os_reason(problem)}"
        ) from None
    found = selection.query("SELECT doc_id FROM {documents} WHERE sha256 = ? ORDER BY name", [digest])
    if found:
        return int(found[0][0]), None
    job = counting_job(given, {"document", "words"})
    outcomes = list(counted_outcomes(job, corpus.find([path]), [path], Report(quiet=True), given | {"jobs": 1}))
    if not outcomes or outcomes[0].document is None:
        failure = outcomes[0].failure if outcomes else None
        raise click.UsageError(f"{corpus.printable(path)}: {failure.reason if failure else 'is no text'}")
    return None, outcomes[0].document.words


@click.command()
@paths_argument
@jsonl_option
@click.option("--as-is", is_flag=True, help="Take the text as it is; do not clean it on the way.")
@click.option(
    "--min-count", type=click.IntRange(min=2), default=5, show_default=True, metavar="N", help="How often at least."
)
@click.option(
    "--top", type=click.IntRange(min=1), default=100, show_default=True, metavar="N", help="How many to list."
)
@click.option("--to", "target", type=click.Choice(["userdict"]), help="Write what --userdict reads, not a table.")
@word_options
@glob_option
@encoding_option
@jobs_option
@format_option
@quiet_option
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
    found = find_input(paths, given)
    texts = (document.text for document in documents_of(found, paths, report, given))
    listed = discover_with(segmentation(given), texts, least=min_count)[:top]
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
