"""What a person's words on the command line stand for."""

import pytest

from posturewatch.commands import options


@pytest.mark.parametrize("text", ["0-2", "2.6-4.6", "0.1-2.1", "3-13", "0-1e5"])
def test_any_window_of_two_seconds_or_more_is_accepted(text: str) -> None:
    start_s, end_s = options.window_of(text)
    assert end_s - start_s == pytest.approx(float(text.split("-")[1]) - float(text.split("-")[0]))
