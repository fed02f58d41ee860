"""How /openapi.json groups the calls."""

from flask_openapi.models.tag import Tag

EXECUTION = Tag(name="Execution", description="Start instances, look at them, and move them on.")
EXTERNAL_WORKERS = Tag(
    name="External workers", description="Jobs of external service tasks, for workers in any language."
)
AUTHORING = Tag(
    name="Authoring", description="Flows: their drafts, their versions, and which version runs where."
)
SECRETS = Tag(name="Secrets", description="Values that flows name and nobody reads.")
SIGNING_IN = Tag(name="Signing in", description="Tokens for users.")
HEALTH = Tag(name="Health", description="For whoever watches the process.")
