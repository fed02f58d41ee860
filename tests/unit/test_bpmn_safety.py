"""XML from strangers: nothing is expanded, nothing is fetched, nothing is endless."""

from collections.abc import Callable
from contextlib import suppress
from itertools import count

import pytest

from app.authoring.sources import read_bpmn
from models.errors import Unprocessable
from tests.calls import calls
from tests.unit.bpmn import CAMUNDA, HEAD, ZEEBE
from workers.flow.bpmn.amount import MAX_FOREIGN
from workers.flow.bpmn.compare import differences
from workers.flow.bpmn.write import write_xml
from workers.flow.bpmn.xml import MAX_BYTES, MAX_DEPTH, MAX_ELEMENTS, BpmnError, read_xml
from workers.flow.interchange.read import import_bpmn

MODEL = "http://www.omg.org/spec/BPMN/20100524/MODEL"
FLOW = (
    f'<definitions xmlns="{MODEL}"><process id="P" isExecutable="true"><task id="t"/></process></definitions>'
)


def refused(data: bytes) -> BpmnError:
    with pytest.raises(BpmnError) as caught:
        import_bpmn(data)
    return caught.value


# Entities that stand for each other grow without end, and external ones read files; one that is refused is
# as good as any.
DOCTYPES = {
    "entity": '<!DOCTYPE d [<!ENTITY a "b">]><d>&a;</d>',
    "entity of entities": '<!DOCTYPE d [<!ENTITY a "b"><!ENTITY c "&a;">]><d>&c;</d>',
    "external entity": '<!DOCTYPE d [<!ENTITY x SYSTEM "x.txt">]><d>&x;</d>',
    "parameter entity": '<!DOCTYPE d [<!ENTITY % x SYSTEM "x.dtd"> %x;]><d/>',
    "external subset": '<!DOCTYPE d SYSTEM "x.dtd"><d/>',
    "public identifier": '<!DOCTYPE d PUBLIC "-//X//Y" "x.dtd"><d/>',
    "harmless doctype": "<!DOCTYPE definitions>" + FLOW,
}


@pytest.mark.parametrize("name", DOCTYPES)
def test_a_doctype_is_refused_before_anything_in_it_counts(name: str) -> None:
    error = refused(DOCTYPES[name].encode())
    assert "DOCTYPE" in error.message
    assert error.line == 1


def test_an_undeclared_entity_is_no_xml() -> None:
    assert "undefined entity" in refused(b"<d>&nbsp;</d>").message


def test_elements_deeper_than_the_limit_are_refused_with_their_line() -> None:
    assert read_xml(b"<a>" * MAX_DEPTH + b"</a>" * MAX_DEPTH).root.local == "a"
    error = refused(b"<a>\n" * (MAX_DEPTH + 1) + b"</a>" * (MAX_DEPTH + 1))
    assert "nested" in error.message
    assert error.line == MAX_DEPTH + 1


def test_a_document_larger_than_the_limit_is_not_looked_at() -> None:
    assert "bytes" in refused(b"<!DOCTYPE d>" + b" " * MAX_BYTES).message
    with pytest.raises(BpmnError, match="at most 10"):
        read_xml(b"<a>12345678</a>", max_bytes=10)


def test_the_number_of_elements_is_bounded() -> None:
    assert "elements" in refused(b"<a>" + b"<b/>" * MAX_ELEMENTS + b"</a>").message


def test_many_declarations_of_namespaces_take_no_more_work_each() -> None:
    def read(count: int) -> Callable[[], object]:
        declared = "".join(f'<a xmlns:n{number}="u"/>' for number in range(count))
        return lambda: read_xml(f"<r>{declared}</r>".encode())

    assert calls(read(1_000)) < 2.2 * calls(read(500))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1"])
