"""A bundle with other weights in its trained part: what is shared, what is new, and what is refused."""

import numpy as np
import pytest
import torch
from safetensors.torch import load, save

from engine.bundle import Bundle, Calibration
from engine.device import Device
from engine.errors import WeightsError
from engine.model import Model
from engine.revised import revised, trained_part
from engine.values import BRANCHES

CALIBRATION = Calibration(frame=1.5, fused=0.8)


def shifted(bundle: Bundle, by: float = 0.1) -> bytes:
    """The trained part with every number a little larger."""
    return save({name: value + by for name, value in load(trained_part(bundle)).items()})


def made(bundle: Bundle, weights: bytes) -> Bundle:
    return revised(bundle, weights, CALIBRATION, "1.1", ("1",))


def test_the_same_weights_give_the_same_answers(tiny_bundle: Bundle, cpu: Device) -> None:
    same = revised(tiny_bundle, trained_part(tiny_bundle), tiny_bundle.manifest.calibration, "1.1", ("1",))
    rows = np.random.default_rng(0).random((5, 256), np.float32)
    sets = [(rows, rows[:2], rows[:1, :128])]
    one, other = Model(tiny_bundle, cpu), Model(same, cpu)
    np.testing.assert_array_equal(one.fuse(sets), other.fuse(sets))
    np.testing.assert_array_equal(one.probabilities("slice", rows), other.probabilities("slice", rows))


def test_the_trained_part_comes_back(tiny_bundle: Bundle) -> None:
    weights = shifted(tiny_bundle)
    assert trained_part(made(tiny_bundle, weights)) == weights


def test_trunks_are_shared_and_the_bundle_stays_as_it_was(tiny_bundle: Bundle) -> None:
    before = trained_part(tiny_bundle)
    new = made(tiny_bundle, shifted(tiny_bundle))
    assert trained_part(tiny_bundle) == before
    for name in BRANCHES:
        assert new.branches[name].trunk is tiny_bundle.branches[name].trunk
        assert new.branches[name].head is tiny_bundle.branches[name].head
        assert new.branches[name].classifier is not tiny_bundle.branches[name].classifier
    assert new.trunk_settings() == tiny_bundle.trunk_settings()


def test_it_has_a_name_parents_temperatures_and_a_fingerprint_of_its_own(tiny_bundle: Bundle) -> None:
    one, same, other = (made(tiny_bundle, shifted(tiny_bundle, by)) for by in (0.1, 0.1, 0.2))
    assert (one.ref.name, one.ref.revision, one.manifest.parents) == ("tiny", "1.1", ("1",))
    assert one.manifest.calibration == CALIBRATION
    assert one.sha256 == same.sha256
    assert len({one.sha256, other.sha256, tiny_bundle.sha256}) == 3


def test_it_is_ready_to_answer(tiny_bundle: Bundle) -> None:
    new = made(tiny_bundle, shifted(tiny_bundle))
    for module in (new.fusion, *new.branches.values()):
        assert not module.training
        assert not any(parameter.requires_grad for parameter in module.parameters())


def test_half_precision_is_read_as_float32(tiny_bundle: Bundle) -> None:
    half = save({name: value.half() for name, value in load(trained_part(tiny_bundle)).items()})
    assert all(value.dtype == torch.float32 for value in load(trained_part(made(tiny_bundle, half))).values())


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda state: state.pop("fusion.out.bias"), "fusion.out.bias is missing"),
        (lambda state: state.update(more=torch.zeros(1)), "more is nothing that this bundle has"),
        (lambda state: state.update({"fusion.out.bias": torch.zeros(6)}), "fusion.out.bias is 6 and not 7"),
        (lambda state: state["fusion.out.bias"].fill_(float("nan")), "fusion.out.bias holds something that is no"),
    ],
)
def test_weights_that_do_not_fit_are_refused(tiny_bundle: Bundle, change: object, reason: str) -> None:
    state = load(trained_part(tiny_bundle))
    change(state)  # type: ignore[operator]
    with pytest.raises(WeightsError, match=reason):
        made(tiny_bundle, save(state))


def test_what_is_no_safetensors_is_refused(tiny_bundle: Bundle) -> None:
    with pytest.raises(WeightsError, match="no safetensors"):
        made(tiny_bundle, b"not at all")
