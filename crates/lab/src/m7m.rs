//! `.m7m`: the MIME message of a signed envelope and its time-stamp that
//! Italian signing programs wrote before TimeStampedData, in the variants met.

use chrono::{DateTime, Utc};

use crate::{
    Result,
    key::Hash,
    pki::Pki,
    tsa::{Fault, granted},
    wrap,
};

/// How a part's body is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    /// The octets themselves.
    Binary,
    /// Lines of base64.
    Base64,
    /// PEM.
    Pem,
}

/// Over which octets of the first part the imprint is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// The envelope as decoded.
    Decoded,
    /// The body as transported.
    Transported,
}

/// A message. [`M7m::new`] is one as its first programs wrote it.
#[derive(Clone, Debug)]
pub struct M7m<'a> {
    /// Where the TSA is from.
    pub pki: &'a Pki,
    /// The signed envelope, DER.
    pub envelope: Vec<u8>,
    /// How its body is written.
    pub envelope_body: Body,
    /// What `Content-Transfer-Encoding` claims of it.
    pub envelope_claim: &'static str,
    /// How the stamp's body is written.
    pub stamp_body: Body,
    /// What `Content-Transfer-Encoding` claims of it.
    pub stamp_claim: &'static str,
    /// `application/timestamp-reply` or `application/timestamp`.
    pub stamp_type: &'static str,
    /// The bare token instead of a response.
    pub bare_token: bool,
    /// Over what the imprint is.
    pub over: Over,
    /// The imprint's digest.
    pub hash: Hash,
    /// Ends of lines.
    pub line: &'static str,
    /// Whether the stamp comes first.
    pub stamp_first: bool,
    /// How often the stamp's part is repeated; more than once is no m7m.
    pub stamps: usize,
    /// The TSA.
    pub tsa: &'a str,
    /// When.
    pub at: DateTime<Utc>,
    /// How the TSA misbehaves.
    pub fault: Fault,
}

/// Between the parts.
const BOUNDARY: &str = "--=_ceralacca_lab_0001";

impl<'a> M7m<'a> {
    /// Binary envelope, base64 response, CRLF, SHA-256.
    #[must_use]
    pub fn new(pki: &'a Pki, envelope: &[u8], tsa: &'a str, at: DateTime<Utc>) -> Self {
        Self {
            pki,
            envelope: envelope.to_vec(),
            envelope_body: Body::Binary,
            envelope_claim: "binary",
            stamp_body: Body::Base64,
            stamp_claim: "base64",
            stamp_type: "application/timestamp-reply",
            bare_token: false,
            over: Over::Decoded,
            hash: Hash::Sha256,
            line: "\r\n",
            stamp_first: false,
            stamps: 1,
            tsa,
            at,
            fault: Fault::None,
        }
    }

    /// The whole file.
    ///
    /// # Errors
    /// An unknown TSA.
    pub fn build(&self) -> Result<Vec<u8>> {
        let line = self.line;
        let envelope = self.body(self.envelope_body, "PKCS7", &self.envelope);
        let stamped = if self.over == Over::Decoded { &self.envelope } else { &envelope };
        let imprint = self.hash.digest(stamped)?;
        let token =
            self.pki.timestamp_token(self.tsa, self.hash, &imprint, self.at, &self.fault)?;
        let reply = if self.bare_token { token } else { granted(&token) };
        let stamp = self.body(self.stamp_body, "TIMESTAMP", &reply);
        let head = |lines: &[String]| (lines.join(line) + line + line).into_bytes();
        let first = [
            head(&[
                "Content-Type: application/pkcs7-mime; smime-type=signed-data; name=\"verbale.p7m\""
                    .to_owned(),
                format!("Content-Transfer-Encoding: {}", self.envelope_claim),
                "Content-Disposition: attachment; filename=\"verbale.p7m\"".to_owned(),
                "Content-Description: Signed envelope".to_owned(),
            ]),
            envelope,
        ]
        .concat();
        let second = [
            head(&[
                format!("Content-Type: {}; name=\"verbale.tsr\"", self.stamp_type),
                format!("Content-Transfer-Encoding: {}", self.stamp_claim),
                "Content-Disposition: attachment; filename=\"verbale.tsr\"".to_owned(),
                "Content-Description: time-stamp response".to_owned(),
            ]),
            stamp,
        ]
        .concat();
        let mut parts = vec![first];
        for _ in 0..self.stamps {
            let at = if self.stamp_first { 0 } else { parts.len() };
            parts.insert(at, second.clone());
        }
        let mut out = head(&[
            "Mime-Version: 1.0".to_owned(),
            format!("Content-Type: multipart/mixed; boundary=\"{BOUNDARY}\""),
        ]);
        for part in parts {
            out.extend(format!("--{BOUNDARY}{line}").bytes());
            out.extend(part);
            // The line end before a boundary belongs to the boundary (RFC 2046 §5.1.1).
            out.extend(line.bytes());
        }
        out.extend(format!("--{BOUNDARY}--{line}").bytes());
        Ok(out)
    }

    fn body(&self, body: Body, label: &str, octets: &[u8]) -> Vec<u8> {
        match body {
            Body::Binary => octets.to_vec(),
            Body::Base64 => {
                let text = wrap::base64_lines(octets, 76, self.line);
                text.trim_end().as_bytes().to_vec()
            }
            Body::Pem => {
                let text = wrap::pem(label, octets).replace('\n', self.line);
                text.trim_end().as_bytes().to_vec()
            }
        }
    }
}
