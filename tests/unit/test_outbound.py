"""What an outbound call sends, and what its answer becomes."""

import gzip
import json
import socket
import zlib
from base64 import b64decode
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from pydantic import JsonValue

from tests.unit.local_server import LocalServer, Received, allowing, call, http, says
from workers.outbound import OutboundError, OutboundRequest

JSON_TYPE = "Content-Type: application/json"
FORM = "application/x-www-form-urlencoded"
FORM_BODY = b"grant=a+b&n=1&on=true&tag=x&tag=y%26"
XML_BODY = '<?xml version="1.0" encoding="ISO-8859-1"?><a>ü</a>'
XML_DECLARED = '<?xml encoding="latin1"?>ü'


def test_a_request_arrives_as_it_was_described() -> None:
    with LocalServer(says(http(204))) as server:
        call(
            allowing(server),
            server.url + "/refunds/ü?old=1",
            method="post",
            query={"q": "a b&c", "n": 1.5, "yes": True, "none": None, "many": ["x", 2]},
            headers={"Authorization": "Bearer t", "X-Name": "Zoë", "Accept-Encoding": "br"},
            body={"amount": 12, "reason": "grüße"},
        )
    (received,) = server.requests
    assert (received.method, received.target) == (
        "POST",
        "/refunds/%C3%BC?old=1&q=a%20b%26c&n=1.5&yes=true&many=x&many=2",
    )
    assert received.body == '{"amount":12,"reason":"grüße"}'.encode()
    assert received.headers == {
        "host": server.host,
        "connection": "close",
        "accept-encoding": "gzip",
        "content-length": str(len(received.body)),
        "accept": "*/*",
        "user-agent": "Procession",
        "authorization": "Bearer t",
        "x-name": "Zoë",
        "content-type": "application/json",
    }


@pytest.mark.parametrize(
    ("body", "content_type", "sent", "sent_type"),
    [
        (None, None, b"", None),
        ("plain ü", None, "plain ü".encode(), "text/plain; charset=utf-8"),
        ("<a/>", "application/xml", b"<a/>", "application/xml"),
        ([1, None], "application/vnd.api+json", b"[1,null]", "application/vnd.api+json"),
        (0, None, b"0", "application/json"),
        ("", None, b"", "text/plain; charset=utf-8"),
        ({"grant": "a b", "n": 1, "on": True, "tag": ["x", "y&"], "none": None}, FORM, FORM_BODY, FORM),
        ("a=b", FORM, b"a=b", FORM),
        ({}, FORM, b"", FORM),
        ({"a": {"b": 1}}, FORM, b"a=%7B%22b%22%3A1%7D", FORM),
        ([1], FORM, b"[1]", FORM),
    ],
)
def test_a_body_is_sent_as_its_type_says(
    body: JsonValue, content_type: str | None, sent: bytes, sent_type: str | None
) -> None:
    with LocalServer(says(http(204))) as server:
        headers = {"content-type": content_type} if content_type else {}
        call(allowing(server), server.url, method="PUT", headers=headers, body=body)
    (received,) = server.requests
    assert (received.body, received.headers.get("content-type")) == (sent, sent_type)
    assert received.headers["content-length"] == str(len(sent))


def test_bytes_are_sent_as_they_are() -> None:
    with LocalServer(says(http(204))) as server:
        request = OutboundRequest("PUT", server.url, {}, {"Content-Type": "image/png"}, None, 10.0, "/wD+")
        allowing(server).send(request)
        allowing(server).send(replace(request, headers={}))
    assert [received.body for received in server.requests] == [b"\xff\x00\xfe"] * 2
    types = [received.headers["content-type"] for received in server.requests]
    assert types == ["image/png", "application/octet-stream"]


@pytest.mark.parametrize(
    ("body", "content_type", "encoded"),
    [
        ({"a": 1}, "application/json", "/wD+"),
        (None, "image/png", "no base64"),
    ],
)
def test_bytes_beside_a_body_and_what_is_no_base64_are_not_sent(
    body: JsonValue, content_type: str, encoded: str | None
) -> None:
    headers = {"Content-Type": content_type}
    request = OutboundRequest("POST", "http://127.0.0.1:1/", {}, headers, body, 10.0, encoded)
    with pytest.raises(OutboundError) as error:
        allowing("127.0.0.1:1").send(request)
    assert error.value.code == "INVALID_REQUEST"


