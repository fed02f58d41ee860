"""Scopes: what runs, or was completed, inside an activity of an instance, with variables of its own."""

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field, SQLModel

from models.types import new_id


class Scope(SQLModel, table=True):
    """One run of a sub-process, of a body of a loop, or of a compensation handler.

    It is open as long as tokens have its id as their `scope_id`; its host, a token of the scope around it,
    waits at `node_id` meanwhile. A `done` one is an activity that was completed and can be compensated. The
    instance itself is the outermost scope and has no row.
    """

    __tablename__ = "scopes"
    __table_args__ = (
        CheckConstraint("kind IN ('sub-process', 'body', 'compensation', 'done')", name="kind"),
        Index("ix_scopes_instance", "instance_id"),
    )

    id: str = Field(default_factory=lambda: new_id("scope_"), primary_key=True)
    instance_id: str = Field(foreign_key="instances.id")
    parent_id: str  # the scope around it; the instance's id for the outermost
    node_id: str
    host_id: str | None = None  # the token that waits for its end; None for `done`
    kind: str
    number: int = 0  # of a body its place in the collection, of a `done` one the order of completion
