"""The record of an output tree: what was made of which input, with what, and what is done already.

`manifest.jsonl` has a line for every input, in input order. While a run goes on, finished lines are added to a journal
under `.cnpolicy/`, so that an interrupted run can go on; a lock there keeps a second run out.
"""

import fcntl
import hashlib
import json
import os
import socket
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import cache
from importlib import resources
from importlib.metadata import version
from typing import Any

from cnpolicy import __version__
from cnpolicy.corpus import STATE, find, overlaps, printable, sweep, write
from cnpolicy.jsonl import dumps

MANIFEST = "manifest.jsonl"
VERSIONED = ("opencc", "jieba", "rjieba", "charset-normalizer")

Record = dict[str, Any]


class Refused(Exception):
    """An output directory that must not be written to; the message says why and what to do."""


@cache
def versions() -> dict[str, str]:
    """Return the versions of everything that the output depends on, by package."""
    return {"cnpolicy": __version__, **{name: version(name) for name in VERSIONED}}


@cache
def tables_sha256() -> str:
    """Return the checksum of all tables of the package."""
    digest = hashlib.sha256()
    for item in sorted(resources.files("cnpolicy.tables").iterdir(), key=lambda item: item.name):
        if item.name.endswith((".tsv", ".bin")):
            digest.update(item.name.encode() + b"\0" + hashlib.sha256(item.read_bytes()).digest())
    return digest.hexdigest()


def plain(*asked: Any) -> dict[str, Any]:
    """Return the options (dataclasses) that a run was asked for as JSON has them, sets sorted."""
    given = {name: value for options in asked for name, value in asdict(options).items()}
    made: dict[str, Any] = json.loads(json.dumps(given, default=sorted))
    return made


def digest(command: str, options: dict[str, Any]) -> str:
    """Return a short digest of all that decides what an input becomes: `plain` options, tables and versions."""
    parts = {"command": command, "options": options, "tables": tables_sha256(), "versions": versions()}
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def load(tree: str) -> dict[str, Record]:
    """Return the lines of an output tree's manifest by the name of the output; empty if there is none."""
    lines = _records(os.path.join(tree, MANIFEST))
    return {record["output"]: record for record in lines if record.get("output")}


def tree_of(path: str, command: str) -> str | None:
    """Return the output tree of the command in which a path lies, or which it is; None if there is none."""
    folder = os.path.realpath(path)
    while True:
        identity = _identity_of(folder)
        if identity is not None:
            return folder if identity.get("command") == command else None
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above


def is_unfinished(tree: str) -> bool:
    """Tell whether the run that writes an output tree was interrupted, or goes on still."""
    return os.path.exists(os.path.join(tree, STATE, "journal.jsonl"))


class Ledger:
    """An output tree while a run writes to it. Use it in a `with` statement: it holds the tree's lock.

    `done` holds the record of every input that an earlier run finished, by the input's name.
    """

    def __init__(
        self,
        tree: str,
        command: str,
        inputs: Sequence[str],
        options: dict[str, Any],
        *,
        globs: Sequence[str] = (),
        force: bool = False,
    ) -> None:
        """Open the tree, making it if need be; `inputs` and `globs` are what `corpus.find` is given,
        `options` those of the run as `plain` has them.

        Refused if it overlaps the inputs, if it belongs to other inputs or options or holds files of another origin
        (unless `force`), or if another run is writing to it. OSError if it cannot be written to.
        """
        where = overlaps(inputs, tree)
        if where is not None:
            raise Refused(
                f"the output directory {printable(tree)} and the input {printable(where)} lie inside one another; "
                "choose an output directory outside the input"
            )
        self.tree = tree
        self.force = force
        self.identity = {
            "command": command,
            "inputs": [printable(os.path.realpath(path)) for path in inputs],
            "globs": list(globs),
            "options": options,
        }
        self._state = os.path.join(tree, STATE)
        self._journal_path = os.path.join(self._state, "journal.jsonl")
        self._check()
        os.makedirs(self._state, exist_ok=True)
        self._lock()
        self._check()  # again, for another run may have begun between the first look and the lock
        if os.path.exists(self._journal_path):
            sweep(tree)
        write(os.path.join(self._state, "run.json"), dumps(self.identity))
        journal = [] if force else list(_records(self._journal_path))
        earlier = [] if force else list(_records(os.path.join(tree, MANIFEST)))
        self.done: dict[str, Record] = {record["name"]: record for record in [*earlier, *journal]}
        # What was added after a line that was cut off would be lost with it: the whole lines begin the new journal.
        write(self._journal_path, b"".join(map(dumps, journal)))
        self._journal = open(self._journal_path, "ab")  # noqa: SIM115 - closed by __exit__

    def __enter__(self) -> "Ledger":
        return self

    def __exit__(self, *_: object) -> None:
        self._journal.close()
        os.close(self._lock_file)

    def _check(self) -> None:
        if self.force or not os.path.lexists(self.tree):
            return
        if not os.path.isdir(self.tree):
            raise Refused(f"{printable(self.tree)} is a file; -o takes a directory")
        identity = _identity_of(self.tree)
        if identity is None:
            if set(os.listdir(self.tree)) - {STATE}:
                raise Refused(
                    f"{printable(self.tree)} holds files that are not of an earlier run; "
                    "choose an empty or new directory, or add --force to write there all the same"
                )
        elif identity != self.identity:
            differing = ", ".join(key for key in self.identity if identity.get(key) != self.identity[key])
            raise Refused(
                f"{printable(self.tree)} belongs to a run with other {differing}; "
                "choose another directory, or add --force to write over it"
            )

    def _lock(self) -> None:
        self._lock_file = os.open(os.path.join(self._state, "lock"), os.O_RDWR | os.O_CREAT, 0o666)
        try:
            fcntl.flock(self._lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(self._lock_file, 200).decode("utf-8", "replace")
            os.close(self._lock_file)
            raise Refused(
                f"another run is writing to {printable(self.tree)} ({holder}); wait for it, or choose another directory"
            ) from None
        os.ftruncate(self._lock_file, 0)
        os.write(self._lock_file, f"process {os.getpid()} on {socket.gethostname()}".encode())

    def note(self, records: Sequence[Record]) -> None:
        """Add finished records to the journal; their outputs must be on the disk already."""
        self._journal.write(b"".join(map(dumps, records)))
        self._journal.flush()
        os.fsync(self._journal.fileno())

    def finish(self, records: Sequence[Record]) -> list[str]:
        """Write the manifest, in the order given, and close the journal.

        Returns the names of the text files in the tree that are no results of this run, in sorted order: outputs of
        earlier runs, for inputs that are gone or could not be read this time. They are left where they are.
        """
        write(os.path.join(self.tree, MANIFEST), b"".join(map(dumps, records)))
        self._journal.close()
        os.unlink(self._journal_path)
        made = {record["output"] for record in records}
        names = (printable(source.name) for source in find([self.tree]).sources)
        return [name for name in names if name not in made]


def _records(path: str) -> Iterator[Record]:
    """Yield the whole lines of a journal or manifest; a line that an interruption cut off is passed over."""
    try:
        with open(path, "rb") as file:
            for line in file:
                try:
                    record = json.loads(line)
                except ValueError:
                    continue
                if isinstance(record, dict) and "name" in record and "output" in record:
                    yield record
    except FileNotFoundError:
        return


def _identity_of(tree: str) -> Mapping[str, Any] | None:
    try:
        with open(os.path.join(tree, STATE, "run.json"), "rb") as file:
            identity = json.load(file)
    except (OSError, ValueError):
        return None
    return identity if isinstance(identity, dict) else None
