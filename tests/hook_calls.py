"""One running hook in memory, and its commands."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from hook_api import INSTALLED, UNIT, HookApi, relation

from solo import model
from solo.hookcmds import context as contexts
from solo.hookcmds import table

SECRET = 'c0000000000000000001'
PEER = relation(1, endpoint='peer', role='peers', remote_app='app', members={'app/1': 1})


class Hook:
    """One hook's context and its commands."""

    def __init__(self, api: HookApi, hook: model.Hook | None = None, task: bool = False) -> None:
        self.api = api
        local = dataclasses.replace(
            INSTALLED,
            relations={
                3: model.RelationState({'pg/0': 1, 'pg/10': 1}),
                1: model.RelationState({'app/1': 1}),
            },
        )
        params = {'size': 5, 'deep': {'er': 'x'}}
        self.context = contexts.Context(
            api,
            UNIT,
            local,
            api.world,
            hook=hook,
            task=model.Task(7, 6, 'app/0', 'do-it', params, 'running') if task else None,
            task_row=2,
        )
        self.stdin = b''

    def run(self, command: str, *args: str) -> table.Answer:
        return table.run(self.context, command, args, '/nonexistent', lambda: self.stdin)

    def out(self, command: str, *args: str) -> str:
        answer = self.run(command, *args)
        assert answer.code == 0, answer.err.decode()
        return answer.out.decode()

    def json(self, command: str, *args: str) -> Any:
        return json.loads(self.out(command, *args, '--format=json'))

    def error(self, command: str, *args: str) -> tuple[int, str]:
        answer = self.run(command, *args)
        return answer.code, answer.err.decode().removeprefix('ERROR ').rstrip('\n')


def related_api() -> HookApi:
    api = HookApi()
    api.world = dataclasses.replace(
        api.world, relations={3: relation(members={'pg/0': 1, 'pg/10': 1}), 1: PEER}
    )
    api.bags = {
        (3, 'pg/0'): {'host': 'h0'},
        (3, 'pg'): {'from': 'app'},
        (3, 'app/0'): {'mine': 'old'},
        (3, 'app'): {'ours': 'old'},
    }
    return api


def about(kind: str, unit: str | None = 'pg/0') -> model.Hook:
    return model.Hook(kind, endpoint='db', relation=3, remote_app='pg', remote_unit=unit)
