from mmdet.registry import LOOPS
from mmengine.runner import EpochBasedTrainLoop

from .random_state import set_random_state


@LOOPS.register_module()
class ResumableTrainLoop(EpochBasedTrainLoop):
    """Training by epochs that can go on in the middle of one.

    mmengine's loop starts an epoch anew. Here the batches before the checkpoint
    are loaded and dropped, then the random generators get the state that they
    had. Dropping indices alone would be faster and not exact: flips are drawn
    where images are loaded, in worker processes whose generators no checkpoint
    has. Loaders must draw the same in every process start, as
    :class:`ReseedHook` says.
    """

    _batches_done = 0

    def skip_batches(self, batches: int, random_state: dict) -> None:
        """Start the coming epoch after some of its batches.

        Args:
            batches (int): How many were trained on.
            random_state (dict): The state of this process after them, from
                :func:`get_random_state`.
        """
        self._batches_done = batches
        self._random_state = random_state

    def run_iter(self, idx: int, data_batch: dict) -> None:
        """Train on a batch, unless the run did so before it was resumed.

        Args:
            idx (int): Number of the batch in its epoch.
            data_batch (dict): A batch of the dataloader.
        """
        if idx >= self._batches_done:
            return super().run_iter(idx, data_batch)
        if idx + 1 == self._batches_done:
            self._batches_done = 0
            # This must precede the loading of the next batch, as in the first run.
            set_random_state(self._random_state)
