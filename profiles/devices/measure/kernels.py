#!/usr/bin/env python3
"""Times what a layer of a language model runs on one NVIDIA GPU, for a device profile (docs/models/execution.md).

    python3 kernels.py -o LOG.jsonl [--only gemm,attention,...] [--quick]

One JSON object a line: what was run, its shape, and the seconds of one run (median of at least five, and the
fastest). Needs PyTorch with CUDA; cuDNN's and FlashAttention-2's kernels are those that PyTorch brings. Inputs
are random: a GPU that multiplies zeros draws less power and clocks higher. The card is taken as it is found.

FLOPs: GEMM 2 m n k; attention forward 4 b a s_q s_kv d, half of it with a causal mask (exactly: pairs of query
and key that are not masked), backward 2.5 times that.
"""

import argparse
import gc
import json
import statistics
import subprocess
import time

import torch
import torch.nn.functional as functional
from torch.nn.attention import SDPBackend, sdpa_kernel

BF16 = torch.bfloat16


def random(*shape, dtype=BF16, grad=False):
    return torch.randn(*shape, device="cuda", dtype=torch.float32).to(dtype).requires_grad_(grad)


def seconds_of(run, least=0.12, most=200):
    """By repetition, by CUDA events around runs that follow each other without a gap."""
    for _ in range(3):
        run()
    torch.cuda.synchronize()
    begin = time.perf_counter()
    run()
    torch.cuda.synchronize()
    count = int(min(most, max(5, least / max(time.perf_counter() - begin, 1e-6))))
    events = [torch.cuda.Event(enable_timing=True) for _ in range(count + 1)]
    events[0].record()
    for event in events[1:]:
        run()
        event.record()
    torch.cuda.synchronize()
    return [a.elapsed_time(b) * 1e-3 for a, b in zip(events, events[1:])]


class Log:
    def __init__(self, path):
        self.file = open(path, "w", encoding="utf-8")

    def put(self, kind, **what):
        self.file.write(json.dumps({"kind": kind, **what}) + "\n")
        self.file.flush()

    def time(self, kind, run, **what):
        try:
            times = seconds_of(run)
        except (RuntimeError, torch.OutOfMemoryError) as error:
            self.put(kind, **what, error=str(error).splitlines()[0][:200])
            torch.cuda.empty_cache()
            return None
        median = statistics.median(times)
        self.put(kind, **what, seconds=median, fastest=min(times), runs=len(times))
        return median


def smi(query):
    words = ["nvidia-smi", f"--query-gpu={query}", "--format=csv,noheader"]
    return subprocess.run(words, capture_output=True, text=True, check=False).stdout.strip()


def card(log):
    torch.cuda.init()
    before = torch.cuda.mem_get_info()
    torch.empty(1, device="cuda")
    torch.cuda.synchronize()
    context = torch.cuda.mem_get_info()
    a = random(256, 256)
    torch.mm(a, a)
    torch.cuda.synchronize()
    workspace = torch.cuda.mem_get_info()
    props = torch.cuda.get_device_properties(0)
    log.put(
        "card", name=props.name, total_memory=props.total_memory, multiprocessors=props.multi_processor_count,
        l2_bytes=props.L2_cache_size, torch=torch.__version__, cuda=torch.version.cuda,
        cudnn=torch.backends.cudnn.version(), smi=smi("name,driver_version,memory.total,power.limit,clocks.max.sm,clocks.max.mem"),
        free_before=before[0], free_with_context=context[0], free_with_cublas=workspace[0],
        reserved_by_torch=torch.cuda.memory_reserved())


# Of Llama-3.1-8B, Qwen3-8B's kind, and a tensor-parallel eighth of Llama-3.1-70B: n (out) and k (in).
LINEARS = [(6144, 4096), (4096, 4096), (28672, 4096), (4096, 14336), (1280, 8192), (8192, 1024), (7168, 8192),
           (8192, 3584), (128256, 4096)]


