"""Time zones, and where the grid of a cycle begins"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import models.types

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_TEXT = sqlmodel.sql.sqltypes.AutoString
_TIME = models.types.UtcDateTime


def upgrade() -> None:
    # Additions only: the release before goes on beside this one, and leaves them as they are by default.
    op.add_column("organizations", sa.Column("time_zone", _TEXT(), server_default="UTC", nullable=False))
    op.add_column("flow_versions", sa.Column("time_zone", _TEXT(), nullable=True))
    for table in ("timers", "flow_starts"):
        op.add_column(table, sa.Column("anchor_at", _TIME(timezone=True), nullable=True))
