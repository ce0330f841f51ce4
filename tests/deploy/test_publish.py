import hashlib
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from mmdet.apis import inference_detector, init_detector

from mmdet_sodgan.deploy.publish import publish
from mmdet_sodgan.utils.errors import CheckpointError
from mmdet_sodgan.utils.safetensors_checkpoint import load_safetensors


@pytest.fixture(scope='module')
def published(write_detector, tmp_path_factory):
    """Config, checkpoint and published files of a narrow SODGAN."""
    config, checkpoint = write_detector('sodgan')
    folder = tmp_path_factory.mktemp('published')
    return config, checkpoint, publish(config, checkpoint, folder, name='boards')


def found(config, checkpoint, image):
    model = init_detector(config, str(checkpoint), device='cpu')
    assert list(model.dataset_meta['classes']) == list('abcdef')
    result = inference_detector(model, image).pred_instances
    assert len(result) > 20
    return result


def test_file_is_named_by_its_hash(published):
    path = published[2].weights
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:8]
    assert path.name == f'boards-{digest}.pth'
    assert published[2].safetensors.name == f'boards-{digest}.safetensors'


def test_checkpoint_with_old_names_is_published_the_same(published, tmp_path):
    config, checkpoint, done = published
    loaded = torch.load(checkpoint, weights_only=True)
    weights = loaded['state_dict']
    loaded['state_dict'] = {
        k.replace('teacher.ema.', 'hr_branch.average.'): v for k, v in weights.items()
    }
    assert loaded['state_dict'].keys() != weights.keys()
    torch.save(loaded, tmp_path / 'old.pth')
    again = publish(config, tmp_path / 'old.pth', tmp_path, name='boards')
    assert again.weights.name == done.weights.name


def test_published_again_it_is_the_same(published, tmp_path):
    again = publish(*published[:2], tmp_path, name='boards')
    assert again.weights.name == published[2].weights.name


def test_half_precision_halves_the_file_and_finds_the_same(published, images, tmp_path):
    config, checkpoint, whole = published
    done = publish(config, checkpoint, tmp_path, half=True)
    assert done.size_after < 0.55 * whole.size_after
    boxes = [found(config, p, images[0]) for p in (whole.weights, done.weights)]
    scores = [x.scores[:5] for x in boxes]
    assert not torch.equal(*scores)
    torch.testing.assert_close(*scores, atol=5e-3, rtol=0)


def test_numbers_beyond_half_precision_are_refused(published, tmp_path):
    config, checkpoint, _ = published
    loaded = torch.load(checkpoint, weights_only=True)
    loaded['state_dict']['backbone.bn1.running_var'][0] = 7e4
    torch.save(loaded, tmp_path / 'large.pth')
    with pytest.raises(ValueError, match=r'bn1\.running_var has .* without --half'):
        publish(config, tmp_path / 'large.pth', tmp_path / 'out', half=True)
    assert not (tmp_path / 'out').exists()


def test_detections_are_the_same_bit_for_bit(published, images):
    config, checkpoint, done = published
    expected = found(config, checkpoint, images[0])
    for path in (done.weights, done.safetensors):
        result = found(config, path, images[0])
        for key in ('bboxes', 'scores', 'labels'):
            assert torch.equal(result[key], expected[key])


def test_what_only_training_needs_is_gone(published):
    _, checkpoint, done = published
    before = torch.load(checkpoint, weights_only=True)
    after = torch.load(done.weights, weights_only=True)
    assert done.removed == ('discriminator', 'teacher')
    assert after.keys() == {'state_dict', 'meta'}
    assert after['meta'].keys() == {'cfg', 'dataset_meta', 'epoch'}
    parts = ('discriminator.', 'teacher.')
    kept = [k for k in before['state_dict'] if not k.startswith(parts)]
    assert list(after['state_dict']) == kept
    assert 4 * done.size_after < done.size_before == Path(checkpoint).stat().st_size


def test_plain_torch_loads_it_with_weights_alone(published):
    code = 'import sys, torch; torch.load(sys.argv[1], weights_only=True)'
    subprocess.run(
        [sys.executable, '-c', code, published[2].weights], check=True, timeout=120
    )


def test_sod_mtgan_keeps_its_discriminator(write_detector, tmp_path):
    done = publish(*write_detector('mtgan'), tmp_path)
    assert done.removed == ()
    assert any(
        key.startswith('discriminator.')
        for key in load_safetensors(done.safetensors)['state_dict']
    )


def test_weights_without_meta_are_published_too(published, tmp_path):
    config, checkpoint, _ = published
    loaded = torch.load(checkpoint, weights_only=True)
    torch.save(dict(state_dict=loaded['state_dict']), tmp_path / 'bare.pth')
    done = publish(config, tmp_path / 'bare.pth', tmp_path)
    assert load_safetensors(done.safetensors)['meta'] == {}


def test_config_of_another_detector_is_refused(published, write_detector, tmp_path):
    other, _ = write_detector('plain')
    with pytest.raises(
        CheckpointError, match=r'not fit the config: of the .* are unknown'
    ):
        publish(other, published[1], tmp_path / 'out')
    assert not (tmp_path / 'out').exists()
