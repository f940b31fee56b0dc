"""How outcomes are put into words."""

from commands.engine import readable


def test_a_name_becomes_a_phrase():
    assert readable.words("post_transfer") == "Post transfer"
    assert readable.words("insufficient-funds") == "Insufficient funds"


def test_digits_beside_a_currency_are_money_in_it():
    facts = {"account": "ann", "currency": "JPY", "available": "-1234", "requested": "5000"}
    assert readable.facts(facts) == [
        ("Account", "ann"),
        ("Available", "−1,234 JPY"),
        ("Requested", "5,000 JPY"),
    ]


def test_digits_beside_no_currency_stay_what_they_are():
    assert readable.facts({"expected": 3, "account": "17"}) == [
        ("Expected", "3"),
        ("Account", "17"),
    ]


def test_a_currency_that_nobody_knows_any_more_is_told_in_minor_units():
    assert readable.money(123456, "GONE") == "123,456 minor units of GONE"


def test_accounts_and_their_currencies_are_listed():
    facts = {"accounts": {"ann": "EUR", "bob": "USD"}}
    assert readable.facts(facts) == [("Accounts", "ann EUR, bob USD")]
