"""Words: where one ends and the next begins, by jieba's dictionary and method.

jieba 0.42.1 is the reference: its dictionary, its hidden Markov model (HMM) for words that the dictionary lacks.
rjieba does the same work more than ten times faster and is the engine by default; `engines` makes its words jieba's.

* Traditional text is looked up as its Simplified shadow, which has the same length, and the words are cut from the
  original.
* What must be one word (`spans`), user words that no engine can take in (`userwords`), and Han characters beyond
  U+4E00–U+9FD5, which are single characters for jieba and words for rjieba, never reach an engine: each is masked by
  one NUL, which all engines leave alone.
"""

import re
from bisect import bisect
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from itertools import accumulate, chain, filterfalse, pairwise
from typing import TYPE_CHECKING, Literal, NamedTuple

from cnpolicy.segment.lexicon import policy_words
from cnpolicy.segment.userwords import Literals, UserWord, checked, read_user_words

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from cnpolicy.segment.engines import Engine
    from cnpolicy.segment.flags import Flags
    from cnpolicy.segment.joins import Joins
    from cnpolicy.segment.tags import Tagger

__all__ = [
    "EngineName",
    "Segmenter",
    "Settings",
    "UserWord",
    "read_user_words",
    "segment",
    "segmenter",
    "words_of_segmented",
]

EngineName = Literal["rjieba", "jieba"]
Lexicon = Literal["policy", "none"]

# So many code points are worked on at a time, so that memory does not grow with the text (measured: 2**16 to 2**18 take
# the same time, fewer take longer).
PIECE = 1 << 16

_MASK = "\0"
# Han beyond jieba's range, lone surrogates (no engine can encode them), and what is no character.
_MASKED_RANGES = (
    *((0, 0), (0x3400, 0x4DBF), (0x9FD6, 0x9FFF), (0xD800, 0xDFFF), (0xF900, 0xFAFF), (0xFFFF, 0xFFFF)),
    (0x20000, 0x3FFFF),
)
_MASKED = re.compile(f"[{''.join(f'{chr(first)}-{chr(last)}' for first, last in _MASKED_RANGES)}]")

_SURROGATES = re.compile("[\ud800-\udfff]+")

# What the engines' dictionaries can hold; other user words are found here.
_IN_DICTIONARY = re.compile("[\u4e00-\u9fd5A-Za-z0-9+#&._%-]+")

# Only words with one of these can hold a span.
_NUMERAL = re.compile("[0-9A-Za-z一二三四五六七八九两双〇]")

_LINE_ENDS = frozenset(("\n", "\r\n", "\r"))
_LINE_END = re.compile(" ?(\r\n|[\r\n]) ?")
# Stands for a space within a word where spaces divide the words.
_NO_BREAK = "\u00a0"
_SPACE = re.compile(r"\s")
_SPACED_WORD = re.compile(r"\S+(?:\u00a0\S+)*")


@dataclass(frozen=True, slots=True)
class Settings:
    """How to segment: everything in it can alter the words.

    `engine` is `rjieba` or `jieba`. `hmm` lets the hidden Markov model join characters to words that the dictionary
    lacks. Without `split_numbers`, numbers with units, dates, document numbers, addresses, Latin names and numeral
    formulations are one word each; with it they are cut as jieba cuts them. `lexicon` adds the vocabulary of policy to
    the dictionary (`policy`) or nothing (`none`); `user_words` are added after it, in their order.
    """

    engine: EngineName = "rjieba"
    hmm: bool = True
    split_numbers: bool = False
    lexicon: Lexicon = "policy"
    user_words: tuple[UserWord, ...] = ()


