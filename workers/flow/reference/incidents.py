"""`docs/incidents.md`: the incident codes, from the list that the code takes them from."""

from models.incident_code import IncidentCode

_TITLE = """\
# Incident codes

Written by `make docs` from [incident_code.py](../models/incident_code.py).

An incident is a token that stands still. Its `code` says why, and its `message` names the node, property or
variable. `GET /process/instances?incidentCode=…` finds the instances that have an open one.
[operating.md](operating.md) tells what an incident keeps, how to set a variable or change an answer, and
how to retry.

- **Retry alone**: *can help* where something outside decides, such as another system or a worker. *Cannot
  help* where the same variables, secrets and settings give the same incident again: do what the row says,
  then retry.
- **Start anew**: a running instance stays on its version, so a corrected flow is for new instances. Publish
  it, cancel the instance, and start another.
- The error codes that a flow throws itself are its own words. One that nobody catches is the incident
  `UNCAUGHT_ERROR`; only `TASK_CANCELLED` cancels the instance instead."""

_HEAD = "| code | meaning | what to do | retry alone |\n|---|---|---|---|"


def incidents_text() -> str:
    """The whole page, by the alphabet."""
    return "\n\n".join([_TITLE, "\n".join([_HEAD, *map(_row, sorted(IncidentCode))])]) + "\n"


def _row(code: IncidentCode) -> str:
    retry = "can help" if code.retry_can_help else "cannot help"
    return f"| `{code}` | {code.meaning} | {code.remedy} | {retry} |"
