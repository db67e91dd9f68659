"""Landmarks of noise, and recordings written and read as the tests of both do."""

import json

import numpy as np

from posturewatch.files.record import Recorder
from posturewatch.files.replay import read_landmarks
from posturewatch.landmarks import Face, Landmarks
from posturewatch.posture import Transition
from posturewatch.session import Notice

HEADER = {"source": "0", "rate_hz": 5.0, "hfov_deg": 70.0, "settings": {}}
TRANSITION = Transition(20.0, 10.0, "upright", "forward_head")
NOTICE = Notice(610.0, "posture", 2, "Your head has been forward for 10 minutes.", "alternate-head-turns")
NOTHING = Landmarks(0.0, (640, 480))


def found(seed, t_s=0.0, world=True, face=True):
    """Landmarks of noise, rounded as landmarks.py rounds the models'."""
    random = np.random.default_rng(seed)
    return Landmarks(
        t_s,
        (640, 480),
        random.normal(300, 200, (33, 4)).round(3),
        random.normal(0, 1, (33, 3)).round(5) if world else None,
        Face(random.normal(0, 20, (4, 4)).round(6), random.normal(300, 100, (478, 3)).round(2)) if face else None,
    )


def record(path, *events, header=HEADER):
    recorder = Recorder(path)
    recorder.begin({**header, "baseline": None})
    for event in events:
        recorder.write(event)
    recorder.close()
    return path


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def read(path):
    """The landmarks of a recording and the warnings about it."""
    warnings = []
    return list(read_landmarks(path, warnings.append)), warnings
