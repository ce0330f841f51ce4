"""Pictures in the place of Mermaid's code, which a page without a network cannot run.

The pictures are committed, named by the hash of the code that they show, and made by
``draw_flowcharts.py``.
"""

import hashlib
import re
from collections.abc import Callable
from pathlib import Path

FOLDER = 'images/flowcharts'
BLOCK = re.compile(r'^```mermaid\n(.*?)^```$', re.MULTILINE | re.DOTALL)


def picture_name(code: str) -> str:
    """File name of the picture of a block of Mermaid's code."""
    return f'{hashlib.sha256(code.encode()).hexdigest()[:12]}.svg'


def use_pictures(
    markdown: str, docs_dir: Path, link_to: Callable[[str], str], warn: Callable
) -> str:
    """Put pictures in the place of blocks of code.

    Args:
        markdown (str): Text of a page.
        docs_dir (Path): Folder of the pages.
        link_to (Callable): From a path in ``docs_dir`` to a link on the page.
        warn (Callable): Told of a picture that is missing.

    Returns:
        str: The text with images.
    """

    def picture(match: re.Match) -> str:
        path = f'{FOLDER}/{picture_name(match[1])}'
        if not (docs_dir / path).is_file():
            warn(
                'a flow chart has no picture: draw it with '
                'python docs/_site/draw_flowcharts.py PATH/TO/mermaid.min.js'
            )
        link = link_to(path)
        return f'[![Flow chart]({link})]({link})'

    return BLOCK.sub(picture, markdown)
