#!/usr/bin/env python3
"""The Django charm: where Juju begins.

Some events change nothing here: nobody reads our bags before a unit has joined, and of a database
we read what its units say, not its application. They end before ops is loaded, which keeps
whatever else runs on this machine waiting.
"""

import logging
import os

_QUIET = ('sites-relation-created', 'website-relation-created', 'wsgi-relation-created')


def main() -> None:
    """Pass the event on."""
    import ops

    from djangocharm import app

    # The agent logs each hook too, and each line of ops is a process that the hook waits for.
    logging.disable(logging.DEBUG)
    ops.main(app.DjangoCharm)


if __name__ == '__main__':
    event = os.path.basename(os.environ.get('JUJU_DISPATCH_PATH', ''))
    is_of_application = event == 'pgsql-relation-changed' and not os.environ.get(
        'JUJU_REMOTE_UNIT'
    )
    if event not in _QUIET and not is_of_application:
        main()
