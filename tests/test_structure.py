"""What holds the project together: who may import whom, what no module may do, what is packaged, what README says."""

import ast
import importlib
import re
import shlex
import sys
import tomllib
from pathlib import Path

import pytest
import typer

from posturewatch import cli
from posturewatch.config import keys

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "posturewatch"
README = ROOT / "README.md"
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
ORDER = [  # DESIGN part 1
    *("errors", "files.lock", "files.whole", "files.toml", "config", "files.settings", "files.control"),
    *("files.movie", "frames", "looking.camera", "looking.motion", "looking.governor", "looking.persons"),
    *("looking.background", "looking.models", "landmarks", "geometry", "smoothing", "features"),
    *("estimate.steady", "estimate.profile", "baseline", "estimate.capture"),
    *("estimate.kinematics", "estimate.correction", "chain", "estimate.lens"),
    *("posture", "holds", "alerts", "estimate.health", "estimate.sideways"),
    *("files.tables", "coaching.catalogue", "exercises"),
    *("drawing.skeleton", "drawing.sketch", "drawing.scene", "drawing.arrows", "drawing.figure"),
    *("coaching.movement", "coaching.swings", "coaching.attempts", "coaching.words", "coaching.coached", "coach"),
    *("session", "files.record", "files.replay", "files.store", "files.minutes", "history", "report"),
    *("system.bus", "system.logind", "system.microphone", "system.fullscreen", "system.desk", "system.courier"),
    *("system.notices", "system.notify_elsewhere", "notify", "system.startfiles", "system.autostart"),
    *("drawing.outline", "drawing.caption", "system.screen", "preview", "monitor"),
    *("commands.running", "commands.terminal", "commands.keys", "commands.shell"),
    *("commands.options", "commands.display", "commands.doctor", "commands.practice", "commands.controls"),
    *("commands.upkeep", "commands.demonstrating", "commands.calibrating", "commands.replaying"),
    *("commands.measuring", "commands.day", "commands.watching"),
    *("cli", "__main__"),
]
MODULES = {
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts): path
    for path in PACKAGE.rglob("*.py")
    if path.stem != "__init__"
}
TREES = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in MODULES.items()}
SOURCES = sorted(PACKAGE.rglob("*.py"))
CALIBRATION = ROOT / "calibration"
CALIBRATING = {
    path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
    for path in sorted(CALIBRATION.rglob("*.py"))
}

FOLDERS = {"posturewatch", *PYPROJECT["tool"]["setuptools"]["packages"]}
NETWORK = {"socket", "socketserver", "ssl", "http", "urllib", "urllib3", "requests", "httpx", "asyncio", "ftplib"}
NETWORK |= {"smtplib", "telnetlib", "xmlrpc", "webbrowser"}
UNSAFE = {"pickle", "shelve", "marshal", "dill", "cloudpickle", "ctypes", "importlib.util"}
CLOCK_READERS = {"frames", "looking.camera"}
CLOCK_READERS |= {f"commands.{name}" for name in ("practice", "controls", "upkeep", "calibrating")}
CLOCK_READERS |= {f"commands.{name}" for name in ("demonstrating", "day", "watching")}
CLOCKS = {"now", "today", "utcnow"}
HIDDEN_IMPORTS = {"__import__", "import_module"}

each_module = pytest.mark.parametrize("name", sorted(MODULES))


def imported(tree):
    """The full names of everything a module imports, anywhere in it: `posturewatch.config`, `cv2`."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: a relative import"
            inside = node.module in FOLDERS
            found |= {f"{node.module}.{alias.name}" for alias in node.names} if inside else {node.module}
    return found


def own(tree):
    """The modules of this package that a module imports."""
    return {name.removeprefix("posturewatch.") for name in imported(tree) if name.startswith("posturewatch.")}


def tops(tree):
    return {name.partition(".")[0] for name in imported(tree)}


def called(tree):
    """(what it is called on, what is called, the call) of every call by name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield ast.unparse(node.func.value), node.func.attr, node
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield "", node.func.id, node


# Modules


def test_every_module_has_its_place_in_the_order():
    assert not MODULES.keys() - set(ORDER)
    assert len(ORDER) == len(set(ORDER))


@each_module
def test_a_module_imports_only_from_earlier_ones(name):
    assert own(TREES[name]) <= set(ORDER[: ORDER.index(name)])


@pytest.mark.parametrize(
    "text",
    [
        "from posturewatch import cli",
        "import posturewatch.cli",
        "from posturewatch.cli import main as m",
        "def f():\n    import posturewatch.cli as c",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from posturewatch.cli import app",
    ],
)
def test_the_rule_above_sees_an_import_however_it_is_written(text):
    assert own(ast.parse(text)) == {"cli"}


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("__init__.py")), ids=lambda path: path.parent.name)
def test_a_package_itself_imports_nothing(path):
    assert not imported(ast.parse(path.read_text()))


