"""Aerial scenes: vehicles and boats among roads, roofs, trees and water."""

import json
from pathlib import Path

import cv2
import numpy as np

CLASSES = ('car', 'van', 'truck', 'boat')
#: The scene is drawn at this many times its size, so that edges are smooth.
FINE = 4
SIDE = 192

PAINTS = np.float32(
    [
        *([238, 238, 235], [205, 208, 212], [40, 42, 48], [190, 30, 35]),
        *([35, 75, 165], [240, 190, 40], [120, 125, 130], [25, 110, 95]),
    ]
)
GLASS = np.float32([28, 36, 48])


class Scene:
    """A canvas in pixels of the finished image, colours RGB in 0 to 255."""

    def __init__(self, rng: np.random.Generator, side: int = SIDE):
        self.rng, self.side = rng, side
        self.canvas = np.empty((side * FINE, side * FINE, 3), np.float32)
        self.objects: list[tuple[int, np.ndarray]] = []
        self.taken = np.zeros((side, side), np.uint8)

    def fill(self, points: np.ndarray, colour: np.ndarray) -> None:
        """Fill a polygon, (n, 2) in pixels."""
        _fill(self.canvas, points * FINE, tuple(map(float, colour)))

    def texture(self, amount: float, cell: float) -> np.ndarray:
        """Draw smooth noise, (H, W, 1), of a cell size in pixels."""
        count = max(2, round(self.side / cell))
        grid = self.rng.standard_normal((count, count)).astype(np.float32)
        size = self.canvas.shape[1::-1]
        return amount * cv2.resize(grid, size, interpolation=cv2.INTER_CUBIC)[..., None]


def _fill(canvas: np.ndarray, points: np.ndarray, colour) -> None:
    fixed = np.rint((points - 0.5) * 16).astype(np.int32)
    cv2.fillPoly(canvas, [fixed], colour, cv2.LINE_AA, shift=4)


def turned(points: np.ndarray, centre: np.ndarray, angle: float) -> np.ndarray:
    """Turn points about the origin and move them to a centre."""
    c, s = np.cos(angle), np.sin(angle)
    return points @ np.array([[c, s], [-s, c]]) + centre


def rectangle(x1: float, y1: float, x2: float, y2: float) -> np.ndarray:
    """List the corners of a rectangle."""
    return np.array([[x1, y1], [x2, y1], [x2, y2], [x1, y2]])


# Parts of a vehicle: (outline in units of length and width, colour or None for the
# paint), the hull first. It drives towards positive x.
def _hull(nose: float) -> np.ndarray:
    return np.array(
        [
            *([-0.5, -0.38], [-0.44, -0.5], [nose, -0.5], [0.5, -0.3]),
            *([0.5, 0.3], [nose, 0.5], [-0.44, 0.5], [-0.5, 0.38]),
        ]
    )


def _parts(label: int, rng: np.random.Generator, paint: np.ndarray) -> list:
    if label == 0:
        return [
            (_hull(0.42), paint),
            (rectangle(0.08, -0.4, 0.25, 0.4), GLASS),
            (rectangle(-0.4, -0.38, -0.28, 0.38), GLASS),
            (rectangle(-0.28, -0.36, 0.08, 0.36), paint * 0.92 + 18),
        ]
    if label == 1:
        return [
            (_hull(0.46), paint),
            (rectangle(0.27, -0.42, 0.4, 0.42), GLASS),
            (rectangle(-0.44, -0.34, 0.24, 0.34), paint * 0.92 + 18),
        ]
    if label == 2:
        load = PAINTS[rng.choice([0, 1, 3, 4, 6])]
        return [
            (rectangle(-0.5, -0.5, 0.5, 0.5), paint),
            (rectangle(-0.5, -0.5, 0.24, 0.5), load),
            (rectangle(0.22, -0.5, 0.28, 0.5), GLASS * 0.6),
            (rectangle(0.38, -0.42, 0.46, 0.42), GLASS),
        ]
    deck = np.float32([176, 128, 84])
    bow = np.array(
        [[-0.5, -0.42], [0.1, -0.5], [0.5, 0.0], [0.1, 0.5], [-0.5, 0.42]]
    )
    return [
        (bow, np.float32([246, 246, 242])),
        (bow * [0.72, 0.6] - [0.05, 0], deck),
        (rectangle(-0.12, -0.3, 0.1, 0.3), np.float32([235, 235, 235])),
    ]


# Length in units of a car's, and length over width.
SHAPES = ((1.0, 2.1), (1.25, 2.3), (1.9, 2.7), (1.25, 2.4))


