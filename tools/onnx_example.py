"""Detect in one image with a file of `sodgan export`.

Needs onnxruntime, NumPy and Pillow alone; copy it wherever you need it.
"""

import argparse
import json

import numpy as np
import onnxruntime
from PIL import Image, ImageOps


def target_size(width, height, resize):
    """Tell the size (width, height) in pixels at which the detector was tested."""
    if resize is None:
        return width, height
    if not resize['keep_ratio']:
        return tuple(resize['scale'])
    long, short = resize['scale']
    factor = min(long / max(width, height), short / min(width, height))
    return round(width * factor), round(height * factor)


def detect(session, image):
    """Detect in one image.

    Args:
        session (onnxruntime.InferenceSession): It has loaded a file of
            `sodgan export`.
        image (PIL.Image.Image): The image.

    Returns:
        tuple[ndarray, ndarray, ndarray]: Boxes (n, 4), x1, y1, x2, y2 in pixels of
        the image, turned as its EXIF data asks, scores (n,) and labels (n,).
    """
    image = ImageOps.exif_transpose(image)
    resize = json.loads(session.get_modelmeta().custom_metadata_map['resize'])
    size = target_size(*image.size, resize)
    resized = image.convert('RGB').resize(size, Image.Resampling.BILINEAR)
    images = np.asarray(resized, np.float32).transpose(2, 0, 1)[None]
    boxes, scores, labels = session.run(None, {'images': images})
    factors = np.divide(image.size, size)
    return boxes[0] * np.tile(factors, 2), scores[0], labels[0]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('model', help='ONNX file')
    parser.add_argument('image', help='image file')
    parser.add_argument('--score-thr', type=float, default=0.3)
    args = parser.parse_args()
    session = onnxruntime.InferenceSession(
        args.model, providers=['CPUExecutionProvider']
    )
    classes = json.loads(session.get_modelmeta().custom_metadata_map['classes'])
    for box, score, label in zip(*detect(session, Image.open(args.image)), strict=True):
        if score > args.score_thr:
            print(f'{classes[label]} {score:.3f}', *(f'{x:.1f}' for x in box))


if __name__ == '__main__':
    main()
