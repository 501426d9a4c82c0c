//! M7M: a MIME message of one signed file and the time-stamp on it, as Italian signing programs
//! wrote it before RFC 5544 (`.m7m`). Read, never written.
//!
//! ```text
//! Mime-Version: 1.0
//! Content-Type: multipart/mixed; boundary="…"
//!
//! --…   application/pkcs7-mime; smime-type=signed-data; name="verbale.p7m"
//! --…   application/timestamp-reply
//! --…--
//! ```
//!
//! The two parts come in any order, and the signed one may have any size: parts are streams. What a
//! part says of its transfer encoding is not believed, since base64 was met where it says binary;
//! whoever takes a part looks for text wrapping himself. The line break before a boundary belongs
//! to the boundary (RFC 2046 §5.1.1).

use std::io::{self, Read};

use crate::{Error, Result};

/// Longest header of the message or of a part, in octets; RFC 5322 gives a line 998.
const LONGEST_HEADER: usize = 64 << 10;

/// Octets held in memory while streaming.
const BUFFER: usize = 128 << 10;

/// Longest boundary (RFC 2046 §5.1.1 allows 70 characters).
const LONGEST_BOUNDARY: usize = 256;

/// Parts of a message that are looked at; two are needed.
const MOST_PARTS: usize = 16;

/// What a part is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartKind {
    /// The signed file.
    Signature,
    /// The time-stamp.
    TimeStamp,
    /// Anything else; not looked at.
    Other,
}

/// The header of one part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What it is.
    pub kind: PartKind,
    /// The name it gives the file, if any.
    pub name: Option<String>,
}

/// Whether a file that starts like this is a MIME message of several parts, one of which is, as far
/// as the start tells, a signed file or a time-stamp.
#[must_use]
pub fn starts_like(start: &[u8]) -> bool {
    let start = skip_blank(start);
    // A binary file with a message inside starts otherwise.
    let first = start.split(|octet| *octet == b':').next().unwrap_or_default();
    if !first.iter().all(|octet| octet.is_ascii_alphanumeric() || *octet == b'-') {
        return false;
    }
    let Some((header, body)) = split_header(start) else { return false };
    is_multipart(&fields(header)) && {
        let body = body.to_ascii_lowercase();
        let has = |needle: &[u8]| body.windows(needle.len()).any(|window| window == needle);
        has(b"application/pkcs7-mime")
            || has(b"application/x-pkcs7-mime")
            || has(b"application/timestamp")
    }
}

/// Reads the parts of a message one after the other.
#[derive(Debug)]
pub struct MessageReader<R> {
    source: R,
    buffer: Box<[u8]>,
    start: usize,
    end: usize,
    ended: bool,
    /// `--` and the boundary.
    delimiter: Vec<u8>,
    /// Octets from `start` that are known to belong to the part at hand.
    clear: usize,
    /// What comes next.
    state: State,
    parts: usize,
    /// Whether the octet before `buffer[start]` ends a line.
    at_line_start: bool,
    /// Whether lines end in CR LF, as the header of the part at hand shows. Where they end in LF
    /// alone, a CR before it is the last octet of the content.
    crlf: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// In the preamble or in a part's body.
    Body,
    /// Behind a boundary that a part follows.
    Header,
    /// Behind the last boundary.
    End,
}

impl<R: Read> MessageReader<R> {
    /// Reads the header of the message.
    ///
    /// # Errors
    /// Not a MIME message of several parts; the source failed.
    pub fn open(source: R) -> Result<Self> {
        let mut reader = Self {
            source,
            buffer: vec![0; BUFFER].into_boxed_slice(),
            start: 0,
            end: 0,
            ended: false,
            delimiter: Vec::new(),
            clear: 0,
            state: State::Body,
            parts: 0,
            at_line_start: true,
            crlf: true,
        };
        let fields = reader.header()?;
        if !is_multipart(&fields) {
            return Err(Error::NotM7m { what: "its content type is not multipart/mixed" });
        }
        let boundary = value(&fields, "content-type").and_then(|v| parameter(v, "boundary"));
        match boundary {
            Some(boundary) if (1..=LONGEST_BOUNDARY).contains(&boundary.len()) => {
                reader.delimiter = [b"--", boundary.as_bytes()].concat();
            }
            _ => return Err(Error::NotM7m { what: "it names no boundary" }),
        }
        Ok(reader)
    }

