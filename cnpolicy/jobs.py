"""What a run is asked to do and what comes of it: the values that go to those who do the work, and come back."""

import os
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from cnpolicy import corpus
from cnpolicy.chrome import Edges
from cnpolicy.document import Document, Failure, Source
from cnpolicy.executors import Cluster
from cnpolicy.index import CountScript, Record
from cnpolicy.rules import Options
from cnpolicy.segment import Settings

Want = Literal["text", "jsonl", "diff", "audit", "document", "record", "words", "edges", "tokens", "masthead"]


@dataclass(frozen=True, slots=True)
class Words:
    """How documents are segmented, and how `segment` shows the words: with parts of speech, or as for searching."""

    settings: Settings = Settings()  # noqa: RUF009 - immutable
    pos: bool = False
    search: bool = False


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be done with every document: the same for all batches of a run.

    `output` is the tree to write to, if any; `wants` says what else shall come back from the workers. `digest` is
    the manifest's digest of the options, `versions` what it records of them. `words` says how to segment.

    For the corpus database (`tokens` wanted, and no `output`): `segmented` texts are words with spaces between them,
    terms are counted in `count_script`, and what is counted goes into files in the folder `shards`, if there is one.
    `cluster` does the work, if it is not done on this machine; then all paths must be absolute.
    """

    command: str
    options: Options
    wants: frozenset[Want] = frozenset()
    output: str | None = None
    digest: str = ""
    versions: tuple[tuple[str, str], ...] = ()
    words: Words = Words()
    segmented: bool = False
    count_script: CountScript = "simplified"
    shards: str | None = None
    cluster: Cluster | None = None

    def output_path(self, name: str) -> str:
        """Return where in the tree to write to the output of the document of this name stands."""
        assert self.output is not None
        return os.path.join(self.output, corpus.output_name(name))


class Input(NamedTuple):
    """A source to be worked on, and what is known of it before.

    `size` is that of the file in bytes, `known` the record that an earlier run left of it, `named` whether the user
    named it one by one, `indexed` the fingerprint that the corpus database has of it, if it is there.
    """

    source: Source
    size: int = 0
    known: dict[str, Any] | None = None
    named: bool = False
    indexed: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one input; `name` is its name as it can be printed.

    `status` is `written` (to the output tree), `unchanged` since an earlier run, `made` (the result is in the fields
    that were wanted), `skipped` (a binary file), `failed`, or `part`: then it is about the `part`th part of a large
    file, of which the last is followed by the outcome of the file. `changed` tells whether the bytes would differ from
    the input's. `record` is the line of the manifest. `warnings` are for the user. `counted` is what the corpus
    database shall keep, or `shard` the file that has it, and `fingerprint` what that depends on.
    """

    name: str
    size: int
    status: Literal["written", "unchanged", "made", "skipped", "failed", "part"]
    changed: bool = False
    record: dict[str, Any] | None = None
    failure: Failure | None = None
    warnings: tuple[str, ...] = ()
    made: bytes = b""
    audit: bytes = b""
    document: Document | None = None
    edges: Edges | None = None
    counted: Record | None = None
    shard: str = ""
    fingerprint: str = ""
    part: int = 0
