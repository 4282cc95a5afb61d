"""Trunks that stay as they are while what follows them trains, wholly or but for their last blocks."""

from collections.abc import Iterable

from torch import nn


def freeze(trunk: nn.Module, but: int | Iterable[str] = 0) -> None:
    """Keep a trunk from training, but for some of its children.

    Args:
        but: how many of the last children still train, or their names, such as ``("repeat_3", "block8")``. Only
            children with parameters count.
    Raises:
        ValueError: there is no such child.
    """
    with_parameters = [name for name, child in trunk.named_children() if any(True for _ in child.parameters())]
    names = with_parameters[len(with_parameters) - but :] if isinstance(but, int) else list(but)
    unknown = sorted(set(names) - set(with_parameters))
    if unknown or (isinstance(but, int) and not 0 <= but <= len(with_parameters)):
        wrong = ", ".join(unknown) or f"the last {but}"
        raise ValueError(f"this trunk has no {wrong}: its parts are {', '.join(with_parameters)}")
    trunk.requires_grad_(False)
    for name in names:
        trunk.get_submodule(name).requires_grad_(True)


def is_frozen(module: nn.Module) -> bool:
    """Whether a module has parameters and none of them trains."""
    trains = [parameter.requires_grad for parameter in module.parameters()]
    return bool(trains) and not any(trains)


def frozen_parts(module: nn.Module) -> list[nn.Module]:
    """The largest parts of a module that are frozen."""
    if is_frozen(module):
        return [module]
    return [part for child in module.children() for part in frozen_parts(child)]


def training_mode(module: nn.Module, frozen: Iterable[nn.Module]) -> None:
    """Training mode, save that the frozen parts stay in evaluation: the statistics of their batch-norms are theirs."""
    module.train()
    for part in frozen:
        part.eval()
