//! Definite-length headers around content that is streamed (X.690 §8.1.3.3).

use crate::{Tag, der};

/// One constructed value around the next layer or the content.
#[derive(Clone, Debug)]
pub struct Layer {
    /// Identifier of this layer.
    pub tag: Tag,
    /// Complete values that stand before the next layer.
    pub before: Vec<u8>,
    /// How many octets stand behind the next layer.
    pub after: u64,
}

/// Nested headers, outermost first, around content of a known size.
///
/// What stands behind the content, a signature for example, may not be known
/// when the headers are written. Its size only enters through
/// [`Layer::after`]: write [`head`](Self::head) with an expected size, stream
/// the content, and write the head again over the first one once the size is
/// known. The two have the same number of octets unless the size crosses a
/// power of 256, which [`head_width_is_fixed`](Self::head_width_is_fixed) tells beforehand.
#[derive(Clone, Debug)]
pub struct DefiniteEnvelope {
    /// The layers, outermost first; the last one holds the content itself.
    pub layers: Vec<Layer>,
    /// Size of the content in octets.
    pub content: u64,
}

impl DefiniteEnvelope {
    /// All octets that stand before the content.
    #[must_use]
    pub fn head(&self) -> Vec<u8> {
        let mut inner = self.content;
        let mut parts = Vec::with_capacity(self.layers.len() * 2);
        for layer in self.layers.iter().rev() {
            let length =
                inner.saturating_add(layer.before.len() as u64).saturating_add(layer.after);
            let header = der::header(layer.tag, length);
            inner = length.saturating_add(header.len() as u64);
            parts.push(layer.before.clone());
            parts.push(header);
        }
        parts.reverse();
        parts.concat()
    }

    /// Whether the head has the same width for every size of `after` in
    /// `layer` between `least` and `most`.
    #[must_use]
    pub fn head_width_is_fixed(&self, layer: usize, least: u64, most: u64) -> bool {
        let width = |after| {
            let mut trial = self.clone();
            if let Some(layer) = trial.layers.get_mut(layer) {
                layer.after = after;
            }
            trial.head().len()
        };
        width(least) == width(most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Value;

    fn envelope(content: u64, after: u64) -> DefiniteEnvelope {
        DefiniteEnvelope {
            layers: vec![
                Layer { tag: Tag::SEQUENCE, before: der::integer(1), after },
                Layer { tag: Tag::OCTET_STRING, before: vec![], after: 0 },
            ],
            content,
        }
    }

    #[test]
    fn head_matches_what_is_streamed() {
        for content in [0u64, 1, 122, 123, 124, 200, 70_000] {
            let tail = der::null();
            let mut octets = envelope(content, tail.len() as u64).head();
            octets.resize(octets.len() + content as usize, b'x');
            octets.extend_from_slice(&tail);
            let value = Value::parse(&octets).unwrap();
            let parts = value.children().collect_all().unwrap();
            assert_eq!(parts.len(), 3);
            assert_eq!(parts[1].contents().len() as u64, content);
        }
    }

    #[test]
    fn width_changes_only_across_a_power_of_256() {
        assert!(envelope(1 << 33, 0).head_width_is_fixed(0, 1000, 9000));
        assert!(!envelope((1 << 32) - 3000, 0).head_width_is_fixed(0, 1000, 9000));
    }
}
