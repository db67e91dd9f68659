"""Whether another program records: PulseAudio or PipeWire, else ALSA's files; on Windows the consent store."""

import contextlib
import math
import os
import select
import sys
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from posturewatch.system.bus import AGAIN_S, ANSWER_S

ALSA = Path("/proc/asound")
CONSENT = r"Software\Microsoft\Windows\CurrentVersion\CapabilityAccessManager\ConsentStore\microphone"
METERS = ("org.PulseAudio.pavucontrol", "org.gnome.VolumeControl")  # as GNOME Shell's own sign leaves them out
NOBODY = 2**32 - 1  # PulseAudio's PA_INVALID_INDEX
NOWHERE = os.devnull  # a PATH that finds nothing; an empty one finds what lies in the present folder
ZEROS = "/dev/zero"  # a cookie to be read; without one libpulse writes one. Whoever owns the socket needs none


def server(environ: Mapping[str, str]) -> str:
    """The sound server's unix socket, else ValueError: nothing is ever asked over a network."""
    told = environ.get("PULSE_SERVER") or f"{environ.get('XDG_RUNTIME_DIR', '/nowhere')}/pulse/native"
    path = Path(told.removeprefix("unix:"))
    if not told.startswith(("unix:/", "/")) or " " in told:
        raise ValueError("PULSE_SERVER names no unix socket")
    if not environ.get("DISPLAY", ":").startswith((":", "unix:")):
        raise ValueError("libpulse would contact the DISPLAY, which is on another machine")
    if not path.is_socket():
        raise ValueError("no sound server listens")
    return f"unix:{path}"


def counts(output: Any, monitors: set[int]) -> bool:
    """Whether a PulseAudio source output is another program that listens to a microphone."""
    properties = output.proplist
    meter = output.resample_method == "peaks" or properties.get("stream.monitor") == "true"
    meter = meter or properties.get("application.id") in METERS
    ours = properties.get("application.process.id") == str(os.getpid())
    by_module = output.client == NOBODY  # echo cancelling and loop-back: whoever uses them counts by itself
    return not (output.corked or output.source in monitors or meter or ours or by_module)


def alsa_in_use(folder: Path) -> bool:
    """Whether a capture stream of any sound card runs."""
    return any(_first_line(each) == "state: RUNNING" for each in folder.glob("card*/pcm*c/sub*/status"))


def _first_line(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").partition("\n")[0].strip()
    except OSError:  # a card was unplugged
        return ""


def windows_in_use() -> bool:
    """Whether a program's last use of the microphone has not ended (LastUsedTimeStop is 0)."""
    if sys.platform == "win32":
        import winreg

        def value(path: str, name: str) -> object:
            try:
                with winreg.OpenKey(winreg.HKEY_CURRENT_USER, path) as key:
                    return winreg.QueryValueEx(key, name)[0]
            except OSError:
                return None

        def below(path: str) -> list[str]:
            try:
                with winreg.OpenKey(winreg.HKEY_CURRENT_USER, path) as key:
                    return [f"{path}\\{winreg.EnumKey(key, each)}" for each in range(winreg.QueryInfoKey(key)[0])]
            except OSError:
                return []

        programs = [*below(CONSENT), *below(f"{CONSENT}\\NonPackaged")]
        return any(value(each, "LastUsedTimeStop") == 0 and value(each, "LastUsedTimeStart") for each in programs)
    return False


def _load() -> Any:
    """The library, loaded when it is first needed (4 MB).

    Without a PATH, as ctypes would otherwise start a compiler to find libpulse, which writes files into /tmp.
    """
    with _environment("PATH", NOWHERE):
        try:
            import pulsectl

            return pulsectl
        except (ImportError, OSError, AttributeError):  # no pulsectl; no libpulse; one that is too old
            return None


@contextlib.contextmanager
def _environment(name: str, value: str) -> Iterator[None]:
    """The variable with this value during the block."""
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


def _wait(pulse: Any, waiting: list[Any], timeout_s: float) -> int:
    """PulseAudio's poll, which gives the server up where libpulse would wait 30 s for one that hangs."""
    poll = select.poll()
    for each in waiting:
        poll.register(each.fd, each.events)
    limit_s = ANSWER_S if timeout_s < 0 or timeout_s > ANSWER_S else timeout_s
    ready = dict(poll.poll(limit_s * 1000))
    if not ready and limit_s == ANSWER_S:
        pulse.connected = False  # ends pulsectl's loop; an error here would be printed by libpulse
    for each in waiting:
        each.revents = ready.get(each.fd, 0)
    return len(ready)


class Microphone:
    """Asks the sound server, and comes back to it by itself."""

    def __init__(self) -> None:
        self.problem: str | None = None
        self._pulse: Any = None
        self._again_t_s: float | None = None

    def in_use(self, t_s: float) -> bool:
        """Whether another program records now."""
        if sys.platform != "linux":
            return windows_in_use()
        recording = self._ask(t_s)
        return alsa_in_use(ALSA) if recording is None else recording

    def told(self, t_s: float) -> tuple[bool, str]:
        """Whether this system can tell, and by what."""
        if sys.platform == "win32":
            return True, "by Windows' consent store"
        if sys.platform != "linux":
            return False, "this system is not asked"
        if self._ask(t_s) is not None:
            return True, "by the sound server (PulseAudio or PipeWire)"
        if ALSA.is_dir():
            return True, f"by ALSA alone: {self.problem}"
        return False, f"{self.problem}, and there is no ALSA"

    def close(self) -> None:
        """Let go of the sound server."""
        if self._pulse is not None:
            self._pulse.close()
            self._pulse = None

    def _ask(self, t_s: float) -> bool | None:
        """Whether the sound server knows of a recording; None where it can't be asked."""
        if self._again_t_s is not None and t_s < self._again_t_s:
            return None
        library = _load()
        if library is None:
            self.problem, self._again_t_s = "libpulse is not installed", math.inf
            return None
        try:
            return self._recording(library)
        except (library.PulseError, library.PulseDisconnected, _call_error(library), ValueError) as error:
            self.problem = str(error) if isinstance(error, ValueError) else "the sound server does not answer"
        self.close()
        self._again_t_s = t_s + AGAIN_S
        return None

    def _recording(self, library: Any) -> bool:
        if self._pulse is None:
            with _environment("PULSE_COOKIE", os.environ.get("PULSE_COOKIE") or ZEROS):
                pulse = library.Pulse("posturewatch", server=server(os.environ), connect=False)
            self._pulse = pulse
            pulse.set_poll_func(partial(_wait, pulse))
            pulse.connect(autospawn=False)  # with its own timeout it would always take all of that
        outputs = [each for each in self._pulse.source_output_list() if counts(each, set())]
        if not outputs:
            return False
        monitors = {each.index for each in self._pulse.source_list() if each.monitor_of_sink != NOBODY}
        return any(counts(each, monitors) for each in outputs)


def _call_error(library: Any) -> type[Exception]:
    found: type[Exception] = library._pulsectl.LibPulse.CallError  # its only error that the package doesn't name
    return found
