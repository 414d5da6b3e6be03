"""Machines of namespaces lose their power, freeze and are cut off, with their agents.

Source: contract 1.2, 2.2, 2.8, 5, 6.3; juju: apiserver/admin.go, internal/worker/uniter/reboot.
"""

from __future__ import annotations

import random
import secrets
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import contract_model
import fix_machines
import pytest
import waiting

machines = fix_machines.machines
Machines = fix_machines.Machines


@pytest.fixture
def whole(machines: Machines) -> Machines:
    """The machines, all on, healed and idle."""
    for name, each in machines.model.status()['machines'].items():
        assert each
        machines.switch('heal', name)
        machines.switch('start', name)
    machines.model.settle()
    return machines


def test_a_machine_has_a_network_and_files_of_its_own(whole: Machines):
    marks = '/tmp/mark /run/mark /var/lib/mark /etc/mark /dev/shm/mark'

    whole.run('0', f'touch {marks}')

    assert whole.run('0', f'ls {marks} | wc -l') == '5'
    assert whole.run('1', f'ls {marks} 2>/dev/null | wc -l') == '0'
    assert not Path('/var/lib/mark').exists()
    assert not Path('/etc/mark').exists()
    assert whole.run('0', 'ls -d /run/systemd/system 2>/dev/null') == ''
    assert whole.run('0', 'cat /proc/1/comm').startswith('python')
    assert whole.run('0', 'hostname') != whole.run('1', 'hostname')
    assert whole.run('0', 'getent hosts $(hostname) | cut -d" " -f1') == whole.address('0')


def test_a_machine_of_its_own_tells_the_version(whole: Machines):
    assert whole.run('1', '/var/lib/juju/tools/machine-1/jujud version').startswith('3.')


def test_a_callers_address_is_its_own(whole: Machines):
    whole.listen('0', 7000)

    assert whole.call('1', '0', 7000) == whole.address('1')
    assert whole.call('2', '0', 7000) == whole.address('2')


def test_a_hook_command_reads_the_files_of_its_machine(whole: Machines):
    whole.run('0', 'echo a: from-zero > /tmp/settings')
    relation = whole.model.tool('t/0', 'relation-ids ring').strip()

    whole.model.tool('t/0', f'relation-set -r {relation} --file /tmp/settings')

    assert whole.model.tool('t/0', f'relation-get -r {relation} a t/0') == 'from-zero\n'


def test_files_are_copied_to_and_from_a_machine(whole: Machines, tmp_path: Path):
    (tmp_path / 'here').write_text('by hand')

    whole.model.juju('scp', str(tmp_path / 'here'), '0:/tmp/there')
    whole.run('0', 'cp /tmp/there /etc/there')
    whole.model.juju('scp', 't/0:/etc/there', str(tmp_path / 'back'))

    assert (tmp_path / 'back').read_text() == 'by hand'
    assert not Path('/etc/there').exists()


def test_juju_exec_reaches_the_controller_from_inside_a_machine(whole: Machines):
    tools = whole.data / 'machines' / 'power' / '0' / 'tools' / 'unit-t-0'

    said = whole.run('0', f'{tools}/juju-exec t/0 "echo \\$JUJU_UNIT_NAME; hostname"')

    assert said.split() == ['t/0', whole.run('0', 'hostname')]


def test_start_is_the_first_hook_after_the_power_was_cut(whole: Machines):
    before = len(whole.model.hooks('t/1'))
    machine = whole.machine_of('t/1')
    whole.run(machine, 'touch /run/gone /tmp/gone /var/lib/stays')
    whole.listen(machine, 7001)

    whole.switch('kill', machine)

    assert len(whole.inits()) == 2
    whole.switch('start', machine)
    whole.model.wait(lambda: len(whole.model.hooks('t/1')) > before)
    assert whole.model.hooks('t/1')[before] == 'start'
    whole.model.settle()
    assert whole.model.hooks('t/1')[before:].count('start') == 1
    assert whole.run(machine, 'ls /run/gone /tmp/gone /var/lib/stays 2>/dev/null') == (
        '/var/lib/stays'
    )
    assert whole.run(machine, 'ss -Htln') == ''


