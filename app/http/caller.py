"""The caller of a request, and what an operation asks of it."""

from dataclasses import dataclass
from typing import Literal

from flask import g

from models.errors import Forbidden
from models.permission import SYSTEM_ADMIN
from workers.engine.checks import check_environment
from workers.engine.requests import Access


@dataclass(frozen=True, slots=True)
class Caller:
    """An API key or a user whose credential holds. `environment` None: both."""

    kind: Literal["key", "user"]
    id: str
    organization_id: str | None
    permissions: frozenset[str]
    environment: str | None = None

    @property
    def label(self) -> str:
        """How logs and histories name the caller."""
        return f"{self.kind}:{self.id}"

    @property
    def is_system(self) -> bool:
        """Whether the caller is system-level, so belongs to no organization."""
        return self.organization_id is None and (self.kind == "key" or SYSTEM_ADMIN in self.permissions)

    @property
    def access(self) -> Access:
        """The organization and environment whose rows the caller may touch."""
        return Access(self.organization_id, self.environment)

    @property
    def access_everywhere(self) -> Access:
        """For calls that reach into every organization."""
        return Access(None, self.environment)

    @property
    def organization(self) -> str:
        """The caller's own organization; asked for only where `Permit` has made sure of one."""
        if self.organization_id is None:
            raise Forbidden("This needs a credential of an organization.", code="ORGANIZATION_REQUIRED")
        return self.organization_id

    def check_environment(self, environment: str) -> None:
        """Refuses an environment that the key is not bound to."""
        check_environment(self.access, environment)


@dataclass(frozen=True, slots=True)
class Permit:
    """What a caller needs: a permission (None: every valid credential has it), and a place.

    The place `organization` asks for a credential of one organization, `system` for a system-level one (or a
    user with SYSTEM_ADMIN); `any` takes both.
    """

    permission: str | None
    scope: Literal["any", "organization", "system"] = "any"
    hint: str = "Use a credential of one organization."

    def check(self, caller: Caller) -> None:
        """Raises Forbidden unless the caller may."""
        if self.scope == "system":
            if caller.kind == "user" and SYSTEM_ADMIN in caller.permissions:
                return
            if not caller.is_system:
                raise Forbidden(self.hint, code="SYSTEM_CREDENTIAL_REQUIRED")
        elif self.permission is None:
            return
        elif caller.organization_id is None and not caller.is_system:
            raise Forbidden("This user belongs to no organization.", code="ORGANIZATION_REQUIRED")
        elif self.scope == "organization" and caller.organization_id is None:
            raise Forbidden(self.hint, code="ORGANIZATION_REQUIRED")
        if self.permission is not None and self.permission not in caller.permissions:
            raise Forbidden(
                f"This needs the permission {self.permission}.",
                code="PERMISSION_REQUIRED",
                extra={"permission": self.permission},
            )


def current_caller() -> Caller:
    """The caller of this request, checked by `app.http.requests`."""
    caller: Caller = g.caller
    return caller
