"""The command line: `procession …`, and the same commands as `flask --app wsgi …`."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from app.administration.keys import create_key, revoke_key
from app.administration.organizations import create_organization, list_organizations, set_time_zone
from app.administration.secrets import set_secret
from app.administration.users import create_user
from app.commands import command
from app.commands.flows import flows
from app.commands.local import DEFAULT_FOLDER, chosen_settings
from models.db import Database
from models.flow import ENVIRONMENTS
from models.migrate import upgrade
from models.permission import PERMISSIONS
from models.secret import Vault


@click.group(cls=command.Errors, context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Runs business processes for applications."""


@cli.command()
@click.option(
    "--port", envvar="PORT", type=click.IntRange(1, 65535), default=8000, help="Where HTTP is served (PORT)."
)
@click.option(
    "--data", envvar="DATA_DIR", default=DEFAULT_FOLDER, show_default=True, help="Data folder (DATA_DIR)."
)
def dev(port: int, data: str) -> None:
    """Run everything in one process, with examples to try."""
    from app.commands.dev import run_dev

    run_dev(data, port)


@cli.command()
@click.option("--processes", envvar="WORKER_PROCESSES", default=2, show_default=True)
@click.option(
    "--threads", envvar="WORKER_THREADS", default=8, show_default=True, help="Nodes at once in each."
)
@click.option(
    "--queues", envvar="WORKER_QUEUES", default="", help="Only these, separated by commas (default: all)."
)
def worker(processes: int, threads: int, queues: str) -> None:
    """Run worker processes on PostgreSQL and Redis; one that dies is started again."""
    from models.logging import configure_logging
    from models.settings import load_settings
    from workers.supervisor import supervise

    settings = load_settings()
    if settings.embedded:
        raise click.ClickException("workers need a REDIS_URL; without Redis run `procession dev`")
    configure_logging(settings)
    sys.exit(supervise(processes, ["--threads", str(threads), "--queues", queues]))


@cli.group()
def db() -> None:
    """The database."""


@db.command("upgrade")
@command.as_json
def db_upgrade(json_: bool) -> None:
    """Bring the database to the newest schema."""
    upgrade(Database(chosen_settings()))
    command.say(json_, {"upgraded": True}, "The database is up to date.")


@cli.group()
def orgs() -> None:
    """Organizations."""


@orgs.command("create")
@click.argument("name")
@command.as_json
def orgs_create(name: str, json_: bool) -> None:
    """Create an organization."""
    organization = create_organization(command.open_database(), name)
    command.say(
        json_,
        {"organizationId": organization.id, "name": organization.name},
        f"Organization {organization.name}: {organization.id}",
    )


@orgs.command("list")
@command.as_json
def orgs_list(json_: bool) -> None:
    """List the organizations, the oldest first."""
    found = list_organizations(command.open_database())
    items = [{"organizationId": each.id, "name": each.name, "timeZone": each.time_zone} for each in found]
    command.say(
        json_, {"items": items}, "\n".join(f"{each.id}  {each.time_zone}  {each.name}" for each in found)
    )


@orgs.command("set-time-zone")
@click.argument("organization_id", metavar="ORG")
@click.argument("zone")
@command.as_json
def orgs_set_time_zone(organization_id: str, zone: str, json_: bool) -> None:
    """Set the zone, such as Europe/Berlin, of times that name none. What is published keeps its own."""
    set_time_zone(command.open_database(), organization_id=organization_id, time_zone=zone)
    facts = {"organizationId": organization_id, "timeZone": zone}
    command.say(json_, facts, f"What {organization_id} publishes from now on is in {zone}.")


@cli.group()
def keys() -> None:
    """API keys."""


@keys.command("create")
@click.option("--org", "organization_id", metavar="ID", help="The organization that the key belongs to.")
@click.option("--system", is_flag=True, help="A system-level key instead.")
@click.option(
    "--permission",
    "permissions",
    multiple=True,
    required=True,
    type=click.Choice(PERMISSIONS),
    help="Repeat it.",
)
@click.option("--name", default="created by command", show_default=True)
@click.option("--environment", type=click.Choice(ENVIRONMENTS), help="Bind the key to one environment.")
@click.option("--expires", type=click.DateTime(), help="When the key ends, in UTC.")
@command.as_json
def keys_create(
    organization_id: str | None,
    system: bool,
    permissions: tuple[str, ...],
    name: str,
    environment: str | None,
    expires: datetime | None,
    json_: bool,
) -> None:
    """Create a key; its secret is shown once."""
    if system == (organization_id is not None):
        raise click.UsageError("give either --org ID or --system")
    key, text = create_key(
        command.open_database(),
        name=name,
        permissions=permissions,
        organization_id=organization_id,
        environment=environment,
        expires_at=expires.replace(tzinfo=UTC) if expires else None,
    )
    command.say(
        json_,
        {"keyId": key.id, "key": text, "organizationId": organization_id, "permissions": key.permissions},
        f"Key {key.id}. It is shown once:\n{text}",
    )


@keys.command("revoke")
@click.argument("key_id")
@command.as_json
def keys_revoke(key_id: str, json_: bool) -> None:
    """Revoke a key; its next request fails."""
    revoke_key(command.open_database(), key_id)
    command.say(json_, {"keyId": key_id, "state": "REVOKED"}, f"Key {key_id} is revoked.")


@cli.group()
def secrets() -> None:
    """Secrets of flows."""


@secrets.command("set")
@click.argument("name")
@click.option("--org", "organization_id", metavar="ID", required=True)
@click.option("--value", help="Default: asked for, or read from a pipe, so that it is in no shell history.")
@command.as_json
def secrets_set(name: str, organization_id: str, value: str | None, json_: bool) -> None:
    """Set the secret that flows use as {secrets.NAME}."""
    if value is None:
        value = (
            click.prompt("Value", hide_input=True) if sys.stdin.isatty() else sys.stdin.read().rstrip("\n")
        )
    database = command.open_database()
    vault = Vault(database.settings.encryption_keys)
    set_secret(database, vault, organization_id=organization_id, name=name, value=value)
    command.say(json_, {"name": name, "organizationId": organization_id}, f"Secret {name} is set.")


@cli.group()
def users() -> None:
    """Users."""


@users.command("create")
@click.argument("email")
@click.option("--org", "organization_id", metavar="ID")
@click.option("--permission", "permissions", multiple=True, type=click.Choice(PERMISSIONS), help="Repeat it.")
@click.option("--password", help="Default: asked for, or read from a pipe.")
@command.as_json
def users_create(
    email: str, organization_id: str | None, permissions: tuple[str, ...], password: str | None, json_: bool
) -> None:
    """Create a user who signs in with e-mail and password."""
    if password is None:
        password = (
            click.prompt("Password", hide_input=True, confirmation_prompt=True)
            if sys.stdin.isatty()
            else sys.stdin.read().rstrip("\n")
        )
    user = create_user(
        command.open_database(),
        email=email,
        password=password,
        permissions=permissions,
        organization_id=organization_id,
    )
    command.say(
        json_,
        {"userId": user.id, "email": user.email, "organizationId": organization_id},
        f"User {user.email}: {user.id}",
    )


cli.add_command(flows)


def main() -> None:
    """The console script; like `flask` and `gunicorn` it finds modules of the folder it is called in."""
    sys.path.insert(0, str(Path.cwd()))
    cli(prog_name="procession")
