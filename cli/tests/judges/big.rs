//! Files of 6 GiB in at most 32 MiB of memory, and judges that can read them: `CERALACCA_BIG=1`.
//!
//! The binary is the release one, beside the one under test (`cargo build --release`). The files lie in
//! `CERALACCA_BIG_DIR`, else in `/dev/shm` where it is roomy, else in the system's folder for temporary
//! files, at most [`ROOM`] of them at a time, and they go with the test whatever its end.

use std::fs::{self, File};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use crate::CADES_NO;
use crate::desk::{Desk, accepts, has_openssl, octets, refuses, run, skipped};

const GIB: u64 = 1 << 30;

/// What must be free: the content is a hole, two signed copies of it are not, and the third file is cut off
/// before the first is gone.
const ROOM: u64 = 13 * GIB;

/// Free memory and three files of 6 GiB with a good margin: only then is memory used as a disk.
const ROOMY: u64 = 26 * GIB;

/// Peak resident memory in KiB, as the issue of the main job sets it.
const LIMIT: u64 = 32 << 10;

fn free(folder: &Path) -> u64 {
    let words = ["--output=avail", "--block-size=1"];
    let said = run(Command::new("df").args(words).arg(folder)).said;
    said.split_whitespace().last().and_then(|number| number.parse().ok()).unwrap_or(0)
}

fn place() -> PathBuf {
    let roomy = || Some(PathBuf::from("/dev/shm")).filter(|shm| free(shm) > ROOMY);
    let given = std::env::var_os("CERALACCA_BIG_DIR").map(PathBuf::from);
    given.or_else(roomy).unwrap_or_else(std::env::temp_dir)
}

/// The release binary, in the same target folder as the one under test.
fn release() -> PathBuf {
    let debug = Path::new(env!("CARGO_BIN_EXE_ceralacca"));
    debug.parent().unwrap().with_file_name("release").join("ceralacca")
}

struct Big {
    desk: Desk,
    binary: PathBuf,
}

impl Big {
    /// `None`, and said, where the run is switched off or something is missing.
    fn open() -> Option<Self> {
        if std::env::var_os("CERALACCA_BIG").is_none_or(|value| value != "1") {
            println!("skipped: the runs over 6 GiB (CERALACCA_BIG=1)");
            return None;
        }
        let (binary, place) = (release(), place());
        if !binary.is_file() {
            skipped("there is no release binary (cargo build --release)");
            return None;
        }
        if Command::new("time").arg("--version").output().is_err() {
            skipped("there is no GNU time");
            return None;
        }
        let free = free(&place);
        if free < ROOM {
            let (free, place) = (free / GIB, place.display());
            skipped(&format!("{place} has {free} GiB free (CERALACCA_BIG_DIR)"));
            return None;
        }
        let dir = tempfile::Builder::new().prefix("ceralacca-big-").tempdir_in(place).unwrap();
        Some(Self { desk: Desk::at(dir), binary })
    }

    /// A file with something only at its two ends and in its middle.
    fn sparse(&self, name: &str, length: u64) {
        let mut file = File::create(self.desk.path(name)).unwrap();
        file.set_len(length).unwrap();
        for at in [0, length / 2 - 333, length - 1000] {
            file.seek(SeekFrom::Start(at)).unwrap();
            file.write_all(&octets(1000)).unwrap();
        }
    }

    /// One run of ours: its exit code and peak memory, which must keep the limit.
    #[track_caller]
    fn runs(&self, wanted: i32, words: &str, key: Option<&str>) {
        let report = self.desk.path("peak");
        let begun = Instant::now();
        let mut command = Command::new("time");
        command.args(["-q", "-f", "%M", "-o"]).arg(&report).arg(&self.binary).arg("--no-input");
        command.args(words.split(' ')).args(key.iter().flat_map(|id| self.desk.key(id)));
        command
            .current_dir(self.desk.path(""))
            .env("XDG_CONFIG_HOME", "/nonexistent")
            .env("XDG_CACHE_HOME", "/dev/null");
        let out = command.output().unwrap();
        let said = String::from_utf8_lossy(&out.stderr);
        assert_eq!(out.status.code(), Some(wanted), "ceralacca {words}\n{said}");
        let peak = fs::read_to_string(report).unwrap();
        let peak: u64 = peak.split_whitespace().last().unwrap().parse().unwrap();
        println!("{:6.1} s {:5.1} MiB ceralacca {words}", begun.elapsed().as_secs_f64(), mib(peak));
        assert!(peak <= LIMIT, "{:.1} MiB: ceralacca {words}", mib(peak));
    }

    fn remove(&self, name: &str) {
        fs::remove_file(self.desk.path(name)).unwrap();
    }

