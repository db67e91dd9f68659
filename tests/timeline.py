"""Timelines: seconds of one posture after the other, as looks at any rate through the rules of time."""

from dataclasses import dataclass

import pytest

from posturewatch.alerts import Alert, Alerts
from posturewatch.chain import Deviation
from posturewatch.config import Settings
from posturewatch.holds import Clocks, Holds
from posturewatch.posture import Posture, PostureState, Transition

RATES_HZ = (2, 5, 30)
at_every_rate = pytest.mark.parametrize("rate_hz", RATES_HZ)

UPRIGHT = {
    "forward_head_deg": 0.0,
    "head_drop_cm": 0.0,
    "sink_cm": 0.0,
    "neck_flexion_deg": 0.0,
    "side_bend_deg": 0.0,
    "turn_deg": 0.0,
}
FORWARD = {**UPRIGHT, "forward_head_deg": 15.0}
SLUMPED = {**UPRIGHT, "head_drop_cm": 8.0}
DOWN = {**UPRIGHT, "neck_flexion_deg": 22.0}
TURNED = {**UPRIGHT, "turn_deg": 45.0}
NOBODY = {"nobody": True}
UNTOLD = {"reason": "too dark"}


@dataclass(frozen=True)
class Look:
    dev: Deviation
    transitions: list[Transition]
    state: PostureState
    clocks: Clocks
    alerts: list[Alert]


class Desk:
    """Posture, holds and alerts behind one another."""

    def __init__(self, settings=None):
        settings = settings or Settings()
        self.posture = Posture(settings.posture, settings.hold)
        self.holds = Holds(settings.posture, settings.dose, settings.still, settings.seated)
        self.alerts = Alerts(settings.alerts, settings.still.limit_s, settings.seated.limit_s)

    def look(self, dev, quiet=False):
        transitions = self.posture.update(dev)
        state = self.posture.current
        clocks = self.holds.update(dev, state)
        return Look(dev, transitions, state, clocks, self.alerts.update(dev, state, clocks, lambda: quiet))


def fidgets(t_s):
    """A head that changes its place every minute, so that the still clock keeps out of it."""
    return (5.0 if int(t_s // 60) % 2 else 0.0, 0.0, 60.0)


def looks(rate_hz, *segments, from_s=0.0):
    """The deviations of segments (seconds, fields), each without its end, and one at the very end."""
    found, start_s, at = [], 0.0, 0
    for seconds, fields in segments:
        while at / rate_hz < start_s + seconds:
            found.append(_dev(from_s + at / rate_hz, fields))
            at += 1
        start_s += seconds
    return [*found, _dev(from_s + at / rate_hz, segments[-1][1])]


def _dev(t_s, fields):
    if fields.keys() & UPRIGHT.keys() and "head_cm" not in fields:
        return Deviation(t_s, head_cm=fidgets(t_s), **fields)
    return Deviation(t_s, **fields)


def run(rate_hz, *segments, settings=None):
    desk = Desk(settings)
    return [desk.look(dev) for dev in looks(rate_hz, *segments)]


def transitions(played):
    return [transition for look in played for transition in look.transitions]


def alerts(played, *levels):
    return [alert for look in played for alert in look.alerts if not levels or alert.level in levels]


def at(played, t_s):
    """The look at t_s."""
    return next(look for look in played if look.dev.t_s >= t_s - 1e-6)
