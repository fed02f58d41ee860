"""The rules of each entry of the reference, from `rules.md` beside this file."""

import re
from pathlib import Path


def read_rules() -> dict[str, str]:
    """The lists of rules, in Markdown, by entry."""
    _, *parts = re.split(r"^## (.+)$", (Path(__file__).parent / "rules.md").read_text(), flags=re.MULTILINE)
    return {entry: text.strip() for entry, text in zip(parts[::2], parts[1::2], strict=True)}
