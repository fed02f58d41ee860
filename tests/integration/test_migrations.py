"""The migrations make exactly the tables that the code knows, and leave what is in them as it means."""

import json
from contextlib import closing
from datetime import timedelta

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import CheckConstraint, MetaData, inspect, text
from sqlmodel import SQLModel

from app.authoring import activation
from models.db import Database
from models.errors import Busy
from models.migrate import Patience, alembic_config, is_current, upgrade
from models.states import TokenState
from tests.flows import end, event, flow, timer
from tests.product import Product
from tests.stores import PAIRS, POSTGRESQL_AND_VALKEY, StoreFactory, Stores
from workers.engine.doorbell import TokenRef
from workers.engine.requests import MessageRequest, SignalRequest
from workers.semantics.follow_up import FireTimer


def test_a_migrated_database_has_the_tables_that_the_code_knows(stores: Stores) -> None:
    with closing(Database(stores.settings())) as database, database.engine.connect() as connection:
        assert is_current(database)
        assert compare_metadata(MigrationContext.configure(connection), SQLModel.metadata) == []


@pytest.mark.parametrize("pair", PAIRS)
def test_a_migrated_database_is_one_that_is_made_from_the_tables_anew(
    store_factory: StoreFactory, pair: str
) -> None:
    """To the conditions of its indexes, its checks and its defaults, which Alembic does not compare."""
    with store_factory.open(pair) as migrated, store_factory.open(pair, migrated=False) as made:
        assert schema_of(migrated) == schema_of(made, SQLModel.metadata)


@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize("part", ["condition of an index", "check", "default"])
def test_it_would_show_if_one_were_changed(store_factory: StoreFactory, pair: str, part: str) -> None:
    changed = MetaData()
    for table in SQLModel.metadata.sorted_tables:
        table.to_metadata(changed)
    match part:
        case "condition of an index":
            (index,) = (each for each in changed.tables["tokens"].indexes if each.name == "ix_tokens_moving")
            index.dialect_options["postgresql"]["where"] = text("state = 'ready'")
            index.dialect_options["sqlite"]["where"] = text("state = 'ready'")
        case "check":
            scopes = changed.tables["scopes"]
            (check,) = (each for each in scopes.constraints if isinstance(each, CheckConstraint))
            scopes.constraints.remove(check)
            scopes.append_constraint(CheckConstraint("kind <> ''", name="kind"))
        case "default":
            changed.tables["tasks"].columns["state"].server_default = None
    with store_factory.open(pair) as migrated, store_factory.open(pair, migrated=False) as made:
        assert len(schema_of(migrated) ^ schema_of(made, changed)) == 2


def schema_of(stores: Stores, tables: MetaData | None = None) -> set[tuple[object, ...]]:
    """All that a database knows of its tables, in its own words; they are made first, if any are given."""
    with closing(Database(stores.settings())) as database, database.engine.connect() as connection:
        if tables is not None:
            tables.create_all(connection)
            connection.commit()
        if not database.is_sqlite:
            return {tuple(row) for sql in _SCHEMA for row in connection.execute(text(sql))}
        names = connection.execute(text(_SQLITE_INDEXES)).all()
        found: set[tuple[object, ...]] = {(name, _plain(sql)) for name, sql in names}
        inspector = inspect(connection)
        for table in SQLModel.metadata.tables:
            checks = inspector.get_check_constraints(table)
            found |= {(table, each["name"], _plain(each["sqltext"])) for each in checks}
            columns = connection.execute(text(f"PRAGMA table_info({table})")).all()
            found |= {(table, *column[1:]) for column in columns}
        return found


def _plain(sql: str | None) -> str | None:
    return None if sql is None else " ".join(sql.replace('"', "").split())


_SQLITE_INDEXES = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name <> 'alembic_version'"

