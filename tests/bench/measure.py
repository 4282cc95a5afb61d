"""One measurement in a process of its own: ``python -m tests.bench.measure NAME '{"argument": ...}'`` prints JSON.

Each begins from nothing, so that none inherits the threads, caches or memory of another. Whoever asks calls `measure`.
"""

import json
import platform
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from subprocess import run as run_process
from typing import Any, Final
from unittest.mock import patch

from tests.bench.runs import Run

CHECKOUT: Final = Path(__file__).resolve().parents[2]
FULL: Final = "full"
"""The model of published size with random weights, whose speed is that of trained ones; others are bundle folders."""
WARM_UP_S: Final = 1.0
"""How much of a clip is analysed before the clock starts: fills every kind of batch."""
PRELOADED_BYTES: Final = 4 << 30
MATRIX_SIDE: Final = {"cpu": 2048}
MATRIX_SIDE_GPU: Final = 8192
MATRIX_TRIES: Final = 5


class MeasurementError(Exception):
    """A measurement's process failed; the text is the last thing it said."""


def measure(name: str, **arguments: Any) -> Any:
    """Take one of `MEASUREMENTS` in a new process.

    Raises:
        MeasurementError: it failed.
    """
    return printed_json([sys.executable, "-m", "tests.bench.measure", name, json.dumps(arguments)])


