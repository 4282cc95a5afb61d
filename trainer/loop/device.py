"""Where a training runs and in which precision."""

from typing import Final

import torch

from engine.device import Device, choose_device

CPU: Final = Device("cpu", "fp32", "the default")


def training_device(wanted: str = "cpu", bf16: bool | None = None) -> Device:
    """Choose where to train.

    Args:
        wanted: `auto`, `cpu`, `cuda` or `mps`.
        bf16: whether matrix products are taken in bfloat16 (the weights stay float32); None: on CUDA, where they then
            run on tensor cores, and not on a CPU, where it depends on the processor whether they gain or lose.
    Raises:
        DeviceError: the device asked for is not there.
    """
    found = choose_device(wanted, wide=wanted != "cpu")
    if bf16 is None:
        bf16 = found.type == "cuda" and found.precision == "bf16"
    return Device(found.type, "bf16" if bf16 else "fp32", found.reason)


def autocast(device: Device) -> torch.autocast:
    """Mixed precision for the passes through the network, where the device's precision says so."""
    return torch.autocast(device.type, torch.bfloat16, enabled=device.precision == "bf16")
