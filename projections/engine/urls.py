"""The addresses of what all read tables have in common."""

from projections.engine.api import Projections

routes = {"projections": {"GET": Projections.as_view()}}
