"""What goes on around a session: on timelines without real time, then one real `watch` on a real desktop's buses."""

import contextlib
import io
import json
import math
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime

import cv2
import figures
import numpy as np
import pytest
from commands import demo_pictures, mistake, run, write_video
from desktop import MOCK, Mocks, bus, mocked, until
from figures import Sitter
from notified import ABILITIES, required
from rich.console import Console

from posturewatch import baseline as baselines
from posturewatch import config, exercises, monitor, preview
from posturewatch.commands import day, practice, watching
from posturewatch.commands.day import Day
from posturewatch.commands.display import Show
from posturewatch.commands.keys import Keys
from posturewatch.commands.running import Session
from posturewatch.config import Settings, with_preset
from posturewatch.estimate.capture import Calibrating, Failed, Started, Startup
from posturewatch.estimate.health import CAMERA_MOVED, QUESTIONS
from posturewatch.files import control
from posturewatch.files.control import Request
from posturewatch.files.lock import held_by
from posturewatch.files.record import Outputs
from posturewatch.frames import Frame, Pace
from posturewatch.history import History
from posturewatch.landmarks import Landmarks
from posturewatch.looking.governor import Governor
from posturewatch.monitor import Moment
from posturewatch.session import Notice
from posturewatch.system.notices import card

STRICT = with_preset(Settings(camera=config.Camera(hfov_deg=figures.HFOV_DEG)), "strict")  # 45 s until an alert
CATALOGUE = exercises.load()
UPRIGHT = replace(figures.landmarks(Sitter()), background=(0.0, 0.0, 0.0))
FORWARD = replace(figures.landmarks(Sitter(cva_drop_deg=20.0)), background=(0.0, 0.0, 0.0))
TILTED = replace(UPRIGHT, background=(0.0, 0.04, 0.1))  # the camera is
NOBODY = Landmarks(0.0, figures.SIZE_PX)
STEP_S, LOOK_S = 0.5, 9.0
IMAGE = np.zeros((480, 640, 3), np.uint8)
NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


def once(function):
    """Works out each drawn picture once: what it says doesn't depend on when it is seen."""
    known = {}

    def remembering(first, *rest):
        parts = (getattr(first, name) for name in first.__slots__ if name != "t_s")
        key = tuple(map(id, (*parts, *rest)))
        if key not in known:
            known[key] = function(first, *rest), first, rest  # all of them live on: no other gets their ids
        return replace(known[key][0], t_s=first.t_s)

    return remembering


@pytest.fixture(scope="module", autouse=True)
def remembered():
    with pytest.MonkeyPatch.context() as patch:
        for name in ("describe", "deviation"):
            patch.setattr(monitor, name, once(getattr(monitor, name)))
        yield


class Desk:
    def __init__(self):
        self.off = self.why_busy = None
        self.on_battery = False
        self.released_s = []
        self.t_s = 0.0

    def poll(self, t_s):
        self.t_s = t_s

    def released(self):
        self.released_s.append(self.t_s)

    def busy(self, t_s):
        return self.why_busy


class Notifier:
    """A desktop's notifications: `shown` is what is to be seen, `told` all that was ever shown."""

    def __init__(self):
        self.shown = None
        self.told, self.pressed, self.unseen = [], [], []
        self.broken = False

    def show(self, notice):
        if notice.level >= 2:
            self.shown = notice
            self.told.append(notice)
            self.unseen += [notice] if self.broken else []

    def withdraw(self):
        self.shown = None

    def press(self, answer):
        assert answer == "dismissed" or answer in dict(card(self.shown).buttons)
        self.shown = None
        self.pressed.append(answer)

    def answers(self, t_s):
        found, self.pressed = self.pressed, []
        return found

    def missed(self):
        found, self.unseen = self.unseen, []
        return found


class Mailbox:
    def __init__(self):
        self.asks, self.answered = [], {}

    def requests(self, now_s):
        found, self.asks = self.asks, []
        return found

    def answer(self, request, fields):
        assert request.action not in self.answered
        self.answered[request.action] = json.loads(json.dumps(fields, allow_nan=False))


class Typist(Keys):
    typed = ""

    def pressed(self):
        found, self.typed = self.typed, ""
        return found


class Eyes:
    """Sees the look that is before the camera."""

    scene = UPRIGHT
    place = None

    def find(self, frame):
        if frame.reason is not None:
            return Landmarks(frame.t_s, (0, 0), reason=frame.reason)
        return replace(self.scene, t_s=frame.t_s)

    def settle(self, place):
        self.place = place


