#!/usr/bin/env python3
"""The gunicorn charm: where Juju begins."""

import ops

from gunicorncharm import app

if __name__ == '__main__':
    ops.main(app.GunicornCharm)
