"""The lines of docs/operating.md get an instance out of its incident."""

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from tests.flows import end, line, script, start, sub_process, user
from tests.product import Product

PAGE = (Path(__file__).parent.parent.parent / "docs" / "operating.md").read_text()
TOTAL = "={'total': price * 2}"
ASKING = line(user("ask", output={"total": "= price * 2"}))

#: The section with the lines, and a flow that stops: at once, or when the task `ask` was answered wrongly.
STOPPED: dict[str, dict[str, Any]] = {
    "A variable is wrong or missing": line(script("work", TOTAL)),
    "A local variable is wrong": line(
        sub_process("sub", start("s"), script("work", TOTAL), end("e"), flows=["s->work", "work->e"],
                    input={"price": "= price"}, output={"total": "= total"}),
    ),
    "An answer is wrong: change it": ASKING,
    "An answer is wrong: ask again": ASKING,
    "Nothing helps": ASKING,
}  # fmt: skip


@pytest.mark.parametrize("section", STOPPED)
def test_the_lines_of_the_page_lead_out_of_the_incident(product: Product, section: str) -> None:
    instance = product.api.start(product.api.publish(STOPPED[section]), {"price": "ten"})
    if STOPPED[section] is ASKING:
        product.api.until(instance, "WAITING", "ask")
        product.api.complete(instance, "ask", {"price": "ten"})
    seen = product.api.until(instance, "INCIDENT")
    known = {"URL": "", "KEY": "X-API-Key: …", "JSON": "", "INSTANCE": instance}
    known["TOKEN"] = seen["incidents"][0]["tokenId"]
    known["SCOPE"] = seen["scopes"][0]["scopeId"] if seen["scopes"] else ""
    for block in re.findall(r"```sh\n(.*?)```", _section(section), re.DOTALL):
        for curl in block.splitlines():
            _send(product, curl, known)
    if "ask again" in section:
        product.api.until(instance, "WAITING", "ask")
        product.api.complete(instance, "ask", {"price": 10})
    if section == "Nothing helps":
        product.api.until(instance, "CANCELLED")
    else:
        assert product.api.until(instance, "COMPLETED")["variables"]["total"] == 20


def _section(title: str) -> str:
    return PAGE.partition(f"## {title}\n")[2].partition("\n## ")[0]


def _send(product: Product, curl: str, known: dict[str, str]) -> None:
    """Sends what a line of curl would send."""
    told = re.sub(r"\$([A-Z]+)", lambda found: known[found[1]], curl)
    command, *words = shlex.split(told)
    assert command == "curl"
    method, path, body = "GET", "", None
    while words:
        word = words.pop(0)
        if word == "-X":
            method = words.pop(0)
        elif word == "-d":
            body = json.loads(words.pop(0))
        elif word == "-H":
            words.pop(0)
        elif not word.startswith("-"):
            path = word
    product.api.call(method, path, body)
