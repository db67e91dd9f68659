"""How a session comes by its baseline: from a window of it, a stored one that agrees with it, or a new capture."""

from dataclasses import dataclass, field

from posturewatch.baseline import LEAST_WINDOW_S, Baseline, build
from posturewatch.errors import PosturewatchError
from posturewatch.features import Features
from posturewatch.frames import SLACK_S

CHECK_S = 5.0  # DESIGN part 2: a stored baseline is taken if five seconds of looking agree with it
PAUSE_S = 2.0  # chosen: five seconds of looking begin anew after such a pause


@dataclass(frozen=True, slots=True)
class Window:
    """The baseline comes from these seconds of a recording; what came before it is judged by it too."""

    start_s: float = 0.0
    end_s: float = 10.0


@dataclass(frozen=True, slots=True)
class Startup:
    """The baseline is the stored one if the first looks agree with it, else it is captured, again until it succeeds."""

    stored: Baseline | None = None
    length_s: float = 10.0


@dataclass(frozen=True, slots=True)
class Calibrating:
    """The baseline is being captured: seconds done of those wanted, and why the last look can't be used."""

    t_s: float
    done_s: float
    wanted_s: float
    reason: str | None


@dataclass(frozen=True, slots=True)
class Started:
    """The baseline is known; captured now or stored before."""

    baseline: Baseline
    captured: bool


@dataclass(frozen=True, slots=True)
class Failed:
    """No baseline could be made of the window; why, and what to change."""

    message: str


@dataclass(slots=True)
class Capture:
    """The looks gathered without a break: to check the stored baseline with, or to make one of where there is none."""

    stored: Baseline | None
    length_s: float
    looks: list[Features] = field(default_factory=list)

    def begin_anew(self) -> None:
        """Make one; nothing of what there was counts."""
        self.stored, self.looks = None, []

    def add(self, look: Features) -> None:
        """Gather one look; what can't go together with it is let go."""
        checking = self.stored is not None
        if checking and look.view is None:
            return  # an empty chair says nothing about the stored one
        no_camera = look.size_px == (0, 0)
        another_mode = look.view is not None and any(each.view and each.size_px != look.size_px for each in self.looks)
        pause = checking and self.looks and look.t_s - self.looks[-1].t_s > PAUSE_S
        if no_camera or another_mode or pause:
            self.looks = []
        self.looks.append(look)

    @property
    def done_s(self) -> float:
        """Seconds gathered."""
        return self.looks[-1].t_s - self.looks[0].t_s if self.looks else 0.0

    @property
    def enough(self) -> bool:
        """Whether that is as long as it has to be."""
        return self.done_s >= (self.length_s if self.stored is None else CHECK_S) - SLACK_S


def built(looks: list[Features], hfov_deg: float, rate_hz: float) -> Baseline | Failed:
    """The baseline of these looks, or why there is none."""
    length_s = looks[-1].t_s - looks[0].t_s if looks else 0.0
    if length_s < LEAST_WINDOW_S - 1 / rate_hz:  # the last look stands for its own interval
        return Failed(f"No baseline: the window holds {length_s:.1f} s of pictures. Choose at least 2 s.")
    try:
        return build(looks, hfov_deg)
    except PosturewatchError as error:
        return Failed(str(error))
