"""Seconds from starting `posturewatch watch` on the demo recording to its first estimate in degrees, and its memory.

    python tests/benchmarks/startup.py [--runs 3]

The baseline is kept beforehand by `posturewatch calibrate`, as on every day but the first.
"""

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from importlib import resources
from pathlib import Path

DEMO = str(resources.files("posturewatch").joinpath("demo.mp4"))


def first_estimate_s(folder: Path, environment: dict[str, str]) -> tuple[float, float]:
    """Seconds to the first sample that tells the angle, and the process' peak memory in MB."""
    recording = folder / "watch.jsonl"
    recording.unlink(missing_ok=True)
    start_s = time.monotonic()
    command = [sys.executable, "-m", "posturewatch", "watch", "--camera", DEMO, "--samples", str(recording), "--quiet"]
    process = subprocess.Popen(command, env=environment)
    try:
        while time.monotonic() - start_s < 60:
            lines = recording.read_text().splitlines()[:-1] if recording.exists() else []
            if any(json.loads(line).get("forward_head_deg") is not None for line in lines):
                return time.monotonic() - start_s, _peak_mb(process.pid)
            time.sleep(0.02)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=30)
    raise SystemExit("no estimate within 60 s")


def _peak_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environment = {**os.environ, "XDG_DATA_HOME": name, "XDG_CONFIG_HOME": name}
        calibrate = [sys.executable, "-m", "posturewatch", "calibrate", "--video", DEMO, "--quiet"]
        subprocess.run(calibrate, env=environment, check=True)
        found = [first_estimate_s(folder, environment) for _ in range(chosen.runs)]
    print(f"first estimate after {statistics.median(s for s, _ in found):.1f} s (median of {chosen.runs})")
    print(f"memory {max(mb for _, mb in found):.0f} MB")


if __name__ == "__main__":
    main()
