"""What goes on around a session that runs all day: the camera let go and taken again, the desktop heard, the person's
wishes done, the history kept."""

import math
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from posturewatch import baseline as baselines
from posturewatch import exercises, frames, preview
from posturewatch.baseline import Baseline
from posturewatch.coaching.catalogue import Exercise
from posturewatch.commands import practice, terminal
from posturewatch.commands.keys import Keys
from posturewatch.commands.running import Session
from posturewatch.commands.shell import out, say, warn
from posturewatch.errors import PosturewatchError
from posturewatch.estimate import lens
from posturewatch.estimate.capture import Started
from posturewatch.files.control import Mailbox, Request
from posturewatch.files.lock import held_by
from posturewatch.files.record import as_line
from posturewatch.frames import Frame, Pace
from posturewatch.history import History
from posturewatch.landmarks import Finder, Held, Landmarks
from posturewatch.looking.governor import Governor
from posturewatch.monitor import Happening, Moment
from posturewatch.notify import Notifier
from posturewatch.posture import AWAY, Transition
from posturewatch.session import Notice, Wish
from posturewatch.system.desk import Desk
from posturewatch.system.notify_elsewhere import ElsewhereNotifier

ASK_S = 5.0  # chosen: how often the history is asked for exercises done
COACH_S = 1.0  # chosen: how often it is looked for a coach, who needs the camera within seconds
SNOOZE_S = 1800.0  # DESIGN part 4; what the notification's button says
DONE = {
    "pause": "Paused: the camera is off. `posturewatch resume` goes on.",
    "resume": "Watching again.",
    "snooze": "No alerts for a while; they come again by themselves.",
    "recalibrate": "Sit as you want to sit, look at the screen and keep still: a new baseline is captured.",
}