@pytest.mark.parametrize(
    ("header", "content", "body"),
    [
        (JSON_TYPE, b'{"a": [1, 2.5, null]}', {"a": [1, 2.5, None]}),
        ("Content-Type: application/problem+json; charset=utf-8", b'{"a": "\xc3\xbc"}', {"a": "ü"}),
        (JSON_TYPE, b"", None),
        (JSON_TYPE, b"{'a': 1}", "{'a': 1}"),
        (JSON_TYPE, b"[NaN]", "[NaN]"),
        (JSON_TYPE, b"[1e999]", "[1e999]"),
        (JSON_TYPE, b"[" * 65 + b"]" * 65, "[" * 65 + "]" * 65),
        (JSON_TYPE, b"[" * 66, "[" * 66),
        (JSON_TYPE, rb'{"a\u0000": "\ud800 \ud83d\ude00"}', {"a\ufffd": "\ufffd 😀"}),
        ("Content-Type: text/plain", b'{"a": 1}', '{"a": 1}'),
        ("Content-Type: text/plain", b"a\0b\xff", "a\ufffdb\ufffd"),
        ('Content-Type: text/html; Charset="ISO-8859-1"; x=y', b"gr\xfc\xdfe", "grüße"),
        ("Content-Type: text/plain; charset=punycode", b"tda", "tda"),
        ("Content-Type: text/plain; charset=nonsense", b"gr\xc3\xbc", "grü"),
        ("X-None: 1", b"text", "text"),
        ("Content-Type: application/octet-stream", b"text", "text"),
        ("Content-Type: application/json; charset=iso-8859-1", b'{"a": "gr\xfc\xdfe"}', {"a": "grüße"}),
        ("Content-Type: application/json; charset=utf-8", b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        (JSON_TYPE, '{"a": "ü"}'.encode("utf-16"), {"a": "ü"}),
        (JSON_TYPE, b"[9223372036854775807, -9223372036854775808]", [2**63 - 1, -(2**63)]),
        (JSON_TYPE, b"[9223372036854775808, 1]", ["9223372036854775808", 1]),
        ("Content-Type: text/xml", b'<?xml version="1.0" encoding="ISO-8859-1"?><a>\xfc</a>', XML_BODY),
        ("Content-Type: application/soap+xml", "<a>ü</a>".encode("utf-16"), "<a>ü</a>"),
        ("Content-Type: text/xml; charset=utf-8", b'<?xml encoding="latin1"?>\xc3\xbc', XML_DECLARED),
    ],
)
def test_a_body_becomes_json_or_text_that_can_be_kept(header: str, content: bytes, body: JsonValue) -> None:
    with LocalServer(says(http(200, header, body=content))) as server:
        assert call(allowing(server), server.url).body == body


def test_any_status_is_an_answer_with_its_headers() -> None:
    answer = http(503, "Retry-After: 7", "Set-Cookie: a=1", "set-cookie: b=2", JSON_TYPE, body=b"{}")
    with LocalServer(says(answer)) as server:
        response = call(allowing(server), server.url)
    assert (response.status, response.body) == (503, {})
    assert response.headers == {
        "retry-after": "7",
        "set-cookie": ["a=1", "b=2"],
        "content-type": "application/json",
        "content-length": "2",
    }


def test_a_head_request_has_no_body_to_wait_for() -> None:
    with LocalServer(says(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n")) as server:
        assert call(allowing(server), server.url, method="HEAD").body is None


def test_a_gzipped_answer_is_read_whole() -> None:
    content = gzip.compress(b'{"a":') + gzip.compress(b" 1}")
    with LocalServer(says(http(200, JSON_TYPE, "Content-Encoding: GZIP", body=content))) as server:
        assert call(allowing(server), server.url).body == {"a": 1}


@pytest.mark.parametrize(
    ("coding", "content"),
    [
        ("deflate", zlib.compress(b'{"a": 1}')),
        ("deflate", zlib.compress(b'{"a": 1}', wbits=-15)),
        ("x-gzip", gzip.compress(b'{"a": 1}', mtime=0)),
        ("identity", b'{"a": 1}'),
        ("deflate, gzip", gzip.compress(zlib.compress(b'{"a": 1}'), mtime=0)),
    ],
)
def test_a_compressed_answer_is_read_whatever_was_asked_for(coding: str, content: bytes) -> None:
    with LocalServer(says(http(200, JSON_TYPE, f"Content-Encoding: {coding}", body=content))) as server:
        response = call(allowing(server), server.url)
    assert (response.body, response.body_base64) == ({"a": 1}, None)


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip, br", "aes128gcm"])
def test_an_answer_in_a_coding_that_cannot_be_read_is_no_answer(coding: str) -> None:
    answer = says(http(200, f"Content-Encoding: {coding}", body=b"\x0b\x02"))
    with LocalServer(answer) as server, pytest.raises(OutboundError, match="compressed") as error:
        call(allowing(server), server.url)
    assert (error.value.code, error.value.retryable) == ("ENCODING_NOT_SUPPORTED", False)


@pytest.mark.parametrize(
    ("header", "content", "body"),
    [
        ("Content-Type: image/png", b"\x89PNG\xff", None),
        ("Content-Type: application/octet-stream", b"\xff\x00", None),
        ("Content-Type: text/plain", b"gr\xfc", "gr\ufffd"),
        ("Content-Type: text/plain", b"a\0b", "a\ufffdb"),
        ("Content-Type: text/plain; charset=ascii", b"\xfc", "\ufffd"),
    ],
)
def test_bytes_that_are_no_text_come_in_base64(header: str, content: bytes, body: JsonValue) -> None:
    with LocalServer(says(http(200, header, body=content))) as server:
        response = call(allowing(server), server.url)
    assert (response.body, b64decode(response.body_base64 or "")) == (body, content)


def test_calls_share_neither_connection_nor_cookie() -> None:
    with LocalServer(says(http(200, "Set-Cookie: session=1; Path=/"))) as server:
        client = allowing(server)
        call(client, server.url)
        call(client, server.url)
    assert server.connections == 2
    assert "cookie" not in server.requests[1].headers


def test_proxies_and_netrc_of_the_environment_are_ignored(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    netrc = tmp_path_factory.mktemp("home") / ".netrc"
    netrc.write_text("machine 127.0.0.1 login user password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with LocalServer(says(http(200))) as server, LocalServer(says(http(502))) as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        assert call(allowing(server, proxy), server.url).status == 200
    assert proxy.connections == 0
    assert "authorization" not in server.requests[0].headers


def test_many_threads_each_get_their_own_answer() -> None:
    def echo(connection: socket.socket, received: Received) -> None:
        connection.sendall(http(200, JSON_TYPE, body=json.dumps(received.target).encode()))

    with LocalServer(echo) as server, ThreadPoolExecutor(16) as threads:
        client = allowing(server)
        bodies = list(threads.map(lambda n: call(client, f"{server.url}/{n}").body, range(64)))
    assert bodies == [f"/{n}" for n in range(64)]


@pytest.mark.parametrize(
    ("url", "method", "headers"),
    [
        ("ftp://example.com/", "GET", {}),
        ("file:///etc/passwd", "GET", {}),
        ("//example.com/", "GET", {}),
        ("/path", "GET", {}),
        ("", "GET", {}),
        ("http:///path", "GET", {}),
        ("http://user:pw@example.com/", "GET", {}),
        ("http://@example.com/", "GET", {}),
        ("http://example.com\\@evil.example/", "GET", {}),
        ("http://example.com:99999/", "GET", {}),
        ("http://example.com:0/", "GET", {}),
        ("http://exam ple.com/", "GET", {}),
        ("http://example.com%00.evil.example/", "GET", {}),
        ("http://example.com/\r\nX: 1", "GET", {}),
        ("http://example.com/\ud800", "GET", {}),
        ("http://[2606:4700::1%25eth0]/", "GET", {}),
        ("http://0177.0.0.1/", "GET", {}),
        ("http://example.com/", "GET /", {}),
        ("http://example.com/", "", {}),
        ("http://example.com/", "CONNECT", {}),
        ("http://example.com/", "GET", {"X-A": "1\r\nX-B: 2"}),
        ("http://example.com/", "GET", {"X-A": "1\0"}),
        ("http://example.com/", "GET", {"X A": "1"}),
        ("http://example.com/", "GET", {"X-A\r\n": "1"}),
        ("http://example.com/", "GET", {"": "1"}),
        ("http://example.com/", "GET", {"X-A": "1", "x-a": "2"}),
        ("http://example.com/", "GET", {"Host": "other.example"}),
        ("http://example.com/", "GET", {"transfer-encoding": "chunked"}),
    ],
)
def test_what_cannot_be_sent_is_refused_before_anything_is_resolved(
    monkeypatch: pytest.MonkeyPatch, url: str, method: str, headers: dict[str, str]
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: pytest.fail("resolved"))
    with pytest.raises(OutboundError) as refused:
        call(allowing(), url, method=method, headers=headers)
    assert (refused.value.code, refused.value.retryable) == ("INVALID_REQUEST", False)


@pytest.mark.parametrize(
    "wrong",
    [
        {"timeout": 0.0},
        {"timeout": float("nan")},
        {"timeout": float("inf")},
        {"body": [float("nan")]},
        {"body": "\ud800"},
        {"query": {"q": "\ud800"}},
        {"query": {"q": {1, 2}}},
    ],
    ids=repr,
)
def test_values_that_have_no_wire_form_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(OutboundError) as refused:
        call(allowing(), "http://example.com/", **wrong)  # type: ignore[arg-type]
    assert refused.value.code == "INVALID_REQUEST"


def test_a_closed_client_sends_nothing() -> None:
    with LocalServer(says(http(200))) as server:
        client = allowing(server)
        client.close()
        with pytest.raises(RuntimeError):
            call(client, server.url)
    assert server.connections == 0
