from __future__ import annotations

from pathlib import Path

from pgcharm import ports

FIRST = ports.Ports(21000, 22000, 23000, 24000)


def test_ports_are_remembered(tmp_path: Path) -> None:
    given = ports.allocate(tmp_path, 'pg-0', '127.0.0.1', FIRST)

    again = ports.allocate(tmp_path, 'pg-0', '127.0.0.1', ports.Ports(1, 2, 3, 4))

    assert again == given == ports.remembered(tmp_path, 'pg-0')


def test_units_of_one_address_get_different_ports(tmp_path: Path) -> None:
    one = ports.allocate(tmp_path, 'pg-0', '127.0.0.1', FIRST)
    other = ports.allocate(tmp_path, 'pg-1', '127.0.0.1', FIRST)

    assert one.postgresql != other.postgresql
    assert one.etcd_peer != other.etcd_peer


def test_units_with_addresses_of_their_own_may_have_equal_ports(tmp_path: Path) -> None:
    one = ports.allocate(tmp_path, 'pg-0', '127.0.0.1', FIRST)
    other = ports.allocate(tmp_path, 'pg-1', '127.0.0.2', FIRST)

    assert one == other


def test_equal_first_choices_of_one_unit_are_counted_up(tmp_path: Path) -> None:
    given = ports.allocate(tmp_path, 'pg-0', '127.0.0.1', ports.Ports(21000, 21000, 21000, 21000))

    assert len({given.postgresql, given.patroni, given.etcd_client, given.etcd_peer}) == 4


def test_moved_unit_keeps_its_ports(tmp_path: Path) -> None:
    given = ports.allocate(tmp_path, 'pg-0', '127.0.0.1', FIRST)

    assert ports.allocate(tmp_path, 'pg-0', '127.0.0.2', FIRST) == given


def test_released_ports_are_free_again(tmp_path: Path) -> None:
    given = ports.allocate(tmp_path, 'pg-0', '127.0.0.1', FIRST)

    ports.release(tmp_path, 'pg-0')
    ports.release(tmp_path, 'pg-0')

    assert ports.remembered(tmp_path, 'pg-0') is None
    assert ports.allocate(tmp_path, 'pg-1', '127.0.0.1', FIRST) == given


def test_witness_has_no_port_for_postgresql_and_takes_no_share_of_the_machine(
    tmp_path: Path,
) -> None:
    first = ports.Ports(0, 0, 23000, 24000)

    given = ports.allocate(tmp_path, 'w.pg-0', '127.0.0.1', first)
    ports.allocate(tmp_path, 'pg-0', '127.0.0.1', FIRST)

    assert (given.postgresql, given.patroni) == (0, 0)
    assert given.etcd_client >= 23000
    assert ports.count(tmp_path) == 1
