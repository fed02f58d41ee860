"""Organizations: the tenants. Everything but a system key belongs to one."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from models.types import UtcDateTime, new_id


class Organization(SQLModel, table=True):
    __tablename__ = "organizations"

    id: str = Field(default_factory=lambda: new_id("org_"), primary_key=True)
    name: str
    time_zone: str = Field(default="UTC", sa_column_kwargs={"server_default": "UTC"})
    created_at: datetime = Field(sa_type=UtcDateTime)
