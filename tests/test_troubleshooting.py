"""The messages of docs/use_it/troubleshooting.md, provoked."""

import importlib
import json
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
import torch
from mmdet.registry import DATASETS, HOOKS, METRICS
from mmengine.config import Config
from mmengine.optim import build_optim_wrapper
from mmengine.runner import IterBasedTrainLoop
from torch import nn
from torch.utils import cpp_extension

from mmdet_sodgan.apis.checks import WeightsHook, check_agreement
from mmdet_sodgan.apis.native_test import use_native_test
from mmdet_sodgan.apis.runner import enable_amp
from mmdet_sodgan.apis.safe_loading import load_local_checkpoint
from mmdet_sodgan.datasets.synthetic import generate
from mmdet_sodgan.engine.optimizers import autocast_optim_wrapper
from mmdet_sodgan.models.detectors import check_optim_wrapper
from mmdet_sodgan.utils import compat, extras
from mmdet_sodgan.utils.dist import start_cpu_process_group

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / 'docs/use_it/troubleshooting.md'
#: Start of a message that is not provoked here to the reason.
OTHERS = {
    "ModuleNotFoundError: No module named 'pkg_resources'": 'another setuptools',
    'ImportError: libGL.so.1': 'an OpenCV that this environment has not',
}


def messages():
    return re.findall(r'^```text\n(.*?)\n```$', PAGE.read_text(), re.S | re.M)


