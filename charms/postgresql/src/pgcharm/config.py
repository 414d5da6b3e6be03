"""The operator's options as typed values, with all that is wrong in them at once."""

from __future__ import annotations

import dataclasses
import ipaddress
import json
import locale
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal, cast

from . import parameters

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_SIZE = re.compile(r'[1-9]\d{0,9} *(kB|MB|GB|TB)?')
_LOCALE = re.compile(r'[A-Za-z0-9_.@-]{1,60}')
_SIMPLE_LOCALES = ('C', 'POSIX')
# PostgreSQL manual, "Character Set Support": those that a server can have.
_ENCODINGS = (
    *('EUC_CN', 'EUC_JP', 'EUC_JIS_2004', 'EUC_KR', 'EUC_TW', 'ISO_8859_5', 'ISO_8859_6'),
    *(
        'ISO_8859_7',
        'ISO_8859_8',
        'KOI8R',
        'KOI8U',
        *(f'LATIN{number}' for number in range(1, 11)),
    ),
    *('MULE_INTERNAL', 'SQL_ASCII', 'UTF8', 'WIN866', 'WIN874'),
    *(f'WIN{number}' for number in range(1250, 1259)),
)
_UNIT = re.compile(r'[a-z][a-z0-9]*(?:-[a-z0-9]+)*/\d{1,9}', re.ASCII)
_DELAY = re.compile(r'([1-9]\d{0,6})(s|min|h|d)', re.ASCII)
_SECONDS = {'s': 1, 'min': 60, 'h': 3600, 'd': 86400}
_LONGEST_DELAY = 24 * 86400
"""PostgreSQL counts them in milliseconds, in 31 bits."""

_METHODS = ('scram-sha-256', 'cert', 'reject', 'ldap', 'pam', 'gss')
_TYPES = ('host', 'hostssl', 'hostnossl', 'hostgssenc', 'hostnogssenc')


@dataclasses.dataclass(frozen=True)
class Config:
    """Every option, checked.

    Attributes:
        version: PostgreSQL's major version; None: the distribution's.
        shared_buffers: As PostgreSQL writes it, ``512MB``; None: by the profile.
        extra_pg_conf: Parameters of postgresql.conf, with the values as they stand there.
        extra_pg_auth: Lines of pg_hba.conf.
        admin_addresses: Networks whose users may use any database.
        client_connections: Of each client; 0: four fifths of all.
        client_statement_seconds: 0: no limit.
        client_temp_megabytes: 0: no limit.
        forget_clients_after: In days; 0: never.
        synchronous_mode: Whether a standby confirms each write: by the number of units, or
            always, or never.
        failover_lease: Seconds until a silent primary is replaced.
        maximum_lag_on_failover: Bytes that a standby may be behind and still be promoted.
        no_failover: Units that never become the master.
        delayed_standby: By how much a unit is behind on purpose, ``1h``, by its name.
    """

    version: str | None = None
    locale: str = 'C.UTF-8'
    encoding: str = 'UTF8'
    data_checksums: bool = True
    listen_port: int = 5432
    max_connections: int = 100
    shared_buffers: str | None = None
    profile: Literal['production', 'testing'] = 'production'
    extra_pg_conf: Mapping[str, str] = dataclasses.field(default_factory=dict[str, str])
    extra_pg_auth: tuple[str, ...] = ()
    admin_addresses: tuple[Network, ...] = ()
    client_connections: int = 0
    client_statement_seconds: int = 0
    client_temp_megabytes: int = 0
    forget_clients_after: int = 30
    synchronous_mode: Literal['auto', 'strict', 'off'] = 'auto'
    failover_lease: int = 7
    maximum_lag_on_failover: int = 1048576
    no_failover: tuple[str, ...] = ()
    delayed_standby: Mapping[str, str] = dataclasses.field(default_factory=dict[str, str])


@dataclasses.dataclass(frozen=True)
class Fault:
    """An option that can't be used, and why."""

    option: str
    reason: str


@dataclasses.dataclass(frozen=True)
class Parsed:
    """What to run with, and what of the operator's wishes it leaves out."""

    config: Config
    faults: tuple[Fault, ...] = ()


