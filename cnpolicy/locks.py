"""Locks of a folder that several runs may want: a whole run has it to itself, the parts of one share it.

The lock of the folder is the file `lock` in it, that of a part the file `part-2-of-8.lock`. Whoever holds one alone
says in it who that is, for those who are refused. A lock is gone with its process, however that ended.
"""

import fcntl
import os
import socket
from collections.abc import Iterable, Iterator
from contextlib import ExitStack

FOLDER = "lock"
PART = ".lock"
_SAID_BYTES = 200


class Held(Exception):
    """Other processes hold what was to be locked; the message is what these say."""

    def __init__(self, said: Iterable[str]) -> None:
        super().__init__("; ".join(said) or "it has just begun")


def _who() -> str:
    """Return what this process says of itself."""
    return f"process {os.getpid()} on {socket.gethostname()}"


def part_name(number: int, of: int) -> str:
    """Return how the names of the files of a part begin."""
    return f"part-{number}-of-{of}"


def lock_folder(folder: str, opened: ExitStack, *, alone: bool) -> int:
    """Lock a folder until `opened` is closed, and return the file that is the lock; Held if that cannot be."""
    file = open_in(folder, FOLDER, opened)
    if not _taken(file, alone=alone):
        raise Held(said for _, said in _holders(folder))
    if alone:
        _say(file, _who())
    return file


def lock_part(folder: str, number: int, of: int, opened: ExitStack) -> None:
    """Lock the number of a part until `opened` is closed.

    Held if another process works on the same part, or on one of another number of parts.
    """
    name = part_name(number, of) + PART
    file = open_in(folder, name, opened)
    if not _taken(file, alone=True):
        raise Held([_said(file)])
    _say(file, f"{_who()}, part {number}/{of}")
    others = [said for other, said in _holders(folder, name) if not other.endswith(f"-of-{of}{PART}")]
    if others:
        raise Held(others)


def open_in(folder: str, name: str, opened: ExitStack) -> int:
    """Open a file to be locked, made if need be, until `opened` is closed; OSError if the folder is not there."""
    file = os.open(os.path.join(folder, name), os.O_RDWR | os.O_CREAT, 0o666)
    opened.callback(os.close, file)
    return file


def _taken(file: int, *, alone: bool) -> bool:
    """Lock a file if no other process has locked it in a way that forbids this, and tell whether that went well."""
    try:
        fcntl.flock(file, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _say(file: int, text: str) -> None:
    """Write into a lock who holds it."""
    os.ftruncate(file, 0)
    os.write(file, text.encode())


def _said(file: int) -> str:
    """Return what the holder of a lock says."""
    return os.read(file, _SAID_BYTES).decode("utf-8", "replace")


def _holders(folder: str, besides: str = "") -> Iterator[tuple[str, str]]:
    """Yield the names of the locks that other processes hold alone, but for `besides`, with what these say."""
    for name in sorted(os.listdir(folder)):
        if name != besides and (name == FOLDER or name.endswith(PART)):
            with ExitStack() as opened:
                file = open_in(folder, name, opened)
                if not _taken(file, alone=False):
                    yield name, _said(file)


def wait_for(file: int) -> None:
    """Lock a file alone, as soon as no other process holds it."""
    fcntl.flock(file, fcntl.LOCK_EX)
