from pathlib import Path

from mmdet.registry import HOOKS
from mmengine.dist import all_gather_object, get_rank, get_world_size, is_main_process
from mmengine.fileio import LocalBackend, get_file_backend
from mmengine.hooks import CheckpointHook
from mmengine.runner import Runner

from ...utils.atomic_write import write_atomically
from ...utils.errors import CheckpointError
from .complete_checkpoint import find_complete_checkpoint, is_complete
from .random_state import get_random_state
from .resumable_train_loop import ResumableTrainLoop

PREEMPTED = 'preempted.pth'


@HOOKS.register_module()
class AtomicCheckpointHook(CheckpointHook):
    """Checkpoints that survive the end of the process at any moment.

    It takes all arguments of mmengine's ``CheckpointHook`` and differs in this:

    - Files on a local disk appear under their name when they are whole
      (:func:`write_atomically`), ``last_checkpoint`` too.
    - With ``max_keep_ckpts`` the oldest is removed after the newest is written,
      not before; the disk needs room for one more.
    - An automatic resume passes over incomplete files
      (:func:`find_complete_checkpoint`); a named one is refused.
    - A checkpoint from the middle of an epoch holds the position and each
      process's random generators, for :class:`ResumableTrainLoop`.
    """

    _batches_done = 0
    _random_states = None
    _resumed = None

    def before_run(self, runner: Runner) -> None:
        """Choose what to resume from, before mmengine does.

        Raises:
            CheckpointError: The file that is named is incomplete.
        """
        if not runner._resume:
            return
        path = runner._load_from
        if path is None:
            found = find_complete_checkpoint(runner.work_dir)
            runner._load_from = found and str(found)
            # mmengine would read last_checkpoint again.
            runner._resume = found is not None
        elif Path(path).is_file() and not is_complete(path):
            raise CheckpointError(
                f'The checkpoint {path} is incomplete: the process that wrote it was '
                'ended, or its disk was full; resume from an earlier one.'
            )

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Remember the position in the epoch, if the checkpoint is inside of one."""
        self._resumed = checkpoint.get('mid_epoch')

    def before_train(self, runner: Runner) -> None:
        """Write local files atomically, and go to the position in the epoch.

        Raises:
            CheckpointError: The position is of a run with other batches, or
                other processes, or needs another loop.
        """
        folder = self.out_dir or runner.work_dir
        if (
            self.backend_args is None
            and self.file_client_args is None
            and isinstance(get_file_backend(folder), LocalBackend)
        ):
            self.backend_args = dict(backend='atomic_local')
        super().before_train(runner)
        # A teacher that is loaded, not resumed, leaves the iteration at 0.
        if self._resumed is None or runner.iter == 0:
            return
        loop = runner.train_loop
        states, batches = self._resumed['random_states'], self._resumed['num_batches']
        if not isinstance(loop, ResumableTrainLoop):
            raise CheckpointError(
                'The checkpoint is from the middle of an epoch, where '
                f"train_cfg.type='{type(loop).__name__}' cannot go on; set it to "
                "'ResumableTrainLoop', or resume from the end of an epoch."
            )
        if (len(states), batches) != (get_world_size(), len(loop.dataloader)):
            raise CheckpointError(
                f'The checkpoint is from the middle of an epoch of {batches} batches '
                f'in {len(states)} processes and this run has {len(loop.dataloader)} '
                f'in {get_world_size()}; resume with the same numbers, or from the '
                'end of an epoch.'
            )
        loop.skip_batches(self._resumed['batches_done'], states[get_rank()])

    def after_train_iter(
        self, runner: Runner, batch_idx: int, data_batch=None, outputs=None
    ) -> None:
        """Count the batch, then save where ``interval`` counts iterations."""
        self._batches_done = batch_idx + 1
        super().after_train_iter(runner, batch_idx, data_batch, outputs)

    def after_train_epoch(self, runner: Runner) -> None:
        """Begin to count batches anew, then save where ``interval`` counts epochs."""
        self._batches_done = 0
        super().after_train_epoch(runner)

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Add the position in the epoch."""
        # None where another hook saves, on the first process alone.
        if self._random_states is not None and self._batches_done:
            checkpoint['mid_epoch'] = dict(
                batches_done=self._batches_done,
                num_batches=len(runner.train_dataloader),
                random_states=self._random_states,
            )

    def save_preempted(self, runner: Runner, iterations: int) -> str:
        """Save after an iteration, beside the checkpoints that are counted.

        All processes must call it, from ``after_train_iter`` or ``after_val_iter``.

        Args:
            runner (Runner): The runner.
            iterations (int): How many were trained.

        Returns:
            str: The file, always of the same name.
        """
        meta = dict(epoch=runner.epoch, iter=iterations)
        self._write(runner, PREEMPTED, meta)
        return self.last_ckpt

    def _save_checkpoint_with_step(self, runner: Runner, step: int, meta: dict) -> None:
        """Write the file, name it in last_checkpoint, then remove the oldest."""
        obsolete = []
        if self.max_keep_ckpts > 0 and step not in self.keep_ckpt_ids:
            obsolete = [*self.keep_ckpt_ids, step][: -self.max_keep_ckpts]
            self.keep_ckpt_ids.append(step)  # drops the oldest
            runner.message_hub.update_info('keep_ckpt_ids', list(self.keep_ckpt_ids))
        self._write(runner, self.filename_tmpl.format(step), meta)
        for old in obsolete if is_main_process() else ():
            path = self.file_backend.join_path(
                self.out_dir, self.filename_tmpl.format(old)
            )
            if self.file_backend.isfile(path):
                self.file_backend.remove(path)

    def _write(self, runner: Runner, name: str, meta: dict) -> None:
        if isinstance(runner.train_loop, ResumableTrainLoop):
            self._random_states = all_gather_object(get_random_state())
        self.last_ckpt = self.file_backend.join_path(self.out_dir, name)
        runner.message_hub.update_info('last_ckpt', self.last_ckpt)
        runner.save_checkpoint(
            self.out_dir,
            name,
            self.file_client_args,
            save_optimizer=self.save_optimizer,
            save_param_scheduler=self.save_param_scheduler,
            meta=meta,
            by_epoch=self.by_epoch,
            backend_args=self.backend_args,
            **self.args,
        )
        self._random_states = None
        if is_main_process():
            pointer = Path(runner.work_dir, 'last_checkpoint')
            write_atomically(pointer, self.last_ckpt.encode())
