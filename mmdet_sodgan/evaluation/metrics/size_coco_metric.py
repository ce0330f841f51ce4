from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from mmdet.evaluation import CocoMetric
from mmdet.registry import METRICS
from mmengine.logging import MMLogger

from ...engine.screen import IN_TEST
from ...utils.without_prints import without_prints
from .size_buckets import parse_size_buckets
from .size_evaluation import evaluate_by_size, to_coco_results
from .size_report import FIGURES, check_out_dir, format_table, make_report, write_report


@METRICS.register_module()
class SizeCocoMetric(CocoMetric):
    """COCO metric with figures per range of object size.

    Adds ``'bbox_size'`` to the metrics of mmdet's ``CocoMetric``. For each size
    bucket it gives, with keys such as ``coco/bbox_size_small_AP``,

    - ``AP``, the mean over ``iou_thrs``, ``AP50`` and ``AP75``,
    - ``AR``, the recall averaged over ``iou_thrs``,
    - ``num_gt``, the number of ground-truth boxes without crowd regions,

    and with ``classwise=True`` the same per class, ``coco/bbox_size_small_AP_<class>``.
    AP and AR are floats in [0, 1], not rounded, or -1 where a bucket holds no object,
    as in pycocotools. ``num_gt`` is an int.

    The size of a ground-truth object is the square root of the ``area`` of its
    annotation, which in COCO itself is the area of the mask, and of a detection that
    of its box; both in the original image. Without ``ann_file``, ``area`` is that of
    the box. An object or an unmatched detection outside a bucket is ignored there.

    Buckets are half-open, so that an object counts in exactly one: ``[low, high)``,
    in the ``'sodad'`` preset ``(low, high]`` as published. COCO's own ranges include
    both ends, so that an area of 1024 is small and medium and one of 9216 medium and
    large; the ``'coco'`` preset does the same and equals pycocotools. Presets set
    ranges only; the IoU thresholds and the number of detections of other benchmarks
    are set by ``iou_thrs`` and ``size_max_dets``.

    The figures are printed as a table and written to ``bbox_size.json`` and
    ``ap_by_size.png``.

    Args:
        ann_file (str, optional): Path of the annotation file in COCO format. Without
            it the ground truth of the data samples is used. Defaults to None.
        metric (str | Sequence[str]): Any of ``'bbox_size'``, ``'bbox'``, ``'segm'``,
            ``'proposal'`` and ``'proposal_fast'``; the last is mmdet's and, up to
            3.3.0, fails with NumPy >= 1.24 where images differ in their number of
            objects. Defaults to ``('bbox', 'bbox_size')``.
        size_buckets (str | Sequence[float] | dict): ``'coco'``, ``'aitod'``,
            ``'sodad'``, ``'tinyperson'``, a list of edges or a dict of name to
            ``(low, high)``. Edges are sides in px of the original image, see
            :func:`parse_size_buckets`. Defaults to ``'coco'``.
        size_max_dets (int): Number of highest-scored detections of each image and
            class that ``'bbox_size'`` uses, e.g. 1500 for AI-TOD and 200 for
            TinyPerson. Defaults to 100, COCO's.
        out_dir (str, optional): Folder for the JSON file and the picture. Defaults to
            None, which means the folder of the run's log file, or no files where
            there is no log file. Files of an earlier evaluation are replaced.
        partial (bool): Whether images of ``ann_file`` may be missing from the
            evaluation, which is a warning then and an error else. The commands of
            this project set it where the data set has ``indices``. Defaults to False.
        **kwargs: Further arguments of ``CocoMetric``.

    Raises:
        KeyError: If a metric is unknown.
        ValueError: If ``size_buckets``, ``size_max_dets`` or ``iou_thrs`` are not
            usable or the annotation file holds no images.
        OSError: If ``out_dir`` cannot be made or written to.
    """

    def __init__(
        self,
        ann_file: str | None = None,
        metric: str | Sequence[str] = ('bbox', 'bbox_size'),
        *,
        size_buckets: str | Sequence[float] | Mapping = 'coco',
        size_max_dets: int = 100,
        out_dir: str | None = None,
        partial: bool = False,
        **kwargs,
    ) -> None:
        metrics = [metric] if isinstance(metric, str) else list(metric)
        self.with_size = 'bbox_size' in metrics
        try:
            super().__init__(
                ann_file=ann_file,
                metric=[name for name in metrics if name != 'bbox_size'],
                **kwargs,
            )
        except KeyError as error:
            raise KeyError(f"{error.args[0]} 'bbox_size' is valid, too.") from error
        # pycocotools compares it with a number, which a list does not take.
        self.iou_thrs = np.atleast_1d(self.iou_thrs)
        self.ann_file = ann_file
        self.buckets = parse_size_buckets(size_buckets)
        self.preset = size_buckets if isinstance(size_buckets, str) else None
        self.size_max_dets = size_max_dets
        self.out_dir = out_dir
        self.partial = partial
        if self._coco_api is not None and not self._coco_api.dataset.get('images'):
            raise ValueError(f'ann_file {ann_file} lists no images to evaluate on.')
        if self._coco_api is not None:
            # pycocotools ends in a KeyError without it, after the whole evaluation.
            for annotation in self._coco_api.dataset.get('annotations', []):
                annotation.setdefault('iscrowd', 0)
        if not self.with_size:
            return
        if not isinstance(size_max_dets, int) or size_max_dets < 1:
            raise ValueError(
                f'size_max_dets must be a positive integer, got {size_max_dets!r}.'
            )
        for iou_thr in (0.5, 0.75):
            if not np.isclose(self.iou_thrs, iou_thr).any():
                raise ValueError(
                    f"metric 'bbox_size' reports AP50 and AP75, but iou_thrs "
                    f'{self.iou_thrs.tolist()} lacks {iou_thr}; add it.'
                )
        if out_dir is not None:
            # Before the evaluation rather than after hours of it.
            check_out_dir(out_dir)

    def compute_metrics(self, results: list) -> dict[str, float]:
        """Compute the metrics from processed results.

        Args:
            results (list[tuple[dict, dict]]): Ground truth and prediction of each
                image, as collected by ``process``.

        Returns:
            dict[str, float]: Name of each metric to its value, a plain float or int.

        Raises:
            ValueError: If nothing was evaluated, the annotation file lacks a class
                of the data set, an image that was evaluated, or the area of an object,
                or it has other images and not ``partial``.
        """
        if not results:
            raise ValueError('no image was evaluated; the test data set is empty.')
        if self._coco_api is not None:
            self._check_classes()
            self._check_images(results)
        if self._coco_api is None or self.metrics or self.outfile_prefix is not None:
            # pycocotools prints what it does; MMEngine's log has the result.
            with without_prints():
                eval_results = super().compute_metrics(results)
        else:
            # mmdet writes the detections to a file first, which takes longer than
            # 'bbox_size' itself.
            eval_results = {}
            self.cat_ids = self._coco_api.get_cat_ids(
                cat_names=self.dataset_meta['classes']
            )
            self.img_ids = self._coco_api.get_img_ids()
        if self.with_size and not self.format_only:
            eval_results.update(self._compute_size_metrics(results))
        # mmdet gives some as NumPy scalars, which a checkpoint that is loaded with
        # ``weights_only`` must not hold.
        return {
            key: value.item() if isinstance(value, np.generic) else value
            for key, value in eval_results.items()
        }

    def _check_classes(self) -> None:
        """Refuse classes without category, which would shift all later labels."""
        known = {cat['name'] for cat in self._coco_api.dataset.get('categories', [])}
        missing = [name for name in self.dataset_meta['classes'] if name not in known]
        if missing:
            raise ValueError(
                f'ann_file {self.ann_file} has no category for the classes {missing}, '
                f'only {sorted(known)}; correct the metainfo of the dataset.'
            )

    def _check_images(self, results: list) -> None:
        """Refuse images that the file does not list, and others that it lists."""
        listed = set(self._coco_api.get_img_ids())
        evaluated = {pred['img_id'] for _, pred in results}
        if unknown := evaluated - listed:
            raise ValueError(
                f'ann_file {self.ann_file} does not list the evaluated images '
                f'{sorted(unknown)[:5]}; give the file that the dataset reads.'
            )
        if len(evaluated) == len(listed):
            return
        text = (
            f'{len(evaluated)} of the {len(listed)} images of {self.ann_file} were '
            'evaluated'
        )
        if not self.partial:
            raise ValueError(
                f'{text}: give the file that the dataset reads, set test_mode=True of '
                'the dataset if its filter_cfg leaves images out, or partial=True of '
                'the metric if a part is meant.'
            )
        MMLogger.get_current_instance().warning(
            f'{text}: the objects in the others count as missed.'
        )

    def _compute_size_metrics(self, results: list) -> dict[str, float]:
        annotations = self._coco_api.dataset.get('annotations', [])
        for ann in annotations:
            if 'area' not in ann:
                raise ValueError(
                    f"ann_file {self.ann_file}: annotation {ann['id']} has no 'area', "
                    "which 'bbox_size' sorts objects by; add it in px^2."
                )
        buckets = evaluate_by_size(
            images=self.img_ids,
            annotations=annotations,
            detections=to_coco_results((pred for _, pred in results), self.cat_ids),
            classes={i: self._coco_api.cats[i]['name'] for i in self.cat_ids},
            buckets=self.buckets,
            iou_thrs=self.iou_thrs,
            max_dets=self.size_max_dets,
        )
        if not self.classwise:
            for bucket in buckets:
                del bucket['per_class']
        report = make_report(
            buckets,
            annotations,
            set(self.cat_ids),
            preset=self.preset,
            ann_file=self.ann_file,
            max_dets=self.size_max_dets,
            iou_thrs=self.iou_thrs.tolist(),
            classwise=self.classwise,
            num_images=len(self.img_ids),
        )
        logger = MMLogger.get_current_instance()
        logger.info('\n' + format_table(report), extra=IN_TEST)
        out_dir = self.out_dir
        if out_dir is None and logger.log_file is not None:
            out_dir = Path(logger.log_file).parent
        if out_dir is not None:
            paths = write_report(report, out_dir)
            logger.info('Wrote %s and %s', *paths)

        eval_results = {}
        for bucket in report['buckets']:
            for key in (*FIGURES, 'num_gt'):
                metric = f'bbox_size_{bucket["name"]}_{key}'
                eval_results[metric] = bucket[key]
                for name, of_class in bucket.get('per_class', {}).items():
                    eval_results[f'{metric}_{name}'] = of_class[key]
        return eval_results
