"""The write side's addresses."""

from django.urls import path

import eventstore.converters  # noqa: F401
from commands.ledger import api, views

routes = {
    "accounts": {"POST": api.OpenAccount.as_view()},
    "accounts/<code:code>": {"PATCH": api.ChangeAccountDetails.as_view()},
    "accounts/<code:code>/overdraft-limit": {"POST": api.ChangeOverdraftLimit.as_view()},
    "accounts/<code:code>/freeze": {"POST": api.FreezeAccount.as_view()},
    "accounts/<code:code>/unfreeze": {"POST": api.UnfreezeAccount.as_view()},
    "accounts/<code:code>/close": {"POST": api.CloseAccount.as_view()},
    "accounts/<code:code>/reopen": {"POST": api.ReopenAccount.as_view()},
    "accounts/<code:code>/holds": {"POST": api.PlaceHold.as_view()},
    "accounts/<code:code>/holds/<uuid:id>/capture": {"POST": api.CaptureHold.as_view()},
    "accounts/<code:code>/holds/<uuid:id>/release": {"POST": api.ReleaseHold.as_view()},
    "transfers": {"POST": api.PostTransfer.as_view()},
    "transfers/<uuid:id>/reverse": {"POST": api.ReverseTransfer.as_view()},
    "books/close": {"POST": api.CloseBooks.as_view()},
}

urlpatterns = [
    path("accounts/new", views.OpenAccount.as_view(), name="open-account"),
    path("accounts/<code:code>/edit", views.EditAccount.as_view(), name="edit-account"),
    path("transfers/new", views.NewTransfer.as_view(), name="new-transfer"),
]