def place(
    scene: Scene, label: int, centre: np.ndarray, angle: float, car: float
) -> bool:
    """Draw a vehicle where it is free of others, and remember its box."""
    rng = scene.rng
    length, ratio = SHAPES[label]
    length *= car * rng.uniform(0.92, 1.08)
    size = np.array([length, length / ratio])
    paint = PAINTS[rng.choice(len(PAINTS), p=[0.25, 0.2, 0.12, 0.13, 0.12, 0.06, 0.07, 0.05])]
    parts = _parts(label, rng, paint)
    hull = turned(parts[0][0] * size, centre, angle)
    box = np.concatenate([hull.min(0), hull.max(0)])
    if box.min() < 1 or box.max() > scene.side - 1:
        return False
    x1, y1 = np.floor(box[:2]).astype(int)
    x2, y2 = np.ceil(box[2:]).astype(int)
    mask = np.zeros_like(scene.taken)
    _fill(mask, hull, 1)
    if (mask & scene.taken).any():
        return False
    scene.taken |= mask
    if label != 3:
        shadow = scene.canvas.copy()
        _fill(shadow, (hull + 0.06 * car) * FINE, (25.0, 27.0, 30.0))
        scene.canvas += 0.55 * (shadow - scene.canvas)
    for outline, colour in parts:
        scene.fill(turned(outline * size, centre, angle), np.clip(colour, 0, 255))
    scene.objects.append((label, box))
    return True


def band(centre: np.ndarray, angle: float, length: float, width: float) -> np.ndarray:
    """List the corners of a turned rectangle."""
    box = rectangle(-length / 2, -width / 2, length / 2, width / 2)
    return turned(box, centre, angle)


def ground(scene: Scene) -> None:
    rng = scene.rng
    tones = np.float32([[108, 128, 70], [134, 140, 84], [150, 134, 98], [92, 118, 72]])
    scene.canvas[:] = tones[rng.integers(len(tones))]
    for _ in range(3):
        field = band(
            rng.uniform(0, scene.side, 2), rng.uniform(0, np.pi), *rng.uniform(60, 130, 2)
        )
        scene.fill(field, tones[rng.integers(len(tones))] + rng.uniform(-8, 8))
    scene.canvas += scene.texture(7, 24) + scene.texture(5, 5) + scene.texture(4, 1.5)


def tree(scene: Scene, centre: np.ndarray, radius: float) -> None:
    rng = scene.rng
    angles = np.linspace(0, 2 * np.pi, 18, endpoint=False)
    ring = np.stack([np.cos(angles), np.sin(angles)], 1)
    outline = ring * radius * rng.uniform(0.82, 1.1, (18, 1)) + centre
    green = np.float32([52, 84, 44]) + rng.uniform(-12, 14)
    scene.fill(outline + 0.35 * radius, np.float32([38, 46, 34]))
    scene.fill(outline, green)
    scene.fill((outline - centre) * 0.6 + centre - 0.2 * radius, green + 16)


def roof(scene: Scene, centre: np.ndarray, angle: float, size: np.ndarray) -> None:
    rng = scene.rng
    tones = np.float32(
        [[168, 88, 64], [150, 76, 58], [128, 128, 132], [186, 178, 166], [96, 100, 110]]
    )
    tone = tones[rng.integers(len(tones))] + rng.uniform(-10, 10)
    w, h = size / 2
    def part(box, colour, shift=0.0):
        scene.fill(turned(box, centre + shift, angle), np.clip(colour, 0, 255))
    part(rectangle(-w, -h, w, h), np.float32([36, 38, 36]), 4.0)
    part(rectangle(-w, -h, w, 0), tone)
    part(rectangle(-w, 0, w, h), tone * 0.78)
    # Windows and chimneys, of about a car's size.
    for _ in range(rng.integers(0, 4)):
        x, y = rng.uniform(-0.8, 0.6) * w, rng.uniform(-0.7, 0.4) * h
        part(rectangle(x, y, x + rng.uniform(3, 8), y + rng.uniform(3, 6)),
             rng.choice([60.0, 215.0]) * np.ones(3))


