"""Where an offer is: ``[controller:][user/]model.offer[:endpoint]``.

Source: juju: core/crossmodel/offerurl.go.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from . import errors, folders, juju, names

_URL = re.compile(r'^(?:([^:/.]+):)?/?(?:([^:/.]+)/)?([^:/.]+)\.([^:/.]+)(?::([^:/.]+))?$')


class OfferUrl(NamedTuple):
    """An offer's URL in its parts; those that were left out are ``''``."""

    source: str
    user: str
    model: str
    offer: str
    endpoint: str = ''

    @property
    def path(self) -> str:
        """``admin/model.offer``: how people name it in this controller."""
        return f'{self.user or juju.USER}/{self.model}.{self.offer}'


def is_url(text: str) -> bool:
    """Tell whether *text* can only be an offer's URL: no other name has a dot."""
    return _URL.match(text) is not None


def parse(text: str) -> OfferUrl:
    """Return a URL in its parts.

    Raises:
        Error: ``application offer URL has invalid form…``, or it names another controller.
    """
    found = _URL.match(text)
    if found is None:
        raise errors.Error(
            f'application offer URL has invalid form, must be [<user/]<model>.<appname>: "{text}"'
        )
    url = OfferUrl(*(part or '' for part in found.groups()))
    if not names.is_model(url.model):
        raise errors.Error(f'model name "{url.model}" not valid')
    if not names.is_application(url.offer):
        raise errors.Error(f'application name "{url.offer}" not valid')
    if url.source not in ('', folders.controller_name()):
        raise errors.Error(f'controller {url.source} not found', 'not found')
    return url
