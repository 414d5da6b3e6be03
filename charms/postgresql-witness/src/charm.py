#!/usr/bin/env python3
"""The witness charm: where Juju begins."""

import ops

from witnesscharm import app

if __name__ == '__main__':
    ops.main(app.WitnessCharm)
