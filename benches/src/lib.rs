//! Benches; see `benches/` and `peers.sh`.
