"""The package as it is installed."""

import ast
import configparser
import graphlib
import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def test_every_package_is_listed():
    """Automatic discovery cannot express the mapping, and what is not listed would silently be left out of a wheel."""
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    listed = set(config["options"]["packages"].split())
    found = {"keras_rau"}
    for folder, name in (
        ("keras_rau", "keras_rau"),
        ("datasets", "keras_rau.datasets"),
        ("export", "keras_rau.export"),
    ):
        for path in (ROOT / folder).rglob("__init__.py"):
            found.add(".".join([name, *path.parent.relative_to(ROOT / folder).parts]))
    assert listed == found


def test_no_bare_datasets_or_export_is_installed():
    script = (
        "from importlib.util import find_spec\n"
        "assert find_spec('export') is None\n"
        "found = find_spec('datasets')\n"
        "assert found is None or 'phantom' not in ''.join(found.submodule_search_locations or [])\n"
    )
    subprocess.run([sys.executable, "-P", "-c", script], check=True, cwd=ROOT.parent)


def test_import_is_light():
    script = (
        "import sys, keras_rau\n"
        "from keras_rau import datasets, evaluation, export, training\n"
        "datasets.load, datasets.split, export.Predictor, evaluation.image_scores\n"
        "assert not {'tensorflow', 'keras', 'sklearn', 'matplotlib'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-P", "-c", script], check=True)


@pytest.mark.parametrize(
    "order",
    [
        "import keras_rau, keras",
        pytest.param("import keras, keras_rau", marks=pytest.mark.slow),
        "from keras_rau.layers import AttentionGate; import keras",
        "from keras_rau.trust import load_keras_file; import keras",
    ],
)
def test_a_saved_model_loads_after_a_bare_import(order, tmp_path):
    from keras_rau import losses, metrics, models

    model = models.RAUNet(input_shape=(16, 16, 3), width=4, depth=1)
    model.compile("sgd", losses.CompoundLoss(), metrics=[metrics.DiceScore()])
    model.save(tmp_path / "m.keras")
    script = (
        f"{order}\nmodel = keras.saving.load_model(r'{tmp_path / 'm.keras'}')\nassert type(model).__name__ == 'RAUNet'"
    )
    subprocess.run([sys.executable, "-P", "-c", script], check=True, capture_output=True)


def test_only_the_source_folder_gives_advice(tmp_path):
    source = tmp_path / "keras_rau"
    source.mkdir()
    for name in ("__init__.py", "_version.py"):
        (source / name).write_text((ROOT / "keras_rau" / name).read_text())
    script = (
        f"import sys\nsys.path.insert(0, r'{tmp_path}')\n"
        "sys.meta_path = [finder for finder in sys.meta_path if 'editable' not in repr(finder)]\n"
        "import keras_rau\n"
    )
    found = subprocess.run([sys.executable, "-P", "-c", script], capture_output=True, text=True, check=False)
    assert "pip install -e ." in found.stderr


def test_registered_names():
    import keras

    import keras_rau  # noqa: F401

    names = {name for name in keras.saving.get_custom_objects() if name.startswith("keras_rau>")}
    expected = """
        AttentionGate BoundaryAttention BoundaryReverseAttention ConvBlock ReverseAttention Upsample
        AffinityAttention AxialAttention ExternalAttention GroupedConvolution LearnedMap LearnedScale SharedDilation
        SoftPooling2D
        SpectralAttention StretchedPixels StyleMaps
        AttentionUNet RAUNet UNet
        ASNet CPFNet CaraNet DeepLabV3Plus EGEUNet GFANet MALUNet MCGFFNet MFSNet MsRED PraNet UNetPlusPlus
        BinaryCrossentropy BoundaryLoss CategoricalCrossentropy ComboLoss CompoundLoss DiceLoss FocalLoss FocalTverskyLoss
        GeneralizedDiceLoss JaccardLoss LovaszLoss StructureLoss TverskyLoss UnifiedFocalLoss WeightedBinaryCrossentropy
        AUC Accuracy DiceScore ExpectedCalibrationError IoU MeanIoU Precision Sensitivity Specificity ThresholdJaccard
        ThresholdSweep
        PixelScaling WarmUp
    """
    assert names == {f"keras_rau>{name}" for name in expected.split()}
    # Bare names would clash with Keras's own: Accuracy, AUC, BinaryCrossentropy, Precision.
    ours = {name for name, kind in keras.saving.get_custom_objects().items() if "keras_rau" in kind.__module__}
    assert {name for name in ours if ">" not in name} == set()


def test_the_library_layers_use_keras_only():
    for package in ("layers", "models", "losses", "metrics"):
        for path in (ROOT / "keras_rau" / package).glob("*.py"):
            text = path.read_text()
            if path.name not in ("upsample.py", "aligned.py"):
                assert "tensorflow" not in text.replace("TensorFlow", ""), path


def test_this_is_not_hugging_face():
    assert find_spec("keras_rau.datasets") is not None


def test_packages_import_each_other_in_no_circle():
    above = {}
    for folder in ("keras_rau", "datasets", "export"):
        for path in (ROOT / folder).rglob("*.py"):
            own = path.relative_to(ROOT).with_suffix("").parts
            own = own[1] if own[0] == "keras_rau" else own[0]
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ImportFrom) and node.module == "keras_rau":
                    found = {alias.name for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("keras_rau."):
                    found = {node.module.split(".")[1]}
                else:
                    continue
                above.setdefault(own, set()).update(found - {own, "__init__"})
    above.pop("__init__")
    graphlib.TopologicalSorter(above).prepare()


PARTS = ("keras_rau", "datasets", "export")
STUBS = [path.parent.relative_to(ROOT) for part in PARTS for path in (ROOT / part).rglob("*.pyi")]


@pytest.mark.parametrize("folder", sorted(STUBS), ids=str)
def test_what_a_stub_promises_can_be_imported(folder):
    parts = folder.parts if folder.parts[0] == "keras_rau" else ("keras_rau", *folder.parts)
    package = import_module(".".join(parts))
    assert dir(package) == sorted(package.__all__)
    for name in package.__all__:
        assert getattr(package, name) is not None, name
