"""Greedy non-maximum suppression: of boxes that overlap, the best."""

import cv2
import numpy as np

from engine.values import F32, F64, Ints


def suppress(corners: F64, score: F32, threshold: float) -> Ints:
    """Which boxes stay when each one that overlaps a better one by more than `threshold` IoU goes.

    Args:
        corners: (N, 4) x1 y1 x2 y2.
        score: (N,) above 0.
        threshold: intersection over union, 0..1.

    Returns:
        (K,) indices, best score first.
    """
    if not len(score):
        return np.empty(0, np.int64)
    boxes = np.concatenate([corners[:, :2], corners[:, 2:] - corners[:, :2]], 1)
    return np.asarray(cv2.dnn.NMSBoxes(boxes.tolist(), score.tolist(), 0.0, threshold), np.int64)


def suppress_inside(corners: F64, score: F32, threshold: float) -> Ints:
    """The same by the share of the smaller box that is covered, so that a box inside a better one goes."""
    order = np.argsort(-score, kind="stable")
    area = (corners[:, 2:] - corners[:, :2]).prod(1)
    kept: list[int] = []
    while len(order):
        best, order = order[0], order[1:]
        kept.append(best)
        start = np.maximum(corners[best, :2], corners[order, :2])
        end = np.minimum(corners[best, 2:], corners[order, 2:])
        covered = np.maximum(end - start, 0).prod(1) / np.minimum(area[best], area[order])
        order = order[covered <= threshold]
    return np.asarray(kept, np.int64)
