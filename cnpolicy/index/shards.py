"""Shards: documents as workers leave them beside the database, until one transaction takes them all in.

A shard holds the documents of one batch: what is known of each as JSON, and the numbers of their tokens as they are.
The folder of a database's shards is also where a new database is made, and its lock keeps a second run out. All of it
is gone when the run has ended well; after an interrupted run, a shard whose documents have not changed is taken
instead of doing the work again. The parts of a run that is shared out among several calls work in the folder at once:
each leaves a list of what it has done there, and the one that finishes last loads the shards of all.
"""

import hashlib
import json
import os
import shutil
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from errno import ENOENT, ENOTEMPTY
from types import TracebackType
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from cnpolicy import locks
from cnpolicy.corpus import sweep, whole
from cnpolicy.index.tokens import Record, Tokens

VERSION = 2

_GATE = "gate"


class Busy(Exception):
    """Another run is writing to the database; the message says which."""


class Kept(NamedTuple):
    """What a shard says of one input of its batch: `note` is for whoever asks, in the types of JSON."""

    name: str
    fingerprint: str
    note: Any


def path_of(folder: str, names: Sequence[str]) -> str:
    """Return the path of the shard for the inputs of these names."""
    digest = hashlib.sha256("\0".join(names).encode("utf-8", "surrogateescape")).hexdigest()
    return os.path.join(folder, f"{digest[:24]}.npz")


def write(path: str, inputs: Sequence[Kept], records: Sequence[Record]) -> None:
    """Write a shard: what became of its inputs, and the records of those that are documents, in their order.

    The records must have been counted with one vocabulary. OSError if the shard cannot be written.
    """
    tokens = [record.words for record in records if isinstance(record.words, Tokens)]
    none = Tokens((), np.zeros(0, np.int32), (), np.zeros(0, np.int32))
    first = tokens[0] if tokens else none
    head = {
        "version": VERSION,
        "inputs": inputs,
        "documents": [_plain(record) for record in records],
        "terms": list(first.terms),
        "tags": list(first.tags),
    }
    with whole(path) as file:
        np.savez(
            file,
            head=np.frombuffer(json.dumps(head).encode(), np.uint8),
            lengths=np.array([len(one.ids) for one in tokens], np.int64),
            ids=np.concatenate([one.ids for one in (none, *tokens)]),
            tag_ids=np.concatenate([_tag_ids(one) for one in (none, *tokens)]) if first.tags else none.ids,
        )


def _tag_ids(tokens: Tokens) -> npt.NDArray[np.int32]:
    """Return the numbers of the tags; all -1 for a document without parts of speech."""
    return np.full(len(tokens.ids), -1, np.int32) if tokens.tag_ids is None else tokens.tag_ids


def inputs(path: str) -> list[Kept] | None:
    """Return what a shard says of its inputs; None if there is no such shard, or it is none of this version."""
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as arrays:
            head = json.loads(arrays["head"].tobytes())
        return [Kept(*one) for one in head["inputs"]] if head["version"] == VERSION else None
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile):
        return None


def read(path: str) -> Iterator[Record]:
    """Yield the records of a shard. OSError if it cannot be read."""
    with open(path, "rb") as file, np.load(file, allow_pickle=False) as arrays:
        head = json.loads(arrays["head"].tobytes())
        ends = np.cumsum(arrays["lengths"]).tolist()
        ids, tag_ids = arrays["ids"], arrays["tag_ids"]
    start = 0
    for known, end in zip(head["documents"], ends, strict=True):
        tags = tag_ids[start:end] if len(tag_ids) else None
        if tags is not None and (tags < 0).any():
            tags = None
        known["masthead"] = {field: tuple(said) for field, said in known["masthead"].items()}
        known["findings"] = {(rule, certainty): n for rule, certainty, n in known["findings"]}
        yield Record(words=Tokens(head["terms"], ids[start:end], head["tags"], tags), **known)
        start = end


def merged(names: Iterable[str], parts: Sequence[Iterable[str]]) -> Iterator[Record]:
    """Yield the records in the shards of several parts of a run in the order of the documents' names.

    `parts` are the paths of each part's shards, in the order of its documents. Each record has only terms of its own,
    in the order of the text: so the database numbers them as if all documents had been counted one after the other.
    OSError if a shard cannot be read.
    """
    streams = [(record for path in paths for record in read(path)) for paths in parts]
    # The next record of each part, of which few are held at a time.
    waiting = {record.name: (record, stream) for stream in streams for record in [next(stream, None)] if record}
    for name in names:
        if name in waiting:
            record, stream = waiting.pop(name)
            following = next(stream, None)
            if following is not None:
                waiting[following.name] = (following, stream)
            yield _apart(record)


def _apart(record: Record) -> Record:
    """Return a record whose list of terms holds those of the document alone, in the order in which they come."""
    tokens = record.words
    assert isinstance(tokens, Tokens)
    different, places, numbers = np.unique(tokens.ids, return_index=True, return_inverse=True)
    order = np.argsort(places)
    ranks = np.empty(len(order), np.int32)
    ranks[order] = np.arange(len(order), dtype=np.int32)
    terms = [tokens.terms[number] for number in different[order].tolist()]
    return record._replace(words=tokens._replace(terms=terms, ids=ranks[numbers]))


