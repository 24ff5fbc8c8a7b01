"""The shape of the package: who may import whom, and who owns which third-party package."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "cnpolicy"

# Each room, and the rooms that it may import from. Imports go down only.
MAY_IMPORT = {
    "findings": set(),
    "document": {"findings"},
    "rules": {"document", "findings"},
    "encodings": {"tables"},
    "tables": set(),
    "patterns": set(),
    "chrome": {"patterns"},
    "language": {"tables", "encodings"},
    "prose": {"tables"},
    "vocabulary": {"language", "prose", "tables"},
    "decode": {"patterns", "document", "encodings", "findings", "language", "rules", "tables", "vocabulary"},
    "repair": {
        "patterns",
        "document",
        "encodings",
        "language",
        "findings",
        "prose",
        "repair",
        "rules",
        "tables",
        "vocabulary",
    },
    "tidy": {"chrome", "patterns", "document", "findings", "rules", "language", "tables", "tidy"},
    "convert": {"patterns", "document", "findings", "rules", "language", "tables"},
    "segment": {"convert", "tables"},
    "pipeline": {
        *(
            "patterns",
            "convert",
            "decode",
            "document",
            "encodings",
            "findings",
            "language",
            "repair",
            "rules",
            "segment",
            "tidy",
        ),
    },
    "corpus": {"document"},
    "jsonl": {"corpus", "document", "findings"},
    "diff": {"corpus", "document"},
    "executors": set(),
    "locks": set(),
    "manifest": {"", "corpus", "jsonl", "locks", "rules"},
    "index": {"convert", "corpus", "document", "findings", "locks", "sentences"},
    "masthead": {"findings", "patterns"},
    "sentences": set(),
    "stats": {"index", "tables"},
    "jobs": {"chrome", "corpus", "document", "executors", "index", "rules", "segment"},
    "records": {"corpus", "document", "jobs", "pipeline"},
    "entries": {"document", "index", "jobs", "jsonl", "masthead", "pipeline", "segment"},
    "outcomes": {
        *("chrome", "corpus", "entries", "diff", "document", "jobs", "jsonl", "pipeline", "records", "rules"),
        "segment",
    },
    "parts": {"corpus", "entries", "document", "index", "jobs", "outcomes", "pipeline", "records", "rules"},
    "runs": {"corpus", "entries", "document", "executors", "index", "jobs", "outcomes", "parts", "records"},
    "report": {"corpus", "document", "findings", "runs", "stats"},
    "": {"corpus", "document", "findings", "pipeline", "rules", "runs", "segment"},
    "cli": {
        *(
            "chrome",
            "",
            "corpus",
            "document",
            "executors",
            "index",
            "jsonl",
            "manifest",
            "pipeline",
            "report",
            "rules",
            "runs",
        ),
        *("segment", "stats"),
    },
    "__main__": {"cli"},
}

# Each third-party package, and the one room that imports it. Builders of tables may import what they build from.
OWNERS = {
    "charset_normalizer": {"decode"},
    "click": {"cli"},
    "distributed": {"executors"},
    "duckdb": {"index"},
    "jieba": {"segment"},
    "numpy": None,
    "opencc": {"convert"},
    "rich": {"report"},
    "rjieba": {"segment"},
}


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def room(path: Path) -> str:
    first = path.relative_to(PACKAGE).parts[0]
    return "" if first == "__init__.py" else first.removesuffix(".py")


def imported(path: Path) -> set[str]:
    """The full names of all modules that a module imports, wherever in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            assert node.module is not None
            if node.module == "cnpolicy":
                names |= {f"cnpolicy.{alias.name}" for alias in node.names}
            else:
                names.add(node.module)
    return names


def room_of(name: str) -> str:
    """The room of an imported name of the package: `cnpolicy.__version__` is of the package's own file."""
    part = name.split(".")[1] if "." in name else ""
    return part if part in MAY_IMPORT else ""


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_down_only(path: Path) -> None:
    rooms = {room_of(name) for name in imported(path) if name.split(".")[0] == "cnpolicy"}
    assert room(path) in MAY_IMPORT, "a new room needs its place in the table"
    if room(path) == "tables" and path.name.startswith("build"):
        return  # builders stand outside: nothing of the package imports them
    assert rooms - {room(path)} <= MAY_IMPORT[room(path)]


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_each_third_party_package_has_one_owner(path: Path) -> None:
    import sys

    for name in imported(path):
        top = name.split(".")[0]
        if top == "cnpolicy" or top in sys.stdlib_module_names:
            continue
        builder = room(path) == "tables"
        owners = OWNERS.get(top, set())
        assert builder or owners is None or room(path) in owners, f"{path} imports {top}"


def test_table_has_no_cycles_and_no_rooms_that_are_gone() -> None:
    rooms = {room(path) for path in modules()}
    assert set(MAY_IMPORT) <= rooms
    order: list[str] = []
    left = {name: set(below) - {name} for name, below in MAY_IMPORT.items()}
    while left:
        free = {name for name, below in left.items() if below <= set(order)}
        assert free, f"a circle among {sorted(left)}"
        order += sorted(free)
        left = {name: below for name, below in left.items() if name not in free}
