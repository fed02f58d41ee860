"""Data associations of the standard, and correlation by properties."""

from typing import Any

import pytest

from tests.unit.bpmn import errors, file, imported, only
from workers.flow.interchange.export import export_bpmn
from workers.flow.interchange.read import ImportedProcess, import_bpmn

DATA = (
    '<property id="p1" name="approver"/><dataObject id="o1" name="order"/><dataObject id="o2"/>'
    '<dataObjectReference id="r1" name="Order form [new]" dataObjectRef="o1"/>'
    '<dataObjectReference id="r2" name="invoice [paid]" dataObjectRef="o2"/>'
    '<dataStoreReference id="store" name="CRM"/>'
)
IN = '<dataInput id="in" name="item"/>'
OUT = '<dataOutput id="out" name="who"/>'


def io(content: str) -> str:
    return f"<ioSpecification>{content}<inputSet/><outputSet/></ioSpecification>"


def association(way: str, source: str, target: str, inside: str = "") -> str:
    ends = [f"<{name}>{id_}</{name}>" for name, id_ in (("sourceRef", source), ("targetRef", target)) if id_]
    return f'<data{way}Association id="da">{"".join(ends)}{inside}</data{way}Association>'


def process(inner: str, tag: str = "userTask", namespaces: str = "") -> ImportedProcess:
    return imported(f'<{tag} id="t">{inner}</{tag}>{DATA}', namespaces=namespaces)


def mapped(inner: str, tag: str = "userTask", namespaces: str = "") -> dict[str, Any]:
    found = process(inner, tag, namespaces)
    assert found.problems == []
    return {name: found.definition["nodes"][0].get(name) for name in ("input", "output")}


@pytest.mark.parametrize(
    ("inner", "given", "taken"),
    [
        (io(OUT) + association("Output", "out", "p1"), None, {"approver": "= who"}),
        (io(OUT) + association("Output", "out", "r1"), None, {"order": "= who"}),
        (io(OUT) + association("Output", "out", "r2"), None, {"invoice": "= who"}),
        (io(OUT) + association("Output", "out", "o2"), None, {"o2": "= who"}),
        (io(IN) + association("Input", "p1", "in"), {"item": "= approver"}, None),
        (io(IN) + association("Input", "r1", "in"), {"item": "= order"}, None),
        (
            '<property id="mine" name="my own"/>' + association("Input", "o1", "mine"),
            {"my own": "= order"},
            None,
        ),
        (
            io(IN + OUT) + association("Input", "p1", "in") + association("Output", "out", "o1"),
            {"item": "= approver"},
            {"order": "= who"},
        ),
    ],
)
def test_an_association_of_named_data_is_a_mapping(
    inner: str, given: dict[str, str] | None, taken: dict[str, str] | None
) -> None:
    assert mapped(inner) == {"input": given, "output": taken}


PLACEHOLDER = '<property id="ph" name="__targetRef_placeholder"/>'
DRAWN = {
    "placeholder": PLACEHOLDER + association("Input", "r1", "ph"),
    "no end at the node": association("Output", "", "r1") + association("Input", "r1", ""),
    "the node itself": association("Output", "t", "r1") + association("Input", "r1", "t"),
    "nameless": io('<dataInput id="in"/>') + association("Input", "r1", "in"),
    "a data store": io(IN + OUT)
    + association("Input", "store", "in")
    + association("Output", "out", "store"),
    "the same name": io('<dataInput id="in" name="order"/>') + association("Input", "r1", "in"),
}


@pytest.mark.parametrize("drawn", DRAWN)
def test_an_association_that_only_shows_data_changes_nothing(drawn: str) -> None:
    assert mapped(DRAWN[drawn]) == {"input": None, "output": None}


