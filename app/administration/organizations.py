"""The life cycle of organizations, and the time zone of each."""

from sqlmodel import Session, col, select, update

from app.administration.checks import checked_name
from models.db import Database
from models.errors import NotFound, Unprocessable
from models.organization import Organization
from workers.flow.problem import sentence
from workers.flow.values.zone import find_zone


def create_organization(database: Database, name: str) -> Organization:
    with database.writing() as session:
        organization = Organization(name=checked_name(name), created_at=database.now(session))
        session.add(organization)
    return organization


def list_organizations(database: Database) -> list[Organization]:
    """The oldest first."""
    with database.reading() as session:
        return list(session.exec(select(Organization).order_by(col(Organization.created_at))))


def time_zone_of(session: Session, organization_id: str) -> str:
    """The zone of times that name none; raises NotFound when there is no such organization."""
    require_organization(session, organization_id)
    return session.exec(select(Organization.time_zone).where(Organization.id == organization_id)).one()


def set_time_zone(database: Database, *, organization_id: str, time_zone: str) -> None:
    """The zone of times that name none, in what is published from now on.

    Raises:
        NotFound: there is no such organization.
        Unprocessable: there is no such zone.
    """
    try:
        find_zone(time_zone)
    except ValueError as error:
        raise Unprocessable(sentence(str(error)), [("timeZone", str(error))]) from None
    with database.writing() as session:
        require_organization(session, organization_id)
        mine = col(Organization.id) == organization_id
        session.execute(update(Organization).where(mine).values(time_zone=time_zone))


def require_organization(session: Session, organization_id: str | None, *, lock: bool = False) -> None:
    """Raises NotFound when there is no such organization; None asks for none.

    With `lock` nobody else publishes there until the transaction ends.
    """
    if organization_id is None:
        return
    # Not FOR UPDATE: rows that refer to the organization may be inserted meanwhile.
    locked = {"key_share": True} if lock else None
    if session.get(Organization, organization_id, with_for_update=locked) is None:
        raise NotFound("There is no such organization.", code="ORGANIZATION_NOT_FOUND")
