"""``affectline revisions``: what a project learned from corrections, and which of it is in use."""

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.batch import Exit
from app.telling import tell

if TYPE_CHECKING:
    from app.learning.model_facts import ModelFacts
    from app.project.revisions import Revision, RevisionStore


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
    """List the revisions of PROJECT: what each learned from, before and after, and which one is in use.

    Analysed videos that lack the scores of the one made current are answered by it, from their stored features.
    """
    from app.project.opening import require_project
    from app.project.revisions import RevisionStore
    from app.revisions_text import detail_lines, listed, revision_lines, revisions_json

    if deleted is not None and not yes and not sys.stdin.isatty():
        raise click.UsageError("--delete asks first, and there is no terminal to ask at; --yes deletes without asking")
    require_project(project)
    code = Exit.DONE
    if make_current is not None:
        code = _use(project, make_current)
    with RevisionStore(project, read_only=deleted is None) as store:
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
    return code


def _use(project: Path, name: str) -> Exit:
    """By its name, or a bundle's name for the bundle as it came; then what it has not answered is."""
    from app.messages import sentence
    from app.project.revisions import RevisionStore
    from engine.errors import BundleError

    with RevisionStore(project) as store:
        of_bundle = [one for one in store.all() if one.bundle == name]
        asked = None if of_bundle else store.named(name)
        store.make_current(asked.id if asked is not None else None)
        if asked is not None and not store.unscored(asked.id):
            return Exit.DONE
    try:
        source = _source(asked or of_bundle[-1])
    except BundleError as error:
        if asked is None:  # only where it is installed it can answer as it came
            return Exit.DONE
        tell(sentence(error))
        return Exit.DONE_IN_PART
    _answer(project, source, asked)
    return Exit.DONE


def _source(revision: "Revision") -> "ModelFacts":
    """The bundle that a revision was made from.

    Raises:
        BundleError: it is not on this machine.
    """
    from app.interchange.shared_bundles import source_of
    from engine.errors import BundleError

    source = source_of(revision)
    if source.name != revision.bundle:  # one on the same trunks, whose answers would go by its own name
        raise BundleError(revision.bundle, f"revision {revision.name} was made from it; import it first")
    return source


def _answer(project: Path, source: "ModelFacts", asked: "Revision | None") -> None:
    """Answer the videos that lack it with a revision, or with the bundle as it came."""
    from rich.console import Console

    from app.interrupt import interruptible
    from app.learning.rescoring import rescore
    from app.progress import ProgressView

    revision = asked.name if asked is not None else source.revision
    before = _answered(project, source.name, revision)
    notice = partial(tell, "stopping; videos that are answered stay so")
    with interruptible(notice) as cancelled, ProgressView(Console(stderr=True)) as view:
        for step in rescore(cancelled, project, str(source.folder), asked.id if asked is not None else None):
            view.show(step.message or step.stage, step.done, step.total, "", step.remaining_s)
    count = _answered(project, source.name, revision) - before
    if count:
        tell(f"{count} video{'' if count == 1 else 's'} answered by {revision}")


def _answered(project: Path, bundle: str, revision: str) -> int:
    """How many videos have an answer by a revision of a bundle."""
    from app.project.analyses import AnalysisStore

    with AnalysisStore(project, read_only=True) as store:
        by = ({(one.bundle, one.revision) for one in store.revisions_of(media_id)} for media_id in store.summaries())
        return sum((bundle, revision) in known for known in by)


def _delete(store: "RevisionStore", name: str, yes: bool) -> None:
    asked = store.named(name)
    if not yes:
        click.confirm(f"delete revision {asked.name} and its scores?", abort=True, err=True)
    store.delete(asked.id)
