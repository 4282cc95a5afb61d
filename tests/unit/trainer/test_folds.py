"""Folds without a person in common, and sentences where there can be none."""

from pathlib import Path

import numpy as np
import pytest

from engine.emotions import COUNT, INDEX
from engine.errors import DatasetError
from trainer.folds import CrossValidation, balanced_parts, cross_validation

DATA = Path("somewhere")


def afew_like(train_films: int = 40, validation_films: int = 25) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Emotions, films and marks of validation: films of 1 to 8 clips in AFEW's uneven classes."""
    rng = np.random.default_rng(3)
    films = np.concatenate([np.full(rng.integers(1, 9), film) for film in range(train_films + validation_films)])
    emotion = rng.choice(COUNT, len(films), p=np.array([133, 74, 81, 150, 144, 117, 74]) / 773)
    return emotion, films, films >= train_films


def check(split: CrossValidation, group: np.ndarray, validation: np.ndarray) -> None:
    """What must hold of every split: each scored once, and nobody on two sides."""
    np.testing.assert_array_equal(
        np.sort(np.concatenate([fold.scored for fold in split.folds])), validation.nonzero()[0]
    )
    for fold in split.folds:
        train, dev, scored = (set(group[part]) for part in (fold.train, fold.dev, fold.scored))
        assert scored
        assert not train & dev
        assert not train & scored
        assert not dev & scored
    assert not set(group[split.train]) & set(group[split.dev])
    assert not (set(group[split.train]) | set(group[split.dev])) & set(group[validation])


# As the paper does it


def test_each_validation_clip_is_scored_once_by_films_nobody_trained_on() -> None:
    emotion, film, validation = afew_like()
    split = cross_validation(emotion, film, validation, data=DATA)
    check(split, film, validation)
    assert [fold.number for fold in split.folds] == [1, 2, 3, 4, 5]
    for fold in split.folds:
        used = np.sort(np.concatenate([fold.train, fold.dev, fold.scored]))
        np.testing.assert_array_equal(used, np.arange(len(emotion)))  # the training set and four folds train
        np.testing.assert_array_equal(fold.dev, split.dev)
    assert not validation[split.dev].any()
    assert len(split.dev) == pytest.approx(0.1 * (~validation).sum(), abs=4)
    np.testing.assert_array_equal(np.sort(np.concatenate([split.train, split.dev])), np.flatnonzero(~validation))


def test_folds_are_alike_in_size_and_classes() -> None:
    emotion, film, validation = afew_like(0, 120)
    split = cross_validation(emotion, film, validation, data=DATA)
    sizes = [len(fold.scored) for fold in split.folds]
    assert max(sizes) - min(sizes) <= 8
    counts = np.array([np.bincount(emotion[fold.scored], minlength=COUNT) for fold in split.folds])
    assert np.ptp(counts, axis=0).max() <= 6
    assert counts.min() >= np.bincount(emotion).min() // 5 - 5


def test_a_split_hangs_on_its_seed_alone() -> None:
    emotion, film, validation = afew_like()
    first, again, other = (cross_validation(emotion, film, validation, data=DATA, seed=seed) for seed in (1, 1, 2))
    assert repr(first) == repr(again)
    assert any(set(a.scored) != set(b.scored) for a, b in zip(first.folds, other.folds, strict=True))
    seeds = [fold.seed for split in (first, other) for fold in split.folds]
    assert len(set(seeds)) == 10


def test_names_split_as_numbers_do() -> None:
    emotion, film, validation = afew_like()
    named = cross_validation(emotion, [f"film-{number:03}" for number in film], validation, data=DATA)
    assert repr(named) == repr(cross_validation(emotion, film, validation, data=DATA))


def test_a_film_in_both_sets_never_trains_where_it_is_scored() -> None:
    emotion, film, validation = afew_like()
    film[0:3] = film[-1]
    split = cross_validation(emotion, film, validation, data=DATA)
    check(split, film, validation)
    assert split.notes[0].startswith("1 people or films are in the training and in the validation set: their 3 ")
    with_it = [fold for fold in split.folds if 0 in fold.train]
    assert len(with_it) == 4


def test_without_a_validation_set_all_is_split() -> None:
    people = np.repeat(np.arange(20), 14)
    emotion = np.tile(np.arange(COUNT), 40)
    split = cross_validation(emotion, people, data=DATA)
    check(split, people, np.ones(len(people), np.bool_))
    assert [len(fold.scored) for fold in split.folds] == [4 * 14] * 5
    assert [len(fold.dev) for fold in split.folds] == [2 * 14] * 5  # a tenth of sixteen people is nearest to two
    assert len({tuple(fold.dev) for fold in split.folds}) > 1
    assert len(split.train) == len(split.dev) == 0
    assert split.notes == ()