@pytest.mark.parametrize(
    "namespaces",
    [
        ' xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"',
        ' xmlns:camunda="http://camunda.org/schema/1.0/bpmn"',
    ],
)
def test_an_association_in_a_file_for_an_engine_that_has_none_changes_nothing(namespaces: str) -> None:
    inner = io(OUT) + association("Output", "out", "p1")
    assert mapped(inner, namespaces=namespaces) == {"input": None, "output": None}


@pytest.mark.parametrize("part", ["assignment", "transformation"])
def test_an_association_that_computes_is_refused_by_name(part: str) -> None:
    content = f"<{part}><from>1</from><to>in</to></{part}>" if part == "assignment" else f"<{part}>a</{part}>"
    found = process(io(IN) + association("Input", "p1", "in", content))
    assert errors(found) == [("da", "NOT_SUPPORTED")]
    assert part in only(found).message


def test_an_association_with_several_sources_is_refused() -> None:
    several = association("Input", "p1</sourceRef><sourceRef>o1", "in")
    assert errors(process(io(IN) + several)) == [("da", "NOT_SUPPORTED")]


def test_an_association_that_leads_to_no_data_is_told() -> None:
    problem = only(process(io(OUT) + association("Output", "out", "nowhere")))
    assert (problem.code, problem.severity) == ("DATA_ASSOCIATION_IGNORED", "warning")


def test_what_an_extension_maps_counts_more_than_an_association() -> None:
    own = (
        "<extensionElements><procession:properties>"
        '{"output": {"approver": "= first"}}</procession:properties></extensionElements>'
    )
    inner = own + io(OUT) + association("Output", "out", "p1")
    assert mapped(inner)["output"] == {"approver": "= first"}


def test_events_take_and_give_data_too() -> None:
    message, roots = '<messageEventDefinition messageRef="m"/>', '<message id="m" name="paid"/>'
    given, taken = association("Input", "p1", "in"), association("Output", "out", "p1")
    catch = f'<intermediateCatchEvent id="t">{OUT}{taken}{message}</intermediateCatchEvent>'
    throw = f'<intermediateThrowEvent id="t">{IN}{given}{message}</intermediateThrowEvent>'
    send = f'<sendTask id="t" messageRef="m">{io(IN)}{given}</sendTask>'
    caught, thrown, sent = (
        imported(each + DATA, roots=roots).definition["nodes"][0] for each in (catch, throw, send)
    )
    assert caught["output"] == {"approver": "= who"}
    assert thrown["event"] == {"type": "message", "messageRef": "m", "data": {"item": "= approver"}}
    assert sent["data"] == {"item": "= approver"}


def test_a_mapping_of_an_association_is_kept_by_an_export() -> None:
    found = process(io(IN + OUT) + association("Input", "p1", "in") + association("Output", "out", "o1"))
    written = export_bpmn(found.definition, process_id="P", name="p")
    assert import_bpmn(written).processes[0].definition == found.definition


CORRELATED = (
    '<collaboration id="co"><participant id="pa" processRef="P"/>{key}</collaboration>{property}'
    '<message id="m" name="paid"/>'
    '<process id="P" isExecutable="true"><receiveTask id="t" messageRef="m"/></process>'
)
KEY = '<correlationKey id="ck"><correlationPropertyRef>cp</correlationPropertyRef></correlationKey>'
PROPERTY = (
    '<correlationProperty id="cp"><correlationPropertyRetrievalExpression messageRef="m">'
    "<messagePath>orderId</messagePath></correlationPropertyRetrievalExpression></correlationProperty>"
)


def test_correlation_by_keys_and_properties_is_refused_by_name() -> None:
    whole = file(CORRELATED.replace("{key}", KEY).replace("{property}", PROPERTY))
    (found,) = import_bpmn(whole).processes
    assert sorted(errors(found)) == [("ck", "NOT_SUPPORTED"), ("cp", "NOT_SUPPORTED")]
    assert all("correlationKey" in problem.message for problem in found.problems)
    (found,) = import_bpmn(file(CORRELATED.replace("{key}", "").replace("{property}", ""))).processes
    assert found.problems == []
