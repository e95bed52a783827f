"""Nothing in the operator parses or compiles a plugin's file: it might take more memory than there is."""

import ast
from pathlib import Path

import pytest

OPERATOR = Path(__file__).parents[3] / "operator" / "plugin_operator"

#: What parses, by module or bare; and where it may stand, because what it reads is bounded or no plugin's.
PARSERS = {
    "ast.parse": {
        "hosting/inspection/parser.py",
        "hosting/lints/classes.py",  # at most 1000 characters, in the same process as the next
        "hosting/lints/registry.py",
        "hosting/permissions/source/interpreter/parameters.py",  # at most 1000 characters
        "hosting/permissions/source/facts/program.py",
    },
    "compile": {"hosting/inspection/parser.py"},
    "inspect.getsource": set(),
    "inspect.getsourcelines": set(),
    "inspect.findsource": set(),
    "importlib.util.decode_source": {"hosting/inspection/parser.py"},
    "tokenize.tokenize": set(),
    "tokenize.generate_tokens": {"hosting/lints/registry.py"},
    "tomllib.loads": {"hosting/requirements/inline_metadata.py"},  # at most 16 KiB
    "yaml.safe_load": {
        "cli/deployment/kustomize.py",  # files of the operator itself, and what it wrote
        "client/credentials/kubeconfig_files.py",  # of the user
    },
    "yaml.safe_load_all": {"cli/deployment/kustomize.py"},
}


def calls_of(source: str) -> set[str]:
    """Return the dotted names of everything that is called."""
    return {ast.unparse(node.func) for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)}


def offenders(parser: str, package: Path = OPERATOR) -> set[str]:
    files = list(package.rglob("*.py"))
    return {str(path.relative_to(package)) for path in files if parser in calls_of(path.read_text())}


@pytest.mark.parametrize("parser", PARSERS)
def test_only_the_process_that_parses_parses(parser: str) -> None:
    assert offenders(parser) == PARSERS[parser]


@pytest.mark.parametrize("parser", ["yaml.safe_load", "yaml.safe_load_all"])
def test_the_api_server_reads_no_yaml_without_a_bound_on_its_depth(parser: str) -> None:
    assert offenders(parser, OPERATOR.with_name("kube_apiserver")) == set()


def test_a_planted_parser_is_found() -> None:
    assert "ast.parse" in calls_of("import ast\ndef f(x):\n    return ast.parse(x)\n")
    assert "compile" in calls_of("code = compile(x, 'y', 'exec')")
