"""Buses, services, a sound server and an X server that are real, with logind and the desktop's services mocked."""

import contextlib
import os
import socket
import statistics
import subprocess
import sys
import threading
import time
import types
from pathlib import Path

import pytest
from desktop import (
    SAVER,
    SAVER_PATH,
    Mocks,
    bus,
    hanging,
    mocked,
    recording,
    screen,
    sound,
    until,
)

from posturewatch.system import bus as bus_module
from posturewatch.system import desk as desk_module
from posturewatch.system import fullscreen, microphone
from posturewatch.system.bus import ANSWER_S, address, flag
from posturewatch.system.desk import Desk, battery

OURS = ("sleep", "posturewatch", "delay")


@pytest.fixture(scope="module")
def services(tmp_path_factory):
    """(system bus, session bus, logind's process)."""
    folder = tmp_path_factory.mktemp("buses")
    with contextlib.ExitStack() as stack:
        system, session = folder / "system", folder / "session"
        stack.enter_context(bus(system))
        stack.enter_context(bus(session))
        logind = stack.enter_context(mocked("logind", system))
        stack.enter_context(mocked("gnome_screensaver", session))
        yield system, session, logind, Mocks(system, session)


@pytest.fixture(autouse=True)
def bare(tmp_path, monkeypatch):
    """A desktop of which nothing is known."""
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "XDG_CURRENT_DESKTOP", "PULSE_SERVER", "DBUS_SESSION_BUS_ADDRESS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "runtime"))
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={tmp_path / 'no bus'}")
    monkeypatch.setenv("XDG_SESSION_ID", "c1")
    monkeypatch.setattr(microphone, "ALSA", tmp_path / "asound")
    monkeypatch.setattr(desk_module, "POWER", tmp_path / "power_supply")
    for module in (bus_module, microphone):  # a busy machine is no reason to fail
        monkeypatch.setattr(module, "ANSWER_S", 3.0)


@pytest.fixture
def hasty(monkeypatch, bare):
    for module in (bus_module, microphone):
        monkeypatch.setattr(module, "ANSWER_S", ANSWER_S)


def use(monkeypatch, system, session):
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={system}")
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={session},guid=0123")


@pytest.fixture
def mocks(services, monkeypatch):
    system, session, _, found = services
    use(monkeypatch, system, session)
    found.quiet()
    yield found
    found.quiet()


@pytest.fixture
def desk(mocks):
    with contextlib.closing(Desk()) as made:
        made.poll(0.0)
        assert made.off is None
        yield made


def comes(desk, t_s, off):
    """What a signal that was sent before comes to, all of it at this one time: no timer helps."""

    def polled():
        desk.poll(t_s)
        return desk.off == off

    until(polled)


def told(desk):
    return {name: (ok, text) for name, ok, text in desk.told()}


# The camera is off while the screen is locked


def test_the_camera_is_off_from_the_lockers_word_until_it_takes_it_back(desk, mocks):
    mocks.hint(True)
    comes(desk, 0.2, "screen locked")
    desk.poll(3600.0)
    assert desk.off == "screen locked"
    mocks.hint(False)
    comes(desk, 3600.2, None)


def test_a_request_to_lock_is_enough_and_one_to_unlock_ends_it(desk, mocks):
    mocks.told("Lock")
    comes(desk, 0.2, "screen locked")
    mocks.told("Unlock")
    comes(desk, 0.4, None)


def test_a_request_to_unlock_is_not_believed_against_the_locker(desk, mocks):
    mocks.hint(True)
    comes(desk, 0.2, "screen locked")
    mocks.told("Unlock")
    mocks.signal("PrepareForSleep", "b", ("b", True))  # comes after it
    comes(desk, 0.4, "going to sleep")
    mocks.signal("PrepareForSleep", "b", ("b", False))
    comes(desk, 0.6, "screen locked")


