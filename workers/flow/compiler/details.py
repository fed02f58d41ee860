"""What the kind of a node adds to it: the part of a graph's node that differs from type to type."""

from datetime import timedelta

from workers.flow import graph
from workers.flow.catalogue.call_activity import CallActivity
from workers.flow.catalogue.events.cancel import Cancel
from workers.flow.catalogue.events.compensation import CompensationCatch, CompensationThrow
from workers.flow.catalogue.events.conditional import Conditional
from workers.flow.catalogue.events.error import ErrorCatch, ErrorThrow
from workers.flow.catalogue.events.escalation import EscalationCatch, EscalationThrow
from workers.flow.catalogue.events.link import Link
from workers.flow.catalogue.events.message import MessageCatch, MessageThrow, Sending
from workers.flow.catalogue.events.signal import SignalEvent
from workers.flow.catalogue.events.terminate import Terminate
from workers.flow.catalogue.events.timer import CyclicTimer, Timer
from workers.flow.catalogue.external_task import ExternalTask
from workers.flow.catalogue.http_task import HttpTask
from workers.flow.catalogue.human_task import Human
from workers.flow.catalogue.python_task import PythonTask
from workers.flow.catalogue.receive_task import ReceiveTask
from workers.flow.catalogue.script_task import ScriptTask
from workers.flow.catalogue.send_task import SendTask
from workers.flow.catalogue.start_event import StartEvent
from workers.flow.compiler import leaves
from workers.flow.compiler.http_call import check_request, percent_encoded
from workers.flow.compiler.names import loop_names
from workers.flow.compiler.properties import Properties
from workers.flow.compiler.structure import Structure
from workers.flow.document.element import NodeElement
from workers.flow.document.event import EventDefinition
from workers.flow.limits import LONGEST_CALL, LONGEST_TIME_TO_LIVE
from workers.flow.problem import quoted, suggestion


def compile_details(of: Properties) -> graph.Details:
    """The details of a node, as good as they can be had: what is wrong is reported."""
    node = of.part.value
    match node:
        case HttpTask():
            return _http(of, node)
        case PythonTask():
            return _python(of, node)
        case ExternalTask():
            return _external(of, node)
        case Human():
            return _human(of, node)
        case ScriptTask():
            return _script(of, node)
        case CallActivity():
            pinned = of.context.calls.get(node.id) if of.context.calls else None
            return graph.CalledFlow(node.process_id, node.version_number, pinned)
        case SendTask():
            return _throw(of, node, "")
        case ReceiveTask():
            return _catch(of, node.message_ref)
    event = getattr(node, "event", None)
    return _event(of, event) if isinstance(event, EventDefinition) else None


def _http(of: Properties, node: HttpTask) -> graph.HttpCall | None:
    place, own = of.place.at("input"), loop_names(node)
    # `body` may be null, which is not the same as absent.
    rest = node.input.model_dump(by_alias=True, exclude_unset=True, exclude={"url", "timeout"})
    url = of.template("input.url", node.input.url, own, secrets=True, quote=percent_encoded)
    request = of.template("input", rest, own, secrets=True)
    timeout = of.template("input.timeout", node.input.timeout, own)
    if timeout and leaves.is_literal(node.input.timeout, timeout):
        leaves.span(place.at("timeout"), node.input.timeout, longest=LONGEST_CALL)
    check_request(place, node.input)
    return graph.HttpCall(url, request, timeout) if url and request and timeout else None


def _python(of: Properties, node: PythonTask) -> graph.PythonCall:
    tasks = of.context.tasks
    if tasks is not None and node.task not in tasks:
        hint = suggestion(node.task, tasks)
        message = (
            f"{quoted(node.task)} is no python task that is registered here; {hint} TASK_MODULES names the"
            " modules that register tasks, for workers, the web and commands."
        )
        of.place.at("task").error("UNKNOWN_TASK", message)
    return graph.PythonCall(node.task, of.template("input", node.input, loop_names(node), secrets=True))


def _external(of: Properties, node: ExternalTask) -> graph.ExternalCall | None:
    own = loop_names(node)
    topic = of.template("topic", node.topic, own)
    given = of.template("input", node.input, own, secrets=True)
    return graph.ExternalCall(topic, given) if topic else None


