//! Viewers' address books.

use super::{Store, StoreError, id};
use api::address::ADDRESSES_MAX;
use api::{Address, AddressDraft, PostalAddress};
use order::{AddressId, ViewerId};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

/// Why an address book stays as it is.
#[derive(Debug, thiserror::Error)]
pub enum AddressError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The viewer has no such address.
    #[error("there is no such address of this viewer")]
    NoSuchAddress,
    /// The book is full.
    #[error("an address book holds {ADDRESSES_MAX} addresses")]
    Full,
}

impl From<sqlx::Error> for AddressError {
    fn from(error: sqlx::Error) -> AddressError {
        AddressError::Store(error.into())
    }
}

/// An address as an order keeps it. It is a struct of texts, so it always has a JSON form.
pub(super) fn as_kept(address: &PostalAddress) -> String {
    serde_json::to_string(address).unwrap_or_default()
}

/// An address that an order kept. An error does not repeat it: it may be in the log, where people's addresses have no
/// place.
pub(super) fn kept(text: String) -> Result<PostalAddress, StoreError> {
    let damaged = |_| StoreError::Damaged { table: "orders", value: "(not shown)".into(), what: "address" };
    serde_json::from_str(&text).map_err(damaged)
}

impl Store {
    /// A viewer's addresses: the one offered first, then the newest.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn addresses_of(&self, viewer_id: &ViewerId) -> Result<Vec<Address>, StoreError> {
        let mut connection = self.read().await?;
        book(&mut connection, viewer_id).await
    }

    /// Adds an address to a viewer's book and returns the book.
    ///
    /// # Errors
    /// [`AddressError`]; nothing was changed.
    pub async fn add_address(
        &self,
        viewer_id: ViewerId,
        address_id: AddressId,
        draft: AddressDraft,
        now: i64,
    ) -> Result<Vec<Address>, AddressError> {
        self.write(move |tx| {
            Box::pin(async move {
                let row =
                    sqlx::query("SELECT COUNT(*), COALESCE(MAX(created_at), 0) FROM addresses WHERE viewer_id = $1")
                        .bind(viewer_id.as_str())
                        .fetch_one(&mut *tx)
                        .await?;
                let (known, newest): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
                if usize::try_from(known).is_ok_and(|known| known >= ADDRESSES_MAX) {
                    return Err(AddressError::Full);
                }
                // Two of one second still have an order.
                let created_at = now.max(newest.saturating_add(1));
                let AddressDraft { address, is_default } = draft;
                sqlx::query(
                    "INSERT INTO addresses (address_id, viewer_id, name, phone, region, detail, is_default, created_at)
                     VALUES ($1, $2, $3, $4, $5, $6, 0, $7)",
                )
                .bind(address_id.as_str())
                .bind(viewer_id.as_str())
                .bind(address.name)
                .bind(address.phone)
                .bind(address.region)
                .bind(address.detail)
                .bind(created_at)
                .execute(&mut *tx)
                .await?;
                offer_first(tx, &viewer_id, is_default.then_some(&address_id)).await?;
                Ok(book(tx, &viewer_id).await?)
            })
        })
        .await
    }

    /// Changes an address of a viewer's book and returns the book. Orders keep what they were made with.
    ///
    /// # Errors
    /// [`AddressError`]; nothing was changed.
    pub async fn change_address(
        &self,
        viewer_id: ViewerId,
        address_id: AddressId,
        draft: AddressDraft,
    ) -> Result<Vec<Address>, AddressError> {
        self.write(move |tx| {
            Box::pin(async move {
                let AddressDraft { address, is_default } = draft;
                let changed = sqlx::query(
                    "UPDATE addresses SET name = $3, phone = $4, region = $5, detail = $6, is_default = 0
                     WHERE address_id = $1 AND viewer_id = $2",
                )
                .bind(address_id.as_str())
                .bind(viewer_id.as_str())
                .bind(address.name)
                .bind(address.phone)
                .bind(address.region)
                .bind(address.detail)
                .execute(&mut *tx)
                .await?;
                if changed.rows_affected() == 0 {
                    return Err(AddressError::NoSuchAddress);
                }
                offer_first(tx, &viewer_id, is_default.then_some(&address_id)).await?;
                Ok(book(tx, &viewer_id).await?)
            })
        })
        .await
    }

    /// Takes an address out of a viewer's book and returns the book. Orders keep what they were made with.
    ///
    /// # Errors
    /// [`AddressError`]; nothing was changed.
    pub async fn remove_address(
        &self,
        viewer_id: ViewerId,
        address_id: AddressId,
    ) -> Result<Vec<Address>, AddressError> {
        self.write(move |tx| {
            Box::pin(async move {
                let removed = sqlx::query("DELETE FROM addresses WHERE address_id = $1 AND viewer_id = $2")
                    .bind(address_id.as_str())
                    .bind(viewer_id.as_str())
                    .execute(&mut *tx)
                    .await?;
                if removed.rows_affected() == 0 {
                    return Err(AddressError::NoSuchAddress);
                }
                offer_first(tx, &viewer_id, None).await?;
                Ok(book(tx, &viewer_id).await?)
            })
        })
        .await
    }
}

/// An address, if it is in the viewer's book.
pub(crate) async fn find(
    tx: &mut AnyConnection,
    viewer_id: &ViewerId,
    address_id: &AddressId,
) -> Result<Option<PostalAddress>, StoreError> {
    let book = book(tx, viewer_id).await?;
    Ok(book.into_iter().find(|one| one.address_id == *address_id).map(|one| one.address))
}

/// Has `wanted` offered first. Without it, the one that is stays; where none is, the newest becomes it.
async fn offer_first(
    tx: &mut AnyConnection,
    viewer_id: &ViewerId,
    wanted: Option<&AddressId>,
) -> Result<(), StoreError> {
    let book = book(tx, viewer_id).await?;
    let is = book.iter().find(|one| one.is_default).or(book.first()).map(|one| &one.address_id);
    let Some(first) = wanted.or(is) else { return Ok(()) };
    let set = "UPDATE addresses SET is_default = CASE WHEN address_id = $2 THEN 1 ELSE 0 END WHERE viewer_id = $1";
    sqlx::query(set).bind(viewer_id.as_str()).bind(first.as_str()).execute(tx).await?;
    Ok(())
}

async fn book(tx: &mut AnyConnection, viewer_id: &ViewerId) -> Result<Vec<Address>, StoreError> {
    let rows = sqlx::query(
        "SELECT address_id, name, phone, region, detail, is_default FROM addresses WHERE viewer_id = $1
         ORDER BY is_default DESC, created_at DESC, address_id DESC",
    )
    .bind(viewer_id.as_str())
    .fetch_all(tx)
    .await?;
    rows.iter().map(read).collect()
}

fn read(row: &AnyRow) -> Result<Address, StoreError> {
    Ok(Address {
        address_id: id(row.try_get(0)?, "address id", "addresses")?,
        address: PostalAddress {
            name: row.try_get(1)?,
            phone: row.try_get(2)?,
            region: row.try_get(3)?,
            detail: row.try_get(4)?,
        },
        is_default: row.try_get::<i64, _>(5)? != 0,
    })
}
