"""What the publications of the compared systems report, to stand beside our own figures.

Foreground Dice and IoU. Splits, resolutions and protocols differ from ours and among each other.
"""

_MS_RED = "Dai et al. 2022, their run, 5 folds of the training images"
_PAPER = "Toptaş 2025, borrowed there"

# data set -> preset -> (Dice, IoU of the lesion, where)
SYSTEMS: dict[str, dict[str, tuple[float, float, str]]] = {
    "isic2018": {
        "unet": (0.8881, 0.8169, _MS_RED),
        "attention_unet": (0.8903, 0.8199, _MS_RED),
        "rau_net_paper": (0.8871, 0.797, "Toptaş 2025; IoU from Dice, printed is the mean with the background, 0.8768"),
        "unet_plus_plus": (0.8893, 0.8187, _MS_RED),
        "deeplab_v3_plus": (0.8926, 0.8232, _MS_RED),
        "ms_red": (0.8999, 0.8345, "Dai et al. 2022, 5 folds; Toptaş 2025 prints the two columns swapped"),
        "cpfnet": (0.8963, 0.8292, f"{_MS_RED}; Toptaş 2025 prints the two columns swapped"),
        "as_net": (0.8955, 0.8309, _PAPER),
        "gfanet": (0.9013, 0.8366, "Qiu et al. 2023, mean of the logs of 5 folds"),
    },
    "ph2": {
        "unet": (0.9293, 0.868, "Toptaş 2025; IoU from Dice, printed is the mean with the background, 0.9012"),
        "attention_unet": (
            0.8992,
            0.817,
            "Toptaş 2025; IoU from Dice, printed is the mean with the background, 0.8673",
        ),
        "rau_net_paper": (0.9341, 0.876, "Toptaş 2025; IoU from Dice, printed is the mean with the background, 0.9078"),
        "as_net": (0.9305, 0.8760, _PAPER),
        "mfsnet": (0.954, 0.914, "Basak et al. 2022"),
    },
    "ham10000": {"mfsnet": (0.906, 0.902, "Basak et al. 2022")},
}
