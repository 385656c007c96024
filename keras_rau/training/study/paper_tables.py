"""What the paper prints, to stand beside our own figures.

Source: Toptaş, Symmetry 2025, 17(11), 2002, the tables of its loss study. Its mIoU is the mean of the IoU of lesion and
background, our `miou`. It does not say on which images the best of four losses and five checkpoints was chosen.
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

REMARKS = {
    "ph2": "The mIoU of the compound loss after 40 epochs (0.8996, above its Dice of 0.8988) looks like a misprint.",
}
