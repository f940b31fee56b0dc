"""Currencies: the ISO table, configured ones, and decimals to minor units and back."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventstore.events import currencies
from eventstore.events.currencies import (
    ISO,
    Currency,
    configure,
    currency,
    from_decimal_text,
    parse_configured,
    to_decimal_text,
)

exponents = st.integers(0, 30)
minor_units = st.integers(-(10**90), 10**90)


@pytest.fixture
def _configured_again() -> Iterator[None]:
    known = currencies._known
    yield
    currencies._known = known


def test_it_knows_every_iso_code_with_a_minor_unit() -> None:
    assert len(ISO) == 165
    assert list(ISO) == sorted(ISO)
    assert {len(code) for code in ISO} == {3}
    assert all(known.name for known in ISO.values())


@pytest.mark.parametrize(
    ("exponent", "codes"),
    [
        (0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"),
        (3, "BHD IQD JOD KWD LYD OMR TND"),
        (4, "CLF UYW"),
    ],
)
def test_it_knows_who_has_other_than_two_decimals(exponent: int, codes: str) -> None:
    assert " ".join(code for code in ISO if ISO[code].exponent == exponent) == codes


def test_the_rest_have_two_decimals() -> None:
    assert {known.exponent for known in ISO.values()} == {0, 2, 3, 4}
    assert currency("CZK") == Currency("CZK", 2, "Czech Koruna")


@pytest.mark.parametrize("code", ["XAD", "XCG", "ZWG", "SLE", "VED", "CHE", "USN"])
def test_it_knows_the_newest_codes_and_the_funds(code: str) -> None:
    assert code in ISO


@pytest.mark.parametrize("code", ["BGN", "ANG", "HRK", "XAU", "XXX", "usd", "USD ", ""])
def test_it_does_not_know_withdrawn_unitless_or_misspelt_codes(code: str) -> None:
    assert currency(code) is None


def test_it_reads_configured_currencies() -> None:
    assert parse_configured("POINTS:0, ETH:18,A.B_C-9:30") == {
        "POINTS": Currency("POINTS", 0, "POINTS"),
        "ETH": Currency("ETH", 18, "ETH"),
        "A.B_C-9": Currency("A.B_C-9", 30, "A.B_C-9"),
    }
    assert parse_configured("") == parse_configured(" ") == {}
    assert list(parse_configured(f"{'A' * 24}:0")) == ["A" * 24]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("points:0", '"points:0" is not CODE:EXPONENT'),
        ("P:0", '"P:0" is not CODE:EXPONENT'),
        ("9AB:0", '"9AB:0" is not CODE:EXPONENT'),
        ("AB-:0", '"AB-:0" is not CODE:EXPONENT'),
        (f"{'A' * 25}:0", "is not CODE:EXPONENT"),
        ("ÄB:0", "is not CODE:EXPONENT"),
        ("ETH:18,", '"" is not CODE:EXPONENT'),
        ("ETH", 'Currency ETH needs an exponent from 0 to 30, not ""'),
        ("ETH:31", "Currency ETH needs an exponent from 0 to 30"),
        ("ETH:-1", "Currency ETH needs an exponent"),
        ("ETH:1.0", "Currency ETH needs an exponent"),
        ("ETH:\uff11", "Currency ETH needs an exponent"),
        ("ETH:18:1", "Currency ETH needs an exponent"),
        ("ETH:18,ETH:18", "Currency ETH is configured twice"),
        ("USD:3", "Currency USD is in ISO 4217"),
    ],
)
def test_it_refuses_a_wrong_configuration_in_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence.replace(".", r"\.")) as refused:
        parse_configured(text)
    assert str(refused.value).endswith(".")


@pytest.mark.usefixtures("_configured_again")
def test_configuring_again_replaces_what_was_configured_before() -> None:
    configure("POINTS:0")
    configure("ETH:18")
    assert currency("POINTS") is None
    assert currency("ETH") == Currency("ETH", 18, "ETH")
    assert currency("EUR") is not None


@pytest.mark.parametrize(
    ("minor", "exponent", "text"),
    [
        (1250, 2, "12.50"),
        (5, 2, "0.05"),
        (0, 2, "0.00"),
        (-5, 3, "-0.005"),
        (7, 0, "7"),
        (-7, 0, "-7"),
        (1, 30, "0." + "0" * 29 + "1"),
        (10**38 - 1, 18, "9" * 20 + "." + "9" * 18),
    ],
)
def test_it_writes_decimals_with_all_their_places(minor: int, exponent: int, text: str) -> None:
    assert to_decimal_text(minor, exponent) == text


@pytest.mark.parametrize(
    ("text", "minor"), [("12.5", 1250), ("12", 1200), ("0.05", 5), ("0", 0), ("007.10", 710)]
)
def test_it_reads_decimals_with_places_left_out(text: str, minor: int) -> None:
    assert from_decimal_text(text, 2) == minor


@pytest.mark.parametrize(
    "text",
    [
        *("", " 1", "1 ", "1\n", "1,50", "1 000", "1_000", "1e3", "0x1", "nan", "inf"),
        *("+1", "--1", "- 1", ".5", "1.", "1.2.3", "1.234", "1.230", "9" * 101),
        *("\uff11", "\u0661", "\u00b2", "\u22121"),
    ],
)
@pytest.mark.parametrize("signed", [False, True])
def test_it_refuses_anything_else(text: str, signed: bool) -> None:
    with pytest.raises(ValueError, match=r"^'.*' (is not an amount|has more than 2 decimals)"):
        from_decimal_text(text, 2, signed=signed)


def test_it_refuses_any_decimal_where_there_is_no_minor_unit() -> None:
    with pytest.raises(ValueError, match="more than 0 decimals"):
        from_decimal_text("1.0", 0)


def test_it_reads_a_minus_only_when_asked_to() -> None:
    assert from_decimal_text("-12.50", 2, signed=True) == -1250
    with pytest.raises(ValueError, match="is negative"):
        from_decimal_text("-12.50", 2)


@given(minor=minor_units, exponent=exponents)
def test_what_is_written_reads_back_the_same(minor: int, exponent: int) -> None:
    assert from_decimal_text(to_decimal_text(minor, exponent), exponent, signed=True) == minor


@given(whole=st.integers(0, 10**40), digits=st.text("0123456789", max_size=30), more=exponents)
def test_reading_is_the_digits_shifted(whole: int, digits: str, more: int) -> None:
    text = f"{whole}.{digits}" if digits else str(whole)
    exponent = len(digits) + more
    assert from_decimal_text(text, exponent) == int(f"{whole}{digits}") * 10**more


@given(text=st.text(), exponent=exponents)
def test_any_text_is_read_or_refused_with_a_value_error(text: str, exponent: int) -> None:
    try:
        assert from_decimal_text(text, exponent) >= 0
    except ValueError as refused:
        assert str(refused).endswith(".")
