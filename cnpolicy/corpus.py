"""Files: finding the documents of a corpus, reading them, and writing results so that none is ever half there."""

import codecs
import fnmatch
import hashlib
import itertools
import os
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from errno import EACCES, EFBIG, EISDIR, ELOOP, EMFILE, ENAMETOOLONG, ENOENT, ENOSPC, ENOTDIR, EROFS
from typing import BinaryIO

from cnpolicy.document import Failure, Source

STATE = ".cnpolicy"  # the folder in an output tree that holds its journal and lock
TEXT = (".txt", ".text")
OWN = ("manifest.jsonl", "audit.jsonl")  # what stands in an output tree beside the documents
TEMPORARY = ".cnpolicy-"  # how the names of files begin that are not whole yet

_UNITS = {"utf-16-le": 2, "utf-16-be": 2, "utf-32-le": 4, "utf-32-be": 4}
# How far before an even cut a better place is looked for: some pages.
_NEAR_BYTES = 65_536
_NEAR_CHARACTERS = 2_000
# Where a file is cut into parts, the best first: a new page, two blank lines, one, a line end.
_GAPS = tuple(map(re.compile, (rb"\f", rb"\n[ \t\r]*+\n[ \t\r]*+\n", rb"\n[ \t\r]*+\n", rb"\n|\r(?!\n)")))

# Two machines that write to one folder may have processes of the same number.
_own = os.urandom(4).hex()
_numbers = itertools.count()

_REASONS = {
    EACCES: "permission denied; give yourself the right to it (chmod) or leave it out",
    EFBIG: "the file would grow beyond the limit set for this process; raise it (ulimit -f)",
    EISDIR: "this is a directory, where a file is needed; name a file in it",
    ENOTDIR: "a part of this path is a file, not a directory; check the spelling",
    ELOOP: "symbolic links that point in a circle; remove the link",
    EMFILE: "too many open files; raise the limit (ulimit -n)",
    ENAMETOOLONG: "the name is too long for this file system",
    ENOENT: "no such file or directory; check the spelling, or whether it was moved meanwhile",
    ENOSPC: "no space left on the device; make room and run the same command again to go on",
    EROFS: "the file system is read-only; choose another output directory",
}


def os_reason(problem: OSError) -> str:
    """Return what the operating system complained of, and what to do about it."""
    return _REASONS.get(problem.errno or 0, problem.strerror or str(problem))


def printable(name: str) -> str:
    r"""Return a file name as text that can be printed and written; bytes that are not UTF-8 become `\xNN`.

    >>> printable("ok-简报.txt"), printable("a\udcffb.txt")
    ('ok-简报.txt', 'a\\xffb.txt')
    """
    try:
        data = os.fsencode(name)
    except UnicodeEncodeError:  # it is printable already, and the locale's encoding is narrow
        data = name.encode("utf-8", "surrogateescape")
    return data.decode("utf-8", "backslashreplace")


@dataclass
class Found:
    """What a search for documents came to.

    `named` are the names of documents that the user named one by one; `skipped` counts the files that are not
    documents by extension; `failures` are paths that are missing or cannot be searched.
    """

    sources: list[Source] = field(default_factory=list)
    named: set[str] = field(default_factory=set)
    skipped: Counter[str] = field(default_factory=Counter)
    failures: list[Failure] = field(default_factory=list)


def find(paths: Sequence[str], globs: Sequence[str] = ()) -> Found:
    """Return the documents under the paths, in sorted order.

    Directories are searched at every depth for `*.txt` and `*.text` in any case, and for the files that match `globs`
    (by their names, or with a `/` in the pattern by their paths below the directory). Hidden files and output trees are
    passed over. The names of documents are relative to the directory that was named; with several paths they begin
    with its base name.
    """
    found = Found()
    for path in paths:
        base = base_name(path)
        if os.path.isdir(path):
            _walk(path, base + "/" if len(paths) > 1 else "", globs, found)
            continue
        try:
            os.lstat(path)
        except OSError as problem:
            found.failures.append(Failure(path, "find", os_reason(problem)))
            continue
        found.sources.append(Source(base, path))
        found.named.add(base)
    return found


def base_name(path: str) -> str:
    """Return the last part of a path, also where that is written as `.`, `..` or with a slash at its end."""
    return os.path.basename(os.path.abspath(path))


