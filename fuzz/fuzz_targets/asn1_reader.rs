//! `asn1::Reader` against `asn1::Value`: whatever the pieces a stream comes
//! in, both read the same values or both refuse.
//!
//! The length of the input chooses the pieces and the buffer, so that whole
//! files serve as seeds.

#![no_main]

use std::io::{self, Read};

use asn1::{Cursor, Error, Limits, Reader, Tag, Value};
use libfuzzer_sys::fuzz_target;

/// A stream that never gives more than `step` octets at a time.
struct Pieces<'a> {
    rest: &'a [u8],
    step: usize,
}

impl Read for Pieces<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let size = self.step.min(out.len()).min(self.rest.len());
        out[..size].copy_from_slice(&self.rest[..size]);
        self.rest = &self.rest[size..];
        Ok(size)
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Event {
    Open(u64, Tag),
    Value(u64, Vec<u8>),
    Close(u64),
}

/// What both readers are asked to do: enter constructed values, take the rest.
fn by_value(
    mut cursor: Cursor<'_>,
    end: u64,
    depth: usize,
    events: &mut Vec<Event>,
) -> Result<(), Error> {
    if depth > Limits::default().depth {
        // The stream has its own limit; this one saves the stack of the test.
        return Err(Error::Limit { what: "levels", limit: depth as u64, at: 0 });
    }
    while let Some(value) = cursor.next_value()? {
        if value.tag().is_constructed() {
            events.push(Event::Open(value.at(), value.tag()));
            let end = value.at() + value.raw().len() as u64;
            by_value(value.children(), end, depth + 1, events)?;
        } else {
            events.push(Event::Value(value.at(), value.raw().to_vec()));
        }
    }
    events.push(Event::Close(end));
    Ok(())
}

fn by_reader<R: Read>(reader: &mut Reader<R>, events: &mut Vec<Event>) -> Result<(), Error> {
    while let Some(header) = reader.peek()? {
        if header.tag.is_constructed() {
            reader.open(header.tag)?;
            events.push(Event::Open(header.at, header.tag));
            by_reader(reader, events)?;
            reader.close()?;
            events.push(Event::Close(reader.offset()));
        } else {
            let captured = reader.capture()?;
            assert_eq!(captured.at, header.at);
            events.push(Event::Value(captured.at, captured.octets));
        }
    }
    Ok(())
}

fuzz_target!(|data: &[u8]| {
    let choice = data.len();
    let step = [1, 2, 7, 511, 512, usize::MAX][choice % 6];
    let size = [512, 600, 4096][choice / 6 % 3];
    let reader = || Reader::with_buffer(Pieces { rest: data, step }, Limits::default(), size);

    let (mut wanted, mut got) = (Vec::new(), Vec::new());
    let slice = by_value(Cursor::new(data), data.len() as u64, 0, &mut wanted);
    let mut stream = reader();
    let streamed = by_reader(&mut stream, &mut got);
    match (&slice, &streamed) {
        (Ok(()), Ok(())) => {
            got.push(Event::Close(stream.offset()));
            assert_eq!(got, wanted);
            assert!(!stream.has_more().expect("a slice does not fail"));
        }
        // The slice reader bounds less: it cannot run out of memory.
        (_, Err(Error::Limit { .. })) | (Err(_), Err(_)) => {}
        // A stream that does not end with the value is an end of file to one
        // and a malformed header to the other; with complete values they agree.
        (Ok(()), Err(error)) => panic!("the stream refuses: {error}"),
        (Err(error), Ok(())) => panic!("the stream accepts what the slice refuses: {error}"),
    }

    // Whole values.
    let prefix = Value::parse_prefix(data).ok();
    match (prefix, reader().capture()) {
        (Some(value), Ok(captured)) => assert_eq!(captured.octets, value.raw()),
        (_, Err(Error::Limit { .. })) | (None, _) => {}
        (Some(_), Err(error)) => panic!("capture refuses: {error}"),
    }

    // OCTET STRINGs, in pieces or not.
    let mut stream = reader();
    if let Ok(mut octets) = stream.octets() {
        let mut joined = Vec::new();
        let outcome = octets.read_to_end(&mut joined);
        if let (Ok(_), Some(value)) = (outcome, prefix)
            && value.tag().primitive() == Tag::OCTET_STRING
            && let Ok(whole) = value.joined()
        {
            assert_eq!(joined, *whole);
            assert_eq!(stream.offset(), value.raw().len() as u64);
        }
    }
});