def test_a_request_to_lock_that_no_locker_confirms_is_believed_for_ten_minutes(desk, mocks):
    mocks.told("Lock")
    comes(desk, 10.0, "screen locked")
    desk.poll(609.0)
    assert desk.off == "screen locked"
    desk.poll(611.0)
    assert desk.off is None


def test_when_the_locker_takes_its_word_back_the_request_is_over_too(desk, mocks):
    mocks.told("Lock")
    mocks.hint(True)
    comes(desk, 0.2, "screen locked")
    mocks.hint(False)
    comes(desk, 0.4, None)


def test_another_persons_session_may_be_locked(desk, mocks):
    mocks.told("Lock", "c2")
    mocks.hint(True, "c2")
    mocks.signal("PrepareForSleep", "b", ("b", True))  # comes after them
    comes(desk, 0.2, "going to sleep")
    mocks.signal("PrepareForSleep", "b", ("b", False))
    comes(desk, 0.4, None)
    mocks.hint(False, "c2")


def test_a_screen_that_was_locked_before_the_watch_began_is_known_at_once(mocks):
    mocks.hint(True)
    with contextlib.closing(Desk()) as desk:
        assert desk.off == "screen locked"


def test_an_active_screen_saver_counts_as_locked(desk, mocks):
    mocks.session.call(SAVER, SAVER_PATH, SAVER, "SetActive", "b", True)
    comes(desk, 0.2, "screen locked")
    with contextlib.closing(Desk()) as later:
        assert later.off == "screen locked"
    mocks.session.call(SAVER, SAVER_PATH, SAVER, "SetActive", "b", False)
    comes(desk, 0.4, None)


def test_a_screen_saver_that_ends_while_it_is_active_is_not_believed_any_longer(desk, mocks):
    mocks.add("org.mate.ScreenSaver", "/org/mate/ScreenSaver", "org.mate.ScreenSaver", "GetActive", "", "ret = True")
    comes(desk, 0.2, "screen locked")
    mocks.drop("org.mate.ScreenSaver")
    comes(desk, 0.4, None)


# Lid and sleep


def test_the_camera_is_off_within_two_seconds_after_the_lid_is_closed_though_logind_sends_no_signal(desk, mocks):
    mocks.put("LidClosed", ("b", True))
    desk.poll(1.0)
    assert desk.off == "lid closed"
    mocks.put("LidClosed", ("b", False))
    desk.poll(2.0)
    assert desk.off is None


def test_a_lid_that_is_closed_in_a_dock_or_beside_another_screen_does_not_count(desk, mocks):
    mocks.put("Docked", ("b", True))
    mocks.put("LidClosed", ("b", True))
    desk.poll(1.0)
    assert desk.off is None
    mocks.put("Docked", ("b", False))
    desk.poll(2.0)
    assert desk.off == "lid closed"


def test_a_sleep_waits_until_the_camera_is_released_and_the_next_one_does_too(desk, mocks):
    assert mocks.sleep_inhibitors() == [OURS]
    desk.released()  # nothing sleeps yet
    mocks.signal("PrepareForSleep", "b", ("b", True))
    comes(desk, 0.2, "going to sleep")
    desk.poll(1.5)
    assert mocks.sleep_inhibitors() == [OURS]
    desk.released()
    until(lambda: mocks.sleep_inhibitors() == [])
    desk.poll(20.0)
    assert (desk.off, mocks.sleep_inhibitors()) == ("going to sleep", [])
    mocks.signal("PrepareForSleep", "b", ("b", False))
    comes(desk, 21.0, None)
    assert mocks.sleep_inhibitors() == [OURS]


def test_a_watch_that_ends_holds_no_sleep_back(mocks):
    desk = Desk()
    assert mocks.sleep_inhibitors() == [OURS]
    desk.close()
    until(lambda: mocks.sleep_inhibitors() == [])
    assert desk.off is None


# Buses that hang, restart, lie, or aren't there


