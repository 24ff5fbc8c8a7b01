"""What must hold for any input: each function takes bytes and raises if something does not.

A target returns None; it says nothing about whether its result is good, only that it is one and lawful.
"""

from collections.abc import Callable

from cnpolicy import pipeline
from cnpolicy.document import Document, Failure
from cnpolicy.jsonl import document_line, read_documents
from cnpolicy.rules import Options

_OPTIONS = Options()


def decode(data: bytes) -> None:
    """Bytes are text or are refused with a reason; the text can be written, and reads as itself."""
    document = pipeline.read(data)
    if isinstance(document, Failure):
        assert document.reason
        return
    written = document.text.encode()
    assert "\0" not in document.text
    assert 0 <= document.confidence <= 1
    for lost in document.lost:
        assert document.text[lost.start] == "\ufffd"
    if document.text and "\ufffd" not in document.text:
        again = pipeline.read(written)
        assert isinstance(again, Document), again
        assert again.text == document.text


def repair(data: bytes) -> None:
    """What repair changes can be taken back, and it has nothing to change in its own output."""
    _stage("repair", data)


def tidy(data: bytes) -> None:
    """What tidying changes can be taken back, and it has nothing to change in its own output."""
    _stage("tidy", data)


def clean(data: bytes) -> None:
    """From bytes to clean text, all of it: it can be taken back, written as JSON, and is clean then."""
    document = pipeline.process(data, "x.txt", "clean", _OPTIONS)
    if isinstance(document, Failure):
        assert document.reason
        return
    _lawful(document, "clean")
    (read,) = read_documents([document_line(document)])
    assert isinstance(read, Document), read
    assert (read.text, read.decoded) == (document.text, document.decoded)


def _stage(command: str, data: bytes) -> None:
    """Run a stage over text: of anything but UTF-8 each byte is a character, so that every byte counts."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    document = pipeline.process(text, "x.txt", command, _OPTIONS)
    assert isinstance(document, Document), document
    _lawful(document, command)


def _lawful(document: Document, command: str) -> None:
    document.text.encode()
    _ = document.decoded  # raises if a finding is not what it says
    again = pipeline.process(document.text, "x.txt", command, _OPTIONS)
    assert isinstance(again, Document)
    changing = [found for found in again.findings() if found.before != found.after]
    assert again.text == document.text, changing[:3]


TARGETS: dict[str, Callable[[bytes], None]] = {"decode": decode, "repair": repair, "tidy": tidy, "clean": clean}