def _walk(top: str, prefix: str, globs: Sequence[str], found: Found) -> None:
    """Add the documents below a directory to what was found; `prefix` begins their names."""
    # Directories still to be searched, the next one last, each with those on the way to it by device and number.
    waiting: list[tuple[str, str, tuple[tuple[int, int], ...]]] = [(top, "", ())]
    done: list[tuple[list[bytes], Source]] = []
    failures: list[Failure] = []
    while waiting:
        folder, inner, above = waiting.pop()
        try:
            status = os.stat(folder)
            with os.scandir(folder) as entries:
                listed = list(entries)
        except OSError as problem:
            failures.append(Failure(prefix + inner.rstrip("/") or folder, "find", os_reason(problem)))
            continue
        here = (status.st_dev, status.st_ino)
        if here in above:
            failures.append(Failure(prefix + inner.rstrip("/"), "find", _REASONS[ELOOP]))
            continue
        for entry in listed:
            name = inner + entry.name
            if entry.name.startswith("."):
                continue
            # DirEntry.is_dir() raises on a link that points to itself.
            if os.path.isdir(entry.path) if entry.is_symlink() else entry.is_dir():
                if not is_output(entry.path):
                    waiting.append((entry.path, name + "/", (*above, here)))
            elif entry.name in OWN and is_output(folder):
                continue
            elif not is_document(name, globs):
                found.skipped[os.path.splitext(entry.name)[1].lower() or "(none)"] += 1
            elif _is_special(entry):
                failures.append(Failure(prefix + name, "find", "not a regular file; leave it out"))
            else:
                done.append((os.fsencode(name).split(b"/"), Source(prefix + name, entry.path)))
    found.failures += sorted(failures, key=lambda failure: os.fsencode(failure.name))
    done.sort(key=lambda item: item[0])
    found.sources += [source for _, source in done]


def _is_special(entry: "os.DirEntry[str]") -> bool:
    """Tell whether an entry is, or leads to, a pipe, a device or the like, on which reading could wait for ever."""
    if not entry.is_symlink():
        return not entry.is_file()
    return os.path.exists(entry.path) and not os.path.isfile(entry.path)


def is_document(name: str, globs: Sequence[str]) -> bool:
    """Tell whether a file of this name is one of the corpus."""
    base = name.rsplit("/", 1)[-1]
    return base.lower().endswith(TEXT) or any(
        fnmatch.fnmatchcase(name if "/" in glob else base, glob) for glob in globs
    )


def is_output(folder: str) -> bool:
    """Tell whether a folder is an output tree."""
    return os.path.exists(os.path.join(folder, STATE, "run.json"))


def output_name(name: str) -> str:
    """Return the name of a document's output: the same, with the extension `.txt`.

    What is no extension (a year, a number) stays part of the name.

    >>> output_name("2010/briefing.TEXT"), output_name("report.2011"), output_name("1.总结"), output_name("a.htm")
    ('2010/briefing.txt', 'report.2011.txt', '1.总结.txt', 'a.txt')
    """
    stem, extension = os.path.splitext(name)
    return (stem if extension.isascii() and extension[1:2].isalpha() and len(extension) <= 6 else name) + ".txt"


def collisions(sources: Iterable[Source], called: Callable[[Source], str]) -> list[tuple[Source, Source]]:
    """Return the pairs of documents that would be called the same."""
    taken: dict[str, Source] = {}
    pairs = []
    for source in sources:
        other = taken.setdefault(called(source), source)
        if other is not source:
            pairs.append((other, source))
    return pairs


def overlaps(paths: Iterable[str], output: str) -> str | None:
    """Return the first input that lies in, is, or holds the output tree, or None."""
    tree = os.path.realpath(output)
    for path in paths:
        real = os.path.realpath(path)
        if is_inside(tree, real) or is_inside(real, tree):
            return path
    return None


def is_inside(path: str, folder: str) -> bool:
    """Tell whether a real path is a folder, or lies in it."""
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def size(source: Source) -> int:
    """Return a document's size in bytes, 0 where it cannot be had."""
    try:
        return os.stat(source.path).st_size
    except OSError:
        return 0


def read(source: Source, start: int = 0, end: int | None = None) -> bytes:
    """Return a document's bytes, or those from `start` up to `end`; OSError if it cannot be read."""
    with open(source.path, "rb") as file:
        file.seek(start)
        return file.read() if end is None else file.read(end - start)


