"""What it costs not to know the camera's field of view, and what a tape measure (`calibrate --distance-cm`) gains.

python -m calibration.field_of_view [DATA_FOLDER]
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from calibration.metrics import agreement
from calibration.people import DATA, Line, baseline, grouped, read
from calibration.tables import markdown
from posturewatch import geometry
from posturewatch.baseline import Baseline
from posturewatch.chain import deviation
from posturewatch.config import Camera
from posturewatch.errors import PosturewatchError
from posturewatch.estimate import lens
from posturewatch.features import describe

Array = npt.NDArray[np.float64]
Group = list[Line]
Found = list[tuple[str, str, float, float]]  # group, kind, true and estimated change of CVA

ASSUMED_DEG = (55.0, 60.0, 65.0, 68.0, 70.0, 75.0, 80.0, 90.0)
DEFAULT_DEG = Camera().hfov_deg
IRIS_MM = 11.7  # SCIENCE part 5
IRISES = (range(468, 473), range(473, 478))  # MediaPipe's face mesh: middle, then four on the edge
SEED = 0


@dataclass(frozen=True, slots=True)
class Person:
    """A group with what is known of its camera, and the baseline with the default field of view."""

    group: Group
    hfov_deg: float
    distance_cm: float
    upright: Baseline

    @property
    def focal_px(self) -> float:
        """The true focal length."""
        return geometry.focal_px(self.upright.size_px[0], self.hfov_deg)


def people(lines: Sequence[Line]) -> Iterator[Person]:
    """The groups before a camera in front whose place and field of view are known and that have a baseline."""
    for group in grouped(line for line in lines if line.view == "front").values():
        known = group[0].camera
        try:
            upright = baseline(group, DEFAULT_DEG)
        except PosturewatchError:
            continue
        if known.hfov_deg is not None and known.distance_cm is not None and upright.front is not None:
            yield Person(group, known.hfov_deg, known.distance_cm, upright)


def estimates(everybody: Sequence[Person], told: Callable[[Person], Baseline]) -> Found:
    """Every picture but the neutral ones, each against the baseline told."""
    found: Found = []
    for person in everybody:
        upright = told(person)
        for line in person.group:
            if not line.neutral:
                seen = deviation(describe(line.landmarks, upright.hfov_deg, upright.place), upright).forward_head_deg
                found.append((line.group, line.kind, line.true_deg, np.nan if seen is None else seen))
    return found


def row(name: str, found: Found) -> list[str]:
    """MAE of the sweep, of the rest of the protocol, of every factor at random, and of all pictures."""
    kinds = np.array([kind for _, kind, _, _ in found])
    numbers = np.array([(true, seen) for _, _, true, seen in found], np.float64)
    chosen = (kinds == "fh", (kinds != "fh") & (kinds != "random"), kinds == "random", kinds != "")
    maes = [agreement(numbers[rows, 0], numbers[rows, 1]).mae for rows in chosen]
    return [name, *("–" if mae is None else f"{mae:.2f}" for mae in maes)]


def gain(one: Found, other: Found) -> tuple[float, float]:
    """How much smaller one's MAE is than the other's, and the 95 % half-width: each group is one measurement."""
    groups = np.array([group for group, _, _, _ in one])
    off = np.array([[abs(b - t) - abs(a - t)] for (_, _, t, a), (_, _, _, b) in zip(one, other, strict=True)])
    each = np.array([np.nanmean(off[groups == group]) for group in np.unique(groups)])
    return float(each.mean()), float(1.96 * each.std(ddof=1) / np.sqrt(len(each)))


def taped(everybody: Sequence[Person], error_cm: float) -> dict[int, Baseline]:
    """Each person's baseline from a distance measured with this 1-sigma error, by the person's place in the list."""
    draw = np.random.default_rng(SEED)
    return {
        id(person): lens.at_distance(person.upright, person.distance_cm + error_cm * float(draw.normal()))
        for person in everybody
    }


def iris_focal_px(person: Person) -> float:
    """The focal length at which the irises of the neutral pictures have their usual size at the known distance."""
    wide = [
        float(np.linalg.norm(points[iris[1], :2] - points[iris[3], :2]))
        for line in person.group
        if line.neutral and line.landmarks.face is not None
        for points in [line.landmarks.face.points]
        for iris in IRISES
    ]
    return float(np.median(wide)) * person.distance_cm * 10 / IRIS_MM


def focal_errors(everybody: Sequence[Person]) -> Array:
    """(n, 2) errors of the logarithm of the focal length told by the face and by the irises, with an exact tape."""
    exact = taped(everybody, 0.0)

    def pair(person: Person) -> tuple[float, float]:
        by_face = geometry.focal_px(person.upright.size_px[0], exact[id(person)].hfov_deg)
        return float(np.log(by_face / person.focal_px)), float(np.log(iris_focal_px(person) / person.focal_px))

    return np.array([pair(person) for person in everybody])


def together(off: Array) -> tuple[float, float]:
    """The irises' best share in a weighted mean with the face, and the SD that is left."""
    spread = np.cov(off.T)
    weights = np.linalg.solve(spread, np.ones(2))
    weights /= weights.sum()
    return float(weights[1]), float(np.sqrt(weights @ spread @ weights))


