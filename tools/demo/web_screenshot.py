"""Take a picture of the page of ``sodgan web`` after an image was dropped.

Needs chromium and chromedriver (Debian: chromium-driver) and the extras web and
test. What follows the two files are the arguments of ``sodgan web``. The picture in
the pages is of the models of an earlier demo, at ``--score-thr 0.2``:

    python tools/demo/web_screenshot.py work_dirs/demo/data/val/0000.png \\
        docs/images/web.png --baseline CONFIG CHECKPOINT 'Faster R-CNN' \\
        --sodgan CONFIG CHECKPOINT SODGAN --score-thr 0.2
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from mmdet_sodgan.utils.extras import require

FLAGS = (
    *('headless', 'no-sandbox', 'disable-gpu', 'disable-quic', 'no-first-run'),
    *('disable-background-networking', 'disable-component-update', 'disable-sync'),
    'window-size=1280,1320',
)


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('image', type=Path, help='image that is dropped')
    parser.add_argument('out', type=Path, help='PNG file to write')
    parser.add_argument(
        'page', nargs=argparse.REMAINDER, help='the arguments of sodgan web'
    )
    return parser.parse_args(argv)


def shoot(browser, url: str, image: Path, out: Path) -> None:
    """Drop an image, wait for both results and write what is seen.

    Args:
        browser (selenium.webdriver.Chrome): An open browser.
        url (str): Address of the page.
        image (Path): The image.
        out (Path): PNG file to write.
    """
    support = require('selenium.webdriver.support.ui', 'test')
    wait = support.WebDriverWait(browser, timeout=120)
    browser.get(url)
    find = browser.find_elements
    (field,) = wait.until(lambda _: find('css selector', '#image input'))
    field.send_keys(str(image.resolve()))
    wait.until(lambda _: find('css selector', '#sizes table'))
    loaded = 'return [...document.images].filter(image => image.naturalWidth).length'
    wait.until(lambda _: browser.execute_script(loaded) >= 2)
    # The marks of work in progress fade.
    time.sleep(1)
    out.parent.mkdir(parents=True, exist_ok=True)
    browser.save_screenshot(str(out))


def main(argv: Sequence[str] | None = None) -> None:
    """Serve the page, open it and write the picture."""
    args = parse_args(argv)
    command = [sys.executable, '-m', 'mmdet_sodgan.cli.main', 'web', *args.page]
    webdriver = require('selenium.webdriver', 'test')
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which('chromium')
    for flag in FLAGS:
        options.add_argument(f'--{flag}')
    # The driver is named by its path, as selenium otherwise asks the net for one.
    service = webdriver.ChromeService(shutil.which('chromedriver'))
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        lines = (line for line in server.stdout if line.startswith('The page is at '))
        said = next(lines, None)
        if said is None:
            raise SystemExit('sodgan web did not start; its message is above.')
        try:
            with tempfile.TemporaryDirectory() as profile:
                options.add_argument(f'--user-data-dir={profile}')
                with webdriver.Chrome(options=options, service=service) as browser:
                    shoot(browser, said.split()[4], args.image, args.out)
        finally:
            server.terminate()


if __name__ == '__main__':
    main()
