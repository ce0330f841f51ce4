from ...utils import supported_stack  # noqa: F401, before what fails without it
from .page import render_page
from .summary import Summary, summarise
from .work_dir import WorkDir, read_work_dir

__all__ = ['Summary', 'WorkDir', 'read_work_dir', 'render_page', 'summarise']
