"""The whole language: scopes, jobs, calls, signals, starts by events, BPMN files"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import models.types

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_TEXT = sqlmodel.sql.sqltypes.AutoString
_TIME = models.types.UtcDateTime


def upgrade() -> None:
    op.create_table(
        "scopes",
        sa.Column("id", _TEXT(), nullable=False),
        sa.Column("instance_id", _TEXT(), nullable=False),
        sa.Column("parent_id", _TEXT(), nullable=False),
        sa.Column("node_id", _TEXT(), nullable=False),
        sa.Column("host_id", _TEXT(), nullable=True),
        sa.Column("kind", _TEXT(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind IN ('sub-process', 'body', 'compensation', 'done')", name="kind"),
        sa.ForeignKeyConstraint(["instance_id"], ["instances.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_scopes_instance", "scopes", ["instance_id"])
    op.create_table(
        "jobs",
        sa.Column("id", _TEXT(), nullable=False),
        sa.Column("organization_id", _TEXT(), nullable=False),
        sa.Column("environment", _TEXT(), nullable=False),
        sa.Column("instance_id", _TEXT(), nullable=False),
        sa.Column("token_id", _TEXT(), nullable=False),
        sa.Column("node_id", _TEXT(), nullable=False),
        sa.Column("topic", _TEXT(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("worker", _TEXT(), nullable=True),
        sa.Column("available_at", _TIME(timezone=True), nullable=False),
        sa.Column("created_at", _TIME(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["instance_id"], ["instances.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_jobs_topic", "jobs", ["organization_id", "environment", "topic", "available_at"])
    op.create_index("ix_jobs_instance", "jobs", ["instance_id"])
    op.create_table(
        "flow_starts",
        sa.Column("id", _TEXT(), nullable=False),
        sa.Column("organization_id", _TEXT(), nullable=False),
        sa.Column("flow_id", _TEXT(), nullable=False),
        sa.Column("environment", _TEXT(), nullable=False),
        sa.Column("version_id", _TEXT(), nullable=False),
        sa.Column("version_number", sa.Integer(), nullable=False),
        sa.Column("node_id", _TEXT(), nullable=False),
        sa.Column("kind", _TEXT(), nullable=False),
        sa.Column("name", _TEXT(), nullable=True),
        sa.Column("due_at", _TIME(timezone=True), nullable=True),
        sa.Column("cycle", _TEXT(), nullable=True),
        sa.Column("remaining", sa.Integer(), nullable=True),
        sa.Column("claimed_at", _TIME(timezone=True), nullable=True),
        sa.Column("created_at", _TIME(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('message', 'signal', 'timer')", name="kind"),
        sa.ForeignKeyConstraint(["flow_id"], ["flows.id"]),
        sa.ForeignKeyConstraint(["version_id"], ["flow_versions.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_flow_starts_name", "flow_starts", ["organization_id", "environment", "kind", "name"])
    op.create_index("ix_flow_starts_flow", "flow_starts", ["flow_id", "environment"])
    op.create_index("ix_flow_starts_due", "flow_starts", ["due_at"])

    op.add_column("instances", sa.Column("caller_id", _TEXT(), nullable=True))
    op.add_column("instances", sa.Column("caller_token_id", _TEXT(), nullable=True))
    op.add_column("instances", sa.Column("caught", sa.JSON(), nullable=True))
    op.add_column("instances", sa.Column("depth", sa.Integer(), server_default="0", nullable=False))
    op.create_index(
        "ix_instances_caller",
        "instances",
        ["caller_id"],
        postgresql_where=sa.text("caller_id IS NOT NULL"),
        sqlite_where=sa.text("caller_id IS NOT NULL"),
    )
    op.add_column("flows", sa.Column("bpmn_id", _TEXT(), nullable=True))
    op.add_column("flows", sa.Column("draft_xml", _TEXT(), nullable=True))
    op.create_index("ix_flows_bpmn", "flows", ["organization_id", "bpmn_id"])
    op.add_column("flow_versions", sa.Column("xml", _TEXT(), nullable=True))
    op.add_column("flow_versions", sa.Column("calls", sa.JSON(), nullable=True))

    with op.batch_alter_table("subscriptions") as table:
        table.alter_column("token_id", new_column_name="holder_id")
        table.add_column(sa.Column("kind", _TEXT(), server_default="message", nullable=False))
        table.create_check_constraint("kind", "kind IN ('message', 'signal')")
    with op.batch_alter_table("timers") as table:
        table.alter_column("token_id", new_column_name="holder_id")
        table.add_column(sa.Column("cycle", _TEXT(), nullable=True))
        table.add_column(sa.Column("remaining", sa.Integer(), nullable=True))
        table.add_column(sa.Column("data", sa.JSON(), nullable=True))
        table.add_column(sa.Column("subscription_id", _TEXT(), nullable=True))
    with op.batch_alter_table("messages") as table:
        if op.get_bind().dialect.name != "sqlite":  # there the table is made anew, without its old checks
            table.drop_constraint("state", type_="check")
        table.add_column(sa.Column("kind", _TEXT(), server_default="message", nullable=False))
        table.add_column(sa.Column("origin_id", _TEXT(), nullable=True))
        table.create_check_constraint("state", "state IN ('SENT', 'KEPT', 'DELIVERED')")
        table.create_check_constraint("kind", "kind IN ('message', 'signal')")
    op.create_index(
        "ix_messages_sent",
        "messages",
        ["created_at"],
        postgresql_where=sa.text("state = 'SENT'"),
        sqlite_where=sa.text("state = 'SENT'"),
    )