def _human(of: Properties, node: Human) -> graph.Human:
    if node.output is None:
        leaves.reserved_properties(of.place.at("form"), node.form)
    return graph.Human(
        form=leaves.schema(of.place.at("form"), node.form),
        assignee=of.template("assignee", node.assignee, of.own),
        candidate_users=of.template("candidateUsers", node.candidate_users, of.own),
        candidate_groups=of.template("candidateGroups", node.candidate_groups, of.own),
        due_date=of.moment("dueDate", node.due_date, "duration", "date"),
        priority=of.template("priority", node.priority, of.own),
        form_key=of.template("formKey", node.form_key, of.own),
        zone=of.context.zone,
    )


def _script(of: Properties, node: ScriptTask) -> graph.Script | None:
    if node.result_variable is not None:
        leaves.variable_name(of.place.at("resultVariable"), node.result_variable)
    expression = leaves.expression(of.place.at("script"), node.script)
    return graph.Script(expression, node.result_variable) if expression else None


def _event(of: Properties, event: EventDefinition) -> graph.Details:
    structure = of.structure
    match event:
        case MessageCatch():
            return _catch(of, event.message_ref)
        case MessageThrow():
            return _throw(of, event, "event.")
        case Timer() | CyclicTimer():
            return _timer(of, event)
        case SignalEvent():
            signal = structure.signals.get(event.signal_ref)
            return graph.SignalEvent(signal.value.name or signal.value.id) if signal else None
        case Conditional():
            condition = leaves.expression(of.at("event.condition"), event.condition)
            return graph.ConditionalEvent(condition) if condition else None
    return _plain_event(event, structure)


def _plain_event(event: EventDefinition, structure: Structure) -> graph.Details:
    """The details of an event in which nothing is templated."""
    match event:
        case ErrorCatch() | ErrorThrow():
            return graph.ErrorEvent(structure.error_code(event.error_ref))
        case EscalationCatch() | EscalationThrow():
            return graph.EscalationEvent(structure.escalation_code(event.escalation_ref))
        case CompensationCatch():
            return graph.CompensationEvent()
        case CompensationThrow():
            return graph.CompensationEvent(event.activity_ref)
        case Link():
            return graph.LinkEvent(event.name)
        case Terminate():
            return graph.TerminateEvent()
        case Cancel():
            return graph.CancelEvent()
    return None


def _catch(of: Properties, message_ref: str) -> graph.MessageCatch | None:
    message = of.context.messages.get(message_ref)
    if message and message.correlation_key and not _begins(of):
        place = of.structure.messages[message_ref].place.at("correlationKey").of(of.part.value.id)
        of.use(place, message.correlation_key, of.own)
    return message


def _throw(of: Properties, sending: Sending, where: str) -> graph.MessageThrow | None:
    message = of.structure.messages.get(sending.message_ref)
    key = of.template(f"{where}correlationKey", sending.correlation_key, of.own)
    data = of.template(f"{where}data", sending.data, of.own)
    time_to_live = of.template(f"{where}timeToLive", sending.time_to_live, of.own)
    if time_to_live and leaves.is_literal(sending.time_to_live, time_to_live):
        place = of.at(f"{where}timeToLive")
        leaves.span(place, sending.time_to_live, longest=LONGEST_TIME_TO_LIVE, shortest=timedelta())
    if not message or not time_to_live:
        return None
    return graph.MessageThrow(message.value.name or message.value.id, key, data, time_to_live)


def _timer(of: Properties, timer: Timer | CyclicTimer) -> graph.TimerCatch:
    cycle = timer.cycle if isinstance(timer, CyclicTimer) else None
    times: dict[leaves.Moment, str | None] = {
        "duration": timer.duration,
        "date": timer.date,
        "cycle": cycle,
    }
    if sum(text is not None for text in times.values()) != 1 and not of.part.damaged:
        kinds = (
            "`duration`, a `date` or a `cycle`"
            if isinstance(timer, CyclicTimer)
            else "`duration` or a `date`"
        )
        of.at("event").error("INVALID_TIMER", f"A timer has a {kinds}: one of them.")
    compiled = {kind: of.moment(f"event.{kind}", text, kind) for kind, text in times.items()}
    for kind, text in times.items():
        templated = compiled[kind]
        if _begins(of) and text is not None and templated and not leaves.is_literal(text, templated):
            message = "There are no variables yet when a flow starts: this time must be written out."
            of.at(f"event.{kind}").error("INVALID_TIMER", message)
    zone = leaves.zone(of.at("event.timeZone"), timer.time_zone, of.context.zone)
    return graph.TimerCatch(compiled["duration"], compiled["date"], compiled["cycle"], zone)


def _begins(of: Properties) -> bool:
    """Whether the node is a start event of the process itself, where there are no variables yet."""
    node: NodeElement = of.part.value
    return isinstance(node, StartEvent) and of.structure.level_of[node.id].owner is None
