"""Notifications, on a real message bus with a service that is a program of its own."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest
from notified import BUS, SERVICE, desktop, until

from posturewatch import notify
from posturewatch.session import Notice
from posturewatch.system import notices, notify_elsewhere

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="a message bus is Linux's")
BUTTONS = ["exercise", "Exercise", "snooze", "Snooze 30 min", "later", "Not now"]
WORDS = "Your head has been forward for 12 minutes. Change position; an idea: Chin tuck."
NO_SERVICE = (
    "No notification service: no program shows notifications here; alerts appear in the terminal, with its bell."
)
HELD_UP_S = 0.05  # the brief
LOADED_S = 0.25  # what a machine that runs other tests may add


def notice(level=2, kind="posture", exercise="chin-tuck", message=WORDS):
    return Notice(100.0, kind, level, message, exercise)


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    with desktop(tmp_path_factory.mktemp("bus")) as made:
        made.serve()
        yield made


@pytest.fixture
def screen(shared, monkeypatch):
    """A desktop that shows notifications, nothing on it yet."""
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", shared.address)
    shared.afresh()
    return shared


@pytest.fixture
def alone(tmp_path, monkeypatch):
    """A message bus of its own, without a service."""
    with desktop(tmp_path) as made:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", made.address)
        yield made


@pytest.fixture
def warnings():
    return []


@pytest.fixture
def notifier(warnings):
    made = notify.Notifier(warnings.append)
    yield made
    made.close()


def polled(notifier, what):
    """Asks for answers, at no time that passes, until what() is true; the answers that came."""
    answers = []

    def asked():
        answers.extend(notifier.answers(0.0))
        return what()

    until(asked)
    return answers


def shown(notifier, screen, *notices):
    """Shows them and waits for the last to be on the screen and confirmed."""
    for each in notices:
        notifier.show(each)
    polled(notifier, lambda: notifier._shown is notices[-1])
    return screen.shown()


def answer(notifier):
    """The next answers that come."""
    found = []
    until(lambda: found.extend(notifier.answers(0.0)) or found)
    return found


def quiet(notifier, screen):
    """The answers that came until a later signal, which is read after them, was heard."""
    screen.on_call("Notify", "susssasa{sv}i", "u", "ret = 77")
    marker = notice(message="a marker")
    notifier.show(marker)
    return polled(notifier, lambda: notifier._shown is marker)


# What is shown


def test_an_alert_becomes_a_notification_with_three_buttons(notifier, screen):
    assert shown(notifier, screen, notice()) == {1: ("Time for another position", WORDS, BUTTONS)}


def test_the_service_is_told_whose_it_is_how_urgent_and_to_show_it_as_long_as_the_user_set(notifier, screen):
    shown(notifier, screen, notice())
    app, replaces, icon, _title, _body, _buttons, hints, expires_ms = screen.calls("Notify")[0]
    assert (app, replaces, icon, expires_ms) == ("posturewatch", 0, "", -1)
    assert hints == {
        "urgency": 1,
        "category": "x-posturewatch.position",
        "desktop-entry": "posturewatch",
        "suppress-sound": True,
    }


def test_the_third_level_sounds_and_is_no_more_urgent(notifier, screen):
    shown(notifier, screen, notice(level=3))
    hints = screen.calls("Notify")[0][6]
    assert (hints["sound-name"], hints["urgency"]) == ("message-new-instant", 1)
    assert "suppress-sound" not in hints
    assert notifier.sounds


def test_a_service_that_plays_no_sounds_says_so_for_the_bell(notifier, screen):
    screen.afresh("body")
    assert not notifier.sounds
    shown(notifier, screen, notice(level=3))
    assert not notifier.sounds


def test_the_first_level_is_no_notification(notifier, screen):
    notifier.show(notice(level=1))
    shown(notifier, screen, notice(message="the second"))
    assert [call[4] for call in screen.calls("Notify")] == ["the second"]


@pytest.mark.parametrize(
    ("kind", "exercise", "title", "buttons"),
    [
        ("posture", None, "Time for another position", BUTTONS[2:]),
        ("still", "walk", "Time to move a little", BUTTONS),
        ("seated", None, "Time to stand up for a moment", BUTTONS[2:]),
        ("baseline", None, "A question", ["recalibrate", "Recalibrate", "later", "Not now"]),
        ("baseline", "walk", "A question", ["recalibrate", "Recalibrate", "later", "Not now"]),
        ("another", None, "posturewatch", BUTTONS[2:]),
    ],
)
def test_title_and_buttons_go_with_the_kind_and_the_exercise(kind, exercise, title, buttons):
    card = notices.card(notice(kind=kind, exercise=exercise))
    assert (card.title, [text for button in card.buttons for text in button]) == (title, buttons)


def test_a_service_without_buttons_gets_none(notifier, screen):
    screen.afresh("body")
    assert shown(notifier, screen, notice())[1][2] == []


def test_markup_in_a_message_is_escaped_where_the_service_reads_markup(notifier, screen):
    text = 'Try <b>"Tom & Jerry\'s"</b>'
    found = shown(notifier, screen, notice(message=text))
    assert found[1][1] == 'Try &lt;b&gt;"Tom &amp; Jerry\'s"&lt;/b&gt;'


def test_and_left_as_it_is_where_it_reads_none(notifier, screen):
    screen.afresh("body actions")
    assert shown(notifier, screen, notice(message="Try <b>"))[1][1] == "Try <b>"


def test_a_service_that_shows_titles_alone_gets_what_matters_as_the_title(notifier, screen):
    screen.afresh("actions body-markup")
    assert shown(notifier, screen, notice(message="Sit & move"))[1][:2] == ("Sit & move", "")


def test_what_no_bus_can_carry_becomes_a_space(notifier, screen):
    assert shown(notifier, screen, notice(message="a\0b\ud800c\x1b[31md\ne°"))[1][1] == "a b c [31md e°"


# One at a time


def test_the_next_notice_replaces_the_one_before(notifier, screen):
    shown(notifier, screen, notice(message="one"))
    found = shown(notifier, screen, notice(level=3, message="two"))
    assert [call[1] for call in screen.calls("Notify")] == [0, 1]
    assert {number: card[1] for number, card in found.items()} == {1: "two"}


def test_a_hundred_notices_in_a_row_stay_one_notification(notifier, screen):
    found = shown(notifier, screen, *[notice(message=f"number {count}") for count in range(100)])
    assert {number: card[1] for number, card in found.items()} == {1: "number 99"}


def test_with_the_service_a_little_slow_too(notifier, screen):
    screen.hang()
    for count in range(100):
        notifier.show(notice(message=f"number {count}"))
    screen.wake()
    found = shown(notifier, screen, notice(message="the last"))
    assert {number: card[1] for number, card in found.items()} == {1: "the last"}


def test_a_notice_before_the_number_of_the_one_before_is_known_replaces_it(notifier, screen):
    shown(notifier, screen, notice(message="zero"))
    notifier.withdraw()
    screen.hang()
    for words in ("one", "two", "three"):
        notifier.show(notice(message=words))
    screen.wake()
    polled(notifier, lambda: notifier._shown is not None and notifier._shown.message == "three")
    assert [(call[1], call[4]) for call in screen.calls("Notify")] == [(0, "zero"), (0, "one"), (2, "three")]


def test_a_corrected_posture_takes_it_away(notifier, screen):
    shown(notifier, screen, notice())
    notifier.withdraw()
    notifier.withdraw()
    until(lambda: screen.calls("CloseNotification") == [[1]])
    assert quiet(notifier, screen) == []
    assert screen.calls("CloseNotification") == [[1]]


def test_also_when_its_number_is_not_known_yet(notifier, screen):
    shown(notifier, screen, notice(message="zero"))
    notifier.withdraw()
    screen.hang()
    notifier.show(notice(message="one"))
    notifier.withdraw()
    screen.wake()
    polled(notifier, lambda: screen.calls("CloseNotification") == [[1], [2]])


def test_one_that_was_withdrawn_before_it_was_sent_never_is(notifier, screen):
    notifier.show(notice(message="never"))
    notifier.withdraw()
    shown(notifier, screen, notice(message="later"))
    assert [call[4] for call in screen.calls("Notify")] == ["later"]


def test_closing_leaves_no_notification_behind(notifier, screen):
    shown(notifier, screen, notice())
    notifier.close()
    until(lambda: screen.calls("CloseNotification") == [[1]])


def test_nor_one_that_was_just_sent(notifier, screen):
    notifier.show(notice())
    polled(notifier, lambda: notifier._sent is not None)
    notifier.close()
    until(lambda: screen.calls("CloseNotification") == [[1]])
    notifier.close()


# Answers


@pytest.mark.parametrize("pressed", ["exercise", "snooze", "later"])
def test_a_button_is_an_answer_given_once_and_takes_the_notification_away(notifier, screen, pressed):
    shown(notifier, screen, notice())
    screen.press(pressed)
    assert answer(notifier) == [pressed]
    screen.close(2)
    screen.press(pressed)
    assert quiet(notifier, screen) == []
    assert screen.calls("CloseNotification") == [[1]]


def test_the_question_about_the_baseline_is_answered_with_recalibrate(notifier, screen):
    shown(notifier, screen, notice(kind="baseline", exercise=None))
    screen.press("exercise")
    screen.press("recalibrate")
    assert answer(notifier) == ["recalibrate"]


def test_waving_it_away_is_an_answer(notifier, screen):
    shown(notifier, screen, notice())
    screen.close(2)
    assert answer(notifier) == ["dismissed"]
    assert len(shown(notifier, screen, notice())) == 2  # its number isn't used again
    assert [call[1] for call in screen.calls("Notify")] == [0, 0]


@pytest.mark.parametrize("reason", [1, 3, 4])
def test_that_it_ran_out_is_none(notifier, screen, reason):
    shown(notifier, screen, notice())
    screen.close(reason)
    screen.press("snooze")
    assert quiet(notifier, screen) == []


def test_other_programs_notifications_and_unknown_buttons_are_none(notifier, screen):
    shown(notifier, screen, notice(exercise=None))
    screen.press("snooze", number=2)
    screen.close(2, number=2)
    screen.press("default")
    screen.press("exercise")
    assert quiet(notifier, screen) == []


def test_what_another_program_says_in_the_name_of_the_service_is_none(notifier, screen):
    from jeepney import DBusAddress, new_signal

    shown(notifier, screen, notice())
    said = new_signal(
        DBusAddress("/org/freedesktop/Notifications", interface=SERVICE), "ActionInvoked", "us", (1, "later")
    )
    from jeepney import HeaderFields

    said.header.fields[HeaderFields.destination] = _name_of(notifier, screen)
    screen.client.send(said)
    screen.is_there()  # so the bus has it
    assert quiet(notifier, screen) == []


def _name_of(notifier, screen):
    names = screen.call(BUS, "/", BUS, "ListNames", "")[0]
    known = {screen.client.unique_name, notifier._owner}
    return next(name for name in names if name.startswith(":") and name not in known)


def test_a_press_on_the_notice_before_while_the_next_is_under_way_answers_both(notifier, screen):
    shown(notifier, screen, notice(message="one"))
    screen.hang()
    notifier.show(notice(message="two"))
    screen.wake()
    screen.press("later")
    assert answer(notifier) == ["later"]
    polled(notifier, lambda: screen.shown() == {})


# No service


def test_without_a_service_the_terminal_gets_the_notices_and_it_is_said_once(alone, notifier, warnings):
    first, second = notice(), notice(level=3)
    for each in (first, second):
        notifier.show(each)
        polled(notifier, lambda: notifier._wanted is None)
        assert notifier.missed() == [each]
    assert notifier.missed() == []
    assert warnings == [NO_SERVICE]


def test_a_service_that_starts_later_is_used(alone, notifier, warnings):
    notifier.show(notice())
    polled(notifier, lambda: notifier.missed())
    alone.serve()
    assert len(shown(notifier, alone, notice())) == 1
    alone.kill()
    polled(notifier, lambda: notifier._id == 0)
    assert (notifier.missed(), len(warnings)) == ([], 1)  # it had been shown

    notifier.show(notice())
    polled(notifier, lambda: notifier.missed())
    alone.serve("body")
    found = shown(notifier, alone, notice(message="again"))
    assert found == {1: ("Time for another position", "again", [])}  # the new service has other abilities
    assert [call[1] for call in alone.calls("Notify")] == [0]  # and other numbers
    assert len(warnings) == 1


def test_a_service_that_was_started_anew_is_asked_anew_and_shown_only_what_comes_then(alone, notifier, warnings):
    alone.serve()
    shown(notifier, alone, notice(message="old"))
    alone.kill()
    alone.serve("body")
    polled(notifier, lambda: notifier._abilities is None and not notifier._id)
    found = shown(notifier, alone, notice(message="new"))
    assert found == {1: ("Time for another position", "new", [])}
    assert [(call[1], call[4]) for call in alone.calls("Notify")] == [(0, "new")]
    assert (notifier.missed(), warnings) == ([], [])


def test_a_service_that_dies_over_a_notice_leaves_it_to_the_terminal(alone, notifier, warnings):
    alone.serve()
    shown(notifier, alone, notice(message="one"))
    alone.hang()
    two = notice(message="two")
    notifier.show(two)
    alone.kill()
    polled(notifier, lambda: notifier._wanted is None)
    assert notifier.missed() == [two]
    assert len(warnings) == 1


@pytest.mark.parametrize("failing", ["GetCapabilities", "Notify"])
def test_a_service_that_refuses_leaves_it_to_the_terminal(screen, notifier, warnings, failing):
    gives, takes = {"GetCapabilities": ("as", ""), "Notify": ("u", "susssasa{sv}i")}[failing]
    refuse = "raise dbus.exceptions.DBusException('no', name='org.example.Error.Full')"
    screen.on_call(failing, takes, gives, refuse)
    notifier.show(notice())
    polled(notifier, lambda: notifier.missed())
    assert warnings == [NO_SERVICE.replace("no program shows notifications here", "it answered org.example.Error.Full")]


@pytest.mark.parametrize("failing", ["GetCapabilities", "Notify"])
def test_a_service_that_answers_nonsense_leaves_it_to_the_terminal(screen, notifier, warnings, failing):
    screen.on_call(failing, {"GetCapabilities": "", "Notify": "susssasa{sv}i"}[failing], "s", "ret = 'yes'")
    notifier.show(notice())
    polled(notifier, lambda: notifier.missed())
    assert warnings == [NO_SERVICE.replace("no program shows notifications here", "its answer can't be understood")]


def fastest(act, times=3):
    """The least time that it took, in seconds: the rest is what else the machine did."""
    took = []
    for _ in range(times):
        began = time.monotonic()
        act()
        took.append(time.monotonic() - began)
    assert max(took) < LOADED_S
    return min(took)


@pytest.mark.parametrize("known", [True, False], ids=["abilities known", "abilities unknown"])
def test_a_service_that_hangs_holds_nothing_up_and_after_five_seconds_the_terminal_has_it(
    screen, notifier, warnings, known
):
    if known:
        shown(notifier, screen, notice(message="before"))
    screen.hang()
    try:
        stuck = notice(message="stuck")
        assert fastest(lambda: notifier.show(stuck)) < HELD_UP_S
        assert fastest(lambda: notifier.answers(100.0)) < HELD_UP_S
        notifier.answers(105.0)
        assert (notifier.missed(), warnings) == ([], [])
        notifier.answers(105.1)
        assert notifier.missed() == [stuck]
        assert fastest(notifier.withdraw) < HELD_UP_S

        again = notice(message="again")
        notifier.show(again)
        notifier.answers(700.0)
        notifier.answers(705.1)
        assert notifier.missed() == [again]
        assert warnings == [NO_SERVICE.replace("no program shows notifications here", "it doesn't answer")]
    finally:
        screen.wake()
    polled(notifier, lambda: not notifier._waiting and not notifier._given_up)
    polled(notifier, lambda: screen.shown() == {})


def test_once_it_goes_on_notices_are_shown_again_and_none_is_left_over(screen, notifier, warnings):
    screen.hang()
    try:
        shown_before = notice(message="before")
        notifier.show(shown_before)
    finally:
        screen.wake()
    polled(notifier, lambda: notifier._shown is shown_before)
    screen.hang()
    try:
        for t_s in (100.0, 700.0, 1300.0):
            notifier.show(notice(message=f"at {t_s}"))
            notifier.answers(t_s)
            notifier.answers(t_s + 5.1)
    finally:
        screen.wake()
    found = shown(notifier, screen, notice(message="now"))
    polled(notifier, lambda: not notifier._given_up)
    assert [card[1] for card in screen.shown().values()] == ["now"]
    assert found
    assert len(warnings) == 1


def test_a_call_that_is_given_up_takes_what_it_should_have_replaced_with_it(screen, notifier):
    shown(notifier, screen, notice(message="before"))
    screen.hang()
    try:
        notifier.show(notice(message="stuck"))
        notifier.answers(100.0)
        notifier.answers(105.1)
        notifier.show(notice(message="now"))
    finally:
        screen.wake()
    polled(notifier, lambda: not notifier._waiting)
    made = [
        method for _when, method, _arguments in screen.mock("GetCalls") if method in ("Notify", "CloseNotification")
    ]
    assert made[:4] == ["Notify", "Notify", "CloseNotification", "Notify"]


def test_closing_while_the_service_hangs_does_not_wait_for_it(screen, notifier):
    shown(notifier, screen, notice())
    screen.hang()
    try:
        notifier.show(notice())
        began = time.monotonic()
        notifier.close()
        assert time.monotonic() - began < HELD_UP_S + LOADED_S
    finally:
        screen.wake()


# No bus


def missing_at_once(notifier, warnings, why):
    each = notice()
    assert fastest(lambda: notifier.show(each)) < HELD_UP_S
    notifier.withdraw()
    assert notifier.answers(0.0) == []
    assert notifier.missed() == [each, each, each]
    assert warnings == [f"No notification service: {why}; alerts appear in the terminal, with its bell."]
    assert notifier.available() == (False, f"{why}; alerts appear in the terminal, with its bell")


def test_without_a_bus_the_terminal_gets_the_notices(notifier, warnings, monkeypatch):
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    missing_at_once(notifier, warnings, "the session's message bus can't be reached (it has no address)")


def test_so_with_a_bus_that_has_ended(notifier, warnings, monkeypatch, tmp_path):
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={tmp_path}/none")
    why = "the session's message bus can't be reached ([Errno 2] No such file or directory)"
    missing_at_once(notifier, warnings, why)


@pytest.mark.parametrize("address", ["unix:", "unix:runtime=yes", "unix:path", "unix:path=%00", "autolaunch:"])
def test_so_with_an_address_that_says_nothing(notifier, warnings, monkeypatch, address):
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
    notifier.show(notice())
    assert len(notifier.missed()) == len(warnings) == 1


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("tcp:host=127.0.0.1,port={}", "its address is no unix socket"),
        ("tcp:host=127.0.0.1,port={0};unix:path=/nowhere", "[Errno 2] No such file or directory"),
        ("unix:path=/nowhere;tcp:host=127.0.0.1,port={}", "[Errno 2] No such file or directory"),
    ],
)
def test_a_bus_over_the_network_is_refused_without_a_connection(notifier, warnings, monkeypatch, address, why):
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address.format(server.getsockname()[1]))
        missing_at_once(notifier, warnings, f"the session's message bus can't be reached ({why})")
        server.settimeout(0)
        with pytest.raises(BlockingIOError):
            server.accept()


def test_the_bus_that_systemd_started_is_found_without_its_address(alone, monkeypatch, tmp_path):
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    assert notify.Notifier(print).available()[1].startswith("no program shows notifications here")


@pytest.fixture
def mute(tmp_path, monkeypatch):
    """A socket whose other end takes what comes; its say() is what it answers to the greeting."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "mute"))
        server.listen()
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={tmp_path}/mute")
        yield server


