"""Progress in a terminal, a notebook and a log file."""

import io
import sys
from types import SimpleNamespace

import pytest
from rich.console import Console

from keras_rau.training import Progress
from keras_rau.training.callbacks import progress

_LOGS = {"loss": 1.25, "dice": 0.5, "iou": 0.3}
_AT_END = {**_LOGS, "val_loss": 1.5, "val_dice": 0.625, "val_iou": 0.4}


def _run(console, **arguments):
    callback = Progress(console=console, **arguments)
    callback.set_params({"epochs": 40, "steps": 90})
    callback.on_train_begin()
    for epoch in (2, 3):
        callback.on_epoch_begin(epoch)
        for batch in range(5):
            callback.on_train_batch_end(batch, _LOGS)
            if callback.bar is not None:
                callback.bar.refresh()
        callback.on_epoch_end(epoch, _AT_END)
    callback.on_train_end()


def test_a_log_file_holds_finished_epochs_alone():
    file = io.StringIO()
    _run(Console(file=file, width=30))
    lines = file.getvalue().splitlines()
    assert [line[:10] for line in lines] == ["epoch 3/40", "epoch 4/40"]
    assert lines[0].endswith("loss 1.2500  dice 0.5000  val_loss 1.5000  val_dice 0.6250")
    assert "\x1b" not in file.getvalue()
    assert "\r" not in file.getvalue()


def test_the_monitored_value_is_shown():
    file = io.StringIO()
    _run(Console(file=file), monitor="val_iou")
    assert "val_dice 0.6250  val_iou 0.4000" in file.getvalue()


@pytest.mark.parametrize("width", [24, 40, 60, 80, 200])
def test_a_terminal_has_one_line_that_changes(width, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    file = io.StringIO()
    _run(Console(file=file, force_terminal=True, width=width))
    text = file.getvalue()
    # Were it more than one line, the cursor would go up by more than the one at the end.
    assert text.count("\x1b[1A") == 1
    assert "epoch 3/40" in text
    assert "5/90" in text
    assert "\x1b[3" not in text
    assert text.endswith("\x1b[2K")
    assert "val_dice 0.6250" in text


def test_a_dumb_terminal_is_as_a_log_file(monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    file = io.StringIO()
    _run(Console(file=file, force_terminal=True, width=80))
    assert len(file.getvalue().splitlines()) == 2


def test_a_notebook_keeps_one_output_per_epoch(monkeypatch):
    shown = []

    def display(content, raw, display_id):
        assert raw
        assert display_id
        shown.append([content["text/plain"]])
        mine = shown[-1]
        return SimpleNamespace(update=lambda content, raw: mine.append(content["text/plain"]))

    monkeypatch.setitem(sys.modules, "IPython.display", SimpleNamespace(display=display))
    monkeypatch.setattr(progress, "_INTERVAL", 0)
    _run(Console(force_jupyter=True))
    assert len(shown) == 2
    assert shown[0][0].startswith("epoch 3/40  step 1/90  loss 1.2500")
    assert len(shown[0]) == 6
    assert [lines[-1][:10] for lines in shown] == ["epoch 3/40", "epoch 4/40"]
    assert all("val_dice 0.6250" in lines[-1] for lines in shown)
