"""Entries: what the corpus database keeps of a document, its tokens as numbers first of all."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from cnpolicy import jsonl, pipeline
from cnpolicy.document import Document
from cnpolicy.index import Record, Tokens, Vocabulary
from cnpolicy.jobs import Job, Outcome
from cnpolicy.segment import words_of_segmented


def vocabulary_of(job: Job) -> Vocabulary:
    """Return the list of terms to begin with."""
    return Vocabulary(simplified=job.count_script == "simplified")


def fingerprint(job: Job, sha256: str, known: Mapping[str, Any] | None) -> str:
    """Return what the corpus database's record of an input depends on: its content, its manifest line, the options."""
    content = hashlib.sha256(jsonl.dumps([sha256, known])).hexdigest()
    return f"{job.digest}:{content[:32]}"


def cut(job: Job, document: Document) -> Document:
    """Return a document with the words to be counted, if it does not have them in one way or another."""
    if job.segmented or document.words is not None:
        return document
    return pipeline.segmented(document, job.words.settings, tags=job.words.pos)


def counted(job: Job, outcome: Outcome, vocabulary: Vocabulary) -> Outcome:
    """Return an outcome with what the corpus database shall keep, if that is wanted, in the place of the document."""
    document, known = outcome.document, outcome.record
    if "tokens" not in job.wants or document is None or known is None:
        return outcome
    tokens, text = tokens_and_text(job, document, vocabulary)
    masthead = masthead_of(job, text, document.name)
    kept = record(outcome.name, tokens, known, masthead, outcome.fingerprint)
    return replace(outcome, document=None, record=None, counted=kept)


def tokens_and_text(job: Job, document: Document, vocabulary: Vocabulary) -> tuple[Tokens, str]:
    """Return the tokens of a document that is cut, and the text that these are of."""
    words: Sequence[str] = words_of_segmented(document.text) if job.segmented else document.words or ()
    return vocabulary.tokens(words, document.tags), "".join(words) if job.segmented else document.text


def masthead_of(job: Job, text: str, name: str) -> dict[str, Any]:
    """Return what the masthead of a document says, if that is wanted."""
    if "masthead" not in job.wants:
        return {}
    from cnpolicy import masthead

    return {field: read for field, read in masthead.read(text, name)._asdict().items() if read is not None}


def record(
    name: str, tokens: Tokens, known: Mapping[str, Any], masthead: Mapping[str, Any], fingerprint: str
) -> Record:
    """Return what the corpus database shall keep of a document of which so much is `known`, as in `records.summary`."""
    return Record(
        name=name,
        words=tokens,
        encoding=known["encoding"],
        script=known["script"],
        sha256=known["sha256"],
        findings={(rule, certainty): n for certainty, rules in known["findings"].items() for rule, n in rules.items()},
        changed=known["changed"],
        masthead=masthead,
        fingerprint=fingerprint,
    )
