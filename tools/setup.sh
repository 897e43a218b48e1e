#!/bin/sh
# Installs the Debian or Ubuntu packages that the tests use: a PC/SC service with a virtual reader and its headers (so
# that `npm ci` can build the PC/SC binding), a C compiler, openssl, socat and udev for the scanner tests, OCR-B for
# the pictures of cards, Chromium and letters for the tests of the desk page, systemd and curl for those of the service,
# and Java with Maven for the interop tests.
# Run again at any time; asks for sudo where it is needed.
set -eu
packages="pcscd vsmartcard-vpcd libpcsclite-dev pcsc-tools opensc openssl libeac-dev build-essential pkg-config python3 \
  util-linux iproute2 procps systemd curl socat udev softhsm2 fontconfig fonts-ocr-b \
  chromium fonts-noto-core"
# A Java with Maven that is there already is used as it is.
if ! command -v javac >/dev/null 2>&1; then packages="$packages default-jdk-headless"; fi
if ! command -v mvn >/dev/null 2>&1; then packages="$packages maven"; fi
missing=""
for package in $packages; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
done
if [ -z "$missing" ]; then
  echo "setup: everything is installed"
  exit 0
fi
echo "setup: installing$missing"
as_root=""
if [ "$(id -u)" != 0 ]; then as_root="sudo"; fi
$as_root apt-get update -qq
# shellcheck disable=SC2086
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing
