"""What the paper prints, to stand beside our own figures.

Source: Toptaş, Symmetry 2025, 17(11), 2002, its loss study and its comparison of networks. Its mIoU is the mean of the IoU
of lesion and background, our `miou`. It does not say on which images the best of four losses and five checkpoints was
chosen.
"""

EPOCHS = (20, 40, 60, 80, 100)

# data set -> loss -> (Dice, mIoU) after each of EPOCHS
LOSSES: dict[str, dict[str, tuple[tuple[float, ...], tuple[float, ...]]]] = {
    "isic2018": {
        "bce": ((0.8624, 0.8821, 0.8748, 0.8767, 0.8772), (0.8446, 0.8661, 0.8544, 0.8550, 0.8601)),
        "tversky": ((0.8544, 0.8444, 0.8690, 0.8744, 0.8796), (0.8386, 0.8296, 0.8528, 0.8562, 0.8633)),
        "dice": ((0.8708, 0.8586, 0.8795, 0.8834, 0.8728), (0.8499, 0.8403, 0.8613, 0.8731, 0.8558)),
        "compound": ((0.8677, 0.8818, 0.8796, 0.8871, 0.8780), (0.8523, 0.8631, 0.8653, 0.8768, 0.8573)),
    },
    "ph2": {
        "bce": ((0.7697, 0.9095, 0.9233, 0.8981, 0.9190), (0.7280, 0.8680, 0.8983, 0.8587, 0.8905)),
        "tversky": ((0.8183, 0.8771, 0.9149, 0.8965, 0.9232), (0.7903, 0.8266, 0.8779, 0.8630, 0.8954)),
        "dice": ((0.7562, 0.7979, 0.9304, 0.9146, 0.9181), (0.7426, 0.7104, 0.9033, 0.8800, 0.8803)),
        "compound": ((0.8265, 0.8988, 0.9341, 0.9150, 0.9106), (0.7994, 0.8996, 0.9078, 0.8846, 0.8809)),
    },
}

# data set -> network -> (millions of parameters, Dice, mIoU); the columns of Ms-RED and CPFNet are swapped in print
NETWORKS: dict[str, dict[str, tuple[float | None, float, float]]] = {
    "isic2018": {
        "U-Net": (32.9, 0.8417, 0.8269),
        "Attention U-Net": (33.3, 0.8253, 0.8151),
        "Ms-RED": (3.8, 0.8999, 0.8345),
        "CPFNet": (43.3, 0.8963, 0.8292),
        "LeaNet": (0.11, 0.8825, 0.7839),
        "AS-Net": (24.9, 0.8955, 0.8309),
        "ACCPG-Net": (11.8, 0.9081, 0.8352),
        "MCGFF-Net": (39.67, 0.8907, 0.8179),
        "the paper's model": (48, 0.8871, 0.8768),
    },
    "ph2": {
        "U-Net": (32.9, 0.9293, 0.9012),
        "Attention U-Net": (33.3, 0.8992, 0.8673),
        "AS-Net": (24.9, 0.9305, 0.8760),
        "ICL-Net": (None, 0.9280, 0.8725),
        "ACCPG-Net": (11.8, 0.9133, 0.8427),
        "MCGFF-Net": (39.67, 0.9307, 0.8752),
        "the paper's model": (48, 0.9341, 0.9078),
    },
}

NETWORKS_REMARK = (
    "Most rows are borrowed from other papers, with other splits, and give the IoU of the lesion as mIoU; the paper's own "
    "model gives the mean over lesion and background. Millions of 32.9 and 33.3 are counted in 2^20."
)
SWAPPED_REMARK = "Dice and IoU of Ms-RED and CPFNet are swapped in print; here they stand as in their own reports."

REMARKS = {
    "ph2": "The mIoU of the compound loss after 40 epochs (0.8996, above its Dice of 0.8988) looks like a misprint.",
}
