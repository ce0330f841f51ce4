"""Draw aerial scenes: vehicles and boats among roads, roofs, trees and water."""

import cv2
import numpy as np

CLASSES = ('car', 'van', 'truck', 'boat')
#: Side of an image in px; all other lengths are in px of it, too.
SIDE = 192
#: A scene is drawn at so many times its size, so that edges are smooth.
FINE = 4
CAR_LENGTH = (14.0, 20.0)
# Length in units of a car's, and length over width, by class.
SHAPES = ((1.0, 2.1), (1.25, 2.3), (1.9, 2.7), (1.25, 2.4))

FIELDS = np.float32([[108, 128, 70], [134, 140, 84], [150, 134, 98], [92, 118, 72]])
ROOFS = np.float32(
    [[168, 88, 64], [150, 76, 58], [128, 128, 132], [186, 178, 166], [96, 100, 110]]
)
PAINTS = np.float32(
    [
        *([238, 238, 235], [205, 208, 212], [40, 42, 48], [190, 30, 35]),
        *([35, 75, 165], [240, 190, 40], [120, 125, 130], [25, 110, 95]),
    ]
)
PAINT_SHARES = (0.25, 0.2, 0.12, 0.13, 0.12, 0.06, 0.07, 0.05)
GLASS, WHITE, WOOD = np.float32([[28, 36, 48], [244, 244, 240], [176, 128, 84]])
SAND, MARKING = np.float32([[186, 176, 150], [226, 225, 217]])


def draw_scene(rng: np.random.Generator) -> tuple[np.ndarray, list[tuple]]:
    """Draw a scene.

    Args:
        rng (np.random.Generator): Source of randomness; the same state gives the same
            scene.

    Returns:
        tuple[np.ndarray, list]: The image, (192, 192, 3), RGB, uint8; and of each
        vehicle its label and its box (x1, y1, x2, y2) in px, wholly visible.
    """
    scene = _Scene(rng)
    scene.draw_land()
    for add in (scene.add_traffic, scene.add_car_park, scene.add_boats):
        add()
    scene.draw_vehicles()
    size = (SIDE, SIDE)
    image = cv2.resize(scene.canvas, size, interpolation=cv2.INTER_AREA)
    image *= rng.uniform(0.85, 1.1)
    image += rng.normal(0, rng.uniform(1, 4), (*size, 1))
    boxes = [(label, box) for label, box, _ in scene.vehicles]
    return np.clip(np.rint(image), 0, 255).astype(np.uint8), boxes


def _rectangle(x1: float, y1: float, x2: float, y2: float) -> np.ndarray:
    return np.array([[x1, y1], [x2, y1], [x2, y2], [x1, y2]])


def _turned(points: np.ndarray, centre: np.ndarray, angle: float) -> np.ndarray:
    """Turn points about the origin and move them to a centre."""
    c, s = np.cos(angle), np.sin(angle)
    return points @ np.array([[c, s], [-s, c]]) + centre


def _band(centre: np.ndarray, angle: float, length: float, width: float) -> np.ndarray:
    """List the corners of a turned rectangle."""
    box = _rectangle(-length / 2, -width / 2, length / 2, width / 2)
    return _turned(box, centre, angle)


def _fill(canvas: np.ndarray, points: np.ndarray, colour) -> None:
    """Fill a polygon of px, to a sixteenth of the canvas's own pixels."""
    points = points * (canvas.shape[0] / SIDE) - 0.5
    fixed = np.rint(points * 16).astype(np.int32)
    cv2.fillPoly(canvas, [fixed], np.clip(colour, 0, 255).tolist(), cv2.LINE_AA, 4)


def _parts(label: int, paint: np.ndarray, load: np.ndarray) -> list[tuple]:
    """List outlines and colours of a vehicle, the hull first.

    It heads for positive x; its length and its width are 1.
    """
    if label == 2:
        return [
            (_rectangle(-0.5, -0.5, 0.5, 0.5), paint),
            (_rectangle(-0.5, -0.5, 0.24, 0.5), load),
            (_rectangle(0.22, -0.5, 0.28, 0.5), GLASS * 0.6),
            (_rectangle(0.38, -0.42, 0.46, 0.42), GLASS),
        ]
    if label == 3:
        hull = [[-0.5, -0.42], [0.1, -0.5], [0.5, 0.0], [0.1, 0.5], [-0.5, 0.42]]
        return [
            (np.array(hull), WHITE),
            (np.array(hull) * [0.72, 0.6] - [0.05, 0], WOOD),
            (_rectangle(-0.12, -0.3, 0.1, 0.3), WHITE * 0.96),
        ]
    nose = 0.42 if label == 0 else 0.46
    side = np.array([[-0.5, -0.38], [-0.44, -0.5], [nose, -0.5], [0.5, -0.3]])
    hull = np.concatenate([side, side[::-1] * [1, -1]])
    if label == 1:
        return [
            (hull, paint),
            (_rectangle(0.27, -0.42, 0.4, 0.42), GLASS),
            (_rectangle(-0.44, -0.34, 0.24, 0.34), paint * 0.92 + 18),
        ]
    return [
        (hull, paint),
        (_rectangle(0.08, -0.4, 0.25, 0.4), GLASS),
        (_rectangle(-0.4, -0.38, -0.28, 0.38), GLASS),
        (_rectangle(-0.28, -0.36, 0.08, 0.36), paint * 0.92 + 18),
    ]


