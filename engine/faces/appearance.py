"""What a face looks like in a few numbers: enough to say within one video who is back after a cut.

No identity network: colours of head and hair, and a coarse picture of the face.
"""

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.faces.crops import square_crop
from engine.values import F32

HEAD_MARGIN = 0.3
HEAD_PX = 48
PATCH_PX = 12
HUES, SATURATIONS, VALUES = 12, 4, 4
COLOUR_SHARE = 0.6
SIZE = HUES * SATURATIONS * VALUES + PATCH_PX * PATCH_PX


def describe(rgb: NDArray[np.uint8], box: ArrayLike) -> F32:
    """Appearance of the face in a box (xywh px): (SIZE,) float32 of length 1, compared by dot product."""
    head = square_crop(rgb, box, HEAD_MARGIN, HEAD_PX)
    hsv = cv2.cvtColor(head, cv2.COLOR_RGB2HSV)
    colours = cv2.calcHist([hsv], [0, 1, 2], _HEAD_MASK, [HUES, SATURATIONS, VALUES], [0, 180, 0, 256, 0, 256])
    tight = round(HEAD_PX * HEAD_MARGIN / (1 + 2 * HEAD_MARGIN))
    face = cv2.cvtColor(head[tight : HEAD_PX - tight, tight : HEAD_PX - tight], cv2.COLOR_RGB2GRAY)
    patch = cv2.resize(face, (PATCH_PX, PATCH_PX), interpolation=cv2.INTER_AREA).astype(np.float32).ravel()
    return unit(
        np.concatenate([
            np.sqrt(COLOUR_SHARE) * unit(np.sqrt(colours.ravel())),
            np.sqrt(1 - COLOUR_SHARE) * unit(patch - patch.mean()),
        ])
    )  # fmt: skip


def unit(vector: NDArray[np.floating]) -> F32:
    """The vector at length 1, or zeros where it has no length."""
    length = float(np.linalg.norm(vector))
    return (vector / length if length > 0 else np.zeros_like(vector)).astype(np.float32)


def _head_mask() -> NDArray[np.uint8]:
    """An ellipse over the head: the corners of the crop are background."""
    mask = np.zeros((HEAD_PX, HEAD_PX), np.uint8)
    middle = HEAD_PX // 2
    cv2.ellipse(mask, (middle, middle), (round(HEAD_PX * 0.36), middle), 0, 0, 360, 255, cv2.FILLED)
    return mask


_HEAD_MASK = _head_mask()
