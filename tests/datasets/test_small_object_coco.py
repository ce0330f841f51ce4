import cv2
import numpy as np
import pytest
from mmdet.registry import DATASETS
from mmdet.structures import DetDataSample
from mmengine.logging import MMLogger
from PIL import Image

from mmdet_sodgan.datasets.data_error import DataError, ImageError

PIPELINE = [
    dict(type='LoadImageFromFile', imdecode_backend='pillow'),
    dict(type='LoadAnnotations', with_bbox=True),
    dict(type='PackDetInputs', meta_keys=('img_path', 'ori_shape')),
]


def build(root, **changes):
    config = dict(
        type='SmallObjectCocoDataset',
        data_root=str(root),
        ann_file='ann.json',
        data_prefix=dict(img='img/'),
        metainfo=dict(classes=('bolt', 'nut')),
        pipeline=PIPELINE,
    )
    return DATASETS.build(config | changes)


@pytest.mark.parametrize('test_mode', [False, True])
def test_sample_holds_the_image_and_its_boxes(write_coco, test_mode):
    dataset = build(write_coco(), test_mode=test_mode)
    sample = dataset[0]
    assert len(dataset) == 2
    assert sample['inputs'].shape == (3, 30, 40)
    assert isinstance(sample['data_samples'], DetDataSample)
    instances = sample['data_samples'].gt_instances
    assert instances.bboxes.tensor.tolist() == [[4, 5, 14, 13]]
    assert instances.labels.tolist() == [0]
    assert len(dataset[1]['data_samples'].gt_instances) == 0


def test_image_of_extreme_shape_is_named(write_coco):
    root = write_coco(
        images=[dict(id=1, file_name='long.png', width=2000, height=2)], annotations=[]
    )
    Image.new('RGB', (2000, 2)).save(root / 'img' / 'long.png')
    resize = dict(type='Resize', scale=(64, 64), keep_ratio=True)
    dataset = build(root, pipeline=[*PIPELINE[:2], resize, PIPELINE[2]])
    with pytest.raises(ImageError, match='long.png') as caught:
        dataset[0]
    assert (
        'has 2000 x 2 pixels, of which Resize would leave a side of 0: cut it into '
        'pieces or remove its entry.'
    ) in str(caught.value)


@pytest.mark.parametrize(('name', 'labels'), [('bolt', []), ('nut', [0])])
def test_labels_of_some_classes_count_from_0(write_coco, name, labels):
    box = dict(id=1, image_id=1, category_id=3, bbox=[4, 5, 10, 8], area=80, iscrowd=0)
    dataset = build(write_coco(annotations=[box]), metainfo=dict(classes=(name,)))
    assert dataset[0]['data_samples'].gt_instances.labels.tolist() == labels


def test_filter_that_leaves_no_image_is_refused(write_coco):
    with pytest.raises(ValueError, match="'min_size': 31.* leaves no image"):
        build(write_coco(), filter_cfg=dict(min_size=31))


@pytest.mark.parametrize('test_mode', [False, True])
def test_images_that_the_filter_leaves_out_are_counted(write_coco, caplog, test_mode):
    images = [
        dict(id=i, file_name=f'{i}.png', width=40, height=height)
        for i, height in enumerate((30, 30, 30, 20), start=1)
    ]
    box = dict(category_id=7, bbox=[4, 5, 10, 8], area=80, iscrowd=0)
    annotations = [dict(box, id=i, image_id=i) for i in (1, 4)]
    # Objects of a category beside the classes are none to the filter.
    annotations.append(dict(box, id=2, image_id=2, category_id=3))
    root = write_coco(images=images, annotations=annotations)
    logger = MMLogger.get_instance('filter')
    logger.addHandler(caplog.handler)
    filter_cfg = dict(filter_empty_gt=True, min_size=25)
    only = dict(classes=('bolt',))
    dataset = build(root, filter_cfg=filter_cfg, test_mode=test_mode, metainfo=only)
    said = (
        f"1 of 4 images of '{root / 'ann.json'}' are used in training: filter_cfg "
        'leaves out 2 without objects (filter_empty_gt) and 1 below min_size.'
    )
    assert (len(dataset), said in caplog.text) == (
        (4, False) if test_mode else (1, True)
    )


