"""The browser of the tests: found, installed where that is possible, or asked for in one sentence."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
DEBIAN_PACKAGES = ("chromium", "fonts-noto-cjk", "fontconfig")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WANTED_BROWSER = "The browser tests need Chromium: install it (Debian: apt-get install chromium) or set CHROMIUM."
WANTED_FONTS = "The browser tests need a Chinese font: install one (Debian: apt-get install fonts-noto-cjk fontconfig)."


class MissingError(RuntimeError):
    """Something is not there that the tests cannot install themselves; the text says what."""


def set_up() -> Path:
    """Chromium's path, after installing what was missing; MissingError if it cannot be had."""
    if (find() is None or not has_chinese_font()) and _is_debian_root():
        _apt_install()
    if find() is None:
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)
    return require()


def require() -> Path:
    """Chromium's path; MissingError says what is missing."""
    path = find()
    if path is None:
        raise MissingError(WANTED_BROWSER)
    if not has_chinese_font():
        raise MissingError(WANTED_FONTS)
    return path


def find() -> Path | None:
    """The browser that CHROMIUM names, or one on PATH, or Playwright's own."""
    if named := os.environ.get("CHROMIUM"):
        return Path(named) if _runs(named) else None
    on_path = next((found for name in NAMES if (found := shutil.which(name)) and _runs(found)), None)
    return Path(on_path) if on_path else _playwrights_own()


def has_chinese_font() -> bool:
    """Whether fontconfig knows a font with Chinese; macOS always has one."""
    if sys.platform == "darwin":
        return True
    if shutil.which("fc-list") is None:
        return False
    return bool(subprocess.run(["fc-list", ":lang=zh"], capture_output=True, check=False).stdout.strip())


def _runs(program: str) -> bool:
    """Whether it is a browser; on Ubuntu `chromium-browser` may be a script that asks for a snap."""
    try:
        return subprocess.run([program, "--version"], capture_output=True, timeout=30, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _playwrights_own() -> Path | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = Path(playwright.chromium.executable_path)
    return path if path.exists() else None


def _is_debian_root() -> bool:
    release = Path("/etc/os-release")
    return os.geteuid() == 0 and release.exists() and "ID=debian" in release.read_text().splitlines()


def _apt_install() -> None:
    print(f"Installing {', '.join(DEBIAN_PACKAGES)} ...", flush=True)
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update", "-q"], ["install", "-qy", "--no-install-recommends", *DEBIAN_PACKAGES]):
        subprocess.run(
            ["apt-get", *command], env=env, stdout=subprocess.DEVNULL, check=False
        )  # what counts is what is there after
