"""What every lane is: a heading, a picture of the scene, and what it says about a point."""

from abc import ABC, abstractmethod
from typing import ClassVar, Final

from app.timeline.axis import Axis
from app.timeline.values import Hit
from app.views.timeline.scene import Scene
from app.views.timeline.sheet import Sheet

REACH_PX: Final = 5.0
"""How near the mouse must be to an edge or a line to take hold of it."""
BLIND_NOTE: Final = "hidden while coding blind"


class Lane(ABC):
    """Lanes keep no state but what they were made with; the scene has it all."""

    name: ClassVar[str]
    title: ClassVar[str]
    lines: ClassVar[float]
    """Usual height in lines of text."""
    stretches: ClassVar[bool] = False
    """Whether it takes some of the room that is left over."""

    @property
    def key(self) -> str:
        """Tells lanes of one window apart."""
        return self.name

    def heading(self, scene: Scene) -> tuple[str, str]:
        """Title and the line below it."""
        return self.title, ""

    def wanted_lines(self, scene: Scene) -> float:
        """Usual height for what the scene holds."""
        return self.lines

    @abstractmethod
    def paint(self, sheet: Sheet, scene: Scene) -> None:
        """Paint what is in view."""

    def labels(self, scene: Scene) -> str | None:
        """Whom a range that is selected here belongs to; None is the scene."""
        return scene.person_id

    def hit(self, scene: Scene, axis: Axis, x: float, y: float, height: float) -> Hit:
        """What lies at a point of the lane."""
        return Hit(self.name, axis.time(x), self.labels(scene))

    def readout(self, scene: Scene, hit: Hit) -> str:
        """The values under the mouse in a few words; empty where there are none."""
        return ""
