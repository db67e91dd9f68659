"""What a rendered picture is made of: a person, a pose, a camera and the light. Plain data; signs as in the README.

World axes: x to the person's left, y up, z toward the screen, metres; the floor is y = 0, the seat's middle x = z = 0.
"""

from dataclasses import dataclass, field

Colour = tuple[float, float, float]  # 0…1, linear unless said otherwise


@dataclass(frozen=True, slots=True)
class Person:
    """A body and what it wears. Shape factors run 0…1 with .5 the average; male 0 woman … 1 man; age 0 = 25 years,
    1 = 90; race weights sum to 1; details: MakeHuman target → weight. skin is the base tone, sRGB 0…255."""

    name: str
    seed: int
    male: float
    age: float
    muscle: float
    weight: float
    height: float
    proportions: float
    race: dict[str, float]
    details: dict[str, float]
    skin: Colour
    beard: float  # 0…1
    eyes: str
    brows: str
    hair: str | None
    hair_tint: Colour
    clothes: str
    cloth_tint: Colour
    loose_mm: float = 0.0  # clothes pushed out along their normals
    glasses: bool = False
    headset: bool = False


@dataclass(frozen=True, slots=True)
class Pose:
    """How the person sits, from the rest pose: angles in degrees, moves in mm.

    forward_head is the driver of lower-neck flexion with equal upper-neck extension (the gaze stays level), solved so
    that the change of CVA is exact. turn + to the person's right, flexion + looking down, bend + right ear down.
    gaze_kept: part of the trunk's tipping that the head takes back so as to look at the screen still.
    """

    trunk_lean_deg: float = 0.0  # + forward
    trunk_side_deg: float = 0.0  # + to the person's right
    trunk_turn_deg: float = 0.0  # + to the person's right
    slump_deg: float = 0.0  # rounding of the upper back
    forward_head_deg: float = 0.0
    turn_deg: float = 0.0
    flexion_deg: float = 0.0
    bend_deg: float = 0.0
    grow_mm: float = 0.0  # the neck lengthened, as by pulling up with the crown
    shoulders_up_deg: tuple[float, float] = (0.0, 0.0)  # left, right clavicle
    shoulders_forward_deg: tuple[float, float] = (0.0, 0.0)
    right_mm: float = 0.0  # the whole body
    up_mm: float = 0.0  # − = sunk in the seat
    forward_mm: float = 0.0
    arm_out_deg: float = 12.0
    arm_forward_deg: float = 28.0
    arm: str | None = None  # one arm: "reach", "chin" (hand at the chin), "phone" (between ear and shoulder)
    arm_side: str = "right"
    nape: float = 0.0  # both hands: 0 as the other words say … 1 at the back of the neck
    standing: float = 0.0  # 0 legs as on a chair … 1 straight, arms hanging; up_mm is what lifts the body
    jaw_deg: float = 0.0  # mouth open (talking)
    gaze_kept: float = 1.0


@dataclass(frozen=True, slots=True)
class Camera:
    """A pinhole camera: position and the point it looks at (metres, world), horizontal field of view, picture size."""

    position_m: tuple[float, float, float]
    look_m: tuple[float, float, float]
    hfov_deg: float
    size_px: tuple[int, int] = (640, 480)


@dataclass(frozen=True, slots=True)
class Scene:
    """The room and its light; kind: "mixed", "window" (one-sided), "ceiling", "dim" or "back-lit"."""

    seed: int
    light: str
    noise: float = 4.0  # sensor noise, SD in grey levels of 255
    jpeg: int = 80  # quality
    blur_px: float = 0.0  # SD of a Gaussian: focus and motion


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture to render. Pictures of one `group` share person, camera and scene; one of them is `neutral`.

    kind and level name the pose family and its size, for the tables; t_s is the time within a clip."""

    group: str
    name: str
    kind: str
    level: float
    view: str  # "front", "oblique" or "side": how the camera was placed
    person: Person
    neutral_pose: Pose
    pose: Pose
    camera: Camera
    scene: Scene
    neutral: bool = False
    t_s: float = 0.0
    events: tuple[str, ...] = field(default=())
