"""The command line: every command, in the order in which the help lists them."""

from posturewatch.commands import (
    calibrating,
    controls,
    demonstrating,
    doctor,
    measuring,
    practice,
    replaying,
    upkeep,
    watching,
)
from posturewatch.commands.shell import app as app

COMMANDS = (
    *(demonstrating.demo, doctor.doctor, calibrating.calibrate, watching.watch),
    *(controls.status, controls.pause, controls.resume, controls.snooze, controls.recalibrate),
    *(practice.practise, upkeep.autostart, upkeep.forget, upkeep.export, replaying.replay, measuring.measure),
)
app.registered_commands.sort(key=lambda each: COMMANDS.index(each.callback))
