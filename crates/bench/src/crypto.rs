//! The floor of everything that speaks with a channel: its RSA signatures, made and checked by aws-lc-rs alone with keys
//! that were read before, on one core.

use crate::measure::thread_cpu_s;
use anyhow::{Result, anyhow};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

/// A key of 2048 bits with both its halves.
pub(crate) struct Rsa {
    pair: KeyPair,
    public: ParsedPublicKey,
}

impl Rsa {
    pub(crate) fn generate() -> Result<Rsa> {
        let pair = KeyPair::generate(KeySize::Rsa2048).map_err(|_| anyhow!("no key could be made"))?;
        let public = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, pair.public_key())
            .map_err(|_| anyhow!("the key is none"))?;
        Ok(Rsa { pair, public })
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)
            .map_err(|_| anyhow!("the key cannot sign"))?;
        Ok(signature)
    }

    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> Result<()> {
        self.public.verify_sig(message, signature).map_err(|_| anyhow!("the signature is wrong"))
    }

    /// The private half as channels hand it out.
    pub(crate) fn private_pem(&self) -> Result<String> {
        let der = AsDer::<Pkcs8V1Der<'_>>::as_der(&self.pair).map_err(|_| anyhow!("the key cannot be written"))?;
        Ok(pem("PRIVATE KEY", der.as_ref()))
    }

    pub(crate) fn public_pem(&self) -> Result<String> {
        let der = AsDer::<PublicKeyX509Der<'_>>::as_der(self.pair.public_key())
            .map_err(|_| anyhow!("the key cannot be written"))?;
        Ok(pem("PUBLIC KEY", der.as_ref()))
    }
}

fn pem(label: &str, der: &[u8]) -> String {
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", BASE64.encode(der))
}

/// Processor time of one signature and of one check, seconds.
pub(crate) struct Floor {
    pub(crate) sign_s: f64,
    pub(crate) verify_s: f64,
}

/// Measures the floor on this thread.
pub(crate) fn floor(key: &Rsa, times: u32) -> Result<Floor> {
    // As long as what an order at a channel signs.
    let message = [b'x'; 500];
    let signature = key.sign(&message)?;
    let began = thread_cpu_s()?;
    for _ in 0..times {
        key.sign(&message)?;
    }
    let signed = thread_cpu_s()?;
    for _ in 0..times {
        key.verify(&message, &signature)?;
    }
    let verified = thread_cpu_s()?;
    Ok(Floor { sign_s: (signed - began) / f64::from(times), verify_s: (verified - signed) / f64::from(times) })
}
