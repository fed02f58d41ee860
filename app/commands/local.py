"""The data folder of `procession dev`: its settings and secrets, made on first use and kept."""

import json
import os
import secrets
from pathlib import Path
from typing import Any

from models.errors import ConfigurationError
from models.settings import EMBEDDED_REDIS, Settings, load_settings

#: Where `procession dev` keeps its data unless told otherwise.
DEFAULT_FOLDER = ".procession"

#: The example's python tasks are registered beside the deployer's own.
EXAMPLE_TASKS = "examples.tasks"

_NAME = "settings.json"


class DataFolder:
    """A folder that holds one whole deployment: database, secrets, `dev.json`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigurationError(f"the data folder {path} cannot be made: {error.strerror}") from None
        self._file = path / _NAME
        if not self._file.exists():
            self.write_private(_NAME, {name: secrets.token_hex(32) for name in _SECRETS})

    def read(self, name: str) -> dict[str, Any]:
        """A JSON file of the folder; {} where there is none."""
        file = self.path / name
        content: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
        return content

    def write_private(self, name: str, content: dict[str, Any]) -> None:
        """Replaces a JSON file, whole or not at all; only its owner may read it."""
        draft = self.path / f"{name}.{os.getpid()}.new"
        draft.touch(mode=0o600)
        with draft.open("w") as file:
            json.dump(content, file, indent=2)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self.path / name)

    def settings(self, *private_hosts: str) -> Settings:
        """The environment's settings on this folder's database; `private_hosts` may be called too."""
        kept = self.read(_NAME)
        base = load_settings(
            database_url=f"sqlite:///{self.path.resolve() / 'procession.db'}",
            redis_url=EMBEDDED_REDIS,
            **{name: kept[name] for name in _SECRETS},
        )
        modules = [*base.task_modules, *([] if EXAMPLE_TASKS in base.task_modules else [EXAMPLE_TASKS])]
        return base.model_copy(
            update={
                "task_modules": modules,
                "allowed_private_hosts": [*base.allowed_private_hosts, *private_hosts],
            }
        )


_SECRETS = ("secret_key", "key_peppers", "encryption_keys")


def chosen_settings() -> Settings:
    """The settings of the environment when it has DATABASE_URL, else those of the data folder.

    Raises:
        ConfigurationError: there is neither, or a setting is missing.
    """
    if os.environ.get("DATABASE_URL"):
        return load_settings()
    path = Path(os.environ.get("DATA_DIR") or DEFAULT_FOLDER)
    if not (path / _NAME).exists():
        raise ConfigurationError(
            f"there is no deployment: DATABASE_URL is not set, and {path.resolve()} is no data folder of"
            " `procession dev`; DATA_DIR names another"
        )
    return DataFolder(path).settings()
