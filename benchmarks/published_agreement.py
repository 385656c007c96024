"""Table of how far our networks with `conventions="published"` are from the published code, on seeded weights.

Needs PyTorch and the public repositories, whose code is run and never copied, each as a git repository or a checkout:

    KERAS_BACKEND=torch python benchmarks/published_agreement.py FOLDER [NETWORK ...] [--write tests/models/published]

`FOLDER` holds `OWNER+NAME/repo` (git directories without a work tree) or `OWNER+NAME` (checkouts). Weights are drawn by
`tests.models.seeded` from the names and shapes of the published state dict, loaded there strictly and here through a file of
`torch.save`. The largest difference of the logits is given relative to the largest logit. `--write` stores names, shapes and a
few logits for the tests that run without PyTorch.
"""

import argparse
import importlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from types import ModuleType, SimpleNamespace

os.environ.setdefault("KERAS_BACKEND", "torch")
sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
import torch

from keras_rau import models
from keras_rau.models.conventions import PUBLISHED
from keras_rau.models.published.tables import NETWORKS
from tests.models.seeded import image, prepared, seeded_state

SIZES = ((64, 64), (96, 128))
# Pools of six at stride 32 need six rows; Ms RED is written for one size.
LARGER = {"gfanet": ((224, 320), (256, 192)), "ms_red": ((224, 320),), "ms_red_v2": ((224, 320),)}
POINTS = 12
DIFFERENCE = 1e-4


def _checkout(folder: Path, repository: str, commit: str, target: Path) -> Path:
    """Put the files of a commit into a folder."""
    base = folder / repository.replace("/", "+")
    git = base / "repo" if (base / "repo").exists() else base / ".git"
    target.mkdir(parents=True)
    # The rest of this repository is a data set.
    only = ["Models"] if repository == "duweidai/Ms-RED" else []
    command = ["git", f"--git-dir={git}", "archive", commit, *only]
    archive = subprocess.run(command, check=True, capture_output=True).stdout
    subprocess.run(["tar", "-x", "-C", str(target)], input=archive, check=True)
    return target


def _stub(name: str, **things: object) -> None:
    """Stand in for a package that the published code imports and that no forward pass needs."""
    parts = name.split(".")
    for count in range(1, len(parts) + 1):
        sys.modules.setdefault(".".join(parts[:count]), ModuleType(".".join(parts[:count])))
    for key, value in things.items():
        setattr(sys.modules[name], key, value)


def _source(path: Path, until: str | None = None, **names: object) -> SimpleNamespace:
    """Run a script up to a line that contains `until`, and return what it defines."""
    text = path.read_text()
    if until is not None:
        text = text[: text.index(until)]
    space = {"__name__": path.stem, **names}
    exec(compile(text, str(path), "exec"), space)
    return SimpleNamespace(**space)


def _pranet(root: Path) -> torch.nn.Module:
    module = importlib.import_module("lib.PraNet_Res2Net")
    build = module.res2net50_v1b_26w_4s
    module.res2net50_v1b_26w_4s = lambda pretrained: build(pretrained=False)
    return module.PraNet()


def _caranet(root: Path) -> torch.nn.Module:
    _stub("torchvision.models")
    sys.modules["torchvision"].models = sys.modules["torchvision.models"]
    module = importlib.import_module("CaraNet")
    build = module.res2net101_v1b_26w_4s
    module.res2net101_v1b_26w_4s = lambda pretrained: build(pretrained=False)
    return module.caranet()


def _light(module: str, name: str):
    def build(root: Path) -> torch.nn.Module:
        _stub("timm.models.layers", trunc_normal_=torch.nn.init.trunc_normal_)
        _stub("einops", rearrange=None)
        return getattr(importlib.import_module(module), name)()

    return build


def _mcgff(root: Path) -> torch.nn.Module:
    import math

    module = importlib.import_module("Models.MCGFFNet")
    module.math = math  # The file forgets to import it.
    return module.MCGFF(in_channels=3, num_classes=1)


def _mfsnet(script: str):
    def build(root: Path) -> torch.nn.Module:
        for name, things in (("thop", {"profile": None, "clever_format": None}), ("imageio", {}), ("cv2", {})):
            _stub(name, **things)
        _stub("scipy.misc")
        _stub("skimage.io")
        _stub("torchvision.transforms")
        sys.modules["skimage"].img_as_ubyte = None
        sys.modules["scipy"].misc = sys.modules["scipy.misc"]
        text = (
            (root / script).read_text().split("class test_dataset")[0].replace("pretrained=True)", "pretrained=False)")
        )
        space = {"__name__": "mfsnet"}
        exec(compile(text, script, "exec"), space)
        return space["MFSNet"]()

    return build


def _cpfnet(root: Path) -> torch.nn.Module:
    _stub("torchsummary")
    _stub("torchvision.models")
    sys.modules["torchvision"].models = sys.modules["torchvision.models"]
    sys.path.insert(0, str(root / "OCT/CPFNet"))
    module = importlib.import_module("model.BaseNet")
    build = module.resnet34
    module.resnet34 = lambda pretrained: build(pretrained=False)
    network = module.CPFNet(out_planes=2)
    network.main_head.register_forward_hook(lambda head, given, out: setattr(network, "logits", out))
    return network


