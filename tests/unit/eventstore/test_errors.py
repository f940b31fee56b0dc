"""What an error says, as a person and the database can have it."""

from eventstore.errors import described, first_line


def test_it_is_told_by_its_class_and_without_what_no_database_keeps():
    error = ValueError("a NUL \0 and half a character \ud800")
    assert described(error) == "ValueError: a NUL  and half a character ?"


def test_its_first_line_is_never_empty():
    assert first_line(ValueError("one\ntwo")) == "one"
    assert first_line(ValueError()) == "ValueError"
