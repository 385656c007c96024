"""The losses once more, by their formulas, in float64 NumPy for one image: what ours are compared with.

Written from the papers, without sums shared between losses, without tricks for stability.
"""

import numpy as np

TINY = 1e-7


def log(x):
    return np.log(np.maximum(x, TINY))


def bce(g, p, w, smoothing=0.0, class_weight=(1.0, 1.0)):
    g = g * (1 - smoothing) + smoothing / 2
    values = class_weight[1] * g * log(p) + class_weight[0] * (1 - g) * log(1 - p)
    return -np.average(values, weights=w)


def balanced_bce(g, p, w):
    skin_share = 1 - np.average(g, weights=w)
    return bce(g, p, w, class_weight=(1 - skin_share, skin_share))


def focal(g, p, w, gamma=2.0, alpha=0.25):
    lesion, skin = (1.0, 1.0) if alpha is None else (alpha, 1 - alpha)
    values = lesion * g * (1 - p) ** gamma * log(p) + skin * (1 - g) * p**gamma * log(1 - p)
    return -np.average(values, weights=w)


def dice(g, p, w, s=1.0, power=1):
    return 1 - (2 * np.sum(w * p * g) + s) / (np.sum(w * p**power) + np.sum(w * g**power) + s)


def generalized_dice(g, p, w, s=1.0, power=2):
    classes = [(g, p), (1 - g, 1 - p)]
    rarest = min(np.sum(w * a) for a, _ in classes)
    factors = [((rarest + s) / (np.sum(w * a) + s)) ** power for a, _ in classes]
    top = sum(f * np.sum(w * a * b) for f, (a, b) in zip(factors, classes, strict=True))
    bottom = sum(f * np.sum(w * (a + b)) for f, (a, b) in zip(factors, classes, strict=True))
    return 1 - (2 * top + s) / (bottom + s)


def tversky(g, p, w, alpha=0.3, beta=0.7, s=1.0):
    tp, fp, fn = np.sum(w * p * g), np.sum(w * p * (1 - g)), np.sum(w * (1 - p) * g)
    return 1 - (tp + s) / (tp + alpha * fp + beta * fn + s)


def jaccard(g, p, w, s=1.0):
    both = np.sum(w * p * g)
    return 1 - (both + s) / (np.sum(w * (p + g - p * g)) + s)


def focal_tversky(g, p, w, gamma=4 / 3):
    return tversky(g, p, w) ** (1 / gamma)


def combo(g, p, w, alpha=0.5, beta=0.5):
    entropy = bce(g, p, w, class_weight=(1 - beta, beta))
    return alpha * entropy + (1 - alpha) * dice(g, p, w)


def unified_focal(g, p, w, weight=0.5, delta=0.6, gamma=0.5, asymmetric=True, s=1.0):
    lesion = -g * log(p) * (1 if asymmetric else np.clip(1 - p, TINY, 1) ** gamma)
    skin = -(1 - g) * log(1 - p) * np.clip(p, TINY, 1) ** gamma
    focal_part = np.average(delta * lesion + (1 - delta) * skin, weights=w)
    losses = []
    for a, b in ((1 - g, 1 - p), (g, p)):
        tp, fn, fp = np.sum(w * a * b), np.sum(w * a * (1 - b)), np.sum(w * (1 - a) * b)
        losses.append(1 - (tp + s) / (tp + delta * fn + (1 - delta) * fp + s))
    skin_loss, lesion_loss = losses
    powered = [skin_loss if asymmetric else skin_loss ** (1 - gamma), lesion_loss ** (1 - gamma)]
    return weight * np.mean(powered) + (1 - weight) * focal_part


def lovasz_hinge(g, p, w):
    errors = np.maximum(1 - (log(p) - log(1 - p)) * (2 * g - 1), 0)
    order = np.argsort(-errors)
    total, before = 0.0, 0.0
    wrong = np.zeros_like(g, bool)
    for pixel in order:
        wrong[pixel] = True
        union = np.sum(w * ((g > 0) | wrong))
        after = np.sum(w * wrong) / union if union else 0.0
        total += errors[pixel] * (after - before)
        before = after
    return total


def structure(g, p, w, window=5, factor=5.0, s=1.0, collapsed=False):
    """`g`, `p`, `w` of shape (H, W)."""
    half = window // 2
    padded = np.pad(g, half)
    mean = np.array(
        [[padded[y : y + window, x : x + window].mean() for x in range(g.shape[1])] for y in range(g.shape[0])]
    )
    border = w * (1 + factor * np.abs(mean - g))
    overlap = np.sum(border * p * g)
    return (
        bce(g, p, w if collapsed else border)
        + 1
        - (overlap + s) / (np.sum(border * p) + np.sum(border * g) - overlap + s)
    )


def boundary(g, p, w, distance, alpha):
    return alpha * dice(g, p, w) + (1 - alpha) * np.average(p * distance, weights=w)
