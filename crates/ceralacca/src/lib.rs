//! ceralacca-ceralacca.
