"""Cross-validation as the paper does it: folds without a person (or film) in common, each scored once.

The paper splits AFEW's validation set into five subject-independent folds and trains five times. Read here as: the
training set and four folds train, the fifth is scored. What stops a training early is cut from the training set, never
from the fold that is scored. Where a data set has no validation set of its own, all of it is split.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.emotions import COUNT, EMOTIONS
from engine.errors import DatasetError

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Fold:
    """One training: indices that train, that stop it early, and that are scored. No group is in two of the three."""

    number: int
    """From 1."""
    seed: int
    train: Ints
    dev: Ints
    scored: Ints


@dataclass(frozen=True, slots=True)
class CrossValidation:
    """The folds; `train` and `dev` for what is trained once for all of them.

    `train` has no group that any fold scores; both are empty where there is no training set of its own. `notes` are
    sentences about what the folds cannot do.
    """

    folds: tuple[Fold, ...]
    train: Ints
    dev: Ints
    notes: tuple[str, ...] = ()


def cross_validation(
    emotion: ArrayLike,
    group: ArrayLike,
    validation: ArrayLike | None = None,
    *,
    data: Path,
    count: int = 5,
    dev_share: float = 0.1,
    seed: int = 0,
) -> CrossValidation:
    """Split examples into `count` folds, as alike in size and classes as whole groups allow; the same for one seed.

    Args:
        emotion: (N,) our index of each example.
        group: (N,) person or film of each example, numbers or names.
        validation: (N,) bool, the examples that are split and scored; the others are the training set. None: all.
        data: the data set, for the error.
        count: how many folds, at least 2.
        dev_share: share of the training set, 0 to 0.5, that stops trainings early; 0 cuts none.
    Raises:
        DatasetError: there are fewer groups to score than folds, so that no such split exists.
    """
    label, member = np.asarray(emotion, np.int64), np.unique(np.asarray(group), return_inverse=True)[1]
    scored = np.ones(len(label), np.bool_) if validation is None else np.asarray(validation, np.bool_)
    if not len(label) == len(member) == len(scored):
        raise ValueError(f"{len(label)} emotions, {len(member)} groups, {len(scored)} marks of validation")
    if count < 2 or not 0 <= dev_share <= 0.5:
        raise ValueError(f"{count} folds with {dev_share} for development")
    _require_groups(data, len(np.unique(member[scored])), count)

    in_fold = np.full(member.max() + 1, -1)
    in_fold[member[scored]] = balanced_parts(label[scored], member[scored], count, seed)
    own = in_fold[member]  # the fold that a group belongs to, also for its examples in the training set; -1 for none
    dev = _development(label, member, own < 0, dev_share, seed)
    alone = not (own < 0).any()
    folds = []
    for number in range(1, count + 1):
        fold_seed = 1000 * seed + number
        here, rest = own == number - 1, own != number - 1
        stop = _development(label, member, rest, dev_share, fold_seed) if alone else dev
        folds.append(
            Fold(number, fold_seed, np.flatnonzero(rest & ~stop), np.flatnonzero(stop), np.flatnonzero(here & scored))
        )
    notes = [*_shared_notes(own >= 0, scored, member), *_class_notes(label, scored, folds)]
    notes += _dev_notes(dev_share, folds)
    return CrossValidation(tuple(folds), np.flatnonzero((own < 0) & ~dev), np.flatnonzero(dev), tuple(notes))


def balanced_parts(emotion: Ints, group: ArrayLike, count: int, seed: int = 0) -> Ints:
    """The part, 0 to `count` - 1, of each example (N,): groups stay whole, classes are spread evenly, no part is empty.

    The largest groups are placed first, each where its classes are rarest so far; the seed decides between equals.

    Raises:
        ValueError: there are fewer groups than parts.
    """
    names, member = np.unique(np.asarray(group), return_inverse=True)
    if len(names) < count:
        raise ValueError(f"{len(names)} groups for {count} parts")
    holds = np.zeros((len(names), COUNT))
    np.add.at(holds, (member, emotion), 1)
    share = holds / np.maximum(holds.sum(axis=0), 1)
    order = np.random.default_rng(seed).permutation(len(names))
    order = order[np.argsort(-holds[order].sum(axis=1), kind="stable")]
    placed, taken, part_of = np.zeros((count, COUNT)), np.zeros(count), np.zeros(len(names), np.int64)
    for left, name in zip(range(len(names), 0, -1), order, strict=True):
        empty = np.flatnonzero(taken == 0)
        open_parts = empty if left <= len(empty) else np.arange(count)
        crowding = (placed[open_parts] @ share[name]).round(12)
        part = open_parts[np.lexsort((taken[open_parts], crowding))[0]]
        part_of[name] = part
        placed[part] += share[name]
        taken[part] += holds[name].sum()
    return part_of[member]


def _require_groups(data: Path, groups: int, count: int) -> None:
    if groups < 2:
        have = "has one person or film" if groups else "has nothing"
        raise DatasetError(data, f"{have} to score: no split is independent of the person")
    if groups < count:
        raise DatasetError(
            data, f"has {groups} people or films to score, too few for {count} folds: ask for {groups} at most"
        )


def _development(label: Ints, member: Ints, among: Bools, share: float, seed: int) -> Bools:
    """(N,) True for the groups among some examples that come nearest to being `share` of them; none of a single one."""
    index = np.flatnonzero(among)
    chosen = np.zeros(len(label), np.bool_)
    groups = len(np.unique(member[index]))
    if not share or groups < 2:
        return chosen
    parts = min(round(1 / share), groups)
    part = balanced_parts(label[index], member[index], parts, seed)
    size = np.bincount(part, minlength=parts)
    chosen[index[part == np.abs(size - share * len(index)).argmin()]] = True
    return chosen


def _shared_notes(in_folds: Bools, scored: Bools, member: Ints) -> Iterator[str]:
    shared = in_folds & ~scored
    if shared.any():
        yield (
            f"{len(np.unique(member[shared]))} people or films are in the training and in the validation set: their "
            f"{shared.sum()} training examples train only where a fold does not score them"
        )


def _class_notes(label: Ints, scored: Bools, folds: list[Fold]) -> Iterator[str]:
    """Where a class cannot be scored, or is scored without having been learned."""
    absent = [name for index, name in enumerate(EMOTIONS) if index not in label[scored]]
    if absent:
        yield f"nothing to score is {' or '.join(absent)}"
    for fold in folds:
        there, taught = set(label[fold.scored].tolist()), set(label[fold.train].tolist())
        missing = [name for index, name in enumerate(EMOTIONS) if index not in there and name not in absent]
        if missing:
            yield f"fold {fold.number} has no example of {', '.join(missing)}: its UAR is over the others"
        strange = [EMOTIONS[index] for index in sorted(there - taught)]
        if strange:
            yield f"fold {fold.number} scores {', '.join(strange)}, of which nothing trains it"


def _dev_notes(dev_share: float, folds: list[Fold]) -> Iterator[str]:
    if dev_share and any(not len(fold.dev) for fold in folds):
        yield "there are too few people or films to cut a development part from: trainings run their full length"