class Office:
    """A day whose camera, desktop and person are played: `at` says what happens when, `play` who sits there."""

    def __init__(self, kept=None, quiet=False, governor=None, window=None, **more):
        self.desk, self.notifier, self.mailbox, self.keys = Desk(), Notifier(), Mailbox(), Typist()
        self.eyes, self.events, self.camera, self.acts = Eyes(), [], [], []
        self.history, _ = History.open(config.data_folder() / "history.sqlite")
        self.kept, self.window = kept, window
        self.pace = governor.pace if governor else Pace(1 / STEP_S)
        quietly = {"busy": lambda t_s: self.desk.busy(t_s) is not None, "catalogue": CATALOGUE, "governed": True}
        self.run = Session(STRICT, "0", 2.0, Outputs(None, None), self.heard, self.eyes, **quietly)
        parts = (self.desk, self.notifier, self.mailbox, self.history, self.keys, "0", kept, quiet)
        self.make = lambda: Day(self.run, self.pace, governor, *parts, **more)
        self.looked_s = -math.inf

    def heard(self, event):
        self.events.append(event)

    def at(self, t_s, act, *words):
        """Just before the picture at t_s."""
        self.acts.append((t_s, lambda: act(*words)))
        return self

    def ask(self, t_s, action, seconds=None):
        return self.at(t_s, lambda: self.mailbox.asks.append(Request(f"{t_s}", action, seconds)))

    def type(self, t_s, keys):
        return self.at(t_s, setattr, self.keys, "typed", keys)

    def play(self, *segments):
        """(seconds, look, or a reason why the picture can't be judged), one after the other."""
        self.day = self.make()
        try:
            self.run.run(self.day.looks(self.stream(segments), self.eyes, self.window), Startup(self.kept))
        finally:
            self.history.close()
        return self

    def stream(self, segments):
        end_s = 0.0
        for seconds, scene in segments:
            begin_s, end_s = end_s, end_s + seconds
            for tick in range(round(begin_s / STEP_S), round(end_s / STEP_S)):
                yield self.frame(tick * STEP_S, scene)

    def frame(self, t_s, scene):
        due, self.acts = [each for each in self.acts if each[0] <= t_s], [each for each in self.acts if each[0] > t_s]
        for _, act in sorted(due, key=lambda each: each[0]):
            act()
        self.camera.append((t_s, self.pace.off))
        if self.pace.off is not None or isinstance(scene, str):
            self.looked_s = -math.inf
            return Frame(t_s, None if self.pace.off or scene == "camera lost" else IMAGE, self.pace.off or scene)
        wanted = self.wanted(t_s, scene)
        self.eyes.scene, self.looked_s = scene, t_s if wanted else self.looked_s
        return Frame(t_s, IMAGE if wanted else None, None)

    def wanted(self, t_s, scene):
        return self.run.monitor.settling or scene is not self.eyes.scene or t_s - self.looked_s >= LOOK_S

    # What came of it

    def off(self):
        """The stretches without the camera: why, first and last picture."""
        found = []
        for t_s, why in self.camera:
            if why is not None and found and found[-1][0] == why and t_s - found[-1][2] <= STEP_S:
                found[-1][2] = t_s
            elif why is not None:
                found.append([why, t_s, t_s])
        return [tuple(each) for each in found]

    def samples(self):
        return [event.sample for event in self.events if isinstance(event, Moment)]

    def sample(self, t_s):
        return next(sample for sample in self.samples() if sample.t_s >= t_s)

    def told(self):
        return [(event.t_s, event.kind, event.level) for event in self.events if isinstance(event, Notice)]

    def status(self):
        return self.mailbox.answered["status"]["status"]


@pytest.fixture(scope="module")
def kept():
    return figures.baseline()


@pytest.fixture
def office(kept):
    return Office(kept)


def alerted(office, *, then=(20, FORWARD)):
    """Forward until there is an alert, at ALERT_S, and on."""
    return office.play((10, UPRIGHT), (ALERT_S - 10, FORWARD), then)


ALERT_S = 56.0  # 10 s upright, 45 s in the posture, on the safe side


# The camera is let go, and taken again


def lock(office, t_s, off):
    return office.at(t_s, setattr, office.desk, "off", off)


@pytest.mark.parametrize("why", ["screen locked", "lid closed", "going to sleep"])
def test_the_camera_is_off_with_the_next_picture_after_the_desktop_says_so_and_back_likewise(office, why):
    lock(office, 20.0, why)
    lock(office, 30.0, None)
    office.play((40, UPRIGHT))
    assert office.off() == [(why, 20.5, 30.0)]


def test_a_sleep_waits_until_the_camera_is_off_and_is_let_go_on_every_round_without_it(office):
    lock(office, 20.0, "going to sleep")
    lock(office, 22.0, None)
    office.play((30, UPRIGHT))
    assert office.desk.released_s == [20.5, 21.0, 21.5]  # at 20 it was still on


def test_a_sleep_behind_a_locked_screen_finds_the_camera_off(office):
    lock(office, 20.0, "screen locked")
    lock(office, 22.0, "going to sleep")
    lock(office, 23.0, None)
    office.play((25, UPRIGHT))
    assert office.desk.released_s == [20.5, 21.0, 21.5, 22.0, 22.5]
    assert office.off() == [("screen locked", 20.5, 22.0), ("going to sleep", 22.5, 23.0)]


def test_a_lost_camera_or_a_dark_picture_releases_no_sleep(office):
    office.play((10, UPRIGHT), (5, "camera lost"), (5, "too dark"))
    assert office.desk.released_s == []


def test_a_camera_that_gives_a_broken_picture_just_then_is_still_to_be_let_go(office):
    lock(office, 12.0, "going to sleep")
    office.play((10, UPRIGHT), (3, "camera lost"))
    assert office.desk.released_s == [12.5]