    /// The next part; what was not read of the one before is read past. `None` behind the last.
    ///
    /// # Errors
    /// The message ends early, or its parts are malformed; the source failed.
    pub fn next_part(&mut self) -> Result<Option<Part>> {
        if self.state == State::Body {
            io::copy(&mut self.body(), &mut io::sink()).map_err(from_io)?;
        }
        if self.state == State::End {
            return Ok(None);
        }
        self.parts += 1;
        if self.parts > MOST_PARTS {
            return Err(Error::TooMany { what: "parts of a message", limit: MOST_PARTS });
        }
        let fields = self.header()?;
        self.state = State::Body;
        self.clear = 0;
        let content_type = value(&fields, "content-type").unwrap_or_default();
        let kind = match media_type(content_type).as_str() {
            "application/pkcs7-mime" | "application/x-pkcs7-mime" => PartKind::Signature,
            "application/timestamp-reply" | "application/timestamp" => PartKind::TimeStamp,
            "application/x-timestamp-reply" | "application/timestamp-response" => {
                PartKind::TimeStamp
            }
            _ => PartKind::Other,
        };
        let disposition = value(&fields, "content-disposition").unwrap_or_default();
        let name = parameter(content_type, "name").or_else(|| parameter(disposition, "filename"));
        Ok(Some(Part { kind, name }))
    }

    /// The body of the part at hand, as transported.
    pub fn body(&mut self) -> Body<'_, R> {
        Body { message: self }
    }

    /// Reads what follows the last part away; returns how many octets are not blank.
    ///
    /// # Errors
    /// The source failed.
    pub fn drain(&mut self) -> Result<u64> {
        let mut meant = 0;
        loop {
            let rest = self.ready();
            meant += rest.iter().filter(|octet| !octet.is_ascii_whitespace()).count() as u64;
            self.start = self.end;
            if !self.fill()? {
                return Ok(meant);
            }
        }
    }

    fn ready(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// Reads more; `false` at the end of the source. What is waited for, a header or a boundary, is
    /// shorter than the buffer: there is always room.
    fn fill(&mut self) -> io::Result<bool> {
        if self.ended {
            return Ok(false);
        }
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        loop {
            match self.source.read(&mut self.buffer[self.end..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
                Ok(read) => {
                    self.end += read;
                    self.ended = read == 0;
                    return Ok(!self.ended);
                }
            }
        }
    }

    /// The fields of a header, and the blank line behind it, taken out of the source.
    fn header(&mut self) -> Result<Vec<(String, String)>> {
        loop {
            let rest = self.ready();
            let begin =
                if self.delimiter.is_empty() { rest.len() - skip_blank(rest).len() } else { 0 };
            if let Some((header, body)) = split_header(&rest[begin..]) {
                let fields = fields(header);
                let crlf = header.ends_with(b"\r\n")
                    || header.is_empty() && rest[begin..].starts_with(b"\r\n");
                (self.start, self.crlf) = (self.end - body.len(), crlf);
                self.at_line_start = true;
                return Ok(fields);
            }
            if rest.len() > LONGEST_HEADER {
                return Err(Error::M7m { what: "a header is too long" });
            }
            if !self.fill()? {
                return Err(Error::M7m { what: "it ends in a header" });
            }
        }
    }

    /// Makes octets of the body ready, or finds its end.
    fn advance(&mut self) -> io::Result<()> {
        while self.clear == 0 && self.state == State::Body {
            let rest = self.ready();
            match find(rest, &self.delimiter, self.at_line_start, self.crlf, self.ended) {
                Found::Body(0) => {
                    if !self.fill()? {
                        // One look more, now that nothing follows.
                        let rest = self.ready();
                        let found =
                            find(rest, &self.delimiter, self.at_line_start, self.crlf, true);
                        if matches!(found, Found::Body(_)) {
                            return Err(into_io(Error::M7m {
                                what: "the last boundary is missing",
                            }));
                        }
                    }
                }
                Found::Body(clear) => self.clear = clear,
                Found::Boundary { last, next } => {
                    self.start += next;
                    self.at_line_start = true;
                    self.state = if last { State::End } else { State::Header };
                }
            }
        }
        Ok(())
    }
}

/// The body of one part as a stream.
#[derive(Debug)]
pub struct Body<'m, R> {
    message: &'m mut MessageReader<R>,
}

impl<R: Read> Read for Body<'_, R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let message = &mut *self.message;
        message.advance()?;
        if message.state != State::Body {
            return Ok(0);
        }
        let step = message.clear.min(out.len());
        let octets = &message.buffer[message.start..][..step];
        out[..step].copy_from_slice(octets);
        if let Some(last) = octets.last() {
            message.at_line_start = *last == b'\n';
        }
        message.start += step;
        message.clear -= step;
        Ok(step)
    }
}

enum Found {
    /// This many octets belong to the body for sure.
    Body(usize),
    /// The body ends here; what follows it stands `next` octets on.
    Boundary { last: bool, next: usize },
}

