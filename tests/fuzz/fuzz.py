"""Look for inputs that break a law, with coverage as the guide. Needs atheris.

    python tests/fuzz/fuzz.py decode|repair|tidy|clean [FOLDER] [-max_total_time=SECONDS] [any option of libFuzzer]

FOLDER keeps the inputs that reach new code from one run to the next. What breaks a law, or takes longer than -timeout
seconds by the clock on the wall (60), is written to `tests/fuzz/found/TARGET/`, where the tests try it from then on.
"""

import hashlib
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["cnpolicy"]):
    import targets

import mutating


def main() -> None:
    """Run the target that the arguments name until a law is broken, or time is over."""
    if len(sys.argv) < 2 or sys.argv[1] not in targets.TARGETS:
        sys.exit(__doc__)
    name = sys.argv.pop(1)
    check = targets.TARGETS[name]
    found = mutating.FOUND / name
    found.mkdir(parents=True, exist_ok=True)

    def attempt(data: bytes) -> None:
        try:
            check(data)
        except Exception:
            path = found / hashlib.sha256(data).hexdigest()[:16]
            path.write_bytes(data)
            print(f"kept as {path}", file=sys.stderr)
            raise

    arguments = sys.argv[1:]
    for option in ("-timeout=60", "-report_slow_units=60", "-max_len=2000"):
        if not any(argument.startswith(option.split("=")[0]) for argument in arguments):
            arguments.append(option)
    arguments.append(f"-artifact_prefix={found}/")
    with tempfile.TemporaryDirectory() as folder:
        for number, seed in enumerate(mutating.seeds()):
            Path(folder, str(number)).write_bytes(seed)
        atheris.Setup([sys.argv[0], *arguments, folder], attempt)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
