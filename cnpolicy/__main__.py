"""The program: `python -m cnpolicy`, or `cnpolicy`."""

import os
import signal
import sys
from contextlib import suppress
from typing import Any, NoReturn

from cnpolicy import cli


def main() -> NoReturn:
    """Run the command line and exit with its status; a closed pipe and Ctrl-C end it without a traceback."""
    signal.signal(signal.SIGTERM, _terminated)
    _open_streams()
    try:
        status = cli.main()
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read our output has seen enough. The interpreter would flush again on its way out.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 0
    except KeyboardInterrupt:
        with suppress(OSError):
            sys.stderr.write("\ncnpolicy: interrupted\n")
        status = 130
    sys.exit(status)


def _open_streams() -> None:
    """See to it that there are three standard streams, and that data leaves in UTF-8 whatever the locale is."""
    for name, number, mode in (("stdin", 0, "r"), ("stdout", 1, "w"), ("stderr", 2, "w")):
        if getattr(sys, name) is None:  # closed by whoever started us
            opened = os.open(os.devnull, os.O_RDWR)
            os.dup2(opened, number)
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115 - for good
    for stream in (sys.stdout, sys.stderr):
        # A terminal shows what it can; a pipe or a file gets UTF-8.
        encoding = stream.encoding if stream.isatty() else "utf-8"
        stream.reconfigure(encoding=encoding, errors="backslashreplace")  # type: ignore[union-attr]


def _terminated(*_: Any) -> NoReturn:
    sys.exit(128 + signal.SIGTERM)


if __name__ == "__main__":
    main()
