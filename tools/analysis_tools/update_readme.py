"""Write the README's figures from the committed JSON files in docs/results."""

import argparse
import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / 'docs' / 'results'
#: Config families of the status table, in its order.
FAMILIES = ('configs/baselines', 'configs/sodgan')


def percent(value: float) -> str:
    """Per cent with one decimal; pycocotools' -1 means that there is nothing."""
    return '-' if value < 0 else f'{100 * value:.1f}'


def spans(buckets: list[dict]) -> list[str]:
    """Headers of the columns by size."""
    return [f'AP {b["sides"][0]:.0f}–{b["sides"][1]:.0f} px' for b in buckets]


def rows(header: list[str], body: list[list[str]]) -> str:
    """A Markdown table."""
    lines = [header, ['---'] * len(header), *body]
    return '\n'.join(f'| {" | ".join(line)} |' for line in lines)


def conditions(result: dict) -> str:
    """What a figure depends on, in one line."""
    return (
        f'seed {result["seed"]}, commit {result["commit"]}, {result["hardware"]}, '
        f'torch {result["torch"]}'
    )


def demo_section(result: dict) -> str:
    """Table and figure of ``make demo``."""
    models = result['results']
    buckets = next(iter(models.values()))['buckets']
    header = ['', 'AP', *spans(buckets), 'params (M)', 'ms / image', 'training (s)']
    body = [
        [
            name,
            percent(model['metrics']['coco/bbox_mAP']),
            *(percent(bucket['AP']) for bucket in model['buckets']),
            f'{model["params"] / 1e6:.1f}',
            f'{model["ms_per_image"]:.0f}',
            f'{model["train_seconds"]:.0f}',
        ]
        for name, model in models.items()
    ]
    return (
        f'What `make demo` gave ({result["num_train"]} training images, '
        f'{result["epochs"]} epochs from scratch, {conditions(result)}):\n\n'
        f'{rows(header, body)}\n\n'
        '![Detections and feature maps of the demo](docs/images/demo.png)'
    )


def status_section(results: list[dict]) -> str:
    """One row a config: trained, with its figures, or not."""
    by_config = {result['config']: result for result in results}
    paths = [p for family in FAMILIES for p in sorted((ROOT / family).glob('*.py'))]
    body = []
    for path in paths:
        result = by_config.get(path.name)
        trained, score, where = 'not trained', '', ''
        if result is not None:
            trained = (
                f'{result["epochs"]} epochs on {Path(result["train_annotations"]).stem}'
            )
            score = percent(result['metrics']['coco/bbox_mAP'])
            where = f'{conditions(result)}; {result["note"]}'
        link = f'[{path.stem}]({path.relative_to(ROOT)})'
        body.append([link, 'yes', trained, score, where])
    header = ['config', 'built and stepped in tests', 'trained', 'AP', 'conditions']
    return rows(header, body)


def render(text: str) -> str:
    """The README with the parts between its markers made anew."""
    results = [json.loads(path.read_text()) for path in sorted(RESULTS.glob('*.json'))]
    demo = [result for result in results if 'results' in result]
    runs = [result for result in results if 'config' in result]
    sections = dict(status=status_section(runs))
    if demo:
        sections['demo'] = demo_section(demo[0])
    for name, section in sections.items():
        pattern = rf'(<!-- {name}:begin -->\n).*?(<!-- {name}:end -->)'
        text = re.sub(
            pattern, lambda m, s=section: f'{m[1]}{s}\n{m[2]}', text, flags=re.S
        )
    return text


def main() -> None:
    """Write the README, or say that it is out of date."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--check', action='store_true', help='write nothing')
    args = parser.parse_args()
    readme = ROOT / 'README.md'
    old = readme.read_text()
    new = render(old)
    if args.check and new != old:
        sys.exit('README.md is out of date: run tools/analysis_tools/update_readme.py.')
    if not args.check:
        readme.write_text(new)


if __name__ == '__main__':
    main()
