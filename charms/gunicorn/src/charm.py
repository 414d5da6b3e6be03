#!/usr/bin/env python3
"""The gunicorn charm: where Juju begins.

Some events change nothing here: before ``start`` there is nothing to serve (it reads the options
that are set by then), and all units are alike. They end before ops is loaded, which keeps whatever
else runs on this machine waiting.
"""

import logging
import os

_QUIET = ('install', 'leader-elected', 'leader-settings-changed', 'wsgi-relation-created')


def main() -> None:
    """Pass the event on."""
    import ops

    from gunicorncharm import app

    # The agent logs each hook too, and each line of ops is a process that the hook waits for.
    logging.disable(logging.DEBUG)
    ops.main(app.GunicornCharm)


if __name__ == '__main__':
    event = os.path.basename(os.environ.get('JUJU_DISPATCH_PATH', ''))
    is_before_start = event == 'config-changed' and not os.path.isdir('var')
    if event not in _QUIET and not is_before_start:
        main()
