"""The options that several commands share, and what the chain makes of them."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from cnpolicy.manifest import Shard
    from cnpolicy.rules import Options
    from cnpolicy.segment import Settings

Command = TypeVar("Command", bound=Callable[..., Any])
Entry = TypeVar("Entry")

SCRIPTS = ("auto", "simplified", "traditional", "tw", "hk", "keep")

paths_argument = click.argument("paths", nargs=-1, metavar="[PATH]...")
quiet_option = click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors.")
glob_option = click.option(
    "--glob", "globs", multiple=True, metavar="PATTERN", help="In folders, also take files whose names match this."
)
jobs_option = click.option(
    "-j",
    "--jobs",
    type=click.IntRange(min=1),
    default=None,
    metavar="N",
    help="Processes to use.  [default: all cores]",
)
only_option = click.option("--only", multiple=True, metavar="RULE", help="Run this rule and no other (repeatable).")
skip_option = click.option("--skip", multiple=True, metavar="RULE", help="Do not run this rule (repeatable).")
certainty_option = click.option(
    "--certainty",
    type=click.Choice(["certain", "inferred"]),
    default="inferred",
    show_default=True,
    help="The least certain changes to make; the others are reported.",
)


def together(*decorators: Callable[[Command], Command]) -> Callable[[Command], Command]:
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


encoding_option = together(
    click.option("--encoding", metavar="NAME", help="Read all input in this encoding.  [default: told from the bytes]"),
    click.option("--encoding-hint", metavar="NAME", help="Where the bytes leave a doubt, prefer this encoding."),
)
restore_option = click.option(
    "--restore",
    metavar="P",
    default="0.9",
    show_default=True,
    callback=_probability,
    help="In mojibake that lost bytes, put in a character that is at least so sure (0: the best guess; off: none).",
)


def read_list(path: str, option: str, read: "Callable[[str], Iterable[Entry]]") -> "list[Entry]":
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
    from cnpolicy import chrome

    return tuple(read_list(path, "--chrome", chrome.read_list))


chrome_option = click.option(
    "--chrome",
    metavar="FILE",
    type=click.Path(),
    callback=_lines,
    help="Also remove the lines in FILE from heads and tails; `cnpolicy chrome` writes it.",
)
script_option = click.option(
    "--script",
    type=click.Choice(SCRIPTS),
    default="auto",
    show_default=True,
    help="Chinese script to write; auto only brings back to Simplified what a machine made Traditional.",
)
format_option = click.option(
    "--format",
    "form",
    type=click.Choice(["table", "tsv", "csv", "jsonl"]),
    default=None,
    help="How to print tables.  [default: table on a terminal, else tsv]",
)


def _shard(_: click.Context, __: click.Parameter, value: str | None) -> "Shard | None":
    """Return the part of a run that --shard names."""
    if value is None:
        return None
    from cnpolicy.manifest import Shard

    number, _slash, of = value.partition("/")
    # Nobody has more parts than there are digits for here; int() would refuse very many with a traceback.
    if number.isdecimal() and of.isdecimal() and len(number) <= len(of) < 10 and 1 <= int(number) <= int(of):
        return Shard(int(number), int(of))
    raise click.BadParameter(f"{value!r} is no part such as 2/8, the second of eight")


cluster_option = click.option(
    "--cluster", metavar="ADDRESS", help="Have the work done by the Dask cluster of this scheduler (tcp://host:8786)."
)
shard_option = click.option(
    "--shard",
    callback=_shard,
    metavar="I/N",
    help="Only the I-th of N parts of the input; the call that finishes last writes the manifest of all.",
)
output_options = together(
    click.option("-o", "--output", type=click.Path(), metavar="DIR", help="Write a tree of .txt files and a manifest."),
    click.option("--jsonl", is_flag=True, help="Documents as JSON Lines, in (without PATH) and out."),
    jobs_option,
    cluster_option,
    shard_option,
    glob_option,
    click.option("--force", is_flag=True, help="Write to DIR whatever it holds, and do everything anew."),
    quiet_option,
)
review_options = together(
    click.option("--check", is_flag=True, help="Write nothing; exit 1 if any file would change."),
    click.option("--diff", is_flag=True, help="Write nothing but a unified diff, to standard output."),
)
rule_options = together(
    click.option("--audit", type=click.Path(), metavar="FILE", help="Write every finding to FILE as JSON Lines."),
    only_option,
    skip_option,
    certainty_option,
)
stage_options = together(output_options, review_options, rule_options, encoding_option)


word_options = together(
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


def segmentation(given: dict[str, Any]) -> "Settings":
    """Return how to segment; a usage error if a dictionary cannot be read."""
    from cnpolicy.segment import Settings, read_user_words

    words = [word for path in given["userdicts"] for word in read_list(path, "--userdict", read_user_words)]
    return Settings(given["engine"], not given["no_hmm"], given["split_numbers"], given["lexicon"], tuple(words))


def build(command: str, **given: Any) -> "Options":
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


jsonl_option = click.option("--jsonl", is_flag=True, help="Read documents as JSON Lines from standard input.")
segmented_option = click.option("--segmented", is_flag=True, help="The words are separated by spaces already.")
as_is_option = click.option("--as-is", is_flag=True, help="Count the text as it is; do not clean it on the way.")
memory_option = click.option(
    "--memory-limit", metavar="SIZE", help="How much the database may hold in memory (2GB).  [default: 80 % of it]"
)
where_option = click.option(
    "--where",
    metavar="CONDITION",
    help='Only documents for which this SQL condition on their columns holds: "year >= 2012".',
)


def _one_table(_: click.Context, __: click.Parameter, files: tuple[str, ...]) -> str | None:
    if len(files) > 1:
        raise click.BadParameter("one file a call; `cnpolicy index`, called again with the next, adds it")
    return files[0] if files else None


metadata_option = click.option(
    "--metadata",
    type=click.Path(),
    metavar="FILE",
    multiple=True,
    callback=_one_table,
    help="Add the columns of a CSV file, joined by `name`.",
)
selection_options = together(
    where_option,
    metadata_option,
    jsonl_option,
    segmented_option,
    as_is_option,
    word_options,
    glob_option,
    encoding_option,
    jobs_option,
    memory_option,
    format_option,
    quiet_option,
)


def _stopwords(_: click.Context, __: click.Parameter, value: str) -> frozenset[str]:
    """Return the words of the list that --stopwords names."""
    from cnpolicy import corpus
    from cnpolicy.stats.stopwords import stopwords

    try:
        return stopwords(value)
    except OSError as problem:
        raise click.BadParameter(f"{corpus.printable(value)}: {corpus.os_reason(problem)}") from None
    except UnicodeDecodeError:
        reason = "it is not in UTF-8; `cnpolicy decode` it first"
        raise click.BadParameter(f"{corpus.printable(value)}: {reason}") from None


def top_option(listed: int) -> Callable[[Command], Command]:
    """Return the option that says how many rows to list."""
    return click.option(
        "--top",
        type=click.IntRange(min=0),
        default=listed,
        show_default=True,
        metavar="N",
        help="How many to list (0: all).",
    )


def least_option(least: int) -> Callable[[Command], Command]:
    """Return the option that says how frequent a row must be."""
    return click.option(
        "--min-frequency",
        type=click.IntRange(min=1),
        default=least,
        show_default=True,
        metavar="N",
        help="How often at least.",
    )


stopwords_option = click.option(
    "--stopwords",
    default="none",
    show_default=True,
    metavar="zh|none|FILE",
    callback=_stopwords,
    help="Leave out function words, nothing, or the words in FILE (one a line).",
)
filter_options = together(
    click.option("--pos", multiple=True, metavar="TAG", help="Only this part of speech, as n, v, ns (repeatable)."),
    click.option(
        "--min-length", type=click.IntRange(min=1), default=1, metavar="N", help="Only words of so many characters."
    ),
    stopwords_option,
    click.option("--keep", is_flag=True, help="Count and list punctuation and numbers, too."),
)
by_option = click.option("--by", metavar="COLUMN", help="A table for each value of a column of the documents (year).")