def gemm(log, rows):
    for m in rows:
        for n, k in LINEARS:
            if m * n > 2**32:
                continue
            x, w, y = random(m, k), random(n, k), random(m, n)
            log.time("gemm", lambda: functional.linear(x, w), product="forward", m=m, n=n, k=k)
            log.time("gemm", lambda: torch.mm(y, w), product="data_gradient", m=m, n=k, k=n)
            log.time("gemm", lambda: torch.mm(y.t(), x), product="weight_gradient", m=n, n=k, k=m)
            log.time("gemm", lambda: torch.mm(y.t(), x, out_dtype=torch.float32),
                     product="weight_gradient_fp32", m=n, n=k, k=m)
            # Megatron adds it to the gradients in fp32.
            total = torch.zeros(n, k, device="cuda")
            log.time("gemm", lambda: torch.addmm(total, y.t(), x, out_dtype=torch.float32),
                     product="weight_gradient_added_fp32", m=n, n=k, k=m)
            del x, w, y, total


def stream_of_gemms(log, length):
    """A layer's linears over and over, for the clock that the power limit leaves."""
    m = 8192
    x = {k: random(m, k) for k in (4096, 14336)}
    w = {(n, k): random(n, k) for n, k in LINEARS[:4]}
    y = {n: random(m, n) for n in (6144, 4096, 28672)}
    torch.cuda.synchronize()
    for name, run, flops in (
            ("forward", lambda n, k: functional.linear(x[k], w[n, k]), 2 * m),
            ("forward_and_backward", lambda n, k: (functional.linear(x[k], w[n, k]), torch.mm(y[n], w[n, k]),
                                                   torch.mm(y[n].t(), x[k])), 6 * m)):
        begin, done, clocks = time.perf_counter(), 0.0, []
        while time.perf_counter() - begin < length:
            for _ in range(20):
                for n, k in w:
                    run(n, k)
                    done += flops * n * k
            clocks.append(smi("clocks.sm,power.draw,temperature.gpu"))
            torch.cuda.synchronize()
        log.put("gemm_stream", product=name, m=m, seconds=time.perf_counter() - begin, flops=done, state=clocks[-3:])


def pairs(sq, skv, causal):
    if not causal:
        return sq * skv
    return sum(min(skv, skv - sq + 1 + i) for i in range(sq)) if sq != skv else sq * (sq + 1) // 2


