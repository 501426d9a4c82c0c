//! Writes one file of every kind the lab can make into a folder: seeds for fuzzing, and files to look at.
//!
//! ```sh
//! cargo run -p ceralacca-lab --example seeds -- FOLDER
//! ```
#![allow(clippy::print_stderr, missing_docs)]

use std::path::Path;

use ceralacca_lab as lab;
use chrono::{DateTime, TimeDelta, Utc};
use lab::archive::{ArchiveStamp, Index, IndexVersion, UnsignedForm};
use lab::asic::{self, Manifest};
use lab::cms::{Framing, Odd, OddSigner, attribute};
use lab::extended::Material;
use lab::m7m::{Body, M7m};
use lab::parts::{Parts, ocsp_choice};
use lab::tsa::{Fault, granted};
use lab::tsd::{Evidence, MetaData, Tsd};
use lab::{Config, Hash, Pki, oids};

const CONTENT: &[u8] = b"Verbale della seduta - TEST - NON VALIDO\n";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let Some(folder) = std::env::args_os().nth(1) else {
        eprintln!("seeds FOLDER");
        std::process::exit(2);
    };
    let folder = Path::new(&folder);
    std::fs::create_dir_all(folder)?;
    let now = DateTime::from_timestamp(1_790_000_000, 0).unwrap_or_default();
    let pki = Pki::create(&Config::quick(now))?;
    let mut all = signatures(&pki, now)?;
    all.extend(stamped(&pki, now)?);
    for (name, octets) in all {
        std::fs::write(folder.join(name), octets)?;
    }
    Ok(())
}

type Made = Vec<(String, Vec<u8>)>;

fn signatures(pki: &Pki, now: DateTime<Utc>) -> lab::Result<Made> {
    let minute = TimeDelta::minutes(1);
    let mut out = Vec::new();
    for (kind, framing) in [("der", Framing::Definite), ("ber", Framing::Chunked(9))] {
        let signer = OddSigner::at("presidente", now).stamped("tsa", now + minute);
        let odd = Odd { framing, signers: vec![signer], ..Odd::new(pki, CONTENT, "presidente") };
        let mut parts = Parts::read(&odd.build()?)?;
        out.push((format!("{kind}-t.p7m"), parts.build()));
        let material: Material = pki.material(&["presidente", "tsa"], now + minute)?;
        let mut extended = parts.clone();
        material.add_references(&mut extended, 0, Hash::Sha256)?;
        out.push((format!("{kind}-c.p7m"), extended.build()));
        let stamp = ArchiveStamp::new("tsa-b", now + minute * 3);
        pki.stamp_x1(&mut extended, 0, &stamp)?;
        pki.stamp_x2(&mut extended, 0, &stamp)?;
        material.add_values(&mut extended, 0)?;
        out.push((format!("{kind}-xl.p7m"), extended.build()));
        pki.archive_v2(&mut extended, 0, UnsignedForm::Framed, &stamp)?;
        out.push((format!("{kind}-a.p7m"), extended.build()));
        pki.add_long_term(&mut parts, &["presidente", "tsa"], now + minute, now + minute * 9)?;
        let answer = pki.ocsp_response("presidente", now + minute, now + minute * 9)?;
        parts.add_crls(&[ocsp_choice(&answer)])?;
        out.push((format!("{kind}-lt.p7m"), parts.build()));
        for version in [IndexVersion::V1, IndexVersion::V2, IndexVersion::V3] {
            let mut archived = parts.clone();
            let index = Index::of(&archived, 0, version, Hash::Sha256)?;
            pki.archive_v3(&mut archived, 0, &index, &stamp)?;
            out.push((format!("{kind}-lta-{version:?}.p7m"), archived.build()));
        }
        let value = parts.signers.first().map(lab::parts::SignerParts::value).transpose()?;
        let info =
            lab::cms::countersignature_at(pki, "segretario", &value.unwrap_or_default(), now)?;
        for signer in &mut parts.signers {
            signer.unsigned.push(attribute(&oids::COUNTERSIGNATURE, std::slice::from_ref(&info)));
        }
        out.push((format!("{kind}-counter.p7m"), parts.build()));
    }
    let nested =
        lab::cms::sign(pki, "segretario", &lab::cms::sign(pki, "presidente", CONTENT, now)?, now)?;
    out.push(("nested.p7m".to_owned(), nested));
    for id in ["presidente", "tsa", "ocsp"] {
        let path = pki.path(id)?;
        let chain = path.iter().rev().flat_map(|entity| entity.certificate.der.clone());
        out.push((format!("{id}.chain"), chain.collect()));
    }
    Ok(out)
}

fn stamped(pki: &Pki, now: DateTime<Utc>) -> lab::Result<Made> {
    let p7m = lab::cms::sign(pki, "presidente", CONTENT, now)?;
    let imprint = Hash::Sha256.digest(CONTENT)?;
    let token = pki.timestamp_token("tsa", Hash::Sha256, &imprint, now, &Fault::None)?;
    let mut out =
        vec![("token.tsr".to_owned(), token.clone()), ("response.tsr".to_owned(), granted(&token))];
    for (kind, framing) in [("der", Framing::Definite), ("ber", Framing::Chunked(100))] {
        let mut tsd = Tsd { framing, ..Tsd::new(pki, &p7m, "tsa", now) };
        out.push((format!("{kind}.tsd"), tsd.build()?));
        tsd.metadata = Some(MetaData::named(true, "verbale.p7m", "application/pkcs7-mime"));
        tsd.data_uri = Some("http://lab.invalid/verbale.p7m".to_owned());
        tsd.evidence = vec![
            Evidence { with_crl: true, ..Evidence::new("tsa", now) },
            Evidence { hash: Hash::Sha512, ..Evidence::new("tsa-b", now) },
        ];
        out.push((format!("{kind}-renewed.tsd"), tsd.build()?));
        tsd.detached = true;
        out.push((format!("{kind}-apart.tsd"), tsd.build()?));
    }
    let base = || M7m::new(pki, &p7m, "tsa", now);
    for (name, m7m) in [
        ("binary", base()),
        ("base64", M7m { envelope_body: Body::Base64, ..base() }),
        ("pem", M7m { envelope_body: Body::Pem, bare_token: true, line: "\n", ..base() }),
        ("first", M7m { stamp_first: true, stamp_body: Body::Binary, ..base() }),
    ] {
        out.push((format!("{name}.m7m"), m7m.build()?));
    }
    let files: [(&str, &[u8]); 2] = [("verbale.txt", CONTENT), ("allegato città.bin", &[7; 300])];
    out.push((
        "simple.asics".to_owned(),
        asic::simple(pki, "presidente", now, "verbale.txt", CONTENT)?.build(),
    ));
    out.push((
        "stamped.asics".to_owned(),
        asic::simple_stamped(pki, "tsa", now, "verbale.txt", CONTENT)?.build(),
    ));
    out.push((
        "extended.asice".to_owned(),
        asic::extended(pki, "presidente", now, &files)?.build(),
    ));
    let place = "META-INF/signature001.p7s";
    let manifest = Manifest::of(place, asic::SIGNATURE_TYPE, Hash::Sha256, &files)?;
    out.push(("ASiCManifest001.xml".to_owned(), manifest.xml().into_bytes()));
    Ok(out)
}
