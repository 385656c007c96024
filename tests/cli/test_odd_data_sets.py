"""Every command over every odd data set of the corpus: done, or an error in plain words, never a raw exception."""

import shlex

import pytest

from tests.command import run_command
from tests.data.corpus import make, names

COMMANDS = (
    "validate {source} --report {out}/report",
    "evaluate {source} --model rau_net_nano --csv {out}/scores.csv",
    "preview {source} --output {out}/preview.png --image-size 32",
    "train {source} --model rau_net_nano --image-size 32 --print-config --output {out}/run",
    "predict {files} --model rau_net_nano --output {out}/masks --overlay",
    "clean-masks {folder} {out}/clean",
)
# A few of each kind in the runs that come often.
_OFTEN = 9


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return {case.name: case for case in make(tmp_path_factory.mktemp("corpus"))}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=() if number % _OFTEN == 0 else pytest.mark.matrix)
        for number, name in enumerate(names())
    ],
)
def test_no_command_ends_in_a_raw_exception(name, corpus, monkeypatch, capsys, tmp_path):
    case = corpus[name]
    options = [f"--option {shlex.quote(f'{key}={value}')}" for key, value in case.options.items()]
    source = " ".join([f"--dataset {case.dataset} --data-dir {shlex.quote(str(case.root))}", *options])
    # All that lies there, whatever it is; and the folder that holds most.
    files = sorted(path for path in case.root.rglob("*") if not path.is_dir())[:20] or [case.root]
    folders = [path.parent for path in files]
    words = {
        "source": source,
        "files": shlex.join(map(str, files)),
        "folder": shlex.quote(str(max(folders, key=folders.count))),
        "out": tmp_path,
    }
    for command in COMMANDS:
        line = command.format(**words)
        status, _, err = run_command(monkeypatch, capsys, *shlex.split(line))
        assert status in (0, 1, 2, 3), (line, err)
        assert "Traceback" not in err, line
        assert "(--debug shows where)" not in err, (line, err)
        assert status in (0, 3) or "error: " in err, (line, err)
