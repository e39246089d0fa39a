//! Payload types of mutations, all of one shape: nullable results beside `userErrors`.

/// Declares payload types. Each field is nullable; `userErrors` is added.
macro_rules! payloads {
    ($($(#[doc = $doc:literal])+ $name:ident { $($(#[doc = $field_doc:literal])+ $field:ident: $type:ty,)* })*) => {$(
        $(#[doc = $doc])+
        #[derive(async_graphql::SimpleObject, Default)]
        pub struct $name {
            $($(#[doc = $field_doc])+ pub $field: Option<$type>,)*
            /// Why the input was refused; empty when the mutation did what was asked.
            pub user_errors: Vec<$crate::error::UserError>,
        }

        impl $crate::write::Payload for $name {
            fn refused(errors: Vec<$crate::error::UserError>) -> Self {
                Self { user_errors: errors, ..Self::default() }
            }

            fn is_refusal(&self) -> bool {
                !self.user_errors.is_empty()
            }
        }
    )*};
}

pub(crate) use payloads;
