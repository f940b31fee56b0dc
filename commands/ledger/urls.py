"""The write side's addresses."""

from django.urls import path

import eventstore.converters  # noqa: F401
from commands.ledger import api, views

routes = {
    "accounts": {"POST": api.OpenAccount.as_view()},
    "accounts/<code:code>": {"PATCH": api.ChangeAccountDetails.as_view()},
    "transfers": {"POST": api.PostTransfer.as_view()},
}

urlpatterns = [
    path("accounts/new", views.OpenAccount.as_view(), name="open-account"),
    path("accounts/<code:code>/edit", views.EditAccount.as_view(), name="edit-account"),
    path("transfers/new", views.NewTransfer.as_view(), name="new-transfer"),
]
