"""Documents as JSON Lines: there and back, and what is refused."""

import json

import pytest

from cnpolicy.document import Document, Failure, Pass, Span
from cnpolicy.findings import Finding
from cnpolicy.jsonl import audit_lines, document_line, read_documents

FULL = Document(
    name="a/\udcff.txt",
    text="中文",
    encoding="gb18030+utf-8",
    sha256="0" * 64,
    confidence=0.5,
    runner_up="cp950",
    spans=(Span(0, 1, "gb18030"), Span(1, 2, "utf-8")),
    history=(Pass("repair", (Finding("r", 0, 1, "仲", "中", "inferred", 0.987654321, "why"),)),),
    words=("中", "文"),
    tags=("n", "n"),
)


def finding(**other: object) -> bytes:
    """A line with a document of one finding, of which some keys are other than they should be."""
    record = {"rule": "r", "start": 0, "end": 1, "before": "x", "after": "a", "certainty": "certain"} | other
    return json.dumps({"text": "a", "history": [{"pass": "p", "findings": [record]}]}).encode()


def test_every_field_travels() -> None:
    (back,) = read_documents([document_line(FULL)])
    assert isinstance(back, Document)
    assert back.name == r"a/\xff.txt"
    assert back.history[0].findings[0].posterior == 0.987654
    assert (back.text, back.spans, back.words, back.tags, back.runner_up) == (
        *("中文", FULL.spans, FULL.words, FULL.tags, FULL.runner_up),
    )
    assert document_line(back) == document_line(FULL)


def test_text_alone_is_enough() -> None:
    (document,) = read_documents([b'{"text": "\xe4\xb8\xad"}'])
    assert isinstance(document, Document)
    assert (document.name, document.text, document.encoding) == ("line-1", "中", "str")


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        (b"{", "Expecting"),
        (b"[1]", "not a JSON object"),
        (b"{}", "`text` is missing"),
        (b'{"text": 1}', "`text` has the wrong type (int)"),
        (b'{"text": null}', "`text` has the wrong type (NoneType)"),
        (b'{"text": "a", "name": true}', "`name` has the wrong type (bool)"),
        (b'{"text": "\\ud800"}', "lone surrogate at character 0"),
        (b'{"text": "a", "words": ["a", 1]}', "`words` holds something that is not a string"),
        (b'{"text": "ab", "words": ["a", "c"]}', "`words` are not the words of `text`"),
        (b'{"text": "a", "confidence": 1' + b"0" * 400 + b"}", "too large"),
        (b'{"text": "a", "confidence": NaN}', "NaN is not JSON"),
        (b'{"text": "a", "confidence": 2}', "not between 0 and 1"),
        (b'{"text": "a", "confidence": "high"}', "`confidence` has the wrong type (str)"),
        (b'{"text": "a", "history": [{"findings": []}]}', "`pass` is missing"),
        (b'{"text": "\xff"}', "utf-8"),
        (b'{"text": "a", "confidence": ' + b"9" * 5000 + b"}", "integer string conversion"),
        (b'{"text": "a", "confidence": 1e999}', "not between 0 and 1"),
        (b'{"text": "a", "name": "\\udfff"}', "`name` has a lone surrogate at character 0"),
        (b'{"text": "a", "words": ["\\ud83d"]}', "`words` has a lone surrogate"),
        (b'{"text": "a", "words": {}}', "`words` has the wrong type (dict)"),
        (b'{"text": "a", "tags": ["n"]}', "`tags` are not one for each"),
        (b'{"text": "a", "words": ["a"], "tags": ["n", "v"]}', "`tags` are not one for each"),
        (b'{"text": "a", "history": {}}', "`history` has the wrong type (dict)"),
        (b'{"text": "a", "history": ["p"]}', "where `pass` should be there is no JSON object"),
        (
            b'{"text": "a", "spans": [{"start": 1e99, "end": 2, "encoding": "gbk"}]}',
            "`start` has the wrong type (float)",
        ),
        (b'{"text": "a", "spans": [{"start": -1, "end": 2, "encoding": "gbk"}]}', "a span cannot be from -1 to 2"),
        (b'{"text": "a", "spans": [{"start": 0, "end": 2}]}', "`encoding` is missing"),
        (finding(posterior=2), "`posterior` is 2, not between 0 and 1"),
        (finding(posterior="high"), "`posterior` has the wrong type (str)"),
        (finding(start=-1, end=0), "not as long as"),
        (finding(start=10**40, end=10**40 + 1), "does not lead to `text`"),
        (finding(start=None), "`start` has the wrong type (NoneType)"),
        (finding(before="\ud800"), "`before` has a lone surrogate"),
        (b"[" * 100_000, "recursion"),
        (
            (
                b'{"text": "a", "history": [{"pass": "p", "findings": [{"rule": "r", "start": 5, "end": 6, '
                b'"before": "x", "after": "y", "certainty": "certain"}]}]}'
            ),
            "`history` does not lead to `text`",
        ),
        (
            (
                b'{"text": "a", "history": [{"pass": "p", "findings": [{"rule": "r", "start": 0, "end": 1, '
                b'"before": "x", "after": "a", "certainty": "sure"}]}]}'
            ),
            "`certainty` is 'sure'",
        ),
        (
            (
                b'{"text": "a", "history": [{"pass": "p", "findings": [{"rule": "r", "start": 0, "end": 2, '
                b'"before": "x", "after": "a", "certainty": "certain"}]}]}'
            ),
            "not as long as",
        ),
        (
            (
                b'{"text": "a", "history": [{"pass": "p", "findings": [{"rule": "r", "start": 0, "end": 1, '
                b'"before": "x", "after": "a", "certainty": "reported"}]}]}'
            ),
            "another `after`",
        ),
    ],
)
def test_what_is_wrong_is_refused_with_its_line(line: bytes, complaint: str) -> None:
    good = b'{"text": "ok"}\n'
    first, failure, last = read_documents([good, line, b"\n", good])
    assert isinstance(first, Document)
    assert isinstance(failure, Failure)
    assert failure.name == "standard input, line 2"
    assert complaint in failure.reason
    assert isinstance(last, Document)


def test_an_audit_names_document_and_pass() -> None:
    assert audit_lines(FULL).decode() == (
        '{"document":"a/\\\\xff.txt","pass":1,"rule_set":"repair","rule":"r","start":0,"end":1,"before":"仲",'
        '"after":"中","certainty":"inferred","posterior":0.987654,"note":"why"}\n'
    )
