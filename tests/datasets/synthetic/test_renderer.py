import numpy as np
import pytest

from mmdet_sodgan.datasets.synthetic import renderer
from mmdet_sodgan.datasets.synthetic.renderer import render_image


def render(seed=0, size=(96, 64), sides=(4, 40), objects=(5, 12), num_classes=6):
    rng = np.random.default_rng(seed)
    return render_image(rng, size, num_classes, sides, objects)


def test_same_state_gives_the_same_image_and_another_one_does_not():
    (image, objects), (again, objects_again) = render(3), render(3)
    np.testing.assert_array_equal(image, again)
    assert objects == objects_again
    assert not np.array_equal(image, render(4)[0])


def test_image_has_the_wanted_shape_and_uses_its_range():
    image, _ = render()
    assert image.shape == (64, 96, 3)
    assert image.dtype == np.uint8
    assert image.std() > 10


def test_boxes_lie_in_the_image_and_sides_in_their_range():
    count = 0
    for seed in range(20):
        for item in render(seed)[1]:
            x, y, w, h = item['bbox']
            count += 1
            assert 0 <= x and 0 <= y and w >= 1 and h >= 1
            assert x + w <= 96.01 and y + h <= 64.01
            assert np.sqrt(w * h) <= 40.01
            clipped = min(x, y, 96 - x - w, 64 - y - h) < 0.02
            assert clipped or np.sqrt(w * h) >= 3.99
    assert count > 100


def test_all_classes_occur_and_no_other():
    labels = {o['label'] for seed in range(20) for o in render(seed, num_classes=4)[1]}
    assert labels == {0, 1, 2, 3}


def test_sides_are_log_uniform():
    sides = [
        np.sqrt(o['bbox'][2] * o['bbox'][3])
        for seed in range(60)
        for o in render(seed, (256, 256), objects=(20, 20))[1]
    ]
    # The geometric middle splits a log-uniform distribution in half; hidden
    # small objects and clipped large ones shift it a little.
    assert np.mean(np.array(sides) < np.sqrt(4 * 40)) == pytest.approx(0.5, abs=0.05)


def test_number_of_objects_is_within_the_limits():
    counts = [len(render(seed, (256, 256), objects=(3, 5))[1]) for seed in range(40)]
    assert max(counts) == 5
    assert np.mean(counts) > 3


def test_hidden_objects_are_not_annotated():
    # 100 shapes in 96 x 64 px: most are buried.
    _, objects = render(objects=(100, 100))
    assert 1 <= len(objects) < 50
    assert all(0.4 <= item['visibility'] <= 1 for item in objects)


def test_objects_occlude_each_other():
    visibilities = [
        o['visibility']
        for seed in range(20)
        for o in render(seed, (256, 256), objects=(10, 20))[1]
    ]
    share = np.mean(np.array(visibilities) < 0.95)
    assert 0.05 < share < 0.5


def test_visibility_is_the_share_of_pixels_on_top(monkeypatch):
    monkeypatch.setattr(renderer, '_draw_bar', lambda *args: None)
    painted = []
    paint = renderer._paint

    def record(rng, canvas, owner, sprite, identity):
        painted.append((sprite, identity))
        paint(rng, canvas, owner, sprite, identity)

    monkeypatch.setattr(renderer, '_paint', record)
    _, objects = render(7, objects=(25, 25))

    # Reference: pixel sets, each shape robbed of what later ones cover.
    uncovered, total, labels_seen = {}, {}, 0
    for sprite, identity in painted:
        rows, columns = np.nonzero(sprite.alpha >= 0.5)
        pixels = set(zip(rows + sprite.top, columns + sprite.left, strict=True))
        for other in uncovered.values():
            other -= pixels
        if identity:
            inside = {(r, c) for r, c in pixels if 0 <= r < 64 and 0 <= c < 96}
            uncovered[identity], total[identity] = inside, len(pixels)
            labels_seen += 1
    expected = [len(uncovered[i]) / total[i] for i in sorted(total)]
    expected = [round(share, 3) for share in expected if share >= 0.4]
    assert labels_seen == 25
    assert [item['visibility'] for item in objects] == expected
    assert len(expected) < 25
