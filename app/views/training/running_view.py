"""While it learns: what it does now, how long still, the curves, and Cancel."""

from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QProgressBar, QVBoxLayout, QWidget

from app.views.status import remaining_text
from app.views.training import layout
from app.views.training.curves import Curves
from app.views.training.values import Moment

STAGES: Final = ("examples", "estimate", "fit", "guard", "rescoring")
TITLES: Final = {
    "examples": "Collecting examples",
    "estimate": "Estimating the gain",
    "fit": "Learning from all corrections",
    "guard": "Looking for what got worse",
    "rescoring": "Labelling the videos anew",
}
STARTING: Final = "Starting"
STAYS: Final = "It goes on when this panel is closed. Cancelling keeps the current revision as it is."


class RunningView(QWidget):
    """The progress of one training."""

    cancel_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._stage = layout.label(STARTING, "heading")
        self._text, self._left = layout.label(role="small"), layout.label(role="small")
        self._steps = layout.label(role="small")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Progress of the training")
        self.curves = Curves()
        self.cancel = layout.button("Cancel", self._ask_to_cancel)
        page_content = QWidget()
        page = layout.column(page_content)
        for widget in (self._stage, self._steps, self.bar, self._text, self._left):
            page.addWidget(widget)
        page.addSpacing(6)
        page.addWidget(self.curves)
        page.addSpacing(4)
        page.addWidget(layout.label(STAYS, "small"))
        page.addStretch(1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(layout.scrolled(page_content), 1)
        whole.addWidget(layout.footer(None, self.cancel))
        self.begin()

    def begin(self) -> None:
        """A training begins."""
        self.curves.clear()
        self._stage.setText(STARTING)
        for told in (self._text, self._left, self._steps):
            told.setText("")
        self.bar.setRange(0, 0)
        self.cancel.setEnabled(True)
        self.cancel.setText("Cancel")
        self.cancel.setToolTip("Stop; the current revision stays as it is")

    def set_moment(self, moment: Moment) -> None:
        """Where it is now."""
        self._stage.setText(TITLES.get(moment.stage, STARTING))
        if moment.stage in STAGES:
            self._steps.setText(f"Step {STAGES.index(moment.stage) + 1} of {len(STAGES)}")
        self._text.setText(moment.text)
        self.bar.setRange(0, max(moment.total, 0))
        self.bar.setValue(moment.done)
        self._left.setText(remaining_text(moment.remaining_s))
        self.curves.add(moment)

    def _ask_to_cancel(self) -> None:
        self.cancel.setEnabled(False)
        self.cancel.setText("Cancelling…")
        self.cancel_requested.emit()
