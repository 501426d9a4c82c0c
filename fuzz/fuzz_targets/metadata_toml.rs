//! A clerk's sheet on arbitrary text; what is read without complaint can be
//! written as the record of Allegato 5.

#![no_main]

use libfuzzer_sys::fuzz_target;
use preservation::metadata::{Spacing, WriteFacts, parse, parse_preservation, write};

fuzz_target!(|text: &str| {
    let _ = parse_preservation(text);
    let Ok(metadata) = parse(text) else { return };
    let facts = WriteFacts {
        main_sha256: vec![0; 32],
        main_name: "verbale.pdf".to_owned(),
        main_format: "application/pdf".to_owned(),
        attachments: Vec::new(),
        extra_note: None,
    };
    for spacing in [Spacing::Clean, Spacing::AsPublished] {
        let _ = write(&metadata, &facts, spacing);
    }
});
