"""Seven colours that colour-blind people can tell apart, each with the ink that reads on it."""

from typing import Final

COLOURS: Final = {
    "angry": "#D55E00",
    "disgust": "#117733",
    "fear": "#882255",
    "happy": "#E69F00",
    "neutral": "#8C8C8C",
    "sad": "#0072B2",
    "surprise": "#56B4E9",
}

INKS: Final = {
    "angry": "#000000",
    "disgust": "#FFFFFF",
    "fear": "#FFFFFF",
    "happy": "#000000",
    "neutral": "#000000",
    "sad": "#FFFFFF",
    "surprise": "#000000",
}

DARK_COLOURS: Final = {
    "angry": "#DA6420",
    "disgust": "#2EAE68",
    "fear": "#BC4F95",
    "happy": "#F7C145",
    "neutral": "#AEB0B4",
    "sad": "#4285F4",
    "surprise": "#7ADCFF",
}
"""The same seven for dark windows: lighter, and further apart than a plain lightening would leave them."""

DARK_INKS: Final = dict.fromkeys(DARK_COLOURS, "#000000")
