"""The command `doctor`: each line says what works or what to do."""

import json
from pathlib import Path

from commands import run

from posturewatch import config


def test_doctor_says_what_works_and_what_to_do() -> None:
    lines = json.loads(run("doctor", "--json").stdout)
    by_name = {line["name"]: line for line in lines}
    assert by_name["models"]["level"] == "ok"
    assert str(config.default_path()) in by_name["settings"]["text"]
    assert {line["level"] for line in lines} <= {"ok", "warning", "error"}


def test_doctor_ends_with_1_on_settings_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_text("[watch]\nrate_hz = 500\n")
    result = run("doctor", "--settings", tmp_path / "s.toml")
    assert result.exit_code == 1
    assert "rate_hz" in result.output
