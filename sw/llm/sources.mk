# sources.mk - language models: checkpoint and tokenizer readers, quantiser, sampler.   SPDX-License-Identifier: Apache-2.0
LLM_SRCS := $(wildcard sw/llm/*.c)
