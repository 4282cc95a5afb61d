"""Whether memory grows with a video's length: ``python -m tests.bench.memory``.

Two videos of 1280x720 are made by repeating a short clip (two people, two cuts, sound), and each is analysed in a
process of its own, whose peak of resident memory is read.
"""

import tempfile
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import click

from app.places import find_bundle
from engine.errors import BundleError
from tests.bench.measure import MeasurementError, measure
from tests.bench.report import table
from tests.bench.runs import Run

PIECE_FRAMES: Final = 150
PIECE_S: Final = Fraction(PIECE_FRAMES, 25)
MOST_GROWTH_BYTES: Final = 200e6
LENGTH: Final = click.FloatRange(0.1)


@click.command()
@click.option("--minutes", type=(LENGTH, LENGTH), default=(1, 30), help="Of the two videos.")
@click.option("--bundle", default="starter", help="A model, by name or folder.")
@click.option("--device", default="cpu", help="auto, cpu, cuda or mps.")
def main(minutes: tuple[float, float], bundle: str, device: str) -> None:
    """Compare the peak memory of a short and a long video."""
    try:
        model = str(find_bundle(bundle).resolve())
        runs = _analysed(minutes, model, device)
    except BundleError as error:
        raise click.ClickException(f"cannot use {error.path}: {error.reason}") from error
    except MeasurementError as error:
        raise click.ClickException(str(error)) from error
    rows = [
        [f"{length:g} min", str(run.frames), f"{run.frames_per_s:.0f}", f"{run.peak_bytes / 1e6:.0f}"]
        for length, run in zip(minutes, runs, strict=True)
    ]
    growth = runs[1].peak_bytes - runs[0].peak_bytes
    click.echo("# Memory\n")
    click.echo(table(["1280x720", "frames", "frames/s", "peak, MB"], rows))
    verdict = "within" if growth <= MOST_GROWTH_BYTES else "MORE THAN"
    click.echo(f"\nDifference {growth / 1e6:.0f} MB: {verdict} {MOST_GROWTH_BYTES / 1e6:.0f} MB.")


def _analysed(minutes: tuple[float, float], model: str, device: str) -> list[Run]:
    """One run for each length."""
    runs = []
    with tempfile.TemporaryDirectory(prefix="affectline-bench-") as home:
        piece, video = Path(home) / "piece.mov", Path(home) / "video.mov"
        measure("face_clip", path=str(piece), width=1280, height=720, frames=PIECE_FRAMES)
        for length in minutes:
            repeated(piece, PIECE_S, max(1, round(60 * length / PIECE_S)), video)
            click.echo(f"analysing {length:g} min", err=True)
            runs.append(Run(**measure("engine", model=model, device=device, clip=str(video))))
    return runs


def repeated(piece: Path, piece_s: Fraction, times: int, target: Path) -> Path:
    """Write a clip of `piece_s` seconds many times over, its packets as they are."""
    with av.open(str(piece)) as source, av.open(str(target), "w") as container:
        copies = {stream.index: container.add_stream_from_template(stream) for stream in source.streams}
        for turn in range(times):
            source.seek(0)
            for packet in source.demux():
                if packet.dts is None or packet.pts is None or packet.time_base is None:
                    continue  # the end's empty packets
                shift = round(turn * piece_s / packet.time_base)
                packet.pts += shift
                packet.dts += shift
                packet.stream = copies[packet.stream.index]
                container.mux(packet)
    return target


if __name__ == "__main__":
    main()
