//! Time-stamp authorities that misbehave: exit 6, a plain sentence, nothing left behind.

use std::net::TcpListener;
use std::time::Duration;

use lab::tsa::Fault;

use crate::bench::{Bench, TRUST, key};

#[test]
fn every_fault_is_refused_and_leaves_nothing() {
    let bench = Bench::new();
    let sign =
        format!("sign verbale.txt {} --level t --tsa {}", key("presidente"), bench.tsa("tsa"));
    let stamp = format!("timestamp verbale.txt --tsa {}", bench.tsa("tsa"));
    for (fault, it, en) in [
        (Fault::Down, "503", "503"),
        (Fault::Garbage, "non è una marca", "not a time-stamp"),
        (Fault::Empty, "non è una marca", "not a time-stamp"),
        (Fault::WrongMediaType, "text/html", "text/html"),
        (Fault::WrongImprint, "impronta diversa", "another digest"),
        (Fault::WrongNonce, "nonce", "nonce"),
        (Fault::NoNonce, "nonce", "nonce"),
        (Fault::NoPurpose, "uso esteso", "extended key usage"),
        (Fault::PurposeNotCritical, "critico", "critical"),
        (Fault::PurposeNotAlone, "altri scopi", "other purposes"),
        (Fault::ExpiredCertificate, "non è valido", "not valid"),
        (Fault::BadSignature, "firma della marca", "signature of the time-stamp"),
        (Fault::Rejection(25), "rifiutato", "refused"),
        (Fault::MissingToken, "non ha mandato", "sent no token"),
        (Fault::Truncated, "marca", "time-stamp"),
    ] {
        bench.lab.set_tsa_fault("tsa", fault.clone());
        for line in [&sign, &stamp] {
            let ran = bench.run(line);
            assert_eq!(ran.code, 6, "{fault:?}: {}{}", ran.out, ran.err);
            assert!(ran.err.contains(en), "{fault:?}: {en:?} is not in {}", ran.err);
            assert!(ran.err.contains("hint: "), "{fault:?}: {}", ran.err);
            let ran = bench.run(&format!("{line} --lang it"));
            assert!(ran.err.contains(it), "{fault:?}: {it:?} is not in {}", ran.err);
            assert_eq!(bench.leftovers(), Vec::<String>::new(), "{fault:?}");
        }
    }
}

#[test]
fn slow_ones_are_not_waited_for() {
    let bench = Bench::new();
    let sign = format!("sign verbale.txt {} --level t --timeout 1", key("presidente"));
    for fault in [Fault::Slow(Duration::from_secs(20)), Fault::Stalls] {
        bench.lab.set_tsa_fault("tsa", fault);
        let start = std::time::Instant::now();
        let line = format!("{sign} --tsa {} --json", bench.tsa("tsa"));
        bench.run(&line).fails(6, "TIMESTAMP", "within 1 s");
        assert!(start.elapsed() < Duration::from_secs(10));
    }
    assert_eq!(bench.leftovers(), Vec::<String>::new());
}

#[test]
fn the_next_authority_serves() {
    let bench = Bench::new();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    bench.lab.set_tsa_fault("tsa", Fault::WrongImprint);
    let line = format!(
        "sign verbale.txt {} --level t --tsa http://{free}/tsa --tsa {} --tsa {} --json",
        key("presidente"),
        bench.tsa("tsa"),
        bench.tsa("tsa-b")
    );
    let told = bench.ok(&line).json();
    assert_eq!(told["warnings"].as_array().unwrap().len(), 2, "{told:#}");
    assert_eq!(told["warnings"][0]["code"], "TSA_FAILED");
    bench.ok(&format!("verify verbale.txt.p7m {TRUST}"));
    // Nobody at all.
    bench.run(&format!("timestamp verbale.txt --tsa http://{free}/tsa --json")).fails(
        6,
        "TIMESTAMP",
        &free.to_string(),
    );
}

#[test]
fn passwords_of_authorities() {
    let bench = Bench::new();
    bench.lab.require_password("tsa", "comune", "segreta");
    bench.write("pw", b"segreta\n");
    let line = format!("timestamp verbale.txt --tsa {}", bench.tsa("tsa"));
    let ran = bench.run(&format!("{line} --json"));
    ran.fails(6, "TIMESTAMP", "401");
    bench.ok(&format!("{line} --tsa-user comune --tsa-password-file pw"));
    bench.write("pw2", b"altra\n");
    let ran = bench.run(&format!("{line} -o x.tsr --tsa-user comune --tsa-password-file pw2"));
    assert_eq!(ran.code, 6);
    assert!(!ran.err.contains("altra"), "{}", ran.err);
}

#[test]
fn addresses_that_are_none() {
    let bench = Bench::new();
    for url in ["ftp://tsa.example/", "tsa.example", "http://u:p@tsa.example/"] {
        let ran = bench.run(&format!("timestamp verbale.txt --tsa {url} --json"));
        assert_eq!(ran.code, 2, "{url}: {}", ran.out);
        assert!(!ran.out.contains("u:p@"), "{}", ran.out);
    }
    bench.run("timestamp verbale.txt --json").fails(2, "USAGE", "--tsa");
    bench
        .run(&format!("sign verbale.txt {} --level t --json", key("presidente")))
        .fails(2, "USAGE", "--tsa");
}