@dataclass(slots=True)
class Day:
    """All that is around one session. `looks` is its loop: between two pictures everything has its turn."""

    run: Session
    pace: Pace
    governor: Governor | None
    desk: Desk
    notifier: Notifier | ElsewhereNotifier
    mailbox: Mailbox | None
    history: History
    keys: Keys | None
    camera: str
    kept: Baseline | None
    quiet: bool
    tell: Callable[[str], None] = warn  # what can't be kept
    paused: bool = False
    _t_s: float = 0.0
    _sure: bool = False
    _coach_lock: Path = field(default_factory=lambda: practice.coach_lock().path)
    _coach: int | None = None
    _coach_s: float = -math.inf
    _asked_s: float = 0.0
    _alerted: bool = False  # what the desktop shows is an alert, or its question
    _question: Notice | None = None  # about the baseline, while it is open
    _pausing: list[Request] = field(default_factory=list)  # answered once the camera is off
    _done: int = field(init=False)
    _show: Callable[[Happening], None] = field(init=False)

    def __post_init__(self) -> None:
        self._done = self.history.exercises_done()
        self._show, self.run.show = self.run.show, self.happened
        self.pace.off = self._off(0.0)  # begun at a locked screen: the camera isn't even opened

    def looks(self, stream: Iterable[Frame], eyes: Finder, window: preview.Window | None) -> Iterator[Landmarks | Held]:
        """What the models find in each picture, or that it wasn't looked at; ends when the window is closed."""
        picture = None
        for frame in stream:
            self._attend(frame)
            if frame.reason is not None and self.governor is not None:
                self.governor.forget()
            unseen = frame.image is None and frame.reason is None
            look = Held(frame.t_s) if unseen else eyes.find(frame)
            yield look  # the session takes it before the next line runs
            self._pace(look)
            picture = picture if frame.image is None else frame.image
            if window is not None and picture is not None and isinstance(look, Landmarks):
                run = self.run
                if not window.show(preview.draw(picture, look, run.sample, run.baseline, run.settings.posture)):
                    return

    def _attend(self, frame: Frame) -> None:
        self._t_s = frame.t_s
        if self.mailbox is not None:
            for request in self.mailbox.requests(frames.now_s()):
                if request.action == "pause":
                    self.paused = True
                    self._pausing.append(request)
                else:
                    self.mailbox.answer(request, self._asked(request))
        for answer in self.notifier.answers(frame.t_s):
            self._answered(answer)
        for key in self.keys.pressed() if self.keys else "":
            self._pressed(key)
        self._see_exercises(frame.t_s)
        self.desk.poll(frame.t_s)
        self._camera(frame)

    def _off(self, t_s: float) -> str | None:
        if t_s - self._coach_s >= COACH_S:
            self._coach, self._coach_s = held_by(self._coach_lock), t_s
        return "paused" if self.paused else "exercise" if self._coach is not None else self.desk.off

    def _camera(self, frame: Frame) -> None:
        """Let the camera go where somebody wants that, and take it again."""
        before, self.pace.off = self.pace.off, self._off(frame.t_s)
        if self.pace.off is not None and before is None:
            self.history.save()  # a sleep may become a shutdown
            self._let_be()
        elif self.pace.off is None and before is not None and self._question is not None:
            self.notifier.show(self._question)
        is_off = before is not None and frame.reason == before  # this picture's turn began without the camera
        if is_off and self.pace.off is not None:
            self.desk.released()
        if self.mailbox is not None and (is_off or not self.paused):
            for request in self._pausing:
                self.mailbox.answer(request, self._asked(request))
            self._pausing.clear()

    def _let_be(self) -> None:
        """No notification outlasts the camera: an alert is done with, a question is asked again later."""
        self.notifier.withdraw()
        if self._question is None:
            self._wish("answer")

    def _pace(self, look: Landmarks | Held) -> None:
        governor, monitor, sample = self.governor, self.run.monitor, self.run.sample
        if governor is None:
            return
        governor.everything, governor.on_battery = monitor.settling, self.desk.on_battery
        if sample is not None:
            if isinstance(look, Landmarks):
                self._sure = sample.state == AWAY or (sample.reason is None and look.face is not None)
            governor.heed(self._t_s, monitor.soon_s(), sample.state == AWAY, self._sure)

    # What happens

    def happened(self, event: Happening) -> None:
        """Keep it, tell it."""
        at = datetime.now().astimezone()
        if isinstance(event, Moment):
            self.history.add(event.sample, at)
            if event.alert is None and self._alerted:
                self._question, self._alerted = None, False
                self.notifier.withdraw()
        elif isinstance(event, Transition):
            self.history.transition(event, at)
        elif isinstance(event, Notice):
            self.history.alert(event, at)
            self._question = event if event.kind == "baseline" else None
            self._alerted = True
            self.notifier.show(event)
        elif isinstance(event, Started):
            self._begin(event)
        self._show(event)
        if self.notifier.missed() and not self.quiet:
            out.bell()

    def _begin(self, event: Started) -> None:
        x, y, size = event.baseline.place
        if self.governor is not None:
            self.governor.forget()  # what was seen was judged without it
            width = event.baseline.size_px[0]
            self.governor.sit((x / width, y / width, size / width))
        if event.captured:
            self.kept = lens.carried(event.baseline, self.kept)
            try:
                baselines.save(baselines.folder() / baselines.file_name(self.camera, self.kept), self.kept, self.camera)
            except PosturewatchError as error:  # watching goes on
                self.tell(str(error))

    def _see_exercises(self, t_s: float) -> None:
        """The coach is another process: what it has brought stands in the history."""
        if t_s - self._asked_s < ASK_S:
            return
        self._asked_s, before, self._done = t_s, self._done, self.history.exercises_done()
        if self._done > before:
            self._wish("exercised")

    # What the person wishes

    def _wish(self, wish: str, for_s: float | None = None) -> None:
        self.run.wish(Wish(self._t_s, wish, for_s))

    def _asked(self, request: Request) -> dict[str, Any]:
        off = self._off(self._t_s)
        if request.action == "recalibrate" and off is not None:
            return {"error": f"The camera is off ({off}), so no baseline can be captured. Resume first."}
        if request.action == "resume":
            self.paused = False
            self._wish("snooze", 0.0)
        elif request.action == "snooze":
            self._wish("snooze", request.seconds or SNOOZE_S)
        elif request.action == "recalibrate":
            self._wish("recalibrate")
        text = DONE[request.action] if request.action in DONE else self._line()
        if request.action == "resume" and (off := self._off(self._t_s)) is not None:
            text = f"Not paused any more; the camera stays off ({off})."
        return {"text": text, "status": self._status()}

    def _answered(self, answer: str) -> None:
        if answer == "recalibrate" and self.pace.off is None:
            self._wish("recalibrate")
        elif answer == "snooze":
            self._wish("snooze", SNOOZE_S)
        elif answer == "exercise" and self.run.summary.exercises:
            self._offer(exercises.by_id(self.run.catalogue, self.run.summary.exercises[-1]))
        self._wish("answer")

    def _offer(self, wanted: Exercise) -> None:
        """The exercise in place of the alert that named it: on the desktop, and its steps in the terminal."""
        coached = f"{wanted.reason} Counted along: posturewatch exercises {wanted.id} --coach"
        self.notifier.show(Notice(self._t_s, "exercise", 2, f"{wanted.name}. {coached}", None))
        self._alerted = False
        say(exercises.text(wanted), self.quiet)

    def _pressed(self, key: str) -> None:
        if key == "p":
            self.paused = not self.paused
        elif key == "r" and self.pace.off is None:
            self._wish("recalibrate")
        elif key == "s":
            self._wish("snooze", SNOOZE_S)
        elif key == "n":
            self._wish("answer")

    def _status(self) -> dict[str, Any]:
        sample = self.run.sample
        return {
            "running": True,
            "pid": os.getpid(),
            "camera": self.camera,
            "camera_off": self._off(self._t_s),
            "paused": self.paused,
            "snoozed_s": round(self.run.monitor.snoozed_s(self._t_s), 1),
            "alerts_wait": self.desk.busy(self._t_s),
            "baseline": self.run.baseline is not None and not self.run.monitor.settling,
            "sample": None if sample is None else as_line(sample),
        }

    def note(self) -> str | None:
        """What the live view says besides the numbers."""
        snoozed_s, off = self.run.monitor.snoozed_s(self._t_s), self._off(self._t_s)
        if off is not None:
            return f"The camera is off: {off}."
        return f"Alerts come again in {terminal.clock(snoozed_s)}." if snoozed_s else None

    def _line(self) -> str:
        return terminal.status(self.run.sample, self._status())
