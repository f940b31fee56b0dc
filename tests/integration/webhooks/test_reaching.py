"""Where an attempt goes: to an address that was judged, over TLS to just the host that is named."""

import ssl
import subprocess
from ipaddress import ip_address

import httpcore
import pytest

from commands.webhooks import addresses, sending
from commands.webhooks.models import Delivery, Endpoint
from tests.examples.connections import until
from tests.examples.receiving import delivering, endpoint, happen, impatient, receiver

pytestmark = pytest.mark.django_db(transaction=True)

LOCAL, PUBLIC = ip_address("127.0.0.1"), ip_address("203.0.114.7")


class Names:
    """A name server that gives these answers one after the other, the last of them for ever."""

    def __init__(self, monkeypatch, *answers):
        self.left, self.asked = list(answers), 0
        monkeypatch.setattr(addresses, "resolve", self.resolve)

    def resolve(self, host, port):
        self.asked += 1
        return self.left.pop(0) if len(self.left) > 1 else self.left[0]


@pytest.fixture
def dialled(monkeypatch):
    """The addresses that were connected to; none answers but this machine."""
    found, connect = [], httpcore.AnyIOBackend.connect_tcp

    async def connect_tcp(self, host, port, *arguments, **options):
        found.append(host)
        if host != str(LOCAL):
            raise httpcore.ConnectError("no route")
        return await connect(self, host, port, *arguments, **options)

    monkeypatch.setattr(httpcore.AnyIOBackend, "connect_tcp", connect_tcp)
    return found


def attempted(url, count=1):
    made = endpoint(url)
    happen()
    until(lambda: Delivery.objects.count() >= count)
    return Endpoint.objects.get(id=made.id)


def test_a_name_that_leads_elsewhere_the_second_time_is_not_followed(
    monkeypatch, settings, dialled
):
    """What is judged is what is connected to: there is no second look-up in between."""
    settings.DAYBOOK_WEBHOOK_ALLOW = []
    names = Names(monkeypatch, [PUBLIC], [LOCAL])
    with receiver() as to, delivering():
        impatient(monkeypatch)
        attempted(f"https://rebinding.example:{to.port}/", count=2)
        assert to.connections == 0
    assert dialled == [str(PUBLIC)], "the first attempt; the others were refused before"
    assert names.asked == Delivery.objects.count()
    first, second = Delivery.objects.order_by("id")[:2]
    assert first.error.startswith("It cannot be reached")
    assert second.error == "This leads to no public address."


@pytest.mark.parametrize(
    "found",
    ["127.0.0.1", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "169.254.169.254"],
)
def test_no_connection_is_made_to_what_is_not_public(monkeypatch, settings, dialled, found):
    settings.DAYBOOK_WEBHOOK_ALLOW = []
    Names(monkeypatch, [PUBLIC, ip_address(found)])
    with delivering():
        assert attempted("https://inside.example/").attempts == 1
    assert dialled == []
    assert "no public" in Delivery.objects.get().error


def test_an_address_that_does_not_answer_is_followed_by_the_next(monkeypatch, dialled):
    Names(monkeypatch, [ip_address("127.0.0.9"), LOCAL])
    with receiver() as to, delivering():
        attempted(f"http://two.example:{to.port}/hook?a=b")
        until(lambda: to.received)
    assert dialled == ["127.0.0.9", "127.0.0.1"]
    assert to.received[0].path == "/hook?a=b"
    assert to.received[0].headers["host"] == f"two.example:{to.port}"


def test_the_environment_names_no_proxy(monkeypatch):
    with receiver() as proxy, receiver() as to:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        with delivering():
            attempted(to.url)
        assert (len(to.received), proxy.connections) == (1, 0)


# --- TLS ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate for ledger.example that nobody trusts by itself, and its key."""
    folder = tmp_path_factory.mktemp("tls")
    crt, key = folder / "crt.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-days", "2", "-subj", "/CN=ledger.example",
         "-addext", "subjectAltName=DNS:ledger.example", "-keyout", key, "-out", crt],
        check=True, capture_output=True,
    )  # fmt: skip
    return crt, key


@pytest.fixture
def tls(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    return context


def test_whom_the_system_trusts_is_sent_to(monkeypatch, certificate, tls):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    Names(monkeypatch, [LOCAL])
    with receiver(tls=tls) as to, delivering():
        attempted(f"https://ledger.example:{to.port}/")
        until(lambda: to.received)
    assert Delivery.objects.get().status == 204


@pytest.mark.parametrize(("trusted", "name"), [(False, "ledger.example"), (True, "other.example")])
def test_nobody_else_is(monkeypatch, certificate, tls, trusted, name):
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    Names(monkeypatch, [LOCAL])
    with receiver(tls=tls) as to, delivering():
        attempted(f"https://{name}:{to.port}/")
        assert to.received == []
    assert "certificate verify failed" in Delivery.objects.get().error


def test_a_receiver_without_tls_is_no_receiver_of_https(monkeypatch):
    """It may wait for more of what it takes for a request, as this one does."""
    monkeypatch.setattr(sending, "SECONDS", 0.5)
    with receiver() as to, delivering():
        attempted(to.url.replace("http:", "https:"))
        assert to.received == []
    assert Delivery.objects.get().status is None
