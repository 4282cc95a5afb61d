"""NetVLAD (Arandjelovic et al., CVPR 2016): a set of features of any size to one descriptor.

a_k = softmax_k(w_k.x + b_k);  V(j, k) = sum_i a_k(x_i) (x_i(j) - c_k(j));  L2 per cluster, flatten, L2.
"""

import math

import numpy as np
import torch
from scipy.cluster.vq import kmeans2
from torch import nn
from torch.nn import functional as nnf

FAR_SHARE = 0.01
"""What the second nearest centre's weight is, relative to the nearest, at the start (Arandjelovic's appendix)."""
WEIGHT_GRID = 2.0**20
FEATURE_GRID = 2.0**16
"""Stored features and their weights in whole steps of 1 / GRID: their products and sums are then whole numbers, which
float64 holds exactly up to 2**53. So a sum of up to 2**17 (features times their size) does not depend on the order in
which it was made. A step is 8 (of a feature, 1/65536) and 0.5 (of a weight) millionths wide to either side."""


class NetVLAD(nn.Module):
    """Pools (N, T, D) features under a mask to (N, K * D)."""

    def __init__(self, features: int, clusters: int) -> None:
        super().__init__()
        self.assign = nn.Linear(features, clusters)
        centres = torch.empty(clusters, features)
        self.centres = nn.Parameter(centres if centres.is_meta else centres.normal_(std=0.1))

    def sums(self, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """(N, T, D) features, (N, T) mask of the real ones -> (N, K, D), before normalisation.

        Sums of parts of a set add up to the sum of the set, so that a long video is pooled piece by piece.
        """
        weight = torch.softmax(self.assign(x), -1) * mask[..., None].to(x.dtype)
        return torch.einsum("ntk,ntd->nkd", weight, x) - weight.sum(1)[..., None] * self.centres

    def sums_of(self, features: np.ndarray) -> torch.Tensor:
        """:meth:`sums` (K, D) of one set (T, D) that is all real; T may be 0."""
        return self.sums_of_runs(features, np.array([[0], [len(features)]]))[0]

    def sums_of_runs(self, features: np.ndarray, runs: np.ndarray) -> torch.Tensor:
        """:meth:`sums` (N, K, D) of N runs of a sequence (T, D): from `runs[0]` to before `runs[1]`; they may overlap.

        What each feature is assigned to is computed once. A run's sum is the same to the last bit wherever it stands in
        the sequence, and alone.
        """
        return self.from_totals(self.totals(features, runs))

    def totals(self, features: np.ndarray, runs: np.ndarray) -> np.ndarray:
        """(N, K, D + 1) float64 of N runs: features summed by their weights, and the weights. Totals add up."""
        x = np.asarray(features, np.float64)
        weight = self._assigned(x).T
        x = np.concatenate([np.rint(x * FEATURE_GRID), np.full((len(x), 1), FEATURE_GRID)], 1)
        totals = np.zeros((runs.shape[1], len(weight), x.shape[1]))
        for total, first, stop in zip(totals, *runs.tolist(), strict=True):
            np.matmul(weight[:, first:stop], x[first:stop], out=total)
        totals /= WEIGHT_GRID * FEATURE_GRID
        return totals

    def from_totals(self, totals: np.ndarray) -> torch.Tensor:
        """:meth:`sums` (N, K, D) from :meth:`totals`."""
        centres = self.centres.detach().double().numpy()
        return torch.from_numpy((totals[..., :-1] - totals[..., -1:] * centres).astype(np.float32))

    def _assigned(self, x: np.ndarray) -> np.ndarray:
        """Weights (T, K) of features (T, D) for the clusters, in whole steps of the grid."""
        weight, bias = (parameter.detach().double().numpy() for parameter in (self.assign.weight, self.assign.bias))
        scores = x @ weight.T + bias
        scores = np.exp(scores - scores.max(1, keepdims=True, initial=-np.inf))
        return np.asarray(np.rint(scores / scores.sum(1, keepdims=True) * WEIGHT_GRID))

    @staticmethod
    def described(sums: torch.Tensor) -> torch.Tensor:
        """(N, K, D) sums -> (N, K * D), each cluster and then the whole of unit length; zero stays zero."""
        return nnf.normalize(nnf.normalize(sums, dim=2).flatten(1), dim=1)

    def forward(self, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        return self.described(self.sums(x, mask))

    @torch.no_grad()
    def start_from(self, features: np.ndarray, seed: int) -> None:
        """Set centres and assignment from k-means over (M, D) features.

        w_k = 2 alpha c_k, b_k = -alpha |c_k|^2, which makes the assignment a softmax of -alpha |x - c_k|^2, with alpha
        such that on average the second nearest centre gets `FAR_SHARE` of the nearest one's weight.
        """
        x = np.asarray(features, np.float64)
        centres, _ = kmeans2(x, len(self.centres), minit="++", seed=seed)
        alpha = sharpness(x, centres)
        c = torch.from_numpy(centres).to(self.centres.dtype)
        self.centres.copy_(c)
        self.assign.weight.copy_(2 * alpha * c)
        self.assign.bias.copy_(-alpha * c.square().sum(1))


def sharpness(features: np.ndarray, centres: np.ndarray) -> float:
    """alpha = -ln(0.01) / mean(d2^2 - d1^2), d1 and d2 a feature's distances to its two nearest centres."""
    squared = (features**2).sum(1)[:, None] - 2 * features @ centres.T + (centres**2).sum(1)[None]
    nearest = np.partition(squared, 1, axis=1)
    return -math.log(FAR_SHARE) / max(float((nearest[:, 1] - nearest[:, 0]).mean()), 1e-12)
