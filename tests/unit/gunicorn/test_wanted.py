"""What gunicorn is to serve: the application's bag over the charm's options."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from gunicorncharm import wanted

SPEC: dict[str, Any] = yaml.safe_load(
    (Path(wanted.__file__).parents[2] / 'charmcraft.yaml').read_text()
)
DEFAULTS = {name: option['default'] for name, option in SPEC['config']['options'].items()}
BAG = {'working_dir': '/srv/site', 'wsgi_wsgi_file': 'site.wsgi', 'listen_ip': '10.0.0.1'}


def read(**more: str) -> wanted.Wanted | list[str]:
    return wanted.read({**BAG, **more}, DEFAULTS, cores=2)


def good(**more: str) -> wanted.Wanted:
    found = read(**more)
    assert isinstance(found, wanted.Wanted), found
    return found


def test_what_the_bag_leaves_open_the_options_decide():
    found = good()

    assert found.bind == '10.0.0.1:8080'
    assert found.settings['timeout'] == 30
    assert found.settings['user'] == 'www-data'


def test_the_bag_goes_before_the_options():
    assert good(wsgi_timeout='7').settings['timeout'] == 7


def test_zero_workers_are_one_more_than_there_are_cores():
    assert good().settings['workers'] == 3
    assert good(wsgi_workers='5').settings['workers'] == 5


def test_variables_are_split_as_a_shell_does():
    assert good(env_extra='A=1 B="two words"').settings['raw_env'] == ['A=1', 'B=two words']


@pytest.mark.parametrize(
    ('name', 'value'),
    [
        ('wsgi_workers', '-1'),
        ('wsgi_workers', 'many'),
        ('wsgi_workers', '9' * 5000),
        ('port', '0'),
        ('port', '65536'),
        ('listen_ip', 'example.com'),
        ('wsgi_umask', '9'),
        ('wsgi_log_level', 'loud'),
        ('wsgi_wsgi_file', '-c evil'),
        ('working_dir', 'relative'),
        ('env_extra', 'A="open'),
        ('env_extra', 'no-pair'),
        ('wsgi_extra', "'"),
    ],
)
def test_nonsense_is_named_and_never_raises(name: str, value: str):
    found = read(**{name: value})

    assert isinstance(found, list)
    assert [fault for fault in found if fault.startswith(f'{name}: ')]


def test_the_configuration_is_python_whatever_the_bag_says():
    nasty = good(wsgi_access_logformat='"""\n%(h)s \\', python_path='/a:/b', wsgi_timestamp='\n!')

    text = wanted.render(nasty, Path('/run/g.pid'), Path('/ready'), is_root=True)

    settings: dict[str, Any] = {}
    exec(compile(text, 'gunicorn.conf.py', 'exec'), settings)
    assert settings['access_log_format'] == '"""\n%(h)s \\'
    assert settings['bind'] == ['10.0.0.1:8080']
    assert settings['wsgi_app'] == 'site.wsgi'
    assert callable(settings['post_fork'])


def test_only_root_changes_the_workers_user():
    text = wanted.render(good(), Path('/run/g.pid'), Path('/ready'), is_root=False)

    assert 'www-data' not in text


def test_a_new_stamp_is_a_new_configuration():
    texts = {
        wanted.render(good(wsgi_timestamp=stamp), Path('/p'), Path('/r'), is_root=True)
        for stamp in 'ab'
    }

    assert len(texts) == 2


def test_an_ipv6_address_is_bracketed():
    assert good(listen_ip='fd00::1').bind == '[fd00::1]:8080'