def _gfanet(root: Path) -> torch.nn.Module:
    # Its __init__ imports the network, which imports it.
    sys.modules["models.layers"] = package = ModuleType("models.layers")
    package.__path__ = [str(root / "models/layers")]
    module = importlib.import_module("models.GFANet")
    build = module.hardnet
    module.hardnet = lambda arch: build(arch, pretrained=False)
    return module.GFANet()


def _u_net(name: str):
    return lambda root: getattr(importlib.import_module("network"), name)(img_ch=3, output_ch=1)


def _ms_red(name: str):
    def build(root: Path) -> torch.nn.Module:
        torch.nn.init.kaiming_normal = torch.nn.init.kaiming_normal_
        return getattr(importlib.import_module("Models.networks.ms_red_models"), name)(classes=2, channels=3)

    return build


# (our class, its arguments, builder of theirs, what takes the logits out of their outputs; `None`: a hook did)
CASES = {
    "pranet": ("PraNet", {}, _pranet, lambda out: out[3]),
    "caranet": ("CaraNet", {}, _caranet, lambda out: out[0]),
    "ege_unet": ("EGEUNet", {}, _light("models.egeunet", "EGEUNet"), lambda out: torch.logit(out[1].double())),
    "malunet": ("MALUNet", {}, _light("models.malunet", "MALUNet"), lambda out: torch.logit(out.double())),
    "mfsnet": ("MFSNet", {}, _mfsnet("test.py"), lambda out: out[3]),
    "mfsnet_train": ("MFSNet", {"guidance": False}, _mfsnet("train.py"), lambda out: out[3]),
    "cpfnet": ("CPFNet", {"classes": 2}, _cpfnet, None),
    "gfanet": ("GFANet", {"classes": 2}, _gfanet, lambda out: torch.logit(out[4].double())),
    "ms_red": ("MsRED", {"classes": 2}, _ms_red("Ms_red_v1"), lambda out: torch.logit(out.double())),
    "ms_red_v2": ("MsRED", {"classes": 2, "version": 2}, _ms_red("Ms_red_v2"), lambda out: torch.logit(out.double())),
    "unet": ("UNet", {}, _u_net("U_Net"), lambda out: out),
    "attention_unet": ("AttentionUNet", {}, _u_net("AttU_Net"), lambda out: out),
    "mcgff_net": ("MCGFFNet", {}, _mcgff, lambda out: out),
}


def compare(name: str, folder: Path) -> dict[str, object]:
    """Return what differs between a published network and ours."""
    kind, arguments, build, main = CASES[name]
    network = NETWORKS[kind]
    with tempfile.TemporaryDirectory() as place:
        root = _checkout(folder, network.repository, network.commit, Path(place) / "code")
        sys.path.insert(0, str(root))
        theirs = build(root).eval()
        sys.path.remove(str(root))
        shapes = {key: list(value.shape) for key, value in theirs.state_dict().items()}
        state = {key: torch.from_numpy(value) for key, value in seeded_state(shapes).items()}
        # Rows of a transform, which are no weights.
        state |= {key: value for key, value in theirs.state_dict().items() if "dct_layer" in key}
        theirs.load_state_dict(state, strict=True)
        path = Path(place) / "checkpoint.pth"
        torch.save(theirs.state_dict(), path)
        channels = 3
        ours = getattr(models, kind)(
            (None, None, channels), output_activation=None, conventions="published", **arguments
        )
        models.load_published(ours, path)
    pixels = PUBLISHED[kind].pixels
    found = {"differences": {}, "outputs": {}, "shapes": shapes}
    for height, width in LARGER.get(name, SIZES):
        x = image(height, width)
        with torch.no_grad():
            given = np.ascontiguousarray(prepared(x, pixels).transpose(0, 3, 1, 2))
            out = theirs(torch.from_numpy(given))
            reference = theirs.logits if main is None else main(out)
            reference = reference.numpy().transpose(0, 2, 3, 1)
            result = ours(torch.from_numpy(x)).detach().numpy()
        largest = np.abs(reference).max()
        found["differences"][f"{height}x{width}"] = float(np.abs(result - reference).max() / largest)
        places = np.random.default_rng(0).integers(0, (height, width), (POINTS, 2))
        values = [[int(row), int(column), round(float(reference[0, row, column, -1]), 6)] for row, column in places]
        found["outputs"][f"{height}x{width}"] = {"largest": round(float(largest), 6), "logits": values}
    return found


def main() -> None:
    """Print the table, and store what the tests need."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("networks", nargs="*")
    parser.add_argument("--write", type=Path)
    given = parser.parse_args()
    worst = 0.0
    if len(given.networks) != 1:
        # One process each: several repositories call their modules the same.
        for name in given.networks or CASES:
            rest = ["--write", str(given.write)] if given.write else []
            worst = max(
                worst, subprocess.run([sys.executable, "-P", __file__, str(given.folder), name, *rest]).returncode
            )
        sys.exit(worst)
    (name,) = given.networks
    found = compare(name, given.folder)
    network = NETWORKS[CASES[name][0]]
    each = " | ".join(f"{size}: {value:.1e}" for size, value in found["differences"].items())
    print(f"| {name} | {network.repository}@{network.commit[:7]} | {each} |", flush=True)
    if given.write:
        given.write.mkdir(exist_ok=True)
        kept = {"repository": network.repository, "commit": network.commit, **found}
        del kept["differences"]
        (given.write / f"{name}.json").write_text(json.dumps(kept) + "\n")
    sys.exit(max(found["differences"].values()) > DIFFERENCE)


if __name__ == "__main__":
    main()
