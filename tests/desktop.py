"""A desktop for tests: real buses with mocked services, a real sound server, a real X server, all ended at the end."""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from jeepney import DBusAddress, MessageFlag, MessageType, new_method_call, new_signal
from jeepney.io.blocking import open_dbus_connection

from posturewatch.system import microphone

MOCK = "org.freedesktop.DBus.Mock"
LOGIN, LOGIN_PATH = "org.freedesktop.login1", "/org/freedesktop/login1"
MANAGER, SESSION = f"{LOGIN}.Manager", f"{LOGIN}.Session"
SAVER, SAVER_PATH = "org.gnome.ScreenSaver", "/org/gnome/ScreenSaver"
CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:path={path}</listen><policy context="default">
<allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>
"""


def until(true: Callable[[], object], limit_s: float = 5.0) -> None:
    """Waits for it, and fails when it doesn't come."""
    end_s = time.monotonic() + limit_s
    while not true():
        assert time.monotonic() < end_s, "it did not come"
        time.sleep(0.005)


@contextlib.contextmanager
def running(*words: object, environ: Mapping[str, str] | None = None, **more: Any) -> Iterator[subprocess.Popen[bytes]]:
    """A process that is ended with the block, even when it was stopped."""
    nothing = subprocess.DEVNULL
    options: dict[str, Any] = {"stdin": nothing, "stdout": nothing, "stderr": nothing} | more
    with subprocess.Popen([str(each) for each in words], env={**os.environ, **(environ or {})}, **options) as process:
        try:
            yield process
        finally:
            process.kill()


class Caller:
    """A program on a bus that sees to the mocks."""

    def __init__(self, bus: Path) -> None:
        self.connection = open_dbus_connection(f"unix:path={bus}")

    def call(self, name: str, path: str, interface: str, member: str, signature: str = "", *body: Any) -> Any:
        message = new_method_call(DBusAddress(path, name, interface), member, signature or None, body)
        message.header.flags |= MessageFlag.no_auto_start
        reply = self.connection.send_and_get_reply(message, timeout=5.0)
        assert reply.header.message_type is MessageType.method_return, reply.body
        return reply.body[0] if reply.body else None

    def owned(self, name: str) -> bool:
        bus = "org.freedesktop.DBus"
        return bool(self.call(bus, "/org/freedesktop/DBus", bus, "NameHasOwner", "s", name))

    def emit(self, path: str, interface: str, member: str, signature: str, *body: Any) -> None:
        """A signal of this program itself."""
        self.connection.send(new_signal(DBusAddress(path, interface=interface), member, signature, body))


class Mocks:
    """logind on one bus; a GNOME screen saver, and whatever else is added, on the other."""

    def __init__(self, system: Path, session: Path) -> None:
        self.system, self.session = Caller(system), Caller(session)
        until(lambda: self.system.owned(LOGIN) and self.session.owned(SAVER))
        for each in ("c1", "c2"):
            words = each, "seat0", 1000, "somebody", True
            self.system.call(LOGIN, LOGIN_PATH, MOCK, "AddSession", "ssusb", *words)
        code = f'self.props["{MANAGER}"][args[0]] = args[1]'  # as the real one: no signal
        self.system.call(LOGIN, LOGIN_PATH, MOCK, "AddMethod", "sssss", MANAGER, "Put", "sv", "", code)
        for member, signature, code in (
            ("Own", "s", "dbus.service.BusName(args[0], self.bus_name.get_bus(), do_not_queue=True)"),
            ("Disown", "s", "self.bus_name.get_bus().release_name(args[0])"),
        ):
            code = f"self.names = getattr(self, 'names', []) + [{code}]"
            self.session.call(SAVER, SAVER_PATH, MOCK, "AddMethod", "sssss", SAVER, member, signature, "", code)
        self.quiet()

    def quiet(self) -> None:
        """Nothing is locked, closed or asleep."""
        for name, value in (
            *(("LidClosed", ("b", False)), ("Docked", ("b", False)), ("OnExternalPower", ("b", True))),
            *(("BlockInhibited", ("s", "shutdown:handle-lid-switch")), ("PreparingForSleep", ("b", False))),
        ):
            self.put(name, value)
        self.hint(False)
        self.session.call(SAVER, SAVER_PATH, SAVER, "SetActive", "b", False)

    def put(self, name: str, value: tuple[str, Any]) -> None:
        """A property of logind's manager."""
        self.system.call(LOGIN, LOGIN_PATH, MANAGER, "Put", "sv", name, value)

    def hint(self, locked: bool, session: str = "c1") -> None:
        """The locker's own word."""
        self.system.call(LOGIN, f"{LOGIN_PATH}/session/{session}", SESSION, "SetLockedHint", "b", locked)

    def told(self, member: str, session: str = "c1") -> None:
        """Lock or Unlock is asked for."""
        self.system.call(LOGIN, f"{LOGIN_PATH}/session/{session}", SESSION, member)

    def signal(self, member: str, signature: str, *body: tuple[str, Any]) -> None:
        """A signal of logind's manager."""
        words = MANAGER, member, signature, list(body)
        self.system.call(LOGIN, LOGIN_PATH, MOCK, "EmitSignal", "sssav", *words)

    def sleep_inhibitors(self) -> list[tuple[str, ...]]:
        found = self.system.call(LOGIN, LOGIN_PATH, MANAGER, "ListInhibitors")
        return [each[:2] + each[3:4] for each in found]

    def add(self, name: str, path: str, interface: str, member: str, signature: str, code: str) -> None:
        """A service of the session whose one method answers by `code`."""
        with contextlib.suppress(AssertionError):  # the object is there already
            self.session.call(SAVER, SAVER_PATH, MOCK, "AddObject", "ssa{sv}a(ssss)", path, interface, {}, [])
        words = interface, member, signature, "", ""
        result = "v" if member in ("Read", "GetProperty") else "b"
        words = interface, member, signature, result, code
        self.session.call(SAVER, path, MOCK, "AddMethod", "sssss", *words)
        self.session.call(SAVER, SAVER_PATH, SAVER, "Own", "s", name)

    def drop(self, name: str) -> None:
        """Take the service away."""
        self.session.call(SAVER, SAVER_PATH, SAVER, "Disown", "s", name)


