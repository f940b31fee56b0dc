"""What only a head can show that was kept elsewhere, and how heads come there."""

import io
import json

import pytest
from django.core.management import CommandError, call_command

from eventstore import epoch, head
from eventstore.reading import latest_position
from tests.examples.asking import ask
from tests.examples.forging import cut, forge, rebuild_all, reseal
from tests.examples.ledger import pay
from tests.examples.verifying import verify

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("places")]

SET = "UPDATE eventstore_event SET"


def exported(folder):
    """Export a head, and check that it says where the log ends."""
    file = folder / f"head {latest_position()}.json"
    call_command("verify", export_head=str(file), stdout=io.StringIO())
    assert json.loads(file.read_text())["position"] == latest_position()
    return str(file)


def test_a_tail_that_was_cut_off_is_shown_by_a_head_alone(places, tmp_path):
    file = exported(tmp_path)
    cut(places["last"])
    assert verify() == {}
    found = verify(against=[file])
    assert found == {
        f"head {places['end']} of epoch 1": {
            f"position {places['end']}": f"the log ends at {places['last']}: its tail was cut off"
        }
    }


def test_a_tail_that_was_grown_again_is_no_longer_the_same(places, tmp_path):
    file = exported(tmp_path)
    cut(places["last"])
    for _ in range(4):
        ask(pay("bob", "ann", 2))
    assert verify() == {}
    ((where, what),) = verify(against=[file])[f"head {places['end']} of epoch 1"].items()
    assert (where, what) == (
        f"position {places['end']}", "another seal stands there: the log was made anew"
    )  # fmt: skip


def test_a_chain_that_was_made_anew_is_shown_by_a_head_alone(places, tmp_path):
    file = exported(tmp_path)
    forge(
        f"{SET} data = replace(data::text, '\"123\"', '\"124\"')::jsonb"
        f" WHERE position BETWEEN {places['first']} AND {places['last']}"
    )
    reseal()
    rebuild_all()
    assert verify() == {}
    found = verify(against=[file])
    assert found.keys() == {f"head {places['end']} of epoch 1"}
    assert f"position {places['end']}" in found[f"head {places['end']} of epoch 1"]


def test_of_several_heads_those_before_the_forgery_fit(places, tmp_path):
    late = exported(tmp_path)
    cut(places["last"])
    early = exported(tmp_path)
    ask(pay("bob", "ann", 2))
    assert verify(against=[early]) == {}
    assert verify(against=[early, late]).keys() == {f"head {places['end']} of epoch 1"}


def test_an_earlier_database_in_its_place_is_shown_by_the_epoch(tmp_path):
    file = tmp_path / "head.json"
    now = head.current()
    head.Head(2, now.position, now.seal, now.recorded_at).write(file)
    found = verify(against=[str(file)])
    assert "the log is back in epoch 1" in found[f"head {now.position} of epoch 2"]["epoch 2"]


def test_a_head_of_an_epoch_that_is_over_fits_and_is_said_to_be_of_it(tmp_path, settings):
    settings.HOME = tmp_path
    epoch.doubts()
    file = exported(tmp_path)
    epoch.raise_epoch("a restore that lost nothing")
    output = io.StringIO()
    call_command("verify", "seals", against=[file], stdout=output)
    assert f"The log is in epoch 2, the head in {file} is of epoch 1." in output.getvalue()


def test_a_head_of_an_empty_log_fits_every_log(tmp_path):
    file = tmp_path / "head.json"
    head.Head(1, 0, "", None).write(file)
    assert verify(against=[str(file)]) == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "it is not JSON"),
        ("[1]", "it has no epoch, position and seal"),
        ('{"epoch": 1, "position": 1}', "it has no epoch, position and seal"),
        ('{"epoch": 1, "position": 1, "seal": "00"}', "its seal is not 64 hexadecimal digits"),
        ('{"epoch": 1, "position": -1, "seal": ""}', "its epoch or its position is no number"),
        ('{"epoch": 1, "position": true, "seal": ""}', "its epoch or its position is no number"),
        ('{"format": 2, "epoch": 1, "position": 0, "seal": ""}', "its format is 2; 1 is known"),
    ],
)
def test_a_file_that_is_no_head_is_a_sentence(tmp_path, text, said):
    file = tmp_path / "head.json"
    file.write_text(text)
    with pytest.raises(CommandError, match=said):
        call_command("verify", against=[str(file)])


def test_a_file_that_is_not_there_is_a_sentence(tmp_path):
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("verify", against=[str(tmp_path / "nothing")])
    with pytest.raises(CommandError, match="The head cannot be written"):
        call_command(
            "verify", "seals", export_head=str(tmp_path / "none" / "x"), stdout=io.StringIO()
        )


def test_a_head_may_go_to_standard_output_alone():
    output, beside = io.StringIO(), io.StringIO()
    call_command("verify", "seals", export_head="-", stdout=output, stderr=beside)
    assert head.parse(output.getvalue()) == head.current()
    assert "Nothing differs" in beside.getvalue()
    with pytest.raises(CommandError, match="both write to standard output"):
        call_command("verify", json=True, export_head="-")


def test_no_head_is_exported_of_a_log_that_differs(places, tmp_path):
    forge(f"{SET} seal = digest WHERE position = {places['last']}")
    file = tmp_path / "head.json"
    with pytest.raises(SystemExit):
        call_command("verify", export_head=str(file), stdout=io.StringIO())
    assert not file.exists()
