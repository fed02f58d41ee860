"""Each value is what JSR 341 gives; that a variable is missing is an error, as in the engines that use it."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from workers.flow.bpmn.foreign import Untranslatable
from workers.flow.bpmn.juel.translate import translate_juel
from workers.flow.bpmn.templated import translate_templated
from workers.flow.values.expression import UNDEFINED, ExpressionError, compile_expression
from workers.flow.values.template import compile_template

NOW = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
VARIABLES: dict[str, Any] = {
    "amount": 120,
    "zero": 0,
    "name": "Jane",
    "approved": True,
    "refused": False,
    "nothing": None,
    "blank": "",
    "list": [1, 2],
    "none": [],
    "map": {},
    "customer": {"address": {"city": "Bonn"}, "a b": 1, "left": None, "tags": ["x", "y"]},
    "items": [{"id": 7}],
    "in": 5,
    "a$b": "dollar",
}


def value(source: str) -> Any:
    result = compile_expression(translate_juel(source)).evaluate(VARIABLES, now=NOW)
    return None if result is UNDEFINED else result


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("${amount > 100 && approved}", True),
        ("#{amount > 100 and approved}", True),
        ("${amount gt 100 and not refused}", True),
        ("${refused || amount <= 120}", True),
        ("${refused or amount lt 120}", False),
        ("${approved}", True),
        ("${!approved}", False),
        ("${not approved || refused}", False),
        ("${!(amount > 100)}", False),
        ("${!nothing}", True),
        ("${nothing && approved}", False),
        ("${approved && nothing}", False),
        ("${name == 'Jane'}", True),
        ('${name eq "Jane"}', True),
        ("${name != 'Jane'}", False),
        ("${name ne 'Joe'}", True),
        ("${amount == 120.0}", True),
        ("${nothing == 'x'}", False),
        ("${nothing != 'x'}", True),
        ("${nothing == null}", True),
        ("${nothing != null}", False),
        ("${name == null}", False),
        ("${null == customer.left}", True),
        ("${customer.missing == null}", True),
        ("${customer.missing != 'x'}", True),
        ("${nothing == customer.missing}", True),
        ("${nothing == amount}", False),
        ("${nothing != amount}", True),
        ("${approved == true}", True),
        ("${approved == 'true'}", True),
        ("${refused == 'true'}", False),
        ("${amount == '120'}", True),
        ("${nothing == 'true'}", False),
        ("${nothing > 1}", False),
        ("${nothing <= 1}", False),
        ("${nothing <= nothing}", True),
        ("${nothing <= customer.missing}", True),
        ("${nothing >= amount}", False),
        ("${nothing < nothing}", False),
        ("${amount >= in}", True),
        ("${name < 'K'}", True),
        ("${customer.address.city}", "Bonn"),
        ("${customer['address'].city == 'Bonn'}", True),
        ("${customer['a b']}", 1),
        ("${customer.left.more}", None),
        ("${customer.tags[1]}", "y"),
        ("${items[0].id}", 7),
        ("${list[1] == list[1]}", True),
        ("${items[3].id}", None),
        ("${in + 1}", 6),
        ("${a$b}", "dollar"),
        ("${amount * 2 - 40 / 4 + 1}", 231),
        ("${amount div 7 mod 2 > 1}", True),
        ("${-amount + 1}", -119),
        ("${7 / 2}", 3.5),
        ("${-7 % 3}", -1),
        ("${10 - 3 - 2}", 5),
        ("${(amount - 20) / (2 + 3)}", 20),
        ("${nothing + 1}", 1),
        ("${customer.missing * 2 + 1 == 1}", True),
        ("${1.5e2}", 150),
        ("${amount > 100 ? 'large' : 'small'}", "large"),
        ("${nothing ? 1 : 2}", 2),
        ("${approved ? refused ? 1 : 2 : 3}", 2),
        ("${(approved ? amount : zero) + 1}", 121),
        ("${(approved ? nothing : zero) + 1}", 1),
        ("${empty nothing}", True),
        ("${empty blank}", True),
        ("${empty none}", True),
        ("${empty map}", True),
        ("${empty zero}", False),
        ("${empty refused}", False),
        ("${empty customer.missing}", True),
        ("${not empty list}", True),
        ("${!empty customer.tags && approved}", True),
        ("${empty list || approved}", True),
        ("${'it\\'s'}", "it's"),
        ("${null}", None),
        ("${execution.getVariable('amount') > 1}", True),
        ("${execution.getVariable('missing') == null}", True),
        ("${execution.getVariable('a b') == null}", True),
        ("${execution.hasVariable('amount')}", True),
        ("${execution.hasVariable('nothing') && !execution.hasVariable(\"missing\")}", True),
        ("${execution.processBusinessKey == null}", True),
        ("${approved || missing}", True),
        ("${refused && missing == 1}", False),
        ("${approved ? 1 : missing}", 1),
        ("${nothing == null || nothing > missing}", True),
    ],
)
def test_juel_comes_to_what_its_specification_says(source: str, expected: Any) -> None:
    assert json.dumps(value(source)) == json.dumps(expected)


@pytest.mark.parametrize(
    "source",
    [
        "${missing == 'x'}",
        "${missing != null}",
        "${empty missing}",
        "${missing > 1}",
        "${amount > 100 && missing}",
        "${refused || !missing}",
        "${refused ? 1 : missing.a}",
        "${missing ? 1 : 2}",
        "${amount + missing}",
        "${missing.a.b == null}",
    ],
)
def test_a_variable_that_is_read_and_missing_is_an_error(source: str) -> None:
    with pytest.raises(ExpressionError, match="missing is missing"):
        value(source)


@pytest.mark.parametrize(
    ("source", "word"),
    [
        ("amount > 1", "`${…}`"),
        ("Hello ${name}", "`${…}`"),
        ("${a}${b}", "after the end"),
        ("${}", "empty"),
        ("${bean.check(order)}", "`check()`"),
        ("${list.size() > 0}", "`size()`"),
        ("${now()}", "`now()`"),
        ("${fn:length(x)}", "`fn:length()`"),
        ("${execution.id}", "`execution`"),
        ("${execution.hasVariable(x)}", "`execution.hasVariable()`"),
        ("${execution.hasVariableLocal('x')}", "`execution.hasVariableLocal()`"),
        ("${execution.processBusinessKey()}", "`execution.processBusinessKey()`"),
        ("${task.processInstanceId}", "`task`"),
        ("${execution.getVariable(x)}", "`execution.getVariable()`"),
        ("${execution.setVariable('x', 1)}", "`execution.setVariable()`"),
        ("${task.assignee}", "`task`"),
        ("${x = 1}", "assignment"),
        ("${(x = 1)}", "assignment"),
        ("${(x -> x)}", "lambda"),
        ("${a; b}", "`;`"),
        ("${a += 'x'}", "`+=`"),
        ("${{'a': 1}}", "set or map"),
        ("${x instanceof y}", "`instanceof`"),
        ("${'a' + name}", "`+` on a string"),
        ("${true + 1}", "boolean"),
        ("${items[i]}", "`[…]`"),
        ("${items[-1]}", "`[…]`"),
        ("${1 == 'a'}", "`==`"),
        ("${1 < 'a'}", "`<`"),
        ("${1 && x}", "number"),
        ("${'a\\n'}", "`\\n`"),
        ("${secrets.KEY}", "secrets"),
        ("${'open}", "`}`"),
        ("${a b}", "`b`"),
        ("${" + "(" * 51 + "1" + ")" * 51 + "}", "deep"),
        ("${" + "!" * 60 + "x}", "deep"),
        ("${" + "a ? " * 60 + "1" + " : 2" * 60 + "}", "deep"),
        ("${" + "a" * 4_001 + "}", "4000 characters"),
        ("${" + "a+" * 1_900 + "a}", "long"),
        ("${" + "a." * 1_900 + "a}", "long"),
        ("${" + "(" * 990 + "}", "deep"),
    ],
)
def test_what_has_no_twin_is_refused_by_name(source: str, word: str) -> None:
    with pytest.raises(Untranslatable) as refused:
        translate_juel(source)
    assert word in str(refused.value)


@pytest.mark.parametrize(
    ("source", "text", "expected"),
    [
        ("Hello ${name}!", "Hello {name}!", "Hello Jane!"),
        ("${name}", "{name}", "Jane"),
        ("${amount}", "{amount}", 120),
        ("${customer.address.city}-${items[0].id}", None, "Bonn-7"),
        ("${name}-${amount}", "{name}-{amount}", "Jane-120"),
        ("to ${customer.missing} of ${customer.address.more.or.less}", None, "to  of "),
        ("${approved} ${nothing} ${zero}", None, "true  0"),
        ("${approved ? amount + 1 : 0} ${zero - 1}", None, "121 -1"),
        ("=${name}", "=={name}", "=Jane"),
        ("{${name}}", None, "{Jane}"),
        ("{a} ${name}", "{{a}} {name}", "{a} Jane"),
        ("\\${name} ${name}", None, "${name} Jane"),
        ("${customer.missing == null} ${nothing}.", None, "true ."),
        ("${amount + 1} EUR", None, "121 EUR"),
        ("${customer['a b']}x", None, "1x"),
        ("${amount + 1}", None, 121),
        ("plain {name}", "plain {{name}}", "plain {name}"),
        ("=x", "==x", "=x"),
        ("{{x}}", "{{{x}}}", "{{x}}"),
        ('{["a{b"]}', None, '{["a{b"]}'),
        ("PT1H", "PT1H", "PT1H"),
        ('{"a": 1}', '{"a": 1}', '{"a": 1}'),
    ],
)
def test_a_text_with_expressions_is_a_template_that_yields_the_same(
    source: str, text: str | None, expected: Any
) -> None:
    translated = translate_templated(source, "juel")
    assert text is None or translated == text
    assert compile_template(translated).evaluate(VARIABLES, now=NOW).value == expected


def test_what_decimals_add_up_to_is_never_written_otherwise_than_by_java() -> None:
    translated = compile_template(translate_templated("${amount + half} EUR", "juel"))
    assert translated.evaluate({"amount": 2, "half": 1}, now=NOW).value == "3 EUR"
    for half in (0.5, "0.5", 1e-7):
        with pytest.raises(ExpressionError, match="decimals"):
            translated.evaluate({"amount": 2, "half": half}, now=NOW)
    with pytest.raises(ExpressionError, match="decimals"):
        compile_template(translate_templated("${amount / 2} EUR", "juel")).evaluate({"amount": 2}, now=NOW)


def test_a_translation_stays_small() -> None:
    for source in ("${approved}", "${!approved}", "${decision == 'approved'}", "${approved == true}"):
        assert len(translate_juel(source)) < 250
    many = " && ".join(f"a{at} == b{at}" for at in range(40))
    assert len(translate_juel(f"${{{many}}}")) < 6_000


def test_a_plain_path_stays_as_it_is() -> None:
    assert translate_juel("${execution.getVariable('decision')}") == "= decision"


def test_an_execution_knows_its_instance_and_the_key_of_it() -> None:
    assert translate_juel("${execution.processBusinessKey}") == "= correlationKey"
    assert translate_juel("${execution.processInstanceId}") == "= processInstanceId"
