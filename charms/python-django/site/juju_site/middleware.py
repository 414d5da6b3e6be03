"""Around every request: health, and an honest page when there is no database.

Source: Django documentation, "Writing your own middleware".
"""

from __future__ import annotations

from collections.abc import Callable

from django import db, http
from django.core import exceptions
from django.utils import html

from . import databases, facts

HEALTH = '/health'
_READS = ('GET', 'HEAD', 'OPTIONS')
_AGAIN = 'This page tries again by itself.'
_NOT_SAVED = 'What you sent was not saved: send it again in a moment.'
_PERHAPS = 'What you sent may not have been saved: look, then send it again.'
_READ_ONLY = '25006'
"""PostgreSQL's code for a write in a session that may only read."""

_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8">{refresh}
<title>No database just now</title>
<body style="font-family: sans-serif; max-width: 40em; margin: 4em auto; color: #24303c">
<h1>{title}</h1><p>{text}</p><p><small>Served by {unit}.</small></p></body></html>"""


class Health:
    """Answer ``/health``: what this unit can do for a visitor now, as JSON.

    200 with ``database`` = ``read-write`` or ``read-only``; 503 with ``none``.
    """

    def __init__(self, get_response: Callable[[http.HttpRequest], http.HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: http.HttpRequest) -> http.HttpResponse:
        """Answer, or pass the request on."""
        if request.path != HEALTH:
            return self._get_response(request)
        databases.begin_request()
        state = 'none'
        if databases.has_master():
            state = 'read-write'
        elif databases.has_standby():
            state = 'read-only'
        unit = databases.place()[0] if state != 'none' else ''
        answer = {'unit': facts.current().unit, 'database': state, 'database-unit': unit}
        return http.JsonResponse(answer, status=503 if state == 'none' else 200)


class Databases:
    """Follow the database, and say 503 with a page that tries again when it can't be used."""

    def __init__(self, get_response: Callable[[http.HttpRequest], http.HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: http.HttpRequest) -> http.HttpResponse:
        """Pass the request on with the databases of now."""
        databases.begin_request()
        if databases.is_searching() and request.method not in _READS:
            return self._unavailable(request, _NOT_SAVED)
        return self._get_response(request)

    def process_exception(
        self, request: http.HttpRequest, exception: Exception
    ) -> http.HttpResponse | None:
        """Return a page for what a failover or a missing relation raises, None for the rest."""
        if isinstance(exception, exceptions.ImproperlyConfigured):
            if facts.current().databases:
                return None  # the project's own affair
            return self._unavailable(request, 'This site has no database yet.')
        state = getattr(exception.__cause__, 'sqlstate', None)
        if isinstance(exception, databases.FAILURES) or (
            isinstance(exception, db.InternalError) and state == _READ_ONLY
        ):
            databases.look_for_master()
            is_read = request.method in _READS
            return self._unavailable(request, _AGAIN if is_read else _PERHAPS)
        return None

    def _unavailable(self, request: http.HttpRequest, text: str) -> http.HttpResponse:
        is_read = request.method in _READS
        page = _PAGE.format(
            refresh='<meta http-equiv="refresh" content="1">' if is_read else '',
            title='The database does not answer just now',
            text=html.escape(text),
            unit=html.escape(facts.current().unit),
        )
        return http.HttpResponse(page, status=503, headers={'Retry-After': '1'})
