"""Every "no" is a code, a sentence and facts."""

from commands.engine.errors import Malformed, Refused, StoredRefusal


class TooBig(Refused):
    """This is
    too big."""

    code = "too-big"


def test_it_speaks_the_sentence_of_its_docstring():
    assert (str(TooBig()), TooBig().status) == ("This is too big.", 422)


def test_it_shows_money_as_digits_and_counts_as_numbers():
    refusal = TooBig(pointer="/amount", available=10**30, index=3, forced=True, code=None)
    assert refusal.as_answer() == {
        "code": "too-big",
        "detail": "This is too big.",
        "pointer": "/amount",
        "facts": {"available": str(10**30), "index": 3, "forced": True, "code": None},
    }


def test_it_is_the_same_after_it_was_stored():
    answer = TooBig(pointer="/amount", available=5).as_answer()
    stored = StoredRefusal(422, answer, headers={})
    assert (stored.as_answer(), str(stored)) == (answer, "This is too big.")


def test_it_lists_what_is_malformed():
    error = Malformed([("", "no body"), ("/amount", "no amount")])
    assert str(error) == "/: no body; /amount: no amount"
