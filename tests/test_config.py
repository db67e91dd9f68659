import sys
from dataclasses import FrozenInstanceError, replace
from pathlib import Path

import pytest

from posturewatch import config
from posturewatch.config import AngleRule, PostureRules, Settings, SlumpRule, as_dict, with_preset
from posturewatch.errors import PosturewatchError

# --- what the defaults are


def test_the_postures_defaults_are_the_table_of_part_4():
    assert PostureRules() == PostureRules(
        forward_head=AngleRule(enter_deg=10, exit_deg=6, enter_dwell_s=10, exit_dwell_s=5, limit_s=600),
        slumped=SlumpRule(
            enter_drop_cm=4, enter_sink_cm=2, exit_ratio=0.6, enter_dwell_s=10, exit_dwell_s=5, limit_s=600
        ),
        neck_flexed=AngleRule(enter_deg=20, exit_deg=15, enter_dwell_s=10, exit_dwell_s=5, limit_s=600),
        neck_extended=AngleRule(enter_deg=-10, exit_deg=-6, enter_dwell_s=10, exit_dwell_s=5, limit_s=300),
        side_bent=AngleRule(enter_deg=12, exit_deg=8, enter_dwell_s=10, exit_dwell_s=5, limit_s=480),
        turned=AngleRule(enter_deg=30, exit_deg=22, enter_dwell_s=10, exit_dwell_s=5, limit_s=600),
        iso_scale=1,
        unknown_after_s=10,
        away_after_s=3,
    )


def test_the_other_defaults_are_those_of_the_design():
    written_out = {
        "camera": {"source": "0", "hfov_deg": 68.0, "mirror": False},
        "watch": {"rate_hz": 2.0, "preset": "standard"},
        "dose": {"recover_upright_s": 600.0, "recover_away_s": 300.0, "most": 1.5},
        "hold": {"end_away_s": 10.0, "end_unknown_s": 60.0, "gap_s": 5.0},
        "still": {
            "pitch_deg": 4.0,
            "place_cm": 2.0,
            "break_pitch_deg": 8.0,
            "break_place_cm": 4.0,
            "break_s": 5.0,
            "limit_s": 1200.0,
        },
        "seated": {"away_s": 120.0, "limit_s": 3300.0},
        "alerts": {
            "cooldown_s": 600.0,
            "max_per_hour": 4,
            "sound_after_s": 120.0,
            "ignored_most": 3,
            "ignored_quiet_s": 1800.0,
            "sign_at_dose": 0.5,
        },
        "quiet": {"hours": []},
        "history": {"keep_days": 365},
    }
    given_by_the_program = as_dict(Settings())
    del given_by_the_program["posture"]
    assert given_by_the_program == written_out


def test_settings_cannot_be_changed_after_they_were_read():
    with pytest.raises(FrozenInstanceError):
        Settings().watch.rate_hz = 5  # type: ignore[misc]


@pytest.mark.skipif(sys.platform != "linux", reason="the folders' names are those of Linux")
def test_the_default_places_are_the_users_config_and_data_folders(monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", "/etc/of/mine")
    monkeypatch.setenv("XDG_DATA_HOME", "/data/of/mine")
    assert config.default_path() == Path("/etc/of/mine/posturewatch/settings.toml")
    assert config.data_folder() == Path("/data/of/mine/posturewatch")


# --- presets


def limits(of: Settings) -> dict[str, float]:
    posture = of.posture
    return {
        "forward_head": posture.forward_head.limit_s,
        "slumped": posture.slumped.limit_s,
        "neck_flexed": posture.neck_flexed.limit_s,
        "neck_extended": posture.neck_extended.limit_s,
        "side_bent": posture.side_bent.limit_s,
        "turned": posture.turned.limit_s,
        "iso": posture.iso_scale,
        "still": of.still.limit_s,
        "seated": of.seated.limit_s,
        "cooldown": of.alerts.cooldown_s,
        "per_hour": of.alerts.max_per_hour,
    }


def test_gentle_gives_every_limit_half_as_much_again():
    gentle = with_preset(Settings(), "gentle")
    assert limits(gentle) == {
        "forward_head": 900,
        "slumped": 900,
        "neck_flexed": 900,
        "neck_extended": 450,
        "side_bent": 720,
        "turned": 900,
        "iso": 1.5,
        "still": 1800,
        "seated": 4950,
        "cooldown": 600,
        "per_hour": 4,
    }


def test_strict_alerts_after_45_seconds_and_halves_the_other_clocks():
    strict = with_preset(Settings(), "strict")
    assert limits(strict) == {
        "forward_head": 45,
        "slumped": 45,
        "neck_flexed": 45,
        "neck_extended": 45,
        "side_bent": 45,
        "turned": 45,
        "iso": 1,
        "still": 600,
        "seated": 1650,
        "cooldown": 120,
        "per_hour": 0,
    }


def test_strict_is_45_seconds_at_every_inclination_by_the_rule_that_the_posture_rules_state():
    posture = with_preset(replace(Settings(), posture=PostureRules(iso_scale=0.5)), "strict").posture
    for inclination_deg in range(26, 90):
        iso_s = max(60.0, 480.0 - (inclination_deg - 25) * 7.0)
        assert min(posture.neck_flexed.limit_s, posture.iso_scale * iso_s) == 45.0


def test_standard_changes_no_number():
    assert with_preset(Settings(), "standard") == Settings()


@pytest.mark.parametrize("preset", config.PRESETS)
def test_a_preset_leaves_thresholds_and_dwells_alone_and_says_its_name(preset):
    changed = with_preset(Settings(), preset)
    assert changed.watch.preset == preset
    assert replace(changed.posture.turned, limit_s=600) == Settings().posture.turned
    assert replace(changed.posture.slumped, limit_s=600) == Settings().posture.slumped
    assert (changed.dose, changed.hold, changed.camera) == (Settings().dose, Settings().hold, Settings().camera)


def test_an_unknown_preset_is_answered_with_the_three_there_are():
    with pytest.raises(PosturewatchError) as caught:
        with_preset(Settings(), "brutal")
    assert str(caught.value) == 'There is no preset "brutal". Try gentle, standard, strict.'


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("0", "0"),
        ("/dev/video0?x@y", "/dev/video0?x@y"),
        ("rtsp://me:pa/ss@10.0.0.2:554/live", "rtsp://10.0.0.2:554/live"),
        ("http://10.0.0.2/video?user=me&pwd=secret", "http://10.0.0.2/video"),
    ],
)
def test_a_cameras_password_is_not_recorded(source, shown):
    assert config.shown_source(source) == shown
    recorded = as_dict(replace(Settings(), camera=replace(Settings().camera, source=source)))
    assert recorded["camera"]["source"] == shown  # type: ignore[index]
