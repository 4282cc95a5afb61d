"""Which processor does the work, in which precision, and why: by rule, for wide models on a CPU by measuring once."""

import functools
import math
import os
import time
from dataclasses import dataclass
from typing import Literal

import torch

from engine.errors import DeviceError

DeviceType = Literal["cpu", "cuda", "mps"]
Precision = Literal["fp32", "bf16"]
BF16_PAYS = 1.3
"""Gain in matrix products from which bf16 is chosen: far from both kinds of processor, so noise does not decide."""


@dataclass(frozen=True, slots=True)
class Device:
    """The choice. `name` is what results carry ("cpu bf16"), `reason` what a person is told."""

    type: DeviceType
    precision: Precision
    reason: str

    @property
    def name(self) -> str:
        return f"{self.type} {self.precision}"

    @property
    def processor(self) -> torch.device:
        return torch.device(self.type)

    @property
    def dtype(self) -> torch.dtype:
        return torch.bfloat16 if self.precision == "bf16" else torch.float32


def cpu_has_bf16() -> bool:
    """Whether this processor has instructions that multiply bfloat16."""
    capable = getattr(torch.backends.cpu, "get_cpu_capability", lambda: "")()
    probe = getattr(torch.cpu, "_is_avx512_bf16_supported", None) or getattr(torch.cpu, "_is_amx_tile_supported", None)
    return bool(probe and probe()) or "SVE" in capable


@functools.cache
def cpu_bf16_gain(side: int = 1024, rounds: int = 3) -> float:
    """How many times as fast as fp32 a bf16 matrix product is: 2.4 on one machine with AVX512-BF16, 0.5 on another.

    Measured once a process, in about a tenth of a second; 0 without the instructions.
    """
    if not cpu_has_bf16():
        return 0.0
    single = torch.ones(side, side)
    half = single.bfloat16()
    best = [math.inf, math.inf]
    for _ in range(rounds + 1):  # interleaved; the first round warms up
        for index, matrix in enumerate((single, half)):
            began = time.perf_counter()
            torch.mm(matrix, matrix)
            best[index] = min(best[index], time.perf_counter() - began)
    return best[0] / best[1]


def choose_device(wanted: str = "auto", wide: bool = True) -> Device:
    """Choose a device.

    Args:
        wanted: `auto`, `cpu`, `cuda` or `mps`.
        wide: whether the model's layers are wide enough for bf16 to pay on a CPU at all: at half width,
            Inception-ResNet-v1 loses a quarter to the reordering of weights.
    Raises:
        DeviceError: the device asked for is not there, or the word is none of the four.
    """
    if wanted not in ("auto", "cpu", "cuda", "mps"):
        raise DeviceError(f"unknown device {wanted!r}: it is one of auto, cpu, cuda, mps")
    asked = "asked for" if wanted != "auto" else ""
    if wanted in ("auto", "cuda") and torch.cuda.is_available():
        bf16 = torch.cuda.is_bf16_supported()
        what = torch.cuda.get_device_name()
        return Device("cuda", "bf16" if bf16 and wide else "fp32", asked or f"found {what}")
    if wanted == "cuda":
        raise DeviceError("no CUDA GPU was found, or this build of torch cannot use one")
    if wanted in ("auto", "mps") and torch.backends.mps.is_available():
        return Device("mps", "fp32", asked or "found an Apple GPU")
    if wanted == "mps":
        raise DeviceError("no Apple GPU was found")
    why = asked or "no GPU found"
    cores = f"{os.cpu_count()} cores"
    if not wide:
        return Device("cpu", "fp32", f"{why}; {cores}; this model's narrow layers run faster in fp32")
    gain = cpu_bf16_gain()
    if gain >= BF16_PAYS:
        return Device("cpu", "bf16", f"{why}; {cores}; bf16 measured {gain:.1f}x as fast as fp32")
    if gain > 0:
        return Device("cpu", "fp32", f"{why}; {cores}; bf16 is there but measured only {gain:.1f}x as fast as fp32")
    return Device("cpu", "fp32", f"{why}; {cores} without bfloat16 instructions")
