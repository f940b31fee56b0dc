"""What the admin's windows cost, and what they do with what nobody should send."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from commands.access.models import Token
from commands.engine.dispatch import dispatch
from commands.engine.outcomes import Group, Submission
from eventstore.ids import uuid7
from eventstore.store import latest_position
from projections.engine.projector import projections
from tests.examples.asking import asking
from tests.examples.factories import user
from tests.examples.ledger import pay
from tests.examples.people import ANN, SAM
from tests.integration.admin.windows import WINDOWS, listed, shown, text

pytestmark = pytest.mark.django_db


# --- cost ------------------------------------------------------------------------------------


@pytest.mark.parametrize("window", WINDOWS)
def test_a_list_counts_nothing_and_asks_little(vic, window):
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert vic.get(listed(window)).status_code == 200
    statements = [query["sql"] for query in captured]
    assert not [sql for sql in statements if "COUNT(" in sql.upper()]
    assert len(statements) <= 10 + 3 * len(projections(immediate=False)), statements


# --- what nobody should send -----------------------------------------------------------------

ODD = [
    *["after=x", "after=%00", "after=" + "9" * 40, "after=-1", "q=%00", "q=%ff", "when=x"],
    *["when=2026-13", "when=2026-02-30", "when=9999-12-31", "when=0000", "when=１２３４"],
    *["e=1", "p=3", "all=", "o=1", "nope=1", "type=x", "status=x", "_to_field=x", "_facets=1"],
    *["q=" + "9" * 40, "q=" + "x" * 5000, "type__in=a", "stream__regex=("],
]


@pytest.mark.parametrize("query", ODD, ids=lambda query: query[:20])
def test_it_takes_odd_queries_calmly(vic, query):
    for window in WINDOWS:
        assert vic.get(f"{listed(window)}?{query}").status_code < 500, window


@pytest.mark.parametrize("key", ["x", "%00", "9" * 40, "-1", "a%2Fb", "_quot_"])
def test_it_takes_odd_keys_calmly(vic, key):
    for window in WINDOWS:
        assert vic.get(f"/admin/{window.replace('_', '/')}/{key}/change/").status_code < 500


def test_secrets_are_not_shown(vic):
    secret = Token.issue(user(ANN)).split("_", 2)[2]
    token = Token.objects.order_by("-created_at").first()
    page = vic.get(shown("access_token", token.pk)).content.decode()
    assert secret not in page
    assert bytes(token.secret_sha256).hex() not in page


def test_what_belongs_together_costs_the_same_for_two_commands_and_for_many(vic):
    """Its events are told by the request itself; of those that led on, all are read at once.

    What a process remembers from then on, such as content types, is asked for in the first look.
    """
    costs = []
    for many in (2, 2, 60):
        each = [asking(pay("world", "ann", 1)) for _ in range(many)]
        group = Group(tuple(each), atomic=False)
        done = dispatch(
            Submission(command=group, name="bulk", principal=SAM.principal, payload={}, id=uuid7())
        )
        last = latest_position()
        for page in (shown("commands_request", done.request), shown("eventstore_event", last)):
            with CaptureQueriesContext(connection) as captured:
                assert "What belongs together" in text(vic.get(page))
            costs.append(len(captured))
    assert costs[2:4] == costs[4:]
    assert max(costs) <= 25