def attention(log, lengths):
    backends = (("cudnn", SDPBackend.CUDNN_ATTENTION), ("flash_attention_2", SDPBackend.FLASH_ATTENTION))
    cases = []
    for s in lengths:
        cases += [(max(1, 16384 // s), 32, 8, s, s, 128, 128, causal) for causal in (True, False)]
    cases += [(2, 32, 32, 8192, 8192, d, d, causal) for d in (32, 64, 96, 128, 192, 256) for causal in (True, False)]
    cases += [(1, 8, 1, 16384, 16384, 128, 128, True),
              (1, 4, 4, 8192, 8192, 128, 128, True), (1, 8, 8, 2048, 2048, 128, 128, True),
              (1, 16, 16, 8192, 8192, 192, 128, True), (1, 16, 16, 8192, 8192, 192, 128, False),
              # Hops of a ring: half of the queries or keys against the others, without a mask.
              (1, 32, 8, 4096, 8192, 128, 128, False), (1, 32, 8, 8192, 4096, 128, 128, False),
              (1, 32, 8, 2048, 4096, 128, 128, False), (1, 32, 8, 4096, 2048, 128, 128, False),
              # All-gather: one chunk of the queries against all keys.
              (1, 32, 8, 2048, 65536, 128, 128, False), (1, 32, 8, 8192, 131072, 128, 128, False)]
    for b, a, g, sq, skv, dk, dv, causal in cases:
        q = random(b, a, sq, dk, grad=True)
        k = random(b, g, skv, dk, grad=True)
        v = random(b, g, skv, dv, grad=True)
        shape = dict(b=b, a=a, g=g, s_q=sq, s_kv=skv, d_k=dk, d_v=dv, causal=causal)
        shape["pairs"] = b * a * pairs(sq, skv, causal)
        for name, backend in backends:
            if dk != dv and name != "cudnn":
                continue
            with sdpa_kernel(backend):
                def forward():
                    return functional.scaled_dot_product_attention(q, k, v, is_causal=causal, enable_gqa=a != g)
                if log.time("attention", forward, library=name, part="forward", **shape) is None:
                    continue
                out = forward()
                grad = torch.randn_like(out)
                log.time("attention", lambda: torch.autograd.grad(out, (q, k, v), grad, retain_graph=True),
                         library=name, part="backward", **shape)
                del out, grad
        del q, k, v
        gc.collect()


def passes(log, sizes):
    """Bytes: each input read once, each output written once."""
    for megabytes in sizes:
        h = 4096
        rows = megabytes * 2**20 // (2 * h)
        x, y, gain = random(rows, h), random(rows, h), random(h)
        wide = random(rows, 2 * h)
        bytes_of_x = rows * h * 2
        one = dict(rows=rows, h=h)
        log.time("pass", lambda: x.clone(), what="copy", bytes=2 * bytes_of_x, **one)
        log.time("pass", lambda: x + y, what="add", bytes=3 * bytes_of_x, **one)
        log.time("pass", lambda: functional.rms_norm(x, (h,), gain), what="rms_norm", bytes=2 * bytes_of_x, **one)
        log.time("pass", lambda: functional.layer_norm(x, (h,), gain, gain), what="layer_norm",
                 bytes=2 * bytes_of_x, **one)
        log.time("pass", lambda: functional.silu(wide[:, :h]), what="silu", bytes=2 * bytes_of_x, **one)
        log.time("pass", lambda: x.float(), what="to_fp32", bytes=3 * bytes_of_x, **one)
        log.time("pass", lambda: functional.dropout(x, 0.1), what="dropout", bytes=2.5 * bytes_of_x, **one)
        heads = x.view(rows, 8, 4, 128)
        log.time("pass", lambda: heads.permute(1, 0, 2, 3).contiguous(), what="permute_heads",
                 bytes=2 * bytes_of_x, **one)
        del x, y, wide, heads
    logits = random(8192, 128256)
    target = torch.randint(0, 128256, (8192,), device="cuda")
    log.time("pass", lambda: functional.cross_entropy(logits.float(), target), what="cross_entropy_fp32",
             bytes=logits.numel() * 2, rows=8192, h=128256)


def optimizer(log):
    for count in (50_000_000, 500_000_000):
        p = torch.zeros(count, device="cuda", requires_grad=True)
        p.grad = torch.randn(count, device="cuda")
        adam = torch.optim.AdamW([p], lr=1e-4, fused=True)
        # Reads weight, gradient and two moments, writes three of them: 28 bytes a parameter.
        log.time("optimizer", adam.step, what="fused_adamw", parameters=count, bytes=28 * count)
        del p, adam
        gc.collect()
        torch.cuda.empty_cache()


def grouped(log):
    for experts, rows, n, k in ((8, 1024, 28672, 4096), (8, 4096, 4096, 14336), (16, 1024, 3072, 4096),
                                (16, 4096, 3072, 4096), (64, 512, 2816, 2048), (64, 2048, 2816, 2048),
                                (16, 1024, 4096, 1536), (128, 256, 1536, 4096), (32, 512, 4096, 7168)):
        x = random(experts * rows, k)
        w = random(experts, n, k)
        ends = torch.arange(1, experts + 1, device="cuda", dtype=torch.int32) * rows
        y = random(experts * rows, n)
        shape = dict(experts=experts, rows=rows, n=n, k=k)
        log.time("grouped_gemm", lambda: torch._grouped_mm(x, w.transpose(-2, -1), offs=ends), product="forward", **shape)
        log.time("grouped_gemm", lambda: torch._grouped_mm(y, w, offs=ends), product="data_gradient", **shape)
        log.time("grouped_gemm", lambda: torch._grouped_mm(y.t(), x, offs=ends), product="weight_gradient", **shape)

        def one_by_one():
            for e in range(experts):
                torch.mm(x[e * rows:(e + 1) * rows], w[e].t())
        log.time("grouped_gemm", one_by_one, product="forward_one_by_one", **shape)
        del x, w, y


def fp8(log, rows):
    e4m3 = torch.float8_e4m3fn
    for m in rows:
        for n, k in LINEARS[:8]:
            x, w = random(m, k), random(n, k)
            x8, w8 = x.to(e4m3), w.to(e4m3)
            one = torch.tensor(1.0, device="cuda")
            shape = dict(m=m, n=n, k=k)
            for fast in (True, False):
                log.time("fp8_gemm", lambda: torch._scaled_mm(x8, w8.t(), scale_a=one, scale_b=one, out_dtype=BF16,
                                                              use_fast_accum=fast),
                         scales="tensor", fast_accumulation=fast, **shape)
            rows_scale = torch.ones(m, 1, device="cuda")
            columns_scale = torch.ones(1, n, device="cuda")
            log.time("fp8_gemm", lambda: torch._scaled_mm(x8, w8.t(), scale_a=rows_scale, scale_b=columns_scale,
                                                          out_dtype=BF16, use_fast_accum=True),
                     scales="row", fast_accumulation=True, **shape)
            log.time("fp8_cast", lambda: x.to(e4m3), bytes=3 * m * k, rows=m, h=k)


def weigh(out, partial, lse, partial_lse):
    """A partial output of attention added in with its weight, one product and one sum: [b, s, a, d] and [b, a, s]."""
    weight = torch.exp(partial_lse - lse).movedim(2, 1).unsqueeze(-1)
    out.add_(partial * weight)
    return out


def blend(out, partial, lse, partial_lse):
    """The same of a running output in fp32, by the sigmoid of the difference: lse is [b, s, a, 1]."""
    partial = partial.to(torch.float32)
    partial_lse = partial_lse.transpose(-2, -1).unsqueeze(-1)
    out = out - torch.sigmoid(partial_lse - lse) * (out - partial)
    return out, lse - functional.logsigmoid(lse - partial_lse)


def merges(log):
    """What a ring does with the partial outputs of its steps, as frameworks write it: eager, by TorchScript, compiled."""
    for s, a in ((8192, 64), (8192, 32), (4096, 32)):
        partial, lse = random(1, s, a, 128), random(1, a, s, dtype=torch.float32)
        partial_lse = random(1, a, s, dtype=torch.float32)
        running, running_lse = random(1, s, a, 128, dtype=torch.float32), random(1, s, a, 1, dtype=torch.float32)
        out = torch.zeros_like(partial)
        ways = {"eager": lambda f: f, "torchscript": torch.jit.script, "compiled": torch.compile}
        for name, way in ways.items():
            shape = dict(s=s, a=a, d=128, elements=partial.numel(), way=name)
            try:
                weighed, blended = way(weigh), way(blend)
                log.time("merge", lambda: weighed(out, partial, lse, partial_lse), what="weigh_bf16", **shape)
                log.time("merge", lambda: weighed(running, partial, lse, partial_lse), what="weigh_fp32", **shape)
                log.time("merge", lambda: blended(running, partial, running_lse, partial_lse), what="blend_fp32", **shape)
            except Exception as error:
                log.put("merge", error=repr(error)[:200], **shape)


def launches(log):
    """What the host and the GPU take for a kernel that has nothing to do."""
    tiny = random(1024)
    x, w = random(16, 4096), random(4096, 4096, grad=True)
    norm = torch.nn.RMSNorm(4096, device="cuda", dtype=BF16)
    linear = torch.nn.Linear(4096, 4096, bias=False, device="cuda", dtype=BF16)
    x_grad = random(16, 4096, grad=True)

    def host(name, run, count=2000):
        for _ in range(20):
            run()
        torch.cuda.synchronize()
        begin = time.perf_counter()
        for _ in range(count):
            run()
        given = time.perf_counter() - begin
        torch.cuda.synchronize()
        log.put("host", what=name, seconds=given / count, until_done=(time.perf_counter() - begin) / count)

    host("add", lambda: tiny.add_(1))
    host("mm", lambda: torch.mm(x, w.detach()))
    host("linear_forward", lambda: linear(x_grad))
    host("rms_norm_forward", lambda: norm(x_grad))

    def linear_both():
        linear(x_grad).backward(x_grad.detach())
    host("linear_forward_backward", linear_both, 500)

    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        for _ in range(1000):
            tiny.add_(1)
    times = seconds_of(graph.replay)
    log.put("gpu", what="tiny_kernel_in_graph", seconds=statistics.median(times) / 1000)
    # Between kernels of a full stream: 1,000 small passes against one of their sum.
    small = random(2 * 2**20)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        for _ in range(200):
            small.add_(1)
    times = seconds_of(graph.replay)
    log.put("gpu", what="pass_of_8MB_in_graph", seconds=statistics.median(times) / 200)


def host_copies(log):
    for megabytes in (1, 16, 256):
        n = megabytes * 2**20
        down = torch.empty(n, dtype=torch.uint8, pin_memory=True)
        up = torch.empty(n, dtype=torch.uint8, pin_memory=True)
        a, b = torch.empty(n, dtype=torch.uint8, device="cuda"), torch.empty(n, dtype=torch.uint8, device="cuda")
        log.time("host_copy", lambda: down.copy_(a, non_blocking=True), what="to_host", bytes=n)
        log.time("host_copy", lambda: b.copy_(up, non_blocking=True), what="to_device", bytes=n)
        other = torch.cuda.Stream()

        def both():
            other.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(other):
                b.copy_(up, non_blocking=True)
            down.copy_(a, non_blocking=True)
            torch.cuda.current_stream().wait_stream(other)
        log.time("host_copy", both, what="both_ways", bytes=n)


def layer(log, lengths):
    """A Llama-3.1-8B layer's linears, attention and passes in order, forward and backward, as PyTorch runs them."""
    class Layer(torch.nn.Module):
        def __init__(self):
            super().__init__()
            kind = dict(bias=False, device="cuda", dtype=BF16)
            self.norms = torch.nn.ModuleList(torch.nn.RMSNorm(4096, device="cuda", dtype=BF16) for _ in range(2))
            self.qkv = torch.nn.Linear(4096, 6144, **kind)
            self.out = torch.nn.Linear(4096, 4096, **kind)
            self.up = torch.nn.Linear(4096, 28672, **kind)
            self.down = torch.nn.Linear(14336, 4096, **kind)

        def forward(self, x):
            b, s, _ = x.shape
            q, k, v = self.qkv(self.norms[0](x)).split((4096, 1024, 1024), dim=-1)
            q, k, v = (t.reshape(b, s, -1, 128).transpose(1, 2) for t in (q, k, v))
            o = functional.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=True)
            x = x + self.out(o.transpose(1, 2).reshape(b, s, 4096))
            gate, up = self.up(self.norms[1](x)).chunk(2, dim=-1)
            return x + self.down(functional.silu(gate) * up)

    for s in lengths:
        b = max(1, 8192 // s)
        part = Layer()
        x, grad = random(b, s, 4096, grad=True), random(b, s, 4096)
        with sdpa_kernel(SDPBackend.CUDNN_ATTENTION):
            with torch.no_grad():
                log.time("layer", lambda: part(x), part="forward", b=b, s=s)
            log.time("layer", lambda: part(x).backward(grad), part="forward_backward", b=b, s=s)
        del part, x, grad
        gc.collect()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-o", "--output", required=True)
    parser.add_argument("--only", default="", help="names, separated by commas")
    parser.add_argument("--quick", action="store_true", help="one size of each")
    given = parser.parse_args()
    log = Log(given.output)
    card(log)
    rows = (8192,) if given.quick else (1024, 2048, 4096, 8192, 16384, 32768)
    lengths = (8192,) if given.quick else (1024, 2048, 4096, 8192, 16384, 32768, 65536)
    parts = {
        "gemm": lambda: gemm(log, rows),
        "gemm_stream": lambda: stream_of_gemms(log, 1 if given.quick else 4),
        "attention": lambda: attention(log, lengths),
        "passes": lambda: passes(log, (64,) if given.quick else (1, 4, 16, 64, 256, 1024)),
        "optimizer": lambda: optimizer(log),
        "grouped": lambda: grouped(log),
        "fp8": lambda: fp8(log, rows[-3:]),
        "merges": lambda: merges(log),
        "launches": lambda: launches(log),
        "host_copies": lambda: host_copies(log),
        "layer": lambda: layer(log, lengths),
    }
    for name, part in parts.items():
        if given.only and name not in given.only.split(","):
            continue
        begin = time.perf_counter()
        try:
            part()
        except Exception as error:  # the other parts still have something to say
            log.put("failed", part=name, error=repr(error)[:300])
        torch.cuda.synchronize()
        gc.collect()
        torch.cuda.empty_cache()
        print(f"{name}: {time.perf_counter() - begin:.1f} s", flush=True)


if __name__ == "__main__":
    main()
