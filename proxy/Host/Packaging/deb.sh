#!/usr/bin/env bash
# A Debian package of the archive: proxy/Host/Packaging/deb.sh leaves proxy/Host/bin/archive/swarmstream_VERSION_ARCHITECTURE.deb
#   deb.sh [linux-x64|linux-arm64]
set -euo pipefail
cd "$(dirname "$0")/.."
profile=${1:-linux-x64}
case $profile in
  linux-x64) architecture=amd64 ;;
  linux-arm64) architecture=arm64 ;;
  *) echo "No such archive: $profile" >&2; exit 2 ;;
esac
# Of all versions that lie there, the one that is built now.
version=$(dotnet msbuild -getProperty:Version -p:PublishProfile="$profile")
archive=bin/archive/swarmstream-$version-$profile
dotnet publish -v quiet -p:PublishProfile="$profile"
root=$(mktemp -d)
trap 'rm -rf -- "$root"' EXIT
chmod 755 "$root"

install -D -m 755 "$archive/swarmstream" "$root/usr/lib/swarmstream/swarmstream"
install -d "$root/usr/bin"
ln -s ../lib/swarmstream/swarmstream "$root/usr/bin/swarmstream"
# The unit is the example's, but for where the program lies.
sed -e 's#/usr/local/bin/#/usr/bin/#' -e '/^Description=/a Documentation=file:///usr/share/doc/swarmstream/README.md' Lifetime/Systemd/swarmstream.service |
  install -D -m 644 /dev/stdin "$root/usr/lib/systemd/system/swarmstream.service"
install -D -m 644 Packaging/swarmstream-user.service "$root/usr/lib/systemd/user/swarmstream.service"
install -D -m 644 "$archive/LICENSE" "$root/usr/share/doc/swarmstream/copyright"
install -D -m 644 "$archive/README.md" "$root/usr/share/doc/swarmstream/README.md"
# A program of this machine tells the scripts; they are the same everywhere.
teller=("$archive/swarmstream")
if [ "$(dpkg --print-architecture)" != "$architecture" ]; then teller=(dotnet run -c Release --); fi
told() { "${teller[@]}" completion "$1" | install -D -m 644 /dev/stdin "$root/usr/share/$2"; }
told bash bash-completion/completions/swarmstream
told zsh zsh/vendor-completions/_swarmstream
told fish fish/vendor_completions.d/swarmstream.fish

install -d "$root/DEBIAN"
install -m 755 Packaging/debian/prerm Packaging/debian/postrm "$root/DEBIAN"
sed "s/@VERSION@/$version/; s/@ARCHITECTURE@/$architecture/; s/@SIZE@/$(du -ks --exclude=DEBIAN "$root" | cut -f 1)/" Packaging/debian/control >"$root/DEBIAN/control"
package=bin/archive/swarmstream_${version}_$architecture.deb
dpkg-deb --root-owner-group -Zxz --build "$root" "$package" >/dev/null
echo "$(pwd)/$package"
