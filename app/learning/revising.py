"""A revision of a project as something that can be sent to a child process and put onto a bundle there."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.project.revisions import Revision, RevisionStore

if TYPE_CHECKING:
    from engine.bundle import Bundle


@dataclass(frozen=True, slots=True)
class RevisionInUse:
    """The trained part of a revision. Hashable: what is loaded with it is kept as long as it stays the same.

    `trunks` are fingerprints by branch, `calibration` the fields of `engine.bundle.Calibration`, `parents` the
    revisions it came from, the nearest first and the bundle's own last.
    """

    name: str
    weights_sha256: str
    weights: bytes
    calibration: tuple[tuple[str, float], ...]
    trunks: tuple[tuple[str, str], ...]
    parents: tuple[str, ...]

    def fits(self, trunks: Mapping[str, str]) -> bool:
        """Whether it was made for these trunks."""
        return dict(self.trunks) == dict(trunks)


def read_current(project: Path) -> RevisionInUse | None:
    """The current revision of a project; None where it is the bundle as it came. For a lane: it reads a few MB.

    Raises:
        ProjectError: it cannot be read, or is damaged.
    """
    with RevisionStore(project, read_only=True) as store:
        current = store.current()
        return None if current is None else in_use(store, current)


def in_use(store: RevisionStore, revision: Revision) -> RevisionInUse:
    """A stored revision, with its weights.

    Raises:
        RevisionError, ProjectDamagedError: it was deleted, or is damaged.
    """
    return RevisionInUse(
        revision.name, revision.weights_sha256, store.weights(revision.id), tuple(sorted(revision.calibration.items())),
        tuple(sorted(revision.trunks.items())), parents_of(store, revision),
    )  # fmt: skip


def parents_of(store: RevisionStore, revision: Revision) -> tuple[str, ...]:
    """Names of the revisions it came from, the nearest first; the bundle's own is the last, unless one is gone."""
    known = {one.id: one for one in store.all()}
    names = store.names()
    found: list[str] = []
    parent = revision.parent
    while parent is not None:
        if parent not in known:
            return (*found, names.get(parent, "deleted"))
        found.append(known[parent].name)
        parent = known[parent].parent
    return (*found, revision.name.rpartition(".")[0])


def trunks_of(bundle: "Bundle") -> dict[str, str]:
    """Fingerprints of a loaded bundle's branches."""
    from engine.values import BRANCHES

    return {name: bundle.manifest.parts[name].sha256 for name in BRANCHES}


def applied(bundle: "Bundle", revision: RevisionInUse) -> "Bundle":
    """The bundle with a revision's trained part. Imports torch.

    Raises:
        WeightsError: it does not fit.
    """
    from engine.bundle import Calibration
    from engine.revised import revised

    return revised(bundle, revision.weights, Calibration(**dict(revision.calibration)), revision.name, revision.parents)
