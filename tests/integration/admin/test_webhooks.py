"""The windows on webhooks: for those who operate, who switch endpoints off and on and replay."""

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from commands.webhooks import signing
from commands.webhooks.models import Delivery, Endpoint
from tests.examples.people import SAM
from tests.examples.receiving import endpoint
from tests.integration.admin.windows import listed, shown, staff, text

pytestmark = pytest.mark.django_db

WINDOW, LOG = "webhooks_endpoint", "webhooks_delivery"


@pytest.fixture
def made(vic):
    found = endpoint("https://example.com/hook", types=("ledger.account_credited",))
    Delivery.objects.create(
        endpoint=found.id, event=found.id, position=1, type="ledger.account_credited", attempt=2,
        at=found.created_at, duration_ms=84, status=503, error="",
    )  # fmt: skip
    return found


def action(name, of):
    return reverse(f"admin:{WINDOW}_{name}", args=[of.id])


def test_they_are_for_those_who_operate(vic, made):
    sam = staff(SAM)
    for window, key in ((WINDOW, made.id), (LOG, Delivery.objects.get().id)):
        assert sam.get(listed(window)).status_code == 200
        for page in (listed(window), shown(window, key)):
            assert vic.get(page).status_code == 403
    for name in ("off", "on", "replay"):
        for answer in (vic.get(action(name, made)), vic.post(action(name, made), {"after": "0"})):
            assert answer.status_code == 403
    assert Endpoint.objects.get().position == made.position


def test_an_endpoint_shows_how_far_it_is_and_what_it_was_sent_but_no_secret(made):
    page = staff(SAM).get(shown(WINDOW, made.id))
    said = text(page)
    assert "https://example.com/hook" in said
    assert "ledger.account_credited" in said
    assert "503" in said
    assert "84 ms" in said
    secret = signing.shown(made.secret).removeprefix("whsec_")
    for hidden in (secret, bytes(made.secret).hex(), str(bytes(made.secret))):
        assert hidden not in page.content.decode()


def test_deliveries_are_found_by_their_endpoint(made):
    sam = staff(SAM)
    for query, there in ((str(made.id), True), (str(SAM.id), False), ("x", False)):
        assert ("84 ms" in text(sam.get(f"{listed(LOG)}?q={query}"))) == there
    assert "84 ms" in text(sam.get(shown(LOG, Delivery.objects.get().id)))
    assert text(sam.get(f"{listed(WINDOW)}?q={made.id}")).count("example.com") == 1
    assert "example.com" not in text(sam.get(f"{listed(WINDOW)}?q={SAM.id}"))


def test_it_is_switched_off_and_on(made):
    sam = staff(SAM)
    assert action("off", made) in sam.get(shown(WINDOW, made.id)).content.decode()
    assert "sent nothing" in text(sam.get(action("off", made)))
    said = text(sam.post(action("off", made), follow=True))
    assert "switched off: By sam." in said
    assert action("on", made) in sam.get(shown(WINDOW, made.id)).content.decode()
    sam.get(action("on", made))
    assert Endpoint.objects.get().active is False
    sam.post(action("on", made))
    assert Endpoint.objects.get().active is True
    told = LogEntry.objects.order_by("id").values_list("change_message", flat=True)
    assert list(told) == ["It is switched off.", "It is switched on."]


def test_it_is_replayed_from_a_position_that_there_is(made):
    sam = staff(SAM)
    assert f"of {made.position}" in text(sam.get(action("replay", made)))
    for after in ("", "x", "-1", "１", "9" * 30, str(made.position + 1)):
        assert "The log ends" in text(
            sam.post(action("replay", made), {"after": after}, follow=True)
        )
        assert Endpoint.objects.get().position == made.position
    sam.post(action("replay", made), {"after": "1"})
    assert Endpoint.objects.get().position == 1


def test_nothing_is_done_with_what_is_not_there(made):
    Endpoint.objects.all().delete()
    assert staff(SAM).post(action("off", made)).status_code == 404


