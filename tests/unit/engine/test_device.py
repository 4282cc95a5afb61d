"""The choice of processor: each rule, on machines that are only pretended."""

import pytest
import torch

from engine.device import BF16_PAYS, Device, choose_device, cpu_bf16_gain, cpu_has_bf16
from engine.errors import DeviceError


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Four cores without bfloat16, no GPU."""
    monkeypatch.setattr("os.cpu_count", lambda: 4)
    monkeypatch.setattr("engine.device.cpu_bf16_gain", lambda: 0.0)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    return monkeypatch


def with_cuda(machine: pytest.MonkeyPatch, bf16: bool = True) -> None:
    machine.setattr(torch.cuda, "is_available", lambda: True)
    machine.setattr(torch.cuda, "is_bf16_supported", lambda: bf16)
    machine.setattr(torch.cuda, "get_device_name", lambda: "a card")


def with_mps(machine: pytest.MonkeyPatch) -> None:
    machine.setattr(torch.backends.mps, "is_available", lambda: True)


@pytest.mark.usefixtures("machine")
def test_plain_cpu() -> None:
    assert choose_device() == Device("cpu", "fp32", "no GPU found; 4 cores without bfloat16 instructions")


def test_cpu_with_bf16(machine: pytest.MonkeyPatch) -> None:
    machine.setattr("engine.device.cpu_bf16_gain", lambda: BF16_PAYS)
    chosen = choose_device("cpu")
    assert (chosen.type, chosen.precision) == ("cpu", "bf16")
    assert chosen.reason == f"asked for; 4 cores; bf16 measured {BF16_PAYS:.1f}x as fast as fp32"


def test_cpu_whose_bf16_is_slow(machine: pytest.MonkeyPatch) -> None:
    machine.setattr("engine.device.cpu_bf16_gain", lambda: 0.5)
    chosen = choose_device()
    assert (chosen.type, chosen.precision) == ("cpu", "fp32")
    assert "only 0.5x" in chosen.reason


def test_narrow_models_stay_in_fp32_on_a_cpu(machine: pytest.MonkeyPatch) -> None:
    machine.setattr("engine.device.cpu_bf16_gain", lambda: 2.0)
    chosen = choose_device(wide=False)
    assert chosen.precision == "fp32"
    assert "narrow layers" in chosen.reason


@pytest.mark.parametrize(
    ("wide", "bf16", "precision"), [(True, True, "bf16"), (True, False, "fp32"), (False, True, "fp32")]
)
def test_cuda(machine: pytest.MonkeyPatch, wide: bool, bf16: bool, precision: str) -> None:
    with_cuda(machine, bf16)
    assert choose_device(wide=wide) == Device("cuda", precision, "found a card")  # type: ignore[arg-type]
    assert choose_device("cuda", wide).reason == "asked for"


def test_cuda_goes_before_mps_and_mps_before_the_cpu(machine: pytest.MonkeyPatch) -> None:
    with_mps(machine)
    assert choose_device() == Device("mps", "fp32", "found an Apple GPU")
    assert choose_device("mps").reason == "asked for"
    with_cuda(machine)
    assert choose_device().type == "cuda"


def test_a_gpu_is_left_alone_when_the_cpu_is_asked_for(machine: pytest.MonkeyPatch) -> None:
    with_cuda(machine)
    with_mps(machine)
    assert choose_device("cpu").type == "cpu"
    assert choose_device("mps").type == "mps"


@pytest.mark.usefixtures("machine")
@pytest.mark.parametrize(
    ("wanted", "clause"), [("cuda", "no CUDA GPU"), ("mps", "no Apple GPU"), ("tpu", "unknown device")]
)
def test_what_is_not_there_is_refused(wanted: str, clause: str) -> None:
    with pytest.raises(DeviceError, match=clause):
        choose_device(wanted)


@pytest.mark.parametrize(("precision", "dtype"), [("fp32", torch.float32), ("bf16", torch.bfloat16)])
def test_a_device_names_its_precision(precision: str, dtype: torch.dtype) -> None:
    device = Device("cpu", precision, "")  # type: ignore[arg-type]
    assert (device.name, device.processor, device.dtype) == (f"cpu {precision}", torch.device("cpu"), dtype)


@pytest.mark.parametrize(
    ("capability", "avx512", "answer"), [("AVX512", True, True), ("AVX2", False, False), ("SVE256", False, True)]
)
def test_bf16_of_the_processor(monkeypatch: pytest.MonkeyPatch, capability: str, avx512: bool, answer: bool) -> None:
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: capability)
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: avx512, raising=False)
    assert cpu_has_bf16() is answer


@pytest.mark.parametrize("there", [True, False])
def test_the_gain_is_measured_where_there_are_instructions(monkeypatch: pytest.MonkeyPatch, there: bool) -> None:
    monkeypatch.setattr("engine.device.cpu_has_bf16", lambda: there)
    assert (cpu_bf16_gain.__wrapped__(side=8, rounds=1) > 0) is there
