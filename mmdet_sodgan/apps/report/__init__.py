from ...utils import supported_stack  # noqa: F401, before what fails without it
from .page import pair_sizes, render_page
from .project import find_runs
from .side_by_side import time_in_turns
from .summary import Summary, summarise
from .work_dir import WorkDir, read_work_dir

__all__ = [
    'Summary',
    'WorkDir',
    'find_runs',
    'pair_sizes',
    'read_work_dir',
    'render_page',
    'summarise',
    'time_in_turns',
]
