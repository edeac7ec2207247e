#!/usr/bin/env bash
# Installs the .NET tool of FOLDER into a folder of its own, asks its version, runs the demo: proxy/Host/Packaging/try-tool.sh FOLDER
#   FOLDER   where dotnet pack proxy/Host -o FOLDER left it
set -euo pipefail
packages=$(realpath "$1")
place=$(mktemp -d)
trap 'rm -rf -- "$place"' EXIT
version=$(basename "$(ls -t "$packages"/Swarmstream.*.nupkg | head -n 1)" .nupkg)
cd "$place"
dotnet tool install Swarmstream --version "${version#Swarmstream.}" --tool-path "$place/tool" --add-source "$packages"
export HOME=$place XDG_CACHE_HOME=$place/cache XDG_STATE_HOME=$place/state XDG_CONFIG_HOME=$place/config XDG_RUNTIME_DIR=$place
"$place/tool/swarmstream" --version
"$place/tool/swarmstream" demo --once
