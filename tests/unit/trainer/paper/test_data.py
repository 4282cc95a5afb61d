"""The three data sets: read, checked before anything is computed, prepared and split."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.emotions import EMOTIONS, INDEX
from engine.errors import DatasetError
from tests.unit.trainer.conftest import write_fer2013
from trainer.paper.data import (
    Materials,
    PaperSets,
    Places,
    clips_key,
    prepare_sets,
    read_sets,
    still_targets,
)
from trainer.paper.recipe import PaperRecipe
from trainer.preparing.values import Preparation, Prepared, Remark

FILMS = {"Train_AFEW": 2, "Val_AFEW": 3}


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """Empty files laid out as the real ones; a clip of each emotion a film."""
    for part, films in FILMS.items():
        for film in range(films):
            for emotion in EMOTIONS:
                touched(tmp_path / "AFEW" / part / emotion.title() / f"{film:04}{INDEX[emotion]:05}.avi")
    for number in (1, 2):
        for emotion in ("anger", "sadness"):
            for sentence in (1, 2):
                touched(tmp_path / f"eNTERFACE/subject {number}/{emotion}/sentence {sentence}/s{number}_{sentence}.avi")
    write_fer2013(tmp_path)
    return Places(tmp_path / "AFEW", tmp_path / "fer2013.csv", tmp_path / "eNTERFACE")


def touched(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()


def test_reads_what_trains_and_what_is_scored(places: Places, quick: PaperRecipe) -> None:
    sets = read_sets(places, quick)
    assert [sum(one.split == split for one in sets.clips) for split in ("train", "val")] == [14, 21]
    assert len(sets.acted) == 8
    assert set(sets.images.split[sets.stills]) == {0}
    assert not any("neutral" in note for note in sets.notes)  # nobody acts it in eNTERFACE'05: known to all
    assert any("42 of 44 subjects are not there" in note for note in sets.notes)


def test_the_labels_asked_for(places: Places, quick: PaperRecipe) -> None:
    images = read_sets(places, quick).images
    own, crowd = (still_targets(images, replace(quick, fer_labels=labels)) for labels in ("fer2013", "ferplus"))
    assert set(own.max(axis=1)) == {1.0}
    assert own.argmax(axis=1).tolist() == images.label.tolist()
    assert (crowd.argmax(axis=1) != images.label).any()
    (places.fer2013.parent / "fer2013new.csv").unlink()
    with pytest.raises(DatasetError, match=r"no FER\+ votes"):
        read_sets(places, replace(quick, fer_labels="ferplus"))


@pytest.mark.parametrize("part", ["Train_AFEW", "Val_AFEW"])
def test_a_part_that_is_missing_is_named(places: Places, quick: PaperRecipe, part: str) -> None:
    shutil.rmtree(places.afew / part)
    with pytest.raises(DatasetError, match=f"no clip with an emotion in a folder {part}"):
        read_sets(places, quick)


def test_too_few_films_are_said_before_hours_are_spent(places: Places, quick: PaperRecipe) -> None:
    with pytest.raises(DatasetError, match="has 3 people or films to score, too few for 5 folds"):
        read_sets(places, replace(quick, folds=5))
    for film in (1, 2):
        for path in places.afew.glob(f"Val_AFEW/*/{film:04}*"):
            path.unlink()
    with pytest.raises(DatasetError, match="has one person or film to score: no split is independent of the person"):
        read_sets(places, quick)


def test_a_class_that_is_missing_is_named(places: Places, quick: PaperRecipe) -> None:
    shutil.rmtree(places.afew / "Train_AFEW" / "Disgust")
    lines = places.fer2013.read_text().splitlines()
    places.fer2013.write_text("\n".join(line for line in lines if not line.startswith("1,")))
    (places.fer2013.parent / "fer2013new.csv").unlink()
    notes = read_sets(places, quick).notes
    assert "AFEW: train has no clip of disgust" in notes
    assert "FER2013: nothing in Training is labelled disgust" in notes


def test_names_that_are_no_emotion_are_left_out_and_told(places: Places, quick: PaperRecipe) -> None:
    (places.afew / "Train_AFEW" / "Sad").rename(places.afew / "Train_AFEW" / "Bored")
    assert any("Bored: 2 without a label" in why for why in read_sets(places, quick).skipped)


# Prepared


def prepared(sets: PaperSets, materials: Materials, recipe: PaperRecipe, tmp_path: Path) -> Materials:
    work = prepare_sets(sets, materials.places, recipe, tmp_path)
    while True:
        try:
            next(work)
        except StopIteration as done:
            found: Materials = done.value
            return found


@pytest.fixture
def sets(materials: Materials) -> PaperSets:
    clips, acted = ([one.example for one in some] for some in (materials.clips, materials.acted))
    return PaperSets(tuple(clips), tuple(acted), materials.images, materials.stills, ("a note",), ("a row",))


@pytest.mark.usefixtures("instead_of_media")
def test_clips_and_voices_are_prepared_and_split(
    sets: PaperSets, materials: Materials, quick: PaperRecipe, tmp_path: Path
) -> None:
    found = prepared(sets, materials, quick, tmp_path)
    assert found.clips == materials.clips
    assert len(found.acted) == 3
    assert found.notes[0] == "a note"
    assert found.preparation[0] == "a row"
    split = found.folds
    assert {found.clips[place].example.split for place in (*split.train, *split.dev)} == {"train"}
    assert len(split.dev) == 3
    assert sorted(place for fold in split.folds for place in fold.scored) == found.validation.tolist()


def test_clips_with_nothing_to_fuse_are_left_out(
    sets: PaperSets, materials: Materials, make: Callable[..., Prepared], quick: PaperRecipe, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    mute = make(2, "train-0", face=False, speech=False)
    gone = Remark(sets.clips[0], "unreadable", "it ends")

    def prepare(examples: object, *_: object):  # type: ignore[no-untyped-def]
        yield Preparation((*materials.clips[1:], mute), (gone,), (), (), 28, 0, False)

    monkeypatch.setattr("trainer.paper.data.prepare", prepare)
    found = prepared(sets, materials, quick, tmp_path)
    assert mute not in found.clips
    assert found.notes[-1] == f"3 of {len(sets.clips) + len(sets.acted)} clips could not be used"
    assert f"AFEW: left out: {mute.example.path.name}: neither a face nor speech" in found.preparation
    assert any("unreadable: it ends" in line for line in found.preparation)


def test_a_fingerprint_is_of_clips_and_what_they_are_called(clips: tuple[Prepared, ...]) -> None:
    relabelled = replace(clips[0], example=replace(clips[0].example, emotion=6))
    keys = {clips_key(some) for some in (clips[:2], clips[1::-1], clips[:1], (relabelled, clips[1]))}
    assert len(keys) == 4


def test_a_fingerprint_of_stills(materials: Materials) -> None:
    other = replace(materials, stills=np.arange(5))
    assert materials.still_key != other.still_key
