"""Bundles given to others and taken from others. Nothing here names a participant, a video or a correction."""

import hashlib
import os
import re
import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from app import places
from app.interchange.model_card import model_card
from app.learning.model_facts import ModelFacts, installed
from app.learning.revising import applied, in_use
from app.messages import os_reason
from app.project.errors import RevisionError
from app.project.revisions import Revision, RevisionStore
from engine.errors import BundleError, StorageError

if TYPE_CHECKING:
    from engine.bundle import Manifest

PRACTICE: Final = "practice.safetensors"
"""What a bundle is trained further with; it fits every bundle on the same trunks."""
FINGERPRINT_SHOWN: Final = 12
_NAME: Final = re.compile(r"[\w-][\w.-]*")
_MOST_FILES: Final = 32
_MOST_BYTES: Final = 8 << 30
"""Of an archive that is unpacked; the largest bundle there is has a twentieth of it."""


@dataclass(frozen=True, slots=True)
class Shared:
    """A bundle that was written: where, what it is called, and the revision it holds."""

    folder: Path
    name: str
    revision: str


def export_revision(project: Path, revision: str | None, folder: Path) -> Shared:
    """Write a revision of a project as a bundle, named as its folder. Imports torch.

    Args:
        revision: its name; None for the current one.
        folder: new, empty, or a bundle that is replaced.
    Raises:
        BundleError: the name will not do, or its trunks are not on this machine.
        ProjectError, RevisionError, WeightsError: there is no such revision, or it cannot be read.
        StorageError: the folder cannot be written.
    """
    folder = folder.resolve()
    with RevisionStore(project, read_only=True) as store:
        asked = store.named(revision) if revision is not None else store.current()
        if asked is None:
            raise RevisionError(project, "it uses its bundle as it came, which others have; name a revision to export")
        chosen = in_use(store, asked)
    name = folder.name
    if not _NAME.fullmatch(name) or name == asked.bundle:
        raise BundleError(name, "a bundle needs a name of its own, of letters, digits, dots and dashes")
    source = source_of(asked)
    from engine.bundle import load_bundle
    from engine.exporting import CARD, write_revised

    bundle = applied(load_bundle(source.folder), chosen)
    manifest = _told(bundle.manifest, name, asked, source)
    others = {CARD: model_card(manifest, asked).encode()}
    practice = source.folder / PRACTICE
    if practice.is_file():
        others[PRACTICE] = practice.read_bytes()
    write_revised(folder, bundle, manifest, source.folder, others)
    return Shared(folder, name, asked.name)


def source_of(revision: Revision) -> ModelFacts:
    """The installed bundle with a revision's trunks; the one it was made from, where that is there.

    Raises:
        BundleError: there is none; names the fingerprints that are wanted.
    """
    fitting = [known for known in installed() if dict(known.trunks) == dict(revision.trunks)]
    if not fitting:
        wanted = ", ".join(f"{branch} {sha256[:FINGERPRINT_SHOWN]}" for branch, sha256 in revision.trunks.items())
        reason = f"revision {revision.name} needs its trunks, and no bundle on this machine has them ({wanted})"
        raise BundleError(revision.bundle, f"{reason}; import that bundle first")
    return min(fitting, key=lambda one: (one.sha256 != revision.bundle_sha256, one.name != revision.bundle))


def _told(manifest: "Manifest", name: str, revision: Revision, source: ModelFacts) -> "Manifest":
    """The manifest of a bundle to be shared: what it is called, what it learned from, and how it scored."""
    made_from = f"{source.name} {source.revision} (sha256 {source.sha256})"
    learned = f"{revision.lessons} corrections of videos, by people who used the program; none of them is in it"
    return replace(
        manifest, name=name, parents=(*manifest.parents, made_from), data=(*manifest.data, learned),
        scores={key: _figures(scored) for key in ("corrections", "guard") if (scored := revision.comparison.get(key))},
    )  # fmt: skip


def _figures(scored: Mapping[str, Any]) -> dict[str, Any]:
    """Count, how it was estimated, and each change, without what has no value."""
    found: dict[str, Any] = {"count": scored["count"], "how": scored["how"]}
    for name in ("accuracy", "uar", "calibration"):
        found[name] = {key: value for key, value in scored[name].items() if value is not None}
    return found


