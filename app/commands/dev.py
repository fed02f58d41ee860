"""`procession dev`: the whole of Procession in one process, with examples to try."""

import fcntl
import json
import secrets
import signal
import threading
from pathlib import Path
from types import FrameType
from typing import Any, TextIO

import click
import structlog
from sqlmodel import select
from werkzeug.serving import WSGIRequestHandler, make_server

from app import create_app
from app.administration.keys import create_key
from app.administration.organizations import create_organization
from app.administration.secrets import set_secret
from app.administration.users import create_user
from app.authoring.compiler import Compiler
from app.authoring.drafts import create_flow, save_draft
from app.authoring.publishing import publish
from app.authoring.sources import Source
from app.commands.local import DataFolder
from app.commands.stub import StubServer
from app.services import make_services
from models.db import Database
from models.logging import configure_logging
from models.migrate import upgrade
from models.organization import Organization
from models.permission import ORGANIZATION_PERMISSIONS, PERMISSIONS, SYSTEM_ADMIN
from models.secret import Vault
from models.settings import Settings
from workers.runtime import WorkerRuntime
from workers.tasks import load_task_modules, registered_tasks

log = structlog.get_logger("dev")

EXAMPLES = Path(__file__).parents[2] / "examples"

#: The outside systems of the complaint example; their hosts are the stub's here.
_STUBBED = ("https://nlp.example", "https://crm.example")

THREADS = 8


def run_dev(data: str, port: int) -> None:
    """Runs until SIGTERM or Ctrl-C. Started again on the same folder it goes on where it was."""
    folder = DataFolder(Path(data))
    lock = _lock(folder)
    stub = _start_stub(folder)
    settings = folder.settings(f"127.0.0.1:{stub.port}")
    configure_logging(settings)
    load_task_modules(settings.task_modules)

    database = Database(settings)
    upgrade(database)
    url = f"http://127.0.0.1:{port}"
    facts = {"url": url, **_bootstrap(folder, settings, database, stub.port)}

    runtime = WorkerRuntime(settings, threads=THREADS, database=database)
    services = make_services(settings, database=database, engine=runtime.engine)
    try:
        server = make_server(
            "127.0.0.1", port, create_app(services), threaded=True, request_handler=_QuietHandler
        )
    except (OSError, SystemExit):
        raise click.ClickException(f"port {port} is taken; choose another: PORT=8001 make run") from None
    runtime.start()
    folder.write_private("dev.json", facts)
    click.echo(_welcome(facts, folder))

    def stop(_number: int, _frame: FrameType | None) -> None:
        # `shutdown` waits for the serving loop, which this very thread runs.
        threading.Thread(target=server.shutdown, name="stop").start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    server.serve_forever()
    server.server_close()
    runtime.stop()
    stub.stop()
    database.close()
    lock.close()


class _QuietHandler(WSGIRequestHandler):
    """Keeps connections open; the app writes the log line of each request itself."""

    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Nothing: see `app.http.request_log`."""


def _lock(folder: DataFolder) -> TextIO:
    """Locks the data folder: two processes with a FakeRedis each would take each other's leases back."""
    file = (folder.path / "lock").open("w")  # held until the process ends
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise click.ClickException(
            f"another `procession dev` runs on the data folder {folder.path}"
        ) from None
    return file


def _start_stub(folder: DataFolder) -> StubServer:
    """Starts the stub on the port it had before, so that running instances still find it."""
    kept = folder.read("stub.json").get("port", 0)
    try:
        stub = StubServer(kept)
    except OSError:
        stub = StubServer(0)
    folder.write_private("stub.json", {"port": stub.port})
    stub.start()
    return stub


def _bootstrap(folder: DataFolder, settings: Settings, database: Database, stub_port: int) -> dict[str, Any]:
    """Makes an organization, keys, a user and the examples, once.

    The examples are published again when the stub has another port.
    """
    facts = folder.read("bootstrap.json")
    if "orgKey" not in facts:
        facts = _create_accounts(settings, database)
        folder.write_private("bootstrap.json", facts)
    if facts.get("stubPort") != stub_port or len(facts.get("flows", {})) < len(list(EXAMPLES.glob("*.json"))):
        facts["flows"] = _publish_examples(settings, database, facts, stub_port)
        facts["stubPort"] = stub_port
        folder.write_private("bootstrap.json", facts)
    return {name: facts[name] for name in ("orgKey", "systemKey", "admin", "flows")}


