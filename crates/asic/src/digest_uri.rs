//! Digest algorithms as XML names them (XMLDSig core §5.7, XML Encryption §5.7, RFC 9231 §2.1).

use crypto::DigestAlgorithm;

const NAMES: [(DigestAlgorithm, &str); 11] = [
    (DigestAlgorithm::Sha256, "http://www.w3.org/2001/04/xmlenc#sha256"),
    (DigestAlgorithm::Sha384, "http://www.w3.org/2001/04/xmldsig-more#sha384"),
    (DigestAlgorithm::Sha512, "http://www.w3.org/2001/04/xmlenc#sha512"),
    (DigestAlgorithm::Sha224, "http://www.w3.org/2001/04/xmldsig-more#sha224"),
    (DigestAlgorithm::Sha3_224, "http://www.w3.org/2007/05/xmldsig-more#sha3-224"),
    (DigestAlgorithm::Sha3_256, "http://www.w3.org/2007/05/xmldsig-more#sha3-256"),
    (DigestAlgorithm::Sha3_384, "http://www.w3.org/2007/05/xmldsig-more#sha3-384"),
    (DigestAlgorithm::Sha3_512, "http://www.w3.org/2007/05/xmldsig-more#sha3-512"),
    (DigestAlgorithm::Sha1, "http://www.w3.org/2000/09/xmldsig#sha1"),
    (DigestAlgorithm::Ripemd160, "http://www.w3.org/2001/04/xmlenc#ripemd160"),
    (DigestAlgorithm::Md5, "http://www.w3.org/2001/04/xmldsig-more#md5"),
];

/// The algorithm of a name.
pub(crate) fn algorithm(uri: &str) -> Option<DigestAlgorithm> {
    NAMES.iter().find(|(_, name)| *name == uri).map(|(algorithm, _)| *algorithm)
}

/// The name of an algorithm, if it has one.
pub(crate) fn uri(algorithm: DigestAlgorithm) -> Option<&'static str> {
    NAMES.iter().find(|(known, _)| *known == algorithm).map(|(_, name)| *name)
}
