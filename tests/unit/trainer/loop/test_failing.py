"""Memory that ends and losses that are no numbers, as sentences."""

from pathlib import Path

import pytest
import torch

from engine.errors import OutOfMemoryError, TrainingError
from trainer.loop.failing import check_number, enough_memory

ALLOCATORS = (
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB."),
    RuntimeError("[enforce fail at alloc_cpu.cpp:121] err == 0. DefaultCPUAllocator: can't allocate memory: you tried"),
    RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 137438953472 bytes."),
    MemoryError("Unable to allocate 8.00 GiB for an array"),
)


@pytest.mark.parametrize("error", ALLOCATORS, ids=["cuda", "linux", "windows", "numpy"])
def test_memory_that_ends_suggests_a_smaller_batch(error: BaseException) -> None:
    with pytest.raises(OutOfMemoryError) as failure, enough_memory("slice", 24):
        raise error
    said = "not enough memory for batches of 24 in stage slice: try a smaller batch, such as 12"
    assert str(failure.value) == said
    assert failure.value.__cause__ is error


def test_what_torch_says_now_is_known() -> None:
    with pytest.raises(OutOfMemoryError, match="batches of 2 in"), enough_memory("frame", 2):
        torch.empty(1 << 58, dtype=torch.uint8)


def test_one_example_that_does_not_fit() -> None:
    with pytest.raises(OutOfMemoryError, match="this model does not fit"), enough_memory("slice", 1):
        raise MemoryError


def test_other_errors_stay_what_they_are() -> None:
    with pytest.raises(RuntimeError, match="shapes") as failure, enough_memory("slice", 24):
        raise RuntimeError("shapes cannot be multiplied")
    assert not isinstance(failure.value, TrainingError)


@pytest.mark.parametrize(
    ("loss", "norm", "what"),
    [("nan", 1.0, "the loss"), ("inf", 1.0, "the loss"), (0.7, "nan", "the gradient"), (0.7, "inf", "the gradient")],
)
def test_no_number_says_what_where_and_what_is_kept(loss: float | str, norm: float | str, what: str) -> None:
    values = torch.tensor(float(loss)), torch.tensor(float(norm))
    with pytest.raises(TrainingError) as first:
        check_number(*values, "frame", 0, 4, Path("work/frame.checkpoint"))
    assert f"stage frame stopped: {what}" in str(first.value)
    assert str(first.value).endswith("not a number in epoch 1, batch 5; no epoch was finished")
    with pytest.raises(TrainingError, match=r"epoch 4, batch 1; the state after epoch 3 is kept in work.frame\.check"):
        check_number(*values, "frame", 3, 0, Path("work/frame.checkpoint"))


def test_numbers_pass() -> None:
    check_number(torch.tensor(1e30), torch.tensor(0.0), "frame", 0, 0, Path("checkpoint"))
