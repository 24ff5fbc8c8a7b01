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
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import chain, filterfalse, pairwise
from typing import TYPE_CHECKING, Literal

from cnpolicy.segment.engines import BORDER, Engine, Jieba, Rjieba
from cnpolicy.segment.lexicon import policy_words
from cnpolicy.segment.userwords import Literals, UserWord, checked, read_user_words

if TYPE_CHECKING:
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

# The engines work on about so many code points at a time. Measured on news text: 2,000 to 16,000 take the same time,
# 40,000 a tenth more (a third more beside other work), for their words then no longer fit into the processor's cache.
CHUNK = 8192
# The engines treat these as blocks of their own, and no span or user word holds them, so a text may be divided after
# them without changing a word.
_DIVIDE = re.compile("[\n。]")

_MASK = "\0"
# Han beyond jieba's range, lone surrogates (no engine can encode them), the mask itself and the border.
_MASKED = re.compile("[\0\uffff\u3400-\u4dbf\u9fd6-\u9fff\uf900-\ufaff\U00020000-\U0003ffff\ud800-\udfff]")

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
# Every white space that ends no line.
_SPACES = (
    " \u3000\t\xa0\v\f\x1c\x1d\x1e\x1f\x85\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f"
)
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
        self._engine: Engine = Rjieba() if settings.engine == "rjieba" else Jieba()
        self._lexicon = policy_words() if settings.lexicon == "policy" else ()
        self._engine.add_new((word, frequency or 1) for word, frequency, _ in self._lexicon)
        self._hmm = settings.hmm
        self._split_numbers = settings.split_numbers
        self._user_words = [
            entry._replace(word=in_simplified(entry.word)) for entry in map(checked, settings.user_words)
        ]
        self._literals: Literals | None = None
        literal = []
        if not self._split_numbers:
            literal = [word for word, _, _ in self._lexicon if _NUMERAL.search(word) and self._spans(word)]
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
        return list(chain.from_iterable(part for part, _ in self._parts(text)))

    def divided(self, text: str) -> str:
        """Return the text with U+FFFF between its words and what stands between them: `tokens` in half the time.

        Where the text has a U+FFFF of its own, the two cannot be told apart.
        """
        parts = ((part, *self._divided(part, shadow)) for part, shadow in self._chunks(text))
        return BORDER.join(
            _unmasked(divided, (part[start:end] for start, end in spans)) for part, divided, spans in parts
        )

    def words(self, text: str) -> list[str]:
        """Return the words in order; joined, they are the text without the white space between them.

        Punctuation marks are words here. White space always separates words, but for user words that hold some.
        """
        return list(filterfalse(str.isspace, chain.from_iterable(part for part, _ in self._parts(text))))

    def tagged(self, text: str) -> list[tuple[str, str]]:
        """Return the words and what stands between them, in order, each with its part of speech.

        The words are those of `tokens`; the tags are jieba's, `x` for punctuation and white space.

        >>> Segmenter().tagged("推进工作。")
        [('推进', 'v'), ('工作', 'vn'), ('。', 'x')]
        """
        tag = self._tagger.tag
        return [
            (token, tag(known))
            for tokens, shadows in self._parts(text)
            for token, known in zip(tokens, shadows, strict=True)
        ]

    def search(self, text: str) -> list[str]:
        """Return the words as a search engine wants them: before each the words of two and three characters in it.

        These are jieba's; joined they are not the text.

        >>> Segmenter().search("中华人民共和国")
        ['中华', '华人', '人民', '共和', '共和国', '中华人民共和国']
        """
        return [
            word
            for tokens, shadows in self._parts(text)
            for token, known in zip(tokens, shadows, strict=True)
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
        joined = " ".join(filter(None, self._shown(text, pos, search)))
        if "\r" in joined:
            return _LINE_END.sub(r"\1", joined)
        return joined.replace(" \n", "\n").replace("\n ", "\n")

    def _shown(self, text: str, pos: bool, search: bool) -> Iterator[str]:
        """Yield the words and line ends of one chunk after the other, as `lines` shows them, with spaces between."""
        plainly = not (pos or search or BORDER in text)
        for part, shadow in self._chunks(text):
            if plainly:
                yield self._show(part, shadow)
                continue
            tokens = self._cut(shadow)
            originals = tokens if shadow is part else _cut_alike(part, tokens)
            words: list[str] = []
            for token, known in zip(originals, tokens, strict=True):
                if token.isspace():
                    words += [token] if token in _LINE_ENDS else []
                    continue
                tag = f"/{self._tagger.tag(known)}" if pos else ""
                words += [
                    _SPACE.sub(_NO_BREAK, word) + tag for word in (self._within(token, known) if search else (token,))
                ]
            yield " ".join(words)

    def _show(self, part: str, shadow: str) -> str:
        """Return the words and line ends of a chunk with spaces between them: as text, for lists take half as long."""
        divided, spans = self._divided(part, shadow)
        for space in _SPACES:
            if space in part:
                divided = f"{divided}{BORDER}".replace(f"{space}{BORDER}", "")[:-1]
        divided = divided.replace(BORDER, " ")
        hidden = (part[start:end] for start, end in spans)
        if self._literals and self._literals.spaced:
            hidden = (_SPACE.sub(_NO_BREAK, word) for word in hidden)
        return _unmasked(divided, hidden)

    def _divided(self, part: str, shadow: str) -> tuple[str, list[tuple[int, int]]]:
        """Return a chunk with borders between its tokens and a mask for each of the stretches that come with it."""
        spans = self._spans(shadow)
        divided = self._engine.divide(_masked(shadow, spans), self._hmm)
        return (divided if shadow is part else _divide_alike(_masked(part, spans), divided)), spans

    @cached_property
    def _tagger(self) -> "Tagger":
        from cnpolicy.segment.tags import Tagger

        return Tagger((*self._lexicon, *self._user_words))

    def _chunks(self, text: str) -> Iterator[tuple[str, str]]:
        """Yield one chunk after the other, and the same in Simplified: the very same object if it is Simplified."""
        shadow = in_simplified(text)
        start = 0
        while start < len(text):
            divide = _DIVIDE.search(shadow, start + CHUNK)
            end = divide.end() if divide else len(text)
            part = text[start:end]
            known = shadow[start:end]
            yield part, part if shadow is text or known == part else known
            start = end

    def _parts(self, text: str) -> Iterator[tuple[list[str], list[str]]]:
        """Yield the tokens of one chunk after the other, and the same in Simplified."""
        for part, shadow in self._chunks(text):
            tokens = self._cut(shadow)
            yield (tokens if shadow is part else _cut_alike(part, tokens)), tokens

    def _cut(self, text: str) -> list[str]:
        """Return the tokens of a text in Simplified."""
        spans = self._spans(text)
        tokens = self._engine.divide(_masked(text, spans), self._hmm).split(BORDER)
        if not spans:
            return tokens
        hidden = iter([text[start:end] for start, end in spans])
        return [next(hidden) if token == _MASK else token for token in tokens]

    def _spans(self, text: str) -> list[tuple[int, int]]:
        """Return what must be masked."""
        spans: list[tuple[int, int]] = []
        if not self._split_numbers:
            from cnpolicy.segment.spans import protected  # its patterns take 20 ms to compile

            spans = list(protected(text, self._engine.has))
        if self._literals:
            spans = _first(self._literals.find(text), spans)
        if _MASKED.search(text):
            spans = _first(spans, [match.span() for match in _MASKED.finditer(text)])
        return spans


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


def _unmasked(divided: str, hidden: Iterable[str]) -> str:
    """Put what the masks hide in their places."""
    return "".join(chain.from_iterable(zip(divided.split(_MASK), (*hidden, ""), strict=True)))


def in_simplified(text: str) -> str:
    """Return the text in Simplified characters, place for place; the very same object if it is Simplified.

    Surrogates, which a str can hold but no encoding, stay where they are.
    """
    from cnpolicy.convert import to_simplified

    surrogates = list(_SURROGATES.finditer(text))
    if not surrogates:
        shadow = to_simplified(text)
    else:
        # OpenCC cannot take them.
        plain = to_simplified(_SURROGATES.sub(lambda match: "\ufffd" * len(match[0]), text))
        ends = [0, *(place for match in surrogates for place in match.span()), len(text)]
        shadow = "".join(
            (text if number % 2 else plain)[start:end] for number, (start, end) in enumerate(pairwise(ends))
        )
    return text if shadow == text else shadow


def _cut_alike(text: str, tokens: list[str]) -> list[str]:
    """Cut the text where another of the same length was cut."""
    cut = []
    start = 0
    for token in tokens:
        end = start + len(token)
        cut.append(text[start:end])
        start = end
    return cut


def _divide_alike(text: str, divided: str) -> str:
    """Put borders into the text where they are in another of the same length."""
    import numpy as np

    codes = np.frombuffer(divided.encode("utf-32-le"), np.uint32).copy()
    codes[codes != ord(BORDER)] = np.frombuffer(text.encode("utf-32-le"), np.uint32)
    return codes.tobytes().decode("utf-32-le")


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
