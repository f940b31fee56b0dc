"""The admin's windows: everything is shown to those who may, nothing is changed by anybody."""

import re
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from django.contrib import admin
from django.contrib.admin.utils import quote
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.urls import reverse

from commands.access.models import Token, User
from commands.engine.models import Request
from commands.ledger.instruction_messages import PlaceStandingOrder, SetSweep
from commands.ledger.messages import CloseBooks, PlaceHold
from eventstore.store import latest_position, read_all
from eventstore.window import Window
from projections.ledger.models import Activity, DailyTotal, Entry
from tests.examples.asking import ask
from tests.examples.factories import UserFactory
from tests.examples.following import follow
from tests.examples.ledger import open_account
from tests.examples.people import ANN, CLEO, SAM
from tests.integration.admin.windows import WINDOWS, listed, shown, text

pytestmark = pytest.mark.django_db


def keys() -> dict[str, object]:
    """A row of each window."""
    held = ask(PlaceHold(account="ann", amount=10, payee="world", reference="h-1"))
    ask(CloseBooks(through=date(2026, 1, 31), reason="Reconciled"), by=CLEO)
    ask(SetSweep(account="ann", above=5, to="world"))
    about = {"every": "month", "first_on": date(2100, 1, 31)}
    order = ask(PlaceStandingOrder(payer="ann", payee="world", amount=10, **about))
    follow()
    return {
        "eventstore_event": 1,
        "eventstore_stream": "account-ann",
        "commands_request": Request.objects.first().pk,
        "access_token": Token.objects.first().pk,
        "ledger_accountdetails": read_all(types=["ledger.account_opened"])[0].position,
        "ledger_balance": "ann",
        "ledger_entry": Entry.objects.latest("position").pk,
        "ledger_hold": held.body["hold"]["id"],
        "ledger_book": "main",
        "ledger_activity": Activity.objects.latest("position").pk,
        "ledger_dailytotal": DailyTotal.objects.first().pk,
        "ledger_setting": "ann",
        "ledger_standingorder": order.body["standing_order"]["id"],
        "ledger_transfer": read_all(types=["ledger.transfer_posted"])[0].stream[9:],
        "projections_projectionstate": "balances",
    }


# --- who may ---------------------------------------------------------------------------------


@pytest.mark.parametrize("window", WINDOWS)
def test_whoever_may_view_the_ledger_sees_it(vic, window):
    assert vic.get(listed(window)).status_code == 200
    assert vic.get(shown(window, keys()[window])).status_code == 200
    assert window.partition("_")[2] in vic.get("/admin/").content.decode()


@pytest.mark.parametrize("window", WINDOWS)
def test_a_list_says_of_what_it_is(vic, window):
    page = vic.get(listed(window)).content.decode()
    (named,) = re.findall(r"<title>([A-Z][a-z ]+) · Daybook</title>", page)
    assert f"<h1>{named}</h1>" in page


@pytest.mark.parametrize("window", WINDOWS)
def test_so_do_those_who_operate_it_and_those_who_may_everything(vic, window):
    for right in ("operate", None):
        somebody = UserFactory(is_staff=True, is_superuser=right is None)
        somebody.user_permissions.set(Permission.objects.filter(codename=right))
        client = Client(raise_request_exception=False)
        client.force_login(somebody)
        assert client.get(listed(window)).status_code == 200
        assert client.get(shown(window, keys()[window])).status_code == 200


@pytest.mark.parametrize("window", WINDOWS)
def test_those_who_are_not_on_staff_log_in_as_somebody_else(vic, window):
    viewer = UserFactory()
    viewer.user_permissions.set(Permission.objects.filter(codename="view_ledger"))
    client = Client(raise_request_exception=False)
    for _ in ("a stranger", "a viewer"):
        answer = client.get(listed(window))
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/admin/login/")
        client.force_login(viewer)


@pytest.mark.parametrize("window", WINDOWS)
def test_other_staff_do_not(vic, window):
    other = UserFactory(is_staff=True)
    other.user_permissions.set(Permission.objects.exclude(codename__in=["view_ledger", "operate"]))
    client = Client(raise_request_exception=False)
    client.force_login(other)
    assert client.get(listed(window)).status_code == 403
    assert client.get(shown(window, keys()[window])).status_code == 403


def test_staff_without_a_right_are_told_which_they_need_and_not_led_there(vic):
    other = Client(raise_request_exception=False)
    other.force_login(UserFactory(is_staff=True))
    link = f'href="{reverse("admin:index")}"'
    assert link not in other.get(reverse("accounts")).content.decode()
    assert "needs the group view" in text(other.get(reverse("admin:index")))
    assert link in vic.get(reverse("accounts")).content.decode()
    assert "needs the group" not in text(vic.get(reverse("admin:index")))


@pytest.mark.parametrize("window", WINDOWS)
def test_what_is_not_there_leads_back_to_its_list(vic, window):
    answer = vic.get(shown(window, UUID(int=7)), follow=True)
    assert answer.redirect_chain == [(listed(window), 302)]
    assert "There is no such row." in answer.content.decode()


@pytest.mark.parametrize("window", WINDOWS)
def test_nobody_changes_anything(vic, window):
    root = Client(raise_request_exception=False)
    root.force_login(UserFactory(is_staff=True, is_superuser=True))
    key = keys()[window]
    page = root.get(shown(window, key)).content.decode()
    assert 'name="_save"' not in page
    assert "deletelink" not in page
    assert "addlink" not in root.get(listed(window)).content.decode().partition('id="content')[2]
    for address in (
        reverse(f"admin:{window}_add"),
        shown(window, key),
        reverse(f"admin:{window}_delete", args=[key]),
    ):
        assert root.post(address, {"post": "yes"}).status_code == 403
    body = {"action": "delete_selected", "_selected_action": key, "post": "yes"}
    assert root.post(listed(window), body).status_code in (200, 302, 403)
    assert root.get(shown(window, key)).status_code == 200


