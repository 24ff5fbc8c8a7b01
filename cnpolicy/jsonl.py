"""Documents as JSON Lines, one to a line: what the commands hand to each other with `--jsonl`."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from typing import Any

from cnpolicy.corpus import printable
from cnpolicy.document import Document, Failure, Pass, Span
from cnpolicy.findings import Finding


def dumps(value: Any) -> bytes:
    """Return a value as one line of JSON in UTF-8, with its newline."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode() + b"\n"


def finding_record(finding: Finding) -> dict[str, Any]:
    """Return a finding as JSON's types; a posterior or note that is not there is left out."""
    record: dict[str, Any] = finding._asdict()
    if finding.posterior is None:
        del record["posterior"]
    else:
        record["posterior"] = float(f"{finding.posterior:.6g}")
    if not finding.note:
        del record["note"]
    return record


def document_line(document: Document) -> bytes:
    """Return a document as one line of JSON, without the keys that do not apply."""
    record: dict[str, Any] = {
        "name": printable(document.name),
        "text": document.text,
        "encoding": document.encoding,
        "confidence": float(f"{document.confidence:.6g}"),
        "sha256": document.sha256,
        "history": [
            {"pass": made.rule_set, "findings": [finding_record(finding) for finding in made.findings]}
            for made in document.history
        ],
    }
    if document.runner_up:
        record["runner_up"] = document.runner_up
    if document.spans:
        record["spans"] = [span._asdict() for span in document.spans]
    if document.words is not None:
        record["words"] = list(document.words)
    if document.tags is not None:
        record["tags"] = list(document.tags)
    return dumps(record)


def audit_lines(document: Document, part: int = 0) -> bytes:
    """Return every finding of a document as a line of JSON, with the document's name, the pass and its number.

    `part` is the number of the part of a large file that the document is, if it is one.
    """
    head: dict[str, Any] = {"document": printable(document.name)} | ({"part": part} if part else {})
    return b"".join(
        dumps({**head, "pass": number, "rule_set": made.rule_set, **finding_record(finding)})
        for number, made in enumerate(document.history, 1)
        for finding in made.findings
    )


def read_documents(lines: Iterable[bytes]) -> Iterator[Document | Failure]:
    """Yield the document of every line, or a Failure that names the line and what is wrong with it.

    A line needs no more than `text`; the other keys are those that `document_line` writes. Empty lines are skipped.
    """
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            yield _document(json.loads(line, parse_constant=_refuse_constant), f"line-{number}")
        except (ValueError, OverflowError, RecursionError) as problem:
            where = f"standard input, line {number}"
            reason = f"{problem}; each line must be a JSON object such as cnpolicy clean --jsonl writes"
            yield Failure(where, "jsonl", reason)


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _document(record: Any, default: str) -> Document:
    if not isinstance(record, dict):
        raise ValueError("not a JSON object")
    text = _get(record, "text", str, None)
    history = tuple(
        Pass(_get(made, "pass", str, None), tuple(map(_finding, _get(made, "findings", list, None))))
        for made in _get(record, "history", list, [])
    )
    spans = tuple(
        Span(_get(span, "start", int, None), _get(span, "end", int, None), _get(span, "encoding", str, None))
        for span in _get(record, "spans", list, [])
    )
    for span in spans:
        if not 0 <= span.start <= span.end:
            raise ValueError(f"a span cannot be from {span.start:g} to {span.end:g}")
    words = _strings(record, "words")
    if words is not None and "".join("".join(words).split()) != "".join(text.split()):
        raise ValueError("`words` are not the words of `text`; leave them out to have them made anew")
    tags = _strings(record, "tags")
    if tags is not None and len(tags) != len(words or ()):
        raise ValueError("`tags` are not one for each of `words`; leave them out")
    confidence = float(_get(record, "confidence", (int, float), 1.0))
    if not 0 <= confidence <= 1:
        raise ValueError(f"`confidence` is {confidence:g}, not between 0 and 1")
    document = Document(
        name=_get(record, "name", str, default),
        text=text,
        encoding=_get(record, "encoding", str, "str"),
        sha256=_get(record, "sha256", str, hashlib.sha256(text.encode()).hexdigest()),
        confidence=confidence,
        runner_up=_get(record, "runner_up", str, ""),
        spans=spans,
        history=history,
        words=words,
        tags=tags,
    )
    if history:
        try:
            _ = document.decoded
        except ValueError as problem:
            raise ValueError(f"`history` does not lead to `text`: {problem}") from None
    return document


def _finding(record: Any) -> Finding:
    certainty = _get(record, "certainty", str, None)
    if certainty not in ("certain", "inferred", "reported"):
        raise ValueError(f"`certainty` is {certainty!r}")
    posterior = None if record.get("posterior") is None else float(_get(record, "posterior", (int, float), None))
    if posterior is not None and not 0 <= posterior <= 1:
        raise ValueError(f"`posterior` is {posterior:g}, not between 0 and 1")
    finding = Finding(
        _get(record, "rule", str, None),
        _get(record, "start", int, None),
        _get(record, "end", int, None),
        _get(record, "before", str, None),
        _get(record, "after", str, None),
        certainty,
        posterior,
        _get(record, "note", str, ""),
    )
    if finding.start < 0 or finding.end - finding.start != len(finding.before):
        raise ValueError(f"`before` is not as long as from `start` to `end`: {finding!r}")
    if certainty == "reported" and finding.before != finding.after:
        raise ValueError(f"a reported finding has another `after` than `before`: {finding!r}")
    return finding


def _get(record: Any, key: str, kind: type | tuple[type, ...], default: Any) -> Any:
    """Return a key's value if it has the right type, the default where there is none; ValueError otherwise."""
    if not isinstance(record, dict):
        raise ValueError(f"where `{key}` should be there is no JSON object")
    value = record.get(key, default)
    if isinstance(value, bool) or not isinstance(value, kind):
        problem = "is missing" if key not in record else f"has the wrong type ({type(value).__name__})"
        raise ValueError(f"`{key}` {problem}")
    if isinstance(value, str):
        _refuse_surrogates(value, key)
    return value


def _strings(record: dict[str, Any], key: str) -> tuple[str, ...] | None:
    if record.get(key) is None:
        return None
    values = _get(record, key, list, None)
    for value in values:
        if not isinstance(value, str):
            raise ValueError(f"`{key}` holds something that is not a string")
        _refuse_surrogates(value, key)
    return tuple(values)


def _refuse_surrogates(value: str, key: str) -> None:
    try:
        value.encode()
    except UnicodeEncodeError as problem:
        raise ValueError(f"`{key}` has a lone surrogate at character {problem.start}") from None
