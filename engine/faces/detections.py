"""What a face detector says about one picture; apart from the detector, which needs torch."""

from dataclasses import dataclass

from engine.values import F32


@dataclass(frozen=True, slots=True)
class Detections:
    """The faces of one picture: `box` (N, 4) float32 xywh in its pixels (may reach beyond it), `score` (N,) 0..1."""

    box: F32
    score: F32

    def __len__(self) -> int:
        return len(self.score)

    def __getitem__(self, index: int) -> tuple[F32, float]:
        """Box (4,) and score of one face."""
        return self.box[index], float(self.score[index])
