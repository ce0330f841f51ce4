import os
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from types import ModuleType

from mmdet_sodgan.apis import Predictor
from mmdet_sodgan.structures.size_bucket import SizeBucket
from mmdet_sodgan.utils.extras import require
from mmdet_sodgan.visualization import draw_boxes

from .comparison import Comparison
from .size_table import EVERY_SIZE, size_colors, size_table

#: Nothing is asked of, or told to, another machine. Read when Gradio is imported.
OFFLINE = dict(
    GRADIO_ANALYTICS_ENABLED='False',
    HF_HUB_DISABLE_TELEMETRY='1',
    HF_HUB_OFFLINE='1',
)
#: Uploads and pictures are looked for every ten minutes, and deleted after a day
#: and when the page ends.
DELETE_CACHE = (600, 86400)
#: Bytes of a dropped file; a larger one is not taken.
MAX_FILE_SIZE = 100 * 2**20
STYLE = """
#image {min-height: 180px}
#error:not(:has(p)), #sizes:not(:has(table)) {display: none}
.error {padding: .6em 1em; border-left: 4px solid #d55e00; background: #d55e0022}
.prose table.sizes {width: 100%; border-collapse: collapse; border: none}
.prose table.sizes :is(th, td) {padding: .25em .8em; text-align: right; border: none}
.prose table.sizes :is(th, td):nth-child(-n + 2) {text-align: left}
.prose table.sizes tr {border: solid var(--border-color-primary); border-width: 0 0 1px}
.prose table.sizes tbody tr:last-child {font-weight: 600; border-width: 0}
table.sizes i {display: inline-block; width: .8em; height: .8em; margin-right: .5em}
"""


