from typing import NamedTuple


class GANSchedule(NamedTuple):
    """What one iteration of the alternating optimisation does.

    Attributes:
        adversarial (float): Weight of the terms that G receives through D.
        reconstruction (float): Weight of L_MSE, L_TV and L_align.
        discriminator_learns (bool): Whether D takes its update.
    """

    adversarial: float = 1.0
    reconstruction: float = 1.0
    discriminator_learns: bool = True
