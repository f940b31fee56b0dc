"""The write side's addresses."""

from django.urls import path

import eventstore.converters  # noqa: F401
from commands.ledger import api
from commands.ledger.imports import FORMATS
from commands.ledger.views import (
    accounts,
    books,
    corrections,
    holds,
    instructions,
    transfers,
    uploads,
)

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
    "accounts/<code:code>/alert": {"POST": api.SetAlert.as_view()},
    "accounts/<code:code>/sweep": {"POST": api.SetSweep.as_view()},
    "standing-orders": {"POST": api.PlaceStandingOrder.as_view()},
    "standing-orders/<uuid:id>/cancel": {"POST": api.CancelStandingOrder.as_view()},
    "transfers": {"POST": api.PostTransfer.as_view()},
    "transfers/<uuid:id>/reverse": {"POST": api.ReverseTransfer.as_view()},
    "books/close": {"POST": api.CloseBooks.as_view()},
}

urlpatterns = [
    path("accounts/new", accounts.OpenAccount.as_view(), name="open-account"),
    path("accounts/<code:code>/edit", accounts.EditAccount.as_view(), name="edit-account"),
    path(
        "accounts/<code:code>/overdraft-limit",
        accounts.ChangeOverdraftLimit.as_view(),
        name="overdraft-limit",
    ),
    path("accounts/<code:code>/freeze", accounts.FreezeAccount.as_view(), name="freeze"),
    path("accounts/<code:code>/unfreeze", accounts.UnfreezeAccount.as_view(), name="unfreeze"),
    path("accounts/<code:code>/close", accounts.CloseAccount.as_view(), name="close-account"),
    path("accounts/<code:code>/reopen", accounts.ReopenAccount.as_view(), name="reopen-account"),
    path("accounts/<code:code>/holds/new", holds.PlaceHold.as_view(), name="place-hold"),
    path(
        "accounts/<code:code>/holds/<uuid:id>/capture",
        holds.CaptureHold.as_view(),
        name="capture-hold",
    ),
    path(
        "accounts/<code:code>/holds/<uuid:id>/release",
        holds.ReleaseHold.as_view(),
        name="release-hold",
    ),
    path("accounts/<code:code>/alert", instructions.SetAlert.as_view(), name="set-alert"),
    path("accounts/<code:code>/sweep", instructions.SetSweep.as_view(), name="set-sweep"),
    path(
        "standing-orders/new",
        instructions.PlaceStandingOrder.as_view(),
        name="place-standing-order",
    ),
    path(
        "standing-orders/<uuid:id>/cancel",
        instructions.CancelStandingOrder.as_view(),
        name="cancel-standing-order",
    ),
    path("transfers/new", transfers.NewTransfer.as_view(), name="new-transfer"),
    path("transfers/<uuid:id>/reverse", transfers.ReverseTransfer.as_view(), name="reverse"),
    path("bulk/new", uploads.Upload.as_view(), name="upload"),
    *(path(f"bulk/{of}.csv", uploads.example, {"of": of}, name=f"example-{of}") for of in FORMATS),
    path("bulk/<uuid:id>/refused.csv", uploads.refused, name="refused-rows"),
    path("books/close", books.CloseBooks.as_view(), name="close-books"),
    path("corrections", corrections.Corrections.as_view(), name="corrections"),
]
