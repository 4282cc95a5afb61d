"""Open a video, index its frames by the container's timestamps, stream upright pictures and 22,050 Hz mono sound.

Media time is the container's presentation time. Sound and picture share it, and nothing is shifted to begin at zero,
but for MPEG transport and program streams: their clock starts at an arbitrary value, so, as players do, it counts from
the first timestamp of the file. Edit lists are respected; frames that they cut away do not exist.

Pictures are delivered upright (display matrix applied, mirrored ones too) and with square pixels: a picture with
another sample aspect ratio is enlarged along one side, so that faces keep their shape.
"""

from engine.media.beginning import first_picture
from engine.media.cancelling import never
from engine.media.content import content_sha256
from engine.media.media import TICK_S, Media
from engine.media.opening import open_media
from engine.media.pictures import Picture
from engine.media.reader import PictureReader
from engine.sound import SOUND_RATE_HZ, SoundSecond

__all__ = [
    "SOUND_RATE_HZ",
    "TICK_S",
    "Media",
    "Picture",
    "PictureReader",
    "SoundSecond",
    "content_sha256",
    "first_picture",
    "never",
    "open_media",
]
