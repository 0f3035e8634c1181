//! Where ids and tokens come from.

/// A source of random bits; a simulation has a seeded one.
pub trait Random: Send + Sync {
    /// 128 bits that nobody can guess.
    ///
    /// # Errors
    /// When the system gives no randomness: then no id can be made and nothing is sold.
    fn bits(&self) -> Result<u128, NoRandomness>;
}

/// The system gives no randomness.
#[derive(Debug, thiserror::Error)]
#[error("the system gives no randomness")]
pub struct NoRandomness;

/// The system's randomness.
#[derive(Debug)]
pub struct SystemRandom;

impl Random for SystemRandom {
    fn bits(&self) -> Result<u128, NoRandomness> {
        let mut bytes = [0_u8; 16];
        getrandom::fill(&mut bytes).map_err(|_| NoRandomness)?;
        Ok(u128::from_le_bytes(bytes))
    }
}
