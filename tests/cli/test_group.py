import subprocess
import sys

import pytest
from click.testing import CliRunner

from cueline import __version__
from cueline.cli import COMMANDS, main


def test_help_lists_every_command_in_the_order_of_their_use() -> None:
    result = CliRunner().invoke(main, ["--help"])
    assert result.exit_code == 0
    places = [result.output.index(f"\n  {name} ") for name in COMMANDS]
    assert places == sorted(places)


def test_the_version_is_printed() -> None:
    assert CliRunner().invoke(main, ["--version"]).output == f"cueline, version {__version__}\n"


def test_python_m_cueline_is_the_same_command() -> None:
    ran = subprocess.run([sys.executable, "-m", "cueline", "--version"], capture_output=True, text=True)
    assert ran.stdout == f"cueline, version {__version__}\n"


def test_an_unknown_command_is_a_usage_error() -> None:
    result = CliRunner().invoke(main, ["frobnicate"])
    assert result.exit_code == 2
    assert "No such command 'frobnicate'" in result.stderr


def test_help_imports_neither_flask_nor_sqlalchemy_nor_redis() -> None:
    code = (
        "import sys\n"
        "from cueline.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "print({'flask', 'sqlalchemy', 'redis'} & set(sys.modules), file=sys.stderr)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stderr.strip() == "set()"


@pytest.mark.parametrize("name", COMMANDS)
def test_the_line_in_the_list_is_the_one_of_the_command(name: str) -> None:
    command = main.get_command(None, name)  # type: ignore[arg-type]
    assert command is not None
    assert command.name == name
    assert command.help
