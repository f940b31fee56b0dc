"""The addresses of a person's own things."""

from django.urls import path

from commands.access import pages

urlpatterns = [
    path("me/", pages.me, name="me"),
    path("me/password", pages.ChangePassword.as_view(), name="change-password"),
    path("me/tokens", pages.tokens, name="tokens"),
    path("me/tokens/new", pages.new_token, name="new-token"),
    path("me/tokens/<slug:id>/revoke", pages.revoke_token, name="revoke-token"),
]
