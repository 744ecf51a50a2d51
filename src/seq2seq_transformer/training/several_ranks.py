"""Several processes that train one model together, over torch.distributed.

Gradients are averaged by DistributedDataParallel (gloo on processors, NCCL on GPUs); everything else goes in few small
messages over gloo.
"""

import atexit
import inspect
import json
import os
import signal
from collections.abc import Callable, Generator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import timedelta
from typing import Any

import torch
import torch.distributed
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from seq2seq_transformer.data.batch import Batch
from seq2seq_transformer.errors import EXIT_CODES, ConfigError, LostRankError, Seq2SeqError, Stopped
from seq2seq_transformer.training.environment import LAUNCHER, is_one_of_several
from seq2seq_transformer.training.ranks import Ranks

TIMEOUT = timedelta(minutes=30)
"""How long a process waits for the others, who may be reading a large file."""


class SeveralRanks(Ranks):
    """One of several processes.

    Args:
        rank: this one, counted from 0.
        world: how many there are.
        local_rank: this one among those of its machine.
        local_world: how many there are on this machine.
        launcher: the process whose end ends this one; 0: none.
    """

    def __init__(self, rank: int, world: int, local_rank: int, local_world: int, launcher: int = 0) -> None:
        super().__init__()
        self.rank, self.world = rank, world
        self._local_rank, self._local_world, self._launcher = local_rank, local_world, launcher

    def ask(self, wish: int) -> None:
        self.wish = max(self.wish, wish)

    def sum(self, number: float) -> float:
        if self._launcher and os.getppid() != self._launcher:
            self.ask(EXIT_CODES[signal.SIGTERM])
        told = torch.zeros(1 + self.world, dtype=torch.float64)
        told[0], told[1 + self.rank] = number, self.wish
        torch.distributed.all_reduce(told)
        self.agreed = int(told[1:].max())
        return float(told[0])

    def from_first(self, make: Callable[[], bytes | None]) -> bytes:
        if not self.is_first:
            self._hear()
            return self._broadcast(b"")
        made = b""
        with self.first_ahead():
            made = make() or b""
        return self._broadcast(made)

    @contextmanager
    def first_ahead(self) -> Generator[None]:
        if not self.is_first:
            self._hear()
            yield
            return
        try:
            yield
        except Exception as error:  # a user's task may raise anything
            self._broadcast(json.dumps(_plain(error)).encode())
            raise
        self._broadcast(b"{}")

    def _hear(self) -> None:
        """Wait for the first rank to be done; raise what it raised."""
        said = json.loads(self._broadcast(b""))
        if "errno" in said:
            raise OSError(said["errno"], said["message"])
        if said:
            raise Stopped(said["exit_code"], said["message"])

    def _broadcast(self, content: bytes) -> bytes:
        """The content that the first rank gives."""
        length = torch.tensor([len(content)])
        torch.distributed.broadcast(length, 0)
        if not length.item():
            return b""
        buffer = torch.frombuffer(bytearray(content or int(length)), dtype=torch.uint8)
        torch.distributed.broadcast(buffer, 0)
        return buffer.numpy().tobytes()

    def gathered(self, numbers: Tensor) -> list[Tensor]:
        found = [torch.empty_like(numbers) for _ in range(self.world)]
        torch.distributed.all_gather(found, numbers)
        return found

    def parallel(self, model: nn.Module, batch: Batch) -> nn.Module:
        names = inspect.signature(DistributedDataParallel).parameters
        quiet = "forward_sync_buffers" if "forward_sync_buffers" in names else "broadcast_buffers"
        options: dict[str, Any] = {quiet: False}  # tables of positions are the same everywhere
        shared = DistributedDataParallel(model, **options)
        # After its first pass it orders gradients anew, and three numbers or more add up to other bits in another
        # order. So that a resumed training adds as an unbroken one does, that pass comes before the first step of both.
        with torch.random.fork_rng():
            torch.manual_seed(0)
            shared(batch.src, batch.tgt_input).sum().backward()
        model.zero_grad(set_to_none=True)
        return shared

    def unsynchronised(self, model: nn.Module) -> AbstractContextManager[None]:
        return model.no_sync() if isinstance(model, DistributedDataParallel) else nullcontext()

    def device(self, wanted: str) -> str:
        if wanted == "auto" and not torch.cuda.is_available():
            return "cpu"
        return f"cuda:{self._local_rank}" if wanted == "auto" or wanted.startswith("cuda") else wanted

    def threads(self, total: int) -> int:
        return max(1, total // self._local_world)

    @contextmanager
    def watched(self, way_on: str) -> Generator[None]:
        try:
            join()
            yield
        except RuntimeError as error:
            if not _is_of_the_network(error):
                raise
            if self.wish in EXIT_CODES.values():
                raise Stopped(self.wish, f"stopped when other processes were gone already. {way_on}") from error
            lost = "but one has ended or cannot be reached"
            raise LostRankError(f"all {self.world} processes must go on together, {lost}. {way_on}") from error


def ranks_of(environment: Mapping[str, str]) -> Ranks:
    """What the variables of torchrun (RANK, WORLD_SIZE, LOCAL_RANK, MASTER_ADDR …) say; without them one process alone.

    Raises:
        ConfigError: where one of them is missing or no number.
    """
    if not is_one_of_several(environment):
        return Ranks()
    problems = [
        f"the variables RANK and WORLD_SIZE mark one of several processes, so `{name}` must be set, but is not."
        for name in ("MASTER_ADDR", "MASTER_PORT")
        if name not in environment
    ]
    numbers = {}
    defaults = {"LOCAL_RANK": environment["RANK"], "LOCAL_WORLD_SIZE": environment["WORLD_SIZE"], LAUNCHER: "0"}
    for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE", LAUNCHER):
        text = environment.get(name, defaults.get(name, ""))
        if text.isdecimal():
            numbers[name] = int(text)
        else:
            problems.append(f"the variable {name} must be a whole number, but is {text!r} instead.")
    if problems:
        raise ConfigError(problems)
    return SeveralRanks(*numbers.values())


def join() -> None:
    """Meet the other processes, once in the life of this one.

    Raises:
        RuntimeError: where they do not come.
    """
    if not torch.distributed.is_initialized():
        both = torch.cuda.is_available() and torch.distributed.is_nccl_available()
        torch.distributed.init_process_group("cpu:gloo,cuda:nccl" if both else "gloo", timeout=TIMEOUT)
        atexit.register(torch.distributed.destroy_process_group)


def _plain(error: Exception) -> dict[str, object]:
    if isinstance(error, OSError):
        return {"errno": error.errno, "message": error.strerror}
    return {"exit_code": error.exit_code if isinstance(error, Seq2SeqError) else 2, "message": str(error)}


def _is_of_the_network(error: RuntimeError) -> bool:
    return isinstance(error, torch.distributed.DistError) or any(word in str(error) for word in ("gloo", "NCCL"))
