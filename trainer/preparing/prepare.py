"""Prepare examples, each once: what is in the cache already is kept, and a stopped preparation goes on where it was."""

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

from engine.emotions import EMOTIONS
from engine.errors import CancelledError, MediaError, StorageError
from engine.media import Media, content_sha256, never, open_media
from engine.speech import is_speech
from trainer.datasets.example import Example
from trainer.preparing.cache import claim
from trainer.preparing.item import Facts, Item, open_item
from trainer.preparing.making import Maker
from trainer.preparing.settings import Settings, address
from trainer.preparing.values import Preparation, Prepared, PrepareStep, Remark

PROGRESS_EVERY_S: Final = 0.2


def prepare(
    examples: Sequence[Example], cache: Path, settings: Settings | None = None,
    cancelled: Callable[[], bool] = never, device: str = "cpu",
) -> Iterator[PrepareStep | Preparation]:  # fmt: skip
    """Prepare examples into a cache; the last thing given is the `Preparation`.

    An unreadable file is left out and told, and the rest goes on.

    Args:
        cache: a folder of its own, new or from an earlier run.
        settings: how faces are cut and sound is stored; the full profile's by default.
        device: where faces are found.

    Raises:
        DatasetError: the cache is another kind of folder, or of a later version.
        StorageError: the disk is full or gone; what was prepared is kept, and a new run goes on from there.
        CancelledError: `cancelled()` became true; likewise.
    """
    rebuilt = claim(Path(cache))
    work = _Work(Path(cache), settings or Settings(), cancelled, device, len(examples))
    for example in examples:
        try:
            yield from work.prepare(example)
        except MediaError as error:
            work.skipped.append(Remark(example, "unreadable", error.reason))
        except StorageError as error:
            kept = f"{len(work.prepared)} of {len(examples)} examples are prepared and kept"
            raise StorageError(cache, f"{error.reason}; {kept}") from error
        yield work.step(example)
    yield work.done(rebuilt)


class _Work:
    """A preparation under way."""

    def __init__(self, cache: Path, settings: Settings, cancelled: Callable[[], bool], device: str, total: int) -> None:
        self._cache, self._settings, self._cancelled, self._total = cache, settings, cancelled, total
        self._maker = Maker(settings, cancelled, device)
        self._hashes: dict[Path, str] = {}
        self._opened: Media | None = None
        self._first: dict[str, Example] = {}
        self._began_s = self._told_s = time.monotonic()
        self._made_began_s: float | None = None
        self._made = self._reused = 0
        self.prepared: list[Prepared] = []
        self.skipped: list[Remark] = []
        self._lacking: list[Remark] = []
        self._repeats: list[Remark] = []

    def prepare(self, example: Example) -> Iterator[PrepareStep]:
        """Take an example from the cache or make it."""
        if self._cancelled():
            raise CancelledError("preparation cancelled")
        name = address(self._sha256(example.path), example, self._settings)
        item = open_item(self._cache / name)
        if item is None:
            item = yield from self._made_now(example, self._cache / name)
            self._made += 1
        else:
            self._reused += 1
        self._judge(example, item)
        self._compare(example, name)

    def step(self, example: Example, share: float = 0.0) -> PrepareStep:
        """Where the work is, `share` into an example."""
        now_s = time.monotonic()
        finished = len(self.prepared) + len(self.skipped) + share
        fresh = finished - self._reused
        remaining_s = None
        if self._made_began_s is not None and fresh > 0:
            remaining_s = (now_s - self._made_began_s) / fresh * (self._total - finished)
        return PrepareStep(
            finished, self._total, self._made, self._reused, len(self.skipped), example.path.name,
            now_s - self._began_s, remaining_s,
        )  # fmt: skip

    def done(self, rebuilt: bool) -> Preparation:
        return Preparation(
            tuple(self.prepared), tuple(self.skipped), tuple(self._lacking), tuple(self._repeats), self._made,
            self._reused, rebuilt,
        )  # fmt: skip

    def _made_now(self, example: Example, place: Path) -> Generator[PrepareStep, None, Item]:
        self._made_began_s = self._made_began_s or time.monotonic()
        with closing(self._maker.make(example, self._media(example.path), place)) as making:
            while True:
                try:
                    share = next(making)
                except StopIteration as made:
                    item: Item = made.value
                    return item
                if time.monotonic() - self._told_s >= PROGRESS_EVERY_S:
                    self._told_s = time.monotonic()
                    yield self.step(example, share)

    def _sha256(self, path: Path) -> str:
        if path not in self._hashes:
            self._hashes[path] = content_sha256(path, self._cancelled)
        return self._hashes[path]

    def _media(self, path: Path) -> Media:
        """An opened file; the last one is remembered, for several examples of one film."""
        if self._opened is None or self._opened.path != path:
            self._opened = open_media(path, self._cancelled)
        return self._opened

    def _judge(self, example: Example, item: Item) -> None:
        """Keep what has anything to learn from, and say what is missing."""
        missing = _missing(example, item.facts)
        if item.facts.face is None and not _audible(item.facts):
            self.skipped.append(Remark(example, " and ".join(missing)))
            return
        self.prepared.append(Prepared(example, item))
        self._lacking += [Remark(example, what) for what in missing]
        if item.facts.unreadable_s > 0:
            self._lacking.append(Remark(example, "partly unreadable", f"{item.facts.unreadable_s:.2g} s"))

    def _compare(self, example: Example, name: str) -> None:
        """Note an example that is the same recording as one before, which splits would not keep apart."""
        first = self._first.setdefault(name, example)
        if first is example:
            return
        said = [f"as {first.path}"]
        if first.emotion != example.emotion:
            said.append(f"there labelled {EMOTIONS[first.emotion]}, here {EMOTIONS[example.emotion]}")
        if first.group != example.group:
            said.append(f"there of {first.group}, here of {example.group}")
        self._repeats.append(Remark(example, "same content", ", ".join(said)))


def _missing(example: Example, facts: Facts) -> list[str]:
    """What an example should have and has not."""
    missing = []
    if example.modality != "voice" and facts.face is None:
        missing.append("no face")
    if example.modality != "face":
        if not facts.samples:
            missing.append("no sound")
        elif not _audible(facts):
            missing.append("silence")
        elif not is_speech(facts.speech).any():
            missing.append("no speech")
    return missing


def _audible(facts: Facts) -> bool:
    return bool((~facts.silent).any())
