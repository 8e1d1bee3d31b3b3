"""The npm package as a stranger gets it: packed, installed without a network, type-checked, bundled."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

SDK = Path(__file__).parents[2] / "static" / "sdk"


def run(*command: str | Path, cwd: Path, input: str | None = None) -> str:
    """Its stdout; what it said when it fails. Frameworks come from our own node_modules."""
    environ = {**os.environ, "NODE_PATH": str(SDK / "node_modules")}
    done = subprocess.run(
        [*map(str, command)], cwd=cwd, input=input, env=environ, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@dataclass(frozen=True)
class Consumer:
    """A project with the package in its node_modules."""

    home: Path
    node: str

    @property
    def package(self) -> Path:
        return self.home / "node_modules" / "cueline"

    def bundle(self, source: str, *options: str, format: str = "iife") -> str:
        """What esbuild makes of a module of this project."""
        esbuild = SDK / "node_modules" / "esbuild" / "bin" / "esbuild"
        return run(esbuild, "--bundle", f"--format={format}", *options, cwd=self.home, input=source)

    def check_types(self, resolution: str, *sources: Path) -> None:
        for source in sources:
            (self.home / source.name).write_text(source.read_text())
        module = {"bundler": "esnext"}.get(resolution, resolution)
        strict = ["--strict", "--noEmit", "--target", "es2022", "--module", module, "--moduleResolution", resolution]
        tsc = SDK / "node_modules" / "typescript" / "bin" / "tsc"
        run(self.node, tsc, *strict, *(source.name for source in sources), cwd=self.home)

    def run_node(self, source: str) -> str:
        return run(self.node, "--input-type=module", "--eval", source, cwd=self.home)


def install(folder: Path, node: str) -> Consumer:
    """Packs as `npm pack` does after its script `prepack`, and installs the tarball into an empty project."""
    run(node, "pack.mjs", cwd=SDK)
    run("npm", "pack", "--ignore-scripts", "--silent", "--pack-destination", folder, cwd=SDK)
    (tarball,) = folder.glob("*.tgz")
    home = folder / "consumer"
    home.mkdir()
    (home / "package.json").write_text(json.dumps({"private": True, "type": "module"}))
    run("npm", "install", "--offline", "--no-audit", "--no-fund", "--silent", tarball, cwd=home)
    return Consumer(home, node)
