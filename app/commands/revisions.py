"""``affectline revisions``: what a project learned from corrections, and which of it is in use."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.batch import Exit

if TYPE_CHECKING:
    from app.project.revisions import RevisionStore


@click.command()
@click.argument("project", type=click.Path(path_type=Path))
@click.option("--format", "form", default="text", show_default=True, type=click.Choice(["text", "json"]))
@click.option("--make-current", metavar="NAME", help="Use this one from now on: 1.2, or `starter` as it came.")
@click.option("--delete", "deleted", metavar="NAME", help="Delete this one with its scores; corrections stay.")
@click.option("--yes", is_flag=True, help="Do not ask before deleting.")
@click.option("--show", "shown", metavar="NAME", help="Tell everything about this one.")
def revisions(
    project: Path, form: str, make_current: str | None, deleted: str | None, yes: bool, shown: str | None
) -> int:
    """List the revisions of PROJECT: what each learned from, before and after, and which one is in use."""
    from app.project.opening import require_project
    from app.project.revisions import RevisionStore
    from app.revisions_text import detail_lines, listed, revision_lines, revisions_json

    require_project(project)
    changing = make_current is not None or deleted is not None
    with RevisionStore(project, read_only=not changing) as store:
        if make_current is not None:
            _use(store, make_current)
        if deleted is not None:
            _delete(store, deleted, yes)
        chosen = listed(store)
        if shown is not None:
            asked = store.named(shown).id
            chosen = tuple(one for one in chosen if one.revision.id == asked)
    if form == "json":
        click.echo(revisions_json(chosen, whole=shown is not None))
    else:
        click.echo("\n".join(detail_lines(chosen[0]) if shown is not None else revision_lines(chosen)))
    return Exit.DONE


def _use(store: "RevisionStore", name: str) -> None:
    """By its name, or a bundle's name for the bundle as it came."""
    if name in {one.bundle for one in store.all()}:
        store.make_current(None)
    else:
        store.make_current(store.named(name).id)


def _delete(store: "RevisionStore", name: str, yes: bool) -> None:
    asked = store.named(name)
    if not yes:
        click.confirm(f"delete revision {asked.name} and its scores?", abort=True, err=True)
    store.delete(asked.id)