def draw(rng: np.random.Generator, car: tuple[float, float]) -> tuple[np.ndarray, list]:
    scene = Scene(rng)
    side = scene.side
    size = rng.uniform(*car)
    ground(scene)
    angle = rng.choice([0, np.pi / 2]) + rng.uniform(-0.25, 0.25)
    along = np.array([np.cos(angle), np.sin(angle)])
    across = np.array([-along[1], along[0]])
    middle = np.full(2, side / 2)
    shift = rng.uniform(-0.2, 0.2) * side
    road = middle + shift * across
    lane = size * 0.95
    # A bank of water on one side in half of the scenes, else houses.
    sign = rng.choice([-1, 1])
    water = rng.random() < 0.5
    half = 2 * side
    # Houses and trees on either side.
    for _ in range(40):
        at = rng.uniform(0, side, 2)
        off = (at - road) @ across
        if abs(off) < 2.6 * lane:
            continue
        if rng.random() < 0.3:
            dims = rng.uniform(22, 44, 2)
            if abs(off) > 2.2 * lane + dims.max() / 2:
                roof(scene, at, angle, dims)
        else:
            tree(scene, at, rng.uniform(3, 8))
    bays = sign * -1
    if water:
        bank = road + sign * across * (2.2 * lane + rng.uniform(8, 20))
        pool = [bank - half * along, bank + half * along]
        pool += [p + sign * across * half for p in pool[::-1]]
        blue = np.float32([58, 104, 128]) + rng.uniform(-12, 12)
        scene.fill(np.array([p - sign * across * 2 for p in pool]), np.float32([186, 176, 150]))
        before = scene.canvas.copy()
        scene.fill(np.array(pool), blue)
        wet = np.zeros(scene.canvas.shape[:2], np.uint8)
        _fill(wet, np.array(pool) * FINE, 1)
        scene.canvas += wet[..., None] * scene.texture(3, 4)
    asphalt = np.float32([112, 113, 116]) + rng.uniform(-16, 12)
    scene.fill(band(road, angle, half, 2 * lane + 3), asphalt + 40)
    scene.fill(band(road, angle, half, 2 * lane), asphalt)
    for step in np.arange(-side, side, 12.0):
        scene.fill(band(road + step * along, angle, 5.0, 0.9), np.float32([228, 226, 215]))
    # A car park beside the road.
    pitch, depth = size * 0.66, size * 1.25
    columns = int(rng.integers(7, 13))
    start = rng.uniform(-0.42, -0.1) * side
    rows = int(rng.integers(1, 3))
    spots = []
    for row in range(rows):
        line = road + bays * across * (lane + 3 + depth / 2 + row * (depth + lane))
        lot = line + (start + pitch * (columns - 1) / 2) * along
        scene.fill(band(lot, angle, pitch * columns + 3, depth + 3 + (lane * row)), asphalt - 14)
        for k in range(columns + 1):
            at = line + (start + pitch * (k - 0.5)) * along
            scene.fill(band(at, angle + np.pi / 2, depth, 0.7), np.float32([222, 222, 216]))
        spots += [line + (start + pitch * k) * along for k in range(columns)]
    for spot in spots:
        if rng.random() < 0.7:
            turn = angle + np.pi / 2 * rng.choice([-1, 1])
            place(scene, 0 if rng.random() < 0.72 else 1, spot + rng.uniform(-0.5, 0.5, 2), turn, size)
    for _ in range(int(rng.integers(5, 12))):
        lane_side = rng.choice([-1, 1])
        at = road + lane_side * across * lane / 2 + rng.uniform(-0.6, 0.6) * side * along
        label = int(rng.choice([0, 1, 2], p=[0.35, 0.2, 0.45]))
        place(scene, label, at, angle + (np.pi if lane_side < 0 else 0) + rng.uniform(-0.04, 0.04), size)
    if water:
        for _ in range(int(rng.integers(6, 14))):
            off = rng.uniform(0.8 * size, 0.6 * side)
            at = bank + sign * across * off + rng.uniform(-0.6, 0.6) * side * along
            place(scene, 3, at, angle + rng.choice([0, np.pi]) + rng.normal(0, 0.5), size)
    light = rng.uniform(0.85, 1.1)
    image = cv2.resize(scene.canvas, (side, side), interpolation=cv2.INTER_AREA) * light
    image += rng.normal(0, rng.uniform(1, 4), (side, side, 1))
    return np.clip(np.rint(image), 0, 255).astype(np.uint8), scene.objects


def write(out: Path, counts: dict[str, int], seed: int = 0, car=(14, 20)) -> None:
    for index, (split, count) in enumerate(counts.items()):
        (out / split).mkdir(parents=True, exist_ok=True)
        images, annotations = [], []
        for i in range(count):
            image, objects = draw(np.random.default_rng([seed, index, i]), car)
            name = f'{i:04d}.png'
            cv2.imwrite(str(out / split / name), image[..., ::-1])
            images.append(dict(id=i, file_name=name, width=SIDE, height=SIDE))
            for label, (x1, y1, x2, y2) in objects:
                box = [round(float(v), 2) for v in (x1, y1, x2 - x1, y2 - y1)]
                annotations.append(
                    dict(
                        id=len(annotations) + 1,
                        image_id=i,
                        category_id=label + 1,
                        bbox=box,
                        area=round(box[2] * box[3], 2),
                        iscrowd=0,
                    )
                )
        categories = [dict(id=i, name=n) for i, n in enumerate(CLASSES, 1)]
        content = dict(images=images, annotations=annotations, categories=categories)
        (out / f'{split}.json').write_text(json.dumps(content))
