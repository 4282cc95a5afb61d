from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import av
import numpy as np
import pytest
import soxr
import torch
from safetensors.numpy import save_file
from scipy.signal import lfilter

from engine import speech
from engine.errors import WeightsError
from engine.speech import SpeechDetector, VoiceNet, is_speech, silent

RATE = 22_050
DATA = Path(__file__).parents[3] / "../shared/data"
VOWELS_HZ = ((730, 1090, 2440), (270, 2290, 3010), (300, 870, 2240), (530, 1840, 2480), (570, 840, 2410))


@pytest.fixture(scope="module")
def detector() -> SpeechDetector:
    return SpeechDetector()


def babble(seconds: int, seed: int = 0) -> np.ndarray:
    """(N, 22050) of made speech: a falling pitch through the formants of one vowel after another, five a second."""
    rng = np.random.default_rng(seed)
    length = RATE // 5
    syllables = []
    for _ in range(5 * seconds):
        pitch_hz = 120 * 2 ** rng.uniform(-0.2, 0.3) * np.linspace(1.1, 0.9, length)
        wave = np.diff(np.floor(np.cumsum(pitch_hz) / RATE), prepend=0) + 0.003 * rng.standard_normal(length)
        for formant_hz, width_hz in zip(VOWELS_HZ[rng.integers(5)], (80, 100, 150), strict=True):
            radius = np.exp(-np.pi * width_hz / RATE)
            wave = lfilter([1], [1, -2 * radius * np.cos(2 * np.pi * formant_hz / RATE), radius**2], wave)
        syllables.append(0.3 * wave / np.abs(wave).max() * np.sqrt(np.hanning(length)))
    return np.concatenate(syllables).astype(np.float32).reshape(seconds, RATE)


def noise(seconds: int, level: float = 0.1) -> np.ndarray:
    return (level * np.random.default_rng(1).standard_normal((seconds, RATE))).astype(np.float32)


def chords(seconds: int) -> np.ndarray:
    t = np.arange(seconds * RATE) / RATE
    step = 2 ** (np.floor(2 * t) % 5 / 12)
    wave = sum(0.1 * np.sin(2 * np.pi * f * t * step) for f in (220, 277, 330, 440)) * np.exp(-3 * (2 * t % 1))
    return wave.astype(np.float32).reshape(seconds, RATE)


def tone(seconds: int) -> np.ndarray:
    t = np.arange(seconds * RATE) / RATE
    return (0.3 * np.sin(2 * np.pi * 440 * t)).astype(np.float32).reshape(seconds, RATE)


def test_made_speech_is_speech(detector: SpeechDetector) -> None:
    shares = detector.shares(babble(3))
    assert shares.dtype == np.float32
    assert (shares > 0.9).all()
    assert is_speech(shares).all()


@pytest.mark.parametrize("sound", [noise, chords, tone])
def test_other_sounds_are_not(detector: SpeechDetector, sound: Callable[[int], np.ndarray]) -> None:
    assert not is_speech(detector.shares(sound(4))).any()


