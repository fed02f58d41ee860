"""Cron, moments and durations in the files of vendors."""

import pytest

from tests.unit.bpmn import CAMUNDA, ZEEBE, extended, imported
from workers.flow.compiler.compile import compile_flow


def timed_start(tag: str, text: str) -> str:
    return (
        f'<startEvent id="t"><timerEventDefinition><{tag}>{text}</{tag}></timerEventDefinition></startEvent>'
    )


CRONS = {
    "0 0 9-17 * * MON-FRI": ("0 9-17 * * MON-FRI", ZEEBE),
    "0 5/15 * * * *": ("5/15 * * * *", ZEEBE),
    "0 0 12 ? * 5": ("0 12 * * FRI", ZEEBE),
    "0 0 12 ? * 0,6": ("0 12 * * SUN,SAT", ZEEBE),
    "0 0 12 ? * 1-5": ("0 12 * * MON-FRI", ZEEBE),
    "0 0 12 ? * 1/2": ("0 12 * * MON-SUN/2", ZEEBE),
    "0 0 12 ? * 5L": ("0 12 * * FRIL", ZEEBE),
    "30 0 9 * * *": ("30 0 9 * * *", ZEEBE),
    "0 0 9 L-3 * *": ("0 9 L-3 * *", ZEEBE),
    "0 0/5 * * * ?": ("0/5 * * * *", CAMUNDA),
    "0 0 8 1 JAN ? *": ("0 8 1 JAN *", CAMUNDA),
    "0 0 9 ? * 2": ("0 9 * * MON", CAMUNDA),
    "0 0 9 ? * 6-2": ("0 9 * * FRI-MON", CAMUNDA),
    "0 0 9 ? * 2/2": ("0 9 * * MON-SAT/2", CAMUNDA),
    "0 0 9 ? * MON#1": ("0 9 * * MON#1", CAMUNDA),
    "0 0 9 ? * 6#3": ("0 9 * * FRI#3", CAMUNDA),
    "0 0 9 ? * L": ("0 9 * * SAT", CAMUNDA),
    "0 0 9 ? * 6L": ("0 9 * * FRIL", CAMUNDA),
    "0 0 9 15W * ?": ("0 9 15W * *", CAMUNDA),
    "10/20 0 9 LW * ?": ("10/20 0 9 LW * *", CAMUNDA),
}


@pytest.mark.parametrize("cron", CRONS)
def test_cron_with_seconds_is_read_as_its_vendor_means_it_with_a_warning_about_its_zone(cron: str) -> None:
    expected, namespaces = CRONS[cron]
    process = imported(timed_start("timeCycle", cron), namespaces=namespaces)
    assert process.definition["nodes"][0]["event"] == {"type": "timer", "cycle": expected}
    assert [(each.code, each.severity) for each in process.problems] == [("CRON_TIME_ZONE", "warning")]
    assert [each.code for each in compile_flow(process.definition)[1] if each.code == "INVALID_CYCLE"] == []


@pytest.mark.parametrize(
    ("cron", "namespaces"),
    [
        ("0 0 9 1 * MON", ZEEBE),
        ("0 0 9 ? * */2", ZEEBE),
        ("0 0 9 ? * 0/2", ZEEBE),
        ("0 0 9 ? * 0", CAMUNDA),
        ("0 0 9 ? * 2", ""),
        ("0 0 9 LW * ? 2030", CAMUNDA),
    ],
)
def test_cron_that_has_no_one_meaning_here_stays_and_is_refused(cron: str, namespaces: str) -> None:
    process = imported(timed_start("timeCycle", cron), namespaces=namespaces)
    assert process.definition["nodes"][0]["event"]["cycle"] == cron
    graph, problems = compile_flow(process.definition)
    assert graph is None
    assert [(each.node_id, each.code) for each in problems] == [("t", "INVALID_CYCLE")]


@pytest.mark.parametrize(
    ("tag", "text"),
    [
        ("timeDate", "2026-03-29T02:30:00[Europe/Berlin]"),
        ("timeDate", "2026-03-29T09:30:00+02:00[Europe/Berlin]"),
        ("timeDate", "2026-03-29T09:30:00"),
        ("timeDuration", "-PT5M"),
        ("timeDuration", "PT-5M"),
        ("timeCycle", "@daily"),
        ("timeCycle", "R/2026-03-29T09:30:00[Europe/Berlin]/P1D"),
        ("timeCycle", "TZ=Europe/Berlin 0 9 * * MON"),
    ],
)
@pytest.mark.parametrize("namespaces", [ZEEBE, CAMUNDA, ""])
def test_times_in_zones_and_before_now_are_taken_as_they_are(tag: str, text: str, namespaces: str) -> None:
    process = imported(timed_start(tag, text), namespaces=namespaces)
    assert process.problems == []
    assert list(process.definition["nodes"][0]["event"].values()) == ["timer", text]
    assert [
        each.code for each in compile_flow(process.definition)[1] if each.code.startswith("INVALID")
    ] == []


@pytest.mark.parametrize(
    ("xml", "namespaces"),
    [
        (extended("userTask", '<zeebe:taskSchedule dueDate="2026-03-29T09:30:00[Europe/Berlin]"/>'), ZEEBE),
        ('<userTask id="t" camunda:dueDate="2026-03-29T09:30:00"/>', CAMUNDA),
    ],
)
def test_a_due_date_takes_the_same_times(xml: str, namespaces: str) -> None:
    process = imported(xml, namespaces=namespaces)
    assert process.problems == []
    assert process.definition["nodes"][0]["dueDate"].startswith("2026-03-29T09:30:00")
    assert [
        each.code for each in compile_flow(process.definition)[1] if each.code.startswith("INVALID")
    ] == []