/// Looks for the boundary. Octets before it are handed out first, so that a boundary is only ever
/// reported at the start of what is given.
fn find(octets: &[u8], delimiter: &[u8], at_line_start: bool, crlf: bool, ended: bool) -> Found {
    // At the very start of a body a boundary needs no line break before it.
    if at_line_start && octets.starts_with(delimiter) {
        match boundary_line(&octets[delimiter.len()..], ended) {
            Line::Boundary { last, length } => {
                return Found::Boundary { last, next: delimiter.len() + length };
            }
            Line::Unknown => return Found::Body(0),
            Line::No => {}
        }
    }
    let mut from = 0;
    while let Some(at) = octets[from..].iter().position(|octet| *octet == b'\n') {
        let feed = from + at;
        let line = &octets[feed + 1..];
        // The line break belongs to the boundary.
        let end = if crlf && feed > 0 && octets[feed - 1] == b'\r' { feed - 1 } else { feed };
        if line.len() < delimiter.len() {
            if delimiter.starts_with(line) && !ended {
                return Found::Body(end);
            }
        } else if line.starts_with(delimiter) {
            match boundary_line(&line[delimiter.len()..], ended) {
                Line::Boundary { .. } if end > 0 => return Found::Body(end),
                Line::Boundary { last, length } => {
                    return Found::Boundary { last, next: feed + 1 + delimiter.len() + length };
                }
                Line::Unknown => return Found::Body(end),
                Line::No => {}
            }
        }
        from = feed + 1;
    }
    // A last CR may be half of the boundary's line break, and a last line the start of a boundary.
    let mut body = octets.len();
    if !ended {
        if crlf && octets.last() == Some(&b'\r') {
            body -= 1;
        }
        if at_line_start && from == 0 && delimiter.starts_with(octets) {
            body = 0;
        }
    }
    Found::Body(body)
}

enum Line {
    Boundary {
        last: bool,
        length: usize,
    },
    /// More octets are needed.
    Unknown,
    No,
}

/// What stands behind the boundary on its line: `--` at the last one, blanks, a line break.
fn boundary_line(rest: &[u8], ended: bool) -> Line {
    if rest.starts_with(b"--") {
        return Line::Boundary { last: true, length: 2 };
    }
    match rest.iter().position(|octet| !matches!(octet, b' ' | b'\t' | b'\r')) {
        Some(at) if rest[at] == b'\n' => Line::Boundary { last: false, length: at + 1 },
        Some(0) if rest == b"-" && !ended => Line::Unknown,
        Some(_) => Line::No,
        None if ended || rest.len() > LONGEST_BOUNDARY => Line::No,
        None => Line::Unknown,
    }
}

fn skip_blank(octets: &[u8]) -> &[u8] {
    octets.strip_prefix(b"\xef\xbb\xbf").unwrap_or(octets).trim_ascii_start()
}

/// The header up to the blank line behind it, and what follows.
fn split_header(octets: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut from = 0;
    loop {
        let line = octets[from..].iter().position(|octet| *octet == b'\n')?;
        if octets[from..from + line].trim_ascii().is_empty() {
            return Some((&octets[..from], &octets[from + line + 1..]));
        }
        from += line + 1;
        if from > LONGEST_HEADER {
            return None;
        }
    }
}

/// Header fields, folded lines joined, names in lower case. Lines of another form are left out.
fn fields(header: &[u8]) -> Vec<(String, String)> {
    let mut fields: Vec<(String, String)> = Vec::new();
    for line in String::from_utf8_lossy(header).lines() {
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = fields.last_mut() {
                value.push_str(line.trim_end());
            }
        } else if let Some((name, value)) = line.split_once(':')
            && !name.is_empty()
            && name.bytes().all(|c| c.is_ascii_graphic())
        {
            fields.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    fields
}

fn value<'f>(fields: &'f [(String, String)], name: &str) -> Option<&'f str> {
    fields.iter().find(|field| field.0 == name).map(|field| field.1.as_str())
}

fn is_multipart(fields: &[(String, String)]) -> bool {
    value(fields, "content-type").is_some_and(|value| media_type(value) == "multipart/mixed")
}