@pytest.mark.parametrize('test_mode', [False, True])
@pytest.mark.parametrize('backend', ['pillow', 'cv2'])
def test_truncated_image_is_named(write_coco, backend, test_mode):
    root = write_coco()
    path = root / 'img' / 'a.png'
    content = path.read_bytes()
    loader = dict(type='LoadImageFromFile', imdecode_backend=backend)
    dataset = build(root, test_mode=test_mode, pipeline=[loader, *PIPELINE[1:]])
    for length in (0, 20, len(content) // 2, len(content) - 100):
        path.write_bytes(content[:length])
        with pytest.raises(OSError, match='restore the file or remove') as caught:
            dataset[0]
        assert f"Image '{path}' of annotation file" in str(caught.value)
        assert str(root / 'ann.json') in str(caught.value)
    path.write_bytes(content)
    assert dataset[0]['inputs'].shape == (3, 30, 40)


def test_image_of_another_size_than_listed_is_refused(write_coco):
    root = write_coco()
    Image.new('RGB', (41, 30)).save(root / 'img' / 'a.png')
    with pytest.raises(ImageError, match='has 41 x 30 pixels, and 40 x 30 in the ann'):
        build(root)[0]


def test_bound_holds_for_the_listed_size_and_for_the_header(write_coco):
    assert build(write_coco(), max_pixels=1200)[0]['inputs'].shape == (3, 30, 40)
    with pytest.raises(DataError, match="'a.png' of 40 x 30 pixels, more than the 1,1"):
        build(write_coco(), max_pixels=1199)
    images = [dict(id=1, file_name='a.png', width=4, height=3)]
    dataset = build(write_coco(images=images), max_pixels=1199)
    with pytest.raises(ImageError, match='a.png.* 40 x 30 pixels, more than the 1,199'):
        dataset[0]


def test_too_large_image_is_not_decoded(write_coco, monkeypatch):
    images = [dict(id=1, file_name='a.png', width=4, height=3)]
    dataset = build(write_coco(images=images), max_pixels=1199)

    def decode(*args, **kwargs):
        raise AssertionError('decoded')

    monkeypatch.setattr('PIL.PngImagePlugin.PngImageFile.load', decode)
    monkeypatch.setattr('mmcv.imfrombytes', decode)
    with pytest.raises(ImageError, match='more than the 1,199'):
        dataset[0]


def test_16_bits_are_refused_by_pillow_and_scaled_by_opencv(write_coco):
    root = write_coco()
    pixels = np.full((30, 40), 256 * 100, np.uint16)
    Image.fromarray(pixels).save(root / 'img' / 'a.png')
    with pytest.raises(ImageError, match='more than 8 bits.*: convert it to 8 bits'):
        build(root)[0]
    loader = dict(type='LoadImageFromFile', imdecode_backend='cv2')
    image = build(root, pipeline=[loader])[0]['img']
    assert (image == 100).all()


@pytest.mark.parametrize(
    ('pixels', 'suffix', 'sentence'),
    [
        (np.full((30, 40), 4095, np.uint16), 'png', 'highest of them 4095, of which'),
        (np.full((30, 40, 3), 4095, np.uint16), 'png', 'would make 15 of 255: convert'),
        (np.full((30, 40), 4095, np.uint16), 'tif', 'highest of them 4095, of which'),
        (np.full((30, 40), 4096, np.uint16), 'png', None),
        (np.zeros((30, 40), np.uint16), 'png', None),
        (np.ones((30, 40), np.float32), 'tif', '32 bits .mode F., which the loader do'),
    ],
)
def test_deep_images_that_opencv_would_turn_black_are_refused(
    write_coco, pixels, suffix, sentence
):
    name = f'deep.{suffix}'
    root = write_coco(images=[dict(id=1, file_name=name, width=40, height=30)])
    assert cv2.imwrite(str(root / 'img' / name), pixels)
    loader = dict(type='LoadImageFromFile', imdecode_backend='cv2')
    dataset = build(root, pipeline=[loader])
    if sentence is None:
        assert (dataset[0]['img'] == pixels[0, 0] // 256).all()
    else:
        with pytest.raises(ImageError, match=f'{name}.*{sentence}'):
            dataset[0]


def test_folder_as_annotation_file_is_named(write_coco):
    root = write_coco()
    with pytest.raises(DataError, match='img.* cannot be read .Is a directory'):
        build(root, ann_file='img')


def test_missing_image_is_named(write_coco):
    root = write_coco()
    dataset = build(root)
    (root / 'img' / 'b.png').unlink()
    with pytest.raises(OSError, match='b.png.* cannot be read \\(no such file\\)'):
        dataset[1]


def test_error_of_another_transform_is_not_blamed_on_the_image(write_coco):
    class Failing:
        def __call__(self, results):
            raise OSError('no space left')

    dataset = build(write_coco(), pipeline=[*PIPELINE[:2], Failing()])
    with pytest.raises(OSError, match='^no space left$'):
        dataset[0]
