"""``affectline bundle``: the models on this machine."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

import click

from app import places
from app.batch import Exit
from engine.errors import BundleError


@click.group()
def bundle() -> None:
    """List, describe and check models; bring in published weights."""


@bundle.command("list")
def bundle_list() -> int:
    """Installed bundles and imported trunks: name, revision, profile, size, folder."""
    from engine.bundle import read_manifest

    for folder in places.bundle_folders():
        try:
            manifest = read_manifest(folder)
            what = f"{manifest.revision} {manifest.profile}"
        except BundleError as error:
            what = error.reason
        click.echo(f"{folder.name:<24} {what:<20} {_size_mb(folder):7.1f} MB  {folder}")
    for folder in places.trunk_folders():
        click.echo(f"{folder.name:<24} {'trunk':<20} {_size_mb(folder):7.1f} MB  {folder}")
    return Exit.DONE


def _size_mb(folder: Path) -> float:
    return sum(file.stat().st_size for file in folder.iterdir()) / 1e6


@bundle.command("info")
@click.argument("name", metavar="NAME|DIR")
@click.option("--format", "form", default="text", show_default=True, type=click.Choice(["text", "json"]))
def bundle_info(name: str, form: str) -> int:
    """What a bundle is: origin, sizes, scores, data, terms, fingerprints."""
    folder = places.find_bundle(name)
    from engine.bundle import read_manifest

    manifest = asdict(read_manifest(folder))
    click.echo(json.dumps(manifest, indent=1) if form == "json" else "\n".join([str(folder), *_outline(manifest)]))
    return Exit.DONE


def _outline(members: dict[str, Any], indent: str = "  ") -> Iterator[str]:
    for name, member in members.items():
        if isinstance(member, dict):
            yield f"{indent}{name}"
            yield from _outline(member, indent + "  ")
        elif isinstance(member, list | tuple):
            yield f"{indent}{name}: {', '.join(str(item) for item in member)}"
        else:
            yield f"{indent}{name}: {member}"


@bundle.command("verify")
@click.argument("names", nargs=-1, metavar="[NAME|DIR]...")
def bundle_verify(names: tuple[str, ...]) -> int:
    """Check every byte of bundles (all installed ones by default) against their fingerprints."""
    from engine.bundle import verify_bundle
    from trainer.practice import practice_problems

    folders = [places.find_bundle(name) for name in names] or list(places.bundle_folders())
    faulty = 0
    for folder in folders:
        problems = [*verify_bundle(folder), *practice_problems(folder)]
        faulty += bool(problems)
        click.echo(f"{folder}: {'; '.join(problems) or 'as it was made'}")
    if not faulty:
        return Exit.DONE
    return Exit.NOTHING_DONE if faulty == len(folders) else Exit.DONE_IN_PART


@bundle.command("import-trunk")
@click.argument("kind", type=click.Choice(["facenet", "c3d", "soundnet"]))
@click.argument("file", type=click.Path(path_type=Path))
def bundle_import_trunk(kind: Literal["facenet", "c3d", "soundnet"], file: Path) -> int:
    """Read other people's weights, tensors only, and keep them as a trunk of this program."""
    from engine.bundle import import_trunk
    from engine.published import read_published

    trunk = read_published(kind, file)
    click.echo(f"read as {trunk.source_format}; {trunk.note}")
    click.echo(f"written: {import_trunk(trunk, places.own_trunks())}")
    return Exit.DONE