def test_a_bus_that_lets_nobody_in_holds_nothing_up(mute, notifier, warnings):
    assert fastest(lambda: notifier.show(notice())) < HELD_UP_S
    assert len(notifier.missed()) == 3
    assert len(warnings) == 1


@pytest.mark.parametrize(("says", "missed"), [(b"", 0), (b"\xff" * 64, 1)], ids=["nothing", "nonsense"])
def test_a_bus_that_then_says_nothing_or_nonsense_holds_nothing_up(mute, notifier, says, missed):
    def let_in():
        one, _ = mute.accept()
        one.recv(1024)
        one.sendall(b"OK 00\r\n")
        one.recv(1024)
        one.sendall(says)
        ended.wait(5)
        one.close()

    ended = threading.Event()
    other_end = threading.Thread(target=let_in)
    other_end.start()
    try:
        notifier.show(notice())
        if missed:
            until(lambda: notifier.answers(0.0) or notifier._bus is None)
        assert fastest(lambda: notifier.answers(0.0)) < HELD_UP_S
        assert len(notifier.missed()) == missed
        notifier.answers(5.1)
        assert len(notifier.missed()) == 1 - missed
    finally:
        ended.set()
        other_end.join()


@pytest.mark.parametrize("polls", [True, False], ids=["noticed", "unnoticed"])
def test_a_bus_that_ends_is_no_exception_and_the_next_one_is_used(
    polls, alone, notifier, warnings, monkeypatch, tmp_path
):
    alone.serve()
    shown(notifier, alone, notice())
    alone.bus.send_signal(signal.SIGKILL)
    alone.bus.wait()
    if polls:
        until(lambda: notifier.answers(0.0) == [] and notifier._bus is None)
    (tmp_path / "next").mkdir()
    with desktop(tmp_path / "next") as after:
        after.serve()
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", after.address)
        assert len(shown(notifier, after, notice())) == 1
        assert [call[1] for call in after.calls("Notify")] == [0]
    assert (notifier.missed(), warnings) == ([], [])  # nothing was lost


