"""Draw the pictures of the README: what `explain` and `stats` show in a terminal.

python tests/pictures.py [--check]
"""

import contextlib
import html
import io
import re
import sys
from pathlib import Path

from rich.cells import cell_len
from rich.console import Console

from cnpolicy import cli, report

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / ".pictures"
CELL = 12.2  # the width of a column in rich's SVG

# rich's own frame, without the fonts that it would load from elsewhere.
TEXT = re.compile(r'textLength="[\d.]+"([^>]*)>([^<]*)</text>')
FRAME = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)


def picture(title: str, width: int, *arguments: str) -> str:
    """Return what a command shows in a terminal, as SVG."""
    recorder = Console(
        record=True, width=width, force_terminal=True, color_system="truecolor", highlight=False, file=io.StringIO()
    )
    original = report.console
    report.console = lambda *_, **__: recorder  # type: ignore[assignment]
    try:
        cli.program.main(list(arguments), prog_name="cnpolicy", standalone_mode=False)
    finally:
        report.console = original
    return TEXT.sub(_at_full_width, FRAME.sub("", recorder.export_svg(title=title, unique_id="cnpolicy")))


def _at_full_width(found: re.Match[str]) -> str:
    """Give a text the width of its columns: rich counts a Chinese character as one, and browsers squeeze it."""
    return f'textLength="{CELL * cell_len(html.unescape(found[2])):.1f}"{found[1]}>{found[2]}</text>'


def drawn() -> dict[str, str]:
    """Return the pictures by file name."""
    with contextlib.chdir(PICTURES):
        explained = picture("cnpolicy explain line.txt", 100, "explain", "line.txt")
    with contextlib.chdir(ROOT):
        arguments = ("stats", "samples", "--format", "table", "--top", "8", "--min-length", "2", "-q")
        counted = picture("cnpolicy stats samples --top 8 --min-length 2", 72, *arguments)
    return {"explain.svg": explained, "stats.svg": counted}


def stale() -> list[str]:
    """Return the names of the pictures that are not what would be drawn now."""
    made = drawn()
    return [name for name, svg in made.items() if not is_up_to_date(PICTURES / name, svg)]


def is_up_to_date(path: Path, svg: str) -> bool:
    """Tell whether a picture shows the words that it would show now; another rich may place them otherwise."""
    return path.exists() and words(path.read_text("utf-8")) == words(svg)


def words(svg: str) -> list[str]:
    """Return the words in a picture."""
    return re.sub(r"<style.*?</style>|<[^>]*>|&#160;", " ", svg, flags=re.DOTALL).split()


def main() -> int:
    """Write the pictures, or with `--check` name those that are not up to date."""
    if "--check" in sys.argv:
        print(*stale(), sep="\n")
        return len(stale())
    for name, svg in drawn().items():
        (PICTURES / name).write_text(svg, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
