import math
from collections import defaultdict

from mmdet.structures import DetDataSample
from torch import Tensor


class PredictBySize:
    """Lets nothing but an image itself change what is found in it.

    It goes before mmdet's detector, whose data preprocessor is a
    :class:`PairedResolutionPreprocessor`.

    Attributes:
        frame (str): 'lr' or 'hr', the image in whose pixels boxes are found.
    """

    frame = 'lr'

    def predict(
        self,
        batch_inputs: Tensor,
        batch_data_samples: list[DetDataSample],
        rescale: bool = True,
    ) -> list[DetDataSample]:
        """Predict as the host does; boxes end where the image ends.

        An LR image of 171 / 2 pixels has 86 rows, so the RoI head's own clipping
        lets a box reach half a row beyond the original image. (It does so, too,
        in a plain detector with this project's data preprocessor.)

        Args:
            batch_inputs (Tensor): LR images ``(N, 3, H, W)``.
            batch_data_samples (list[DetDataSample]): N samples, with
                ``ori_shape`` in their meta where ``rescale``.
            rescale (bool): Boxes in pixels of the original image, else in
                ``frame``.

        Returns:
            list[DetDataSample]: The samples with ``pred_instances``.
        """
        samples = super().predict(batch_inputs, batch_data_samples, rescale)
        if rescale:
            for sample in samples:
                clip_boxes(sample.pred_instances.bboxes, sample.ori_shape)
        return samples

    def _predict_by_size(
        self, inputs: Tensor, data_samples: list[DetDataSample]
    ) -> list[DetDataSample]:
        """Predict images of one padded size together, at the size they have alone.

        So an image's result does not depend on what else is in its batch:
        convolutions and GroupNorm see the padding, and the fine level has it, too.
        """
        divisor = self.data_preprocessor.lr_pad_size_divisor
        scale = self.data_preprocessor.scale_factor if self.frame == 'hr' else 1
        groups = defaultdict(list)
        for i, sample in enumerate(data_samples):
            lr = (math.ceil(side / scale) for side in sample.img_shape[:2])
            groups[tuple(math.ceil(side / divisor) * divisor for side in lr)].append(i)
        if len(groups) == 1:
            return self.predict(inputs, data_samples)
        results = {}
        for (height, width), members in groups.items():
            group = [data_samples[i] for i in members]
            shape = (scale * height, scale * width)
            for sample in group:
                sample.set_metainfo(dict(batch_input_shape=shape))
            images = inputs[members, :, :height, :width]
            results |= zip(members, self.predict(images, group), strict=True)
        return [results[i] for i in range(len(data_samples))]


def clip_boxes(boxes: Tensor, shape: tuple[int, ...]) -> None:
    """End boxes where the image ends, in place.

    Args:
        boxes (Tensor): ``(n, 4)``, x1, y1, x2, y2 in pixels of the image.
        shape (tuple[int, ...]): Height and width of the image.
    """
    boxes[:, 0::2].clamp_(0, shape[1])
    boxes[:, 1::2].clamp_(0, shape[0])