def test_a_poll_to_which_nothing_came_costs_less_than_100_microseconds(desk):
    costs_s = []
    for _ in range(1000):
        begin_s = time.perf_counter()
        desk.poll(0.5)
        costs_s.append(time.perf_counter() - begin_s)
    assert statistics.median(costs_s) < 100e-6


def test_of_1200_signals_at_once_none_is_lost(desk, mocks):
    for number in range(1200):
        mocks.session.emit("/x", "org.cinnamon.ScreenSaver", "ActiveChanged", "b", number == 1199)
    comes(desk, 0.1, "screen locked")
    mocks.session.emit("/x", "org.cinnamon.ScreenSaver", "ActiveChanged", "b", False)
    comes(desk, 0.1, None)


def test_a_signal_that_comes_before_an_answer_is_not_lost(desk, mocks):
    mocks.session.emit("/x", "org.cinnamon.ScreenSaver", "ActiveChanged", "b", True)
    assert mocks.session.owned(SAVER)  # an answer: the bus has the signal too
    assert desk.busy(0.0) is None
    desk.poll(0.0)
    assert desk.off == "screen locked"


def test_a_service_that_hangs_holds_nothing_up_and_is_asked_again_after_half_a_minute(desk, mocks, services, hasty):
    with hanging(services[2]):
        begin_s = time.perf_counter()
        desk.poll(1.0)
        assert 0.09 < time.perf_counter() - begin_s < 0.5
        begin_s = time.perf_counter()
        for t_s in range(2, 31):
            desk.poll(float(t_s))
        assert time.perf_counter() - begin_s < 0.09
    mocks.put("LidClosed", ("b", True))
    desk.poll(32.0)
    assert desk.off == "lid closed"


def test_a_bus_that_restarts_is_found_again(tmp_path, monkeypatch):
    system, session = tmp_path / "system", tmp_path / "session"
    use(monkeypatch, system, session)
    with bus(session):
        with bus(system), mocked("logind", system), mocked("gnome_screensaver", session):
            mocks = Mocks(system, session)
            desk = Desk()
            mocks.hint(True)
            comes(desk, 0.5, "screen locked")
            assert desk.off == "screen locked"
        comes(desk, 1.0, None)
        desk.poll(2.0)
        assert told(desk)["lid"][1].startswith("the system bus can't be used: ")
        with bus(system), mocked("logind", system), mocked("gnome_screensaver", session):
            mocks = Mocks(system, session)
            mocks.hint(True)
            desk.poll(20.0)
            assert desk.off is None
            desk.poll(31.0)
            assert desk.off == "screen locked"
            assert mocks.sleep_inhibitors() == [OURS]
        desk.close()


def test_without_any_service_nothing_is_off_or_busy_and_that_is_said(tmp_path):
    desk = Desk()
    for t_s in (0.0, 31.0, 62.0):
        desk.poll(t_s)
        assert (desk.off, desk.busy(t_s), desk.on_battery) == (None, None, False)
    desk.released()
    assert [name for name, _, _ in desk.told()] == [
        *("lock", "lid", "sleep", "microphone", "presentation", "full screen", "do not disturb", "battery")
    ]
    assert not any(ok for _, ok, _ in desk.told())
    assert told(desk)["lid"] == (False, "the system bus can't be used: no such file or directory")
    desk.close()


def test_a_bus_without_services_answers_nothing_and_that_is_said(tmp_path, monkeypatch):
    use(monkeypatch, tmp_path / "bus", tmp_path / "bus")
    with bus(tmp_path / "bus"), contextlib.closing(Desk()) as desk:
        desk.poll(1.0)
        assert (desk.off, desk.busy(1.0)) == (None, None)
        assert told(desk)["sleep"] == (False, "logind doesn't answer")
        assert told(desk)["do not disturb"] == (False, "no service of this desktop says it")


