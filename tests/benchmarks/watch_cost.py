"""CPU of `posturewatch watch` on a 5-fps 640 × 480 MJPEG recording played as a camera in real time, in one run with a
loop that only grabs the frames and with what others do: the pose model on every frame of their default rate.

    python tests/benchmarks/watch_cost.py [--still F.avi] [--moving F.avi] [--seconds 180]

Without files, both are cut from the demo recording: 50 s of sitting forward, and all of it at four times the speed.
Prints percent of one core, all processes together, from after the start-up on, and the memory.
"""

import argparse
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from importlib import resources
from pathlib import Path

import cv2

DEMO = str(resources.files("posturewatch").joinpath("demo.mp4"))
FPS, SIZE = 5.0, (640, 480)
SETTLED_S = 20.0  # models loaded, baseline checked
PEERS = {  # pictures a second that the pose model sees by default
    "batesposture 1.1.1": 30,  # services/settings_service.py, default_fps; the same model
    "postured 1.4.1": 10,  # pose_detector.py, FRAME_INTERVAL_S; the lite model there, 0.77 of the cost
}
GRAB = """
import sys, time, cv2
end_s = time.monotonic() + float(sys.argv[2])
while time.monotonic() < end_s:
    capture, start_s, number = cv2.VideoCapture(sys.argv[1]), time.monotonic(), 0
    while capture.grab() and time.monotonic() < end_s:
        number += 1
        time.sleep(max(0.0, start_s + number / 5.0 - time.monotonic()))
"""
PEER = """
import sys, time, cv2, mediapipe as mp
from importlib import resources
from mediapipe.tasks.python import BaseOptions, vision
path = str(resources.files("posturewatch.models").joinpath("pose_landmarker_full.task"))
options = vision.PoseLandmarkerOptions(
    base_options=BaseOptions(model_asset_path=path), running_mode=vision.RunningMode.VIDEO)
pose = vision.PoseLandmarker.create_from_options(options)
capture, pictures, rate = cv2.VideoCapture(sys.argv[1]), [], int(sys.argv[3])
while len(pictures) < 100 and (read := capture.read())[0]:
    pictures.append(cv2.cvtColor(read[1], cv2.COLOR_BGR2RGB))
begun_s, number = time.process_time(), 0
for number in range(int(sys.argv[2])):
    image = mp.Image(image_format=mp.ImageFormat.SRGB, data=pictures[number * 5 // rate % len(pictures)])
    pose.detect_for_video(image, number * 1000 // rate)
print((time.process_time() - begun_s) / (number + 1))
"""


def cut(out: Path, start_s: float, end_s: float, speed: float) -> Path:
    """Part of the demo recording, to and fro, as MJPEG of 5 frames a second."""
    capture, pictures, due_s = cv2.VideoCapture(DEMO), [], start_s
    while capture.grab() and (t_s := capture.get(cv2.CAP_PROP_POS_MSEC) / 1000) < end_s:
        if t_s + 0.001 >= due_s:
            due_s += speed / FPS
            pictures.append(cv2.resize(capture.retrieve()[1], SIZE))
    writer = cv2.VideoWriter(str(out), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"MJPG"), FPS, SIZE)
    for picture in pictures + pictures[::-1]:
        writer.write(picture)
    writer.release()
    return out


def cpu_s(pid: int) -> float:
    """User and system seconds of a process and its children, from /proc."""
    total = 0.0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(stat.parent.name) == pid or int(fields[1]) == pid:
            total += sum(int(fields[n]) for n in (11, 12, 13, 14)) / os.sysconf("SC_CLK_TCK")
    return total


def watch(video: Path, seconds: float, environment: dict[str, str]) -> tuple[float, int]:
    """Percent of a core after the start-up, and the memory at its end in MB."""
    command = [sys.executable, "-m", "posturewatch", "watch", "--camera", str(video), "--loop", "--quiet"]
    process = subprocess.Popen(command, env=environment)
    try:
        time.sleep(SETTLED_S)
        before_s, start_s = cpu_s(process.pid), time.monotonic()
        time.sleep(seconds)
        used_s, took_s = cpu_s(process.pid) - before_s, time.monotonic() - start_s
        memory = Path(f"/proc/{process.pid}/status").read_text().split("VmRSS:")[1].split()[0]
        return 100 * used_s / took_s, int(memory) // 1024
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=30)


def grab(video: Path, seconds: float) -> float:
    """Percent of a core that a loop takes which only grabs the frames, without its start."""

    def used_s(for_s: float) -> float:
        before = sum(os.times()[2:4])
        subprocess.run([sys.executable, "-c", GRAB, str(video), str(for_s)], check=True)
        return sum(os.times()[2:4]) - before

    return 100 * (used_s(seconds) - used_s(0.0)) / seconds


def peer(video: Path, rate: int) -> float:
    """Percent of a core of the pose model alone at this rate."""
    command = [sys.executable, "-c", PEER, str(video), "100", str(rate)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return 100 * rate * float(done.stdout)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--still", type=Path)
    parser.add_argument("--moving", type=Path)
    parser.add_argument("--seconds", type=float, default=180.0)  # one minute alone also holds looks saved up before it
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environment = {**os.environ, "XDG_DATA_HOME": name, "XDG_CONFIG_HOME": name}
        still = chosen.still or cut(folder / "still.avi", 20, 70, 1.0)
        moving = chosen.moving or cut(folder / "moving.avi", 0, 110, 4.0)
        most = 0.0
        for kind, video in (("still", still), ("moving", moving)):
            calibrate = [sys.executable, "-m", "posturewatch", "calibrate", "--quiet", "--video", str(video)]
            subprocess.run(calibrate, env=environment, check=False)
            grabbing = grab(video, chosen.seconds / 2)
            ours, memory = watch(video, chosen.seconds, environment)
            print(
                f"{kind:7s} {ours:5.1f} % of a core, {grabbing:.1f} of it for grabbing alone; {memory} MB", flush=True
            )
            most = max(most, ours - grabbing)  # the others' frames are grabbed and decoded beforehand
        for who, rate in PEERS.items():
            theirs = statistics.median(peer(moving, rate) for _ in range(3))
            times = f"{theirs / most:.1f} × ours moving, beyond grabbing"
            print(f"pose model on {rate} pictures a second ({who}): {theirs:5.1f} %, {times}")


if __name__ == "__main__":
    main()
