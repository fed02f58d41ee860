"""Why a token cannot go on: raised inside the plan, stored as an incident."""

from models.incident_code import IncidentCode


class Stuck(Exception):
    """The token stands still with this incident; everything else goes on."""

    def __init__(self, code: IncidentCode, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class NothingToAsk(Exception):
    """The answer at the node is of an event that happened once: the node cannot ask for another one."""

    def __init__(self, node_id: str) -> None:
        super().__init__(node_id)
        self.node_id = node_id


class WholeInstanceNeeded(Exception):
    """The move depends on other tokens: plan it again with all of them, under the instance's lock."""
