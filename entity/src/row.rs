//! Rows by the place of their columns: what a select of a whole entity returns is in the order of its fields, so nothing
//! is looked up by name. What the columns are is checked in the first row of an answer and true of the others.

use sea_orm::entity::prelude::{DateTimeUtc, Json};
use sea_orm::sqlx::postgres::PgRow;
use sea_orm::sqlx::{Decode, Postgres, Row as _, Type, ValueRef};
use sea_orm::{DbErr, QueryResult, RuntimeErr};
use uuid::Uuid;

/// A model that is read from its columns in order. Made by `row!`.
pub trait Row: Sized {
    const COLUMNS: usize;

    fn from_cells(cells: &mut Cells<'_>) -> Result<Self, DbErr>;
}

/// The rows of an answer whose columns are those of `M`.
pub fn read<M: Row>(rows: &[QueryResult]) -> Result<Vec<M>, DbErr> {
    let mut models = Vec::with_capacity(rows.len());
    for (number, row) in rows.iter().enumerate() {
        let row = row.try_as_pg_row().ok_or_else(|| DbErr::Type("a row of another database".to_owned()))?;
        let is_first = number == 0;
        if is_first && row.len() != M::COLUMNS {
            return Err(DbErr::Type(format!("{} columns instead of {}", row.len(), M::COLUMNS)));
        }
        models.push(M::from_cells(&mut Cells { row, at: 0, is_checked: is_first })?);
    }
    Ok(models)
}

/// The rows of an answer whose columns are those of `M` and then those of `N`, which are null together where there is no `N`:
/// the first column of `N` is one that never is null by itself.
pub fn read_pairs<M: Row, N: Row>(rows: &[QueryResult]) -> Result<Vec<(M, Option<N>)>, DbErr> {
    let mut pairs = Vec::with_capacity(rows.len());
    let (mut is_first, mut is_first_pair) = (true, true);
    for row in rows {
        let row = row.try_as_pg_row().ok_or_else(|| DbErr::Type("a row of another database".to_owned()))?;
        let wanted = M::COLUMNS + N::COLUMNS;
        if row.len() != wanted {
            return Err(DbErr::Type(format!("{} columns instead of {wanted}", row.len())));
        }
        let own = M::from_cells(&mut Cells { row, at: 0, is_checked: is_first })?;
        is_first = false;
        let other = match row.try_get_raw(M::COLUMNS).map_err(as_db_error)?.is_null() {
            true => None,
            false => {
                let is_checked = std::mem::take(&mut is_first_pair);
                Some(N::from_cells(&mut Cells { row, at: M::COLUMNS, is_checked })?)
            }
        };
        pairs.push((own, other));
    }
    Ok(pairs)
}

fn as_db_error(error: sea_orm::sqlx::Error) -> DbErr {
    DbErr::Query(RuntimeErr::SqlxError(error.into()))
}

/// The columns of one row, from the first to the last.
pub struct Cells<'r> {
    row: &'r PgRow,
    at: usize,
    is_checked: bool,
}

impl Cells<'_> {
    pub fn take<T: Cell>(&mut self) -> Result<T, DbErr> {
        let at = self.at;
        self.at += 1;
        let value = match self.is_checked {
            true => self.row.try_get::<T::Column, _>(at),
            false => self.row.try_get_unchecked::<T::Column, _>(at),
        };
        T::from_column(value.map_err(as_db_error)?)
    }
}

/// A field's type, and what its column is decoded as.
pub trait Cell: Sized {
    type Column: for<'r> Decode<'r, Postgres> + Type<Postgres>;

    fn from_column(value: Self::Column) -> Result<Self, DbErr>;
}

impl<T: Cell> Cell for Option<T> {
    type Column = Option<T::Column>;

    fn from_column(value: Self::Column) -> Result<Self, DbErr> {
        value.map(T::from_column).transpose()
    }
}

macro_rules! plain {
    ($($type:ty)*) => {$(
        impl Cell for $type {
            type Column = $type;

            fn from_column(value: $type) -> Result<Self, DbErr> {
                Ok(value)
            }
        }
    )*};
}

plain! { bool i32 i64 String Uuid DateTimeUtc Json Vec<u8> Vec<String> }

/// A closed set, stored as text.
macro_rules! text_cell {
    ($($type:ty),*) => {$(
        impl $crate::row::Cell for $type {
            type Column = String;

            fn from_column(value: String) -> Result<Self, sea_orm::DbErr> {
                sea_orm::ActiveEnum::try_from_value(&value)
            }
        }
    )*};
}

/// The struct as it is written, and how it is read by the place of its columns.
macro_rules! row {
    ($(#[$($about:tt)*])* pub struct Model {
        $($(#[$($of_field:tt)*])* pub $field:ident: $type:ident$(<$inner:ident>)?,)*
    }) => {
        $(#[$($about)*])*
        pub struct Model {
            $($(#[$($of_field)*])* pub $field: $type$(<$inner>)?,)*
        }

        impl $crate::row::Row for Model {
            const COLUMNS: usize = [$(stringify!($field)),*].len();

            fn from_cells(cells: &mut $crate::row::Cells<'_>) -> Result<Self, sea_orm::DbErr> {
                Ok(Self { $($field: cells.take()?),* })
            }
        }
    };
}

pub(crate) use {row, text_cell};
