import json
from datetime import UTC, datetime
from typing import Any

import pytest

from workers.flow.jsonata.bounds import Bounds
from workers.flow.values.expression import UNDEFINED, ExpressionError
from workers.flow.values.template import (
    Evaluated,
    MissingVariable,
    TemplateSyntaxError,
    compile_template,
    percent_encode,
    reveal,
)

NOW = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
VARIABLES: dict[str, Any] = {
    "name": "Jane",
    "amount": 149.99,
    "large": 9_007_199_254_740_993,
    "flag": True,
    "nothing": None,
    "customer": {"id": 7, "first-name": "Jané", "tags": ["a", {"deep": 1}], "odd key": 5, "left": None},
    "größe_1": "L",
    "odd key": 1,
    "braces": "{name} and {{name}} and =name and {secrets.CRM}",
    "mask": "***",
}
SECRETS = {"CRM": "s3cr{name}t", "A/B": "a b"}


def value(template: Any, **options: Any) -> Any:
    return compile_template(template, **options).evaluate(VARIABLES, now=NOW).value


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("Approve {amount} EUR", "Approve 149.99 EUR"),
        ("{name}{name}", "JaneJane"),
        ("{customer.first-name}", "Jané"),
        ("{größe_1}", "L"),
        ("{customer.tags[1].deep}", 1),
        ('{customer["odd key"]}', 5),
        ('{["odd key"]}', 1),
        ('{["customer"]["tags"][0]}', "a"),
        ('{["n\\u0061me"]}', "Jane"),
        ("{{name}}", "{name}"),
        ("{{name}} is {name}", "{name} is Jane"),
        ("{{{name}}}", "{{name}}"),
        ('{"a": {name}}', '{"a": Jane}'),
        ('{"a": 1}', '{"a": 1}'),
        ("{}", "{}"),
        ("{ name }", "{ name }"),
        ("{1}", "{1}"),
        ("{name", "{name"),
        ("{name.}", "{name.}"),
        ("{name[-1]}", "{name[-1]}"),
        ("{name[01]}", "{name[01]}"),
        ('{["bad \\q"]}', '{["bad \\q"]}'),
        ("==name", "=name"),
        ("=={name}", "=Jane"),
        (" =name", " =name"),
        ("a = {amount}", "a = 149.99"),
        ("", ""),
    ],
)
def test_the_grammar_of_placeholders(template: str, expected: object) -> None:
    assert value(template) == expected


@pytest.mark.parametrize("name", ["amount", "large", "flag", "nothing", "customer", "name"])
def test_a_lone_placeholder_keeps_its_type(name: str) -> None:
    assert value(f"{{{name}}}") == VARIABLES[name]
    assert type(value(f"{{{name}}}")) is type(VARIABLES[name])


def test_in_a_text_values_are_rendered_as_json_strings_verbatim_and_null_as_empty() -> None:
    assert value("{flag}|{large}|{nothing}|{customer.left}|{name}") == "true|9007199254740993|||Jane"
    assert value("tags: {customer.tags}") == 'tags: ["a",{"deep":1}]'
    assert value("{customer.first-name} {customer.tags[1]}") == 'Jané {"deep":1}'


def test_what_was_put_in_is_never_expanded_again() -> None:
    assert value("{braces}!") == VARIABLES["braces"] + "!"
    assert value({"a": ["{braces}"]}) == {"a": [VARIABLES["braces"]]}


def test_a_json_value_is_walked_leaf_by_leaf() -> None:
    template = {"{name}": ["{amount}", "= amount * 2", 5, None, True, {"deep": "{customer.id}"}]}
    assert value(template) == {"{name}": [149.99, 299.98, 5, None, True, {"deep": 7}]}


def test_text_in_a_json_value_cannot_break_out_of_its_string() -> None:
    template = compile_template({"text": "say {quote}"})
    evaluated = template.evaluate({"quote": '", "admin": true, "'}, now=NOW)
    assert evaluated.value == {"text": 'say ", "admin": true, "'}


@pytest.mark.parametrize(
    "path",
    [
        "unknown",
        "customer.unknown",
        "customer.left.deeper",
        "customer.tags[2]",
        "customer.tags.length",
        "customer[0]",
        "name.upper",
        "name.__class__",
        "customer.__class__.__mro__",
        "customer.tags.append",
        "nothing.x",
    ],
)
def test_a_path_that_leads_nowhere_is_a_missing_variable_with_its_name(path: str) -> None:
    with pytest.raises(MissingVariable) as caught:
        value(f"x {{{path}}}")
    assert caught.value.name == path
    assert path in str(caught.value)


def test_undefined_leaves_a_key_out_is_null_in_an_array_and_undefined_at_the_root() -> None:
    assert value({"a": "= unknown", "b": ["= unknown", 1], "c": "= nothing"}) == {"b": [None, 1], "c": None}
    assert value("= unknown") is UNDEFINED


def test_it_tells_what_it_reads() -> None:
    template = compile_template(
        {"a": "{name} {customer.id} {secrets.CRM}", "b": ["= amount > limit", "{name}"]}, allow_secrets=True
    )
    assert template.placeholders == ("name", "customer")
    assert template.names == {"name", "customer", "amount", "limit"}
    assert template.reads == frozenset({"name", "customer", "amount", "limit"})
    assert template.secrets == {"CRM"}
    assert compile_template(["{name}", "= $keys($)", "= amount"]).reads is None
    assert compile_template({"a": 1, "b": "{{name}}"}).reads == frozenset()


