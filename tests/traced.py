"""What a program did, by a trace of its system calls: its sockets, the files it changed, the programs it started."""

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

OPENING = ("open", "openat", "openat2", "creat")
CHANGING = (
    *("mkdir", "mkdirat", "rename", "renameat", "renameat2", "unlink", "unlinkat", "rmdir", "link", "linkat"),
    *("symlink", "symlinkat", "truncate", "ftruncate", "chmod", "fchmod", "fchmodat", "fchmodat2", "chown", "fchown"),
    *("lchown", "fchownat", "mknod", "mknodat", "utime", "utimes", "utimensat", "futimesat", "setxattr", "fsetxattr"),
)
TALKING = ("socket", "socketpair", "connect", "bind", "listen", "sendto", "sendmsg", "sendmmsg")
STARTING = ("execve", "execveat")
HIDING = ("io_uring_setup", "ptrace", "process_vm_writev")  # what a trace like this one doesn't see through
WRITING = re.compile(r"\bO_(WRONLY|RDWR|CREAT|TRUNC|APPEND|TMPFILE)\b")
NAME = r'"((?:[^"\\]|\\.)*)"'
NOBODYS = {  # what any program here may change, and why that tells nothing of anybody
    r"/dev/null": "what chatters is sent there",
    r"/dev/tty|/dev/ptmx|/dev/pts/\d+": "the terminal",
    r"/dev(/zero)?": "libpulse's cookie, see microphone.py: its folder is there, it is opened for writing and read",
    r"/memfd:.*": "memory without a name, shared with the sound server",
    r"/dev/shm/pulse-shm-\d+": "libpulse clears away what programs that died have left",
    r".*/__pycache__(/[^/]+\.pyc(\.\d+)?)?": "Python's compiled modules, where they were missing",
}


def command(log: Path, *words: object) -> list[str]:
    """The words of a traced program; its children are traced too."""
    assert shutil.which("strace"), "install strace"
    calls = ",".join(f"?{each}" for each in (*OPENING, *CHANGING, *TALKING, *STARTING, *HIDING))  # ?: where it exists
    strace = ["strace", "-f", "-qq", "-y", "-s", "4096", "--seccomp-bpf", "-e", "signal=none", "-e", f"trace={calls}"]
    return [*strace, "-o", str(log), *(str(word) for word in words)]


@dataclass(frozen=True)
class Trace:
    """The log of a program that was started in this folder. What was tried counts as done, whether it went well."""

    text: str
    folder: Path

    def calls(self, *names: str) -> list[str]:
        """The arguments and results of these calls, a line each."""
        found = re.findall(rf"^\d+ +(?:{'|'.join(names)})\((.*)$", self.text, re.MULTILINE)
        return [str(each) for each in found]

    def families(self) -> set[str]:
        """The kinds of sockets: AF_UNIX is the machine's own."""
        opened = {each.partition(",")[0] for each in self.calls("socket", "socketpair")}
        return opened | set(re.findall(r"\bsa_family=(\w+)", "\n".join(self.calls(*TALKING))))

    def reached(self) -> set[str]:
        """The unix sockets that were connected to, an abstract one with its @."""
        return {name.replace('"', "") for name in re.findall(r'sun_path=(@?"[^"]*")', "\n".join(self.calls("connect")))}

    def listened(self) -> list[str]:
        """Where it waited to be called."""
        return self.calls("bind", "listen")

    def changed(self) -> set[Path]:
        """Files and folders that were opened for writing, made, renamed, removed, or given another owner or mode."""
        opened = [each for each in self.calls(*OPENING) if WRITING.search(re.sub(NAME, "", each))]
        opened += self.calls("creat")
        found = set()
        for each in (*opened, *self.calls(*CHANGING)):
            names = re.findall(rf"(?:<([^<>]*)>, )?{NAME}", each.rpartition(" = ")[0] or each)
            handle = re.match(r"\d+<([^<>]*)>", each)
            names += [("", handle[1])] if handle and not names else []
            found |= {Path(os.path.normpath(self.folder / folder / name)) for folder, name in names}
        return found

    def strangers(self, *ours: Path) -> set[Path]:
        """What was changed besides these files and folders and what is in them."""
        return {
            path
            for path in self.changed()
            if not any(path == each or each in path.parents for each in ours)
            and not any(re.fullmatch(pattern, str(path)) for pattern in NOBODYS)
        }

    def started(self) -> set[str]:
        """The programs that were started."""
        return {re.findall(NAME, each)[0] for each in self.calls(*STARTING) if " = -1 " not in each}

    def sought(self) -> set[str]:
        """The programs that were looked for."""
        return {re.findall(NAME, each)[0] for each in self.calls(*STARTING)}
