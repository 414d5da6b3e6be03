"""When config-changed runs. Source: juju: internal/worker/uniter/resolver.go."""

from __future__ import annotations

import pytest
from contract_model import Model

_WAIT = 'for i in $(seq 600); do [ -e {gate} ] && break; sleep 0.1; done'


@pytest.fixture(scope='module')
def steady(shared: Model) -> Model:
    """``a/0`` and ``b/0`` at rest."""
    shared.deploy('a')
    shared.deploy('b')
    shared.started('a/0', 'b/0')
    return shared


def _changes(model: Model, unit: str = 'a/0') -> int:
    return model.hooks(unit).count('config-changed')


def test_the_same_value_again_runs_no_hook(steady: Model):
    """Row 5: a later change is the only one that is told."""
    steady.juju('config', 'a', 'text=same')
    steady.wait_hook('a/0', 'config-changed', 2)
    before = _changes(steady)

    steady.juju('config', 'a', 'text=same')
    steady.settle()
    steady.juju('config', 'a', 'text=other')
    steady.wait_hook('a/0', 'config-changed', before + 1)
    steady.settle()

    assert _changes(steady) == before + 1


def test_many_changes_in_a_row_are_one_hook_with_the_last_values(steady: Model):
    """Row 6: they are set while a hook runs, which ends when the last of them is there."""
    gate = steady.folder / 'gate-6'
    before = _changes(steady)
    steady.on('a', config_changed=f'config-get number >> $SAID; {_WAIT.format(gate=gate)}')
    steady.wait_hook('a/0', 'config-changed', before + 1)

    for number in range(10):
        steady.juju('config', 'a', f'number={100 + number}')
    steady.exec('b/0', f'touch {gate}')
    steady.wait_hook('a/0', 'config-changed', before + 2)
    steady.settle()

    assert _changes(steady) == before + 2
    assert steady.said()[-1] == '109'


def test_config_changed_goes_before_waiting_relation_hooks(steady: Model):
    """Row 7."""
    gate = steady.folder / 'gate-7'
    steady.on(
        'b',
        client_relation_created=_WAIT.format(gate=gate),
    )
    steady.wait_hook('b/0', 'config-changed', 2)
    steady.settle()
    steady.juju('integrate', 'a:server', 'b:client')
    steady.wait_hook('b/0', 'client-relation-created')
    steady.wait_hook('a/0', 'server-relation-created')

    steady.juju('config', 'b', 'number=70')
    steady.exec('a/0', f'touch {gate}')
    steady.wait_hook('b/0', 'client-relation-changed a/0')

    hooks = steady.hooks('b/0')
    created = hooks.index('client-relation-created')
    assert hooks[created:][:4] == [
        'client-relation-created',
        'config-changed',
        'client-relation-joined a/0',
        'client-relation-changed a/0',
    ]


def test_trust_runs_config_changed(steady: Model):
    """Contract 2.8."""
    before = _changes(steady)

    steady.juju('trust', 'a')

    steady.wait_hook('a/0', 'config-changed', before + 1)


def test_hooks_are_told_of_the_models_proxies(model: Model):
    """Contract 1.3: the charm's own are always there, the legacy ones only when they are set."""
    tell = 'echo "$JUJU_CHARM_HTTP_PROXY|$JUJU_CHARM_NO_PROXY|$https_proxy|$HTTPS_PROXY" >>$SAID'
    model.deploy('a', on={'config-changed': tell})
    model.started('a/0')
    typo = model.ask('model-config', 'juju-http-proxi=x')
    model.juju('model-config', 'juju-http-proxy=http://j:1', 'https-proxy=http://l:2')

    model.juju('config', 'a', 'number=2')

    model.wait(lambda: len(model.said()) == 2 or None)
    assert (typo.code, 'possible misspelling' in typo.err) == (0, True)
    local = '127.0.0.1,localhost,::1'
    assert model.said() == [f'|{local}||', f'http://j:1|{local}|http://l:2|http://l:2']
    assert 'https_proxy' not in model.trace('a/0')[0].names
    assert 'http_proxy' not in model.trace('a/0')[-1].names