def test_a_bus_that_hangs_holds_nothing_up(alone, notifier):
    alone.serve()
    shown(notifier, alone, notice())
    alone.bus.send_signal(signal.SIGSTOP)
    try:
        assert fastest(lambda: notifier.show(notice(message="one"))) < HELD_UP_S
        assert fastest(notifier.withdraw) < HELD_UP_S
        assert fastest(lambda: notify.Notifier(print).show(notice())) < HELD_UP_S
    finally:
        alone.bus.send_signal(signal.SIGCONT)


# doctor


def test_doctor_learns_who_shows_them(screen, notifier):
    assert notifier.available() == (True, "notifications go to mock-notify 1.0")


def test_or_that_nobody_does(alone, notifier):
    told = "no program shows notifications here; alerts appear in the terminal, with its bell"
    assert notifier.available() == (False, told)


def test_or_that_it_hangs_within_a_moment(screen, notifier, monkeypatch):
    monkeypatch.setattr(notify, "AVAILABLE_WAIT_S", 0.01)
    screen.hang()
    try:
        assert not notifier.available()[0]
    finally:
        screen.wake()


def test_linux_has_its_own_notifier(warnings):
    assert type(notify.here(warnings.append)) is notify.Notifier


def test_macos_and_windows_have_the_other(warnings, monkeypatch):
    monkeypatch.setattr(sys, "platform", "win32")
    assert type(notify.here(warnings.append)) is notify_elsewhere.ElsewhereNotifier


