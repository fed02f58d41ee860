"""Paths into JSON, as messages show them: `items[0].price`, `headers["content type"]`."""

import json
import re
from typing import Any


def join(path: str, step: str | int) -> str:
    """One step further down; "" is the value itself."""
    if isinstance(step, int):
        return f"{path}[{step}]"
    if not re.fullmatch(r"[A-Za-z_$][\w$-]{0,254}", step):
        return f"{path}[{shown(step)}]"
    return f"{path}.{step}" if path else step


def shown(value: Any, limit: int = 60) -> str:
    """A value as messages quote it: JSON, cut short."""
    text = json.dumps(value, ensure_ascii=False, default=repr)
    return text if len(text) <= limit else text[: limit - 1] + "…"
