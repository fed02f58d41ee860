"""What somebody new does wrong first is told in one line that says what to do."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.commands.local import chosen_settings
from models.errors import ConfigurationError
from tests.flows import line, python
from tests.unit.local_server import call
from workers.flow.compiler.compile import compile_flow
from workers.outbound import OutboundClient, OutboundError
from workers.tasks import load_task_modules, registered_tasks

ROOT = Path(__file__).parent.parent.parent
SHORT = {"DATABASE_URL": "sqlite:///x.db", "REDIS_URL": "fakeredis://", "SECRET_KEY": "short"}
COMMANDS = {
    "flask": ([sys.executable, "-m", "flask", "--app", "wsgi", "orgs", "list"], 3),
    "worker": ([sys.executable, "-m", "workers"], 1),
    "procession": ([sys.executable, "-c", "from app.cli import main; main()", "orgs", "list"], 1),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_short_secret_is_told_without_a_traceback(name: str) -> None:
    command, code = COMMANDS[name]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **SHORT}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == code
    assert "SECRET_KEY: at least one value, each of 32 bytes or more" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_folder_without_data_names_data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    with pytest.raises(ConfigurationError, match=rf"{tmp_path} is no data folder .* DATA_DIR names another"):
        chosen_settings()


def test_a_module_of_tasks_that_is_nowhere_says_where_it_was_looked_for() -> None:
    with pytest.raises(ConfigurationError) as error:
        load_task_modules(["nowhere_at_all.tasks"])
    said = str(error.value)
    assert "no module 'nowhere_at_all'" in said
    assert str(Path.cwd()) in said
    assert "PYTHONPATH" in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import no_such_library\n", "ModuleNotFoundError: No module named 'no_such_library'"),
        ("raise ValueError('no account')\n", "ValueError: no account"),
        ("def broken(:\n", "SyntaxError"),
    ],
)
def test_a_module_of_tasks_that_fails_says_why(
    text: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"failing_{len(text)}"
    (tmp_path / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ConfigurationError, match=f"'{name}', which fails to be imported: .*{said}"):
        load_task_modules([name])


def test_a_task_that_nobody_registers_names_task_modules() -> None:
    _, problems = compile_flow(line(python("a", "charge")), tasks=registered_tasks())
    assert ["TASK_MODULES" in each.message for each in problems if each.code == "UNKNOWN_TASK"] == [True]


def test_a_private_address_names_the_setting_that_would_allow_it() -> None:
    with pytest.raises(OutboundError) as error:
        call(OutboundClient(), "http://127.0.0.1:8123/hook")
    assert error.value.code == "ADDRESS_NOT_ALLOWED"
    assert "ALLOWED_PRIVATE_HOSTS=127.0.0.1:8123" in error.value.message
