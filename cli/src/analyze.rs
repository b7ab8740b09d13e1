//! Many files at the same time; how one of them is heard is [`rollcall_results`]'s.

mod jobs;

pub use jobs::in_order;
pub use rollcall_results::{Analysis, AnalyzeError, Listener, Row, RowReader, Rows};
