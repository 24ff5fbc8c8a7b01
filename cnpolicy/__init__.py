"""Clean text, words and statistics from damaged Chinese policy documents.

A tour. Bytes, or text, become a document; its history holds every change that was made and why:

>>> import cnpolicy
>>> doc = cnpolicy.clean("深入学习,２０１２年工作要点\\r\\n".encode("gb18030"))
>>> print(doc.encoding, doc.text, end="")
gb18030 深入学习，2012年工作要点
>>> for finding in doc.findings():
...     print(finding.rule, repr(finding.before), "→", repr(finding.after), finding.certainty)
line-end '\\r\\n' → '\\n' certain
fullwidth-alphanumeric '２０１２' → '2012' certain
halfwidth-punctuation ',' → '，' inferred
>>> doc.decoded
'深入学习,２０１２年工作要点\\r\\n'

Its words:

>>> cnpolicy.segment(doc.text)
['深入', '学习', '，', '2012年', '工作要点']

A folder of documents, cleaned by several processes, in order; what cannot be read is a `Failure`, not an exception:

>>> for doc in cnpolicy.clean_corpus("no-such-folder", jobs=2):
...     print(doc)
Failure(name='no-such-folder', stage='find', reason='no such file or directory; ...')

Importing this package imports nothing heavy; what is heavy is loaded when it is first used.
"""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from cnpolicy.document import Document, Failure, Pass, Source, Span
from cnpolicy.findings import Finding

# The function of this name shall be had as `cnpolicy.segment`, not its module: importing the module now sees to that.
from cnpolicy.segment import segment

if TYPE_CHECKING:
    from cnpolicy.corpus import Found
    from cnpolicy.findings import Certainty
    from cnpolicy.rules import Options
    from cnpolicy.runs import Job

__all__ = ["Document", "Failure", "Finding", "Pass", "Source", "Span", "clean", "clean_corpus", "segment"]
__version__ = "0.1.0"


def clean(
    data: bytes | str,
    name: str = "-",
    *,
    only: Iterable[str] = (),
    skip: Iterable[str] = (),
    certainty: "Certainty" = "inferred",
    script: str = "auto",
    encoding: str | None = None,
    encoding_hint: str | None = None,
    restore: float | None = 0.9,
) -> Document:
    """Return the clean document that the bytes, or the text, hold.

    The options are those of `cnpolicy clean`: `only` and `skip` name rules, `certainty` is the least certain change
    to make, `script` the script to write, `encoding` the encoding to read (None: told from the bytes, and by
    `encoding_hint` in doubt), `restore` how sure a character must be (0 to 1) that is put where mojibake lost bytes
    (None: none is). ValueError if the bytes are no text (a picture, an archive), or if a name is unknown.
    """
    from cnpolicy import pipeline

    options = _options(only, skip, certainty, script, encoding, encoding_hint, restore)
    document = pipeline.process(data, name, "clean", options)
    if isinstance(document, Failure):
        raise ValueError(document.reason)
    return document


def clean_corpus(
    *paths: str,
    jobs: int = 1,
    globs: Iterable[str] = (),
    only: Iterable[str] = (),
    skip: Iterable[str] = (),
    certainty: "Certainty" = "inferred",
    script: str = "auto",
    encoding: str | None = None,
    encoding_hint: str | None = None,
    restore: float | None = 0.9,
) -> Iterator[Document | Failure]:
    """Yield the clean documents of files and folders, in sorted order, and a Failure for each that cannot be read.

    `jobs` is the number of processes; a script that uses more than one must do so below `if __name__ == "__main__":`.
    Folders are searched for `*.txt` and `*.text`, and for names that match `globs`; binary files in them are passed
    over. The other options are those of `clean`; ValueError at once if a name among them is unknown.
    """
    from cnpolicy import corpus, runs

    options = _options(only, skip, certainty, script, encoding, encoding_hint, restore)
    job = runs.Job("clean", options, frozenset({"document"}))
    return _documents(job, corpus.find(paths, tuple(globs)), jobs)


def _documents(job: "Job", found: "Found", jobs: int) -> Iterator[Document | Failure]:
    from cnpolicy import runs

    yield from found.failures
    for outcomes in runs.run(job, found.sources, jobs=jobs, named=found.named):
        for outcome in outcomes:
            made = outcome.document or outcome.failure
            if made is not None:
                yield made


def _options(
    only: Iterable[str],
    skip: Iterable[str],
    certainty: "Certainty",
    script: str,
    encoding: str | None,
    encoding_hint: str | None,
    restore: float | None,
) -> "Options":
    from cnpolicy import pipeline

    if isinstance(only, str) or isinstance(skip, str):
        raise ValueError("only and skip are lists of rules' names, such as ['line-end']")
    return pipeline.options(
        "clean",
        only=frozenset(only),
        skip=frozenset(skip),
        certainty=certainty,
        script=script,
        encoding=encoding,
        encoding_hint=encoding_hint,
        restore=restore,
    )
