"""What a person or a program is shown: tables, summaries, progress, findings in context, and the exit status."""

import json
import os
import re
import sys
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, NoReturn, TextIO

from cnpolicy.corpus import os_reason, printable
from cnpolicy.document import Document, Failure
from cnpolicy.findings import Finding
from cnpolicy.stats.table import Table

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from cnpolicy.runs import Outcome

Format = Literal["table", "tsv", "csv", "jsonl"]
FORMATS: tuple[Format, ...] = ("table", "tsv", "csv", "jsonl")

DONE, WOULD_CHANGE, USAGE, SOME_FAILED, INTERRUPTED = 0, 1, 2, 3, 130

# Control characters never reach a terminal from a file, nor what turns the direction of text around: each is shown as
# its picture (U+2400 …) or as U+FFFD.
_BIDIRECTIONAL = (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
_VISIBLE = {
    **{code: 0x2400 + code for code in range(32)},
    0x7F: 0x2421,
    **dict.fromkeys((*range(0x80, 0xA0), 0x2028, 0x2029, *_BIDIRECTIONAL), 0xFFFD),
}
# In text of several lines only what ends a line, or leads to the next column, has its effect.
_VISIBLE_LINES = {code: shown for code, shown in _VISIBLE.items() if code not in (ord("\n"), ord("\t"))}
# In tab-separated values they are escaped.
_ESCAPED = {
    **{code: f"\\x{code:02x}" for code in (*range(32), *range(0x7F, 0xA0))},
    ord("\t"): "\\t",
    ord("\n"): "\\n",
    ord("\r"): "\\r",
}
# What a spreadsheet would take for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_QUOTED = re.compile('[,"\r\n]')
# A column no wider than this is not broken into lines.
NARROW = 30
# So wide at least are lines of text that is broken.
BROKEN = 10
# So wide can the name of a document be in a concordance.
NAME = 28
# How many characters of text are shown on either side of a finding.
AROUND = 16


def visible(text: str) -> str:
    """Return the text with control characters made visible, so that it cannot steer a terminal."""
    return text.translate(_VISIBLE)


def visible_lines(text: str) -> str:
    """Return text of several lines with control characters made visible but for line ends and tabulators."""
    return text.translate(_VISIBLE_LINES)


def default_format() -> Format:
    """Return `table` if standard output is a terminal, else `tsv`."""
    return "table" if sys.stdout.isatty() else "tsv"


def console(stream: TextIO | None = None, **settings: Any) -> "Console":
    """Return a rich console for a stream (standard output if none is given)."""
    from rich.console import Console

    made = Console(file=stream or sys.stdout, highlight=False, soft_wrap=False, **settings)
    made.on_broken_pipe = _pipe_closed  # type: ignore[method-assign]
    return made


def _pipe_closed() -> NoReturn:
    """Leave a closed pipe to the program, for which it is the end and no failure; rich would exit with status 1."""
    raise BrokenPipeError


def show(tables: Sequence[Table], form: Format, drawn: Sequence[Table] | None = None) -> None:
    """Print tables; `drawn` are narrower ones for a terminal, where all columns would not fit.

    With several tables a machine format is one long table: section, item, value.
    """
    if form == "table":
        out = console()
        for table in drawn or tables:
            shown, left_out = fitting(table, out.width)
            out.print(rich_table(shown, titled=len(tables) > 1))
            if left_out:
                names = ", ".join(left_out)
                out.print(f"no room for {names}; a wider terminal shows them, --format tsv has them", style="dim")
        return
    table = tables[0] if len(tables) == 1 else long(tables)
    text = _machine(table, form)
    sys.stdout.write(visible_lines(text) if sys.stdout.isatty() else text)


def fitting(table: Table, width: int) -> tuple[Table, tuple[str, ...]]:
    """Return a table without the last of its columns that find no room in so many cells, and the names of those.

    A number or a short word that is cut off is another one. Text that is long can be broken; it asks for little room.
    """
    from rich.cells import cell_len

    room = width
    for kept, column in enumerate(table.columns):
        cells = max((cell_len(_shown(row[kept])) for row in table.rows), default=0)
        breaks = cells > NARROW or _is_remark(table, kept)
        room -= max(len(column), min(cells, BROKEN) if breaks else cells) + 3  # two blanks and the line of the box
        if room < 0 and kept:
            rows = [row[:kept] for row in table.rows]
            return table._replace(columns=table.columns[:kept], rows=rows), table.columns[kept:]
    return table, ()


def _is_remark(table: Table, column: int) -> bool:
    """Tell whether a column is the last and of text, which can be broken."""
    return column + 1 == len(table.columns) and column > 0 and any(isinstance(row[column], str) for row in table.rows)


def long(tables: Sequence[Table]) -> Table:
    """Return several tables as one of three columns: section, item, value.

    The texts of a row name the item. With more than one number in a row, the section takes the column's name too.
    """
    rows: list[tuple[Any, ...]] = []
    for table in tables:
        keys = [i for i, _ in enumerate(table.columns) if any(isinstance(row[i], str) for row in table.rows)] or [0]
        values = [i for i, _ in enumerate(table.columns) if i not in keys]
        for row in table.rows:
            item = " ".join(str(row[i]) for i in keys)
            for i in values:
                section = table.section if len(values) == 1 else f"{table.section}.{table.columns[i]}"
                rows.append((section, item, row[i]))
    return Table("", ("section", "item", "value"), rows)


def _machine(table: Table, form: Format) -> str:
    if form == "jsonl":
        records = (dict(zip(table.columns, map(_number, row), strict=True)) for row in table.rows)
        return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    lines = [[_cell(value, form) for value in row] for row in (table.columns, *table.rows)]
    if form == "csv":
        return "".join(",".join(map(_quoted, line)) + "\n" for line in lines)
    return "".join("\t".join(line) + "\n" for line in lines)


def _number(value: Any) -> Any:
    """Return floats at 6 significant digits; everything else as it is."""
    return float(f"{value:.6g}") if isinstance(value, float) else value


def _cell(value: Any, form: Format) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        return f"{value:.6g}" if isinstance(value, float) else str(value)
    if form == "csv":
        return "'" + value if value.startswith(_FORMULA) else value
    return value.translate(_ESCAPED)


def _quoted(cell: str) -> str:
    """Return a cell of CSV, in quotation marks if need be; Python's csv leaves a lone carriage return bare."""
    return '"' + cell.replace('"', '""') + '"' if _QUOTED.search(cell) else cell


def rich_table(table: Table, *, titled: bool) -> Any:
    """Return a table for a rich console; numbers stand to the right, with thousands separated."""
    from rich import box
    from rich.cells import cell_len
    from rich.table import Table as RichTable
    from rich.text import Text

    grid = RichTable(
        title=table.section.replace("_", " ") if titled else None,
        title_style="bold",
        title_justify="left",
        box=box.SIMPLE_HEAD,
        header_style="dim",
        pad_edge=False,
    )
    for i, column in enumerate(table.columns):
        numeric = bool(table.rows) and all(not isinstance(row[i], str) for row in table.rows)
        narrow = all(cell_len(_shown(row[i])) <= NARROW for row in table.rows) and not _is_remark(table, i)
        # A concordance: the contexts lean on what was found.
        leaning = column == "left" and "match" in table.columns
        grid.add_column(
            column.replace("_", " "),
            justify="right" if numeric or leaning else "left",
            overflow="fold",
            no_wrap=narrow,
            style="bold red" if column == "match" else None,
        )
    for row in table.rows:
        grid.add_row(*(Text(_shown(value)) for value in row))
    return grid


def concordance(table: Table) -> Table:
    """Return a concordance that fits the terminal: a line for each place, contexts cut to the room there is."""
    from rich.cells import cell_len

    rows = [(document, *map(visible, texts)) for document, _, *texts in table.rows]
    name = min(NAME, max((cell_len(visible(row[0])) for row in rows), default=0))
    match = max((cell_len(row[2]) for row in rows), default=0)
    room = max(8, (console().width - name - match - 8) // 2)  # 8: what stands between columns
    fitted = [
        (_fit(visible(document), name), _fit(left, room, from_end=True), found, _fit(right, room))
        for document, left, found, right in rows
    ]
    return Table(table.section, ("document", "left", "match", "right"), fitted)


def _fit(text: str, cells: int, *, from_end: bool = False) -> str:
    """Return as much of a text as goes into so many cells of a terminal, from its beginning or its end."""
    from rich.cells import cell_len

    while cell_len(text) > cells:
        text = text[1:] if from_end else text[:-1]
    return text


def _shown(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, str):
        return visible(value)
    return f"{value:,}" if isinstance(value, int) else f"{value:,.6g}"


class Report:
    """What a run comes to: it tells failures as they happen, counts, and owns the exit status."""

    def __init__(self, *, quiet: bool = False, check: bool = False) -> None:
        self.quiet = quiet
        self.check = check
        self.interrupted = False
        self.counts: Counter[str] = Counter()
        self.size = 0
        self.skipped: Counter[str] = Counter()
        self._progress: Any = None
        self._bar: Any = None

    def failure(self, failure: Failure) -> None:
        """Tell of a document that could not be processed."""
        self.counts["failed"] += 1
        self.error(f"{printable(failure.name)}: {failure.stage}: {failure.reason}")

    def error(self, message: str) -> None:
        """Write an error to standard error; also when quiet."""
        self._write(f"cnpolicy: {message}")

    def tell(self, message: str) -> None:
        """Write something worth knowing to standard error, unless quiet."""
        if not self.quiet:
            self._write(message)

    def _write(self, message: str) -> None:
        line = visible(message) + "\n"
        if self._progress is not None:
            self._progress.console.print(line, end="", markup=False, highlight=False, soft_wrap=True)
            return
        # Nothing that happens to standard error may stop the work.
        with suppress(OSError):
            sys.stderr.write(line)
            sys.stderr.flush()

    def outcome(self, outcome: "Outcome") -> None:
        """Count what became of one document."""
        self.size += outcome.size
        if outcome.status == "part":
            pass  # what became of the file is told after the last of its parts
        elif outcome.failure is not None:
            self.failure(outcome.failure)
        else:
            self.counts[outcome.status] += 1
            self.counts["changed"] += outcome.changed
            if self.check and outcome.changed:
                self.tell(f"would change: {printable(outcome.name)}")
            for warning in outcome.warnings:
                self.tell(f"warning: {printable(outcome.name)}: {warning}")
        if self._progress is not None:
            self._progress.update(
                self._bar, advance=outcome.size, name=visible(printable(outcome.name)), failed=self.counts["failed"]
            )

    @contextmanager
    def progress(self, documents: int, size: int) -> Iterator[None]:
        """Show the progress of a run of so many documents and bytes while the block runs, if anybody watches."""
        if self.quiet or documents < 2 or not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
            yield
            return
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

        with Progress(
            BarColumn(24),
            TextColumn("{task.percentage:>3.0f} %"),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
            TextColumn("failed {task.fields[failed]}  {task.fields[name]}", markup=False),
            console=console(sys.stderr),
            transient=True,
        ) as self._progress:
            self._bar = self._progress.add_task("", total=size, name="", failed=0)
            try:
                yield
            finally:
                self._progress = None

    def summary(self, verb: str, also: Sequence[str] = ()) -> None:
        """Tell what the run came to in one line; `also` is what else there is to say of the documents done."""
        counts = self.counts
        documents = sum(counts[status] for status in ("written", "unchanged", "made", "failed"))
        parts = [f"{documents:,} document{'s' * (documents != 1)} {verb}"]
        if counts["unchanged"]:
            parts.append(f"{counts['unchanged']:,} done before")
        parts += also
        if self.check:
            parts.append(f"{counts['changed']:,} would change")
        if counts["failed"]:
            parts.append(f"{counts['failed']:,} failed")
        if counts["skipped"]:
            parts.append(f"{counts['skipped']:,} binary passed over")
        if self.skipped:
            kinds = ", ".join(f"{count:,} {kind}" for kind, count in sorted(self.skipped.items()))
            parts.append(f"not documents: {kinds}")
        self.tell("; ".join(parts))

    @property
    def exit_status(self) -> int:
        """The exit status: 130 after Ctrl-C, 3 if something failed, 1 if a check would change something, else 0."""
        if self.interrupted:
            return INTERRUPTED
        if self.counts["failed"]:
            return SOME_FAILED
        return WOULD_CHANGE if self.check and self.counts["changed"] else DONE


def put(data: bytes) -> None:
    """Write data to standard output: as they are, but on a terminal without what could steer it."""
    stream: BinaryIO = sys.stdout.buffer
    if data and sys.stdout.isatty():
        data = visible_lines(data.decode("utf-8", "replace")).encode()
    stream.write(data)


def inspection(documents: Sequence[tuple[str, Mapping[str, Any]]]) -> tuple[Table, Table]:
    """Return what `inspect` shows, from the documents' names and records: the full table, and one for a terminal."""
    columns = (
        "name",
        "encoding",
        "confidence",
        "runner_up",
        "script",
        "certain",
        "inferred",
        "reported",
        "lost",
        "damage",
    )
    rows, narrow = [], []
    for name, record in documents:
        findings = record["findings"]
        totals: Counter[str] = Counter()
        for rules in findings.values():
            totals.update(rules)
        damage = sorted(totals.items(), key=lambda item: (-item[1], item[0]))
        sums = [sum(findings.get(certainty, {}).values()) for certainty in ("certain", "inferred", "reported")]
        head = (printable(name), record["encoding"], record["confidence"], record["runner_up"], record["script"])
        rows.append((*head, *sums, record["lost"], " ".join(f"{rule}={count}" for rule, count in damage)))
        told = ", ".join(f"{count:,} {rule}" for rule, count in damage)
        narrow.append((printable(name), record["encoding"], record["script"], record["lost"], told))
    brief = Table("inspect", ("name", "encoding", "script", "lost", "damage"), narrow)
    return Table("inspect", columns, rows), brief


def show_findings(document: Document) -> None:
    """Print every finding of a document: where it is in the decoded text, its context, what changed, how sure it is."""
    out = console()
    origins = iter(list(document.origins()))
    states = [*document.states()][::-1]
    breaks = _line_starts(document.decoded)
    sure = f"confidence {document.confidence:.4g}" + (f", or {document.runner_up}" if document.runner_up else "")
    out.print(f"[bold]{_safe(document.name)}[/bold]  read as {document.encoding} ({sure})", soft_wrap=True)
    for text, made in states:
        count = len(made.findings)
        out.print(f"\n[bold]{made.rule_set}[/bold]  {count:,} finding{'s' * (count != 1)}")
        for finding in made.findings:
            place, _ = next(origins)
            line = bisect_right(breaks, place)
            where = f"{line}:{place - breaks[line - 1] + 1}"
            out.print(
                _explained(text, finding, where, coloured=out.color_system is not None and not out.no_color),
                soft_wrap=True,
            )
    if not document.history:
        out.print("nothing found")


def _explained(text: str, finding: Finding, where: str, *, coloured: bool) -> "Text":
    from rich.text import Text

    line = Text(f"{where:>9}  ")
    style = {"certain": "green", "inferred": "yellow", "reported": "cyan"}[finding.certainty]
    line.append(f"{finding.certainty:<8}", style)
    line.append(f"  {finding.rule}  ", "bold")
    line.append("…" + _shown_text(text[max(0, finding.start - AROUND) : finding.start]))
    before, after = _shown_text(finding.before), _shown_text(finding.after)
    if finding.certainty == "reported":
        line.append(before if coloured else f"[{before}]", "underline cyan")
    else:
        line.append(before if coloured else f"[-{before}-]", "red strike")
        line.append(after if coloured else f"{{+{after}+}}", "bold green")
    line.append(_shown_text(text[finding.end : finding.end + AROUND]) + "…")
    if finding.posterior is not None:
        line.append(f"  p={finding.posterior:.4f}", "dim")
    if finding.note:
        line.append(f"  {visible(finding.note)}", "dim")
    return line


def _shown_text(text: str) -> str:
    """Return a stretch of text for a line of its own: line ends and control characters visible, a long one cut."""
    shown = visible(text.replace("\n", "⏎"))
    return shown if len(shown) <= 60 else f"{shown[:40]}…({len(text):,} characters)…{shown[-10:]}"


def _safe(name: str) -> str:
    from rich.markup import escape

    return escape(visible(printable(name)))


def _line_starts(text: str) -> list[int]:
    return [0, *(end.end() for end in re.finditer("\r\n?|\n", text))]


def stream_reason(problem: OSError) -> str:
    """Return what went wrong with a standard stream."""
    return f"cannot write to standard output: {os_reason(problem)}"
