import json

import pytest
from selenium.webdriver.common.by import By

from mmdet_sodgan.apps.report import read_work_dir, render_page, summarise

SECTIONS = ('configuration', 'curves', 'sizes', 'errors', 'images', 'cost')


@pytest.fixture
def open_page(browser, tmp_path):
    """Opens the report of some folders in the browser."""

    def opened(*folders, **kwargs):
        runs = [summarise(read_work_dir(folder), **kwargs) for folder in folders]
        path = tmp_path / 'report.html'
        path.write_text(render_page(runs), encoding='utf-8')
        browser.get(path.as_uri())
        assert browser.get_log('browser') == []
        # Requests other than that for the page itself.
        script = "return performance.getEntriesByType('resource').map(x => x.name)"
        assert browser.execute_script(script) == []
        return browser

    return opened


def text(page, section):
    return page.find_element(By.ID, section).get_attribute('textContent')


def test_page_in_the_browser_shows_every_section_and_runs_no_foreign_script(
    open_page, work_dir
):
    page = open_page(work_dir())
    for section in SECTIONS:
        assert page.find_element(By.ID, section).is_displayed()
    assert not page.find_elements(By.CLASS_NAME, 'missing')[1:]  # no default config
    # The class is named like a script, an image like a tag.
    assert page.title == 'Report of run'
    assert page.find_elements(By.TAG_NAME, 'script') == []
    assert '<script>document.title' in text(page, 'sizes')
    images = page.find_elements(By.TAG_NAME, 'img')
    # Charts, AP by size, best and worst image.
    assert len(images) == 5 + 1 + 2
    for image in images:
        assert image.get_attribute('src').startswith('data:image/')
        assert int(image.get_attribute('naturalWidth')) > 0
    assert 'Background' in text(page, 'errors')
    assert '0.250' in text(page, 'cost')  # seconds, from the log


def test_comparison_has_both_runs_and_their_differences(open_page, work_dir):
    page = open_page(work_dir('ours'), work_dir('theirs', {'randomness.seed': 8}))
    comparison = text(page, 'comparison')
    assert 'AP, ours' in comparison and 'AP, theirs' in comparison
    assert '+0.0' in comparison
    assert '1 keys of the configurations differ' in comparison
    assert 'randomness.seed' in comparison


def test_runs_scored_in_other_ranges_of_size_are_not_drawn_together(work_dir):
    other = {'test_evaluator.size_buckets': [0, 20, 100]}
    folders = work_dir('ours'), work_dir('theirs', other)
    page = render_page([summarise(read_work_dir(x), test=False) for x in folders])
    assert 'in different ranges of size, so only the first is drawn.' in page


@pytest.mark.parametrize('images', [None, []])
def test_cost_of_images_of_unknown_size_is_not_guessed(work_dir, truth, images):
    folder = work_dir()
    path = truth.image_dir.parent / 'test.json'
    if images is None:
        path.unlink()
    else:
        content = json.loads(path.read_text())
        path.write_text(json.dumps(content | dict(images=images, annotations=[])))
        (folder / 'found.bbox.json').write_text('[]')
    summary = summarise(read_work_dir(folder), test=False)
    assert summary.cost is None
    assert 'The cost of a prediction is not known' in render_page([summary])


def test_unfinished_line_of_a_log_is_told(work_dir):
    folder = work_dir()
    log = folder / '20260101_000000/vis_data/scalars.json'
    with log.open('a') as file:
        file.write('{"loss": 1, "st')
    page = render_page([summarise(read_work_dir(folder))])
    name = '20260101_000000/vis_data/scalars.json'
    assert f'The last line of {name} is unfinished' in page


def test_missing_pieces_are_named(open_page, work_dir):
    folder = work_dir()
    (folder / 'found.bbox.json').unlink()
    (folder / '20260101_000000/vis_data/scalars.json').unlink()
    page = open_page(folder, test=False)
    assert 'There is no training log' in text(page, 'curves')
    for section in ('sizes', 'errors', 'images'):
        assert 'There are no detections (*.bbox.json)' in text(page, section)
    assert 'no bbox_size.json' in text(page, 'sizes')
    assert 'No time was logged' in text(page, 'cost')
