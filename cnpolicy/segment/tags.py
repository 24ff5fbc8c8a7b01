"""Parts of speech, in the tags of ICTCLAS that jieba uses (`n` noun, `v` verb, `m` number, `t` time, `x` other)."""

import re
from collections.abc import Iterable
from functools import cache
from typing import Any

from cnpolicy.segment.engines import silent
from cnpolicy.segment.userwords import UserWord

_NUMBER = re.compile("[0-9０-９][0-9０-９.,．%％‰-]*")
_TIME = re.compile("[0-9０-９〇○零一二三四五六七八九].*[年月日号份]")
_LETTER_OR_DIGIT = re.compile("[A-Za-zＡ-Ｚａ-ｚ0-9０-９]")


class Tagger:
    """Finds the part of speech of words, each for itself: by the dictionary, by its form, or by jieba's own model."""

    def __init__(self, user_words: Iterable[UserWord] = ()) -> None:
        self._posseg = _posseg()
        self._known: dict[str, str] = {word.word: word.tag for word in user_words if word.tag}
        self._dictionary: dict[str, str] = self._posseg.dt.word_tag_tab

    def tag(self, word: str) -> str:
        """Return the tag of a word.

        A word that neither the dictionary nor its form tells of gets the tag that jieba's model gives to its last
        part, for that is what a Chinese compound is a kind of.
        """
        known = self._known.get(word)
        if known is None:
            known = self._known[word] = self._dictionary.get(word) or self._guess(word)
        return known

    def _guess(self, word: str) -> str:
        if not any(map(str.isalnum, word)):
            return "x"
        if _NUMBER.fullmatch(word):
            return "m"
        if _TIME.fullmatch(word):
            return "t"
        if all("\u4e00" <= character <= "\u9fd5" for character in word):
            model = self._posseg
            _, states = model.viterbi(word, model.char_state_tab_P, model.start_P, model.trans_P, model.emit_P)
            return str(states[-1][1])
        if _NUMBER.match(word):
            return "m"
        if word.isascii() or not re.search("[\u4e00-\u9fff]", word):
            return "eng" if _LETTER_OR_DIGIT.search(word) else "x"
        return "nz"


@cache
def _posseg() -> Any:
    with silent():
        import jieba.posseg
    return jieba.posseg
