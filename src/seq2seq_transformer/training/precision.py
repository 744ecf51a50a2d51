"""Precisions by name, and where bfloat16 is fast."""

import torch

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}


def has_fast_bfloat16(device: str) -> bool:
    """Whether bfloat16 is faster than float32 there: a GPU that computes in it, or a CPU with AVX512-BF16 or AMX."""
    if device.startswith("cuda"):
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if device == "cpu":
        capabilities = getattr(torch.cpu, "get_capabilities", dict)()  # before torch 2.10 a CPU does not tell
        return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16") or capabilities.get("arm_bf16"))
    return False
