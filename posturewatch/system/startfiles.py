"""What starts the program at login, as text: a systemd unit, a desktop entry, a launchd agent."""

import plistlib
import re
import sys

from posturewatch.errors import PosturewatchError

NAME = "posturewatch"
TARGET = "graphical-session.target"
MARK = "Written by `posturewatch autostart on`; `posturewatch autostart off` removes it."
RESTART_S = 30  # chosen: as long as a camera may take to come up after a login
RESTARTS = 5  # chosen
PLAIN = re.compile(r"[A-Za-z0-9_./@:+-]+", re.ASCII)  # needs no quotes in a unit nor in an Exec key


def words() -> list[str]:
    """The command; -P: what lies in the home folder is not taken for a module."""
    if not sys.executable.isprintable():
        raise _unspeakable()
    return [sys.executable, "-P", "-m", NAME, "watch", "--quiet"]


def unit() -> str:
    """A unit of the user's systemd; restarted after a failure, a few times at most."""
    return f"""# {MARK}
[Unit]
Description=posturewatch, the time for which a posture is held
PartOf={TARGET}
After={TARGET}
StartLimitIntervalSec={2 * RESTARTS * RESTART_S}
StartLimitBurst={RESTARTS}

[Service]
ExecStart=:{" ".join(_unit_word(word) for word in _linux_words())}
Restart=on-failure
RestartSec={RESTART_S}
SuccessExitStatus=130
RestartPreventExitStatus=2

[Install]
WantedBy={TARGET}
"""


def desktop() -> str:
    """An XDG autostart entry."""
    return f"""# {MARK}
[Desktop Entry]
Type=Application
Name=posturewatch
Comment=Watches for how long a posture is held
Exec={" ".join(_exec_word(word) for word in _linux_words())}
Terminal=false
"""


def agent() -> str:
    """A launchd agent."""
    content = {
        "Label": NAME,
        "ProgramArguments": words(),
        "RunAtLoad": True,
        "KeepAlive": {"SuccessfulExit": False},
        "ThrottleInterval": RESTART_S,
        "LimitLoadToSessionType": "Aqua",
        "ProcessType": "Background",
    }
    return plistlib.dumps(content).decode("utf-8").replace("<plist", f"<!-- {MARK} -->\n<plist", 1)


def _linux_words() -> list[str]:
    """The command as a unit and an Exec key can hold it.

    systemd refuses a program whose own path holds quotes or a backslash (config_parse_exec), not such an argument; the
    Desktop Entry Specification and env know no program with an equal sign.
    """
    if not sys.executable.startswith("/") or "=" in sys.executable:
        raise _unspeakable()
    return ["/usr/bin/env", *words()] if re.search(r"""["'\\]""", sys.executable) else words()


def _unspeakable() -> PosturewatchError:
    return PosturewatchError(
        f"Python's path {sys.executable!r} can't stand in an autostart entry. Install posturewatch at another place."
    )


def _unit_word(word: str) -> str:
    """Quoted by systemd.syntax(7) and systemd.service(5); the colon before the command leaves each $ as it is."""
    quoted = word.replace("\\", "\\\\").replace('"', '\\"')
    return (word if PLAIN.fullmatch(word) else f'"{quoted}"').replace("%", "%%")


def _exec_word(word: str) -> str:
    """Quoted by the Desktop Entry Specification 1.5, "The Exec key", then escaped as every text of such a file."""
    quoted = re.sub(r'(["`$\\])', r"\\\1", word).replace("\\", "\\\\")
    return (word if PLAIN.fullmatch(word) else f'"{quoted}"').replace("%", "%%")