class Provoke:
    """Each method ends in one of the messages.

    Args:
        patch (pytest.MonkeyPatch): Undone after the test.
        folder (Path): Empty, and the working folder.
        build (Callable): Of a small SODGAN.
    """

    def __init__(self, patch, folder, build):
        self.patch, self.folder, self.build = patch, folder, build
        patch.chdir(folder)
        patch.syspath_prepend(ROOT / 'tools' / 'setup')

    def compiler(self):
        self.patch.setenv('PATH', str(self.folder))
        self.patch.delenv('CXX', raising=False)
        importlib.import_module('build_mmcv').find_compiler()

    def python_header(self):
        self.patch.setenv('CXX', sys.executable)
        self.patch.setattr(sysconfig, 'get_path', lambda name: str(self.folder))
        self.patch.setattr(sysconfig, 'get_python_version', lambda: '3.11')
        importlib.import_module('build_mmcv').find_compiler()

    def nvcc(self):
        self.patch.setenv('FORCE_CUDA', '1')
        self.patch.setattr(torch.version, 'cuda', '13.0')
        self.patch.setattr(cpp_extension, 'CUDA_HOME', None)
        importlib.import_module('build_mmcv').wants_cuda()

    def old_python(self):
        done = subprocess.run(
            ['make', '--directory', ROOT, 'env', 'PYTHON=false'],
            capture_output=True,
            text=True,
        )
        assert done.returncode
        raise SystemExit(done.stderr.splitlines()[0])

    def stack(self):
        self.patch.setattr(compat, 'stack_name', lambda: 'openmmlab')
        versions = dict(mmengine='0.10.7', mmcv='2.1.0')
        self.patch.setattr(compat, 'installed_version', versions.get)
        compat.check_stack()

    def extra(self):
        self.patch.setitem(sys.modules, 'sahi', None)
        self.patch.delitem(sys.modules, 'sahi.predict', raising=False)
        extras.require('sahi', 'slicing')

    def teacher(self):
        model = self.build({'model.teacher.frozen': True})
        hook = HOOKS.build(dict(type='TeacherHook'))
        hook.before_train(runner(model, two_groups(model)))

    def one_group(self):
        check_optim_wrapper(object())

    def hook_of_a_baseline(self):
        hook = HOOKS.build(dict(type='GANScheduleHook'))
        hook.before_train(runner(type('FasterRCNN', (torch.nn.Module,), {})(), None))

    def precise_bn(self):
        hook = HOOKS.build(dict(type='PreciseBNHook'))
        norm = {'model.generator.norm_cfg': dict(_delete_=True, type='BN')}
        fake = runner(self.build(norm), None)
        fake.train_loop = object.__new__(IterBasedTrainLoop)
        hook.before_train(fake)

    def amp(self):
        wrapper = dict(type='AmpOptimWrapper', optimizer=dict(type='SGD', lr=0.1))
        enable_amp(Config(dict(optim_wrapper=wrapper)))

    def emulated(self):
        def stop(text, **_):
            raise SystemExit(text)

        self.patch.setattr(autocast_optim_wrapper, 'print_log', stop)
        cpu = dict(architecture='x86_64')
        self.patch.setattr(torch.cpu, 'get_capabilities', lambda: cpu, raising=False)
        # Past what is told once.
        autocast_optim_wrapper._warn_if_emulated.__wrapped__()

    def launcher(self):
        self.patch.setattr(torch.cuda, 'is_available', lambda: False)
        start_cpu_process_group(Config(dict(launcher='slurm')))

    def no_annotations(self):
        self.dataset('dent')

    def other_classes(self):
        generate(self.folder / 'data/mine', 1, 1, num_classes=2)
        text = (self.folder / 'data/mine/annotations/train.json').read_text()
        text = text.replace('"horizontal"', '"scratch"').replace('"vertical"', '"dent"')
        (self.folder / 'data/mine/train.json').write_text(text)
        self.dataset('crack')

    def dataset(self, second):
        DATASETS.build(
            dict(
                type='SmallObjectCocoDataset',
                data_root='data/mine/',
                ann_file='train.json',
                data_prefix=dict(img='train/'),
                metainfo=dict(classes=('scratch', second)),
                pipeline=[],
            )
        )

    def head(self):
        names = ('scratch', 'dent', 'hole')
        model = nn.Module()
        model.roi_head = nn.Module()
        model.roi_head.bbox_head = nn.Identity()
        model.roi_head.bbox_head.num_classes = 2
        dataset = dict(type='CocoDataset', metainfo=dict(classes=names))
        cfg = dict(train_dataloader=dict(dataset=dataset), model=dict())
        check_agreement(Config(cfg), model)

    def nothing_fits(self):
        self.weights('teacher.pth', dict(x=torch.zeros(1)), training=True)

    def other_weights(self):
        state = dict(weight=torch.zeros(1, 1), x=torch.zeros(1))
        self.weights('other.pth', state, training=False)

    def weights(self, name, state, training):
        fake = runner(nn.Linear(1, 1), None)
        dataset = dict(type='BaseDetDataset')
        fake.cfg = Config(dict(test_dataloader=dict(dataset=dataset)))
        fake._load_from, fake._resume = name, False
        WeightsHook(training).after_load_checkpoint(fake, state)

    def forgotten_evaluator(self):
        self.evaluator('val', 'data/coco/annotations/instances_val2017.json')

    def other_split(self):
        (self.folder / 'data/mine').mkdir(parents=True)
        images = [dict(id=i, file_name=f'{i}.png') for i in range(2)]
        for split, number in (('train', 2), ('val', 1)):
            content = dict(images=images[:number], categories=[])
            Path(f'data/mine/{split}.json').write_text(json.dumps(content))
        self.evaluator('test', 'data/mine/train.json')

    def evaluator(self, stage, file):
        dataset = dict(
            type='BaseDetDataset', data_root='data/mine/', ann_file='val.json'
        )
        cfg = {
            f'{stage}_dataloader': dict(dataset=dataset),
            f'{stage}_evaluator': dict(type='SizeCocoMetric', ann_file=file),
            'model': dict(),
        }
        check_agreement(Config(cfg), nn.Identity())

    def preset(self):
        METRICS.build(dict(type='SizeCocoMetric', size_buckets='cocoo'))

    def no_checkpoint(self):
        load_local_checkpoint('work_dirs/my_config/epoch_12.pth')

    def no_weights(self):
        Path('model.pth').write_bytes(b'not a checkpoint')
        load_local_checkpoint('model.pth')

    def native(self):
        model = dict(data_preprocessor=dict(type='DetDataPreprocessor'))
        use_native_test(Config(dict(model=model)))


def runner(model, wrappers):
    """What the hooks read of a runner."""
    fake = type('Runner', (), {})()
    fake.model, fake.optim_wrapper = model, wrappers
    fake.iter, fake.max_iters, fake._load_from = 0, 10, None
    return fake


def two_groups(model):
    optimizer = dict(type='SGD', lr=0.1)
    return build_optim_wrapper(
        model,
        dict(
            constructor='GANOptimWrapperConstructor',
            optimizer=optimizer,
            discriminator=dict(optimizer=optimizer),
        ),
    )


#: Steps that several of them share.
SHARED = ('dataset', 'weights', 'evaluator')
PROVOKED = [
    name for name in vars(Provoke) if name not in SHARED and not name.startswith('__')
]


@pytest.mark.parametrize('name', PROVOKED)
def test_message_of_the_page_is_the_one_that_is_printed(
    name, monkeypatch, tmp_path, build_sodgan
):
    provoke = Provoke(monkeypatch, tmp_path, build_sodgan)
    with pytest.raises((Exception, SystemExit)) as caught:
        getattr(provoke, name)()
    assert str(caught.value) in messages()


def test_every_message_is_provoked_or_says_why_not():
    other = [text for text in messages() if text.startswith(tuple(OTHERS))]
    assert len(other) == len(OTHERS)
    assert len(PROVOKED) + len(other) == len(messages()) == len(set(messages()))
