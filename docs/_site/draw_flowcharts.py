"""Draw the flow charts of all pages with Mermaid in a headless Chromium.

To be run when a chart was changed. Mermaid is the file ``dist/mermaid.min.js`` of
its npm package; the pictures of charts that are no more are deleted.
"""

import argparse
import shutil
import tempfile
from pathlib import Path

from flowcharts import BLOCK, FOLDER, picture_name
from selenium import webdriver

ROOT = Path(__file__).resolve().parents[2]
PAGES = ('README.md', 'docs/**/*.md', 'configs/*/README.md')
# Labels as SVG text: an image in a page may not hold HTML in some browsers.
SETTINGS = {
    'startOnLoad': False,
    'htmlLabels': False,
    'flowchart': {'htmlLabels': False, 'useMaxWidth': False},
    'fontFamily': 'sans-serif',
    'theme': 'neutral',
    'deterministicIds': True,
}
DRAW = """
const [code, settings, done] = arguments;
mermaid.initialize(settings);
mermaid.render('chart', code).then(({svg}) => done(svg), error => done(String(error)));
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('mermaid', type=Path, help='mermaid.min.js')
    mermaid = parser.parse_args().mermaid.resolve(strict=True)
    pages = (page for pattern in PAGES for page in ROOT.glob(pattern))
    codes = {code for page in pages for code in BLOCK.findall(page.read_text())}
    folder = ROOT / 'docs' / FOLDER
    folder.mkdir(exist_ok=True)
    options = webdriver.ChromeOptions()
    for argument in ('--headless=new', '--no-sandbox', '--disable-gpu'):
        options.add_argument(argument)
    # The driver on the path, where there is one, needs no download.
    service = webdriver.ChromeService(shutil.which('chromedriver'))
    browser = webdriver.Chrome(options=options, service=service)
    with tempfile.TemporaryDirectory() as scratch, browser:
        page = Path(scratch, 'page.html')
        page.write_text(f'<!doctype html><script src="{mermaid.as_uri()}"></script>')
        browser.get(page.as_uri())
        for code in codes:
            svg = browser.execute_async_script(DRAW, code, SETTINGS)
            if not svg.startswith('<svg'):
                raise SystemExit(f'Mermaid cannot draw this: {svg}\n{code}')
            (folder / picture_name(code)).write_text(f'{svg}\n')
    for name in {path.name for path in folder.glob('*.svg')} - set(
        map(picture_name, codes)
    ):
        (folder / name).unlink()


if __name__ == '__main__':
    main()
