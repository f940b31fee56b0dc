"""The web server's two halves, met through real sockets."""

import asyncio
import json
from contextlib import ExitStack

import pytest
from django.conf import settings
from django.http import HttpResponse, StreamingHttpResponse

from commands.access.models import Token
from commands.engine.models import Request
from config import halves
from config.halves import Halves
from config.management.commands.serve import allow_files
from tests.examples.asking import rich
from tests.examples.connections import until
from tests.examples.factories import user
from tests.examples.people import ANN, SAM
from tests.examples.serving import Client, serving

pytestmark = pytest.mark.django_db(transaction=True)


PAY = {"from": "ann", "to": "world", "amount": 1}


def test_a_command_is_answered_as_the_other_half_would(sam, client):
    lean = sam.ask("POST", "/api/v1/transfers", PAY)
    plain = client.post(
        "/api/v1/transfers", json.dumps(PAY), content_type="application/json", headers=sam.headers
    )
    assert (lean.status, plain.status_code) == (201, 201)
    assert list(json.loads(lean.content)) == list(plain.json())
    ours = {"Daybook-Request", "Daybook-Position", "Content-Length", "Date", "Server"}
    headers = {name.title(): value for name, value in lean.getheaders()}
    assert {**headers, **dict.fromkeys(ours)} == {**plain.headers, **dict.fromkeys(ours)}


JSON = {"Content-Type": "application/json"}
ODD = {
    "a refusal": ("", json.dumps({**PAY, "amount": 10**6}), JSON),
    "no token": ("", json.dumps(PAY), {**JSON, "Authorization": ""}),
    "another kind of token": ("", json.dumps(PAY), {**JSON, "Authorization": "Basic eDp5"}),
    "an unknown token": ("", json.dumps(PAY), {**JSON, "Authorization": "Bearer db_x_y"}),
    "no content": ("", "", JSON),
    "no content and no type": ("", "", {}),
    "no JSON": ("", "{", JSON),
    "no UTF-8": ("", b"\xff", JSON),
    "a key twice": ("", '{"from": "ann", "from": "ann"}', JSON),
    "a list": ("", "[]", JSON),
    "much of it": ("", json.dumps({**PAY, "description": "x" * 20_000}), JSON),
    "a form": ("", "from=ann", {"Content-Type": "application/x-www-form-urlencoded"}),
    "a charset": ("", "{}", {"Content-Type": "application/json; charset=utf-8"}),
    "text is wanted": ("", json.dumps(PAY), {**JSON, "Accept": "text/html"}),
    "JSON is wanted": (
        "",
        json.dumps({**PAY, "amount": 0}),
        {**JSON, "Accept": "application/json"},
    ),
    "a dry run": ("?dry_run=true", json.dumps(PAY), JSON),
    "an odd parameter": ("?colour=blue", json.dumps(PAY), JSON),
    "an encoded body": ("", json.dumps(PAY), {**JSON, "Content-Encoding": "gzip"}),
    "an odd key": ("", json.dumps(PAY), {**JSON, "Idempotency-Key": "a b"}),
    "a version of nothing": ("", json.dumps(PAY), {**JSON, "If-Match": '"1"'}),
}


@pytest.mark.parametrize("what", ODD)
def test_both_halves_answer_alike(sam, client, what):
    query, body, headers = ODD[what]
    headers = {name: value for name, value in {**sam.headers, **headers}.items() if value}
    sam.connection.request("POST", f"/api/v1/transfers{query}", body, headers)
    lean = sam.connection.getresponse()
    type_ = headers.pop("Content-Type", "")
    plain = client.generic("POST", f"/api/v1/transfers{query}", body, type_, headers=headers)
    told = [json.loads(text) for text in (lean.read(), plain.content)]
    for each in told:
        each.pop("request", None)
        each.get("transfer", {}).update(id="", recorded_at="")
    assert (lean.status, told[0]) == (plain.status_code, told[1])
    for name in ("Content-Type", "Cache-Control", "Vary", "Allow", "WWW-Authenticate"):
        assert lean.headers[name] == plain.headers.get(name)


@pytest.mark.parametrize(("scopes", "status"), [(["read"], 403), (["write"], 201), ([], 201)])
def test_a_token_reaches_as_far_as_its_scopes(sam, scopes, status):
    sam.headers = {"Authorization": f"Bearer {Token.issue(user(SAM), scopes=scopes)}"}
    assert sam.ask("POST", "/api/v1/transfers", PAY).status == status


def test_who_asks_too_often_is_told_when_to_ask_again():
    rich("ann", 500, owner=ANN)
    with serving(DAYBOOK_RATE_LIMIT="0.01") as server:
        asking = Client(server)
        answers = [asking.ask("POST", "/api/v1/transfers", PAY) for _ in range(2)]
        asking.connection.close()
    assert [each.status for each in answers] == [201, 429]
    assert int(answers[1].headers["Retry-After"]) >= 1
    assert [each.headers["RateLimit"].partition(";")[2] for each in answers] == ["r=0;t=100"] * 2


def test_the_request_row_has_the_id_that_the_answer_names(sam):
    answer = sam.ask("POST", "/api/v1/transfers", {**PAY, "amount": 10**6})
    assert answer.status == 422
    row = Request.objects.get(pk=answer.headers["Daybook-Request"])
    assert (row.status, row.source) == ("refused", "api")


