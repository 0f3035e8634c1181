//! `AEAD_AES_256_GCM`: how notices and certificates are wrapped.

use crate::{Secret, SetupError};
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::Deserialize;

/// A wrapped text.
#[derive(Debug, Deserialize)]
pub(super) struct Resource {
    pub(super) algorithm: String,
    /// Base64 of the ciphertext and its 16-byte tag.
    pub(super) ciphertext: String,
    #[serde(default)]
    pub(super) associated_data: String,
    /// Twelve characters, used as bytes.
    pub(super) nonce: String,
}

/// The APIv3 key.
pub(super) struct ResourceKey(LessSafeKey);

impl ResourceKey {
    pub(super) fn new(apiv3_key: &Secret) -> Result<ResourceKey, SetupError> {
        let key = UnboundKey::new(&AES_256_GCM, apiv3_key.expose().as_bytes()).map_err(|_| SetupError::Invalid {
            setting: "wechat.apiv3_key",
            why: "must be exactly 32 characters, as set in the console under API security (APIv3 key)".into(),
        })?;
        Ok(ResourceKey(LessSafeKey::new(key)))
    }

    /// Unwraps and authenticates. Every failure is a text for the log that says nothing of the content.
    pub(super) fn open(&self, resource: &Resource) -> Result<Vec<u8>, &'static str> {
        if resource.algorithm != "AEAD_AES_256_GCM" {
            return Err("resource.algorithm is not AEAD_AES_256_GCM");
        }
        let nonce = Nonce::try_assume_unique_for_key(resource.nonce.as_bytes())
            .map_err(|_| "resource.nonce is not 12 characters")?;
        let mut text = BASE64.decode(&resource.ciphertext).map_err(|_| "resource.ciphertext is not base64")?;
        let length = self
            .0
            .open_in_place(nonce, Aad::from(resource.associated_data.as_bytes()), &mut text)
            .map_err(|_| "the resource does not decrypt: compare wechat.apiv3_key with the console")?
            .len();
        text.truncate(length);
        Ok(text)
    }
}
