#!/usr/bin/env bash
# build-deb.sh [FOLDER [ARCHITECTURE]]: packs what npm packs, with what it depends on, as Debian has it.
set -euo pipefail
umask 022
target=$(realpath "${1:-.}")
architecture=${2:-$(dpkg --print-architecture)}
cd "$(dirname "$0")/.."

# What serialport calls Debian's architectures. There is no other code that is not the same on all of them.
declare -A platforms=([amd64]=linux-x64 [arm64]=linux-arm64 [armhf]=linux-arm)
platform=${platforms[$architecture]}
version=$(node --print 'require("./package.json").version')

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
root=$scratch/root
library=$root/usr/lib/phpstack-ts
share=$root/usr/share
mkdir -p "$root"/{DEBIAN,usr/bin,usr/lib/systemd/system} "$library" "$share/doc/phpstack-ts"

npm pack --ignore-scripts --silent --pack-destination "$scratch" > /dev/null
tar --extract --file "$scratch/phpstack-ts-$version.tgz" --strip-components 1 --no-same-permissions --directory "$library"
cp package-lock.json "$library"
npm ci --prefix "$library" --omit dev --ignore-scripts --prefer-offline --no-audit --no-fund --silent
rm "$library/package-lock.json"
prebuilds=$library/node_modules/@serialport/bindings-cpp/prebuilds
find "$prebuilds" -mindepth 1 \( -type d ! -name "$platform" -o -name '*.musl.node' \) -prune -exec rm -r {} +

ln -s ../lib/phpstack-ts/bin/phpstack-ts.js "$root/usr/bin/phpstack-ts"
cp "$library/systemd/phpstack-ts@.service" "$root/usr/lib/systemd/system"
cp LICENSE "$share/doc/phpstack-ts/copyright"
mv "$library/CHANGELOG.md" "$share/doc/phpstack-ts/changelog"
node --import tsx packaging/share.ts "$share"
gzip --best --no-name "$share/doc/phpstack-ts/changelog" "$share/man/man1/phpstack-ts.1"

cp packaging/deb/{postinst,prerm,postrm} "$root/DEBIAN"
sed "s/@VERSION@/$version/; s/@ARCHITECTURE@/$architecture/" packaging/deb/control > "$root/DEBIAN/control"
(cd "$root" && find usr -type f -exec md5sum {} + > DEBIAN/md5sums)
chmod -R u=rwX,go=rX "$root/usr"
dpkg-deb --root-owner-group --build "$root" "$target"
