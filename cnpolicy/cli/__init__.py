"""The commands: options in, a call, a report out.

`options` holds what several commands share, `reading` the way from paths to documents, `cleaning`, `databases` and
`measuring` the commands. Whatever is slow to import is imported by the command that needs it.
"""

import io
import os
from typing import Any

import click

from cnpolicy import __version__
from cnpolicy.cli import cleaning, databases, measuring


def main() -> int:
    """Run the command that the arguments name and return the exit status."""
    try:
        return int(program.main(standalone_mode=False) or 0)
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    except click.ClickException as problem:
        from cnpolicy.report import visible_lines

        said = io.StringIO()
        problem.show(said)
        click.echo(visible_lines(said.getvalue()), err=True, nl=False)  # it may name a file
        return problem.exit_code
    except click.Abort:
        raise KeyboardInterrupt from None
    except PipeClosed:
        raise BrokenPipeError from None
    except OSError as problem:
        from cnpolicy.report import SOME_FAILED, stream_reason

        click.echo(f"cnpolicy: {stream_reason(problem)}", err=True)
        return SOME_FAILED


class PipeClosed(Exception):
    """Whoever read our output has seen enough."""


class Grouped(click.Group):
    """A group that lists its commands in the order in which a corpus goes through them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names of the commands in the order of their definition."""
        return list(self.commands)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; a path in its place gets advice."""
        if args and args[0] not in self.commands and os.path.lexists(args[0]):
            raise click.UsageError(f"{args[0]!r} is a path, not a command; did you mean: cnpolicy clean {args[0]}", ctx)
        return super().resolve_command(ctx, args)

    def make_context(self, *args: Any, **more: Any) -> click.Context:
        """Read the arguments, and print help or version; a closed pipe passes by click, as in `invoke`."""
        try:
            return super().make_context(*args, **more)
        except BrokenPipeError:
            raise PipeClosed from None

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a closed pipe passes by click, which would call it a failure."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise PipeClosed from None


@click.group(cls=Grouped, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="cnpolicy")
def program() -> None:
    """Turn directories of damaged Chinese policy documents into clean text, words and statistics.

    \b
    cnpolicy clean speeches/ -o cleaned       repair a whole folder
    cnpolicy stats cleaned                    what is in it
    cnpolicy explain speeches/2010.txt        every change, with its reason
    cat FILE | cnpolicy clean | cnpolicy segment | cnpolicy stats --segmented

    Input files are never modified. With no PATH, or with -, a command reads standard input.
    """


for _command in (
    *(cleaning.clean, cleaning.decode, cleaning.repair, cleaning.tidy, cleaning.convert, cleaning.segment),
    *(cleaning.inspect, cleaning.chrome, cleaning.explain, cleaning.rules),
    *(databases.index, measuring.stats, measuring.freq, measuring.ngrams, measuring.terms, measuring.timeline),
    *(measuring.collocates, measuring.kwic, measuring.keyness, measuring.similar),
):
    program.add_command(_command)
