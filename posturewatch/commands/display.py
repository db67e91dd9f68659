"""Where a session's happenings go: the screen, line by line or as the live view, and the recordings."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rich.text import Text

from posturewatch.commands import terminal
from posturewatch.commands.shell import Screen, out, warn
from posturewatch.config import Settings
from posturewatch.errors import PosturewatchError
from posturewatch.estimate.capture import Calibrating, Failed, Started
from posturewatch.estimate.sideways import Turning
from posturewatch.files.record import Outputs, Recorder
from posturewatch.monitor import Happening, Moment
from posturewatch.posture import Transition
from posturewatch.session import Notice


@dataclass(slots=True)
class Show:
    """Where a session's happenings go on the screen: the live view, else a line for each change."""

    settings: Settings
    source: str
    quiet: bool
    view: Screen | None = None
    notice: Notice | None = None
    capturing: bool = False
    turning: bool = False
    drawn_s: int | None = None
    keys: str = terminal.KEYS
    note: Callable[[], str | None] = lambda: None  # what else there is to say

    def __call__(self, event: Happening) -> None:
        """Show one happening."""
        if isinstance(event, Failed):
            warn(event.message)
        elif self.view is not None:
            self._draw(self.view, event)
        elif not self.quiet:
            self._print(event)

    def _print(self, event: Happening) -> None:
        if isinstance(event, (Transition, Notice)):
            out.print(terminal.change(event))
        elif isinstance(event, Calibrating) and not self.capturing:
            self.capturing = True
            out.print(f"Sit as you want to sit, look at the screen and keep still for {event.wanted_s:.0f} s.")
        elif isinstance(event, Turning) and not self.turning:
            self.turning = True
            out.print(terminal.TURN)
        elif isinstance(event, Started):
            self.capturing = False
            if event.captured:
                out.print(Text(terminal.captured(event.baseline)))

    def _draw(self, view: Screen, event: Happening) -> None:
        if isinstance(event, Notice):
            self.notice = event
            if event.level == 3:
                view.bell()
        elif isinstance(event, Moment) and not self.capturing and self._news(event):
            view.update(terminal.live(event, self.settings, self.notice, self.source, self.note(), self.keys))
        elif isinstance(event, Calibrating):
            self.capturing = True
            view.update(terminal.calibrating(event))
        elif isinstance(event, Turning):
            view.update(terminal.turning(event))
        elif isinstance(event, Started):
            self.capturing = False

    def _news(self, event: Moment) -> bool:
        """Whether there is more to see than a part of a second: drawing takes 5 ms, ten times a thumbnail's look."""
        whole_s, before_s = int(event.sample.t_s), self.drawn_s
        self.drawn_s = whole_s
        return whole_s != before_s or event.sample.age_s == 0


def outputs_for(samples: Path | None, marks: Path | None, live: bool = False) -> Outputs:
    """Recordings that are kept and given up with a warning when live, else replaced and an error."""
    if samples is not None and marks is not None and samples.absolute() == marks.absolute():
        raise PosturewatchError("--samples and --landmarks name the same file. Give them different names.")
    first = None if samples is None else Recorder(samples, keep=live)
    try:
        second = None if marks is None else Recorder(marks, keep=live)
    except PosturewatchError:
        if first is not None:
            first.close()
        raise
    return Outputs(first, second, warn if live else None)