@each_module
def test_one_module_knows_mediapipe(name):
    assert name == "looking.models" or "mediapipe" not in tops(TREES[name])


@each_module
def test_only_frames_geometry_and_preview_know_cv2(name):
    assert name in ("frames", "geometry", "preview") or "cv2" not in tops(TREES[name])


@each_module
def test_only_what_is_declared_is_imported(name):
    declared = {"mediapipe", "numpy", "cv2", "platformdirs", "rich", "typer", "posturewatch", "_typeshed"}
    declared |= {"jeepney", "pulsectl", "desktop_notifier"}
    assert tops(TREES[name]) <= declared | set(sys.stdlib_module_names)


@each_module
def test_no_module_opens_a_connection_or_unpickles(name):
    assert not (tops(TREES[name]) | imported(TREES[name])) & (NETWORK | UNSAFE)


@each_module
def test_no_module_runs_text_as_a_program_or_through_a_shell(name):
    for on, what, node in called(TREES[name]):
        assert not (on in ("", "builtins") and what in {"eval", "exec", "compile", *HIDDEN_IMPORTS})
        assert what not in HIDDEN_IMPORTS
        assert not (on == "os" and (what in ("system", "popen") or what.startswith(("exec", "spawn"))))
        assert what not in ("getoutput", "getstatusoutput")
        assert not [keyword for keyword in node.keywords if keyword.arg == "shell"]


@each_module
def test_only_frames_and_the_commands_read_a_clock(name):
    if name in CLOCK_READERS:
        return
    assert "time" not in imported(TREES[name])
    for node in ast.walk(TREES[name]):
        if isinstance(node, ast.Attribute) and node.attr in CLOCKS:
            assert ast.unparse(node.value) not in ("datetime", "date", "datetime.datetime", "datetime.date")


@each_module
def test_no_module_catches_everything(name):
    for node in ast.walk(TREES[name]):
        if isinstance(node, ast.ExceptHandler):
            assert node.type is not None, f"line {node.lineno}: a bare except"
            caught = {part.id for part in ast.walk(node.type) if isinstance(part, ast.Name)}
            assert not caught & {"Exception", "BaseException"}, f"line {node.lineno}"
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("suppress"):
            assert not {ast.unparse(arg) for arg in node.args} & {"Exception", "BaseException"}, f"line {node.lineno}"


@pytest.mark.parametrize(
    "path", [*SOURCES, PACKAGE / "exercises.toml", README, *(ROOT / name for name in CALIBRATING)], ids=str
)
def test_nothing_is_left_for_later(path):
    assert not re.search(r"\b(TODO|FIXME|XXX)\b|@@", path.read_text(encoding="utf-8"))


# Calibration


@each_module
def test_the_program_does_not_know_of_calibration(name):
    assert "calibration" not in tops(TREES[name])


def test_calibration_is_not_packaged():
    packages = PYPROJECT["tool"]["setuptools"]["packages"]
    assert packages
    assert [name for name in packages if name.partition(".")[0] != "posturewatch"] == []


@pytest.mark.parametrize("name", CALIBRATING)
def test_calibration_imports_only_what_its_extra_and_the_program_declare(name):
    extra = {re.match(r"[a-z-]+", each)[0] for each in PYPROJECT["project"]["optional-dependencies"]["calibration"]}
    assert extra == {"moderngl", "pillow", "scipy"}
    declared = {"numpy", "cv2", "rich", "moderngl", "PIL", "scipy", "posturewatch", "calibration"}
    assert tops(CALIBRATING[name]) <= declared | set(sys.stdlib_module_names)


@pytest.mark.parametrize("name", CALIBRATING)
def test_calibration_opens_no_connection_and_unpickles_nothing(name):
    assert not (tops(CALIBRATING[name]) | imported(CALIBRATING[name])) & (NETWORK | UNSAFE)


@pytest.mark.parametrize("path", [README, CALIBRATION / "README.md"], ids=["README", "calibration"])
def test_every_module_that_a_readme_runs_exists(path):
    run = set(re.findall(r"python -m (calibration[.\w]*)", path.read_text(encoding="utf-8")))
    assert run
    assert {f"{name.replace('.', '/')}.py" for name in run} <= CALIBRATING.keys()