@pytest.mark.parametrize(
    "model", [each for each in admin.site._registry if each not in (User, Group)], ids=str
)
def test_no_row_of_any_model_is_added_edited_or_deleted(model, vic):
    """Users and groups are none of the ledger's; all else is a window, whatever one may."""
    root = UserFactory(is_staff=True, is_superuser=True)
    client = Client(raise_request_exception=False)
    client.force_login(root)
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    assert isinstance(admin.site._registry[model], Window)
    pages = [reverse(f"{name}_add")]
    if row := model._default_manager.first():
        pages += [reverse(f"{name}_{page}", args=[quote(row.pk)]) for page in ("change", "delete")]
    for page in pages:
        assert client.post(page, {"post": "yes"}).status_code == 403
    assert client.post(reverse(f"{name}_changelist"), {"_save": "Save"}).status_code in (200, 403)


# --- requests --------------------------------------------------------------------------------


def test_a_refused_request_says_why_and_on_what_it_was_decided(vic):
    refused = Request.objects.get(status="refused")
    page = vic.get(shown("commands_request", refused.pk))
    said = text(page)
    assert "insufficient-funds" in said
    assert "Requested 10,000.00 EUR" in said
    assert "Available 4.70 EUR" in said
    assert "account-ann 3" in said
    assert "/admin/eventstore/stream/account-ann/change/?version=3" in page.content.decode()
    assert SAM.name in said


def test_a_request_leads_to_its_events(vic):
    paid = Request.objects.get(key="k-1")
    page = vic.get(shown("commands_request", paid.pk)).content.decode()
    for position in range(paid.first_position, paid.first_position + 3):
        assert shown("eventstore_event", position) in page
    event = vic.get(shown("eventstore_event", paid.first_position)).content.decode()
    assert shown("commands_request", paid.pk) in event


# --- finding ---------------------------------------------------------------------------------

FOUND = [
    ("eventstore_event", "1", 1),
    ("eventstore_event", "account-ann", 3),
    ("eventstore_event", "account-", 6),
    ("eventstore_event", "accoun-", 0),
    ("eventstore_stream", "account-", 2),
    ("eventstore_stream", "account-a", 1),
    ("commands_request", "k-1", 1),
    ("commands_request", "sam", 5),
    ("commands_request", "nobody", 0),
    ("commands_request", "world", 4),
    ("commands_request", "account-ann", 4),
    ("access_token", "ann", 1),
    ("ledger_balance", "an", 1),
    ("ledger_balance", str(ANN.id), 1),
    ("ledger_balance", "@ann", 1),
    ("ledger_balance", "@bob", 0),
    ("ledger_balance", "@nobody", 0),
    ("ledger_entry", "ann", 2),
    ("ledger_transfer", "r-1", 1),
    ("ledger_transfer", "3", 1),
    ("ledger_transfer", "ann", 2),
    ("ledger_transfer", "world", 2),
    ("ledger_transfer", "en", 1),
    ("ledger_transfer", "RENT", 1),
    ("ledger_transfer", "nothing", 0),
]


def rows(answer) -> int:
    return len(answer.context["cl"].result_list)


@pytest.mark.parametrize(("window", "term", "count"), FOUND)
def test_it_finds_by_what_the_help_says(vic, window, term, count):
    assert rows(vic.get(listed(window), {"q": term})) == count


@pytest.mark.parametrize("window", WINDOWS)
def test_a_number_out_of_all_measure_is_a_text_as_any_other(vic, window):
    assert vic.get(listed(window), {"q": "9" * 5_000}).status_code == 200


@pytest.mark.parametrize(
    ("window", "query", "count"),
    [
        ("eventstore_event", "type=ledger.account_opened", 2),
        ("commands_request", "status=refused", 1),
        ("commands_request", "command=open_account", 2),
        ("commands_request", "source=api&status=succeeded", 4),
        ("commands_request", "source=form", 0),
        ("access_token", "state=live", 1),
        ("access_token", "state=ended", 0),
        ("ledger_balance", "status=frozen", 0),
        ("ledger_entry", "direction=debit", 2),
    ],
)
def test_it_filters(vic, window, query, count):
    assert rows(vic.get(f"{listed(window)}?{query}")) == count


@pytest.mark.parametrize(
    "window", ["eventstore_event", "commands_request", "ledger_entry", "ledger_transfer"]
)
def test_it_leads_from_years_to_days(vic, window):
    whole = rows(vic.get(listed(window)))
    now = datetime.now(UTC)
    address = f"{listed(window)}?when={now:%Y}"
    page = vic.get(address)
    assert rows(page) == whole
    assert f"when={now:%Y-%m}" in page.content.decode()
    assert rows(vic.get(f"{listed(window)}?when={now:%Y-%m-%d}")) == whole
    assert rows(vic.get(f"{listed(window)}?when=2001")) == 0


def test_pages_join_without_gap_or_repetition(vic):
    for number in range(230):
        ask(open_account(f"shop:{number:03}"))
    for window, key in (("ledger_balance", "account"), ("eventstore_event", "position")):
        address, seen = listed(window), []
        while address:
            changes = vic.get(address).context["cl"]
            seen += [getattr(row, key) for row in changes.result_list]
            address = changes.following and listed(window) + changes.following
        assert len(seen) == len(set(seen)) == (232 if key == "account" else latest_position())
        assert seen == sorted(seen, reverse=key == "position")