def test_a_hook_that_the_power_cut_ended_runs_again(whole: Machines):
    machine = whole.machine_of('t/1')
    whole.model.on('t', config_changed='echo began >> $SAID; test -e /var/lib/second || sleep 900')
    whole.model.wait(lambda: whole.model.said().count('began') >= 3)
    before = len(whole.model.hooks('t/1'))

    whole.switch('kill', machine)
    for each in ('t/0', 't/2'):  # those whose hooks hang, too
        whole.switch('kill', whole.machine_of(each))
    for each in ('t/0', 't/1', 't/2'):
        where = whole.machine_of(each)
        upper = whole.data / 'machines' / 'power' / where / 'fs' / 'upper' / '%2F' / 'var' / 'lib'
        upper.mkdir(parents=True, exist_ok=True)
        (upper / 'second').touch()
        whole.switch('start', where)

    whole.model.wait(lambda: len(whole.model.hooks('t/1')) >= before + 2)
    assert whole.model.hooks('t/1')[before : before + 2] == ['config-changed', 'start']
    whole.model.on('t')
    whole.model.settle()


def test_leadership_moves_when_the_lease_of_a_dead_leader_ends(whole: Machines):
    leader = next(name for name, unit in whole.model.units().items() if unit.get('leader'))

    whole.switch('kill', whole.machine_of(leader))

    def moved() -> str | None:
        units = whole.model.units()
        return next((n for n, u in units.items() if u.get('leader') and n != leader), None)

    assert moved() is None  # not before the lease ends
    successor = whole.model.wait(moved)
    whole.model.wait(lambda: 'leader-elected' in whole.model.hooks(successor))
    whole.switch('start', whole.machine_of(leader))
    whole.model.settle()
    assert not whole.model.units()[leader].get('leader')


def test_an_agent_that_was_shut_down_is_lost_until_it_is_back(whole: Machines):
    machine = whole.machine_of('t/2')

    whole.switch('stop', machine)

    def lost() -> bool:
        unit = whole.model.units()['t/2']
        return unit['juju-status']['current'] == 'lost'

    whole.model.wait(lost)
    unit = whole.model.units()['t/2']
    assert unit['workload-status']['current'] == 'unknown'
    assert unit['workload-status']['message'].startswith('agent lost')

    def says(word: str) -> bool:
        return whole.model.status()['machines'][machine]['juju-status']['current'] == word

    whole.model.wait(lambda: says('down'))
    whole.switch('start', machine)
    whole.model.settle()
    whole.model.wait(lambda: says('started'))


def test_a_cut_between_two_machines_is_between_these_only(whole: Machines):
    whole.listen('0', 7002)
    whole.listen('1', 7002)

    whole.switch('cut', '0', '--from', '1')

    assert whole.call('1', '0', 7002) == ''
    assert whole.call('0', '1', 7002) == ''
    assert whole.call('2', '0', 7002) == whole.address('2')
    assert whole.call('2', '1', 7002) == whole.address('2')
    whole.switch('heal', '1')  # from either end
    assert whole.call('1', '0', 7002) == whole.address('1')


def test_a_cut_of_one_port_leaves_the_others(whole: Machines):
    whole.listen('0', 7003)
    whole.listen('0', 7004)

    whole.switch('cut', '0', '--only', '7003')

    assert whole.call('1', '0', 7003) == ''
    assert whole.call('1', '0', 7004) == whole.address('1')
    whole.switch('heal', '0')
    assert whole.call('1', '0', 7003) == whole.address('1')


def test_a_cut_of_everything_takes_the_agent_along(whole: Machines):
    machine = whole.machine_of('t/0')
    whole.listen(machine, 7005)
    others = [each for each in ('0', '1', '2') if each != machine]
    before = len(whole.model.hooks('t/0'))

    whole.switch('cut', machine)
    whole.model.juju('config', 't', 'number=8')
    whole.model.wait_hook('t/1', 'config-changed', whole.model.hooks('t/1').count('x') + 1)

    assert whole.call(others[0], machine, 7005) == ''
    assert len(whole.model.hooks('t/0')) == before
    whole.switch('heal', machine)
    whole.model.wait(lambda: 'config-changed' in whole.model.hooks('t/0')[before:])
    assert 'start' not in whole.model.hooks('t/0')[before:]
    assert whole.call(others[0], machine, 7005) == whole.address(others[0])


