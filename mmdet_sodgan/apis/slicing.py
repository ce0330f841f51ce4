import numpy as np
import torch
from mmdet.apis import DetInferencer
from mmdet.structures import DetDataSample
from mmengine.structures import InstanceData

from mmdet_sodgan.utils.extras import require
from mmdet_sodgan.utils.image_bounds import without_pillow_bound


class SlicedInferencer:
    """Detect in overlapping slices of an image, by SAHI.

    Akyon, Altinuc and Temizel, Slicing Aided Hyper Inference (ICIP 2022). Objects
    larger than the overlap of two slices may be found in parts.

    Args:
        inferencer (DetInferencer): Loaded; SAHI takes it as its own.
        side (int): The side of a slice in pixels of the image.
        overlap (float): How much neighbouring slices overlap, as part of their side.

    Raises:
        SystemExit: SAHI is not installed.
        ValueError: ``side`` or ``overlap`` is out of range.
    """

    def __init__(self, inferencer: DetInferencer, side: int, overlap: float) -> None:
        if side < 1:
            raise ValueError(f'slice_side is {side}, must be at least 1 pixel.')
        if not 0 <= overlap < 1:
            raise ValueError(f'overlap is {overlap}, must be in [0, 1).')
        self._predict = require('sahi.predict', 'slicing').get_sliced_prediction
        adapter = require('sahi.models.mmdet', 'slicing').MmdetDetectionModel
        # Its own way of loading needs a config file, and a step named Resize.
        self._model = adapter(
            model=inferencer,
            device=str(next(inferencer.model.parameters()).device),
            # The detector's own threshold has been applied.
            confidence_threshold=0.0,
        )
        self._side, self._overlap = side, overlap

    def __call__(self, image: np.ndarray) -> DetDataSample:
        """Detect in one image.

        Args:
            image (np.ndarray): ``(H, W, 3)``, BGR, uint8.

        Returns:
            DetDataSample: ``pred_instances`` in pixels of the image, on the CPU.
        """
        # SAHI lifts the bound for the whole process.
        with without_pillow_bound():
            found = self._predict(
                np.ascontiguousarray(image[..., ::-1]),
                self._model,
                slice_height=self._side,
                slice_width=self._side,
                overlap_height_ratio=self._overlap,
                overlap_width_ratio=self._overlap,
                # Where the pipeline shrinks the whole image, its boxes do harm.
                perform_standard_pred=False,
                # Merging would widen boxes by those of low score. What a slice cuts off
                # an object lies within the whole object's box.
                postprocess_type='NMS',
                postprocess_match_metric='IOS',
                verbose=0,
            ).object_prediction_list
        sample = DetDataSample(metainfo=dict(ori_shape=image.shape[:2]))
        boxes = [one.bbox.to_xyxy() for one in found]
        sample.pred_instances = InstanceData(
            bboxes=torch.tensor(boxes, dtype=torch.float32).reshape(-1, 4),
            scores=torch.tensor([one.score.value for one in found]),
            labels=torch.tensor([one.category.id for one in found], dtype=torch.long),
        )
        return sample
