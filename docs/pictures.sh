#!/usr/bin/env bash
# Draws the pictures of docs/physics into docs/images, with the program alone. About 4 minutes on two cores.
# Devices: docs/physics/devices; studies: docs/physics/studies. Set OHMSPIKE to use another binary.
set -euo pipefail
cd "$(dirname "$0")/.."
ohmspike="${OHMSPIKE:-target/release/ohmspike}"
images=docs/images
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
mkdir -p "$images"

device() { # NAME|FILE PICTURE [--set KEY=VALUE ...]
    "$ohmspike" device plot "$1" --out "$work/$2.svg" "${@:3}" >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
    keep "$work/$2" "$2"
}

study() { # STUDY FIGURE PICTURE: runs the study once and keeps one of its figures
    if [ ! -d "$work/$1" ]; then
        echo "running docs/physics/studies/$1.toml" >&2
        "$ohmspike" run "docs/physics/studies/$1.toml" --out "$work/$1" >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
    fi
    keep "$work/$1/figures/$2" "$3"
}

keep() { # FIGURE PICTURE: the SVG, which is the smaller file in every case so far
    cp "$1.svg" "$images/$2.svg"
    echo "$images/$2.svg" >&2
}

device ideal window
for file in docs/physics/devices/*.json; do
    name="$(basename "$file" .json)"
    case "$name" in
        faults | converters | energy) ;; # no curve of a single cell shows these
        *) device "$file" "$name" ;;
    esac
done

# 128 x 100 equal cells of 17 µS with lines of 1 ohm per cell and ends of 100 ohm.
row="$(printf '17 %.0s' {1..100})"
{ echo "unit microsiemens"; for _ in {1..128}; do echo "$row"; done; } >"$work/map.csv"
"$ohmspike" array solve "$work/map.csv" --inputs 0.1 --plot "$work/wires-map.svg" --voltages "$work/nodes.csv" \
    --wires word_line_ohm_per_cell=1,bit_line_ohm_per_cell=1,driver_ohm=100,sense_ohm=100 >"$work/log"
keep "$work/wires-map" wires-map

study faults outcome-over-device.faults.p_dead_column faults
study converters outcome-over-device.converters.adc.bits converters
study noise outcome-over-noise.level_percent noise
study signs outcome-over-network.excitatory_fraction signs
study surrogate outcome-over-training.surrogate_steepness surrogate
study network example-activity lif
study network weight-update update-noise
study network spike-train-distances distances
study izhikevich example-activity izhikevich
study encoding example-activity poisson
