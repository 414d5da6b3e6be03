#!/usr/bin/env python3
"""The PostgreSQL charm: where Juju begins.

Some events change nothing here. A relation that was made has nobody yet to be told anything, and a
new unit has as many such hooks as clients; there are no leader's settings; what comes before
``start`` ends in ``config-changed``, which follows. They end before ops is loaded, which takes a
quarter of a second.
"""

import logging
import os

_QUIET = ('db-relation-created', 'db-admin-relation-created', 'leader-settings-changed')
_QUIET_BEFORE_START = ('replication-relation-created', 'leader-elected')


def main() -> None:
    """Pass the event on."""
    import ops

    from pgcharm import app
    from pgcharm.clients import juju

    # The agent logs each hook too, and each line of ops is a process that the hook waits for.
    logging.disable(logging.DEBUG)
    app.PostgresqlCharm.hook = juju.take_over(os.environ)
    ops.main(app.PostgresqlCharm)


if __name__ == '__main__':
    event = os.path.basename(os.environ.get('JUJU_DISPATCH_PATH', ''))
    is_before_start = event in _QUIET_BEFORE_START and not os.path.exists('started')
    if event not in _QUIET and not is_before_start:
        main()