def parse(
    raw: Mapping[str, Any],
    accepted: Config | None,
    types: Mapping[str, str] | None = None,
    application: str = '',
) -> Parsed:
    """Return the options as typed values.

    Args:
        raw: As Juju gives them; one that is missing has its default.
        accepted: What the unit runs with; a faulty option keeps that value, else the default.
        types: PostgreSQL's parameters (``parameters.known``); None while it is not installed.
        application: Ours, whose units options may name; empty: any.
    """
    good = accepted or Config()
    values: dict[str, Any] = {}
    faults: list[Fault] = []
    for field in dataclasses.fields(Config):
        option = field.name.replace('_', '-')
        try:
            given = raw.get(option)
            values[field.name] = (
                getattr(Config(), field.name) if given is None else _CHECKS[option](given)
            )
        except ValueError as error:
            faults.append(Fault(option, str(error)))
            values[field.name] = getattr(good, field.name)
    parsed = Config(**values)
    for option, reason in _faults_together(parsed, types, application):
        faults.append(Fault(option, reason))
        name = option.replace('-', '_')
        parsed = dataclasses.replace(parsed, **{name: getattr(good, name)})
    return Parsed(parsed, tuple(faults))


def _faults_together(
    parsed: Config, types: Mapping[str, str] | None, application: str
) -> Iterator[tuple[str, str]]:
    """Return what is wrong with options that are good each by itself."""
    for option, named in (
        ('no-failover', parsed.no_failover),
        ('delayed-standby', parsed.delayed_standby),
    ):
        others = [unit for unit in named if application and unit.rpartition('/')[0] != application]
        if others:
            yield option, f'{others[0]} is no unit of {application}'
    charset = parsed.locale.partition('.')[2].partition('@')[0].lower().replace('-', '')
    if charset == 'utf8' and parsed.encoding not in ('UTF8', 'SQL_ASCII'):
        yield 'encoding', f'{parsed.encoding} does not fit the locale {parsed.locale}'
    wrong = [
        reason
        for name, value in parsed.extra_pg_conf.items()
        if types and (reason := parameters.fault(name, value, types))
    ]
    if wrong:
        yield 'extra-pg-conf', '; '.join(wrong)


def to_json(config: Config) -> str:
    """Return *config* as text for a file."""
    plain = dataclasses.asdict(config)
    plain['admin_addresses'] = [str(network) for network in config.admin_addresses]
    return json.dumps(plain, indent=1)


def from_json(text: str) -> Config:
    """Return what :func:`to_json` wrote; what a newer revision of the charm added is left out."""
    names = {field.name for field in dataclasses.fields(Config)}
    found = cast('dict[str, Any]', json.loads(text))
    plain = {name: value for name, value in found.items() if name in names}
    plain['extra_pg_auth'] = tuple(plain['extra_pg_auth'])
    plain['no_failover'] = tuple(plain.get('no_failover', ()))
    plain['admin_addresses'] = tuple(map(ipaddress.ip_network, plain['admin_addresses']))
    return Config(**plain)


def from_options(values: Mapping[str, Any]) -> Config:
    """Return the defaults with *values*, by their names here.

    Raises:
        ValueError: If one is not what its option may be.
        TypeError: If there is no such option.
    """
    found = dataclasses.replace(Config(), **values)
    for name, value in values.items():
        if name == 'extra_pg_conf':
            if not all(isinstance(word, str) for pair in dict(value).items() for word in pair):
                raise ValueError('extra_pg_conf is not text')
        elif value is not None:
            _CHECKS[name.replace('_', '-')](value)
    return found


def _version(given: Any) -> str | None:
    text = str(given).strip()
    if text and not re.fullmatch(r'[1-9]\d', text, re.ASCII):
        raise ValueError(f'"{text[:20]}" is not a major version such as 15')
    return text or None


def _locale(given: Any) -> str:
    text = str(given).strip()
    if not _LOCALE.fullmatch(text) or not _has_locale(text):
        raise ValueError(f'"{text[:40]}" is no locale of this machine; see "locale -a"')
    return text


def _has_locale(name: str) -> bool:
    if name in _SIMPLE_LOCALES:
        return True
    before = locale.setlocale(locale.LC_COLLATE)
    try:
        locale.setlocale(locale.LC_COLLATE, name)
    except locale.Error:
        return False
    locale.setlocale(locale.LC_COLLATE, before)
    return True


def _encoding(given: Any) -> str:
    text = str(given).strip().upper().replace('-', '')
    if text not in _ENCODINGS:
        raise ValueError(
            f'"{str(given)[:20]}" is no encoding that a server can have, such as UTF8'
        )
    return text


def _number(least: int, most: int) -> Callable[[Any], int]:
    def check(given: Any) -> int:
        if not isinstance(given, int) or isinstance(given, bool) or not least <= given <= most:
            raise ValueError(f'{given} is not between {least} and {most}')
        return given

    return check


def _buffers(given: Any) -> str | None:
    text = str(given).strip()
    if text and not _SIZE.fullmatch(text):
        raise ValueError(f'"{text[:20]}" is not a size such as 512MB')
    return text or None