def test_a_coach_has_the_camera_within_a_second_and_a_half_and_as_long_as_it_needs_it(office):
    coach = practice.coach_lock().hold(print, lambda _s: None)
    office.at(20.2, coach.__enter__).at(30.2, coach.__exit__, None, None, None)
    office.play((40, UPRIGHT))
    [(why, from_s, to_s)] = office.off()
    assert why == "exercise"
    assert 20.2 < from_s <= 20.2 + 2.0
    assert 30.2 < to_s <= 30.2 + 2.0


def test_a_watch_that_begins_behind_a_locked_screen_or_beside_a_coach_never_opens_the_camera(kept):
    locked = Office(kept)
    locked.desk.off = "screen locked"
    lock(locked, 5.0, None)
    locked.play((10, UPRIGHT))
    assert locked.off() == [("screen locked", 0.0, 5.0)]
    with practice.coach_lock().hold(print, lambda _s: None):
        assert Office(kept).play((5, UPRIGHT)).off() == [("exercise", 0.0, 4.5)]


def test_all_clocks_stand_still_while_the_camera_is_off(office):
    lock(office, 40.0, "screen locked")
    lock(office, 640.0, None)
    office.play((10, UPRIGHT), (640, FORWARD))
    before, after = office.sample(40.0), office.sample(640.0)
    assert (before.state, after.state, after.reason) == ("forward_head", "unknown", "screen locked")
    assert after.dose == pytest.approx(before.dose, abs=0.01)
    assert after.still_s == pytest.approx(before.still_s, abs=1.0)


def test_the_minute_is_on_disk_before_a_sleep_that_may_become_a_shutdown(office):
    def minutes():
        other, _ = History.open(config.data_folder() / "history.sqlite")
        with contextlib.closing(other):
            written.append(sum(sum(each.seconds.values()) for each in other.minutes()))

    written = []
    lock(office, 20.0, "going to sleep")
    office.at(19.9, minutes).at(20.4, minutes)
    office.play((30, UPRIGHT))
    assert written == [0.0, pytest.approx(19.5, abs=0.6)]


class Told:
    """What a governor is told, at a rate of its own."""

    def __init__(self):
        self.pace = Pace(1 / STEP_S)
        self.everything = self.on_battery = None
        self.rows, self.places, self.forgot = [], [], 0

    def sit(self, place):
        self.places.append(place)

    def forget(self):
        self.forgot += 1

    def heed(self, t_s, soon_s, away, sure):
        self.rows.append((t_s, self.everything, self.on_battery, away, sure, soon_s))


def test_the_governor_is_told_who_sits_where_what_is_open_and_when_something_is_due(kept):
    governor = Told()
    office = Office(kept, governor=governor)
    lock(office, 30.0, "screen locked")
    lock(office, 32.0, None)
    office.at(25.0, setattr, office.desk, "on_battery", True)
    office.play((10, UPRIGHT), (10, FORWARD), (10, NOBODY), (10, UPRIGHT), (4, replace(UPRIGHT, face=None)))
    x, y, size = kept.place
    assert governor.places == [(x / 640, y / 640, size / 640)]
    assert governor.forgot == 5  # the pictures without a camera, and what was seen before the baseline
    rows = {row[0]: row[1:] for row in governor.rows}
    assert [rows[t_s][0] for t_s in (0.0, 4.0, 6.0, 30.0)] == [True, True, False, False]  # settled after 5 s
    assert [rows[t_s][1] for t_s in (24.0, 26.0)] == [False, True]
    assert [rows[t_s][2] for t_s in (9.0, 22.0, 25.0, 35.0)] == [False, False, True, False]
    assert [rows[t_s][3] for t_s in (9.0, 29.5, 31.0, 43.0)] == [True, True, False, False]
    assert rows[12.0][4] == pytest.approx(8.0, abs=0.6)  # the posture counts 10 s after it began
    assert len(governor.rows) == 88


def test_while_a_baseline_is_captured_the_governor_looks_at_everything(kept):
    governor = Told()
    Office(kept, governor=governor).type(20.0, "r").play((40, UPRIGHT))
    everything = {row[0]: row[1] for row in governor.rows}
    assert [everything[t_s] for t_s in (19.0, 20.5, 29.0, 31.0)] == [False, True, True, False]


class Governed(Office):
    """What is looked at is the governor's choice; nothing moves."""

    def __init__(self, kept):
        super().__init__(kept, governor=Governor(2.0))
        self.looked = []

    def wanted(self, t_s, scene):
        wanted = self.pace.wants(t_s, np.zeros((60, 80), np.uint8))
        self.looked += [t_s] if wanted else []
        return wanted


def test_the_first_picture_of_a_camera_that_is_back_is_looked_at(kept):
    office = Governed(kept)
    lock(office, 22.0, "lid closed")
    lock(office, 24.0, None)
    office.play((30, UPRIGHT))
    assert [t_s for t_s in office.looked if t_s > 22.0] == [24.5]
    assert [t_s for t_s in office.looked if t_s < 5.0] == [tick * STEP_S for tick in range(10)]  # to know the baseline
    assert len([t_s for t_s in office.looked if 6.0 < t_s < 22.0]) <= 2


# Notifications


def test_an_alert_is_shown_and_withdrawn_as_soon_as_the_position_has_changed(office):
    alerted(office, then=(15, UPRIGHT))
    [notice] = office.notifier.told
    assert (notice.kind, notice.level) == ("posture", 2)
    assert 53.0 < notice.t_s < ALERT_S
    assert office.notifier.shown is None


