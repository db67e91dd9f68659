"""Starting at login: what is written, that nothing of somebody else is touched, and that any path is quoted."""

import os
import plistlib
import re
import shlex
import stat
import subprocess
import sys
import tempfile
import types
from pathlib import Path

import pytest
from commands import mistake, run
from hypothesis import example, given
from hypothesis import strategies as st

from posturewatch.commands import upkeep
from posturewatch.errors import PosturewatchError
from posturewatch.system import autostart, startfiles

assert upkeep  # its commands
SYSTEMD = Path("/lib/systemd/systemd")
COMMAND = [sys.executable, "-P", "-m", "posturewatch", "watch", "--quiet"]
NASTY = ["/a b/python", "/100%/%h/python", "/a'b/python", '/a"b/python', "/a\\b\\x41/python", "/$HOME/`x`/ü;/python"]
SYSTEMCTL = """#!/bin/sh
echo "$*" >> "$CALLS"
[ "$2" = "$DENIED" ] && exit 1
folder="$XDG_CONFIG_HOME/systemd/user"
link="$folder/graphical-session.target.wants/posturewatch.service"
case "$2" in
  enable) mkdir -p "${link%/*}" && ln -sf "$folder/posturewatch.service" "$link" ;;
  disable) rm -f "$link" ;;
esac
"""


@pytest.fixture
def config(tmp_path):
    return tmp_path / "xdg_config_home"


@pytest.fixture
def unit(config):
    return config / "systemd" / "user" / "posturewatch.service"


@pytest.fixture
def desktop(config):
    return config / "autostart" / "posturewatch.desktop"


@pytest.fixture
def systemctl(tmp_path, monkeypatch):
    """A systemctl that does as it is told but for the word in DENIED, and the list of what it was told."""
    program = tmp_path / "bin" / "systemctl"
    program.parent.mkdir()
    program.write_text(SYSTEMCTL)
    program.chmod(0o755)
    calls = tmp_path / "calls"
    calls.touch()
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("CALLS", str(calls))
    monkeypatch.setenv("DENIED", "")
    return lambda: calls.read_text().splitlines()


@pytest.fixture
def nobody(tmp_path, monkeypatch):
    """No systemctl at all."""
    monkeypatch.setenv("PATH", str(tmp_path))


