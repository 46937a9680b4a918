#!/bin/sh
# Our forecasts beside statsforecast's and anofox-forecast's: the same series, one thread, one run.
# usage: benches/peers/forecast.sh FILE [python]   (FILE as forecast_peers.py says)
set -e
file=$(realpath "$1")
python=${2:-python3}
cd "$(dirname "$0")/../.."
cargo bench --quiet --bench forecast_peers -- "$file"
cargo run --quiet --release --manifest-path benches/peers/anofox/Cargo.toml -- "$file"
"$python" benches/peers/forecast_peers.py "$file" --models AutoETS,AutoCES,DOT
