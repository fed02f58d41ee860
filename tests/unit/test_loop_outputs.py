"""What the outputs of a multi-instance are made of: what each body got, whatever its `output` maps."""

from typing import Any

import pytest

from tests.flows import Json, event, flow, http, line, node, python, script, start, sub_process, user
from tests.unit.bpmn import ZEEBE, imported
from tests.unit.simulation import Simulation
from tests.world import World
from workers.semantics.situation import Retried, Returned, Token, Triggered

ITEMS = {"items": [1, 2, 3]}
LAST = {"last": "= r"}
EXTERNAL = {"implementation": "external", "topic": "t"}


def looped(node: Json, element: str, **loop: Any) -> Json:
    """The node once for each of `items`."""
    made = {"collection": "{items}", "elementVariable": "n", "outputCollection": "all", **loop}
    return {**node, "loop": {**made, "outputElement": element}}


class Bodies(Simulation):
    """One instance of a flow whose nodes loop."""

    def waiting(self) -> list[Token]:
        """The bodies that wait, when nothing moves any more."""
        self.run()
        return [each for each in self.tokens.values() if each.scope_id in self.instance.scopes]


def each_gets(run: Bodies, results: dict[int, Json]) -> None:
    """Gives each body what is for its element, the youngest first, until none waits."""
    while waiting := run.waiting():
        token = max(waiting, key=lambda each: each.id)
        result = results[run.instance.variables[token.scope_id]["n"]]
        if run.instance.is_outside(token):
            run.happens(Returned(token.id, token.epoch, result))
        else:
            run.happens(Triggered(token.id, token.node_id, result))


BODIES: dict[str, tuple[Json, str, str]] = {
    # the node, its outputElement, and the name under which it gets its result
    "a job": (node("c", "serviceTask", output=LAST, **EXTERNAL), "= r", "r"),
    "a person": (user("c", output=LAST), "{r}", "r"),
    "a person who sees an input": (user("c", output=LAST, input={"n2": "= n * 2"}), "= r", "r"),
    "a message": (node("c", "receiveTask", messageRef="m", output=LAST), "= r", "r"),
    "a function": (python("c", "t", output={"last": "= result"}), "= result", "result"),
    "an answer": (http("c", "https://x.example", output={"last": "= 1"}), "= response.body", "response"),
}


@pytest.mark.parametrize("sequential", [False, True])
@pytest.mark.parametrize("body", BODIES)
def test_an_output_element_sees_what_its_own_body_got_beside_what_that_maps_elsewhere(
    body: str, *, sequential: bool
) -> None:
    what, element, name = BODIES[body]
    definition = line(looped(what, element, sequential=sequential), messages=[{"id": "m"}])
    run = Bodies(definition, ITEMS)
    results: dict[int, Any] = {n: {name: n * 10} for n in ITEMS["items"]}
    if name == "response":
        results = {n: {name: {"status": 200, "headers": {}, "body": n * 10}} for n in ITEMS["items"]}
    each_gets(run, results)
    assert (run.status, run.variables["all"]) == ("COMPLETED", [10, 20, 30])
    assert run.variables.keys() == {"items", "all", "last"}


def test_what_a_body_gives_back_itself_goes_before_what_it_got() -> None:
    for what in (node("c", "serviceTask", output={"r": "= r + 1"}, **EXTERNAL),
                 user("c", output={"r": "= r + 1"}, input={"r": None})):  # fmt: skip
        run = Bodies(line(looped(what, "= r")), ITEMS)
        each_gets(run, {n: {"r": n * 10} for n in ITEMS["items"]})
        assert run.variables["all"] == [11, 21, 31]


def test_a_script_a_call_and_a_sub_process_give_what_is_theirs() -> None:
    inner = script("inner", "= {'r': n * 10}")
    world = World()
    world.deploy("called", line(inner))
    for what, element, all_ in (
        (script("c", "= n * 10", resultVariable="r", output=LAST), "= r", [10, 20, 30]),
        (node("c", "callActivity", processId="called", output=LAST), "= r", [10, 20, 30]),
        (sub_process("c", inner, flows=[], output={"last": "= r", "kept": "= r + 1"}, input={"r": 0}),
         "= r + kept", [21, 41, 61]),
    ):  # fmt: skip
        world.deploy("v", line(looped(what, element)), {"c": "called"})
        instance = world.start("v", ITEMS)
        world.go()
        assert (instance.status, instance.variables[instance.facts.id]["all"]) == ("COMPLETED", all_)


