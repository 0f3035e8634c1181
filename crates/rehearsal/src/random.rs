//! The system's randomness: for request ids, and for what a crowd does.

/// The system gives no randomness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the system gives no randomness")]
pub struct NoRandomness;

/// 128 random bits.
pub(crate) fn bits() -> Result<u128, NoRandomness> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).map_err(|_| NoRandomness)?;
    Ok(u128::from_le_bytes(bytes))
}

/// One of `0..of`; 0 where there is nothing to choose from.
pub(crate) fn one_of(of: usize) -> Result<usize, NoRandomness> {
    let of = u128::try_from(of).unwrap_or(u128::MAX).max(1);
    Ok(usize::try_from(bits()?.rem_euclid(of)).unwrap_or_default())
}

/// Puts a list into a random order.
pub(crate) fn shuffle<T>(list: &mut [T]) -> Result<(), NoRandomness> {
    for last in (1..list.len()).rev() {
        list.swap(last, one_of(last.saturating_add(1))?);
    }
    Ok(())
}
