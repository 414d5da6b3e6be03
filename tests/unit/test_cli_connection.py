"""Tests of when a running controller has to be replaced."""

from __future__ import annotations

import os
from pathlib import Path

from solo import folders
from solo.cli import connection


def test_controller_of_older_code_is_older(tmp_path: Path) -> None:
    socket = tmp_path / 'controller.sock'
    socket.touch()
    newest = folders.build()

    os.utime(socket, ns=(0, newest - 1))
    assert connection.is_older(socket)

    os.utime(socket, ns=(0, newest + 1))
    assert not connection.is_older(socket)


def test_controller_that_has_just_gone_is_not_older(tmp_path: Path) -> None:
    assert not connection.is_older(tmp_path / 'controller.sock')
