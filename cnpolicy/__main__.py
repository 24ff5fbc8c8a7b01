"""The program: `python -m cnpolicy`, or `cnpolicy`."""

import os
import signal
import sys
from typing import Any, NoReturn

from cnpolicy import cli


def main() -> NoReturn:
    """Run the command line and exit with its status; a closed pipe and Ctrl-C end it without a traceback."""
    signal.signal(signal.SIGTERM, _terminated)
    try:
        status = cli.main()
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read our output has seen enough. The interpreter would flush again on its way out.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 0
    except KeyboardInterrupt:
        sys.stderr.write("\ncnpolicy: interrupted; the same command goes on where it stopped\n")
        status = 130
    sys.exit(status)


def _terminated(*_: Any) -> NoReturn:
    sys.exit(128 + signal.SIGTERM)


if __name__ == "__main__":
    main()