@pytest.fixture
def mac(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    return Path.home() / "Library" / "LaunchAgents" / "posturewatch.plist"


def mode(path):
    return oct(stat.S_IMODE(path.stat().st_mode))


def files(folder):
    return {str(each.relative_to(folder)) for each in folder.rglob("*") if not each.is_dir() or each.is_symlink()}


def key(path, name):
    (line,) = [line for line in path.read_text().splitlines() if line.startswith(f"{name}=")]
    return line.partition("=")[2]


# systemd


def test_on_writes_a_unit_of_the_graphical_session_and_enables_it(unit, systemctl, config):
    said = autostart.on()
    assert said == f"Watching begins with your next login ({unit})."
    assert unit.read_text().startswith("# Written by `posturewatch autostart on`;")
    assert mode(unit) == "0o600"
    assert key(unit, "WantedBy") == key(unit, "PartOf") == key(unit, "After") == "graphical-session.target"
    assert key(unit, "ExecStart") == ":" + shlex.join(COMMAND)
    assert systemctl() == [
        "--user is-active --quiet graphical-session.target",
        "--user daemon-reload",
        "--user enable posturewatch.service",
    ]
    link = "systemd/user/graphical-session.target.wants/posturewatch.service"
    assert files(config) == {"systemd/user/posturewatch.service", link}


def test_a_watch_that_fails_is_restarted_a_few_times_and_one_that_was_ended_is_not(unit, systemctl):
    autostart.on()
    assert key(unit, "Restart") == "on-failure"
    assert key(unit, "SuccessExitStatus") == "130"  # Ctrl-C or SIGTERM
    assert key(unit, "RestartPreventExitStatus") == "2"  # wrong usage stays wrong
    restarts, within_s, every_s = (
        int(key(unit, n)) for n in ("StartLimitBurst", "StartLimitIntervalSec", "RestartSec")
    )
    assert restarts == 5
    assert restarts * every_s < within_s  # otherwise the limit is never met


def test_off_removes_the_unit_and_its_link(unit, systemctl, config):
    autostart.on()
    assert autostart.off() == "Watching no longer begins by itself."
    assert files(config) == set()
    assert systemctl()[3:] == ["--user disable posturewatch.service", "--user daemon-reload"]


def test_off_removes_the_unit_and_its_link_also_when_systemd_does_not_answer(systemctl, config, monkeypatch, tmp_path):
    autostart.on()
    monkeypatch.setenv("PATH", str(tmp_path))
    autostart.off()
    assert files(config) == set()


@pytest.mark.parametrize("denied", ["is-active", "daemon-reload", "enable"])
def test_where_systemd_does_not_start_the_session_the_desktop_does(denied, unit, desktop, systemctl, monkeypatch):
    monkeypatch.setenv("DENIED", denied)
    autostart.on()
    assert not unit.exists()
    assert desktop.exists()


def test_only_one_of_both_is_there_whatever_was_before(unit, desktop, systemctl, monkeypatch, config):
    autostart.on()
    monkeypatch.setenv("DENIED", "is-active")
    autostart.on()
    assert files(config) == {"autostart/posturewatch.desktop"}
    monkeypatch.setenv("DENIED", "")
    autostart.on()
    assert not desktop.exists()
    assert unit.exists()


# XDG autostart


def test_without_systemd_on_writes_a_desktop_entry(nobody, desktop, config):
    assert autostart.on() == f"Watching begins with your next login ({desktop})."
    assert files(config) == {"autostart/posturewatch.desktop"}
    assert mode(desktop) == "0o600"
    assert desktop.read_text().splitlines()[:2] == [f"# {startfiles.MARK}", "[Desktop Entry]"]
    assert (key(desktop, "Type"), key(desktop, "Name")) == ("Application", "posturewatch")
    assert key(desktop, "Exec") == shlex.join(COMMAND)


@pytest.mark.parametrize("which", ["systemctl", "nobody"])
def test_on_twice_is_as_once_and_off_twice_too(which, request, config):
    request.getfixturevalue(which)
    autostart.on()
    once = {name: (config / name).read_bytes() for name in files(config)}
    autostart.on()
    assert {name: (config / name).read_bytes() for name in files(config)} == once
    autostart.off()
    assert autostart.off() == "Watching did not begin by itself."
    assert files(config) == set()


# What is somebody else's


@pytest.mark.parametrize("which", ["unit", "desktop"])
@pytest.mark.parametrize("act", ["on", "off"])
def test_a_file_of_somebody_else_is_refused_and_nothing_is_changed(which, act, request, systemctl, config):
    path = request.getfixturevalue(which)
    path.parent.mkdir(parents=True)
    path.write_text("[Unit]\nDescription=mine\n")
    with pytest.raises(PosturewatchError, match=rf"{path} was not written by .* Move it away"):
        getattr(autostart, act)()
    assert path.read_text() == "[Unit]\nDescription=mine\n"
    assert files(config) == {str(path.relative_to(config))}
    assert autostart.state() == f"off: {path} was not written by `posturewatch autostart on`"


def test_off_that_is_refused_leaves_ours_too(unit, desktop, systemctl, config):
    autostart.on()
    desktop.parent.mkdir()
    desktop.write_text("mine")
    before = files(config)
    with pytest.raises(PosturewatchError, match="Move it away"):
        autostart.off()
    assert files(config) == before


def test_off_leaves_what_lies_beside(unit, desktop, systemctl, config):
    beside = [
        unit.with_name("other.service"),
        desktop.with_name("other.desktop"),
        desktop.with_name("posturewatch.bak"),
    ]
    for path in beside:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("mine")
    autostart.on()
    autostart.off()
    assert files(config) == {str(path.relative_to(config)) for path in beside}


def test_a_folder_in_its_place_is_one_line(nobody, desktop):
    desktop.mkdir(parents=True)
    assert "Cannot read" in mistake(run("autostart", "on"))


def test_what_cannot_be_written_leaves_the_earlier_file_and_is_one_line(nobody, desktop, monkeypatch):
    autostart.on()
    before = desktop.read_text()
    monkeypatch.setattr(sys, "executable", "/elsewhere/python")
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(PosturewatchError, match=r"Cannot write .*: No space left on device\."):
        autostart.on()
    assert desktop.read_text() == before
    assert [each.name for each in desktop.parent.iterdir()] == ["posturewatch.desktop"]


# How it stands


def test_the_state_is_on_off_disabled_or_of_another_installation(unit, systemctl, monkeypatch):
    assert autostart.state() == "off"
    autostart.on()
    assert autostart.state() == f"on: {unit}"
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(sys, "executable", "/old/python")
        assert autostart.state().startswith(f"on, but {unit} was changed or is of another installation")
    subprocess.run(["systemctl", "--user", "disable", "posturewatch.service"], check=True)
    assert autostart.state() == f"off: {unit} is disabled"
    autostart.off()
    assert autostart.state() == "off"


def test_the_command_turns_it_on_and_off_and_tells_how_it_stands(nobody, desktop):
    assert run("autostart").stdout.startswith("off")
    assert run("autostart", "on").stdout == f"Watching begins with your next login ({desktop}).\n"
    assert run("autostart").stdout == f"on: {desktop}\n"
    assert run("autostart", "off", "--quiet").stdout == ""
    assert not desktop.exists()
    assert run("autostart", "maybe").exit_code == 2


# Quoting


def unit_words(value):
    """A command as systemd.syntax(7) and systemd.service(5) read it, of a line that begins with a colon."""
    assert value[0] == ":"
    words, rest = [], value[1:]
    while rest:
        found = re.match(r'(?:"((?:[^"\\]|\\.)*)"|([^\s"\'\\;]+))(?: |$)', rest)
        assert found, rest
        words.append(found[2] if found[1] is None else re.sub(r'\\(["\\])', r"\1", found[1]))
        assert found[1] is None or not re.search(r'\\[^"\\]', found[1].replace("\\\\", ""))
        rest = rest[found.end() :]
    return [without_percents(word) for word in words]


def exec_words(value):
    """A command as the Desktop Entry Specification reads it: the text's escapes, then quotes, then field codes."""
    assert not re.search(r"\\[^sntr\\]", value.replace("\\\\", ""))
    words, rest = [], re.sub(r"\\(.)", lambda m: {"s": " ", "n": "\n", "t": "\t", "r": "\r"}.get(m[1], m[1]), value)
    while rest:
        found = re.match(r'(?:"((?:[^"`$\\]|\\["`$\\])*)"|([^\s"\'\\><~|&;$*?#()`=]+))(?: |$)', rest)
        assert found, rest
        words.append(found[2] if found[1] is None else re.sub(r"\\(.)", r"\1", found[1]))
        rest = rest[found.end() :]
    return [without_percents(word) for word in words]


def without_percents(word):
    assert "%" not in word.replace("%%", "")
    return word.replace("%%", "%")


PATHS = st.text(st.characters(exclude_categories=["C", "Z"], exclude_characters="=") | st.sampled_from(" \"'\\%$`;#~"))


def written(write, name, python):
    """What stands after NAME= in the text that is written for this Python."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "executable", python)
        text = write()
    (line,) = [line for line in text.split("\n") if line.startswith(f"{name}=")]
    return line.partition("=")[2]


@given(PATHS)
@example(" % %% %h \\ \\\\ \\n \\x41 \" ' ` $HOME ${A} ; # ~ ")
def test_any_path_comes_back_from_the_unit_and_from_the_desktop_entry(path):
    python = f"/{path}/python"
    wanted = [python, *COMMAND[1:]]
    for words in (
        unit_words(written(startfiles.unit, "ExecStart", python)),
        exec_words(written(startfiles.desktop, "Exec", python)),
    ):
        assert words[-6:] == wanted
        quoted = bool(set("\"'\\") & set(python))  # no program of such a path is started by systemd itself
        assert words[:-6] == (["/usr/bin/env"] if quoted else [])


@pytest.mark.skipif(not SYSTEMD.exists(), reason="systemd is not installed")
def test_systemd_itself_reads_the_command_as_it_was_meant(monkeypatch):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o777)
        units = folder / "systemd" / "user"
        units.mkdir(parents=True)
        for number, path in enumerate(NASTY):
            monkeypatch.setattr(sys, "executable", path)
            (units / f"nasty{number}.service").write_text(startfiles.unit())
        (units / "all.target").write_text("[Unit]\nWants=" + " ".join(f"nasty{n}.service" for n in range(len(NASTY))))
        told = read_by_systemd(folder)
    for number, path in enumerate(NASTY):
        (unit,) = (text for text in told if text.startswith(f"nasty{number}.service:"))
        assert "Unit Load State: loaded" in unit
        words = split(re.search(r"Command Line: (.*)", unit)[1])
        assert words[-6:] == [path, *COMMAND[1:]]


def read_by_systemd(folder):
    """What systemd tells of each unit in `--test`, which root may not run."""
    who = {"user": 65534, "group": 65534, "extra_groups": []} if os.getuid() == 0 else {}
    place = dict.fromkeys(("HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR"), str(folder))
    command = [SYSTEMD, "--user", "--test", "--unit=all.target"]
    done = subprocess.run(command, env=place, capture_output=True, text=True, timeout=60, **who)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.split("\t-> Unit ")


def split(line):
    """The words of a command that systemd prints."""
    words = re.findall(r'"(?:[^"\\]|\\.)*"|\S+', line)
    return [re.sub(r"\\(.)", r"\1", word[1:-1]) if word[0] == '"' else word for word in words]


@pytest.mark.parametrize("path", ["/a=b/python", "/a\nb/python", "/a\x7fb/python", "/a\udcff/python", "python", ""])
def test_a_path_that_no_entry_can_hold_is_one_line_and_off_still_works(path, nobody, desktop, monkeypatch):
    autostart.on()
    monkeypatch.setattr(sys, "executable", path)
    assert "another place" in mistake(run("autostart", "on"))
    assert autostart.state().startswith("off: Python's path")
    autostart.off()
    assert not desktop.exists()


# macOS


def test_on_a_mac_it_is_a_launch_agent(mac):
    assert autostart.state() == "off"
    assert autostart.on() == f"Watching begins with your next login ({mac})."
    assert mode(mac) == "0o600"
    content = plistlib.loads(mac.read_bytes())
    assert content["Label"] == "posturewatch"
    assert content["ProgramArguments"] == COMMAND
    assert content["RunAtLoad"] is True
    assert content["KeepAlive"] == {"SuccessfulExit": False}
    assert content["ThrottleInterval"] == 30
    autostart.on()
    assert autostart.state() == f"on: {mac}"
    assert autostart.off() == "Watching no longer begins by itself."
    assert list(mac.parent.iterdir()) == []


def test_a_launch_agent_of_somebody_else_is_refused(mac):
    mac.parent.mkdir(parents=True)
    mac.write_bytes(plistlib.dumps({"Label": "posturewatch"}))
    for act in ("on", "off"):
        assert "Move it away" in mistake(run("autostart", act))
    assert plistlib.loads(mac.read_bytes()) == {"Label": "posturewatch"}


# Windows


class Key:
    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None


@pytest.fixture
def run_key(monkeypatch):
    """The values of a registry that has only the user's Run key."""
    values = {}
    place = ("HKCU", r"Software\Microsoft\Windows\CurrentVersion\Run")

    def opened(root, path, *_):
        assert (root, path) == place
        return Key()

    def query(_, name):
        if name not in values:
            raise FileNotFoundError(2, "The system cannot find the file specified")
        return values[name]

    winreg = types.ModuleType("winreg")
    winreg.HKEY_CURRENT_USER, winreg.REG_SZ, winreg.KEY_SET_VALUE = "HKCU", 1, 2
    winreg.OpenKey = winreg.CreateKey = opened
    winreg.QueryValueEx = query
    winreg.SetValueEx = lambda _, name, reserved, kind, value: values.update({name: (value, kind)})
    winreg.DeleteValue = lambda _, name: values.pop(name)
    monkeypatch.setitem(sys.modules, "winreg", winreg)
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(sys, "executable", r"C:\Program Files\Python\python.exe")
    return values


def test_on_windows_it_is_a_run_value(run_key):
    run_key["Other"] = ("other.exe", 1)
    autostart.on()
    assert run_key["posturewatch"] == (r'"C:\Program Files\Python\python.exe" -P -m posturewatch watch --quiet', 1)
    autostart.on()
    assert autostart.state() == r"on: HKCU\Software\Microsoft\Windows\CurrentVersion\Run"
    assert autostart.off() == "Watching no longer begins by itself."
    assert autostart.off() == "Watching did not begin by itself."
    assert run_key == {"Other": ("other.exe", 1)}
    assert autostart.state() == "off"


def test_a_run_value_of_somebody_else_is_refused(run_key):
    run_key["posturewatch"] = ("another.exe", 1)
    for act in (autostart.on, autostart.off):
        with pytest.raises(PosturewatchError, match=r"another\.exe"):
            act()
    assert run_key == {"posturewatch": ("another.exe", 1)}
    assert autostart.state().startswith("off: posturewatch in HKCU")


def test_a_run_value_of_another_installation_is_told_and_renewed(run_key):
    run_key["posturewatch"] = (r"C:\old\python.exe -P -m posturewatch watch --quiet", 1)
    assert autostart.state().startswith(r"on, but by another installation (C:\old\python.exe")
    autostart.on()
    assert autostart.state().startswith("on: ")


def test_a_command_longer_than_windows_runs_is_one_line(run_key, monkeypatch):
    monkeypatch.setattr(sys, "executable", "C:\\" + "a" * 250)
    with pytest.raises(PosturewatchError, match="too long"):
        autostart.on()
    assert run_key == {}
