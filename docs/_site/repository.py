"""Files of the repository on the site, and links to them.

Pages link to configs, sources and results as GitHub shows them, by paths in the
repository. On the site, READMEs of configs are pages, Python files are pages with
their code, folders lists of their files; all else that is linked to is copied.
"""

import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[2]
LINK = re.compile(r'(?<=\]\()(?P<path>[^)\s#:]+)(?P<anchor>#[^)\s]*)?(?=\))')
#: Pages that stand outside of docs/, by path in the repository.
PAGES = ('CHANGELOG.md', 'CONTRIBUTING.md', 'configs/*/README.md')


def site_path(path: str) -> str | None:
    """Where on the site a file or folder of the repository is found.

    Args:
        path (str): From the root of the repository.

    Returns:
        str | None: Path in the sources of the site; None where there is no such
        file.
    """
    full = ROOT / path
    if full.is_dir():
        if (full / 'README.md').is_file():
            return f'{path}/README.md'
        if path.startswith('mmdet_sodgan'):
            return f'reference/{full.name}.md'
        return f'{path.removeprefix("docs/")}/index.md'
    if not full.is_file():
        return None
    if path == 'README.md':
        return 'index.md'
    if path.startswith('docs/'):
        return path.removeprefix('docs/')
    return f'source/{path}.md' if path.endswith('.py') else path


def repository_path(src_uri: str) -> str:
    """Where in the repository a page of the site comes from."""
    outside = any(Path(src_uri).match(pattern) for pattern in PAGES)
    return src_uri if outside else f'docs/{src_uri}'


def links_of(markdown: str, src_uri: str) -> list[str]:
    """Paths in the repository that a page links to."""
    folder = posixpath.dirname(repository_path(src_uri))
    found = (match['path'] for match in LINK.finditer(markdown))
    return [posixpath.normpath(posixpath.join(folder, path)) for path in found]


def add_files(files: Files, config: MkDocsConfig) -> None:
    """Add the pages outside of docs/ and all that pages link to outside of it."""
    for pattern in PAGES:
        for path in sorted(ROOT.glob(pattern)):
            name = path.relative_to(ROOT).as_posix()
            files.append(File.generated(config, name, abs_src_path=str(path)))
    linked = {
        path
        for file in files.documentation_pages()
        for path in links_of(file.content_string, file.src_uri)
    }
    for path in sorted(linked):
        target = site_path(path)
        if target is None or files.get_file_from_path(target):
            continue
        if target.startswith('source/'):
            text = _code_page(path)
            files.append(File.generated(config, target, content=text))
        elif (ROOT / path).is_dir() and target.endswith('/index.md'):
            files.append(File.generated(config, target, content=_list_page(path)))
        elif not target.endswith('.md'):
            full = str(ROOT / path)
            files.append(File.generated(config, target, abs_src_path=full))


def _code_page(path: str) -> str:
    code = (ROOT / path).read_text().rstrip()
    return (
        f'---\ntitle: {path}\nsearch:\n  exclude: true\n---\n\n# `{path}`\n\n'
        f'````python\n{code}\n````\n'
    )


def _list_page(path: str) -> str:
    names = sorted(entry.name for entry in (ROOT / path).iterdir() if entry.is_file())
    items = '\n'.join(f'- [{name}]({name})' for name in names)
    return f'---\ntitle: {path}\n---\n\n# `{path}`\n\n{items}\n'


def point_to_site(markdown: str, src_uri: str) -> str:
    """Rewrite a page's links into the repository to links within the site."""
    source = posixpath.dirname(repository_path(src_uri))
    folder = posixpath.dirname(src_uri)

    def rewrite(match: re.Match) -> str:
        path = posixpath.normpath(posixpath.join(source, match['path']))
        target = site_path(path)
        if target is None:  # MkDocs says what is wrong with it
            return match[0]
        return posixpath.relpath(target, folder or '.') + (match['anchor'] or '')

    return LINK.sub(rewrite, markdown)