def test_an_alert_that_nobody_reacts_to_stays_and_becomes_a_sound_after_two_minutes(office):
    alerted(office, then=(130, FORWARD))
    assert [notice.level for notice in office.notifier.told] == [2, 3]
    assert office.notifier.shown.level == 3


def test_the_quiet_sign_is_no_notification(office):
    office.play((10, UPRIGHT), (30, FORWARD))
    assert office.told()[0][1:] == ("posture", 1)
    assert office.notifier.told == []


@pytest.mark.parametrize("answer", ["later", "dismissed", "snooze"])
def test_an_alert_that_is_answered_makes_no_sound(office, answer):
    office.at(ALERT_S + 5, office.notifier.press, answer)
    office.ask(ALERT_S + 10, "status")
    alerted(office, then=(135, FORWARD))
    assert [level for t_s, _, level in office.told() if t_s < ALERT_S + 125] == [1, 2]
    assert office.status()["snoozed_s"] == (1795.0 if answer == "snooze" else 0.0)


def test_the_button_exercise_prints_the_exercise_that_was_suggested(office, capsys):
    office.at(ALERT_S + 5, lambda: office.notifier.press("exercise"))
    alerted(office, then=(130, FORWARD))
    notice, offered = office.notifier.told
    assert (offered.kind, offered.exercise) == ("exercise", None)
    assert offered.message.endswith(f"posturewatch exercises {notice.exercise} --coach")
    assert (
        exercises.text(exercises.by_id(CATALOGUE, notice.exercise)).split()[:8] == capsys.readouterr().out.split()[:8]
    )
    assert [level for t_s, _, level in office.told()] == [1, 2]  # it is an answer


def test_the_button_recalibrate_captures_a_baseline(office):
    office.at(35.0, lambda: office.notifier.press("recalibrate"))
    office.play((15, UPRIGHT), (35, TILTED))
    assert [event.captured for event in office.events if isinstance(event, Started)] == [False, True]
    assert office.sample(49.0).state == "upright"


@pytest.mark.parametrize("why", ["paused", "screen locked"])
def test_an_alert_goes_away_with_the_camera_and_is_done_with(office, why):
    shown = []
    if why == "paused":
        office.ask(ALERT_S + 5, "pause").ask(ALERT_S + 35, "resume")
    else:
        lock(office, ALERT_S + 5, why)
        lock(office, ALERT_S + 35, None)
    office.at(ALERT_S + 4, lambda: shown.append(office.notifier.shown is not None))
    office.at(ALERT_S + 5.5, lambda: shown.append(office.notifier.shown is not None))
    alerted(office, then=(150, FORWARD))
    assert shown == [True, False]
    assert office.notifier.shown is None
    assert [level for t_s, _, level in office.told()] == [1, 2]


def test_an_alert_goes_away_when_alerts_are_snoozed_by_a_command(office):
    office.ask(ALERT_S + 5, "snooze", 600.0)
    alerted(office)
    assert office.notifier.told != []
    assert office.notifier.shown is None


def test_alerts_wait_while_the_desktop_is_busy_and_come_after_it(office):
    office.desk.why_busy = "microphone in use"
    office.at(80.0, setattr, office.desk, "why_busy", None)
    alerted(office, then=(40, FORWARD))
    assert [t_s for t_s, _, level in office.told() if level == 2] == [pytest.approx(80.0, abs=STEP_S)]


@pytest.mark.parametrize("quiet", [False, True])
def test_a_notice_that_cannot_be_shown_rings_the_bell_unless_it_is_to_be_quiet(kept, monkeypatch, quiet):
    rung = []
    monkeypatch.setattr(day.out, "bell", lambda: rung.append(1))
    office = Office(kept, quiet=quiet)
    office.notifier.broken = True
    alerted(office)
    assert len(rung) == (0 if quiet else 1)


# The question about the baseline


def test_a_moved_camera_is_asked_about_and_no_alert_comes_until_it_is_as_before(office):
    seen = []
    office.at(49.9, lambda: seen.append(office.notifier.shown))
    moved = replace(FORWARD, background=TILTED.background)
    office.play((15, UPRIGHT), (15, TILTED), (60, moved), (10, UPRIGHT))
    assert [(notice.kind, notice.message) for notice in office.notifier.told] == [("baseline", QUESTIONS[CAMERA_MOVED])]
    assert office.notifier.told[0].t_s == pytest.approx(15 + 12, abs=1.0)
    assert seen == office.notifier.told
    assert [button for button, _ in card(seen[0]).buttons] == ["recalibrate", "later"]
    assert office.notifier.shown is None
    assert [kind for _, kind, _ in office.told()] == ["baseline"]
    assert office.sample(85.0).reason == CAMERA_MOVED
    assert office.sample(99.0).reason is None


def test_a_question_goes_away_with_the_camera_and_is_there_again_with_it(office):
    seen = []
    for t_s in (39.9, 41.0, 50.9, 52.0):
        office.at(t_s, lambda: seen.append(None if office.notifier.shown is None else office.notifier.shown.kind))
    lock(office, 40.0, "screen locked")
    lock(office, 50.0, None)
    office.play((15, UPRIGHT), (40, TILTED))
    assert seen == ["baseline", None, "baseline", "baseline"]


