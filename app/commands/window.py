"""``affectline open``: the window."""

from pathlib import Path

import click

from app.batch import Exit
from app.display import no_display
from app.telling import tell


@click.command("open", short_help="Open the window.")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
def open_window(files: tuple[Path, ...]) -> int:
    """Open FILES, videos or one project, in the window. Bare `affectline FILE...` is the same."""
    return show_window(files)


def show_window(files: tuple[Path, ...]) -> int:
    """Open the window on files; says why when there is no display."""
    for file in files:
        if not file.exists():
            raise click.UsageError(f"there is no {file}")
    problem = no_display()
    if problem is not None:
        tell(problem)
        return Exit.NOTHING_DONE
    from app.application import run_window

    return run_window(files)
