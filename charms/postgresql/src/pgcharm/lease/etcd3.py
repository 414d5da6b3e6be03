"""Patroni's ``etcd3`` with a lease that no configuration allows, and hosts that may change.

Patroni raises any ``ttl`` below 20 in its dynamic configuration and ignores the one in the local
file, but it takes the lease from this object alone. So this module stands before Patroni's own
on the search path of ``patroni.dcs`` and changes one number. ``loop_wait + 2 * retry_timeout``
must not exceed it: that is the rule that Patroni's safety rests on. Patroni also reads etcd's
addresses only once; ours change with the units, and a restart would stop the server.

Source: patroni 4.1.5: ``patroni/config.py`` (``_validate_and_adjust_timeouts``),
``patroni/dcs/etcd3.py`` (``set_ttl``), ``patroni/dynamic_loader.py``.
"""

from __future__ import annotations

import importlib.util
import sys
import time
from pathlib import Path
from typing import Any

import patroni.dcs  # pyright: ignore[reportMissingTypeStubs] # it has none


def _load() -> Any:
    # Under another name: the methods there find their own class by its module's global name.
    name = 'patroni.dcs.etcd3_without_lease'
    path = Path(str(patroni.dcs.__file__)).parent / 'etcd3.py'
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


_Etcd3: Any = _load().Etcd3


class Etcd3(_Etcd3):  # pyright: ignore[reportUntypedBaseClass] # as above
    """Patroni's client of etcd, whose lease is ``lease`` of its section in patroni.yml."""

    def __init__(self, config: dict[str, Any], mpp: Any) -> None:
        self._lease_seconds = int(config['lease'])
        self._renewed_at = 0
        _Etcd3.__init__(self, {**config, 'ttl': self._lease_seconds}, mpp)

    def set_ttl(self, ttl: int) -> bool | None:  # noqa: ARG002
        """Ignore what the dynamic configuration says."""
        changed: bool | None = _Etcd3.set_ttl(self, self._lease_seconds)
        return changed

    def touch_member(self, data: dict[str, Any]) -> bool:
        """Renew this member's lease and say how it is; note when that went well."""
        touched: bool = _Etcd3.touch_member(self, data)
        if touched:
            self._renewed_at = int(time.time())
        return touched

    @property
    def last_seen(self) -> int:
        """When etcd renewed this member's lease, in whole seconds since 1970.

        Patroni's own is when it read of the cluster last, and that it may from a copy that is cut
        off from the others: our member of etcd, where it has no vote.
        """
        return self._renewed_at

    def reload_config(self, config: Any) -> None:
        """Take over lease and hosts of the settings that were read again."""
        section = config.get('etcd3') or {}
        self._lease_seconds = int(section.get('lease') or self._lease_seconds)
        hosts = [f'https://{host}' for host in section.get('hosts') or ()]
        client: Any = self._client
        if hosts and hosts != client._config.get('hosts'):  # noqa: SLF001
            client._config['hosts'] = hosts  # noqa: SLF001
            client._load_machines_cache()  # noqa: SLF001
        _Etcd3.reload_config(self, config)
