"""What the recipe learns from: splits, what is missing, and names that change with what they depend on."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.emotions import COUNT, FER2013_ORDER
from engine.errors import DatasetError
from trainer.starter.materials import place, read_materials
from trainer.starter.recipe import Recipe


def test_materials_are_split_by_person_and_by_copy(data_folder: Path) -> None:
    materials = read_materials(data_folder)
    assert {name: sorted({clip.person for clip in waves.clips}) for name, waves in materials.waves.items()} == {
        "train": ["emodb-03", "ravdess-01"],
        "dev": ["emodb-09", "ravdess-15"],
        "test": ["ravdess-17"],
    }
    assert (materials.images.split[materials.faces.train] == 0).all()
    assert sorted(materials.images.label[materials.judged]) == list(range(COUNT))


def test_faces_the_crowd_disagrees_on_do_not_judge(data_folder: Path) -> None:
    materials = read_materials(data_folder)
    votes = np.array(materials.images.votes)
    undecided = materials.faces.dev[2]
    votes[undecided] = 1
    changed = replace(materials, images=replace(materials.images, votes=votes))
    assert changed.judged.tolist() == [index for index in materials.faces.dev if index != undecided]
    unlabelled = replace(materials, images=replace(materials.images, votes=None))
    assert unlabelled.judged is materials.faces.dev


def test_materials_that_are_missing_are_named(tmp_path: Path, data_folder: Path) -> None:
    with pytest.raises(DatasetError):
        read_materials(tmp_path)
    for name in ("fer2013.csv", "fer2013new.csv", "ravdess", "emodb"):
        (tmp_path / name).symlink_to(data_folder / name)
    (tmp_path / "emodb").unlink()
    with pytest.raises(DatasetError, match="no such folder"):
        read_materials(tmp_path)


def test_an_emotion_without_a_face_is_named(tmp_path: Path, data_folder: Path) -> None:
    for name in ("ravdess", "emodb"):
        (tmp_path / name).symlink_to(data_folder / name)
    labels, crowd = ((data_folder / name).read_text().splitlines() for name in ("fer2013.csv", "fer2013new.csv"))
    fear = f"{FER2013_ORDER.index('fear')},"
    kept = [number for number, row in enumerate(labels) if not row.startswith(fear)]
    for name, rows in (("fer2013.csv", labels), ("fer2013new.csv", crowd)):
        (tmp_path / name).write_text("\n".join(rows[number] for number in kept) + "\n")
    with pytest.raises(DatasetError, match="no face that looks fear to train on"):
        read_materials(tmp_path)


def test_nobody_to_choose_by_is_said(tmp_path: Path, data_folder: Path) -> None:
    for name in ("fer2013.csv", "fer2013new.csv"):
        (tmp_path / name).symlink_to(data_folder / name)
    for path in ("ravdess/Actor_01/03-01-04-01-01-01-01.wav", "emodb/03a01Fa.wav"):
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).symlink_to(data_folder / path)
    with pytest.raises(DatasetError, match="no voice to choose by"):
        read_materials(tmp_path)


def test_by_their_own_labels_every_face_that_is_clear_judges(data_folder: Path) -> None:
    materials = read_materials(data_folder, "fer2013")
    assert materials.images.votes is None
    assert materials.judged is materials.faces.dev
    assert materials.faces_seal != read_materials(data_folder).faces_seal


def test_other_data_or_choices_are_another_place(tmp_path: Path, data_folder: Path, recipe: Recipe) -> None:
    materials = read_materials(data_folder)
    own = place(tmp_path, "frame", recipe.frame, recipe.frame_schedule, materials.faces_seal)
    again = read_materials(data_folder)
    assert own == place(tmp_path, "frame", recipe.frame, recipe.frame_schedule, again.faces_seal)
    assert own.parent == tmp_path
    assert own.name.startswith("frame-")
    longer = replace(recipe.frame_schedule, epochs=2)
    assert own != place(tmp_path, "frame", recipe.frame, longer, materials.faces_seal)
    fewer = replace(materials, waves={**materials.waves, "test": materials.waves["dev"]})
    assert fewer.voices_seal != materials.voices_seal
    assert fewer.faces_seal == materials.faces_seal
