"""Shot cuts, decided frame by frame from what has been seen of the shot so far."""

from __future__ import annotations

from collections import deque
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

THUMBNAIL_PX: Final = (64, 36)
"""Width and height at which frames are compared: motion of faces nearly vanishes, another picture does not."""
MARGIN_PX: Final = (8, 5)
"""How far a thumbnail may have moved, an eighth of its width and height: motion of the camera is no cut."""
RECENT_FRAMES: Final = 8
"""Changes of the shot so far that a cut has to stand out from."""

# Measured on hand-held and fixed shots of faces and crowds at 15 to 30 frames a second, and on moved photographs:
# within a shot the difference stays below 12 and the dissimilarity below 0.09; between shots they are 14 to 120
# (median 64) and 0.16 to 1 (median 0.7).
CALM_DIFFERENCE: Final = 6.0
"""Below it nothing has happened."""
OTHER_PICTURE: Final = 0.3
OTHER_PICTURE_RATIO: Final = 2.5
CERTAINLY_OTHER_PICTURE: Final = 0.75
"""Dissimilarity of a cut: at least this, at least so many times the shot's recent greatest, where that asks no more."""
SIMILAR_PICTURE: Final = 0.08
SIMILAR_PICTURE_DIFFERENCE: Final = 12.0
SIMILAR_PICTURE_RATIO: Final = 3.0
"""A cut between pictures composed alike: this dissimilarity, this difference, so many times the recent greatest."""

_USUAL_DIFFERENCE: Final = 3.0
_USUAL_DISSIMILARITY: Final = 0.05
_NOISE_VARIANCE: Final = 4.0
"""Of 8-bit brightness: what two flat pictures may differ by and still be alike."""

_Thumbnail = NDArray[np.uint8]


class CutDetector:
    """Tells for each frame of a video, given in order, whether it begins a new shot.

    A frame's thumbnail is compared with the one before it, shifted to where the two agree best, by their mean
    difference and by their dissimilarity, which is one minus the correlation of their brightness and does not see a
    change of exposure. A cut stands out from the changes of the shot so far, so neither motion nor a flash is one.
    An answer depends on the frames of the shot and the last one before it: reading may begin at any cut.
    A single black or burnt-out frame counts as a shot of its own; fades and dissolves are no cuts.
    """

    def __init__(self) -> None:
        self._previous: _Thumbnail | None = None
        self._differences: deque[float] = deque(maxlen=RECENT_FRAMES)
        self._dissimilarities: deque[float] = deque(maxlen=RECENT_FRAMES)
        self.reset()

    def reset(self) -> None:
        """Forget everything: the next frame begins a shot and is not called a cut."""
        self._previous = None
        self._begin_shot()

    def is_cut(self, rgb: NDArray[np.uint8]) -> bool:
        """Whether `rgb` (H, W, 3) uint8 begins a new shot; False for the first frame."""
        frame, previous = _thumbnail(rgb), self._previous
        self._previous = frame
        if previous is None:
            return False
        difference, dissimilarity = float(cv2.absdiff(previous, frame).mean()), 0.0
        if difference > CALM_DIFFERENCE:
            difference, dissimilarity = _change(previous, frame)
        cut = self._stands_out(difference, dissimilarity)
        if cut:
            self._begin_shot()
        else:
            self._differences.append(difference)
            self._dissimilarities.append(dissimilarity)
        return cut

    def _begin_shot(self) -> None:
        for recent, usual in ((self._differences, _USUAL_DIFFERENCE), (self._dissimilarities, _USUAL_DISSIMILARITY)):
            recent.clear()
            recent.append(usual)

    def _stands_out(self, difference: float, dissimilarity: float) -> bool:
        if difference <= CALM_DIFFERENCE:
            return False
        other = max(OTHER_PICTURE, min(CERTAINLY_OTHER_PICTURE, OTHER_PICTURE_RATIO * max(self._dissimilarities)))
        great = max(SIMILAR_PICTURE_DIFFERENCE, SIMILAR_PICTURE_RATIO * max(self._differences))
        return dissimilarity > other or (dissimilarity > SIMILAR_PICTURE and difference > great)


def _thumbnail(rgb: NDArray[np.uint8]) -> _Thumbnail:
    """(36, 64, 3) uint8: the area-averaged picture, of large ones every n-th pixel only."""
    width, height = THUMBNAIL_PX
    step = max(1, min(rgb.shape[0] // (2 * height), rgb.shape[1] // (2 * width)))
    sampled = np.ascontiguousarray(rgb[::step, ::step])
    return np.asarray(cv2.resize(sampled, THUMBNAIL_PX, interpolation=cv2.INTER_AREA), np.uint8)


def _change(before: _Thumbnail, after: _Thumbnail) -> tuple[float, float]:
    """Mean absolute difference (0 to 255) and dissimilarity (0 to 2) at the shift of best agreement."""
    (width, height), (margin_x, margin_y) = THUMBNAIL_PX, MARGIN_PX
    core = before[margin_y : height - margin_y, margin_x : width - margin_x]
    core_grey, after_grey = (cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) for picture in (core, after))
    _, _, _, (x, y) = cv2.minMaxLoc(cv2.matchTemplate(after_grey, core_grey, cv2.TM_CCOEFF_NORMED))
    found = slice(y, y + core.shape[0]), slice(x, x + core.shape[1])
    return float(cv2.absdiff(core, after[found]).mean()), _dissimilarity(core_grey, after_grey[found])


def _dissimilarity(before: NDArray[Any], after: NDArray[Any]) -> float:
    x, y = before - before.mean(), after - after.mean()
    noise = _NOISE_VARIANCE * x.size
    return 1 - float((x * y).sum() / np.sqrt(((x * x).sum() + noise) * ((y * y).sum() + noise)))
