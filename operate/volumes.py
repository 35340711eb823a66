"""A stack's volumes, reached on any engine through one container that mounts them all.

It runs the collector's image, which is there and has bash, GNU cp and tar. Its name is the lock:
a second backup or restore of the stack is refused.
"""

from __future__ import annotations

import tarfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from subprocess import PIPE, CompletedProcess, Popen
from tempfile import TemporaryFile
from typing import IO, cast

from bootstrap.programs import finish
from bootstrap.progress import CommandError
from stack.docker import engine
from stack.docker.engine import EngineError

_FOLDER = "/volumes"
_LONG_SECONDS = 600
_SLEEP_SECONDS = "100000"

# In each volume, .backup is its copy and .restore its new content: no program looks there.
# In the volume: bash copies what is in it, by pattern, with links in place of what never changes.
_SNAPSHOT = r"""
shopt -s dotglob nullglob extglob
rm -rf .backup .restore && mkdir .backup
for each in *; do
  case $each in
    .backup | .restore | @($2)) ;;
    @($1)) cp --archive --link -- "$each" .backup/ ;;
    *) cp --archive -- "$each" .backup/ ;;
  esac
done
chown --reference=. .backup && chmod --reference=. .backup
"""
_UNPACK = r"""
rm -rf .backup .restore && mkdir .restore
exec tar --extract --directory .restore --preserve-permissions --same-owner --numeric-owner
"""
# In the folder of all volumes: each as one call, since over ssh a call is a connection.
_HOLDING_DATA = r"""
for each in *; do
  find "$each" -mindepth 1 ! -path "*/.backup*" ! -path "*/.restore*" -printf "$each\n" -quit
done
"""
_CLEAN = "rm -rf */.backup */.restore"
_SWAP = r"""
for each in *; do
cd "$each"
find . -mindepth 1 -maxdepth 1 ! -name .restore -exec rm -rf -- {} +
find .restore -mindepth 1 -maxdepth 1 -exec mv --target-directory . -- {} +
chown --reference=.restore . && chmod --reference=.restore . && rmdir .restore
cd ..
done
"""


def ask(host: str, *command: str, seconds: float = 60) -> CompletedProcess[str]:
    """Run a docker command on the engine. Raises `CommandError` where that does not answer."""
    try:
        return engine.answered(host, *command, seconds=seconds)
    except EngineError as error:
        raise CommandError(str(error)) from error


@dataclass(frozen=True)
class Volumes:
    """The volumes of these services, mounted in a container that runs. All raise `CommandError`."""

    host: str
    container: str

    def snapshot(self, service: str, unchanging: str, left_out: str) -> None:
        """Copy a volume within itself; what never changes is linked, which takes no time or room.

        Both are patterns of bash's, with `|` between them, of the names in the volume's folder.
        """
        self._bash(service, _SNAPSHOT, unchanging, left_out)

    @contextmanager
    def copied(self, service: str) -> Iterator[IO[bytes]]:
        """Yield the copy that `snapshot` made, as a tar."""
        folder = f"{_FOLDER}/{service}/.backup"
        command = ("tar", "--create", "--numeric-owner", "--directory", folder)
        # 1: a file changed while it was read, such as the number of its links.
        with self._stream(self.container, *command, ".", may_end_with=1) as process:
            yield cast("IO[bytes]", process.stdout)

    def holding_data(self) -> list[str]:
        """Return the services whose volumes are not empty."""
        return self._bash("", _HOLDING_DATA).split()

    @contextmanager
    def restoring(self, service: str) -> Iterator[IO[bytes]]:
        """Yield a stream that takes a volume's new content, as a tar, beside what it holds."""
        inside = ("--interactive", "--workdir", f"{_FOLDER}/{service}", self.container)
        with self._stream(*inside, "bash", "-euc", _UNPACK) as process:
            sink = cast("IO[bytes]", process.stdin)
            yield sink
            sink.close()

    def swap(self) -> None:
        """Put the new content of all in place of the old."""
        self._bash("", _SWAP)

    def clean(self) -> None:
        """Remove copies, and what was restored and not swapped in."""
        self._bash("", _CLEAN)

    def _bash(self, service: str, script: str, *arguments: str) -> str:
        inside = ("exec", "--workdir", f"{_FOLDER}/{service}", self.container)
        command = (*inside, "bash", "-euc", script, "bash", *arguments)
        answer = ask(self.host, *command, seconds=_LONG_SECONDS)
        if answer.returncode:
            raise CommandError(f"in the volumes: {answer.stderr.strip()}")
        return answer.stdout.strip()

    @contextmanager
    def _stream(self, *call: str, may_end_with: int = 0) -> Iterator[Popen[bytes]]:
        """Run a command in the container for as long as the block lasts."""
        command = ("docker", "--host", self.host, "exec", *call)
        with (
            TemporaryFile() as said,
            Popen(command, stdin=PIPE, stdout=PIPE, stderr=said) as process,
        ):
            try:
                yield process
                code = process.wait()
            except (OSError, tarfile.TarError) as error:
                process.kill()
                raise CommandError(f"{_words(said) or error}") from error
            except BaseException:
                process.kill()
                raise
            if code > may_end_with:
                raise CommandError(_words(said))


def _words(said: IO[bytes]) -> str:
    said.seek(0)
    return said.read().decode(errors="replace").strip()


@contextmanager
def mounted(host: str, prefix: str, services: Sequence[str], image: str) -> Iterator[Volumes]:
    """Yield a stack's volumes; those that are missing are made. Raises `CommandError`."""
    container = f"{prefix}-volumes"
    rights = [f"--cap-add={name}" for name in ("CHOWN", "DAC_OVERRIDE", "FOWNER")]
    mounts = [f"--volume={prefix}-{name}:{_FOLDER}/{name}" for name in services]
    options = ("--network=none", "--user=0:0", "--cap-drop=ALL", *rights, *mounts)
    run = ("run", "--detach", "--rm", "--security-opt=no-new-privileges", *options)
    answer = ask(host, *run, f"--name={container}", "--entrypoint=sleep", image, _SLEEP_SECONDS)
    if "is already in use" in answer.stderr:
        raise CommandError(
            f"a backup or a restore of this stack runs already, or was killed; then remove its"
            f" container: docker rm --force {container}"
        )
    try:
        if answer.returncode:
            raise CommandError(f"the volumes cannot be opened: {answer.stderr.strip()}")
        volumes = Volumes(host, container)
        try:
            yield volumes
        finally:
            volumes.clean()
    finally:
        # Not to be cut off by Ctrl-C, either.
        finish("docker", "--host", host, "rm", "--force", container)
