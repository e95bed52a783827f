"""``python -m kube_apiserver``: the server as a process."""

import os

from kube_apiserver.command.main import main

if __name__ == "__main__":
    # aiohttp loads the machine's authorities when it is imported. This process is no client of another server.
    os.environ["SSL_CERT_FILE"] = os.devnull
    main()
