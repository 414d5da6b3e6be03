"""What we say that we are: the Juju release whose contract solo keeps."""

from __future__ import annotations

import os

JUJU_VERSION = '3.6.9'

_ARCHITECTURES = {'x86_64': 'amd64', 'aarch64': 'arm64', 'ppc64le': 'ppc64el'}
ARCHITECTURE = _ARCHITECTURES.get(os.uname().machine, os.uname().machine)
VERSION = (
    f'{JUJU_VERSION}-ubuntu-{ARCHITECTURE}'  # as ``juju version`` and ``jujud version`` say it
)

# Juju's own back-off for failed hooks, in seconds.
# Source: juju: apiserver/facades/agent/retrystrategy/retrystrategy.go.
RETRY_FIRST = 5.0
RETRY_LONGEST = 300.0

# The one controller of a data directory, and the cloud that this machine is.
CONTROLLER = 'solo'
CLOUD = 'localhost'
USER = 'admin'

# How long a leader that is away stays the leader, and an agent that is away isn't missed.
# Source: juju: internal/worker/leadership (30 s are guaranteed), apiserver/admin.go
# (maxClientPingInterval).
LEASE_SECONDS = 30.0
LOST_AFTER = 180.0
