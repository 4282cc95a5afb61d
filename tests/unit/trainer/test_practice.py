"""Windows to practise on: made, disjoint, small on disk."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.emotions import COUNT
from engine.errors import BundleError, StorageError
from engine.values import BRANCHES
from tests.unit.trainer.finetune.conftest import MAKING, banks
from trainer.practice import FEW, FILE, PER_FACE, FeatureSets, Practice, make_practice, read_practice, write_practice


@pytest.fixture(scope="module")
def practice() -> Practice:
    return make_practice(banks(0), banks(1), replay=70, guard=140, views=2, making=MAKING)


def sides(practice: Practice) -> Iterator[FeatureSets]:
    return iter((practice.replay, practice.guard))


def test_every_class_has_as_many_windows(practice: Practice) -> None:
    assert np.bincount(practice.replay.emotion).tolist() == [10] * COUNT
    assert np.bincount(practice.guard.emotion).tolist() == [20] * COUNT


def test_few_faces_make_few_windows() -> None:
    faces, voices = banks(0)
    one = np.flatnonzero((faces.emotion != 1) | (np.arange(len(faces.emotion)) == 4))
    fewer = replace(
        faces, frame=faces.frame[one], slice=faces.slice[one], target=faces.target[one], emotion=faces.emotion[one]
    )
    made = make_practice((faces, voices), (fewer, voices), guard=210, making=MAKING).guard
    counts = np.bincount(made.emotion)
    assert counts[1] == PER_FACE
    assert counts.sum() == 210
    assert np.ptp(np.delete(counts, 1)) <= 1


def test_a_class_without_a_face_is_refused() -> None:
    faces, voices = banks(0)
    keep = faces.emotion != 2
    without = replace(
        faces, frame=faces.frame[keep], slice=faces.slice[keep], target=faces.target[keep], emotion=faces.emotion[keep]
    )
    for train, held in ((without, faces), (faces, without)):
        with pytest.raises(ValueError, match=r"classes \[2\]"):
            make_practice((train, voices), (held, voices))


def rows_of(bank: np.ndarray) -> set[bytes]:
    return {row.astype(np.float16).tobytes() for row in bank.reshape(-1, bank.shape[-1])}


def test_held_out_faces_and_clips_are_divided() -> None:
    train, held = banks(0, FEW, FEW), banks(1, 3 * FEW, 3 * FEW)
    made = make_practice(train, held, replay=700, guard=1400, making=MAKING)
    known = {"frame": rows_of(held[0].frame), "slice": rows_of(held[0].slice)}
    known["audio"] = rows_of(np.concatenate(held[1].seconds))
    for name in BRANCHES:
        replay, guard = (rows_of(sets.rows[name]) for sets in sides(made))
        assert replay | guard <= known[name]
        assert not replay & guard
        assert 0.3 < len(replay) / len(guard) < 0.7


def test_where_few_are_held_out_training_faces_stand_in(practice: Practice) -> None:
    (own_faces, own_voices), (faces, voices) = banks(0), banks(1)
    assert rows_of(practice.replay.rows["frame"]) <= rows_of(own_faces.frame)
    assert rows_of(practice.replay.rows["audio"]) <= rows_of(np.concatenate(own_voices.seconds))
    assert rows_of(practice.guard.rows["frame"]) <= rows_of(faces.frame)
    assert rows_of(practice.guard.rows["audio"]) <= rows_of(np.concatenate(voices.seconds))


def test_windows_are_made_of_the_features_given(practice: Practice) -> None:
    faces, voices = banks(1)
    known = [faces.frame.reshape(-1, 256), faces.slice.reshape(-1, 256), np.concatenate(voices.seconds)]
    for index in range(len(practice.guard)):
        for part, rows in zip(practice.guard.set_of(index), known, strict=True):
            distance = np.abs(part[:, None] - rows[None]).max(2).min(1) if len(part) else np.zeros(1)
            assert distance.max() < 2e-3  # stored as float16


def test_a_window_shows_its_emotion(practice: Practice) -> None:
    for sets in sides(practice):
        for index in range(len(sets)):
            shown = [part[:, :COUNT].argmax(1) for part in sets.set_of(index)]
            assert sets.emotion[index] in np.concatenate(shown)


def test_a_row_says_what_it_shows(practice: Practice) -> None:
    for sets in sides(practice):
        for name in BRANCHES:
            assert (sets.rows[name][:, :COUNT].argmax(1) == sets.row_target[name].argmax(1)).all()


def test_a_group_is_one_face_or_one_clip(practice: Practice) -> None:
    sets, faces = practice.guard, banks(1)[0].frame[:, :2]
    shown: dict[int, set[int]] = {}
    for index, group in enumerate(sets.group.tolist()):
        frames = sets.set_of(index)[0]
        near = [int(np.abs(faces - row).max(2).min(1).argmin()) for row in frames]
        mine = {face for face in near if face // 4 == sets.emotion[index]}
        assert len(mine) == (1 if len(frames) else 0)
        shown.setdefault(group, set()).update(mine)
    assert all(len(group) <= 1 for group in shown.values())
    there = [face for group in shown.values() for face in group]
    assert len(there) == len(set(there))


def test_no_face_and_no_voice_is_in_both(practice: Practice) -> None:
    for name in BRANCHES:
        replay, guard = ({row.tobytes() for row in sets.rows[name]} for sets in sides(practice))
        assert replay
        assert not replay & guard


def test_only_some_views_and_few_training_faces_are_kept(practice: Practice) -> None:
    assert len(practice.replay.rows["frame"]) <= 2 * 4 * COUNT
    many = make_practice(banks(0, 3 * FEW), banks(1), replay=700, guard=70, making=MAKING).replay
    assert len(many.rows["slice"]) <= FEW * COUNT


def test_the_seed_decides(practice: Practice) -> None:
    def made(seed: int) -> FeatureSets:
        return make_practice(banks(0), banks(1), replay=70, guard=70, views=2, making=MAKING, seed=seed).replay

    assert (made(1).members["frame"] == made(1).members["frame"]).all()
    assert made(1).members["frame"].tobytes() != made(2).members["frame"].tobytes()


def test_written_and_read_it_is_the_same(practice: Practice, tmp_path: Path) -> None:
    write_practice(tmp_path, practice)
    read = read_practice(tmp_path)
    assert read is not None
    for sets, again in zip(sides(practice), sides(read), strict=True):
        assert (sets.emotion == again.emotion).all()
        assert (sets.group == again.group).all()
        for index in range(0, len(sets), 9):
            for part, same in zip(sets.set_of(index), again.set_of(index), strict=True):
                assert (part == same).all()
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_a_bundle_may_have_none(tmp_path: Path) -> None:
    assert read_practice(tmp_path) is None
    assert read_practice(None) is None


@pytest.mark.parametrize("cut", [5, 3000])
def test_a_damaged_file_is_told(practice: Practice, tmp_path: Path, cut: int) -> None:
    write_practice(tmp_path, practice)
    path = tmp_path / FILE
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(BundleError, match="damaged"):
        read_practice(tmp_path)


def test_a_changed_value_is_told(practice: Practice, tmp_path: Path) -> None:
    write_practice(tmp_path, practice)
    path = tmp_path / FILE
    plain = bytearray(path.read_bytes())
    plain[-1] ^= 1
    path.write_bytes(plain)
    with pytest.raises(BundleError, match="not what was written"):
        read_practice(tmp_path)


def test_another_version_is_told(practice: Practice, tmp_path: Path) -> None:
    write_practice(tmp_path, practice)
    path = tmp_path / FILE
    path.write_bytes(path.read_bytes().replace(b'"version":"2"', b'"version":"9"'))
    with pytest.raises(BundleError, match="version is '9'"):
        read_practice(tmp_path)


def test_a_folder_that_is_gone_is_told(practice: Practice, tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        write_practice(tmp_path / "gone", practice)


def test_chosen_sets_keep_their_features(practice: Practice) -> None:
    some = practice.guard.chosen(np.array([7, 3]))
    assert len(some) == 2
    assert (some.set_of(1)[0] == practice.guard.set_of(3)[0]).all()
    assert some.emotion.tolist() == practice.guard.emotion[[7, 3]].tolist()


def test_members_that_point_nowhere_are_refused(practice: Practice) -> None:
    sets = practice.guard
    wrong = {**sets.members, "audio": np.full_like(sets.members["audio"], 10_000)}
    with pytest.raises(ValueError, match="features of audio"):
        replace(sets, members=wrong)
