"""Which addresses webhooks may reach, and how an address has to be written."""

from ipaddress import ip_address, ip_network

import pytest

from commands.webhooks import addresses
from commands.webhooks.addresses import MAX_URL, NotAllowed, Target, check, is_public, judge, target

HOSTILE = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",  # between carriers and their customers
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",  # where clouds tell machines their secrets
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.0.170",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.1",
    "198.18.0.1",
    "198.51.100.7",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",  # IPv4-compatible, which nobody uses any more
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:0:127.0.0.1",  # translated by SIIT
    "64:ff9b::127.0.0.1",
    "64:ff9b::10.1.2.3",
    "64:ff9b::169.254.169.254",
    "64:ff9b:1::10.0.0.1",
    "64:ff9b:1::8.8.8.8",
    "100::1",
    "2001::1",
    "2001:0:5ef5:79fd:0:59d:a0e5:ba1",  # Teredo
    "2001:20::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:a00:1::1",
    "2002:a9fe:a9fe::1",
    "3fff::1",
    "4000::1",
    "5f00::1",
    "fc00::1",
    "fd12:3456:789a::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%1",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
]
PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "100.63.255.255",
    "172.32.0.1",
    "192.1.0.1",
    "2606:4700:4700::1111",
    "2a00:1450:4001:81b::200e",
    "::ffff:8.8.8.8",
    "64:ff9b::8.8.8.8",
    "2002:808:808::1",
]


@pytest.mark.parametrize("address", HOSTILE)
def test_it_is_not_public(address):
    assert not is_public(ip_address(address))
    with pytest.raises(NotAllowed):
        judge([ip_address("8.8.8.8"), ip_address(address)], "https", [])


@pytest.mark.parametrize("address", PUBLIC)
def test_it_is_public(address):
    assert is_public(ip_address(address))
    judge([ip_address(address)], "https", [])


# --- what an operator allows -------------------------------------------------------------------

LAB = [ip_network("10.1.0.0/16"), ip_network("fd00::/8")]


@pytest.mark.parametrize("scheme", ["https", "http"])
@pytest.mark.parametrize("address", ["10.1.2.3", "fd00::7", "::ffff:10.1.2.3", "64:ff9b::10.1.0.1"])
def test_a_network_that_is_allowed_may_be_reached_without_tls_too(scheme, address):
    judge([ip_address(address)], scheme, LAB)


@pytest.mark.parametrize("address", ["10.2.0.1", "127.0.0.1", "fe80::1", "::ffff:10.2.0.1"])
def test_no_other_may(address):
    with pytest.raises(NotAllowed, match="public"):
        judge([ip_address("10.1.2.3"), ip_address(address)], "https", LAB)


def test_plain_http_is_for_these_networks_alone():
    with pytest.raises(NotAllowed, match="https"):
        judge([ip_address("8.8.8.8")], "http", LAB)
    with pytest.raises(NotAllowed, match="https"):
        check("http://example.com/", [])


# --- how an address is written -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("https://example.com", Target("https", "example.com", 443, "/")),
        ("https://a.example/b/c?d=e&f=%20", Target("https", "a.example", 443, "/b/c?d=e&f=%20")),
        ("https://h.example:8443?x", Target("https", "h.example", 8443, "/?x")),
        ("http://10.1.2.3:80/", Target("http", "10.1.2.3", 80, "/")),
        ("https://[2606:4700::1111]:9/", Target("https", "2606:4700::1111", 9, "/")),
        ("https://xn--bcher-kva.example/", Target("https", "xn--bcher-kva.example", 443, "/")),
    ],
)  # fmt: skip
def test_its_parts_are_read_once(url, parts):
    assert target(url) == parts


def test_a_usual_port_is_not_named():
    named = [target(url).authority for url in (
        "https://a.example", "https://a.example:443", "https://a.example:444", "http://a.example",
        "http://a.example:443", "https://[2606:4700::1111]:9/")]  # fmt: skip
    assert named == [
        *["a.example", "a.example", "a.example:444", "a.example", "a.example:443"],
        "[2606:4700::1111]:9",
    ]


@pytest.mark.parametrize(
    "url",
    [
        *["", "example.com", "//example.com", "ftp://example.com/", "https:example.com"],
        *["https://", "https:///x", "https://user@example.com/", "https://u:p@example.com/"],
        *["https://example.com/#f", "https://example.com#", "https://example.com:/"],
        *["https://example.com:0/", "https://example.com:65536/", "https://example.com:x/"],
        *["https://example.com:99999/", "https://example.com:080/", "https://EXAMPLE.com/"],
        *["https://exa mple.com/", "https://example.com/a b", "https://example.com/\r\nX: y"],
        *["https://example.com/\n", " https://example.com/", "https://example.com\\@evil.example/"],
        *["https://büch.example/", "https://example.com/ü", "https://[::1", "https://[evil]/"],
        *["https://a..b/", f"https://{'a' * 64}.example/", f"https://{'a.' * 126}example/"],
        *["https://example.com/" + "a" * MAX_URL, "https://[fe80::1%25eth0]/", "https://-a.b/"],
        *["https://example.com/\x00", "https://１２７.0.0.1/"],
    ],
    ids=lambda url: ascii(url)[:40],
)
def test_what_is_written_otherwise_is_refused(url):
    with pytest.raises(NotAllowed):
        check(url, [])


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "[::1]", "2130706433", "0x7f.1", "127.1", "0177.0.0.1", "0"]
)
def test_however_it_is_written_this_machine_is_not_reached(host):
    with pytest.raises(NotAllowed, match="public"):
        check(f"https://{host}/", [])


def test_all_that_a_name_leads_to_is_judged(monkeypatch):
    found = [ip_address("8.8.8.8"), ip_address("10.0.0.1")]
    monkeypatch.setattr(addresses, "resolve", lambda host, port: found)
    with pytest.raises(NotAllowed, match="public"):
        check("https://two.example/", [])


def test_a_name_that_leads_nowhere_yet_is_taken(monkeypatch):
    def fails(host, port):
        raise OSError

    monkeypatch.setattr(addresses, "resolve", fails)
    check("https://later.example/", [])
