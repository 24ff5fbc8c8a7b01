"""The vocabulary of policy: formulations (提法), organs, meetings, plans and places that jieba's dictionary lacks."""

from functools import cache

from cnpolicy.segment.userwords import UserWord


@cache
def policy_words() -> tuple[UserWord, ...]:
    """Return the words, each with the least frequency at which jieba keeps it together, and its part of speech.

    >>> [word for word in policy_words() if word.word == "跨越式发展"]
    [UserWord(word='跨越式发展', frequency=1, tag='nz')]
    """
    from cnpolicy import tables  # loads numpy

    return tuple(UserWord(word, int(frequency), tag) for _, (word, frequency, tag) in tables.rows("policy"))
