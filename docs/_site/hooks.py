"""Hooks of MkDocs: all of the site that its settings cannot say."""

import logging
import posixpath
from collections.abc import Iterator
from pathlib import Path

import equations
import flowcharts
import reference
import repository
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

# Below MkDocs' own logger, so that `--strict` counts its warnings.
log = logging.getLogger('mkdocs.hooks.site')


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Complete the navigation with what is found in the repository.

    A page that the settings do not name goes to the end of the section of its
    first folder.
    """
    sections = {
        title: entries for entry in config.nav for title, entries in entry.items()
    }
    sections['Config reference'].extend(reference.pages())
    named = set(_paths(config.nav))
    folder = Path(config.docs_dir)
    for path in sorted(folder.glob('*/**/*.md')):
        name = path.relative_to(folder)
        if name.as_posix() not in named:
            section = name.parts[0].replace('_', ' ').capitalize()
            sections[section].append(name.as_posix())
    return config


def _paths(entries: list) -> Iterator[str]:
    """All paths in a part of the navigation."""
    for entry in entries:
        if isinstance(entry, str):
            yield entry
        else:
            for value in entry.values():
                yield from _paths(value if isinstance(value, list) else [value])


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages and files that are not in docs/."""
    for path, text in reference.pages().items():
        files.append(File.generated(config, path, content=text))
    repository.add_files(files, config)
    return files


def on_page_markdown(
    markdown: str, page: Page, config: MkDocsConfig, files: Files
) -> str:
    """Lead links to the site's own files and put pictures for flow charts."""
    src_uri = page.file.src_uri
    if src_uri.startswith('source/'):
        return markdown
    folder = posixpath.dirname(src_uri) or '.'
    return flowcharts.use_pictures(
        repository.point_to_site(markdown, src_uri),
        Path(config.docs_dir),
        lambda path: posixpath.relpath(path, folder),
        lambda text: log.warning('%s: %s', src_uri, text),
    )


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Turn LaTeX into MathML."""
    return equations.to_mathml(html)