def test_importing_it_imports_nothing_that_takes_time():
    heavy = "{'jeepney', 'numpy', 'asyncio', 'socket', 'desktop_notifier', 'threading', 'logging'}"
    code = f"import sys, posturewatch.notify; sys.exit(str(sorted({heavy} & sys.modules.keys())))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ})
    assert found.stderr.strip() == "[]"


# macOS and Windows: the same library's Linux part shows it on the same service


@pytest.fixture
def elsewhere(warnings, monkeypatch):
    monkeypatch.setattr(notify_elsewhere, "LOOK_S", 0.01)
    made = notify_elsewhere.ElsewhereNotifier(warnings.append)
    yield made
    made.close()


def shown_elsewhere(notifier, screen, each):
    notifier.show(each)
    polled(notifier, lambda: notifier._confirmed)
    return {number: card[1] for number, card in screen.shown().items()}


def test_elsewhere_a_notice_is_shown_replaced_and_withdrawn(screen, elsewhere):
    assert shown_elsewhere(elsewhere, screen, notice(message="one")) == {1: "one"}
    assert screen.calls("Notify")[0][5][2:] == BUTTONS  # the first pair is the library's own
    assert shown_elsewhere(elsewhere, screen, notice(message="two", level=3)) == {2: "two"}
    assert "sound-name" not in screen.calls("Notify")[0][6]
    assert "sound-name" in screen.calls("Notify")[1][6]
    elsewhere.withdraw()
    until(lambda: screen.shown() == {})