@contextlib.contextmanager
def bus(path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A message bus of its own that starts no services."""
    path.unlink(missing_ok=True)
    config = path.with_suffix(".conf")
    config.write_text(CONFIG.format(path=path), encoding="utf-8")
    words = "dbus-daemon", "--nofork", "--print-address=1", f"--config-file={config}"
    with running(*words, stdout=subprocess.PIPE) as daemon:
        assert daemon.stdout is not None
        assert daemon.stdout.readline().startswith(b"unix:")  # it listens
        yield daemon


@contextlib.contextmanager
def mocked(template: str, path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A template of python-dbusmock on that bus."""
    address = f"unix:path={path}"
    environ = {"DBUS_SYSTEM_BUS_ADDRESS": address, "DBUS_SESSION_BUS_ADDRESS": address, "DISPLAY": ""}
    with running("/usr/bin/python3", "-m", "dbusmock", "-t", template, environ=environ) as process:
        yield process


@contextlib.contextmanager
def sound(folder: Path) -> Iterator[tuple[Path, subprocess.Popen[bytes]]]:
    """A PulseAudio with one microphone, one loudspeaker, and a loop-back between them; gives its socket."""
    socket = folder / "native"
    modules = (
        *("module-null-sink sink_name=loudspeaker", "module-null-source source_name=microphone"),
        *("module-loopback source=microphone sink=loudspeaker", f"module-native-protocol-unix socket={socket}"),
    )
    loads = [f"--load={each}" for each in modules]
    environ = {"HOME": str(folder), "XDG_RUNTIME_DIR": str(folder), "XDG_CONFIG_HOME": str(folder), "DISPLAY": ""}
    # no --realtime and no real-time module: neither is to be had where tests run
    words = "pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", *loads
    library = microphone._load()

    def listens() -> bool:
        with contextlib.suppress(library.PulseError), library.Pulse("test", server=f"unix:{socket}"):
            return True
        return False

    with running(*words, environ=environ) as daemon:
        until(listens)
        yield socket, daemon


@contextlib.contextmanager
def recording(socket: Path, source: str) -> Iterator[None]:
    """A program that records from there."""

    def there() -> bool:
        return any(each.name == "parec" for each in server.source_output_list())

    server = microphone._load().Pulse("test", server=f"unix:{socket}")
    with contextlib.closing(server), running("parec", f"--server=unix:{socket}", f"--device={source}") as process:
        until(there)
        yield
        process.kill()
        until(lambda: not there())


@contextlib.contextmanager
def screen() -> Iterator[str]:
    """An X server without a screen; gives its DISPLAY."""
    assert shutil.which("Xvfb"), "install xvfb"
    read, write = os.pipe()
    with running("Xvfb", "-displayfd", write, "-noreset", "-screen", "0", "320x240x24", pass_fds=[write]):
        os.close(write)
        with os.fdopen(read) as pipe:
            yield f":{pipe.readline().strip()}"


@contextlib.contextmanager
def hanging(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """It answers nothing meanwhile."""
    process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)
