from mmdet.registry import PARAM_SCHEDULERS
from mmengine.optim import LinearLR
from mmengine.optim.scheduler.param_scheduler import INF


@PARAM_SCHEDULERS.register_module()
class WarmUpLR(LinearLR):
    """A linear warm-up that a short training reaches the end of.

    It takes iterations, as ``by_epoch=False`` says, a tenth of the training at most.
    Where that is less than two, the learning rate is whole from the start.

    Args:
        *args: Those of MMEngine's ``LinearLR``.
        start_factor (float): Share of the learning rate at the first iteration.
            Defaults to 0.001.
        begin (int): First iteration. Defaults to 0.
        end (int): Last iteration of the training, which the runner gives. Defaults to
            that of a training without end.
        max_length (int): Most iterations of the warm-up. Defaults to 500.
        **kwargs: Those of ``LinearLR``.
    """

    def __init__(
        self, *args, start_factor=0.001, begin=0, end=INF, max_length=500, **kwargs
    ):
        length = min(max_length, (end - begin) // 10)
        super().__init__(
            *args,
            start_factor=start_factor if length > 1 else 1.0,
            begin=begin,
            end=begin + max(length, 2),
            **kwargs,
        )
