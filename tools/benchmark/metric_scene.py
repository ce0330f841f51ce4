"""A set like COCO, with detections, drawn at random."""

import argparse

import numpy as np

WIDTH, HEIGHT = 640, 480


def make_scene(args: argparse.Namespace) -> tuple[list, list, list, list]:
    """Draw a set like COCO: 7 objects an image, few classes in each, a long tail.

    Two detections of five are a moved object, mostly of the right class; the others
    are background. Scores have four digits, so that some are equal.

    Returns:
        tuple[list, list, list, list]: Ids of the images, annotations, detections and
        ids of the categories. Boxes are (x, y, w, h) in px.
    """
    rng = np.random.default_rng(args.seed)
    frequency = 1 / np.arange(1, args.categories + 1)
    frequency /= frequency.sum()

    def draw_classes(number):
        return rng.choice(args.categories, number, p=frequency)

    def draw_boxes(number):
        sides = np.exp(rng.normal(np.log(45), 1, number)).clip(3, 450)
        aspect = np.exp(rng.normal(0, 0.35, number))
        sizes = np.stack([sides * aspect, sides / aspect], 1)
        return np.hstack([rng.uniform(0, (WIDTH, HEIGHT), (number, 2)), sizes])

    counts = rng.poisson(rng.gamma(1.2, 7 / 1.2, args.images))
    counts[0] += counts.sum() == 0
    image = np.repeat(np.arange(args.images), counts)
    first = np.cumsum(counts) - counts  # of the objects of each image
    boxes, classes = draw_boxes(len(image)), draw_classes(len(image))
    alike = rng.random(len(image)) < 0.6
    classes[alike] = classes[first[image[alike]]]
    mask_areas = boxes[:, 2] * boxes[:, 3] * rng.uniform(0.4, 1, len(image))
    crowd = rng.random(len(image)) < 0.01

    number = args.detections
    of_image = np.arange(number) * args.images // number
    near = (rng.random(number) < 0.4) & (counts[of_image] > 0)
    target = first[of_image] + (rng.random(number) * counts[of_image]).astype(int)
    target[~near] = rng.integers(0, len(image), (~near).sum())  # class and box unused
    moved = boxes[target]
    moved[:, :2] += rng.normal(0, 0.08, (number, 2)) * moved[:, 2:]
    moved[:, 2:] *= np.exp(rng.normal(0, 0.12, (number, 2)))
    found = np.where(near[:, None], moved, draw_boxes(number))
    right = near & (rng.random(number) < 0.85)
    labels = np.where(right, classes[target], draw_classes(number))
    scores = np.where(near, rng.beta(2, 3, number), rng.beta(1, 8, number)).round(4)

    annotations = [
        {'id': i, 'image_id': a, 'category_id': b, 'bbox': c, 'area': d, 'iscrowd': e}
        for i, (a, b, c, d, e) in enumerate(
            zip(
                image.tolist(),
                (classes + 1).tolist(),
                boxes.tolist(),
                mask_areas.tolist(),
                crowd.astype(int).tolist(),
                strict=True,
            ),
            start=1,
        )
    ]
    detections = [
        {'image_id': a, 'category_id': b, 'bbox': c, 'score': d}
        for a, b, c, d in zip(
            of_image.tolist(),
            (labels + 1).tolist(),
            found.tolist(),
            scores.tolist(),
            strict=True,
        )
    ]
    cat_ids = list(range(1, args.categories + 1))
    return list(range(args.images)), annotations, detections, cat_ids
