"""Ten drawn classes of 32×32 images, for a run without any data: always the same, drawn in about a second.

An object is a silhouette with details, turned, scaled, sheared, shifted and mirrored at random; its colours, the
pattern on it, and a background with a gradient, waves and clutter are random too. A linear classifier on the pixels
gets part of it right, a small convolutional network most.
"""

import math
import random
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from experiments.images import SIDE, Images, in_turn

NAME = "demo"
TRAIN, TEST = 120, 30  # images a class
SCALE = 4  # drawn this much larger and averaged, for soft edges

Points = Sequence[tuple[float, float]]  # x to the right, y down, in [-1, 1]
Floats = NDArray[np.float64]


def _oval(x: float, y: float, a: float, b: float, start: float = 0, end: float = 360) -> Points:
    """A polygon along an ellipse's arc, in degrees, clockwise from the right."""
    angles = [math.radians(start + (end - start) * step / 20) for step in range(21)]
    return [(x + a * math.cos(angle), y + b * math.sin(angle)) for angle in angles]


def _box(left: float, top: float, right: float, bottom: float) -> Points:
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


def _star(rays: int, outer: float, inner: float) -> Points:
    radii = [(outer, inner)[step % 2] for step in range(2 * rays)]
    turns = [math.pi * step / rays - math.pi / 2 for step in range(2 * rays)]
    return [(radius * math.cos(turn), radius * math.sin(turn)) for radius, turn in zip(radii, turns, strict=True)]


# class: (polygons of the silhouette, polygons of the details upon it)
SHAPES: dict[str, tuple[list[Points], list[Points]]] = {
    "boat": (
        [[(-0.9, 0.35), (0.9, 0.35), (0.55, 0.8), (-0.55, 0.8)], [(-0.08, -0.9), (0.7, 0.2), (-0.08, 0.2)]],
        [_box(-0.2, -0.9, -0.08, 0.35)],
    ),
    "car": (
        [_box(-0.95, 0.0, 0.95, 0.45), [(-0.55, 0.0), (-0.35, -0.45), (0.35, -0.45), (0.6, 0.0)]],
        [_oval(-0.5, 0.45, 0.25, 0.25), _oval(0.5, 0.45, 0.25, 0.25), _box(-0.3, -0.35, 0.25, -0.05)],
    ),
    "cup": (
        [[(-0.6, -0.7), (0.45, -0.7), (0.3, 0.75), (-0.45, 0.75)], _oval(0.5, -0.05, 0.42, 0.42)],
        [_oval(0.52, -0.05, 0.2, 0.22), _oval(-0.07, -0.7, 0.5, 0.13)],
    ),
    "fish": (
        [_oval(-0.15, 0, 0.75, 0.42), [(0.4, 0.0), (0.95, -0.45), (0.95, 0.45)]],
        [_oval(-0.55, -0.1, 0.1, 0.1), [(-0.1, 0.05), (0.25, -0.1), (0.25, 0.25)]],
    ),
    "flower": (
        [_oval(0.5 * math.cos(k * 1.2566), 0.5 * math.sin(k * 1.2566), 0.4, 0.4) for k in range(5)],
        [_oval(0, 0, 0.3, 0.3)],
    ),
    "house": (
        [_box(-0.65, -0.1, 0.65, 0.85), [(-0.9, -0.1), (0.0, -0.9), (0.9, -0.1)]],
        [_box(-0.15, 0.3, 0.2, 0.85), _box(-0.5, 0.05, -0.25, 0.3)],
    ),
    "key": (
        [_oval(-0.5, 0, 0.42, 0.42), _box(-0.2, -0.12, 0.95, 0.12), _box(0.45, 0, 0.6, 0.4), _box(0.75, 0, 0.9, 0.45)],
        [_oval(-0.5, 0, 0.18, 0.18)],
    ),
    "moon": (
        [[*_oval(0, 0, 0.9, 0.9, 60, 300), *_oval(0.3, 0, 0.75, 0.75, 285, 75)]],
        [_oval(-0.65, -0.1, 0.12, 0.12), _oval(-0.45, 0.45, 0.09, 0.09)],
    ),
    "star": ([_star(5, 0.95, 0.4)], [_star(5, 0.4, 0.17)]),
    "tree": (
        [
            [(0.0, -0.95), (0.6, -0.2), (-0.6, -0.2)],
            [(0.0, -0.5), (0.8, 0.5), (-0.8, 0.5)],
            _box(-0.14, 0.5, 0.14, 0.95),
        ],
        [_box(-0.14, 0.5, 0.14, 0.95), _oval(0.2, 0.2, 0.12, 0.12), _oval(-0.25, 0.05, 0.1, 0.1)],
    ),
}


