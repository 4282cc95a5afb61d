"""NetVLAD beside the formula written out in numpy, its gradient, and its start from k-means."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from engine.netvlad import FAR_SHARE, NetVLAD, sharpness

FEATURES, CLUSTERS = 6, 3


@pytest.fixture
def vlad() -> NetVLAD:
    torch.manual_seed(0)
    return NetVLAD(FEATURES, CLUSTERS)


def written_out(vlad: NetVLAD, x: NDArray[np.float64]) -> NDArray[np.float64]:
    """(K, D) sums of one set (T, D), as the paper has them: loops over clusters and items."""
    weight, bias = (parameter.detach().double().numpy() for parameter in (vlad.assign.weight, vlad.assign.bias))
    centres = vlad.centres.detach().double().numpy()
    sums = np.zeros((CLUSTERS, FEATURES))
    for item in x:
        scores = np.exp([weight[k] @ item + bias[k] for k in range(CLUSTERS)])
        for k in range(CLUSTERS):
            sums[k] += scores[k] / scores.sum() * (item - centres[k])
    return sums


def items(count: int, seed: int = 0, sets: int = 1) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(seed).normal(0, 1, (sets, count, FEATURES)).astype(np.float32))


def everything(x: torch.Tensor) -> torch.Tensor:
    return torch.ones(x.shape[:2], dtype=torch.bool)


def test_sums_are_those_of_the_paper(vlad: NetVLAD) -> None:
    x = items(5, sets=2)
    expected = np.stack([written_out(vlad, row.double().numpy()) for row in x])
    np.testing.assert_allclose(vlad.sums(x, everything(x)).detach().numpy(), expected, rtol=1e-4, atol=1e-5)


def test_descriptor_is_normalised_by_cluster_and_as_a_whole(vlad: NetVLAD) -> None:
    x = items(5)
    sums = written_out(vlad, x[0].double().numpy())
    unit = (sums / np.linalg.norm(sums, axis=1, keepdims=True)).ravel()
    expected = unit / np.linalg.norm(unit)
    np.testing.assert_allclose(vlad(x, everything(x))[0].detach().numpy(), expected, rtol=1e-4, atol=1e-5)


def test_masked_items_change_nothing(vlad: NetVLAD) -> None:
    x, mask = items(5), torch.tensor([[True, True, False, True, False]])
    other = x.clone()
    other[~mask] = 1000.0
    torch.testing.assert_close(vlad(other, mask), vlad(x, mask), rtol=0, atol=0)
    kept = x[mask][None]
    torch.testing.assert_close(vlad(x, mask), vlad(kept, everything(kept)))


def test_sums_of_parts_add_up(vlad: NetVLAD) -> None:
    x = items(9)
    parts = [vlad.sums(part, everything(part)) for part in (x[:, :2], x[:, 2:3], x[:, 3:])]
    torch.testing.assert_close(parts[0] + parts[1] + parts[2], vlad.sums(x, everything(x)))


def test_sums_of_runs_are_those_of_each_alone_to_the_last_bit(vlad: NetVLAD) -> None:
    x = items(40)[0].half().float().numpy()
    runs = np.array([[0, 3, 3, 10, 39, 12], [10, 3, 25, 40, 40, 13]])
    together = vlad.sums_of_runs(x, runs)
    for number, (first, stop) in enumerate(runs.T.tolist()):
        assert torch.equal(together[number], vlad.sums_of(x[first:stop]))
        part = torch.from_numpy(x[None, first:stop])
        torch.testing.assert_close(
            together[number], vlad.sums(part, everything(part))[0].detach(), rtol=1e-4, atol=1e-4
        )
    assert not together[1].any()


def test_sums_do_not_depend_on_the_order_or_on_how_they_were_put_together(vlad: NetVLAD) -> None:
    x = items(500)[0].half().float().numpy()
    whole = vlad.totals(x, np.array([[0], [500]]))
    order = np.random.default_rng(1).permutation(500)
    np.testing.assert_array_equal(vlad.totals(x[order], np.array([[0], [500]])), whole)
    parts = vlad.totals(x, np.array([[0, 7, 300], [7, 300, 500]]))
    np.testing.assert_array_equal(parts.sum(0, keepdims=True), whole)
    assert torch.equal(vlad.from_totals(whole)[0], vlad.sums_of(x))


@pytest.mark.parametrize("count", [0, 4])
def test_a_set_of_nothing_gives_zeros(vlad: NetVLAD, count: int) -> None:
    x = items(count)
    nothing = torch.zeros(x.shape[:2], dtype=torch.bool)
    assert torch.equal(vlad(x, nothing), torch.zeros(1, CLUSTERS * FEATURES))


def test_gradient(vlad: NetVLAD) -> None:
    vlad = vlad.double()
    x = items(4, sets=2).double().requires_grad_()
    mask = torch.tensor([[True, True, True, False], [True, False, False, False]])
    weights = [parameter.detach().requires_grad_() for parameter in vlad.parameters()]
    names = [name for name, _ in vlad.named_parameters()]

    def pooled(x: torch.Tensor, *values: torch.Tensor) -> torch.Tensor:
        result = torch.func.functional_call(vlad, dict(zip(names, values, strict=True)), (x, mask))
        assert isinstance(result, torch.Tensor)
        return result

    assert torch.autograd.gradcheck(pooled, (x, *weights))


def clouds(seed: int = 1) -> NDArray[np.float64]:
    """Three clouds of 40 items about far centres."""
    random = np.random.default_rng(seed)
    middles = 4 * np.eye(CLUSTERS, FEATURES)
    return np.concatenate([middle + random.normal(0, 0.3, (40, FEATURES)) for middle in middles])


def test_sharpness_is_of_squared_distances() -> None:
    x, centres = clouds(), 4 * np.eye(CLUSTERS, FEATURES)
    distances = np.sort(np.linalg.norm(x[:, None] - centres[None], axis=2), axis=1)
    squared = (distances[:, 1] ** 2 - distances[:, 0] ** 2).mean()
    unsquared = (distances[:, 1] - distances[:, 0]).mean()
    assert sharpness(x, centres) == pytest.approx(-np.log(0.01) / squared)
    assert sharpness(x, centres) < 0.5 * -np.log(0.01) / unsquared


def test_sharpness_of_equal_distances_is_finite() -> None:
    assert np.isfinite(sharpness(np.zeros((3, 2)), np.ones((2, 2))))


def test_start_finds_the_clouds(vlad: NetVLAD) -> None:
    x = clouds()
    vlad.start_from(x, seed=0)
    means = sorted(tuple(x[first : first + 40].mean(0).round(4)) for first in (0, 40, 80))
    found = sorted(tuple(centre.round(4)) for centre in vlad.centres.detach().double().numpy())
    np.testing.assert_allclose(found, means, atol=1e-3)


def test_start_assigns_by_squared_distance(vlad: NetVLAD) -> None:
    """The second nearest centre gets a hundredth of the nearest one's weight, in the geometric mean over items."""
    x = clouds()
    vlad.start_from(x, seed=0)
    centres = vlad.centres.detach().double().numpy()
    alpha = sharpness(x, centres)
    scores = vlad.double().assign(torch.from_numpy(x)).detach().numpy()
    squared = ((x[:, None] - centres[None]) ** 2).sum(2)
    np.testing.assert_allclose(scores - scores[:, :1], -alpha * (squared - squared[:, :1]), atol=1e-4)
    best = np.sort(scores, axis=1)
    assert np.exp((best[:, -2] - best[:, -1]).mean()) == pytest.approx(FAR_SHARE, rel=1e-4)