def test_answers_and_signals_of_another_shape_mean_nothing(desk, mocks):
    mocks.put("LidClosed", ("s", "yes"))
    mocks.put("OnExternalPower", ("i", 0))
    mocks.put("BlockInhibited", ("as", ["idle"]))
    mocks.signal("PrepareForSleep", "s", ("s", "now"))
    mocks.session.emit("/x", "org.cinnamon.ScreenSaver", "ActiveChanged", "s", "true")
    mocks.session.emit("/x", "org.cinnamon.ScreenSaver", "ActiveChanged", "av", [("(sa{sv})", ("", {}))])
    for t_s in range(1, 31):
        desk.poll(float(t_s))
        assert (desk.off, desk.busy(float(t_s)), desk.on_battery) == (None, None, False)


def test_a_truth_value_is_found_in_variants_and_nothing_else_is_one():
    bodies = [(True,), (("b", False),), (("v", ("b", True)),), (1,), ("true",), (), None, (("s", "x"),), ((1, True),)]
    assert [flag(body) for body in bodies] == [True, False, True, None, None, None, None, None, None]


@pytest.mark.parametrize("says", [b"", b"REJECTED\r\n", b"OK 0123\r\nAGREE_UNIX_FD\r\n" + b"\xff" * 64, None])
def test_what_is_no_bus_holds_nothing_up(tmp_path, monkeypatch, hasty, says):
    use(monkeypatch, tmp_path / "bus", tmp_path / "bus")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "bus"))
        listening.listen()
        taken = []

        def serve():
            with contextlib.suppress(OSError):
                while True:
                    taken.append(listening.accept()[0])
                    if says:
                        taken[-1].sendall(says)
                    elif says is not None:
                        taken[-1].close()

        threading.Thread(target=serve, daemon=True).start()
        begin_s = time.perf_counter()
        desk = Desk()
        desk.poll(0.0)
        desk.poll(1.0)
        assert time.perf_counter() - begin_s < 1.5  # twice two buses
        assert (desk.off, told(desk)["lid"][0]) == (None, False)
        listening.shutdown(socket.SHUT_RDWR)
        for each in taken:
            each.close()


@pytest.mark.parametrize(
    ("kind", "environ", "expected"),
    [
        ("system", {}, "/run/dbus/system_bus_socket"),
        ("system", {"DBUS_SYSTEM_BUS_ADDRESS": "unix:path=/a%20b,guid=1"}, "/a b"),
        ("session", {"DBUS_SESSION_BUS_ADDRESS": "tcp:host=h,port=1;unix:abstract=/x"}, "\0/x"),
        ("session", {"XDG_RUNTIME_DIR": "/run/user/5"}, "/run/user/5/bus"),
    ],
)
def test_a_bus_is_looked_for_where_its_address_says(kind, environ, expected):
    assert address(kind, environ) == expected


@pytest.mark.parametrize("told", ["tcp:host=127.0.0.1,port={port}", "nonce-tcp:host=h", "autolaunch:", "unix:", "?"])
def test_a_bus_that_is_no_unix_socket_is_not_contacted(monkeypatch, told):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", told.format(port=listening.getsockname()[1]))
        desk = Desk()
        with pytest.raises(BlockingIOError):
            listening.accept()
    said = {name: text for name, _, text in desk.told()}["do not disturb"]
    assert said.startswith("the session bus can't be used: ")


# Alerts wait


