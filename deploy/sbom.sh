#!/usr/bin/env bash
# Writes the bill of materials of the service and of the client package, in the format of CycloneDX: every package, its version and its hash.
#
#   deploy/sbom.sh [FOLDER]   default: artifacts/sbom
set -euo pipefail
cd "$(dirname "$0")/.."
folder=${1:-artifacts/sbom}
version=$(sed -n 's:.*<Version>\(.*\)</Version>.*:\1:p' Directory.Build.props)
dotnet tool restore
for project in ConnectionState ConnectionState.Client; do
  dotnet dotnet-CycloneDX "src/$project/$project.csproj" --output "$folder" --filename "$project.cdx.json" --output-format Json \
    --set-name "$project" --set-version "$version"
done
ls -l "$folder"
