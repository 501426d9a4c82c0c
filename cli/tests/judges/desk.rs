//! A folder with a lab, our binary and the outside judges at hand.

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};
use lab::{Config, KeyKind, Lab, Running, SignerSpec, wrap};
use serde_json::{Value, json};

/// What one judge said of one file.
pub(crate) struct Verdict {
    /// Whether it accepts the file.
    pub(crate) accepts: bool,
    /// Its words.
    pub(crate) said: String,
}

/// How pyHanko shall sign `c.bin`.
pub(crate) struct PyHanko<'a> {
    pub(crate) id: &'a str,
    /// PSS rather than PKCS#1 v1.5, with an RSA key.
    pub(crate) pss: bool,
    pub(crate) detached: bool,
    /// With a time-stamp: CAdES-T.
    pub(crate) tsa: Option<&'a str>,
}

/// The folder; everything in it goes when it is dropped.
pub(crate) struct Desk {
    dir: tempfile::TempDir,
    lab: Running,
    peer: OnceCell<Option<Mutex<Peer>>>,
}

/// What lets a verb reach the lab, whose URLs in certificates are on the loopback.
pub(crate) const ONLINE: [&str; 4] = ["--trust", "lab/trust", "--allow-net", "127.0.0.0/8"];

/// Whether an absent judge fails the test that asks it.
pub(crate) fn required() -> bool {
    std::env::var("CERALACCA_REQUIRE_JUDGES").is_ok_and(|value| value == "1")
}

/// Says once that something is not run, or fails where everything must be.
pub(crate) fn skipped(what: &str) {
    static SAID: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    assert!(!required(), "CERALACCA_REQUIRE_JUDGES=1, and {what}");
    if SAID.lock().unwrap().insert(what.to_owned()) {
        println!("skipped: {what}");
    }
}

/// Whether there is an `openssl` program.
pub(crate) fn has_openssl() -> bool {
    let found = Command::new("openssl").arg("version").output().is_ok();
    if !found {
        skipped("there is no openssl program");
    }
    found
}

