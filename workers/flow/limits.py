"""Bounds on values, whether a definition writes them out or a template makes them at run time."""

from datetime import timedelta

#: The longest that an HTTP call may take, from the lookup of the name to the end of the answer.
LONGEST_CALL = timedelta(minutes=5)

#: The longest time to live of a message that is kept.
LONGEST_TIME_TO_LIVE = timedelta(days=3660)

#: The system's own variables: a flow reads them and never writes them.
RESERVED_NAMES = frozenset({"correlationKey", "processInstanceId", "secrets"})
