"""How it answers, met with a browser: the texts, the life of a request, the three roads."""

import pytest
from django.core.management import call_command

from tests.browser.conftest import is_good, log_in, with_password
from tests.browser.test_pages import MOST, NARROW
from tests.examples.people import SAM
from tests.examples.queueing import accept, work

pytestmark = pytest.mark.django_db(transaction=True)

PAY = {"from": "outside:bank", "to": "customers:ada", "amount": "1"}
WIDE = {"width": 1280, "height": 800}


@pytest.fixture
def demo():
    with_password(SAM)
    call_command("demo")


@pytest.mark.parametrize(
    ("viewport", "scheme"), [(NARROW, "dark"), (WIDE, "light")], ids=["360 dark", "1280 light"]
)
def test_what_tells_of_requests_fits_and_can_be_read(served, opened, demo, viewport, scheme):
    about = f"{viewport['width']}-{scheme}"
    refused = accept("post_transfer", {**PAY, "from": "shop:sales", "amount": "99999999"})
    work()
    pending = accept("post_transfer", PAY)
    page = opened(viewport=viewport, color_scheme=scheme)
    page.goto(f"{served.url}/how-it-answers")
    page.wait_for_load_state("networkidle")
    drawings = page.locator("img[src*=roads]")
    assert drawings.count() == 4
    assert all(each.evaluate("image => image.naturalWidth > 500") for each in drawings.all())
    is_good(page, f"answers-{about}")
    for path in (
        "how-to-use-the-api",
        "how-the-ledger-works",
        "problems/",
        "problems/insufficient-funds",
    ):
        page.goto(f"{served.url}/{path}")
        is_good(page, f"{path.strip('/').replace('/', '-')}-{about}")
    log_in(page, f"{served.url}/login", "sam")
    for name, each in (("refused", refused), ("pending", pending)):
        page.goto(f"{served.url}/requests/{each.request}")
        is_good(page, f"{name}-{about}")
    page.get_by_role("button", name="Cancel").click()
    page.get_by_text("Cancelled; nothing was done.").wait_for()
    assert page.locator(".chip").inner_text() == "refused"


@pytest.mark.parametrize("viewport", [NARROW, WIDE], ids=["360", "1280"])
def test_all_three_roads_are_seen_side_by_side(served, opened, demo, viewport):
    page = opened(viewport=viewport)
    log_in(page, f"{served.url}/compare-roads", "sam")
    page.wait_for_url("**/compare-roads")
    is_good(page, f"compare-{viewport['width']}")
    page.get_by_role("button", name="Send all three").click()
    page.wait_for_url("**request=**")
    assert page.locator(".chip").all_inner_texts() == ["succeeded", "pending", "pending"]
    work()
    page.reload()
    assert page.locator(".chip").all_inner_texts() == ["succeeded"] * 3
    is_good(page, f"compared-{viewport['width']}")
    lefts = {each.bounding_box()["x"] for each in page.locator(".roads section").all()}
    assert len(lefts) == (3 if viewport == WIDE else 1)


def test_its_drawings_are_light(served, opened):
    page, sizes = opened(), []
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    network.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.goto(f"{served.url}/how-it-answers", wait_until="networkidle")
    assert len(sizes) >= 6
    assert sum(sizes) < MOST
