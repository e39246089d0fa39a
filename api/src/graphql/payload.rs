//! Payload types of mutations, all of one shape: nullable results beside `userErrors`.

/// Declares payload types. Each field is nullable; `userErrors` is added. What a payload holds is recorded for
/// idempotency keys as it is.
macro_rules! payloads {
    ($($(#[doc = $doc:literal])+ $name:ident { $($(#[doc = $field_doc:literal])+ $field:ident: $type:ty,)* })*) => {$(
        $(#[doc = $doc])+
        #[derive(async_graphql::SimpleObject, Default, serde::Deserialize, serde::Serialize)]
        pub struct $name {
            $($(#[doc = $field_doc])+ pub $field: Option<$type>,)*
            /// Why the input was refused; empty when the mutation did what was asked.
            #[serde(skip)]
            pub user_errors: Vec<$crate::error::UserError>,
        }

        $crate::graphql::payload::refusable!($name);

        impl $crate::write::Snapshot for $name {
            fn take(&self) -> $crate::error::Result<serde_json::Value> {
                serde_json::to_value(self).map_err($crate::error::Error::internal)
            }

            async fn restore(
                _: &$crate::write::Tx,
                _: &$crate::app::App,
                snapshot: serde_json::Value,
            ) -> $crate::error::Result<Self> {
                serde_json::from_value(snapshot).map_err($crate::error::Error::internal)
            }
        }
    )*};
}

/// Makes a struct with `user_errors` a payload.
macro_rules! refusable {
    ($name:ident) => {
        impl $crate::write::Payload for $name {
            fn refused(errors: Vec<$crate::error::UserError>) -> Self {
                Self { user_errors: errors, ..Self::default() }
            }

            fn refusal(&self) -> Option<$crate::error::ErrorCode> {
                self.user_errors.first().map(|error| error.code)
            }
        }
    };
}

pub(crate) use {payloads, refusable};
