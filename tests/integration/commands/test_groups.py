"""Commands that are asked for together: all of them are done, or none."""

from dataclasses import replace

import pytest

from commands.engine.checks import requests
from commands.engine.dispatch import submission
from commands.engine.models import Request
from commands.engine.outcomes import Group, Submission
from commands.engine.run import rehearse, run
from eventstore.ids import uuid7
from eventstore.models import Stream
from eventstore.store import latest_position
from projections.ledger.models import Balance
from tests.examples.asking import ask, asking, rich
from tests.examples.ledger import open_account, pay
from tests.examples.people import SAM

pytestmark = pytest.mark.django_db


def together(*commands, keys=(), **about):
    """A request for all of these."""
    id_ = uuid7()
    keys = [*keys, *[None] * (len(commands) - len(keys))]
    items = [
        asking(command, parent=id_, key=key, source="bulk")
        for command, key in zip(commands, keys, strict=True)
    ]
    about.setdefault("payload", {"asked": [item.payload for item in items]})
    return Submission(
        command=Group(tuple(items)), name="bulk", principal=SAM.principal, id=id_, **about
    )


def posted(code):
    return Balance.objects.get(account=code).posted


def test_its_commands_are_done_in_order_each_on_what_the_others_did():
    rich("ann", 0)
    asked = together(open_account("bob"), pay("world", "bob", 9), pay("bob", "ann", 4))
    (outcome,) = run([asked])
    assert (outcome.status, outcome.http_status, outcome.events) == ("succeeded", 200, 7)
    assert (posted("ann"), posted("bob")) == (4, 5)
    assert outcome.position == latest_position()
    rows = [Request.objects.get(id=item.id) for item in asked.command.items]
    assert {(row.parent, row.status) for row in rows} == {(asked.id, "succeeded")}
    assert [row.events for row in rows] == [1, 3, 3]
    assert Request.objects.get(id=asked.id).parent is None


def test_its_answer_holds_what_each_of_them_would_have_answered():
    rich("ann", 0)
    asked = together(open_account("bob"), pay("world", "bob", 9))
    (outcome,) = run([asked])
    rows = [Request.objects.get(id=item.id) for item in asked.command.items]
    opened, paid = outcome.body["outcomes"]
    assert (opened["status"], paid["status"]) == (201, 201)
    assert opened["body"]["request"]["position"] == rows[0].first_position
    assert opened["body"]["account"]["code"] == "bob"
    assert paid["body"]["request"]["id"] == str(asked.command.items[1].id)
    assert paid["body"]["transfer"]["position"] == rows[1].first_position
    assert [each["type"] for each in outcome.body["request"]["events"]] == [
        "ledger.account_opened",
        "ledger.transfer_posted",
        "ledger.account_debited",
        "ledger.account_credited",
    ]


def test_one_refusal_leaves_nothing_but_the_group_s_own():
    rich("ann", 5)
    before = latest_position()
    asked = together(open_account("bob"), pay("ann", "bob", 5), pay("ann", "bob", 1), keys=["a"])
    (outcome,) = run([asked])
    assert (outcome.status, outcome.http_status) == ("refused", 422)
    assert outcome.answer["code"] == "insufficient-funds"
    assert outcome.answer["facts"]["index"] == 2
    assert latest_position() == before
    assert posted("ann") == 5
    assert not Balance.objects.filter(account="bob").exists()
    assert not Stream.objects.filter(name="account-bob").exists()
    assert list(Request.objects.filter(parent=asked.id)) == []
    assert Request.objects.get(id=asked.id).status == "refused"
    # A key of an item is free again.
    assert ask(open_account("bob"), key="a").succeeded


def test_verify_finds_its_events_and_its_requests_agree():
    rich("ann", 0)
    run([together(open_account("bob"), pay("world", "bob", 9))])
    assert list(requests(latest_position(), lambda *_: None)) == []
    Request.objects.filter(command="bulk").update(first_position=1)
    assert list(requests(latest_position(), lambda *_: None)) != []


