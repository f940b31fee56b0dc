"""What is kept in English is said in the language of who reads the page, and kept in English."""

import io

import pytest
from django.utils.translation import override

from commands.engine import notifications, spoken
from commands.engine.errors import Malformed
from commands.engine.fields import ChoiceField, NumberField, SecondsField, TextField
from commands.engine.importing import read_rows
from commands.engine.shapes import StrictSerializer
from commands.ledger.refusals import NotFrozen

GERMAN = {
    "Unfreeze account": "Konto freigeben",
    "The account is not frozen, so there is nothing to undo.": "Das Konto ist nicht eingefroren.",
    "This may have at most {most} characters.": "Das hat höchstens {most} Zeichen.",
    "{what} was not done. {why}": "{what} wurde nicht getan. {why}",
}


class Body(StrictSerializer):
    may_be_empty = False
    name = TextField(max_length=3, required=False)
    number = NumberField(most=9, required=False)
    seconds = SecondsField(most=9, required=False)
    choice = ChoiceField(("one", "other"), required=False)


class Needed(StrictSerializer):
    name = TextField(max_length=3)


@pytest.fixture
def german(monkeypatch):
    monkeypatch.setattr(spoken, "gettext", lambda text: GERMAN.get(text, text))


def said(load, *args) -> str:
    with pytest.raises(Malformed) as raised:
        load(*args)
    ((_, sentence),) = raised.value.errors
    return sentence


def test_a_refusal_is_translated_as_a_whole(german):
    assert spoken.spoken(NotFrozen().detail) == "Das Konto ist nicht eingefroren."


def test_a_sentence_with_a_part_is_known_by_its_form(german):
    sentence = said(Body.load, {"name": "much"})
    assert sentence == "This may have at most 3 characters."
    assert spoken.spoken(sentence) == "Das hat höchstens 3 Zeichen."


def test_parts_that_are_texts_are_translated_too(german):
    kept = notifications.not_done("unfreeze_account", NotFrozen().detail)
    assert spoken.spoken(kept) == (
        "Konto freigeben wurde nicht getan. Das Konto ist nicht eingefroren."
    )


@pytest.mark.parametrize("text", ["", "Nobody translated {this}: 5 %", "two\nlines"])
def test_what_nobody_translated_stays_as_it_is(german, text):
    assert spoken.spoken(text) == text


@pytest.mark.parametrize(
    "data",
    [{}, {"name": "much"}, {"number": 0}, {"seconds": 10}, {"choice": "none"}],
)
def test_every_sentence_of_a_field_with_parts_has_its_form(monkeypatch, data):
    monkeypatch.setattr(spoken, "gettext", marked)
    assert spoken.spoken(said(Body.load, data)).startswith("! ")


@pytest.mark.parametrize("text", ["", "a,b", "a;b;c", "a,b,c,c", 'a,b,c\n"'])
def test_every_sentence_of_a_file_with_parts_has_its_form(monkeypatch, text):
    monkeypatch.setattr(spoken, "gettext", marked)
    rows = said(lambda: list(read_rows(io.StringIO(text), ("a", "b", "c"))))
    assert spoken.spoken(rows).startswith("! ")


def marked(text: str) -> str:
    return f"! {text}" if "{" in text else text


def test_what_is_kept_is_english_whatever_the_page_is():
    with override("de"):
        assert said(Needed.load, {}) == "This field is required."
