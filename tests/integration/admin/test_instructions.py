"""Alerts, sweeps and standing orders are set and switched off from the admin, as commands."""

import re
from html import unescape

import pytest

from commands.engine.models import Request
from projections.ledger.instruction_models import Setting, StandingOrder
from tests.examples.pages import key_in, ordering
from tests.examples.people import SAM
from tests.integration.admin.windows import shown, staff

pytestmark = pytest.mark.django_db


def ways(client, window, key):
    """What may be asked for at a row, and where."""
    html = client.get(shown(window, key)).content.decode()
    (tools,) = re.findall(r'<ul class="object-tools">(.*?)</ul>', html, re.DOTALL) or [""]
    links = re.findall(r'href="([^"]+)">([^<]+)</a>', tools)
    return {text: unescape(address) for address, text in links if text != "Its page"}


def send(client, address, **fields):
    """Fill in the form that is there, and see that it was Sam who asked."""
    key = key_in(client.get(address))
    assert client.post(address, {**fields, "idempotency_key": key}).status_code == 303
    assert Request.objects.get(key=key).principal == SAM.id


@pytest.fixture
def sam(vic):
    return staff(SAM)


def test_an_alert_and_a_sweep_are_set_and_switched_off(sam):
    found = ways(sam, "ledger_balance", "ann")
    send(sam, found["Alert…"], low="5")
    send(sam, found["Sweep…"], above="7", to="world")
    setting = Setting.objects.get()
    assert (setting.low, setting.above, setting.target) == (500, 700, "world")
    at_setting = ways(sam, "ledger_setting", "ann")
    assert at_setting.keys() <= found.keys()
    for label, address in at_setting.items():
        assert address.partition("?")[0] == found[label].partition("?")[0]
    send(sam, found["Alert…"], low="")
    send(sam, found["Sweep…"], above="", to="")
    setting = Setting.objects.get()
    assert (setting.low, setting.above, setting.target) == (None, None, None)


def test_a_standing_order_is_placed_and_cancelled_with_a_reason(sam):
    placing = ways(sam, "ledger_balance", "ann")["New standing order…"]
    assert 'value="ann"' in sam.get(placing).content.decode()
    send(sam, placing, **ordering("") | {"to": "world"})
    order = StandingOrder.objects.get()
    cancelling = ways(sam, "ledger_standingorder", order.id)
    send(sam, cancelling["Cancel…"], reason="Ann has moved")
    assert StandingOrder.objects.get().status == "cancelled"
    assert Request.objects.get(command="cancel_standing_order").payload["reason"] == "Ann has moved"
    assert ways(sam, "ledger_standingorder", order.id) == {}


def test_who_only_looks_is_led_nowhere(vic, sam):
    send(sam, ways(sam, "ledger_balance", "ann")["Alert…"], low="5")
    for window in ("ledger_balance", "ledger_setting"):
        assert ways(vic, window, "ann") == {}
