"""CPU of `posturewatch replay` against a bare loop of decoder and both models, in turn, in one run.

    python tests/benchmarks/replay_cost.py [VIDEO] [--runs 3]

Prints CPU seconds (user + system, whole processes), their ratio, times real time, and the peak memory of `replay`.
"""

import argparse
import os
import statistics
import subprocess
import sys
from importlib import resources
from pathlib import Path

BARE = """
import sys, cv2, mediapipe as mp
from importlib import resources
from mediapipe.tasks.python import BaseOptions, vision
models = resources.files("posturewatch.models")
def options(kind, name, **more):
    base = BaseOptions(model_asset_path=str(models.joinpath(name)))
    return kind(base_options=base, running_mode=vision.RunningMode.VIDEO, **more)
pose = vision.PoseLandmarker.create_from_options(options(vision.PoseLandmarkerOptions, "pose_landmarker_full.task"))
face = vision.FaceLandmarker.create_from_options(
    options(vision.FaceLandmarkerOptions, "face_landmarker.task", output_facial_transformation_matrixes=True))
capture, due, looks = cv2.VideoCapture(sys.argv[1]), 0.0, 0
while capture.grab():
    t = capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
    if t + 0.002 < due:
        continue
    due += 0.2
    image = cv2.cvtColor(capture.retrieve()[1], cv2.COLOR_BGR2RGB)
    picture = mp.Image(image_format=mp.ImageFormat.SRGB, data=image)
    pose.detect_for_video(picture, int(t * 1000))
    face.detect_for_video(picture, int(t * 1000))
    looks += 1
print(looks)
"""


def run(command: list[str]) -> tuple[float, float, float]:
    """CPU seconds, wall seconds and peak memory (MB) of one command."""
    start = os.times().elapsed
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{command[0]} failed with {status}")
    return used.ru_utime + used.ru_stime, os.times().elapsed - start, used.ru_maxrss / 1024


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("video", nargs="?", default=str(resources.files("posturewatch").joinpath("demo.mp4")))
    parser.add_argument("--runs", type=int, default=3)
    chosen = parser.parse_args()
    from posturewatch.frames import video_length_s

    length_s = video_length_s(Path(chosen.video)) or float("nan")
    replay = [sys.executable, "-m", "posturewatch", "replay", chosen.video, "--quiet"]
    bare = [sys.executable, "-c", BARE, chosen.video]
    pairs = [(run(bare), run(replay)) for _ in range(chosen.runs)]
    ratio = statistics.median(theirs[0] and ours[0] / theirs[0] for theirs, ours in pairs)
    print(f"{chosen.video}: {length_s:.1f} s, {chosen.runs} pairs")
    print(f"bare loop  {statistics.median(theirs[0] for theirs, _ in pairs):6.1f} s CPU")
    print(f"replay     {statistics.median(ours[0] for _, ours in pairs):6.1f} s CPU, {ratio:.2f} × the bare loop")
    print(f"           {length_s / statistics.median(ours[0] for _, ours in pairs):6.1f} × real time on one core")
    print(f"           {max(ours[2] for _, ours in pairs):6.0f} MB at most")


if __name__ == "__main__":
    main()