def test_a_question_that_was_answered_is_not_shown_again_with_the_camera(office):
    office.at(35.0, lambda: office.notifier.press("later"))
    lock(office, 40.0, "screen locked")
    lock(office, 50.0, None)
    office.play((15, UPRIGHT), (40, TILTED))
    assert len(office.notifier.told) == 1


# What is asked of it


def test_the_status_has_everything_and_is_plain_json(office):
    office.desk.why_busy = "full screen"
    office.ask(30.0, "snooze", 600.0).ask(40.0, "status")
    office.play((10, UPRIGHT), (35, FORWARD))
    answer = office.mailbox.answered["status"]
    status = dict(answer["status"])
    sample, pid = status.pop("sample"), status.pop("pid")
    assert status == {
        "running": True,
        "camera": "0",
        "camera_off": None,
        "paused": False,
        "snoozed_s": 590.0,
        "alerts_wait": "full screen",
        "baseline": True,
    }
    assert pid > 0
    assert (sample["state"], sample["reason"], sample["view"]) == ("forward_head", None, "front")
    assert sample["forward_head_deg"] == pytest.approx(20.0, abs=4.0)
    assert answer["text"].startswith(f"Forward head for 0:29; head forward {sample['forward_head_deg']:.0f}° ± ")
    assert "; alerts come again in 9:50. Watching 0, pid" in answer["text"]


def test_a_status_before_the_first_baseline_says_that_it_looks_for_one():
    office = Office().ask(0.0, "status").play((5, UPRIGHT))
    assert office.mailbox.answered["status"]["text"].startswith("Looking for your upright posture.")
    assert office.status()["baseline"] is False
    assert office.status()["sample"] is None


def test_a_number_that_is_none_is_null_in_the_status(office):
    office.at(20.0, lambda: setattr(office.run, "sample", replace(office.run.sample, turn_deg=math.nan)))
    office.ask(20.0, "status").play((25, UPRIGHT))
    assert office.status()["sample"]["turn_deg"] is None


def test_a_pause_is_answered_once_the_camera_is_off(office):
    office.ask(20.0, "pause")
    office.at(20.4, lambda: seen.append(dict(office.mailbox.answered))).ask(20.6, "status").ask(30.0, "resume")
    seen = []
    office.play((40, UPRIGHT))
    assert seen == [{}]
    answers = office.mailbox.answered
    assert answers["pause"]["text"] == "Paused: the camera is off. `posturewatch resume` goes on."
    assert (answers["pause"]["status"]["camera_off"], answers["pause"]["status"]["paused"]) == ("paused", True)
    assert answers["status"]["text"].startswith("Camera off: paused. Watching 0, pid")
    assert answers["resume"]["text"] == "Watching again."
    assert (answers["resume"]["status"]["camera_off"], answers["resume"]["status"]["paused"]) == (None, False)
    assert office.off() == [("paused", 20.5, 30.0)]


def test_a_pause_that_is_taken_back_at_once_is_answered_too(office):
    office.ask(20.0, "pause").type(20.0, "p").play((25, UPRIGHT))
    assert "pause" in office.mailbox.answered
    assert office.off() == []


def test_a_pause_behind_a_locked_screen_is_answered_at_once_and_outlasts_it(office):
    lock(office, 20.0, "screen locked")
    lock(office, 24.0, None)
    office.ask(22.0, "pause").at(22.1, lambda: seen.append("pause" in office.mailbox.answered))
    seen = []
    office.play((30, UPRIGHT))
    assert seen == [True]
    assert office.off() == [("screen locked", 20.5, 22.0), ("paused", 22.5, 29.5)]


def test_resume_says_when_the_camera_stays_off_all_the_same(office):
    office.ask(10.0, "pause").ask(20.0, "resume")
    lock(office, 15.0, "screen locked")
    office.play((25, UPRIGHT))
    answer = office.mailbox.answered["resume"]
    assert answer["text"] == "Not paused any more; the camera stays off (screen locked)."
    assert answer["status"]["camera_off"] == "screen locked"


def test_a_snooze_holds_alerts_back_for_its_length_and_resume_ends_it(office):
    office.ask(20.0, "snooze", 3600.0).ask(80.0, "resume")
    alerted(office, then=(40, FORWARD))
    answers = office.mailbox.answered
    assert answers["snooze"]["text"] == "No alerts for a while; they come again by themselves."
    assert answers["snooze"]["status"]["snoozed_s"] == 3600.0
    assert answers["resume"]["status"]["snoozed_s"] == 0.0
    assert [t_s for t_s, _, level in office.told() if level == 2] == [pytest.approx(80.0, abs=STEP_S)]
    short = Office(figures.baseline()).ask(40.0, "snooze", 60.0)
    alerted(short, then=(60, FORWARD))
    assert [t_s for t_s, _, level in short.told() if level == 2] == [pytest.approx(100.0, abs=STEP_S)]


@pytest.mark.parametrize("why", ["paused", "screen locked"])
def test_no_baseline_is_captured_without_a_camera(office, why):
    if why == "paused":
        office.type(20.0, "p")
    else:
        lock(office, 20.0, why)
    office.ask(25.0, "recalibrate").type(26.0, "r")
    office.play((30, UPRIGHT))
    assert office.mailbox.answered["recalibrate"] == {
        "error": f"The camera is off ({why}), so no baseline can be captured. Resume first."
    }
    assert not any(isinstance(event, Calibrating) for event in office.events)