@pytest.mark.parametrize(
    ("name", "path", "interface", "member", "signature", "code", "reason"),
    [
        (
            *("org.gnome.SessionManager", "/org/gnome/SessionManager", "org.gnome.SessionManager", "IsInhibited", "u"),
            *("ret = args[0] == 8", "presentation"),
        ),
        (
            *("org.freedesktop.PowerManagement.Inhibit", "/org/freedesktop/PowerManagement/Inhibit"),
            *("org.freedesktop.PowerManagement.Inhibit", "HasInhibit", "", "ret = True", "presentation"),
        ),
        (
            *("org.freedesktop.portal.Desktop", "/org/freedesktop/portal/desktop", "org.freedesktop.portal.Settings"),
            *("Read", "ss", "ret = dbus.Boolean(args[1] != 'show-banners', variant_level=1)", "do not disturb"),
        ),
        (
            *("org.xfce.Xfconf", "/org/xfce/Xfconf", "org.xfce.Xfconf", "GetProperty", "ss"),
            *("ret = args[1] == '/do-not-disturb'", "do not disturb"),
        ),
    ],
)
def test_a_service_that_says_so_lets_alerts_wait(desk, mocks, name, path, interface, member, signature, code, reason):
    assert desk.busy(0.0) is None
    mocks.add(name, path, interface, member, signature, code)
    assert desk.busy(4.9) is None  # an answer holds for 5 s
    assert desk.busy(5.0) == reason
    assert name in told(desk)[reason][1]
    mocks.drop(name)
    assert desk.busy(9.9) == reason
    assert desk.busy(10.0) is None


def test_kdes_do_not_disturb_lets_alerts_wait(desk, mocks):
    name, path = "org.freedesktop.Notifications", "/org/freedesktop/Notifications"
    mocks.add(name, path, name, "Nothing", "", "ret = True")
    put = f'self.props.setdefault("{name}", {{}})["Inhibited"] = args[0]; ret = True'
    mocks.add(name, path, name, "Put", "b", put)
    mocks.session.call(name, path, name, "Put", "b", True)
    assert desk.busy(0.0) == "do not disturb"
    mocks.session.call(name, path, name, "Put", "b", False)
    assert desk.busy(5.0) is None
    mocks.drop(name)


def test_gnomes_do_not_disturb_lets_alerts_wait(desk, monkeypatch, tmp_path):
    tool, answer = tmp_path / "gsettings", tmp_path / "answer"
    tool.write_text(f'#!/bin/sh\n[ "$*" = "get org.gnome.desktop.notifications show-banners" ] && cat {answer}\n')
    tool.chmod(0o755)
    answer.write_text("false\n")
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert desk.busy(0.0) is None  # not on GNOME
    monkeypatch.setenv("XDG_CURRENT_DESKTOP", "ubuntu:GNOME")
    assert desk.busy(5.0) == "do not disturb"
    assert told(desk)["do not disturb"] == (True, "by gsettings")
    answer.write_text("true\n")
    assert desk.busy(10.0) is None


def test_a_program_that_keeps_the_machine_from_going_idle_lets_alerts_wait(desk, mocks):
    assert mocks.sleep_inhibitors() == [OURS]  # our own doesn't count
    assert desk.busy(0.0) is None
    mocks.put("BlockInhibited", ("s", "sleep:idle:handle-power-key"))
    assert desk.busy(5.0) == "presentation"
    mocks.put("BlockInhibited", ("s", "sleep:idleness"))
    assert desk.busy(10.0) is None


@pytest.fixture(scope="module")
def display():
    with screen() as found:
        yield found


def on_root(display, name, form, value):
    words = ["xprop", "-root", "-f", name, form, "-set", name, value]
    subprocess.run(words, env={**os.environ, "DISPLAY": display}, check=True)


def test_the_active_window_in_full_screen_lets_alerts_wait_unless_it_is_our_own(monkeypatch, display):
    monkeypatch.setenv("DISPLAY", display)
    desk = Desk()
    assert told(desk)["full screen"] == (False, "the window manager doesn't name the active window")
    root = subprocess.run(["xwininfo", "-root"], capture_output=True, check=True, text=True).stdout.split()[3]
    on_root(display, "_NET_ACTIVE_WINDOW", "32x", "0x0")
    on_root(display, "_NET_WM_STATE", "32a", "_NET_WM_STATE_MAXIMIZED_VERT")
    assert desk.busy(0.0) is None
    on_root(display, "_NET_ACTIVE_WINDOW", "32x", root)
    assert desk.busy(5.0) is None
    on_root(display, "_NET_WM_STATE", "32a", "_NET_WM_STATE_FULLSCREEN")
    assert desk.busy(10.0) == "full screen"
    on_root(display, "_NET_WM_PID", "32c", str(os.getpid()))
    assert desk.busy(15.0) is None
    assert told(desk)["full screen"] == (True, "by the X server")
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    assert told(desk)["full screen"] == (True, "by the X server, windows of X11 only")


