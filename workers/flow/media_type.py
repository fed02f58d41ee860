"""How a body that is no text is written under the content type of a request."""

from typing import Literal

#: How such a body is named in messages.
BODY_WORDS = "a body that is an object, an array, a number or a boolean"

FORM = "application/x-www-form-urlencoded"


def media_type(content_type: str) -> str:
    """The type alone, in lower case and without its parameters."""
    return content_type.partition(";")[0].strip().lower()


def body_form(content_type: str) -> Literal["json", "form"] | None:
    """Whether it is written as JSON or as a form; None where it cannot be written at all."""
    kind = media_type(content_type)
    if kind == FORM:
        return "form"
    foreign = kind.startswith(("multipart/", "image/", "audio/", "video/")) or kind.endswith(("/xml", "+xml"))
    return None if foreign else "json"
