"""The command line. Results go to files or standard output, progress and messages to standard error.

Everything heavy is imported inside the command that needs it: `affectline --version` does not wait for torch.
"""

import sys
from pathlib import Path
from types import TracebackType

import click

from app import __version__
from app.batch import Exit
from app.commands.agreement import agreement
from app.commands.analyze import analyze
from app.commands.bundle_export import bundle_export, bundle_import
from app.commands.bundles import bundle
from app.commands.doctor import doctor
from app.commands.evaluate import evaluate
from app.commands.prepare import prepare_command
from app.commands.retrain import retrain
from app.commands.revisions import revisions
from app.commands.screenshot import screenshot
from app.commands.train import train
from app.commands.train_paper import train_paper_command
from app.commands.window import open_window, show_window
from app.messages import sentence
from app.telling import tell
from engine.errors import AffectlineError, CancelledError


def main() -> None:
    """Run the command line and leave with the documented exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a name that the terminal cannot show is no error
    sys.excepthook = _own_up
    sys.exit(run(sys.argv[1:]))


def _own_up(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """What nobody can act on is ours."""
    sys.__excepthook__(kind, error, trace)
    tell("this is a bug in affectline; what is above says where. Files already written are whole")


def run(arguments: list[str]) -> int:
    """The command line without the process: arguments in, exit code out."""
    try:
        return int(cli.main(arguments, prog_name="affectline", standalone_mode=False) or Exit.DONE)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (KeyboardInterrupt, click.Abort, CancelledError):
        tell("interrupted")
        return Exit.INTERRUPTED
    except AffectlineError as error:
        tell(sentence(error))
        return Exit.NOTHING_DONE


class FilesOrCommands(click.Group):
    """A group in which `affectline FILE` means `affectline open FILE`."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if self.get_command(ctx, args[0]) is None and Path(args[0]).exists():
            return "open", self.get_command(ctx, "open"), args
        return super().resolve_command(ctx, args)


@click.group(cls=FilesOrCommands, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="affectline", message="%(prog)s %(version)s")
@click.pass_context
def cli(context: click.Context) -> int:
    """Reads emotion out of video: a label every frame, slice and second, and a fused one, on this machine alone."""
    return show_window(()) if context.invoked_subcommand is None else Exit.DONE


train.add_command(train_paper_command)
bundle.add_command(bundle_export)
bundle.add_command(bundle_import)
for command in (
    open_window, screenshot, analyze, retrain, revisions, agreement, prepare_command, train, evaluate, bundle, doctor,
):  # fmt: skip
    cli.add_command(command)
