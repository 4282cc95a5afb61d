"""Every choice of the starter in one place."""

from dataclasses import dataclass, field
from typing import Literal

from engine.branches import AudioConfig, FrameConfig, SliceConfig
from engine.fusion import FusionConfig
from trainer.stage1 import Schedule
from trainer.stage2 import Making
from trainer.teacher import TeacherConfig
from trainer.voices_recipe import VoiceRecipe

FaceLabels = Literal["ferplus", "fer2013"]


@dataclass(frozen=True, slots=True)
class Recipe:
    """Configurations, schedules, and what is made from the data. Defaults are those of the bundled model."""

    face_labels: FaceLabels = "ferplus"
    """The crowd's soft votes, or FER2013's own labels as the paper used them."""
    frame: FrameConfig = field(
        default_factory=lambda: FrameConfig(0.5, (2, 4, 2), input_px=96, margin=0.0, crop_px=48, grey=True, dropout=0.3)
    )
    frame_schedule: Schedule = field(
        default_factory=lambda: Schedule(epochs=16, batch=128, learning_rate=2e-3, weight_decay=0.03, balance=0.3)
    )
    teacher: TeacherConfig | None = None
    """None: the frame branch learns from the labels alone."""
    teacher_schedule: Schedule = field(
        default_factory=lambda: Schedule(epochs=8, batch=96, learning_rate=8e-4, weight_decay=0.02, balance=0.3)
    )
    taught_schedule: Schedule = field(
        default_factory=lambda: Schedule(
            epochs=15, batch=128, learning_rate=1e-3, weight_decay=0.03, balance=0.3, warm_share=0.05
        )
    )
    """Of the frame branch, once it knows the labels, under the teachers."""
    taught_views: int = 4
    """Changed pictures of each image that the teachers answer to."""
    taught_share: float = 0.7
    """How much of a target is the teachers' answer; the rest is the label."""
    slice: SliceConfig = field(
        default_factory=lambda: SliceConfig(
            0.25, input_px=64, margin=0.0, crop_px=48, grey=True, scale=1 / 64, dropout=0.3
        )
    )
    flat_schedule: Schedule = field(
        default_factory=lambda: Schedule(epochs=10, batch=128, learning_rate=3e-3, weight_decay=0.03, balance=0.3)
    )
    motion_schedule: Schedule = field(
        default_factory=lambda: Schedule(
            epochs=4,
            batch=16,
            learning_rate=5e-4,
            weight_decay=0.03,
            balance=0.3,
            average_decay=0.99,
            epoch_examples=1600,
        )
    )
    voice: VoiceRecipe = field(default_factory=VoiceRecipe)
    fusion: FusionConfig = field(default_factory=lambda: FusionConfig(dropout=0.3))
    making: Making = field(default_factory=Making)
    fusion_schedule: Schedule = field(
        default_factory=lambda: Schedule(
            epochs=10, batch=64, learning_rate=1e-3, weight_decay=0.01, epoch_examples=4096
        )
    )
    talk_share: float = 0.15
    """Of the fusion's windows: real ones nobody labelled, on which it learns what the branches agree on."""
    bank_views: int = 4
    bank_per_class: int = 700
    timelines: int = 400
    seed: int = 1

    @property
    def audio(self) -> AudioConfig:
        """The audio branch."""
        return self.voice.audio
