#!/usr/bin/python3 -IS
"""Hand one hook command to the agent, and print what it answers.

A charm calls dozens of these per hook, so this imports next to nothing: the modules below are
built into the interpreter, while `socket` and `json` would cost 12 ms. The unit's tools folder
has one link per command's name to a copy of this file.

Request: length (4 bytes), then context id, folder, command and arguments, with NULs between.
Answer: frames of a letter, a length (4 bytes) and a body: `o` stdout, `e` stderr,
`i` "send your stdin", `s` "it has begun", `x` the exit code in text, which ends it.
"""

import sys
from _socket import AF_UNIX, SOCK_STREAM, socket
from posix import environ, getcwdb, read, readlink, write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn


def say(fd: int, data: bytes) -> None:
    """Write all of *data*; end quietly, as from SIGPIPE, when nobody reads it."""
    try:
        while data:
            data = data[write(fd, data) :]
    except BrokenPipeError:
        sys.exit(1)


def fail(code: int, message: bytes) -> 'NoReturn':
    """End with *code* and an error in the words of Juju."""
    say(2, b'ERROR ' + message + b'\n')
    sys.exit(code)


def encode(text: str) -> bytes:
    """Return *text*, an argument, as the bytes that it was."""
    return text.encode(sys.getfilesystemencoding(), 'surrogateescape')


def sized(body: bytes) -> bytes:
    """Return *body* with its length before it."""
    return len(body).to_bytes(4, 'big') + body


def receive(stream: socket, size: int) -> bytes:
    """Return exactly *size* bytes."""
    data = b''
    while len(data) < size:
        chunk = stream.recv(size - len(data))
        if not chunk:
            raise ConnectionError
        data += chunk
    return data


def stdin() -> bytes:
    """Return all of the standard input."""
    data = b''
    while chunk := read(0, 1048576):
        data += chunk
    return data


def ask(address: bytes, request: bytes) -> int | OSError:
    """Return the exit code, or why it never began."""
    began = False
    stream = socket(AF_UNIX, SOCK_STREAM)
    try:
        stream.connect(address)
        stream.sendall(sized(request))
        while True:
            head = receive(stream, 5)
            body = receive(stream, int.from_bytes(head[1:], 'big'))
            kind = head[:1]
            began = True
            if kind == b'o':
                say(1, body)
            elif kind == b'e':
                say(2, body)
            elif kind == b'i':
                stream.sendall(sized(stdin()))
            elif kind == b'x':
                return int(body)
    except OSError as error:
        if began:
            fail(1, b'connection is shut down')
        return error
    finally:
        stream.close()


def run(folder: str, name: str) -> int:
    """Ask the agent of the running hook; return the exit code."""
    context = environ.get(b'JUJU_CONTEXT_ID', b'')
    request = b'\0'.join([context, getcwdb(), encode(name), *map(encode, sys.argv[1:])])
    if name == 'juju-exec' or name == 'juju-run':
        return run_outside(folder, context, request)
    for variable in b'JUJU_CONTEXT_ID', b'JUJU_AGENT_SOCKET_ADDRESS':
        if not environ.get(variable):
            fail(1, variable + b' not set')
    address = environ[b'JUJU_AGENT_SOCKET_ADDRESS']
    answer = ask(address, request)
    if isinstance(answer, OSError):
        fail(1, b'dial unix ' + address + b': ' + encode(answer.strerror or 'no answer'))
    return answer


def run_outside(folder: str, context: bytes, request: bytes) -> int:
    """Reach the agent at its own socket; while a controller restarts, wait for it."""
    if context:
        fail(2, b'juju-exec cannot be called from within a hook, have context "%s"' % context)
    from time import monotonic, sleep

    address = encode(readlink(folder + '/.agent'))
    deadline = monotonic() + 30
    while True:
        answer = ask(address, request)
        if not isinstance(answer, OSError):
            return answer
        if monotonic() > deadline:
            fail(1, b'cannot reach the agent at ' + address + b'; is the controller running?')
        sleep(0.2)


def main() -> None:
    """Be the command that the link is named after."""
    folder, _, name = sys.argv[0].rpartition('/')
    sys.exit(run(folder or '.', name))


if __name__ == '__main__':
    main()
