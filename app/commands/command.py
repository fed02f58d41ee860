"""What the commands have in common."""

import json
from typing import Any

import click

from app.authoring.compiler import Compiler
from app.commands.local import chosen_settings
from models.db import Database
from models.errors import ProcessionError
from models.migrate import is_current
from workers.tasks import load_task_modules, registered_tasks

as_json = click.option("--json", "json_", is_flag=True, help="Print JSON, an object a line.")


class Errors(click.Group):
    """Prints an error as lines for people, instead of a traceback."""

    group_class = type  # groups within it are of its kind

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ProcessionError as error:
            lines = [f"{item['field']}: {item['message']}" for item in error.extra.get("errors", [])]  # type: ignore[attr-defined]
            lines += [problem_line(each) for each in error.extra.get("problems", [])]  # type: ignore[attr-defined]
            raise click.ClickException("\n  ".join([error.detail, *lines])) from error


def open_database() -> Database:
    """The chosen database; an error unless it has the newest schema."""
    database = Database(chosen_settings())
    if not is_current(database):
        raise click.ClickException(
            "the database does not have the newest schema; run `procession db upgrade`"
        )
    return database


def compiler(database: Database) -> Compiler:
    """The compiler that knows the queues and the python tasks of this deployment."""
    load_task_modules(database.settings.task_modules)
    return Compiler(database.settings.queues, registered_tasks())


def problem_line(problem: dict[str, Any]) -> str:
    """One line for a problem."""
    return f"{problem['nodeId'] or 'flow'}: {problem['message']} ({problem['code']})"


def say(json_: bool, content: dict[str, Any], text: str) -> None:
    """Prints `content` as JSON, or else `text`."""
    click.echo(json.dumps(content) if json_ else text)
