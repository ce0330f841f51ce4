"""The page as Chromium shows it: two detectors, a picture, the slider."""

import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from mmdet.apis import init_detector

from mmdet_sodgan.apis import Predictor
from mmdet_sodgan.datasets.synthetic import PATTERNS, generate

pytest.importorskip('gradio')

CONFIGS = Path(__file__).resolve().parents[3] / 'configs'
MODELS = {
    'baseline': CONFIGS / 'baselines' / 'faster-rcnn_r18_fpn_small_synthetic.py',
    'sodgan': CONFIGS / 'sodgan' / 'sodgan-faster-rcnn_r18_fpn_small_synthetic.py',
}
EDGES = [0, 8, 16, 32, 64, 1e5]
#: Seconds until a thing has come, on a machine with other work.
PATIENCE = 120


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    """Weights of both models, ``image.png`` of 96 x 64 px and ``broken.png``."""
    folder = tmp_path_factory.mktemp('web')
    meta = dict(dataset_meta=dict(classes=tuple(PATTERNS)[:6]))
    for name, config in MODELS.items():
        torch.manual_seed(0)
        model = init_detector(str(config), device='cpu')
        # Scores as different as those of a trained detector.
        model.roi_head.bbox_head.fc_cls.weight.data *= 20
        weights = dict(state_dict=model.state_dict(), meta=meta)
        torch.save(weights, folder / f'{name}.pth')
    generate(folder / 'set', num_train=1, num_val=1, image_size=(96, 64))
    (image,) = (folder / 'set' / 'val').iterdir()
    image.rename(folder / 'image.png')
    (folder / 'broken.png').write_text('no image')
    return folder


@pytest.fixture(scope='module')
def server(folder):
    """Address of ``sodgan web`` in a process of its own, and its output."""
    with socket.socket() as free:
        free.bind(('127.0.0.1', 0))
        port = free.getsockname()[1]
    command = [sys.executable, '-m', 'mmdet_sodgan.cli.main', 'web', '--score-thr', '0']
    for name, config in MODELS.items():
        command += [f'--{name}', str(config), str(folder / f'{name}.pth'), name]
    log = folder / 'log.txt'
    with (
        log.open('w') as file,
        subprocess.Popen(
            [*command, '--port', str(port), '--device', 'cpu'],
            stdout=subprocess.PIPE,
            stderr=file,
            text=True,
        ) as process,
    ):
        said = next((line for line in process.stdout if 'The page is at' in line), None)
        assert said, log.read_text()
        yield f'http://127.0.0.1:{port}', log
        process.terminate()


@pytest.fixture(scope='module')
def found(folder):
    """Sides and scores of what each model finds, without the page."""
    results = []
    for name, config in MODELS.items():
        predictor = Predictor(config, folder / f'{name}.pth', device='cpu')
        instances = predictor(folder / 'image.png').pred_instances
        x1, y1, x2, y2 = instances.bboxes.double().numpy().T
        sides = np.sqrt((x2 - x1) * (y2 - y1))
        results.append((sides, instances.scores.numpy()))
    return results


def expected(found, score_thr):
    """Rows of the table: both counts of each range of sizes and of all."""
    columns = [np.histogram(s[score > score_thr], EDGES)[0] for s, score in found]
    counts = np.stack([np.append(column, column.sum()) for column in columns], 1)
    return counts.tolist()


class Page:
    """What one does on the page, and sees."""

    def __init__(self, browser):
        self.browser = browser

    def one(self, selector):
        return self.browser.find_element('css selector', selector)

    def text(self, selector):
        return self.browser.execute_script(
            'return document.querySelector(arguments[0])?.innerText ?? ""', selector
        ).strip()

    def counts(self):
        """Read the counts of the table at one moment."""
        return self.browser.execute_script(
            'return [...document.querySelectorAll("#sizes tbody tr")].map('
            'row => [...row.cells].slice(-2).map(cell => Number(cell.innerText)))'
        )

    def wait(self, condition):
        from selenium.webdriver.support.ui import WebDriverWait

        WebDriverWait(self.browser, PATIENCE, poll_frequency=0.1).until(
            lambda _: condition()
        )

    def drop(self, path):
        self.wait(lambda: self.browser.find_elements('css selector', '#image input'))
        self.one('#image input').send_keys(str(path))

    def slide_to(self, value):
        number = self.one('#score input[type=number]')
        number.send_keys('\ue009a\ue000', f'{value}\ue007')

    def picture_loaded(self, kind):
        return self.browser.execute_script(
            'return document.querySelector(arguments[0])?.naturalWidth ?? 0',
            f'#{kind}-picture img',
        )


@pytest.mark.slow
def test_dropped_image_is_detected_in_by_both_and_the_slider_counts_anew(
    browser, server, folder, found
):
    url, log = server
    page = Page(browser)
    browser.get(url)
    page.wait(lambda: browser.find_elements('css selector', '#detect'))

    page.one('#detect').click()
    page.wait(lambda: page.text('#error'))
    assert page.text('#error') == 'There is no image: drop one into the field first.'

    page.drop(folder / 'broken.png')
    page.wait(lambda: 'broken.png' in page.text('#error'))
    assert page.text('#error') == 'broken.png cannot be read: it is not an image.'
    assert page.counts() == []

    page.one('#image button[aria-label="Clear"]').click()
    page.wait(lambda: not page.text('#error'))

    page.drop(folder / 'image.png')
    page.wait(page.counts)
    assert page.counts() == expected(found, 0)
    for kind in ('baseline', 'sodgan'):
        # 96 px, enlarged by ten.
        page.wait(lambda kind=kind: page.picture_loaded(kind) == 960)

    # Between two scores of the baseline, of which many lie on either side.
    middle = round(float(np.median(found[0][1])) + 0.005, 2)
    fewer = expected(found, middle)
    assert fewer != expected(found, 0) and fewer[-1] != [0, 0]
    page.slide_to(middle)
    page.wait(lambda: page.counts() == fewer)
    # By the keyboard to its end.
    page.one('#score input[type=range]').send_keys('\ue010')
    page.wait(lambda: page.counts() == [[0, 0]] * 6)

    severe = [e for e in browser.get_log('browser') if e['level'] == 'SEVERE']
    assert severe == [] and 'Traceback' not in log.read_text()
