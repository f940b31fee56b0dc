"""What is drawn: each road of a request, and a worker that is killed on the way."""

from config.roads.sequence import Box, Call, Diagram, End, Note, Step, Work, answer, send

CLIENT, SERVER, WRITER, DATABASE = "Client", "Web server", "Writer", "PostgreSQL"
WORKER, OTHER = "Worker", "Another worker"

_ACCEPT = Box(
    "one transaction",
    [SERVER, DATABASE],
    [
        Call(SERVER, DATABASE, "the request: accepted, with its place in its lane"),
        answer(DATABASE, SERVER, "committed"),
    ],
)


def _deciding(worker: str) -> list[Step]:
    """What a worker does until it commits."""
    return [
        Call(worker, DATABASE, "take the lane, load what it is about"),
        Work(
            worker,
            [
                Call(worker, worker, "the handler decides"),
                Call(worker, DATABASE, "events, balances, outcome"),
            ],
        ),
    ]


def _decided(worker: str) -> Box:
    """A worker's transaction."""
    steps = [*_deciding(worker), answer(DATABASE, worker, "committed")]
    return Box("one transaction", [DATABASE, worker], steps)


AWAITED = Diagram(
    "The awaited road",
    "The client sends a transfer and waits. The web server hands the command to the writer and "
    "holds no thread meanwhile. In one transaction the writer claims the key, loads the "
    "accounts, lets the handler decide, and writes events, balances and outcome. Then the "
    "client is answered 201, or 422 with the rule's reason.",
    [CLIENT, SERVER, WRITER, DATABASE],
    [
        Call(CLIENT, SERVER, "POST /transfers"),
        Work(
            SERVER,
            [
                Call(SERVER, SERVER, "is it in its form?"),
                Call(SERVER, WRITER, "the command, awaited: no thread waits"),
                Box(
                    "one transaction",
                    [WRITER, DATABASE],
                    [
                        Call(WRITER, DATABASE, "claim the key, lock and load the accounts"),
                        Work(
                            WRITER,
                            [
                                answer(DATABASE, WRITER, "their states"),
                                Call(WRITER, WRITER, "the handler decides"),
                                Call(WRITER, DATABASE, "events, balances, outcome"),
                            ],
                        ),
                        answer(DATABASE, WRITER, "committed"),
                    ],
                ),
                answer(WRITER, SERVER, "the outcome"),
            ],
        ),
        answer(SERVER, CLIENT, "201, or 422: why not"),
    ],
)

QUEUED = Diagram(
    "The queued road",
    "The client sends a transfer and prefers to be answered at once. The web server stores the "
    "request as accepted and answers 202 with its address. A worker, woken by the database, "
    "decides it in one transaction through the same handler. The client asks for the outcome "
    "when it likes; who asked is notified if it was refused or failed.",
    [CLIENT, SERVER, DATABASE, WORKER],
    [
        Call(CLIENT, SERVER, "POST /transfers\nPrefer: respond-async"),
        _ACCEPT,
        answer(SERVER, CLIENT, "202\nLocation: /requests/…"),
        send(DATABASE, WORKER, "there is work"),
        _decided(WORKER),
        Note([DATABASE, WORKER], "Refused or failed: a notification is written along with it."),
        Call(CLIENT, SERVER, "GET /requests/…?wait=5"),
        answer(SERVER, CLIENT, "200: the outcome"),
    ],
)

GATEWAY = Diagram(
    "The gateway road",
    "The client sends a transfer and prefers to wait for at most five seconds. The request is "
    "stored as accepted and decided by a worker, while the connection waits. When the outcome "
    "is announced the web server reads it and answers as on the awaited road; if it is not "
    "announced in time, it answers 202 with the request's address.",
    [CLIENT, SERVER, DATABASE, WORKER],
    [
        Call(CLIENT, SERVER, "POST /transfers\nPrefer: respond-async, wait=5"),
        Work(
            SERVER,
            [
                _ACCEPT,
                Note([SERVER], "The connection waits; no thread does."),
                send(DATABASE, WORKER, "there is work"),
                _decided(WORKER),
                send(DATABASE, SERVER, "this user's requests were decided"),
                Call(SERVER, DATABASE, "the request"),
                answer(DATABASE, SERVER, "its outcome"),
            ],
        ),
        answer(SERVER, CLIENT, "201, or 422: why not"),
        Note([CLIENT, SERVER], "Nothing announced within 5 s: 202 and Location, as if queued."),
    ],
)

KILLED = Diagram(
    "A worker is killed",
    "A worker takes a lane and decides a request, and is killed before its transaction commits."
    " The database rolls back: the request is accepted as before, and its lane is free. Another"
    " worker takes the lane and decides the request; it is decided once.",
    [WORKER, DATABASE, OTHER],
    [
        Box(
            "a transaction that does not end",
            [WORKER, DATABASE],
            [*_deciding(WORKER), End(WORKER, "kill -9")],
        ),
        Note([DATABASE], "Rolled back. The request is accepted as before, its lane is free."),
        _decided(OTHER),
        Note([WORKER, OTHER], "Killed after its commit: the request is decided, and no more."),
    ],
)

DIAGRAMS = {"awaited": AWAITED, "queued": QUEUED, "gateway": GATEWAY, "killed": KILLED}
"""Every diagram, by the name of its file."""