def test_elsewhere_many_notices_in_a_row_stay_one(screen, elsewhere):
    screen.hang()
    try:
        for count in range(50):
            elsewhere.show(notice(message=f"number {count}"))
    finally:
        screen.wake()
    assert list(shown_elsewhere(elsewhere, screen, notice(message="the last")).values()) == ["the last"]
    assert len(screen.calls("Notify")) <= 3  # only the newest of those that waited


def test_elsewhere_the_first_level_is_no_notification(elsewhere):
    elsewhere.show(notice(level=1))
    assert elsewhere._thread is None


@pytest.mark.parametrize("pressed", ["exercise", "snooze", "later"])
def test_elsewhere_a_button_is_an_answer_given_once(screen, elsewhere, pressed):
    shown_elsewhere(elsewhere, screen, notice())
    screen.press(pressed)
    assert answer(elsewhere) == [pressed]
    screen.close(2)
    screen.press(pressed)
    elsewhere.close()
    assert elsewhere.answers(0.0) == []


def test_elsewhere_waving_it_away_is_an_answer_and_running_out_is_none(screen, elsewhere):
    shown_elsewhere(elsewhere, screen, notice())
    screen.close(1)
    shown_elsewhere(elsewhere, screen, notice())
    screen.close(2, number=2)
    assert answer(elsewhere) == ["dismissed"]