def test_a_recalibration_that_is_asked_for_keeps_the_new_baseline_and_the_one_before_beside_it(office, kept):
    place = baselines.folder() / baselines.file_name("0", kept)
    baselines.save(place, kept, "0")
    office.ask(20.0, "recalibrate").ask(25.0, "status")
    office.play((20, UPRIGHT), (20, FORWARD))
    assert office.mailbox.answered["recalibrate"]["text"].startswith("Sit as you want to sit")
    assert office.status()["baseline"] is False
    new, before = (baselines.load(each)[0] for each in (place, place.with_name(f"{place.name}.before")))
    assert baselines.as_dict(before) == baselines.as_dict(kept)
    assert baselines.as_dict(new) == baselines.as_dict(office.run.baseline)
    assert baselines.as_dict(new) != baselines.as_dict(kept)
    assert office.eyes.place == new.place
    assert office.sample(39.0).state == "upright"  # as they want to sit


def test_a_field_of_view_that_was_measured_is_kept_with_the_next_baseline(kept):
    measured = replace(kept, hfov_error_deg=4.0)
    Office(measured).type(10.0, "r").play((30, UPRIGHT))
    assert baselines.load(baselines.folder() / baselines.file_name("0", kept))[0].hfov_error_deg == 4.0


def test_where_no_baseline_can_be_kept_it_is_said_and_watching_goes_on(capsys):
    config.data_folder().mkdir(parents=True)
    office = Office()
    baselines.folder().write_text("no folder")
    office.play((40, UPRIGHT))
    assert "Cannot keep the baseline" in capsys.readouterr().err
    assert office.sample(39.0).state == "upright"


# Keys


def test_the_keys_do_what_the_commands_do(office):
    office.type(20.0, "p").type(25.0, "p").type(30.0, "s").ask(31.0, "status").type(40.0, "r")
    office.play((60, UPRIGHT))
    assert office.off() == [("paused", 20.5, 25.0)]
    assert office.status()["snoozed_s"] == 1799.0
    assert [event.captured for event in office.events if isinstance(event, Started)] == [False, True]


def test_the_key_n_answers_an_alert(office):
    office.type(ALERT_S + 5, "n")
    alerted(office, then=(130, FORWARD))
    assert [level for _, _, level in office.told()] == [1, 2]
    assert office.notifier.shown is None


def test_other_keys_do_nothing(office):
    office.type(10.0, "xq\x1b[A ").play((15, UPRIGHT))
    assert office.off() == []


# Exercises


def test_an_exercise_that_was_done_elsewhere_takes_the_dose_away_and_one_that_was_broken_off_does_not(office):
    def practised(done):
        other, _ = History.open(config.data_folder() / "history.sqlite")
        with contextlib.closing(other):
            other.exercise_done("alternate-head-turns", done, {"left": 5, "right": 5}, NOON)

    office.at(25.0, practised, False).at(45.0, practised, True)
    office.play((10, UPRIGHT), (50, FORWARD))
    assert office.sample(44.0).dose == pytest.approx(34 / 45, abs=0.05)
    assert office.sample(52.0).dose < 0.2


# The screen


class View:
    def __init__(self):
        self.drawn = []

    def update(self, what):
        console = Console(width=100, file=io.StringIO())
        console.print(what)
        self.drawn.append(console.file.getvalue())

    def bell(self): ...


def shown(office, t_s):
    """The live view at t_s."""
    return next(text for at_s, text in zip(office.drawn_s, office.view.drawn, strict=True) if at_s >= t_s)


@pytest.fixture
def viewed(kept):
    office = Office(kept)
    office.view, office.drawn_s = View(), []
    show = Show(STRICT, "0", False, office.view, keys=watching.KEYS)

    def heard(event):
        office.events.append(event)
        show(event)
        office.drawn_s += [office.desk.t_s] * (len(office.view.drawn) - len(office.drawn_s))

    office.run.show = heard
    make = office.make

    def made():
        day = make()
        show.note = day.note
        return day

    office.make = made
    return office


def test_the_live_view_names_the_keys_on_one_line_and_says_why_the_camera_is_off_and_that_alerts_are(viewed):
    viewed.type(20.0, "p").type(30.0, "p").type(40.0, "s")
    lock(viewed, 50.0, "lid closed")
    viewed.play((60, UPRIGHT))
    assert all(watching.KEYS in text for text in viewed.view.drawn)
    assert "camera is off" not in shown(viewed, 15.0)
    assert "Alerts" not in shown(viewed, 15.0)
    assert "The camera is off: paused." in shown(viewed, 21.0)
    assert "camera is off" not in shown(viewed, 35.0)
    assert "Alerts come again in 29:55." in shown(viewed, 45.0)
    assert "The camera is off: lid closed." in shown(viewed, 55.0)


def test_an_estimate_that_only_grows_older_is_drawn_once_a_second_and_a_new_one_at_once(viewed):
    viewed.play((15.5, UPRIGHT), (4.5, FORWARD))
    drawn_s = [t_s for t_s in viewed.drawn_s if 10.0 <= t_s < 18.0]
    assert drawn_s == [10.0, 11.0, 12.0, 13.0, 14.0, 15.0, 15.5, 16.0, 17.0]