def test_an_x_server_on_another_machine_is_not_contacted(monkeypatch):
    monkeypatch.setattr(fullscreen, "output", lambda _: pytest.fail("it was"))
    for display in ("localhost:10.0", "192.0.2.1:0"):
        monkeypatch.setenv("DISPLAY", display)
        assert not fullscreen.full_screen()
        assert fullscreen.problem() == "the DISPLAY is on another machine"


def test_a_tool_that_hangs_or_fails_says_nothing(monkeypatch):
    monkeypatch.setattr(fullscreen, "ANSWER_S", 0.02)
    assert fullscreen.output(["sleep", "5"]) is None
    assert fullscreen.output(["false"]) is None
    assert fullscreen.output(["there-is-no-such-program"]) is None


# The microphone


@pytest.fixture(scope="module")
def sounding(tmp_path_factory):
    with sound(tmp_path_factory.mktemp("sound")) as found:
        yield found


def test_another_programs_recording_lets_alerts_wait_until_it_ends(monkeypatch, sounding):
    monkeypatch.setenv("PULSE_SERVER", f"unix:{sounding[0]}")
    with contextlib.closing(Desk()) as desk:
        assert desk.busy(0.0) is None  # though a loop-back listens all the time
        with recording(sounding[0], "microphone"):
            assert desk.busy(5.0) == "microphone in use"
        assert desk.busy(10.0) is None
        with recording(sounding[0], "loudspeaker.monitor"):  # what is heard, not what is said
            assert desk.busy(15.0) is None
        assert told(desk)["microphone"] == (True, "by the sound server (PulseAudio or PipeWire)")


def test_a_sound_server_that_hangs_holds_nothing_up_and_is_asked_again_later(monkeypatch, sounding, hasty, capfd):
    monkeypatch.setenv("PULSE_SERVER", str(sounding[0]))
    with contextlib.closing(microphone.Microphone()) as found, recording(sounding[0], "microphone"):
        assert found.in_use(0.0)
        with hanging(sounding[1]):
            for t_s in (5.0, 36.0):  # in the middle of a conversation; at its beginning
                begin_s = time.perf_counter()
                assert not found.in_use(t_s)
                assert 0.09 < time.perf_counter() - begin_s < 0.6
                begin_s = time.perf_counter()
                assert not found.in_use(t_s + 29.0)
                assert time.perf_counter() - begin_s < 0.09
            assert found.problem == "the sound server does not answer"
        assert found.in_use(70.0)
    assert capfd.readouterr() == ("", "")


