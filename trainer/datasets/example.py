"""What every reader of clips gives: a stretch of a file, its emotion, and who is in it."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Example:
    """A labelled stretch of a media file, half-open in media seconds.

    `end_s` None is the end of the file; `emotion` is our index; examples of one `person` (or film, where persons are
    unknown) never lie on both sides of a split.
    """

    path: Path
    start_s: float
    end_s: float | None
    emotion: int
    person: str


@dataclass(frozen=True, slots=True)
class VoiceClip:
    """A short recording of one voice with one emotion (our index).

    `person` is unique over data sets (``ravdess-01``); `source` is the data set.
    """

    path: Path
    emotion: int
    person: str
    source: str

    def example(self) -> Example:
        """The whole clip as an `Example`."""
        return Example(self.path, 0.0, None, self.emotion, self.person)
