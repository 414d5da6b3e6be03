"""A controller for tests of the command line: it answers what it was told, nothing else."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from typing import Any, NamedTuple

from solo import errors
from solo.cli import main

Json = dict[str, Any]


class Done(NamedTuple):
    """How a command line ended."""

    code: int
    out: str
    err: str


class Controller:
    """Answers by verb; an answer may be an error, or a function of the parameters.

    Attributes:
        asked: Every request, as verb and parameters.
        events: What is emitted before the answer, by verb.
    """

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.events: dict[str, list[Json]] = {}
        self.asked: list[tuple[str, Json]] = []

    def __call__(
        self, verb: str, params: Json, on_event: Callable[[Json], None] | None = None
    ) -> Any:
        """Answer a request as ``connection.call`` does."""
        self.asked.append((verb, params))
        assert verb in self.answers, f'nobody expected {verb} {params}'
        for event in self.events.get(verb, ()):
            assert on_event is not None, f'nobody listens to the events of {verb}'
            on_event(event)
        answer = self.answers[verb]
        if isinstance(answer, errors.Error):
            raise answer
        return answer(params) if callable(answer) else answer

    def run(self, *argv: str) -> Done:
        """Run a command line against this controller."""
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main.main(argv, self)
        return Done(code, out.getvalue(), err.getvalue())


def status(**changes: Any) -> Json:
    """Return a whole status with two applications, a subordinate and a relation (contract 4.5)."""
    since = '02 Jan 2026 03:04:05Z'
    idle = {'current': 'idle', 'since': since, 'version': '3.6.9'}
    found: Json = {
        'model': {
            'name': 'm',
            'type': 'iaas',
            'controller': 'solo',
            'cloud': 'localhost',
            'region': 'localhost',
            'version': '3.6.9',
            'model-status': {'current': 'available', 'since': since},
            'sla': 'unsupported',
        },
        'machines': {
            '0': {
                'juju-status': {'current': 'started', 'since': since, 'version': '3.6.9'},
                'dns-name': '127.1.0.2',
                'ip-addresses': ['127.1.0.2'],
                'instance-id': 'juju-abcdef-0',
                'machine-status': {'current': 'running', 'since': since},
                'modification-status': {'current': 'idle', 'since': since},
                'base': {'name': 'debian', 'channel': '12'},
            }
        },
        'applications': {
            'pg-a': {
                'charm': 'local:postgresql-0',
                'charm-origin': 'local',
                'charm-name': 'postgresql',
                'charm-rev': 0,
                'exposed': False,
                'application-status': {'current': 'active', 'message': 'ready', 'since': since},
                'relations': {
                    'db': [{'related-application': 'web', 'interface': 'pgsql', 'scope': 'global'}]
                },
                'units': {
                    'pg-a/10': {
                        'workload-status': {'current': 'maintenance', 'since': since},
                        'juju-status': {
                            'current': 'executing',
                            'message': 'running install hook',
                            'since': since,
                        },
                        'machine': '0',
                    },
                    'pg-a/2': {
                        'workload-status': {
                            'current': 'active',
                            'message': 'ready',
                            'since': since,
                        },
                        'juju-status': idle,
                        'leader': True,
                        'machine': '0',
                        'open-ports': ['80/tcp', '81/tcp', '443/tcp', '53/udp'],
                        'public-address': '127.1.0.2',
                        'subordinates': {
                            'log/0': {
                                'workload-status': {'current': 'active', 'since': since},
                                'juju-status': idle,
                                'public-address': '127.1.0.2',
                            }
                        },
                    },
                },
                'version': '15.14-0+deb12u1 and more',
                'endpoint-bindings': {'': 'alpha', 'db': 'alpha'},
            },
            'log': {
                'charm': 'local:log-3',
                'charm-origin': 'local',
                'charm-name': 'log',
                'charm-rev': 3,
                'exposed': True,
                'application-status': {'current': 'active', 'since': since},
                'subordinate-to': ['pg-a'],
                'endpoint-bindings': {'': 'alpha'},
            },
        },
        'controller': {'timestamp': '03:04:05Z'},
        '_relations': [
            {
                'id': 1,
                'provider': 'pg-a:db',
                'requirer': 'web:db',
                'interface': 'pgsql',
                'type': 'regular',
                'status': 'joining',
            }
        ],
        '_change': 7,
    }
    found.update(changes)
    return found