def test_a_secret_is_masked_and_put_in_only_by_reveal() -> None:
    template = compile_template(
        {
            "headers": {"Authorization": "Bearer {secrets.CRM} for {name}", "X": "{secrets.CRM}"},
            "n": "{amount}",
        },
        allow_secrets=True,
    )
    evaluated = template.evaluate(VARIABLES, now=NOW)
    assert evaluated.value == {"headers": {"Authorization": "Bearer *** for Jane", "X": "***"}, "n": 149.99}
    assert reveal(evaluated, SECRETS.__getitem__) == {
        "headers": {"Authorization": "Bearer s3cr{name}t for Jane", "X": "s3cr{name}t"},
        "n": 149.99,
    }
    assert evaluated.value == {"headers": {"Authorization": "Bearer *** for Jane", "X": "***"}, "n": 149.99}


def test_what_was_evaluated_can_be_stored_as_json_and_revealed_later() -> None:
    template = compile_template(
        {"a/b": {"~": ["{secrets.CRM}", "= unknown"]}, "c": "= unknown"}, allow_secrets=True
    )
    evaluated = template.evaluate(VARIABLES, now=NOW)
    stored = json.loads(json.dumps({"value": evaluated.value, "secrets": evaluated.secrets}))
    assert stored["secrets"] == {"/a~1b/~0/0": [{"secret": "CRM"}]}
    assert "s3cr" not in json.dumps(stored)
    assert reveal(Evaluated(**stored), SECRETS.__getitem__) == {"a/b": {"~": ["s3cr{name}t", None]}}


def test_data_that_looks_like_a_secret_or_its_mask_is_never_taken_for_one() -> None:
    template = compile_template(
        {"user": "{braces}", "mask": "{mask}", "both": "{braces} {secrets.CRM}"}, allow_secrets=True
    )
    revealed = reveal(template.evaluate(VARIABLES, now=NOW), SECRETS.__getitem__)
    braces = VARIABLES["braces"]
    assert revealed == {"user": braces, "mask": "***", "both": f"{braces} s3cr{{name}}t"}


def test_quote_applies_to_each_placeholder_and_to_secrets_but_not_to_the_text_around_them() -> None:
    template = compile_template(
        "https://x.example/{path}/?k={secrets.CRM}&n={nothing}&t={tags}",
        allow_secrets=True,
        quote=percent_encode,
    )
    evaluated = template.evaluate({"path": "../a b/ü?", "nothing": None, "tags": [1, "x"]}, now=NOW)
    assert evaluated.value == "https://x.example/..%2Fa%20b%2F%C3%BC%3F/?k=***&n=&t=%5B1%2C%22x%22%5D"
    stored = Evaluated(**json.loads(json.dumps({"value": evaluated.value, "secrets": evaluated.secrets})))
    assert "k=s3cr%7Bname%7Dt&" in str(reveal(stored, SECRETS.__getitem__))


def test_quote_makes_a_lone_placeholder_text_too() -> None:
    assert value("{customer.id}", quote=percent_encode) == "7"
    assert value("{braces}", quote=percent_encode).startswith("%7Bname%7D")


@pytest.mark.parametrize(
    ("template", "options", "pointer", "message"),
    [
        ({"a": ["{secrets.CRM}"]}, {}, "/a/0", "works only in a service task's input"),
        ('{["secrets"].CRM}', {}, "", "works only in a service task's input"),
        ("{secrets}", {"allow_secrets": True}, "", "write {secrets.NAME}"),
        ("{secrets.A.b}", {"allow_secrets": True}, "", "write {secrets.NAME}"),
        ("{secrets[0]}", {"allow_secrets": True}, "", "write {secrets.NAME}"),
        (
            {"x/y": "= secrets.CRM"},
            {"allow_secrets": True},
            "/x~1y",
            "secrets cannot be read in an expression",
        ),
        (["= 1 +"], {}, "/0", "at character"),
        ("=", {}, "", "empty"),
    ],
)
def test_what_is_refused_says_where_and_why(
    template: Any, options: dict[str, Any], pointer: str, message: str
) -> None:
    with pytest.raises(TemplateSyntaxError) as caught:
        compile_template(template, **options)
    assert caught.value.pointer == pointer
    assert message in caught.value.message


def test_a_failed_expression_says_where_it_stands() -> None:
    with pytest.raises(ExpressionError, match=r"^/body/text: the right side of \+ must be a number"):
        value({"body": {"text": "= amount + 'x'"}})


@pytest.mark.parametrize(
    "template",
    [
        ["{big}"] * 10,
        "{big}" * 10,
        "{list}" * 100,
        {str(at): "= big" for at in range(10)},
        ["= $map([1..20], function($i) { $i })"] * 200,
    ],
)
def test_all_of_a_value_together_has_the_bounds_of_one_expression(template: Any) -> None:
    compiled = compile_template(template)
    with pytest.raises(ExpressionError) as caught:
        compiled.evaluate({"big": "x" * 1_000, "list": list(range(20))}, now=NOW, bounds=Bounds(result=4_000))
    assert caught.value.code == "EXPRESSION_RESULT_TOO_LARGE"