def test_a_sound_server_that_ends_is_no_reason_to_end(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    (tmp_path / "pulse").mkdir()
    with contextlib.closing(microphone.Microphone()) as found:
        with sound(tmp_path / "pulse") as (place, _):
            with recording(place, "microphone"):
                assert found.in_use(0.0)
            assert not found.in_use(5.0)
        assert not found.in_use(10.0)
        assert found.told(10.0) == (False, "the sound server does not answer, and there is no ALSA")


def output(source=0, corked=False, resample_method="copy", client=3, **properties):
    names = {name.replace("_", "."): value for name, value in properties.items()}
    return types.SimpleNamespace(
        source=source, corked=corked, resample_method=resample_method, client=client, proplist=names
    )


@pytest.mark.parametrize(
    ("heard", "expected"),
    [
        (output(), True),
        (output(corked=True), False),
        (output(source=7), False),
        (output(resample_method="peaks"), False),
        (output(stream_monitor="true"), False),
        (output(application_id="org.PulseAudio.pavucontrol"), False),
        (output(application_id="org.mozilla.firefox"), True),
        (output(application_process_id=str(os.getpid())), False),
        (output(application_process_id="1"), True),
        (output(client=microphone.NOBODY), False),
    ],
)
def test_of_what_listens_only_another_program_at_a_microphone_counts(heard, expected):
    assert microphone.counts(heard, {7}) is expected


@pytest.mark.parametrize("told", ["tcp:127.0.0.1:{port}", "127.0.0.1", "unix:/x tcp:127.0.0.1:{port}", "{{me}}unix:/x"])
def test_a_sound_server_that_is_no_unix_socket_is_not_contacted(monkeypatch, told):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        monkeypatch.setenv("PULSE_SERVER", told.format(port=listening.getsockname()[1]))
        found = microphone.Microphone()
        assert not found.in_use(0.0)
        with pytest.raises(BlockingIOError):
            listening.accept()
    assert found.problem == "PULSE_SERVER names no unix socket"


def test_libpulse_is_not_used_where_it_would_contact_an_x_server_elsewhere(monkeypatch, sounding):
    monkeypatch.setenv("PULSE_SERVER", str(sounding[0]))
    monkeypatch.setenv("DISPLAY", "localhost:10.0")
    found = microphone.Microphone()
    assert not found.in_use(0.0)
    assert found.problem == "libpulse would contact the DISPLAY, which is on another machine"


@pytest.mark.parametrize("path", ["{tmp_path}:/usr/bin:/bin", None])
def test_looking_for_libpulse_starts_no_compiler_and_nothing_of_the_present_folder(tmp_path, path):
    for name in ("gcc", "ld"):
        (tmp_path / name).write_text(f"#!/bin/sh\n: > {tmp_path}/started\n")
        (tmp_path / name).chmod(0o755)
    code = (
        "import os, tempfile; tempfile.NamedTemporaryFile = lambda: os._exit(3)\n"  # a compiler's result
        "before = os.environ.get('PATH')\n"
        "from posturewatch.system import microphone\n"
        "assert microphone._load().Pulse and os.environ.get('PATH') == before"
    )
    environ = {"PATH": path.format(tmp_path=tmp_path)} if path else {}
    environ["PYTHONPATH"] = str(Path(microphone.__file__).parent.parent)
    subprocess.run([sys.executable, "-c", code], env=environ, cwd=tmp_path, check=True)
    assert not (tmp_path / "started").exists()


def test_the_sound_server_is_asked_without_writing_a_cookie(tmp_path, monkeypatch, sounding):
    monkeypatch.setenv("PULSE_SERVER", str(sounding[0]))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("PULSE_COOKIE", raising=False)
    found = microphone.Microphone()
    assert not found.in_use(0.0)
    assert found.problem is None
    found.close()
    assert not (tmp_path / "config").exists()
    assert "PULSE_COOKIE" not in os.environ


def test_without_a_sound_server_alsa_tells(tmp_path, monkeypatch):
    status = tmp_path / "asound" / "card1" / "pcm0c" / "sub0" / "status"
    status.parent.mkdir(parents=True)
    playing = tmp_path / "asound" / "card1" / "pcm0p" / "sub0" / "status"
    playing.parent.mkdir(parents=True)
    playing.write_text("state: RUNNING\n")
    desk = Desk()
    for t_s, text, expected in (
        *((0.0, "closed\n", None), (5.0, "state: RUNNING\nowner_pid   : 7\n", "microphone in use")),
        *((10.0, "state: SETUP\n", None), (15.0, "", None)),
    ):
        status.write_text(text)
        assert desk.busy(t_s) == expected
    assert told(desk)["microphone"] == (True, "by ALSA alone: no sound server listens")


class Registry:
    """winreg with these keys: {path: {name: value}}."""

    HKEY_CURRENT_USER = "HKCU"

    def __init__(self, keys):
        self.keys = {f"{microphone.CONSENT}{path}": values for path, values in keys.items()}

    @contextlib.contextmanager
    def OpenKey(self, root, path):
        assert root == "HKCU"
        if path not in self.keys:
            raise FileNotFoundError(2, path)
        yield path

    def QueryInfoKey(self, key):
        return len(self.below(key)), len(self.keys[key]), 0

    def EnumKey(self, key, index):
        return self.below(key)[index]

    def QueryValueEx(self, key, name):
        if name not in self.keys[key]:
            raise FileNotFoundError(2, name)
        return self.keys[key][name], 11

    def below(self, key):
        names = [path[len(key) + 1 :] for path in self.keys if path.startswith(f"{key}\\")]
        return [name for name in names if "\\" not in name]


START, STOP = "LastUsedTimeStart", "LastUsedTimeStop"


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({}, False),
        ({"": {"Value": "Allow"}, "\\App": {START: 5, STOP: 9}, "\\NonPackaged": {}}, False),
        ({"": {}, "\\App": {START: 5, STOP: 0}}, True),
        ({"": {}, "\\App": {START: 0, STOP: 0}}, False),
        ({"": {}, "\\App": {"Value": "Deny"}}, False),
        ({"": {}, "\\NonPackaged": {}, "\\NonPackaged\\C:#meet.exe": {START: 5, STOP: 0}}, True),
        ({"": {}, "\\NonPackaged": {}, "\\NonPackaged\\C:#meet.exe": {START: 5, STOP: 6}}, False),
    ],
)
def test_on_windows_the_consent_store_tells_of_the_microphone(monkeypatch, keys, expected):
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setitem(sys.modules, "winreg", Registry(keys))
    found = microphone.Microphone()
    assert found.in_use(0.0) is expected
    assert found.told(0.0) == (True, "by Windows' consent store")