def test_its_neighbours_do_not_notice_that_it_was_refused():
    rich("ann", 5)
    rich("bob", 0)
    alone, group, after = run(
        [
            asking(pay("ann", "bob", 2)),
            together(pay("ann", "bob", 3), pay("ann", "bob", 1)),
            asking(pay("ann", "bob", 3)),
        ]
    )
    assert [alone.status, group.status, after.status] == ["succeeded", "refused", "succeeded"]
    assert after.first_position == alone.position + 1
    assert (posted("ann"), posted("bob")) == (0, 5)


@pytest.mark.parametrize("in_one_batch", [True, False])
def test_its_key_replays_all_of_it(in_one_batch):
    rich("ann", 0)
    first = together(open_account("bob"), pay("world", "bob", 9), key="k")
    again = Submission(
        command=first.command, name="bulk", principal=SAM.principal, key="k", payload=first.payload
    )
    if in_one_batch:
        done, replayed = run([first, again])
    else:
        done, replayed = run([first])[0], run([again])[0]
    assert replayed.replayed
    assert replayed.body == done.body
    assert posted("bob") == 9


@pytest.mark.parametrize("in_one_batch", [True, False])
def test_an_item_that_was_done_before_is_replayed_in_it(in_one_batch):
    rich("ann", 0)
    alone = asking(pay("world", "ann", 5), key="a")
    id_ = uuid7()
    items = (
        asking(pay("world", "ann", 5), key="a", payload=alone.payload, parent=id_),
        asking(pay("world", "ann", 1), parent=id_),
    )
    group = Submission(command=Group(items), name="bulk", principal=SAM.principal, id=id_)
    done, outcome = run([alone, group]) if in_one_batch else [run([alone])[0], run([group])[0]]
    assert outcome.events == 3
    assert outcome.body["outcomes"][0]["body"] == done.body
    assert posted("ann") == 6


def test_a_dry_run_of_it_leaves_nothing():
    rich("ann", 0)
    before = latest_position()
    outcome, states = rehearse(together(open_account("bob"), pay("world", "bob", 9)))
    assert outcome.succeeded
    assert states["account-bob"].available == 9
    assert (latest_position(), outcome.position) == (before, None)


def test_its_own_key_is_none_of_its_commands():
    rich("ann", 0)
    before, after = asking(pay("world", "ann", 1)), asking(pay("world", "ann", 2))
    group = together(open_account("bob"), pay("world", "bob", 5), keys=[None, "k"], key="k")
    found = run([before, group, after])
    assert [each.http_status for each in found] == [201, 422, 201]
    assert found[1].answer["code"] == "idempotency-key-reused"
    assert (posted("ann"), Balance.objects.filter(account="bob").exists()) == (3, False)


def test_a_rehearsal_looks_at_no_key():
    rich("ann", 0)
    asked = together(pay("world", "ann", 5), keys=["k"])
    run([asked])
    again, _ = rehearse(together(pay("world", "ann", 6), keys=["k"], key="other"))
    assert (again.status, again.replayed) == ("succeeded", False)


def test_a_keyed_rehearsal_tells_what_was_done_before_and_uses_no_key():
    rich("ann", 0)
    run([together(pay("world", "ann", 5), keys=["k"])])
    asked = together(pay("world", "ann", 6), pay("ann", "world", 4), keys=["k", "new"])
    asked = replace(asked, command=replace(asked.command, atomic=False))
    outcome, _ = rehearse(asked, keyed=True)
    other, new = outcome.outcomes
    assert (other.answer["code"], new.succeeded) == ("idempotency-key-reused", True)
    assert not Request.objects.filter(key="new").exists()
    assert rehearse(asked, keyed=True)[0].outcomes[1].request == asked.command.items[1].id


def test_commands_that_a_file_was_made_into_may_come_again_when_they_were_refused():
    rich("ann", 0)
    body = {"from": "ann", "to": "world", "amount": 5}
    commands = [{"command": "post_transfer", "data": body, "idempotency_key": "k", "line": 2}]

    def ask_for(source):
        payload = {"atomic": False, "commands": commands}
        by = SAM.principal
        (outcome,) = run([submission("bulk", payload, principal=by, source=source)])
        return outcome.outcomes[0].succeeded

    assert not ask_for("import")
    ask(pay("world", "ann", 5))
    assert ask_for("import")
    assert ask_for("api"), "what was done is done"
    assert posted("ann") == 0