pub(crate) fn s(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// So many octets that do not repeat soon.
pub(crate) fn octets(length: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut out = Vec::with_capacity(length + 8);
    while out.len() < length {
        // xorshift64: nothing here needs to be unpredictable.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        out.extend_from_slice(&state.to_le_bytes());
    }
    out.truncate(length);
    out
}

impl Desk {
    /// A lab now, with signers of every kind of key; `c.bin` is the content.
    pub(crate) fn open() -> Self {
        Self::at(tempfile::tempdir().unwrap())
    }

    /// The same in a folder of choice.
    pub(crate) fn at(dir: tempfile::TempDir) -> Self {
        let now: DateTime<Utc> = std::time::SystemTime::now().into();
        let now = DateTime::from_timestamp(now.timestamp(), 0).unwrap();
        let person = |id, surname, given, key| SignerSpec::new(id, surname, given, now).key(key);
        let signers = vec![
            person("rsa", "PROVADINI", "ADA", KeyKind::Rsa(2048)),
            person("p256", "FINTOLI", "LUCA", KeyKind::P256),
            person("p384", "FALSETTI", "IVO", KeyKind::P384),
            person("p521", "MODELLI", "EVA", KeyKind::P521),
            person("brainpool", "ESEMPIONI", "RITA", KeyKind::BrainpoolP256),
            person("pss", "TESTONI", "UGO", KeyKind::RsaPssOnly(2048)),
            person("ed25519", "CHIAVINI", "PIA", KeyKind::Ed25519),
        ];
        let config = Config { signers, revocations: Vec::new(), ..Config::quick(now) };
        let lab = Lab::start(&config, Arc::new(|| std::time::SystemTime::now().into())).unwrap();
        let desk = Self { dir, lab, peer: OnceCell::new() };
        let pki = desk.lab.pki();
        lab::disk::write(&desk.path("lab"), &pki, &config.pin).unwrap();
        for entity in pki.entities() {
            desk.put(&format!("{}.key", entity.id), entity.key.pem().unwrap());
        }
        let roots: String = pki.roots().map(|root| root.certificate.pem()).collect();
        let crls: String = ["root", "ca", "tsa-root"]
            .map(|id| std::fs::read(desk.crl(id)).unwrap())
            .map(|der| wrap::pem("X509 CRL", &der))
            .concat();
        desk.put("roots.pem", roots.clone() + &crls);
        desk.put("c.bin", octets(40_000));
        desk
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn put(&self, name: &str, octets: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, octets).unwrap();
        path
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap()
    }

    pub(crate) fn tsa(&self) -> String {
        self.lab.tsa_url("tsa")
    }

    pub(crate) fn certificate(&self, id: &str) -> PathBuf {
        self.path(&format!("lab/signers/{id}.cer.pem"))
    }

    fn crl(&self, id: &str) -> PathBuf {
        self.path(&format!("lab/revocation/{id}.crl"))
    }

    fn roots(&self) -> [PathBuf; 2] {
        ["root", "tsa-root"].map(|id| self.path(&format!("lab/trust/{id}.pem")))
    }

    fn crls(&self) -> [PathBuf; 3] {
        ["root", "ca", "tsa-root"].map(|id| self.crl(id))
    }
}

/// # Ours
impl Desk {
    /// Our binary, in the folder, in English, with nobody's configuration.
    pub(crate) fn ceralacca(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ceralacca"));
        command.current_dir(self.dir.path()).stdin(Stdio::null());
        command
            .env("XDG_CONFIG_HOME", "/nonexistent")
            .env("XDG_CACHE_HOME", "/dev/null")
            .env("LC_ALL", "C")
            .arg("--no-input");
        command
    }

    /// The flags of a signer's key.
    pub(crate) fn key(&self, id: &str) -> [String; 4] {
        let file = |extension| format!("lab/signers/{id}.{extension}");
        ["--key".into(), format!("p12:{}", file("p12")), "--password-file".into(), file("pin")]
    }

    /// One of our verbs that must succeed.
    #[track_caller]
    pub(crate) fn does(&self, words: &[&str], keys: &[&str]) {
        let mut command = self.ceralacca();
        command.args(words).args(keys.iter().flat_map(|id| self.key(id)));
        let out = command.output().unwrap();
        let said = String::from_utf8_lossy(&out.stderr);
        assert!(out.status.success(), "ceralacca {words:?}: {:?}\n{said}", out.status);
    }

    /// `extend` to a level, with what the lab serves.
    #[track_caller]
    pub(crate) fn extends(&self, file: &str, level: &str, out: &str, words: &[&str]) {
        let tsa = self.tsa();
        let fixed = ["extend", file, "--level", level, "--tsa", &tsa, "-o", out];
        self.does(&[&fixed, &ONLINE[..], words].concat(), &[]);
    }

    /// The levels of a file's signatures, in their order.
    #[track_caller]
    pub(crate) fn levels(&self, file: &str, words: &[&str]) -> Vec<String> {
        let (_, told) = self.judged(file, words);
        let all = told["data"]["signatures"].as_array().unwrap();
        all.iter().map(|one| one["level"].as_str().unwrap().to_owned()).collect()
    }

    /// We accept it with nothing but the roots: what it needs is inside.
    #[track_caller]
    pub(crate) fn we_accept_alone(&self, file: &str, signers: usize, words: &[&str]) {
        let (code, told) = self.judged(file, words);
        assert_eq!(code, 0, "{file} {words:?}: {told:#}");
        let all = told["data"]["signatures"].as_array().unwrap();
        assert_eq!(all.len(), signers, "{file}: {told:#}");
        println!("ceralacca   accepts {file} {} offline", words.join(" "));
    }

    /// Our judgement: exit code and JSON.
    #[track_caller]
    pub(crate) fn judged(&self, file: &str, words: &[&str]) -> (i32, Value) {
        let mut command = self.ceralacca();
        command.args(["verify", file, "--json", "--trust", "lab/trust"]).args(words);
        let out = command.output().unwrap();
        let code = out.status.code().expect("not killed");
        let told = serde_json::from_slice(&out.stdout).unwrap_or_else(|error| {
            panic!("{file}: {error}\n{}", String::from_utf8_lossy(&out.stderr))
        });
        (code, told)
    }

    /// We accept it, with its revocation data; without them we say that we cannot know, and intact.
    #[track_caller]
    pub(crate) fn we_accept(&self, file: &str, signers: usize, words: &[&str]) {
        let with_crls = [words, &["--crl", "lab/revocation"]].concat();
        for (wanted, indication, words) in
            [(0, "TOTAL-PASSED", &with_crls[..]), (3, "INDETERMINATE", words)]
        {
            let (code, told) = self.judged(file, words);
            assert_eq!(code, wanted, "{file} {words:?}: {told:#}");
            let signatures = told["data"]["signatures"].as_array().unwrap();
            assert_eq!(signatures.len(), signers, "{file}: {told:#}");
            for signature in signatures {
                assert_eq!(signature["intact"], true, "{file}: {told:#}");
                assert_eq!(signature["indication"], indication, "{file}: {told:#}");
            }
        }
        println!("ceralacca   accepts {file} {}", words.join(" "));
    }

    /// Intact, and below what the policy asks: EdDSA stands in no list of accepted algorithms.
    #[track_caller]
    pub(crate) fn we_doubt(&self, file: &str, words: &[&str]) {
        let (code, told) = self.judged(file, &[words, &["--crl", "lab/revocation"]].concat());
        assert_eq!(code, 3, "{file} {words:?}: {told:#}");
        let signature = &told["data"]["signatures"][0];
        assert_eq!(signature["intact"], true, "{file}: {told:#}");
        assert_eq!(signature["findings"][0]["code"], "ALGORITHM_NEVER_ACCEPTABLE", "{told:#}");
        println!("ceralacca   doubts  {file} {}", words.join(" "));
    }

    /// We refuse it: exit 1, and some signature is not intact.
    #[track_caller]
    pub(crate) fn we_refuse(&self, file: &str, words: &[&str]) {
        let (code, told) = self.judged(file, &[words, &["--crl", "lab/revocation"]].concat());
        assert_eq!(code, 1, "{file} {words:?}: {told:#}");
        let broken = |list: &Value| {
            list.as_array().is_some_and(|all| all.iter().any(|one| one["intact"] == false))
        };
        let data = &told["data"];
        let somewhere = broken(&data["signatures"]) || broken(&data["timestamps"]);
        assert!(somewhere, "{file} {words:?}: {told:#}");
        println!("ceralacca   refuses {file} {}", words.join(" "));
    }

    /// A copy with one bit of the octet at `at` turned; negative counts from the end.
    #[track_caller]
    pub(crate) fn altered(&self, name: &str, at: isize) -> String {
        let mut octets = self.read(name);
        let end = isize::try_from(octets.len()).unwrap();
        let at = usize::try_from(if at < 0 { end + at } else { at }).unwrap();
        octets[at] ^= 1;
        // Beside the digits: several copies of one file may be wanted.
        let altered = format!("altered-{at}-{name}");
        self.put(&altered, octets);
        altered
    }

    /// Where the middle of the content stands in a file that holds it in one piece, or nearly so.
    #[track_caller]
    pub(crate) fn inside(&self, name: &str) -> isize {
        let (content, file) = (self.read("c.bin"), self.read(name));
        let middle = &content[content.len() / 2..][..16];
        let at = file.windows(16).position(|window| window == middle);
        isize::try_from(at.unwrap_or_else(|| panic!("no content in {name}"))).unwrap()
    }
}

/// # OpenSSL
impl Desk {
    /// The `openssl` program in the folder.
    pub(crate) fn openssl(&self, words: &[&str]) -> Verdict {
        run(Command::new("openssl").args(words).current_dir(self.dir.path()))
    }

    /// A step of OpenSSL that must succeed.
    #[track_caller]
    pub(crate) fn openssl_does(&self, words: &[&str]) {
        let Verdict { accepts, said } = self.openssl(words);
        assert!(accepts, "openssl {}\n{said}", words.join(" "));
    }

    /// The flags of a signer's key, for `openssl cms`.
    pub(crate) fn openssl_key(&self, id: &str) -> [String; 6] {
        let certificate = s(&self.certificate(id)).to_owned();
        let key = format!("{id}.key");
        let chain = "lab/chain/ca.pem".to_owned();
        ["-signer".into(), certificate, "-inkey".into(), key, "-certfile".into(), chain]
    }

    /// `openssl cms -verify`, CAdES and the whole path with its CRLs included. What it accepts must be the content.
    #[track_caller]
    pub(crate) fn cms(&self, file: &str, form: &str, content: Option<&str>) -> Verdict {
        let mut words = vec!["cms", "-verify", "-cades", "-binary", "-inform", form, "-in", file];
        words.extend(["-CAfile", "roots.pem", "-purpose", "any", "-crl_check_all", "-out", "out"]);
        words.extend(content.iter().flat_map(|content| ["-content", content]));
        let verdict = self.openssl(&words);
        if verdict.accepts {
            assert!(self.read("out") == self.read(content.unwrap_or("c.bin")), "{file}: content");
        }
        verdict
    }

    /// `openssl ts -verify` of a response, or with `-token_in` of a bare token.
    pub(crate) fn ts(&self, file: &str, data: &str, words: &[&str]) -> Verdict {
        let fixed = ["ts", "-verify", "-in", file, "-data", data, "-CAfile", "roots.pem"];
        self.openssl(&[&fixed[..], words].concat())
    }
}

/// # pyHanko, and what judges with it
impl Desk {
    fn ask(&self, request: &Value) -> Option<(i64, String)> {
        let peer = self.peer.get_or_init(|| Peer::start().map(Mutex::new)).as_ref()?;
        Some(peer.lock().unwrap().ask(request))
    }

    /// Whether pyHanko is here; says so if not.
    pub(crate) fn has_pyhanko(&self) -> bool {
        self.peer.get_or_init(|| Peer::start().map(Mutex::new)).is_some()
    }

    /// The CAdES judge; `None` where it is absent.
    #[track_caller]
    pub(crate) fn cades(&self, file: &str, words: &[&str]) -> Option<Verdict> {
        let script = shared()?.join("judges/peers/verify_cades.py");
        if !script.is_file() {
            skipped("the CAdES judge is not in CERALACCA_SHARED");
            return None;
        }
        let mut all = vec![s(&self.path(file)).to_owned()];
        all.extend(self.roots().iter().map(|path| s(path).to_owned()));
        for crl in self.crls() {
            all.extend(["--crl".to_owned(), s(&crl).to_owned()]);
        }
        for word in words {
            // Files are named as they stand in the folder; the judge runs elsewhere.
            let here = self.path(word);
            let file = !word.starts_with('-') && here.is_file();
            all.push(if file { s(&here).to_owned() } else { (*word).to_owned() });
        }
        let (code, said) = self.ask(&json!({"do": "script", "script": script, "words": all}))?;
        // 2 is a file it cannot read: a refusal of an altered one, never an acceptance.
        Some(Verdict { accepts: code == 0, said })
    }

    /// pyHanko's own validation of a single signer.
    #[track_caller]
    pub(crate) fn pyhanko(&self, file: &str, content: Option<&str>) -> Option<Verdict> {
        let (code, said) = self.ask(&json!({
            "do": "validate", "file": self.path(file), "roots": self.roots(), "crls": self.crls(),
            "content": content.map(|name| self.path(name)),
        }))?;
        Some(Verdict { accepts: code == 0, said })
    }

    /// A signature by pyHanko. Nothing is written where pyHanko is absent.
    #[track_caller]
    pub(crate) fn pyhanko_signs(&self, how: &PyHanko<'_>, out: &str) {
        let PyHanko { id, pss, detached, tsa } = how;
        // RFC 8419 §3.1: Ed25519 goes with SHA-512.
        let digest = if *id == "ed25519" { "sha512" } else { "sha256" };
        let answer = self.ask(&json!({
            "do": "sign", "content": self.path("c.bin"), "out": self.path(out), "digest": digest,
            "key": self.path(&format!("{id}.key")), "cert": self.certificate(id),
            "chain": self.path("lab/chain/ca.pem"), "pss": pss, "detached": detached, "tsa": tsa,
        }));
        if let Some((code, said)) = answer {
            assert_eq!(code, 0, "pyHanko signs {out}: {said}");
        }
    }

    /// Takes the time-stamp of the N-th signer into `token`, and what it stamps into `value`.
    #[track_caller]
    pub(crate) fn take_token(&self, file: &str, signer: usize, token: &str, value: &str) -> bool {
        let answer = self.ask(&json!({
            "do": "token", "file": self.path(file), "signer": signer,
            "token": self.path(token), "value": self.path(value),
        }));
        let Some((code, said)) = answer else { return false };
        assert_eq!(code, 0, "the token of {file}: {said}");
        true
    }
}

/// # What is taken apart for OpenSSL
impl Desk {
    #[track_caller]
    fn take(&self, request: &Value, file: &str) -> bool {
        let Some((code, said)) = self.ask(request) else { return false };
        assert_eq!(code, 0, "{file}: {said}");
        true
    }

    /// Takes the newest archive time-stamp of the N-th signer into `token`, and what it stamps into `value`.
    #[track_caller]
    pub(crate) fn take_archive(&self, file: &str, signer: usize) -> bool {
        let request = json!({
            "do": "archive", "file": self.path(file), "signer": signer, "content": self.path("c.bin"),
            "token": self.path("token"), "value": self.path("value"),
        });
        self.take(&request, file)
    }

    /// Takes the first time-stamp of a `.tsd` into `token`, and what it stamps into `value`.
    #[track_caller]
    pub(crate) fn take_tsd(&self, file: &str) -> bool {
        let request = json!({
            "do": "tsd", "file": self.path(file),
            "token": self.path("token"), "value": self.path("value"),
        });
        self.take(&request, file)
    }
}

/// The judge says yes; `None` is a judge that is absent, of which it was told already.
#[track_caller]
pub(crate) fn accepts(judge: &str, file: &str, verdict: impl Into<Option<Verdict>>) {
    if let Some(Verdict { accepts, said }) = verdict.into() {
        assert!(accepts, "{judge} refuses {file}:\n{said}");
        println!("{judge:<11} accepts {file}");
    }
}

/// The judge says no, and for the reason given.
#[track_caller]
pub(crate) fn refuses(judge: &str, file: &str, verdict: impl Into<Option<Verdict>>, why: &[&str]) {
    if let Some(Verdict { accepts, said }) = verdict.into() {
        assert!(!accepts, "{judge} accepts {file}:\n{said}");
        assert!(why.iter().any(|why| said.contains(why)), "{judge} refuses {file}:\n{said}");
        println!("{judge:<11} refuses {file}");
    }
}

pub(crate) fn run(command: &mut Command) -> Verdict {
    let out = command.stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8_lossy(&[out.stdout, out.stderr].concat()).into_owned();
    Verdict { accepts: out.status.success(), said }
}

/// The folder of outside judges.
pub(crate) fn shared() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    let folder = std::env::var_os("CERALACCA_SHARED").map_or_else(beside, PathBuf::from);
    if folder.is_dir() {
        // The tests and their children stand in other folders.
        return Some(folder.canonicalize().unwrap());
    }
    skipped("no folder of judges (CERALACCA_SHARED)");
    None
}

