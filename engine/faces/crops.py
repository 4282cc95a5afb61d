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
    step = side / side_px
    left, top = x + (width - side) / 2, y + (height - side) / 2
    shrink = max(1, math.floor(step))  # by whole factors first, which is quick; bilinear does the rest
    part, from_x, from_y = _around(rgb, left, top, side, shrink)
    if shrink > 1:
        part = np.asarray(
            cv2.resize(part, (part.shape[1] // shrink, part.shape[0] // shrink), interpolation=cv2.INTER_AREA), np.uint8
        )
    scale = step / shrink
    first_x, first_y = ((edge + step / 2) / shrink - 0.5 for edge in (left - from_x, top - from_y))
    place = np.array([[scale, 0, first_x], [0, scale, first_y]])
    return np.asarray(
        cv2.warpAffine(
            part, place, (side_px, side_px), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        ),
        np.uint8,
    )  # fmt: skip


def _around(rgb: Picture, left: float, top: float, side: float, shrink: int) -> tuple[Picture, int, int]:
    """The part of a picture under a square and a little more, in whole blocks of `shrink`, and where it begins."""
    spans = []
    for edge, length in ((left, rgb.shape[1]), (top, rgb.shape[0])):
        first = min(max(0, math.floor(edge) - 2 * shrink), max(0, length - shrink))
        last = min(length, max(first + shrink, math.ceil(edge + side) + 2 * shrink))
        spans.append((first, first + max(1, (last - first) // shrink) * shrink))
    (x0, x1), (y0, y1) = spans
    return rgb[y0:y1, x0:x1], x0, y0
