"""Whoever follows the log is steered by name: a name belongs to one of them."""

from django.core.checks import run_checks

from eventstore.listeners.listener import Listener, register
from projections.engine.projector import projections
from tests.examples.reacting import only_those_of_this_test


def test_a_listener_with_the_name_of_a_projection_is_told_of():
    name = projections(immediate=False)[0].name
    with only_those_of_this_test():
        register(Listener(name, "other", (), lambda events: None))
        (found,) = run_checks()
    assert found.id == "projections.E001"
    assert f"are both called {name}: staff could not" in found.msg
    assert run_checks() == []
