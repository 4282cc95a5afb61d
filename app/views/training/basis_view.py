"""Before training: what will be learned from, what is left out and why, and the one button."""

from functools import partial
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app.views.panel_values import counted
from app.views.training import layout
from app.views.training.share_bars import ShareBars
from app.views.training.values import Basis, LeftOutRow

NOTHING: Final = "Nothing to learn from yet. Label what the model gets wrong; corrections come here."


class BasisView(QWidget):
    """What the next revision would learn from."""

    learn_requested = Signal()
    left_out_opened = Signal(str)
    """The key of a `LeftOutRow` whose offer was taken."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._basis = Basis("")
        self._offers: dict[str, QPushButton] = {}
        self._parent_text = layout.label(role="small")
        self._nothing = layout.label(NOTHING, "muted")
        self._classes, self._participants = ShareBars("Corrections per emotion"), ShareBars("Corrections per person")
        self._heads = layout.label("Per emotion", "heading"), layout.label("Per participant", "heading")
        self._thin = layout.label(role="small")
        self._left_head = layout.label(role="heading")
        self._left = QVBoxLayout()
        self._left.setSpacing(4)
        self._why_not = layout.label(role="warning")
        self.learn = layout.button("Learn", self.learn_requested.emit, "primary")
        content = QWidget()
        page = layout.column(content)
        page.addWidget(self._parent_text)
        for head, bars in zip(self._heads, (self._classes, self._participants), strict=True):
            page.addWidget(head)
            page.addWidget(bars)
            if bars is self._classes:
                page.addWidget(self._thin)
            page.addSpacing(6)
        page.addWidget(self._nothing)
        page.addWidget(self._left_head)
        page.addLayout(self._left)
        page.addStretch(1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(layout.scrolled(content), 1)
        whole.addWidget(layout.footer(self._why_not, self.learn, upright=True))
        self._left_head.hide()
        self.set_basis(self._basis)

    @property
    def basis(self) -> Basis:
        return self._basis

    def set_basis(self, basis: Basis) -> None:
        """Show what there is to learn from now."""
        before, self._basis = self._basis, basis
        count = basis.count
        self._parent_text.setText("\n".join((f"Starts from {basis.parent}", *basis.notes)) if basis.parent else "")
        self._parent_text.setVisible(bool(basis.parent))
        self._nothing.setVisible(count == 0)
        for widget in (*self._heads, self._classes, self._participants):
            widget.setVisible(count > 0)
        self._classes.set_classes(basis.classes)
        self._participants.set_participants(basis.participants)
        thin = thin_text(basis)
        self._thin.setText(thin)
        self._thin.setVisible(bool(thin))
        if basis.left_out != before.left_out:  # else a button that has the focus keeps it
            self._show_left_out(basis.left_out)
        self._why_not.setText(sentence(basis.why_not))
        self._why_not.setVisible(bool(basis.why_not))
        self.learn.setText(f"Learn from {counted(count, 'correction')}" if count else "Learn from corrections")
        self.learn.setEnabled(not basis.why_not)
        self.learn.setToolTip(basis.why_not or "Make a new revision; nothing is replaced before you keep it")

    def offers(self) -> dict[str, QPushButton]:
        """The buttons of what is left out, by key."""
        return dict(self._offers)

    def _show_left_out(self, rows: tuple[LeftOutRow, ...]) -> None:
        layout.emptied(self._left)
        self._offers = {}
        total = sum(row.count for row in rows)
        self._left_head.setText(f"Left out: {total:,}")
        self._left_head.setVisible(bool(rows))
        for row in rows:
            self._left.addLayout(self._left_out_row(row))

    def _left_out_row(self, row: LeftOutRow) -> QHBoxLayout:
        told = layout.label(f"{row.count:,} · {row.why}" if row.count else row.why, "small")
        line = layout.row(told)
        line.setStretch(0, 1)
        if row.offer:
            offer = layout.button(row.offer, partial(self.left_out_opened.emit, row.key), "link")
            offer.setAccessibleName(f"{row.offer}: {row.why}")
            self._offers[row.key] = offer
            line.addWidget(offer)
        return line


def thin_text(basis: Basis) -> str:
    """Which emotions there is too little of to learn them well."""
    thin = [share.emotion for share in basis.classes if share.thin and share.count]
    none = [share.emotion for share in basis.classes if not share.count]
    parts = []
    if thin:
        parts.append(f"Few of {_listed(thin)}: five or more teach better.")
    if none and basis.count:
        parts.append(f"None of {_listed(none)}: there the model stays about as it is.")
    return " ".join(parts)


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def sentence(text: str) -> str:
    """With a capital at its beginning and a full stop at its end."""
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '?', '!')) else '.'}" if text else ""