def test_start_is_the_same_for_a_seed() -> None:
    x = clouds()
    one, other = NetVLAD(FEATURES, CLUSTERS), NetVLAD(FEATURES, CLUSTERS)
    one.start_from(x, seed=3)
    other.start_from(x, seed=3)
    assert torch.equal(one.centres, other.centres)
    assert torch.equal(one.assign.bias, other.assign.bias)


def plain_start(x: NDArray[np.float64], clusters: int) -> tuple[NDArray[np.float64], ...]:
    """Centres, weights and biases as Arandjelovic et al. start them, written out: the best of 20 runs of Lloyd's
    algorithm from random items, then w_k = 2 alpha c_k and b_k = -alpha |c_k|^2."""
    found = []
    for seed in range(20):
        centres = np.random.default_rng(seed).permutation(x)[:clusters]
        for _ in range(50):
            nearest = ((x[:, None] - centres) ** 2).sum(2).argmin(1)
            centres = np.stack(
                [x[nearest == k].mean(0) if (nearest == k).any() else centres[k] for k in range(clusters)]
            )
        squared = ((x[:, None] - centres) ** 2).sum(2)
        found.append((squared.min(1).sum(), centres, np.sort(squared, axis=1)))
    _, centres, squared = min(found, key=lambda run: run[0])
    alpha = -np.log(0.01) / (squared[:, 1] - squared[:, 0]).mean()
    return centres, 2 * alpha * centres, -alpha * (centres**2).sum(1)


def test_start_is_that_of_a_plain_k_means(vlad: NetVLAD) -> None:
    x = clouds() + np.random.default_rng(8).normal(0, 0.4, (120, FEATURES))
    vlad.start_from(x, seed=0)
    centres, weights, biases = plain_start(x, CLUSTERS)
    mine, plain = (np.argsort(one[:, 0] + 10 * one[:, 1]) for one in (vlad.centres.detach().numpy(), centres))
    np.testing.assert_allclose(vlad.centres.detach().numpy()[mine], centres[plain], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(vlad.assign.weight.detach().numpy()[mine], weights[plain], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(vlad.assign.bias.detach().numpy()[mine], biases[plain], rtol=1e-4)
