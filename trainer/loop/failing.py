"""What can end a training early, as errors that say where it was and what is left."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from engine.errors import OutOfMemoryError, TrainingError

_ALLOCATOR_WORDS = ("not enough memory", "can't allocate memory", "out of memory")
"""How torch's allocators for CPUs on Windows, CPUs elsewhere, and the drivers of GPUs say it."""


@contextmanager
def enough_memory(stage: str, batch: int) -> Iterator[None]:
    """Memory that ends is said in a sentence that suggests a smaller batch.

    Raises:
        OutOfMemoryError: there was not enough.
    """
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not _of_memory(error):
            raise
        said = f"not enough memory for batches of {batch} in stage {stage}"
        advice = f"try a smaller batch, such as {max(1, batch // 2)}" if batch > 1 else "this model does not fit"
        raise OutOfMemoryError(f"{said}: {advice}") from error


def _of_memory(error: BaseException) -> bool:
    if isinstance(error, (torch.OutOfMemoryError, MemoryError)):
        return True
    return any(word in str(error).lower() for word in _ALLOCATOR_WORDS)


def check_number(loss: torch.Tensor, norm: torch.Tensor, stage: str, epoch: int, at: int, checkpoint: Path) -> None:
    """Stop before the weights take a step from which they would not come back.

    Args:
        norm: of the gradient, which may overflow where the loss does not.
        epoch, at: the epoch and the batch in it, both from 0.
    Raises:
        TrainingError: the loss or its gradient is infinite or no number.
    """
    if bool(torch.isfinite(loss) & torch.isfinite(norm)):
        return
    what = "gradient of the loss" if bool(torch.isfinite(loss)) else "loss"
    kept = f"the state after epoch {epoch} is kept in {checkpoint}" if epoch else "no epoch was finished"
    raise TrainingError(
        f"training of stage {stage} stopped: the {what} is not a number in epoch {epoch + 1}, batch {at + 1}; {kept}"
    )