def test_a_job_of_a_zeebe_file_is_collected_whatever_its_mapping_maps() -> None:
    process = imported(
        '<startEvent id="s"/><sequenceFlow id="f" sourceRef="s" targetRef="c"/><serviceTask id="c">'
        '<extensionElements><zeebe:taskDefinition type="calc"/><zeebe:ioMapping>'
        '<zeebe:output source="=r" target="last"/></zeebe:ioMapping></extensionElements>'
        "<multiInstanceLoopCharacteristics><extensionElements>"
        '<zeebe:loopCharacteristics inputCollection="=items" inputElement="n" outputCollection="all"'
        ' outputElement="=r"/></extensionElements></multiInstanceLoopCharacteristics></serviceTask>',
        namespaces=ZEEBE,
    )
    run = Bodies(process.definition, ITEMS)
    each_gets(run, {n: {"r": n * 10} for n in ITEMS["items"]})
    assert (run.status, run.variables["all"], "r" in run.variables) == ("COMPLETED", [10, 20, 30], False)


def test_a_body_that_got_nothing_does_not_take_what_another_one_got() -> None:
    run = Bodies(line(looped(node("c", "serviceTask", output={"last": "= n"}, **EXTERNAL), "= r")), ITEMS)
    each_gets(run, {1: {"r": 10}, 2: {}, 3: {"r": 30}})
    assert run.variables["all"] == [10, None, 30]


def test_the_completion_condition_sees_what_the_body_got_too() -> None:
    what = node("c", "serviceTask", output=LAST, **EXTERNAL)
    run = Bodies(line(looped(what, "= r", completionCondition="= r >= 20", sequential=True)), ITEMS)
    each_gets(run, {n: {"r": n * 10} for n in ITEMS["items"]})
    assert (run.status, run.variables["all"]) == ("COMPLETED", [10, 20, None])


def test_what_a_body_got_is_still_there_when_its_output_is_mended() -> None:
    run = Bodies(line(looped(user("c", output=LAST), "= r / $number(by)")), {"items": [1, 2], "by": "x"})
    each_gets(run, {1: {"r": 10}, 2: {"r": 20}})
    assert list(run.incidents.values()) == ["EXPRESSION_FAILED"]
    run.set_variables(run.instance, by="2")
    run.happens(Retried())
    each_gets(run, {1: {"r": 10}, 2: {"r": 20}})
    assert (run.run().status, run.variables["all"]) == ("COMPLETED", [5, 10])


def undone(element: str) -> dict[str, Any]:
    """Runs of an activity, each of which is undone at the end."""
    return flow(
        start(), looped(node("c", "serviceTask", output=LAST, **EXTERNAL), element),
        script("undo", "= {'seen': [last, r]}", isForCompensation=True),
        event("undone", "boundaryEvent", "compensation", attachedToRef="c"),
        event("throw", "endEvent", "compensation"), flows=["start->c", "c->throw"],
        associations=[{"id": "a", "sourceRef": "undone", "targetRef": "undo"}],
    )  # fmt: skip


def test_what_undoes_a_body_sees_what_it_would_see_without_outputs() -> None:
    run = Bodies(undone("= r"), {"items": [1], "r": "outside"})
    each_gets(run, {1: {"r": 10}})
    assert (run.status, run.variables["seen"], run.variables["all"]) == ("COMPLETED", [10, "outside"], [10])


def test_what_undoes_a_body_sees_the_same_after_an_incident_of_its_loop() -> None:
    run = Bodies(undone("= r / by"), {"items": [1], "r": "outside", "by": "x"})
    each_gets(run, {1: {"r": 10}})
    assert list(run.incidents.values()) == ["EXPRESSION_FAILED"]
    run.set_variables(run.instance, by=2)
    run.happens(Retried())
    assert run.run().status == "COMPLETED"
    assert (run.variables["seen"], run.variables["all"]) == ([10, "outside"], [5])
