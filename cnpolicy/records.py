"""Records: the manifest's line for an input, with what is known of its document beside the text."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cnpolicy import corpus, pipeline
from cnpolicy.document import Document, Failure
from cnpolicy.jobs import Job

LOST = "\ufffd"
# Below this confidence a reading is worth a look: of ten such readings at least one is wrong.
SURE = 0.9


def record(job: Job, status: str, known: Mapping[str, Any]) -> dict[str, Any]:
    """Return the manifest's line for an input of which so much is known, `of_input` at least."""
    return {**known, "status": status, "versions": dict(job.versions), "options": job.digest}


def of_input(name: str, size: int, sha256: str) -> dict[str, Any]:
    """Return how a record begins: the name of the input, the size in bytes of what was read of it, and no output."""
    return {"name": corpus.printable(name), "output": None, "bytes": size, "sha256": sha256}


def of_output(name: str, output_sha256: str) -> dict[str, Any]:
    """Return what a record says of the output of the document of this name."""
    return {"output": corpus.printable(corpus.output_name(name)), "output_sha256": output_sha256}


def failed(job: Job, failure: Failure, size: int = 0, sha256: str = "") -> dict[str, Any]:
    """Return the manifest's line for an input that could not be processed; without a checksum if it was not read."""
    reason = {"reason": f"{failure.stage}: {failure.reason}"}
    return record(job, "failed", of_input(failure.name, size, sha256)) | reason


def summary(document: Document) -> dict[str, Any]:
    """Return what is known of a document without its text: encoding, script, findings, what was changed and lost."""
    known = _measured(document)
    garbled = "reads like" if known.pop("garbled") else ""
    return known | {"warnings": list(_warnings(known, garbled))}


def of_part(document: Document, data: bytes) -> dict[str, Any]:
    """Return what is to be known of a part of a document, read from these bytes, to put it together with others."""
    return {**_measured(document), "ascii": data.isascii(), "characters": len(document.decoded)}


def _measured(document: Document) -> dict[str, Any]:
    size = len(document.decoded)
    kept = sum(length for _, _, length in document.unchanged())
    return {
        "encoding": document.encoding,
        "confidence": float(f"{document.confidence:.6g}"),
        "runner_up": document.runner_up,
        "script": pipeline.script_of(document.text),
        "findings": _counts(document),
        "changed": float(f"{1 - kept / size if size else 0:.6g}"),
        "lost": document.text.count(LOST),
        "garbled": pipeline.is_garbled(document.text),
    }


def _counts(document: Document) -> dict[str, dict[str, int]]:
    """Return how many findings there are, by certainty and rule, both in sorted order."""
    counted: dict[str, Counter[str]] = {}
    for finding in document.findings():
        counted.setdefault(finding.certainty, Counter())[finding.rule] += 1
    return _in_order(counted)


def _in_order(counted: Mapping[str, Mapping[str, int]]) -> dict[str, dict[str, int]]:
    return {certainty: dict(sorted(rules.items())) for certainty, rules in sorted(counted.items())}


def put_together(records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what is known of a document (`summary`) from what is known of its parts (`of_part`)."""
    # ASCII is read as UTF-8, and is GBK as well.
    told = [record for record in records if not record["ascii"]] or list(records[:1])
    encodings = dict.fromkeys(name for record in told for name in record["encoding"].split("+"))
    least = min(told, key=lambda record: float(record["confidence"]))
    scripts = {record["script"] for record in records} - {"none"}
    findings: dict[str, Counter[str]] = {}
    for record in records:
        for certainty, rules in record["findings"].items():
            findings.setdefault(certainty, Counter()).update(rules)
    characters = sum(record["characters"] for record in records)
    changed = sum(record["changed"] * record["characters"] for record in records)
    garbled = [number for number, record in enumerate(records, 1) if record["garbled"]]
    known = {
        "encoding": "+".join(encodings),
        "confidence": least["confidence"],
        "runner_up": least["runner_up"],
        "script": scripts.pop() if len(scripts) == 1 else "mixed" if scripts else "none",
        "findings": _in_order(findings),
        "changed": float(f"{changed / characters if characters else 0:.6g}"),
        "lost": sum(record["lost"] for record in records),
    }
    parts = f"part{'s' * (len(garbled) > 1)} {', '.join(map(str, garbled))} " if garbled else ""
    return known | {"warnings": list(_warnings(known, f"{parts}reads like" if garbled else ""))}


def warnings(document: Document) -> tuple[str, ...]:
    """Return what a person should know of a document before relying on it."""
    known = {
        "lost": document.text.count(LOST),
        "confidence": document.confidence,
        "encoding": document.encoding,
        "runner_up": document.runner_up,
    }
    return tuple(_warnings(known, "reads like" if pipeline.is_garbled(document.text) else ""))


def _warnings(known: Mapping[str, Any], garbled: str) -> Iterator[str]:
    """Yield the warnings about what is known; `garbled` begins that about mojibake, if there is any."""
    lost = known["lost"]
    if lost:
        yield f"{lost} lost place{'s' * (lost != 1)} left (U+FFFD)"
    if garbled:
        yield f"{garbled} mojibake that no rule could undo; left untidied"
    if known["confidence"] < SURE:
        other = f", or {known['runner_up']}" if known["runner_up"] not in ("", known["encoding"]) else ""
        yield f"encoding uncertain: {known['encoding']}{other}"
