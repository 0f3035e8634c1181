//! Where a viewer's goods are sent. The storefront keeps the address book; an order carries a copy of what was chosen.

use order::AddressId;
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

/// Most addresses one viewer may keep.
pub const ADDRESSES_MAX: usize = 20;
/// Longest name, characters.
pub const NAME_MAX_CHARS: usize = 40;
/// Longest region, characters.
pub const REGION_MAX_CHARS: usize = 60;
/// Longest street and house, characters.
pub const DETAIL_MAX_CHARS: usize = 120;

/// What is written on a parcel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PostalAddress {
    /// Who receives it, 1 to 40 characters.
    pub name: String,
    /// Their telephone, 5 to 20 of digits, spaces, `+`, `-`, `(` and `)`, at least 5 of them digits.
    pub phone: String,
    /// Province, city and district, 1 to 60 characters.
    pub region: String,
    /// Street, house and door, 1 to 120 characters.
    pub detail: String,
}

/// A part of an address that cannot stand as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressFault {
    /// The name.
    #[error("name must be 1 to {NAME_MAX_CHARS} characters")]
    Name,
    /// The telephone.
    #[error("phone must be 5 to 20 digits, spaces, +, -, ( and ), at least 5 of them digits")]
    Phone,
    /// The region.
    #[error("region must be 1 to {REGION_MAX_CHARS} characters")]
    Region,
    /// The street.
    #[error("detail must be 1 to {DETAIL_MAX_CHARS} characters")]
    Detail,
}

impl PostalAddress {
    /// Checks what the types cannot say. Space around a part does not count, and no part may hold a control character.
    ///
    /// # Errors
    /// The first part that cannot stand.
    pub fn check(&self) -> Result<(), AddressFault> {
        let fits = |text: &str, most: usize| {
            let text = text.trim();
            (1..=most).contains(&text.chars().count()) && !text.chars().any(char::is_control)
        };
        let phone = self.phone.trim();
        let digits = phone.chars().filter(char::is_ascii_digit).count();
        let dialled = phone.chars().all(|mark| mark.is_ascii_digit() || " +-()".contains(mark));
        if !fits(&self.name, NAME_MAX_CHARS) {
            return Err(AddressFault::Name);
        }
        if !dialled || digits < 5 || phone.len() > 20 {
            return Err(AddressFault::Phone);
        }
        if !fits(&self.region, REGION_MAX_CHARS) {
            return Err(AddressFault::Region);
        }
        if fits(&self.detail, DETAIL_MAX_CHARS) { Ok(()) } else { Err(AddressFault::Detail) }
    }

    /// The address without space around its parts.
    #[must_use]
    pub fn trimmed(self) -> PostalAddress {
        let trim = |text: String| text.trim().to_owned();
        PostalAddress {
            name: trim(self.name),
            phone: trim(self.phone),
            region: trim(self.region),
            detail: trim(self.detail),
        }
    }
}

/// An address as a viewer saves it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddressDraft {
    /// What is written on a parcel.
    pub address: PostalAddress,
    /// Whether it is offered first.
    pub is_default: bool,
}

/// An address in a viewer's book.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct Address {
    /// Its id.
    #[ts(type = "string")]
    #[schema(value_type = String)]
    pub address_id: AddressId,
    /// What is written on a parcel.
    pub address: PostalAddress,
    /// Whether it is offered first. One of a viewer's addresses always is.
    pub is_default: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address() -> PostalAddress {
        PostalAddress {
            name: " 林夏 ".into(),
            phone: "+86 138-0000-0000".into(),
            region: "浙江省 杭州市 西湖区".into(),
            detail: "文三路 1 号".into(),
        }
    }

    #[test]
    fn a_usual_address_stands_and_loses_the_space_around_its_parts() {
        assert_eq!(address().check(), Ok(()));
        assert_eq!(address().trimmed().name, "林夏");
    }

    #[test]
    fn the_part_that_cannot_stand_is_named() {
        let with = |change: fn(&mut PostalAddress)| {
            let mut address = address();
            change(&mut address);
            address.check()
        };
        assert_eq!(with(|address| address.name = "  ".into()), Err(AddressFault::Name));
        assert_eq!(with(|address| address.name = "a\nb".into()), Err(AddressFault::Name));
        assert_eq!(with(|address| address.name = "n".repeat(41)), Err(AddressFault::Name));
        for phone in ["", "1234", "ask at the door", "123456789012345678901", "++--()"] {
            assert_eq!(with_phone(phone).check(), Err(AddressFault::Phone), "{phone}");
        }
        assert_eq!(with(|address| address.region = String::new()), Err(AddressFault::Region));
        assert_eq!(with(|address| address.region = "r".repeat(61)), Err(AddressFault::Region));
        assert_eq!(with(|address| address.detail = " ".into()), Err(AddressFault::Detail));
        assert_eq!(with(|address| address.detail = "d".repeat(121)), Err(AddressFault::Detail));
    }

    fn with_phone(phone: &str) -> PostalAddress {
        PostalAddress { phone: phone.into(), ..address() }
    }
}