def test_the_readme_of_calibration_tells_what_each_of_its_modules_does():
    rows = re.findall(r"^\| (`.*?) \| \S", (CALIBRATION / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    listed = [f"calibration/{name}" for row in rows for name in re.findall(r"`([\w/]+\.py)`", row)]
    assert sorted(listed) == sorted(CALIBRATING.keys() - {"calibration/rig/__init__.py"})


# What is packaged


def test_mediapipe_is_pinned_to_the_version_that_sends_nothing():
    wanted = [each for each in PYPROJECT["project"]["dependencies"] if each.startswith("mediapipe")]
    assert wanted == ["mediapipe==0.10.31"]
    extras = PYPROJECT["project"].get("optional-dependencies", {})
    assert not [each for extra in extras.values() for each in extra if "mediapipe" in each]


def packaged():
    """Every file that the package data's patterns name."""
    files = set()
    for package, patterns in PYPROJECT["tool"]["setuptools"]["package-data"].items():
        for pattern in patterns:
            matches = set((ROOT / package.replace(".", "/")).glob(pattern))
            assert matches, f"{package}: {pattern} names nothing"
            files |= matches
    return files


def test_the_packages_exist_and_hold_every_folder_of_the_program():
    named = {ROOT / name.replace(".", "/") for name in PYPROJECT["tool"]["setuptools"]["packages"]}
    folders = {path.parent for path in PACKAGE.rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    assert named == folders


def test_every_file_that_is_no_module_is_package_data_and_none_is_empty():
    others = {path for path in PACKAGE.rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    assert packaged() == others - set(SOURCES)
    assert {path.name for path in packaged() if not path.stat().st_size} <= {"py.typed"}
    assert {path.name for path in packaged()} >= {"NOTICE", "exercises.toml", "py.typed", "demo.mp4"}
    assert len({path for path in packaged() if path.suffix == ".task"}) == 2


def test_the_command_that_is_installed_exists():
    module, _, function = PYPROJECT["project"]["scripts"]["posturewatch"].partition(":")
    assert module == "posturewatch.__main__"
    assert callable(getattr(importlib.import_module(module), function))


# What README says

COMMANDS = typer.main.get_command(cli.app).commands
OPTIONS = {name: {opt for each in command.params for opt in each.opts} for name, command in COMMANDS.items()}


@pytest.fixture(scope="module")
def readme():
    return README.read_text(encoding="utf-8")


def blocks(text):
    return re.findall(r"^```\w*\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def spans(text):
    """What stands in backticks outside the blocks."""
    return re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE))


def commands(lines):
    """The words of every command of this program in these lines of shell."""
    for line in lines:
        for part in re.split(r"&&|\|\||[|;]", line):
            words = shlex.split(part, comments=True)
            if words and words[0].rpartition("/")[2] == "posturewatch" and len(words) > 1:
                yield words[1:]


def mistakes(words):
    """What is wrong with a command line: its name, then its options."""
    name, *rest = words
    if name not in OPTIONS:
        return [name]
    return [word for word in rest if word.startswith("-") and word.partition("=")[0] not in OPTIONS[name] | {"--help"}]


def test_every_command_in_a_block_of_readme_exists_with_its_options(readme):
    shown = list(commands(line for block in blocks(readme) for line in block.splitlines()))
    assert len(shown) >= 5
    assert {" ".join(words): mistakes(words) for words in shown if mistakes(words)} == {}


def test_every_command_in_a_line_of_readme_exists_with_its_options(readme):
    shown = [words for words in commands(spans(readme)) if not words[0].isupper()]
    assert {" ".join(words): mistakes(words) for words in shown if mistakes(words)} == {}


def test_every_option_in_a_line_of_readme_exists_somewhere(readme):
    anywhere = set().union(*OPTIONS.values()) | {"--help", "--version"}
    named = {word for span in spans(readme) for word in re.findall(r"(?<!\S)--[a-z-]+", span)}
    assert named - anywhere == set()


def test_the_rules_above_see_a_wrong_command_and_a_wrong_option():
    text = "```sh\n.venv/bin/posturewatch demo --uot x && posturewatch wacth | head\nposturewatch watch --rate=5\n```\n"
    found = [mistakes(words) for words in commands(line for block in blocks(text) for line in block.splitlines())]
    assert found == [["--uot"], ["wacth"], []]
    assert list(commands(spans("`posturewatch doctor --json` and ```x``` `y`"))) == [["doctor", "--json"]]


def test_readme_shows_every_command(readme):
    shown = {words[0] for words in commands(line for block in blocks(readme) for line in block.splitlines())}
    assert COMMANDS.keys() - shown == set()


def test_readme_lists_every_setting_with_default_range_and_meaning(readme):
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in readme.splitlines() if line[:2] == "| "]
    listed = {row[0].strip("`"): row[1:] for row in rows if re.fullmatch(r"`[a-z_]+(\.[a-z_]+)+`", row[0])}
    for each in keys():
        assert listed.get(each.key) == [f"`{each.default}`", each.allowed, each.meaning], each.key
    assert listed.keys() == {each.key for each in keys()}


def test_readme_names_the_modules_in_the_order_that_is_kept(readme):
    listed = re.search(r"only from earlier ones:\s*([a-z_,/\s]+)\.", readme)
    assert listed
    names = re.split(r",\s+", listed[1].replace("/", "."))
    assert names == [name for name in ORDER if name in names]
    assert set(names) == MODULES.keys() - {"__main__"}


def test_what_readme_links_to_exists(readme):
    links = [link for link in re.findall(r"\]\(([^)\s]+)\)", readme) if "://" not in link and not link.startswith("#")]
    assert [link for link in links if not (ROOT / link.partition("#")[0]).exists()] == []
