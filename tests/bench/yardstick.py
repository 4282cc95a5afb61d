"""Runs the yardstick, a script of its own that is not part of this repository, as it is and in a process of its own.

The script takes ``VIDEO [--device NAME] [--frames N]``, needs facenet-pytorch, and prints one line of JSON with
`frames`, `wall_s` and `stages`.
"""

import runpy
import sys
from pathlib import Path

from tests.bench.measure import printed_json
from tests.bench.runs import Run


def run_yardstick(script: Path, clip: str, device: str, frames: int) -> Run:
    """One pass over the first `frames` frames of a clip.

    Raises:
        MeasurementError: the script failed.
    """
    arguments = [str(script), clip, "--device", device, "--frames", str(frames)]
    facts = printed_json([sys.executable, "-m", "tests.bench.yardstick", *arguments])
    return Run(facts["frames"], facts["wall_s"], facts["stages"], f"{device} fp32")


def main() -> None:
    """Become the script named first, once facenet-pytorch can be imported."""
    from engine.faces.torchvision_compat import import_facenet_pytorch

    import_facenet_pytorch()
    sys.argv = sys.argv[1:]
    runpy.run_path(sys.argv[0], run_name="__main__")


if __name__ == "__main__":
    main()