def sha256(path: str) -> str:
    """Return the checksum of a file's bytes, of which few are held at a time; OSError if it cannot be read."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def stamp(path: str) -> tuple[int, int]:
    """Return what changes when a file is written to: its size in bytes and its time; OSError if it is not there."""
    status = os.stat(path)
    return status.st_size, status.st_mtime_ns


def sample(source: Source, pieces: int, piece_bytes: int) -> bytes:
    """Return whole lines from so many places of a file, evenly spaced; the first is its beginning."""
    with open(source.path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        found = []
        for number in range(pieces):
            file.seek(number * size // pieces)
            piece = file.read(piece_bytes)
            first = piece.find(b"\n") + 1 if number else 0
            last = piece.rfind(b"\n") + 1
            found.append(piece[first:last] if first < last else piece)
        return b"".join(found)


def cuts(source: Source, part_bytes: int, encoding: str) -> list[int]:
    """Return the places, in bytes, where a file of an encoding (\"\" if it is not known) is cut into parts.

    The parts are about alike in size. A cut is made where the page, or most of it, ends that stands before the even
    place: after a form feed, after blank lines, or after a line; within a line only if that is longer than a part.
    """
    places: list[int] = []
    with open(source.path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        parts = -(-size // part_bytes)
        for number in range(1, parts):
            last = places[-1] if places else 0
            even = max(number * size // parts, last + 1)
            place = _line_end(file, last, even, encoding) or _within_line(file, last, even, encoding)
            if last < place < size:
                places.append(place)
    return places


def _line_end(file: BinaryIO, start: int, even: int, encoding: str) -> int:
    """Return the best place between two to cut after a line, 0 if there is none."""
    unit = _UNITS.get(encoding, 1)
    before = max(start, even - _NEAR_BYTES)
    file.seek(before)
    near = file.read(even - before)
    if unit > 1:
        # The bytes of a line end stand nowhere else in Chinese, not even across two characters.
        for end in ("\n\n\n", "\n\n", "\n"):
            place = near.rfind(end.encode(encoding))
            if place >= 0:
                return before + place + len(end) * unit
        return 0
    near = near.removesuffix(b"\r")  # its \n may follow
    for pattern in _GAPS:
        matches = list(pattern.finditer(near))
        if matches:
            return before + matches[-1].end()
    while before > start:
        before, after = max(start, before - _NEAR_BYTES), before
        file.seek(before)
        place = file.read(after - before).rfind(b"\n")
        if place >= 0:
            return before + place + 1
    return 0


def _within_line(file: BinaryIO, start: int, even: int, encoding: str) -> int:
    """Return a place to cut a line that is longer than a part: after a sentence if one ends near, or a character."""
    try:
        decoder = codecs.getincrementaldecoder(encoding or "utf-8")("replace")
    except LookupError:
        return even
    # From the last cut on, for in most encodings only what went before tells where a character begins.
    file.seek(start)
    text = decoder.decode(file.read(even - start))
    place = even - len(decoder.getstate()[0])
    sentence = max(text.rfind(mark, max(0, len(text) - _NEAR_CHARACTERS)) for mark in "。！？")
    beyond = text[sentence + 1 :]
    return place - len(beyond.encode(encoding or "utf-8")) if sentence >= 0 and "\ufffd" not in beyond else place


class Draft:
    """A file that is written under another name and stands under its own only when it is whole and on the disk."""

    def __init__(self, path: str) -> None:
        """Begin the file; OSError if that cannot be done."""
        self.path = path
        folder = os.path.dirname(path)
        os.makedirs(folder or ".", exist_ok=True)
        self._temporary = os.path.join(folder, f"{TEMPORARY}{os.getpid()}-{_own}-{next(_numbers)}.tmp")
        self.file: BinaryIO = open(self._temporary, "xb")  # noqa: SIM115 - closed when it is published or dropped

    def publish(self) -> None:
        """Put the file in its place; OSError if that fails, and nothing is left behind then."""
        try:
            with self.file:
                self.file.flush()
                os.fsync(self.file.fileno())
            os.replace(self._temporary, self.path)
        except BaseException:
            self.drop()
            raise

    def drop(self) -> None:
        """Remove the file; what stood in its place stands there still. What was published stays."""
        with suppress(OSError):  # what could not be written cannot be written now either
            self.file.close()
        if os.path.lexists(self._temporary):
            os.unlink(self._temporary)


@contextmanager
def whole(path: str) -> Iterator[BinaryIO]:
    """Open a file for writing that stands under its name only when the block has ended well and it is on the disk.

    OSError if that fails; nothing is left behind then, and what stood there before stands there still.
    """
    draft = Draft(path)
    try:
        yield draft.file
    except BaseException:
        draft.drop()
        raise
    draft.publish()


@contextmanager
def spooled(begun: bytes, stream: BinaryIO) -> Iterator[str]:
    """Give the path of a temporary file with what was read of a stream and its rest; it is gone after the block."""
    with tempfile.NamedTemporaryFile(prefix=TEMPORARY) as file:
        file.write(begun)
        shutil.copyfileobj(stream, file, len(begun) or -1)
        file.flush()
        yield file.name


def write(path: str, data: bytes) -> None:
    """Write a file whole or not at all; OSError if it cannot be written."""
    with whole(path) as file:
        file.write(data)


def sweep(folder: str) -> None:
    """Remove the unfinished files that an interrupted run left in an output tree."""
    for place, _, names in os.walk(folder):
        for name in names:
            if name.startswith(TEMPORARY) and name.endswith(".tmp"):
                os.unlink(os.path.join(place, name))
