"""Amounts as people of a language write and read them."""

import pytest
from django.utils.translation import gettext, override
from hypothesis import given
from hypothesis import strategies as st

from eventstore.localized import from_text, to_editable_text, to_readable_text

LANGUAGES = ["en", "de"]


@pytest.mark.parametrize(
    ("language", "readable", "editable"),
    [("en", "−1,234,567.89", "-1234567.89"), ("de", "−1.234.567,89", "-1234567,89")],
)
def test_each_language_has_its_marks(language, readable, editable):
    with override(language):
        assert to_readable_text(-123456789, 2) == readable
        assert to_editable_text(-123456789, 2) == editable


@pytest.mark.parametrize("language", LANGUAGES)
@given(minor=st.integers(0, 10**38), exponent=st.integers(0, 30))
def test_it_reads_back_what_stands_in_a_field(language, minor, exponent):
    with override(language):
        assert from_text(to_editable_text(minor, exponent), exponent) == minor


@pytest.mark.parametrize("language", LANGUAGES)
@given(minor=st.integers(0, 10**38), exponent=st.integers(0, 30))
def test_what_it_shows_is_read_as_the_same_or_refused(language, minor, exponent):
    with override(language):
        try:
            assert from_text(to_readable_text(minor, exponent), exponent) == minor
        except ValueError:
            assert 1_000 <= minor // 10**exponent < 1_000_000


@pytest.mark.parametrize(
    ("language", "text", "minor"),
    [
        ("en", "1234.5", 123450),
        ("en", "1,234.50", 123450),
        ("en", "1,234,567", 123456700),
        ("de", "1234,5", 123450),
        ("de", "1.234,50", 123450),
        ("de", "1.234.567", 123456700),
        ("de", "12.50", 1250),
        ("de", "0.5", 50),
    ],
)
def test_it_reads_what_can_only_mean_one_amount(language, text, minor):
    with override(language):
        assert from_text(text, 2) == minor


@pytest.mark.parametrize("exponent", [0, 2, 3, None])
@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "1,234"),
        ("en", "12,50"),
        ("en", "1,23,456.00"),
        ("de", "1.234"),
        ("de", "1,234.50"),
        ("de", "1.23.456,00"),
        *((language, text) for language in LANGUAGES for text in ("", ".5", "1.", "-1", "1e3")),
        *((language, text) for language in LANGUAGES for text in ("\u0661", " 1", "1\n")),
    ],
)
def test_it_refuses_what_could_be_two_amounts_or_is_none(language, text, exponent):
    with override(language), pytest.raises(ValueError, match=r".+"):
        from_text(text, exponent)


@pytest.mark.parametrize(("language", "text"), [("en", "1,234"), ("de", "1.234")])
def test_of_two_amounts_it_says_so(language, text):
    with override(language), pytest.raises(ValueError) as raised:
        from_text(text, 2)
    with override(language):
        said = gettext("{text} could be two amounts: write it without a mark between thousands.")
    assert str(raised.value) == said.format(text=repr(text))


def test_as_many_decimals_as_there_are_may_be_taken():
    assert from_text("1.23456", None) == 123456
    with pytest.raises(ValueError, match="more than 2 decimals"):
        from_text("1.234", 2)
