"""Which row of the history is a loop, and which one run of its body"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0005"
down_revision = "0003"
branch_labels = None
depends_on = None

_TEXT = sqlmodel.sql.sqltypes.AutoString


def upgrade() -> None:
    # Additions only: the release before goes on beside this one, and leaves them empty.
    op.add_column("history", sa.Column("scope_id", _TEXT(), nullable=True))
    op.add_column("history", sa.Column("loop", _TEXT(), nullable=True))
    op.add_column("history", sa.Column("loop_counter", sa.Integer(), nullable=True))


def downgrade() -> None:
    for name in ("loop_counter", "loop", "scope_id"):
        op.drop_column("history", name)
