"""Regular expressions that are compiled when they are first used.

A clean document runs next to no rules; compiling the expressions of all of them takes longer than cleaning a page.
"""

import re
from functools import cached_property
from typing import Any, cast


class _Pattern:
    """Stands for a compiled expression until one of its methods is asked for, which it keeps from then on."""

    def __init__(self, source: str, flags: int) -> None:
        self._source = source
        self._flags = flags

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        return re.compile(self._source, self._flags)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        found = getattr(self._compiled, name)
        setattr(self, name, found)
        return found


def pattern(source: str, flags: int = 0) -> re.Pattern[str]:
    """Return the regular expression; it is compiled, and errors in it are found, on first use.

    >>> year = pattern("[0-9]{4}年")
    >>> year.findall("2010年8月")
    ['2010年']
    """
    return cast("re.Pattern[str]", _Pattern(source, flags))
