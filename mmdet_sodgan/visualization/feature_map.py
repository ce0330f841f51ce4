import numpy as np
from torch import Tensor


def feature_map_image(feat: Tensor, reference: Tensor | None = None) -> np.ndarray:
    """Turn a feature map into a grey picture, its root mean square over channels.

    Args:
        feat (Tensor): ``(C, H, W)``.
        reference (Tensor, optional): Map ``(C, H', W')`` whose range sets
            black and white, so that pictures can be compared; ``feat``'s own
            by default.

    Returns:
        np.ndarray: ``(H, W)``, float in [0, 1].
    """

    def energy(x: Tensor) -> np.ndarray:
        return x.detach().float().pow(2).mean(0).sqrt().cpu().numpy()

    scale = energy(feat if reference is None else reference)
    # White is the 99th percentile: single hot cells would leave the rest black.
    low, high = scale.min(), np.percentile(scale, 99)
    return np.clip((energy(feat) - low) / max(high - low, 1e-12), 0, 1)
