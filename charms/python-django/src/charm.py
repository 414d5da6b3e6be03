#!/usr/bin/env python3
"""The Django charm: where Juju begins."""

import ops

from djangocharm import app

if __name__ == '__main__':
    ops.main(app.DjangoCharm)
