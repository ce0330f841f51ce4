import torch


def check_device(device: str) -> None:
    """Refuse a device that is not there.

    Args:
        device (str): As torch names it.

    Raises:
        ValueError: It is not there; names those that are.
    """
    try:
        wanted = torch.device(device)
        there = wanted.type != 'cuda' or (
            (wanted.index or 0) < torch.cuda.device_count()
        )
    # So torch says that it knows no such name.
    except RuntimeError:
        there = False
    if not there:
        cuda = (f'cuda:{index}' for index in range(torch.cuda.device_count()))
        choice = ' or '.join(['cpu', *cuda])
        raise ValueError(f'There is no device {device}: choose {choice}.')
