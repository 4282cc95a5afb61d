"""The engine with model, device and store chosen: loaded once, for the window's child process and the command line."""

import functools
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from app import places
from app.learning.revising import RevisionInUse, applied, trunks_of
from engine.errors import StorageError
from engine.values import Analysis, Part, Progress

if TYPE_CHECKING:
    from app.batch import Analyser

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AnalyserChoice:
    """What is analysed with.

    `bundle` is a name or a folder, `device` one of `auto`, `cpu`, `cuda` and `mps`; without a `store` features are not
    kept; `start_s` and `end_s` bound the range. A `revision` answers instead of the bundle as it came, where it was
    made for that bundle's trunks; for others it says nothing.
    """

    bundle: str = places.DEFAULT_BUNDLE
    device: str = "auto"
    store: Path | None = None
    start_s: float = 0.0
    end_s: float | None = None
    revision: RevisionInUse | None = None


@dataclass(frozen=True, slots=True)
class DeviceKnown:
    """The device that was chosen ("cpu bf16"), and why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class LoadedAnalyser:
    """A model on its device. `analyse(path, cancelled)` gives progress, parts and at last the Analysis."""

    analyse: "Analyser"
    device: DeviceKnown


def load_analyser(choice: AnalyserChoice, tell: Callable[[str], None] = _logger.warning) -> LoadedAnalyser:
    """Load the model onto the device, for any number of videos. Imports torch, which takes seconds.

    Args:
        tell: hears, in a sentence, that features could not be kept.

    Raises:
        BundleError, DeviceError, WeightsError: the bundle, the device or the revision cannot be used.
    """
    folder = places.find_bundle(choice.bundle)
    began = time.perf_counter()

    from engine.analyse import Options, analyse_with
    from engine.bundle import load_bundle
    from engine.device import choose_device
    from engine.model import Model

    loaded = load_bundle(folder)
    if choice.revision is not None and choice.revision.fits(trunks_of(loaded)):
        loaded = applied(loaded, choice.revision)
    model = Model(loaded, choose_device(choice.device, wide=loaded.manifest.wide))
    options = Options(start_s=choice.start_s, end_s=choice.end_s, store=choice.store)
    load_s = time.perf_counter() - began

    def analyse(path: Path, cancelled: Callable[[], bool]) -> Iterator[Progress | Part | Analysis]:
        store = options.store
        try:
            yield from analyse_with(path, model, options, cancelled, load_s)
        except StorageError as error:
            if store is None or not error.path.is_relative_to(store):
                raise
            tell(f"features cannot be kept in {store} ({error.reason}): analysing {path} again without keeping them")
            yield from analyse_with(path, model, replace(options, store=None), cancelled, load_s)

    return LoadedAnalyser(analyse, DeviceKnown(model.device.name, model.device.reason))


# What the window's child runs


def analysis_steps(
    cancelled: Callable[[], bool], choice: AnalyserChoice, path: Path
) -> Iterator[DeviceKnown | Progress | Part | Analysis]:
    """The device, then the steps of an analysis. The model stays loaded until another one is chosen.

    Time in which nobody asked for the next step, because something more urgent went first, is no time spent.
    """
    loaded = _kept_analyser(choice, _changed_ns(choice))
    yield loaded.device
    waited_s = 0.0
    for step in loaded.analyse(path, cancelled):
        given_s = time.perf_counter()
        yield _less(step, waited_s)
        waited_s += time.perf_counter() - given_s


def _less(step: Progress | Part | Analysis, waited_s: float) -> Progress | Part | Analysis:
    """A step without the time in which the work stood still."""
    match step:
        case Progress():
            return replace(step, elapsed_s=step.elapsed_s - waited_s)
        case Analysis():
            return replace(step, timing=replace(step.timing, wall_s=step.timing.wall_s - waited_s))
        case _:
            return step


def device_step(_cancelled: Callable[[], bool], choice: AnalyserChoice) -> Iterator[DeviceKnown]:
    """Load the model before it is needed, and tell the device."""
    yield _kept_analyser(choice, _changed_ns(choice)).device


@functools.lru_cache(maxsize=1)
def _kept_analyser(choice: AnalyserChoice, _changed_ns: int) -> LoadedAnalyser:
    return load_analyser(choice)


def _changed_ns(choice: AnalyserChoice) -> int:
    """When the bundle last changed: a retrained model in the same folder is another one."""
    manifest = places.find_bundle(choice.bundle) / places.MANIFEST
    return manifest.stat().st_mtime_ns if manifest.is_file() else 0
