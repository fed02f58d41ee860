"""For gunicorn (`gunicorn wsgi:app`) and the `flask` command (`flask --app wsgi …`)."""

from app import create_app
from app.cli import cli
from app.local import chosen_settings
from app.services import make_services
from models.logging import configure_logging

settings = chosen_settings()
configure_logging(settings)
app = create_app(make_services(settings))
for command in cli.commands.values():
    app.cli.add_command(command)