def test_every_log_line_of_a_request_names_it(sam, served):
    answer = sam.ask("POST", "/api/v1/transfers", PAY)
    id_ = answer.headers["Daybook-Request"]
    until(lambda: id_ in served.log.read_text(), "the line")
    (line,) = [line for line in served.log.read_text().splitlines() if id_ in line]
    told = json.loads(line)
    assert (told["request_id"], told["status"], told["user"]) == (id_, 201, str(SAM.id))
    assert "Bearer" not in line


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/accounts/ann", 200),
        ("OPTIONS", "/api/v1/accounts/ann", 204),
        ("DELETE", "/api/v1/accounts/ann", 405),
        ("PUT", "/api/v1/transfers", 405),
        ("BREW", "/api/v1/transfers", 405),
        ("POST", "/api/v1/nothing", 404),
        ("GET", "/static/daybook.css", 200),
        ("GET", "/nothing", 404),
    ],
)
def test_each_address_is_answered(sam, method, path, status):
    answer = sam.ask(method, path)
    assert answer.status == status
    if status == 405:
        assert "OPTIONS" in answer.headers["Allow"]


def test_what_every_file_and_page_loads_is_what_it_says_it_is(sam):
    for path in ("/static/daybook.css", "/login", "/api/v1/accounts"):
        assert sam.ask("GET", path).headers["X-Content-Type-Options"] == "nosniff"


def test_a_head_has_the_headers_of_a_get_and_no_body(sam):
    head = sam.ask("HEAD", "/api/v1/accounts/ann")
    get = sam.ask("GET", "/api/v1/accounts/ann")
    assert (head.status, head.content) == (200, b"")
    for name in ("Content-Length", "ETag", "Allow", "Content-Type"):
        assert head.headers[name] == get.headers[name]


def test_a_body_in_chunks_is_a_body(sam):
    text = json.dumps(PAY).encode()
    chunked = (text[at : at + 7] for at in range(0, len(text), 7))
    headers = {**sam.headers, "Content-Type": "application/json"}
    sam.connection.request("POST", "/api/v1/transfers", chunked, headers, encode_chunked=True)
    assert sam.connection.getresponse().status == 201


@pytest.mark.parametrize("path", ["/api/v1/transfers", "/login"])
def test_a_body_without_end_is_refused(sam, path):
    size = settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1
    sam.connection.request("POST", path, b"x" * size, sam.headers)
    answer = sam.connection.getresponse()
    problem = answer.headers["Content-Type"] == "application/problem+json"
    assert (answer.status, problem) == (413, path.startswith("/api/"))


def test_a_query_that_is_no_text_is_refused(served, sam):
    with served.connect() as bare:
        bare.sendall(b"GET /api/v1/accounts?limit=\xff HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert b" 400 " in bare.recv(200)
    assert sam.ask("GET", "/api/v1/accounts?prefix=%FF").status == 200


def test_thousands_who_are_connected_keep_nobody_waiting(served, clients):
    allow_files(4_000)
    with ExitStack() as idle:
        for _ in range(2_000):
            idle.enter_context(served.connect())
        assert clients().ask("GET", "/healthz").status == 200


def test_half_sent_bodies_hold_no_thread(served, sam):
    head = b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nx"
    slow = [served.connect() for _ in range(50)]
    for each in slow:
        each.sendall(head)
    assert sam.ask("GET", "/api/v1/accounts/ann").status == 200
    assert sam.ask("POST", "/api/v1/transfers", PAY).status == 201
    for each in slow:
        each.close()


def test_a_session_asks_with_its_csrf_token_only(clients, client):
    rich("ann", 500, owner=ANN)
    client.force_login(user(ANN))
    cookie = f"sessionid={client.cookies['sessionid'].value}; csrftoken={'a' * 32}"
    page = clients()
    for token, status in (("", 403), ("b" * 32, 403), ("a" * 32, 201)):
        page.headers = {"Cookie": cookie} | ({"X-CSRFToken": token} if token else {})
        assert page.ask("POST", "/api/v1/transfers", PAY).status == status


def test_a_body_that_does_not_come_is_given_up(monkeypatch):
    monkeypatch.setattr(halves, "BODY_SECONDS", 0.01)
    sent = []

    async def never():
        await asyncio.Event().wait()

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/api/v1/accounts", "query_string": b""}
    asyncio.run(Halves()({**scope, "headers": [(b"host", b"localhost")]}, never, send))
    assert (sent[0]["status"], json.loads(sent[1]["body"])["code"]) == (408, "too-slow")


def test_readers_that_do_not_read_keep_nobody_waiting(monkeypatch):
    """Twenty streams are held up, more than there are threads of either kind."""

    def answer(self, request):
        return StreamingHttpResponse([b"x"]) if request.path == "/stream" else HttpResponse("ok")

    monkeypatch.setattr(Halves, "_in_thread", answer)

    async def held_up():
        application, read, reading = Halves(), asyncio.Event(), asyncio.Event()

        async def receive():
            return {"type": "http.request"}

        async def ask(path, send):
            scope = {"type": "http", "method": "GET", "path": path, "query_string": b""}
            await application({**scope, "headers": []}, receive, send)

        async def slowly(message):
            if message["type"] == "http.response.body":
                reading.set()
                await read.wait()

        slow = [asyncio.create_task(ask("/stream", slowly)) for _ in range(20)]
        await reading.wait()
        sent = []

        async def send(message):
            sent.append(message)

        await asyncio.wait_for(ask("/page", send), 10)
        read.set()
        await asyncio.gather(*slow)
        return sent

    assert asyncio.run(held_up())[1]["body"] == b"ok"


def test_the_process_is_alive_however_busy_its_threads_are(monkeypatch):
    monkeypatch.delattr(Halves, "_in_thread")
    sent = []

    async def receive():
        return {"type": "http.request"}

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": "/healthz", "query_string": b""}
    asyncio.run(Halves()({**scope, "headers": [(b"host", b"localhost")]}, receive, send))
    assert (sent[0]["status"], sent[1]["body"]) == (200, b'{"status": "ok"}')
