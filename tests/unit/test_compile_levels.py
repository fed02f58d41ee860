"""What sub-processes, boundary events, links and joins compile to."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.flows import Json, end, flow, line, message, node, parallel, script, start, sub_process, user
from tests.unit.whole import WHOLE, begin, by_event, catch, inner, on, throw
from workers.flow.compiler.compile import compile_flow
from workers.flow.graph import (
    CalledFlow,
    CompensationEvent,
    ErrorEvent,
    EscalationEvent,
    ExternalCall,
    Graph,
    MessageCatch,
    MessageThrow,
    MultiInstance,
    SignalThrow,
    StandardLoop,
    TimerCatch,
)

PAID: Json = {"id": "paid", "name": "order-paid", "correlationKey": "{order}"}


def compiled(document: Json) -> Graph:
    graph, problems = compile_flow(document)
    assert graph is not None, problems
    return graph


def test_the_whole_language_compiles_without_a_problem() -> None:
    graph, problems = compile_flow(WHOLE, tasks=["charge_card"])
    assert problems == []
    assert graph is not None
    assert graph.top.starts == ("start",)
    assert graph.top.event_starts == ("by-message", "by-time", "by-signal")
    assert graph.top.event_sub_processes[0] == "on-message"
    assert graph.watchful


def test_details_are_of_the_kind_of_the_node() -> None:
    nodes = compiled(WHOLE).nodes
    assert nodes["receive"].details_as(MessageCatch).name == "order-paid"
    assert nodes["by-message"].details_as(MessageCatch).correlation_key is not None
    assert nodes["send"].details_as(MessageThrow).name == "order-paid"
    assert nodes["say"].details_as(MessageThrow).correlation_key is None
    assert nodes["late"].details_as(TimerCatch).cycle is not None
    assert nodes["alarm"].details_as(SignalThrow).name == "the-alarm"
    assert nodes["thrown"].details_as(ErrorEvent).code == "REFUSED"
    assert nodes["raised"].details_as(EscalationEvent).code == "LATE"
    assert nodes["on-escalation-start"].details_as(EscalationEvent).code is None
    assert nodes["undo"].details_as(CompensationEvent).activity == "each"
    assert nodes["ship"].details_as(ExternalCall).topic.placeholders == ("region",)
    assert isinstance(nodes["ask"].loop, StandardLoop)
    assert isinstance(nodes["each"].loop, MultiInstance)


def test_a_sub_process_is_a_level_of_its_own() -> None:
    graph = compiled(WHOLE)
    assert graph.levels["booking"].starts == ("reserve",)
    assert graph.nodes["reserve"].parent == "booking"
    assert graph.nodes["booking"].parent is None
    assert graph.start_of("on-time").id == "on-time-start"


def test_an_event_sub_process_interrupts_as_its_start_event_does() -> None:
    nodes = compiled(WHOLE).nodes
    assert [nodes[id].interrupting for id in ("on-time", "on-time-start")] == [False, False]
    assert [nodes[id].interrupting for id in ("on-signal", "on-signal-start")] == [True, True]
    assert nodes["on-time"].triggered_by_event
    assert not nodes["each"].triggered_by_event


def test_boundary_events_are_known_by_their_host_and_so_is_what_undoes_it() -> None:
    nodes = compiled(WHOLE).nodes
    assert nodes["ask"].boundaries == ("late", "told", "alarmed", "changed")
    assert [nodes[id].interrupting for id in nodes["ask"].boundaries] == [False, False, True, True]
    assert nodes["late"].attached_to == "ask"
    assert nodes["each"].boundaries == ("raised", "each-undone")
    assert nodes["each"].compensated_by == "undo-each"
    assert nodes["ask"].compensated_by is None


def test_a_link_is_a_flow_from_each_throw_to_the_catch() -> None:
    graph = compiled(
        flow(
            start(),
            parallel("split"),
            throw("a", type="link", name="x"),
            throw("b", type="link", name="x"),
            catch("c", type="link", name="x"),
            end(),
            flows=["start->split", "split->a", "split->b", "c->end"],
        )
    )
    assert [(each.id, each.source, each.target) for each in graph.nodes["c"].incoming] == [
        ("link:a", "a", "c"),
        ("link:b", "b", "c"),
    ]
    assert [each.id for each in graph.nodes["a"].outgoing] == ["link:a"]
    assert graph.top.starts == ("start",)


def test_a_call_is_pinned_to_the_version_that_was_found_for_its_node() -> None:
    graph, _ = compile_flow(WHOLE, calls={"other": "version-7"})
    assert graph is not None
    assert graph.nodes["other"].details == CalledFlow("other-flow", "3", "version-7")
    assert compiled(WHOLE).nodes["other"].details == CalledFlow("other-flow", "3", None)


def test_without_a_start_event_a_level_begins_where_nothing_leads_and_could() -> None:
    graph = compiled(
        flow(
            inner(
                "sub",
                user("a"),
                user("b"),
                on("undo", "a", type="compensation"),
                node("handler", "task", isForCompensation=True),
                by_event("on-alarm", begin("alarmed", type="signal", signalRef="alarm")),
                throw("jump", type="link", name="x"),
                catch("land", type="link", name="x"),
                flows=["a->b", "b->jump"],
                associations=[{"id": "x", "sourceRef": "undo", "targetRef": "handler"}],
            ),
            flows=[],
            signals=[{"id": "alarm"}],
        )
    )
    assert graph.top.starts == ("sub",)
    assert graph.levels["sub"].starts == ("a",)


def test_only_events_start_a_flow_that_has_no_other_start() -> None:
    graph = compiled(
        flow(begin("s", type="message", messageRef="paid"), end(), flows=["s->end"], messages=[PAID])
    )
    assert (graph.top.starts, graph.top.event_starts) == ((), ("s",))


def test_an_empty_sub_process_and_one_that_only_waits_are_over_at_once() -> None:
    waiting = by_event("on-alarm", begin("alarmed", type="signal", signalRef="alarm"))
    document = flow(
        start(),
        inner("empty", flows=[]),
        inner("waits", waiting, flows=[]),
        flows=["start->empty", "empty->waits"],
        signals=[{"id": "alarm"}],
    )
    graph, problems = compile_flow(document)
    assert graph is not None
    assert [graph.levels[id].starts for id in ("empty", "waits")] == [(), ()]
    assert [(each.code, each.node_id, each.severity) for each in problems] == [
        ("NOTHING_BEGINS", "waits", "warning")
    ]


def test_only_a_flow_with_an_inclusive_join_or_a_condition_is_watched() -> None:
    plain = flow(start(), node("any", "inclusiveGateway"), end(), flows=["start->any", "any->end"])
    assert not compiled(plain).watchful
    assert not compiled(plain).top.reach
    waits = flow(
        start(), catch("c", type="conditional", condition="= x"), end(), flows=["start->c", "c->end"]
    )
    assert compiled(waits).watchful


def test_a_flow_loops_if_an_activity_of_any_level_does() -> None:
    def of(task: Json) -> Json:
        return line(
            sub_process("inner", start("s"), task, end("e"), flows=[f"s->{task['id']}", f"{task['id']}->e"])
        )

    assert not compiled(of(user("ask"))).loops
    assert compiled(of(user("ask", loop={"cardinality": 2}))).loops


def test_the_ways_into_a_join_that_an_activity_can_reach_include_those_of_its_boundary_events() -> None:
    graph = compiled(
        flow(
            start(),
            parallel("split"),
            user("a"),
            on("late", "a", type="timer", duration="PT1H"),
            on("undone", "a", type="compensation"),
            node("handler", "task", isForCompensation=True),
            throw("jump", type="link", name="x"),
            catch("land", type="link", name="x"),
            user("b"),
            node("join", "inclusiveGateway"),
            user("after"),
            flows=[
                "start->split",
                "split->a",
                "split->b",
                "a->join",
                "late->jump",
                "land->join",
                "b->join",
                "join->after",
                "after->b",
            ],
            associations=[{"id": "x", "sourceRef": "undone", "targetRef": "handler"}],
        )
    )
    ways = graph.top.reach["join"]
    assert {id: set(ways[id]) for id in ways} == {
        "start": {"a->join", "land->join", "b->join"},
        "split": {"a->join", "land->join", "b->join"},
        "a": {"a->join", "land->join"},
        "late": {"land->join"},
        "undone": set(),
        "handler": set(),
        "jump": {"land->join"},
        "land": {"land->join"},
        "b": {"b->join"},
        "after": {"b->join"},
    }


@st.composite
def tangles(draw: st.DrawFn) -> Json:
    """Any graph of a few inclusive gateways and tasks."""
    count = draw(st.integers(2, 7))
    types = draw(st.lists(st.sampled_from(["task", "inclusiveGateway"]), min_size=count, max_size=count))
    pairs = [(a, b) for a in range(count) for b in range(count)]
    ways = draw(st.lists(st.sampled_from(pairs), unique=True, max_size=15))
    nodes = [node(f"n{at}", type) for at, type in enumerate(types)]
    # A way from the start to each makes all of them reachable.
    flows = [f"n{a}->n{b}" for a, b in ways] + [f"start->n{at}" for at in range(count)]
    return flow(start(), *nodes, flows=list(flows))


def literal_reach(graph: Graph, join: str, here: str) -> set[str]:
    """The incoming flows of the join that a token can get to, by trying all ways."""
    found: set[str] = set()
    seen = {here}
    left = [here]
    while left:
        for way in graph.nodes[left.pop()].outgoing:
            if way.target == join:
                found.add(way.id)
            elif way.target not in seen:
                seen.add(way.target)
                left.append(way.target)
    return found


@settings(max_examples=100, deadline=None)
@given(tangles())
def test_what_can_reach_a_join_is_what_trying_all_ways_finds(document: Json) -> None:
    graph = compiled(document)
    joins = {id for id, each in graph.nodes.items() if each.type == "inclusiveGateway" and each.joins}
    assert set(graph.top.reach) == joins
    for join in joins:
        ways = graph.top.reach[join]
        assert set(ways) == graph.nodes.keys() - {join}
        assert {here: set(ways[here]) for here in ways} == {
            here: literal_reach(graph, join, here) for here in ways
        }


def test_variables_of_a_scope_are_not_warned_of() -> None:
    document = flow(
        start(),
        inner(
            "each",
            user("work", name="{item} {loopCounter} {local} {amount}", form={"properties": {"made": {}}}),
            flows=[],
            input={"local": 1},
            loop={
                "collection": "{amount}",
                "elementVariable": "item",
                "outputCollection": "all",
                "outputElement": "{made}",
            },
        ),
        user("then", name="{made} {all}"),
        by_event("on-paid", begin("is-paid", False, type="message", messageRef="paid")),
        user("last", name="{reference}"),
        flows=["start->each", "each->then", "then->last"],
        messages=[{"id": "paid", "dataSchema": {"properties": {"reference": {}}}}],
        inputSchema={"properties": {"amount": {}}},
    )
    assert compile_flow(document)[1] == []


def test_a_local_variable_is_not_seen_after_its_scope() -> None:
    document = flow(
        start(),
        inner("sub", script("work", "= local", resultVariable="x"), flows=[], input={"local": 1}),
        user("then", name="{local}"),
        flows=["start->sub", "sub->then"],
        inputSchema={"properties": {"amount": {}}},
    )
    problems = compile_flow(document)[1]
    assert [(each.code, each.node_id) for each in problems] == [("VARIABLE_NEVER_SET", "then")]


def test_errors_are_looked_for_in_all_that_stands_in_an_activity() -> None:
    thrown = node("thrown", "endEvent", event={"type": "error", "errorRef": "refused"})
    document = flow(
        start(),
        inner("sub", inner("deeper", user("a"), thrown, flows=["a->thrown"]), flows=[]),
        on("caught", "sub", type="error", errorRef="refused"),
        on("other", "sub", type="error", errorRef="other"),
        flows=["start->sub"],
        errors=[{"id": "refused", "errorCode": "REFUSED"}, {"id": "other", "errorCode": "OTHER"}],
    )
    problems = compile_flow(document)[1]
    assert [(each.code, each.path) for each in problems] == [
        ("ERROR_NEVER_THROWN", "nodes[3]"),
        ("ERROR_NEVER_THROWN", "errors[1]"),
    ]


def test_the_key_of_a_message_is_looked_at_where_it_is_waited_for() -> None:
    document = flow(
        start(),
        message("wait", "paid"),
        flows=["start->wait"],
        messages=[PAID],
        inputSchema={"properties": {"amount": {}}},
    )
    problems = compile_flow(document)[1]
    assert [(each.code, each.node_id) for each in problems] == [("VARIABLE_NEVER_SET", "wait")]
