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
    "angry": "#FFFFFF",
    "disgust": "#FFFFFF",
    "fear": "#FFFFFF",
    "happy": "#000000",
    "neutral": "#000000",
    "sad": "#FFFFFF",
    "surprise": "#000000",
}
