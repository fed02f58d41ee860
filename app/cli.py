"""The command line: `procession …`, and the same commands as `flask --app wsgi …`."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from app import administration, authoring, imports, publishing
from app.checking import check_active
from app.local import DEFAULT_FOLDER, chosen_settings
from models.db import Database
from models.errors import ProcessionError
from models.flow import ENVIRONMENTS
from models.migrate import is_current, upgrade
from models.permission import PERMISSIONS
from models.secret import Vault
from workers.flow.bpmn.options import CHOICES
from workers.tasks import load_task_modules, registered_tasks

as_json = click.option("--json", "json_", is_flag=True, help="Print one JSON object.")


class Errors(click.Group):
    """What went wrong is a line for people, not a traceback."""

    group_class = type  # groups within it are of its kind

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ProcessionError as error:
            lines = [f"{item['field']}: {item['message']}" for item in error.extra.get("errors", [])]  # type: ignore[attr-defined]
            lines += [_problem_line(each) for each in error.extra.get("problems", [])]  # type: ignore[attr-defined]
            raise click.ClickException("\n  ".join([error.detail, *lines])) from error


@click.group(cls=Errors, context_settings={"help_option_names": ["-h", "--help"]})
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
    from app.dev import run_dev

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
@as_json
def db_upgrade(json_: bool) -> None:
    """Bring the database to the newest schema."""
    upgrade(Database(chosen_settings()))
    _say(json_, {"upgraded": True}, "The database is up to date.")


@cli.group()
def orgs() -> None:
    """Organizations."""


@orgs.command("create")
@click.argument("name")
@as_json
def orgs_create(name: str, json_: bool) -> None:
    """Create an organization."""
    organization = administration.create_organization(_database(), name)
    _say(
        json_,
        {"organizationId": organization.id, "name": organization.name},
        f"Organization {organization.name}: {organization.id}",
    )


@orgs.command("list")
@as_json
def orgs_list(json_: bool) -> None:
    """List the organizations, the oldest first."""
    found = administration.list_organizations(_database())
    items = [{"organizationId": each.id, "name": each.name, "timeZone": each.time_zone} for each in found]
    _say(json_, {"items": items}, "\n".join(f"{each.id}  {each.time_zone}  {each.name}" for each in found))


@orgs.command("set-time-zone")
@click.argument("organization_id", metavar="ORG")
@click.argument("zone")
@as_json
def orgs_set_time_zone(organization_id: str, zone: str, json_: bool) -> None:
    """Set the zone, such as Europe/Berlin, of times that name none. What is published keeps its own."""
    administration.set_time_zone(_database(), organization_id=organization_id, time_zone=zone)
    facts = {"organizationId": organization_id, "timeZone": zone}
    _say(json_, facts, f"What {organization_id} publishes from now on is in {zone}.")


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
@as_json
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
    key, text = administration.create_key(
        _database(),
        name=name,
        permissions=permissions,
        organization_id=organization_id,
        environment=environment,
        expires_at=expires.replace(tzinfo=UTC) if expires else None,
    )
    _say(
        json_,
        {"keyId": key.id, "key": text, "organizationId": organization_id, "permissions": key.permissions},
        f"Key {key.id}. It is shown once:\n{text}",
    )


@keys.command("revoke")
@click.argument("key_id")
@as_json
def keys_revoke(key_id: str, json_: bool) -> None:
    """Revoke a key; its next request fails."""
    administration.revoke_key(_database(), key_id)
    _say(json_, {"keyId": key_id, "state": "REVOKED"}, f"Key {key_id} is revoked.")


@cli.group()
def secrets() -> None:
    """Secrets of flows."""


@secrets.command("set")
@click.argument("name")
@click.option("--org", "organization_id", metavar="ID", required=True)
@click.option("--value", help="Default: asked for, or read from a pipe, so that it is in no shell history.")
@as_json
def secrets_set(name: str, organization_id: str, value: str | None, json_: bool) -> None:
    """Set the secret that flows use as {secrets.NAME}."""
    if value is None:
        value = (
            click.prompt("Value", hide_input=True) if sys.stdin.isatty() else sys.stdin.read().rstrip("\n")
        )
    database = _database()
    vault = Vault(database.settings.encryption_keys)
    administration.set_secret(database, vault, organization_id=organization_id, name=name, value=value)
    _say(json_, {"name": name, "organizationId": organization_id}, f"Secret {name} is set.")


@cli.group()
def users() -> None:
    """Users."""


@users.command("create")
@click.argument("email")
@click.option("--org", "organization_id", metavar="ID")
@click.option("--permission", "permissions", multiple=True, type=click.Choice(PERMISSIONS), help="Repeat it.")
@click.option("--password", help="Default: asked for, or read from a pipe.")
@as_json
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
    user = administration.create_user(
        _database(), email=email, password=password, permissions=permissions, organization_id=organization_id
    )
    _say(
        json_,
        {"userId": user.id, "email": user.email, "organizationId": organization_id},
        f"User {user.email}: {user.id}",
    )


@cli.group()
def flows() -> None:
    """Flows."""


@flows.command("publish")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--org", "organization_id", metavar="ID", required=True)
@click.option("--process-id", metavar="ID", help="A new version of this flow (default: a new flow).")
@click.option(
    "--environment",
    "environments",
    multiple=True,
    type=click.Choice(ENVIRONMENTS),
    help="Default: both, with timers that start the flow in PRODUCTION only.",
)
@as_json
def flows_publish(
    file: Path, organization_id: str, process_id: str | None, environments: tuple[str, ...], json_: bool
) -> None:
    """Publish the flow in FILE: JSON, or BPMN 2.0 XML (a flow for each of its executable processes)."""
    database = _database()
    load_task_modules(database.settings.task_modules)
    published = publishing.publish_document(
        database,
        authoring.Compiler(database.settings.queues, registered_tasks()),
        organization_id=organization_id,
        content=file.read_bytes(),
        default_name=file.stem,
        process_id=process_id,
        environments=environments or None,
    )
    chosen = list(environments or ENVIRONMENTS)
    for each in published:
        warnings = [authoring.problem_json(warning) for warning in each.warnings]
        facts = {
            "processId": each.process_id,
            "versionNumber": each.version_number,
            "environments": chosen,
            "problems": warnings,
        }
        said = f"Flow {each.process_id}: version {each.version_number} is published."
        _say(json_, facts, "\n  ".join([said, *(f"warning: {_problem_line(one)}" for one in warnings)]))


@flows.command("check")
@click.option("--org", "organization_id", metavar="ID", help="Only flows of this organization.")
@as_json
def flows_check(organization_id: str | None, json_: bool) -> None:
    """Look for active versions that would be refused today, and for timers that start in both environments.

    Exits with 1 where something is found. What was published goes on either way.
    """
    database = _database()
    load_task_modules(database.settings.task_modules)
    compiler = authoring.Compiler(database.settings.queues, registered_tasks())
    items = [
        {
            "code": found.code,
            "organizationId": found.active.flow.organization_id,
            "processId": found.active.flow.id,
            "name": found.active.flow.name,
            "versionNumber": str(found.active.version.version_number),
            "environments": list(found.active.environments),
            "problems": [authoring.problem_json(problem) for problem in found.problems],
        }
        for found in check_active(database, compiler, organization_id)
    ]
    _say(json_, {"items": items}, "\n".join(_finding(item) for item in items) or "Nothing was found.")
    if items:
        sys.exit(1)


def _finding(item: dict[str, Any]) -> str:
    version = f"version {item['versionNumber']} in {' and '.join(item['environments'])}"
    head = f"Flow {item['processId']} ({item['name']}), {version}: {item['code']}"
    return "\n  ".join([head, *(_problem_line(problem) for problem in item["problems"])])


@flows.command("import")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--org", "organization_id", metavar="ID", required=True)
@click.option(
    "--service-tasks",
    type=click.Choice(CHOICES["serviceTasks"]),
    help="Tasks that run a class, a bean or nothing that is named: as external tasks, for workers to do.",
)
@click.option(
    "--scripts", type=click.Choice(CHOICES["scripts"]), help="Scripts in Groovy, JavaScript and so on."
)
@click.option("--listeners", type=click.Choice(CHOICES["listeners"]), help="Execution and task listeners.")
@click.option(
    "--environment",
    "environments",
    multiple=True,
    type=click.Choice(ENVIRONMENTS),
    help="Default: both, with timers that start the flow in PRODUCTION only.",
)
@click.option("--drafts", is_flag=True, help="Keep what is refused as drafts, to be mended.")
@click.option("--dry-run", is_flag=True, help="Write nothing.")
@as_json
def flows_import(
    folder: Path,
    organization_id: str,
    environments: tuple[str, ...],
    drafts: bool,
    dry_run: bool,
    json_: bool,
    **told: str | None,
) -> None:
    """Publish the BPMN files in FOLDER, as far as they can be.

    All that can be is published together; a file that is refused is left out, with the reason. Exits with 1
    if one is refused. How files are read is kept with them, and so they are read alike when they are
    published again.
    """
    database = _database()
    load_task_modules(database.settings.task_modules)
    compiler = authoring.Compiler(database.settings.queues, registered_tasks())
    names = {"service_tasks": "serviceTasks"}
    options = {names.get(name, name): choice for name, choice in told.items() if choice is not None}
    with database.reading() as session:
        time_zone = publishing.time_zone_of(session, organization_id)
    files = imports.read_folder(
        folder, compiler, options, time_zone, progress=lambda path: click.echo(path, err=True)
    )
    if not files:
        raise click.ClickException(f"there is no BPMN file in {folder}")
    imports.publish_files(
        database,
        files,
        organization_id=organization_id,
        environments=environments or None,
        time_zone=time_zone,
        dry_run=dry_run,
    )
    if drafts and not dry_run:
        imports.save_drafts(database, files, organization_id=organization_id)
    content = {
        "dryRun": dry_run,
        "files": [file.json(dry_run=dry_run) for file in files],
        "causes": imports.causes(files),
    }
    _say(json_, content, imports.report(files))
    sys.exit(any(file.outcome == "refused" for file in files))


def _database() -> Database:
    database = Database(chosen_settings())
    if not is_current(database):
        raise click.ClickException(
            "the database does not have the newest schema; run `procession db upgrade`"
        )
    return database


def _problem_line(problem: dict[str, Any]) -> str:
    return f"{problem['nodeId'] or 'flow'}: {problem['message']} ({problem['code']})"


def _say(json_: bool, content: dict[str, Any], text: str) -> None:
    click.echo(json.dumps(content) if json_ else text)


def main() -> None:
    """The console script; like `flask` and `gunicorn` it finds modules of the folder it is called in."""
    sys.path.insert(0, str(Path.cwd()))
    cli(prog_name="procession")
