"""Docstrings of Sphinx's form as Markdown."""

import re
import textwrap

import griffe

ROLE = re.compile(r':(?:class|func|meth|data|attr|mod):`~?([^`]+)`')
MATH = re.compile(r'^\.\. math::[ \n]*((?:.+\n?)+)', re.MULTILINE)


class SphinxMarkup(griffe.Extension):
    """Rewrites roles and equations before a docstring is parsed."""

    def on_object(self, *, obj: griffe.Object, **kwargs) -> None:
        """Rewrite the docstring of one object."""
        if obj.docstring is not None:
            obj.docstring.value = to_markdown(obj.docstring.value)


def to_markdown(text: str) -> str:
    """Rewrite what Sphinx and Markdown write differently.

    Args:
        text (str): A docstring without its indentation.

    Returns:
        str: With code in place of roles, and ``$$`` around equations.
    """
    text = ROLE.sub(r'`\1`', text)
    return MATH.sub(lambda m: f'$${_flat(m[1])}$$\n', text)


def _flat(latex: str) -> str:
    return ' '.join(textwrap.dedent(latex).split())
