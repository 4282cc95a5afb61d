"""``affectline bundle export`` and ``bundle import``: revisions given to others, and bundles taken from others."""

from pathlib import Path

import click

from app import places
from app.batch import Exit


@click.command("export")
@click.argument("project", type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), metavar="DIR", help="Folder; names the bundle.")
@click.option("--revision", metavar="NAME", help="Which one; default the one in use.")
def bundle_export(project: Path, out: Path, revision: str | None) -> int:
    """Write a revision of PROJECT as a bundle that others can import.

    It holds weights, scores and counts; no name of a participant, no video and no correction.
    """
    from app.interchange.shared_bundles import export_revision
    from app.project.opening import require_project

    require_project(project)
    shared = export_revision(project, revision, out)
    click.echo(f"written: {shared.folder} ({shared.name}, revision {shared.revision})")
    return Exit.DONE


@click.command("import")
@click.argument("source", type=click.Path(path_type=Path), metavar="DIR|FILE")
def bundle_import(source: Path) -> int:
    """Bring in a bundle that somebody gave you: its folder, or a zip archive of it. Every byte is checked."""
    from app.interchange.shared_bundles import import_bundle

    shared = import_bundle(source, places.own_bundles())
    click.echo(f"installed: {shared.name}, revision {shared.revision}: {shared.folder}")
    return Exit.DONE
