#!/bin/bash
# What somebody runs: Llama-3-8B over 131,072 tokens on one node.
export CUDA_DEVICE_MAX_CONNECTIONS=1
torchrun --nproc-per-node 8 pretrain_gpt.py \
    --tensor-model-parallel-size 2 --sequence-parallel \
    --context-parallel-size 4 --cp-comm-type p2p \
    --recompute-granularity full --recompute-method uniform --recompute-num-layers 1 \
    --use-distributed-optimizer --overlap-grad-reduce --overlap-param-gather \
    --seq-length 131072 --micro-batch-size 1 --global-batch-size 8 --bf16
