"""The client charm's own module can be imported, and its hooks file run as a hook."""

from __future__ import annotations

import sys
from pathlib import Path

CHARM = Path(__file__).resolve().parents[3] / 'charms' / 'pgsql-client'
sys.path.insert(0, str(CHARM / 'src'))
