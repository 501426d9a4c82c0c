//! Time-stamps on arbitrary octets: responses and bare tokens, the TSTInfo
//! alone, and an answer judged against a request.

#![no_main]

use libfuzzer_sys::fuzz_target;
use timestamp::{Request, Token, TstInfo, read_tsr};

fuzz_target!(|data: &[u8]| {
    let _ = TstInfo::parse(data);
    if let Ok((token, _)) = read_tsr(data) {
        let again = Token::parse(&token.raw).expect("a token can be read from its own span");
        assert_eq!(again, token);
        let _ = (format!("{:?}", token.check(&[])), token.signer());
        // The request the answer would be for, so that the later checks run.
        if let Some(algorithm) = token.info.imprint.digest_algorithm() {
            let mut nonce = [0; 8];
            let octets = token.info.nonce.as_deref().unwrap_or_default();
            let size = octets.len().min(8);
            nonce[8 - size..].copy_from_slice(&octets[octets.len() - size..]);
            let digest = token.info.imprint.digest.clone();
            let request = Request { algorithm, digest, policy: Some(token.info.policy), nonce };
            let _ = request.accept(data);
            let _ = request.to_der();
        }
    }
});
