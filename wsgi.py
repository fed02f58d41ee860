"""For gunicorn (`gunicorn wsgi:app`) and the `flask` command (`flask --app wsgi …`)."""

import sys

from app import create_app
from app.cli import cli
from app.commands.local import chosen_settings
from app.services import make_services
from models.errors import ConfigurationError
from models.logging import configure_logging

try:
    settings = chosen_settings()
    configure_logging(settings)
    app = create_app(make_services(settings))
except ConfigurationError as error:
    sys.stderr.write(f"procession: {error}\n")
    sys.exit(3)  # by which a gunicorn worker says that it cannot boot, and is not started again

for command in cli.commands.values():
    app.cli.add_command(command)