class Window:
    def __init__(self, until_s=math.inf):
        self.pictures = []
        self.until = until_s

    def show(self, image):
        self.pictures.append(image)
        return len(self.pictures) < self.until


def test_the_window_shows_every_picture_and_its_end_is_the_end(kept):
    office = Office(kept, window=Window(8)).play((30, UPRIGHT))
    assert len(office.window.pictures) == 8
    assert office.samples()[-1].t_s < 10.0


def test_a_window_is_kept_alive_while_the_camera_is_off(kept, monkeypatch):
    reasons = []
    monkeypatch.setattr(preview, "draw", lambda image, found, *_: reasons.append(found.reason))
    office = lock(Office(kept, window=Window()), 10.0, "screen locked")
    office.play((12, UPRIGHT))
    assert reasons[-3:] == ["screen locked"] * 3


def test_the_window_draws_a_picture_of_before_with_why_there_is_none_now(kept):
    office = lock(Office(kept, window=Window()), 10.0, "screen locked")
    office.play((25, UPRIGHT))
    assert office.window.pictures[-1].shape == IMAGE.shape


def test_what_a_capture_says_is_shown(kept):
    office = Office().play((15, UPRIGHT))
    assert not any(isinstance(event, Failed) for event in office.events)
    assert [event.captured for event in office.events if isinstance(event, Started)] == [True]


# One real watch


SYSTEM_PARTS = ("XDG_RUNTIME_DIR", "DISPLAY", "WAYLAND_DISPLAY", "XDG_CURRENT_DESKTOP", "PULSE_SERVER")
PATIENT_S = 30.0  # chosen: a machine that is busy with others is no reason to fail
HASTY = """
[watch]
rate_hz = 5

[posture.forward_head]
enter_dwell_s = 0
limit_s = 5
"""
NOTIFICATIONS, NOTIFICATIONS_PATH = "org.freedesktop.Notifications", "/org/freedesktop/Notifications"


def status():
    return json.loads(run("status", "--json").stdout)


def within(true):
    """How long it took (s)."""
    start_s = time.monotonic()
    until(true, PATIENT_S)
    return time.monotonic() - start_s


class Desktop(Mocks):
    def offers_buttons(self):
        words = MOCK, "AddTemplate", "sa{sv}", "notification_daemon", {"capabilities": ("s", ABILITIES)}
        self.session.call(NOTIFICATIONS, NOTIFICATIONS_PATH, MOCK, "Reset")
        self.session.call(NOTIFICATIONS, NOTIFICATIONS_PATH, *words)

    def notified(self):
        """Each notification that was sent: title, body, buttons."""
        calls = self.session.call(NOTIFICATIONS, NOTIFICATIONS_PATH, MOCK, "GetMethodCalls", "s", "Notify")
        found = ([each[1] for each in words] for _, words in calls)
        return {number: (words[3], words[4], words[5]) for number, words in enumerate(found, 1)}

    def press(self, answer):
        words = NOTIFICATIONS, "ActionInvoked", "us", [("u", 1), ("s", answer)]
        self.session.call(NOTIFICATIONS, NOTIFICATIONS_PATH, MOCK, "EmitSignal", "sssav", *words)


@contextlib.contextmanager
def services(folder):
    """logind on one bus, notifications and a screen saver on the other; their addresses are the environment's."""
    required()
    with contextlib.ExitStack() as stack:
        system, session = folder / "system", folder / "session"
        for each in (system, session):
            stack.enter_context(bus(each))
        for template, where in (("logind", system), ("gnome_screensaver", session), ("notification_daemon", session)):
            stack.enter_context(mocked(template, where))
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        for name in SYSTEM_PARTS:
            patch.delenv(name, raising=False)
        for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "HOME"):
            patch.setenv(name, str(folder / name.lower()))
        patch.setenv("XDG_SESSION_ID", "c1")
        patch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={system}")
        patch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={session}")
        found = Desktop(system, session)
        until(lambda: found.session.owned(NOTIFICATIONS), PATIENT_S)
        found.offers_buttons()
        yield found


def recorded(folder, start_s, end_s):
    """Part of the demo as a webcam gives it."""
    pictures = [cv2.resize(picture, (640, 480)) for picture in demo_pictures(start_s, end_s)[::2]]
    return write_video(folder / f"from{start_s}.avi", pictures, 5.0)


def begun(video, log):
    command = sys.executable, "-m", "posturewatch", "watch", "--camera", str(video), "--loop"
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)


def keep_upright(folder, video):
    """The baseline is the upright part's, the camera the other's."""
    upright = recorded(folder, 0, 3)
    assert run("calibrate", "--video", upright, "--window", "0-2").exit_code == 0
    [path] = baselines.folder().glob("*.json")
    found, _ = baselines.load(path)
    path.unlink()
    place = baselines.folder() / baselines.file_name(str(video), found)
    baselines.save(place, found, str(video))
    return place