/// The Python with pyHanko, where `.ci/run` puts it.
pub(crate) fn python() -> Option<PathBuf> {
    let home = || {
        let cache = Path::new(&std::env::var_os("HOME")?).join(".cache/ceralacca-judges");
        Some(std::env::var_os("CERALACCA_JUDGES_HOME").map_or(cache, PathBuf::from).join("venv"))
    };
    let venv = std::env::var_os("PEERS_VENV").map(PathBuf::from).or_else(home)?;
    Some(venv.join("bin/python")).filter(|python| python.is_file())
}

struct Peer {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Peer {
    fn start() -> Option<Self> {
        let Some(python) = python() else {
            skipped("no pyHanko (PEERS_VENV)");
            return None;
        };
        let script: &OsStr = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/judges/peer.py").as_ref();
        let mut command = Command::new(python);
        command.arg("-B").arg(script).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().unwrap());
        Some(Self { child, input, output })
    }

    fn ask(&mut self, request: &Value) -> (i64, String) {
        writeln!(self.input.as_mut().unwrap(), "{request}").unwrap();
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        let told: Value = serde_json::from_str(&line).expect("an answer of tests/judges/peer.py");
        (told["code"].as_i64().unwrap(), told["said"].as_str().unwrap().to_owned())
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.child.wait();
    }
}