fn media_type(value: &str) -> String {
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// A parameter of a field, quoted or not.
fn parameter(value: &str, wanted: &str) -> Option<String> {
    let mut rest = value.split_once(';')?.1;
    loop {
        let (name, after) = rest.split_once('=')?;
        let after = after.trim_start();
        let (found, next) = match after.strip_prefix('"') {
            Some(quoted) => {
                let mut text = String::new();
                let mut chars = quoted.char_indices();
                let end = loop {
                    match chars.next()? {
                        (at, '"') => break at + 1,
                        (_, '\\') => text.extend(chars.next().map(|(_, c)| c)),
                        (_, c) => text.push(c),
                    }
                };
                (text, quoted[end..].split_once(';').map_or("", |(_, next)| next))
            }
            None => {
                let (text, next) = after.split_once(';').unwrap_or((after, ""));
                (text.trim().to_owned(), next)
            }
        };
        if name.trim().eq_ignore_ascii_case(wanted) {
            return Some(found);
        }
        rest = next;
    }
}

fn into_io(error: Error) -> io::Error {
    match error {
        Error::Io(error) => error,
        other => io::Error::new(io::ErrorKind::InvalidData, other),
    }
}

/// Takes an error of this crate back out of the [`io::Error`] that carried it through a [`Read`].
pub(crate) fn from_io(error: io::Error) -> Error {
    error.downcast::<Error>().unwrap_or_else(Error::Io)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hands out few octets at a time, as the worst of pipes does.
    struct Drip<'a>(&'a [u8], usize);
    impl Read for Drip<'_> {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            let step = out.len().min(self.1).min(self.0.len());
            out[..step].copy_from_slice(&self.0[..step]);
            self.0 = &self.0[step..];
            Ok(step)
        }
    }

    type Met = (PartKind, Option<String>, Vec<u8>);

    fn parts(octets: &[u8], step: usize) -> Result<Vec<Met>> {
        let mut reader = MessageReader::open(Drip(octets, step))?;
        let mut found = Vec::new();
        while let Some(part) = reader.next_part()? {
            let mut body = Vec::new();
            reader.body().read_to_end(&mut body).map_err(from_io)?;
            found.push((part.kind, part.name, body));
        }
        Ok(found)
    }

    fn message(end: &str, quoted: bool, body: &[u8]) -> Vec<u8> {
        let boundary = if quoted { "\"a b;c\"" } else { "abc" };
        let bare = boundary.trim_matches('"');
        let mut octets = format!(
            "Mime-Version: 1.0{end}Content-Type: multipart/mixed;{end}\tboundary={boundary}{end}{end}preamble{end}--{bare}{end}Content-Type: application/pkcs7-mime; smime-type=signed-data; name=\"x.p7m\"{end}Content-Transfer-Encoding: binary{end}{end}"
        )
        .into_bytes();
        octets.extend_from_slice(body);
        octets.extend(
            format!(
                "{end}--{bare}{end}Content-Type: application/timestamp-reply{end}{end}MAA={end}--{bare}--{end}"
            )
            .into_bytes(),
        );
        octets
    }

    #[test]
    fn parts_in_every_form_are_found() {
        let bodies: [&[u8]; 7] = [
            b"",
            b"x",
            b"\r\n\r\n",
            b"--abc without a line of its own\n--abcd\n--a b;cd\n",
            b"\r\n--ab\r\r\n-\n--",
            &[0, 255, b'\n', b'-', b'-', b'\r'],
            b"\n--abc-\n",
        ];
        for body in bodies {
            for end in ["\n", "\r\n"] {
                for quoted in [true, false] {
                    for step in [1, 2, 3, 7, 1 << 20] {
                        let octets = message(end, quoted, body);
                        let found = parts(&octets, step).unwrap();
                        let name = Some("x.p7m".to_owned());
                        assert_eq!(
                            found,
                            [
                                (PartKind::Signature, name, body.to_vec()),
                                (PartKind::TimeStamp, None, b"MAA=".to_vec())
                            ],
                            "{:?} {end:?} {quoted} {step}",
                            String::from_utf8_lossy(body)
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn a_cut_message_is_broken_wherever_it_is_cut() {
        let octets = message("\r\n", true, b"content\r\n");
        assert!(starts_like(&octets));
        for end in 0..octets.len() - 4 {
            assert!(parts(&octets[..end], 5).is_err(), "{end}");
        }
        assert!(parts(&octets, 5).is_ok());
        assert!(!starts_like(b"Content-Type: text/plain\n\napplication/timestamp"));
    }

    #[test]
    fn hostile_headers_end() {
        let long = vec![b'a'; 1 << 20];
        assert!(parts(&long, 1 << 20).is_err());
        let mut many = b"Content-Type: multipart/mixed; boundary=x\n\n".to_vec();
        for _ in 0..100 {
            many.extend(b"--x\n\n\n");
        }
        assert!(matches!(parts(&many, 1 << 20), Err(Error::TooMany { .. })));
        for parameters in ["", ";", "; boundary", "; boundary=", "; boundary=\"", "; boundary=\"\\"]
        {
            let octets = format!("Content-Type: multipart/mixed{parameters}\n\n--\n");
            assert!(parts(octets.as_bytes(), 9).is_err(), "{parameters}");
        }
    }
}
