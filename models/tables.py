"""Every table, imported so that `SQLModel.metadata` is whole (migrations and tests ask it)."""

from models.flow import Flow, FlowEnvironment, FlowStart, FlowVersion
from models.idempotency import IdempotentAnswer
from models.instance import HistoryStep, Instance, Variable
from models.job import Job
from models.key import ApiKey
from models.organization import Organization
from models.scope import Scope
from models.secret import Secret
from models.token import Token
from models.user import RevokedToken, User
from models.waiting import Incident, Message, Subscription, Task, Timer

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
