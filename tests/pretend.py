"""A GPU that is none: tensors that lie in the CPU's memory and behave as if they lay on a CUDA device.

What such a device refuses is refused here: tensors of two devices, a generator of another one, NumPy, products of
integers. What the host waits for is counted. How fast a GPU is, and how it rounds, this cannot say.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves

from tests import recording

CPU, GPU = torch.device("cpu"), torch.device("cuda", 0)
NAME = "Pretend GPU"
WAITS = {
    "item", "tolist", "__bool__", "__float__", "__int__", "__index__", "cpu", "nonzero", "masked_select", "unique",
    "equal", "allclose",
}  # fmt: skip
CROSSING = {"copy_", "__set__", "_has_compatible_shallow_copy_type"}  # may have tensors of two devices
PRODUCTS = {"matmul", "__matmul__", "__rmatmul__", "mm", "bmm", "einsum", "conv2d", "linear", "dot", "mv"}


class Pretend(TorchFunctionMode):
    """While it is entered, what is moved to or made on "cuda" is marked as lying there, and so is what comes of it.

    Attributes:
        waits: how often the host had to wait for the device, by the name of the function.
    """

    def __init__(self) -> None:
        super().__init__()
        self.waits: Counter[str] = Counter()

    def __torch_function__(
        self, function: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs, name = dict(kwargs or {}), function.__name__
        owner = getattr(function, "__self__", None)
        if name == "__get__" and getattr(owner, "__name__", "") in ("device", "is_cuda"):
            there = on_gpu(args[0])
            return there if owner.__name__ == "is_cuda" else GPU if there else CPU
        if name in ("to", "cpu"):
            return self._moved(function, args, kwargs)
        tensors = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, Tensor)]
        gpu = any(map(on_gpu, tensors))
        if gpu:
            self._refuse(name, args, tensors)
            self.waits[name] += name in WAITS or (name == "__getitem__" and _of_unknown_size(args[1]))
        if kwargs.get("device") is not None:
            gpu = place(kwargs["device"]) == GPU
            kwargs["device"] = CPU if gpu else kwargs["device"]
        _same_generator(name, kwargs.get("generator"), gpu)
        result = function(*args, **kwargs)
        if name == "__set__":
            mark(args[0], on_gpu(args[1]) if isinstance(args[1], Tensor) else on_gpu(args[0]))
        elif gpu:
            for leaf in tree_leaves(result):
                if isinstance(leaf, Tensor):
                    mark(leaf, True)
        return result

    def _moved(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Tensor:
        """To where, and as what, the arguments say."""
        tensor, before = args[0], on_gpu(args[0])
        after = before and function.__name__ != "cpu"
        for argument in (*args[1:], *kwargs.values()):
            if isinstance(argument, str | torch.device):
                after = place(argument) == GPU
            elif isinstance(argument, Tensor):
                after = on_gpu(argument)
        here = [CPU if isinstance(argument, str | torch.device) else argument for argument in args[1:]]
        result: Tensor = function(tensor, *here, **{key: CPU if key == "device" else kwargs[key] for key in kwargs})
        if after != before:
            self.waits["to " + ("the GPU" if after else "the CPU")] += 1
            if result is tensor:
                result = tensor.clone()
        mark(result, after)
        return result

    def _refuse(self, name: str, args: tuple[Any, ...], tensors: list[Tensor]) -> None:
        """What a GPU cannot do. Single numbers may come from the CPU, and so may indices, which are waited for."""
        if name in ("numpy", "__array__"):
            raise TypeError("can't convert cuda:0 device type tensor to numpy")
        if name in PRODUCTS and not all(tensor.is_floating_point() for tensor in tensors):
            raise RuntimeError(f"{name}: not implemented on CUDA for integers")
        strangers = [tensor for tensor in tensors if tensor.ndim and not on_gpu(tensor)]
        if name == "__getitem__" and on_gpu(args[0]):
            self.waits["index from the CPU"] += len(strangers)
        elif strangers and name not in CROSSING:
            raise RuntimeError(f"{name}: expected all tensors to be on the same device, but found cuda:0 and cpu")


class Generator(torch.Generator):
    """Of the device that it is asked for; it draws on the CPU."""

    def __new__(cls, device: torch.device | str = "cpu") -> "Generator":
        return super().__new__(cls, "cpu")

    def __init__(self, device: torch.device | str = "cpu") -> None:
        self._place = place(device)

    @property
    def device(self) -> torch.device:
        return self._place


class Autocast(torch.autocast):
    """On the CPU, whatever is asked for."""

    def __init__(self, device_type: str, *arguments: Any, **keywords: Any) -> None:
        super().__init__("cpu", *arguments, **keywords)


def place(device: torch.device | str) -> torch.device:
    return GPU if torch.device(device).type == "cuda" else torch.device(device)


def on_gpu(tensor: Tensor) -> bool:
    return "gpu" in tensor.__dict__


def mark(tensor: Tensor, gpu: bool) -> None:
    if gpu:
        tensor.__dict__["gpu"] = True
    else:
        tensor.__dict__.pop("gpu", None)


def _of_unknown_size(index: Any) -> bool:
    return any(isinstance(leaf, Tensor) and leaf.dtype == torch.bool for leaf in tree_leaves(index))


def _same_generator(name: str, generator: torch.Generator | None, gpu: bool) -> None:
    if generator is not None and (generator.device == GPU) != gpu:
        wanted = "cuda" if gpu else "cpu"
        raise RuntimeError(f"{name}: expected a {wanted!r} generator but found {generator.device.type!r}")


@contextmanager
def pretended() -> Iterator[Pretend]:
    """Until the block ends there is such a GPU. `torch.cuda.is_available` denies it: torch would look for a driver."""
    enabled, facts = torch.is_autocast_enabled, {
        "is_bf16_supported": True, "get_device_name": NAME, "graph_pool_handle": (0, 1), "current_stream": None,
        "stream": nullcontext(),
    }  # fmt: skip
    with pytest.MonkeyPatch.context() as patch, Pretend() as device:
        patch.setattr(torch, "Generator", Generator)
        patch.setattr(torch, "autocast", Autocast)
        patch.setattr(torch, "is_autocast_enabled", lambda kind: enabled("cpu"))  # `Autocast` asks for "cpu"
        for name, answer in facts.items():
            patch.setattr(torch.cuda, name, lambda *_, answer=answer, **__: answer)
        patch.setattr(torch.cuda, "CUDAGraph", recording.Graph)
        patch.setattr(torch.cuda, "graph", recording.graph)
        yield device