class Segmenter:
    """Cuts texts into words. ValueError for an engine or lexicon that is not, and for a word that no text can hold."""

    def __init__(self, settings: Settings = Settings()) -> None:
        if settings.engine not in ("rjieba", "jieba"):
            raise ValueError(f"no engine {settings.engine!r}: there are rjieba and jieba")
        if settings.lexicon not in ("policy", "none"):
            raise ValueError(f"no lexicon {settings.lexicon!r}: there are policy and none")
        from cnpolicy.segment.engines import Jieba, Rjieba  # loads numpy

        self._engine: Engine = Rjieba() if settings.engine == "rjieba" else Jieba()
        self._lexicon = policy_words() if settings.lexicon == "policy" else ()
        # Engines divide a text at 、 before they look for words (藏粮于地、藏粮于技).
        literal = [word for word, _, _ in self._lexicon if "、" in word]
        self._engine.add_new((word, frequency or 1) for word, frequency, _ in self._lexicon if "、" not in word)
        self._joins: Joins | None = None
        if settings.lexicon == "policy":
            from cnpolicy.segment.joins import joins

            self._joins = joins()
        self._hmm = settings.hmm
        self._split_numbers = settings.split_numbers
        self._user_words = [
            entry._replace(word=in_simplified(entry.word)) for entry in map(checked, settings.user_words)
        ]
        self._named = {word for word, _, _ in self._user_words}
        self._literals: Literals | None = None
        if not self._split_numbers:
            literal += self._with_spans([word for word, _, _ in self._lexicon if _NUMERAL.search(word)])
        for word, frequency, _ in self._user_words:
            if _IN_DICTIONARY.fullmatch(word):
                self._engine.add(word, frequency)
            # A span that lies within the word would hide it from the engine.
            if frequency != 0 and (not _IN_DICTIONARY.fullmatch(word) or self._spans(word)):
                literal.append(word)
        if literal:
            self._literals = Literals(literal)

    def tokens(self, text: str) -> list[str]:
        r"""Return the words and what stands between them, in order; joined, they are the text.

        >>> Segmenter().tokens("推进 工作\n")
        ['推进', ' ', '工作', '\n']
        """
        return list(chain.from_iterable(piece.tokens() for piece in self._pieces(text)))

    def begins(self, text: str) -> "Flags":
        """Tell of each character whether a word, or what stands between words, begins with it: `tokens`, but faster."""
        import numpy as np

        return np.concatenate([np.zeros(0, dtype=np.bool_), *(piece.begins for piece in self._pieces(text))])

    def words(self, text: str) -> list[str]:
        """Return the words in order; joined, they are the text without the white space between them.

        Punctuation marks are words here. White space always separates words, but for user words that hold some.
        """
        return list(filterfalse(str.isspace, self.tokens(text)))

    def tagged(self, text: str) -> list[tuple[str, str]]:
        """Return the words and what stands between them, in order, each with its part of speech.

        The words are those of `tokens`; the tags are jieba's, `x` for punctuation and white space.

        >>> Segmenter().tagged("推进工作。")
        [('推进', 'v'), ('工作', 'vn'), ('。', 'x')]
        """
        tag = self._tagger.tag
        return [
            (token, tag(known))
            for piece in self._pieces(text)
            for token, known in zip(piece.tokens(), piece.shadows(), strict=True)
        ]

    def search(self, text: str) -> list[str]:
        """Return the words as a search engine wants them: before each the words of two and three characters in it.

        These are jieba's; joined they are not the text.

        >>> Segmenter().search("中华人民共和国")
        ['中华', '华人', '人民', '共和', '共和国', '中华人民共和国']
        """
        return [
            word
            for piece in self._pieces(text)
            for token, known in zip(piece.tokens(), piece.shadows(), strict=True)
            if not token.isspace()
            for word in self._within(token, known)
        ]

    def has(self, word: str) -> bool:
        """Tell whether the dictionary, with the lexicon and the user's words, has a word in Simplified."""
        return self._engine.has(word)

    def _within(self, word: str, known: str) -> Iterator[str]:
        for length in (2, 3):
            if len(word) > length:
                for start in range(len(word) - length + 1):
                    if self._engine.has(known[start : start + length]):
                        yield word[start : start + length]
        yield word

    def lines(self, text: str, *, pos: bool = False, search: bool = False) -> str:
        r"""Return the text with one space between its words and its lines as they were.

        With `pos`, each word is followed by a slash and its part of speech; with `search`, it is as in `search`. A
        space within a user word is written as a no-break space, so that `words_of_segmented` gets the word back.

        Segmenting the result again keeps every boundary and may add some: a word that the HMM joined from its
        context can fall apart on its own. Text that is segmented already is for `words_of_segmented`.

        >>> Segmenter().lines("推进工作。\n\n真抓 实干\n")
        '推进 工作 。\n\n真 抓 实干\n'
        >>> Segmenter().lines("推进工作。", pos=True)
        '推进/v 工作/vn 。/x'
        """
        if not (pos or search):
            return self._spaced(text)
        words: list[str] = []
        for piece in self._pieces(text):
            for token, known in zip(piece.tokens(), piece.shadows(), strict=True):
                if token.isspace():
                    words += [token] if token in _LINE_ENDS else []
                    continue
                tag = f"/{self._tagger.tag(known)}" if pos else ""
                words += [
                    _SPACE.sub(_NO_BREAK, word) + tag for word in (self._within(token, known) if search else (token,))
                ]
        return _LINE_END.sub(r"\1", " ".join(words))

    def _spaced(self, text: str) -> str:
        """Return the text with one space between its words, without making them: that would take longer."""
        from cnpolicy.segment.flags import Spacing

        spacing = Spacing()
        spaced = self._literals is not None and self._literals.spaced
        return "".join(
            spacing.take(piece.text, piece.begins, piece.spans if spaced else ()) for piece in self._pieces(text)
        )

    @cached_property
    def _tagger(self) -> "Tagger":
        from cnpolicy.segment.tags import Tagger

        return Tagger((*self._lexicon, *self._user_words))

    def _pieces(self, text: str) -> Iterator["_Piece"]:
        """Yield one piece after the other."""
        from cnpolicy.segment.engines import DIVIDE

        shadow = in_simplified(text)
        start = 0
        while start < len(text):
            divide = DIVIDE.search(shadow, start + PIECE)
            end = divide.end() if divide else len(text)
            known = shadow[start:end]
            spans = self._spans(known)
            yield _Piece(
                known if shadow is text else text[start:end],
                known,
                spans,
                self._begins(known, spans),
            )
            start = end

    def _begins(self, text: str, spans: list[tuple[int, int]]) -> "Flags":
        """Tell of each character of a text in Simplified whether a word begins with it; each span is one."""
        from cnpolicy.segment.flags import without_insides

        if not spans:
            begins = self._engine.begins(text, self._hmm)
        else:
            # One mask for each span is what the engine sees.
            begins = without_insides(len(text), spans)
            begins[begins] = self._engine.begins(_masked(text, spans), self._hmm)
        if self._joins and (joined := self._joins.find(text, begins, self._engine.has)):
            if self._named:
                joined = [span for span in joined if not self._touches_user_word(text, begins, *span)]
            begins &= without_insides(len(text), joined)
        return begins

    def _touches_user_word(self, text: str, begins: "Flags", start: int, end: int) -> bool:
        """Tell whether a join is, or would swallow, a word that the user added or took out."""
        places = [*(begins[start:end].nonzero()[0] + start).tolist(), end]
        return text[start:end] in self._named or any(text[one:other] in self._named for one, other in pairwise(places))

    def _with_spans(self, words: Sequence[str]) -> list[str]:
        """Return those of the words in which something must be masked; all are looked at together, a line each."""
        ends = list(accumulate(len(word) + 1 for word in words))
        return [words[number] for number in sorted({bisect(ends, start) for start, _ in self._spans("\n".join(words))})]

    def _spans(self, text: str) -> list[tuple[int, int]]:
        """Return what must be masked."""
        spans: list[tuple[int, int]] = []
        if not self._split_numbers:
            from cnpolicy.segment.spans import protected  # its patterns take 20 ms to compile

            spans = list(protected(text, self._engine.has))
        if self._literals:
            spans = _first(self._literals.find(text), spans)
        if _has_masked(text):
            spans = _first(spans, [match.span() for match in _MASKED.finditer(text)])
        return spans