def test_share_follows_the_sound_within_a_second(detector: SpeechDetector) -> None:
    wave = babble(1).ravel()
    wave[RATE // 2 :] = 0
    assert detector.shares([wave])[0] == pytest.approx(0.5, abs=0.12)


def test_share_is_of_the_valid_part(detector: SpeechDetector) -> None:
    wave = babble(2)
    valid = RATE * 2 // 5
    wave[1, valid:] = 0
    cut, padded = detector.shares(wave, valid_samples=[RATE, valid])[1], detector.shares(wave)[1]
    assert cut > 0.9
    assert padded == pytest.approx(0.4, abs=0.12)


def test_a_range_gives_what_the_whole_gives(detector: SpeechDetector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speech, "_BATCH", 4)
    waves = np.concatenate([babble(3), noise(2), chords(1), np.zeros((1, RATE), np.float32), babble(4, seed=2)])
    waves[4] += 0.3 * babble(1, seed=3)[0]
    whole = detector.shares(waves)
    for first, stop in ((1, 4), (4, 5), (6, 9), (7, 11)):
        part = detector.shares(waves[first:stop], before=waves[first - 1])
        np.testing.assert_array_equal(part, whole[first:stop])


def test_a_second_ignores_all_but_itself_and_the_one_before(detector: SpeechDetector) -> None:
    quiet, loud = babble(4), babble(4)
    loud[0], loud[3] = noise(1), 0
    np.testing.assert_array_equal(detector.shares(loud)[2], detector.shares(quiet)[2])


def test_silence_does_not_reach_the_network(detector: SpeechDetector, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(pairs: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(detector, "_voice", refuse)
    assert detector.shares(np.zeros((3, RATE)), valid_samples=[RATE, RATE, 0]).tolist() == [0, 0, 0]
    assert detector.shares(np.zeros((0, RATE))).shape == (0,)


def test_silent_is_told_by_the_level_of_the_valid_part() -> None:
    level = 10 ** (speech.SILENCE_DBFS / 20)
    waves = np.full((5, 1000), 1.0, np.float32) * np.array([[0], [0.9 * level], [1.1 * level], [1], [1.1 * level]])
    waves[4, 100:] = 0
    assert silent(waves).tolist() == [True, True, False, False, True]
    assert silent(waves, [1000, 1000, 1000, 1000, 100]).tolist() == [True, True, False, False, False]
    assert silent(waves[:1], [0]).tolist() == [True]


@pytest.mark.parametrize(
    "arguments",
    [
        {"waves": np.zeros((2, 16_000))},
        {"waves": np.zeros((2, RATE)), "before": np.zeros(100)},
        {"waves": np.zeros((2, RATE)), "valid_samples": [RATE]},
    ],
)
def test_wrong_shapes_are_refused(detector: SpeechDetector, arguments: dict[str, np.ndarray]) -> None:
    with pytest.raises(ValueError, match="shapes"):
        detector.shares(**arguments)


@pytest.mark.filterwarnings("ignore:`torch.jit.load` is deprecated:DeprecationWarning")
def test_network_is_that_of_the_package() -> None:
    """With the weights of the package's own TorchScript model, chunk by chunk, both say the same."""
    spec = find_spec("silero_vad")
    assert spec is not None
    assert spec.submodule_search_locations
    theirs = torch.jit.load(Path(spec.submodule_search_locations[0]) / "data/silero_vad.jit").eval()
    state = {name: tensor.numpy() for name, tensor in theirs._model.state_dict().items()}
    renamed = {"stft_conv.weight": state["stft.forward_basis_buffer"]}
    for kind in ("weight", "bias"):
        renamed |= {f"conv{i + 1}.{kind}": state[f"encoder.{i}.reparam_conv.{kind}"] for i in range(4)}
        renamed |= {f"lstm_cell.{kind}_{end}": state[f"decoder.rnn.{kind}_{end}"] for end in ("ih", "hh")}
        renamed[f"final_conv.{kind}"] = state[f"decoder.decoder.2.{kind}"]
    sound = soxr.resample(np.stack([babble(1).ravel(), noise(1).ravel()], axis=1), RATE, 16_000)
    wave = np.ascontiguousarray(sound[: 30 * 512].T)
    with torch.inference_mode(), torch.jit.optimized_execution(False):
        theirs.reset_states()
        chunks = torch.from_numpy(wave).split(512, dim=1)
        expected = torch.cat([theirs(chunk, 16_000) for chunk in chunks], dim=1).numpy()
    assert np.ptp(expected) > 0.5
    np.testing.assert_allclose(VoiceNet(renamed)(wave), expected, atol=1e-5)


def test_missing_package_is_an_error_one_can_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speech, "find_spec", lambda name: None)
    with pytest.raises(WeightsError, match="not installed"):
        SpeechDetector()


def test_other_weights_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    monkeypatch.setattr(
        speech, "find_spec", lambda name: type("Spec", (), {"submodule_search_locations": [str(tmp_path)]})
    )
    path = tmp_path / "data/silero_vad_16k.safetensors"
    with pytest.raises(WeightsError, match="cannot be read"):
        SpeechDetector()
    path.write_bytes(b"nothing of the kind")
    with pytest.raises(WeightsError, match="cannot be read"):
        SpeechDetector()
    save_file({"conv1.weight": np.zeros((2, 3), np.float32)}, path)
    with pytest.raises(WeightsError, match="not the speech detector's"):
        SpeechDetector()


def test_any_loudness_is_a_number(detector: SpeechDetector) -> None:
    with np.errstate(all="raise", under="ignore"):
        assert is_speech(detector.shares(np.concatenate([3 * babble(1), 0.1 * babble(1)]))).all()


def read_seconds(path: Path) -> tuple[np.ndarray, np.ndarray]:
    resampler = av.AudioResampler("fltp", "mono", RATE)
    with av.open(path) as container:
        parts = [part.to_ndarray()[0] for frame in container.decode(audio=0) for part in resampler.resample(frame)]
    parts += [part.to_ndarray()[0] for part in resampler.resample(None)]
    wave = np.concatenate(parts)
    seconds = -(-len(wave) // RATE)
    valid = np.full(seconds, RATE)
    valid[-1] = len(wave) - (seconds - 1) * RATE
    return np.pad(wave, (0, RATE - valid[-1])).reshape(seconds, RATE), valid


@pytest.mark.data
@pytest.mark.skipif(not DATA.exists(), reason="no example data beside the checkout")
class TestRecordings:
    def test_read_sentences_are_speech(self, detector: SpeechDetector) -> None:
        waves, valid = read_seconds(DATA / "clips/grid_speech.mpg")
        assert is_speech(detector.shares(waves, valid_samples=valid))[:2].all()

    def test_acted_sentences_are_speech(self, detector: SpeechDetector) -> None:
        files = sorted((DATA / "emodb").glob("*.mp3"))[::40]
        said = [is_speech(detector.shares(waves, valid_samples=valid)) for waves, valid in map(read_seconds, files)]
        assert np.concatenate(said).mean() > 0.95

    @pytest.mark.parametrize("name", ["crowd_1080p.mp4", "no_face.mp4", "face_noface.mov"])
    def test_street_and_handling_noise_is_not(self, detector: SpeechDetector, name: str) -> None:
        waves, valid = read_seconds(DATA / "clips" / name)
        assert not silent(waves, valid).any()
        assert not is_speech(detector.shares(waves, valid_samples=valid)).any()

    def test_a_mute_sound_track_is_silent(self) -> None:
        assert silent(*read_seconds(DATA / "clips/WolfgangLanger_Pexels.mp4")).all()
