"""network-get and unit-get.

Source: juju: internal/worker/uniter/runner/jujuc/network-get.go, unit-get.go.
"""

from __future__ import annotations

from typing import Any, cast

from .. import errors
from . import relation
from .call import Call
from .context import Context

_SELECTORS = ('bind-address', 'ingress-address', 'egress-subnets')


def get(context: Context, call: Call) -> None:
    """Print a binding's network, or the parts of it that are asked for."""
    (binding,) = call.parsed.at_most(1)
    if not binding:
        raise errors.UsageError('no binding name specified')
    asked = [name for name in _SELECTORS if call.flags[name]]
    if call.flags['primary-address'] and asked:
        raise errors.UsageError('--primary-address must be the only flag specified')
    about = relation.optional(context, call)
    if binding not in (*context.api.endpoints(context.id), 'juju-info'):
        raise errors.Error(f'undefined for unit charm: endpoint "{binding}" not valid')
    network = dict(
        context.api.network(context.id, binding, None if about is None else about.view.id)
    )
    if not network:
        raise errors.Error(f'no network config found for binding "{binding}"')
    if call.flags['primary-address']:
        call.print(_first_bind_address(network))
        return
    if not asked:
        whole = {key: value for key, value in network.items() if value}
        call.print(whole if call.flags['format'] == 'json' else _with_legacy_keys(whole))
        return
    values = {
        'bind-address': _first_bind_address(network),
        'ingress-address': next(iter(network.get('ingress-addresses', ())), ''),
        'egress-subnets': list(network.get('egress-subnets', ())),
    }
    chosen = {name: values[name] for name in asked}
    call.print(chosen if len(chosen) > 1 else chosen[asked[0]])


def unit_get(context: Context, call: Call) -> None:
    """Print the unit's public or private address."""
    if not call.args:
        raise errors.UsageError('no setting specified')
    (setting,) = call.parsed.at_most(1)
    which = setting.removesuffix('-address')
    if setting not in ('private-address', 'public-address'):
        raise errors.UsageError(f'unknown setting "{setting}"')
    address = context.api.address(context.id, which)
    if not address:
        raise errors.Error(f'{which} address not found')
    call.print(address)


def _first_bind_address(network: dict[str, Any]) -> str:
    for interface in network.get('bind-addresses', ()):
        for address in interface.get('addresses', ()):
            return cast('str', address['value'])
    return ''


def _with_legacy_keys(network: dict[str, Any]) -> dict[str, Any]:
    """Repeat the keys that Juju's YAML still has for old charms."""
    return {
        **network,
        'bind-addresses': [
            {
                **interface,
                'macaddress': interface.get('mac-address', ''),
                'interfacename': interface.get('interface-name', ''),
                'addresses': [
                    {**address, 'address': address['value']}
                    for address in interface.get('addresses', ())
                ],
            }
            for interface in network.get('bind-addresses', ())
        ],
    }
