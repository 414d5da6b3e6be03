"""Hypothesis takes its time: a busy machine is no fault of what is tested."""

from __future__ import annotations

import hypothesis

hypothesis.settings.register_profile('patient', deadline=None)
hypothesis.settings.load_profile('patient')
