"""A model whose machines are namespaces, in a controller of its own that may be killed."""

from __future__ import annotations

import dataclasses
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import contract_model
import processes
import pytest
import waiting

from solo.machines import network

MODEL = 'power'


@dataclasses.dataclass(frozen=True)
class Machines:
    """Machines with power, each with a unit of the application ``t``, in one data directory."""

    model: contract_model.Model
    data: Path
    cli: str

    @property
    def env(self) -> Mapping[str, str]:
        """The environment in which the command line finds this data directory."""
        return {**os.environ, 'SOLO_DATA': str(self.data)}

    def switch(self, what: str, machine: str, *args: str) -> None:
        """Run a word of ``machine`` that must succeed."""
        self.model.juju('machine', what, machine, *args)

    def run(self, machine: str, script: str) -> str:
        """Run a shell text on a machine and return what it printed, whatever came of it."""
        return subprocess.run(
            [self.cli, 'ssh', '--model', self.model.name, machine, script],
            env=self.env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
        ).stdout.strip()

    def address(self, machine: str) -> str:
        """Return a machine's address."""
        return self.model.status()['machines'][machine]['dns-name']

    def machine_of(self, unit: str) -> str:
        """Return the machine that a unit is on."""
        return self.model.units()[unit]['machine']

    def listen(self, machine: str, port: int, then: str = '') -> None:
        """Start a server on a machine that answers each connection with the caller's address.

        Args:
            machine: The machine.
            port: Of all its addresses.
            then: Python's words for what it does before it hangs up.
        """
        code = (
            'import socketserver as s; '
            'h = type("H", (s.BaseRequestHandler,), {"handle": lambda self: '
            f'self.request.sendall(self.client_address[0].encode()) {then}}}); '
            f's.ThreadingTCPServer.allow_reuse_address = True; '
            f's.ThreadingTCPServer(("0.0.0.0", {port}), h).serve_forever()'
        )
        self.run(machine, f"setsid python3 -c '{code}' >/dev/null 2>&1 </dev/null &")
        waiting.wait_for(lambda: f':{port}' in self.run(machine, 'ss -Htln'))

    def call(self, machine: str, other: str, port: int) -> str:
        """Connect from a machine to another's server; return what it says, '' if it can't."""
        return self.run(
            machine, f'timeout 3 bash -c "cat < /dev/tcp/{self.address(other)}/{port}"'
        )

    def inits(self) -> list[int]:
        """Return the first processes of the machines that run."""
        return [pid for pid, line in processes.of(self.data).items() if 'machines/init.py' in line]

    def kill_controller(self) -> None:
        """End the controller as a crash would."""
        pid = int((self.data / 'controller.lock').read_text())
        os.kill(pid, signal.SIGKILL)
        waiting.wait_for(lambda: not Path(f'/proc/{pid}').exists())


def left(data: Path) -> list[str]:
    """Return everything in this host that is there because of the data directory's machines."""
    names = network.names(data)
    found = [name for name in os.listdir('/sys/class/net') if name.startswith(names.cable)]
    found += [name for name in os.listdir('/sys/class/net') if name == names.bridge]
    tables = subprocess.run(['nft', 'list', 'tables'], capture_output=True, text=True, check=True)
    found += [line for line in tables.stdout.splitlines() if names.table in line]
    found += [line for line in Path('/proc/mounts').read_text().splitlines() if str(data) in line]
    found += processes.of(data).values()
    leases = Path('/var/lib/solo-addresses/leases.json').read_text()
    return found + [line for line in leases.splitlines() if f'"{data}:' in line]


@pytest.fixture(scope='module')
def machines(request: pytest.FixtureRequest) -> Iterator[Machines]:
    """Three machines; afterwards the model is destroyed, and nothing of it may be left."""
    cli = str(request.config.getoption('cli'))
    if Path(cli).name == 'juju':
        pytest.skip('Juju has no power switch')
    if os.geteuid() != 0:
        pytest.skip('machines of namespaces need root')
    data = Path(tempfile.mkdtemp(prefix='power-', dir='/var/tmp')) / secrets.token_hex(2)
    data.parent.chmod(0o711)
    data.mkdir()
    traces = data / 'traces'  # a machine sees the data directory, and not the host's /var/tmp
    traces.mkdir()
    model = contract_model.Model(cli, MODEL, traces, {'SOLO_DATA': str(data)})
    made = Machines(model, data, cli)
    failed = request.session.testsfailed
    try:
        model.command('add-model', MODEL, '--config', 'provider=namespace')
        model.deploy('t', '-n', '3')
        model.settle()
        yield made
        if request.session.testsfailed > failed:
            print(model.ask('status').out, model.ask('debug-log', '--limit', '200').out)
        assert left(data)
        model.command('destroy-model', MODEL, '--no-prompt', '--destroy-storage', '--force')
        names = network.names(data)
        remains = [each for each in left(data) if names.bridge in each or 'init.py' in each]
        assert not remains, remains
        model.command('destroy-controller', '--no-prompt', '--destroy-all-models')
        assert not left(data)
    finally:
        processes.end_all_of(data)
        shutil.rmtree(data.parent, ignore_errors=True)
