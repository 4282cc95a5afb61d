"""Every choice of the procedure in one place."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Literal

from engine.branches import AudioConfig, FrameConfig, SliceConfig
from engine.bundle import Profile, WindowConfig
from engine.fusion import FusionConfig
from engine.values import BRANCHES, BranchName
from trainer.losses import Weighting
from trainer.preparing.settings import Settings, SoundForm
from trainer.stage1 import Schedule

FerLabels = Literal["fer2013", "ferplus"]

COMPACT_FRAME: Final = FrameConfig(0.5, (2, 4, 2), input_px=96, margin=0.0, crop_px=48, grey=True, dropout=0.3)
COMPACT_SLICE: Final = SliceConfig(0.25, input_px=64, margin=0.0, crop_px=48, grey=True, scale=1 / 64, dropout=0.3)


@dataclass(frozen=True, slots=True)
class PaperRecipe:
    """The procedure's choices. What the paper does not say is ours; `docs/training.md` says which is which.

    `frame_views` and `second_views` are how often a clip is drawn in an epoch, each time at another moment of it;
    `judged_views` how many of its frames score a development or validation clip while training. `dev_share` of the
    training set stops trainings early and fits temperatures. `trunks` are folders of imported trunks by branch, which
    stay frozen.
    """

    profile: Profile
    frame: FrameConfig
    slice: SliceConfig
    audio: AudioConfig
    fusion: FusionConfig
    schedules: Mapping[BranchName, Schedule]
    fusion_schedule: Schedule
    windows: WindowConfig = field(default_factory=WindowConfig)
    losses: tuple[Weighting, ...] = ("none", "paper")
    folds: int = 5
    repeat_stage_1: bool = False
    frame_views: int = 16
    second_views: int = 4
    judged_views: int = 8
    dev_share: float = 0.1
    fer_labels: FerLabels = "fer2013"
    sound: SoundForm = "exact"
    trunks: Mapping[BranchName, Path] = field(default_factory=dict)
    seed: int = 1

    @property
    def preparation(self) -> Settings:
        """How faces are cut and sound is kept."""
        return Settings.of(self.frame, self.slice, self.sound)

    def seeded(self, schedule: Schedule, *path: int) -> Schedule:
        """A schedule with a seed of its own for one of the procedure's trainings."""
        number = self.seed
        for step in path:
            number = 101 * number + step
        return replace(schedule, seed=number)


def paper_recipe(profile: Profile, trunks: Mapping[BranchName, Path] | None = None) -> PaperRecipe:
    """The choices of a profile: `full` on published trunks, or `compact` from scratch."""
    if profile == "full":
        frame, slices, frozen = FrameConfig(), SliceConfig(), True
    else:
        frame, slices, frozen = COMPACT_FRAME, COMPACT_SLICE, False
    rates = (1e-3, 1e-3, 1e-3) if frozen else (2e-3, 1e-3, 2e-3)
    return PaperRecipe(
        profile, frame, slices, AudioConfig(dropout=0.5 if frozen else 0.3), FusionConfig(),
        schedules={
            "frame": Schedule(20, 128, rates[0], weight_decay=0.03, patience=5, chosen_by="accuracy"),
            "slice": Schedule(30, 16, rates[1], weight_decay=0.03, patience=8, average_decay=0.99),
            "audio": Schedule(40, 64, rates[2], weight_decay=0.05, patience=10, average_decay=0.99),
        },
        fusion_schedule=Schedule(
            60, 32, 1e-3, weight_decay=0.01, patience=15, average_decay=0.98, left_out=0.15,
        ),
        trunks=dict(trunks or {}),
    )  # fmt: skip


def quick_recipe() -> PaperRecipe:
    """The same procedure with networks a sixteenth as wide, two epochs each and few views: to see it run."""
    short = Schedule(2, 16, 2e-3, average_decay=0.9, patience=2)
    return replace(
        paper_recipe("compact"),
        frame=replace(COMPACT_FRAME, width=0.0625, repeats=(1, 1, 1), input_px=80, head_channels=8),
        slice=replace(COMPACT_SLICE, width=0.0625, input_px=32, head_channels=8),
        audio=AudioConfig(0.25, head_channels=16, lstm=(16, 128), dropout=0.3),
        fusion=FusionConfig(2, 16, 16),
        schedules=dict.fromkeys(BRANCHES, short),
        fusion_schedule=replace(short, epochs=4, left_out=0.15),
        frame_views=2,
        second_views=1,
        judged_views=2,
    )  # fmt: skip


def limited(
    recipe: PaperRecipe, epochs: int | None = None, fusion_epochs: int | None = None, batch: int | None = None
) -> PaperRecipe:
    """The same with so many epochs of each branch and of each fusion, and at most so many examples at once."""
    branches = {name: _limited(one, epochs, batch) for name, one in recipe.schedules.items()}
    fusion = _limited(recipe.fusion_schedule, fusion_epochs, batch)
    return replace(recipe, schedules=branches, fusion_schedule=fusion)


def _limited(schedule: Schedule, epochs: int | None, batch: int | None) -> Schedule:
    return replace(schedule, epochs=epochs or schedule.epochs, batch=min(schedule.batch, batch or schedule.batch))
