"""Installations that are made once and copied for each test."""

import subprocess

import pytest

from tests.examples.installation import Installation, open_folder


@pytest.fixture(scope="package")
def made():
    """A home whose database is migrated; tests copy it."""
    with open_folder() as folder:
        installation = Installation(folder / "home")
        installation.manage("migrate", "-v0")
        yield installation.home


@pytest.fixture
def empty():
    with open_folder() as folder:
        fresh = Installation(folder / "home")
        yield fresh
        fresh.end()


@pytest.fixture
def installation(made, empty):
    subprocess.run(["cp", "-a", str(made), str(empty.home)], check=True)
    return empty
