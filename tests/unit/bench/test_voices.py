"""The bench that lays the audio branch beside a log-mel network, with the smallest of both."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.branches import AudioConfig, audio_branch
from engine.emotions import COUNT
from tests.bench import voices
from tests.bench.voices import HELD, Heard, heard, joined, rows
from tests.unit.trainer.conftest import AUDIO, voice
from trainer.datasets.example import VoiceClip
from trainer.datasets.sound import Waves
from trainer.datasets.voices import DEV_PEOPLE, TEST_PEOPLE
from trainer.stage1 import Schedule
from trainer.voice_reference import ReferenceConfig
from trainer.voices_recipe import VoiceRecipe, VoiceStep


@pytest.fixture
def audio_config() -> AudioConfig:
    """The smallest."""
    return AUDIO


def said(answers: list[int], emotions: list[int], speakers: list[str]) -> Heard:
    logs = np.log(np.full((len(answers), COUNT), 0.01) + np.eye(COUNT)[answers])
    return Heard(logs, np.array(emotions), np.array(speakers), logs, np.array(emotions), np.array(speakers))


def test_everybody_is_held_out_once_and_somebody_is_left_to_watch_by() -> None:
    assert len(frozenset.union(*HELD)) == sum(map(len, HELD)) == 20 + 8
    assert HELD[-1] >= TEST_PEOPLE
    assert all(DEV_PEOPLE - held for held in HELD)


def test_rows_say_how_often_each_is_right_and_how_much_more_the_first_is() -> None:
    truth, who = [0, 1, 2, 3], ["a", "a", "b", "b"]
    sides = {"branch": said([0, 1, 2, 3], truth, who), "mel": said([0, 1, 2, 0], truth, who)}
    found = {name: (count, accuracy, uar) for name, count, accuracy, uar in rows(sides)}
    assert found["branch, clip"] == ("4", "100.0 (100.0 .. 100.0)", "100.0")
    assert found["mel, second"][0] == "4"
    assert found["mel, second"][1].startswith("75.0 (")
    assert found["the first one's lead, clip"][1].startswith("25.0 (")


def test_folds_are_laid_together() -> None:
    one, other = said([0], [0], ["a"]), said([1, 2], [2, 2], ["b", "c"])
    both = joined([one, other])
    assert both.emotion.tolist() == [0, 2, 2]
    assert both.speaker.tolist() == ["a", "b", "c"]
    assert both.clips.argmax(1).tolist() == [0, 1, 2]


def test_both_are_trained_on_others_and_judged_on_who_was_held_out(
    tmp_path: Path, audio_config: AudioConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = ("ravdess-01", "ravdess-15", *sorted(TEST_PEOPLE))
    clips = [VoiceClip(Path(f"{who}-{at}.wav"), at, who, "made") for who in people for at in range(3)]
    asked: list[set[str]] = []

    def read(chosen: tuple[VoiceClip, ...]) -> Waves:
        asked.append({clip.person for clip in chosen})
        return Waves(chosen, tuple(voice(clip.emotion, 1.3) for clip in chosen))

    monkeypatch.setattr(voices.ravdess, "read_voices", lambda _: clips)
    monkeypatch.setattr(voices.emodb, "read_voices", lambda _: [])
    monkeypatch.setattr(voices, "read_waves", read)
    short = Schedule(epochs=1, batch=4, learning_rate=1e-3, epoch_examples=4)
    recipe = VoiceRecipe(
        audio=audio_config,
        reference=ReferenceConfig(mels=32, channels=(4, 4, 4, 4)),
        steps=(VoiceStep("mel", short, net="mel"), VoiceStep("wave", replace(short, seed=2))),
    )
    sides = voices.sides_of(tmp_path, tmp_path, TEST_PEOPLE, recipe)
    assert asked == [{"ravdess-01"}, {"ravdess-15"}, set(TEST_PEOPLE)]
    assert set(sides) == {"audio branch", "log-mel network"}
    for side in sides.values():
        assert set(side.speaker) == set(TEST_PEOPLE)
        assert len(side.clips) == 12
        assert len(side.seconds) == 24
        assert np.exp(side.seconds).sum(1) == pytest.approx(1)


def test_a_clip_is_the_mean_of_its_seconds(audio_config: AudioConfig) -> None:
    waves = Waves((VoiceClip(Path("a.wav"), 1, "a", "made"),), (voice(1, 2.4),))
    found = heard(audio_branch(audio_config).prepared(), waves, audio_config)
    assert found.clips[0] == pytest.approx(found.seconds.mean(0))
