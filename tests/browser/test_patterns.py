"""The page of patterns as somebody with a browser meets it."""

import random
from datetime import timedelta
from uuid import UUID

import pytest

from commands.engine import patterns
from tests.browser.conftest import is_good, log_in, picture, with_password
from tests.browser.test_pages import MOST, NARROW
from tests.examples.factories import user
from tests.examples.history import HOUR, decided, insert_history
from tests.examples.people import ANN, SAM

pytestmark = pytest.mark.django_db(transaction=True)

RULES = ["insufficient-funds", "account-frozen", "same-account", "currency-mismatch", "cancelled"]
CODES = ["customers:1787:main", "shop:sales", "outside:bank", "a-long-code-" * 8, "customers:ada"]


@pytest.fixture
def history():
    """A day and a half of varied requests."""
    draw = random.Random(3)
    insert_history(_any(draw) for _ in range(4_000))
    burst = HOUR + timedelta(minutes=5)
    refused = {"status": "refused", "code": RULES[0], "principal": user(ANN).id}
    insert_history(decided(burst + timedelta(seconds=n), **refused) for n in range(75))
    patterns.catch_up(lambda reached, settled: None)


def _any(draw: random.Random) -> dict:
    hour = min(draw.triangular(0, 40, 24), 39.9)
    kind, queued = draw.random(), draw.random() < 0.1
    ending = {"status": "refused", "code": draw.choices(RULES, [9, 4, 2, 1, 3])[0]}
    return decided(
        HOUR + timedelta(hours=hour),
        command=draw.choices(["post_transfer", "open_account", "change_account_details"],
                             [8, 2, 1])[0],
        took=draw.lognormvariate(8 if queued else 1.5, 1),
        queued=queued,
        principal=UUID(int=draw.randint(100, 120)),
        accounts=draw.sample(CODES, 2),
        **({"status": "failed", "code": "internal"} if kind < 0.02 else ending if kind < 0.3
           else {}),
    )  # fmt: skip


QUERY = f"?since={HOUR:%Y-%m-%dT%H:%M}&until={HOUR + timedelta(hours=30):%Y-%m-%dT%H:%M}"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [NARROW, {"width": 1100, "height": 800}], ids=["360", "1100"])
def test_it_fits_its_screen_and_axe_finds_nothing(served, opened, history, scheme, viewport):
    with_password(SAM)
    user(SAM).__class__.objects.filter(id=SAM.id).update(is_staff=True)
    page = opened(viewport=viewport, color_scheme=scheme)
    log_in(page, f"{served.url}/login", "sam")
    # What is around it in the admin is Django's.
    for name, path, ours in (("patterns", "/requests/patterns", "body"),
                             ("admin-patterns", "/admin/commands/request/patterns/",
                              "#content-main")):  # fmt: skip
        page.goto(served.url + path + QUERY)
        is_good(page, f"{name}-{viewport['width']}-{scheme}", part=ours)
    page.goto(f"{served.url}/requests/patterns")
    picture(page, f"patterns-empty-{viewport['width']}-{scheme}")


def test_it_is_not_heavy(served, opened, history):
    with_password(SAM)
    page, sizes = opened(), []
    log_in(page, f"{served.url}/login", "sam")
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    network.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.goto(f"{served.url}/requests/patterns{QUERY}", wait_until="networkidle")
    assert sum(sizes) < MOST
