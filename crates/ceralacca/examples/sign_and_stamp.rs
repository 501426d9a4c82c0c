//! Signs a file of any size with a PKCS#12 key, and has the signature stamped.
//!
//! ```text
//! cargo run -p ceralacca --example sign_and_stamp -- KEY.p12 PASSWORD-FILE FILE [TSA-URL]…
//! ```
#![allow(clippy::print_stdout, reason = "an example speaks to a person")]

use std::path::PathBuf;

use ceralacca::online::{HttpClient, HttpConfig, HttpTimestampAuthority};
use ceralacca::{
    Packaging, Secret, SignOptions, SigningKey, TimestampAuthority, default_output, sign_file,
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let usage = "usage: sign_and_stamp KEY.p12 PASSWORD-FILE FILE [TSA-URL]…";
    let (Some(key), Some(password), Some(input)) =
        (arguments.next(), arguments.next(), arguments.next())
    else {
        return Err(usage.into());
    };

    let password = Secret::from_file_contents(std::fs::read(password)?);
    let key = SigningKey::from_pkcs12(&key, &password)?;

    // The network is an argument: without authorities nothing is sent anywhere.
    let client = HttpClient::new(HttpConfig::default())?;
    let authorities = arguments
        .map(|url| HttpTimestampAuthority::new(client.clone(), &url.to_string_lossy(), None))
        .collect::<Result<Vec<_>, _>>()?;
    let authorities: Vec<&dyn TimestampAuthority> =
        authorities.iter().map(|authority| authority as &dyn TimestampAuthority).collect();

    let output = default_output(&input, Packaging::Attached);
    let signed = sign_file(
        &input,
        &output,
        &SignOptions {
            keys: &[key],
            signing_time: std::time::SystemTime::now().into(),
            authorities: &authorities,
            ..SignOptions::default()
        },
    )?;
    println!("{}", signed.output.display());
    for (signer, stamped) in signed.signers.iter().zip(&signed.stamped) {
        println!("{} at {stamped}", signer.subject());
    }
    Ok(())
}
