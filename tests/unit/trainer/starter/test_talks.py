"""Windows of unlabelled videos among made ones."""

from pathlib import Path

import numpy as np
import pytest
import torch

from engine.branches import audio_branch, frame_branch, slice_branch
from engine.bundle import Manifest
from engine.emotions import COUNT
from tests.media import face_frames, make_clip
from trainer.made_windows import FaceBank, Maker, Making, VoiceBank
from trainer.starter.recipe import Recipe
from trainer.starter.talks import WithTalks, talk_windows
from trainer.windows import ClipWindows


@pytest.fixture
def maker(face_bank: FaceBank, voice_bank: VoiceBank) -> Maker:
    return Maker(face_bank, voice_bank, Making(no_voice=0.5))


@pytest.fixture
def talks() -> ClipWindows:
    """One window whose features no made one has, and an answer between two emotions."""
    features = np.full((5, 256), 9.0, np.float32), np.full((2, 256), 9.0, np.float32), np.zeros((0, 128), np.float32)
    target = np.full((1, COUNT), 0.0, np.float32)
    target[0, [3, 4]] = 0.4, 0.6
    return ClipWindows([features], np.array([4]), target)


def test_a_share_of_the_windows_is_real(maker: Maker, talks: ClipWindows) -> None:
    windows = WithTalks(maker, talks, 0.3)
    sets, targets = windows.draw(np.arange(400), np.random.default_rng(1))
    real = np.array([len(item[0]) == 5 and bool((item[0] == 9.0).all()) for item in sets])
    assert 80 < real.sum() < 160
    np.testing.assert_array_equal(targets[real], np.repeat(talks.targets, real.sum(), 0))
    heard = [len(item[2]) > 0 for item, yes in zip(sets, real, strict=True) if yes]
    assert any(heard)
    assert not all(heard)
    assert windows.examples()[0] is not talks.sets[0][0]
    assert np.array_equal(windows.classes, maker.classes)


def test_without_talks_all_windows_are_made(maker: Maker) -> None:
    given, wanted = np.random.default_rng(1), np.random.default_rng(1)
    sets, targets = WithTalks(maker, None, 0.3).draw(np.arange(20), given)
    expected, named = maker.draw(np.arange(20), wanted)
    for mine, other in zip(sets, expected, strict=True):
        assert all(map(np.array_equal, mine, other))
    assert np.array_equal(targets, named)


def test_windows_of_a_video_say_what_the_branches_agree_on(tmp_path: Path, recipe: Recipe) -> None:
    clip = make_clip(tmp_path / "talk.mp4", face_frames(50))
    torch.manual_seed(0)
    manifest = Manifest("test", "1", "compact", "", frame=recipe.frame, slice=recipe.slice, audio=recipe.audio)
    branches = {
        "frame": frame_branch(recipe.frame).prepared(),
        "slice": slice_branch(recipe.slice).prepared(),
        "audio": audio_branch(recipe.audio).prepared(),
    }
    found = talk_windows([clip], manifest, branches, tmp_path / "talks", lambda: False)  # type: ignore[arg-type]
    assert found is not None
    frames, slices, seconds = found.sets[0]
    assert len(frames) > 0
    assert len(slices) > 0
    assert len(seconds) == 0
    with torch.inference_mode():
        said = [
            torch.softmax(branches[name].classifier(torch.from_numpy(part)), 1).mean(0)
            for name, part in (("frame", frames), ("slice", slices))
        ]
    np.testing.assert_allclose(found.targets[0], torch.stack(said).mean(0), atol=1e-5)
    assert talk_windows([], manifest, branches, tmp_path, lambda: False) is None  # type: ignore[arg-type]
