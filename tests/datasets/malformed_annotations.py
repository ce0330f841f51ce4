"""Ways in which an annotation file is broken."""

import json

from .malformed import HEIGHT, REQUIRED, WIDTH, breaks

NOT_FINITE = (float('nan'), float('inf'), -float('inf'), 10**400, -1e300)


@breaks('not JSON')
def broken_json(rng, coco, folder):
    text = json.dumps(coco)
    cut = text[: rng.randrange(1, len(text))]
    return rng.choice(
        ['', cut, '\ufeff{}', '[' * 100_000, '9' * 5000, b'{"images": "\xff\xfe"}']
    )


@breaks('not JSON')
def another_json(rng, coco, folder):
    return json.dumps(rng.choice([None, 5, 'text', [coco], [], True]))


@breaks('nothing listed')
def empty_list(rng, coco, folder):
    coco[rng.choice(['images', 'categories'])] = []


@breaks('nothing listed')
def missing_list(rng, coco, folder):
    del coco[rng.choice(['images', 'categories'])]


@breaks('wrong type')
def list_of_another_type(rng, coco, folder):
    coco[rng.choice(list(REQUIRED))] = rng.choice([None, {}, {'a': 1}, 'text', 5])


@breaks('wrong type')
def entry_of_another_type(rng, coco, folder):
    entries = rng.choice([coco[kind] for kind in REQUIRED])
    entries[rng.randrange(len(entries))] = rng.choice([None, [], [[{}]], 'x', 5])


@breaks('missing key')
def missing_key(rng, coco, folder):
    kind = rng.choice(list(REQUIRED))
    del rng.choice(coco[kind])[rng.choice(REQUIRED[kind])]


@breaks('wrong type')
def value_of_another_type(rng, coco, folder):
    kind = rng.choice(list(REQUIRED))
    value = rng.choice([None, {}, [[[]]], True, [None] * 4, float('nan')])
    rng.choice(coco[kind])[rng.choice(REQUIRED[kind])] = value


@breaks('wrong type')
def flag_of_another_type(rng, coco, folder):
    value = rng.choice(['yes', 2, [1], None, {}])
    rng.choice(coco['annotations'])[rng.choice(['iscrowd', 'ignore'])] = value


@breaks('wrong type')
def box_of_another_form(rng, coco, folder):
    box = [1, 2, 3, 4]
    value = rng.choice([[], box[:3], [*box, 5], [box], 'box', ['1', 2, 3, 4]])
    rng.choice(coco['annotations'])['bbox'] = value


@breaks('wrong type')
def side_without_pixels(rng, coco, folder):
    value = rng.choice([0, -5, float('nan'), float('inf'), '40', 0.5, 10**400])
    rng.choice(coco['images'])[rng.choice(['width', 'height'])] = value


@breaks('box not finite')
def infinite_box(rng, coco, folder):
    rng.choice(coco['annotations'])['bbox'][rng.randrange(4)] = rng.choice(NOT_FINITE)


@breaks('wrong type')
def infinite_area(rng, coco, folder):
    rng.choice(coco['annotations'])['area'] = rng.choice(NOT_FINITE)


@breaks('negative box')
def negative_box(rng, coco, folder):
    rng.choice(coco['annotations'])['bbox'][rng.choice([2, 3])] = -rng.random()


@breaks('empty box')
def empty_box(rng, coco, folder):
    annotation = rng.choice(coco['annotations'])
    if rng.random() < 0.5:
        annotation['area'] = -rng.randrange(2)
    else:
        annotation['bbox'][rng.choice([2, 3])] = rng.choice([0, 0.5])


@breaks('box outside')
def box_outside(rng, coco, folder):
    corner = rng.choice([(WIDTH, 0), (0, HEIGHT), (-10, 0), (5, -50), (1e9, 1e9)])
    rng.choice(coco['annotations'])['bbox'][:2] = corner


@breaks('box over the border')
def box_over_the_border(rng, coco, folder):
    box = rng.choice([[-3, 2, 9, 9], [35, 25, 30, 30], [-1e9, -1e9, 2e9, 2e9]])
    rng.choice(coco['annotations'])['bbox'] = box


@breaks('ignore flag')
def ignored_object(rng, coco, folder):
    rng.choice(coco['annotations'])['ignore'] = rng.choice([1, True])


