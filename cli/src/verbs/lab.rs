//! `lab init` and `lab serve`: a complete test PKI, and its servers on this machine.

use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use serde_json::json;

use crate::args::{LabInit, LabServe};
use crate::clean;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::lang::{Text, both};
use crate::outcome::{Outcome, Tone};
use crate::translate::said;

use super::Run;

/// Writes a lab.
///
/// # Errors
/// The folder holds something, the disk refuses, OpenSSL makes no key.
pub(crate) fn init(args: &LabInit, run: &mut Run<'_>) -> Result<Exit, Failure> {
    let port = args.port.unwrap_or(lab::DEFAULT_PORT);
    let shown = clean::path(&args.dir);
    let mut outcome = Outcome::of(&args.dir);
    if run.dry_run {
        outcome.say(
            Tone::Plain,
            0,
            both!("scriverei una PKI di prova in {shown}", "would write a test PKI to {shown}"),
        );
        run.emit(&outcome.data(json!({ "dry_run": true, "output": args.dir.to_string_lossy() })));
        return Ok(run.exit());
    }
    run.printer.talk(&Text::fixed(
        "preparo chiavi e certificati di prova: qualche secondo…",
        "making test keys and certificates: a few seconds…",
    ));
    let seed = seed()?;
    let made = lab::disk::init(&args.dir, &lab::Config::new(run.now, seed, port));
    let pki = made.map_err(|error| {
        let failure = Failure::from(error);
        if failure.code == "EXISTS" { failure.hint(new_folder()) } else { failure }
    })?;
    let signers: Vec<String> =
        pki.with_role(lab::Role::Signer).map(|signer| signer.id.clone()).collect();
    let url = pki.tsa_url("tsa");
    outcome.say(
        Tone::Good,
        0,
        both!("PKI di prova scritta in {shown}", "test PKI written to {shown}"),
    );
    let list = signers.join(", ");
    outcome.say(
        Tone::Plain,
        1,
        both!(
            "firmatari (signers/NOME.p12, con NOME.pin): {list}",
            "signers (signers/NAME.p12, with NAME.pin): {list}"
        ),
    );
    outcome.say(
        Tone::Plain,
        1,
        both!(
            "marche temporali: {url}, dopo «ceralacca lab serve {shown}»",
            "time-stamps: {url}, after `ceralacca lab serve {shown}`"
        ),
    );
    outcome.say(
        Tone::Doubt,
        1,
        Text::fixed(
            "è tutto finto: senza alcun valore legale",
            "all of it is fake: not valid in law",
        ),
    );
    run.emit(&outcome.data(json!({
        "output": args.dir.to_string_lossy(),
        "base_url": pki.base_url,
        "tsa": url,
        "signers": signers,
    })));
    Ok(run.exit())
}

/// Serves a lab until Ctrl-C.
///
/// # Errors
/// The folder holds no lab; the port is taken.
pub(crate) fn serve(args: &LabServe, run: &mut Run<'_>) -> Result<Exit, Failure> {
    let pki = lab::disk::load(&args.dir).map_err(|error| {
        let failure = Failure::from(error);
        if failure.code == "NOT_FOUND" { failure.hint(no_lab()) } else { failure }
    })?;
    // The one clock of the servers; the rest of the program reads its own once.
    let clock: lab::Clock = Arc::new(Utc::now);
    let running = lab::Lab::start_loaded(pki, clock)?;
    let url = running.base_url().to_owned();
    let tsa = running.tsa_url("tsa");
    let mut outcome = Outcome::of(&args.dir).data(json!({ "base_url": url, "tsa": tsa }));
    outcome.say(
        Tone::Good,
        0,
        both!("PKI di prova in ascolto su {url}", "test PKI listening on {url}"),
    );
    outcome.say(Tone::Plain, 1, both!("marche temporali: --tsa {tsa}", "time-stamps: --tsa {tsa}"));
    outcome.say(
        Tone::Plain,
        1,
        both!(
            "stato dei certificati: OCSP {url}/ocsp, CRL {url}/crl/ca.crl e {url}/crl/root.crl",
            "certificate status: OCSP {url}/ocsp, CRL {url}/crl/ca.crl and {url}/crl/root.crl"
        ),
    );
    outcome.say(
        Tone::Faint,
        1,
        Text::fixed(
            "a questi indirizzi portano i certificati: vanno ammessi con --allow-net 127.0.0.0/8",
            "certificates lead to these addresses: they must be allowed with --allow-net 127.0.0.0/8",
        ),
    );
    run.emit(&outcome);
    run.printer.talk(&Text::fixed("Ctrl-C per fermarla", "Ctrl-C stops it"));
    while !run.interrupt.requested() {
        std::thread::sleep(Duration::from_millis(50));
    }
    running.stop();
    Ok(Exit::Interrupted)
}

fn new_folder() -> Text {
    Text::fixed(
        "indicare una cartella che non c'è ancora, o cancellare prima questa",
        "name a folder that does not exist yet, or remove this one first",
    )
}

fn no_lab() -> Text {
    Text::fixed(
        "crearne una in un'altra cartella con «ceralacca lab init»",
        "make one in another folder with `ceralacca lab init`",
    )
}

/// Numbers of certificates must differ from lab to lab.
pub(super) fn seed() -> Result<[u8; 32], Failure> {
    let octets = crypto::random::bytes(32).map_err(|_| {
        Failure::new(
            "NO_RANDOMNESS",
            Exit::Io,
            Text::fixed("il sistema non dà numeri casuali", "the system gives no random numbers"),
        )
    })?;
    let mut seed = [0; 32];
    seed.copy_from_slice(&octets);
    Ok(seed)
}

impl From<lab::Error> for Failure {
    fn from(error: lab::Error) -> Self {
        use lab::Error as E;
        let en = crate::failure::with_causes(&error);
        let (code, exit, it) = match error {
            E::Files(error) => return error.into(),
            E::Io { path, source, .. } => {
                return Self::io("leggere o scrivere", "read or write", &path, &source);
            }
            E::Listen { port, .. } => (
                "PORT_TAKEN",
                Exit::Network,
                format!("non riesco a mettermi in ascolto su 127.0.0.1:{port}"),
            ),
            E::State { path, .. } => (
                "NOT_A_LAB",
                Exit::Unsupported,
                format!("{} non è lo stato di una PKI di prova", clean::path(&path)),
            ),
            _ => ("LAB", Exit::Io, format!("la PKI di prova non è riuscita: {}", said(&en))),
        };
        let failure = Self::new(code, exit, Text::new(it, en));
        match code {
            "PORT_TAKEN" => failure.hint(Text::fixed(
                "un altro programma, forse un'altra PKI di prova, usa questa porta: crearne una con --port",
                "another program, perhaps another lab, uses this port: make a lab with another --port",
            )),
            "NOT_A_LAB" => failure.hint(no_lab()),
            _ => failure,
        }
    }
}
