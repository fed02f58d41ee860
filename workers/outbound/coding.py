"""Content codings: decompresses an answer within a bound."""

import gzip
import io
import zlib

from models.incident_code import IncidentCode
from workers.outbound.error import OutboundError

#: The most codings, one after another, that are decoded.
_MOST_CODINGS = 3


def decoded(content: bytes, codings: str, max_bytes: int) -> bytes:
    """The body behind a `Content-Encoding` header, in which the last coding was applied last.

    Only gzip is asked for, but servers send what they have. Never makes more than `max_bytes` and one byte.

    Raises:
        OutboundError: ENCODING_NOT_SUPPORTED, RESPONSE_TOO_LARGE, or CONNECTION_FAILED for a broken body.
    """
    names = [name for each in codings.lower().split(",") if (name := each.strip()) not in {"", "identity"}]
    unknown = next((name for name in names if name not in _READERS), None)
    if unknown is not None or len(names) > _MOST_CODINGS:
        what = unknown or f"{len(names)} times over"
        raise OutboundError(
            IncidentCode.ENCODING_NOT_SUPPORTED,
            f"the answer is compressed ({what[:40]}) though only gzip was asked for",
        )
    for name in reversed(names if content else []):
        try:
            content = _READERS[name](content, max_bytes + 1)
        except (EOFError, OSError, zlib.error):
            raise OutboundError(IncidentCode.CONNECTION_FAILED, "the compressed answer is broken") from None
        if len(content) > max_bytes:
            raise OutboundError(
                IncidentCode.RESPONSE_TOO_LARGE, f"the answer is larger than {max_bytes} bytes"
            )
    return content


def _gunzip(content: bytes, most: int) -> bytes:
    with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
        return file.read(most)


def _inflate(content: bytes, most: int) -> bytes:
    # Some servers leave out the frame that RFC 9110 asks for; it begins with 8 in the lower four bits.
    inflating = zlib.decompressobj(zlib.MAX_WBITS if content[0] & 15 == 8 else -zlib.MAX_WBITS)
    plain = inflating.decompress(content, most)
    if len(plain) < most and not inflating.eof:
        raise EOFError("the end is missing")
    return plain


_READERS = {"gzip": _gunzip, "x-gzip": _gunzip, "deflate": _inflate}