def test_on_a_mac_nothing_tells_and_that_is_said(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    found = microphone.Microphone()
    assert not found.in_use(0.0)
    assert found.told(0.0) == (False, "this system is not asked")


# Power


def test_logind_tells_of_the_battery_at_most_ten_seconds_late(desk, mocks):
    assert not desk.on_battery
    mocks.put("OnExternalPower", ("b", False))
    desk.poll(10.0)
    assert desk.on_battery
    assert told(desk)["battery"] == (True, "by logind")
    mocks.put("OnExternalPower", ("b", True))
    desk.poll(20.0)
    assert not desk.on_battery


@pytest.mark.parametrize(
    ("supplies", "expected"),
    [
        ({}, None),
        ({"AC": {"type": "Mains", "online": "1"}, "BAT0": {"type": "Battery", "status": "Charging"}}, False),
        ({"AC": {"type": "Mains", "online": "0"}, "BAT0": {"type": "Battery", "status": "Discharging"}}, True),
        ({"AC": {"type": "Mains", "online": "0"}}, False),
        ({"usb": {"type": "USB", "online": "1"}, "BAT0": {"type": "Battery", "status": "Discharging"}}, False),
        ({"mouse": {"type": "Battery", "scope": "Device", "status": "Discharging"}}, None),
        ({"BAT0": {"type": "Battery", "status": "Full"}}, False),
        ({"broken": {}}, None),
    ],
)
def test_without_logind_the_kernels_supplies_tell(tmp_path, supplies, expected):
    for name, files in supplies.items():
        (tmp_path / "power_supply" / name).mkdir(parents=True)
        for file, text in files.items():
            (tmp_path / "power_supply" / name / file).write_text(f"{text}\n")
    assert battery(tmp_path / "power_supply") is expected
    assert Desk().on_battery is bool(expected)


def test_doctor_is_told_by_what_each_thing_is_known(desk):
    assert desk.told()[:3] == [
        ("lock", True, "by logind and org.gnome.ScreenSaver"),
        ("lid", True, "by logind"),
        ("sleep", True, "by logind, which waits for the camera"),
    ]
