"""How the values of a project's configs follow from the data and the machine."""

import numpy as np

from ...utils.errors import UserError
from .choices import Choice, Choices
from .statistics import Statistics

#: Below so many training images the small form is taken.
FEW_IMAGES = 2000
#: Largest long and short side of the HR image in px where none is asked for.
_LARGEST = dict(small=(640, 640), large=(1333, 800))
#: Images that a training sees, and the least and the most epochs.
_LENGTHS = {
    # Whether the form is small, and the weights are random.
    (True, True): (12_000, 12, 36),
    (True, False): (8_000, 8, 24),
    (False, True): (600_000, 24, 72),
    (False, False): (120_000, 12, 36),
}
_MANY_ITERATIONS = 30_000
#: Least side in px of the median object in the LR image.
_LEAST_SIDE = 2


def choose_form(train: Statistics, num_gpus: int) -> Choice:
    """Choose between the two forms of configs.

    Args:
        train (Statistics): The training images.
        num_gpus (int): GPUs of this machine.

    Returns:
        Choice: ``'small'`` (narrow, AdamW) or ``'large'`` (MMDetection's 1x).
    """
    if not num_gpus:
        return Choice('small', 'There is no GPU here.')
    if train.num_images < FEW_IMAGES:
        return Choice('small', f'There are fewer than {FEW_IMAGES:,} training images.')
    return Choice('large', f'There are {FEW_IMAGES:,} training images or more.')


