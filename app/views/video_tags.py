"""Where the tags of faces go: outside every box, inside the picture, and not on each other, as far as there is room."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from PySide6.QtCore import QPointF, QRectF, QSizeF

GAP_PX = 2.0


def tag_places(boxes: Sequence[QRectF], sizes: Sequence[QSizeF], bounds: QRectF) -> list[QRectF]:
    """One place for the tag of each box. The first boxes choose first."""
    placed: list[QRectF] = []
    for box, size in zip(boxes, sizes, strict=True):
        others = [other for other in boxes if other is not box]
        places = [_moved_inside(place, bounds) for place in _around(box, size)]
        placed.append(min(places, key=lambda place: _cost(place, box, others, placed)))
    return placed


def _around(box: QRectF, size: QSizeF) -> Iterator[QRectF]:
    """Places for a tag, the best first: above and below its box, then beside it, then in a second row."""
    width, height = size.width(), size.height()
    for row in (1, 2):
        above, below = box.top() - row * (height + GAP_PX), box.bottom() + GAP_PX + (row - 1) * (height + GAP_PX)
        for top in (above, below):
            for left in (box.left(), box.right() - width, box.center().x() - width / 2):
                yield QRectF(QPointF(left, top), size)
        if row == 1:
            for left in (box.right() + GAP_PX, box.left() - width - GAP_PX):
                for top in (box.top(), box.bottom() - height):
                    yield QRectF(QPointF(left, top), size)


def _moved_inside(place: QRectF, bounds: QRectF) -> QRectF:
    left = max(bounds.left(), min(place.left(), bounds.right() - place.width()))
    top = max(bounds.top(), min(place.top(), bounds.bottom() - place.height()))
    return QRectF(QPointF(left, top), place.size())


def _cost(place: QRectF, box: QRectF, others: Iterable[QRectF], placed: Iterable[QRectF]) -> float:
    """How much a tag would cover: its own face is the worst, then other tags, then other faces."""
    return (
        4 * _shared(place, box)
        + 3 * sum(_shared(place, tag) for tag in placed)
        + 2 * sum(_shared(place, face) for face in others)
    )


def _shared(one: QRectF, other: QRectF) -> float:
    common = one.intersected(other)
    return common.width() * common.height()
