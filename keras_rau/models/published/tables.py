"""The table of each published network."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from keras_rau.models.published import cpfnet as cpfnet_names
from keras_rau.models.published import gfanet as gfanet_names
from keras_rau.models.published.light import ege_unet, malunet
from keras_rau.models.published.mcgff_net import mcgff_net
from keras_rau.models.published.ms_red import ms_red
from keras_rau.models.published.pranet_family import caranet, pranet
from keras_rau.models.published.sources import Entry
from keras_rau.models.published.u_nets import u_net


@dataclass(frozen=True)
class Table:
    """Where a network's weights come from.

    Attributes:
        entries: for each of our layers its sources.
        unused: patterns of weights that the published network holds and that no map passes through.
    """

    entries: tuple[Entry, ...]
    unused: tuple[str, ...] = ()


@dataclass(frozen=True)
class Published:
    """A published network.

    Attributes:
        repository: its public code on GitHub.
        commit: that was compared with.
        file: the module in it.
        entries: makes the entries, given the model's arguments.
        unused: see `Table`.
    """

    repository: str
    commit: str
    file: str
    entries: Callable[[dict[str, Any]], Iterator[Entry]]
    unused: tuple[str, ...] = ()


_PRANET_UNUSED = ("resnet.fc.*",)

NETWORKS: dict[str, Published] = {
    "PraNet": Published(
        "DengPingFan/PraNet",
        "95f12bd4e32ec954b5069654abae7de9473fd1f5",
        "lib/PraNet_Res2Net.py",
        lambda arguments: pranet(),
        _PRANET_UNUSED,
    ),
    "CaraNet": Published(
        "AngeLouCN/CaraNet",
        "052ed72141653b78cda0f66645e471775ae66583",
        "CaraNet.py",
        lambda arguments: caranet(),
        _PRANET_UNUSED,
    ),
    "MFSNet": Published(
        "hritam-98/MFSNet",
        "a1810f0d078665544834af2bcceaeca579add388",
        "test.py with guidance, train.py without",
        lambda arguments: pranet("ParDec" if arguments["guidance"] else "agg1", arguments["guidance"]),
        (*_PRANET_UNUSED, "edge_conv*"),
    ),
    "EGEUNet": Published(
        "JCruan519/EGE-UNet",
        "f52ba30c6bf7d0ca479c2c9d4a3cbda999f49d3a",
        "models/egeunet.py",
        lambda arguments: ege_unet(),
    ),
    "MALUNet": Published(
        "JCruan519/MALUNet",
        "e184b47de99b3fda6b7880fcf3ff99b806308d2b",
        "models/malunet.py",
        lambda arguments: malunet(),
    ),
    "MCGFFNet": Published(
        "liyanxiang985/MCGFF-Net",
        "26ea01a597f42d614796cd74851c90427d2bd9ae",
        "Models/MCGFFNet.py",
        lambda arguments: mcgff_net(),
    ),
    "CPFNet": Published(
        "FENGShuanglang/CPFNet_Project",
        "3ecf275365236accd81165dd4bb83ca430afd5b3",
        "OCT/CPFNet/model/BaseNet.py",
        lambda arguments: cpfnet_names.cpfnet(),
        cpfnet_names.UNUSED,
    ),
    "GFANet": Published(
        "ShiHanQ/GFANet",
        "c09138b5e8f2d3020d73c5cf9e5a6e5f8cc2cef2",
        "models/GFANet.py",
        lambda arguments: gfanet_names.gfanet(),
        gfanet_names.UNUSED,
    ),
    "MsRED": Published(
        "duweidai/Ms-RED",
        "01dfb6766b0a20e43100a578c65ee746aa680abf",
        "Models/networks/ms_red_models.py",
        lambda arguments: ms_red(arguments["version"]),
    ),
    "UNet": Published(
        "LeeJunHyun/Image_Segmentation",
        "5e9da9395c52b119d55dfc6532c34ac0e88f446e",
        "network.py",
        u_net,
    ),
    "AttentionUNet": Published(
        "LeeJunHyun/Image_Segmentation",
        "5e9da9395c52b119d55dfc6532c34ac0e88f446e",
        "network.py",
        lambda arguments: u_net(arguments, gates=True),
    ),
}


def table_of(model: Any) -> Table:
    """Return the table of a model's weights.

    Raises:
        ValueError: no names are known for this network.
    """
    network = NETWORKS.get(type(model).__name__)
    if network is None:
        raise ValueError(f"No published names are known for {type(model).__name__}. Known: {', '.join(NETWORKS)}.")
    return Table(tuple(network.entries(model.get_config())), network.unused)
