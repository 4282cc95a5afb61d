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
        x = torch.from_numpy(np.asarray(features, np.float32))[None]
        return self.sums(x, torch.ones(x.shape[:2], dtype=torch.bool))[0]

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
