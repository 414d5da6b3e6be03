"""``show-model``: all about one model."""

from __future__ import annotations

from .. import formats
from . import session, table
from .session import model_name

COMMAND = table.command(
    'show-model', '[<model name>]', '', *table.formats('yaml', 'json'), table.UTC
)


def run(session: session.Session) -> int:
    """Print the facts about the model."""
    name, *_ = session.parsed.at_most(1)
    found = session.call(
        'show_model', model=model_name(name) or session.model, utc=session.flags['utc']
    )
    session.write(formats.text(found, session.flags['format']))
    return 0
