from ...utils.errors import UserError


class AgreementError(UserError, ValueError):
    """Parts of a run contradict each other, as its one sentence says."""
