"""What nobody should send, and somebody does: each gets a clear no."""

from config import routing
from tests.examples import writes

JSON, UUID = "application/json", "018f3c6e-0000-7000-8000-000000000001"


def _plain(address: object) -> str:
    return f"/api/v1/{address}".replace("<code:code>", "ann").replace("<uuid:id>", UUID)


PATHS = [_plain(each.pattern) for each in routing.api_urlpatterns()]
WRITES = [
    (method, _plain(path)) for method, _, path in (route.partition(" ") for route in writes.WRITES)
]

QUERIES = [
    *["cursor=", "cursor=x", "cursor=%00", "cursor=%ff", "cursor=a:b:c", "cursor=" + "x" * 4000],
    *["limit=", "limit=0", "limit=-1", "limit=1001", "limit=1e3", "limit=1.0", "limit=%EF%BC%91"],
    *["limit=" + "9" * 40, "limit=1&limit=2", "limit=1%00", "limit[]=1", "order=", "order=up"],
    *["order=asc&order=desc", "page=2", "offset=1", "as_of=", "x", "=", "%00=1", "%ff=%ff"],
    *["after=-1", "after=x", "after=1.5", "after=" + "9" * 19, "after=" + "9" * 40],
    *["types=%00", "prefix=%00", "reference=a%00", "account=%00", "since=%00", "since=today"],
    *["since=2024-02-30", "since=2024-1-1", "until=0000-01-01", "until=99999-01-01"],
    "&".join(f"a{number}=1" for number in range(1001)),
]

BODIES = [
    *[b"", b"{}", b"[]", b"null", b"1", b'"a"', b"{", b"\xff", b"\0", b"[" * 50_000, b"a=1"],
    *[b'{"code": "a", "code": "a"}', b'{"code": "\\u0000"}', b'{"code": "\\ud800"}'],
    *[b'{"amount": 1.0}', b'{"amount": NaN}', b'{"amount": %s}' % (b"9" * 5000), b'{"": ""}'],
    b'{"from": "a", "to": "b", "amount": true}',
    '{"from": "a", "to": "b", "amount": "１"}'.encode(),
    b'{"from": "a", "to": "b", "amount": 1, "effective_on": "2024-02-30"}',
    b'{"from": "a", "to": "b", "amount": 1, "currency": "\\u0000"}',
    b'{"from": ["a"], "to": {"b": 1}, "amount": 1}',
    b'{"legs": {}}',
    b'{"legs": [1, 2]}',
    b'{"legs": []}',
    b'{"legs": [' + b",".join([b"{}"] * 101) + b"]}",
    b'{"legs": [{"account": "a", "direction": "debit", "amount": 1}], "from": "a"}',
    b'{"code": "a", "name": "A", "currency": "XXXX"}',
    b'{"code": "a", "name": "A", "currency": "EUR", "owner": "%s"}' % UUID.encode(),
    b'{"code": "a", "name": "A", "currency": "EUR", "metadata": {"a": {"b": 1}}}',
    b'{"code": "a", "name": "A", "currency": "EUR", "overdraft_limit": -1}',
    b'{"code": "%s", "name": "A", "currency": "EUR"}' % (b"a" * 201),
    b'{"name": "' + b"x" * 1_100_000 + b'"}',
]

KINDS = ["", "text/plain", "text/html", "application/xml", "application/x-www-form-urlencoded"]
KINDS += ["multipart/form-data; boundary=x", "multipart/form-data", "application/json5", "x", "/"]

HEADERS = [
    *[{"Idempotency-Key": key} for key in ("", " ", "a b", "é", "\x01", "x" * 256)],
    *[{"Accept": kind} for kind in ("text/html", "application/xml", "image/*")],
    *[{"Content-Length": "-1"}, {"Content-Length": "x"}, {"Authorization": "Bearer \xff"}],
    *[{"Host": "evil.example"}, {"Host": "a b"}, {"Host": "[::1"}],
]

ODD = ["A", "a%00b", "a%0A", "a%2F..", "..", "a:", "%ff", "%F0%9F%98%80", "a" * 300, "0" * 3000]
