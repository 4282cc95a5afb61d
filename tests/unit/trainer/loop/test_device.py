"""Where to train, and in which precision."""

import pytest
import torch

from engine.device import Device
from engine.errors import DeviceError
from trainer.loop.device import CPU, autocast, training_device


def test_a_processor_trains_in_full_precision_unless_asked() -> None:
    assert training_device().name == CPU.name == "cpu fp32"
    assert training_device("cpu", bf16=True).name == "cpu bf16"


@pytest.mark.parametrize(("asked", "name"), [(None, "cuda bf16"), (False, "cuda fp32"), (True, "cuda bf16")])
def test_cuda_mixes_precisions_unless_told_not_to(
    monkeypatch: pytest.MonkeyPatch, asked: bool | None, name: str
) -> None:
    found = Device("cuda", "bf16", "found a GPU")
    monkeypatch.setattr("trainer.loop.device.choose_device", lambda wanted, wide: found)
    assert training_device("auto", asked).name == name


def test_an_older_gpu_stays_in_full_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    found = Device("cuda", "fp32", "found a GPU")
    monkeypatch.setattr("trainer.loop.device.choose_device", lambda wanted, wide: found)
    assert training_device("cuda").name == "cuda fp32"


def test_a_device_that_is_not_there_is_said() -> None:
    with pytest.raises(DeviceError, match="unknown device"):
        training_device("tpu")


@pytest.mark.parametrize(("precision", "dtype"), [("fp32", torch.float32), ("bf16", torch.bfloat16)])
def test_products_are_taken_in_the_precision_of_the_device(precision: str, dtype: torch.dtype) -> None:
    with autocast(Device("cpu", precision, "")):  # type: ignore[arg-type]
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == dtype
