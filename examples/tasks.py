"""The python tasks of the order example; `TASK_MODULES=examples.tasks` registers them."""

from typing import Any

from workers.tasks import Context, task


@task("charge-card")
def charge_card(input: Any, context: Context) -> dict[str, Any]:
    """A payment provider would get the idempotency key, so that a repeated attempt charges once."""
    if input["fail"]:
        raise ConnectionError(f"the payment provider does not answer (attempt {context.attempt})")
    return {"paymentId": f"pay_{context.idempotency_key[:12]}", "amount": input["amount"]}


@task("reserve-stock")
def reserve_stock(input: Any, context: Context) -> dict[str, Any]:  # noqa: ARG001
    return {"reserved": len(input["items"])}
