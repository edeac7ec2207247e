#!/usr/bin/env bash
# Installs the Debian package, tries it, purges it, and looks whether anything is left: proxy/Host/Packaging/try-deb.sh FILE.deb (as root).
set -euo pipefail
package=$1
if dpkg-query -W swarmstream >/dev/null 2>&1; then echo "swarmstream is installed here already; this would purge it." >&2; exit 2; fi
left() { find /usr /etc /var -xdev \( -path /var/lib/dpkg -o -path /var/cache/apt \) -prune -o -name '*swarmstream*' -print; }
before=$(left)

dpkg -i "$package"
swarmstream --version
swarmstream demo --once
systemd-analyze verify /usr/lib/systemd/system/swarmstream.service
XDG_RUNTIME_DIR=${XDG_RUNTIME_DIR:-/run} systemd-analyze --user verify /usr/lib/systemd/user/swarmstream.service
bash -c 'source /usr/share/bash-completion/completions/swarmstream; COMP_LINE="swarmstream torr" COMP_POINT=16; _swarmstream swarmstream torr; [ "${COMPREPLY[*]}" = torrent ]'
dpkg --purge swarmstream
if [ "$(left)" != "$before" ]; then echo "Left behind: $(left)" >&2; exit 1; fi
echo "Installed, tried, verified and purged clean."
