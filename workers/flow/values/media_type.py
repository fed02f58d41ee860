"""The media type of a request, and how a body is written under it."""

FORM = "application/x-www-form-urlencoded"


def media_type(content_type: str) -> str:
    """The type alone, in lower case and without its parameters."""
    return content_type.partition(";")[0].strip().lower()


def takes_only_text(content_type: str) -> bool:
    """Whether only text can be written under it, because it is neither JSON nor a form."""
    kind = media_type(content_type)
    return kind.startswith(("multipart/", "image/", "audio/", "video/")) or kind.endswith(("/xml", "+xml"))
