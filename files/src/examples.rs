//! What names of folders say of the examples in them: the plugin writes them so, and `rollcall teach` reads them.

/// Begins the name of a folder of what is *not* a class; the first is how it is written.
pub const NOT: [&str; 2] = ["not ", "not_"];
/// The folder of what shows none of the classes.
pub const NONE: &str = "_none";