def printed_json(command: list[str]) -> Any:
    """What a command printed on its last line, as JSON.

    Raises:
        MeasurementError: it failed, or printed something else.
    """
    done = run_process(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise MeasurementError(_last_line(done.stderr) or f"a measurement ended with code {done.returncode}")
    try:
        return json.loads(_last_line(done.stdout))
    except json.JSONDecodeError as error:
        raise MeasurementError(f"a measurement printed no JSON: {_last_line(done.stdout)!r}") from error


def _last_line(text: str) -> str:
    return text.strip().rpartition("\n")[2]


# In the new process


def machine() -> dict[str, Any]:
    """What the figures depend on, and the devices there are."""
    import torch

    from engine.device import choose_device

    best = choose_device("auto")
    return {
        "processor": _processor(),
        "torch": torch.__version__,
        "devices": ["cpu"] if best.type == "cpu" else ["cpu", best.type],
        "gpu": torch.cuda.get_device_name() if best.type == "cuda" else None,
    }


def engine(model: str, device: str, clip: str, end_s: float | None = None, preloaded: bool = False) -> dict[str, Any]:
    """Analyse a clip once, after a warm-up.

    Args:
        model: `FULL`, or the folder of a bundle.
        device: `cpu`, `cuda` or `mps`; the precision is the engine's choice.
        end_s: where to stop, media seconds; the end of the clip by default.
        preloaded: decode pictures and sound beforehand, as much as `PRELOADED_BYTES` hold.
    """
    from engine import analyse
    from engine.bundle import Manifest, load_bundle, new_bundle
    from engine.device import choose_device
    from engine.model import Model
    from engine.values import Analysis, Progress

    bundle = new_bundle(Manifest("full-random", "0", "full", "none")) if model == FULL else load_bundle(Path(model))
    network = Model(bundle, choose_device(device, bundle.manifest.wide))
    for _ in analyse.analyse_with(clip, network, analyse.Options(end_s=WARM_UP_S)):
        pass

    def once() -> Run:
        frames = 0
        for item in analyse.analyse_with(clip, network, analyse.Options(end_s=end_s)):
            if isinstance(item, Progress):
                frames = item.frames
        assert isinstance(item, Analysis)  # the last thing given
        work = _flop(bundle.manifest, item)
        return Run(frames, item.timing.wall_s, dict(item.timing.stages), item.device, work, _peak_bytes())

    if not preloaded:
        return asdict(once())
    held = Preloaded(clip, end_s)
    end_s = held.end_s
    with patch.object(analyse, "open_media", lambda path, cancelled: held):
        return asdict(once())


def decode(clip: str, end_s: float | None = None) -> dict[str, Any]:
    """Decode a clip's pictures to RGB and do nothing with them; opening and indexing are not counted."""
    from engine.media import open_media

    media = open_media(clip)
    began = time.perf_counter()
    frames = sum(1 for _ in media.frames(end_s=float("inf") if end_s is None else end_s))
    return asdict(Run(frames, time.perf_counter() - began))


def matrix(device: str, precision: str) -> float:
    """Floating-point operations a second in the product of two square matrices, the best of a few."""
    import torch

    side = MATRIX_SIDE.get(device, MATRIX_SIDE_GPU)
    dtype = {"fp32": torch.float32, "bf16": torch.bfloat16}[precision]
    a, b = (torch.randn(side, side, device=device, dtype=dtype) for _ in range(2))
    wait = getattr(torch, device).synchronize
    spent_s = []
    for _ in range(1 + MATRIX_TRIES):
        wait()
        began = time.perf_counter()
        a @ b
        wait()
        spent_s.append(time.perf_counter() - began)
    return 2 * side**3 / min(spent_s[1:])


def face_clip(path: str, width: int, height: int, frames: int) -> str:
    """Write a clip, 25 frames/s with sound, of two people one after the other; it may be repeated without a jump."""
    from tests.media import cut_frames, make_clip, speech_like

    made = cut_frames(frames, frames * 2 // 3, width=width, height=height, face_px=0.4 * height, sway_px=0.05 * height)
    voice = speech_like(frames / 25, 16_000)
    sound = {"sound": voice, "sound_rate_hz": 16_000, "sound_codec": "pcm_s16le"}
    make_clip(Path(path), made, gop=50, codec_options={"crf": "28"}, **sound)
    return path


MEASUREMENTS: Final = {call.__name__: call for call in (machine, engine, decode, matrix, face_clip)}


class Preloaded:
    """An opened video whose pictures and sound are decoded already; all else is as in the file."""

    def __init__(self, clip: str, end_s: float | None) -> None:
        from engine.media import open_media

        self._media = open_media(clip)
        info = self._media.info
        most = PRELOADED_BYTES // max(1, 3 * info.width * info.height)
        end_s = info.duration_s if end_s is None else end_s
        self._frames = list(islice(self._media.frames(end_s=end_s), most))
        self.end_s = min(end_s, float(self._media.times_s[most])) if most < info.frame_count else end_s
        self._sound = list(self._media.sound(end_s=self.end_s))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._media, name)

    def frames(self, *_: object) -> Iterator[Any]:
        return iter(self._frames)

    def sound(self, *_: object) -> Iterator[Any]:
        return iter(self._sound)


def multiply_adds(manifest: Any) -> dict[str, int]:
    """Of each branch's trunk and head for one item, by the definition of a convolution: an algorithm that needs fewer
    (Winograd's) may reach more than the limit. The LSTM's are not counted: 0.01 G a second of sound."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    from engine.branches import audio_branch, frame_branch, slice_branch

    frame_px, slice_px = manifest.frame.input_px, manifest.slice.input_px
    with torch.device("meta"), torch.inference_mode():  # shapes alone, no numbers
        inputs = {
            frame_branch(manifest.frame): (1, 3, frame_px, frame_px),
            slice_branch(manifest.slice): (1, 3, 16, slice_px, slice_px),
            audio_branch(manifest.audio): (1, 1, 22_050),
        }
        counts = {}
        for branch, shape in inputs.items():
            with FlopCounterMode(display=False) as counter:
                branch.eval()(torch.zeros(shape))
            counts[branch.name] = counter.get_total_flops() // 2
    return counts


def _flop(manifest: Any, analysis: Any) -> float:
    """What the trunks and heads had to do for an analysis: its faces, slices and seconds, each once."""
    each = multiply_adds(manifest)
    items = {
        "frame": sum(len(person.frames) for person in analysis.people),
        "slice": sum(len(person.slices) for person in analysis.people),
        "audio": len(analysis.seconds),
    }
    return 2.0 * sum(each[name] * count for name, count in items.items())


def _peak_bytes() -> int:
    """The most memory this process ever held at once. Linux counts in what its parent held when it started this one,
    which has to be less: parents here import no torch."""
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _processor() -> str:
    """The processor's name, where the system tells it."""
    known = Path("/proc/cpuinfo")
    if known.exists():
        for line in known.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


if __name__ == "__main__":
    print(json.dumps(MEASUREMENTS[sys.argv[1]](**json.loads(sys.argv[2]))))
