"""The picture of agreement: how far it goes for each emotion, and who says what while the other says something."""

from typing import Final

from PySide6.QtWidgets import QWidget

from app.agreement.values import GroupAgreement, PairAgreement
from app.agreement.wording import few_videos, figure_text, interval_text, too_little
from app.views.agreement.heat import ConfusionHeat
from app.views.agreement.kappa_bars import KappaBars
from app.views.agreement.values import KappaRow, pair_rows
from app.views.training import layout
from app.views.training.painted import MINUS, percent
from engine.emotions import EMOTIONS

PAIR_LEGEND: Final = "● every 0.1 s   ○ matched events   ▬ 95 % over videos"
GROUP_LEGEND: Final = "● Krippendorff's alpha   ▬ 95 % over videos"


class FiguresPage(QWidget):
    """Of two raters, or of all at once."""

    def __init__(self) -> None:
        super().__init__()
        self._title, self._line = layout.label("", "title"), layout.label("", "muted")
        self._warning, self._legend = layout.label("", "warning"), layout.label("", "small")
        self._bars, self._heat = KappaBars(), ConfusionHeat()
        self._beside = layout.label("", "small")
        column = layout.column(self)
        shown: tuple[QWidget, ...] = (
            self._title, self._line, self._warning, self._bars, self._legend, self._heat, self._beside,
        )  # fmt: skip
        for widget in shown:
            column.addWidget(widget)
        column.addStretch(1)

    def set_pair(self, pair: PairAgreement) -> None:
        """Show two raters."""
        interval = interval_text(pair.kappa)
        said = f"{percent(pair.agreement.value)} agree · " if pair.joint_s else ""
        self._title.setText(f"κ {figure_text(pair.kappa.value)}".replace("-", MINUS))
        self._line.setText(
            f"{f'95 % {interval} · ' if interval else ''}{said}{pair.joint_s:,.0f} s in {_videos(pair.videos)}"
        )
        self._warn(too_little(pair.joint_s) or few_videos(pair.videos))
        self._bars.set_rows(pair_rows(pair))
        self._legend.setText(PAIR_LEGEND)
        self._heat.set_pair(pair)
        self._heat.setVisible(pair.joint_s > 0)
        self._beside.setText("\n".join(_beside(pair)))
        self._beside.show()

    def set_group(self, group: GroupAgreement, videos: int) -> None:
        """Show more than two at once."""
        interval = interval_text(group.alpha)
        self._title.setText(f"α {figure_text(group.alpha.value)}".replace("-", MINUS))
        self._line.setText(
            f"{f'95 % {interval} · ' if interval else ''}{group.joint_s:,.0f} s labelled by at least two"
        )
        self._warn(too_little(group.joint_s) or few_videos(videos))
        rows = zip((None, *EMOTIONS), (group.alpha, *group.emotions), strict=True)
        self._bars.set_rows([KappaRow(emotion, figure) for emotion, figure in rows])
        self._legend.setText(GROUP_LEGEND)
        self._heat.hide()
        self._beside.hide()

    def _warn(self, why: str | None) -> None:
        self._warning.setVisible(why is not None)
        self._warning.setText(f"{why[:1].upper()}{why[1:]}." if why else "")


def _videos(count: int) -> str:
    return "1 video" if count == 1 else f"{count:,} videos"


def _beside(pair: PairAgreement) -> list[str]:
    """What is in no figure."""
    events, (first, second) = pair.events, pair.raters
    return [
        f"Events (ends at most {events.tolerance_s:g} s apart, or 60 % in common): {events.matched:,} pairs,"
        f" {events.alike:,} alike; without a partner {events.unmatched[0]:,} and {events.unmatched[1]:,}.",
        f"Not compared: {pair.alone_s[0]:,.0f} s that only {first} labelled, {pair.alone_s[1]:,.0f} s that only"
        f" {second} did; unsure {pair.unsure_s[0]:,.0f} s and {pair.unsure_s[1]:,.0f} s; labels accepted in a batch.",
    ]