def choose(
    train: Statistics,
    val: Statistics,
    *,
    form: Choice,
    init_cfg: Choice,
    num_gpus: int,
    finest_stride: int,
    scale_factor: int = 2,
    hr_size: tuple[int, int] | None = None,
    epochs: int | None = None,
) -> Choices:
    """Choose the values of the configs.

    Args:
        train (Statistics): The training images, with one object at least.
        val (Statistics): The validation images, likewise.
        form (Choice): As :func:`choose_form` gives it, or ``'base'``.
        init_cfg (Choice): What the backbone starts from, None for random weights.
        num_gpus (int): GPUs of this machine.
        finest_stride (int): Stride in px of the plain detector's finest level.
        scale_factor (int): ``r``, 2 or 4. Defaults to 2.
        hr_size (tuple[int, int] | None): Sides of the HR image in px that the user
            wants. Defaults to None, by the images.
        epochs (int | None): Epochs of the teacher, likewise.

    Returns:
        Choices: The values.

    Raises:
        UserError: Half of the objects are too small in the LR image.
    """
    size = _choose_hr_size(train, form.value, hr_size)
    # As Resize scales an image with its ratio kept.
    scale = np.min(np.sort(size.value)[::-1] / train.image_sizes, axis=1)
    median_hr = float(np.median(train.box_sides * scale[train.box_images]))
    if median_hr / scale_factor < _LEAST_SIDE:
        raise UserError(
            f'The median object has {median_hr / scale_factor:.1f} px at the input, '
            f'and below {_LEAST_SIDE} px nothing is learned from it: take a larger '
            f'--hr-size than {size.value[0]} {size.value[1]}, or a smaller '
            '--scale-factor.'
        )
    from_scratch = init_cfg.value is None
    max_epochs = _choose_epochs(train, form.value, from_scratch, epochs)
    batch_size, total = _choose_batch(train, form.value, num_gpus)
    iterations = max_epochs.value * train.num_images / total
    return Choices(
        form=form,
        init_cfg=init_cfg,
        hr_size=size,
        scale_factor=Choice(
            scale_factor,
            f'The LR image is the HR image divided by {scale_factor}: the median '
            f'object has {median_hr / scale_factor:.3g} px.',
        ),
        anchor_scale=_choose_anchor_scale(median_hr, finest_stride),
        max_dets=_choose_max_dets(max(train.max_objects, val.max_objects)),
        size_buckets=_choose_buckets(train, val),
        max_epochs=max_epochs,
        student_epochs=Choice(
            max(1, max_epochs.value // 2),
            "Half of the teacher's, from whose weights this starts.",
        ),
        batch_size=batch_size,
        lr=_choose_lr(form.value, from_scratch, total),
        base_batch_size=total,
        short=iterations < _MANY_ITERATIONS,
    )


def _choose_hr_size(
    train: Statistics, form: str, wish: tuple[int, int] | None
) -> Choice:
    own = train.median_size
    images = 'The images have' if train.one_size else 'The images vary; the median is'
    text = f'{images} {own[0]} x {own[1]} px'
    if wish is not None:
        size = max(wish), min(wish)
        ratio = min(size[0] / own[0], size[1] / own[1])
        change = 'they keep it' if ratio == 1 else 'they are shrunk'
        if ratio > 1:
            change = 'they are enlarged, which adds no detail'
        return Choice(size, f'As asked for. {text}; {change}.')
    largest = _LARGEST['small' if form == 'small' else 'large']
    ratio = min(1.0, largest[0] / own[0], largest[1] / own[1])
    if ratio == 1:
        rest = '' if train.one_size else ', and others are resized to it'
        return Choice(own, f'{text}{rest}.')
    size = round(own[0] * ratio), round(own[1] * ratio)
    return Choice(
        size,
        f'{text}; shrunk to save time, --hr-size {own[0]} {own[1]} keeps them.',
    )


def _choose_anchor_scale(median_hr: float, finest_stride: int) -> Choice:
    # The teacher's finest level on the HR image, which SODGAN's finest level on the
    # LR image corresponds to.
    exact = median_hr / finest_stride
    scale = min((2, 4, 8), key=lambda scale: abs(np.log2(exact / scale)))
    return Choice(
        scale,
        f'Anchors begin at {scale * finest_stride} px of the HR image; the median '
        f'object has {median_hr:.0f} px.',
    )


def _choose_max_dets(most: int) -> Choice:
    objects = f'At most {most} objects in an image'
    if most <= 100:
        return Choice(100, f"{objects}; COCO's 100 are enough.")
    return Choice(100 * -(-most // 100), f"{objects}, more than COCO's 100.")


def _choose_buckets(train: Statistics, val: Statistics) -> Choice:
    largest = max(float(train.sides.max()), float(val.sides.max()))
    end = int(np.floor(largest)) + 1
    edges = [0]
    for edge in np.quantile(train.sides, (0.25, 0.5, 0.75)):
        # To whole pixels, of larger objects to multiples of 2 and 16.
        step = 1 if edge < 24 else 2 if edge < 96 else 16
        edges.append(int(step * round(edge / step)))
    kept = [0]
    for edge in sorted({edge for edge in edges if 0 < edge < end}):
        # Both splits are to have objects on both sides of the edge.
        if all(
            np.histogram(split.sides, (kept[-1], edge, end))[0].all()
            for split in (train, val)
        ):
            kept.append(edge)
    return Choice(
        [*kept, end],
        "Edges in px of the original image, near quartiles of the objects' sides.",
    )


def _choose_epochs(
    train: Statistics, form: str, from_scratch: bool, wish: int | None
) -> Choice:
    if wish is not None:
        return Choice(wish, 'As asked for.')
    passes, least, most = _LENGTHS[form == 'small', from_scratch]
    epochs = int(np.clip(round(passes / train.num_images), least, most))
    start = 'Random' if from_scratch else 'Pretrained'
    if least < epochs < most:
        return Choice(epochs, f'{start} weights need to see about {passes:,} images.')
    number = 'few images: the most' if epochs == most else 'many images: the fewest'
    return Choice(epochs, f'{start} weights and {number} epochs that init takes.')


def _choose_batch(train: Statistics, form: str, gpus: int) -> tuple[Choice, int]:
    """Images a step and GPU, and those that the learning rate is for."""
    if form != 'small':
        batch = int(np.clip(16 // gpus, 2, 8)) if gpus else 2
        where = f'Times {gpus} GPUs' if gpus else 'Without a GPU'
        return Choice(batch, f'{where}; the rate is for 16 and follows.'), 16
    if train.num_images < 200:
        return Choice(2, 'Few images make enough steps in small batches.'), 2
    return Choice(4, 'The learning rate is for 4 images a step.'), 4


def _choose_lr(form: str, from_scratch: bool, total: int) -> Choice:
    if form == 'base':
        return Choice(None, 'That of the base, and its optimizer.')
    if form == 'large':
        return Choice(0.02, "MMDetection's, SGD and 16 images a step.")
    lr = (4e-4 if from_scratch else 2e-4) * (total / 4) ** 0.5
    start = 'random' if from_scratch else 'pretrained'
    return Choice(
        float(f'{lr:.2g}'), f'For AdamW, {start} weights and {total} images a step.'
    )
