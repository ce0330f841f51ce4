"""What memory.py and predictions.py share: samples of this process over its steps."""

import argparse
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import psutil
import torch
from matplotlib.figure import Figure

from .meters import resident_kib
from .systems import check_file, save_figure, without_root

#: Column of the samples to label of its panel, and unit that it is divided by.
PANELS = dict(
    rss_kib=('resident set, MiB', 1024),
    cuda_kib=('CUDA, MiB', 1024),
    open_files=('open files', 1),
)


@dataclass
class Watch:
    """Sample memory and open files of this process."""

    unit: str  # name of a step
    first: int  # step of the first sample, from 1
    every: int  # steps from one sample to the next
    rows: list[dict] = field(default_factory=list)  # the samples

    def __call__(self, step: int) -> None:
        """Take a sample if it is time; says so now and then."""
        if step < self.first or (step - self.first) % self.every:
            return
        row = {self.unit: step, 'rss_kib': resident_kib()}
        if torch.cuda.is_available():
            row['cuda_kib'] = torch.cuda.memory_allocated() / 1024
        self.rows.append(row | dict(open_files=psutil.Process().num_fds()))
        if len(self.rows) % 10 == 0:
            print(self.rows[-1], flush=True)

    @property
    def samples(self) -> pd.DataFrame:
        """Keys of ``PANELS`` in columns, against the step."""
        return pd.DataFrame(self.rows).set_index(self.unit)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add config and figure."""
    parser.add_argument('config', help='path of the config')
    parser.add_argument('--figure', type=Path, help='PNG to write')


def find_stem(args: argparse.Namespace) -> str:
    """What names result and figure.

    Raises:
        SystemExit: There is no such config.
    """
    check_file(args.config, 'config')
    return f'{Path(args.config).stem}_{args.device}'


def finish(args: argparse.Namespace, watch: Watch, name: str, **found) -> dict:
    """Draw the samples to a figure of this name; the whole result."""
    samples = watch.samples
    figure = Figure(figsize=(7.5, 4.2), layout='constrained')
    axes = figure.subplots(samples.shape[1], sharex=True, squeeze=False)[:, 0]
    for index, (axis, key) in enumerate(zip(axes, samples, strict=True)):
        label, unit = PANELS[key]
        (samples[key] / unit).plot(ax=axis, color=f'C{index}', grid=True)
        axis.set(ylabel=label, ylim=(0, None))
    save_figure(figure, args.figure, name)
    return dict(config=without_root(args.config)) | found | dict(samples=watch.rows)
