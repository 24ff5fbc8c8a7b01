"""The record of an output tree: what was made of which input, with what, and what is done already.

`manifest.jsonl` has a line for every input, in input order. While a run goes on, finished lines are added to a journal
under `.cnpolicy/`, so that an interrupted run can go on; a lock there keeps a second run out. The parts of a run that
is shared out among several calls have a journal and a lock each, and their records are merged to the same manifest.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import asdict
from functools import cache
from importlib import resources
from importlib.metadata import version
from typing import Any, BinaryIO, NamedTuple, TypeVar

from cnpolicy import __version__, locks
from cnpolicy.corpus import STATE, find, overlaps, printable, sweep, whole, write
from cnpolicy.jsonl import dumps

MANIFEST = "manifest.jsonl"
VERSIONED = ("opencc", "jieba", "rjieba", "charset-normalizer")

# The files under .cnpolicy/: of a whole run `journal.jsonl` and `lock`, of a part those names after `part-2-of-8.`.
_JOURNAL = "journal.jsonl"
_PART = "part-"
_RECORDS = ".jsonl"
_EARLIER = ".earlier"  # the records of a part that is made again
_GATE = "gate"
_UNMERGED = "unmerged"  # there from the first part's beginning until the manifest has been made of all

Record = dict[str, Any]
Item = TypeVar("Item")


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


@cache
def environment() -> dict[str, str]:
    """Return what must be the same wherever a part of a run is made: versions, by package, and tables."""
    return {**versions(), "tables": tables_sha256()}


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
    """Tell whether the run that writes an output tree was interrupted, goes on still, or waits for its parts."""
    return any(name == _UNMERGED or name.endswith(_JOURNAL) for name in _listed(os.path.join(tree, STATE)))


class Shard(NamedTuple):
    """A part of a run that is made in a call of its own: the `number`th (from 1) of so many."""

    number: int
    of: int

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"

    def take(self, items: "Sequence[Item]") -> "list[Item]":
        """Return the items of this part: every so many-th of the sorted list, so that the parts are alike in size.

        >>> Shard(2, 3).take(["a", "b", "c", "d", "e"])
        ['b', 'e']
        """
        return list(items[self.number - 1 :: self.of])


class Finished(NamedTuple):
    """What the end of a run left: `strangers` are the names of the text files that are no results of it, in order.

    `waiting` are the numbers of the parts that have not finished; while there are any, there is no new manifest.
    `missing` counts the inputs of which no part has a record, because they came or went between the calls.
    """

    strangers: tuple[str, ...] = ()
    waiting: tuple[int, ...] = ()
    missing: int = 0


class Ledger:
    """An output tree while a run, or a part of one, writes to it. Use it in a `with` statement: it holds a lock.

    `done` holds the record of every input that an earlier run finished, by the input's name.

    A whole run locks the tree for itself. Parts share it: each has a lock, a journal and, once it has finished, a
    file of records under `.cnpolicy/`; the part that finishes last makes the manifest of them. A whole run that
    follows takes over what parts have done.
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
        shard: Shard | None = None,
    ) -> None:
        """Open the tree, making it if need be; `inputs` and `globs` are what `corpus.find` is given,
        `options` those of the run as `plain` has them, `shard` the part of the run, if it is no whole one.

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
        self.shard = shard
        self.identity = {
            "command": command,
            "inputs": [printable(os.path.realpath(path)) for path in inputs],
            "globs": list(globs),
            "options": options,
        }
        self._digest = digest(command, options)
        self._state = os.path.join(tree, STATE)
        self._journal_path = os.path.join(self._state, f"{locks.part_name(*shard)}.{_JOURNAL}" if shard else _JOURNAL)
        self._check()
        os.makedirs(self._state, exist_ok=True)
        try:
            self._lock()
        except locks.Held as held:
            raise Refused(
                f"another run is writing to {printable(tree)} ({held}); wait for it, or choose another directory"
            ) from None

    def __enter__(self) -> "Ledger":
        return self

    def __exit__(self, *_: object) -> None:
        self.done.close()
        self._journal.close()
        self._locks.close()

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

    # ---- locks ---------------------------------------------------------------------------------------------------

    def _lock(self) -> None:
        """Lock the tree, a whole run for itself, a part its number together with other parts, and begin."""
        with ExitStack() as opened:
            locks.lock_folder(self._state, opened, alone=self.shard is None)
            with self._gate():
                if self.shard is not None:
                    locks.lock_part(self._state, *self.shard, opened)
                self._check()  # again, for another run may have begun between the first look and the lock
                self._begin()
            self._locks = opened.pop_all()

    @contextmanager
    def _gate(self) -> Iterator[None]:
        """Keep other parts from beginning and ending while the block runs; a whole run is alone anyway."""
        if self.shard is None:
            yield
            return
        with ExitStack() as opened:
            locks.wait_for(locks.open_in(self._state, _GATE, opened))
            yield

    # ---- records -------------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        """Read what was done before, and begin the journal with what an interrupted run of this kind left there."""
        if self.shard is None and any(name.endswith(_JOURNAL) for name in _listed(self._state)):
            sweep(self.tree)
        write(os.path.join(self._state, "run.json"), dumps(self.identity))
        if self.shard is not None:
            write(os.path.join(self._state, _UNMERGED), b"")
            records = self._records_of(self.shard.number)
            with suppress(FileNotFoundError):  # until it has finished again, the part is not done
                os.replace(records, records.removesuffix(_RECORDS) + _EARLIER)
        self.done = Earlier()
        if not self.force:
            self.done.add(os.path.join(self.tree, MANIFEST))
            for name in sorted(_listed(self._state)):
                others = name.endswith(_JOURNAL) and self.shard is not None
                if name.startswith(_PART) and name.endswith((_EARLIER, _RECORDS)) and not others:
                    self.done.add(os.path.join(self._state, name))
        # What was added after a line that was cut off would be lost with it: the whole lines begin the new journal.
        with whole(self._journal_path) as file:
            if not self.force:
                _copy_lines(self._journal_path, file)
        self.done.add(self._journal_path)
        self._journal = open(self._journal_path, "ab")  # noqa: SIM115 - closed by __exit__
        self._start = self._journal.tell()

    def note(self, records: Sequence[Record]) -> None:
        """Add finished records to the journal, in input order; their outputs must be on the disk already."""
        self._journal.write(b"".join(map(dumps, records)))
        self._journal.flush()
        os.fsync(self._journal.fileno())

    def finish(self, names: Iterable[str], failures: Sequence[Record] = ()) -> Finished:
        """Write the manifest, and close the journal: first the failures, which belong to no part, then what was noted.

        `names` are the inputs of the whole run, in order, as records name them. A part keeps its records, and writes
        the manifest of the whole if all others have finished too. Text files in the tree that are no results of the
        run (outputs of earlier ones, for inputs that are gone or could not be read this time) are left where they are.
        """
        with self._gate():
            if self.shard is None:
                with open(self._journal_path, "rb") as journal, whole(os.path.join(self.tree, MANIFEST)) as file:
                    file.write(b"".join(map(dumps, failures)))
                    journal.seek(self._start)
                    shutil.copyfileobj(journal, file)
            else:
                with open(self._journal_path, "rb") as journal, whole(self._records_of(self.shard.number)) as file:
                    journal.seek(self._start)
                    shutil.copyfileobj(journal, file)
                left = self._merge(list(names), failures)
                if left.waiting or left.missing:
                    self._close()
                    return left
            self._tidy_up()
            self._close()
        return Finished(tuple(self._strangers()))

    def _merge(self, names: Sequence[str], failures: Sequence[Record]) -> Finished:
        """Make the manifest of a whole run of what its parts have noted, if all of them have finished."""
        assert self.shard is not None
        paths = {number: self._records_of(number) for number in range(1, self.shard.of + 1)}
        waiting = tuple(number for number, path in paths.items() if not os.path.exists(path))
        if waiting:
            return Finished(waiting=waiting)
        with closing(Earlier()) as made:
            for path in paths.values():
                made.add(path, self._digest)
            missing = sum(name not in made for name in names)
            if missing:
                return Finished(missing=missing)
            with whole(os.path.join(self.tree, MANIFEST)) as file:
                file.write(b"".join(map(dumps, failures)))
                for name in names:
                    file.write(made.line(name))
        return Finished()

    def _records_of(self, number: int) -> str:
        assert self.shard is not None
        return os.path.join(self._state, locks.part_name(number, self.shard.of) + _RECORDS)

    def _tidy_up(self) -> None:
        """Remove what is of no use once the manifest is there; parts that may be run again keep their records."""
        sweep(self.tree)  # a worker that was killed leaves an unfinished file
        for name in _listed(self._state):
            of_this = self.shard is not None and name.endswith(
                (f"-of-{self.shard.of}{_RECORDS}", f"-of-{self.shard.of}{locks.PART}")
            )
            own = name == os.path.basename(self._journal_path)
            if name == _UNMERGED or (name.startswith(_PART) and not of_this and not own):
                os.unlink(os.path.join(self._state, name))

    def _close(self) -> None:
        self._journal.close()
        if self.shard is not None:
            with suppress(FileNotFoundError):
                os.unlink(self._records_of(self.shard.number).removesuffix(_RECORDS) + _EARLIER)
        os.unlink(self._journal_path)

    def _strangers(self) -> Iterator[str]:
        made = {record["output"] for record in _records(os.path.join(self.tree, MANIFEST))}
        for source in find([self.tree]).sources:
            name = printable(source.name)
            if name not in made:
                yield name


class Earlier(Mapping[str, Record]):
    """The records of earlier runs by the inputs' names; they stay in their files, only their places are held.

    Of several records of one name the last that was added counts.
    """

    def __init__(self) -> None:
        self._places: dict[str, tuple[str, int]] = {}
        self._file: BinaryIO | None = None

    def add(self, path: str, digest: str | None = None) -> None:
        """Add the records in a file, if it is there; of these only such as were made with options of this digest."""
        for place, record in _placed(path):
            if digest is None or record.get("options") == digest:
                self._places[record["name"]] = (path, place)

    def __contains__(self, name: object) -> bool:
        return name in self._places

    def line(self, name: str) -> bytes:
        """Return the line of a record; KeyError if there is none."""
        path, place = self._places[name]
        try:
            if self._file is None or self._file.name != path:
                self.close()
                self._file = open(path, "rb")  # noqa: SIM115 - the next lines are of the same file
            self._file.seek(place)
            return self._file.readline()
        except OSError:
            raise KeyError(name) from None

    def __getitem__(self, name: str) -> Record:
        try:
            record = json.loads(self.line(name))
        except ValueError:
            raise KeyError(name) from None
        # The file may be another meanwhile, if somebody has meddled with it: then nothing is known.
        if not isinstance(record, dict) or record.get("name") != name:
            raise KeyError(name)
        return record

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def close(self) -> None:
        """Close the file that was read last; reading on opens it again."""
        if self._file is not None:
            self._file.close()
            self._file = None


def _listed(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except FileNotFoundError:
        return []


def _copy_lines(path: str, file: BinaryIO) -> None:
    """Copy the whole lines of a journal."""
    try:
        with open(path, "rb") as journal:
            for place, _ in _placed(path):
                journal.seek(place)
                file.write(journal.readline())
    except FileNotFoundError:
        return


def _records(path: str) -> Iterator[Record]:
    """Yield the whole lines of a journal or manifest; a line that an interruption cut off is passed over."""
    return (record for _, record in _placed(path))


def _placed(path: str) -> Iterator[tuple[int, Record]]:
    """Yield the records of a journal or manifest with their places in the file, in bytes."""
    try:
        with open(path, "rb") as file:
            place = 0
            for line in file:
                start, place = place, place + len(line)
                try:
                    record = json.loads(line)
                except ValueError:
                    continue
                if line.endswith(b"\n") and isinstance(record, dict) and "name" in record and "output" in record:
                    yield start, record
    except FileNotFoundError:
        return


def _identity_of(tree: str) -> Mapping[str, Any] | None:
    try:
        with open(os.path.join(tree, STATE, "run.json"), "rb") as file:
            identity = json.load(file)
    except (OSError, ValueError):
        return None
    return identity if isinstance(identity, dict) else None
