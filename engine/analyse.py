"""The main job: a video file in, an `Analysis` out, with progress and partial results on the way."""

import math
import shutil
import tempfile
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from engine.answers import answer
from engine.bundle import Bundle
from engine.device import Device
from engine.errors import CancelledError, MediaFormatError, StorageError
from engine.features import FeatureStore, FeatureWriter, address, for_path, open_store
from engine.media import Media, never, open_media
from engine.model import Model
from engine.pipeline import Stream
from engine.threads import Stopwatch
from engine.values import Analysis, Part, Progress, Timing

STAGES: Final = ("decode", "faces", "frame", "slice", "audio", "fusion")
LEAST_PX: Final = 12
"""What the first of MTCNN's networks looks at."""


@dataclass(frozen=True, slots=True)
class Options:
    """What to analyse and where features are kept.

    `start_s` and `end_s` bound the range in media seconds (all of it by default). `store` is the folder that holds
    feature stores; a video found there is not decoded again. Without it the features are deleted afterwards.
    """

    start_s: float = 0.0
    end_s: float | None = None
    store: Path | None = None


def analyse(
    path: str | Path, bundle: Bundle, device: Device, options: Options | None = None,
    cancelled: Callable[[], bool] = never,
) -> Iterator[Progress | Part | Analysis]:  # fmt: skip
    """Analyse one video. The last thing given is the `Analysis`.

    Raises:
        MediaError: the file cannot be read (`MediaNotFoundError`, `MediaFormatError`, `MediaVanishedError`).
        StorageError: the features cannot be written.
        CancelledError: `cancelled()` became true; an unfinished store is removed.
    """
    began = time.perf_counter()
    yield from analyse_with(path, Model(bundle, device), options, cancelled, time.perf_counter() - began)


def analyse_with(
    path: str | Path, model: Model, options: Options | None = None, cancelled: Callable[[], bool] = never,
    load_s: float = 0.0,
) -> Iterator[Progress | Part | Analysis]:  # fmt: skip
    """Like :func:`analyse`, with a model that is already on its device: for one video after another."""
    options = options or Options()
    began = time.perf_counter()
    clock = Stopwatch()
    media = clock.timed("decode", open_media, path, cancelled)
    _check_picture(media)
    start_s, end_s = _range(media, options)
    home = options.store or _temporary_folder()
    folder = home / address(media.info.sha256, _settings(model, start_s, end_s))
    try:
        store = open_store(folder)
        if store is None:
            store = yield from _streamed(media, model, folder, (start_s, end_s), cancelled, clock)
        else:
            store = FeatureStore(store.folder, for_path(store.evidence, media.info.path))
        answers = clock.timed("fusion", answer, store, model, partial(_go_on, cancelled))
        wall_s = time.perf_counter() - began
        yield Analysis(
            media=media.info, bundle=model.bundle.ref, device=model.device.name, start_s=start_s, end_s=end_s,
            **{name: getattr(answers, name) for name in answers.__slots__},
            timing=Timing(wall_s, load_s, {stage: clock.spent.get(stage, 0.0) for stage in STAGES}),
            features=str(folder) if options.store is not None else None,
        )  # fmt: skip
    finally:
        if options.store is None:
            shutil.rmtree(home, ignore_errors=True)


def _streamed(
    media: Media, model: Model, folder: Path, span: tuple[float, float], cancelled: Callable[[], bool],
    clock: Stopwatch,
) -> Generator[Progress | Part, None, FeatureStore]:  # fmt: skip
    """Run the trunks over a video; the features of a run that fails or is stopped are removed."""
    writer = FeatureWriter(folder)
    finished = False
    try:
        stream = Stream(media, model, writer, *span, cancelled, clock)
        yield from stream.run()
        store = stream.finish()
        finished = True
        return store
    finally:
        if not finished:
            writer.discard()


def _go_on(cancelled: Callable[[], bool], _share: float) -> None:
    if cancelled():
        raise CancelledError("the analysis was cancelled")


def _temporary_folder() -> Path:
    try:
        return Path(tempfile.mkdtemp(prefix="affectline-"))
    except OSError as error:
        raise StorageError(tempfile.tempdir or "temporary folder", error.strerror or "cannot be written") from error


def _check_picture(media: Media) -> None:
    """This is about video: sound alone and pictures without room for a face are refused."""
    info = media.info
    if not info.has_video:
        raise MediaFormatError(media.path, "it holds sound but no picture")
    if min(info.width, info.height) < LEAST_PX:
        raise MediaFormatError(media.path, f"its picture is {info.width}x{info.height}, too small to hold a face")


def _range(media: Media, options: Options) -> tuple[float, float]:
    """The range asked for, cut to the media."""
    end_s = min(options.end_s if options.end_s is not None else math.inf, media.info.duration_s)
    start_s = max(0.0, options.start_s)
    if end_s <= start_s:
        raise MediaFormatError(media.path, f"nothing lies between {start_s:g} s and {end_s:g} s in it")
    return start_s, end_s


def _settings(model: Model, start_s: float, end_s: float) -> dict[str, object]:
    """What the stored features depend on."""
    return {"trunks": model.bundle.trunk_settings(), "device": model.device.name, "start_s": start_s, "end_s": end_s}