def test_a_declared_encoding_and_a_byte_order_mark_are_believed(encoding: str) -> None:
    named = {"utf-8-sig": "utf-8"}.get(encoding, encoding)
    text = f'<?xml version="1.0" encoding="{named}"?>' + FLOW.replace('id="t"', 'id="t" name="Prüfen"')
    (process,) = import_bpmn(text.encode(encoding)).processes
    assert process.definition["nodes"] == [{"id": "t", "type": "task", "name": "Prüfen"}]


@pytest.mark.parametrize(
    "data",
    [
        '<?xml version="1.0" encoding="utf-8"?><a>ü</a>'.encode("iso-8859-1"),
        b'<?xml version="1.0" encoding="no-such-encoding"?><a/>',
        b'<?xml version="1.0" encoding="utf-7"?><a/>',
        b'<?xml version="1.0" encoding="zip"?><a/>',
        b"",
        b"   ",
        b"{}",
        b"\x00\x01\x02",
        b"<a>",
        b"<a></b>",
        b"<a/><b/>",
        b'<a x="1" x="2"/>',
        b"<p:a/>",
        b'<a p:x="1"/>',
        b'<a xmlns:p="u" xmlns:q="u" p:x="1" q:x="2"/>',
        b'<a xmlns:p=""/>',
        b"<a>\x08</a>",
    ],
)
def test_what_is_no_xml_is_one_clear_error(data: bytes) -> None:
    error = refused(data)
    assert error.message
    assert str(error).startswith(error.message)


def test_what_is_no_bpmn_is_refused() -> None:
    assert "root" in refused(b"<html/>").message
    assert "root" in refused(FLOW.replace(MODEL, "urn:other").encode()).message


def test_a_file_without_a_process_is_refused() -> None:
    assert "no process" in refused(f'<definitions xmlns="{MODEL}"/>'.encode()).message


def test_writing_what_was_read_changes_nothing() -> None:
    text = """<!--before-->
      <b:a xmlns:b="urn:b" xmlns="urn:d" z="1&#10;2&#9;&quot;&lt;" b:y="b:name"><?go now?>
      <c xmlns:b="urn:c">b:name &amp; <![CDATA[<raw>]]>&#13;</c><!-- in --> tail <d/></b:a><!--after-->"""
    document = read_xml(text.encode())
    written = write_xml(document)
    assert differences(document, read_xml(written)) == []
    assert write_xml(read_xml(written)) == written
    assert b"<!--before-->" in written
    assert b"<?go now?>" in written
    assert b"<!--after-->" in written


def test_prefixes_comments_and_quotes_are_no_difference() -> None:
    one = read_xml(b"""<p:a xmlns:p="urn:p" ref="p:x"> <p:b k='1'>t</p:b></p:a>""")
    two = read_xml(b"""<a xmlns="urn:p" xmlns:q="urn:p" ref="q:x"><b k="1"><!-- - -->t</b>\n</a>""")
    assert differences(one, two) == []


@pytest.mark.parametrize(
    ("changed", "path"),
    [
        ('<a xmlns:p="urn:p" ref="p:y"><b id="1">t</b><c/></a>', "/a@ref"),
        ('<a xmlns:p="urn:q" ref="p:x"><b id="1">t</b><c/></a>', "/a@ref"),
        ('<a xmlns:p="urn:p" ref="p:x"><b id="1">t </b><c/></a>', "/a/b[1]"),
        ('<a xmlns:p="urn:p" ref="p:x"><c/><b id="1">t</b></a>', "/a/b[1]"),
        ('<a xmlns:p="urn:p" ref="p:x"><b id="1">t</b></a>', "/a: c"),
        ('<a xmlns:p="urn:p" ref="p:x"><b id="1">t</b><c xmlns="urn:p"/></a>', "/a/c"),
        ('<a xmlns:p="urn:p" ref="p:x"><b id="1">t</b>text<c/></a>', "/a: c"),
    ],
)
def test_a_difference_is_named_with_its_path(changed: str, path: str) -> None:
    original = read_xml(b'<a xmlns:p="urn:p" ref="p:x"><b id="1">t</b><c/></a>')
    found = differences(original, read_xml(changed.encode()))
    assert found
    assert found[0].startswith(path)


