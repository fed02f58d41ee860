"""Message flows between the pools of one file."""

from tests.unit.bpmn import errors, file
from workers.flow.bpmn.pool_message import is_of_pool, pool_message
from workers.flow.interchange.export import export_bpmn
from workers.flow.interchange.read import import_bpmn

MESSAGE = '<message id="m" name="paid"/>'


def pools(flows: str, a: str, b: str, roots: str = "") -> bytes:
    return file(
        f'<collaboration id="c"><participant id="pa" processRef="A"/><participant id="pb" processRef="B"/>'
        f'<participant id="black"/>{flows}</collaboration>{roots}'
        f'<process id="A" isExecutable="true">{a}</process><process id="B" isExecutable="true">{b}</process>'
    )


THROW = '<intermediateThrowEvent id="throw"><messageEventDefinition/></intermediateThrowEvent>'
CATCH = '<startEvent id="catch"><messageEventDefinition/></startEvent>'
TIED = '<messageFlow id="mf" name="Order" sourceRef="throw" targetRef="tns:catch"/>'


def test_both_ends_of_a_message_flow_get_one_message() -> None:
    a, b = import_bpmn(pools(TIED, THROW, CATCH)).processes
    for process in (a, b):
        assert process.problems == []
        assert process.definition["messages"] == [{"id": "mf", "name": "pools:A+B/mf"}]
        assert process.definition["nodes"][0]["event"] == {"type": "message", "messageRef": "mf"}


def test_a_message_that_one_end_names_is_that_of_the_other() -> None:
    catch = CATCH.replace("Definition/", 'Definition messageRef="m"/')
    a, b = import_bpmn(pools(TIED, THROW, catch, MESSAGE)).processes
    assert a.definition["nodes"][0]["event"] == b.definition["nodes"][0]["event"]
    assert a.definition["messages"] == [{"id": "m", "name": "paid"}]
    assert a.problems == b.problems == []


def test_ends_with_messages_of_different_names_are_refused() -> None:
    throw = THROW.replace("Definition/", 'Definition messageRef="m"/')
    catch = CATCH.replace("Definition/", 'Definition messageRef="n"/')
    a, b = import_bpmn(pools(TIED, throw, catch, MESSAGE + '<message id="n" name="sent"/>')).processes
    assert errors(a) == [("throw", "MESSAGE_MISMATCH")]
    assert errors(b) == [("catch", "MESSAGE_MISMATCH")]


def test_message_flows_that_share_an_end_share_a_message() -> None:
    second = '<sendTask id="send"/>'
    flows = '<messageFlow id="m2" sourceRef="send" targetRef="catch"/>' + TIED
    a, b = import_bpmn(pools(flows, THROW + second, CATCH)).processes
    found = {each.get("messageRef") or each["event"]["messageRef"] for each in a.definition["nodes"]}
    assert found == {"m2"}
    assert b.definition["nodes"][0]["event"]["messageRef"] == "m2"


def test_a_plain_task_at_a_message_flow_stays_one_with_a_warning() -> None:
    flow = '<messageFlow id="mf" sourceRef="plain" targetRef="catch"/>'
    catch = CATCH.replace("Definition/", 'Definition messageRef="m"/')
    a, b = import_bpmn(pools(flow, '<task id="plain"/>', catch, MESSAGE)).processes
    assert [(each.code, each.severity) for each in a.problems] == [("MESSAGE_FLOW_IGNORED", "warning")]
    assert a.definition["nodes"] == [{"id": "plain", "type": "task"}]
    assert b.problems == []


def test_a_message_flow_with_a_pool_says_nothing() -> None:
    throw = THROW.replace("Definition/", 'Definition messageRef="m"/')
    flow = '<messageFlow id="mf" sourceRef="throw" targetRef="black"/>'
    a, b = import_bpmn(pools(flow, throw, '<task id="t"/>', MESSAGE)).processes
    assert a.problems == b.problems == []
    a, b = import_bpmn(pools(flow, THROW, '<task id="t"/>')).processes
    assert errors(a) == [("throw", "MISSING_REFERENCE")]


def test_a_message_between_pools_is_named_by_its_file_so_that_no_other_file_has_it() -> None:
    def names(xml: bytes) -> set[str]:
        return {
            each["name"] for process in import_bpmn(xml).processes for each in process.definition["messages"]
        }

    ours = pools(TIED, THROW, CATCH)
    assert names(ours) == {"pools:A+B/mf"}
    assert names(ours.replace(b'"A"', b'"C"')) == {"pools:B+C/mf"}
    assert names(ours.replace(b'id="mf" ', b"")) == {"pools:A+B/throw-tns:catch"}


def test_a_name_of_pools_that_would_be_too_long_has_digests_for_their_ids() -> None:
    ids = [f"process-{number:03}" for number in range(100)]
    name, other = pool_message(ids, "f" * 255), pool_message(ids[1:], "f" * 255)
    assert name != other
    assert len(name) <= 255
    assert is_of_pool(name, "process-007")
    assert not is_of_pool(name, None)


def test_ids_with_the_signs_of_a_name_are_told_apart() -> None:
    assert pool_message(["a", "b+c"], "f") != pool_message(["a+b", "c"], "f")
    assert is_of_pool(pool_message(["a", "b+c"], "f"), "b+c")
    assert not is_of_pool(pool_message(["a", "b+c"], "f"), "c")


def test_a_name_between_pools_is_kept_by_an_export() -> None:
    (_, catching) = import_bpmn(pools(TIED, THROW, CATCH)).processes
    written = export_bpmn(catching.definition, process_id="B", name="b")
    assert import_bpmn(written).processes[0].definition == catching.definition
