import numpy as np
import pytest


@pytest.fixture
def scene(tool):
    return tool('demo/scene.py')


def draw(scene, seed):
    return scene.draw_scene(np.random.default_rng(seed))


def test_same_state_gives_the_same_scene_and_another_one_does_not(scene):
    (image, vehicles), (again, vehicles_again) = draw(scene, 3), draw(scene, 3)
    np.testing.assert_array_equal(image, again)
    for (label, box), (same_label, same_box) in zip(
        vehicles, vehicles_again, strict=True
    ):
        assert label == same_label
        np.testing.assert_array_equal(box, same_box)
    assert not np.array_equal(image, draw(scene, 4)[0])


def test_boxes_hold_what_the_vehicles_change(scene, monkeypatch):
    for seed in range(4):
        with_vehicles, vehicles = draw(scene, seed)
        with monkeypatch.context() as patch:
            patch.setattr(scene._Scene, 'draw_vehicles', lambda self: None)
            without = draw(scene, seed)[0]
        changed = (with_vehicles != without).any(-1)
        assert changed.sum() > 50 * len(vehicles) > 0
        for _, (x1, y1, x2, y2) in vehicles:
            assert 0 < x1 < x2 < scene.SIDE and 0 < y1 < y2 < scene.SIDE
            columns = np.s_[int(x1) : int(np.ceil(x2))]
            rows = np.s_[int(y1) : int(np.ceil(y2))]
            inside = changed[rows, columns]
            # Up to every side, and at a turned boat the corners stay free.
            assert inside.any(0).all() and inside.any(1).all()
            assert inside.mean() > 0.4
        for _, (x1, y1, x2, y2) in vehicles:
            # A shadow reaches 1.2 px further.
            changed[int(y1) : int(y2) + 3, int(x1) : int(x2) + 3] = False
        assert not changed.any()


def test_all_classes_occur_at_sizes_that_half_the_side_makes_tiny(scene):
    found = [vehicle for seed in range(12) for vehicle in draw(scene, seed)[1]]
    assert {label for label, _ in found} == set(range(len(scene.CLASSES)))
    sides = [np.sqrt((x2 - x1) * (y2 - y1)) for _, (x1, y1, x2, y2) in found]
    assert 9 < min(sides) and max(sides) < 40
    assert np.median(sides) / 2 < 10
    assert 8 < len(found) / 12 < 30
