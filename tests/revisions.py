"""Revisions and comparisons made by hand, for tests of what is done with them."""

import hashlib
import random

import numpy as np

from app.project.comparison_json import comparison_to_json
from app.project.revisions import Revision, RevisionStore, new_candidate
from engine.values import BundleRef
from tests.analyses import analysis
from trainer.finetune.values import Change, Comparison, Scored

TRUNKS = {"frame": "a1" * 32, "slice": "b2" * 32, "audio": "c3" * 32}
BUNDLE_SHA256 = "cd" * 32


def weights(seed: int = 0, size_bytes: int = 600_000) -> bytes:
    """Three pieces of noise."""
    return random.Random(seed).randbytes(size_bytes)


def change(before: float, after: float, margin: float = 0.05) -> Change:
    return Change(before, after, after - before - margin, after - before + margin)


def scored(name: str = "corrections", count: int = 34, before: float = 0.4, after: float = 0.6) -> Scored:
    """Some classes without an example."""
    nothing = np.nan
    return Scored(
        name, count, change(before, after), change(before - 0.1, after - 0.05), change(0.08, 0.06, 0.02),
        np.array([0.5, nothing, 1 / 3, 0.8, 0.4, nothing, 0.25]),
        np.array([0.75, nothing, 2 / 3, 0.9, 0.5, nothing, 0.5]),
        np.arange(49).reshape(7, 7), np.arange(49)[::-1].reshape(7, 7), "cross-validated over 4 participants",
    )  # fmt: skip


def comparison(*worse: str) -> Comparison:
    return Comparison(scored(), scored("guard", 3000, 0.78, 0.775), worse, ("one class is thin: fear (2)",))


def candidate(store: RevisionStore, seed: int = 0, **changes: object) -> Revision:
    """A new one with the next name, not stored yet."""
    values = {
        "name": store.next_name("1"), "bundle": "starter", "bundle_sha256": BUNDLE_SHA256, "trunks": TRUNKS,
        "parent": None, "lessons": 34, "calibration": {"fused": 1.5, "uncertain_below": 1 / 3},
        "comparison": comparison_to_json(comparison()), "manifest": {"seed": seed, "corrections": ["c1", "c2"]},
        **changes,
    }  # fmt: skip
    return new_candidate(weights(seed), **values)  # type: ignore[arg-type]


def added(store: RevisionStore, seed: int = 0, **changes: object) -> Revision:
    """One that is stored, with the weights of its seed."""
    made = candidate(store, seed, **changes)
    store.add(made, weights(seed))
    return made


def by(revision: Revision | str, bundle: str = "starter", **changes: object):
    """An analysis by a revision of a project, or by a bundle as it came."""
    name = revision if isinstance(revision, str) else revision.name
    sha256 = hashlib.sha256(f"{bundle} {name}".encode()).hexdigest()
    return analysis(bundle=BundleRef(bundle, name, sha256, "compact"), **changes)
