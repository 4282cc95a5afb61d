"""What the prepared form of an example depends on."""

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

from engine.branches import FrameConfig, SliceConfig
from trainer.datasets.example import Example

VERSION: Final = 1
"""Of what is stored and how it is made; another version is never read. Raise it when faces are found, followed or cut
in another way, or sound is read in another way."""
FRAME_NAME: Final = "frame.u8"
SLICE_NAME: Final = "slice.u8"
"""Files with the crops of the two branches that look; the second only where it is cut otherwise than the first."""
SOUND_NAMES: Final = {"exact": "sound.i16", "mp3": "sound.mp3"}
SoundForm = Literal["exact", "mp3"]
_ADDRESS_DIGITS: Final = 32


@dataclass(frozen=True, slots=True)
class CropShape:
    """How faces are cut: `margin` is a share of the box on each side; grey crops have one channel."""

    margin: float
    side_px: int
    grey: bool = False

    @property
    def shape(self) -> tuple[int, int, int]:
        return self.side_px, self.side_px, 1 if self.grey else 3


@dataclass(frozen=True, slots=True)
class Settings:
    """The crops of the two branches that look, and the form of the sound.

    `sound` "exact" keeps 16-bit samples, as analysis hears them; "mp3" the mono mp3 that Pini et al. made of every
    clip, at `mp3_kbps`. Defaults are the full profile's.
    """

    frame: CropShape = CropShape(0.3, 160)
    slice: CropShape = CropShape(0.3, 112)
    sound: SoundForm = "exact"
    mp3_kbps: int = 64

    @property
    def crop_files(self) -> dict[str, CropShape]:
        """What the crops in each file are like."""
        frame = {FRAME_NAME: self.frame}
        return frame if self.slice == self.frame else {**frame, SLICE_NAME: self.slice}

    @property
    def sound_file(self) -> str:
        return SOUND_NAMES[self.sound]

    @classmethod
    def of(cls, frame: FrameConfig, slice_: SliceConfig, sound: SoundForm = "exact") -> "Settings":
        """What branches of these configurations are trained on."""
        return cls(
            CropShape(frame.margin, frame.crop_px, frame.grey),
            CropShape(slice_.margin, slice_.crop_px, slice_.grey),
            sound,
        )


def address(media_sha256: str, example: Example, settings: Settings) -> str:
    """Name of an example's prepared form: 32 hexadecimal digits, the same for the same content and settings.

    Who and what it shows plays no part, so a corrected label costs nothing.
    """
    span = {"start_s": example.start_s, "end_s": example.end_s, "modality": example.modality}
    facts: dict[str, Any] = {"version": VERSION, "media": media_sha256, **span, **asdict(settings)}
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:_ADDRESS_DIGITS]
