"""Which form of its own whoever shows a task is to show"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # An addition only: the release before goes on beside this one, and leaves it empty.
    op.add_column("tasks", sa.Column("form_key", sqlmodel.sql.sqltypes.AutoString(), nullable=True))
