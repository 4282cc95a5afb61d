"""Makes the demo clip: two people, five expressions, speech, silence and hard cuts, from one public-domain photograph.

    python resources/demo/make_demo.py resources/demo/demo.mp4

Writes the clip and, beside it, `expected.toml`: what was meant, when. Needs scikit-image (the photograph), OpenCV,
SciPy, PyAV with libx264, soxr and the program `espeak-ng`. With the same versions of these it makes the same pictures.

How a face is moved. Landmarks of the photograph, placed by hand, are given new positions by a `Face` (an expression).
Thin-plate splines through them say, for every pixel of the frame, where in the photograph it comes from. At a slit
(mouth, eyes) the skin must tear, not stretch: one spline leaves out the lower edges of the slits, another the upper
ones, and each pixel follows that of its own side. What shows through the slits (teeth, palate, eyeballs) is a second
picture that moves with the skull alone. Coordinates are pixels of the 512 x 288 crop of the photograph, x to the right,
y down.
"""

import shutil
import subprocess
import sys
import tempfile
import wave
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields, replace
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import numpy.typing as npt
import skimage.data
import soxr
import tomli_w
from scipy.interpolate import PchipInterpolator, RBFInterpolator

Floats = npt.NDArray[np.floating]
Pixels = npt.NDArray[np.floating]
"""An RGB picture, height x width x 3, 0-255, or a mask, height x width x 1, 0-1."""
Landmarks = dict[str, Floats]
"""Groups of points, each n x 2."""

FPS = 25
WIDTH_PX, HEIGHT_PX = 960, 540
CROP_WIDTH, CROP_HEIGHT = 512, 288
SCALE = WIDTH_PX / CROP_WIDTH
WINDOW = slice(0, 440), slice(240, 600)
"""Rows and columns of the frame in which things move: head and neck."""
CELL_PX = 5
"""The splines are evaluated once per cell of the window and interpolated between."""
RATE_HZ = 44_100
SEED = 20


# --- The photograph ---------------------------------------------------------------------------------------------------


def points(*pairs: tuple[float, float]) -> Floats:
    return np.array(pairs, dtype=np.float64)


EYES = ("left_eye", "right_eye")
SLITS = (*EYES, "mouth")
"""Each has an upper and a lower edge, from left to right, that share their corners."""

PHOTO: Landmarks = {
    "left_eye_corners": points((191.5, 101.6), (213.0, 103.2)),
    "left_eye_upper": points((195.0, 99.4), (199.0, 98.3), (203.0, 98.2), (207.0, 99.2), (210.5, 101.2)),
    "left_eye_lower": points((195.0, 103.0), (199.0, 104.2), (203.0, 104.7), (207.0, 104.6), (210.5, 104.0)),
    "right_eye_corners": points((235.8, 105.2), (257.5, 104.6)),
    "right_eye_upper": points((239.0, 102.9), (242.5, 101.0), (246.5, 100.3), (250.5, 101.0), (254.5, 102.8)),
    "right_eye_lower": points((239.0, 106.0), (242.5, 106.7), (246.5, 107.0), (250.5, 106.7), (254.5, 105.9)),
    "left_lid_crease": points((192.5, 97.0), (198.0, 94.6), (204.0, 94.6), (210.0, 97.2)),
    "right_lid_crease": points((238.5, 99.0), (244.0, 96.8), (250.0, 96.8), (257.0, 100.0)),
    "left_brow": points((189.5, 90.6), (194.0, 89.2), (198.5, 88.8), (203.5, 89.7), (208.0, 91.0), (212.5, 92.6)),
    "right_brow": points((237.5, 93.2), (242.0, 92.7), (247.0, 92.4), (252.0, 92.2), (256.5, 93.2), (261.0, 95.8)),
    "mouth_corners": points((202.8, 139.6), (244.6, 140.8)),
    "mouth_upper": points(
        (207.5, 141.0), (212.0, 142.0), (218.0, 143.0), (223.5, 143.5), (229.0, 143.0), (235.0, 142.2), (240.0, 141.2)
    ),
    "mouth_lower": points(
        (207.5, 144.3), (212.0, 147.8), (218.0, 149.9), (223.5, 150.4), (229.0, 149.9), (235.0, 147.9), (240.0, 144.6)
    ),
    "mouth_upper_outer": points((211.0, 138.9), (218.0, 138.8), (223.5, 139.4), (229.0, 139.0), (236.5, 139.4)),
    "mouth_lower_outer": points((209.5, 149.2), (216.5, 154.2), (223.5, 155.4), (230.5, 154.3), (238.0, 149.4)),
    "nose": points((224.0, 104.0), (224.0, 114.0), (224.0, 125.0), (212.5, 127.5), (236.5, 128.0), (224.0, 133.0)),
    "cheeks": points((190.0, 120.0), (201.0, 122.0), (247.0, 123.0), (258.0, 121.0)),
    "jaw": points(
        (181.5, 130.0), (184.0, 150.0), (190.5, 161.0), (200.0, 169.5), (210.5, 176.0), (224.0, 178.8),
        (237.5, 176.5), (248.0, 170.0), (258.0, 160.0), (264.5, 149.0), (267.5, 132.0),
    ),
    "chin": points((212.0, 163.0), (224.0, 165.0), (236.0, 163.0)),
    "hair": points(
        (154.0, 72.0), (158.0, 98.0), (173.0, 118.0), (164.0, 45.0), (192.0, 27.0), (235.0, 15.0), (268.0, 25.0),
        (290.0, 45.0), (301.0, 80.0), (292.0, 108.0), (274.0, 130.0), (187.0, 74.0), (210.0, 79.0), (238.0, 80.0),
        (258.0, 86.0), (220.0, 45.0),
    ),
    "neck": points((186.0, 176.0), (256.0, 176.0), (188.0, 186.0), (222.0, 191.0), (254.0, 187.0)),
    "still": points(
        *((float(x), float(y)) for x in (0, 128, 256, 384, 511) for y in (0, 287)),
        *((float(x), float(y)) for x in (0, 60, 110, 350, 430, 511) for y in (60, 130, 200)),
        (180.0, 207.0), (224.0, 217.0), (262.0, 207.0), (200.0, 250.0),
    ),
    "collar_ring": points((150.0, 165.0), (180.0, 147.0), (280.0, 185.0)),
}  # fmt: skip
SMILE_FOLDS = (
    points((210.0, 121.0), (205.0, 128.0), (199.0, 133.0), (196.5, 138.0)),
    points((237.0, 121.0), (243.0, 129.0), (248.0, 135.0), (250.5, 140.0), (249.0, 144.0)),
    points((200.5, 136.0), (202.0, 139.5)),
    points((246.0, 138.0), (247.0, 141.0)),
)
IRISES = points((203.4, 101.3), (246.6, 103.4))
FACE_CENTRE_X = 224.0
NECK_PIVOT = np.array((224.0, 175.0))