_SCHEMA = (
    "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename <> 'alembic_version'",
    """SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace AND contype <> 'n'
    AND conrelid::regclass::text <> 'alembic_version'""",
    """SELECT table_name, column_name, data_type, is_nullable, column_default FROM information_schema.columns
    WHERE table_schema = 'public' AND table_name <> 'alembic_version'""",
    """SELECT relname, reloptions::text FROM pg_class WHERE relnamespace = 'public'::regnamespace
    AND relkind = 'r' AND relname <> 'alembic_version'""",
)
"""What PostgreSQL says of its tables; whether a column may be null is said with the columns."""


#: What the release of revision 0002 writes when a flow with a monthly timer start is published in both
#: environments, in which it armed it.
_WRITTEN_BY_0002 = (
    "INSERT INTO organizations (id, name, created_at) VALUES ('org_old', 'Old', '2026-01-31 10:00:00+00:00')",
    """INSERT INTO flows (id, organization_id, name, last_version, created_at)
    VALUES ('f', 'org_old', 'Old', 1, '2026-01-31 10:00:00+00:00')""",
    """INSERT INTO flow_versions (id, flow_id, version_number, definition, created_at)
    VALUES ('ver_old', 'f', 1, :definition, '2026-01-31 10:00:00+00:00')""",
    *(
        statement.format(environment)
        for environment in ("DEVELOPMENT", "PRODUCTION")
        for statement in (
            """INSERT INTO flow_environments (flow_id, environment, version_id, version_number, changed_at)
            VALUES ('f', '{0}', 'ver_old', 1, '2026-01-31 10:00:00+00:00')""",
            """INSERT INTO flow_starts (id, organization_id, flow_id, environment, version_id, version_number,
            node_id, kind, due_at, cycle, created_at) VALUES ('{0}', 'org_old', 'f', '{0}', 'ver_old', 1,
            'begin', 'timer', '2026-02-28 10:00:00+00:00', 'R/P1M', '2026-01-31 10:00:00+00:00')""",
        )
    ),
)


@pytest.mark.parametrize("pair", PAIRS)
def test_what_an_earlier_release_armed_stays_armed_and_fires_on_after_the_upgrade(
    store_factory: StoreFactory, pair: str
) -> None:
    definition = flow(event("begin", "startEvent", "timer", cycle="R/P1M"), end(), flows=["begin->end"])
    with store_factory.open(pair, migrated=False) as stores:
        with closing(Database(stores.settings())) as database:
            with database.engine.connect() as connection:
                command.upgrade(alembic_config(connection), "0002")
                for statement in _WRITTEN_BY_0002:
                    values = {"definition": json.dumps(definition)} if ":definition" in statement else {}
                    connection.execute(text(statement), values)
                connection.commit()
            upgrade(database)
        with Product(stores) as product:
            product.engine.fire_start("DEVELOPMENT")
            product.engine.fire_start("DEVELOPMENT")  # another sweeper, which took it too
            with product.engine.store.autocommit() as reading:
                now = reading.now()
                fired, other = reading.rows("SELECT * FROM flow_starts ORDER BY environment")
                instances = reading.rows("SELECT environment FROM instances")
            assert instances == [{"environment": "DEVELOPMENT"}]
            assert (fired["anchor_at"], fired["due_at"].day) == (other["due_at"], 28)
            assert fired["due_at"] > now
            activation.activate(
                product.database,
                organization_id="org_old",
                process_id="f",
                environment="PRODUCTION",
                version_number="1",
            )
            with product.engine.store.autocommit() as reading:
                assert reading.rows("SELECT * FROM flow_starts ORDER BY environment") == [fired, other]
                (organization,) = reading.rows("SELECT time_zone FROM organizations WHERE id = 'org_old'")
            assert organization == {"time_zone": "UTC"}


def test_a_migration_that_waits_for_a_table_holds_nobody_up_and_is_whole_or_not_at_all(
    store_factory: StoreFactory,
) -> None:
    with (
        store_factory.open(POSTGRESQL_AND_VALKEY, migrated=False) as stores,
        closing(Database(stores.settings())) as database,
    ):
        with database.engine.connect() as connection:
            command.upgrade(alembic_config(connection), "0002")
            connection.commit()
        # The last of the tables that 0003 changes.
        with database.writing() as session:
            session.execute(text("LOCK TABLE flow_starts IN ROW EXCLUSIVE MODE"))
            with pytest.raises(Busy):
                upgrade(database, Patience(table_wait="50ms", tries=3, pause=0.0))
            with database.connection() as other:
                other.execute("SELECT 1 FROM organizations")
        assert not is_current(database)
        upgrade(database)
        assert is_current(database)
        with database.engine.connect() as connection:
            assert compare_metadata(MigrationContext.configure(connection), SQLModel.metadata) == []
            wait = connection.execute(text("SHOW lock_timeout")).scalar_one()
            assert wait == "5s"


