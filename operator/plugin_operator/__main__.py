"""``python -m plugin_operator``: the same as the ``plugin-operator`` command."""

from plugin_operator.cli import main

if __name__ == "__main__":
    main()
