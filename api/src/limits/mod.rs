//! What a request may cost: its price before it runs, what it came to, and the budget that it is paid from.
//!
//! **Price.** Each field has a weight, declared with `@cost` or by default; a connection multiplies by its page
//! (`price.rs`). After the run the same formula over the lists as they came says what it was (`actual.rs`), and the
//! difference is refunded. What timed out pays its price.
//!
//! **Budget.** A leaky bucket for each user, for each API key, and for each network address as long as nobody is signed in (`bucket.rs`).
//! The level of a bucket is a row that all processes share. A process does not ask it at each request: it leases a block,
//! a twentieth of the budget, and spends that by itself; what it lacks for a dear document it leases with it, and more
//! than a block unspent goes back (`budget.rs`; one statement, `rows.rs`). A lease is used the moment it is handed out and
//! leaks like everything else, so nobody has to return anything: the block of a process that died is back within
//! block / restore rate seconds, and a row that has leaked empty is as good as none.
//!
//! **Bounds**, with capacity C, restore rate R, block B = C / 20 and n processes:
//! - one process is an exact bucket: in t seconds never more than C + R·t, and what it says to remain does;
//! - n processes together: never more than C + (n + 1)·B + R·t. One B is slack: where somebody else may hold an unspent
//!   block, a request may go beyond C by so much, because that process has told the client of it. The n·B are blocks that
//!   were leased just before the t seconds began;
//! - what a process says to remain: for users the statement that reads the session reads the row, too, so the number is
//!   that of all processes, plus at most the block here, which is what the slack is for. For strangers, who have no such
//!   statement, it misses what others leased since this process asked last;
//! - clocks of processes that differ by d seconds move R·d units, once.
//!
//! **Without the database** (or when it takes a second) each process keeps the budgets by itself, from what it knew, and
//! asks again after five seconds: n processes then let through n budgets at most. Scopes that are forgotten because there
//! are too many of them (50,000) lose an unspent block and no more.

mod actual;
mod bill;
mod bucket;
mod budget;
mod price;
mod rows;
mod tariff;

#[cfg(test)]
mod tests;

use std::net::IpAddr;
use std::sync::Arc;

use apollo_compiler::Schema;
use async_graphql::Value;

pub use self::bill::{Bill, Denial, write_retry_after};
pub use self::bucket::{Bucket, Policy, Seen};
pub use self::budget::{Budgets, Scope};
use self::tariff::Tariff;
use crate::app::App;
use crate::auth::Actor;
use crate::graphql::engine::{Ready, RequestError};

/// Where a request pays: made once it is ready to run, for HTTP and sockets alike.
pub struct Till<'a> {
    budgets: &'a Budgets,
    ready: &'a Ready,
    tariff: Arc<Tariff>,
    scope: Scope,
    price: u64,
}

impl<'a> Till<'a> {
    /// Prices what is ready for who asks it, from which address.
    pub fn new(app: &'a App, types: &Schema, ready: &'a Ready, actor: &Actor, address: Option<IpAddr>) -> Self {
        let prepared = ready.prepared();
        let tariff = prepared.keep(|| Tariff::of(types, prepared));
        let price = price::price(&tariff, ready.variables(), app.page_limit);
        Self { budgets: &app.budgets, ready, tariff, scope: Scope::of(actor, address), price }
    }

    /// The bill as it would be, for a dry run: nothing is paid.
    pub async fn quote(&self) -> Bill {
        self.budgets.quote(&self.scope, self.price).await
    }

    /// Pays the price; the bill is there also when it is refused.
    pub async fn pay(&self, bill: &mut Option<Bill>) -> Result<(), RequestError> {
        match self.budgets.pay(&self.scope, self.price).await {
            Ok(paid) => {
                *bill = Some(paid);
                Ok(())
            }
            Err(denial) => {
                let error = denial.error();
                *bill = Some(denial.bill);
                Err(error)
            }
        }
    }

    /// Refunds what the answer did not use.
    pub async fn settle(&self, bill: &mut Option<Bill>, data: &Value) {
        if let Some(bill) = bill {
            let actual = actual::actual(&self.tariff, self.ready.variables(), data, self.price);
            self.budgets.settle(&self.scope, bill, actual).await;
        }
    }
}
