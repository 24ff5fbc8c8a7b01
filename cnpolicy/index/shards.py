"""Shards: documents as workers leave them beside the database, until one transaction takes them all in.

A shard holds the documents of one batch: what is known of each as JSON, and the numbers of their tokens as they are.
The folder of a database's shards is also where a new database is made, and its lock keeps a second run out. All of it
is gone when the run has ended well; after an interrupted run, a shard whose documents have not changed is taken
instead of doing the work again.
"""

import fcntl
import hashlib
import json
import os
import shutil
import socket
import zipfile
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from cnpolicy.corpus import sweep, whole
from cnpolicy.index.tokens import Record, Tokens

VERSION = 2


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


def _plain(record: Record) -> dict[str, Any]:
    known = record._asdict()
    del known["words"], known["tags"]
    known["findings"] = [(*key, n) for key, n in sorted(record.findings.items())]
    return known


class Workplace:
    """The folder beside a database in which a run works; a `with` statement holds its lock.

    `shards` is where workers leave their shards, `draft` the path at which a new database is made.
    """

    def __init__(self, database: str) -> None:
        """Raises Busy if another run works there, OSError if the folder cannot be made."""
        self._database = os.path.abspath(database)
        folder, name = os.path.split(self._database)
        self.shards = os.path.join(folder, f".{name}.cnpolicy")
        self.draft = os.path.join(self.shards, "new.duckdb")
        self._lock_path = os.path.join(self.shards, "lock")

    def __enter__(self) -> Self:
        while True:
            os.makedirs(self.shards, exist_ok=True)
            try:
                self._lock = os.open(self._lock_path, os.O_RDWR | os.O_CREAT, 0o666)
            except FileNotFoundError:
                continue  # a run that ended well has just removed the folder
            try:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                holder = os.read(self._lock, 200).decode("utf-8", "replace")
                os.close(self._lock)
                raise Busy(f"another run is writing to it ({holder}); wait for it, or choose another file") from None
            if self._is_ours():
                break
            os.close(self._lock)
        os.ftruncate(self._lock, 0)
        os.write(self._lock, f"process {os.getpid()} on {socket.gethostname()}".encode())
        sweep(self.shards)
        for left in (self.draft, f"{self.draft}.wal"):
            if os.path.lexists(left):
                os.unlink(left)
        return self

    def _is_ours(self) -> bool:
        """Tell whether the file that was locked is still the one at its path."""
        try:
            return os.path.samestat(os.fstat(self._lock), os.stat(self._lock_path))
        except FileNotFoundError:
            return False

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
        shutil.rmtree(self.shards)

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        if os.path.isdir(self.shards) and os.listdir(self.shards) == [os.path.basename(self._lock_path)]:
            self.clear()  # nothing was done that a next run could go on with
        os.close(self._lock)