class _Piece(NamedTuple):
    """A piece of a text, the same in Simplified, what is masked in it, and which of its characters begin a word."""

    text: str
    shadow: str
    spans: list[tuple[int, int]]
    begins: "Flags"

    def tokens(self) -> list[str]:
        """Return the words and what stands between them."""
        return self._cut(self.text)

    def shadows(self) -> list[str]:
        """Return the same in Simplified."""
        return self._cut(self.shadow)

    def _cut(self, text: str) -> list[str]:
        places = self.begins.nonzero()[0].tolist()
        return [text[start:end] for start, end in pairwise((*places, len(text)))]


def _has_masked(text: str) -> bool:
    from cnpolicy.segment.flags import SHORT, codes

    if len(text) <= SHORT:
        return _MASKED.search(text) is not None
    return bool(_masked_table()[codes(text)].any())


@cache
def _masked_table() -> "npt.NDArray[np.uint8]":
    from cnpolicy.segment.flags import table_of

    return table_of(_MASKED_RANGES)


def _first(preferred: Iterable[tuple[int, int]], others: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Merge spans in order; of the others, those that overlap with a preferred one are left out."""
    merged = list(preferred)
    taken = iter([*merged, None])
    ahead = next(taken)
    for start, end in others:
        while ahead and ahead[1] <= start:
            ahead = next(taken)
        if not ahead or end <= ahead[0]:
            merged.append((start, end))
    merged.sort()
    return merged


def _masked(text: str, spans: list[tuple[int, int]]) -> str:
    """Return the text with one mask in place of each span."""
    if not spans:
        return text
    seen: list[str] = []
    done = 0
    for start, end in spans:
        seen.append(text[done:start])
        done = end
    seen.append(text[done:])
    return _MASK.join(seen)


def in_simplified(text: str) -> str:
    """Return the text in Simplified characters, place for place; the very same object if it is Simplified.

    Surrogates, which a str can hold but no encoding, stay where they are.
    """
    from cnpolicy.convert import to_simplified

    try:
        text.encode("utf-16-le")  # three times as fast as searching for them
        shadow = to_simplified(text)
    except UnicodeEncodeError:
        surrogates = list(_SURROGATES.finditer(text))
        # OpenCC cannot take them.
        plain = to_simplified(_SURROGATES.sub(lambda match: "\ufffd" * len(match[0]), text))
        ends = [0, *(place for match in surrogates for place in match.span()), len(text)]
        shadow = "".join(
            (text if number % 2 else plain)[start:end] for number, (start, end) in enumerate(pairwise(ends))
        )
    return text if shadow == text else shadow


@lru_cache(maxsize=4)
def segmenter(settings: Settings = Settings()) -> Segmenter:
    """Return the segmenter with these settings; each is made once in a process."""
    return Segmenter(settings)


def segment(
    text: str,
    *,
    engine: EngineName = "rjieba",
    hmm: bool = True,
    split_numbers: bool = False,
    lexicon: Lexicon = "policy",
    user_words: Iterable[UserWord | str] = (),
) -> list[str]:
    """Return the words of a text in order, punctuation included and white space left out.

    The options are those of `Settings`; a user word can be given as a string.

    >>> segment("解放思想，激活争先的动力。")
    ['解放思想', '，', '激活', '争先', '的', '动力', '。']
    >>> segment("2010年8月25日，投资160亿元。")
    ['2010年8月25日', '，', '投资', '160亿元', '。']
    >>> segment("选派驻企专员", user_words=["驻企专员"])
    ['选派', '驻企专员']
    """
    words = tuple(UserWord(word) if isinstance(word, str) else word for word in user_words)
    return segmenter(Settings(engine, hmm, split_numbers, lexicon, words)).words(text)


def words_of_segmented(text: str) -> list[str]:
    r"""Return the words of a text that white space divides already, each line end as a word of its own.

    A no-break space within a word stands for a space in it.

    >>> words_of_segmented("推进 工作 。\n\n真抓 实干\nNew\u00a0York")
    ['推进', '工作', '。', '\n', '\n', '真抓', '实干', '\n', 'New York']
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    words: list[str] = []
    spaced = _NO_BREAK in text
    for line in lines:
        if spaced:
            words += (word.replace(_NO_BREAK, " ") for word in _SPACED_WORD.findall(line))
        else:
            words += line.split()
        words.append("\n")
    words.pop()
    return words