def test_what_a_one_way_cut_lets_out_arrives(whole: Machines):
    told = whole.data / 'traces' / 'told'
    code = (
        'import socket; s = socket.socket(type=socket.SOCK_DGRAM); s.bind(("0.0.0.0", 7006))\n'
        'while True: print(s.recv(99).decode(), file=open("{}", "a"), flush=True)'
    )
    for name in ('0', '1'):
        script = whole.data / 'traces' / f'hear-{name}.py'
        script.write_text(code.format(f'{told}-{name}'))
        whole.run(name, f'setsid python3 {script} >/dev/null 2>&1 </dev/null &')
        waiting.wait_for(lambda name=name: ':7006' in whole.run(name, 'ss -Huln'))

    def say(machine: str, other: str, word: str) -> None:
        target = f'/dev/udp/{whole.address(other)}/7006'  # a word of bash
        whole.run(machine, f'bash -c "echo -n {word} > {target}"')

    whole.switch('cut', '0', '--from', '1', '--one-way')
    say('1', '0', 'lost')
    say('0', '1', 'out')
    waiting.wait_for(lambda: Path(f'{told}-1').exists() and 'out' in Path(f'{told}-1').read_text())
    whole.switch('heal', '0')
    say('1', '0', 'healed')

    heard = Path(f'{told}-0')
    waiting.wait_for(lambda: heard.exists() and 'healed' in heard.read_text())
    assert heard.read_text().split() == ['healed']


def test_a_frozen_machine_goes_on_where_it_stopped(whole: Machines):
    whole.listen('0', 7007)
    process = whole.run('0', 'ss -Htlnp sport = :7007')

    whole.switch('freeze', '0')

    assert whole.call('1', '0', 7007) == ''
    frozen = whole.model.juju('machine', 'list')
    assert 'frozen' in frozen
    whole.switch('thaw', '0')
    assert whole.run('0', 'ss -Htlnp sport = :7007') == process
    assert whole.call('1', '0', 7007) == whole.address('1')


def test_machines_live_on_when_the_controller_is_killed(whole: Machines):
    whole.listen('0', 7008)
    running = sorted(whole.inits())
    whole.switch('freeze', '2')
    whole.switch('cut', '0', '--from', '2')
    before = whole.model.hooks('')

    whole.kill_controller()

    assert sorted(whole.inits()) == running
    assert whole.call('1', '0', 7008) == whole.address('1')  # a new controller leads there
    assert sorted(whole.inits()) == running
    whole.switch('thaw', '2')
    assert whole.call('2', '0', 7008) == ''
    whole.switch('heal', '2')
    assert whole.call('2', '0', 7008) == whole.address('2')
    whole.model.settle()
    assert whole.model.hooks('') == before  # no hook: nothing was booted


def test_a_half_made_machine_is_made_whole(whole: Machines):
    """As after a crash in the middle of a boot, or a reboot of the host."""
    whole.kill_controller()
    record = whole.data / 'machines' / 'power' / '0' / 'boot.json'
    subprocess.run(['ip', 'link', 'delete', fix_machines.network.names(whole.data).bridge])
    for pid in whole.inits():
        subprocess.run(['kill', '-KILL', str(pid)])
    record.unlink()

    whole.model.status()  # whoever asks starts a controller

    whole.model.wait(lambda: len(whole.inits()) == 3)
    whole.model.settle()
    whole.listen('0', 7009)
    assert whole.call('1', '0', 7009) == whole.address('1')


def test_a_frozen_machine_that_is_removed_leaves_no_process(whole: Machines):
    whole.model.juju('add-unit', 't')
    whole.model.settle()
    unit = max(whole.model.units(), key=lambda name: int(name.partition('/')[2]))
    machine = whole.machine_of(unit)
    whole.listen(machine, 7010)
    assert len(whole.inits()) == 4

    whole.switch('freeze', machine)
    whole.model.juju('remove-unit', unit, '--force', '--no-wait', '--no-prompt')

    whole.model.settle(unit)
    whole.model.wait(lambda: machine not in whole.model.status()['machines'])
    assert len(whole.inits()) == 3
    assert not (whole.data / 'machines' / 'power' / machine).exists()


def test_what_makes_no_sense_is_refused(whole: Machines):
    for words, reason in (
        (('kill', '9'), 'machine 9 not found'),
        (('cut', '0', '--from', '0'), 'a machine cannot be cut from itself'),
        (('cut', '0', '--only', '99999'), 'invalid value "99999" for option --only'),
        (('kill', '0', '--from', '1'), '--from is for "machine cut"'),
        (('explode', '0'), 'unrecognized command: machine explode'),
    ):
        result = whole.model.ask('machine', *words)
        assert result.code != 0
        assert reason in result.err

    told = subprocess.run(
        [whole.cli, 'add-model', 'odd', '--config', 'provider=odd'],
        env=whole.env,
        capture_output=True,
        text=True,
    )
    assert 'provider "odd" not found' in told.stderr


