"""A Django site as its documentation would have it: a transfer of rows, and a view that is empty.

It stands by itself and knows nothing of Daybook; `bench` tells it by the environment where its
tables are.
"""

import os

import django
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application

POOLED = os.environ["CRUD_INTERFACE"] == "asgi"

settings.configure(
    SECRET_KEY="for benchmarks alone",
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    USE_TZ=True,
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": os.environ["CRUD_DBNAME"],
            "USER": os.environ["CRUD_USER"],
            "PASSWORD": os.environ["CRUD_PASSWORD"],
            "HOST": os.environ["CRUD_HOST"],
            "PORT": os.environ["CRUD_PORT"],
            # Django's manual: under ASGI no persistent connections, but the backend's pool.
            "CONN_MAX_AGE": 0 if POOLED else 300,
            "OPTIONS": {"options": os.environ["CRUD_OPTIONS"], "pool": POOLED},
        }
    },
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "rest_framework"],
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ],
)
django.setup()

from django.db import models, transaction  # noqa: E402
from django.urls import path  # noqa: E402
from rest_framework import serializers, status  # noqa: E402
from rest_framework.request import Request  # noqa: E402
from rest_framework.response import Response  # noqa: E402
from rest_framework.views import APIView  # noqa: E402


class Account(models.Model):
    balance = models.BigIntegerField()

    class Meta:
        app_label = "crud"
        db_table = "account"
        managed = False


class Entry(models.Model):
    account = models.ForeignKey(Account, models.PROTECT, db_column="account")
    amount = models.BigIntegerField()
    recorded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "crud"
        db_table = "entry"
        managed = False


class TransferSerializer(serializers.Serializer):
    source = serializers.IntegerField(min_value=1)
    target = serializers.IntegerField(min_value=1)
    amount = serializers.IntegerField(min_value=1)


class TransferView(APIView):
    def post(self, request: Request) -> Response:
        serializer = TransferSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        asked = serializer.validated_data
        with transaction.atomic():
            both = [asked["source"], asked["target"]]
            locked = Account.objects.select_for_update().filter(id__in=both).order_by("id")
            accounts = {account.id: account for account in locked}
            source, target = accounts[asked["source"]], accounts[asked["target"]]
            if source.balance < asked["amount"]:
                raise serializers.ValidationError("There is too little on the account.")
            source.balance -= asked["amount"]
            target.balance += asked["amount"]
            source.save(update_fields=["balance"])
            target.save(update_fields=["balance"])
            Entry.objects.create(account=source, amount=-asked["amount"])
            Entry.objects.create(account=target, amount=asked["amount"])
        return Response({"balance": source.balance, **asked}, status.HTTP_201_CREATED)


class EmptyView(APIView):
    def post(self, request: Request) -> Response:
        return Response(status=status.HTTP_201_CREATED)


urlpatterns = [path("transfers", TransferView.as_view()), path("empty", EmptyView.as_view())]
wsgi, asgi = get_wsgi_application(), get_asgi_application()