def _plain(record: Record) -> dict[str, Any]:
    known = record._asdict()
    del known["words"], known["tags"]
    known["findings"] = [(*key, n) for key, n in sorted(record.findings.items())]
    return known


class Parts(NamedTuple):
    """What the parts of a run have done: `shards` are the paths of each part's, in order, `names` those of its inputs.

    `waiting` are the numbers of the parts that have not finished; while there are any, the rest says nothing.
    """

    waiting: Sequence[int] = ()
    shards: Sequence[Sequence[str]] = ()
    names: frozenset[str] = frozenset()


class Workplace:
    """The folder beside a database in which a run works; a `with` statement holds its lock.

    `shards` is where workers leave their shards, `draft` the path at which a new database is made. A whole run has the
    folder to itself. The parts of a run share it, and each has a lock of its own: `part` is the number of this one
    (from 1), and how many there are.
    """

    def __init__(self, database: str, part: tuple[int, int] | None = None) -> None:
        self._database = os.path.abspath(database)
        folder, name = os.path.split(self._database)
        self.shards = os.path.join(folder, f".{name}.cnpolicy")
        self.draft = os.path.join(self.shards, "new.duckdb")
        self._part = part

    def __enter__(self) -> Self:
        """Begin to work there. Raises Busy if another run does already, OSError if the folder cannot be made."""
        while True:
            try:
                # A run that has just ended well removes the folder, and what was opened there is nobody's then.
                with ExitStack() as opened, suppress(FileNotFoundError):
                    if self._begin(opened):
                        self._locks = opened.pop_all()
                        return self
            except locks.Held as held:
                raise Busy(f"another run is writing to it ({held}); wait for it, or choose another file") from None

    def _begin(self, opened: ExitStack) -> bool:
        """Lock the folder and make it ready; False if it was removed meanwhile."""
        os.makedirs(self.shards, exist_ok=True)
        lock = locks.lock_folder(self.shards, opened, alone=self._part is None)
        with self.gate():
            if not self._is_ours(lock, locks.FOLDER):
                return False
            if self._part is None:
                self._sweep()
                return True
            locks.lock_part(self.shards, *self._part, opened)
            number, _ = self._part
            with suppress(FileNotFoundError):  # until it has finished again, the part is not done
                os.unlink(self._list_of(number))
        return True

    def _is_ours(self, file: int, name: str) -> bool:
        """Tell whether a file that was opened is still the one of that name."""
        try:
            return os.path.samestat(os.fstat(file), os.stat(os.path.join(self.shards, name)))
        except FileNotFoundError:
            return False

    @contextmanager
    def gate(self) -> Iterator[None]:
        """Keep other parts from beginning and ending while the block runs; a whole run is alone anyway."""
        with ExitStack() as opened:
            while self._part is not None:
                file = locks.open_in(self.shards, _GATE, opened)
                locks.wait_for(file)
                if self._is_ours(file, _GATE):
                    break
            yield

    def _list_of(self, number: int) -> str:
        assert self._part is not None
        return os.path.join(self.shards, f"{locks.part_name(number, self._part[1])}.json")

    def gather(self, run: str, done: Sequence[tuple[str, str]]) -> Parts:
        """Keep what this part has done, and return what all have; call it in the gate, and load in the same block.

        `run` tells what all parts must have been asked for: one that was asked for something else has not finished.
        `done` are the names of this part's inputs in order, each with the path of its shard, or "".
        """
        assert self._part is not None
        number, of = self._part
        kept = [(name, os.path.basename(path)) for name, path in done]
        with whole(self._list_of(number)) as file:
            file.write(json.dumps({"version": VERSION, "run": run, "done": kept}).encode())
        lists = {one: self._listed(one, run) for one in range(1, of + 1)}
        waiting = [one for one, listed in lists.items() if listed is None]
        if waiting:
            return Parts(waiting)
        self._sweep()  # no part is working
        found = [listed for listed in lists.values() if listed is not None]
        return Parts(
            shards=[
                [os.path.join(self.shards, path) for path in dict.fromkeys(path for _, path in listed) if path]
                for listed in found
            ],
            names=frozenset(name for listed in found for name, _ in listed),
        )

    def _listed(self, number: int, run: str) -> list[tuple[str, str]] | None:
        """Return what a part has done, if it was asked for the same; None if it has not finished."""
        try:
            with open(self._list_of(number), "rb") as file:
                kept = json.load(file)
        except FileNotFoundError:
            return None
        if kept["version"] != VERSION or kept["run"] != run:
            return None
        return [(name, path) for name, path in kept["done"]]

    def _sweep(self) -> None:
        """Remove what a run that was killed had not finished."""
        sweep(self.shards)
        for left in (self.draft, f"{self.draft}.wal"):
            if os.path.lexists(left):
                os.unlink(left)

    def publish(self) -> None:
        """Give the database that was made at `draft`, and closed, its name."""
        os.replace(self.draft, self._database)
        folder = os.open(os.path.dirname(self._database), os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def clear(self) -> None:
        """Remove the folder: all that is in it is in the database now."""
        try:
            shutil.rmtree(self.shards)
        except OSError as problem:
            if problem.errno not in (ENOENT, ENOTEMPTY):  # the next run has begun there already
                raise

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._part is None and os.path.isdir(self.shards) and os.listdir(self.shards) == [locks.FOLDER]:
            self.clear()  # nothing was done that a next run could go on with
        self._locks.close()