def filled(head: str, unit: str, tail: str, size: int = MAX_BYTES) -> bytes:
    """A process of the size limit, of as many units as fit; `@` is their number."""
    before, after = f"{HEAD}{ZEEBE}{CAMUNDA}>{head}".encode(), f"{tail}</definitions>".encode()
    left, parts = size - len(before) - len(after), bytearray()
    for number in count():
        part = unit.replace("@", str(number)).encode()
        if len(parts) + len(part) > left:
            return before + bytes(parts) + after
        parts += part
    raise AssertionError


def condition(expression: str) -> tuple[str, str, str]:
    flow = '<sequenceFlow id="f@" sourceRef="t" targetRef="t"><conditionExpression>'
    end = "</conditionExpression></sequenceFlow>"
    return '<process id="P" isExecutable="true"><task id="t"/>', flow + expression + end, "</process>"


TASK = '<process id="P" isExecutable="true"><serviceTask id="t"><extensionElements>'
CALL = '<process id="P" isExecutable="true"><callActivity id="t" calledElement="o"><extensionElements>'
MANY = "".join(f'<process id="P{at}" isExecutable="true"><task id="t{at}"/></process>' for at in range(100))
LARGE: dict[str, tuple[str, str, str]] = {
    "mappings": (
        f"{TASK}<zeebe:ioMapping>",
        '<zeebe:input source="=a@ + 1" target="b@"/>',
        "</zeebe:ioMapping></extensionElements></serviceTask></process>",
    ),
    "variables of a call": (
        CALL,
        '<camunda:in source="a@" target="b@"/>',
        "</extensionElements></callActivity></process>",
    ),
    "choices": condition("${" + "a ? b : " * 49 + "1}"),
    "paths": condition("${a" + ".a" * 1_900 + " == 1}"),
    "tests": condition(f"=a in ({','.join(['b'] * 1_900)})"),
    "brackets": condition("=" + "(" * 49 + "a" + ")" * 49),
    "deep sub-processes": (
        '<process id="P" isExecutable="true">' + '<subProcess id="s">' * 58,
        '<task id="a@"/>',
        "</subProcess>" * 58 + "</process>",
    ),
    "long ids": (
        '<process id="P" isExecutable="true">' + f'<subProcess id="{"s" * 9_000}">' * 58,
        "<nothing/>",
        "</subProcess>" * 58 + "</process>",
    ),
    "messages of many processes": ("", '<message id="m@" name="@"/>', MANY),
}


@pytest.mark.parametrize("name", LARGE)
def test_a_file_of_the_size_limit_is_read_or_refused(name: str) -> None:
    with suppress(Unprocessable):
        assert read_bpmn(filled(*LARGE[name]))


@pytest.mark.parametrize("name", ["mappings", "variables of a call", "deep sub-processes"])
def test_a_file_that_is_twice_as_long_takes_about_twice_the_work(name: str) -> None:
    def read(size: int) -> Callable[[], object]:
        data = filled(*LARGE[name], size)
        return lambda: import_bpmn(data)

    assert calls(read(60_000)) < 3 * calls(read(30_000))


def test_expressions_that_would_take_too_long_to_translate_are_refused_together() -> None:
    error = refused(filled(*LARGE["mappings"]))
    assert f"{MAX_FOREIGN:,} characters" in error.message


def test_definitions_that_grow_far_beyond_their_file_are_refused() -> None:
    with pytest.raises(Unprocessable, match="divide the file"):
        read_bpmn(filled(*LARGE["messages of many processes"]))


def test_a_problem_names_a_long_id_by_its_beginning() -> None:
    (process,) = import_bpmn(filled(*LARGE["long ids"])).processes
    assert len(process.problems) == 500
    assert max(len(each.node_id or "") for each in process.problems) == 255
    assert max(len(each.path) for each in process.problems) < 20_000
