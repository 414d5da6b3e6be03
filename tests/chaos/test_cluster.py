"""Whatever happens to a cluster, no acknowledged write is lost, and nobody hears a lie."""

from __future__ import annotations

import os
import random
import secrets
import time
from pathlib import Path

import chaos_run
import clusters
import own as owns
import pytest

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason='machines with power need root')


def test_no_acknowledged_write_is_lost(
    own: owns.Own,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
):
    option = request.config.option
    seed: int = secrets.randbelow(1 << 32) if option.seed is None else option.seed
    minutes: float = option.minutes
    cluster = clusters.Cluster(own)
    with capfd.disabled():
        print(f'\nchaos: {minutes:g} minutes, --seed {seed}', flush=True)
        cluster.deploy(3)
        run = chaos_run.Run(cluster, tmp_path, random.Random(seed))
        end = time.monotonic() + 60.0 * minutes
        try:
            while time.monotonic() < end:
                run.step()
            counts = run.end()
        except BaseException:
            print(f'chaos failed: --seed {seed}; {run.counts}', flush=True)
            print(own('status').stdout, cluster.logs(), flush=True)
            print(own('debug-log', '--limit', '300', '--level', 'INFO').stdout, flush=True)
            raise
        finally:
            run.close()
        print(f'chaos held: --seed {seed}; {counts}', flush=True)

    assert counts.acknowledged > 0