@pytest.mark.parametrize("window", [WINDOW, LOG])
def test_it_takes_odd_queries_and_keys_calmly_and_asks_little(made, window):
    sam = staff(SAM)
    for query in ("after=x", "after=%00", "after=" + "9" * 40, "q=%00", "q=%ff", "nope=1", "p=3"):
        assert sam.get(f"{listed(window)}?{query}").status_code < 500
    for key in ("x", "%00", "9" * 40, "-1"):
        assert sam.get(f"/admin/{window.replace('_', '/')}/{key}/change/").status_code < 500
    with CaptureQueriesContext(connection) as captured:
        sam.get(listed(window))
    assert len(captured) <= 14
    assert not [each for each in captured if "COUNT(" in each["sql"].upper()]


# --- made, changed, given a new secret, deleted ------------------------------------------------

URL = "https://198.51.101.7/hook"
NEW = reverse(f"admin:{WINDOW}_new")


def secret_in(answer):
    """The one secret that a page shows, which nobody may keep."""
    (found,) = re.findall(r"whsec_[A-Za-z0-9+/]{43}=", answer.content.decode())
    assert "no-store" in answer["Cache-Control"]
    return found


def test_one_is_made_as_the_api_makes_it_and_its_secret_is_shown_once():
    sam = staff(SAM)
    assert NEW in sam.get(listed(WINDOW)).content.decode()
    assert "from now on" in text(sam.get(NEW))
    fields = {"url": URL, "prefix": "customers", "types": ["ledger.account_credited"]}
    secret = secret_in(sam.post(NEW, fields))
    made = Endpoint.objects.get()
    assert (made.url, made.prefix, made.types, made.created_by) == (*fields.values(), SAM.id)
    assert secret == signing.shown(bytes(made.secret))
    assert secret not in sam.get(shown(WINDOW, made.id)).content.decode()


@pytest.mark.parametrize(
    ("field", "wrong"),
    [("url", "http://10.0.0.1/"), ("url", ""), ("prefix", "No Code"), ("types", ["x"]),
     ("types", ["ledger.account_credited"] * 2)],
)  # fmt: skip
def test_what_the_api_refuses_is_refused_with_what_was_said_in_its_place(field, wrong):
    sam = staff(SAM)
    answer = sam.post(NEW, {"url": URL, "prefix": "customers", "types": [], field: wrong})
    assert answer.status_code == 400
    html = answer.content.decode()
    assert re.findall(r'id="(\w+)-wrong"', html) == [field]
    assert field == "url" or f'value="{URL}"' in html
    assert not Endpoint.objects.exists()


def test_it_is_changed(made):
    sam, at = staff(SAM), action("edit", made)
    assert at in sam.get(shown(WINDOW, made.id)).content.decode()
    html = sam.get(at).content.decode()
    assert f'value="{made.url}"' in html
    assert "<option selected>ledger.account_credited</option>" in html
    assert sam.post(at, {"url": "http://127.0.0.1/", "prefix": ""}).status_code == 400
    assert "It is changed." in text(sam.post(at, {"url": URL, "prefix": "a"}, follow=True))
    now = Endpoint.objects.get()
    assert (now.id, now.url, now.types, now.prefix) == (made.id, URL, [], "a")
    assert bytes(now.secret) == bytes(made.secret)


def test_it_is_given_a_new_secret_which_is_shown_once(made):
    sam, at = staff(SAM), action("rotate", made)
    assert "For a day" in text(sam.get(at))
    assert Endpoint.objects.get().previous_secrets is None
    secret = secret_in(sam.post(at))
    now = Endpoint.objects.get()
    assert secret == signing.shown(bytes(now.secret)) != signing.shown(bytes(made.secret))
    assert bytes(now.previous_secrets) == bytes(made.secret)
    assert secret not in str([*LogEntry.objects.values()])


def test_it_is_deleted_with_the_log_of_its_deliveries(made):
    sam, at = staff(SAM), action("remove", made)
    assert "for good" in text(sam.get(at))
    assert Endpoint.objects.exists()
    answer = sam.post(at)
    assert (answer.status_code, answer["Location"]) == (302, listed(WINDOW))
    assert not Endpoint.objects.exists()
    assert not Delivery.objects.exists()
    assert sam.post(at).status_code == 404


def test_only_those_who_operate_make_and_change(vic, made):
    for at in (NEW, *(action(name, made) for name in ("edit", "rotate", "remove"))):
        for answer in (vic.get(at), vic.post(at, {"url": URL, "prefix": ""})):
            assert answer.status_code == 403
    now = Endpoint.objects.get()
    assert (now.url, bytes(now.secret)) == (made.url, bytes(made.secret))
