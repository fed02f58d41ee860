"""Every table, imported so that `SQLModel.metadata` is whole (migrations and tests ask it)."""

from models.flow import Flow, FlowEnvironment, FlowStart, FlowVersion
from models.idempotency import IdempotentAnswer
from models.incident import Incident
from models.instance import HistoryStep, Instance, Variable
from models.job import Job
from models.key import ApiKey
from models.message import Message
from models.organization import Organization
from models.scope import Scope
from models.secret import Secret
from models.subscription import Subscription
from models.task import Task
from models.timer import Timer
from models.token import Token
from models.user import RevokedToken, User

__all__ = [
    "ApiKey",
    "Flow",
    "FlowEnvironment",
    "FlowStart",
    "FlowVersion",
    "HistoryStep",
    "IdempotentAnswer",
    "Incident",
    "Instance",
    "Job",
    "Message",
    "Organization",
    "RevokedToken",
    "Scope",
    "Secret",
    "Subscription",
    "Task",
    "Timer",
    "Token",
    "User",
    "Variable",
]