@breaks(None)
def no_objects(rng, coco, folder):
    if rng.random() < 0.5:
        del coco['annotations']
    else:
        coco['annotations'] = []


@breaks(None)
def crowds_without_flag(rng, coco, folder):
    for annotation in coco['annotations']:
        del annotation['iscrowd']


@breaks('duplicate id')
def duplicate_id(rng, coco, folder):
    first, second = rng.sample(coco[rng.choice(list(REQUIRED))], 2)
    second['id'] = first['id']


@breaks('annotation id 0')
def annotation_zero(rng, coco, folder):
    rng.choice(coco['annotations'])['id'] = 0


@breaks('duplicate category')
def duplicate_category(rng, coco, folder):
    coco['categories'][1]['name'] = coco['categories'][0]['name']


@breaks('other classes')
def other_classes(rng, coco, folder):
    if rng.random() < 0.5:
        coco['categories'].reverse()
    else:
        coco['categories'][0]['name'] = rng.choice(['pin', '螺栓'])


@breaks('other categories')
def category_beside_the_classes(rng, coco, folder):
    coco['categories'].insert(rng.randrange(3), dict(id=9, name='pin'))
    rng.choice(coco['annotations'])['category_id'] = rng.choice([3, 9])


@breaks('unknown reference')
def unknown_reference(rng, coco, folder):
    key = rng.choice(['image_id', 'category_id'])
    rng.choice(coco['annotations'])[key] = rng.choice([99, -1])


@breaks('file listed twice')
def file_listed_twice(rng, coco, folder):
    first, second = rng.sample(coco['images'], 2)
    second['file_name'] = first['file_name']


@breaks('file name')
def name_that_leaves_the_folder(rng, coco, folder):
    names = ['../ann.json', '/etc/passwd', 'x/../../a.png', '..\\a.png', 'C:\\a.png']
    names += ['file:///etc/passwd', 'http://127.0.0.1/a.png', 's3://a/b.png', '', '.']
    names += ['a\0.png', '\ud800.png', '\\\\host\\a.png']
    rng.choice(coco['images'])['file_name'] = rng.choice(names)


@breaks('too many pixels')
def huge_declared_size(rng, coco, folder):
    size = rng.choice([(10**6, 10**6), (2**40, 1), (300_000_001, 1)])
    rng.choice(coco['images']).update(width=size[0], height=size[1])


def many_objects(coco, boxes):
    coco['annotations'] = [
        dict(
            id=i,
            image_id=1,
            category_id=7,
            bbox=list(box),
            area=box[2] * box[3],
            iscrowd=0,
        )
        for i, box in enumerate(boxes, start=1)
    ]


@breaks('boxes as fractions')
def boxes_as_fractions(rng, coco, folder):
    many_objects(coco, [(rng.random() / 2, 0.25, 0.125, 0.5) for _ in range(4)])


@breaks('boxes as corners')
def boxes_as_corners(rng, coco, folder):
    # Those close to the origin stay in the image, and have areas of their own.
    step = rng.choice([0, 1, 3])
    many_objects(coco, [(i * step, 2 + i, i * step + 4, 9 + i) for i in range(12)])
    for each in coco['annotations']:
        each['area'] = 28


@breaks('swapped size')
def swapped_size(rng, coco, folder):
    boxes = [(30 - i, 2 + i, 10, 5) for i in range(12)]
    many_objects(coco, [(y, x, height, width) for x, y, width, height in boxes])


@breaks('swapped sides')
def swapped_sides(rng, coco, folder):
    many_objects(coco, [(3 * i, 25, 3, 9) for i in range(12)])
    if rng.random() < 0.5:
        many_objects(coco, [(2 * i, 5, 12, 4) for i in range(12)])
        for each in coco['annotations']:
            x, y, height, width = each['bbox']
            right, bottom = x + width, y + height
            each['segmentation'] = [[x, y, right, y, right, bottom, x, bottom]]


@breaks('most boxes useless')
def most_boxes_outside(rng, coco, folder):
    many_objects(coco, [(10 if i < 4 else 400, 5, 6, 8) for i in range(12)])


@breaks('other area')
def area_of_another_kind(rng, coco, folder):
    many_objects(coco, [(2 * i, 5, 9, 8) for i in range(12)])
    for annotation in coco['annotations']:
        annotation['area'] = 9
