"""What blocks the thread that calls it, and what to use on an event loop instead."""

import re

_THREAD = "await asyncio.to_thread(…)"
_HTTP = f"use aiohttp, or {_THREAD}"
_HTTP_VERBS = ("get", "post", "put", "patch", "delete", "head", "options", "request")

#: Functions by dotted name.
FUNCTIONS: dict[str, str] = {
    "time.sleep": "await asyncio.sleep(…), or return Result(requeue_after=…)",
    "builtins.input": "an operator has no terminal: read the value from an object or the environment",
    "asyncio.run": "await the coroutine: an event loop runs already, so this raises RuntimeError",
    "asyncio.Runner().run": "await the coroutine: an event loop runs already, so this raises RuntimeError",
    "asyncio.run_coroutine_threadsafe().result": "await the coroutine: the loop cannot run it while this waits for it",
    "<ctx>.wait": "await the coroutine: ctx.wait() is for a plain def, and raises RuntimeError here",
    "concurrent.futures.wait": "await asyncio.wait(…) of asyncio.wrap_future(…)",
    "urllib.request.urlopen": _HTTP,
    "urllib.request.urlretrieve": _HTTP,
    "urllib3.request": _HTTP,
    "http.client.HTTPConnection().request": _HTTP,
    "http.client.HTTPSConnection().request": _HTTP,
    "httpx.stream": "use httpx.AsyncClient",
    **{f"requests.{verb}": _HTTP for verb in _HTTP_VERBS},
    **{f"httpx.{verb}": "use httpx.AsyncClient" for verb in _HTTP_VERBS},
    **dict.fromkeys(
        [
            f"subprocess.{name}"
            for name in ("run", "call", "check_call", "check_output", "getoutput", "getstatusoutput")
        ],
        "await asyncio.create_subprocess_exec(…)",
    ),
    **dict.fromkeys(
        ["subprocess.Popen().wait", "subprocess.Popen().communicate", "os.system", "os.popen", "os.wait", "os.waitpid"],
        "await asyncio.create_subprocess_exec(…)",
    ),
    **dict.fromkeys(["socket.create_connection", "socket.socket().connect"], "await asyncio.open_connection(…)"),
    **dict.fromkeys(
        [f"socket.{name}" for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex", "gethostbyaddr", "getfqdn")],
        "await asyncio.get_running_loop().getaddrinfo(…)",
    ),
    **dict.fromkeys(
        ["threading.Thread().join", "threading.Event().wait", "multiprocessing.Process().join"],
        f"wait with {_THREAD}",
    ),
    "threading.Barrier().wait": f"wait with {_THREAD}",
    **dict.fromkeys(["queue.Queue().get", "queue.Queue().join", "queue.SimpleQueue().get"], "use asyncio.Queue"),
    "psycopg2.connect": _THREAD,
    "psycopg.connect": "await psycopg.AsyncConnection.connect(…)",
    "pymysql.connect": _THREAD,
    "kubernetes.watch.Watch().stream": "declare the kind with watches= or reads=",
    **dict.fromkeys(
        ["kubernetes.utils.create_from_yaml", "kubernetes.utils.create_from_dict"], "await ctx.client.create(…)"
    ),
}

_BOTO3 = r"boto3\.(?:session\.Session\(\)\.|Session\(\)\.)?client\(\)\."
_BOTO3_LOCAL = "meta|exceptions|can_paginate|get_paginator|get_waiter|generate_presigned"
_REDIS = r"redis\.(?:Redis|StrictRedis|from_url)\(\)\."
_VERBS = "|".join((*_HTTP_VERBS, "send", "stream", "urlopen"))

#: Methods of objects that a call made, as patterns of dotted names.
METHODS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), way_out)
    for pattern, way_out in (
        (rf"requests\.(?:sessions\.)?[sS]ession\(\)\.(?:{_VERBS})", _HTTP),
        (rf"httpx\.Client\(\)\.(?:{_VERBS})", "use httpx.AsyncClient"),
        (rf"urllib3\.(?:PoolManager|HTTPConnectionPool|HTTPSConnectionPool)\(\)\.(?:{_VERBS})", _HTTP),
        (r"kubernetes\.client\.\w+Api\(\)\.\w+", "use ctx.client, which is async"),
        (rf"{_BOTO3}(?!{_BOTO3_LOCAL})\w+", _THREAD),
        (rf"{_REDIS}(?!pipeline|pubsub|close|register_script)\w+", "use redis.asyncio"),
    )
)

#: The last part of a name is enough: no other object has such a method.
LAST_PARTS: dict[str, str] = {
    "run_until_complete": "await the coroutine: an event loop runs already, so this raises RuntimeError",
}


def way_out_of(name: str) -> str:
    """Return what to do instead of calling ``name``; empty if it does not block."""
    if name in FUNCTIONS:
        return FUNCTIONS[name]
    return next((way_out for pattern, way_out in METHODS if pattern.fullmatch(name)), "")
