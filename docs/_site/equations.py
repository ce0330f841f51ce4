"""Equations as MathML, written when the site is built: browsers draw it themselves."""

import html
import re

from latex2mathml.converter import convert

# What pymdownx.arithmatex makes of $...$ and $$...$$.
EQUATION = re.compile(
    r'<(?P<tag>span|div) class="arithmatex">\\[(\[](?P<latex>.*?)\\[)\]]</(?P=tag)>',
    re.DOTALL,
)


def to_mathml(page: str) -> str:
    """Put MathML in the place of LaTeX on a page of HTML.

    Args:
        page (str): HTML with the marks of pymdownx.arithmatex.

    Returns:
        str: HTML with ``<math>`` elements.
    """

    def mathml(match: re.Match) -> str:
        display = 'block' if match['tag'] == 'div' else 'inline'
        return convert(html.unescape(match['latex']).strip(), display=display)

    return EQUATION.sub(mathml, page)
