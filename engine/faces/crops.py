"""Square pictures of faces, as the trunks take them."""

import math

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

Picture = NDArray[np.uint8]


def square_crop(rgb: Picture, box: ArrayLike, margin: float, side_px: int) -> Picture:
    """The square about a face box, never stretched.

    Its side is the box's longer side and `margin` of it more on each side; beyond the picture the edge is repeated.
    Shrinking averages over areas, enlarging is bilinear; the centre is exact to a fraction of a pixel.

    Args:
        rgb: (H, W, 3) uint8.
        box: xywh in its pixels.
        margin: share of the longer side, 0.3 for loose crops and 0 for tight ones.
        side_px: side of the result.

    Returns:
        (side_px, side_px, 3) uint8.
    """
    x, y, width, height = (float(value) for value in np.asarray(box))
    side = max(width, height, 1.0) * (1 + 2 * margin)
    finer = max(1, math.ceil(side / side_px))  # sampled this many times finer, then averaged
    step = side / (side_px * finer)
    left = x + (width - side + step) / 2 - 0.5  # centre of the first sample, from the centre of the first pixel
    top = y + (height - side + step) / 2 - 0.5
    place = np.array([[step, 0, left], [0, step, top]])
    size = side_px * finer, side_px * finer
    samples = cv2.warpAffine(
        rgb, place, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE
    )
    if finer > 1:
        samples = cv2.resize(samples, (side_px, side_px), interpolation=cv2.INTER_AREA)
    return np.asarray(samples, np.uint8)
