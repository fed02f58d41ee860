"""Runs under the code of an earlier release: publishes each case, parks one instance of it and ends another.

In comes {databaseUrl, redisUrl, hosts, cases: {name: {source, data}}}, a source that is text being BPMN;
out goes {organizationId, stored: {name: {processId, parked, end}}}.
"""

import json
import sys
import time
from typing import Any

from tests.product import Product
from tests.stores import Stores, migrate

#: How long an instance may move, in seconds.
PATIENCE = 60.0


def store(given: dict[str, Any]) -> dict[str, Any]:
    stores = Stores("", given["databaseUrl"], given["redisUrl"])
    migrate(stores.database_url)
    with Product(stores, allowed_private_hosts=given["hosts"]) as product:
        product.work()
        stored = {name: _store(product, case) for name, case in given["cases"].items()}
        return {"organizationId": product.organization_id, "stored": stored}


def _store(product: Product, case: dict[str, Any]) -> dict[str, Any]:
    api = product.api
    if isinstance(case["source"], str):
        headers = {"Content-Type": "application/xml"}
        answer = api.http.post("/flows", content=case["source"].encode(), headers=headers)
        assert answer.status_code == 201, answer.text
        process_id = answer.json()["processId"]
        api.call("POST", f"/flows/{process_id}/publish", {}, status=201)
    else:
        process_id = api.publish(case["source"])
    parked, ended = (api.start(process_id, case["data"]) for _ in range(2))
    for instance in (parked, ended):
        api.until(instance, "WAITING", "hold")
    api.complete(ended, "hold")
    return {"processId": process_id, "parked": parked, "end": end_of(product, ended)}


def end_of(product: Product, instance: str) -> dict[str, Any]:
    """How an instance that moves comes to rest, without what differs between two instances."""

    def rests() -> dict[str, Any] | None:
        state: dict[str, Any] = product.api.instance(instance)
        moves = any(token["state"] in ("ready", "running") for token in state["tokens"])
        stays = state["status"] == "WAITING" and not any(each["nodeId"] == "hold" for each in state["tokens"])
        return state if not moves and (stays or state["status"] in ("COMPLETED", "INCIDENT")) else None

    # What waits elsewhere in the tests has not stood in the same place in each release.
    deadline = time.monotonic() + PATIENCE
    while (state := rests()) is None:
        assert time.monotonic() < deadline, f"{instance} does not rest"
        time.sleep(0.02)
    return {
        "status": state["status"],
        "variables": state["variables"],
        "incidents": [(each["nodeId"], each["code"]) for each in state["incidents"]],
        "visited": sorted(product.api.visited(instance)),
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(store(json.load(sys.stdin))))
