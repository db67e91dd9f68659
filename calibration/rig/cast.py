"""What the rendered people look like: build, age, skin, hair, clothes, glasses, drawn from a seed and an index."""

from typing import Any

import numpy as np

from calibration.rig.spec import Colour, Person

RACES = ("caucasian", "asian", "african")
MELANIN = {"caucasian": (0.0, 0.35), "asian": (0.1, 0.45), "african": (0.5, 1.0)}  # of the ladder below; chosen
SKIN_LADDER = np.array(  # sRGB, light to dark in equal steps; chosen
    [(236, 200, 178), (222, 180, 150), (198, 150, 117), (160, 112, 82), (112, 76, 56), (72, 49, 38)], float
)
HAIR = {  # None: bald
    True: ("short01", "short02", "short03", "short04", "short01", "short04", None),
    False: ("long01", "ponytail01", "braid01", "braid01", "long01", "ponytail01", "short03"),
}
BALD_WOMEN = 0.05  # chosen: a share, so that the face model meets it
HAIR_TINTS: tuple[Colour, ...] = ((1.0, 1.0, 1.0), (0.25, 0.22, 0.2), (0.6, 0.45, 0.3), (0.1, 0.1, 0.1))
CLOTHES = {
    True: (
        *("male_casualsuit02", "male_casualsuit03", "male_casualsuit04", "male_casualsuit05", "male_casualsuit06"),
        *("male_worksuit01", "male_elegantsuit01"),
    ),
    False: ("female_casualsuit01", "female_elegantsuit01", "female_sportsuit01", "male_casualsuit03"),
}
BROWS = tuple(f"eyebrow{number:03d}" for number in (1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12))  # 010 can't be read
EYES = ("brownlight", "brownlight", "blue", "bluegreen", "green", "grey", "deepblue")
BROWN = "brownlight"  # the others' eyes; the only brown that is ours to use
HEAD_SHAPES = ("oval", "round", "square", "rectangular", "triangular", "diamond", "invertedtriangular")
WIDER_OR_NARROWER = {  # MakeHuman target → the most of it, either way
    "chin/chin-width": 0.5,
    "head/head-scale-horiz": 0.4,
    "head/head-scale-vert": 0.4,
    "neck/neck-scale-vert": 0.5,
    "torso/torso-scale-horiz": 0.5,
    "nose/nose-scale-horiz": 0.4,
}
GLASSES, HEADSET, LOOSE = 0.25, 0.12, 0.25  # shares of the people
MOST_AGE = 0.65  # = 67 years


def person(seed: int, index: int) -> Person:
    """The `index`th person of a cast, whatever the number of people. Two women, two men, and so on."""
    draw = np.random.default_rng([seed, index, 0])
    man = index % 4 >= 2  # not index % 2, which tells who gets the protocol
    age = min(MOST_AGE, abs(draw.normal(0.2, 0.2)))
    race = str(draw.choice(RACES))
    other = str(draw.choice([each for each in RACES if each != race]))
    tinted = draw.random() < 0.5
    return Person(
        name=f"p{index:03d}",
        seed=int(draw.integers(1, 2**31)),
        male=round(float(draw.uniform(0.85, 1.0) if man else draw.uniform(0.0, 0.15)), 3),
        age=round(age, 3),
        muscle=_uniform(draw, 0.35, 0.7),
        weight=round(float(np.clip(draw.normal(0.55, 0.17), 0.25, 0.95)), 3),
        height=_uniform(draw, 0.35, 0.65),
        proportions=_uniform(draw, 0.5, 0.7),
        race={race: 0.8, other: 0.2},
        details=_details(draw),
        skin=_skin(draw, race),
        beard=_uniform(draw, 0.1, 1.0) if man and draw.random() < 0.5 else 0.0,
        eyes=str(draw.choice(EYES)) if race == "caucasian" else BROWN,
        brows=str(draw.choice(BROWS)),
        hair=_hair(draw, man),
        hair_tint=HAIR_TINTS[draw.integers(len(HAIR_TINTS))],
        clothes=str(draw.choice(CLOTHES[man])),
        cloth_tint=_three(draw.uniform(0.25, 1.0, 3)) if tinted else (1.0, 1.0, 1.0),
        loose_mm=_uniform(draw, 5.0, 16.0) if draw.random() < LOOSE else 0.0,
        glasses=bool(draw.random() < GLASSES),
        headset=bool(draw.random() < HEADSET),
    )


def _uniform(draw: np.random.Generator, low: float, high: float) -> float:
    return round(float(draw.uniform(low, high)), 3)


def _three(values: Any) -> Colour:
    r, g, b = (round(float(value), 3) for value in values)
    return r, g, b


def _skin(draw: np.random.Generator, race: str) -> Colour:
    """Base tone, sRGB 0…255, with a little of its own warmth."""
    place = draw.uniform(*MELANIN[race]) * (len(SKIN_LADDER) - 1)
    steps = np.arange(len(SKIN_LADDER))
    tone = np.array([np.interp(place, steps, SKIN_LADDER[:, channel]) for channel in range(3)])
    return _three(np.clip(tone * (1 + draw.normal(0, 0.025, 3)), 20, 245))


def _hair(draw: np.random.Generator, man: bool) -> str | None:
    if not man and draw.random() < BALD_WOMEN:
        return None
    return HAIR[man][draw.integers(len(HAIR[man]))]


def _details(draw: np.random.Generator) -> dict[str, float]:
    details = {f"head/head-{draw.choice(HEAD_SHAPES)}": _uniform(draw, 0.2, 0.8)}
    details["nose/nose-scale-depth-incr"] = _uniform(draw, 0.0, 0.5)
    for name, most in WIDER_OR_NARROWER.items():
        details[f"{name}-{draw.choice(['incr', 'decr'])}"] = _uniform(draw, 0.0, most)
    return details