def import_bundle(source: Path, home: Path) -> Shared:
    """Copy a bundle among the person's own, checked to the last byte before and after.

    Args:
        source: its folder, its manifest, or a zip archive of it.
        home: folder of the person's bundles.
    Raises:
        BundleError: it is damaged or no bundle.
        StorageError: it cannot be written.
    """
    with _unpacked(source) as folder:
        manifest = _verified(folder, source)
        name = manifest.name
        if not _NAME.fullmatch(name):
            raise BundleError(source, f"it is called {name!r}, which is no name for a folder")
        target, there = _place(folder, name, home)
        if not there:
            _copy(folder, target, manifest, source)
    return Shared(target, name, manifest.revision)


def _place(folder: Path, name: str, home: Path) -> tuple[Path, bool]:
    """Where a bundle belongs, and whether it is there: under its name, or under that and a piece of its fingerprint."""
    told = (folder / places.MANIFEST).read_bytes()
    known = {one.name: one for one in reversed(places.bundle_folders())}
    for called in (name, f"{name}-{hashlib.sha256(told).hexdigest()[:FINGERPRINT_SHOWN]}"):
        place = known.get(called, home / called)
        if called not in known and not place.exists():
            return place, False
        if (place / places.MANIFEST).is_file() and (place / places.MANIFEST).read_bytes() == told:
            return place, True
    raise BundleError(name, f"something else is in its place ({place}); move that away first")


def _verified(folder: Path, source: Path) -> "Manifest":
    from engine.bundle import read_manifest, verify_bundle

    wrong = verify_bundle(folder)
    if wrong:
        raise BundleError(source, "; ".join(wrong))
    return read_manifest(folder)


def _copy(folder: Path, target: Path, manifest: "Manifest", source: Path) -> None:
    """The bundle's own files, beside its place, verified there, then moved."""
    from engine.exporting import CARD

    wanted = [places.MANIFEST, *(part.file for part in manifest.parts.values())]
    wanted += [name for name in (CARD, PRACTICE) if (folder / name).is_file()]
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        part.mkdir(parents=True)
        for name in wanted:
            shutil.copyfile(folder / name, part / name)
        _verified(part, source)
        os.replace(part, target)
    except OSError as error:
        raise StorageError(target, os_reason(error)) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


@contextmanager
def _unpacked(source: Path) -> Iterator[Path]:
    """The folder of a bundle, whatever of it was named."""
    if source.is_dir():
        yield source
    elif source.name == places.MANIFEST:
        yield source.parent
    elif source.is_file() and zipfile.is_zipfile(source):
        with tempfile.TemporaryDirectory(prefix="affectline-") as folder:
            _extract(source, Path(folder))
            yield Path(folder)
    else:
        there = source.exists()
        raise BundleError(
            source, "it is neither a bundle's folder nor a zip archive of one" if there else "there is none"
        )


def _extract(archive: Path, folder: Path) -> None:
    """The files beside the manifest, by their bare names, so that nothing lands elsewhere."""
    try:
        with zipfile.ZipFile(archive) as packed:
            files = [one for one in packed.infolist() if not one.is_dir()]
            manifests = [one.filename for one in files if Path(one.filename).name == places.MANIFEST]
            if len(manifests) != 1:
                raise BundleError(archive, f"it holds {len(manifests) or 'no'} {places.MANIFEST}, and a bundle has one")
            beside = manifests[0].removesuffix(places.MANIFEST)
            wanted = [one for one in files if re.fullmatch(r"[\w-][\w.-]*", one.filename.removeprefix(beside))]
            if len(wanted) > _MOST_FILES or sum(one.file_size for one in wanted) > _MOST_BYTES:
                raise BundleError(archive, "it is far larger than a bundle")
            for one in wanted:
                with packed.open(one) as data, (folder / one.filename.removeprefix(beside)).open("wb") as file:
                    shutil.copyfileobj(data, file)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:  # cut off, or encrypted
        raise BundleError(archive, f"it cannot be unpacked: {error}") from error
    except OSError as error:
        raise StorageError(folder, os_reason(error)) from error
