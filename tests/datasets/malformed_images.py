"""Ways in which image files are broken, or unlike the usual ones."""

import io
import os
import struct
import zlib

import cv2
import numpy as np
from PIL import Image

from .malformed import HEIGHT, NAMES, WIDTH, breaks


def any_image(rng, coco, folder):
    """An entry and its file, of a suffix that says PNG."""
    entry = coco['images'][rng.choice([0, 2])]
    return entry, folder / 'img' / entry['file_name']


@breaks('missing image')
def missing_image(rng, coco, folder):
    if rng.random() < 0.5:
        any_image(rng, coco, folder)[1].unlink()
    else:
        rng.choice(coco['images'])['file_name'] = rng.choice(['ä.png', 'x/a.png'])


@breaks('unreadable image')
def unreadable_image(rng, coco, folder):
    entry, path = any_image(rng, coco, folder)
    path.write_bytes(rng.choice([b'', b'text', b'\x89PNG\r\n\x1a\n', b'GIF89a']))


@breaks('unreadable image')
def no_file_at_all(rng, coco, folder):
    (folder / 'img' / 'folder.png').mkdir()
    name = rng.choice(['folder.png', 'x' * 300, 'a.png/b.png'])
    rng.choice(coco['images'])['file_name'] = name


@breaks('unreadable image')
def truncated_image(rng, coco, folder):
    path = folder / 'img' / rng.choice(NAMES)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * rng.uniform(0.5, 0.9))])


@breaks('too many pixels')
def bomb(rng, coco, folder):
    side = rng.choice([20_000, 60_000, 2**31 - 1])
    header = b'IHDR' + struct.pack('>IIBBBBB', side, side, 8, 2, 0, 0, 0)
    chunk = struct.pack('>I', 13) + header + struct.pack('>I', zlib.crc32(header))
    idat = b'\0\0\0\0IDAT' + struct.pack('>I', zlib.crc32(b'IDAT'))
    path = any_image(rng, coco, folder)[1]
    path.write_bytes(b'\x89PNG\r\n\x1a\n' + chunk + idat)


@breaks('other size')
def other_size(rng, coco, folder):
    rng.choice(coco['images'])[rng.choice(['width', 'height'])] = rng.choice([31, 80])


@breaks('other size')
def turned_by_exif(rng, coco, folder):
    _save_turned(folder / 'img' / NAMES[1])


@breaks(None)
def turned_by_exif_as_listed(rng, coco, folder):
    _save_turned(folder / 'img' / NAMES[1])
    coco['images'][1].update(width=HEIGHT, height=WIDTH)


def _save_turned(path):
    exif = Image.Exif()
    exif[0x0112] = 6
    with Image.open(path) as image:
        image.load()
    image.save(path, exif=exif)


@breaks('image not RGB')
def image_of_another_mode(rng, coco, folder):
    path = any_image(rng, coco, folder)[1]
    with Image.open(path) as image:
        image.load()
    mode = rng.choice(['L', 'LA', 'RGBA', 'P', '1', 'CMYK'])
    content = io.BytesIO()
    image.convert(mode).save(content, 'JPEG' if mode == 'CMYK' else 'PNG')
    path.write_bytes(content.getvalue())


@breaks('extreme shape')
def image_of_extreme_shape(rng, coco, folder):
    entry, path = any_image(rng, coco, folder)
    size = rng.choice([(3000, 1), (1, 3000)])
    entry.update(width=size[0], height=size[1])
    Image.new('RGB', size).save(path)


@breaks('deep image')
def image_of_16_bits(rng, coco, folder):
    pixels = np.arange(WIDTH * HEIGHT, dtype=np.uint16).reshape(HEIGHT, WIDTH)
    Image.fromarray(pixels * 50).save(any_image(rng, coco, folder)[1])


@breaks('deep image')
def image_of_12_bits_in_16(rng, coco, folder):
    pixels = np.full((HEIGHT, WIDTH, 3), 4095, np.uint16)
    assert cv2.imwrite(str(any_image(rng, coco, folder)[1]), pixels)


@breaks(None)
def name_in_unicode(rng, coco, folder):
    entry, path = any_image(rng, coco, folder)
    entry['file_name'] = rng.choice(['größe 图.png', 'x/..a.png', 'new\nline.png'])
    target = folder / 'img' / entry['file_name']
    target.parent.mkdir(exist_ok=True)
    path.rename(target)


@breaks('link out of the folder')
def link_out_of_the_folder(rng, coco, folder):
    path = any_image(rng, coco, folder)[1]
    os.rename(path, folder / 'elsewhere.png')
    path.symlink_to(folder / 'elsewhere.png')
