"""Low-resolution images from high-resolution ones.

Shapes: HR ``(N, 3, h, w)`` -> LR ``(N, 3, ceil(h / r), ceil(w / r))``, both on the
caller's device, both in grey levels (0 to 255).
"""

import math

import cv2
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from mmdet.registry import MODELS
from torch import Tensor

_FILTERS = ('bilinear', 'bicubic')


@MODELS.register_module()
class Degradation(nn.Module):
    """Anti-aliased down-sampling, optionally with blur, noise and JPEG.

    The order is the physical one: blur (optics), down-sampling (sensor
    pitch), noise (sensor), whole grey levels from 0 to 255 (as an image that
    was taken at this resolution has), JPEG (storage). Each given range is drawn
    uniformly per image in training; at test time its middle is used, so that
    scores are reproducible.

    Args:
        filter (str): Anti-aliased interpolation, 'bilinear' or 'bicubic'.
        blur_sigma (tuple[float, float], optional): Standard deviation of a
            Gaussian blur, in pixels of the HR image.
        noise_std (tuple[float, float], optional): Standard deviation of
            additive Gaussian noise, in grey levels of the LR image.
        jpeg_quality (tuple[int, int], optional): JPEG quality, 1 to 100. The
            encoder runs on the CPU whatever the device.

    Raises:
        ValueError: An unknown filter or a range that is not
            ``low <= high`` within its bounds.
    """

    def __init__(
        self,
        filter: str = 'bicubic',
        blur_sigma: tuple[float, float] | None = None,
        noise_std: tuple[float, float] | None = None,
        jpeg_quality: tuple[int, int] | None = None,
    ) -> None:
        super().__init__()
        if filter not in _FILTERS:
            raise ValueError(
                f"degradation.filter is '{filter}'; choose one of {_FILTERS}."
            )
        for name, bounds, low, high in (
            ('blur_sigma', blur_sigma, 0, math.inf),
            ('noise_std', noise_std, 0, 255),
            ('jpeg_quality', jpeg_quality, 1, 100),
        ):
            if bounds is not None and not low <= bounds[0] <= bounds[1] <= high:
                raise ValueError(
                    f'degradation.{name} is {bounds}; give (low, high) with '
                    f'{low} <= low <= high <= {high}.'
                )
        self.filter = filter
        self.blur_sigma = blur_sigma
        self.noise_std = noise_std
        self.jpeg_quality = jpeg_quality

    def forward(
        self, images: Tensor, scale_factor: int, is_rgb: bool = False
    ) -> Tensor:
        """Degrade a batch.

        Args:
            images (Tensor): HR images ``(N, 3, h, w)``, grey levels. A side that r
                does not divide is continued with its last pixel.
            scale_factor (int): ``r``.
            is_rgb (bool): Order of the channels; False is BGR. JPEG codes
                brightness and colour apart.

        Returns:
            Tensor: LR images ``(N, 3, ceil(h / r), ceil(w / r))``, whole grey levels.
        """
        h, w = images.shape[-2:]
        images = F.pad(
            images, (0, -w % scale_factor, 0, -h % scale_factor), 'replicate'
        )
        if self.blur_sigma is not None:
            images = torch.stack(
                [_gaussian_blur(x, self._draw(self.blur_sigma)) for x in images]
            )
        size = (images.shape[-2] // scale_factor, images.shape[-1] // scale_factor)
        images = F.interpolate(
            images, size, mode=self.filter, antialias=True, align_corners=False
        )
        if self.noise_std is not None:
            images = torch.stack([self._add_noise(x) for x in images])
        images = images.round().clamp(0, 255)
        if self.jpeg_quality is not None:
            images = torch.stack([self._jpeg(x, is_rgb) for x in images])
        return images

    def _draw(self, bounds: tuple[float, float]) -> float:
        low, high = bounds
        position = torch.rand(()).item() if self.training else 0.5
        return low + (high - low) * position

    def _add_noise(self, image: Tensor) -> Tensor:
        # A fixed generator at test time: the same image always gets the same
        # noise, whichever images were seen before it.
        generator = None if self.training else torch.Generator().manual_seed(0)
        noise = torch.randn(image.shape, generator=generator).to(image)
        return image + noise * self._draw(self.noise_std)

    def _jpeg(self, image: Tensor, is_rgb: bool) -> Tensor:
        quality = round(self._draw(self.jpeg_quality))
        array = image.byte().permute(1, 2, 0).cpu().numpy()
        if is_rgb:
            array = array[..., ::-1]
        _, code = cv2.imencode(
            '.jpg', np.ascontiguousarray(array), [cv2.IMWRITE_JPEG_QUALITY, quality]
        )
        decoded = cv2.imdecode(code, cv2.IMREAD_COLOR)
        if is_rgb:
            decoded = np.ascontiguousarray(decoded[..., ::-1])
        return torch.from_numpy(decoded).permute(2, 0, 1).to(image)


def _gaussian_blur(image: Tensor, sigma: float) -> Tensor:
    """Separable Gaussian blur of one ``(3, H, W)`` image, borders replicated."""
    if sigma == 0:
        return image
    radius = min(math.ceil(3 * sigma), min(image.shape[-2:]) - 1)
    offsets = torch.arange(-radius, radius + 1, dtype=image.dtype, device=image.device)
    kernel = torch.exp(-0.5 * (offsets / sigma) ** 2)
    kernel = (kernel / kernel.sum()).view(1, 1, 1, -1)
    channels = image.unsqueeze(1)
    channels = F.conv2d(
        F.pad(channels, (radius, radius, 0, 0), mode='replicate'), kernel
    )
    channels = F.conv2d(
        F.pad(channels, (0, 0, radius, radius), mode='replicate'),
        kernel.transpose(-1, -2),
    )
    return channels.squeeze(1)