def to_frame(at: Floats) -> Floats:
    """Crop coordinates to frame pixels (pixel centres at whole numbers in both)."""
    return (at + 0.5) * SCALE - 0.5


def blurred(picture: Pixels, sigma_px: float) -> Pixels:
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma_px), dtype=np.float32)


def stroke_mask(lines: tuple[Floats, ...], thickness: float, blur: float) -> Pixels:
    """Soft strokes through points, 0-1, frame size x 1. Thickness and blur in crop pixels."""
    mask = np.zeros((HEIGHT_PX, WIDTH_PX), np.uint8)
    for line in lines:
        fixed_point = np.rint(to_frame(line) * 16).astype(np.int32)
        cv2.polylines(mask, [fixed_point], False, 255, max(1, round(thickness * SCALE)), cv2.LINE_AA, 4)
    return blurred(mask.astype(np.float32) / 255, blur * SCALE)[..., None]


def polygon_mask(outline: Floats, blur: float, part: tuple[slice, slice] = (slice(None), slice(None))) -> Pixels:
    """A soft filled polygon, 0-1, frame size x 1, or a part of it."""
    mask = np.zeros((HEIGHT_PX, WIDTH_PX), np.uint8)
    cv2.fillPoly(mask, [np.rint(to_frame(outline) * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    return blurred(mask[part].astype(np.float32) / 255, blur * SCALE)[..., None]


def over(below: Pixels, colour: Pixels | tuple[float, float, float], mask: Pixels) -> Pixels:
    return below + (np.asarray(colour, dtype=np.float32) - below) * mask


def slit_outline(at: Landmarks, slit: str) -> tuple[Floats, Floats, Floats]:
    """x, upper y and lower y along a slit, smooth, from corner to corner."""
    left, right = at[f"{slit}_corners"]
    x = np.linspace(left[0], right[0], 41)

    def edge(name: str) -> Floats:
        through = np.vstack((left, at[f"{slit}_{name}"], right))
        return np.asarray(PchipInterpolator(through[:, 0], through[:, 1])(x))

    return x, edge("upper"), edge("lower")


def slit_polygon(at: Landmarks, slit: str) -> Floats:
    x, upper, lower = slit_outline(at, slit)
    return np.vstack((np.column_stack((x, upper)), np.column_stack((x, lower))[::-1]))


@dataclass(frozen=True, slots=True)
class Person:
    """What the renderer needs of one person; pictures have the frame's size."""

    landmarks: Landmarks
    smiling: Pixels
    """With the folds that a smile makes."""
    relaxed: Pixels
    furrowed: Pixels
    """Relaxed, with the folds between and above the brows that anger makes."""
    inside: Pixels
    """Teeth and eyeballs, seen through the slits."""
    mirrored: bool = False


def photograph() -> Pixels:
    crop: npt.NDArray[np.uint8] = skimage.data.astronaut()[:CROP_HEIGHT, :CROP_WIDTH]
    large: Pixels = cv2.resize(crop, (WIDTH_PX, HEIGHT_PX), interpolation=cv2.INTER_LANCZOS4).astype(np.float32)
    return np.clip(large + 0.5 * (large - blurred(large, 2.0)), 0, 255)


def thicker_brows(picture: Pixels, thickness: float, colour: tuple[float, float, float], strength: float) -> Pixels:
    left, right = PHOTO["left_brow"], PHOTO["right_brow"]
    thin_outer_ends = stroke_mask((left, right), 0.5 * thickness, 0.6)
    mask = np.maximum(thin_outer_ends, stroke_mask((left[1:], right[:-1]), thickness, 0.7))
    return over(picture, colour, mask * strength)


def lips_outline() -> Floats:
    left, right = PHOTO["mouth_corners"]
    return np.vstack((left, PHOTO["mouth_upper_outer"], right, PHOTO["mouth_lower_outer"][::-1]))


def redder_lips(picture: Pixels, strength: float) -> Pixels:
    lips = np.clip(polygon_mask(lips_outline(), 0.7) - polygon_mask(slit_polygon(PHOTO, "mouth"), 0.5), 0, 1)
    return over(picture, picture * np.array((0.86, 0.62, 0.64), np.float32), lips * strength)


def without_folds(picture: Pixels) -> Pixels:
    hole = (stroke_mask(SMILE_FOLDS, 4.0, 0.8)[..., 0] > 0.25).astype(np.uint8)
    filled = cv2.inpaint(picture.astype(np.uint8), hole, 8, cv2.INPAINT_TELEA).astype(np.float32)
    return over(picture, blurred(filled, 3.0), stroke_mask(SMILE_FOLDS, 5.5, 1.2))


def with_furrows(picture: Pixels) -> Pixels:
    lines = (
        points((219.5, 99.5), (218.5, 93.5), (219.5, 89.0)),
        points((228.5, 100.0), (229.5, 94.0), (228.5, 89.5)),
    )
    return over(picture, picture * 0.55, stroke_mask(lines, 1.0, 0.8))


def insides(photo: Pixels) -> Pixels:
    """Painted palate and tongue, the photograph's teeth; painted eyeballs, as lids hide half of the photograph's."""
    picture = np.broadcast_to(np.array((58, 18, 16), np.float32), photo.shape).copy()
    picture = over(picture, (128, 58, 54), polygon_mask(ellipse((223.7, 166.0), (12.0, 7.0)), 1.5))
    teeth = slit_polygon(PHOTO, "mouth")
    picture = over(picture, (206, 198, 188), polygon_mask(teeth - np.array((0.0, 4.0)), 1.0) * 0.75)
    picture = over(picture, photo, polygon_mask(teeth, 0.5))
    for eye, iris in zip(EYES, IRISES, strict=True):
        ball = slit_polygon(PHOTO, eye).mean(axis=0)
        for colour, centre, radii, blur in (
            ((150, 122, 112), ball, (15.0, 11.0), 0.8),
            ((222, 214, 208), ball, (9.5, 8.0), 1.6),
            ((38, 24, 18), iris, (4.7, 4.7), 0.35),
            ((86, 56, 36), iris, (3.7, 3.7), 0.5),
            ((12, 9, 8), iris, (1.9, 1.9), 0.3),
            ((250, 250, 250), iris - np.array((0.9, 1.2)), (0.9, 0.9), 0.2),
        ):
            picture = over(picture, colour, polygon_mask(ellipse(centre, radii), blur))
    return picture


def ellipse(centre: tuple[float, float] | Floats, radii: tuple[float, float]) -> Floats:
    angle = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    return np.column_stack((centre[0] + radii[0] * np.cos(angle), centre[1] + radii[1] * np.sin(angle)))


def shaded_collar(photo: Pixels) -> Pixels:
    """Without the glints on the suit's lining, which face detectors take for a second face."""
    lining = points(
        (140.0, 176.0), (156.0, 171.0), (171.0, 205.0), (179.0, 233.0), (205.0, 243.0), (256.0, 251.0), (269.0, 225.0),
        (279.0, 230.0), (276.0, 258.0), (246.0, 271.0), (205.0, 266.0), (164.0, 243.0), (140.0, 212.0), (134.0, 192.0),
    )  # fmt: skip
    return over(photo, 14 + 0.25 * photo, polygon_mask(lining, 2.0))


def first_person() -> Person:
    photo = shaded_collar(photograph())
    browed = thicker_brows(redder_lips(photo, 0.75), 2.2, (96, 66, 44), 0.8)
    relaxed = without_folds(browed)
    return Person(PHOTO, browed, relaxed, with_furrows(relaxed), insides(photo))


# --- The second person ------------------------------------------------------------------------------------------------


def head_matte(photo: Pixels) -> Pixels:
    """1 on head and neck, 0 elsewhere: cut out by colour between a sure inside and a sure outside."""
    inside = np.vstack((PHOTO["hair"][[1, 0, 3, 4, 5, 6, 7, 8, 9]], PHOTO["jaw"][::-1]))
    centre = inside.mean(axis=0)
    labels = np.full((HEIGHT_PX, WIDTH_PX), cv2.GC_BGD, np.uint8)
    labels[polygon_mask(centre + (inside - centre) * 1.14, 0.01)[..., 0] > 0.5] = cv2.GC_PR_BGD
    labels[polygon_mask(inside, 0.01)[..., 0] > 0.5] = cv2.GC_PR_FGD
    labels[polygon_mask(centre + (inside - centre) * 0.8, 0.01)[..., 0] > 0.5] = cv2.GC_FGD
    cv2.setRNGSeed(SEED)
    outer, inner = np.zeros((1, 65)), np.zeros((1, 65))
    whole = (0, 0, WIDTH_PX, HEIGHT_PX)
    cv2.grabCut(photo.astype(np.uint8), labels, whole, outer, inner, 4, cv2.GC_INIT_WITH_MASK)
    head = np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)
    neck = polygon_mask(points((187.0, 150.0), (187.5, 200.0), (253.5, 200.0), (253.5, 150.0)), 0.5)
    smaller = cv2.erode(head, np.ones((3, 3), np.uint8)).astype(np.float32)
    return np.maximum(blurred(smaller, 1.6)[..., None], neck)


def studio(rng: np.random.Generator) -> Pixels:
    """A plain wall out of focus, lit from one side, with a few soft shapes."""
    y, x = np.mgrid[0:HEIGHT_PX, 0:WIDTH_PX].astype(np.float32)
    light = 1.15 - 0.5 * np.hypot((x - 700) / WIDTH_PX, (y - 150) / HEIGHT_PX)
    wall: Pixels = np.array((86, 112, 116), np.float32) * light[..., None]
    for _ in range(14):
        centre = rng.uniform((0, 0), (CROP_WIDTH, CROP_HEIGHT))
        mask = polygon_mask(ellipse(centre, (rng.uniform(15, 50), rng.uniform(15, 50))), 14.0)
        wall = over(wall, wall * (rng.uniform(0.8, 1.25) * rng.uniform(0.95, 1.05, 3)).astype(np.float32), mask)
    grain = rng.normal(0, 1, (HEIGHT_PX, WIDTH_PX, 1)).astype(np.float32)
    return wall + 2.0 * blurred(grain, 0.8)[..., None]


def jumper(rng: np.random.Generator) -> tuple[Pixels, Pixels]:
    """A knitted roll-neck and its mask."""
    outline = points(
        (178.0, 178.0), (190.0, 184.0), (206.0, 188.0), (224.0, 189.5), (242.0, 188.0), (254.0, 184.0), (263.0, 178.0),
        (271.0, 205.0), (318.0, 218.0), (368.0, 231.0), (400.0, 254.0), (416.0, 300.0), (26.0, 300.0), (42.0, 254.0),
        (76.0, 231.0), (128.0, 218.0), (172.0, 205.0),
    )  # fmt: skip
    x = np.arange(WIDTH_PX, dtype=np.float32)
    ribs = 1 + 0.05 * np.sin(2 * np.pi * x / 9.0)
    round_body = 1.15 - 3.6 * ((x - to_frame(NECK_PIVOT)[0] + 60) / WIDTH_PX) ** 2
    mottle = 1 + 0.4 * blurred(rng.normal(0, 1, (HEIGHT_PX, WIDTH_PX)).astype(np.float32), 2.0)
    knit = np.array((64, 78, 62), np.float32) * (ribs * round_body * mottle)[..., None]
    knit = over(knit, knit * 0.45, polygon_mask(ellipse((222.0, 186.0), (36.0, 10.0)), 5.0))
    knit = over(knit, knit * 0.5, stroke_mask((points((174.0, 206.0), (222.0, 219.0), (268.0, 206.0)),), 2.0, 1.5))
    rounded = np.clip((polygon_mask(outline, 3.0) - 0.5) * 8 + 0.5, 0, 1)
    return np.clip(knit, 0, 255), rounded


def other_colours(photo: Pixels, matte: Pixels) -> Pixels:
    """Dark hair, browner skin, the shade of a shaven beard."""
    forehead = points((183.0, 128.0), (184.0, 100.0), (187.0, 78.0), (210.0, 79.0), (240.0, 80.0), (263.0, 88.0))
    skin_area = polygon_mask(np.vstack((PHOTO["jaw"][::-1], forehead)), 1.0)
    ears_and_neck = points((165.0, 112.0), (285.0, 112.0), (285.0, 200.0), (165.0, 200.0))
    skin_area = np.maximum(skin_area, polygon_mask(ears_and_neck, 1.0))
    grey = photo.mean(axis=2)
    y = np.mgrid[0:HEIGHT_PX, 0:WIDTH_PX][0] / SCALE
    light = np.clip((blurred(grey, 2.0) - 105) / 40, 0, 1)
    below_fringe = np.clip((y - 94) / 6, 0, 1) * polygon_mask(ellipse((225.0, 128.0), (40.0, 56.0)), 1.0)[..., 0]
    below_ears = np.clip((y - 134) / 4, 0, 1)
    skin = skin_area[..., 0] * np.maximum(light, np.maximum(below_fringe, below_ears))
    skin_mask = blurred(skin.astype(np.float32), 1.0)[..., None]
    hair = grey[..., None] * np.array((0.34, 0.30, 0.28), np.float32)
    brown: Pixels = 255 * (photo / 255) ** np.array((1.3, 1.5, 1.6), np.float32)
    beard = polygon_mask(np.vstack((PHOTO["jaw"][1:-1], points((246.0, 137.0), (224.0, 136.0), (201.0, 137.0)))), 7.0)
    lips = polygon_mask(lips_outline(), 1.5)
    brown = over(brown, brown * np.array((0.84, 0.84, 0.85), np.float32), beard * (1 - lips))
    return over(photo, over(hair, brown, skin_mask), matte)


def reshaped() -> Landmarks:
    """Wider jaw and nose, longer chin, lower brows, shorter hair."""
    to = {name: at.copy() for name, at in PHOTO.items()}
    outward = np.sign(to["jaw"][:, 0] - FACE_CENTRE_X)
    to["jaw"][:, 0] += outward * np.interp(to["jaw"][:, 1], (128, 150, 165, 180), (1.0, 4.5, 6.5, 4.0))
    to["jaw"][:, 1] += np.interp(to["jaw"][:, 1], (150, 180), (0.0, 2.0))
    to["chin"][:, 1] += 1.5
    to["nose"][3:5, 0] += (-2.5, 2.5)
    to["nose"][2:, 1] += 2.0
    for brow in ("left_brow", "right_brow"):
        to[brow][:, 1] += 1.2
    for crease in ("left_lid_crease", "right_lid_crease"):
        to[crease][:, 1] += 0.6
    sides = to["hair"]
    sides[:, 0] += np.where(sides[:, 1] > 30, -0.14 * (sides[:, 0] - 226) * (np.abs(sides[:, 0] - 226) > 45), 0.0)
    sides[[1, 2, 9, 10], 1] -= (6.0, 8.0, 6.0, 8.0)
    to["neck"][[0, 1, 2, 4], 0] += (-4.0, 4.0, -4.0, 4.0)
    to["neck"][2:, 1] += 1.5
    del to["collar_ring"]
    return to


def second_person() -> Person:
    rng = np.random.default_rng(SEED)
    photo = photograph()
    browed = thicker_brows(redder_lips(photo, 0.4), 2.2, (56, 42, 34), 0.9)
    matte = head_matte(photo)
    wall, (knit, knit_mask) = studio(rng), jumper(rng)
    landmarks = reshaped()
    back = spline_map(landmarks, PHOTO, left_out=("collar_ring",))
    matte_here = sampled(np.repeat(matte, 3, axis=2), back)

    def dressed(picture: Pixels) -> Pixels:
        whole = wall.copy()
        whole[WINDOW] = over(whole[WINDOW], sampled(other_colours(picture, matte), back), matte_here)
        return over(whole, knit, knit_mask)

    inside = insides(photo)
    inside[WINDOW] = sampled(inside, back)
    relaxed = without_folds(browed)
    return Person(
        landmarks,
        dressed(browed),
        dressed(relaxed),
        dressed(with_furrows(relaxed)),
        inside,
        mirrored=True,
    )


# --- Expressions ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Face:
    """An expression. Lengths in crop pixels (the eyes are 43 apart); the defaults are a face at rest."""

    mouth_half_width: float = 17.8
    corner_up: float = 0.0
    """How far the mouth's corners are above the middle of the closed mouth."""
    upper_lip_up: float = 0.0
    lower_lip_down: float = 0.0
    upper_lip: float = 3.9
    """Height of the lip's red."""
    lower_lip: float = 5.4
    jaw_drop: float = 0.0
    inner_brow_up: float = 0.0
    middle_brow_up: float = 0.0
    outer_brow_up: float = 0.0
    brows_together: float = 0.0
    upper_lid_up: float = 0.0
    lower_lid_up: float = 0.0
    lids_closed: float = 0.0
    """0 as the rest of the face says, 1 closed."""
    cheek_up: float = 0.0
    smile_folds: float = 0.0
    furrows: float = 0.0


EXPRESSIONS: dict[str, Face] = {
    "neutral": Face(),
    "happy": Face(
        mouth_half_width=23.0, corner_up=8.5, upper_lip_up=3.2, lower_lip_down=5.2, upper_lip=3.6, lower_lip=5.0,
        lower_lid_up=1.3, cheek_up=2.5, smile_folds=1.0, jaw_drop=1.5, outer_brow_up=0.6, middle_brow_up=0.6,
    ),
    "sad": Face(
        mouth_half_width=17.0, corner_up=-5.5, upper_lip_up=0.8, lower_lip_down=-0.6, lower_lip=6.2,
        inner_brow_up=5.5, middle_brow_up=0.5, outer_brow_up=-2.8, brows_together=2.5, upper_lid_up=-1.6, furrows=0.35,
    ),
    "surprise": Face(
        mouth_half_width=11.5, corner_up=-5.0, upper_lip_up=0.2, lower_lip_down=13.5, upper_lip=3.6, lower_lip=5.2,
        jaw_drop=9.5, inner_brow_up=6.5, middle_brow_up=7.5, outer_brow_up=6.0, upper_lid_up=3.0, lower_lid_up=-1.0,
    ),
    "angry": Face(
        mouth_half_width=16.5, corner_up=-2.8, upper_lip=2.2, lower_lip=3.4, inner_brow_up=-4.8, middle_brow_up=-3.0,
        outer_brow_up=1.2, brows_together=4.5, upper_lid_up=-0.4, lower_lid_up=1.2, furrows=1.0,
    ),
}  # fmt: skip
REST_MOUTH = np.array((223.7, 145.6))


def mixed(one: Face, other: Face, share: float) -> Face:
    """Between two faces: 0 the one, 1 the other."""
    return Face(*((1 - share) * getattr(one, f.name) + share * getattr(other, f.name) for f in fields(Face)))


def speaking(face: Face, openness: float) -> Face:
    """A face that also opens its mouth, 0-1."""
    return replace(
        face,
        mouth_half_width=face.mouth_half_width - 1.2 * openness,
        upper_lip_up=face.upper_lip_up + 0.8 * openness,
        lower_lip_down=face.lower_lip_down + 5.5 * openness,
        jaw_drop=face.jaw_drop + 5.0 * openness,
    )


@dataclass(frozen=True, slots=True)
class Pose:
    """Where the skull is: shift in crop pixels, roll in radians about the neck, size."""

    shift: tuple[float, float] = (0.0, 0.0)
    roll: float = 0.0
    size: float = 1.0

    def towards(self, other: "Pose", share: float) -> "Pose":
        x, y = ((1 - share) * mine + share * its for mine, its in zip(self.shift, other.shift, strict=True))
        return Pose((x, y), (1 - share) * self.roll + share * other.roll, (1 - share) * self.size + share * other.size)

    def matrix(self) -> Floats:
        """2 x 3, for column vectors (x, y, 1)."""
        cos, sin = self.size * np.cos(self.roll), self.size * np.sin(self.roll)
        turn = np.array(((cos, -sin), (sin, cos)))
        return np.column_stack((turn, NECK_PIVOT - turn @ NECK_PIVOT + np.array(self.shift)))

    def apply(self, at: Floats) -> Floats:
        matrix = self.matrix()
        return np.asarray(at @ matrix[:, :2].T + matrix[:, 2])


def set_mouth(at: Landmarks, face: Face) -> None:
    middle_x, middle_y = REST_MOUTH
    tilt = 0.02

    def edge(s: Floats, middle_up: float, corner_power: float = 2.0) -> Floats:
        x = middle_x + face.mouth_half_width * s
        profile = 1 - np.abs(s) ** corner_power
        up = face.corner_up + (middle_up - face.corner_up) * profile
        return np.column_stack((x, middle_y - up + tilt * (x - middle_x)))

    lower_up = -face.lower_lip_down - 0.5
    round_mouth = 2.0 + np.clip(face.lower_lip_down - 6, 0, 8) * 0.1
    inner, outer = np.linspace(-0.78, 0.78, 7), np.linspace(-0.66, 0.66, 5)
    at["mouth_corners"] = edge(np.array((-1.0, 1.0)), 0.0)
    at["mouth_upper"] = edge(inner, face.upper_lip_up, round_mouth)
    at["mouth_lower"] = edge(inner, lower_up, round_mouth)
    bow = np.array((0.75, 1.0, 0.88, 1.0, 0.75))
    at["mouth_upper_outer"] = edge(outer, face.upper_lip_up, round_mouth) - np.outer(face.upper_lip * bow, (0, 1))
    belly = np.array((0.72, 0.95, 1.0, 0.95, 0.72))
    at["mouth_lower_outer"] = edge(outer, lower_up, round_mouth) + np.outer(face.lower_lip * belly, (0, 1))


def set_eyes_and_brows(at: Landmarks, face: Face) -> None:
    arch = np.array((0.6, 0.95, 1.0, 0.95, 0.6))
    for side, inward in (("left", 1.0), ("right", -1.0)):
        upper, lower = at[f"{side}_eye_upper"], at[f"{side}_eye_lower"]
        upper[:, 1] -= face.upper_lid_up * arch
        lower[:, 1] -= face.lower_lid_up * arch
        shut = lower - np.array((0.0, 0.5))
        at[f"{side}_eye_upper"] = upper + face.lids_closed * (shut - upper)
        at[f"{side}_lid_crease"][:, 1] -= 0.5 * face.upper_lid_up + 0.35 * face.middle_brow_up - 1.0 * face.lids_closed
        brow = at[f"{side}_brow"]
        along = np.linspace(0, 1, len(brow)) if side == "left" else np.linspace(1, 0, len(brow))
        heights = (face.outer_brow_up, face.middle_brow_up, face.inner_brow_up)
        brow[:, 1] -= np.interp(along, (0.0, 0.45, 1.0), heights)
        brow[:, 0] += inward * face.brows_together * along


def moved_landmarks(of: Landmarks, face: Face, pose: Pose) -> Landmarks:
    """Where the landmarks go. Those of the chest and the room stay, those of the neck go half the way."""
    at = {name: here.copy() for name, here in of.items()}
    set_mouth(at, face)
    set_eyes_and_brows(at, face)
    at["cheeks"][:, 1] -= face.cheek_up
    jaw_weight = np.interp(at["jaw"][:, 1], (130, 178), (0.0, 1.0))
    at["jaw"][:, 1] += face.jaw_drop * jaw_weight
    at["chin"][:, 1] += face.jaw_drop
    at["hair"][11:15, 1] -= 0.45 * max(0.0, face.middle_brow_up)
    at["neck"][2:, 1] += 0.5 * face.jaw_drop
    for name, here in at.items():
        if name == "neck":
            at[name] = (here + pose.apply(here)) / 2
        elif name not in ("still", "collar_ring"):
            at[name] = pose.apply(here)
    return at


# --- Rendering --------------------------------------------------------------------------------------------------------


def window_grid(step_px: int) -> tuple[Floats, Floats]:
    """x and y, in crop pixels, of the centres of the window's cells."""
    rows, columns = (np.arange(part.start, part.stop, step_px) + (step_px - 1) / 2 for part in WINDOW)
    x, y = np.meshgrid((columns + 0.5) / SCALE - 0.5, (rows + 0.5) / SCALE - 0.5)
    return x, y


CELL_X, CELL_Y = window_grid(CELL_PX)
WINDOW_X, WINDOW_Y = window_grid(1)
WINDOW_AT = np.stack((WINDOW_X, WINDOW_Y), axis=-1)


def falling_to_borders() -> Floats:
    """1 inside the window, falling to 0 at its borders, so that it joins the frame around it."""
    to_border = np.minimum.reduce(
        (WINDOW_X - WINDOW_X.min(), WINDOW_X.max() - WINDOW_X, WINDOW_Y - WINDOW_Y.min(), WINDOW_Y.max() - WINDOW_Y)
    )
    return np.asarray(np.clip(to_border / 8, 0, 1)[..., None])


BORDER_WEIGHT = falling_to_borders()


def spline_map(to: Landmarks, source: Landmarks, left_out: tuple[str, ...]) -> Floats:
    """For every pixel of the window the place in the source, in crop pixels: height x width x 2."""
    names = [name for name in source if name not in left_out]
    ends = np.vstack([to[name] for name in names])
    starts = np.vstack([source[name] for name in names])
    spline = RBFInterpolator(ends, starts - ends, kernel="thin_plate_spline", smoothing=0.02)
    cells = spline(np.column_stack((CELL_X.ravel(), CELL_Y.ravel()))).reshape(*CELL_X.shape, 2)
    shift: Floats = cv2.resize(cells, WINDOW_X.shape[::-1], interpolation=cv2.INTER_CUBIC)
    return WINDOW_AT + shift * BORDER_WEIGHT


def sampled(picture: Pixels, at: Floats) -> Pixels:
    """The window, its pixels taken from places in a frame-sized picture."""
    where = to_frame(at).astype(np.float32)
    taken = cv2.remap(
        picture.astype(np.float32), where[..., 0], where[..., 1], cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(np.clip(taken, 0, 255), dtype=np.float32)


def share_of_upper(at: Landmarks) -> Floats:
    """How far each pixel follows the upper lips and lids: 1 just above a slit, 0 just below, 0.5 far from all."""
    side = np.zeros(WINDOW_X.shape)
    for slit in SLITS:
        x, upper, lower = slit_outline(at, slit)
        above = np.interp(WINDOW_X, x, (upper + lower) / 2) - WINDOW_Y
        beyond = np.maximum(0, np.maximum(x[0] - WINDOW_X, WINDOW_X - x[-1]))
        near = np.exp(-((above / 18) ** 2) - (beyond / 9) ** 2)
        side += np.tanh(above / (0.3 + 0.5 * beyond)) * near
    return 0.5 + 0.5 * np.clip(side, -1, 1)


def rendered(person: Person, face: Face, pose: Pose) -> Pixels:
    """One picture of a person, 540 x 960 RGB."""
    to = moved_landmarks(person.landmarks, face, pose)
    lower = tuple(f"{slit}_lower" for slit in SLITS)
    upper = tuple(f"{slit}_upper" for slit in SLITS)
    share = share_of_upper(to)[..., None]
    back = share * spline_map(to, person.landmarks, lower) + (1 - share) * spline_map(to, person.landmarks, upper)
    skin = person.relaxed.copy()
    skin[WINDOW] += face.smile_folds * (person.smiling - person.relaxed)[WINDOW]
    skin[WINDOW] += face.furrows * (person.furrowed - person.relaxed)[WINDOW]
    moving = sampled(skin, back)
    skull = pose.matrix()
    inside = sampled(person.inside, (WINDOW_AT - skull[:, 2]) @ np.linalg.inv(skull[:, :2]).T)
    for slit in SLITS:
        mask = polygon_mask(slit_polygon(to, slit), 0.35, WINDOW)
        shade = np.clip(1.5 * blurred(mask, 3.0)[..., None] - 0.2, 0.15, 1)
        moving = over(moving, inside * shade, mask)
    skin[WINDOW] = moving
    return skin[:, ::-1] if person.mirrored else skin


# --- The script -------------------------------------------------------------------------------------------------------

ONSET_S = 0.6
"""An expression grows over this time from the start of its interval."""


@dataclass(frozen=True, slots=True)
class Shot:
    """Who is shown, when; two stand side by side, the first on the left."""

    start_s: float
    end_s: float
    people: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Act:
    person: str
    start_s: float
    end_s: float
    emotion: str


@dataclass(frozen=True, slots=True)
class Line:
    """What someone says, and how espeak-ng is told to: pitch 0-99, words a minute, loudness 0-200."""

    person: str
    start_s: float
    text: str
    pitch: int
    words_per_minute: int
    loudness: int


SHOTS = (
    Shot(0.0, 8.0, ("astronaut",)),
    Shot(8.0, 17.6, ("colleague",)),
    Shot(17.6, 22.4, ("astronaut", "colleague")),
    Shot(22.4, 26.4, ("astronaut",)),
)
ACTS = (
    Act("astronaut", 0.0, 3.6, "neutral"),
    Act("astronaut", 3.6, 8.0, "happy"),
    Act("colleague", 8.0, 10.4, "neutral"),
    Act("colleague", 10.4, 14.0, "sad"),
    Act("colleague", 14.0, 17.6, "surprise"),
    Act("astronaut", 17.6, 22.4, "surprise"),
    Act("colleague", 17.6, 22.4, "happy"),
    Act("astronaut", 22.4, 26.4, "angry"),
)
LINES = (
    Line("astronaut", 0.3, "The meeting is on the third floor, at half past ten.", 48, 165, 90),
    Line("astronaut", 4.0, "And then the sun came out! It was a wonderful day!", 78, 175, 120),
    Line("colleague", 8.3, "I looked for the letter.", 40, 150, 90),
    Line("colleague", 10.6, "But it was gone. Nobody kept it.", 20, 122, 60),
    Line("astronaut", 18.0, "Oh! Is that really for me?", 90, 170, 120),
    Line("colleague", 20.0, "Yes, of course! Happy birthday!", 70, 180, 120),
    Line("astronaut", 22.7, "No! Who took it? Give it back, right now!", 35, 190, 120),
)
VOICES = {"astronaut": "en-us+f3", "colleague": "en-us+m3"}
DURATION_S = SHOTS[-1].end_s
FRAMES = round(DURATION_S * FPS)


def spoken(line: Line) -> Floats:
    """The line's sound at 44,100 Hz, without the silence around it."""
    with tempfile.TemporaryDirectory() as folder:
        wav = Path(folder) / "line.wav"
        how = ["-v", VOICES[line.person], "-p", line.pitch, "-s", line.words_per_minute, "-a", line.loudness]
        subprocess.run(["espeak-ng", *map(str, how), "-w", str(wav), line.text], check=True)
        with wave.open(str(wav)) as file:
            rate_hz = file.getframerate()
            sound = np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32_768
    resampled: Floats = soxr.resample(sound, rate_hz, RATE_HZ)
    audible = np.flatnonzero(np.abs(resampled) > 0.002)
    return resampled[audible[0] : audible[-1] + 1]


@dataclass(frozen=True, slots=True)
class Sound:
    samples: Floats
    ends_s: tuple[float, ...]
    """When each line ends."""
    openness: dict[str, Floats]
    """How far each person's mouth is open with speech, 0-1, per frame."""


def soundtrack() -> Sound:
    samples = np.zeros(round(DURATION_S * RATE_HZ))
    openness: dict[str, Floats] = {name: np.zeros(FRAMES) for name in VOICES}
    ends_s = []
    for line in LINES:
        sound = spoken(line)
        first = round(line.start_s * RATE_HZ)
        samples[first : first + len(sound)] += sound
        loudness = frame_loudness(samples, first, first + len(sound))
        openness[line.person] = np.maximum(openness[line.person], loudness)
        ends_s.append(line.start_s + len(sound) / RATE_HZ)
    return Sound(np.clip(samples, -1, 1), tuple(ends_s), openness)


def frame_loudness(samples: Floats, first: int, last: int) -> Floats:
    """Loudness per frame of the samples from first to last, 0-1, relative to the loud parts."""
    alone = np.zeros_like(samples)
    alone[first:last] = samples[first:last]
    root_mean_square = np.sqrt((alone.reshape(FRAMES, -1) ** 2).mean(axis=1))
    smooth = np.convolve(root_mean_square, (0.25, 0.5, 0.25), "same")
    return np.asarray(np.clip(smooth / np.percentile(smooth[smooth > 0], 85), 0, 1))


def eased(share: float) -> float:
    share = min(max(share, 0.0), 1.0)
    return share * share * (3 - 2 * share)


def blink(time_s: float, phase_s: float) -> float:
    """How far the lids are closed: for a fifth of a second every 3.1 s."""
    since_s = (time_s + phase_s) % 3.1
    return max(0.0, 1 - abs(since_s - 0.1) / 0.1)


POSTURES = {"sad": Pose((0.0, 3.5), 0.05, 0.99), "angry": Pose((0.0, 1.0), 0.0, 1.04), "surprise": Pose((0.0, -2.0))}


def swaying(posture: Pose, time_s: float, phase: float, openness: float) -> Pose:
    """A head that is never quite still, and nods with speech."""
    x, y = posture.shift
    return Pose(
        (
            x + 2.0 * np.sin(1.1 * time_s + phase) + 0.8 * np.sin(2.7 * time_s),
            y + 1.0 * np.sin(1.7 * time_s + 2 * phase) + 1.0 * openness,
        ),
        posture.roll + 0.025 * np.sin(0.9 * time_s + 1 + phase),
        posture.size + 0.008 * np.sin(0.7 * time_s + phase),
    )


def acted(person: str, time_s: float, openness: float) -> tuple[Face, Pose]:
    """A person's face and head at a time: the act's expression grown from the one before, speech, blinks, sway."""
    acts = [act for act in ACTS if act.person == person]
    act = next(act for act in reversed(acts) if act.start_s <= time_s)
    before = next((other.emotion for other in acts if other.end_s == act.start_s), "neutral")
    grown = eased((time_s - act.start_s) / ONSET_S)
    phase = 0.0 if person == "astronaut" else 1.7
    face = speaking(mixed(EXPRESSIONS[before], EXPRESSIONS[act.emotion], grown), openness)
    posture = POSTURES.get(before, Pose()).towards(POSTURES.get(act.emotion, Pose()), grown)
    return replace(face, lids_closed=blink(time_s, phase)), swaying(posture, time_s, phase, openness)


def shown(picture: Pixels, time_s: float, shot_start_s: float) -> Pixels:
    """The camera slowly moves in and the light changes a little."""
    zoom = 1.0 + 0.008 * (time_s - shot_start_s)
    matrix = cv2.getRotationMatrix2D((WIDTH_PX / 2, HEIGHT_PX * 0.4), 0.0, zoom)
    closer = cv2.warpAffine(picture, matrix, (WIDTH_PX, HEIGHT_PX), flags=cv2.INTER_CUBIC)
    sideways = np.linspace(-1, 1, WIDTH_PX, dtype=np.float32)[None, :, None]
    light = 1 + 0.05 * np.sin(0.8 * time_s) + 0.04 * np.sin(0.5 * time_s + 1) * sideways
    return np.asarray(np.clip(closer * light, 0, 255), dtype=np.float32)


def beside(left: Pixels, right: Pixels) -> Pixels:
    half, bar = WIDTH_PX // 2, 3
    left_x, right_x = to_frame(NECK_PIVOT)[0], WIDTH_PX - to_frame(NECK_PIVOT)[0]
    halves = [side[:, round(x) - half // 2 : round(x) + half // 2] for side, x in ((left, left_x), (right, right_x))]
    picture = np.hstack(halves)
    picture[:, half - bar : half + bar] = 16
    return picture


def frames(openness: dict[str, Floats]) -> Iterator[npt.NDArray[np.uint8]]:
    people = {"astronaut": first_person(), "colleague": second_person()}
    for shot in SHOTS:
        for index in range(round(shot.start_s * FPS), round(shot.end_s * FPS)):
            time_s = index / FPS
            pictures = [
                shown(rendered(people[name], *acted(name, time_s, openness[name][index])), time_s, shot.start_s)
                for name in shot.people
            ]
            picture = pictures[0] if len(pictures) == 1 else beside(*pictures)
            yield np.rint(picture).astype(np.uint8)


# --- Files ------------------------------------------------------------------------------------------------------------


def write_clip(path: Path, sound: Sound) -> None:
    samples = (sound.samples * 32_767).astype(np.int16).reshape(FRAMES, 1, -1)
    options = {"fflags": "+bitexact", "movflags": "+faststart"}
    with av.open(str(path), "w", format="mp4", options=options) as container:
        video = container.add_stream("libx264", rate=FPS, options={"crf": "22", "preset": "medium", "threads": "1"})
        video.width, video.height, video.pix_fmt = WIDTH_PX, HEIGHT_PX, "yuv420p"
        audio = container.add_stream("aac", rate=RATE_HZ, layout="mono", bit_rate=96_000)
        for index, picture in enumerate(frames(sound.openness)):
            container.mux(video.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
            frame = av.AudioFrame.from_ndarray(samples[index], format="s16", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = RATE_HZ, index * samples.shape[2], Fraction(1, RATE_HZ)
            container.mux(audio.encode(frame))
        container.mux(video.encode(None))
        container.mux(audio.encode(None))


def silences(sound: Sound) -> list[tuple[float, float]]:
    """Where the soundtrack is silent for a second or more."""
    starts = (0.0, *sound.ends_s)
    ends = (*(line.start_s for line in LINES), DURATION_S)
    return [(start, end) for start, end in zip(starts, ends, strict=True) if end - start >= 1.0]


def expected_toml(sound: Sound) -> str:
    """What is meant, as TOML; times to a hundredth of a second."""
    tables = {
        "duration_s": DURATION_S,
        "frame_rate_hz": FPS,
        "size_px": [WIDTH_PX, HEIGHT_PX],
        "onset_s": ONSET_S,
        "cuts_s": [shot.start_s for shot in SHOTS[1:]],
        "shot": [asdict(shot) for shot in SHOTS],
        "expression": [asdict(act) for act in ACTS],
        "speech": [
            {"person": line.person, "start_s": line.start_s, "end_s": round(end_s, 2), "text": line.text}
            for line, end_s in zip(LINES, sound.ends_s, strict=True)
        ],
        "silence": [{"start_s": round(start_s, 2), "end_s": round(end_s, 2)} for start_s, end_s in silences(sound)],
    }
    return (
        "# What is meant in demo.mp4, when. Written by make_demo.py. Seconds of media time, half-open intervals.\n"
        "# An expression grows over the first onset_s of its interval.\n\n" + tomli_w.dumps(tables)
    )


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        sys.stderr.write("usage: make_demo.py OUT.mp4\n")
        return 2
    if shutil.which("espeak-ng") is None:
        sys.stderr.write("make_demo.py: espeak-ng is not installed (apt-get install espeak-ng)\n")
        return 1
    out = Path(arguments[0])
    sound = soundtrack()
    write_clip(out, sound)
    out.with_name("expected.toml").write_text(expected_toml(sound), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