def test_no_development_part_is_cut_when_none_is_wanted() -> None:
    emotion, film, validation = afew_like()
    split = cross_validation(emotion, film, validation, data=DATA, dev_share=0)
    assert len(split.dev) == 0
    np.testing.assert_array_equal(split.train, np.flatnonzero(~validation))
    assert split.notes == ()


# What cannot be


@pytest.mark.parametrize(
    ("people", "said"),
    [
        ([], "has nothing to score"),
        (["ann"] * 9, "has one person or film to score: no split is independent of the person"),
        (["ann", "bob", "cat", "ann"], "has 3 people or films to score, too few for 5 folds: ask for 3 at most"),
    ],
)
def test_too_few_people_are_refused(people: list[str], said: str) -> None:
    with pytest.raises(DatasetError, match=said) as caught:
        cross_validation(np.zeros(len(people), int), people, data=DATA)
    assert caught.value.path == DATA


def test_one_person_to_score_is_refused_however_many_train() -> None:
    with pytest.raises(DatasetError, match="one person or film"):
        cross_validation([0, 1, 0, 1], ["ann", "bob", "cat", "cat"], [False, False, True, True], data=DATA)


def test_what_was_too_few_for_five_does_for_fewer() -> None:
    people = np.array(["ann", "bob", "cat", "ann"])
    split = cross_validation([0, 0, 0, 0], people, data=DATA, count=3, dev_share=0)
    check(split, people, np.ones(4, np.bool_))


def test_a_class_that_a_fold_lacks_is_named() -> None:
    people = np.repeat(np.arange(5), 4)
    emotion = np.tile([INDEX["happy"], INDEX["sad"]], 10)
    emotion[[0, 4]] = INDEX["fear"]  # of two people
    split = cross_validation(emotion, people, data=DATA, dev_share=0)
    missing = [note for note in split.notes if "has no example of fear" in note]
    assert len(missing) == 3
    assert split.notes[0] == "nothing to score is angry or disgust or neutral or surprise"
    assert all(note.endswith("its UAR is over the others") for note in missing)


def test_a_class_that_only_one_person_shows_cannot_be_learned_for_them() -> None:
    people = np.repeat(np.arange(5), COUNT)
    emotion = np.tile(np.arange(COUNT), 5)
    emotion[(people != 2) & (emotion == INDEX["disgust"])] = INDEX["angry"]
    split = cross_validation(emotion, people, data=DATA, dev_share=0)
    fold = next(fold for fold in split.folds if 2 in people[fold.scored])
    assert f"fold {fold.number} scores disgust, of which nothing trains it" in split.notes


def test_a_training_set_of_one_film_gives_no_development_part() -> None:
    emotion, film, validation = afew_like(1, 10)
    split = cross_validation(emotion, film, validation, data=DATA)
    assert len(split.dev) == 0
    assert split.notes[-1].startswith("there are too few people or films to cut a development part from")


@pytest.mark.parametrize(("count", "share"), [(1, 0.1), (5, 0.6), (5, -0.1)])
def test_settings_that_make_no_sense_are_refused(count: int, share: float) -> None:
    with pytest.raises(ValueError, match="for development"):
        cross_validation([0, 1], [0, 1], data=DATA, count=count, dev_share=share)


def test_lists_of_unlike_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="2 emotions, 3 groups"):
        cross_validation([0, 1], [0, 1, 2], data=DATA)


# Parts


def test_parts_by_hand() -> None:
    # the largest goes first, to part 0; then whatever makes classes even
    emotion = np.array([0, 0, 1, 1, 0, 0, 1, 1])
    group = np.array(["a", "a", "a", "a", "b", "b", "c", "c"])
    part = balanced_parts(emotion, group, 2)
    assert part.tolist() == [0, 0, 0, 0, 1, 1, 1, 1]


def test_no_part_is_empty_though_one_group_holds_nearly_all() -> None:
    group = np.array([0] * 96 + [1, 2, 3, 4])
    emotion = np.arange(100) % COUNT
    part = balanced_parts(emotion, group, 5)
    assert sorted(np.bincount(part).tolist()) == [1, 1, 1, 1, 96]


def test_more_parts_than_groups_are_refused() -> None:
    with pytest.raises(ValueError, match="2 groups for 3 parts"):
        balanced_parts(np.zeros(4, np.int64), [0, 0, 1, 1], 3)
