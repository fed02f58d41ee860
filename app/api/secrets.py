"""/secrets: the secrets of an organization, for `{secrets.NAME}`. A value goes in and never comes out."""

from flask_openapi.blueprint import APIBlueprint
from pydantic import Field

from app.administration.secrets import LONGEST_SECRET, SECRET_NAME, delete_secret, list_secrets, set_secret
from app.api.tags import SECRETS
from app.http.caller import Permit, current_caller
from app.http.operation import operation
from app.http.schemas import Answer, Body, Path, Time
from app.services import current_services
from models.permission import ORG_ADMIN

api = APIBlueprint("vault", __name__, url_prefix="/secrets", abp_tags=[SECRETS])

_ADMIN = Permit(ORG_ADMIN, "organization", "Secrets belong to one organization; use one of its credentials.")


class SecretPath(Path):
    """Names a secret."""

    name: str = Field(json_schema_extra={"pattern": f"^{SECRET_NAME.pattern}$"})


class SecretBody(Body):
    """The value, kept encrypted."""

    value: str = Field(min_length=1, max_length=LONGEST_SECRET, repr=False)


class SecretView(Answer):
    """A secret without its value."""

    name: str = Field(examples=["CRM"])
    changed_at: Time


class SecretPage(Answer):
    """By name."""

    items: list[SecretView]
    next_cursor: str | None


class SecretSet(Answer):
    """The next call that needs the secret uses this value."""

    name: str


@operation(api, "GET", "", permit=_ADMIN)
def get_secrets() -> SecretPage:
    """List the names of the organization's secrets."""
    secrets = list_secrets(current_services().database, current_caller().organization)
    items = [SecretView(name=name, changed_at=changed_at) for name, changed_at in secrets]
    return SecretPage(items=items, next_cursor=None)


@operation(api, "PUT", "/<name>", permit=_ADMIN)
def put_secret(path: SecretPath, body: SecretBody) -> SecretSet:
    """Set a secret; one of the same name is replaced."""
    services = current_services()
    organization_id = current_caller().organization
    set_secret(
        services.database, services.vault, organization_id=organization_id, name=path.name, value=body.value
    )
    return SecretSet(name=path.name)


@operation(api, "DELETE", "/<name>", permit=_ADMIN, status=204, errors=(404,))
def remove_secret(path: SecretPath) -> None:
    """Delete a secret; flows that name it get an incident."""
    delete_secret(current_services().database, organization_id=current_caller().organization, name=path.name)
