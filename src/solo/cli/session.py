"""One run of one verb: what was asked, the controller, and where its words go."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from typing import Any

from .. import errors, flags, folders, wire
from . import connection


class Session:
    """What a verb's ``run`` is given.

    stdout is for machines, stderr for people: :meth:`write` and :meth:`say`.
    """

    def __init__(self, parsed: flags.Parsed, call: connection.Call = connection.call) -> None:
        self.parsed = parsed
        self._call = call

    @property
    def flags(self) -> Mapping[str, Any]:
        """The flags by their longest name."""
        return self.parsed.flags

    @property
    def args(self) -> tuple[str, ...]:
        """The positionals."""
        return self.parsed.args

    @property
    def model(self) -> str:
        """The name of the model asked for, ``''`` for the current one."""
        return model_name(self.flags.get('model') or os.environ.get('JUJU_MODEL', ''))

    def model_name(self) -> str:
        """Return the name of the model asked for, of the current one if none was.

        Raises:
            Error: If there is none.
        """
        name = self.model or self.call('models').get('current-model', '')
        if not name:
            raise errors.Error('No selected model.\n\nUse "solo switch" to select one')
        return model_name(name)

    def call(
        self,
        verb: str,
        on_event: Callable[[wire.Json], None] | None = None,
        **params: Any,
    ) -> Any:
        """Ask the controller something that is not about one model."""
        return self._call(verb, params, on_event)

    def ask(
        self,
        verb: str,
        on_event: Callable[[wire.Json], None] | None = None,
        **params: Any,
    ) -> Any:
        """Ask the controller about the model of this session."""
        return self.call(verb, on_event, model=self.model, **params)

    def write(self, text: str) -> None:
        """Print the result: on stdout, or into the file of ``--output``."""
        path = self.flags.get('output')
        if not path:
            sys.stdout.write(text)
            return
        try:
            with open(path, 'w', encoding='utf-8') as file:
                file.write(text)
        except OSError as error:
            raise errors.Error(f'cannot write "{path}": {error.strerror}') from error

    def say(self, text: str) -> None:
        """Tell people how it goes, unless ``--quiet``."""
        if not self.flags.get('quiet'):
            print(text, file=sys.stderr, flush=True)

    def progress(self, event: wire.Json) -> None:
        """Tell people the text of a progress event."""
        if 'progress' in event:
            self.say(str(event['progress']))

    def wait(
        self,
        *applications: str,
        gone_units: tuple[str, ...] = (),
        gone_applications: tuple[str, ...] = (),
        since: float = 0.0,
    ) -> int:
        """Follow ``--wait`` until the applications have settled; return the exit code."""
        if not self.flags.get('wait'):
            return 0
        from . import waiting

        return waiting.follow(
            self,
            applications,
            gone_units=gone_units,
            gone_applications=gone_applications,
            since=since,
        )


def model_name(text: str) -> str:
    """Return the bare name in ``[<controller>:][<user>/]<model>``.

    Raises:
        Error: If it names another controller than the one that there is.
    """
    controller, colon, rest = text.rpartition(':')
    if colon and controller not in ('', folders.controller_name()):
        raise errors.Error(f'controller {controller} not found', 'not found')
    return rest.rpartition('/')[2]
