"""What holds alike for what a definition writes out and for what a template makes of it when it runs."""

from datetime import timedelta

#: The longest that a request may take, with everything that it waits for.
LONGEST_CALL = timedelta(minutes=5)

#: The longest that a message may be kept while nobody waits for it.
LONGEST_TIME_TO_LIVE = timedelta(days=3660)

#: The system's own variables: a flow reads them and never writes them.
RESERVED_NAMES = frozenset({"correlationKey", "processInstanceId", "secrets"})
