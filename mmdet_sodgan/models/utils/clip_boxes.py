from torch import Tensor


def clip_boxes(boxes: Tensor, shape: tuple[int, ...]) -> None:
    """End boxes where the image ends, in place.

    Args:
        boxes (Tensor): ``(n, 4)``, x1, y1, x2, y2 in pixels of the image.
        shape (tuple[int, ...]): Height and width of the image.
    """
    boxes[:, 0::2].clamp_(0, shape[1])
    boxes[:, 1::2].clamp_(0, shape[0])
