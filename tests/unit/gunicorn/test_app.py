"""gunicorn from event to state, with a server that is only a value."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
import yaml
from ops import testing

from gunicorncharm import app, errors, wanted

SPEC: dict[str, Any] = yaml.safe_load(
    (Path(app.__file__).parents[2] / 'charmcraft.yaml').read_text()
)
BAG = {'working_dir': '/srv/site', 'wsgi_workers': '2', 'wsgi_timestamp': 'one'}


@dataclasses.dataclass
class Server:
    """Remembers what it was told to serve."""

    serving: wanted.Wanted | None = None
    failure: str = ''

    def serve(self, found: wanted.Wanted) -> None:
        if self.failure:
            raise errors.Error(self.failure)
        self.serving = found

    def stop(self) -> None:
        self.serving = None


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def context(server: Server, tmp_path: Path) -> testing.Context[Any]:
    class Charm(app.GunicornCharm):
        def make_server(self) -> Server:
            return server

    return testing.Context(
        Charm,
        meta={key: SPEC[key] for key in ('name', 'subordinate', 'requires')},
        config=SPEC['config'],
        charm_root=tmp_path,
    )


def related(bag: dict[str, str]) -> testing.State:
    relation = testing.SubordinateRelation(
        'wsgi', remote_app_name='site', remote_unit_data=bag, remote_unit_id=0
    )
    return testing.State(relations={relation})


def test_what_the_application_says_is_served(context: testing.Context[Any], server: Server):
    state = context.run(context.on.update_status(), related(BAG))

    assert state.unit_status == testing.ActiveStatus('2 workers on 0.0.0.0:8080')
    assert server.serving is not None
    assert server.serving.folder == '/srv/site'


def test_the_application_hears_what_is_served(context: testing.Context[Any]):
    state = context.run(context.on.update_status(), related(BAG))

    (relation,) = state.get_relations('wsgi')
    assert relation.local_unit_data['wsgi_timestamp'] == 'one'


def test_an_application_that_says_nothing_yet_is_waited_for(context: testing.Context[Any]):
    state = context.run(context.on.update_status(), related({}))

    assert isinstance(state.unit_status, testing.WaitingStatus)


def test_without_an_application_it_says_what_to_relate(context: testing.Context[Any]):
    state = context.run(context.on.update_status(), testing.State())

    assert state.unit_status == testing.BlockedStatus(
        'no application: integrate this with python-django'
    )


@pytest.mark.parametrize(
    ('bag', 'failure', 'message'),
    [
        ({**BAG, 'port': 'http'}, '', 'port: "http" is not a number'),
        (BAG, 'cannot listen on 0.0.0.0:8080: address already in use', 'cannot listen'),
    ],
)
def test_what_cannot_be_served_is_named(
    context: testing.Context[Any], server: Server, bag: dict[str, str], failure: str, message: str
):
    server.failure = failure

    state = context.run(context.on.update_status(), related(bag))

    assert isinstance(state.unit_status, testing.BlockedStatus)
    assert state.unit_status.message.startswith(message)


def test_a_broken_relation_ends_the_server(context: testing.Context[Any], server: Server):
    state = context.run(context.on.update_status(), related(BAG))
    (relation,) = state.get_relations('wsgi')

    context.run(context.on.relation_broken(relation), state)

    assert server.serving is None
