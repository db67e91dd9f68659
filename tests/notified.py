"""A session's message bus with a notification service on it, both real programs of their own."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ABILITIES = "actions body body-markup persistence sound"
SERVICE, PLACE = "org.freedesktop.Notifications", "/org/freedesktop/Notifications"
BUS = "org.freedesktop.DBus"
PYTHON = "/usr/bin/python3"  # the one that the system's package python3-dbusmock belongs to
NOTHING_TO_START = """<busconfig><type>session</type><listen>unix:path={path}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*"/><allow own="*"/><allow receive_sender="*"/></policy></busconfig>
"""
METHODS = {
    "GetCapabilities": ([], ["as"]),
    "CloseNotification": (["u"], []),
    "GetServerInformation": ([], ["s", "s", "s", "s"]),
    "Notify": (["s", "u", "s", "s", "s", "as", "a{sv}", "i"], ["u"]),
}
SIGNALS = {"NotificationClosed": "uu", "ActionInvoked": "us"}


def described():
    """The service's description of itself: python-dbusmock's lacks the signals, which desktop-notifier looks for."""
    lines = [f'<node><interface name="{SERVICE}">']
    for name, (takes, gives) in METHODS.items():
        arguments = [f'<arg direction="in" type="{each}"/>' for each in takes]
        arguments += [f'<arg direction="out" type="{each}"/>' for each in gives]
        lines.append(f'<method name="{name}">{"".join(arguments)}</method>')
    for name, types in SIGNALS.items():
        lines.append(f'<signal name="{name}">{"".join(f"<arg type={each!r}/>" for each in types)}</signal>')
    return "".join([*lines, "</interface></node>"])


def required():
    """Skips where the programs aren't installed, fails where everything has to be."""
    there = sys.platform == "linux" and shutil.which("dbus-daemon") and Path(PYTHON).exists()
    if there and not subprocess.run([PYTHON, "-c", "import dbusmock"], capture_output=True).returncode:
        return
    if sys.platform == "linux" and os.environ.get("CI"):
        pytest.fail("dbus and python3-dbusmock have to be installed")
    pytest.skip("needs dbus and python3-dbusmock")


def until(what, limit_s=5.0):
    """Asks until it is true."""
    end_s = time.monotonic() + limit_s
    while not (found := what()):
        assert time.monotonic() < end_s, "it never came to be"
        time.sleep(0.002)
    return found


class Desktop:
    """The bus, and the service once `serve` is called."""

    def __init__(self, folder):
        self.address = f"unix:path={folder}/bus"
        self.process = None
        (folder / "bus.conf").write_text(NOTHING_TO_START.format(path=folder / "bus"))
        command = ["dbus-daemon", f"--config-file={folder}/bus.conf", "--nofork", "--nopidfile", "--print-address"]
        self.bus = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.bus.stdout.readline()  # it listens
        self.client = self._client()

    def _client(self):
        from jeepney.io.blocking import DBusConnection, prep_socket

        return DBusConnection(prep_socket(self.address.partition("=")[2]))

    def serve(self, abilities=ABILITIES):
        """Start the service."""
        parameters = json.dumps({"capabilities": abilities})
        command = [PYTHON, "-m", "dbusmock", "--session", "-t", "notification_daemon", "-p", parameters]
        environment = {**os.environ, "DBUS_SESSION_BUS_ADDRESS": self.address}
        self.process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
        until(self.is_there)
        self.describe()

    def is_there(self):
        """Whether there is a service."""
        return self.call(BUS, "/", BUS, "NameHasOwner", "s", SERVICE)[0]

    def kill(self):
        """The service dies, one that hangs too."""
        self.process.kill()
        self.process.wait()
        self.process = None
        until(lambda: not self.is_there())

    def hang(self):
        """The service takes no more calls."""
        self.process.send_signal(signal.SIGSTOP)

    def wake(self):
        """It goes on."""
        self.process.send_signal(signal.SIGCONT)

    def end(self):
        """Everything ends."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
        self.client.close()
        self.bus.kill()
        self.bus.communicate()

    def afresh(self, abilities=ABILITIES):
        """The service that runs, as if just started."""
        self.mock("Reset")
        self.mock("AddTemplate", "sa{sv}", "notification_daemon", {"capabilities": ("s", abilities)})
        self.describe()
        self.mock("ClearCalls")

    def describe(self):
        """Let the service tell of its signals too."""
        code = f"ret = {described()!r}"
        self.mock("AddMethod", "sssss", "org.freedesktop.DBus.Introspectable", "Introspect", "", "s", code)

    def on_call(self, method, takes, gives, code):
        """What the service does when method is called."""
        self.mock("AddMethod", "sssss", SERVICE, method, takes, gives, code)

    def calls(self, method):
        """The arguments of every call of method, variants without their signature."""
        return [[_bare(each) for each in arguments] for _when, arguments in self.mock("GetMethodCalls", "s", method)]

    def shown(self):
        """The notifications on the screen: number -> (title, body, buttons)."""
        found, last = {}, 0
        for _when, method, arguments in self.mock("GetCalls"):
            values = [_bare(argument) for argument in arguments]
            if method == "Notify":
                last = last if values[1] else last + 1
                found[values[1] or last] = (values[3], values[4], values[5])
            elif method == "CloseNotification":
                found.pop(values[0], None)
        return found

    def press(self, answer, number=1):
        """The user presses a button."""
        self.mock("EmitSignal", "sssav", SERVICE, "ActionInvoked", "us", [("u", number), ("s", answer)])

    def close(self, reason, number=1):
        """The service closes a notification: 1 it ran out, 2 the user did, 3 a program did."""
        self.mock("EmitSignal", "sssav", SERVICE, "NotificationClosed", "uu", [("u", number), ("u", reason)])

    def mock(self, method, signature="", *arguments):
        """Calls the mock about itself."""
        body = self.call(SERVICE, PLACE, "org.freedesktop.DBus.Mock", method, signature, *arguments)
        return body[0] if body else None

    def call(self, to, path, interface, method, signature, *arguments):
        """The reply's values."""
        from jeepney import DBusAddress, new_method_call
        from jeepney.wrappers import unwrap_msg

        call = new_method_call(DBusAddress(path, to, interface), method, signature or None, arguments)
        return unwrap_msg(self.client.send_and_get_reply(call, timeout=5))


def _bare(argument):
    value = argument[1]
    if isinstance(value, dict):
        return {key: each[1] if isinstance(each, tuple) else each for key, each in value.items()}
    return value


@contextlib.contextmanager
def desktop(folder):
    """A desktop that ends with the block."""
    required()
    made = Desktop(folder)
    try:
        yield made
    finally:
        made.end()