    fn turn_a_bit_of(&self, name: &str, at: u64) {
        let mut file = File::options().write(true).open(self.desk.path(name)).unwrap();
        file.seek(SeekFrom::Start(at)).unwrap();
        // There was a zero: the hole between the ends.
        file.write_all(&[1]).unwrap();
    }
}

fn mib(kib: u64) -> f64 {
    f64::from(u32::try_from(kib).unwrap()) / 1024.0
}

const GIVEN: &str = "--trust lab/trust --crl lab/revocation";

#[test]
fn six_gibibytes_in_little_memory() {
    let Some(big) = Big::open() else { return };
    let desk = &big.desk;
    big.sparse("big.bin", 6 * GIB);

    // The signature apart: here OpenSSL reads any size.
    big.runs(0, "sign big.bin --detached -o big.p7s", Some("rsa"));
    big.runs(0, &format!("verify big.p7s --content big.bin {GIVEN}"), None);
    if has_openssl() {
        let words = "cms -verify -cades -binary -inform DER -in big.p7s -content big.bin \
                     -CAfile roots.pem -purpose any -crl_check_all -out /dev/null";
        let words: Vec<&str> = words.split_whitespace().collect();
        accepts("openssl cms", "big.p7s", desk.openssl(&words));
    }

    big.runs(0, "sign big.bin -o one.p7m", Some("rsa"));
    big.runs(0, &format!("verify one.p7m {GIVEN}"), None);
    big.runs(0, "cosign one.p7m -o two.p7m", Some("p256"));
    big.remove("one.p7m");
    big.runs(0, &format!("verify two.p7m {GIVEN}"), None);
    accepts("cades", "two.p7m", desk.cades("two.p7m", &["--signers", "2", "--min-level", "B"]));
    big.runs(0, "extract two.p7m -o out.bin", None);
    let same = run(Command::new("cmp").arg(desk.path("big.bin")).arg(desk.path("out.bin")));
    assert!(same.accepts, "{}", same.said);
    big.remove("out.bin");

    big.turn_a_bit_of("two.p7m", 5 * GIB);
    big.runs(1, &format!("verify two.p7m {GIVEN}"), None);
    refuses("cades", "two.p7m, altered", desk.cades("two.p7m", &[]), CADES_NO);
    big.remove("two.p7m");
    big.turn_a_bit_of("big.bin", 5 * GIB);
    big.runs(1, &format!("verify big.p7s --content big.bin {GIVEN}"), None);
}

/// Every level above the first reads the content once and writes the tail anew.
#[test]
fn six_gibibytes_to_the_archive_level() {
    let Some(big) = Big::open() else { return };
    let desk = &big.desk;
    big.sparse("big.bin", 6 * GIB);
    big.runs(0, "sign big.bin -o one.p7m", Some("rsa"));
    big.remove("big.bin");
    let online = format!("--tsa {} --trust lab/trust --allow-net 127.0.0.0/8", desk.tsa());
    big.runs(0, &format!("extend one.p7m --level lta {online} -o lta.p7m"), None);
    big.remove("one.p7m");
    big.runs(0, "verify lta.p7m --trust lab/trust", None);
    let words = ["--signers", "1", "--min-level", "LTA"];
    accepts("cades", "lta.p7m", desk.cades("lta.p7m", &words));
    big.runs(0, &format!("extend lta.p7m --level lta {online} -o again.p7m"), None);
    big.remove("lta.p7m");
    accepts("cades", "again.p7m", desk.cades("again.p7m", &words));
    big.turn_a_bit_of("again.p7m", 5 * GIB);
    big.runs(1, "verify again.p7m --trust lab/trust", None);
    refuses("cades", "again.p7m, altered", desk.cades("again.p7m", &[]), CADES_NO);
}

/// As much as OpenSSL can hold: its buffers end 4 octets below 1.5 GiB (`crypto/buffer/buffer.c`), and the
/// whole file goes into one.
#[test]
fn openssl_reads_what_we_attach_to_a_gibibyte_and_a_half() {
    if !has_openssl() {
        return;
    }
    let Some(big) = Big::open() else { return };
    big.sparse("c.bin", 3 * GIB / 2 - (1 << 20));
    big.runs(0, "sign c.bin -o half.p7m", Some("p256"));
    let words = "cms -verify -cades -binary -inform DER -in half.p7m -CAfile roots.pem \
                 -purpose any -crl_check_all -out out";
    let words: Vec<&str> = words.split_whitespace().collect();
    accepts("openssl cms", "half.p7m", big.desk.openssl(&words));
    let [content, out] = ["c.bin", "out"].map(|name| big.desk.path(name));
    assert!(run(Command::new("cmp").arg(content).arg(out)).accepts);
}
