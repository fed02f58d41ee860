"""`procession flows …`: publish a file or a folder of them, and look at what is active."""

import sys
from pathlib import Path
from typing import Any

import click

from app.administration.organizations import time_zone_of
from app.authoring import imports, publishing
from app.authoring.checking import check_active
from app.authoring.compiler import problem_json
from app.commands import command
from models.flow import ENVIRONMENTS
from workers.flow.bpmn.options import CHOICES

_environments = click.option(
    "--environment",
    "environments",
    multiple=True,
    type=click.Choice(ENVIRONMENTS),
    help="Default: both, with timers that start the flow in PRODUCTION only.",
)


@click.group(cls=command.Errors)
def flows() -> None:
    """Flows."""


@flows.command("publish")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--org", "organization_id", metavar="ID", required=True)
@click.option("--process-id", metavar="ID", help="A new version of this flow (default: a new flow).")
@_environments
@command.as_json
def flows_publish(
    file: Path, organization_id: str, process_id: str | None, environments: tuple[str, ...], json_: bool
) -> None:
    """Publish the flow in FILE: JSON, or BPMN 2.0 XML (a flow for each of its executable processes)."""
    database = command.open_database()
    published = publishing.publish_document(
        database,
        command.compiler(database),
        organization_id=organization_id,
        content=file.read_bytes(),
        default_name=file.stem,
        process_id=process_id,
        environments=environments or None,
    )
    chosen = list(environments or ENVIRONMENTS)
    for each in published:
        warnings = [problem_json(warning) for warning in each.warnings]
        facts = {
            "processId": each.process_id,
            "versionNumber": each.version_number,
            "environments": chosen,
            "problems": warnings,
        }
        said = f"Flow {each.process_id}: version {each.version_number} is published."
        command.say(
            json_, facts, "\n  ".join([said, *(f"warning: {command.problem_line(one)}" for one in warnings)])
        )


@flows.command("check")
@click.option("--org", "organization_id", metavar="ID", help="Only flows of this organization.")
@command.as_json
def flows_check(organization_id: str | None, json_: bool) -> None:
    """Look for active versions that would be refused today, and for timers that start in both environments.

    Exits with 1 where something is found. What was published goes on either way.
    """
    database = command.open_database()
    compiler = command.compiler(database)
    items = [
        {
            "code": found.code,
            "organizationId": found.active.flow.organization_id,
            "processId": found.active.flow.id,
            "name": found.active.flow.name,
            "versionNumber": str(found.active.version.version_number),
            "environments": list(found.active.environments),
            "problems": [problem_json(problem) for problem in found.problems],
        }
        for found in check_active(database, compiler, organization_id)
    ]
    command.say(json_, {"items": items}, "\n".join(_finding(item) for item in items) or "Nothing was found.")
    if items:
        sys.exit(1)


def _finding(item: dict[str, Any]) -> str:
    version = f"version {item['versionNumber']} in {' and '.join(item['environments'])}"
    head = f"Flow {item['processId']} ({item['name']}), {version}: {item['code']}"
    return "\n  ".join([head, *(command.problem_line(problem) for problem in item["problems"])])


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
@_environments
@click.option("--drafts", is_flag=True, help="Keep what is refused as drafts, to be mended.")
@click.option("--dry-run", is_flag=True, help="Write nothing.")
@command.as_json
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
    database = command.open_database()
    compiler = command.compiler(database)
    names = {"service_tasks": "serviceTasks"}
    options = {names.get(name, name): choice for name, choice in told.items() if choice is not None}
    with database.reading() as session:
        time_zone = time_zone_of(session, organization_id)
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
    command.say(json_, content, imports.report(files))
    sys.exit(any(file.outcome == "refused" for file in files))
