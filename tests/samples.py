"""One sample with every field told but the side view's, and one with none, for the tests to vary."""

from dataclasses import fields, replace

from posturewatch.session import Sample

SAMPLE = Sample(
    t_s=12.5,
    age_s=0.0,
    view="front",
    state="upright",
    now="forward_head",
    reason=None,
    forward_head_deg=14.2,
    error_deg=3.0,
    ear_shoulder_deg=None,
    neck_flexion_deg=4.1,
    side_bend_deg=-1.0,
    turn_deg=3.2,
    shoulder_raise_cm=0.2,
    head_forward_cm=4.9,
    head_drop_cm=1.1,
    sink_cm=0.8,
    distance_cm=61.0,
    severity=1.4,
    hold_s=83.0,
    still_s=40.0,
    dose=0.14,
)
UNTOLD = replace(
    SAMPLE, **dict.fromkeys([f.name for f in fields(Sample)[6:18]]), view=None, state="unknown", now="unknown"
)
