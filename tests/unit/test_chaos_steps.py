"""Chaos stays within what the cluster promises to survive, and is repeated by its seed."""

from __future__ import annotations

import random

import chaos_steps as steps
from hypothesis import given
from hypothesis import strategies as st


def _walk(seed: int, length: int) -> list[tuple[steps.World, steps.Step]]:
    chance = random.Random(seed)
    world = steps.World(3)
    walked: list[tuple[steps.World, steps.Step]] = []
    for _ in range(length):
        step = steps.choose(world, chance)
        walked.append((world, step))
        world = steps.after(world, step)
    return walked


@given(st.integers(min_value=0))
def test_a_majority_is_always_left(seed: int):
    for world, step in _walk(seed, 60):
        hurt = len(steps.after(world, step).hurt)
        assert steps.LEAST <= world.units <= steps.MOST
        assert hurt <= (steps.voters(world.units) - 1) // 2


@given(st.integers(min_value=0))
def test_a_seed_repeats_the_run(seed: int):
    assert _walk(seed, 40) == _walk(seed, 40)


@given(st.integers(min_value=0))
def test_what_needs_a_whole_cluster_comes_only_while_all_are_well(seed: int):
    for world, step in _walk(seed, 60):
        assert not (world.hurt and steps.needs_calm(step))


def test_voters_are_those_of_the_design():
    assert [steps.voters(units) for units in range(1, 10)] == [1, 1, 3, 3, 5, 5, 7, 7, 7]


def test_every_kind_of_step_happens():
    kinds = {step.kind for _, step in _walk(1, 2000)}

    assert kinds >= {'add', 'remove', 'switchover', 'kill', 'start', 'freeze', 'thaw'}
    assert kinds >= {'cut', 'heal', 'pause-controller', 'kill-controller', 'config', 'wait'}
    assert kinds >= {'kill-process', 'power-cut', 'lag', 'roll', 'bad-option'}