@pytest.fixture(scope="module")
def lived(tmp_path_factory):
    """What one watch answered and did, from its start to kill -9 and after it."""
    folder = tmp_path_factory.mktemp("watch")
    with services(folder) as mocks, (folder / "log").open("w+") as log:
        video = recorded(folder, 36, 41)  # forward
        place = keep_upright(folder, video)
        config.default_path().parent.mkdir(parents=True, exist_ok=True)
        config.default_path().write_text(HASTY)
        first = begun(video, log)
        try:
            found = {"pid": first.pid, "place": place, **live(mocks, place)}
            first.kill()
            first.wait()
            found["after"] = mistake(run("status"))
            second = begun(video, log)
            try:
                found["anew_s"] = within(lambda: held_by(control.watch_lock().path) == second.pid)
            finally:
                second.kill()
                second.wait()
        finally:
            first.kill()
        log.seek(0)
        yield {**found, "log": log.read()}


def live(mocks, place):
    """One after the other, as each needs the camera."""
    found = {}
    until(lambda: run("status").exit_code == 0, PATIENT_S)
    found["second"] = mistake(run("watch", "--camera", "nothing.avi"))
    found["snoozed"] = run("snooze", "30m").stdout, status()["snoozed_s"], run("resume").stdout
    shown = {}
    until(lambda: shown.update(mocks.notified()) or shown, PATIENT_S)
    found["shown"], found["line"], found["status"] = shown, run("status").stdout, status()
    mocks.press("snooze")
    found["answered_s"] = within(lambda: status()["snoozed_s"])
    found["resumed"] = run("resume").stdout, status()["snoozed_s"]
    found["inhibitors"] = [mocks.sleep_inhibitors()]
    for name, (begin, end) in switches(mocks).items():
        begin()
        off_s = within(lambda: status()["camera_off"])
        why = status()["camera_off"]
        found["inhibitors"].append(mocks.sleep_inhibitors())
        end()
        found[name] = why, off_s, within(lambda: status()["camera_off"] is None)
    until(mocks.sleep_inhibitors, PATIENT_S)
    found["paused"] = run("pause").stdout, status(), run("resume").stdout
    found["recalibrating"] = run("recalibrate").stdout, run("status").stdout
    found["captured_s"] = within(lambda: place.with_name(f"{place.name}.before").exists())
    until(lambda: status()["baseline"], PATIENT_S)
    return found


def switches(mocks):
    """What takes the camera away, and what gives it back."""
    coach = practice.coach_lock().hold(print, time.sleep)
    return {
        "lock": (lambda: mocks.told("Lock"), lambda: mocks.told("Unlock")),
        "sleep": tuple(
            (lambda asleep=asleep: mocks.signal("PrepareForSleep", "b", ("b", asleep))) for asleep in (True, False)
        ),
        "coach": (coach.__enter__, lambda: coach.__exit__(None, None, None)),
    }


def test_a_running_watch_tells_how_it_stands(lived):
    fields = lived["status"]
    assert (fields["running"], fields["pid"], fields["paused"], fields["camera_off"]) == (
        True,
        lived["pid"],
        False,
        None,
    )
    assert fields["sample"]["state"] == "forward_head"
    assert lived["line"].startswith("Forward head for 0:0")
    assert f"pid {lived['pid']}" in lived["line"]
    assert "Traceback" not in lived["log"]


def test_a_second_watch_is_refused_with_the_first_ones_pid(lived):
    assert f"A watch is already running (pid {lived['pid']})" in lived["second"]


def test_an_alert_is_the_desktops_notification_and_its_button_snoozes(lived):
    [(title, body, buttons)] = lived["shown"].values()
    assert title == "Time for another position"
    assert body.startswith("Your head has been forward for ")
    assert buttons[::2] == ["exercise", "snooze", "later"]
    assert lived["resumed"] == ("Watching again.\n", 0.0)


@pytest.mark.parametrize(
    ("name", "why"), [("lock", "screen locked"), ("sleep", "going to sleep"), ("coach", "exercise")]
)
def test_a_lock_a_sleep_and_a_coach_take_the_camera_within_two_seconds_and_give_it_back(lived, name, why):
    told, off_s, on_s = lived[name]
    assert told == why
    assert off_s < 4  # 2 with the time that asking takes on a busy machine
    assert on_s < 4


def test_a_sleep_is_held_up_until_the_camera_is_off_and_no_longer(lived):
    ours = ("sleep", "posturewatch", "delay")
    before, locked, asleep, coached = lived["inhibitors"]
    assert ours in before
    assert ours in locked
    assert ours not in asleep
    assert ours in coached


def test_pause_resume_and_snooze_are_answered_and_done(lived):
    told, fields, resumed = lived["paused"]
    assert told == "Paused: the camera is off. `posturewatch resume` goes on.\n"
    assert (fields["camera_off"], fields["paused"]) == ("paused", True)
    assert resumed == "Watching again.\n"
    assert lived["snoozed"][0].startswith("No alerts")
    assert 1795 < lived["snoozed"][1] <= 1800


def test_recalibrate_leaves_a_new_baseline_and_the_one_before(lived):
    told, line = lived["recalibrating"]
    assert told.startswith("Sit as you want to sit")
    assert line.startswith("Looking for your upright posture")
    place = lived["place"]
    new, before = (baselines.load(each)[0] for each in (place, place.with_name(f"{place.name}.before")))
    assert new.front.depth_mm != before.front.depth_mm
    assert place.stat().st_mode & 0o777 == 0o600


def test_after_a_kill_there_is_no_watch_and_a_new_one_starts_at_once(lived):
    assert "No watch is running" in lived["after"]
    assert lived["anew_s"] < 5
