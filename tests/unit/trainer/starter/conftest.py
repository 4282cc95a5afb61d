"""The smallest recipe, for every step of it."""

from dataclasses import replace

import pytest

from engine.branches import AudioConfig, FrameConfig, SliceConfig
from engine.fusion import FusionConfig
from trainer.stage1 import Schedule
from trainer.starter.recipe import Recipe
from trainer.voices_recipe import VoiceRecipe, VoiceStep


@pytest.fixture
def recipe(frame_config: FrameConfig, slice_config: SliceConfig, audio_config: AudioConfig) -> Recipe:
    """One short epoch of everything."""
    short = Schedule(epochs=1, batch=16, learning_rate=1e-3, epoch_examples=32)
    spoken = replace(short, batch=8, epoch_examples=16)
    return Recipe(
        frame=frame_config,
        frame_schedule=short,
        slice=slice_config,
        flat_schedule=short,
        motion_schedule=replace(short, batch=4, epoch_examples=8),
        voice=VoiceRecipe(
            audio=audio_config,
            steps=(
                VoiceStep("recorded", spoken, as_recorded=True),
                VoiceStep("round", spoken, start="recorded", new_head=True),
                VoiceStep("mel", spoken, net="mel"),
                VoiceStep("taught", spoken, start="round", teachers=("mel",), share=0.8),
            ),
        ),
        teacher=None,
        fusion=FusionConfig(clusters=2, pooled=8, hidden=8),
        fusion_schedule=replace(short, epoch_examples=64),
        bank_views=2,
        bank_per_class=3,
        timelines=6,
    )
