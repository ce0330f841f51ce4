import torch
from mmdet.models.detectors import TwoStageDetector
from mmdet.registry import MODELS
from mmdet.structures import DetDataSample
from torch import Tensor

from ...structures import Features, SampledRoIs
from .pyramid_place import PyramidPlace


@MODELS.register_module()
class SODGAN(PyramidPlace, TwoStageDetector):
    """Two-stage detector with a generative and a discriminative part.

    D compares the RoIs that the box head takes from the reconstructed level. Data
    flow and shapes stand at the head of :mod:`.pyramid_place`.

    Args:
        **kwargs: Arguments of :class:`GANMixin` and of mmdet's
            ``TwoStageDetector``; ``roi_head`` is a :class:`SODGANRoIHead` or
            another with :class:`SampledRoIsMixin`.

    Raises:
        ValueError: Parts that do not fit together; the message names the keys.
    """

    anchor_head = 'rpn_head'

    def _check_parts(self) -> None:
        super()._check_parts()
        self.roi_head.check_levels(
            self.generator.out_stride, self.generator.in_stride, self._is_narrow
        )

    def _pair_unpaired(
        self,
        student: Features,
        hr: Features | None,
        data_samples: list[DetDataSample],
        unpaired: dict,
    ) -> SampledRoIs:
        other = self._student(unpaired['inputs'])
        fake = self._small_objects(other, unpaired['data_samples'])
        real = self._small_objects(student, data_samples)
        # D's two halves are of one size.
        m = min(len(fake), len(real))
        # The labelled part draws what it would draw without these images.
        with torch.random.fork_rng(devices=[]):
            fake, real = (x[torch.randperm(len(x))[:m]] for x in (fake, real))
        feats = self.sampler.pool(other.levels, fake)
        # They have no class and no box, and no term that asks for one is allowed.
        background = feats.new_full((m,), self.sampler.first_bbox_head.num_classes)
        return SampledRoIs(
            feats,
            fake,
            background.long(),
            feats.new_zeros(m, 4),
            feats.new_zeros(m, dtype=torch.bool),
            None if hr is None else self.sampler.pool_hr(hr.fine, real),
        )

    @torch.no_grad()
    def _small_objects(
        self, student: Features, data_samples: list[DetDataSample]
    ) -> Tensor:
        """What the RPN takes for objects rather than background, ``(n, 5)``.

        Without a threshold worse images would have more background among their best
        proposals, and D would tell that apart instead of how well objects are seen.
        """
        found = self.rpn_head.predict(student.levels, data_samples, rescale=False)
        boxes = [each.bboxes[each.scores > 0.5] for each in found]
        return self.sampler.keep_small(boxes, len(student.levels))
