"""The public JSON Schema of a definition as a text: what is served, and what stands in `docs/`."""

import json

from workers.flow.catalogue.models import public_schema


def schema_text() -> str:
    """The JSON of the schema, the same for the same code."""
    return json.dumps(public_schema(), indent=2, ensure_ascii=False) + "\n"