def _create_accounts(settings: Settings, database: Database) -> dict[str, Any]:
    # A process that was killed during its first start may have left an organization whose keys were lost.
    with database.reading() as session:
        attempt = len(session.exec(select(Organization)).all()) + 1
    suffix = "" if attempt == 1 else str(attempt)
    organization = create_organization(database, f"Example{suffix}")
    _, org_key = create_key(
        database, name="dev", permissions=ORGANIZATION_PERMISSIONS, organization_id=organization.id
    )
    _, system_key = create_key(database, name="dev system", permissions=PERMISSIONS)
    admin = {"email": f"admin{suffix}@example.com", "password": secrets.token_urlsafe(12)}
    create_user(
        database,
        **admin,
        permissions=(*ORGANIZATION_PERMISSIONS, SYSTEM_ADMIN),
        organization_id=organization.id,
    )
    set_secret(
        database,
        Vault(settings.encryption_keys),
        organization_id=organization.id,
        name="CRM",
        value=secrets.token_urlsafe(16),
    )
    return {"organizationId": organization.id, "orgKey": org_key, "systemKey": system_key, "admin": admin}


def _publish_examples(
    settings: Settings, database: Database, facts: dict[str, Any], stub_port: int
) -> dict[str, str]:
    flows: dict[str, str] = dict(facts.get("flows", {}))
    compiler = Compiler(settings.queues, registered_tasks())
    for file in (EXAMPLES / f"{name}.json" for name in ("complaint", "order", "reminder")):
        text = file.read_text()
        for host in _STUBBED:
            text = text.replace(host, f"http://127.0.0.1:{stub_port}")
        definition = json.loads(text)
        name = definition["name"]
        if name not in flows:
            flow = create_flow(database, organization_id=facts["organizationId"], name=name)
            flows[name] = flow.id
        save_draft(
            database,
            compiler,
            organization_id=facts["organizationId"],
            process_id=flows[name],
            source=Source(definition),
        )
        publish(database, compiler, organization_id=facts["organizationId"], process_id=flows[name])
    return flows


def _welcome(facts: dict[str, Any], folder: DataFolder) -> str:
    return f"""
Procession runs at {facts["url"]}  (API reference: {facts["url"]}/docs)
Data is kept in {folder.path}; keys, users and flow ids are in {folder.path / "dev.json"}.

Try the customer complaint: paste this into another terminal.

URL={facts["url"]}
KEY={facts["orgKey"]}
REF=complaint-$RANDOM

# 1. Start it. The answer comes at once and names the instance
STARTED=$(curl -s -X POST $URL/process/exec -H "X-API-Key: $KEY" -H 'Content-Type: application/json' -d '{{
  "processId": "{facts["flows"]["Customer complaint"]}", "correlationKey": "'$REF'",
  "data": {{"message": "I was charged twice", "amount": 149.99, "customer": {{"id": "C-17"}}}}}}')
echo "$STARTED"; INSTANCE=$(echo "$STARTED" | grep -o 'inst_[a-z0-9]*'); sleep 2

# 2. Look at it: it waits for a person at approval-step
curl -s $URL/process/instances/$INSTANCE -H "X-API-Key: $KEY" | python3 -m json.tool

# 3. Resume it: approve the refund
curl -s -X POST $URL/process/task -H "X-API-Key: $KEY" -H 'Content-Type: application/json' -d '{{
  "processInstanceId": "'$INSTANCE'", "nodeId": "approval-step", "action": "COMPLETE",
  "data": {{"decision": "approved", "notes": "Looks good, proceed"}}}}'
echo; sleep 2

# 4. Finish it: tell it that the refund is settled
curl -s -X POST $URL/process/message -H "X-API-Key: $KEY" -H 'Content-Type: application/json' -d '{{
  "name": "refund-settled", "correlationKey": "'$REF'", "data": {{"settledAt": "2026-02-21"}}}}'
echo; sleep 1

# 5. See every node that it went through
curl -s $URL/process/instances/$INSTANCE/history -H "X-API-Key: $KEY" | python3 -m json.tool

Ctrl-C stops it; started again it goes on where it was.
"""