def test_a_migration_waits_its_turn_for_a_table(
    store_factory: StoreFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        store_factory.open(POSTGRESQL_AND_VALKEY, migrated=False) as stores,
        closing(Database(stores.settings())) as database,
        database.engine.connect() as holder,
    ):
        with database.engine.connect() as connection:
            command.upgrade(alembic_config(connection), "0002")
            connection.commit()
        holder.execution_options(isolation_level="READ COMMITTED")
        holder.execute(text("LOCK TABLE flow_starts IN ROW EXCLUSIVE MODE"))
        # What it does between two tries is where the other lets go.
        monkeypatch.setattr("models.migrate.time.sleep", lambda _: holder.rollback())
        upgrade(database, Patience(table_wait="50ms"))
        assert is_current(database)


def test_statements_that_are_prepared_go_on_when_a_migration_adds_columns(
    store_factory: StoreFactory,
) -> None:
    """What this release runs while the next one migrates: what names no columns would fail once a session."""
    waits = [timer("wait", duration="PT1H"), end()]
    told = flow(
        event("begin", "startEvent", "message", messageRef="go"), *waits,
        flows=["begin->wait", "wait->end"], messages=[{"id": "go", "name": "go"}],
    )  # fmt: skip
    heard = flow(
        event("begin", "startEvent", "signal", signalRef="go"), end(),
        flows=["begin->end"], signals=[{"id": "go"}],
    )  # fmt: skip
    daily = flow(event("begin", "startEvent", "timer", cycle="@daily"), end(), flows=["begin->end"])
    with (
        store_factory.open(POSTGRESQL_AND_VALKEY) as stores,
        Product(stores, database_pool=1) as product,
        closing(Database(stores.settings())) as next_release,
    ):
        for each in (told, heard, daily):
            product.api.publish(each)
        for turn in range(6):
            if turn == 5:
                with next_release.writing() as session:
                    for table in SQLModel.metadata.tables:
                        session.execute(text(f"ALTER TABLE {table} ADD COLUMN of_the_next_release text"))
            _start_by_events(product)


def _start_by_events(product: Product) -> None:
    """Each kind of event starts an instance, and a timer fires: without HTTP, whose sessions forget."""
    engine, owner = product.engine, product.organization_id
    with engine.store.statements() as statements:
        statements.run("UPDATE flow_starts SET due_at = :now WHERE kind = 'timer'", now=statements.now())
        starts = statements.rows("SELECT id FROM flow_starts WHERE kind = 'timer'")
    for start in starts:
        engine.fire_start(start["id"])
    signalled = engine.publish_signal(SignalRequest(owner, "PRODUCTION", "go", {}))
    assert len(signalled.started) == 1
    told = engine.publish_message(MessageRequest(owner, "PRODUCTION", "go", None, {}, timedelta()))
    instance_id = told.process_instance_id or ""
    for expected in (TokenState.READY, TokenState.READY, TokenState.WAITING):
        with engine.store.autocommit() as reading:
            mine = "FROM tokens WHERE instance_id = :id"
            (token,) = reading.rows(f"SELECT id, epoch, state, version_id, node_id {mine}", id=instance_id)
        assert token["state"] == expected
        if expected == TokenState.READY:
            del token["state"]
            engine.execute(TokenRef(token.pop("id"), instance_id=instance_id, **token))
    with engine.store.autocommit() as reading:
        (row,) = reading.rows("SELECT id FROM timers WHERE instance_id = :id", id=instance_id)
    engine.do(FireTimer(row["id"]))
