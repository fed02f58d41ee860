"""Why a token cannot go on: raised inside the plan, stored as an incident."""


class Stuck(Exception):
    """The token stands still with this incident; everything else goes on."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class WholeInstanceNeeded(Exception):
    """The move depends on other tokens: plan it again with all of them, under the instance's lock."""
