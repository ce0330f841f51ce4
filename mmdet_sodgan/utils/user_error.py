class UserError(Exception):
    """What the user has to change, in one sentence.

    The commands end with the sentence and show no traceback.
    """

    @property
    def sentence(self) -> str:
        """str: The sentence."""
        return str(self)
