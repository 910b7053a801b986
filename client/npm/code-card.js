#!/usr/bin/env node
// Runs the same zip application as everybody else, with the Python that is installed.
"use strict";
const { spawnSync } = require("child_process");
const { existsSync } = require("fs");
const { join } = require("path");

const application = [join(__dirname, "code-card.pyz"), join(__dirname, "..", "dist", "code-card.pyz")].find(existsSync);
const isNew = "import sys; sys.exit(sys.version_info < (3, 9))";
const pythons = process.platform === "win32" ? [["py", "-3"], ["python"], ["python3"]] : [["python3"], ["python"]];
const python = pythons.find(([name, ...more]) => spawnSync(name, [...more, "-c", isNew]).status === 0);

if (!application) {
  console.error("code-card: code-card.pyz is missing. In a checkout, build it first: python3 client/build.py");
  process.exit(1);
}
if (!python) {
  console.error("code-card needs Python 3.9 or newer, and found none on PATH. Install it from https://www.python.org/downloads/");
  process.exit(1);
}
const [name, ...more] = python;
const done = spawnSync(name, [...more, application, ...process.argv.slice(2)], { stdio: "inherit" });
process.exit(done.status === null ? 1 : done.status);
