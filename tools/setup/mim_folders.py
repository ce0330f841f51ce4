"""Hook of hatchling: puts into the wheel what mim looks for.

mim reads ``configs``, ``tools`` and ``model-index.yml`` in ``<root>/.mim``. What the
root is differs, so that they are there twice:

- openmim takes ``<site-packages>/<name as typed>``, the package's own folder, for a
  wheel and for an editable install.
- onedl-mim takes the first folder in the distribution's RECORD. pip sorts that, and
  ``../../../bin/sodgan``, the command, stands before all names but those that begin
  with a character below the dot. Of an editable install it takes the repository.
"""

import shutil
import tempfile
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

# The tools that a user of mim can run. The configs of benchmarks are read by
# tools/benchmark alone, which is not among them.
PARTS = (
    *('configs', 'model-index.yml'),
    *('tools/dataset_converters', 'tools/test.py', 'tools/train.py'),
)
LEFT_OUT = shutil.ignore_patterns('__pycache__', 'benchmarks')


class MimFolders(BuildHookInterface):
    """Copies, as hatchling takes no file of the repository to two places."""

    def initialize(self, version, build_data):
        """Copy the files and name the copies to hatchling.

        Args:
            version (str): ``standard`` or ``editable``.
            build_data (dict): Gets the folders in its ``force_include``, the one
                kind of file that an editable install holds, too.
        """
        self.stage = tempfile.TemporaryDirectory()
        roots = ['mmdet_sodgan']
        if version == 'standard':
            roots.append('+mmdet_sodgan')
        for root in roots:
            folder = Path(self.stage.name, root)
            for part in PARTS:
                source, copy = Path(self.root, part), folder / part
                copy.parent.mkdir(parents=True, exist_ok=True)
                if source.is_dir():
                    shutil.copytree(source, copy, ignore=LEFT_OUT)
                else:
                    shutil.copy(source, copy)
            build_data['force_include'][str(folder)] = f'{root}/.mim'

    def finalize(self, version, build_data, artifact_path):
        """Remove the copies."""
        self.stage.cleanup()
