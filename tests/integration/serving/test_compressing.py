"""Answers are compressed for who takes that, on both halves of the server."""

import gzip
import json

import pytest

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("path", ["/api/v1/events", "/api/v1/transfers", "/login"])
def test_much_is_compressed_for_who_takes_that(sam, path):
    plain = sam.ask("GET", path)
    short = sam.ask("GET", path, **{"Accept-Encoding": "gzip, br"})
    assert (plain.status, short.status) == (200, 200)
    assert "Content-Encoding" not in plain.headers
    assert short.headers["Content-Encoding"] == "gzip"
    assert len(short.content) < len(plain.content)
    assert "Accept-Encoding" in short.headers["Vary"]
    if path != "/login":  # Of which each has a secret of its own.
        assert gzip.decompress(short.content) == plain.content


def test_an_account_is_the_bytes_that_its_etag_names(sam):
    answer = sam.ask("GET", "/api/v1/accounts/ann", **{"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in answer.headers
    version = json.loads(answer.content)["version"]
    assert answer.headers["ETag"] == f'"{version}"'
