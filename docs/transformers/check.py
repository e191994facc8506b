#!/usr/bin/env python3
"""Does a model that Longreel wrote give the same logits in Hugging Face transformers?

    python3 docs/transformers/check.py MODEL [--frames 4] [--text 24] [--seed 1] [--longreel bin/longreel]

MODEL is a folder in VILA's layout, such as runs/demo/model or runs/demo/models/3-short-sft. Its parts llm/ and vision_tower/ are opened as they are, by
AutoModelForCausalLM and SiglipVisionModel; the projector, which transformers does not have, is written out below. The same random batch goes through
bin/longreel forward. Exit code 0: the largest difference of any logit is below 1e-3 of the largest logit; 1: it is not.

Needs torch, transformers and safetensors.
"""
import argparse
import json
import math
import pathlib
import subprocess
import sys
import tempfile

import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM, SiglipVisionModel

TOLERANCE = 1e-3


def projector_weights(folder):
    files = sorted(folder.glob("*.safetensors"))
    return {name: tensor for file in files for name, tensor in load_file(file).items()}


def project(hidden, weights):
    """mlp_downsample: each 2 x 2 patches (odd grids get a row and a column of zeros) are one token; LayerNorm, linear, GELU, linear."""
    frames, patches, width = hidden.shape
    side = math.isqrt(patches)
    grid = hidden.reshape(frames, side, side, width)
    if side % 2:
        grid = torch.nn.functional.pad(grid, (0, 0, 0, 1, 0, 1))
    corners = [grid[:, row::2, column::2] for row in (0, 1) for column in (0, 1)]
    x = torch.cat(corners, dim=-1).flatten(1, 2)
    x = torch.nn.functional.layer_norm(x, (4 * width,), weights["layers.1.weight"], weights["layers.1.bias"], 1e-5)
    x = torch.nn.functional.linear(x, weights["layers.2.weight"], weights["layers.2.bias"])
    x = torch.nn.functional.gelu(x)
    return torch.nn.functional.linear(x, weights["layers.4.weight"], weights["layers.4.bias"])


def random_batch(root, llm_config, vision_config, frames, text, seed):
    generator = torch.Generator().manual_seed(seed)
    image = root["image_token_index"]
    known = min(llm_config.vocab_size, image) if image < llm_config.vocab_size else llm_config.vocab_size
    words = torch.randint(0, known, (text,), generator=generator)
    ids = torch.cat([words[: text // 3], torch.full((frames,), image), words[text // 3 :]])
    size = vision_config.image_size
    return ids, torch.rand(frames, 3, size, size, generator=generator) * 2 - 1, image


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("model", type=pathlib.Path)
    arguments.add_argument("--frames", type=int, default=4)
    arguments.add_argument("--text", type=int, default=24)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--longreel", default="bin/longreel")
    asked = arguments.parse_args()

    root = json.loads((asked.model / "config.json").read_text())
    llm = AutoModelForCausalLM.from_pretrained(asked.model / "llm", torch_dtype=torch.float32).eval()
    tower = SiglipVisionModel.from_pretrained(asked.model / "vision_tower", torch_dtype=torch.float32).eval()
    weights = {name: tensor.float() for name, tensor in projector_weights(asked.model / "mm_projector").items()}
    ids, pixels, image = random_batch(root, llm.config, tower.config, asked.frames, asked.text, asked.seed)

    with torch.no_grad():
        hidden = tower(pixels, output_hidden_states=True).hidden_states[root["mm_vision_select_layer"]]
        frames = iter(project(hidden, weights))
        table = llm.get_input_embeddings()
        rows = [next(frames) if token == image else table(token)[None] for token in ids]
        expected = llm(inputs_embeds=torch.cat(rows)[None]).logits[0]

    with tempfile.TemporaryDirectory() as folder:
        batch, out = f"{folder}/batch.safetensors", f"{folder}/out.safetensors"
        labels = torch.where(ids == image, -100, ids)
        save_file({"input_ids": ids, "labels": labels, "pixel_values": pixels}, batch)
        command = [asked.longreel, "forward", "--checkpoint", str(asked.model), "--batch", batch, "--out", out]
        subprocess.run(command, check=True)
        actual = load_file(out)["logits"]

    difference = (actual - expected).abs().max().item()
    largest = expected.abs().max().item()
    agrees = actual.shape == expected.shape and difference <= TOLERANCE * largest
    print(f"{asked.model}: {len(expected)} positions, largest difference {difference:.3g} of {largest:.3g}: {'same' if agrees else 'DIFFERENT'}")
    sys.exit(0 if agrees else 1)


if __name__ == "__main__":
    main()