class ComparisonPage:
    """A page that shows what two detectors find in an image, side by side.

    Args:
        baselines (Mapping[str, Predictor]): Choices of the first drop-down, by
            name.
        sodgans (Mapping[str, Predictor]): Choices of the second.
        buckets (Sequence[SizeBucket]): Ranges of object size that are counted.
            Defaults to ranges of which each size is in one.
        score_thr (float): Where the slider stands at first. Defaults to 0.3.

    Raises:
        SystemExit: Gradio is not installed; names the extra.
    """

    def __init__(
        self,
        baselines: Mapping[str, Predictor],
        sodgans: Mapping[str, Predictor],
        buckets: Sequence[SizeBucket] = EVERY_SIZE,
        score_thr: float = 0.3,
    ) -> None:
        os.environ.update(OFFLINE)
        self._gradio: ModuleType = require('gradio', 'web')
        self.baselines = baselines
        self.sodgans = sodgans
        self.buckets = buckets
        self.score_thr = score_thr

    def detect(
        self, path: str | None, baseline: str, sodgan: str
    ) -> tuple[Comparison | None, str]:
        """Run both detectors.

        Args:
            path (str | None): File of the image, None where none was dropped.
            baseline (str): Name of the first detector.
            sodgan (str): Name of the second.

        Returns:
            tuple[Comparison | None, str]: What was found and '', or None and what is
            wrong with the image, as HTML.
        """
        if path is None:
            return None, _error('There is no image: drop one into the field first.')
        models = [(baseline, self.baselines[baseline]), (sodgan, self.sodgans[sodgan])]
        try:
            return Comparison.run(path, models), ''
        except ValueError as error:
            # The folder is Gradio's and says nothing to the reader.
            return None, _error(str(error).replace(path, Path(path).name))

    def show(
        self, comparison: Comparison | None, score_thr: float, texts: bool
    ) -> tuple[dict, dict, str]:
        """Draw and count what was found; no detector runs.

        Args:
            comparison (Comparison | None): What was found, or nothing yet.
            score_thr (float): Scores above are shown.
            texts (bool): Whether class and score are written at each box.

        Returns:
            tuple[dict, dict, str]: Updates of the two pictures, and the table.
        """
        update = self._gradio.update
        if comparison is None:
            return (
                update(value=None, label='Baseline'),
                update(value=None, label='SODGAN'),
                '',
            )
        results = [(name, found.above(score_thr)) for name, found in comparison.results]
        pictures = [
            update(
                value=draw_boxes(
                    comparison.picture,
                    found.boxes * comparison.scale,
                    size_colors(found, self.buckets),
                    found.texts if texts else None,
                ),
                label=f'{name}: {len(found.boxes)} found',
            )
            for name, found in results
        ]
        return *pictures, size_table(results, self.buckets)

    def build(self):
        """Put the page together.

        Returns:
            gr.Blocks: Not served yet.
        """
        gr = self._gradio
        with gr.Blocks(
            analytics_enabled=False,
            title='SODGAN and a baseline',
            delete_cache=DELETE_CACHE,
        ) as page:
            gr.Markdown('## Small objects: a baseline and SODGAN')
            comparison = gr.State()
            with gr.Row():
                # Not gr.Image, which decodes a file before its size is checked.
                file = gr.File(label='Image', height=180, elem_id='image')
                with gr.Column():
                    baseline = gr.Dropdown(
                        list(self.baselines), label='Baseline', elem_id='baseline'
                    )
                    sodgan = gr.Dropdown(
                        list(self.sodgans), label='SODGAN', elem_id='sodgan'
                    )
                with gr.Column():
                    score = gr.Slider(
                        *(0, 1, self.score_thr),
                        step=0.01,
                        label='Shown above the score',
                        elem_id='score',
                    )
                    texts = gr.Checkbox(label='Write class and score', elem_id='texts')
                    button = gr.Button('Detect', variant='primary', elem_id='detect')
            error = gr.HTML(elem_id='error')
            with gr.Row():
                pictures = [
                    gr.Image(
                        label=label,
                        elem_id=f'{label.lower()}-picture',
                        # Lossy formats blur objects of few pixels.
                        format='png',
                        # The table is in sight too.
                        height='52vh',
                        interactive=False,
                        buttons=['download', 'fullscreen'],
                    )
                    for label in ('Baseline', 'SODGAN')
                ]
            table = gr.HTML(elem_id='sizes')
            gr.Markdown(
                'The side of an object is the square root of the area of its box, in '
                'pixels of the image as it was dropped. The slider runs no network.'
            )
            shown = dict(
                fn=self.show,
                inputs=[comparison, score, texts],
                outputs=[*pictures, table],
                api_visibility='private',
                show_progress='hidden',
            )
            # Drawn in a second step, by where the slider stands then.
            gr.on(
                [file.upload, button.click, baseline.input, sodgan.input],
                self.detect,
                [file, baseline, sodgan],
                [comparison, error],
                api_visibility='private',
                show_progress_on=pictures,
            ).then(**shown)
            file.clear(
                lambda: (None, ''),
                outputs=[comparison, error],
                api_visibility='private',
                show_progress='hidden',
            ).then(**shown)
            # While the slider moves, only where it stands last.
            gr.on([score.change, texts.change], **shown, trigger_mode='always_last')
        return page

    def serve(self, host: str = '127.0.0.1', port: int = 7860) -> None:
        """Serve the page until the process is interrupted.

        Args:
            host (str): Address that is listened at; ``'0.0.0.0'`` is all of the
                machine. Defaults to this machine alone.
            port (int): Defaults to 7860.

        Raises:
            ValueError: The port is not free.
        """
        gradio, page = self._gradio, self.build()
        try:
            _, url, _ = page.launch(
                server_name=host,
                server_port=port,
                share=False,
                ssr_mode=False,
                max_file_size=MAX_FILE_SIZE,
                footer_links=[],
                css=STYLE,
                # The fonts of the machine, none that is downloaded.
                theme=gradio.themes.Default(font='system-ui', font_mono='monospace'),
                quiet=True,
                prevent_thread_lock=True,
            )
        except OSError as error:
            raise ValueError(
                f'The page cannot be served at {host}:{port} ({error}).'
            ) from None
        print(f'The page is at {url} until Ctrl-C.', flush=True)
        page.block_thread()


def _error(sentence: str) -> str:
    return f'<p class="error" role="alert">{escape(sentence)}</p>'
