"""The app on a pair of stores, with the real engine; its workers run when a test says so.

Every answer is held against /openapi.json on its way to the test.
"""

import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from jsonschema import Draft202012Validator
from werkzeug.datastructures import Headers
from werkzeug.exceptions import HTTPException

from app import create_app
from app.administration.keys import create_key
from app.administration.organizations import create_organization
from app.administration.users import create_user
from app.services import Services
from models.db import Database
from models.permission import ORGANIZATION_PERMISSIONS, PERMISSIONS
from models.secret import Vault
from tests.stores import Stores
from workers.engine.doorbell import TokenRef
from workers.engine.engine import Engine
from workers.semantics.situation import Token


@dataclass(frozen=True)
class Reply:
    """An answer, with its JSON read."""

    status_code: int
    headers: Headers
    mimetype: str
    data: bytes
    json: Any

    @property
    def text(self) -> str:
        return self.data.decode()


class Api:
    """One organization with a key that may everything there, and a system key; `call` sends a request."""

    def __init__(self, stores: Stores, **overrides: object) -> None:
        self.settings = stores.settings(**overrides)
        self.database = Database(self.settings)
        self.engine = Engine(self.settings, self.database, self)
        self._rung: list[Token] = []
        self.app = create_app(
            Services(
                settings=self.settings,
                database=self.database,
                engine=self.engine,
                vault=Vault(self.settings.encryption_keys),
                task_names=(),
                redis_answers=lambda: False,
            )
        )
        self._client = self.app.test_client()
        self.organization_id = ""
        self.key = self.system_key = ""

    def set_up(self) -> None:
        self.organization_id, self.key = self.organization("First")
        self.system_key = self.new_key(PERMISSIONS, organization_id=None)

    def close(self) -> None:
        self.engine.close()
        self.database.close()

    def ring(self, tokens: Collection[Token]) -> list[Token]:
        self._rung += tokens
        return []

    def work(self) -> None:
        """Runs every node that is ready, and those that become ready by it."""
        while self._rung:
            token = self._rung.pop(0)
            self.engine.execute(
                TokenRef(token.id, token.epoch, token.instance_id, token.version_id, token.node_id)
            )

    def organization(self, name: str) -> tuple[str, str]:
        """A further organization: its id, and a key that may everything there."""
        organization_id = create_organization(self.database, name).id
        return organization_id, self.new_key(ORGANIZATION_PERMISSIONS, organization_id=organization_id)

    def new_key(self, permissions: Collection[str], **more: Any) -> str:
        more = {"organization_id": self.organization_id, **more}
        return create_key(self.database, name="test", permissions=permissions, **more)[1]

    def sign_in(self, *permissions: str, email: str = "jane@example.com", **more: Any) -> dict[str, Any]:
        """Creates a user; the tokens of his sign-in."""
        password, more = "correct horse", {"organization_id": self.organization_id, **more}
        create_user(self.database, email=email, password=password, permissions=permissions, **more)
        tokens: dict[str, Any] = self.call(
            "POST", "/auth/login", key=None, json={"email": email, "password": password}
        ).json
        return tokens

    def call(self, method: str, path: str, *, key: str | None = "", **request: Any) -> Reply:
        """Sends a request with this key (default: the organization's own; None: without)."""
        headers = dict(request.pop("headers", {}))
        if key is not None:
            headers.setdefault("X-API-Key", key or self.key)
        response = self._client.open(path, method=method, headers=headers, buffered=True, **request)
        reply = Reply(
            response.status_code,
            response.headers,
            response.mimetype or "",
            response.data,
            response.get_json() if response.is_json else None,
        )
        self._check_description(method, path.partition("?")[0], reply)
        return reply

    def with_token(self, token: str, method: str, path: str, **request: Any) -> Reply:
        return self.call(method, path, key=None, headers={"Authorization": f"Bearer {token}"}, **request)

    def publish(self, definition: dict[str, Any]) -> str:
        """A published flow's id."""
        created = self.call("POST", "/flows", json={"name": "Approval", "definition": definition})
        process_id: str = created.json["processId"]
        published = self.call("POST", f"/flows/{process_id}/publish")
        assert published.status_code == 201, published.text
        return process_id

    def start(self, process_id: str, **body: Any) -> str:
        """A started instance's id."""
        started = self.call("POST", "/process/exec", json={"processId": process_id, **body})
        assert started.status_code == 200, started.text
        instance_id: str = started.json["processInstanceId"]
        return instance_id

    def _check_description(self, method: str, path: str, reply: Reply) -> None:
        document = self.app.api_doc
        operation = document["paths"].get(self._rule(method, path), {}).get(method.lower())
        if operation is None:
            return
        described = operation["responses"][str(reply.status_code)].get("content", {})
        if not described:
            assert reply.data == b""
            return
        content = described[reply.mimetype]
        value = reply.json if reply.mimetype.endswith("json") else reply.text
        Draft202012Validator({**content["schema"], "components": document["components"]}).validate(value)

    def _rule(self, method: str, path: str) -> str:
        try:
            rule, _ = self.app.url_map.bind("").match(path, method, return_rule=True)
        except HTTPException:
            return ""
        return re.sub(r"<(?:[^<:]+:)?([^>]+)>", r"{\1}", rule.rule)


@contextmanager
def serving(stores: Stores, **overrides: object) -> Iterator[Api]:
    """The app on migrated stores, until the block ends."""
    api = Api(stores, **overrides)
    try:
        api.set_up()
        yield api
    finally:
        api.close()


def without_names(reply: Reply) -> dict[str, Any]:
    """A problem without what names this very request."""
    problem: dict[str, Any] = dict(reply.json)
    return {name: value for name, value in problem.items() if name not in ("requestId", "instance")}
