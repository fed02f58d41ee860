"""What a lost race raises."""


class Stale(Exception):
    """Somebody else changed a row between the load and the commit; nothing was changed."""
