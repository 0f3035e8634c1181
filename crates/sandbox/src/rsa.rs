//! RSA signatures (PKCS#1 v1.5 over SHA-256) and the text form of keys.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    KeyPair as _, RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA512,
    RSA_PKCS1_SHA256, RSA_PSS_2048_8192_SHA256, RsaKeyPair, UnparsedPublicKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// A key could not be made or read.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The generator failed.
    #[error("an RSA key could not be made")]
    NotMade,
    /// The file holds no key of the expected kind.
    #[error("{what} is not a PEM text that holds {label}")]
    NotPem {
        /// Which file.
        what: String,
        /// The label that was expected between the dashes.
        label: &'static str,
    },
    /// The bytes are no RSA private key of at least 2048 bits.
    #[error("{what} is not an RSA private key of 2048 bits or more")]
    NotAKey {
        /// Which file.
        what: String,
    },
    /// A certificate could not be made.
    #[error("a certificate could not be made: {0}")]
    Certificate(#[from] rcgen::Error),
}

/// An RSA-2048 key pair that signs.
pub(crate) struct Signer {
    pair: RsaKeyPair,
}

impl Signer {
    pub(crate) fn generate() -> Result<Self, KeyError> {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).map_err(|_| KeyError::NotMade)?;
        Ok(Self { pair })
    }

    pub(crate) fn from_pkcs8_pem(what: &str, pem: &str) -> Result<Self, KeyError> {
        let der = read_pem(what, "PRIVATE KEY", pem)?;
        let pair = RsaKeyPair::from_pkcs8(&der).map_err(|_| KeyError::NotAKey { what: what.to_owned() })?;
        Ok(Self { pair })
    }

    /// The base64 signature of `text`, without line breaks.
    pub(crate) fn sign(&self, text: &[u8]) -> String {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text, &mut signature)
            .expect("a loaded RSA key signs a text of any length");
        STANDARD.encode(signature)
    }

    pub(crate) fn pkcs8_der(&self) -> Result<Vec<u8>, KeyError> {
        let der: Pkcs8V1Der<'_> = self.pair.as_der().map_err(|_| KeyError::NotMade)?;
        Ok(der.as_ref().to_vec())
    }

    /// The public key as SubjectPublicKeyInfo.
    pub(crate) fn spki_der(&self) -> Result<Vec<u8>, KeyError> {
        let der: PublicKeyX509Der<'_> = self.pair.public_key().as_der().map_err(|_| KeyError::NotMade)?;
        Ok(der.as_ref().to_vec())
    }

    pub(crate) fn verifier(&self) -> Result<Verifier, KeyError> {
        Ok(Verifier { spki: self.spki_der()? })
    }
}

/// A public key that verifies.
#[derive(Clone)]
pub(crate) struct Verifier {
    spki: Vec<u8>,
}

impl Verifier {
    /// Whether `signature` (base64) is this key's signature of `text`. Anything malformed is simply no.
    pub(crate) fn verifies(&self, text: &[u8], signature: &str) -> bool {
        let Ok(raw) = STANDARD.decode(signature) else { return false };
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &self.spki).verify(text, &raw).is_ok()
    }

    /// The name of the scheme by which `signature` would be this key's after all, if there is one.
    pub(crate) fn other_scheme(&self, text: &[u8], signature: &str) -> Option<&'static str> {
        let raw = STANDARD.decode(signature).ok()?;
        [
            ("SHA1withRSA", &RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY),
            ("SHA512withRSA", &RSA_PKCS1_2048_8192_SHA512),
            ("RSA-PSS (SHA-256)", &RSA_PSS_2048_8192_SHA256),
        ]
        .into_iter()
        .find(|(_, scheme)| UnparsedPublicKey::new(*scheme, &self.spki).verify(text, &raw).is_ok())
        .map(|(name, _)| name)
    }

    #[cfg(test)]
    pub(crate) fn from_spki(spki: Vec<u8>) -> Self {
        Self { spki }
    }
}

/// The PKCS#1 key inside a PKCS#8 one: the content of its last OCTET STRING. The wrapper of an RSA-2048 key has
/// a fixed length (RFC 5208): SEQUENCE, version, algorithm, OCTET STRING header.
pub(crate) fn pkcs1_of_pkcs8(pkcs8: &[u8]) -> Option<&[u8]> {
    const WRAPPER: usize = 26;
    let inner = pkcs8.get(WRAPPER..)?;
    // An RSAPrivateKey is a SEQUENCE whose length takes two bytes, and it fills what is left.
    let (&[0x30, 0x82, high, low], rest) = inner.split_first_chunk::<4>()? else { return None };
    (rest.len() == usize::from(high) * 256 + usize::from(low)).then_some(inner)
}

/// PEM text of DER bytes.
pub(crate) fn pem(label: &str, der: &[u8]) -> String {
    let body = STANDARD.encode(der);
    let mut text = format!("-----BEGIN {label}-----\n");
    for line in body.as_bytes().chunks(64) {
        text.push_str(&String::from_utf8_lossy(line));
        text.push('\n');
    }
    text.push_str(&format!("-----END {label}-----\n"));
    text
}

/// The DER bytes of the first PEM block with this label.
pub(crate) fn read_pem(what: &str, label: &'static str, text: &str) -> Result<Vec<u8>, KeyError> {
    let refuse = || KeyError::NotPem { what: what.to_owned(), label };
    let (_, rest) = text.split_once(&format!("-----BEGIN {label}-----")).ok_or_else(refuse)?;
    let (body, _) = rest.split_once(&format!("-----END {label}-----")).ok_or_else(refuse)?;
    let body: String = body.split_whitespace().collect();
    STANDARD.decode(body).map_err(|_| refuse())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_written_key_reads_back_and_verifies_its_own_signature_only() {
        let signer = Signer::generate().expect("a key");
        let der = signer.pkcs8_der().expect("its bytes");
        let again = Signer::from_pkcs8_pem("k", &pem("PRIVATE KEY", &der)).expect("the same key");
        let verifier = signer.verifier().expect("its public half");
        assert!(verifier.verifies(b"text", &again.sign(b"text")));
        assert!(!verifier.verifies(b"texT", &again.sign(b"text")));
        assert!(!verifier.verifies(b"text", "WECHATPAY/SIGNTEST/not base64"));
        let pkcs1 = pkcs1_of_pkcs8(&der).expect("the inner key");
        let plain = RsaKeyPair::from_der(pkcs1).expect("PKCS#1 is readable");
        assert_eq!(plain.public_key().as_ref(), signer.pair.public_key().as_ref());
    }
}
