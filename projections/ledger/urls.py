"""The read side's addresses."""

from django.urls import path

import eventstore.converters  # noqa: F401
from projections.ledger import (
    activity_api,
    activity_views,
    api,
    book_views,
    day_api,
    hold_api,
    hold_views,
    instruction_api,
    order_views,
    reconciliation,
    reports,
    statement_api,
    views,
    why,
)

routes = {
    "accounts": {"GET": api.Accounts.as_view()},
    "accounts/<code:code>": {"GET": api.Account.as_view()},
    "accounts/<code:code>/days": {"GET": day_api.Days.as_view()},
    "accounts/<code:code>/entries": {"GET": api.Entries.as_view()},
    "accounts/<code:code>/events": {"GET": api.AccountEvents.as_view()},
    "accounts/<code:code>/statement": {"GET": statement_api.Statement.as_view()},
    "accounts/<code:code>/holds": {"GET": hold_api.Holds.as_view()},
    "accounts/<code:code>/holds/<uuid:id>": {"GET": hold_api.OneHold.as_view()},
    "accounts/<code:code>/alert": {"GET": instruction_api.Alert.as_view()},
    "accounts/<code:code>/sweep": {"GET": instruction_api.Sweep.as_view()},
    "activity": {"GET": activity_api.Feed.as_view()},
    "balances": {"GET": api.Balances.as_view()},
    "balances/tree": {"GET": reports.Tree.as_view()},
    "books": {"GET": api.Books.as_view()},
    "standing-orders": {"GET": instruction_api.StandingOrders.as_view()},
    "standing-orders/<uuid:id>": {"GET": instruction_api.OneStandingOrder.as_view()},
    "transfers": {"GET": api.Transfers.as_view()},
    "transfers/<uuid:id>": {"GET": api.OneTransfer.as_view()},
    "trial-balance": {"GET": reports.TrialBalance.as_view()},
}

urlpatterns = [
    path("", views.home, name="home"),
    path("accounts/", views.accounts, name="accounts"),
    path("accounts/<code:code>", views.account, name="account"),
    path("accounts/<code:code>/reconcile", reconciliation.reconcile, name="reconcile"),
    path("accounts/<code:code>/statement", views.statement, name="statement"),
    path("accounts/<code:code>/statement.csv", views.statement_csv, name="statement-csv"),
    path("accounts/<code:code>/why", why.why, name="why"),
    path("activity", activity_views.feed, name="activity"),
    path("balances/tree", reports.tree, name="tree"),
    path("accounts/<code:code>/holds", hold_views.holds, name="holds"),
    path("accounts/<code:code>/holds/<uuid:id>", hold_views.hold, name="hold"),
    path("books/", book_views.books, name="books"),
    path("search/accounts", views.search, name="search-accounts"),
    path("standing-orders/", order_views.standing_orders, name="standing-orders"),
    path("standing-orders/<uuid:id>", order_views.standing_order, name="standing-order"),
    path("transfers/<uuid:id>", views.transfer, name="transfer"),
    path("trial-balance", reports.trial_balance, name="trial-balance"),
    path("trial-balance.csv", reports.trial_balance_csv, name="trial-balance-csv"),
]
