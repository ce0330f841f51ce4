import functools

import pytest
import torch

from mmdet_sodgan.engine.hooks import CompileHook
from mmdet_sodgan.models import SODGAN, SODMTGAN


@pytest.fixture
def workload(benchmark_tool):
    return benchmark_tool('workload')


def test_systems_take_turns(workload):
    order = []

    def measure(work):
        order.append(work)
        return len(order)

    times, failures = workload.interleave(dict(a='a', b='b', c='c'), 4, measure)
    counted = ''.join(order[3 * workload.WARM_UP :])
    assert counted == 'abcbcacababc'
    assert failures == {} and times['a'] == [7, 12, 14, 16]


def test_system_that_runs_out_of_memory_stops_alone(workload):
    def measure(work):
        if work == 'b':
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: 9 bytes")
        return 1.0

    times, failures = workload.interleave(dict(a='a', b='b'), 3, measure)
    assert times == dict(a=[1.0] * 3)
    assert failures == dict(b="DefaultCPUAllocator: can't allocate memory: 9 bytes")


def test_other_errors_are_not_taken_for_lack_of_memory(workload):
    def fail(work):
        raise RuntimeError('shapes differ')

    with pytest.raises(RuntimeError, match='shapes differ'):
        workload.interleave(dict(a='a'), 1, fail)


def test_inference_drops_what_only_training_needs(workload, system, setting):
    work = workload.Work(system('sodgan'), 'inference', (32, 32), 1, 2, setting)
    assert work.model.discriminator is None and work.model.hr_branch is None
    work.run(work.prepare())


def test_a_discriminator_that_predicts_is_no_part_of_training_only(workload):
    assert workload.training_only(SODGAN) == ('discriminator', 'hr_branch')
    assert workload.training_only(SODMTGAN) == ()
    assert workload.training_only(torch.nn.Identity()) == ()


@pytest.mark.parametrize('compiled', [False, True])
def test_training_moves_all_parts_and_the_average(
    workload, system, setting, compiled, monkeypatch
):
    # By default minutes of a C++ compiler; its results are the hook's to test.
    hook = functools.partial(CompileHook, backend='aot_eager')
    monkeypatch.setattr(workload, 'CompileHook', hook)
    setting = setting._replace(compiled=compiled)
    work = workload.Work(system('sodgan'), 'training', (32, 32), 2, 2, setting)
    before = {key: value.clone() for key, value in work.model.named_parameters()}
    for _ in range(2):
        work.run(work.prepare())
    assert bool(work.model.generator._compiled_call_impl) is compiled
    moved = {
        key.split('.')[0]
        for key, value in work.model.named_parameters()
        if not torch.equal(value, before[key])
    }
    assert moved == {key.split('.')[0] for key in before}


@pytest.mark.parametrize('what', ['inference', 'training'])
def test_half_precision_and_layout_are_those_asked_for(workload, system, setting, what):
    setting = setting._replace(bf16=True, channels_last=True)
    work = workload.Work(system('sodgan'), what, (32, 32), 2, 2, setting)
    conv = work.model.backbone.conv1
    assert conv.weight.is_contiguous(memory_format=torch.channels_last)
    types = []
    conv.register_forward_hook(
        lambda module, inputs, output: types.append(output.dtype)
    )
    work.run(work.prepare())
    assert set(types) == {torch.bfloat16}