def draw() -> Images:
    """1,200 training and 300 test images, the same every time."""
    parts = []
    for part, count in (("train", TRAIN), ("test", TEST)):
        labels = np.repeat(np.arange(len(SHAPES)), count)
        parts.append(in_turn(_paint(labels, f"aereport demo {part}"), labels))
    return Images(tuple(SHAPES), *parts[0], *parts[1])


def _paint(labels: NDArray[np.int64], seed: str) -> NDArray[np.uint8]:
    """(N,) -> (N, 3, 32, 32)."""
    chance = random.Random(seed)
    rng = np.random.Generator(np.random.PCG64(chance.getrandbits(64)))
    shapes = list(SHAPES.values())
    masks = np.array([_masks(shapes[label], chance) for label in labels.tolist()])  # (N, 3, 32, 32)
    body, detail, clutter = (masks[:, None, part] for part in range(3))
    background, colour, ink = _colours(rng, len(labels))
    waves, pattern = _waves(rng, len(labels), 0.5, 2.0, 0.08), _waves(rng, len(labels), 2.0, 6.0, 0.15)
    image = background + waves + clutter * rng.uniform(-0.4, 0.4, (len(labels), 3, 1, 1))
    image += body * (colour + pattern - image)
    image += body * detail * (ink - image)
    image += rng.normal(0, 0.02, image.shape)
    return np.round(np.clip(image, 0, 1) * 255).astype(np.uint8)


def _masks(shape: tuple[list[Points], list[Points]], chance: random.Random) -> list[Floats]:
    """How much of each pixel the object, its details and the clutter behind it cover; three of (32, 32) in [0, 1]."""
    angle, size, shear = chance.gauss(0, 0.3), chance.uniform(0.55, 0.95), chance.uniform(-0.2, 0.2)
    mirror = chance.choice((-1, 1))
    x, y = chance.uniform(-0.2, 0.2), chance.uniform(-0.2, 0.2)
    cos, sin = math.cos(angle), math.sin(angle)

    def placed(points: Points) -> Points:
        turned = ((mirror * (cos * px - sin * py + shear * py), sin * px + cos * py) for px, py in points)
        return [(size * px + x, size * py + y) for px, py in turned]

    spots = [
        _oval(chance.uniform(-1, 1), chance.uniform(-1, 1), chance.uniform(0.05, 0.4), chance.uniform(0.05, 0.4))
        for _ in range(chance.randrange(4))
    ]
    return [*(_cover([placed(points) for points in polygons]) for polygons in shape), _cover(spots)]


def _cover(polygons: list[Points]) -> Floats:
    canvas = Image.new("L", (SIDE * SCALE, SIDE * SCALE))
    brush = ImageDraw.Draw(canvas)
    half = SIDE * SCALE / 2
    for polygon in polygons:
        brush.polygon([(half * (x + 1), half * (y + 1)) for x, y in polygon], fill=255)
    return np.asarray(canvas.reduce(SCALE), dtype=np.float64) / 255


def _colours(rng: np.random.Generator, count: int) -> tuple[Floats, Floats, Floats]:
    """Background (N, 3, 32, 32), object and ink (N, 3, 1, 1); the object is brighter than its background in 4 of 5."""
    grid = (np.arange(SIDE) + 0.5) / SIDE
    angle = rng.uniform(0, 2 * np.pi, (count, 1, 1, 1))
    ramp = 0.5 + 0.5 * (np.cos(angle) * (grid[None, :] - 0.5) + np.sin(angle) * (grid[:, None] - 0.5)) * 2
    low, high = rng.uniform(0.05, 0.6, (2, count, 3, 1, 1))
    background = low + (high - low) * ramp
    sign = np.where(rng.random((count, 1, 1, 1)) < 0.8, 1, -1)
    base = background.mean((1, 2, 3), keepdims=True)
    colour = base + sign * rng.uniform(0.2, 0.5, (count, 1, 1, 1)) + rng.uniform(-0.2, 0.2, (count, 3, 1, 1))
    ink = base - sign * rng.uniform(0.0, 0.3, (count, 1, 1, 1)) + rng.uniform(-0.15, 0.15, (count, 3, 1, 1))
    return background, np.clip(colour, 0, 1), np.clip(ink, 0, 1)


def _waves(rng: np.random.Generator, count: int, low: float, high: float, strength: float) -> Floats:
    """Stripes of `low` to `high` periods an image in a random direction and tint, (N, 3, 32, 32)."""
    grid = (np.arange(SIDE) + 0.5) / SIDE
    angle, periods, phase = rng.uniform((0, low, 0), (np.pi, high, 2 * np.pi), (count, 3)).T.reshape(3, count, 1, 1, 1)
    along = np.cos(angle) * grid[None, :] + np.sin(angle) * grid[:, None]
    tint = rng.uniform(-strength, strength, (count, 3, 1, 1))
    return tint * np.sin(2 * np.pi * periods * along + phase)  # type: ignore[no-any-return]
