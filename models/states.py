"""The states that rows go through, in words that code without a database may use too."""

#: Of an instance.
RUNNING, COMPLETED, CANCELLED = "RUNNING", "COMPLETED", "CANCELLED"

#: What a reader sees of an instance that is RUNNING, where its tokens say so.
WAITING, INCIDENT = "WAITING", "INCIDENT"

#: Of a token.
READY, ACTIVE, PARKED, STUCK = "ready", "running", "waiting", "incident"
