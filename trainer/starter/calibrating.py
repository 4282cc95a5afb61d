"""Temperatures of the branches and of what is displayed, on faces and speakers that trained nothing."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from engine.branches import Branch
from engine.bundle import Calibration, WindowConfig
from engine.fusion import Fusion
from engine.values import BranchName
from trainer import metrics
from trainer.calibration import fit_fused, made_timeline
from trainer.sources import MotionSource, StillSource, VoiceSource
from trainer.stage1 import predict
from trainer.stage2 import Maker
from trainer.starter.faces import everything
from trainer.starter.materials import Materials
from trainer.starter.recipe import Recipe


def calibrate(
    recipe: Recipe, materials: Materials, branches: Mapping[BranchName, Branch], fusion: Fusion, held: Maker
) -> tuple[Calibration, dict[str, Any]]:
    """The calibration, and what it was fitted on with the scores there."""
    temperatures, facts = {}, {}
    sources: dict[BranchName, Any] = {
        "frame": everything(StillSource(materials.images, materials.judged, recipe.frame)),
        "slice": everything(MotionSource(materials.images, materials.judged, recipe.slice)),
    }
    voice = VoiceSource(materials.waves["dev"], recipe.audio)
    sources["audio"] = (voice, np.arange(len(voice.windows)), voice.classes[voice.window_clip])
    for name, (source, index, truth) in sources.items():
        logits = predict(branches[name], source, index)
        temperatures[name] = metrics.fit_temperature(logits, truth)
        facts[f"dev_{name}"] = {
            "count": len(truth), "accuracy": round(metrics.accuracy(truth, logits.argmax(1)), 4),
            "uar": round(metrics.uar(truth, logits.argmax(1)), 4),
        }  # fmt: skip
    rng = np.random.default_rng([recipe.seed, 6])
    made = [made_timeline(held, WindowConfig(), rng) for _ in range(recipe.timelines)]
    fused = fit_fused(fusion, made, WindowConfig())
    facts["dev_made_timelines"] = {
        "windows": fused.windows, "segments": fused.segments, "accuracy": round(fused.accuracy, 4),
    }  # fmt: skip
    return Calibration(
        **temperatures, fused=fused.fused, posterior=fused.posterior, uncertain_below=fused.uncertain_below
    ), facts
