"""All addresses; no domain is named here."""

from django.contrib import admin
from django.contrib.auth import views as auth
from django.urls import include, path
from django.views.i18n import set_language

from config import documentation, essays, event_schemas, health, metrics, routing, tour
from config.roads import answering, comparing

handler400 = "config.problems.bad_request"
handler403 = "config.problems.forbidden"
handler404 = "config.problems.not_found"
handler500 = "config.problems.failed"

urlpatterns = [
    path("api/v1/schema/", routing.Address({"GET": documentation.schema}), name="schema"),
    path(
        "api/v1/schema/events/",
        routing.Address({"GET": event_schemas.all_schemas}),
        name="event-schemas",
    ),
    path(
        "api/v1/schema/events/<str:name>",
        routing.Address({"GET": event_schemas.one_schema}),
        name="event-schema",
    ),
    path("api/v1/docs/", routing.Address({"GET": documentation.page}), name="documentation"),
    path("api/v1/", include(routing.api_urlpatterns())),
    path("how-it-answers", answering.page, name="how-it-answers"),
    path("how-to-use-the-api", essays.how_to_use_the_api, name="how-to-use-the-api"),
    path("how-the-ledger-works", essays.how_the_ledger_works, name="how-the-ledger-works"),
    path("problems/", essays.all_problems, name="problems"),
    path("problems/<slug:code>", essays.one_problem, name="problem"),
    path("compare-roads", comparing.CompareRoads.as_view(), name="compare-roads"),
    path("tour", tour.begin, name="tour"),
    path("tour/end", tour.end, name="end-tour"),
    path("language", set_language, name="language"),
    path("login", auth.LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("logout", auth.LogoutView.as_view(), name="logout"),
    path("admin/", admin.site.urls),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics.metrics, name="metrics"),
    *routing.page_urlpatterns(),
]
