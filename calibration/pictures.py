"""Draws the README's pictures from the demo recording: .github/live.svg and .github/frame.jpg.

python -m calibration.pictures
"""

import re
from collections.abc import Iterator
from pathlib import Path

import cv2
from rich.console import Console

from posturewatch import cli, preview
from posturewatch.commands import terminal
from posturewatch.commands.options import REPLAY_HZ
from posturewatch.commands.running import Session
from posturewatch.config import Settings, with_preset
from posturewatch.estimate.capture import Window
from posturewatch.files.record import Outputs
from posturewatch.frames import Frame, read_video
from posturewatch.landmarks import Finder, Landmarks
from posturewatch.monitor import Happening, Moment
from posturewatch.session import Notice

DEMO = Path(cli.__file__).parent / "demo.mp4"
FOLDER = Path(__file__).parent.parent / ".github"
AT_S = 62.0  # shortly after the demo's notification


def main() -> None:
    """Replay the demo up to AT_S, then draw."""
    settings = with_preset(Settings(), "strict")
    moments: list[Moment] = []
    notices: list[Notice] = []
    seen: list[tuple[Frame, Landmarks]] = []
    with Finder(stream=True) as eyes:

        def looks() -> Iterator[Landmarks]:
            for frame in read_video(DEMO, REPLAY_HZ, print):
                if frame.t_s > AT_S:
                    return
                seen[:] = [(frame, eyes.find(frame))]
                yield seen[0][1]

        def show(event: Happening) -> None:
            if isinstance(event, Moment):
                moments[:] = [event]
            elif isinstance(event, Notice):
                notices[:] = [event]

        run = Session(settings, "demo", REPLAY_HZ, Outputs(None, None), show, eyes)
        run.run(looks(), Window())
    console = Console(record=True, width=80, height=12)
    console.print(terminal.live(moments[0], settings, notices[0], "demo"))
    FOLDER.mkdir(exist_ok=True)
    drawn_live = console.export_svg(title="posturewatch watch")
    # rich's own style loads a font over the network; the reader's monospaced one will do
    (FOLDER / "live.svg").write_text(re.sub(r"@font-face \{.*?\}\s*", "", drawn_live, flags=re.DOTALL))
    frame, found = seen[0]
    if frame.image is None:
        raise ValueError("the demo has no picture there")
    drawn = preview.draw(frame.image, found, run.sample, run.baseline, settings.posture)
    cv2.imwrite(str(FOLDER / "frame.jpg"), cv2.cvtColor(drawn, cv2.COLOR_RGB2BGR))


if __name__ == "__main__":
    main()
