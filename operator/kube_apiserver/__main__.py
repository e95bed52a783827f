"""``python -m kube_apiserver``: the server as a process."""

from kube_apiserver.command.main import main

if __name__ == "__main__":
    main()