def test_elsewhere_an_answer_to_what_was_withdrawn_is_none(screen, elsewhere):
    shown_elsewhere(elsewhere, screen, notice())
    elsewhere.withdraw()
    elsewhere._news.put(("snooze", elsewhere._number))
    assert elsewhere.answers(0.0) == []


def test_elsewhere_an_answer_to_the_notice_before_is_none(screen, elsewhere):
    shown_elsewhere(elsewhere, screen, notice(message="one"))
    shown_elsewhere(elsewhere, screen, notice(message="two"))
    elsewhere._news.put(("snooze", 1))
    assert elsewhere.answers(0.0) == []


def test_elsewhere_a_thread_that_has_ended_is_started_again(screen, elsewhere):
    shown_elsewhere(elsewhere, screen, notice(message="one"))
    elsewhere.close()
    until(lambda: not elsewhere._thread.is_alive())
    assert shown_elsewhere(elsewhere, screen, notice(message="two")) == {2: "two"}


def test_elsewhere_without_a_service_the_terminal_gets_them_said_once_until_it_starts(alone, elsewhere, warnings):
    first, second = notice(), notice()
    for each in (first, second):
        elsewhere.show(each)
        polled(elsewhere, lambda: elsewhere._notice is None)
        assert elsewhere.missed() == [each]
    assert len(warnings) == 1
    alone.serve()
    assert shown_elsewhere(elsewhere, alone, notice(message="now")) == {1: "now"}


