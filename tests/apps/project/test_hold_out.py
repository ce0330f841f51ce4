from hashlib import md5

import pytest

from mmdet_sodgan.apps.project.hold_out import hold_out, video_of


def names_of(coco):
    return {image['file_name'] for image in coco['images']}


def test_about_a_fifth_is_held_out_with_its_objects(make_coco):
    coco = make_coco([f'{i:03d}.png' for i in range(50)])
    train, val, sentence = hold_out(coco)
    assert len(val['images']) == 10 and len(train['images']) == 40
    assert names_of(train) | names_of(val) == names_of(coco)
    assert not names_of(train) & names_of(val)
    for part in (train, val):
        ids = {image['id'] for image in part['images']}
        assert {a['image_id'] for a in part['annotations']} == ids
        assert part['categories'] == coco['categories']
    assert sentence.startswith('10 of 50 images are held out of train')


def test_same_seed_draws_the_same_images(make_coco):
    coco = make_coco([f'{i:03d}.png' for i in range(50)])
    assert names_of(hold_out(coco)[1]) == names_of(hold_out(coco)[1])
    assert names_of(hold_out(coco)[1]) != names_of(hold_out(coco, seed=1)[1])


def hash_of(*what):
    return md5(repr(what).encode()).hexdigest()


@pytest.mark.parametrize(
    'pattern',
    ['video{}_{:04d}.jpg', 'v{}/{:02d}_left.png', 'v{}_{:04d}_jpg.rf.{}.jpg'],
)
def test_no_video_is_on_both_sides(make_coco, pattern):
    frames = [(v, i) for v in 'abcdefghij' for i in range(9)]
    coco = make_coco([pattern.format(*each, hash_of(each)) for each in frames])
    train, val, sentence = hold_out(coco)
    videos = [{video_of(name) for name in names_of(part)} for part in (train, val)]
    assert not videos[0] & videos[1] and len(videos[1]) == 2
    assert 'whole groups of like names (10)' in sentence


def test_long_video_is_not_held_out_where_a_short_one_is_there(make_coco):
    names = [f'long{i}.png' for i in range(90)] + [f'short{i}.png' for i in range(10)]
    for seed in range(4):
        assert names_of(hold_out(make_coco(names), seed)[1]) == set(names[90:])


@pytest.mark.parametrize('pattern', ['frame_{}.png', 'f_{}_jpg.rf.{}.jpg', '{1}.jpg'])
def test_frames_of_one_video_are_drawn_singly_and_that_is_said(make_coco, pattern):
    names = [pattern.format(i, hash_of(i)) for i in range(20)]
    _, val, sentence = hold_out(make_coco(names))
    assert len(val['images']) == 4
    assert 'drawn by single images' in sentence
    assert 'if they are frames of one video' in sentence


@pytest.mark.parametrize('pattern', ['{}.jpg', '{}_jpg.rf.{}.jpg'])
def test_copies_of_one_image_are_on_one_side(make_coco, pattern):
    names = [pattern.format(i, hash_of(i, j)) for i in range(9) for j in range(3)]
    for seed in range(4):
        parts = hold_out(make_coco(names), seed)[:2]
        train, val = ({name.split('_')[0] for name in names_of(p)} for p in parts)
        assert not train & val


def test_one_image_is_held_out_of_two(make_coco):
    train, val, _ = hold_out(make_coco(['a.png', 'b.png']))
    assert len(train['images']) == len(val['images']) == 1