class _Scene:
    """A canvas, colours RGB in 0 to 255, and the vehicles that will stand on it.

    A road crosses it, with a car park on one side and, in half of the scenes, water on
    the other. Lengths ``off`` are across the road, from its middle to the water.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.canvas = np.empty((SIDE * FINE, SIDE * FINE, 3), np.float32)
        self.vehicles: list[tuple[int, np.ndarray, list]] = []
        self.taken = np.zeros((SIDE, SIDE), np.uint8)
        self.car = rng.uniform(*CAR_LENGTH)
        self.lane = 0.95 * self.car
        self.angle = rng.choice([0, np.pi / 2]) + rng.uniform(-0.25, 0.25)
        self.along = np.array([np.cos(self.angle), np.sin(self.angle)])
        self.across = np.array([-self.along[1], self.along[0]]) * rng.choice([-1, 1])
        self.middle = SIDE / 2 + rng.uniform(-0.2, 0.2) * SIDE * self.across
        self.asphalt = np.full(3, 112.0) + rng.uniform(-16, 12)
        self.bank = None
        if rng.random() < 0.5:
            self.bank = 2.2 * self.lane + rng.uniform(8, 20)

    def at(self, along: float, off: float) -> np.ndarray:
        """Find the place at two distances from the middle of the road, in px."""
        return self.middle + along * self.along + off * self.across

    def strip(self, low: float, high: float, colour: np.ndarray) -> None:
        """Fill what lies between two distances from the road, in px."""
        box = _band(self.at(0, (low + high) / 2), self.angle, 3 * SIDE, high - low)
        _fill(self.canvas, box, colour)

    def add_noise(self, amount: float, cell: float, mask: float | np.ndarray = 1.0):
        """Add smooth noise with a cell size in px."""
        count = round(SIDE / cell)
        grid = self.rng.standard_normal((count, count)).astype(np.float32)
        noise = cv2.resize(grid, self.canvas.shape[:2], interpolation=cv2.INTER_CUBIC)
        self.canvas += (amount * mask * noise)[..., None]

    def draw_land(self) -> None:
        """Draw fields, houses, trees, water and the road."""
        rng = self.rng
        self.canvas[:] = FIELDS[rng.integers(len(FIELDS))]
        for _ in range(3):
            tone = FIELDS[rng.integers(len(FIELDS))] + rng.uniform(-8, 8)
            place, angle = rng.uniform(0, SIDE, 2), rng.uniform(0, np.pi)
            _fill(self.canvas, _band(place, angle, *rng.uniform(60, 130, 2)), tone)
        for amount, cell in ((7, 24), (5, 5), (4, 1.5)):
            self.add_noise(amount, cell)
        for _ in range(40):
            place = rng.uniform(0, SIDE, 2)
            off = abs((place - self.middle) @ self.across) - 2.2 * self.lane
            size = rng.uniform(22, 44, 2)
            if rng.random() < 0.3 and off > size.max() / 2:
                self.draw_house(place, size)
            elif off > 8:
                self.draw_tree(place, rng.uniform(3, 8))
        if self.bank is not None:
            blue = np.float32([58, 104, 128]) + rng.uniform(-12, 12)
            self.strip(self.bank - 2, self.bank, SAND)
            self.strip(self.bank, 3 * SIDE, blue)
            self.add_noise(3, 4, np.abs(self.canvas - blue).max(-1) < 1)
        self.strip(-self.lane - 1.5, self.lane + 1.5, self.asphalt + 40)
        self.strip(-self.lane, self.lane, self.asphalt)
        for step in np.arange(-SIDE, SIDE, 12.0):
            dash = _band(self.at(step, 0), self.angle, 5, 0.9)
            _fill(self.canvas, dash, MARKING)

    def draw_house(self, place: np.ndarray, size: np.ndarray) -> None:
        """Draw a roof with windows and chimneys of about a car's size."""
        rng = self.rng
        tone = ROOFS[rng.integers(len(ROOFS))] + rng.uniform(-10, 10)
        w, h = size / 2
        parts = [
            (_rectangle(-w, -h, w, h) + 4, np.full(3, 36.0)),
            (_rectangle(-w, -h, w, 0), tone),
            (_rectangle(-w, 0, w, h), tone * 0.78),
        ]
        for _ in range(rng.integers(0, 4)):
            corner = rng.uniform(-0.8, 0.5, 2) * (w, h)
            window = _rectangle(0, 0, *rng.uniform(3, 7, 2)) + corner
            parts.append((window, np.full(3, rng.choice([60.0, 215.0]))))
        for outline, colour in parts:
            _fill(self.canvas, _turned(outline, place, self.angle), colour)

    def draw_tree(self, place: np.ndarray, radius: float) -> None:
        """Draw a crown and its shadow."""
        turns = np.linspace(0, 2 * np.pi, 18, endpoint=False)
        reach = radius * self.rng.uniform(0.82, 1.1, 18)
        crown = np.stack([reach * np.cos(turns), reach * np.sin(turns)], 1)
        green = np.float32([52, 84, 44]) + self.rng.uniform(-12, 14)
        _fill(self.canvas, crown + place + 0.35 * radius, [38, 46, 34])
        _fill(self.canvas, crown + place, green)
        _fill(self.canvas, crown * 0.6 + place - 0.2 * radius, green + 16)

    def add_traffic(self) -> None:
        """Put vehicles on both lanes."""
        rng = self.rng
        for _ in range(rng.integers(5, 12)):
            lane = rng.choice([-1, 1])
            place = self.at(rng.uniform(-0.6, 0.6) * SIDE, lane * self.lane / 2)
            turn = (np.pi if lane < 0 else 0) + rng.uniform(-0.04, 0.04)
            self.add(rng.choice(3, p=[0.35, 0.2, 0.45]), place, self.angle + turn)

    def add_car_park(self) -> None:
        """Draw bays in one or two rows, and put cars and vans into most of them."""
        rng = self.rng
        pitch, depth = 0.66 * self.car, 1.25 * self.car
        bays, start = rng.integers(7, 13), rng.uniform(-0.42, -0.1) * SIDE
        for row in range(rng.integers(1, 3)):
            off = -(self.lane + 3 + depth / 2 + row * (depth + self.lane))
            middle = self.at(start + pitch * (bays - 1) / 2, off)
            place = _band(
                middle, self.angle, pitch * bays + 3, depth + 3 + row * self.lane
            )
            _fill(self.canvas, place, self.asphalt - 14)
            for bay in range(bays + 1):
                x = start + pitch * (bay - 0.5)
                line = _band(self.at(x, off), self.angle + np.pi / 2, depth, 0.7)
                _fill(self.canvas, line, MARKING)
            for bay in range(bays):
                if rng.random() < 0.7:
                    place = self.at(start + pitch * bay, off)
                    turn = np.pi / 2 * rng.choice([-1, 1])
                    place = place + rng.uniform(-0.5, 0.5, 2)
                    self.add(rng.choice(2, p=[0.72, 0.28]), place, self.angle + turn)

    def add_boats(self) -> None:
        """Put boats on the water."""
        rng = self.rng
        if self.bank is None:
            return
        for _ in range(rng.integers(6, 14)):
            off = self.bank + rng.uniform(0.8 * self.car, 0.6 * SIDE)
            place = self.at(rng.uniform(-0.6, 0.6) * SIDE, off)
            self.add(3, place, self.angle + rng.choice([0, np.pi]) + rng.normal(0, 0.5))

    def add(self, label: int, place: np.ndarray, angle: float) -> None:
        """Add a vehicle, unless it would touch another or leave the image."""
        rng = self.rng
        length, ratio = SHAPES[label]
        length *= self.car * rng.uniform(0.92, 1.08)
        paint = PAINTS[rng.choice(len(PAINTS), p=PAINT_SHARES)]
        parts = [
            (_turned(outline * [length, length / ratio], place, angle), colour)
            for outline, colour in _parts(label, paint, PAINTS[rng.integers(5)])
        ]
        hull = parts[0][0]
        box = np.concatenate([hull.min(0), hull.max(0)])
        ground = np.zeros_like(self.taken)
        _fill(ground, hull, [1])
        if box.min() < 1 or box.max() > SIDE - 1 or (ground & self.taken).any():
            return
        self.taken |= ground
        self.vehicles.append((int(label), box, parts))

    def draw_vehicles(self) -> None:
        """Draw all shadows, then the vehicles."""
        shadow = np.zeros(self.canvas.shape[:2], np.float32)
        for label, _, parts in self.vehicles:
            if CLASSES[label] != 'boat':
                _fill(shadow, parts[0][0] + 0.06 * self.car, [1])
        self.canvas *= 1 - 0.5 * shadow[..., None]
        for _, _, parts in self.vehicles:
            for outline, colour in parts:
                _fill(self.canvas, outline, colour)