def main() -> None:
    """Print the tables."""
    everybody = list(people(read(Path(sys.argv[1]) if len(sys.argv) > 1 else DATA)))
    if len(everybody) < 3:
        sys.exit("These data don't say where the cameras stood (camera: distance_cm, hfov_deg).")
    true_deg = [person.hfov_deg for person in everybody]
    print(
        f"{len(everybody)} groups, true field of view {min(true_deg):.0f}–{max(true_deg):.0f}°; MAE, degrees of CVA\n"
    )
    measured = taped(everybody, lens.TAPE_CM)
    found = {f"{degrees:g}° assumed": estimates(everybody, _with(degrees)) for degrees in ASSUMED_DEG}
    found["known"] = estimates(everybody, lambda person: lens.with_hfov(person.upright, person.hfov_deg))
    found["--distance-cm"] = estimates(everybody, lambda person: measured[id(person)])
    table = [row(name, each) for name, each in found.items()]
    print(markdown(["field of view", "sweep", "other protocol", "at random", "all"], table))
    best = min(table[: len(ASSUMED_DEG)], key=lambda cells: float(cells[-1]))[0]
    print(f"\nSmallest error of those assumed: {best}. Gain in MAE over {DEFAULT_DEG:g}° assumed, 95 % over groups:")
    for name in dict.fromkeys((best, "known", "--distance-cm")):
        smaller, within = gain(found[name], found[f"{DEFAULT_DEG:g}° assumed"])
        print(f"  {name}: {smaller:.2f} ± {within:.2f}°")
    _print_lens(everybody, measured)


def _with(degrees: float) -> Callable[[Person], Baseline]:
    return lambda person: lens.with_hfov(person.upright, degrees)


def _print_lens(everybody: Sequence[Person], measured: dict[int, Baseline]) -> None:
    """What --distance-cm makes of field of view and lengths."""
    kept = [measured[id(person)] for person in everybody]
    off_deg = np.array([each.hfov_deg - person.hfov_deg for each, person in zip(kept, everybody, strict=True)])
    said_deg = np.array([each.hfov_error_deg for each in kept])
    within = np.mean(np.abs(off_deg) <= said_deg)
    print(
        f"\n--distance-cm with a tape good to {lens.TAPE_CM:g} cm: field of view off by {np.abs(off_deg).mean():.1f}° "
        f"on average, bias {off_deg.mean():+.1f}°, said ± {said_deg.mean():.1f}°, within it {within:.0%}."
    )
    off = focal_errors(everybody)
    share, left = together(off)
    (face, iris), (face_sd, iris_sd) = off.mean(0), off.std(0, ddof=1)
    print(
        f"Focal length by the face {face:+.1%} ± {face_sd:.1%}, by the irises {iris:+.1%} ± {iris_sd:.1%}, "
        f"both (irises {share:.0%}) ± {left:.1%}."
    )
    untold = [geometry.focal_px(each.size_px[0], DEFAULT_DEG) for each in kept]
    true = [person.focal_px * float(np.exp(by_face)) for person, (by_face, _) in zip(everybody, off, strict=True)]
    tape = [lens.TAPE_CM / person.distance_cm * np.sqrt(2 / np.pi) for person in everybody]  # mean of |normal|
    assumed = np.abs(np.log(np.divide(untold, true))).mean()
    print(
        f"Distances are off by {assumed:.0%} with {DEFAULT_DEG:g}° assumed, by {np.mean(tape):.0%} with --distance-cm."
    )


if __name__ == "__main__":
    main()
