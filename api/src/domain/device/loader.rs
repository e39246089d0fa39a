//! What is loaded about devices in batches.

use entity::device;
use entity::id::{DeviceId, UserId};

use super::rows::{self, Devices};
use crate::database::keyset::{Slice, Window};
use crate::graphql::batch::{loads_by_id, loads_under};
use crate::graphql::context::Loads;

loads_by_id!(DeviceId => device::Model, rows::by_ids);

loads_under!(Under<UserId, Window<device::Model>> => Slice<device::Model>,
async |at: &Loads, users: &[UserId], window: &Window<device::Model>| {
    rows::pages_of_users(&at.db, &at.viewer()?, users, window).await
});

loads_under!(CountUnder<UserId, Devices> => i64,
async |at: &Loads, users: &[UserId], _: &Devices| {
    rows::count_of_users(&at.db, &at.viewer()?, users).await
});
