"""Times from now as Camunda 7 writes them: due dates and timers."""

import pytest

from tests.unit.bpmn import CAMUNDA, ZEEBE, errors, imported, node
from workers.flow.bpmn.juel.moment import from_now
from workers.flow.compiler.compile import compile_flow

_WEEK = "${dateTime().plusWeeks(1).toDate()}"


@pytest.mark.parametrize(
    ("written", "duration"),
    [
        (_WEEK, "P1W"),
        ("#{ dateTime( ) . plusDays( 2 ) . toDate( ) }", "P2D"),
        ("${now()}", "PT0S"),
        ("${dateTime().toDate()}", "PT0S"),
        ("${dateTime().plusYears(1).toDate()}", "P1Y"),
        ("${dateTime().plusMonths(1).plusDays(2).plusMinutes(30).plusHours(4).toDate()}", "P1M2DT4H30M"),
        ("${dateTime().plusHours(2).minusHours(1).plusSeconds(5).toDate()}", "PT1H5S"),
        ("${dateTime().minusDays(1).toDate()}", "P-1D"),
    ],
)
def test_a_time_from_now_is_a_duration(written: str, duration: str) -> None:
    assert from_now(written) == duration
    task = f'<userTask id="t" camunda:dueDate="{written}"/>'
    assert node(task, namespaces=CAMUNDA)["dueDate"] == duration


@pytest.mark.parametrize(
    "written",
    [
        "${dateTime().plusDays(1).plusMonths(1).toDate()}",  # not the same as the month first
        "${dateTime().plusYears(1).plusMonths(1).toDate()}",  # nor 13 months, from 29 February
        "${dateTime().plusHours(1).plusDays(1).toDate()}",
        "${dateTime().plusDays(n).toDate()}",
        "${dateTime().plusDays(1)}",  # a date of Joda-Time is no due date
        "${dateTime().withTimeAtStartOfDay().toDate()}",
        "${dateTime().plusYears(101).toDate()}",
        "at ${now()}",
    ],
)
def test_another_time_is_refused(written: str) -> None:
    task = f'<userTask id="t" camunda:dueDate="{written}"/>'
    assert errors(imported(task, namespaces=CAMUNDA)) == [("t", "UNTRANSLATABLE")]


def test_a_time_from_now_stands_for_nothing_else() -> None:
    task = '<userTask id="t" camunda:assignee="${now()}"/>'
    assert errors(imported(task, namespaces=CAMUNDA)) == [("t", "UNTRANSLATABLE")]


_TIMER = (
    '<startEvent id="a"/><sequenceFlow id="f" sourceRef="a" targetRef="t"/>'
    '<intermediateCatchEvent id="t"><timerEventDefinition><{tag}>{text}</{tag}></timerEventDefinition>'
    '</intermediateCatchEvent><sequenceFlow id="g" sourceRef="t" targetRef="z"/><endEvent id="z"/>'
)


@pytest.mark.parametrize("tag", ["timeDate", "timeDuration"])
@pytest.mark.parametrize(("text", "duration"), [(_WEEK, "P1W"), ("PT5M", "PT5M")])
def test_a_timer_of_camunda_may_have_a_duration_where_its_date_stands(
    tag: str, text: str, duration: str
) -> None:
    process = imported(_TIMER.format(tag=tag, text=text), namespaces=CAMUNDA)
    assert process.problems == []
    assert process.definition["nodes"][1]["event"] == {"type": "timer", "duration": duration}
    assert compile_flow(process.definition)[1] == []


@pytest.mark.parametrize("namespaces", ["", ZEEBE])
def test_elsewhere_a_duration_is_no_date(namespaces: str) -> None:
    process = imported(_TIMER.format(tag="timeDate", text="PT5M"), namespaces=namespaces)
    assert [each.code for each in compile_flow(process.definition)[1]] == ["INVALID_DATE"]
