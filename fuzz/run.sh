#!/bin/sh
# Runs the fuzz targets one after the other, each for SECONDS.
#
#   fuzz/run.sh SECONDS [TARGET...]
#
# Seeds come from ${CERALACCA_SHARED}/corpus (default: ../shared beside the
# repository); they are linked under fuzz/target, never copied into the project. What a run finds
# worth keeping goes to fuzz/corpus, a crash to fuzz/artifacts; neither is under
# version control: a crash that is understood becomes a test of its crate.
#
# The bars are those of the release: 2 s and 256 MiB an input (the sanitizer
# takes some five times the time, hence the 10 s below).
set -eu

here=$(cd "$(dirname "$0")" && pwd)
[ $# -ge 1 ] || { sed -n '2,13s/^# \{0,1\}//p' "$0"; exit 2; }
seconds=$1
shift
[ $# -gt 0 ] || set -- $(sed -n 's/^name = "\(.*\)"$/\1/p' "$here/Cargo.toml" | grep -v '^ceralacca-fuzz$')

shared=${CERALACCA_SHARED:-$here/../../shared}
corpus=$shared/corpus
[ -d "$corpus" ] || { echo "no corpus at $corpus: starting from nothing" >&2; corpus=; }
case $corpus in '' | /*) ;; *) corpus=$(cd "$corpus" && pwd) ;; esac
vectors=$here/../test-vectors

# Files of up to 256 KiB whose names fit, linked under $seeds.
link() {
    folder=$1
    shift
    [ -d "$folder" ] || return 0
    find "$folder" -type f -size -256k "$@" | while read -r file; do
        # Names repeat across folders; the path makes them unique.
        ln -sf "$file" "$seeds/$(printf %s "$file" | cksum | tr ' ' -)"
    done
}

# Every PEM block of the files whose names fit, as the octets it stands for.
unpem() {
    folder=$1
    shift
    [ -d "$folder" ] || return 0
    find "$folder" -type f -size -256k "$@" | while read -r file; do
        awk -v out="$seeds/$(printf %s "$file" | cksum | tr ' ' -)" '
            /^-----BEGIN /  { name = out "-" ++n ".b64"; next }
            /^-----END /    { if (name) close(name); name = ""; next }
            name            { print > name }' "$file"
    done
    for text in "$seeds"/*.b64; do
        [ -e "$text" ] || continue
        base64 -d -i "$text" >"${text%.b64}" 2>/dev/null || rm -f "${text%.b64}"
        rm -f "$text"
    done
}

seeds_for() {
    seeds=$here/target/seeds/$1
    rm -rf "$seeds"
    mkdir -p "$seeds" "$here/corpus/$1" "$here/artifacts/$1"
    if [ -n "$corpus" ]; then
        case $1 in
        asn1_*) link "$corpus/fuzz-corpora" ; link "$corpus" \( -name '*.p7m' -o -name '*.tsr' \) ;;
        armor) link "$corpus" \( -name '*.pem' -o -name '*.p7m' -o -name '*.p7s' \) ;;
        certificate | path) link "$corpus/fuzz-corpora/x509"; link "$corpus" \( -name '*.crt' -o -name '*.pem' \) ;;
        crl) link "$corpus/fuzz-corpora/crl"; link "$corpus" -name '*.crl'
            unpem "$corpus" -path '*crl*' -name '*.pem' ;;
        ocsp) unpem "$corpus" -path '*ocsp*' -name '*.pem' ;;
        keys) link "$here/../crates/crypto/tests/data" ;;
        cms | verdict | rewrite | archive_attributes) link "$corpus/fuzz-corpora/cms"
            link "$corpus" \( -name '*.p7m' -o -name '*.p7s' -o -name '*.pkcs7' -o -name '*.scs' \) ;;
        tst) link "$corpus/fuzz-corpora/cms"; link "$corpus" \( -name '*.tsr' -o -name '*.tst' \) ;;
        tsd | m7m) link "$corpus" -name "*.$1" ;;
        pindex) link "$corpus" -name '*.xml' ;;
        asic_manifest) link "$corpus" -iname '*manifest*.xml' ;;
        package_zip | asic) link "$corpus" \( -name '*.asic*' -o -name '*.sce' -o -name '*.scs' -o -name '*.zip' \) ;;
        esac
    fi
    # What no public file shows: archives, metadata under a stamp, containers, made by the lab.
    case $1 in
    cms | verdict | rewrite | archive_attributes) link "$made" -name '*.p7m' ;;
    tst) link "$made" -name '*.tsr' ;;
    tsd | m7m) link "$made" -name "*.$1" ;;
    asic) link "$made" -name '*.asic*' ;;
    asic_manifest) link "$made" -name '*.xml' ;;
    path) link "$made" -name '*.chain' ;;
    esac
    case $1 in
    metadata_toml) link "$here/../crates/preservation" -name '*.toml' ! -name Cargo.toml ;;
    pindex) link "$vectors" -name '*.xml' ;;
    package_zip) link "$vectors" -name '*.zip' ;;
    esac
}

cd "$here"
export OPENSSL_NO_VENDOR="${OPENSSL_NO_VENDOR-1}"
cargo +nightly fuzz build --fuzz-dir .
made=$here/target/made
rm -rf "$made"
cargo run --quiet --manifest-path "$here/../Cargo.toml" --package ceralacca-lab --example seeds -- "$made"
bin=$here/target/$(rustc +nightly -vV | sed -n 's/^host: //p')/release
status=0
for target; do
    seeds_for "$target"
    log=$here/artifacts/$target/log
    printf '%s: %s seeds, ' "$target" "$(find "$seeds" ! -type d | wc -l | tr -d ' ')"
    if "$bin/$target" -max_total_time="$seconds" -max_len=262144 -timeout=10 \
        -malloc_limit_mb=256 -rss_limit_mb=2048 -print_final_stats=1 \
        -artifact_prefix="$here/artifacts/$target/" \
        "$here/corpus/$target" "$seeds" >"$log" 2>&1; then
        sed -n 's/^stat::number_of_executed_units: */runs: /p' "$log"
    else
        status=1
        echo "FAILED, see ${log#"$here/../"}"
        grep -a -m1 -A1 -e 'panicked at' -e 'ERROR: ' "$log" | cut -c1-300
    fi
done
exit $status
