"""A client that a generator made of the document alone does its work against the running server."""

import json
import os
import subprocess
import sys
from http import HTTPStatus
from importlib import import_module
from pathlib import Path

import pytest
from django.test import Client

from tests.examples.http import Api
from tests.examples.people import SAM

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def generated(tmp_path_factory):
    """The client's package, importable, made without a network of nothing but the document."""
    folder = tmp_path_factory.mktemp("generated")
    document, package = folder / "openapi.json", folder / "daybook_client"
    document.write_bytes(Client().get("/api/v1/schema/").content)
    tools = Path(sys.executable).parent
    done = subprocess.run(
        [tools / "openapi-python-client", "generate", "--path", document,
         "--meta", "none", "--output-path", package],
        env={**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert "Warning" not in said, said
    operations = {
        operation["operationId"]
        for operations in json.loads(document.read_bytes())["paths"].values()
        for operation in operations.values()
    }
    assert operations == {path.stem for path in package.glob("api/*/*.py")} - {"__init__"}
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        yield import_module("daybook_client")


@pytest.fixture
def client(generated, served):
    token = Api(SAM).headers["Authorization"].removeprefix("Bearer ")
    with generated.AuthenticatedClient(base_url=served.url, token=token) as client:
        yield client


def api(name: str):
    return import_module(f"daybook_client.api.{name}")


def test_it_opens_accounts_makes_a_transfer_and_reads_it_back(client):
    from daybook_client import models

    for code, limit in (("outside:bank", None), ("customers:alan", 0)):
        body = models.OpenAccount(
            code=code, name=code, currency=models.Currency.EUR, overdraft_limit=limit
        )
        opened = api("accounts.open_account").sync(client=client, body=body)
        assert opened.account.code == code

    body = models.ShortTransfer(from_="outside:bank", to="customers:alan", amount=1250)
    post = api("transfers.post_transfer")
    first, again = (
        post.sync_detailed(client=client, body=body, idempotency_key="k") for _ in range(2)
    )
    assert (first.status_code, again.parsed) == (HTTPStatus.CREATED, first.parsed)
    made = first.parsed.transfer

    assert api("transfers.get_transfer").sync(made.id, client=client) == made
    account = api("accounts.get_account").sync("customers:alan", client=client)
    assert (account.posted, account.version) == ("1250", 2)
    (entry,) = api("accounts.list_entries").sync("customers:alan", client=client).entries
    assert (entry.transfer, entry.amount) == (made.id, "1250")


def test_a_refusal_is_a_problem_with_its_facts(client):
    from daybook_client import models

    body = models.ShortTransfer(from_="nobody", to="no-one", amount=1)
    problem = api("transfers.post_transfer").sync(client=client, body=body)
    assert isinstance(problem, models.Problem)
    assert (problem.code, problem["account"]) == ("account-not-found", "nobody")
    assert problem.errors[0].pointer == "/from"