def test_elsewhere_a_system_that_hangs_holds_nothing_up(screen, elsewhere, warnings):
    screen.hang()
    try:
        each = notice()
        assert fastest(lambda: elsewhere.show(each)) < HELD_UP_S
        elsewhere.answers(100.0)
        elsewhere.answers(105.1)
        assert elsewhere.missed() == [each]
        assert warnings == [NO_SERVICE.replace("no program shows notifications here", "it doesn't answer")]
    finally:
        screen.wake()
    elsewhere.close()
    until(lambda: not elsewhere._thread.is_alive())
    assert screen.shown() == {}


def test_elsewhere_a_python_that_may_not_show_any_leaves_them_to_the_terminal(elsewhere, warnings, monkeypatch):
    from desktop_notifier import main
    from desktop_notifier.backends.dummy import DummyNotificationCenter

    monkeypatch.setattr(main, "get_backend_class", lambda: DummyNotificationCenter)
    elsewhere.show(notice())
    polled(elsewhere, lambda: elsewhere.missed())
    assert len(warnings) == 1
    assert not elsewhere.available()[0]


def test_elsewhere_a_user_who_allows_none_leaves_them_to_the_terminal(screen, elsewhere, warnings, monkeypatch):
    from desktop_notifier.sync import DesktopNotifierSync

    monkeypatch.setattr(DesktopNotifierSync, "request_authorisation", lambda self: False)
    elsewhere.show(notice())
    polled(elsewhere, lambda: elsewhere.missed())
    assert warnings == [
        NO_SERVICE.replace("no program shows notifications here", "the system shows none of this program's")
    ]


def test_elsewhere_a_mac_gets_no_buttons_that_would_do_nothing(screen, elsewhere, monkeypatch):
    monkeypatch.setattr(notify_elsewhere, "BUTTONS", False)
    shown_elsewhere(elsewhere, screen, notice())
    assert screen.calls("Notify")[0][5][2:] == []


def test_elsewhere_doctor_learns_that_it_works(screen, elsewhere):
    assert elsewhere.available() == (True, "notifications go to the system's notification centre")