def test_juju_reboot_boots_the_machine(whole: Machines):
    """Contract 3.18: after the hook; ``start`` tells its units."""
    machine = whole.machine_of('t/1')
    whole.run(machine, 'touch /run/gone')
    whole.listen(machine, 7003)
    before, inits = len(whole.model.hooks('t/1')), whole.inits()

    tools = whole.data / 'machines' / 'power' / machine / 'tools' / 'unit-t-1'
    whole.run(machine, f'{tools}/juju-exec t/1 juju-reboot')

    whole.model.wait_hook('t/1', 'start', whole.model.hooks('t/1')[:before].count('start') + 1)
    whole.model.settle()
    assert whole.model.hooks('t/1')[before:] == ['start']
    assert whole.run(machine, 'ls /run/gone 2>/dev/null; ss -Htln') == ''
    assert len(whole.inits()) == 3
    assert set(whole.inits()) != set(inits)


def test_two_data_directories_have_machines_side_by_side(whole: Machines):
    """Names, addresses and rules of the kernel are each one's own, and so is what is removed."""
    data = whole.data.parent / 'other'
    data.mkdir()
    model = contract_model.Model(whole.cli, whole.model.name, data, {'SOLO_DATA': str(data)})
    other = fix_machines.Machines(model, data, whole.cli)
    model.command('add-model', model.name, '--config', 'provider=namespace')
    model.deploy('t')
    model.settle()
    whole.listen('0', 7004)
    other.listen('0', 7004)

    assert other.address('0') not in {whole.address(each) for each in '012'}
    assert other.call('0', '0', 7004) == other.address('0')
    other.switch('cut', '0')
    assert whole.call('1', '0', 7004) == whole.address('1')
    model.command('destroy-controller', '--no-prompt', '--destroy-all-models', '--force')

    assert fix_machines.left(data) == []
    assert whole.call('1', '0', 7004) == whole.address('1')


@pytest.fixture
def visitor() -> Iterator[tuple[str, ...]]:
    """What puts a command on another host, 198.51.100.2, for which this one is 198.51.100.1."""
    name = f'visitor{secrets.token_hex(2)}'
    inside = ('ip', 'netns', 'exec', name)
    _must('ip', 'netns', 'add', name)
    try:
        _must('ip', 'link', 'add', name, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name)
        _must('ip', 'address', 'add', '198.51.100.1/30', 'dev', name)
        _must('ip', 'link', 'set', name, 'up')
        _must(*inside, 'ip', 'address', 'add', '198.51.100.2/30', 'dev', 'eth0')
        _must(*inside, 'ip', 'link', 'set', 'eth0', 'up')
        yield inside
    finally:
        _must('ip', 'netns', 'delete', name)


def test_expose_lets_a_machine_see_who_calls_and_a_session_ends_with_it(
    whole: Machines, visitor: tuple[str, ...]
):
    """Rules of the kernel, which a killed controller leaves in force."""
    port = random.randint(20000, 30000)
    for unit in ('t/0', 't/1'):
        whole.listen(whole.machine_of(unit), port)
        whole.model.tool(unit, f'open-port {port}')

    def seen(address: str, *who: str) -> str:
        script = f'timeout 3 bash -c "cat </dev/tcp/{address}/{port}"'
        return _out(*who, 'bash', '-c', script)

    whole.model.juju('expose', 't', '--to-cidrs', '198.51.100.0/30')

    whole.model.wait(lambda: seen('198.51.100.1', *visitor) == '198.51.100.2')
    assert seen('127.0.0.1') == ''
    assert seen(whole.address('0'), *visitor) == ''
    whole.model.juju('expose', 't')
    whole.model.wait(lambda: seen('127.0.0.1'))
    gateway = f'{whole.address("0").rpartition(".")[0]}.1'
    assert whole.run('2', f'timeout 3 bash -c "cat </dev/tcp/{gateway}/{port}"')
    whole.kill_controller()
    assert seen('198.51.100.1', *visitor) == '198.51.100.2'
    whole.listen(
        whole.machine_of('t/2'), port + 1, 'or self.request.sendall(self.request.recv(1))'
    )
    whole.model.tool('t/2', f'open-port {port + 1}')
    whole.model.wait(lambda: f'dport {port + 1}' in _out('nft', 'list', 'ruleset'))
    with socket.create_connection(('127.0.0.1', port + 1), 5) as session:
        assert session.recv(100)
        whole.model.juju('unexpose', 't')
        whole.model.wait(lambda: seen('127.0.0.1') == '')
        assert seen('198.51.100.1', *visitor) == ''
        session.sendall(b'x')
        with pytest.raises(OSError, match=r'timed out|reset'):
            session.recv(100)


def _must(*argv: str) -> None:
    subprocess.run(argv, check=True)


def _out(*argv: str) -> str:
    return subprocess.run(argv, capture_output=True, text=True, check=False).stdout