def _profile(given: Any) -> str:
    if given not in ('production', 'testing'):
        raise ValueError(f'"{str(given)[:20]}" is neither production nor testing')
    return str(given)


def _rules(given: Any) -> tuple[str, ...]:
    lines = [line.strip() for part in str(given).splitlines() for line in _split_rules(part)]
    checked = [_rule(line) for line in lines if line and not line.startswith('#')]
    wrong = [f'"{line[:40]}": {reason}' for line, reason in checked if reason]
    if wrong:
        raise ValueError('; '.join(wrong))
    return tuple(line for line, _ in checked)


def _split_rules(line: str) -> list[str]:
    """Split at the commas between rules; one within a list of names stays."""
    return re.split(rf',\s*(?=(?:local|{"|".join(_TYPES)})\s)', line)


def _rule(line: str) -> tuple[str, str]:
    """Return a line of pg_hba.conf, and what is wrong with it; empty when nothing is."""
    words = re.findall(r'(?:"[^"]*"|[^\s"])+', line)
    if line.count('"') % 2:
        return line, 'a quotation mark is not closed'
    if words[0] not in _TYPES:
        return line, f'a rule begins with one of {" ".join(_TYPES)}'
    if len(words) < 5:
        return line, 'a rule is "type database user address method"'
    address, method = words[3], words[4]
    if method == 'trust':
        return line, 'trust would let anybody in; use scram-sha-256'
    if method not in _METHODS:
        return line, f'method {method} is none of {" ".join(_METHODS)}'
    if any(word.startswith('@') for word in words):
        return line, 'other files are not read'
    if address not in ('all', 'samehost', 'samenet'):
        try:
            _network(address)
        except ValueError:
            return line, f'"{address}" is not a network such as 10.0.0.0/24'
    return ' '.join(words), ''


def _network(word: str) -> Network:
    if '%' in word:  # a scope is free text
        raise ValueError('an address with a scope')
    return ipaddress.ip_network(word)


def _networks(given: Any) -> tuple[Network, ...]:
    found: list[Network] = []
    for word in re.split(r'[,\s]+', str(given).strip()):
        if not word:
            continue
        try:
            found.append(_network(word))
        except ValueError as error:
            raise ValueError(f'"{word[:45]}" is not a network: {error}'[:100]) from None
    return tuple(found)


def _units(given: Any) -> tuple[str, ...]:
    words = [word for word in re.split(r'[,\s]+', str(given).strip()) if word]
    wrong = [word for word in words if not _UNIT.fullmatch(word)]
    if wrong:
        raise ValueError(f'"{wrong[0][:40]}" is not a unit such as pg-a/2')
    return tuple(sorted(set(words)))


def _delays(given: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    for word in re.split(r'[,\s]+', str(given).strip()):
        unit, _, delay = word.partition('=')
        if not word:
            continue
        match = _DELAY.fullmatch(delay)
        if not _UNIT.fullmatch(unit) or match is None:
            raise ValueError(f'"{word[:40]}" is not a unit and a delay such as pg-a/2=1h')
        if int(match[1]) * _SECONDS[match[2]] > _LONGEST_DELAY:
            raise ValueError(f'{delay} of {unit} is more than 24d')
        found[unit] = delay
    return dict(sorted(found.items()))


def _synchronous(given: Any) -> str:
    if given not in ('auto', 'strict', 'off'):
        raise ValueError(f'"{str(given)[:20]}" is none of auto, strict and off')
    return str(given)


def _boolean(given: Any) -> bool:
    if not isinstance(given, bool):
        raise ValueError(f'{given} is neither true nor false')
    return given


_CHECKS: Mapping[str, Callable[[Any], Any]] = {
    'version': _version,
    'locale': _locale,
    'encoding': _encoding,
    'data-checksums': _boolean,
    'listen-port': _number(1024, 65535),
    'max-connections': _number(10, 10_000),
    'shared-buffers': _buffers,
    'profile': _profile,
    'extra-pg-conf': parameters.parse,
    'extra-pg-auth': _rules,
    'admin-addresses': _networks,
    'client-connections': _number(0, 10_000),
    'client-statement-seconds': _number(0, 1_000_000),
    'client-temp-megabytes': _number(0, 1_000_000),
    'forget-clients-after': _number(0, 36_500),
    'synchronous-mode': _synchronous,
    'failover-lease': _number(7, 60),
    'maximum-lag-on-failover': _number(0, 1 << 40),
    'no-failover': _units,
    'delayed-standby': _delays,
}
