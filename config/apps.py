"""The wiring is an app of its own, so that it can bring commands and checks that need both sides."""

from django.apps import AppConfig


class Config(AppConfig):
    name = "config"
